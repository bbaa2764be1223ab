package schema_test

import (
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/directory"
)

// What a PUT leaves of what is stored, and what of that is shown.
//
// covers: R-7644-3.5.1-03, R-7643-7-05
func TestReplaceAndVisible(t *testing.T) {
	typ := registry(t, staff(
		attr{Name: "plain"}, attr{Name: "fixed", Mutability: "immutable"}, attr{Name: "made", Mutability: "readOnly"},
		attr{Name: "secret", Mutability: "writeOnly"}, attr{Name: "hidden", Returned: "never"}, attr{Name: "asked", Returned: "request"},
		attr{Name: "list", Type: "complex", MultiValued: true, SubAttributes: []attr{{Name: "value", Mutability: "immutable"}, {Name: "hidden", Returned: "never"}}},
		attr{Name: "tags", MultiValued: true, Mutability: "immutable"},
		attr{Name: "keys", Type: "complex", MultiValued: true, Mutability: "immutable", SubAttributes: []attr{{Name: "value", CaseExact: true}, {Name: "type"}, {Name: "primary", Type: "boolean"}}},
		attr{Name: "box", Type: "complex", SubAttributes: []attr{{Name: "a"}, {Name: "once", Mutability: "immutable"}, {Name: "made", Mutability: "readOnly"}}},
	)).Type("User")
	q := `"` + urn + `"`
	in := func(members string) string { return `{"userName":"a",` + q + `:{` + members + `}}` }
	for _, c := range []struct{ name, prev, next, want, shown string }{
		{"nothing special", `{"userName":"a","title":"T"}`, `{"userName":"b"}`, `{"userName":"b"}`, `{"userName":"a","title":"T"}`},
		{"what stays", in(`"plain":"P","fixed":"F","made":"M","secret":"S","hidden":"H","asked":"A"`), `{"userName":"a"}`,
			in(`"fixed":"F","made":"M","secret":"S","hidden":"H"`), in(`"plain":"P","fixed":"F","made":"M","asked":"A"`)},
		{"what is said again", in(`"fixed":"F","secret":"S","hidden":"H"`), in(`"fixed":"f","secret":"T","hidden":"I"`),
			in(`"fixed":"F","secret":"T","hidden":"I"`), in(`"fixed":"F"`)},
		{"another value of what is fixed", in(`"fixed":"F"`), in(`"fixed":"G"`), "mutability", in(`"fixed":"F"`)},
		{"a fixed list in another order and case", in(`"tags":["a","B","c"]`), in(`"tags":["C","a","b"]`), in(`"tags":["a","B","c"]`), in(`"tags":["a","B","c"]`)},
		{"a fixed list with one more", in(`"tags":["a"]`), in(`"tags":["a","b"]`), "mutability", in(`"tags":["a"]`)},
		{"a fixed list with another", in(`"tags":["a","b"]`), in(`"tags":["a","c"]`), "mutability", in(`"tags":["a","b"]`)},
		{"fixed keys in another order and case", in(`"keys":[{"value":"K","type":"x","primary":false},{"value":"k","type":"y"}]`), in(`"keys":[{"value":"k","type":"Y"},{"value":"K","type":"x"}]`),
			in(`"keys":[{"value":"K","type":"x","primary":false},{"value":"k","type":"y"}]`), in(`"keys":[{"value":"K","type":"x","primary":false},{"value":"k","type":"y"}]`)},
		{"a fixed key in another case", in(`"keys":[{"value":"K"}]`), in(`"keys":[{"value":"k"}]`), "mutability", in(`"keys":[{"value":"K"}]`)},
		{"another key is primary", in(`"keys":[{"value":"K"}]`), in(`"keys":[{"value":"K","primary":true}]`), "mutability", in(`"keys":[{"value":"K"}]`)},
		{"what was not set", in(`"plain":"P"`), in(`"fixed":"G"`), in(`"fixed":"G"`), in(`"plain":"P"`)},
		{"parts stay", in(`"box":{"a":"1","once":"O","made":"M"}`), in(`"plain":"P"`), in(`"plain":"P","box":{"once":"O","made":"M"}`), in(`"box":{"a":"1","once":"O","made":"M"}`)},
		{"parts are joined in order", in(`"box":{"once":"O"}`), in(`"box":{"a":"2"}`), in(`"box":{"a":"2","once":"O"}`), in(`"box":{"once":"O"}`)},
		{"another value of a part", in(`"box":{"once":"O"}`), in(`"box":{"once":"P"}`), "mutability", in(`"box":{"once":"O"}`)},
		{"a list is replaced", in(`"list":[{"value":"1","hidden":"h"}]`), in(`"list":[{"value":"2"}]`), in(`"list":[{"value":"2"}]`), in(`"list":[{"value":"1"}]`)},
		{"only hidden things", in(`"list":[{"hidden":"h"}],"secret":"S"`), in(`"plain":"P"`), in(`"plain":"P","secret":"S"`), `{"userName":"a"}`},
		{"a schema that is gone", `{"userName":"a","urn:example:gone":{"x":1}}`, `{"userName":"b"}`, `{"userName":"b","urn:example:gone":{"x":1}}`, `{"userName":"a"}`},
		{"an attribute that is gone", in(`"plain":"P","gone":{"x":[1]}`), `{"userName":"b"}`, `{"userName":"b",` + q + `:{"gone":{"x":[1]}}}`, in(`"plain":"P"`)},
		{"a sub-attribute that is gone", in(`"box":{"a":"1","gone":"G"}`), in(`"box":{"a":"1"}`), in(`"box":{"a":"1"}`), in(`"box":{"a":"1"}`)},
	} {
		prev, next := decode(t, c.prev), decode(t, c.next)
		got, err := typ.Replace(prev, next)
		switch {
		case err != nil && (c.want != "mutability" || !strings.Contains(err.Error(), "is immutable and has a value already")):
			t.Errorf("%s: %v", c.name, err)
		case err == nil && got.String() != c.want:
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		if shown := typ.Visible(prev); shown.String() != c.shown {
			t.Errorf("%s: %s is shown, want %s", c.name, shown, c.shown)
		}
		if prev.String() != c.prev || next.String() != c.next {
			t.Errorf("%s: the input was changed to %s, %s", c.name, prev, next)
		}
	}
}

// A document that is called plain is shown and replaced as if nobody had looked.
func TestPlain(t *testing.T) {
	r := registry(t, staff(attr{Name: "badge"}))
	for text, want := range map[string]bool{
		`{"userName":"a"}`: true,
		`{"userName":"a","` + directory.EnterpriseSchema + `":{"division":"d"},"` + directory.BridgeSchema + `":{"locked":true}}`: true,
		`{"userName":"a","` + urn + `":{"badge":"1"}}`:         false,
		`{"userName":"a","urn:example:gone":{"badge":"1"}}`:    false,
		`{"userName":"urn:x:y"}`:                               false, // it may say no
		`{"title":"\"` + directory.EnterpriseSchema + `\":{"}`: false,
	} {
		if got := r.Type("User").Plain([]byte(text)); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
	if r.Type("Group").Plain([]byte(`{"` + directory.EnterpriseSchema + `":{}}`)) {
		t.Error("groups have no enterprise extension")
	}
}
