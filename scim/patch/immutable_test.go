package patch_test

import (
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/patch"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// An attribute that is immutable is set once, whatever its shape; one that an
// extension requires is there or the extension is not.
// covers: R-7643-7-05, R-7644-3.5.2-04, R-7643-6-02, R-7643-7-04
func TestImmutableAndRequired(t *testing.T) {
	const urn = "urn:example:scim:hr"
	row := func(a schema.Attribute) *schema.Attribute {
		a.Schema, a.Path = urn, a.Name
		for _, s := range a.Sub {
			s.Schema, s.Path, s.Parent = urn, a.Name+"."+s.Name, &a
		}
		return &a
	}
	hr := &schema.Schema{URN: urn, Name: "HR", Attributes: []*schema.Attribute{
		row(schema.Attribute{Name: "badge", Required: true}),
		row(schema.Attribute{Name: "born", Mutability: schema.Immutable}),
		row(schema.Attribute{Name: "tags", Multi: true, Mutability: schema.Immutable}),
		row(schema.Attribute{Name: "labels", Multi: true}),
		row(schema.Attribute{Name: "home", Type: schema.Complex, Sub: []*schema.Attribute{
			{Name: "town", Mutability: schema.Immutable}, {Name: "street"},
		}}),
		row(schema.Attribute{Name: "rooms", Type: schema.Complex, Multi: true, Sub: []*schema.Attribute{
			{Name: "value", Required: true, CaseExact: true}, {Name: "floor", Mutability: schema.Immutable},
		}}),
		row(schema.Attribute{Name: "levels", Type: schema.Integer, Multi: true}),
		row(schema.Attribute{Name: "codes", CaseExact: true, Multi: true}),
		row(schema.Attribute{Name: "seen", Mutability: schema.ReadOnly}),
	}}
	base := schema.User()
	for _, c := range []struct {
		required       bool
		before, ops    string
		after, refused string
	}{
		{before: `{"badge":"1"}`, ops: `[{"op":"add","path":"HR:born","value":"x"}]`, after: `{"badge":"1","born":"x"}`},
		{before: `{"badge":"1","born":"x"}`, ops: `[{"op":"add","path":"HR:born","value":"x"}]`, after: `{"badge":"1","born":"x"}`},
		{before: `{"badge":"1","born":"x"}`, ops: `[{"op":"replace","path":"HR:born","value":"y"}]`, refused: "mutability"},
		{before: `{"badge":"1","born":"x"}`, ops: `[{"op":"remove","path":"HR:born"}]`, refused: "mutability"},
		{before: `{"badge":"1","born":"x"}`, ops: `[{"op":"remove","path":"HR"}]`, refused: "mutability"},
		{before: `{"badge":"1","tags":["a"]}`, ops: `[{"op":"add","path":"HR:tags","value":["b"]}]`, refused: "mutability"},
		{before: `{"badge":"1","tags":["a"]}`, ops: `[{"op":"add","path":"HR:tags","value":["a"]}]`, after: `{"badge":"1","tags":["a"]}`},
		{before: `{"badge":"1","levels":[1,2]}`, ops: `[{"op":"add","path":"HR:levels","value":[2,3]}]`, after: `{"badge":"1","levels":[1,2,3]}`},
		{before: `{"badge":"1","codes":["a"]}`, ops: `[{"op":"add","path":"HR:codes","value":["A","a"]}]`, after: `{"badge":"1","codes":["a","A"]}`},
		{before: `{"badge":"1","labels":["a"]}`, ops: `[{"op":"add","path":"HR:labels","value":["b","A"]},{"op":"add","path":"HR:labels","value":"c"}]`, after: `{"badge":"1","labels":["a","b","c"]}`},
		{before: `{"badge":"1","labels":["a","b"]}`, ops: `[{"op":"remove","path":"HR:labels","value":["b"]}]`, after: `{"badge":"1","labels":["a"]}`},
		{before: `{"badge":"1","labels":["a","b"]}`, ops: `[{"op":"replace","path":"HR:labels[value eq \"b\"]","value":"c"}]`, after: `{"badge":"1","labels":["a","c"]}`},
		{before: `{"badge":"1","labels":["a","b"]}`, ops: `[{"op":"remove","path":"HR:labels[value eq \"b\"]"}]`, after: `{"badge":"1","labels":["a"]}`},
		{before: `{"badge":"1","labels":["a"]}`, ops: `[{"op":"replace","path":"HR:labels[value eq \"b\"]","value":"c"}]`, refused: "noTarget"},
		{before: `{"badge":"1","rooms":[{"value":"A1","floor":"1"}]}`, ops: `[{"op":"add","path":"HR:rooms","value":[{"value":"a1","floor":"2"}]}]`, after: `{"badge":"1","rooms":[{"value":"A1","floor":"1"},{"value":"a1","floor":"2"}]}`},
		{before: `{"badge":"1","rooms":[{"value":"A1","floor":"1"}]}`, ops: `[{"op":"add","path":"HR:rooms","value":[{"value":"A1","floor":"2"}]}]`, refused: "mutability"},
		{before: `{"badge":"1","rooms":[{"value":"A1","floor":"1"}]}`, ops: `[{"op":"replace","path":"HR:rooms[value eq \"A1\"].floor","value":"2"}]`, refused: "mutability"},
		{before: `{"badge":"1","rooms":[{"value":"A1","floor":"1"}]}`, ops: `[{"op":"replace","path":"HR:rooms[value eq \"A1\"]","value":{"floor":"1","value":"A2"}}]`, after: `{"badge":"1","rooms":[{"value":"A2","floor":"1"}]}`},
		{before: `{"badge":"1","rooms":[{"value":"A1","floor":"1"}]}`, ops: `[{"op":"remove","path":"HR:rooms[value eq \"A1\"].floor"}]`, refused: "mutability"},
		{before: `{"badge":"1","rooms":[{"value":"A1","floor":"1"}]}`, ops: `[{"op":"remove","path":"HR:rooms[value eq \"A1\"]"}]`, after: `{"badge":"1"}`},
		{before: `{"badge":"1","rooms":[{"value":"A1","floor":"1"}]}`, ops: `[{"op":"remove","path":"HR:rooms[value eq \"A1\"].value"}]`, refused: "mutability"},
		{before: `{"badge":"1","rooms":[{"value":"A1","floor":"1"}]}`, ops: `[{"op":"add","path":"HR:rooms[value eq \"A1\"]","value":{"value":null}}]`, refused: "invalidValue"},
		{before: `{"badge":"1","home":{"town":"T"}}`, ops: `[{"op":"add","path":"HR:home","value":{"street":"S","town":"T"}}]`, after: `{"badge":"1","home":{"town":"T","street":"S"}}`},
		{before: `{"badge":"1","home":{"town":"T"}}`, ops: `[{"op":"add","path":"HR:home","value":{"town":"U"}}]`, refused: "mutability"},
		{before: `{"badge":"1","home":{"town":"T"}}`, ops: `[{"op":"remove","path":"HR:home.town"}]`, refused: "mutability"},
		{before: `{"badge":"1"}`, ops: `[{"op":"add","path":"HR:seen","value":"x"}]`, refused: "mutability"},
		{before: `{"badge":"1"}`, ops: `[{"op":"remove","path":"HR:badge"}]`, refused: "mutability"},
		{before: `{"badge":"1"}`, ops: `[{"op":"replace","path":"HR:badge","value":null}]`, refused: "invalidValue"},
		{before: `{"badge":"1"}`, ops: `[{"op":"remove","path":"HR"}]`, after: `{}`},
		{before: `{"badge":"1"}`, ops: `[{"op":"remove","path":"HR"}]`, required: true, refused: "mutability"},
		{before: `{}`, ops: `[{"op":"add","path":"schemas","value":"urn:example:scim:hr"}]`, after: `{}`},
		{before: `{}`, ops: `[{"op":"add","path":"HR:born","value":"x"}]`, refused: "invalidValue"},
	} {
		typ := *base
		typ.Extensions = []schema.Extension{{Schema: hr, Required: c.required}}
		tree := func(text string) *resource.Object {
			o := object(t, `{"userName":"u"}`)
			if ext := object(t, text); ext.Len() > 0 {
				o.Set(urn, resource.ComplexOf(ext))
			}
			return o
		}
		ops := message(t, strings.ReplaceAll(c.ops, `"HR`, `"`+urn))
		r, err := patch.Parse(ops, &typ, patch.Options{})
		var after *resource.Object
		if err == nil {
			after, err = r.Apply(tree(c.before))
		}
		if c.refused != "" {
			if wire, ok := fault.As(err); !ok || string(wire.ScimType) != c.refused {
				t.Errorf("%s on %s: got %v, %v; want %s", c.ops, c.before, after, err, c.refused)
			}
			continue
		}
		if err != nil || !after.Equal(tree(c.after)) {
			t.Errorf("%s on %s: got %v, %v; want %s", c.ops, c.before, after, err, c.after)
		}
	}
}

// A required list can lose values, but not the last one.
// covers: R-7644-3.5.2.2-03
func TestRequiredList(t *testing.T) {
	list := &schema.Attribute{Name: "colours", Schema: "urn:example:thing", Path: "colours", Multi: true, Required: true}
	typ := &schema.ResourceType{Name: "Thing", Core: &schema.Schema{URN: "urn:example:thing", Attributes: []*schema.Attribute{list}}}
	for _, c := range []struct{ ops, after, refused string }{
		{ops: `[{"op":"remove","path":"colours","value":["red"]}]`, after: `{"colours":["blue"]}`},
		{ops: `[{"op":"remove","path":"colours[value eq \"red\"]"}]`, after: `{"colours":["blue"]}`},
		{ops: `[{"op":"remove","path":"colours","value":["red","blue"]}]`, refused: "invalidValue"},
		{ops: `[{"op":"remove","path":"colours[value pr]"}]`, refused: "invalidValue"},
		{ops: `[{"op":"remove","path":"colours"}]`, refused: "mutability"},
		{ops: `[{"op":"replace","path":"colours","value":[]}]`, refused: "invalidValue"},
	} {
		r, err := patch.Parse(message(t, c.ops), typ, patch.Options{})
		var after *resource.Object
		if err == nil {
			after, err = r.Apply(object(t, `{"colours":["red","blue"]}`))
		}
		if c.refused != "" {
			if wire, ok := fault.As(err); !ok || string(wire.ScimType) != c.refused {
				t.Errorf("%s: got %v, %v; want %s", c.ops, after, err, c.refused)
			}
			continue
		}
		if err != nil || !after.Equal(object(t, c.after)) {
			t.Errorf("%s: got %v, %v; want %s", c.ops, after, err, c.after)
		}
	}
}
