package filter

import (
	"slices"
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

func orderOf(t *testing.T, sortBy string, typ *schema.ResourceType, o Options) *Order {
	t.Helper()
	order, err := CompileOrder(sortBy, typ, o)
	if err != nil {
		t.Fatalf("%s: %v", sortBy, err)
	}
	return order
}

func decoded(t *testing.T, text string) *resource.Object {
	t.Helper()
	o, err := resource.DecodeObject([]byte(text), resource.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// Texts stand by their prepared form, dateTimes by instant, false before true,
// and what has no value last.
//
// covers: R-7644-3.4.2.3-01, R-7644-3.4.2.3-02, R-7644-3.4.2.3-04
func TestOrderOfKeys(t *testing.T) {
	user := schema.User()
	for sortBy, ascending := range map[string][]string{
		"userName":    {`{"userName":"a"}`, `{"userName":"B"}`, `{"userName":"c"}`, `{"userName":"é"}`, `{}`},
		"externalId":  {`{"externalId":"B"}`, `{"externalId":"a"}`, `{}`}, // caseExact
		"active":      {`{"active":false}`, `{"active":true}`, `{}`},
		"emails":      {`{"emails":[{"value":"z"},{"value":"A","primary":true}]}`, `{"emails":[{"value":"b"},{"value":"a"}]}`, `{"emails":[{"type":"work"}]}`},
		"emails.type": {`{"emails":[{"type":"home"},{"type":"a"}]}`, `{"emails":[{"type":"work","primary":true},{"type":"a"}]}`, `{"emails":[{"type":"x"},{"value":"v","primary":true}]}`},
		"schemas":     {`{"schemas":["a","z"]}`, `{"schemas":["B","a"]}`, `{}`},
		"meta.created": {`{"meta":{"created":"2024-01-01T02:00:00+02:00"}}`, `{"meta":{"created":"2024-01-01T00:00:00.001Z"}}`,
			`{"meta":{"created":"2024-01-01T00:00:00-01:00"}}`, `{"meta":{"created":"no date"}}`},
		directory.EnterpriseSchema + ":manager.value": {`{"` + directory.EnterpriseSchema + `":{"manager":{"value":"B"}}}`, `{"` + directory.EnterpriseSchema + `":{"manager":{"value":"a"}}}`, `{}`},
	} {
		order := orderOf(t, sortBy, user, Options{Strict: true})
		for i := range ascending {
			for j := range ascending {
				a, b := order.Key(decoded(t, ascending[i])), order.Key(decoded(t, ascending[j]))
				if got := a.Compare(b); got < 0 != (i < j) || got > 0 != (i > j) {
					t.Errorf("%s: %s compared with %s: %d", sortBy, ascending[i], ascending[j], got)
				}
			}
			key := order.Key(decoded(t, ascending[i]))
			if again := order.ParseKey(key.Text()); again.Compare(key) != 0 || again.Missing() != key.Missing() {
				t.Errorf("%s: the key of %s is another when it is read back from %q", sortBy, ascending[i], key.Text())
			}
		}
	}
}

// Numbers go by value, whatever their digits look like.
//
// covers: R-7644-3.4.2.3-04
func TestOrderOfNumbers(t *testing.T) {
	registry, err := schema.NewRegistry(schema.ExtensionDefinition{ResourceType: "User", Schema: schema.Definition{
		URN: "urn:example:numbers", Name: "Numbers", Attributes: []schema.AttributeDefinition{{Name: "n", Type: "decimal"}, {Name: "i", Type: "integer"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	order := orderOf(t, "urn:example:numbers:n", registry.Type("User"), Options{Strict: true})
	var keys []Key
	for _, n := range []string{"-1e3", "-2.5", "0", "0.5", "9", "10", "1e2"} {
		keys = append(keys, order.Key(decoded(t, `{"urn:example:numbers":{"n":`+n+`}}`)))
	}
	if !slices.IsSortedFunc(keys, Key.Compare) || keys[4].Compare(keys[5]) >= 0 {
		t.Errorf("%+v", keys)
	}
	if _, ok := order.Index(); ok {
		t.Error("no index has numbers in their order")
	}
}

// covers: R-7644-3.4.2.3-01, T-42
func TestOrdersThatAreNone(t *testing.T) {
	for _, sortBy := range []string{"", "nothing", "name", "meta", "userName.x", "password", `emails[type eq "work"].value`, directory.EnterpriseSchema,
		directory.EnterpriseSchema + ":manager", "members", "addresses", "user Name", strings.Repeat("x", 1000)} {
		for _, strict := range []bool{false, true} {
			_, err := CompileOrder(sortBy, schema.User(), Options{Strict: strict})
			if e, ok := fault.As(err); !ok || e.ScimType != "invalidValue" || !strings.Contains(e.Detail, "sortBy") || len(e.Detail) > 300 {
				t.Errorf("%q: %v", sortBy, err)
			}
		}
	}
	if _, err := CompileOrder("employeeNumber", schema.User(), Options{Strict: true}); err == nil {
		t.Error("strict takes an extension's attribute without its URN")
	}
	repaired := 0
	orderOf(t, "employeeNumber", schema.User(), Options{Repaired: func(schema.Repair) { repaired++ }})
	if repaired != 1 {
		t.Errorf("%d repairs", repaired)
	}
}

// An order is left to the store only where the store's is the same.
func TestOrdersWithIndex(t *testing.T) {
	user, group := schema.User(), schema.Group()
	for _, x := range []struct {
		typ    *schema.ResourceType
		sortBy string
		field  directory.Field
		ok     bool
	}{
		{user, "id", directory.FieldID, true}, {user, "userName", directory.FieldUserName, true}, {user, "displayName", directory.FieldDisplayName, true},
		{user, "name.familyName", directory.FieldFamilyName, true}, {user, directory.EnterpriseSchema + ":employeeNumber", directory.FieldEmployeeNumber, true},
		{user, "meta.created", directory.FieldCreated, true}, {user, "meta.lastModified", directory.FieldLastModified, true},
		{group, "displayName", directory.FieldDisplayName, true}, {group, "meta.created", directory.FieldCreated, true}, {group, "id", directory.FieldID, true},
		{user, "externalId", 0, false}, {user, "emails.value", 0, false}, {user, "active", 0, false}, {user, "title", 0, false}, {group, "members", 0, false},
		{user, "meta.version", 0, false}, {user, directory.EnterpriseSchema + ":manager.value", 0, false}, {user, "groups.value", 0, false},
	} {
		s, ok := orderOf(t, x.sortBy, x.typ, Options{}).Index()
		if ok != x.ok || s.Field != x.field {
			t.Errorf("%s of %s: field %d, %t", x.sortBy, x.typ.Name, s.Field, ok)
		}
	}
	// Of another type's attribute this one has no index, and no value.
	order := orderOf(t, "userName", group, Options{Others: []*schema.ResourceType{user}})
	if _, ok := order.Index(); ok || !order.Key(decoded(t, `{"displayName":"g"}`)).Missing() {
		t.Error("groups have a userName")
	}
	if order := orderOf(t, directory.UserSchema+":displayName", group, Options{Others: []*schema.ResourceType{user}}); !order.Key(decoded(t, `{"displayName":"g"}`)).Missing() {
		t.Error("a user's displayName is not a group's")
	}
}

// What only another type has is no value, for Match and for the plan alike, and
// the plan knows it beforehand.
//
// covers: R-7644-3.4.2.1-03
func TestFiltersOverSeveralTypes(t *testing.T) {
	user, group := schema.User(), schema.Group()
	o := Options{Strict: true, Others: []*schema.ResourceType{user}}
	g := decoded(t, `{"schemas":["`+directory.GroupSchema+`"],"id":"1","displayName":"same","members":[{"value":"2","type":"User"}],"meta":{"resourceType":"Group"}}`)
	always, never := directory.All{}, directory.Any{}
	for _, x := range []struct {
		filter string
		match  bool
		plan   directory.Condition // nil: not known beforehand
	}{
		{`userName eq "x"`, false, never}, {`userName ne "x"`, true, always}, {`userName pr`, false, never}, {`userName eq null`, true, always}, {`userName ne null`, false, never},
		{`userName sw ""`, false, never}, {`name.familyName co "a"`, false, never}, {`active eq false`, false, never}, {`emails[type eq "work"]`, false, never},
		{directory.UserSchema + `:displayName eq "same"`, false, never}, {directory.UserSchema + `:displayName pr`, false, never}, {directory.EnterpriseSchema + `:department ne "x"`, true, always},
		{`displayName co "am" and userName pr`, false, never}, {`displayName co "am" or userName ne "x"`, true, always},
		{`displayName co "am" or userName pr`, true, nil}, {`not (userName pr)`, true, always}, {`not (meta.resourceType eq "User")`, true, always}, {`displayName co "am"`, true, nil},
		{`meta.resourceType eq "User"`, false, never}, {`meta.resourceType eq "Group"`, true, always}, {`meta.resourceType eq "User" and members pr`, false, never},
	} {
		e, err := Parse(x.filter, o)
		if err != nil {
			t.Fatal(err)
		}
		p, err := CompileWith(e, group, o)
		if err != nil {
			t.Errorf("%s: %v", x.filter, err)
			continue
		}
		if got := p.Match(g); got != x.match {
			t.Errorf("%s: %t", x.filter, got)
		}
		where, exact := p.Plan(1)
		a, isAll := where.(directory.All)
		n, isAny := where.(directory.Any)
		known := exact && (isAll && len(a) == 0 || isAny && len(n) == 0)
		if known != (x.plan != nil) || known && isAll != x.match {
			t.Errorf("%s: plan %#v, exact %t", x.filter, where, exact)
		}
	}
	if e, err := Parse(`userName eq "x"`, o); err != nil {
		t.Error(err)
	} else if _, err := CompileWith(e, group, Options{}); err == nil {
		t.Error("without the other type, a group has a userName")
	}
	for _, bad := range []string{`active gt true`, `name eq "x"`, `nothing pr`, `password pr`, `userName.x pr`} {
		e, err := Parse(bad, o)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := CompileWith(e, group, o); err == nil {
			t.Errorf("%s: no error", bad)
		}
	}
}

// covers: R-7644-7.5.2-01
func TestAttributesOfAFilter(t *testing.T) {
	e, err := Parse(`not (userName pr) and (emails[type eq "work" and value co "x"] or name.familyName sw "a")`, Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := Compile(e, schema.User())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for top, sub := range p.Attributes {
		got = append(got, display(top, sub))
	}
	if want := []string{"userName", "emails.type", "emails.value", "name.familyName"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	for range p.Attributes {
		break // may be left early
	}
}
