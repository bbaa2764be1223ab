package schema_test

import (
	"strings"
	"testing"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/scim/schema"
)

const urn = "urn:example:params:scim:schemas:extension:staff:2.0:User"

type (
	def  = schema.Definition
	attr = schema.AttributeDefinition
)

func staff(attrs ...attr) schema.ExtensionDefinition {
	return schema.ExtensionDefinition{ResourceType: "User", Schema: def{URN: urn, Name: "Staff", Attributes: attrs}}
}

// covers: R-7643-2.1-03, R-7643-2.3-01, R-7643-2.3.8-02, R-7643-2.4-01
func TestCompileRefuses(t *testing.T) {
	sub := func(a attr) attr {
		return attr{Name: "c", Type: "complex", MultiValued: true, SubAttributes: []attr{a}}
	}
	for _, c := range []struct {
		name string
		ext  schema.ExtensionDefinition
		want string
	}{
		{"name with a digit first", staff(attr{Name: "1x"}), `"1x": a name is a letter followed by`},
		{"name with a blank", staff(attr{Name: "a b"}), `"a b"`},
		{"name with a dot", staff(attr{Name: "a.b"}), `"a.b"`},
		{"name with an umlaut", staff(attr{Name: "ä"}), `"ä"`},
		{"no name", staff(attr{}), `""`},
		{"$ in front", staff(attr{Name: "$value"}), `"$value"`},
		{"sub-attribute name", staff(sub(attr{Name: "1x"})), `"c.1x"`},
		{"type money", staff(attr{Name: "a", Type: "money"}), `type "money" is unknown; it must be one of string, boolean`},
		{"mutability", staff(attr{Name: "a", Mutability: "sometimes"}), `mutability "sometimes"`},
		{"returned", staff(attr{Name: "a", Returned: "Always"}), `returned "Always"`},
		{"uniqueness", staff(attr{Name: "a", Uniqueness: "x"}), `uniqueness "x"`},
		{"complex in complex", staff(sub(attr{Name: "d", Type: "complex", SubAttributes: []attr{{Name: "e"}}})), "c.d: a complex attribute must not be inside another"},
		{"complex without sub-attributes", staff(attr{Name: "a", Type: "complex"}), "must have sub-attributes"},
		{"string with sub-attributes", staff(attr{Name: "a", SubAttributes: []attr{{Name: "b"}}}), "only a complex attribute has sub-attributes"},
		{"same name twice", staff(attr{Name: "a"}, attr{Name: "A"}), "defined twice"},
		{"primary as a string", staff(sub(attr{Name: "primary"})), "c.primary: the sub-attribute primary of a multi-valued attribute must be a boolean, not string"},
		{"type as a boolean", staff(sub(attr{Name: "type", Type: "boolean"})), "must be a string"},
		{"display as an integer", staff(sub(attr{Name: "display", Type: "integer"})), "must be a string"},
		{"$ref as a string", staff(sub(attr{Name: "$ref"})), "must be a reference"},
		{"value twice over", staff(sub(attr{Name: "value", MultiValued: true})), "must not be multi-valued itself"},
		{"reference to nothing", staff(attr{Name: "a", Type: "reference"}), "must have referenceTypes"},
		{"string with referenceTypes", staff(attr{Name: "a", ReferenceTypes: []string{"User"}}), "only a reference has referenceTypes"},
		{"canonical booleans", staff(attr{Name: "a", Type: "boolean", CanonicalValues: []string{"true"}}), "only strings have canonicalValues"},
		{"writeOnly and always returned", staff(attr{Name: "a", Mutability: "writeOnly", Returned: "always"}), "never returned"},
		{"negative length", staff(attr{Name: "a", MaxLength: -1}), "must not be negative"},
		{"negative number of values", staff(attr{Name: "a", MultiValued: true, MaxValues: -1}), "must not be negative"},
		{"no URN", schema.ExtensionDefinition{ResourceType: "User", Schema: def{URN: "staff", Name: "S"}}, "urn:<namespace>:<name>"},
		{"URN with a blank", schema.ExtensionDefinition{ResourceType: "User", Schema: def{URN: "urn:ex:a b", Name: "S"}}, "must not be in the URI"},
		{"URN with an empty part", schema.ExtensionDefinition{ResourceType: "User", Schema: def{URN: "urn:ex:a:", Name: "S"}}, "empty part"},
		{"no schema name", schema.ExtensionDefinition{ResourceType: "User", Schema: def{URN: urn}}, "name"},
		{"unknown resource type", schema.ExtensionDefinition{ResourceType: "Device", Schema: def{URN: urn, Name: "S"}}, `no resource type "Device"`},
		{"the URN of a built-in schema", schema.ExtensionDefinition{ResourceType: "User", Schema: def{URN: strings.ToLower(directory.EnterpriseSchema), Name: "S"}}, "defined twice"},
		{"a URN inside a built-in one", schema.ExtensionDefinition{ResourceType: "User", Schema: def{URN: directory.EnterpriseSchema + ":manager", Name: "S"}}, "must not continue"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := schema.NewRegistry(c.ext)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want %q", err, c.want)
			}
			if s := c.ext.Schema.URN; !strings.Contains(err.Error(), s) {
				t.Errorf("%v does not name the schema %s", err, s)
			}
		})
	}
	if _, err := schema.Compile(staff(sub(attr{Name: "$ref", Type: "reference", ReferenceTypes: []string{"User"}})).Schema); err != nil {
		t.Errorf("$ref: %v", err)
	}
}

// covers: R-7643-2.2-01
func TestCompileDefaults(t *testing.T) {
	r := registry(t, staff(attr{Name: "badge"}))
	a := r.Type("user").Attribute(urn, "BADGE")
	if a == nil {
		t.Fatal("no attribute")
	}
	if a.Type != schema.String || a.Multi || a.Required || a.CaseExact || a.Mutability != schema.ReadWrite || a.Returned != schema.ReturnedDefault || a.Uniqueness != schema.UniqueNone {
		t.Errorf("%+v", a)
	}
	doc, ok := r.SchemaDocument(urn, "https://x.io/scim/v2/")
	want := `"attributes":[{"name":"badge","type":"string","multiValued":false,"description":"","required":false,"caseExact":false,"mutability":"readWrite","returned":"default","uniqueness":"none"}]`
	if !ok || !strings.Contains(string(doc), want) {
		t.Errorf("document %s", doc)
	}
}

// covers: R-7643-2.3.3-01, R-7643-2.3.4-01, R-7643-2.3.5-01, R-7643-2.3.6-01, R-7643-6-02, R-7643-7-04, R-7643-7-11
func TestNormalizeTypes(t *testing.T) {
	r := registry(t, staff(
		attr{Name: "size", Type: "integer"},
		attr{Name: "rate", Type: "decimal"},
		attr{Name: "since", Type: "dateTime"},
		attr{Name: "key", Type: "binary"},
		attr{Name: "home", Type: "reference", ReferenceTypes: []string{"uri"}},
		attr{Name: "tags", MultiValued: true},
		attr{Name: "codes", MultiValued: true, CaseExact: true},
		attr{Name: "numbers", Type: "integer", MultiValued: true},
		attr{Name: "kind", CanonicalValues: []string{"Alpha", "Beta"}},
		attr{Name: "seat", Mutability: "immutable"},
		attr{Name: "secret", Mutability: "writeOnly"},
		attr{Name: "rank", Mutability: "readOnly"},
		attr{Name: "labels", Type: "complex", MultiValued: true, SubAttributes: []attr{{Name: "type"}, {Name: "primary", Type: "boolean"}}},
		attr{Name: "box", Type: "complex", SubAttributes: []attr{{Name: "must", Required: true}, {Name: "list", MultiValued: true}}},
	))
	q := `"` + urn + `"`
	in := func(members string) string {
		return `{"schemas":[` + core + `,` + q + `],"userName":"a",` + q + `:{` + members + `}}`
	}
	out := func(members string) string { return stored(q + `:{` + members + `}`) }
	one := func(r schema.Repair) []schema.Repair { return []schema.Repair{r} }
	run(t, r.Type("User"), []normalizeCase{
		{name: "integer", in: in(`"size":-7`), want: out(`"size":-7`)},
		{name: "minus zero", in: in(`"size":-0`), want: out(`"size":0`)},
		{name: "64 bits", in: in(`"size":9223372036854775807`), want: out(`"size":9223372036854775807`)},
		{name: "65 bits", in: in(`"size":9223372036854775808`), want: `invalidValue: size: must be a whole number`},
		{name: "fraction", in: in(`"size":3.5`), want: `invalidValue: size: must be a whole number`},
		{name: "zero fraction", in: in(`"size":3.0`), want: `invalidValue: size`},
		{name: "exponent", in: in(`"size":1e3`), want: `invalidValue: size`},
		{name: "integer as a string", in: in(`"size":"12"`), want: out(`"size":12`), strict: `invalidValue: size: must be a whole number`, repaired: one(schema.RepairValueForm)},
		{name: "decimal as a string", in: in(`"rate":"-1.5e+1"`), want: out(`"rate":-15.0`), strict: `invalidValue: rate`, repaired: one(schema.RepairValueForm)},
		{name: "half an exponent", in: in(`"rate":"1e"`), want: `invalidValue: rate: must be a decimal number`},
		{name: "nothing behind the point", in: in(`"rate":"1."`), want: `invalidValue: rate`},
		{name: "leading zero", in: in(`"rate":"01"`), want: `invalidValue: rate`},
		{name: "units", in: in(`"rate":"5 EUR"`), want: `invalidValue: rate`},
		{name: "word for an integer", in: in(`"size":"many"`), want: `invalidValue: size`},
		{name: "boolean for an integer", in: in(`"size":true`), want: `invalidValue: size`},
		{name: "empty integer", in: in(`"size":"","seat":"s"`), want: out(`"seat":"s"`), strict: `invalidValue: size`, repaired: one(schema.RepairEmptyString)},
		{name: "decimal", in: in(`"rate":1`), want: out(`"rate":1.0`)},
		{name: "decimal digits are kept", in: in(`"rate":-0.1234567890123456789012345`), want: out(`"rate":-0.1234567890123456789012345`)},
		{name: "decimal zeros", in: in(`"rate":1.500`), want: out(`"rate":1.5`)},
		{name: "decimal exponent", in: in(`"rate":12.5e2`), want: out(`"rate":1250.0`)},
		{name: "decimal negative exponent", in: in(`"rate":12.5E-3`), want: out(`"rate":0.0125`)},
		{name: "decimal minus zero", in: in(`"rate":-0.0`), want: out(`"rate":0.0`)},
		{name: "decimal too small to write", in: in(`"rate":1e-401`), want: `invalidValue: rate: must be a decimal`},
		{name: "dateTime", in: in(`"since":"2024-01-02T03:04:05Z"`), want: out(`"since":"2024-01-02T03:04:05Z"`)},
		{name: "dateTime with fraction and offset", in: in(`"since":"2024-01-02T03:04:05.123456789+05:30"`), want: out(`"since":"2024-01-02T03:04:05.123456789+05:30"`)},
		{name: "date", in: in(`"since":"2024-01-01"`), want: `invalidValue: since: must be a date and time`},
		{name: "number for a date", in: in(`"since":20240101`), want: `invalidValue: since: must be a date and time`},
		{name: "binary", in: in(`"key":"AAE="`), want: out(`"key":"AAE="`)},
		{name: "binary without padding", in: in(`"key":"AAE"`), want: out(`"key":"AAE"`)},
		{name: "URL-safe binary", in: in(`"key":"_-__"`), want: `invalidValue: key: must be base64`},
		{name: "reference", in: in(`"home":"Users/1"`), want: out(`"home":"Users/1"`)},
		{name: "bad reference", in: in(`"home":"http://[x"`), want: `invalidValue: home: must be a URI`},
		{name: "simple multi-valued", in: in(`"tags":["b","a","B",null,"a"]`), want: out(`"tags":["b","a"]`)},
		{name: "case-exact multi-valued", in: in(`"codes":["b","B","b"]`), want: out(`"codes":["b","B"]`)},
		{name: "one tag", in: in(`"tags":"a"`), want: out(`"tags":["a"]`), strict: `invalidValue: tags: must be an array`, repaired: one(schema.RepairSingleValue)},
		{name: "numbers", in: in(`"numbers":[2,1,2,-0]`), want: out(`"numbers":[2,1,0]`)},
		{name: "canonical value", in: in(`"kind":"BETA"`), want: out(`"kind":"Beta"`)},
		{name: "other value", in: in(`"kind":"Gamma"`), want: out(`"kind":"Gamma"`)},
		{name: "immutable, writeOnly and readOnly on creation", in: in(`"rank":"1","secret":"s","seat":"2"`), want: out(`"seat":"2","secret":"s"`)},
		{name: "labels alone are content here", in: in(`"labels":[{"type":"x"}]`), want: out(`"labels":[{"type":"x"}]`)},
		{name: "required sub-attribute", in: in(`"box":{"list":["a"]}`), want: `invalidValue: ` + urn + `:box.must: required`},
		{name: "required sub-attribute of nothing", in: in(`"box":{"list":[]}`), want: stored(``)},
		{name: "list in an object", in: in(`"box":{"list":["a"],"must":"m"}`), want: out(`"box":{"must":"m","list":["a"]}`)},
	})

	required := staff(attr{Name: "badge", Required: true}, attr{Name: "seat"})
	required.Required = true
	run(t, registry(t, required).Type("User"), []normalizeCase{
		{name: "required extension absent", in: user(``), want: `invalidValue: ` + urn + `: required; the resource must have this extension`},
		{name: "required extension empty", in: in(``), want: `invalidValue: ` + urn + `: required`},
		{name: "required attribute absent", in: in(`"seat":"1"`), want: `invalidValue: ` + urn + `:badge: required`},
		{name: "required attribute", in: in(`"badge":"1"`), want: out(`"badge":"1"`)},
	})
	required.Required = false
	run(t, registry(t, required).Type("User"), []normalizeCase{
		{name: "optional extension absent", in: user(``), want: stored(``)},
		{name: "optional extension with nothing assigned", in: in(`"seat":null`), want: stored(``)},
		{name: "optional extension with nothing assigned by path", in: `{"schemas":[` + core + `],"userName":"a","` + urn + `:seat":[]}`,
			want: stored(``), strict: `invalidSyntax: is no schema`, repaired: one(schema.RepairDottedName)},
		{name: "optional extension without its required attribute", in: in(`"seat":"1"`), want: `invalidValue: ` + urn + `:badge: required`},
	})
}

// covers: R-7643-2.3.5-01, XX-12
func TestParseDateTime(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"2011-05-13T04:42:34Z", "2011-05-13T04:42:34Z"},
		{"2011-05-13T04:42:34", "2011-05-13T04:42:34Z"},
		{"2011-05-13T04:42:34+02:00", "2011-05-13T02:42:34Z"},
		{"2011-05-13T04:42:34.5-00:30", "2011-05-13T05:12:34.5Z"},
		{"0001-01-03T00:00:00.0000000Z", "0001-01-03T00:00:00Z"},
		{"2024-02-29T23:59:59.999999999Z", "2024-02-29T23:59:59.999999999Z"},
		{"2023-02-29T00:00:00Z", ""},
		{"2024-01-01", ""},
		{"04:42:34Z", ""},
		{"2024-01-01 00:00:00Z", ""},
		{"2024-01-01T00:00Z", ""},
		{"2024-01-01T00:00:00,5Z", ""},
		{"2024-01-01T00:00:00.Z", ""},
		{"2024-01-01T00:00:00+0200", ""},
		{"2024-01-01T00:00:00z", ""},
		{"2024-01-01T25:00:00Z", ""},
		{"", ""},
	} {
		got, ok := schema.ParseDateTime(c.in)
		if ok != (c.want != "") || ok && got.Format(time.RFC3339Nano) != c.want {
			t.Errorf("%q: got %v, %v, want %q", c.in, got, ok, c.want)
		}
	}
}

// covers: R-7643-7-01
func TestRegistryLists(t *testing.T) {
	r := registry(t, staff(attr{Name: "badge"}))
	var names []string
	for _, typ := range r.Types() {
		names = append(names, typ.Name+" "+typ.Endpoint)
	}
	if got := strings.Join(names, ", "); got != "User /Users, Group /Groups" {
		t.Errorf("types %s", got)
	}
	names = nil
	for _, s := range r.Schemas() {
		names = append(names, s.Name)
		if r.Schema(strings.ToUpper(s.URN)) != s {
			t.Errorf("%s is not found in another case", s.URN)
		}
	}
	want := "User, Group, EnterpriseUser, BridgeUser, Staff, Service Provider Configuration, Resource Type, Schema"
	if got := strings.Join(names, ", "); got != want {
		t.Errorf("schemas %s, want %s", got, want)
	}
	if len(schema.User().Extensions) != 2 {
		t.Error("a configured extension leaked into the built-in resource type")
	}
}

// Tables made by hand, as tests of other packages make them, work as compiled
// ones do.
func TestHandMadeTable(t *testing.T) {
	typ := &schema.ResourceType{Name: "Thing", Core: &schema.Schema{URN: urn, Attributes: []*schema.Attribute{
		{Name: "color", Path: "color", Required: true},
		{Name: "parts", Path: "parts", Type: schema.Complex, Multi: true, Sub: []*schema.Attribute{{Name: "value", Path: "parts.value"}}},
	}}}
	out, err := typ.Normalize(decode(t, `{"PARTS":["a","A"],"color":"red"}`), schema.Options{})
	if err != nil || out.String() != `{"color":"red","parts":[{"value":"a"}]}` {
		t.Errorf("got %v, %v", out, err)
	}
	if _, err := typ.Normalize(decode(t, `{}`), schema.Options{}); err == nil || !strings.Contains(err.Error(), "color: required") {
		t.Errorf("got %v", err)
	}
}
