package schema

import "github.com/scimbridge/scimbridge/scim/resource"

// Order puts the members of a resource, and those of its complex values, into
// canonical order: schemas, id, externalId, the base attributes and the
// extensions in schema order, meta; members that the type does not know keep
// their order at the end. Nested objects and lists that are out of order are
// replaced by ordered copies, so Order is safe on a tree that shares them.
func (t *ResourceType) Order(o *resource.Object) {
	rest := o.Fields()
	out := make([]resource.Field, 0, len(rest))
	taken := make([]bool, len(rest))
	take := func(name string, order func(resource.Value) resource.Value) {
		for i, f := range rest {
			if !taken[i] && f.Name == name {
				taken[i] = true
				out = append(out, resource.Field{Name: name, Value: order(f.Value)})
			}
		}
	}
	var last []*Attribute
	for _, a := range t.Common {
		if a.Name == "meta" {
			last = append(last, a)
			continue
		}
		take(a.Name, a.order)
	}
	for _, a := range t.Core.Attributes {
		take(a.Name, a.order)
	}
	for _, e := range t.Extensions {
		take(e.URN, func(v resource.Value) resource.Value {
			if v.Kind() != resource.Complex {
				return v
			}
			return resource.ComplexOf(orderMembers(v.Object(), e.Attributes))
		})
	}
	for i, f := range rest {
		if !taken[i] && (len(last) == 0 || f.Name != last[0].Name) {
			taken[i] = true
			out = append(out, f)
		}
	}
	for _, a := range last {
		take(a.Name, a.order)
	}
	*o = *resource.NewObject(out...)
}

// order returns the value with the members of its objects in schema order.
func (a *Attribute) order(v resource.Value) resource.Value {
	switch {
	case a.Type != Complex:
		return v
	case v.Kind() == resource.Complex:
		return resource.ComplexOf(orderMembers(v.Object(), a.Sub))
	case v.Kind() == resource.List:
		list := v.List()
		for i, e := range list {
			if e.Kind() == resource.Complex && !inOrder(e.Object(), a.Sub) {
				ordered := append([]resource.Value(nil), list...)
				for j := i; j < len(ordered); j++ {
					ordered[j] = a.order(ordered[j])
				}
				return resource.ListOf(ordered...)
			}
		}
	}
	return v
}

func orderMembers(o *resource.Object, attrs []*Attribute) *resource.Object {
	if inOrder(o, attrs) {
		return o
	}
	out := make([]resource.Field, 0, o.Len())
	known := func(name string) bool {
		for _, a := range attrs {
			if a.Name == name {
				return true
			}
		}
		return false
	}
	for _, a := range attrs {
		if o.Has(a.Name) {
			out = append(out, resource.Field{Name: a.Name, Value: a.order(o.Get(a.Name))})
		}
	}
	for _, f := range o.Fields() {
		if !known(f.Name) {
			out = append(out, f)
		}
	}
	return resource.NewObject(out...)
}

// inOrder reports whether an object needs no ordering: its members are known,
// simple, and in the order of attrs.
func inOrder(o *resource.Object, attrs []*Attribute) bool {
	next := 0
	for _, f := range o.Fields() {
		for next < len(attrs) && attrs[next].Name != f.Name {
			next++
		}
		if next == len(attrs) || attrs[next].Type == Complex {
			return false
		}
		next++
	}
	return true
}
