package provision

import (
	"context"
	"encoding/json"
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
}

// Account returns the account of one user, in any state but purged:
// directory.ErrNotFound otherwise. Which states an application shows is for
// its edge to decide (documented-apis 6.1).
func (b *Bridge) Account(ctx context.Context, tenant directory.TenantID, ref Ref) (mapping.Account, error) {
	panic("not written yet")
}

// Accounts calls fn for the account of every user of the tenant that is not
// purged, in order of creation, until fn returns false.
func (b *Bridge) Accounts(ctx context.Context, tenant directory.TenantID, fn func(mapping.Account) bool) error {
	panic("not written yet")
}

// EditAccount changes one user on behalf of an application API. action is the
// journal's word for it, e.g. "rsa.synchronize". edit may run more than once;
// its error is returned as it is and nothing has changed then. The errors of
// Status.Next (*directory.StateError, ErrNotFound) come from draft.Events;
// *directory.ConflictError names "userName" or "emails". The account returned
// is the one after the change (after a purge: as it was before).
func (b *Bridge) EditAccount(ctx context.Context, by journal.Actor, ref Ref, action string, edit func(*Draft) error) (mapping.Account, error) {
	panic("not written yet")
}

// CreateAccount makes a new user on behalf of an application API: draft.Profile
// (userName required), draft.State and active, or disabled by by.Origin. A user
// that holds the same userName, primary email or (if set) MobilityUserID is a
// *directory.ConflictError, unless its deletion is pending: then it is purged
// first (documented-apis 6.4).
func (b *Bridge) CreateAccount(ctx context.Context, by journal.Actor, action string, active bool, draft Draft) (mapping.Account, error) {
	panic("not written yet")
}

// UniphoreRole returns the role of an account's user in an environment, with
// the role claims of a token; see mapping.Mapper.UniphoreRole.
// It is meant for use inside an edit function: it reads only the draft.
func (b *Bridge) UniphoreRole(d *Draft, env string, claims []string) (directory.UniphoreRole, mapping.Grant, bool) {
	panic("not written yet")
}

// Record appends a journal entry of something that changed nothing, such as a
// refused call that the application's contract wants logged.
func (b *Bridge) Record(ctx context.Context, by journal.Actor, action string, resource directory.ID, note any) error {
	panic("not written yet")
}

// Journal calls fn for each entry of the tenant with Seq > after, oldest first,
// until fn returns false.
func (b *Bridge) Journal(ctx context.Context, tenant directory.TenantID, after int64, fn func(*journal.Entry) bool) error {
	panic("not written yet")
}

var _ json.RawMessage
