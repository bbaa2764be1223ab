package patch_test

import (
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/patch"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

// expand writes out the abbreviations of the test tables.
var expand = strings.NewReplacer(
	"EXT", enterprise,
	"CORE", "urn:ietf:params:scim:schemas:core:2.0:User",
	"GRP", "urn:ietf:params:scim:schemas:core:2.0:Group",
)

// tester is what the helpers need of a *testing.T, *testing.B or *rapid.T.
type tester interface {
	Helper()
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func object(t tester, text string) *resource.Object {
	t.Helper()
	o, err := resource.DecodeObject([]byte(expand.Replace(text)), resource.Limits{})
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return o
}

// message wraps operations as section 3.5.2 asks.
func message(t tester, operations string) *resource.Object {
	t.Helper()
	return object(t, `{"schemas":["`+patch.MessageURN+`"],"Operations":`+operations+`}`)
}

func strictness(strict bool) string {
	if strict {
		return "strict"
	}
	return "tolerant"
}

// both runs a test in the two modes.
const (
	tolerant = 1 << iota
	strict
	both = tolerant | strict
)

// exchange is a PATCH of a user.
type exchange struct {
	name   string
	modes  int
	before string // besides userName "u"
	ops    string
	after  string // besides userName "u"; if there is no fail
	fail   string // scimType
	says   string // part of the detail
}

func (e exchange) run(t *testing.T) {
	for _, m := range []int{tolerant, strict} {
		if e.modes&m == 0 {
			continue
		}
		t.Run(e.name+"/"+strictness(m == strict), func(t *testing.T) {
			before := user(t, e.before)
			untouched := before.String()
			r, err := patch.Parse(message(t, e.ops), schema.User(), patch.Options{Strict: m == strict})
			var after *resource.Object
			if err == nil {
				after, err = r.Apply(before)
			}
			if before.String() != untouched {
				t.Errorf("the input changed to %s", before)
			}
			if e.fail != "" {
				wire, ok := fault.As(err)
				if !ok {
					t.Fatalf("got %v, %v; want error %s", after, err, e.fail)
				}
				if string(wire.ScimType) != e.fail || wire.Status != 400 {
					t.Errorf("got %d %s (%s), want 400 %s", wire.Status, wire.ScimType, wire.Detail, e.fail)
				}
				if !strings.Contains(wire.Detail, e.says) {
					t.Errorf("detail %q does not say %q", wire.Detail, e.says)
				}
				return
			}
			if err != nil {
				t.Fatalf("got error %v; want %s", err, e.after)
			}
			if want := user(t, e.after); !after.Equal(want) {
				t.Errorf("got  %s\nwant %s", after, want)
			}
			canonical(t, after)
			again, err := r.Apply(before)
			if err != nil || again.String() != after.String() {
				t.Errorf("applied again: %v, %v; want %v", again, err, after)
			}
		})
	}
}

// user is a tree with userName "u", unless the text has another one.
func user(t tester, text string) *resource.Object {
	t.Helper()
	o := object(t, "{"+text+"}")
	if !o.Has("userName") {
		o.Set("userName", resource.StringOf("u"))
	}
	schema.User().Order(o)
	return o
}

// canonical checks that a tree is what Normalize makes of it.
func canonical(t tester, o *resource.Object) {
	t.Helper()
	in := o.Clone()
	if !in.Has("schemas") {
		in.Set("schemas", resource.ListOf(resource.StringOf(schema.User().Core.URN)))
	}
	n, err := schema.User().Normalize(in, schema.Options{})
	if err != nil {
		t.Fatalf("not canonical: %v", err)
	}
	for _, name := range []string{"schemas", "id", "meta", "groups"} {
		n.Delete(name)
	}
	bare := o.Clone()
	for _, name := range []string{"schemas", "id", "meta", "groups"} {
		bare.Delete(name)
	}
	if n.String() != bare.String() {
		t.Errorf("not canonical:\n     %s\nbut  %s", bare, n)
	}
}
