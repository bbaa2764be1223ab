package patch

import (
	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/filter"
	"github.com/scimbridge/scimbridge/scim/resource"
)

// memberCondition is a filter over members that names no ids.
type memberCondition struct {
	target   target
	usesType bool
}

// newMemberCondition checks that the filter asks only for what is kept of a
// member.
func newMemberCondition(t target) (*memberCondition, error) {
	c := &memberCondition{target: t}
	var walk func(filter.Expression) error
	walk = func(e filter.Expression) error {
		switch e := e.(type) {
		case *filter.LogicalExpression:
			if err := walk(e.Left); err != nil {
				return err
			}
			return walk(e.Right)
		case *filter.NotExpression:
			return walk(e.Expression)
		case *filter.AttributeExpression:
			switch name := e.AttributePath.AttributeName; {
			case resource.EqualFold(name, "value"):
			case resource.EqualFold(name, "type"):
				c.usesType = true
			default:
				return fault.InvalidFilter("members[…]: members can be selected by value and type, not by %q", fault.Clip(name))
			}
		}
		return nil
	}
	return c, walk(t.filter)
}

// accepts reports whether the condition holds for a member.
func (c *memberCondition) accepts(id, kind string) bool {
	o := resource.NewObject(resource.Field{Name: "value", Value: resource.StringOf(id)})
	if kind != "" {
		o.Set("type", resource.StringOf(kind))
	}
	return c.target.program.MatchValue(resource.ComplexOf(o))
}
