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
		old, err := tx.FindUser(by.Tenant, storage.UserKey{Released: p.UserName})
		switch {
		case errors.Is(err, directory.ErrNotFound):
		case err != nil:
			return fmt.Errorf("create user: %w", err)
		case u.ExternalIDs[by.Client] != "" && u.ExternalIDs[by.Client] == old.ExternalIDs[by.Client]:
			return c.revive(tx, old, u)
		default:
			pc := c
			pc.action = "user.purge"
			if err := pc.purgeUser(tx, old); err != nil {
				return err
			}
		}
		return c.insertUser(tx, u, &directory.AppState{MobilityUserID: p.UserName})
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// revive brings a deleted user back in the form of u, which takes over its identity.
func (c change) revive(tx storage.Tx, old, u *directory.User) error {
	c.action = "user.revive"
	ids := maps.Clone(old.ExternalIDs)
	maps.Copy(ids, u.ExternalIDs)
	u.ID, u.Seq, u.Version, u.Created, u.Origin, u.ExternalIDs = old.ID, old.Seq, old.Version+1, old.Created, old.Origin, ids
	u.Modified = later(u.Modified, old.Modified)
	state, err := tx.AppState(old)
	if err != nil {
		return fmt.Errorf("revive user: %w", err)
	}
	next := *state
	next.FormerGroups = nil // the identity provider says anew where it belongs
	return c.updateUser(tx, old, u, state, &next)
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
		n = 0
		if total {
			if n, err = r.CountUsers(by.Tenant, q); err != nil {
				return fmt.Errorf("count users: %w", err)
			}
		}
		if q.Limit == 0 {
			return nil
		}
		if err := r.Users(by.Tenant, q, fn); err != nil {
			return fmt.Errorf("list users: %w", err)
		}
		return nil
	})
	return n, err
}

// EditUser implements scim.Backend. The edit is worked out on a reader's
// snapshot, so that refused and empty edits never reach the writer; it is
// repeated inside the transaction only if the user has changed meanwhile.
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
		err := b.applyPlan(tx, by, first)
		if !errors.Is(err, directory.ErrPreconditionFailed) {
			return err
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
	return done.next, done.changed, nil
}

// userPlan is a SCIM client's edit of a user, worked out and not yet stored.
type userPlan struct {
	prev, next *directory.User
	profile    directory.Profile
	action     string
	changed    bool
	at         time.Time
}

func planUser(by journal.Actor, u *directory.User, edit func(*directory.User) error, now time.Time) (*userPlan, error) {
	next := u.Clone()
	if err := edit(next); err != nil {
		return nil, err
	}
	p := &userPlan{prev: u, next: next, action: "user.update", at: now}
	adopted := u.Asserted.IsZero()
	wantActive := next.Active
	same := bytes.Equal(u.Document, next.Document) && maps.Equal(u.ExternalIDs, next.ExternalIDs) && u.Active == wantActive
	if same && !adopted {
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
	if wantActive != u.Active {
		ev := directory.SCIMDeactivate
		if wantActive {
			ev = directory.SCIMActivate
		}
		if next.Status, err = u.Status.Next(ev, by.Name, now); err != nil {
			return nil, fmt.Errorf("user %s: %w", u.ID, err)
		}
		next.AssertedActive = wantActive
	}
	// Only what the client may change is taken over from the edit.
	next.ID, next.Tenant, next.Seq, next.Created, next.Origin, next.Protected = u.ID, u.Tenant, u.Seq, u.Created, u.Origin, u.Protected
	next.Active = next.Status.State == directory.Active
	next.Snapshot = nil
	next.Version = u.Version + 1
	next.Modified = later(now, u.Modified)
	next.Asserted = next.Modified
	p.changed = true
	return p, nil
}

func (b *Bridge) applyPlan(tx storage.Tx, by journal.Actor, p *userPlan) error {
	before, err := p.prev.Document.Profile()
	if err != nil {
		return fmt.Errorf("user %s: %w", p.prev.ID, err)
	}
	if p.prev.Origin != directory.OriginSCIM {
		// A user that an application created may not be given another
		// person's address by an identity provider (T-18).
		if err := emailFree(tx, by.Tenant, p.prev.ID, before, p.profile); err != nil {
			return err
		}
	}
	if organization(before) != organization(p.profile) {
		if err := b.ensureOrganization(tx, by.Tenant, p.profile); err != nil {
			return err
		}
	}
	return change{by: by, action: p.action, at: p.at}.updateUser(tx, p.prev, p.next, nil, nil)
}

// emailFree refuses a new primary email that another user of the tenant has.
func emailFree(r storage.Reader, tenant directory.TenantID, self directory.ID, before, after directory.Profile) error {
	email := after.Email()
	if email == "" || directory.Fold(email) == directory.Fold(before.Email()) {
		return nil
	}
	other, err := r.FindUser(tenant, storage.UserKey{Email: email})
	switch {
	case errors.Is(err, directory.ErrNotFound):
		return nil
	case err != nil:
		return fmt.Errorf("look up email: %w", err)
	case other.ID == self || other.Status.State.Pending():
		return nil
	}
	return &directory.ConflictError{Attribute: "emails", Existing: other.ID}
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

func organization(p directory.Profile) string {
	if p.Enterprise == nil {
		return ""
	}
	return p.Enterprise.Organization
}

// ensureOrganization gives the user's organization its number when it is first named.
func (b *Bridge) ensureOrganization(tx storage.Tx, tenant directory.TenantID, p directory.Profile) error {
	name := organization(p)
	if name == "" {
		return nil
	}
	if _, err := tx.EnsureOrganization(tenant, name, b.organizationNumber(tenant, name)); err != nil {
		return fmt.Errorf("organization: %w", err)
	}
	return nil
}

// organizationNumber is the number that the configuration gives an
// organization, 0 if it leaves that to the directory.
func (b *Bridge) organizationNumber(tenant directory.TenantID, name string) int64 {
	s, key := b.o.Mapper(tenant).Settings().Uniphore, directory.Fold(name)
	for configured, number := range s.Organizations {
		if directory.Fold(configured) == key {
			return number
		}
	}
	if directory.Fold(s.DefaultOrg.Name) == key {
		return s.DefaultOrg.ID
	}
	return 0
}
