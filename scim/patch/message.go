package patch

import (
	"fmt"
	"strings"

	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// MessageURN is the schema of a PATCH body (RFC 7644 section 3.5.2).
const MessageURN = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

// verb is what an operation does.
type verb uint8

const (
	add verb = iota
	replace
	remove
)

var verbNames = [...]string{"add", "replace", "remove"}

func (v verb) String() string { return verbNames[v] }

// parser turns a message into a Request.
type parser struct {
	typ   *schema.ResourceType
	opts  Options
	req   *Request
	index int // of the current operation, from 1
}

func (p *parser) repaired(r schema.Repair) {
	if p.opts.Repaired != nil {
		p.opts.Repaired(r)
	}
}

// values are the options for checking values.
func (p *parser) values() schema.Options {
	return schema.Options{Strict: p.opts.Strict, Interop: p.opts.Interop, Canonical: p.opts.Canonical, Repaired: p.opts.Repaired}
}

// message reads the envelope. Members that it does not know are ignored (A0-2).
func (p *parser) message(body *resource.Object) error {
	if err := p.schemas(body.GetFold("schemas")); err != nil {
		return err
	}
	operations := body.GetFold("Operations")
	if operations.Kind() != resource.List {
		return fault.InvalidSyntax("Operations: an array of operations is required, not %s", describe(operations))
	}
	list := operations.List()
	if len(list) == 0 {
		return fault.InvalidSyntax("Operations: at least one operation is required")
	}
	if len(list) > p.opts.MaxOperations {
		return fault.Status(413, "Operations: %d operations are more than the %d of one request", len(list), p.opts.MaxOperations)
	}
	for i, v := range list {
		p.index = i + 1
		if err := p.operation(v); err != nil {
			return at(p.index, err)
		}
	}
	return nil
}

// schemas checks the message's own schemas. A list without any URN is a
// deviation that is repaired; a list that names another message is not, since
// then the body was not meant as a PATCH.
func (p *parser) schemas(v resource.Value) error {
	wrong := func() error {
		return fault.InvalidSyntax("schemas: %q is required", MessageURN)
	}
	if v.Kind() == resource.String && !p.opts.Strict {
		p.repaired(schema.RepairSchemas)
		v = resource.ListOf(v)
	}
	if v.Unassigned() {
		if p.opts.Strict {
			return wrong()
		}
		p.repaired(schema.RepairSchemas)
		return nil
	}
	if v.Kind() != resource.List {
		return wrong()
	}
	found := false
	for _, urn := range v.List() {
		if urn.Kind() != resource.String {
			return wrong()
		}
		if resource.EqualFold(strings.TrimSpace(urn.Text()), MessageURN) {
			found = true
		}
	}
	if !found {
		return wrong()
	}
	if len(v.List()) > 1 || v.List()[0].Text() != MessageURN {
		if p.opts.Strict && len(v.List()) > 1 {
			return fault.InvalidSyntax("schemas: only %q belongs here", MessageURN)
		}
		p.repaired(schema.RepairSchemas)
	}
	return nil
}

// operation reads one element of Operations.
func (p *parser) operation(v resource.Value) error {
	if v.Kind() != resource.Complex {
		return fault.InvalidSyntax("an object with op, path and value is required, not %s", describe(v))
	}
	o := v.Object()
	verb, err := readVerb(o.GetFold("op"))
	if err != nil {
		return err
	}
	p.req.kinds[verb.String()]++

	value, present := lookup(o, "value")
	if verb == add && (!present || p.opts.Strict && value.IsNull()) {
		return fault.InvalidValue("add needs a value")
	}
	if verb == replace && !present {
		// Leaving it out is not the same as null: a replace of members that
		// lost its value on the way must not empty the group.
		return fault.InvalidValue("replace needs a value; null unassigns the attribute")
	}

	path := o.GetFold("path")
	switch path.Kind() {
	case resource.Null:
		if p.opts.Interop {
			return fault.InvalidSyntax("path: the interoperability profile wants one in each operation")
		}
		return p.pathless(verb, value)
	case resource.String:
		text := path.Text()
		if !p.opts.Strict && strings.TrimSpace(text) == "" {
			p.repaired(schema.RepairEmptyString)
			return p.pathless(verb, value)
		}
		return p.withPath(verb, text, value)
	}
	return fault.InvalidPath("path: a string is required, not %s", describe(path))
}

func readVerb(v resource.Value) (verb, error) {
	if v.Kind() == resource.String {
		for i, name := range verbNames {
			if resource.EqualFold(v.Text(), name) {
				return verb(i), nil
			}
		}
		return 0, fault.InvalidSyntax("op: %q is not one of add, remove, replace", fault.Clip(v.Text()))
	}
	return 0, fault.InvalidSyntax("op: one of add, remove, replace is required, not %s", describe(v))
}

// lookup is GetFold that tells null from absent.
func lookup(o *resource.Object, name string) (resource.Value, bool) {
	for _, f := range o.Fields() {
		if resource.EqualFold(f.Name, name) {
			return f.Value, true
		}
	}
	return resource.Value{}, false
}

// describe names a value's kind for an error.
func describe(v resource.Value) string {
	switch v.Kind() {
	case resource.Null:
		return "nothing"
	case resource.List:
		return "an array"
	case resource.Complex:
		return "an object"
	}
	return "a " + v.Kind().String()
}

// at puts the place of the operation in front of an error's detail.
func at(index int, err error) error {
	if e, ok := fault.As(err); ok {
		e.Detail = fmt.Sprintf("operation %d: %s", index, e.Detail)
		return e
	}
	return fmt.Errorf("operation %d: %w", index, err)
}
