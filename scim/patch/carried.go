package patch

import (
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// Carried yields the attributes that the request gives values to, and of complex
// ones the sub-attributes: what a client that asks for nothing else sees of the
// attributes that are returned on request only (R-7643-7-09).
func (r *Request) Carried(yield func(*schema.Attribute) bool) {
	for _, op := range r.ops {
		if op.verb == remove || op.change.unassign {
			continue
		}
		if op.target.sub != nil {
			if !yield(op.target.sub) || !yield(op.target.attr) {
				return
			}
			continue
		}
		if !carried(op.target.attr, op.change.value, yield) {
			return
		}
	}
}

func carried(a *schema.Attribute, v resource.Value, yield func(*schema.Attribute) bool) bool {
	if !yield(a) {
		return false
	}
	elements := v.List()
	if v.Kind() == resource.Complex {
		elements = []resource.Value{v}
	}
	for _, e := range elements {
		for _, f := range e.Object().Fields() {
			if s := a.SubAttribute(f.Name); s != nil && !yield(s) {
				return false
			}
		}
	}
	return true
}
