package directory

import (
	"encoding/json"
	"fmt"
	"maps"
	"time"
)

// Group is one group of one tenant, without its members: they are rows of
// their own, however many (see MemberEdit).
type Group struct {
	ID       ID
	Tenant   TenantID
	Seq      int64
	Version  int64 // moves with attributes and with membership
	Created  time.Time
	Modified time.Time
	// DisplayName as the client gave it; compared by Fold.
	DisplayName string
	// ExternalIDs holds the externalId of each SCIM client that gave one.
	ExternalIDs map[ClientID]string
	// Document is canonical JSON of all attributes but id, externalId, members,
	// meta and schemas; it includes displayName.
	Document Document
	// MemberCount is the number of direct members.
	MemberCount int64
	// AllowDuplicateName lets another group have the same display name. It is
	// set from the client's settings when the group is created or renamed.
	AllowDuplicateName bool
}

// Clone returns a copy that shares nothing that either may change.
func (g *Group) Clone() *Group {
	c := *g
	c.ExternalIDs = maps.Clone(g.ExternalIDs)
	return &c
}

// SetExternalID sets or (with "") removes the externalId of one client.
func (g *Group) SetExternalID(c ClientID, id string) {
	g.ExternalIDs = setExternalID(g.ExternalIDs, c, id)
}

// GroupProfile is the typed view of a group's Document.
type GroupProfile struct {
	DisplayName string `json:"displayName,omitempty"`
}

// Document encodes the profile canonically.
func (p GroupProfile) Document() (Document, error) {
	b, err := marshal(p)
	if err != nil {
		return nil, fmt.Errorf("encode group document: %w", err)
	}
	return b, nil
}

// GroupProfile decodes the attributes of a group that are typed.
func (d Document) GroupProfile() (GroupProfile, error) {
	var p GroupProfile
	if err := json.Unmarshal(d, &p); err != nil {
		return p, fmt.Errorf("decode group document: %w", err)
	}
	return p, nil
}

// MemberKind says what a member is.
type MemberKind uint8

// A member is a user or a nested group.
const (
	UserMember MemberKind = iota
	GroupMember
)

func (k MemberKind) String() string {
	if k == GroupMember {
		return "Group"
	}
	return "User"
}

// Member is one direct member of a group.
type Member struct {
	ID   ID
	Kind MemberKind
}

// MemberEdit changes who is in a group, without reading who is: rows are added
// and removed one by one, so concurrent edits never overwrite each other (A0-5).
// Clear is applied first, then Remove, then Add; Add and Remove are disjoint.
// Adding a present and removing an absent member changes nothing.
type MemberEdit struct {
	// Clear starts from an empty list: with it, Add is the whole new list and
	// only the difference is written.
	Clear bool
	Add   []string // member ids as the client wrote them
	// Remove lists ids to take out.
	Remove []string
	// RemoveIf takes out every member it accepts; for filters over members
	// that name no ids. It is called for each member before Add is applied.
	RemoveIf func(Member) bool
	// RefuseUnknown makes an unknown id in Add an *UnknownMembersError for the
	// whole edit; otherwise unknown ids are skipped and reported.
	RefuseUnknown bool
}

// Empty reports whether the edit can change nothing.
func (e *MemberEdit) Empty() bool {
	return e == nil || !e.Clear && len(e.Add) == 0 && len(e.Remove) == 0 && e.RemoveIf == nil
}

// MemberChange is what an edit really did: the ids that came and went, and
// those that were skipped because they name nothing in this tenant.
type MemberChange struct {
	Added   []Member
	Removed []Member
	Skipped []string
}

// Changed reports whether membership is different from before.
func (c *MemberChange) Changed() bool { return len(c.Added)+len(c.Removed) > 0 }
