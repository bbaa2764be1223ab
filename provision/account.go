package provision

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/mapping"
	"github.com/scimbridge/scimbridge/storage"
)

// Ref names the user an application call is about: by the directory's id, or,
// if that is zero, by another key.
type Ref struct {
	ID  directory.ID
	Key storage.UserKey
}

// Draft is a user in the hands of an application API: what an edit function
// may look at and change. Changes take effect together or not at all.
type Draft struct {
	// User is the user as stored; for reading only. Zero in CreateAccount.
	User directory.User
	// Account is the derived account before the change; for reading only.
	Account mapping.Account
	// Now is the instant of the change.
	Now time.Time

	// Profile are the attributes; what is changed here is what SCIM then shows.
	Profile directory.Profile
	// State is what the applications know of the user.
	State directory.AppState
	// Events are applied to the user's life in order, after the edit returned.
	Events []directory.Event
	// Reassert makes the attributes those that the identity provider asserted
	// last (RSA's synchronize); Profile is ignored then.
	Reassert bool
	// Note is put into the journal entry; with a Note an entry is written even
	// if nothing changed.
	Note any

	input mapping.Input
}

// Account returns the account of one user, in any state but purged:
// directory.ErrNotFound otherwise. Which states an application shows is for
// its edge to decide (documented-apis 6.1).
func (b *Bridge) Account(ctx context.Context, tenant directory.TenantID, ref Ref) (a mapping.Account, err error) {
	err = b.store.View(ctx, func(r storage.Reader) error {
		in, err := b.input(r, tenant, ref)
		if err != nil {
			return err
		}
		a, err = b.derive(in)
		return err
	})
	return a, err
}

// Accounts calls fn for the account of every user of the tenant that is not
// purged, in order of creation, until fn returns false.
func (b *Bridge) Accounts(ctx context.Context, tenant directory.TenantID, fn func(mapping.Account) bool) error {
	const batch = 500 // users read at a time; each batch is a snapshot of its own
	q := directory.Query{Deleted: true, WithGroups: true, Limit: batch}
	for {
		var page []mapping.Account
		n := 0
		err := b.store.View(ctx, func(r storage.Reader) error {
			page, n = page[:0], 0
			var users []*directory.User
			if err := r.Users(tenant, q, func(u *directory.User) bool { users = append(users, u); return true }); err != nil {
				return fmt.Errorf("list users: %w", err)
			}
			n = len(users)
			for _, u := range users {
				in, err := b.inputOf(r, u)
				if err != nil {
					return err
				}
				a, err := b.derive(in)
				if err != nil {
					return err
				}
				page = append(page, a)
				q.After = u.Seq
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, a := range page {
			if !fn(a) {
				return nil
			}
		}
		if n < batch {
			return nil
		}
	}
}

// Explain tells, for every field and role of a user's account, where it came from.
func (b *Bridge) Explain(ctx context.Context, tenant directory.TenantID, ref Ref) (e mapping.Explanation, err error) {
	err = b.store.View(ctx, func(r storage.Reader) error {
		in, err := b.input(r, tenant, ref)
		if err != nil {
			return err
		}
		e, err = b.o.Mapper(tenant).Explain(in)
		return err
	})
	return e, err
}

// EditAccount changes one user on behalf of an application API. action is the
// journal's word for it, e.g. "rsa.synchronize". edit may run more than once;
// its error is returned as it is and nothing has changed then. The errors of
// Status.Next (*directory.StateError, ErrNotFound) come from draft.Events;
// *directory.ConflictError names "userName" or "emails". The account returned
// is the one after the change (after a purge: as it was before).
func (b *Bridge) EditAccount(ctx context.Context, by journal.Actor, ref Ref, action string, edit func(*Draft) error) (a mapping.Account, err error) {
	err = b.store.Update(ctx, func(tx storage.Tx) error {
		d, err := b.draft(tx, by.Tenant, ref)
		if err != nil {
			return err
		}
		if err := edit(d); err != nil {
			return err
		}
		a, err = b.applyDraft(tx, change{by: by, action: action, at: d.Now, note: d.Note}, d)
		return err
	})
	if err != nil {
		return mapping.Account{}, err
	}
	return a, nil
}

// CreateAccount makes a new user on behalf of an application API: draft.Profile
// (userName required), draft.State and active, or disabled by by.Origin. A user
// that holds the same userName, primary email or (if set) MobilityUserID is a
// *directory.ConflictError, unless its deletion is pending: then it is purged
// first (documented-apis 6.4).
func (b *Bridge) CreateAccount(ctx context.Context, by journal.Actor, action string, active bool, draft Draft) (a mapping.Account, err error) {
	doc, err := draft.Profile.Document()
	if err != nil {
		return a, err
	}
	p, err := checkedProfile(doc)
	if err != nil {
		return a, err
	}
	err = b.store.Update(ctx, func(tx storage.Tx) error {
		now := b.now()
		c := change{by: by, action: action, at: now}
		if err := c.makeWay(tx, p, draft.State.MobilityUserID); err != nil {
			return err
		}
		u := &directory.User{
			ID: directory.NewID(now), Tenant: by.Tenant, Version: 1, Created: now, Modified: now,
			Origin: by.Origin, Active: active, Document: doc,
		}
		if !active {
			u.Status = directory.Status{State: directory.Disabled, DisabledBy: by.Origin}
		}
		s := draft.State
		if s.MobilityUserID == "" {
			s.MobilityUserID = p.UserName
		}
		if err := b.ensureOrganization(tx, by.Tenant, p); err != nil {
			return err
		}
		c.note = draft.Note
		if err := c.insertUser(tx, u, &s); err != nil {
			return err
		}
		in, err := b.inputOf(tx, u)
		if err != nil {
			return err
		}
		a, err = b.derive(in)
		return err
	})
	if err != nil {
		return mapping.Account{}, err
	}
	return a, nil
}

// makeWay purges users pending deletion that hold what a new user of an
// application wants, and refuses if a living one does.
func (c change) makeWay(tx storage.Tx, p directory.Profile, mobilityID string) error {
	c.action = "user.purge"
	wants := []struct {
		attribute string
		key       storage.UserKey
	}{
		{"userName", storage.UserKey{UserName: p.UserName}},
		{"userName", storage.UserKey{Released: p.UserName}},
		{"emails", storage.UserKey{Email: p.Email()}},
		{"servicemobility.UserID", storage.UserKey{MobilityUserID: mobilityID}},
	}
	for _, w := range wants {
		if w.key == (storage.UserKey{}) {
			continue
		}
		old, err := tx.FindUser(c.by.Tenant, w.key)
		if errors.Is(err, directory.ErrNotFound) {
			continue
		}
		if err != nil {
			return fmt.Errorf("look up %s: %w", w.attribute, err)
		}
		if !old.Status.State.Pending() {
			return &directory.ConflictError{Attribute: w.attribute, Existing: old.ID}
		}
		if err := c.purgeUser(tx, old); err != nil {
			return err
		}
	}
	return nil
}

// UniphoreRole returns the role of an account's user in an environment, with
// the role claims of a token; see mapping.Mapper.UniphoreRole.
// It is meant for use inside an edit function: it reads only the draft.
func (b *Bridge) UniphoreRole(d *Draft, env string, claims []string) (directory.UniphoreRole, mapping.Grant, bool) {
	return b.o.Mapper(d.User.Tenant).UniphoreRole(d.input, env, claims)
}

// draft loads a user for an edit.
func (b *Bridge) draft(tx storage.Tx, tenant directory.TenantID, ref Ref) (*Draft, error) {
	in, err := b.input(tx, tenant, ref)
	if err != nil {
		return nil, err
	}
	d := &Draft{User: *in.User, Now: b.now(), input: in}
	if d.Account, err = b.derive(in); err != nil {
		return nil, err
	}
	if d.Profile, err = in.User.Document.Profile(); err != nil {
		return nil, fmt.Errorf("user %s: %w", in.User.ID, err)
	}
	if d.State, err = cloneState(in.State); err != nil {
		return nil, err
	}
	return d, nil
}

// applyDraft stores what an edit made of the draft, with one journal entry.
func (b *Bridge) applyDraft(tx storage.Tx, c change, d *Draft) (mapping.Account, error) {
	prev, sPrev := d.input.User, d.input.State
	next := prev.Clone()
	if err := b.changeDocument(tx, c.by, d, next); err != nil {
		return mapping.Account{}, err
	}
	events := d.Events
	if d.Reassert {
		events = append(reassertion(prev), events...)
	}
	for _, e := range events {
		s, err := next.Status.Next(e, c.by.Name, c.at)
		if err != nil {
			return mapping.Account{}, fmt.Errorf("user %s: %w", prev.ID, err)
		}
		next.Status = s
	}
	if next.Status.State == directory.Purged {
		return d.Account, c.purgeUser(tx, prev)
	}
	restored := prev.Status.State == directory.DeletedSCIM && !next.Status.State.Pending()
	former := d.State.FormerGroups
	if restored {
		d.State.FormerGroups = nil
	}
	next.Active = next.Status.State == directory.Active
	if next.Status != prev.Status || !bytes.Equal(next.Document, prev.Document) || !bytes.Equal(next.Snapshot, prev.Snapshot) {
		next.Version = prev.Version + 1
		next.Modified = later(c.at, prev.Modified)
	}
	var sNext *directory.AppState
	same, err := sameState(sPrev, &d.State)
	if err != nil {
		return mapping.Account{}, err
	}
	if !same {
		sNext = &d.State
	}
	switch {
	case next.Version != prev.Version || sNext != nil:
		before := sPrev
		if sNext == nil {
			before = nil
		}
		if err := c.updateUser(tx, prev, next, before, sNext); err != nil {
			return mapping.Account{}, err
		}
		if restored {
			if err := c.rejoinGroups(tx, next, former); err != nil {
				return mapping.Account{}, err
			}
		}
	case c.note != nil:
		return d.Account, c.event(tx, prev.ID)
	default:
		return d.Account, nil
	}
	in := d.input
	in.User = next
	if sNext != nil {
		in.State = sNext
	}
	return b.derive(in)
}

// changeDocument puts the draft's attributes into next. What the identity
// provider asserted is kept as the snapshot while an application's view differs.
func (b *Bridge) changeDocument(tx storage.Tx, by journal.Actor, d *Draft, next *directory.User) error {
	if d.Reassert {
		next.Document, next.Snapshot = next.Asserts(), nil
		return nil
	}
	doc, err := d.Profile.Document()
	if err != nil {
		return err
	}
	if bytes.Equal(doc, next.Document) {
		return nil
	}
	after, err := checkedProfile(doc)
	if err != nil {
		return err
	}
	before, err := next.Document.Profile()
	if err != nil {
		return fmt.Errorf("user %s: %w", next.ID, err)
	}
	if err := emailFree(tx, by.Tenant, next.ID, before, after); err != nil {
		return err
	}
	if organization(before) != organization(after) {
		if err := b.ensureOrganization(tx, by.Tenant, after); err != nil {
			return err
		}
	}
	if next.Snapshot == nil && !next.Asserted.IsZero() {
		next.Snapshot = next.Document
	}
	if bytes.Equal(doc, next.Snapshot) {
		next.Snapshot = nil
	}
	next.Document = doc
	return nil
}

// reassertion returns the events that give the identity provider's last word on
// active its effect again: a user it deactivated is disabled, one that only it
// had disabled comes back; what an administrator disabled stays so
// (documented-apis 2.4). A pending deletion is not touched.
func reassertion(u *directory.User) []directory.Event {
	s := u.Status
	switch {
	case u.Asserted.IsZero():
	case s.State == directory.Active && !u.AssertedActive:
		return []directory.Event{directory.SCIMDeactivate}
	case s.State == directory.Disabled && s.DisabledBy == directory.OriginSCIM && u.AssertedActive:
		return []directory.Event{directory.SCIMActivate}
	}
	return nil
}

func (b *Bridge) input(r storage.Reader, tenant directory.TenantID, ref Ref) (in mapping.Input, err error) {
	var u *directory.User
	if ref.ID.IsZero() {
		u, err = r.FindUser(tenant, ref.Key)
	} else {
		u, err = r.User(tenant, ref.ID, false)
	}
	if err != nil {
		return in, fmt.Errorf("find user: %w", err)
	}
	if u.Groups, err = r.Memberships(u); err != nil {
		return in, fmt.Errorf("groups of user %s: %w", u.ID, err)
	}
	return b.inputOf(r, u)
}

// inputOf completes what an account depends on; u.Groups is loaded.
func (b *Bridge) inputOf(r storage.Reader, u *directory.User) (in mapping.Input, err error) {
	in.User = u
	if in.State, err = r.AppState(u); err != nil {
		return in, fmt.Errorf("application state of user %s: %w", u.ID, err)
	}
	if u.Status.State == directory.DeletedSCIM {
		if u.Groups, err = formerGroups(r, u.Tenant, in.State.FormerGroups); err != nil {
			return in, fmt.Errorf("former groups of user %s: %w", u.ID, err)
		}
	}
	p, err := u.Document.Profile()
	if err != nil {
		return in, fmt.Errorf("user %s: %w", u.ID, err)
	}
	if name := organization(p); name != "" {
		in.OrganizationID, err = r.Organization(u.Tenant, name)
		if err != nil && !errors.Is(err, directory.ErrNotFound) {
			return in, fmt.Errorf("organization of user %s: %w", u.ID, err)
		}
	}
	return in, nil
}

// formerGroups are what of the groups a deleted user was in still exists.
func formerGroups(r storage.Reader, tenant directory.TenantID, ids []directory.ID) (list []directory.Membership, err error) {
	for _, id := range ids {
		g, err := r.Group(tenant, id)
		if errors.Is(err, directory.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, directory.Membership{Group: g.ID, DisplayName: g.DisplayName, ExternalIDs: g.ExternalIDs})
	}
	return list, nil
}

func (b *Bridge) derive(in mapping.Input) (mapping.Account, error) {
	a, err := b.o.Mapper(in.User.Tenant).Account(in)
	if err != nil {
		return a, fmt.Errorf("account of user %s: %w", in.User.ID, err)
	}
	return a, nil
}
