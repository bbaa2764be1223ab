package filter

import (
	parser "github.com/scim2/filter-parser/v2"

	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// Compile checks a filter against a resource type and makes it ready to run.
// Errors are fault.InvalidFilter and name the attribute. Refused are unknown
// attributes, attributes that are never returned such as password (the same
// answer whatever the value: R-7643-4.1.1-10), complex attributes without a
// sub-attribute, orderings of booleans and binaries, and values that are not of
// the attribute's type.
func Compile(e Expression, t *schema.ResourceType) (*Program, error) {
	return CompileWith(e, t, Options{})
}

// CompileWith is Compile with options. Strict refuses what the tolerant mode
// converts: "true" for a boolean, a number for a string, "7" for a number.
func CompileWith(e Expression, t *schema.ResourceType, o Options) (*Program, error) {
	c := compiler{typ: t, others: o.Others, base: o.Base, strict: o.Strict}
	return c.program(e, o)
}

// CompileValue is Compile for the filter inside attr[…]; the program is for
// MatchValue.
func CompileValue(e Expression, attr *schema.Attribute) (*Program, error) {
	return CompileValueWith(e, attr, Options{})
}

// CompileValueWith is CompileValue with options.
func CompileValueWith(e Expression, attr *schema.Attribute, o Options) (*Program, error) {
	c := compiler{within: attr, base: o.Base, strict: o.Strict}
	return c.program(e, o)
}

// compileValue leaves reporting to the caller.
func compileValue(e Expression, attr *schema.Attribute, strict bool) (*Program, error) {
	c := compiler{within: attr, strict: strict}
	return c.program(e, Options{})
}

// compiler turns a tree into nodes. Names are looked up in typ, or among the
// sub-attributes of within when that is set.
type compiler struct {
	typ    *schema.ResourceType
	others []*schema.ResourceType // whose names are known too
	within *schema.Attribute
	base   string // of relative references
	strict bool
	used   repairs
	nodes  int
}

// maxNodes bounds trees that did not come from Parse: no text within the
// limits has as many nodes as it has bytes.
const maxNodes = MaxLength

func (c *compiler) program(e Expression, o Options) (*Program, error) {
	root, err := c.node(e)
	if err != nil {
		return nil, err
	}
	c.used.report(o)
	return &Program{root: root, typ: c.typ, used: c.used}, nil
}

func (c *compiler) node(e Expression) (node, error) {
	if c.nodes++; c.nodes > maxNodes {
		return nil, fault.InvalidFilter("filter: too large")
	}
	switch e := e.(type) {
	case *AttributeExpression:
		if e != nil {
			return c.term(e)
		}
	case *LogicalExpression:
		if e != nil {
			return c.logical(e)
		}
	case *NotExpression:
		if e == nil {
			break
		}
		inner, err := c.node(e.Expression)
		if err != nil {
			return nil, err
		}
		return not{inner}, nil
	case *ValuePath:
		if e != nil {
			return c.valuePath(e)
		}
	}
	return nil, fault.InvalidFilter("filter: an expression is missing")
}

// logical flattens chains of one operator, which lean to the left.
func (c *compiler) logical(e *LogicalExpression) (node, error) {
	left, err := c.node(e.Left)
	if err != nil {
		return nil, err
	}
	right, err := c.node(e.Right)
	if err != nil {
		return nil, err
	}
	switch e.Operator {
	case parser.AND:
		if l, ok := left.(all); ok {
			return append(l, right), nil
		}
		return all{left, right}, nil
	case parser.OR:
		if l, ok := left.(some); ok {
			return append(l, right), nil
		}
		return some{left, right}, nil
	}
	return nil, fault.InvalidFilter("filter: %q is neither and nor or", fault.Clip(string(e.Operator)))
}

func (c *compiler) valuePath(e *ValuePath) (node, error) {
	if c.within != nil {
		return nil, fault.InvalidFilter("filter: a value filter can not hold another one")
	}
	top, sub, err := c.resolve(e.AttributePath)
	if err != nil {
		return nil, err
	}
	if sub != nil || !top.Multi {
		return nil, fault.InvalidFilter("filter: %s is not multi-valued, so it takes no value filter", display(top, sub))
	}
	path := c.steps(top, nil)
	c.within = top
	inner, err := c.node(e.ValueFilter)
	c.within = nil
	if err != nil {
		return nil, err
	}
	return &elements{attr: top, path: path, inner: inner}, nil
}

// resolve finds the top-level attribute, and the sub-attribute if one is
// meant, and refuses those that no client may ask about.
func (c *compiler) resolve(p AttributePath) (top, sub *schema.Attribute, err error) {
	if c.within != nil {
		top, sub, err = c.resolveWithin(p)
	} else {
		top, sub, err = c.resolveTop(p)
	}
	if err == nil && (hidden(top) || hidden(sub)) {
		return nil, nil, fault.InvalidFilter("filter: %s can not be used in a filter", display(top, sub))
	}
	return top, sub, err
}

func (c *compiler) resolveTop(p AttributePath) (top, sub *schema.Attribute, err error) {
	n := lookupAmong(p, c.typ, c.others, c.strict)
	switch {
	case n.whole != nil:
		return nil, nil, fault.InvalidFilter("filter: %s is a schema, not an attribute; use schemas eq to ask for it", n.whole.URN)
	case n.top == nil:
		return nil, nil, fault.InvalidFilter("filter: %s", unknown(p))
	case n.dotted && c.strict:
		return nil, nil, fault.InvalidFilter("filter: between a schema's URN and %s belongs a colon", n.top.Name)
	case n.bare && c.strict:
		return nil, nil, fault.InvalidFilter("filter: %s; as an attribute of an extension it needs the URN in front", unknown(p))
	}
	c.used |= n.used()
	if n.sub == "" {
		return n.top, nil, nil
	}
	sub, alias := subAttribute(n.top, n.sub, c.strict)
	if sub == nil {
		return nil, nil, fault.InvalidFilter("filter: %s has no sub-attribute %q", n.top.Path, fault.Clip(n.sub))
	}
	c.used |= alias
	return n.top, sub, nil
}

// resolveWithin finds a name inside attr[…]. A multi-valued attribute that is
// not complex has its values under the name "value" (RFC 7643 section 2.4).
func (c *compiler) resolveWithin(p AttributePath) (top, sub *schema.Attribute, err error) {
	if p.URIPrefix == nil && p.SubAttribute == nil {
		sub, alias := subAttribute(c.within, p.AttributeName, c.strict)
		if sub != nil {
			c.used |= alias
			return c.within, sub, nil
		}
		if c.within.Type != schema.Complex && resource.EqualFold(p.AttributeName, "value") {
			return c.within, nil, nil
		}
	}
	return nil, nil, fault.InvalidFilter("filter: %s has no sub-attribute %q", c.within.Path,
		fault.Clip(string(appendAttribute(nil, p))))
}

// steps is the way from the resource, or from an element inside attr[…], to
// the value.
func (c *compiler) steps(top, sub *schema.Attribute) []string {
	path := make([]string, 0, 3)
	if c.within == nil {
		if member := c.typ.Member(top); member != top.Name {
			path = append(path, member)
		}
		path = append(path, top.Name)
	}
	if sub != nil {
		path = append(path, sub.Name)
	}
	return path
}

// hidden says which attributes no filter may touch: an answer to a comparison
// would give away what is never returned (T-42).
func hidden(a *schema.Attribute) bool {
	return a != nil && (a.Returned == schema.ReturnedNever || a.Mutability == schema.WriteOnly)
}

// display is the attribute's canonical name for messages.
func display(top, sub *schema.Attribute) string {
	if sub == nil {
		return top.Name
	}
	return top.Name + "." + sub.Name
}
