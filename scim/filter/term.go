package filter

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode"

	parser "github.com/scim2/filter-parser/v2"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// term compiles one comparison.
func (c *compiler) term(e *AttributeExpression) (node, error) {
	top, sub, err := c.resolve(e.AttributePath)
	if err != nil {
		return nil, err
	}
	op, ok := operator(string(e.Operator))
	if !ok {
		return nil, fault.InvalidFilter("filter: %s: %q is not %s", display(top, sub), fault.Clip(string(e.Operator)), operatorNames)
	}
	if op == parser.PR || e.CompareValue == nil {
		// "eq null" is "not present" (R-7643-2.5-01).
		t := &term{top: top, sub: sub, path: c.steps(top, sub), op: op}
		switch op {
		case parser.PR:
			return presence{t, true}, nil
		case parser.EQ, parser.NE:
			return presence{t, op == parser.NE}, nil
		}
		return nil, fault.InvalidFilter("filter: %s: null can only be compared by eq and ne", display(top, sub))
	}
	leaf := top
	if sub != nil {
		leaf = sub
	}
	if leaf.Type == schema.Complex {
		// A bare multi-valued attribute means its value (R-7644-3.4.2.2-12), and
		// so does a reference, which Entra looks up as manager eq "…".
		value := leaf.SubAttribute("value")
		whole := !top.Multi && !c.strict && leaf.SubAttribute("$ref") != nil
		if whole {
			c.used |= wholeValue
		}
		if sub != nil || !top.Multi && !whole || value == nil {
			return nil, fault.InvalidFilter("filter: %s is complex; compare one of its sub-attributes%s", display(top, sub), example(leaf))
		}
		sub, leaf = value, value
		if hidden(leaf) {
			return nil, fault.InvalidFilter("filter: %s can not be used in a filter", display(top, sub))
		}
	}
	t := &term{top: top, sub: sub, path: c.steps(top, sub), op: op}
	t.primary = leaf.Type == schema.Boolean && leaf.Parent != nil && leaf.Parent.Multi && leaf.Name == "primary"
	if err := c.operand(t, leaf, e.CompareValue); err != nil {
		return nil, err
	}
	return t, nil
}

func example(a *schema.Attribute) string {
	if len(a.Sub) == 0 {
		return ""
	}
	return ", such as " + a.Name + "." + a.Sub[0].Name
}

// operand converts the literal to the attribute's type and makes sure that the
// operator means something there.
func (c *compiler) operand(t *term, a *schema.Attribute, literal any) error {
	name := display(t.top, t.sub)
	v, err := literalValue(literal)
	if err != nil {
		return err
	}
	var ok bool
	switch a.Type {
	case schema.String, schema.Reference:
		ok = c.text(t, a, v)
	case schema.Binary:
		if !equality(t.op) {
			return fault.InvalidFilter("filter: %s is binary, so only eq, ne and pr apply to it", name)
		}
		ok = c.text(t, a, v)
	case schema.Boolean:
		if !equality(t.op) {
			return fault.InvalidFilter("filter: %s is a boolean, so only eq, ne and pr apply to it", name)
		}
		ok = c.boolean(t, v)
	case schema.Decimal, schema.Integer:
		if textual(t.op) {
			return fault.InvalidFilter("filter: %s is a number, so co, sw and ew do not apply to it", name)
		}
		ok = c.number(t, v)
	case schema.DateTime:
		if textual(t.op) {
			return fault.InvalidFilter("filter: %s is a dateTime, so co, sw and ew do not apply to it", name)
		}
		t.kind = instant
		if v.Kind() == resource.String {
			t.time, ok = parseDateTime(v.Text())
		}
	}
	if !ok {
		return fault.InvalidFilter("filter: %s is compared with a %s, where %s belongs", name, v.Kind(), typeNames[a.Type])
	}
	return nil
}

var typeNames = [...]string{
	schema.String:    "a string",
	schema.Boolean:   "true or false",
	schema.Decimal:   "a number of moderate size",
	schema.Integer:   "a number of moderate size",
	schema.DateTime:  "a dateTime such as \"2024-02-29T12:00:00Z\"",
	schema.Binary:    "a string in base64",
	schema.Reference: "a string",
	schema.Complex:   "a sub-attribute",
}

func equality(op parser.CompareOperator) bool { return op == parser.EQ || op == parser.NE }

func textual(op parser.CompareOperator) bool {
	return op == parser.CO || op == parser.SW || op == parser.EW
}

func (c *compiler) text(t *term, a *schema.Attribute, v resource.Value) bool {
	t.kind = exactText
	switch v.Kind() {
	case resource.String, resource.Number:
		t.text = v.Text()
	case resource.Bool:
		t.text = strconv.FormatBool(v.Bool())
	}
	switch {
	case isUserName(a):
		t.kind, t.named = foldedText, true
		t.folded = directory.FoldName(t.text)
	case isMessagingAddress(a):
		t.kind, t.unspaced = foldedText, true
		t.folded = directory.Fold(withoutBlanks(t.text))
	case folds(a):
		t.kind = foldedText
		t.folded = directory.Fold(t.text)
	case isReference(a) && equality(t.op):
		t.kind, t.base = uriText, c.base
		t.folded = reference(c.base, t.text)
	default:
		t.text = directory.Exact(t.text)
	}
	return v.Kind() == resource.String || c.convert()
}

func (c *compiler) boolean(t *term, v resource.Value) bool {
	t.kind = boolean
	t.flag = v.Bool()
	switch {
	case v.Kind() == resource.Bool:
		return true
	case v.Kind() != resource.String:
		return false
	case resource.EqualFold(v.Text(), "true"):
		t.flag = true
	case !resource.EqualFold(v.Text(), "false"):
		return false
	}
	return c.convert()
}

func (c *compiler) number(t *term, v resource.Value) bool {
	t.kind = number
	switch v.Kind() {
	case resource.Number:
	case resource.String:
		if !numberLiteral(v.Text()) || !c.convert() {
			return false
		}
	default:
		return false
	}
	t.number = parseDecimal(v.Text())
	return t.number.moderate()
}

// convert says whether a value of another type may be converted.
func (c *compiler) convert() bool {
	if c.strict {
		return false
	}
	c.used |= valueType
	return true
}

// literalValue takes the forms a comparison's value has in trees of this
// package and of filter-parser.
func literalValue(literal any) (resource.Value, error) {
	switch l := literal.(type) {
	case string:
		return resource.StringOf(l), nil
	case bool:
		return resource.BoolOf(l), nil
	case json.Number:
		if numberLiteral(string(l)) {
			return resource.NumberOf(string(l)), nil
		}
	case int:
		return resource.NumberOf(strconv.Itoa(l)), nil
	case float64:
		if s := strconv.FormatFloat(l, 'g', -1, 64); numberLiteral(s) {
			return resource.NumberOf(s), nil
		}
	}
	return resource.Value{}, fault.InvalidFilter("filter: expected %s", valueNames)
}

// isUserName says whether an attribute's text is compared as user names are.
func isUserName(a *schema.Attribute) bool {
	return a.Name == "userName" && a.Parent == nil && a.Schema == directory.UserSchema && folds(a)
}

// isMessagingAddress says whether an attribute's text is an address of instant
// messaging, in which blanks and case mean nothing (R-7643-4.1.2-01).
func isMessagingAddress(a *schema.Attribute) bool {
	return a.Name == "value" && a.Parent != nil && a.Parent.Name == "ims" && a.Schema == directory.UserSchema && folds(a)
}

func withoutBlanks(s string) string {
	if !strings.ContainsFunc(s, unicode.IsSpace) {
		return s
	}
	return strings.Join(strings.Fields(s), "")
}

// folds says whether an attribute's text is compared without regard to case: as
// the schema says, and the URNs of schemas are.
func folds(a *schema.Attribute) bool {
	return a.Folds() || a.Parent == nil && a.Schema == "" && a.Name == "schemas"
}
