package patch_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/scimbridge/scimbridge/scim/resource"
)

// Random operations over the paths and values that clients combine, right and
// wrong ones: what FuzzPatch checks, with inputs that get further in.
// covers: R-7644-3.5.2-08, T-23, T-34
func TestShapes(t *testing.T) {
	paths := []string{
		"", "title", "Active", "userName", "id", "meta.version", "groups", "schemas", "externalId", "password", "name", "name.givenName", "name.formatted",
		"emails", "emails.value", "emails.primary", "emails[type eq \"work\"]", "emails[type eq \"work\"].value", "emails[type eq \"other\"].value",
		"emails[type eq \"other\" and primary eq true].type", "emails[primary eq true]", "emails[primary eq \"True\"].value", "emails[value pr].type",
		"emails[not (type eq \"home\")].display", "emails[value eq \"a@x.io\"]", "emails[", "addresses[type eq \"work\"]", "addresses[type eq \"home\"].locality",
		"addresses.locality", "roles", "roles[primary eq \"True\"].value", "phoneNumbers[type eq \"mobile\"].value", "x509Certificates",
		"EXT", "EXT:employeeNumber", "EXT:manager", "EXT:manager.value", "EXT.manager", "EXT:nothing", "CORE", "CORE:title",
		"members", "members[value eq \"u1\"]", "members[type eq \"Group\"]", "members.value", "displayName", "nothing",
	}
	for i, p := range paths {
		paths[i] = expand.Replace(p)
	}
	names := append([]string{"value", "type", "primary", "display", "$ref", "givenName", "familyName", "locality", "employeeNumber", "manager", "managerId", "Value"}, paths...)
	scalars := []resource.Value{
		{}, resource.StringOf(""), resource.StringOf("work"), resource.StringOf("home"), resource.StringOf("a@x.io"), resource.StringOf("c@x.io"),
		resource.StringOf("True"), resource.StringOf(`{"title":"V","emails":[]}`), resource.BoolOf(true), resource.BoolOf(false), resource.NumberOf("5"), resource.StringOf("u1"),
	}
	var value func(t *rapid.T, depth int) resource.Value
	value = func(t *rapid.T, depth int) resource.Value {
		switch kind := rapid.IntRange(0, 5).Draw(t, "kind"); {
		case depth > 0 && kind == 0:
			var l []resource.Value
			for range rapid.IntRange(0, 3).Draw(t, "length") {
				l = append(l, value(t, depth-1))
			}
			return resource.ListOf(l...)
		case depth > 0 && kind < 4:
			o := &resource.Object{}
			for range rapid.IntRange(0, 4).Draw(t, "members") {
				name := rapid.SampledFrom(names).Draw(t, "name")
				if o.GetFold(name).IsNull() {
					o.Delete(name)
					o.Set(name, value(t, depth-1))
				}
			}
			return resource.ComplexOf(o)
		}
		return rapid.SampledFrom(scalars).Draw(t, "scalar")
	}
	rapid.Check(t, func(t *rapid.T) {
		var ops []resource.Value
		for range rapid.IntRange(1, 4).Draw(t, "operations") {
			o := &resource.Object{}
			o.Set("op", resource.StringOf(rapid.SampledFrom([]string{"add", "Replace", "remove"}).Draw(t, "op")))
			if p := rapid.SampledFrom(paths).Draw(t, "path"); p != "" {
				o.Set("path", resource.StringOf(p))
			}
			if rapid.IntRange(0, 9).Draw(t, "with value") > 0 {
				o.Set("value", value(t, 3))
			}
			ops = append(ops, resource.ComplexOf(o))
		}
		holds(t, resource.ListOf(ops...), rapid.Bool().Draw(t, "strict"))
	})
}
