package patch

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
