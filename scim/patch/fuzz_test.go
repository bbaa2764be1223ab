package patch_test

import (
	"slices"
	"testing"

	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/patch"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

const fuzzUser = `{"schemas":["CORE","EXT"],"id":"7","externalId":"e","userName":"u","name":{"formatted":"G F","familyName":"F","givenName":"G"},
	"title":"T","active":true,"emails":[{"value":"a@x.io","type":"work","primary":true},{"value":"b@x.io","type":"home"}],
	"addresses":[{"streetAddress":"1","locality":"L","type":"work"}],"groups":[{"value":"g1"}],"roles":[{"value":"r"}],
	"EXT":{"employeeNumber":"9","manager":{"value":"8","$ref":"../Users/8"}},"meta":{"resourceType":"User"}}`

// Whatever the operations, there is no panic, an error is one that a client
// understands, and a result is canonical, with what is read-only as it was.
// covers: R-7644-3.5.2-08, T-23
func FuzzPatch(f *testing.F) {
	for _, ops := range []string{
		`[{"op":"Replace","path":"displayName","value":"P"},{"op":"Replace","path":"emails[type eq \"work\"].value","value":"n@x.io"},{"op":"Replace","path":"EXT:employeeNumber","value":"9"}]`,
		`[{"op":"replace","value":{"displayName":"P","name.givenName":"G","EXT:employeeNumber":"9","emails[type eq \"work\"].value":"x"}}]`,
		`[{"op":"Add","path":"addresses[type eq \"home\"].formatted","value":"18"},{"op":"remove","path":"emails","value":[{"value":"a@x.io"}]}]`,
		`[{"op":"replace","path":"emails[primary eq \"True\"]","value":{"value":"c@x.io","primary":true}},{"op":"remove","path":"emails[value pr].value"}]`,
		`[{"op":"remove","path":"EXT"},{"op":"add","path":"EXT:manager","value":"9"},{"op":"replace","path":"name","value":{"givenName":null}}]`,
		`[{"op":"add","path":"roles","value":["a",{"value":"b","primary":"True"},{}]},{"op":"replace","path":"roles.display","value":"D"}]`,
		`[{"op":"replace","value":"{\"active\":\"False\"}"},{"op":"replace","value":[{"urn:scim:schemas:extension:enterprise:1.0":{"manager":{"managerId":""}}}]}]`,
		`[{"op":"Add","path":"roles","value":[{"value":"{\"value\":\"Admin\",\"displayName\":\"A\"}"}]},{"op":"add","path":"phoneNumbers[type eq \"x\"].value","value":"1"},{"op":"Replace","value":{"manager":{"$ref":"a/Users/9"}}}]`,
		`[{"op":"add","path":"members","value":"[{\"value\":\"u1\"}]"},{"op":"replace","path":"emails","value":"[\"a@x.io\"]"},{"op":"replace","path":"name","value":"{\"givenName\":\"G\"}"}]`,
		`[{"op":"add","path":"members","value":[{"value":"u1"},"u2",{"$ref":"x/u3"}]},{"op":"remove","path":"members[value eq \"u1\" or type eq \"Group\"]"}]`,
	} {
		f.Add([]byte(expand.Replace(ops)), false)
		f.Add([]byte(expand.Replace(ops)), true)
	}
	f.Fuzz(func(t *testing.T, ops []byte, strict bool) {
		v, err := resource.Decode(ops, resource.Limits{})
		if err != nil {
			t.Skip()
		}
		holds(t, v, strict)
	})
}

// holds checks what is true of any PATCH.
func holds(t tester, operations resource.Value, strict bool) {
	t.Helper()
	body := resource.NewObject(
		resource.Field{Name: "schemas", Value: resource.ListOf(resource.StringOf(patch.MessageURN))},
		resource.Field{Name: "Operations", Value: operations})
	sent := body.String()
	o := patch.Options{Strict: strict}
	holdsForGroup(t, body, o)

	before := object(t, fuzzUser)
	r, err := patch.Parse(body, schema.User(), o)
	if err != nil {
		understood(t, err)
		return
	}
	after, err := r.Apply(before)
	if !before.Equal(object(t, fuzzUser)) || body.String() != sent {
		t.Fatal("the input changed")
	}
	if err != nil {
		understood(t, err)
		return
	}
	canonical(t, after)
	for _, name := range []string{"id", "meta", "groups"} {
		if !after.Get(name).Equal(before.Get(name)) {
			t.Fatalf("%s became %s", name, after.Get(name))
		}
	}
	ordered := after.Clone()
	schema.User().Order(ordered)
	if ordered.String() != after.String() {
		t.Fatalf("out of order: %s", after)
	}
	if r.Settled() {
		again, err := r.Apply(after)
		if err != nil || again.String() != after.String() {
			t.Fatalf("not idempotent: %s, then %s, %v", after, again, err)
		}
	}
}

func holdsForGroup(t tester, body *resource.Object, o patch.Options) {
	t.Helper()
	r, err := patch.Parse(body, schema.Group(), o)
	if err != nil {
		understood(t, err)
		return
	}
	e, err := r.Members()
	if err != nil {
		understood(t, err)
		return
	}
	for _, id := range e.Add {
		if id == "" || slices.Contains(e.Remove, id) {
			t.Fatalf("members: add %q, remove %q", e.Add, e.Remove)
		}
	}
	if e.RemoveIf != nil {
		e.RemoveIf("u1", "User")
	}
	if _, err := r.Apply(object(t, `{"displayName":"G"}`)); err != nil {
		understood(t, err)
	}
}

func understood(t tester, err error) {
	t.Helper()
	if wire, ok := fault.As(err); !ok || wire.Status < 400 || wire.Status > 499 {
		t.Fatalf("%v is no error for a client", err)
	}
}
