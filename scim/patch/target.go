package patch

import (
	"strings"

	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/filter"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// target is what a path means in the attribute table.
type target struct {
	// scope is set, and nothing else, when the path is the URN of a schema: the
	// base schema or an extension as a whole.
	scope   *schema.Schema
	attr    *schema.Attribute
	filter  filter.Expression // of attr[filter], or nil
	program *filter.Program   // filter, compiled
	sub     *schema.Attribute // or nil
}

// String is the canonical path for an error; a filter is not quoted.
func (t target) String() string {
	if t.attr == nil {
		return t.scope.URN
	}
	s := t.attr.Name
	if t.filter != nil {
		s += "[…]"
	}
	if t.sub != nil {
		s += "." + t.sub.Name
	}
	return s
}

// resolve finds what a path means. Errors are those of filter.ParsePath and
// filter.Resolve.
func (p *parser) resolve(path string) (target, error) {
	if trimmed := strings.TrimSpace(path); resource.EqualFold(trimmed, p.typ.Core.URN) && (trimmed == path || !p.opts.Strict) {
		return target{scope: p.typ.Core}, nil
	}
	o := filter.Options{Strict: p.opts.Strict, Repaired: p.opts.Repaired}
	parsed, err := filter.ParsePath(path, o)
	if err != nil {
		return target{}, err
	}
	found, err := filter.ResolveWith(parsed, p.typ, o)
	if err != nil {
		return target{}, err
	}
	t := target{scope: found.Extension, attr: found.Attr, filter: found.Filter, sub: found.Sub}
	if t.filter != nil {
		if t.program, err = filter.CompileValue(t.filter, t.attr); err != nil {
			return target{}, err
		}
	}
	return t, nil
}

// member finds what the name of a member of a value object means, within a
// schema (nil: the resource). known is false for a name that means nothing
// here; an error is a path that went wrong.
func (p *parser) member(name string, scope *schema.Schema) (t target, known bool, err error) {
	urn := ""
	if scope != nil {
		urn = scope.URN
	}
	if attr := p.typ.Attribute(urn, name); attr != nil {
		return target{attr: attr}, true, nil
	}
	if scope == nil {
		if e := p.typ.Extension(name); e != nil {
			return target{scope: e}, true, nil
		}
	}
	if p.opts.Strict {
		return target{}, false, nil
	}
	if scope != nil {
		name = scope.URN + ":" + name
	}
	t, err = p.resolve(name)
	switch {
	case err == nil:
		p.repaired(schema.RepairDottedName)
		return t, true, nil
	case strings.Contains(name, "["):
		return target{}, false, err // only a value path has a bracket
	}
	return target{}, false, nil
}

// readOnly reports whether no client may write the target (R-7643-7-04).
func readOnly(t target) bool {
	return t.attr.Mutability == schema.ReadOnly || t.sub != nil && t.sub.Mutability == schema.ReadOnly
}

func mutability(t target) error {
	return fault.Mutability("%s: is read-only", t)
}

// isSchemas reports whether the attribute is the common attribute schemas.
func isSchemas(a *schema.Attribute) bool {
	return a.Schema == "" && a.Parent == nil && a.Name == "schemas"
}
