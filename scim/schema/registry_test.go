package schema_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

func registry(t testing.TB, more ...schema.ExtensionDefinition) *schema.Registry {
	t.Helper()
	r, err := schema.NewRegistry(more...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The corrections to elimity's definitions, and what must stay as it is there.
//
// covers: R-7643-2.3.6-01, R-7643-2.3.7-05, R-7643-3.1-06, R-7643-3.1-09, R-7643-4.1.1-03, R-7643-4.2-01, R-7643-4.2-02
func TestCharacteristics(t *testing.T) {
	type row struct {
		typ         *schema.ResourceType
		urn, path   string
		kind        schema.Type
		caseExact   bool
		required    bool
		mutability  schema.Mutability
		returned    schema.Returned
		uniqueness  schema.Uniqueness
		canonical   string
		references  string
		multiValued bool
	}
	u, g := schema.User(), schema.Group()
	for _, want := range []row{
		{typ: u, path: "id", caseExact: true, required: true, mutability: schema.ReadOnly, returned: schema.ReturnedAlways, uniqueness: schema.UniqueServer},
		{typ: u, path: "externalId", caseExact: true},
		{typ: u, path: "schemas", required: true, mutability: schema.ReadOnly, returned: schema.ReturnedAlways, multiValued: true},
		{typ: u, path: "meta.location", kind: schema.Reference, caseExact: true, mutability: schema.ReadOnly, references: "uri"},
		{typ: u, path: "meta.lastModified", kind: schema.DateTime, mutability: schema.ReadOnly},
		{typ: u, path: "userName", required: true, uniqueness: schema.UniqueServer},
		{typ: u, path: "profileUrl", kind: schema.Reference, caseExact: true, references: "external"},
		{typ: u, path: "password", mutability: schema.WriteOnly, returned: schema.ReturnedNever},
		{typ: u, path: "active", kind: schema.Boolean},
		{typ: u, path: "emails.value"},
		{typ: u, path: "emails.display"},
		{typ: u, path: "emails.type", canonical: "work home other"},
		{typ: u, path: "x509Certificates.value", kind: schema.Binary, caseExact: true},
		{typ: u, path: "groups.value", caseExact: true, mutability: schema.ReadOnly},
		{typ: u, path: "groups.$ref", kind: schema.Reference, caseExact: true, mutability: schema.ReadOnly, references: "Group"},
		{typ: u, path: "groups.type", mutability: schema.ReadOnly, canonical: "direct indirect"},
		{typ: u, urn: directory.EnterpriseSchema, path: "employeeNumber"},
		{typ: u, urn: directory.EnterpriseSchema, path: "manager.value", caseExact: true},
		{typ: u, urn: directory.EnterpriseSchema, path: "manager.$ref", kind: schema.Reference, caseExact: true, references: "User"},
		{typ: u, urn: directory.EnterpriseSchema, path: "manager.displayName", mutability: schema.ReadOnly},
		{typ: u, urn: directory.BridgeSchema, path: "uniphore.stationIdMode", canonical: "static dynamic"},
		{typ: g, path: "displayName", required: true},
		{typ: g, path: "members.value", caseExact: true, required: true, mutability: schema.Immutable},
		{typ: g, path: "members.$ref", kind: schema.Reference, caseExact: true, mutability: schema.Immutable, references: "User Group"},
		{typ: g, path: "members.type", mutability: schema.Immutable, canonical: "User Group"},
	} {
		t.Run(want.typ.Name+" "+want.path, func(t *testing.T) {
			name, sub, _ := strings.Cut(want.path, ".")
			a := want.typ.Attribute(want.urn, name)
			if a != nil && sub != "" {
				a = a.SubAttribute(sub)
			}
			if a == nil {
				t.Fatal("no such attribute")
			}
			got := row{want.typ, want.urn, a.Path, a.Type, a.CaseExact, a.Required, a.Mutability, a.Returned, a.Uniqueness,
				strings.Join(a.Canonical, " "), strings.Join(a.RefTypes, " "), a.Multi}
			if got != want {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

// The typed documents of package directory and the schemas name the same
// attributes, in the same order and of the same kinds.
func TestProfileHasTheShapeOfTheSchemas(t *testing.T) {
	var compare func(path string, typ reflect.Type, attrs []*schema.Attribute)
	compare = func(path string, typ reflect.Type, attrs []*schema.Attribute) {
		i := 0
		for f := range typ.Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name == "-" || strings.HasPrefix(name, "urn:") {
				continue
			}
			for i < len(attrs) && attrs[i].Name != name {
				switch attrs[i].Path {
				case "active", "password", "groups": // kept elsewhere, or not at all
				default:
					t.Errorf("%s: the schema has %s where the struct has %s", path, attrs[i].Name, name)
				}
				i++
			}
			if i == len(attrs) {
				t.Errorf("%s: the schema has no %s, or in another order", path, name)
				return
			}
			a := attrs[i]
			i++
			ft := f.Type
			if (ft.Kind() == reflect.Slice) != a.Multi {
				t.Errorf("%s.%s: multi-valued is %v", path, name, a.Multi)
			}
			for ft.Kind() == reflect.Pointer || ft.Kind() == reflect.Slice {
				ft = ft.Elem()
			}
			switch a.Type {
			case schema.Complex:
				compare(path+"."+name, ft, a.Sub)
			case schema.Boolean:
				if ft.Kind() != reflect.Bool {
					t.Errorf("%s.%s is %s, the schema says %s", path, name, ft, a.Type)
				}
			default:
				if ft.Kind() != reflect.String {
					t.Errorf("%s.%s is %s, the schema says %s", path, name, ft, a.Type)
				}
			}
		}
		for ; i < len(attrs); i++ {
			t.Errorf("%s: the struct lacks %s", path, attrs[i].Name)
		}
	}
	compare("User", reflect.TypeFor[directory.Profile](), schema.User().Core.Attributes)
	compare("enterprise", reflect.TypeFor[directory.Enterprise](), schema.User().Extension(directory.EnterpriseSchema).Attributes)
	compare("bridge", reflect.TypeFor[directory.Bridge](), schema.User().Extension(directory.BridgeSchema).Attributes)
	compare("Group", reflect.TypeFor[directory.GroupProfile](), schema.Group().Core.Attributes[:1])
}

// covers: A0-1, EN-08, T-23
func TestKey(t *testing.T) {
	u := schema.User()
	for _, c := range []struct {
		name   string
		urn    string // of Key.Schema
		attr   string // FullName of the deepest attribute
		repair schema.Repair
	}{
		{"userName", "", "userName", ""},
		{"USERNAME", "", "userName", ""},
		{"externalid", "", "externalId", ""},
		{"meta", "", "meta", ""},
		{"name.givenName", "", "name.givenName", schema.RepairDottedName},
		{"NAME.GIVENNAME", "", "name.givenName", schema.RepairDottedName},
		{"members", "", "", ""},
		{"employeeNumber", "", "", ""},
		{"name.", "", "", ""},
		{".name", "", "", ""},
		{"name.givenName.x", "", "", ""},
		{"emails[0]", "", "", ""},
		{"__proto__", "", "", ""},
		{"", "", "", ""},
		{directory.EnterpriseSchema, directory.EnterpriseSchema, "", ""},
		{strings.ToUpper(directory.EnterpriseSchema), directory.EnterpriseSchema, "", ""},
		{directory.UserSchema, directory.UserSchema, "", schema.RepairAlias},
		{"urn:scim:schemas:extension:enterprise:1.0", directory.EnterpriseSchema, "", schema.RepairSchemas},
		{"urn:scim:schemas:extension:enterprise:1.0.manager", "", directory.EnterpriseSchema + ":manager", schema.RepairDottedName},
		{directory.UserSchema + ":userName", "", "userName", schema.RepairDottedName},
		{directory.UserSchema + ":name.familyName", "", "name.familyName", schema.RepairDottedName},
		{directory.UserSchema + ":meta.version", "", "meta.version", schema.RepairDottedName},
		{directory.EnterpriseSchema + ":manager.value", "", directory.EnterpriseSchema + ":manager.value", schema.RepairDottedName},
		{strings.ToUpper(directory.EnterpriseSchema + ":manager.value"), "", directory.EnterpriseSchema + ":manager.value", schema.RepairDottedName},
		{directory.EnterpriseSchema + ".manager", "", directory.EnterpriseSchema + ":manager", schema.RepairDottedName},
		{directory.BridgeSchema + ":uniphore.clientId", "", directory.BridgeSchema + ":uniphore.clientId", schema.RepairDottedName},
		{directory.EnterpriseSchema + ":userName", "", "", ""},
		{directory.EnterpriseSchema + ":", "", "", ""},
	} {
		k, ok := u.Key(c.name)
		if ok != (c.urn != "" || c.attr != "") {
			t.Errorf("%q: found %v", c.name, ok)
			continue
		}
		var urn, attr string
		if k.Schema != nil {
			urn = k.Schema.URN
		}
		if k.Attr != nil {
			attr = k.Attr.FullName()
		}
		if k.Sub != nil {
			attr = k.Sub.FullName()
		}
		if urn != c.urn || attr != c.attr || k.Repair != c.repair {
			t.Errorf("%q: got %q %q %q", c.name, urn, attr, k.Repair)
		}
	}
	if k, ok := schema.Group().Key("members.value"); !ok || k.Sub.Path != "members.value" {
		t.Errorf("members.value of a group: %v", ok)
	}
}

func TestOrder(t *testing.T) {
	in := decode(t, `{"meta":{"version":"v","resourceType":"User"},"x":1,`+bridge+`:{"rsa":{"highRiskUser":true,"identitySource":"i"},"locked":true},"emails":[{"value":"a"},{"type":"work","value":"b","extra":1}],`+
		enterprise+`:{"manager":{"$ref":"r","value":"m"}},"name":{"givenName":"G","familyName":"F"},"userName":"a","externalId":"e","schemas":[],"id":"1"}`)
	nested := in.Get("name").Object()
	schema.User().Order(in)
	want := `{"schemas":[],"id":"1","externalId":"e","userName":"a","name":{"familyName":"F","givenName":"G"},"emails":[{"value":"a"},{"value":"b","type":"work","extra":1}],` +
		enterprise + `:{"manager":{"value":"m","$ref":"r"}},` + bridge + `:{"locked":true,"rsa":{"identitySource":"i","highRiskUser":true}},"x":1,"meta":{"resourceType":"User","version":"v"}}`
	if in.String() != want {
		t.Errorf("got  %s\nwant %s", in, want)
	}
	if nested.String() != `{"givenName":"G","familyName":"F"}` {
		t.Errorf("a nested object was changed: %s", nested)
	}
}

// covers: R-7643-2.4-02, XX-13
func TestClearPrimary(t *testing.T) {
	list := decode(t, `{"l":[{"value":"a","primary":true},{"value":"b"},{"value":"c","primary":true},"x"]}`).Get("l").List()
	before := resource.ListOf(list...).String()
	got := resource.ListOf(schema.ClearPrimary(list, func(i int) bool { return i == 2 })...).String()
	if want := `[{"value":"a","primary":false},{"value":"b"},{"value":"c","primary":true},"x"]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if after := resource.ListOf(list...).String(); after != before {
		t.Errorf("the list was changed to %s", after)
	}
	if got := schema.ClearPrimary(nil, nil); len(got) != 0 {
		t.Errorf("an empty list gave %v", got)
	}
	emails := schema.User().Attribute("", "emails")
	if err := emails.CheckPrimary(list); err == nil || !strings.Contains(err.Error(), "emails: at most one") {
		t.Errorf("two primaries: %v", err)
	}
}
