package directory

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// User is one person of one tenant as the directory keeps it.
type User struct {
	ID      ID
	Tenant  TenantID
	Seq     int64     // position in lists, assigned by storage, never reused
	Version int64     // 1 after creation, +1 with each real change
	Created time.Time // UTC, milliseconds
	// Modified moves with every real change of the user, by whomever.
	Modified time.Time
	// Asserted is when a SCIM client last wrote this user; zero for a user no
	// identity provider has written yet (born through an application API).
	Asserted time.Time

	// Origin is the surface through which the user came into being.
	Origin Origin
	// Protected users are never changed over SCIM.
	Protected bool
	// Active is what SCIM shows and asks for; Status says how it came about.
	Active bool
	// AssertedActive is what SCIM last said of active: the source's opinion,
	// whatever an application did since.
	AssertedActive bool
	Status         Status

	// ExternalIDs holds the externalId of each SCIM client that gave one.
	ExternalIDs map[ClientID]string
	// Document is the canonical JSON of the attributes (see package comment).
	// It never holds id, externalId, active, groups, meta, schemas or password.
	Document Document
	// Snapshot is the document as SCIM last asserted it, kept only while some
	// application API has changed Document since; nil means Document itself.
	Snapshot Document

	// Groups are the groups the user is in, loaded only where a call says so.
	Groups []Membership
}

// Clone returns a copy that shares nothing that either may change.
func (u *User) Clone() *User {
	c := *u
	c.ExternalIDs = maps.Clone(u.ExternalIDs)
	c.Groups = slices.Clone(u.Groups)
	return &c
}

// SetExternalID sets or (with "") removes the externalId of one client.
func (u *User) SetExternalID(c ClientID, id string) {
	u.ExternalIDs = setExternalID(u.ExternalIDs, c, id)
}

func setExternalID(m map[ClientID]string, c ClientID, id string) map[ClientID]string {
	if id == "" {
		delete(m, c)
		return m
	}
	if m == nil {
		m = map[ClientID]string{}
	}
	m[c] = id
	return m
}

// Asserts returns the document that the identity provider last asserted.
func (u *User) Asserts() Document {
	if u.Snapshot != nil {
		return u.Snapshot
	}
	return u.Document
}

// Membership is one group a user is in.
type Membership struct {
	Group       ID
	DisplayName string
	// ExternalIDs of the group, by SCIM client: mapping rules may name one.
	ExternalIDs map[ClientID]string
	// Indirect is true when the user is in it only through a nested group.
	Indirect bool
}

// Document is the canonical JSON object of a resource's attributes.
type Document []byte

// Profile decodes the attributes of a user. The document must be canonical, as
// every stored one is; an error means a damaged row.
func (d Document) Profile() (Profile, error) {
	var p Profile
	if len(d) == 0 {
		return p, nil
	}
	// Not by json.Unmarshal, which would read the document twice before this.
	if err := p.UnmarshalJSON(d); err != nil {
		return Profile{}, fmt.Errorf("decode user document: %w", err)
	}
	return p, nil
}
