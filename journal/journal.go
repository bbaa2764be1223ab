// Package journal defines what is remembered of every change: who did what to
// which resource, and enough to rebuild the state from nothing and to step back
// from it. Entries are written in the transaction of the change they describe,
// never changed, and never removed. Folding all entries in order gives the
// directory (see provision's fold test).
//
// It imports nothing but the standard library and the directory's nouns.
package journal

import (
	"encoding/json"
	"time"

	"github.com/scimbridge/scimbridge/directory"
)

// Actor is who causes a change. A write by nobody does not compile: every call
// that changes the directory takes an Actor.
type Actor struct {
	Tenant directory.TenantID
	Origin directory.Origin
	// Client is the SCIM client, 0 for others.
	Client directory.ClientID
	// Name is how the actor is shown, e.g. "scim:okta" or an API key's name.
	Name string
	// Role is the role of an API key, e.g. "Help Desk Administrator".
	Role string
	// RequestID ties all entries of one request together.
	RequestID string
	// Address is the network address the request came from, if known.
	Address string
}

// System is the actor for what the bridge does by itself.
func System(tenant directory.TenantID) Actor {
	return Actor{Tenant: tenant, Origin: directory.OriginSystem, Name: "system"}
}

// Kind is what an entry is about.
type Kind string

// The kinds.
const (
	KindUser  Kind = "user"
	KindGroup Kind = "group"
	// KindResource is a resource of a configured type, which the field $type names.
	KindResource Kind = "resource"
	// KindEvent is something that happened without changing the directory,
	// such as an administration log event of a refused call.
	KindEvent Kind = "event"
)

// Entry is one line of the journal.
type Entry struct {
	Seq       int64              `json:"seq"` // assigned by storage, increasing
	At        time.Time          `json:"at"`
	Tenant    directory.TenantID `json:"tenant"`
	Origin    directory.Origin   `json:"origin"`
	Client    directory.ClientID `json:"client,omitempty"`
	Actor     string             `json:"actor"`
	Role      string             `json:"role,omitempty"`
	Address   string             `json:"address,omitempty"`
	RequestID string             `json:"requestId,omitempty"`
	// Action is a word of the bridge, e.g. "user.create", "group.members",
	// "user.adopt", "rsa.synchronize".
	Action   string       `json:"action"`
	Kind     Kind         `json:"kind"`
	Resource directory.ID `json:"resource,omitzero"`
	// Before and After are the resource's versions; 0 before a creation and
	// after a purge.
	Before int64 `json:"before"`
	After  int64 `json:"after"`
	// Forward turns the state before into the state after, Backward the other
	// way: a JSON object by top-level field, null meaning absent.
	Forward  json.RawMessage `json:"forward,omitempty"`
	Backward json.RawMessage `json:"backward,omitempty"`
	// Note is what the diff does not say: skipped member ids, result codes.
	Note json.RawMessage `json:"note,omitempty"`
}
