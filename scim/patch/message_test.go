package patch_test

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/patch"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// covers: R-7644-3.5.2-01, R-7644-3.5.2-02, A0-1, A0-2
func TestMessage(t *testing.T) {
	const (
		urn = `"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],`
		ops = `"Operations":[{"op":"replace","path":"title","value":"T"}]`
	)
	for _, c := range []struct {
		name  string
		modes int
		body  string
		fail  string
	}{
		{"plain", both, `{` + urn + ops + `}`, ""},
		{"extra members", both, `{` + urn + `"id":"7","Operations":[{"op":"replace","name":"x","path":"title","value":"T"}]}`, ""},
		{"other case", both, `{"SCHEMAS":["URN:ietf:params:scim:api:messages:2.0:patchop"],"operations":[{"OP":"rePLace","Path":"title","VALUE":"T"}]}`, ""},
		{"no schemas", tolerant, `{` + ops + `}`, ""},
		{"no schemas, strict", strict, `{` + ops + `}`, "invalidSyntax"},
		{"null schemas", tolerant, `{"schemas":null,` + ops + `}`, ""},
		{"schemas as string", tolerant, `{"schemas":"urn:ietf:params:scim:api:messages:2.0:PatchOp",` + ops + `}`, ""},
		{"schemas as string, strict", strict, `{"schemas":"urn:ietf:params:scim:api:messages:2.0:PatchOp",` + ops + `}`, "invalidSyntax"},
		{"one more", tolerant, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp","urn:x"],` + ops + `}`, ""},
		{"one more, strict", strict, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp","urn:x"],` + ops + `}`, "invalidSyntax"},
		{"another message", both, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],` + ops + `}`, "invalidSyntax"},
		{"schemas of another kind", both, `{"schemas":[5],` + ops + `}`, "invalidSyntax"},
		{"schemas an object", both, `{"schemas":{"a":1},` + ops + `}`, "invalidSyntax"},
		{"no Operations", both, `{` + urn + `"x":1}`, "invalidSyntax"},
		{"empty Operations", both, `{` + urn + `"Operations":[]}`, "invalidSyntax"},
		{"object Operations", both, `{` + urn + `"Operations":{"op":"replace","path":"title","value":"T"}}`, "invalidSyntax"},
		{"operation of another kind", both, `{` + urn + `"Operations":["replace"]}`, "invalidSyntax"},
		{"no op", both, `{` + urn + `"Operations":[{"path":"title","value":"T"}]}`, "invalidSyntax"},
		{"move", both, `{` + urn + `"Operations":[{"op":"move","path":"title","value":"T"}]}`, "invalidSyntax"},
		{"op of another kind", both, `{` + urn + `"Operations":[{"op":1,"path":"title","value":"T"}]}`, "invalidSyntax"},
		{"number as path", both, `{` + urn + `"Operations":[{"op":"add","path":1,"value":"T"}]}`, "invalidPath"},
		{"blank path, strict", strict, `{` + urn + `"Operations":[{"op":"add","path":" ","value":{"title":"T"}}]}`, "invalidPath"},
	} {
		for _, m := range []int{tolerant, strict} {
			if c.modes&m == 0 {
				continue
			}
			t.Run(c.name+"/"+strictness(m == strict), func(t *testing.T) {
				r, err := patch.Parse(object(t, c.body), schema.User(), patch.Options{Strict: m == strict})
				if c.fail != "" {
					wire, ok := fault.As(err)
					if !ok || string(wire.ScimType) != c.fail || wire.Status != 400 {
						t.Errorf("got %v, want %s", err, c.fail)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				after, err := r.Apply(object(t, `{"userName":"u"}`))
				if err != nil || after.String() != `{"userName":"u","title":"T"}` {
					t.Errorf("got %v, %v", after, err)
				}
			})
		}
	}
}

// The duplicate key of R-7644-3.5.2-02 is the decoder's to refuse.
// covers: R-7644-3.5.2-02
func TestDuplicateOp(t *testing.T) {
	_, err := resource.DecodeObject([]byte(`{"Operations":[{"op":"add","op":"remove","path":"title"}]}`), resource.Limits{})
	if wire, ok := fault.As(err); !ok || wire.ScimType != "invalidSyntax" {
		t.Errorf("got %v, want invalidSyntax", err)
	}
}

// covers: T-43
func TestMaxOperations(t *testing.T) {
	op := `{"op":"replace","path":"title","value":"T"}`
	body := message(t, "["+op+","+op+","+op+"]")
	if _, err := patch.Parse(body, schema.User(), patch.Options{MaxOperations: 3}); err != nil {
		t.Error(err)
	}
	_, err := patch.Parse(body, schema.User(), patch.Options{MaxOperations: 2})
	if wire, ok := fault.As(err); !ok || wire.Status != 413 {
		t.Errorf("got %v, want status 413", err)
	}
	many := make([]resource.Value, 10_001)
	for i := range many {
		many[i] = resource.ComplexOf(object(t, op))
	}
	body.Set("Operations", resource.ListOf(many...))
	_, err = patch.Parse(body, schema.User(), patch.Options{})
	if wire, ok := fault.As(err); !ok || wire.Status != 413 {
		t.Errorf("by default: got %v, want status 413", err)
	}
}

func TestKinds(t *testing.T) {
	r, err := patch.Parse(message(t, `[{"op":"Add","value":{"title":"T","nickName":"N"}},{"op":"replace","path":"title","value":"U"},{"op":"remove","path":"nickName"},{"op":"REMOVE","path":"emails"}]`), schema.User(), patch.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Kinds(); !maps.Equal(got, map[string]int{"add": 1, "replace": 1, "remove": 2}) {
		t.Errorf("got %v", got)
	}
}

// Every deviation that is accepted is reported, and strict accepts none.
func TestRepairs(t *testing.T) {
	for _, c := range []struct {
		ops  string
		want schema.Repair
	}{
		{`[{"op":"replace","path":"active","value":"False"}]`, schema.RepairStringBoolean},
		{`[{"op":"replace","value":{"name.givenName":"G"}}]`, schema.RepairDottedName},
		{`[{"op":"replace","value":{"emails[type eq \"work\"].value":"a@x.io"}}]`, schema.RepairDottedName},
		{`[{"op":"replace","value":{"foo":1}}]`, schema.RepairUnknownAttribute},
		{`[{"op":"replace","value":{"groups":[]}}]`, schema.RepairReadOnly},
		{`[{"op":"replace","value":[{"title":"T"}]}]`, schema.RepairSingleValue},
		{`[{"op":"replace","value":"{\"title\":\"T\"}"}]`, schema.RepairValueForm},
		{`[{"op":"replace","path":"EXT:manager","value":{"managerId":"9"}}]`, schema.RepairAlias},
		{`[{"op":"replace","path":"EXT:manager","value":"9"}]`, schema.RepairScalarValue},
		{`[{"op":"remove","path":"emails","value":[{"value":"a@x.io"}]}]`, patch.RepairRemoveValue},
		{`[{"op":"replace","path":"title","value":[{"value":"T"}]}]`, schema.RepairSingleValue},
	} {
		var got []schema.Repair
		_, err := patch.Parse(message(t, c.ops), schema.User(), patch.Options{Repaired: func(r schema.Repair) { got = append(got, r) }})
		if err != nil || !slices.Contains(got, c.want) {
			t.Errorf("%s: got %v, %v; want %s", c.ops, got, err, c.want)
		}
		if _, err := patch.Parse(message(t, c.ops), schema.User(), patch.Options{Strict: true}); err == nil {
			t.Errorf("%s: strict accepts it", c.ops)
		}
	}
}

// A client that sees an error can tell which operation and which attribute.
func TestErrorNamesPlace(t *testing.T) {
	r, err := patch.Parse(message(t, `[{"op":"replace","path":"title","value":"T"},{"op":"replace","path":"emails[value eq \"x@x.io\"].type","value":"work"}]`), schema.User(), patch.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.Apply(object(t, `{"userName":"u"}`))
	wire, ok := fault.As(err)
	if !ok || !strings.HasPrefix(wire.Detail, "operation 2: emails") || strings.Contains(wire.Detail, "x@x.io") {
		t.Errorf("got %v", err)
	}
}

// A request may be applied by several goroutines at once, as transactions that
// are tried again do; none of them sees another's tree.
func TestConcurrentApply(t *testing.T) {
	r, err := patch.Parse(message(t, `[{"op":"add","path":"emails","value":[{"value":"n@x.io","type":"other","primary":true}]},{"op":"replace","path":"emails[type eq \"other\"].display","value":"N"},{"op":"add","value":{"EXT:manager":"9","name.givenName":"G"}}]`), schema.User(), patch.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want, err := r.Apply(object(t, fuzzUser))
	if err != nil {
		t.Fatal(err)
	}
	before := object(t, fuzzUser)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if got, err := r.Apply(before); err != nil || got.String() != want.String() {
					t.Errorf("got %v, %v; want %s", got, err, want)
					return
				}
			}
		})
	}
	wg.Wait()
}

// A resource that has nothing yet can be given something.
func TestApplyToNothing(t *testing.T) {
	r, err := patch.Parse(message(t, `[{"op":"add","path":"title","value":"T"}]`), schema.User(), patch.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := r.Apply(nil); err != nil || got.String() != `{"title":"T"}` {
		t.Errorf("got %v, %v", got, err)
	}
}
