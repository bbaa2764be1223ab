package patch_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/patch"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// longUser has n instant messaging addresses, made from a pattern.
func longUser(n int, pattern string) *resource.Object {
	ims := make([]resource.Value, n)
	for i := range ims {
		ims[i] = resource.ComplexOf(resource.NewObject(resource.Field{Name: "value", Value: resource.StringOf(fmt.Sprintf(pattern, i))}))
	}
	return resource.NewObject(
		resource.Field{Name: "userName", Value: resource.StringOf("u")},
		resource.Field{Name: "ims", Value: resource.ListOf(ims...)})
}

// repeated joins n operations, values or terms, of which the pattern makes each
// from its number.
func repeated(n int, pattern, separator string) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf(pattern, i)
	}
	return strings.Join(all, separator)
}

// heavy are requests of moderate size that would take from seconds to minutes,
// because what they ask multiplies.
var heavy = []struct {
	name   string
	before *resource.Object
	ops    string
}{
	{"many operations", longUser(1_000, "u%d@x.io"), repeated(6_000, `{"op":"replace","path":"ims[value eq \"u1@x.io\" or value eq \"x%d\"].display","value":"D"}`, ",")},
	{"many values listed by what else they have", longUser(20_000, "u%d@x.io"), `{"op":"remove","path":"ims","value":[` + repeated(20_000, `{"display":"d%d"}`, ",") + `]}`},
	{"many lists of values", longUser(1_000, "u%d@x.io"), strings.Repeat(`{"op":"remove","path":"ims","value":[`+repeated(1_000, `{"display":"d%d"}`, ",")+`]},`, 19) + `{"op":"remove","path":"ims","value":{"display":"d"}}`},
	{"many long filters", longUser(1_000, "u%d@x.io"), strings.Repeat(`{"op":"remove","path":"ims[`+repeated(400, `value co \"zz%d\"`, " or ")+`]"},`, 40) + `{"op":"remove","path":"ims[value eq \"x\"]"}`},
	{"long values", longUser(100, strings.Repeat("x", 60_000)+"%d"), `{"op":"remove","path":"ims[` + repeated(400, `value co \"zz%d\"`, " or ") + `]"}`},
	{"long values beyond ASCII", longUser(100, strings.Repeat("Σ", 30_000)+"%d"), `{"op":"remove","path":"ims[` + repeated(100, `value co \"zz%d\"`, " or ") + `]"}`},
	{"many values to write", longUser(1_000, "u%d@x.io"), repeated(2_000, `{"op":"add","path":"ims[value pr]","value":{"display":"d%d","type":"aim"}}`, ",")},
}

// Requests that are much work end with an error and not after seconds of work,
// wherever the work comes from.
// covers: T-43
func TestWorkIsBounded(t *testing.T) {
	for _, c := range heavy {
		t.Run(c.name, func(t *testing.T) {
			r, err := patch.Parse(message(t, "["+c.ops+"]"), schema.User(), patch.Options{})
			if err != nil {
				t.Fatal(err)
			}
			_, err = r.Apply(c.before)
			if wire, ok := fault.As(err); !ok || wire.ScimType != "tooMany" {
				t.Errorf("got %v, want tooMany", err)
			}
		})
	}
}

// What identity providers send in earnest is far from the bound.
// covers: T-43
func TestWorkOfLargeRequests(t *testing.T) {
	for _, c := range []struct {
		name   string
		before *resource.Object
		ops    string
		values int
	}{
		{"a thousand values one by one", object(t, `{"userName":"u"}`), repeated(1_000, `{"op":"add","path":"ims","value":[{"value":"somebody.with.a.long.name.%d@example.com","display":"Somebody With A Long Name","type":"work"}]}`, ","), 1_000},
		{"a thousand values changed one by one", longUser(1_000, "u%d@x.io"), repeated(1_000, `{"op":"replace","path":"ims[value eq \"u%d@x.io\"].display","value":"D"}`, ","), 1_000},
		{"a thousand values removed one by one", longUser(1_000, "u%d@x.io"), repeated(1_000, `{"op":"remove","path":"ims[value eq \"u%d@x.io\"]"}`, ","), 0},
		{"a thousand values removed at once", longUser(1_000, "u%d@x.io"), `{"op":"remove","path":"ims","value":[` + repeated(1_000, `{"value":"u%d@x.io"}`, ",") + `]}`, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := patch.Parse(message(t, "["+c.ops+"]"), schema.User(), patch.Options{})
			if err != nil {
				t.Fatal(err)
			}
			after, err := r.Apply(c.before)
			if err != nil {
				t.Fatal(err)
			}
			if n := len(after.Get("ims").List()); n != c.values {
				t.Errorf("%d values are left, want %d", n, c.values)
			}
		})
	}
}

// The time that is taken until work is refused.
func BenchmarkRefusedWork(b *testing.B) {
	for _, c := range heavy {
		b.Run(c.name, func(b *testing.B) {
			r, err := patch.Parse(message(b, "["+c.ops+"]"), schema.User(), patch.Options{})
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := r.Apply(c.before); err == nil {
					b.Fatal("accepted")
				}
			}
		})
	}
}

// How many values an attribute can have is asked of the result, so that adding
// one by one leads no further than sending all.
// covers: T-43
func TestValuesAreBounded(t *testing.T) {
	add := func(from, n int) string {
		ops := make([]string, n)
		for i := range ops {
			ops[i] = fmt.Sprintf(`{"op":"add","path":"emails","value":[{"value":"u%d@x.io"}]}`, from+i)
		}
		return "[" + strings.Join(ops, ",") + "]"
	}
	apply := func(before *resource.Object, ops string) (*resource.Object, error) {
		r, err := patch.Parse(message(t, ops), schema.User(), patch.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return r.Apply(before)
	}
	full, err := apply(object(t, `{"userName":"u"}`), add(0, 1_000))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := apply(full, add(0, 1)); err != nil {
		t.Errorf("a value that is there already: %v", err)
	}
	_, err = apply(full, add(1_000, 1))
	if wire, _ := fault.As(err); wire.ScimType != "invalidValue" || !strings.Contains(wire.Detail, "at most 1000 values") {
		t.Errorf("one more: got %v, want invalidValue", err)
	}
}

// Which elements are one is asked while operations are applied and again when
// the result is made canonical; both must say the same of all texts.
// covers: R-7643-2.4-03
func TestIdentityIsThatOfTheSchema(t *testing.T) {
	text := rapid.StringOfN(rapid.RuneFrom([]rune("aAiIİıkK\u212AsSſßẞσςΣ")), 1, 2, -1)
	rapid.Check(t, func(t *rapid.T) {
		a := schema.User().Attribute("", rapid.SampledFrom([]string{"emails", "roles", "entitlements", "addresses"}).Draw(t, "attribute"))
		element := func(name string) resource.Value {
			o := &resource.Object{}
			for _, sub := range []string{"value", "type", "country"} {
				if a.SubAttribute(sub) != nil && rapid.Bool().Draw(t, name+" has "+sub) {
					o.Set(sub, resource.StringOf(text.Draw(t, name+"."+sub)))
				}
			}
			return resource.ComplexOf(o)
		}
		v, w := element("v"), element("w")
		one := len(a.Distinct([]resource.Value{v, w})) == 1
		if patch.SameElement(a, v, w) != one {
			t.Fatalf("%s: %s and %s: the schema says %t", a.Path, v, w, one)
		}
	})
}
