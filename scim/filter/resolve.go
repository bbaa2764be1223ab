package filter

import (
	"fmt"

	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// Target is what the path of a PATCH operation means.
type Target struct {
	// Attr is the top-level attribute; nil if the path is a bare extension URN.
	Attr *schema.Attribute
	// Extension is set, and everything else is not, if the path is a bare
	// extension URN and so means all of that extension.
	Extension *schema.Schema
	// Filter selects elements of Attr, which is multi-valued; nil: none given.
	// It has been checked and is ready for CompileValue.
	Filter Expression
	// Sub is the sub-attribute that is meant, nil for the whole attribute. A
	// multi-valued Attr may have Sub without Filter ("addresses.locality").
	Sub *schema.Attribute
}

// Resolve finds what a parsed path means for a resource type, with the
// leniencies of the tolerant mode. A malformed or unknown path is
// fault.InvalidPath and names what is unknown; a value filter that compares
// what can not be compared is fault.InvalidFilter (RFC 7644 table 9).
func Resolve(p Path, t *schema.ResourceType) (Target, error) {
	return ResolveWith(p, t, Options{})
}

// ResolveWith is Resolve with options.
func ResolveWith(p Path, t *schema.ResourceType, o Options) (Target, error) {
	n := lookup(p.AttributePath, t)
	var used repairs
	switch {
	case n.whole != nil && n.whole == t.Core:
		return Target{}, fault.InvalidPath("path: %s is the resource itself; leave the path out to mean all of it", t.Core.URN)
	case n.whole != nil && p.ValueExpression == nil && p.SubAttribute == nil:
		return Target{Extension: n.whole}, nil
	case n.whole != nil:
		return Target{}, fault.InvalidPath("path: %s is a schema, not a multi-valued attribute", n.whole.URN)
	case n.top == nil:
		return Target{}, fault.InvalidPath("path: %s", unknown(p.AttributePath))
	case n.dotted && o.Strict:
		return Target{}, fault.InvalidPath("path: between a schema's URN and %s belongs a colon", n.top.Name)
	case n.bare && o.Strict:
		return Target{}, fault.InvalidPath("path: %s; as an attribute of an extension it needs the URN in front", unknown(p.AttributePath))
	}
	used |= n.used()
	target := Target{Attr: n.top, Filter: p.ValueExpression}
	name, inner := n.sub, p.SubAttributeName()
	if p.ValueExpression != nil {
		if name != "" {
			return Target{}, fault.InvalidPath("path: a value filter follows an attribute, not its sub-attribute %s", fault.Clip(name))
		}
		if !n.top.Multi {
			return Target{}, fault.InvalidPath("path: %s is not multi-valued, so it takes no value filter", n.top.Path)
		}
		program, err := compileValue(p.ValueExpression, n.top, o.Strict)
		if err != nil {
			return Target{}, err
		}
		used |= program.used
	}
	if name == "" {
		name = inner
	}
	if name != "" {
		var alias repairs
		if target.Sub, alias = subAttribute(n.top, name, o.Strict); target.Sub == nil {
			return Target{}, fault.InvalidPath("path: %s has no sub-attribute %q", n.top.Path, fault.Clip(name))
		}
		used |= alias
	}
	used.report(o)
	return target, nil
}

// named is what an attribute path means: a top-level attribute with the name of
// a sub-attribute, or a whole schema, or nothing.
type named struct {
	top    *schema.Attribute
	sub    string
	whole  *schema.Schema
	dotted bool // a dot stood where a colon belongs
	bare   bool // the URN of the extension was left out
}

// used is the leniency that was needed to find it.
func (n named) used() (r repairs) {
	if n.dotted {
		r |= dottedURN
	}
	if n.bare {
		r |= unqualified
	}
	return r
}

// subAttribute returns the sub-attribute of that name, or leniently one that
// clients call so, such as roles.displayName.
func subAttribute(a *schema.Attribute, name string, strict bool) (*schema.Attribute, repairs) {
	if sub := a.SubAttribute(name); sub != nil || strict {
		return sub, 0
	}
	return a.Alias(name), subAlias
}

// lookup resolves an attribute path. A path of URN and name may turn out to be
// a bare URN that the grammar took apart (see ParsePath), or one with a dot
// before the attribute, or an extension's attribute without its URN.
func lookup(p AttributePath, t *schema.ResourceType) named {
	if t == nil || t.Core == nil {
		return named{}
	}
	urn, sub := p.URI(), p.SubAttributeName()
	if p.AttributeName == "" {
		return named{whole: schemaOf(t, urn)}
	}
	if a := t.Attribute(urn, p.AttributeName); a != nil {
		return named{top: a, sub: sub}
	}
	if urn == "" {
		return named{top: unqualifiedAttribute(t, p.AttributeName), sub: sub, bare: true}
	}
	whole := urn + ":" + p.AttributeName
	if p.SubAttribute == nil {
		return named{whole: schemaOf(t, whole)}
	}
	return named{top: t.Attribute(whole, sub), dotted: true}
}

// unqualifiedAttribute returns the attribute of an extension that a name
// without URN can only mean, or nil: Entra asks for manager eq "…", and its
// legacy jobs send the path manager.
func unqualifiedAttribute(t *schema.ResourceType, name string) (found *schema.Attribute) {
	for _, e := range t.Extensions {
		a := e.Attribute(name)
		if a != nil && found != nil {
			return nil
		}
		if a != nil {
			found = a
		}
	}
	return found
}

func schemaOf(t *schema.ResourceType, urn string) *schema.Schema {
	if resource.EqualFold(t.Core.URN, urn) {
		return t.Core
	}
	return t.Extension(urn)
}

// unknown says that a path means nothing.
func unknown(p AttributePath) string {
	return fmt.Sprintf("there is no attribute %q", fault.Clip(string(appendAttribute(nil, p))))
}
