// Package patch is the PATCH engine of RFC 7644 section 3.5.2: operations are
// parsed and resolved against the attribute table, then applied in order to a
// copy of the resource; either all of them take effect or none.
package patch

import (
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// Options says how operations are read.
type Options struct {
	Strict   bool
	Repaired func(schema.Repair)
	// MaxOperations bounds the list; 0 means 10,000.
	MaxOperations int
}

// Request is a parsed PATCH body: its operations in order, resolved against
// the resource type. Path-less operations and multi-attribute values have been
// taken apart into one operation an attribute.
type Request struct {
	ops []operation
	typ *schema.ResourceType
}

// Kinds returns how many operations of each op ("add", "replace", "remove")
// the client sent, for metrics.
func (r *Request) Kinds() map[string]int { panic("not written yet") }

// Parse reads a PatchOp message for a resource of type t.
func Parse(body *resource.Object, t *schema.ResourceType, o Options) (*Request, error) {
	panic("not written yet")
}

// Apply returns the resource after all operations. The input, a canonical tree
// as Normalize makes it with the common attributes added, is not changed. The
// result shares no structure that Apply changed.
func (r *Request) Apply(res *resource.Object) (*resource.Object, error) { panic("not written yet") }

// MemberEdit is the net effect of a request's operations on a group's members.
type MemberEdit struct {
	Clear    bool
	Add      []string // ids, in order, no duplicates
	Remove   []string
	RemoveIf func(id, kind string) bool // kind: "User" or "Group"; nil if not used
}

// Members takes the operations on "members" out of the request and folds them,
// in order and before anything is read, into one edit; the request keeps the
// rest. Cost grows with the request only, whatever the size of the group.
func (r *Request) Members() (MemberEdit, error) { panic("not written yet") }

type operation struct{}
