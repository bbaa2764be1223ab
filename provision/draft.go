package provision

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/mapping"
	"github.com/scimbridge/scimbridge/storage"
)

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

	input      mapping.Input
	suspicious string // why a new userName deserves a look
}

// EditAccount changes one user on behalf of an application API. action is the
// journal's word for it, e.g. "rsa.synchronize". edit may run more than once;
// its error is returned as it is and nothing has changed then. The errors of
// Status.Next (*directory.StateError, ErrNotFound) come from draft.Events;
// *directory.ConflictError names "userName" or "emails". The account returned
// is the one after the change (after a purge: as it was before).
func (b *Bridge) EditAccount(ctx context.Context, by journal.Actor, ref Ref, action string, edit func(*Draft) error) (a mapping.Account, err error) {
	var kind string
	err = b.store.Update(ctx, func(tx storage.Tx) error {
		d, err := b.draft(tx, by.Tenant, ref)
		if err != nil {
			return err
		}
		if err := edit(d); err != nil {
			return err
		}
		a, err = b.applyDraft(tx, change{by: by, action: action, at: d.Now, note: d.Note}, d)
		kind = d.suspicious
		return err
	})
	if err != nil {
		return mapping.Account{}, err
	}
	b.named(kind)
	return a, nil
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
	prev := d.input.User
	next := prev.Clone()
	if err := b.changeDocument(tx, d, next); err != nil {
		return mapping.Account{}, err
	}
	c = c.suspect(d.suspicious)
	if err := c.happen(d, next); err != nil {
		return mapping.Account{}, err
	}
	if next.Status.State == directory.Purged {
		return d.Account, c.purgeUser(tx, prev)
	}
	restored := prev.Status.State.Pending() && !next.Status.State.Pending()
	former := d.State.FormerGroups
	if restored {
		d.State.FormerGroups = nil
		if err := c.freeToReturn(tx, prev, next); err != nil {
			return mapping.Account{}, err
		}
	}
	rewritten := !bytes.Equal(next.Document, prev.Document) || !bytes.Equal(next.Snapshot, prev.Snapshot)
	if rewritten || next.Status != prev.Status {
		next.Version = prev.Version + 1
		next.Modified = later(c.at, prev.Modified)
	}
	in := d.input
	in.User = next
	same, err := sameState(d.input.State, &d.State)
	switch {
	case err != nil:
	case !same:
		in.State = &d.State
		err = c.updateUser(tx, prev, next, d.input.State, &d.State)
	case next.Version != prev.Version:
		err = c.updateUser(tx, prev, next, nil, nil)
	case c.note != nil:
		return d.Account, c.event(tx, prev.ID)
	default:
		return d.Account, nil
	}
	if err != nil {
		return mapping.Account{}, err
	}
	if restored {
		if err := c.rejoinGroups(tx, next, former); err != nil {
			return mapping.Account{}, err
		}
	}
	if restored || rewritten { // its groups or its organization may be others
		if in, err = b.input(tx, next.Tenant, Ref{ID: next.ID}); err != nil {
			return mapping.Account{}, err
		}
	}
	return b.derive(in)
}

// happen applies the draft's events to the user's life.
func (c change) happen(d *Draft, next *directory.User) error {
	events := d.Events
	if d.Reassert {
		events = append(reassertion(next), events...)
	}
	for _, e := range events {
		s, err := next.Status.Next(e, c.by.Name, c.at)
		if err != nil {
			return fmt.Errorf("user %s: %w", next.ID, err)
		}
		next.Status = s
	}
	next.Active = next.Status.State == directory.Active
	return nil
}

// document returns what the draft wants the user's document to be, and, unless
// that is what it is, the attributes as they are now. A profile that the edit
// left alone is the stored document itself, even if that was written by other
// means and differs in its bytes.
func (d *Draft) document(u *directory.User) (doc directory.Document, now directory.Profile, err error) {
	if d.Reassert {
		doc = u.Asserts()
	} else if doc, err = d.Profile.Document(); err != nil {
		return nil, now, err
	}
	if bytes.Equal(doc, u.Document) {
		return u.Document, now, nil
	}
	if now, err = u.Document.Profile(); err != nil {
		return nil, now, fmt.Errorf("user %s: %w", u.ID, err)
	}
	if stored, err := now.Document(); err != nil || !d.Reassert && bytes.Equal(doc, stored) {
		return u.Document, now, err
	}
	return doc, now, nil
}

// changeDocument puts the draft's attributes into next. What the identity
// provider asserted is kept as the snapshot while an application's view differs.
func (b *Bridge) changeDocument(tx storage.Tx, d *Draft, next *directory.User) error {
	doc, before, err := d.document(next)
	if err != nil || bytes.Equal(doc, next.Document) {
		return err
	}
	after, err := checkedProfile(doc)
	if err != nil {
		return err
	}
	if !d.Reassert { // what was said once is not asked about again
		if err := newName(before.UserName, after.UserName); err != nil {
			return err
		}
	}
	d.suspicious = suspicious(before.UserName, after.UserName)
	if !next.Status.State.Pending() { // else freeToReturn asks, if it ever comes back
		// What the identity provider said is held to its rule when it is said again.
		if err := emailsFree(tx, next, before, after, d.Reassert); err != nil {
			return err
		}
	}
	if organization(before) != organization(after) {
		if err := b.ensureOrganization(tx, next.Tenant, after); err != nil {
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
