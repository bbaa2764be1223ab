package scim

import (
	"iter"
	"slices"
	"strings"

	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/filter"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// projection says which attributes a client wants (RFC 7644 section 3.9). The
// zero value, and nil, is everything that is returned by default.
type projection struct {
	include bool // attributes was given; otherwise excludedAttributes
	named   []selection
	carried []*schema.Attribute // those returned on request that a write gave values to
}

// selection is one name of the list, resolved. sub is nil for the whole
// attribute, attr for a whole extension.
type selection struct {
	extension *schema.Schema
	attr, sub *schema.Attribute
}

// newProjection resolves the two lists. Names that mean nothing are ignored:
// they select nothing. Both lists at once are refused (R-7644-3.9-02).
func newProjection(t *schema.ResourceType, attributes, excluded []string) (*projection, error) {
	attributes, excluded = names(attributes), names(excluded)
	if len(attributes) > 0 && len(excluded) > 0 {
		return nil, fault.InvalidValue("attributes and excludedAttributes exclude each other; send one of them")
	}
	p := &projection{include: len(attributes) > 0, named: []selection{}}
	list := excluded
	if p.include {
		list = attributes
	}
	if len(list) == 0 && !t.OnRequest() {
		return nil, nil
	}
	for _, name := range list {
		path, err := filter.ParsePath(name, filter.Options{})
		if err != nil {
			continue
		}
		target, err := filter.Resolve(path, t)
		if err != nil {
			continue
		}
		p.named = append(p.named, selection{target.Extension, target.Attr, target.Sub})
	}
	return p, nil
}

func names(lists []string) []string {
	var out []string
	for _, l := range lists {
		for n := range strings.SplitSeq(l, ",") {
			if n = strings.TrimSpace(n); n != "" {
				out = append(out, n)
			}
		}
	}
	return out
}

// carrying returns the projection for the answer to a write that carried these
// attributes: it shows those that are returned on request only, unless the
// client says what it wants (R-7643-7-09).
func (p *projection) carrying(t *schema.ResourceType, carried iter.Seq[*schema.Attribute]) *projection {
	if !t.OnRequest() || p.include {
		return p
	}
	q := *p
	for a := range carried {
		if a.OnRequest() {
			q.carried = append(q.carried, a)
		}
	}
	return &q
}

// carriedBy yields the attributes and sub-attributes that have values in a tree.
func carriedBy(t *schema.ResourceType, o *resource.Object) iter.Seq[*schema.Attribute] {
	return func(yield func(*schema.Attribute) bool) {
		for a, v := range t.Values(o) {
			for part := range a.Parts(v) {
				if !yield(part) {
					return
				}
			}
		}
	}
}

// wants reports whether any of the attribute can be in the answer.
func (p *projection) wants(a *schema.Attribute) bool {
	if p == nil {
		return a.Returned == schema.ReturnedDefault || a.Returned == schema.ReturnedAlways
	}
	named, whole, itself := false, false, false
	for _, s := range p.named {
		if s.attr == a || s.extension != nil && s.extension.URN == a.Schema {
			named = true
			whole = whole || s.sub == nil
			itself = itself || s.attr == a
		}
	}
	switch {
	case a.Returned == schema.ReturnedNever:
		return false
	case a.Returned == schema.ReturnedAlways || a.Name == "schemas" || a.Name == "id":
		return true
	case a.Returned == schema.ReturnedRequest && p.include:
		return itself // naming the extension asks for what it returns by default
	case p.include:
		return named
	case a.Returned == schema.ReturnedRequest:
		return !whole && slices.Contains(p.carried, a)
	}
	return !whole
}

// members are those of a representation in which something may be wanted.
func (p *projection) members(t *schema.ResourceType) *resource.Members {
	if p == nil {
		return nil
	}
	var names []string
	add := func(attributes []*schema.Attribute) {
		for _, a := range attributes {
			if p.wants(a) {
				names = append(names, t.Member(a))
			}
		}
	}
	add(t.Common)
	add(t.Core.Attributes)
	for _, e := range t.Extensions {
		add(e.Attributes)
	}
	return resource.NewMembers(names...)
}

// apply returns the part of a representation that is wanted; of the representation
// it needs no more than p.members.
func (p *projection) apply(t *schema.ResourceType, o *resource.Object) *resource.Object {
	out := resource.NewObject()
	for _, f := range o.Fields() {
		if ext := t.Extension(f.Name); ext != nil {
			inner := resource.NewObject()
			for _, g := range f.Value.Object().Fields() {
				if v, ok := p.attribute(ext.Attribute(g.Name), g.Value); ok {
					inner.Set(g.Name, v)
				}
			}
			if inner.Len() > 0 {
				out.Set(f.Name, resource.ComplexOf(inner))
			}
			continue
		}
		if v, ok := p.attribute(t.Attribute("", f.Name), f.Value); ok {
			out.Set(f.Name, v)
		}
	}
	return out
}

func (p *projection) attribute(a *schema.Attribute, v resource.Value) (resource.Value, bool) {
	if a == nil || !p.wants(a) {
		return v, false
	}
	if len(a.Sub) == 0 || !p.divides(a) {
		return v, true
	}
	if v.Kind() != resource.List {
		return p.element(a, v)
	}
	var kept []resource.Value
	for _, e := range v.List() {
		if e, ok := p.element(a, e); ok {
			kept = append(kept, e)
		}
	}
	return resource.ListOf(kept...), len(kept) > 0
}

// divides reports whether only part of a complex attribute is wanted.
func (p *projection) divides(a *schema.Attribute) bool {
	if a.OnRequest() {
		return true
	}
	part := false
	for _, s := range p.named {
		if s.attr == a && s.sub != nil {
			part = true
		}
		if p.whole(s, a) {
			return false // named as a whole as well
		}
	}
	return part
}

// whole reports whether a selection names all of an attribute that is wanted.
func (p *projection) whole(s selection, a *schema.Attribute) bool {
	return p.include && (s.attr == a && s.sub == nil || s.extension != nil && s.extension.URN == a.Schema)
}

func (p *projection) element(a *schema.Attribute, v resource.Value) (resource.Value, bool) {
	kept := resource.NewObject()
	for _, f := range v.Object().Fields() {
		if sub := a.SubAttribute(f.Name); sub != nil && p.wantsPart(a, sub) {
			kept.Set(f.Name, f.Value)
		}
	}
	return resource.ComplexOf(kept), kept.Len() > 0
}

// wantsPart is wants for a sub-attribute of a, which is wanted.
func (p *projection) wantsPart(a, sub *schema.Attribute) bool {
	named, whole := false, false
	for _, s := range p.named {
		named = named || s.attr == a && s.sub == sub
		whole = whole || p.whole(s, a)
	}
	switch {
	case sub.Returned == schema.ReturnedNever:
		return false
	case sub.Returned == schema.ReturnedAlways:
		return true
	case sub.Returned == schema.ReturnedRequest:
		return named == p.include && (p.include || slices.Contains(p.carried, sub))
	}
	return whole || named == p.include
}
