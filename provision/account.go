package provision

import (
	"context"
	"errors"
	"fmt"

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
	return b.accountsBehind(ctx, tenant, 0, fn)
}

// accountsBehind is Accounts for the users behind the Seq after.
func (b *Bridge) accountsBehind(ctx context.Context, tenant directory.TenantID, after int64, fn func(mapping.Account) bool) error {
	const batch = 500 // users read at a time; each batch is a snapshot of its own
	q := directory.Query{After: after, Deleted: true, WithGroups: true, Limit: batch}
	for {
		var page []mapping.Account
		err := b.store.View(ctx, func(r storage.Reader) error {
			var last int64
			var err error
			if page, last, err = b.accountsOf(r, tenant, q); err != nil {
				return fmt.Errorf("list users: %w", err)
			}
			q.After = max(q.After, last)
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
		if len(page) < batch {
			return nil
		}
	}
}

// accountsOf derives the account of each user that the query finds, and returns
// the Seq of the last.
func (b *Bridge) accountsOf(r storage.Reader, tenant directory.TenantID, q directory.Query) (accounts []mapping.Account, last int64, err error) {
	var users []*directory.User
	if err := r.Users(tenant, q, func(u *directory.User) bool { users = append(users, u); return true }); err != nil {
		return nil, 0, err
	}
	for _, u := range users {
		in, err := b.inputOf(r, u)
		if err != nil {
			return nil, 0, err
		}
		a, err := b.derive(in)
		if err != nil {
			return nil, 0, err
		}
		accounts, last = append(accounts, a), u.Seq
	}
	return accounts, last, nil
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

// CreateAccount makes a new user on behalf of an application API: draft.Profile
// (userName required), draft.State and active, or disabled by by.Origin. A user
// that holds the same userName, one of the email addresses or (if set) the
// MobilityUserID is a *directory.ConflictError, unless its deletion is pending:
// then it is purged first (documented-apis 6.4).
func (b *Bridge) CreateAccount(ctx context.Context, by journal.Actor, action string, active bool, draft Draft) (a mapping.Account, err error) {
	doc, err := draft.Profile.Document()
	if err != nil {
		return a, err
	}
	p, err := checkedProfile(doc)
	if err != nil {
		return a, err
	}
	if err := newName("", p.UserName); err != nil {
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
		if err := c.suspect(suspicious("", p.UserName)).insertUser(tx, u, &s); err != nil {
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
	b.named(suspicious("", p.UserName))
	return a, nil
}

// makeWay purges users pending deletion that hold what a new user of an
// application wants, and refuses if a living one does.
func (c change) makeWay(tx storage.Tx, p directory.Profile, mobilityID string) error {
	for _, w := range []struct {
		attribute string
		key       storage.UserKey
	}{
		{"userName", storage.UserKey{UserName: p.UserName}},
		{"userName", storage.UserKey{Released: p.UserName}},
		{"servicemobility.UserID", storage.UserKey{MobilityUserID: mobilityID}},
	} {
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
		if err := c.giveWay(tx, old, w.attribute); err != nil {
			return err
		}
	}
	for _, e := range p.Emails {
		if e.Value == "" {
			continue
		}
		holders, err := emailHolders(tx, c.by.Tenant, directory.FieldEmail, e.Value, true)
		if err != nil {
			return err
		}
		for _, old := range holders {
			theirs, err := old.Document.Profile()
			if err != nil {
				return fmt.Errorf("user %s: %w", old.ID, err)
			}
			if old.Status.State.Pending() && directory.Fold(theirs.Email()) != directory.Fold(e.Value) {
				continue // one of several addresses does not make it the same mailbox
			}
			if err := c.giveWay(tx, old, "emails"); err != nil {
				return err
			}
		}
	}
	return nil
}

// giveWay purges the user if its deletion is pending.
func (c change) giveWay(tx storage.Tx, old *directory.User, attribute string) error {
	if !old.Status.State.Pending() {
		return &directory.ConflictError{Attribute: attribute, Existing: old.ID}
	}
	c.action = "user.purge"
	return c.purgeUser(tx, old)
}
