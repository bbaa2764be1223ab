package provision

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/storage"
)

// CreateGroup implements scim.Backend.
func (b *Bridge) CreateGroup(ctx context.Context, by journal.Actor, in *directory.Group, members *directory.MemberEdit) (*directory.Group, directory.MemberChange, error) {
	name, err := checkedName(in.Document)
	if err != nil {
		return nil, directory.MemberChange{}, err
	}
	var g *directory.Group
	var mc directory.MemberChange
	err = b.store.Update(ctx, func(tx storage.Tx) error {
		now := b.now()
		g = &directory.Group{
			ID: directory.NewID(now), Tenant: by.Tenant, Version: 1, Created: now, Modified: now,
			DisplayName: name, Document: in.Document, AllowDuplicateName: in.AllowDuplicateName,
		}
		g.SetExternalID(by.Client, in.ExternalIDs[by.Client])
		mc, err = change{by: by, action: "group.create", at: now}.insertGroup(tx, g, members)
		return err
	})
	if err != nil {
		return nil, directory.MemberChange{}, err
	}
	return g, mc, nil
}

// Group implements scim.Backend.
func (b *Bridge) Group(ctx context.Context, by journal.Actor, id directory.ID, member func(directory.Member)) (g *directory.Group, err error) {
	err = b.store.View(ctx, func(r storage.Reader) error {
		if g, err = findGroup(r, by.Tenant, id); err != nil || member == nil {
			return err
		}
		if err := r.Members(g, func(m directory.Member) bool { member(m); return true }); err != nil {
			return fmt.Errorf("members of group %s: %w", id, err)
		}
		return nil
	})
	return g, err
}

func findGroup(r storage.Reader, tenant directory.TenantID, id directory.ID) (*directory.Group, error) {
	g, err := r.Group(tenant, id)
	if err != nil {
		return nil, fmt.Errorf("group %s: %w", id, err)
	}
	return g, nil
}

// Groups implements scim.Backend.
func (b *Bridge) Groups(ctx context.Context, by journal.Actor, q directory.Query, total bool, withMembers func(*directory.Group) bool, fn func(*directory.Group, []directory.Member) bool) (n int64, err error) {
	err = b.store.View(ctx, func(r storage.Reader) error {
		if err := listGroups(r, by.Tenant, q, withMembers, fn); err != nil { // first, as in Users
			return err
		}
		n = 0
		if !total {
			return nil
		}
		if n, err = r.CountGroups(by.Tenant, q); err != nil {
			return fmt.Errorf("count groups: %w", err)
		}
		return nil
	})
	return n, err
}

func listGroups(r storage.Reader, tenant directory.TenantID, q directory.Query, withMembers func(*directory.Group) bool, fn func(*directory.Group, []directory.Member) bool) error {
	if withMembers != nil {
		return groupsWithMembers(r, tenant, q, withMembers, fn)
	}
	if q.Limit == 0 {
		return nil
	}
	if err := r.Groups(tenant, q, func(g *directory.Group) bool { return fn(g, nil) }); err != nil {
		return fmt.Errorf("list groups: %w", err)
	}
	return nil
}

// groupsWithMembers lists in batches, since a reader does one thing at a time:
// first some groups, then the members of each that are asked for.
func groupsWithMembers(r storage.Reader, tenant directory.TenantID, q directory.Query, withMembers func(*directory.Group) bool, fn func(*directory.Group, []directory.Member) bool) error {
	const batchSize = 4 << 20 // bytes of documents
	batch := int64(100)
	if q.Sort != nil && q.Where != nil {
		batch = 1000 // each batch finds and sorts all matches again
	}
	for left := q.Limit; left != 0; {
		page, held := make([]*directory.Group, 0, batch), 0
		if q.Limit = batch; left > 0 {
			q.Limit = min(left, batch)
		}
		if err := r.Groups(tenant, q, func(g *directory.Group) bool {
			page = append(page, g)
			held += len(g.Document)
			return held < batchSize
		}); err != nil {
			return fmt.Errorf("list groups: %w", err)
		}
		for _, g := range page {
			var members []directory.Member
			if withMembers(g) {
				members = make([]directory.Member, 0, g.MemberCount)
				if err := r.Members(g, func(m directory.Member) bool { members = append(members, m); return true }); err != nil {
					return fmt.Errorf("members of group %s: %w", g.ID, err)
				}
			}
			if !fn(g, members) {
				return nil
			}
		}
		if int64(len(page)) < q.Limit && held < batchSize {
			return nil
		}
		if left > 0 {
			left -= int64(len(page))
		}
		last := page[len(page)-1]
		q.After, q.Offset = last.Seq, 0
		if q.Sort != nil {
			behind, err := last.Position(q.Sort)
			if err != nil {
				return fmt.Errorf("list groups: %w", err)
			}
			q.Behind = &behind
		}
	}
	return nil
}

// EditGroup implements scim.Backend. An edit that changes neither attributes
// nor members ends on the reader's side.
func (b *Bridge) EditGroup(ctx context.Context, by journal.Actor, id directory.ID, edit func(*directory.Group) (*directory.MemberEdit, error)) (g *directory.Group, mc directory.MemberChange, err error) {
	idle := false
	err = b.store.View(ctx, func(r storage.Reader) error {
		prev, err := findGroup(r, by.Tenant, id)
		if err != nil {
			return err
		}
		next, members, err := planGroup(by, prev, edit)
		if err != nil {
			return err
		}
		g, idle = prev, members.Empty() && !groupDiffers(prev, next)
		return nil
	})
	if err != nil {
		return nil, mc, err
	}
	if idle {
		return g, mc, nil
	}
	err = b.store.Update(ctx, func(tx storage.Tx) error {
		prev, err := findGroup(tx, by.Tenant, id)
		if err != nil {
			return err
		}
		next, members, err := planGroup(by, prev, edit)
		if err != nil {
			return err
		}
		g = next
		c := change{by: by, action: groupAction(prev, next, members), at: b.now()}
		if mc, err = c.updateGroup(tx, prev, next, members); err != nil {
			return err
		}
		return c.endSuppressions(tx, next, slices.Concat(mc.Added, mc.Removed)...)
	})
	if err != nil {
		return nil, directory.MemberChange{}, err
	}
	return g, mc, nil
}

// planGroup works out a SCIM client's edit: only what the client may change is
// taken over from it.
func planGroup(by journal.Actor, prev *directory.Group, edit func(*directory.Group) (*directory.MemberEdit, error)) (*directory.Group, *directory.MemberEdit, error) {
	edited := prev.Clone()
	members, err := edit(edited)
	if err != nil {
		return nil, nil, err
	}
	next := prev.Clone()
	next.Document = edited.Document
	next.SetExternalID(by.Client, edited.ExternalIDs[by.Client])
	if next.DisplayName, err = checkedName(next.Document); err != nil {
		return nil, nil, err
	}
	if next.DisplayName != prev.DisplayName {
		// The setting is of the moment in which a name is chosen.
		next.AllowDuplicateName = edited.AllowDuplicateName
	}
	return next, members, nil
}

func groupDiffers(a, b *directory.Group) bool {
	return !bytes.Equal(a.Document, b.Document) || !maps.Equal(a.ExternalIDs, b.ExternalIDs) || a.AllowDuplicateName != b.AllowDuplicateName
}

func groupAction(prev, next *directory.Group, members *directory.MemberEdit) string {
	if !members.Empty() && !groupDiffers(prev, next) {
		return "group.members"
	}
	return "group.update"
}

// DeleteGroup implements scim.Backend.
func (b *Bridge) DeleteGroup(ctx context.Context, by journal.Actor, id directory.ID, check func(*directory.Group) error) error {
	return b.store.Update(ctx, func(tx storage.Tx) error {
		g, err := findGroup(tx, by.Tenant, id)
		if err != nil {
			return err
		}
		if check != nil {
			if err := check(g); err != nil {
				return err
			}
		}
		return change{by: by, action: "group.delete", at: b.now()}.deleteGroup(tx, g)
	})
}

func checkedName(d directory.Document) (string, error) {
	p, err := d.GroupProfile()
	if err != nil {
		return "", err
	}
	if strings.TrimSpace(p.DisplayName) == "" {
		return "", &directory.InvalidError{Attribute: "displayName", Reason: "a group needs a displayName that is not blank"}
	}
	return p.DisplayName, nil
}
