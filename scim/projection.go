package scim

import (
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
	if len(list) == 0 {
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

// wants reports whether any of the attribute can be in the answer.
func (p *projection) wants(a *schema.Attribute) bool {
	if p == nil {
		return a.Returned == schema.ReturnedDefault || a.Returned == schema.ReturnedAlways
	}
	named, whole := false, false
	for _, s := range p.named {
		if s.attr == a || s.extension != nil && s.extension.URN == a.Schema {
			named = true
			whole = whole || s.sub == nil
		}
	}
	switch {
	case a.Returned == schema.ReturnedNever:
		return false
	case a.Returned == schema.ReturnedAlways || a.Name == "schemas" || a.Name == "id":
		return true
	case p.include:
		return named
	case a.Returned == schema.ReturnedRequest:
		return false
	}
	return !whole
}

// apply returns the part of a representation that is wanted.
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
	part := false
	for _, s := range p.named {
		if s.attr == a && s.sub != nil {
			part = true
		}
		if p.include && (s.attr == a && s.sub == nil || s.extension != nil && s.extension.URN == a.Schema) {
			return false // named as a whole as well
		}
	}
	return part
}

func (p *projection) element(a *schema.Attribute, v resource.Value) (resource.Value, bool) {
	kept := resource.NewObject()
	for _, f := range v.Object().Fields() {
		sub := a.SubAttribute(f.Name)
		if sub == nil {
			continue
		}
		named := false
		for _, s := range p.named {
			named = named || s.attr == a && s.sub == sub
		}
		if sub.Returned == schema.ReturnedAlways || named == p.include {
			kept.Set(f.Name, f.Value)
		}
	}
	return resource.ComplexOf(kept), kept.Len() > 0
}
