package patch

import (
	"strings"

	"github.com/scimbridge/scimbridge/scim/filter"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// pin is a comparison "sub eq value" that every element selected by a filter
// satisfies.
type pin struct {
	sub   *schema.Attribute
	value any
}

// pins returns the eq comparisons that the filter joins by and; exact is false
// if it asks for anything else as well.
func pins(e filter.Expression, attr *schema.Attribute) (found []pin, exact bool) {
	switch e := e.(type) {
	case *filter.LogicalExpression:
		if !strings.EqualFold(string(e.Operator), "and") {
			return nil, false
		}
		left, l := pins(e.Left, attr)
		right, r := pins(e.Right, attr)
		return append(left, right...), l && r
	case *filter.AttributeExpression:
		sub := attr.SubAttribute(e.AttributePath.AttributeName)
		if sub == nil || !strings.EqualFold(string(e.Operator), "eq") {
			return nil, false
		}
		return []pin{{sub, e.CompareValue}}, true
	}
	return nil, false
}

// seed returns the element that an unmatched value path stands for, or nil.
// In tolerant mode identity providers mean to create it when they name a kind
// of value (type eq one of the canonical types) or the primary value: EN-13,
// EN-15. A filter that asks for both means the two together; any other filter
// looks for something that is not there. Any type will do where the schema has
// no canonical ones, as for roles, and for add, which means nothing else.
func seed(verb verb, e filter.Expression, attr *schema.Attribute) *resource.Object {
	found, exact := pins(e, attr)
	if !exact || len(found) == 0 {
		return nil
	}
	o := &resource.Object{}
	for _, p := range found {
		if o.Has(p.sub.Name) {
			return nil
		}
		switch p.sub.Name {
		case "type":
			text, _ := p.value.(string)
			kind := canonical(p.sub, text)
			if kind == "" && (verb == add || len(p.sub.Canonical) == 0) {
				kind = text
			}
			if strings.TrimSpace(kind) == "" {
				return nil
			}
			o.Set(p.sub.Name, resource.StringOf(kind))
		case "primary":
			if !isTrue(p.value) || p.sub.Type != schema.Boolean {
				return nil
			}
			o.Set(p.sub.Name, resource.BoolOf(true))
		default:
			return nil
		}
	}
	return o
}

// canonical returns the canonical value that text is in any case, or "".
func canonical(a *schema.Attribute, text string) string {
	for _, c := range a.Canonical {
		if strings.EqualFold(c, text) {
			return c
		}
	}
	return ""
}

// isTrue reports whether a filter's literal is true, or the string that some
// send for it.
func isTrue(literal any) bool {
	switch l := literal.(type) {
	case bool:
		return l
	case string:
		return strings.EqualFold(l, "true")
	}
	return false
}
