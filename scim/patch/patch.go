// Package patch is the PATCH engine of RFC 7644 section 3.5.2. Operations are
// parsed and resolved against the attribute table, then applied in order to a
// copy of the resource; either all of them take effect or none.
//
// Parse does everything that needs no resource: it reads the message, finds
// out what each operation means, takes path-less operations apart into one
// operation an attribute, and brings every value into its canonical form.
// Apply is then a pure function of the request and a tree, so it may be called
// again on a fresh copy when a transaction is retried. What concerns a group's
// members is folded by Members into one edit, because members are rows of
// their own and never part of a group's tree.
//
// What holds:
//
//   - An operation that is not understood is refused, never dropped (A0-4).
//   - The tree that comes out is canonical: equal states have equal encodings,
//     whatever way led to them and in whatever mode.
//   - At most one value of a multi-valued attribute is primary; the one that
//     was asserted last wins (R-7644-3.5.2-07).
//   - A client that deviates from the RFCs in a known way gets what it meant
//     (tolerant) or an error (strict), never a third thing.
//
// Where the RFC is silent:
//
//   - null, and for strings "", unassigns, sub-attributes included. A replace
//     that lost its value is refused, so that it can not empty a list.
//   - Replacing the element that a value path selects replaces all of it but
//     what the filter selected it by; adding to it merges.
//   - A value path that matches nothing is created in tolerant mode if its
//     filter names a canonical type, or the primary value, or both; for add,
//     and where the schema has no canonical types, any type. An element of
//     which nothing else becomes known is noTarget in the end, and at once if
//     all that it got is another type.
//   - A user's active always has a value: a remove of it is refused (mutability).
//   - An element of which only type and primary are left is no value and goes.
//   - An element that is added is the one that is there if it has the same
//     value and type; what else is said of it is merged in.
//   - emails.value without a filter means the only element, else the primary
//     one (tolerant), else it is refused as ambiguous; for remove, all.
//   - remove with a value on a whole list takes out what is listed (tolerant).
//   - An attribute that is read-only is refused as a path and ignored as a
//     member of a path-less value (tolerant), as is one that is unknown there.
//   - A $ref that is not sent along goes when the value beside it changes; a
//     $ref that is sent alone brings the value with it.
//   - A value for a named complex attribute of which nothing is known is
//     refused; without a path it is an unknown member like any other.
//   - A string may be the object or array that belongs there, serialised twice
//     (tolerant).
package patch

import (
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// Options says how operations are read.
type Options struct {
	// Strict refuses what the RFCs do not say; otherwise the shapes that
	// identity providers are known to send are accepted.
	Strict bool
	// Interop holds a client to the PATCH of the SCIM interoperability profile;
	// it goes with Strict. Each operation has a path; a replace of a whole complex
	// attribute leaves nothing of the old one; a path with a filter ends in a
	// sub-attribute, unless it removes, and selects one element; an attribute that
	// no schema defines is invalidSyntax.
	Interop bool
	// Canonical is schema.Options.Canonical.
	Canonical bool
	// Repaired, if not nil, is told of each deviation that was accepted.
	Repaired func(schema.Repair)
	// MaxOperations bounds the list; 0 means 10,000.
	MaxOperations int
}

const defaultMaxOperations = 10_000

// Request is a parsed PATCH body: its operations in order, resolved against
// the resource type. It is immutable and may be used from several goroutines.
type Request struct {
	typ     *schema.ResourceType
	opts    Options
	kinds   map[string]int
	ops     []operation
	members []memberOperation
}

// Kinds returns how many operations of each op ("add", "replace", "remove")
// the client sent, for metrics.
func (r *Request) Kinds() map[string]int {
	kinds := make(map[string]int, len(r.kinds))
	for k, n := range r.kinds {
		kinds[k] = n
	}
	return kinds
}

// Parse reads a PatchOp message for a resource of type t. Errors are those of
// package fault, prefixed with the place of the operation, counted from 1:
// invalidSyntax for the message, invalidPath, invalidFilter, invalidValue,
// noTarget or mutability for what an operation asks, and status 413 for more
// than MaxOperations operations.
func Parse(body *resource.Object, t *schema.ResourceType, o Options) (*Request, error) {
	if o.MaxOperations <= 0 {
		o.MaxOperations = defaultMaxOperations
	}
	p := &parser{typ: t, opts: o, req: &Request{typ: t, opts: o, kinds: make(map[string]int, 3)}}
	if err := p.message(body); err != nil {
		return nil, err
	}
	return p.req, nil
}
