package schema

import (
	"strings"

	"github.com/scimbridge/scimbridge/scim/resource"
)

// serializedLimits are for an object or array inside a string: no attribute is
// deeper than that.
var serializedLimits = resource.Limits{Depth: 4, Members: 64}

// Serialized returns the object that a text spells out where an object of the
// attribute belongs, or nil. Some clients serialise an element twice:
// "{\"value\":\"u1\",\"type\":\"User\"}". An object in which nothing is known
// here is only a text that looks like one.
func (a *Attribute) Serialized(text string) *resource.Object {
	o := object(text)
	for _, f := range o.Fields() {
		if a.subIndex(f.Name) >= 0 || a.Alias(f.Name) != nil {
			return o
		}
	}
	return nil
}

// SerializedList returns the list in a text that is a JSON array, or nil. Its
// elements may be texts of their own.
func SerializedList(text string) []resource.Value {
	if !strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "[") {
		return nil
	}
	v, err := resource.Decode([]byte(text), serializedLimits)
	if err != nil {
		return nil // a text like any other
	}
	return v.List()
}

func object(text string) *resource.Object {
	if !strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "{") {
		return nil
	}
	o, err := resource.DecodeObject([]byte(text), serializedLimits)
	if err != nil {
		return nil // a text like any other
	}
	return o
}

// grantValue returns the value of a role or entitlement that is spelled out as
// a whole object in the place of its value: Entra's AppRoleAssignmentsComplex
// adds {"value":"{\"id\":\"…\",\"value\":\"Admin\",\"displayName\":\"Admin\"}"}
// to what it creates as {"value":"Admin","display":"Admin"}, and means the same.
func grantValue(text string) (string, bool) {
	v := object(text).GetFold("value")
	return v.Text(), v.Kind() == resource.String && v.Text() != ""
}

// unpacked is an element of roles or entitlements whose value is spelled out
// as an object, with what else that object says. What stands beside the value
// counts more.
func (a *Attribute) unpacked(in *resource.Object) *resource.Object {
	value := a.SubAttribute("value")
	if value == nil || value.form != formGrant {
		return in
	}
	text := in.GetFold(value.Name).Text()
	if _, ok := grantValue(text); !ok {
		return in
	}
	out := in.Clone()
	for _, f := range object(text).Fields() {
		sub := a.SubAttribute(f.Name)
		if sub == nil {
			sub = a.Alias(f.Name)
		}
		if sub != nil && sub != value && out.GetFold(sub.Name).IsNull() {
			out.Set(sub.Name, f.Value)
		}
	}
	return out
}

// Referenced returns the id at the end of a reference to a resource of one of
// the attribute's types, such as "../Users/2819c223", and "" for any other
// URI. The URI is never followed.
func (a *Attribute) Referenced(ref string) string {
	sub := a.SubAttribute("$ref")
	if sub == nil {
		return ""
	}
	ref, _, _ = strings.Cut(ref, "?")
	ref, _, _ = strings.Cut(ref, "#")
	rest, id, ok := cutLast(strings.TrimRight(ref, "/"))
	if !ok || id == "" {
		return ""
	}
	if _, endpoint, ok := cutLast(rest); ok {
		rest = endpoint
	}
	for _, t := range sub.RefTypes {
		endpoint, configured := sub.endpoints[t]
		if !configured {
			endpoint = t + "s"
		}
		if resource.EqualFold(rest, endpoint) {
			return id
		}
	}
	return ""
}

func cutLast(path string) (before, after string, ok bool) {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return "", "", false
	}
	return path[:i], path[i+1:], true
}

// complete adds the value that a reference alone implies: a manager may be
// given by $ref only, and is looked for by value (EN-22).
func (a *Attribute) complete(values []resource.Value) {
	value, ref := a.subIndex("value"), a.subIndex("$ref")
	if a.Multi || value < 0 || ref < 0 || !values[value].IsNull() {
		return
	}
	if id := a.Referenced(values[ref].Text()); id != "" {
		values[value] = resource.StringOf(id)
	}
}
