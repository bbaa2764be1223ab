package resource_test

import (
	"testing"

	"github.com/scimbridge/scimbridge/scim/resource"
)

func value(t *testing.T, text string) resource.Value {
	t.Helper()
	v, err := resource.Decode([]byte(text), resource.Limits{})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

// covers: R-7643-2.5-01
func TestUnassigned(t *testing.T) {
	for text, want := range map[string]bool{
		`null`: true, `[]`: true, `{}`: true, `{"a":null,"b":[],"c":{"d":null}}`: true,
		`""`: false, `false`: false, `0`: false, `[null]`: false, `{"a":null,"b":""}`: false,
	} {
		if got := value(t, text).Unassigned(); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
	if (resource.ComplexOf(nil)).Unassigned() != true {
		t.Error("a nil object is assigned")
	}
}

// covers: R-7643-2.3.8-01
func TestEqual(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{`{"a":1,"b":[true,{"c":"x"}]}`, `{"b":[true,{"c":"x"}],"a":1}`, true},
		{`{"a":1}`, `{"a":1,"b":2}`, false},
		{`{"a":1}`, `{"b":1}`, false},
		{`{"a":1}`, `{"A":1}`, false},
		{`[1,2]`, `[2,1]`, false},
		{`[1]`, `[1,1]`, false},
		{`1`, `1.0`, false},
		{`1`, `"1"`, false},
		{`true`, `false`, false},
		{`true`, `true`, true},
		{`null`, `null`, true},
		{`null`, `[]`, false},
		{`"x"`, `"X"`, false},
	} {
		a, b := value(t, c.a), value(t, c.b)
		if a.Equal(b) != c.want || b.Equal(a) != c.want {
			t.Errorf("%s and %s: %v, %v, want %v", c.a, c.b, a.Equal(b), b.Equal(a), c.want)
		}
	}
}

func TestCloneSharesNothing(t *testing.T) {
	const text = `{"a":[{"b":"x"},"y"],"c":{"d":1}}`
	v := value(t, text)
	c := v.Clone()
	c.Object().Get("a").List()[0].Object().Set("b", resource.StringOf("changed"))
	c.Object().Get("a").List()[1] = resource.BoolOf(true)
	c.Object().Get("c").Object().Delete("d")
	if v.String() != text {
		t.Errorf("the original is now %s", v)
	}
	if want := `{"a":[{"b":"changed"},true],"c":{}}`; c.String() != want {
		t.Errorf("the copy is %s, want %s", c, want)
	}
	var none *resource.Object
	if none.Clone() != nil {
		t.Error("the clone of nil is not nil")
	}
}

func TestObject(t *testing.T) {
	o := value(t, `{"a":1,"B":2,"c":3}`).Object()
	if o.Get("b").Kind() != resource.Null || o.GetFold("b").Text() != "2" || !o.Has("B") || o.Has("b") {
		t.Error("Get, GetFold and Has do not tell case as they should")
	}
	o.Set("B", resource.StringOf("x"))
	o.Set("d", resource.Value{})
	if !o.Delete("a") || o.Delete("a") {
		t.Error("Delete does not report what there was")
	}
	if want := `{"B":"x","c":3,"d":null}`; o.String() != want || o.Len() != 3 {
		t.Errorf("got %s, want %s", o, want)
	}
	var none *resource.Object
	if none.Len() != 0 || none.Has("a") || !none.Get("a").IsNull() || none.String() != "{}" || !none.Equal(new(resource.Object)) {
		t.Error("a nil object does not read as empty")
	}
}
