package patch

import (
	"strings"

	"github.com/scimbridge/scimbridge/directory"
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

// String is the canonical path of an attribute for an error, in which a filter
// is not quoted.
func (t target) String() string {
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
	o := filter.Options{Strict: p.opts.Strict, Repaired: p.opts.Repaired}
	parsed, err := filter.ParsePath(path, o)
	var found filter.Target
	if err == nil {
		found, err = filter.ResolveWith(parsed, p.typ, o)
	}
	if err != nil {
		// The base schema's own URN, and the legacy names of extensions.
		if k, ok := p.typ.Key(strings.TrimSpace(path)); ok && (!p.opts.Strict || k.Schema == p.typ.Core) {
			return p.named(k), nil
		}
		return target{}, err
	}
	t := target{scope: found.Extension, attr: found.Attr, filter: found.Filter, sub: found.Sub}
	if t.filter != nil {
		if t.program, err = filter.CompileValueWith(t.filter, t.attr, filter.Options{Strict: p.opts.Strict}); err != nil {
			return target{}, err
		}
	}
	return t, nil
}

func (p *parser) named(k schema.Key) target {
	if k.Repair != "" {
		p.repaired(k.Repair)
	}
	return target{scope: k.Schema, attr: k.Attr, sub: k.Sub}
}

// member finds what the name of a member of a value object means, within a
// schema (nil: the resource). known is false for a name that means nothing
// here; an error is a value path that went wrong. Besides the names of Key that
// may be any path, also one without the URN of its extension.
func (p *parser) member(name string, scope *schema.Schema) (t target, known bool, err error) {
	var k schema.Key
	if scope == nil || scope == p.typ.Core {
		k, known = p.typ.Key(name)
		known = known && (scope == nil || k.Schema == nil)
	} else {
		k, known = scope.ExtensionKey(name)
	}
	if known && (k.Repair == "" || !p.opts.Strict) {
		return p.named(k), true, nil
	}
	if p.opts.Strict {
		return target{}, false, nil
	}
	if scope != nil && !hasPrefixFold(name, scope.URN+":") {
		name = scope.URN + ":" + name
	}
	t, err = p.resolve(name)
	if err == nil {
		p.repaired(schema.RepairDottedName)
		return t, true, nil
	}
	if !strings.Contains(name, "[") {
		err = nil // a name like any other (A0-2), not a path that went wrong
	}
	return target{}, false, err
}

// hasPrefixFold reports whether a name begins with a prefix, in any case.
func hasPrefixFold(name, prefix string) bool {
	return len(name) >= len(prefix) && resource.EqualFold(name[:len(prefix)], prefix)
}

// readOnly reports whether no client may write the target (R-7643-7-04).
func readOnly(t target) bool {
	return t.attr.Mutability == schema.ReadOnly || t.sub != nil && t.sub.Mutability == schema.ReadOnly
}

func mutability(t target) error {
	return fault.Mutability("%s: is read-only", t)
}

// isStatus reports whether the attribute is a user's active.
func isStatus(a *schema.Attribute) bool {
	return a.Schema == directory.UserSchema && a.Path == "active"
}

// isSchemas reports whether the attribute is the common attribute schemas.
func isSchemas(a *schema.Attribute) bool {
	return a.Schema == "" && a.Parent == nil && a.Name == "schemas"
}
