package patch

import (
	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// finish brings what was touched into canonical form and checks the rules that
// span several operations.
func (s *state) finish() error {
	for _, a := range s.attributes() {
		cut, ok := s.touched[a]
		if !ok {
			continue
		}
		v := s.get(a)
		if cut {
			v = dropLabels(v)
		}
		// Values were checked when they were read, in the mode of the request;
		// older ones in the mode of theirs. Here only the form is settled.
		n, err := a.Normalize(v, schema.Options{})
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

// dropLabels takes out the elements of which nothing is left but what they
// were: removing phoneNumbers[type eq "mobile"].value, which is how Entra
// clears a number, leaves no phone number of type mobile without a number.
func dropLabels(list resource.Value) resource.Value {
	if list.Kind() != resource.List {
		return list
	}
	var rest []resource.Value
	for _, v := range list.List() {
		for _, f := range v.Object().Fields() {
			if f.Name != "type" && f.Name != "primary" && f.Name != "$ref" && !f.Value.Unassigned() {
				rest = append(rest, v)
				break
			}
		}
	}
	return resource.ListOf(rest...)
}

// complete checks that an extension that was touched has what it requires
// (R-7643-6-02).
func (s *state) complete(e schema.Extension) error {
	touched := false
	for _, a := range e.Attributes {
		if _, ok := s.touched[a]; ok {
			touched = true
		}
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
