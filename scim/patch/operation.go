package patch

import (
	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/filter"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// operation is one change of one attribute, ready to be applied.
type operation struct {
	index  int // of the client's operation, from 1
	verb   verb
	target target
	change change
}

// pathless takes an operation without path apart: its value is a set of
// attributes (R-7644-3.5.2.1-01, R-7644-3.5.2.3-01). No client is known that
// means something by a remove without path (R-7644-3.5.2.2-01).
func (p *parser) pathless(verb verb, value resource.Value) error {
	if verb == remove {
		return fault.NoTarget("remove needs a path")
	}
	return p.attributes(verb, value, nil)
}

// attributes takes the members of value, which stand for attributes of scope
// (nil: of the resource), apart.
func (p *parser) attributes(verb verb, value resource.Value, scope *schema.Schema) error {
	switch value.Kind() {
	case resource.Complex:
		for _, f := range value.Object().Fields() {
			if err := p.attribute(verb, f, scope); err != nil {
				return err
			}
		}
		return nil
	case resource.List:
		if p.opts.Strict || len(value.List()) == 0 {
			break
		}
		p.repaired(schema.RepairSingleValue)
		for _, v := range value.List() {
			if v.Kind() != resource.Complex {
				return fault.InvalidValue("value: without a path an object of attributes is required, not %s", describe(v))
			}
			if err := p.attributes(verb, v, scope); err != nil {
				return err
			}
		}
		return nil
	case resource.String:
		// An object that was serialised twice.
		if p.opts.Strict {
			break
		}
		o, err := resource.DecodeObject([]byte(value.Text()), resource.Limits{})
		if err != nil {
			break
		}
		p.repaired(schema.RepairValueForm)
		return p.attributes(verb, resource.ComplexOf(o), scope)
	}
	return fault.InvalidValue("value: without a path an object of attributes is required, not %s", describe(value))
}

// attribute is one member of a value object. Its name is an attribute's, or,
// as Entra sends them, any path (EN-08).
func (p *parser) attribute(verb verb, f resource.Field, scope *schema.Schema) error {
	t, known, err := p.member(f.Name, scope)
	switch {
	case err != nil:
		return err
	case !known && p.opts.Strict:
		return fault.InvalidSyntax("%q is no attribute of a %s", fault.Clip(f.Name), p.typ.Name)
	case !known:
		p.repaired(schema.RepairUnknownAttribute) // A0-2
		return nil
	case t.attr == nil:
		return p.whole(verb, t.scope, f.Value)
	case isSchemas(t.attr):
		return nil // A0-9; it follows from the attributes that are there
	case readOnly(t) && p.opts.Strict:
		return mutability(t)
	case readOnly(t):
		p.repaired(schema.RepairReadOnly) // A0-8, A0-9
		return nil
	}
	return p.change(verb, t, f.Value, false)
}

// withPath is an operation with a path.
func (p *parser) withPath(verb verb, path string, value resource.Value) error {
	t, err := p.resolve(path)
	if err != nil {
		return p.undefined(path, err)
	}
	if t.attr == nil {
		return p.whole(verb, t.scope, value)
	}
	if p.opts.Interop && t.filter != nil && t.sub == nil && verb != remove {
		return fault.InvalidPath("%s: name the sub-attribute that changes, as in %s.value", t, t)
	}
	if isSchemas(t.attr) {
		return p.assertSchemas(verb, t, value)
	}
	if readOnly(t) {
		return mutability(t)
	}
	return p.change(verb, t, value, true)
}

// undefined makes invalidSyntax of a well-formed path that no schema defines, as
// the interoperability profile asks; in other modes it is what resolve says.
func (p *parser) undefined(path string, err error) error {
	e, ok := fault.As(err)
	if !p.opts.Interop || !ok || e.ScimType != "invalidPath" {
		return err
	}
	if _, malformed := filter.ParsePath(path, filter.Options{Strict: true}); malformed != nil {
		return err
	}
	return fault.InvalidSyntax("%s", e.Detail)
}

// whole is an operation on a schema: the base schema's URN stands for the
// resource itself, an extension's for all its attributes.
func (p *parser) whole(verb verb, s *schema.Schema, value resource.Value) error {
	removal := verb == remove && (p.opts.Strict || isEmpty(value))
	switch {
	case s == p.typ.Core && removal:
		return fault.NoTarget("%s: the resource itself can not be removed", s.URN)
	case s == p.typ.Core, value.Kind() == resource.Complex && !removal, !isEmpty(value) && !removal:
		return p.attributes(verb, value, s)
	case verb == add && p.opts.Strict:
		return fault.InvalidValue("%s: add needs a value", s.URN)
	case verb == add:
		return nil // no attribute was given, so none changes
	}
	for _, e := range p.typ.Extensions {
		if e.Schema == s && e.Required {
			return fault.Mutability("%s: is required and can not be removed", s.URN)
		}
	}
	for _, a := range s.Attributes {
		if t := (target{attr: a}); !readOnly(t) {
			p.req.ops = append(p.req.ops, operation{index: p.index, verb: remove, target: t, change: change{unassign: true}})
		}
	}
	return nil
}

// change adds the operation on a writable attribute to the request. named says
// that the client named the attribute in a path: then a value of which nothing
// is understood is refused (A0-4), where without a path it is one of the unknown
// members of a body (A0-2).
func (p *parser) change(verb verb, t target, value resource.Value, named bool) error {
	if isMembers(t.attr) {
		return p.membersOperation(verb, t, value)
	}
	t, c, err := p.shape(verb, t, value)
	if err == nil && c.foreign && named {
		err = fault.InvalidValue("%s: nothing in the value is known here", t)
	}
	if err != nil || c.none {
		return err
	}
	if c.unassign && isStatus(t.attr) {
		return keepStatus(verb, named)
	}
	p.req.ops = append(p.req.ops, operation{index: p.index, verb: verb, target: t, change: c})
	return nil
}

// keepStatus is an operation that leaves active without a value, which it always
// has. Success would say that it is gone; only a null among other attributes
// says nothing of it, as in a PUT.
func keepStatus(verb verb, named bool) error {
	switch {
	case verb == remove:
		return fault.Mutability("active: every user has it; replace it by true or false")
	case named:
		return fault.InvalidValue("active: want true or false")
	}
	return nil
}

// assertSchemas is an operation whose path is schemas. The list follows from
// the attributes that are there, so asserting known URNs changes nothing, and
// taking one away is done by removing what it describes.
func (p *parser) assertSchemas(verb verb, t target, value resource.Value) error {
	if verb == remove || t.filter != nil || isEmpty(value) {
		return fault.Mutability("schemas: follows from the attributes of the resource and can not be removed")
	}
	list := value.List()
	if value.Kind() == resource.String {
		list = []resource.Value{value}
	}
	if len(list) == 0 {
		return fault.InvalidValue("schemas: an array of URNs is required, not %s", describe(value))
	}
	for _, v := range list {
		urn := v.Text()
		if v.Kind() != resource.String || !resource.EqualFold(urn, p.typ.Core.URN) && p.typ.Extension(urn) == nil {
			return fault.InvalidValue("schemas: only the schemas of a %s are allowed", p.typ.Name)
		}
	}
	return nil
}
