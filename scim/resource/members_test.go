package resource

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// part is what of an object is in the set, in the plain way.
func part(o *Object, m *Members) *Object {
	out := NewObject()
	for _, f := range o.Fields() {
		if m.Has(f.Name) {
			out.Set(f.Name, f.Value)
		}
	}
	return out
}

func appended(t interface{ Fatalf(string, ...any) }, m *Members, text string) string {
	got, ok := m.Append([]byte("before"), []byte(text))
	if !ok {
		t.Fatalf("%s: refused", text)
	}
	rest, ok := strings.CutPrefix(string(got), "before")
	if !ok {
		t.Fatalf("%s: what was there before is not any more: %s", text, got)
	}
	return "{" + strings.TrimPrefix(rest, ",") + "}"
}

// Whatever the object, its members come out as they would after decoding it.
func TestMembersAreThoseOfTheTree(t *testing.T) {
	name := rapid.SampledFrom([]string{"a", "b", "aa", "ab", "", `q"`, `s\`, `\"`, "é", "urn:x:1.0:Y", "tab\t", "u\u2028", "{", "a,"})
	var value func(depth int) *rapid.Generator[Value]
	object := func(depth int) *rapid.Generator[Value] {
		return rapid.Custom(func(t *rapid.T) Value {
			o := NewObject()
			for range rapid.IntRange(0, 4).Draw(t, "members") {
				o.Set(name.Draw(t, "name"), value(depth-1).Draw(t, "value"))
			}
			return ComplexOf(o)
		})
	}
	value = func(depth int) *rapid.Generator[Value] {
		text := rapid.Map(rapid.SliceOf(rapid.SampledFrom([]string{"a", `"`, `\`, `\"`, "{", "}", "[", "]", ",", ":", "é", "\n", `"a":`})), func(s []string) Value {
			return StringOf(strings.Join(s, ""))
		})
		kinds := []*rapid.Generator[Value]{text, rapid.SampledFrom([]Value{{}, BoolOf(true), BoolOf(false), NumberOf("0"), NumberOf("-1.5e+3")})}
		if depth > 0 {
			kinds = append(kinds, object(depth), rapid.Custom(func(t *rapid.T) Value {
				return ListOf(rapid.SliceOfN(value(depth-1), 0, 3).Draw(t, "list")...)
			}))
		}
		return rapid.OneOf(kinds...)
	}
	rapid.Check(t, func(t *rapid.T) {
		o := object(3).Draw(t, "object").Object()
		m := NewMembers(rapid.SliceOf(name).Draw(t, "set")...)
		if got, want := appended(t, m, o.String()), part(o, m).String(); got != want {
			t.Fatalf("%v of %s: got %s, want %s", m.names, o, got, want)
		}
		if got := appended(t, nil, o.String()); got != o.String() {
			t.Fatalf("all of %s: got %s", o, got)
		}
	})
}

// What is no object of ours is refused, and nothing of it appended.
func TestMembersOfOtherTexts(t *testing.T) {
	for _, text := range []string{
		``, `{`, `}`, `[]`, `"a"`, ` {}`, `{} `, `{ "a":1}`, `{"a" :1}`, `{"a":1 `, `{"a":1,}`, `{"a":1,`, `{,}`, `{a:1}`, `{"a"}`, `{"a}`, `{"a\"}`, `{"a":}`, `{"a":,"b":1}`,
		`{"x":1}{"a":2}`, `{"x":[1,2}`, `{"x":"y}`, `{"x":"y\"}`, `{"x":1]`, `{"x":{"y":1}`, `{"x":1}}`, `{"x":[}`, `{"a":"b","c":d}e}`,
	} {
		got, ok := NewMembers("a", "none").Append([]byte("before"), []byte(text))
		if ok || string(got) != "before" {
			t.Errorf("%s: %v, %s", text, ok, got)
		}
	}
}

// FuzzMembers: no text makes Append read beyond it, and of one that AppendJSON
// wrote it finds what the decoder finds.
func FuzzMembers(f *testing.F) {
	for _, text := range quickTexts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m := NewMembers("a", "b", "userName")
		m.Append(nil, []byte(text))
		o, err := DecodeObject([]byte(text), Limits{Values: 1000})
		if err != nil {
			return
		}
		if got, want := appended(t, m, o.String()), part(o, m).String(); got != want {
			t.Fatalf("%s: got %s, want %s", o, got, want)
		}
	})
}
