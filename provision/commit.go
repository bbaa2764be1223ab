package provision

import (
	"fmt"
	"slices"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/storage"
)

// A change is one resource's state before and after, and who wants it. The
// functions of this file are the only ones that write users, groups, resources
// of configured types and journal entries: row and entry always in the same transaction. The marks of
// what is due for delivery belong here too, beside the entry (see record).
type change struct {
	by     journal.Actor
	action string
	at     time.Time
	note   any
}

// insertUser stores a new user.
func (c change) insertUser(tx storage.Tx, u *directory.User, s *directory.AppState) error {
	if err := tx.InsertUser(u, s); err != nil {
		return fmt.Errorf("create user: %w", err)
	}
	after, err := userFields(u, s)
	if err != nil {
		return err
	}
	return c.record(tx, journal.KindUser, u.ID, 0, u.Version, nil, after)
}

// updateUser stores next in place of prev. sPrev and sNext are the
// application's states, both nil when they are not touched.
func (c change) updateUser(tx storage.Tx, prev, next *directory.User, sPrev, sNext *directory.AppState) error {
	if next.Version != prev.Version {
		if err := tx.UpdateUser(next); err != nil {
			return fmt.Errorf("update user: %w", err)
		}
	}
	if sNext != nil {
		if err := tx.PutAppState(next, sNext); err != nil {
			return fmt.Errorf("update user: %w", err)
		}
	}
	before, err := userFields(prev, sPrev)
	if err != nil {
		return err
	}
	after, err := userFields(next, sNext)
	if err != nil {
		return err
	}
	return c.record(tx, journal.KindUser, next.ID, prev.Version, next.Version, before, after)
}

// purgeUser removes the user for good, taking it out of all groups.
func (c change) purgeUser(tx storage.Tx, u *directory.User) error {
	s, err := tx.AppState(u)
	if err != nil {
		return fmt.Errorf("purge user: %w", err)
	}
	before, err := userFields(u, s)
	if err != nil {
		return err
	}
	if _, err := c.leaveAllGroups(tx, directory.Member{ID: u.ID, Kind: directory.UserMember}, u.Tenant); err != nil {
		return fmt.Errorf("purge user: %w", err)
	}
	if err := tx.PurgeUser(u, c.at); err != nil {
		return fmt.Errorf("purge user: %w", err)
	}
	return c.record(tx, journal.KindUser, u.ID, u.Version, 0, before, nil)
}

// leaveAllGroups takes a user or group that goes away out of the groups that
// contain it directly; each of them gets a new version. It returns which they were.
func (c change) leaveAllGroups(tx storage.Tx, m directory.Member, tenant directory.TenantID) (left []directory.ID, err error) {
	groups, err := tx.GroupsContaining(tenant, m)
	if err != nil {
		return nil, fmt.Errorf("find memberships: %w", err)
	}
	c.action, c.note = "group.members", nil
	for _, g := range groups {
		edit := &directory.MemberEdit{Remove: []string{m.ID.String()}}
		if _, err := c.updateGroup(tx, g, g.Clone(), edit); err != nil {
			return nil, err
		}
		left = append(left, g.ID)
	}
	return left, nil
}

// insertGroup stores a new group with its first members.
func (c change) insertGroup(tx storage.Tx, g *directory.Group, edit *directory.MemberEdit) (directory.MemberChange, error) {
	var mc directory.MemberChange
	if err := tx.InsertGroup(g); err != nil {
		return mc, fmt.Errorf("create group: %w", err)
	}
	after, err := groupFields(g)
	if err != nil {
		return mc, err
	}
	if !edit.Empty() {
		if mc, err = tx.EditMembers(g, edit); err != nil {
			return mc, fmt.Errorf("change members: %w", err)
		}
		if mc.Changed() {
			if err := journal.WithMembers(journal.Fields{}, after, mc); err != nil {
				return mc, err
			}
		}
	}
	c.note = skippedNote(mc)
	return mc, c.record(tx, journal.KindGroup, g.ID, 0, g.Version, nil, after)
}

// updateGroup stores next in place of prev and applies the edit; nothing is
// written if neither differs.
func (c change) updateGroup(tx storage.Tx, prev, next *directory.Group, edit *directory.MemberEdit) (directory.MemberChange, error) {
	var mc directory.MemberChange
	before, err := groupFields(prev)
	if err != nil {
		return mc, err
	}
	if !edit.Empty() {
		if mc, err = tx.EditMembers(next, edit); err != nil {
			return mc, fmt.Errorf("change members: %w", err)
		}
	}
	c.note = skippedNote(mc)
	if !groupDiffers(prev, next) && !mc.Changed() {
		if c.note == nil {
			return mc, nil
		}
		// Nothing changed, but ids were passed over: that is worth a line.
		return mc, c.event(tx, next.ID)
	}
	next.Version = prev.Version + 1
	next.Modified = later(c.at, prev.Modified)
	after, err := groupFields(next)
	if err != nil {
		return mc, err
	}
	if mc.Changed() {
		if err := journal.WithMembers(before, after, mc); err != nil {
			return mc, err
		}
	}
	if err := tx.UpdateGroup(next); err != nil {
		return mc, fmt.Errorf("update group: %w", err)
	}
	return mc, c.record(tx, journal.KindGroup, next.ID, prev.Version, next.Version, before, after)
}

// deleteGroup removes the group; its members stay.
func (c change) deleteGroup(tx storage.Tx, g *directory.Group) error {
	var members []directory.Member
	err := tx.Members(g, func(m directory.Member) bool { members = append(members, m); return true })
	if err != nil {
		return fmt.Errorf("delete group: %w", err)
	}
	if err := c.endSuppressions(tx, g, members...); err != nil {
		return err
	}
	itself := directory.Member{ID: g.ID, Kind: directory.GroupMember}
	left, err := c.leaveAllGroups(tx, itself, g.Tenant)
	if err != nil {
		return fmt.Errorf("delete group: %w", err)
	}
	if slices.Contains(left, g.ID) { // it was a member of itself: that was a change of it
		members = slices.DeleteFunc(members, func(m directory.Member) bool { return m == itself })
		if g, err = tx.Group(g.Tenant, g.ID); err != nil {
			return fmt.Errorf("delete group: %w", err)
		}
	}
	before, err := groupFields(g)
	if err != nil {
		return err
	}
	if len(members) > 0 {
		if err := journal.WithMembers(before, journal.Fields{}, directory.MemberChange{Removed: members}); err != nil {
			return err
		}
	}
	if err := tx.DeleteGroup(g); err != nil {
		return fmt.Errorf("delete group: %w", err)
	}
	return c.record(tx, journal.KindGroup, g.ID, g.Version, 0, before, nil)
}

// insertResource stores a new resource of a configured type.
func (c change) insertResource(tx storage.Tx, r *directory.Resource) error {
	if err := tx.InsertResource(r); err != nil {
		return fmt.Errorf("create %s: %w", r.Type, err)
	}
	after, err := resourceFields(r)
	if err != nil {
		return err
	}
	return c.record(tx, journal.KindResource, r.ID, 0, r.Version, nil, after)
}

// updateResource stores next in place of prev.
func (c change) updateResource(tx storage.Tx, prev, next *directory.Resource) error {
	if err := tx.UpdateResource(next); err != nil {
		return fmt.Errorf("update %s: %w", next.Type, err)
	}
	before, err := resourceFields(prev)
	if err != nil {
		return err
	}
	after, err := resourceFields(next)
	if err != nil {
		return err
	}
	return c.record(tx, journal.KindResource, next.ID, prev.Version, next.Version, before, after)
}

// deleteResource removes the resource for good.
func (c change) deleteResource(tx storage.Tx, r *directory.Resource) error {
	before, err := resourceFields(r)
	if err != nil {
		return err
	}
	if err := tx.DeleteResource(r); err != nil {
		return fmt.Errorf("delete %s: %w", r.Type, err)
	}
	return c.record(tx, journal.KindResource, r.ID, r.Version, 0, before, nil)
}

// record appends the journal entry of a change. This is also where the marks
// of what is due for delivery join the transaction: every change of a user, and
// the members named in a group's change, pass through here.
func (c change) record(tx storage.Tx, kind journal.Kind, id directory.ID, vBefore, vAfter int64, before, after journal.Fields) error {
	e, err := c.entry(kind, id)
	if err != nil {
		return err
	}
	e.Before, e.After = vBefore, vAfter
	if e.Forward, e.Backward, err = journal.Diff(before, after); err != nil {
		return err
	}
	if err := tx.AppendJournal(e); err != nil {
		return fmt.Errorf("append to the journal: %w", err)
	}
	return nil
}

// event appends an entry about something that changed nothing.
func (c change) event(tx storage.Tx, id directory.ID) error {
	e, err := c.entry(journal.KindEvent, id)
	if err != nil {
		return err
	}
	if err := tx.AppendJournal(e); err != nil {
		return fmt.Errorf("append to the journal: %w", err)
	}
	return nil
}

func (c change) entry(kind journal.Kind, id directory.ID) (*journal.Entry, error) {
	e := &journal.Entry{
		At: c.at, Tenant: c.by.Tenant, Origin: c.by.Origin, Client: c.by.Client, Actor: c.by.Name, Role: c.by.Role,
		Address: c.by.Address, RequestID: c.by.RequestID, Action: c.action, Kind: kind, Resource: id,
	}
	if c.note != nil {
		raw, err := encode(c.note)
		if err != nil {
			return nil, err
		}
		e.Note = raw
	}
	return e, nil
}

// mostSkippedNamed bounds the ids that a note spells out.
const mostSkippedNamed = 1000

// skippedNote names the member ids that were passed over, nil if none.
func skippedNote(mc directory.MemberChange) any {
	if len(mc.Skipped) == 0 {
		return nil
	}
	n := struct {
		Skipped []string `json:"skippedMembers"`
		More    int      `json:"more,omitempty"`
	}{Skipped: mc.Skipped}
	if len(n.Skipped) > mostSkippedNamed {
		n.More = len(n.Skipped) - mostSkippedNamed
		n.Skipped = n.Skipped[:mostSkippedNamed]
	}
	return n
}

// later returns the later of two instants: times never run backwards in one
// resource, whatever the clock does (T-53).
func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
