package filter

import (
	"strings"
	"testing"

	godiff "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

const thingURN = "urn:example:thing"

// thing is a resource type with an index on each of its attributes.
func thing(t testing.TB) *schema.ResourceType {
	t.Helper()
	type attr = schema.AttributeDefinition
	d := schema.Definition{URN: thingURN, Name: "Thing", Attributes: []attr{
		{Name: "text"}, {Name: "exact", CaseExact: true}, {Name: "flag", Type: "boolean"}, {Name: "whole", Type: "integer"},
		{Name: "rate", Type: "decimal"}, {Name: "when", Type: "dateTime"}, {Name: "tags", MultiValued: true},
		{Name: "parts", Type: "complex", MultiValued: true, SubAttributes: []attr{
			{Name: "value"}, {Name: "type"}, {Name: "primary", Type: "boolean"}}},
	}}
	var indexes []string
	for _, name := range []string{"text", "exact", "flag", "whole", "rate", "when", "tags", "parts.value", "parts.primary"} {
		indexes = append(indexes, "Thing:"+name)
	}
	r, err := schema.Configuration{
		Schemas:       []schema.Definition{d},
		ResourceTypes: []schema.ResourceTypeDefinition{{Name: "Thing", Endpoint: "/Things", Schema: thingURN}},
		Indexes:       indexes,
	}.Registry()
	if err != nil {
		t.Fatal(err)
	}
	return r.Type("Thing")
}

func TestPlanOfConfiguredIndexes(t *testing.T) {
	typ := thing(t)
	at := func(attribute string, op directory.Op, text string) directory.Condition {
		return directory.Term{Field: directory.FieldAttribute, Attribute: attribute, Op: op, Text: text}
	}
	for _, c := range []struct {
		filter string
		where  directory.Condition
		exact  bool
	}{
		{`text eq "A"`, at("text", directory.Equal, "A"), true},
		{`text sw "A"`, at("text", directory.Prefix, "A"), true},
		{`text lt "A"`, at("text", directory.Less, "A"), true},
		{`text ge "A"`, at("text", directory.GreaterEqual, "A"), true},
		{`text co "A"`, nil, false},
		{`text ew "A"`, nil, false},
		{`text ne "A"`, nil, false},
		{`text pr`, nil, false},
		{`text eq ""`, never, true},
		{thingURN + `:text eq "A"`, at("text", directory.Equal, "A"), true},
		{`exact eq "A"`, at("exact", directory.Equal, "A"), true},
		{`exact gt "A"`, at("exact", directory.Greater, "A"), true},
		{`flag eq true`, at("flag", directory.Equal, "true"), true},
		{`flag eq false`, at("flag", directory.Equal, "false"), true},
		{`flag ne true`, nil, false},
		{`whole eq 7`, at("whole", directory.Equal, "7"), true},
		{`whole eq 70e-1`, at("whole", directory.Equal, "7"), true},
		{`whole eq -0`, at("whole", directory.Equal, "0"), true},
		{`whole eq 1.5`, never, true},
		{`whole eq 1e1000`, never, true},
		{`whole gt 7`, nil, false},
		{`rate eq 7`, at("rate", directory.Equal, "7.0"), true},
		{`rate eq -0.05`, at("rate", directory.Equal, "-0.05"), true},
		{`rate eq 12.50e2`, at("rate", directory.Equal, "1250.0"), true},
		{`rate eq 1e-1000`, never, true},
		{`when eq "2024-01-02T03:04:05Z"`, nil, false}, // an instant has many texts
		{`tags eq "A"`, at("tags", directory.Equal, "A"), true},
		{`parts.value eq "A"`, at("parts.value", directory.Equal, "A"), true},
		{`parts[value eq "A" and type eq "x"]`, at("parts.value", directory.Equal, "A"), false},
		{`parts[primary eq true]`, at("parts.primary", directory.Equal, "true"), true},
		{`parts[primary eq false]`, nil, false}, // also where it is not said
		{`text eq "A" or flag eq true`, directory.Any{at("text", directory.Equal, "A"), at("flag", directory.Equal, "true")}, true},
	} {
		e, err := Parse(c.filter, Options{Strict: true})
		if err != nil {
			t.Fatal(err)
		}
		where, exact := Plan(e, typ, 1)
		if diff := godiff.Diff(c.where, where); diff != "" || exact != c.exact {
			t.Errorf("%s: exact %v, want %v; conditions (-want +got):\n%s", c.filter, exact, c.exact, diff)
		}
	}
	if _, exact := Plan(mustParse(t, `title eq "A"`), schema.User(), 1); exact {
		t.Error("an attribute that nobody configured has an index")
	}
}

func mustParse(t testing.TB, s string) Expression {
	t.Helper()
	e, err := Parse(s, Options{Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// A number is looked up by the literal under which it is stored, whatever
// literal the filter has.
func TestNumbersAreLookedUpAsTheyAreStored(t *testing.T) {
	typ := thing(t)
	rapid.Check(t, func(t *rapid.T) {
		literal := rapid.StringMatching(`-?(0|[1-9][0-9]{0,12})(\.[0-9]{1,12})?([eE][+-]?[0-9]{1,2})?`).Draw(t, "number")
		o, err := typ.Normalize(resource.NewObject(resource.Field{Name: "rate", Value: resource.NumberOf(literal)}), schema.Options{})
		if err != nil {
			t.Fatal(err)
		}
		e, err := Parse("rate eq "+literal, Options{Strict: true})
		if err != nil {
			t.Fatal(err)
		}
		where, exact := Plan(e, typ, 1)
		term, ok := where.(directory.Term)
		if want := strings.TrimSpace(o.Get("rate").String()); !ok || !exact || term.Text != want {
			t.Fatalf("%s is stored as %s and looked up as %v", literal, want, where)
		}
	})
}
