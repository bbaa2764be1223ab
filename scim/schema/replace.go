package schema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/resource"
)

// Replace returns what a PUT makes of a resource: next, the normal form of its
// body, with what a client can not take away by leaving it out (RFC 7644 section
// 3.5.1). Both are trees without the attributes that the bridge assigns; neither
// is changed.
//
//   - immutable: another value is fault.Mutability, an unset one takes the value
//     (R-7644-3.5.1-03), and one that is not sent stays.
//   - readOnly: what is stored stays; a client never changes it (R-7643-7-04).
//   - writeOnly, and what is returned never: stays if it is not sent, since a
//     client that sends back what it has read can not have it.
//   - members that the resource type does not know stay. They are of a schema
//     that was configured when they were stored, and come back with it.
//
// Everything else that is not in next goes.
func (t *ResourceType) Replace(prev, next *resource.Object) (*resource.Object, error) {
	if !t.guarded && !t.strange(prev) {
		return next, nil
	}
	out := next.Clone()
	if err := carry(out, prev, next, t.Core.Attributes); err != nil {
		return nil, err
	}
	for _, e := range t.Extensions {
		was := prev.Get(e.URN).Object()
		if was.Len() == 0 {
			continue
		}
		now := next.Get(e.URN).Object()
		inner := now.Clone()
		if inner == nil {
			inner = resource.NewObject()
		}
		if err := carry(inner, was, now, e.Attributes); err != nil {
			return nil, err
		}
		for _, f := range was.Fields() {
			if e.Attribute(f.Name) == nil {
				inner.Set(f.Name, f.Value)
			}
		}
		if inner.Len() > 0 {
			out.Set(e.URN, resource.ComplexOf(inner))
		}
	}
	for _, f := range prev.Fields() {
		if t.unknown(f.Name) {
			out.Set(f.Name, f.Value)
		}
	}
	t.Order(out)
	return out, nil
}

// carry puts into out what of was a PUT that says now leaves there.
func carry(out, was, now *resource.Object, attrs []*Attribute) error {
	for _, a := range attrs {
		old, v := was.Get(a.Name), now.Get(a.Name)
		switch {
		case old.Unassigned():
		case a.Mutability == Immutable && !v.IsNull():
			if !a.Same(old, v) {
				return fault.Mutability("%s: is immutable and has a value already", a.FullName())
			}
			out.Set(a.Name, old) // which may be spelled in another case
		case v.IsNull():
			if a.Stays() {
				out.Set(a.Name, old)
			} else if a.Type == Complex && !a.Multi {
				if kept, err := carryParts(a, old.Object(), resource.NewObject()); err != nil {
					return err
				} else if kept.Len() > 0 {
					out.Set(a.Name, resource.ComplexOf(kept))
				}
			}
		case a.Type == Complex && !a.Multi:
			kept, err := carryParts(a, old.Object(), v.Object())
			if err != nil {
				return err
			}
			out.Set(a.Name, resource.ComplexOf(kept))
		}
	}
	return nil
}

// carryParts is carry for the sub-attributes of a singular complex attribute.
// The elements of a multi-valued one have no identity that would tell which of
// them was replaced by which, so there the new list is all there is.
func carryParts(a *Attribute, was, now *resource.Object) (*resource.Object, error) {
	out := now.Clone()
	for _, s := range a.Sub {
		old, v := was.Get(s.Name), now.Get(s.Name)
		switch {
		case old.Unassigned():
		case s.Mutability == Immutable && !v.IsNull():
			if !s.Same(old, v) {
				return nil, fault.Mutability("%s: is immutable and has a value already", s.FullName())
			}
			out.Set(s.Name, old)
		case v.IsNull() && s.Stays():
			out.Set(s.Name, old)
		}
	}
	return orderMembers(out, a.Sub), nil
}

// Stays reports whether a value remains when a client that replaces everything
// around it does not name it.
func (a *Attribute) Stays() bool {
	return a.Mutability == Immutable || a.Mutability == ReadOnly || a.Mutability == WriteOnly || a.Returned == ReturnedNever
}

// Same reports whether two normalized values are one and the same to the
// attribute: texts as it and its sub-attributes compare them, lists in whatever
// order.
func (a *Attribute) Same(x, y resource.Value) bool {
	return x.Kind() == y.Kind() && (x.Equal(y) || a.told(x) == a.told(y))
}

// told is a text that two values of one kind have in common if they are the same.
func (a *Attribute) told(v resource.Value) string {
	var parts []string
	switch v.Kind() {
	case resource.List:
		for _, e := range v.List() {
			parts = append(parts, a.told(e))
		}
		slices.Sort(parts)
	case resource.Complex:
		for _, s := range a.Sub {
			part := v.Object().Get(s.Name)
			if part.Unassigned() || s.Name == "primary" && !part.Bool() { // R-7643-2.4-02
				continue
			}
			parts = append(parts, s.Name, s.told(part))
		}
	default:
		return comparison(v, !a.Folds())
	}
	return fmt.Sprintf("%q", parts)
}

// guards reports whether a PUT must look at what is stored for the sake of the
// attribute.
func (a *Attribute) guards() bool {
	if a.Stays() {
		return true
	}
	for _, s := range a.Sub {
		if !a.Multi && s.Stays() {
			return true
		}
	}
	return false
}

// unknown reports whether a member of a stored resource belongs to no schema of
// the type.
func (t *ResourceType) unknown(name string) bool {
	if strings.HasPrefix(name, "urn:") {
		return t.Extension(name) == nil
	}
	return t.Attribute("", name) == nil
}

// strange reports whether a stored resource has members of schemas that the
// type does not have, or not any more.
func (t *ResourceType) strange(o *resource.Object) bool {
	for _, f := range o.Fields() {
		if t.unknown(f.Name) {
			return true
		}
		if e := t.Extension(f.Name); e != nil && e.configured {
			for _, g := range f.Value.Object().Fields() {
				if e.Attribute(g.Name) == nil {
					return true
				}
			}
		}
	}
	return false
}
