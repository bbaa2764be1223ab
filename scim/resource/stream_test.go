package resource_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/resource"
)

// covers: R-7644-3.7-04, T-37, T-38
func TestDecodeEach(t *testing.T) {
	small := resource.Limits{Values: 12, Depth: 3}
	for _, tt := range []struct {
		name, in   string
		limits     resource.Limits
		rest, each string // each: the elements, joined by a blank
		fails      string
	}{
		{name: "elements in order", in: `{"a":1,"List":[1,"x",{"b":[true]},null,[]],"c":2}`, rest: `{"a":1,"List":null,"c":2}`, each: `1 "x" {"b":[true]} null []`},
		{name: "any case", in: `{"list":[1]}`, rest: `{"list":null}`, each: "1"},
		{name: "empty", in: `{"List":[]}`, rest: `{"List":null}`},
		{name: "no list", in: `{"List":{"List":[1]}}`, rest: `{"List":{"List":[1]}}`},
		{name: "another level", in: `{"a":{"List":[1]}}`, rest: `{"a":{"List":[1]}}`},
		{name: "absent", in: `{}`, rest: `{}`},
		{name: "not an object", in: `[1]`, fails: "must be a JSON object"},
		{name: "twice", in: `{"List":[1],"list":[2]}`, fails: "twice"},
		{name: "twice in an element", in: `{"List":[{"a":1,"A":2}]}`, fails: "twice"},
		{name: "no UTF-8", in: "{\"List\":[\"\xff\"]}", fails: "not valid JSON"},
		{name: "cut off", in: `{"List":[1,2`, fails: "ends too early"},
		{name: "wrong behind the list", in: `{"List":[1,2],}`, fails: "not valid JSON"},
		{name: "more behind the object", in: `{"List":[1,2]} {}`, fails: "more after the end"},
		{name: "as deep as allowed", in: `{"List":[[1]]}`, limits: small, rest: `{"List":null}`, each: "[1]"},
		{name: "too deep", in: `{"List":[[[1]]]}`, limits: small, fails: "deeper than 3"},
		{name: "as many values as allowed", in: `{"List":[1,2,3,4,5,6,7,8,9,10]}`, limits: small, rest: `{"List":null}`, each: "1 2 3 4 5 6 7 8 9 10"},
		{name: "too many values", in: `{"List":[1,2,3,4,5,6,7,8,9,10,11]}`, limits: small, fails: "more than 12 values"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var each []string
			rest, err := resource.DecodeEach([]byte(tt.in), tt.limits, "List", func(i int, v resource.Value) error {
				if i != len(each) {
					t.Errorf("index %d, want %d", i, len(each))
				}
				each = append(each, v.String())
				return nil
			})
			if tt.fails != "" {
				if _, ok := fault.As(err); !ok || !strings.Contains(err.Error(), tt.fails) {
					t.Errorf("error %v, want one that says %q", err, tt.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(each, " "); rest.String() != tt.rest || got != tt.each {
				t.Errorf("rest %s, elements %s; want %s, %s", rest, got, tt.rest, tt.each)
			}
		})
	}
}

func TestDecodeEachEndsWithItsFunction(t *testing.T) {
	enough := errors.New("enough")
	n := 0
	_, err := resource.DecodeEach([]byte(`{"List":[1,2,3]}`), resource.Limits{}, "List", func(int, resource.Value) error {
		if n++; n == 2 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) || n != 2 {
		t.Errorf("%v after %d elements", err, n)
	}
}

// DecodeEach accepts what Decode does, and finds the same in it.
func TestDecodeEachIsDecode(t *testing.T) {
	pieces := []string{`{`, `}`, `[`, `]`, `,`, `:`, `"List"`, `"list"`, `"a"`, `1`, `null`, `{"List":[`, `]}`, `{"a":1}`, ` `, "\xff", `"\u0000"`}
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 14).Draw(t, "pieces"), "")
		if rapid.Bool().Draw(t, "framed") {
			text = `{"List":[` + text + `]}`
		}
		want, wrong := resource.DecodeObject([]byte(text), resource.Limits{})
		var list []resource.Value
		got, err := resource.DecodeEach([]byte(text), resource.Limits{}, "List", func(_ int, v resource.Value) error {
			list = append(list, v)
			return nil
		})
		if (err == nil) != (wrong == nil) || err != nil && err.Error() != wrong.Error() {
			t.Fatalf("%q: %v, Decode says %v", text, err, wrong)
		}
		if err != nil {
			return
		}
		for _, f := range got.Fields() {
			if resource.EqualFold(f.Name, "List") && want.Get(f.Name).Kind() == resource.List {
				got.Set(f.Name, resource.ListOf(list...))
			}
		}
		if !got.Equal(want) {
			t.Fatalf("%q: %s, want %s", text, got, want)
		}
	})
}
