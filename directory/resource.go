package directory

import (
	"maps"
	"time"
)

// Resource is one resource of a type that the configuration defines, of one
// tenant. Applications do not see it: only SCIM clients do.
type Resource struct {
	ID       ID
	Tenant   TenantID
	Type     string // the resource type's name, as the configuration spells it
	Seq      int64
	Version  int64 // 1 after creation, +1 with each real change
	Created  time.Time
	Modified time.Time
	// ExternalIDs holds the externalId of each SCIM client that gave one; unique
	// per client and type.
	ExternalIDs map[ClientID]string
	// Document is canonical JSON of all attributes but id, externalId, meta and
	// schemas.
	Document Document
}

// Clone returns a copy that shares nothing that either may change.
func (r *Resource) Clone() *Resource {
	c := *r
	c.ExternalIDs = maps.Clone(r.ExternalIDs)
	return &c
}

// SetExternalID sets or (with "") removes the externalId of one client.
func (r *Resource) SetExternalID(c ClientID, id string) {
	r.ExternalIDs = setExternalID(r.ExternalIDs, c, id)
}
