package provision

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/storage"
)

// CreateUser implements scim.Backend. A user that SCIM deleted and that still
// waits for its purge gives way: it comes back if the externalId says that it
// is the same person, and is purged otherwise, so that a reused mailbox never
// inherits anything (documented-apis 6.4).
func (b *Bridge) CreateUser(ctx context.Context, by journal.Actor, in *directory.User) (*directory.User, error) {
	p, err := checkedProfile(in.Document)
	if err != nil {
		return nil, err
	}
	if err := newName("", p.UserName); err != nil {
		return nil, err
	}
	var out *directory.User
	err = b.store.Update(ctx, func(tx storage.Tx) error {
		now := b.now()
		c := change{by: by, action: "user.create", at: now}
		u := &directory.User{
			ID: directory.NewID(now), Tenant: by.Tenant, Version: 1, Created: now, Modified: now, Asserted: now,
			Origin: directory.OriginSCIM, Active: in.Active, AssertedActive: in.Active, Document: in.Document,
		}
		u.SetExternalID(by.Client, in.ExternalIDs[by.Client])
		if !in.Active {
			u.Status = directory.Status{State: directory.Disabled, DisabledBy: directory.OriginSCIM}
		}
		out = u
		if err := b.ensureOrganization(tx, by.Tenant, p); err != nil {
			return err
		}
		return c.insertOrRevive(tx, u, p)
	})
	if err != nil {
		return nil, err
	}
	b.named(suspicious("", p.UserName))
	return out, nil
}

// insertOrRevive stores the user, in place of a deleted one that had the name.
func (c change) insertOrRevive(tx storage.Tx, u *directory.User, p directory.Profile) error {
	old, err := tx.FindUser(u.Tenant, storage.UserKey{Released: p.UserName})
	switch {
	case errors.Is(err, directory.ErrNotFound):
	case err != nil:
		return fmt.Errorf("create user: %w", err)
	case u.ExternalIDs[c.by.Client] != "" && u.ExternalIDs[c.by.Client] == old.ExternalIDs[c.by.Client]:
		return c.revive(tx, old, u, p)
	default:
		if err := c.giveWay(tx, old, "userName"); err != nil {
			return err
		}
	}
	// Asked before the user itself is there to be found, told only where nothing
	// plainer is wrong, such as a userName that is taken too.
	taken := emailsFree(tx, u, directory.Profile{}, p, true)
	if err := c.suspect(suspicious("", p.UserName)).insertUser(tx, u, &directory.AppState{MobilityUserID: p.UserName}); err != nil {
		return err
	}
	return taken
}

// User implements scim.Backend.
func (b *Bridge) User(ctx context.Context, by journal.Actor, id directory.ID) (u *directory.User, err error) {
	err = b.store.View(ctx, func(r storage.Reader) error {
		u, err = visibleUser(r, by.Tenant, id)
		return err
	})
	return u, err
}

// visibleUser returns a user that SCIM can see, with its groups.
func visibleUser(r storage.Reader, tenant directory.TenantID, id directory.ID) (*directory.User, error) {
	u, err := r.User(tenant, id, true)
	if err != nil {
		return nil, fmt.Errorf("user %s: %w", id, err)
	}
	if !u.Status.State.VisibleToSCIM() {
		return nil, fmt.Errorf("user %s: %w", id, directory.ErrNotFound)
	}
	return u, nil
}

// Users implements scim.Backend.
func (b *Bridge) Users(ctx context.Context, by journal.Actor, q directory.Query, total bool, fn func(*directory.User) bool) (n int64, err error) {
	err = b.store.View(ctx, func(r storage.Reader) error {
		// The list first: a total that is looked up would take the connection
		// without which the list can wait for its turn (see storage.Store).
		if q.Limit != 0 {
			if err := r.Users(by.Tenant, q, fn); err != nil {
				return fmt.Errorf("list users: %w", err)
			}
		}
		n = 0
		if !total {
			return nil
		}
		if n, err = r.CountUsers(by.Tenant, q); err != nil {
			return fmt.Errorf("count users: %w", err)
		}
		return nil
	})
	return n, err
}

// EditUser implements scim.Backend. The edit is worked out on a reader's
// snapshot, so that refused and empty edits never reach the writer; it is
// repeated inside the transaction only if the user or its groups have changed
// meanwhile.
//
// An edit may also set AssertedActive to what it sets Active to, which says
// that the client spoke of active: then its word is kept even where the user
// already was so through somebody else, and holds at RSA's next
// synchronization. While an application's view of the user differs from what the
// identity provider asserted, the edit is also made of a copy whose Document is
// the latter; see assertedBy.
func (b *Bridge) EditUser(ctx context.Context, by journal.Actor, id directory.ID, edit func(*directory.User) error) (*directory.User, bool, error) {
	var first *userPlan
	err := b.store.View(ctx, func(r storage.Reader) error {
		u, err := visibleUser(r, by.Tenant, id)
		if err != nil {
			return err
		}
		first, err = planUser(by, u, edit, b.now())
		return err
	})
	if err != nil {
		return nil, false, err
	}
	if !first.changed {
		return first.prev, false, nil
	}
	var done *userPlan
	err = b.store.Update(ctx, func(tx storage.Tx) error {
		done = first
		// The edit saw the user's groups, which are part of its representation
		// and of its entity tag, and change without its version.
		groups, err := tx.Memberships(first.prev)
		if err != nil {
			return fmt.Errorf("groups of user %s: %w", id, err)
		}
		if sameMemberships(groups, first.prev.Groups) {
			if err := b.applyPlan(tx, by, first); !errors.Is(err, directory.ErrPreconditionFailed) {
				return err
			}
		}
		u, err := visibleUser(tx, by.Tenant, id)
		if err != nil {
			return err
		}
		if done, err = planUser(by, u, edit, b.now()); err != nil || !done.changed {
			return err
		}
		return b.applyPlan(tx, by, done)
	})
	if err != nil {
		return nil, false, err
	}
	b.named(done.suspicious)
	return done.next, done.changed, nil
}

// userPlan is a SCIM client's edit of a user, worked out and not yet stored.
type userPlan struct {
	prev, next *directory.User
	before     directory.Profile // of prev
	profile    directory.Profile // of next
	action     string
	changed    bool
	at         time.Time
	suspicious string // why a new userName deserves a look
}

func planUser(by journal.Actor, u *directory.User, edit func(*directory.User) error, now time.Time) (*userPlan, error) {
	edited := u.Clone()
	if err := edit(edited); err != nil {
		return nil, err
	}
	// Only what the client may change is taken over from the edit.
	next := u.Clone()
	next.Document = edited.Document
	next.SetExternalID(by.Client, edited.ExternalIDs[by.Client])
	next.Snapshot = assertedBy(u, next, edit)
	adopted := u.Asserted.IsZero()
	if adopted || edited.Active != u.Active || edited.AssertedActive != u.AssertedActive {
		// Who adopts a user asserts what it was shown.
		next.AssertedActive = edited.Active
	}
	p := &userPlan{prev: u, next: next, action: "user.update", at: now}
	if !adopted && edited.Active == u.Active && next.AssertedActive == u.AssertedActive &&
		bytes.Equal(u.Document, next.Document) && bytes.Equal(u.Snapshot, next.Snapshot) && maps.Equal(u.ExternalIDs, next.ExternalIDs) {
		p.next = u
		return p, nil
	}
	if u.Protected {
		return nil, fmt.Errorf("user %s: %w", u.ID, directory.ErrProtected)
	}
	if adopted {
		p.action = "user.adopt"
	}
	var err error
	if p.profile, err = checkedProfile(next.Document); err != nil {
		return nil, err
	}
	before, err := u.Document.Profile()
	if err != nil {
		return nil, fmt.Errorf("user %s: %w", u.ID, err)
	}
	if err := newName(before.UserName, p.profile.UserName); err != nil {
		return nil, err
	}
	p.before, p.suspicious = before, suspicious(before.UserName, p.profile.UserName)
	if edited.Active != u.Active {
		ev := directory.SCIMDeactivate
		if edited.Active {
			ev = directory.SCIMActivate
		}
		if next.Status, err = u.Status.Next(ev, by.Name, now); err != nil {
			return nil, fmt.Errorf("user %s: %w", u.ID, err)
		}
		next.Active = next.Status.State == directory.Active
	}
	next.Version = u.Version + 1
	next.Modified = later(now, u.Modified)
	next.Asserted = next.Modified
	p.changed = true
	return p, nil
}

func (b *Bridge) applyPlan(tx storage.Tx, by journal.Actor, p *userPlan) error {
	before := p.before
	if organization(before) != organization(p.profile) {
		if err := b.ensureOrganization(tx, by.Tenant, p.profile); err != nil {
			return err
		}
	}
	c := change{by: by, action: p.action, at: p.at}
	if err := c.suspect(p.suspicious).updateUser(tx, p.prev, p.next, nil, nil); err != nil {
		return err
	}
	if !sameRoles(before, p.profile) {
		if err := c.endRoleSuppressions(tx, p.next); err != nil {
			return err
		}
	}
	if p.prev.Status.State.Pending() && !p.next.Status.State.Pending() {
		before.Emails = nil // while it was to be deleted, others could have its addresses
	}
	return emailsFree(tx, p.next, before, p.profile, true)
}

// DeleteUser implements scim.Backend: a soft delete, or with no retention the
// purge itself.
func (b *Bridge) DeleteUser(ctx context.Context, by journal.Actor, id directory.ID, check func(*directory.User) error) error {
	return b.store.Update(ctx, func(tx storage.Tx) error {
		u, err := visibleUser(tx, by.Tenant, id)
		if err != nil {
			return err
		}
		if check != nil {
			if err := check(u); err != nil {
				return err
			}
		}
		if u.Protected {
			return fmt.Errorf("user %s: %w", id, directory.ErrProtected)
		}
		now := b.now()
		c := change{by: by, action: "user.delete", at: now}
		if b.o.Retention <= 0 {
			return c.purgeUser(tx, u)
		}
		next := u.Clone()
		if next.Status, err = u.Status.Next(directory.SCIMDelete, by.Name, now); err != nil {
			return fmt.Errorf("user %s: %w", id, err)
		}
		next.Active, next.AssertedActive = false, false
		next.Version++
		next.Modified = later(now, u.Modified)
		next.Asserted = next.Modified
		state, err := tx.AppState(u)
		if err != nil {
			return fmt.Errorf("delete user: %w", err)
		}
		nextState := *state
		nextState.FormerGroups, err = c.leaveAllGroups(tx, directory.Member{ID: u.ID, Kind: directory.UserMember}, by.Tenant)
		if err != nil {
			return err
		}
		return c.updateUser(tx, u, next, state, &nextState)
	})
}

// checkedProfile decodes a document and holds it to what the directory itself
// insists on, whoever made it.
func checkedProfile(d directory.Document) (directory.Profile, error) {
	p, err := d.Profile()
	if err != nil {
		return p, err
	}
	if strings.TrimSpace(p.UserName) == "" {
		return p, &directory.InvalidError{Attribute: "userName", Reason: "a user needs a userName that is not blank"}
	}
	return p, nil
}
