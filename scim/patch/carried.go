package patch

import "github.com/scimbridge/scimbridge/scim/schema"

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
		for a := range op.target.attr.Parts(op.change.value) {
			if !yield(a) {
				return
			}
		}
	}
}
