package patch

import (
	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// finish brings what was touched into canonical form and checks the rules that
// span several operations.
func (s *state) finish() error {
	if err := s.settleCreated(); err != nil {
		return err
	}
	for _, a := range s.attributes() {
		if !s.touched[a] {
			continue
		}
		// Values were checked when they were read, in the mode of the request;
		// older ones in the mode of theirs. Here only the form is settled, and
		// how many values there may be is enforced.
		n, err := a.Normalize(s.get(a), schema.Options{})
		if err != nil {
			return err
		}
		if n.Unassigned() && a.Required && s.extension(a) == nil {
			return fault.InvalidValue("%s: is required", a.Path)
		}
		s.set(a, n)
	}
	for _, e := range s.typ.Extensions {
		if err := s.complete(e); err != nil {
			return err
		}
	}
	s.settleSchemas()
	s.typ.Order(s.root)
	return nil
}

// attributes lists the top-level attributes in the order of the table, so that
// of several errors always the same is reported.
func (s *state) attributes() []*schema.Attribute {
	var all []*schema.Attribute
	all = append(all, s.typ.Common...)
	all = append(all, s.typ.Core.Attributes...)
	for _, e := range s.typ.Extensions {
		all = append(all, e.Attributes...)
	}
	return all
}

// settleCreated refuses an element that was created and got nothing but a type
// or primary by any operation: an element without content is no value, so it
// would be dropped, and the operation with it (A0-4).
func (s *state) settleCreated() error {
	for _, op := range s.created {
		t := op.target
		list := s.get(t.attr).List()
		times := 1
		if t.filter != nil {
			times = t.program.Terms()
		}
		if err := s.work.spend(t.attr, len(list), times); err != nil {
			return at(op.index, err)
		}
		for _, v := range list {
			if labelsOnly(v) && (t.filter == nil || t.program.MatchValue(v)) {
				return at(op.index, fault.NoTarget("%s: there is no such value", t))
			}
		}
	}
	return nil
}

// labelsOnly reports whether an element says nothing but what kind of value it
// would be.
func labelsOnly(v resource.Value) bool {
	for _, f := range v.Object().Fields() {
		if f.Name != "type" && f.Name != "primary" {
			return false
		}
	}
	return true
}

// complete checks that an extension that was touched has what it requires
// (R-7643-6-02).
func (s *state) complete(e schema.Extension) error {
	touched := false
	for _, a := range e.Attributes {
		touched = touched || s.touched[a]
	}
	if !touched {
		return nil
	}
	o := s.root.Get(e.URN).Object()
	if o.Len() == 0 {
		if e.Required {
			return fault.InvalidValue("%s: is required", e.URN)
		}
		return nil
	}
	for _, a := range e.Attributes {
		if a.Required && o.Get(a.Name).Unassigned() {
			return fault.InvalidValue("%s:%s: is required", e.URN, a.Name)
		}
	}
	return nil
}

// settleSchemas makes the schemas list, if the tree has one, name the
// extensions that are there (R-7644-3.5.2-05, R-7643-3-04).
func (s *state) settleSchemas() {
	if !s.root.Has("schemas") {
		return
	}
	urns := []resource.Value{resource.StringOf(s.typ.Core.URN)}
	for _, e := range s.typ.Extensions {
		if s.root.Get(e.URN).Object().Len() > 0 {
			urns = append(urns, resource.StringOf(e.URN))
		}
	}
	s.root.Set("schemas", resource.ListOf(urns...))
}
