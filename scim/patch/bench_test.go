package patch_test

import (
	"strconv"
	"testing"

	"github.com/scimbridge/scimbridge/scim/patch"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// A usual update by Entra (EN-07), decoded already.
func BenchmarkPatchUser(b *testing.B) {
	body := message(b, `[{"op":"Replace","path":"displayName","value":"P"},{"op":"Replace","path":"emails[type eq \"work\"].value","value":"n@x.io"},{"op":"Replace","path":"name.givenName","value":"G"},{"op":"Replace","path":"EXT:employeeNumber","value":"9"}]`)
	before := object(b, fuzzUser)
	typ := schema.User()
	b.ReportAllocs()
	for b.Loop() {
		r, err := patch.Parse(body, typ, patch.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := r.Apply(before); err != nil {
			b.Fatal(err)
		}
	}
}

// A full push of 100,000 members in one operation.
func BenchmarkMembers100k(b *testing.B) {
	list := make([]resource.Value, 100_000)
	for i := range list {
		list[i] = resource.ComplexOf(resource.NewObject(resource.Field{Name: "value", Value: resource.StringOf("019a-" + strconv.Itoa(i))}))
	}
	body := resource.NewObject(
		resource.Field{Name: "schemas", Value: resource.ListOf(resource.StringOf(patch.MessageURN))},
		resource.Field{Name: "Operations", Value: resource.ListOf(resource.ComplexOf(resource.NewObject(
			resource.Field{Name: "op", Value: resource.StringOf("replace")},
			resource.Field{Name: "path", Value: resource.StringOf("members")},
			resource.Field{Name: "value", Value: resource.ListOf(list...)})))})
	typ := schema.Group()
	b.ReportAllocs()
	for b.Loop() {
		r, err := patch.Parse(body, typ, patch.Options{})
		if err != nil {
			b.Fatal(err)
		}
		e, err := r.Members()
		if err != nil || len(e.Add) != len(list) {
			b.Fatal(len(e.Add), err)
		}
	}
}
