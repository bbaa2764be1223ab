package patch

import (
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// Settled reports whether every operation replaces an attribute as a whole or
// a sub-attribute of a single value, so that the result does not depend on
// what was there.
func (r *Request) Settled() bool {
	for _, op := range r.ops {
		if op.verb != replace || op.target.filter != nil || op.target.sub != nil && op.target.attr.Multi {
			return false
		}
	}
	return true
}

// SameElement reports whether an operation takes two elements for one.
func SameElement(a *schema.Attribute, v, w resource.Value) bool { return keyOf(a, v) == keyOf(a, w) }
