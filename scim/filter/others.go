package filter

import (
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// A query over several resource types has one filter, which is compiled for
// each of them. What only another type has, no resource of this one has a value
// of (RFC 7644 section 3.4.2.1), so the term is compiled from the other type's
// attribute, whose path, with the URN in it, leads nowhere in this one.

// lookupAmong is lookup in the type, and for what that does not know in the
// others; within each a name that needs no leniency comes first.
func lookupAmong(p AttributePath, t *schema.ResourceType, others []*schema.ResourceType, strict bool) named {
	own := lookup(p, t)
	if own.known(strict) {
		return own
	}
	for _, o := range others {
		if n := lookup(p, o); n.known(strict) {
			return n
		}
	}
	return own
}

// known reports whether the name means something that may be used.
func (n named) known(strict bool) bool {
	return n.whole != nil || n.top != nil && !(strict && (n.dotted || n.bare))
}

// has reports whether resources of the type can have the attribute.
func has(t *schema.ResourceType, a *schema.Attribute) bool {
	return a.Schema == "" || resource.EqualFold(t.Core.URN, a.Schema) || t.Extension(a.Schema) != nil
}
