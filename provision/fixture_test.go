package provision

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/mapping"
	"github.com/scimbridge/scimbridge/storage"
	"github.com/scimbridge/scimbridge/storage/storagetest"
)

const (
	tenant    directory.TenantID = 1
	okta      directory.ClientID = 1
	entra     directory.ClientID = 2
	retention                    = 7 * 24 * time.Hour
)

var epoch = time.Date(2026, 3, 1, 12, 0, 0, 7e6, time.UTC)

// fixture is a bridge over a real database, with a clock that is set.
type fixture struct {
	testing.TB
	*Bridge
	store  storage.Store
	mapper *mapping.Mapper

	okta, entra, rsa, syncari, mobility journal.Actor

	mu    sync.Mutex
	clock time.Time
}

// fixtureOption changes how a fixture is made.
type fixtureOption func(*mapping.Settings, *Options)

func keep(d time.Duration) fixtureOption {
	return func(_ *mapping.Settings, o *Options) { o.Retention = d }
}

func newFixture(t testing.TB, options ...fixtureOption) *fixture {
	t.Helper()
	f := &fixture{TB: t, store: storagetest.Open(t), clock: epoch}
	s := mapping.Defaults()
	o := Options{Mapper: func(directory.TenantID) *mapping.Mapper { return f.mapper }, Retention: retention, Now: f.time}
	for _, option := range options {
		option(&s, &o)
	}
	var err error
	if f.mapper, err = mapping.New(s, nil); err != nil {
		t.Fatal(err)
	}
	f.Bridge = New(f.store, o)
	f.in(tenant)
	return f
}

// in makes the actors those of a tenant.
func (f *fixture) in(tenant directory.TenantID) {
	actor := func(o directory.Origin, c directory.ClientID, name string) journal.Actor {
		return journal.Actor{Tenant: tenant, Origin: o, Client: c, Name: name, RequestID: "req-" + name, Address: "192.0.2.1"}
	}
	f.okta = actor(directory.OriginSCIM, okta, "scim:okta")
	f.entra = actor(directory.OriginSCIM, entra, "scim:entra")
	f.rsa = actor(directory.OriginRSA, 0, "help desk")
	f.syncari = actor(directory.OriginSyncari, 0, "syncari admin")
	f.mobility = actor(directory.OriginMobility, 0, "dispatcher")
}

func (f *fixture) time() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.clock
}

// pass lets time pass.
func (f *fixture) pass(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.clock = f.clock.Add(d)
}

// profileOf is a person by userName, whose work address that is.
func profileOf(name string) directory.Profile {
	return directory.Profile{UserName: name, Emails: []directory.Plural{{Value: name + "@example.com", Type: "work"}}}
}

func (f *fixture) document(p directory.Profile) directory.Document {
	f.Helper()
	d, err := p.Document()
	if err != nil {
		f.Fatal(err)
	}
	return d
}

// push is a SCIM POST.
func (f *fixture) push(by journal.Actor, p directory.Profile, externalID string) (*directory.User, error) {
	f.Helper()
	in := &directory.User{Document: f.document(p), Active: true}
	in.SetExternalID(by.Client, externalID)
	return f.CreateUser(f.Context(), by, in)
}

// pushed is push that must succeed.
func (f *fixture) pushed(name string) *directory.User {
	f.Helper()
	u, err := f.push(f.okta, profileOf(name), "ext-"+name)
	if err != nil {
		f.Fatalf("create %s: %v", name, err)
	}
	return u
}

// born creates a user through an application's API.
func (f *fixture) born(by journal.Actor, name string) mapping.Account {
	f.Helper()
	a, err := f.CreateAccount(f.Context(), by, string(by.Origin)+".create", true, Draft{Profile: profileOf(name)})
	if err != nil {
		f.Fatalf("create %s by %s: %v", name, by.Name, err)
	}
	return a
}

// rewrite is an edit of attributes, as SCIM's PATCH makes it.
func rewrite(change func(*directory.Profile)) func(*directory.User) error {
	return func(u *directory.User) error {
		p, err := u.Document.Profile()
		if err != nil {
			return err
		}
		change(&p)
		u.Document, err = p.Document()
		return err
	}
}

func setActive(active bool) func(*directory.User) error {
	return func(u *directory.User) error { u.Active = active; return nil }
}

// edited is a SCIM PATCH that must succeed.
func (f *fixture) edited(id directory.ID, edit func(*directory.User) error) *directory.User {
	f.Helper()
	u, _, err := f.EditUser(f.Context(), f.okta, id, edit)
	if err != nil {
		f.Fatalf("edit %s: %v", id, err)
	}
	return u
}

// event makes events happen to a user through an application.
func (f *fixture) event(by journal.Actor, id directory.ID, events ...directory.Event) (mapping.Account, error) {
	return f.EditAccount(f.Context(), by, Ref{ID: id}, string(by.Origin)+".event", func(d *Draft) error {
		d.Events = events
		return nil
	})
}

func (f *fixture) happened(by journal.Actor, id directory.ID, events ...directory.Event) mapping.Account {
	f.Helper()
	a, err := f.event(by, id, events...)
	if err != nil {
		f.Fatalf("%v of %s: %v", events, id, err)
	}
	return a
}

// changed is an application's edit that must succeed.
func (f *fixture) changed(by journal.Actor, id directory.ID, edit func(*Draft)) mapping.Account {
	f.Helper()
	a, err := f.EditAccount(f.Context(), by, Ref{ID: id}, string(by.Origin)+".edit", func(d *Draft) error { edit(d); return nil })
	if err != nil {
		f.Fatalf("edit account %s: %v", id, err)
	}
	return a
}

func (f *fixture) deleted(id directory.ID) {
	f.Helper()
	if err := f.DeleteUser(f.Context(), f.okta, id, nil); err != nil {
		f.Fatalf("delete %s: %v", id, err)
	}
}

func (f *fixture) purged() int {
	f.Helper()
	n, err := f.PurgeDue(f.Context())
	if err != nil {
		f.Fatalf("purge: %v", err)
	}
	return n
}

// group creates a group with members.
func (f *fixture) group(name string, members ...directory.ID) *directory.Group {
	f.Helper()
	doc, err := directory.GroupProfile{DisplayName: name}.Document()
	if err != nil {
		f.Fatal(err)
	}
	g, _, err := f.CreateGroup(f.Context(), f.okta, &directory.Group{Document: doc}, &directory.MemberEdit{Add: texts(members...)})
	if err != nil {
		f.Fatalf("create group %s: %v", name, err)
	}
	return g
}

// members edits who is in a group.
func (f *fixture) members(id directory.ID, edit directory.MemberEdit) directory.MemberChange {
	f.Helper()
	_, mc, err := f.EditGroup(f.Context(), f.okta, id, func(*directory.Group) (*directory.MemberEdit, error) { return &edit, nil })
	if err != nil {
		f.Fatalf("edit members: %v", err)
	}
	return mc
}

func texts(ids ...directory.ID) []string {
	var s []string
	for _, id := range ids {
		s = append(s, id.String())
	}
	return s
}

// stored is the user as the database has it, in whatever state.
func (f *fixture) stored(id directory.ID) *directory.User {
	f.Helper()
	var u *directory.User
	err := f.store.View(f.Context(), func(r storage.Reader) (err error) {
		u, err = r.User(f.okta.Tenant, id, true)
		return err
	})
	if err != nil {
		f.Fatalf("read %s: %v", id, err)
	}
	return u
}

// state is what the applications know of the user.
func (f *fixture) state(id directory.ID) *directory.AppState {
	f.Helper()
	u := f.stored(id)
	var s *directory.AppState
	err := f.store.View(f.Context(), func(r storage.Reader) (err error) {
		s, err = r.AppState(u)
		return err
	})
	if err != nil {
		f.Fatalf("state of %s: %v", id, err)
	}
	return s
}

func (f *fixture) account(id directory.ID) mapping.Account {
	f.Helper()
	a, err := f.Account(f.Context(), f.okta.Tenant, Ref{ID: id})
	if err != nil {
		f.Fatalf("account %s: %v", id, err)
	}
	return a
}

// entries is the tenant's journal.
func (f *fixture) entries() []*journal.Entry {
	f.Helper()
	var list []*journal.Entry
	if err := f.Journal(context.Background(), f.okta.Tenant, 0, func(e *journal.Entry) bool { list = append(list, e); return true }); err != nil {
		f.Fatalf("journal: %v", err)
	}
	return list
}

// actions are those of the entries that fn adds to the journal.
func (f *fixture) actions(fn func()) []string {
	f.Helper()
	n := len(f.entries())
	fn()
	var list []string
	for _, e := range f.entries()[n:] {
		list = append(list, e.Action)
	}
	return list
}

// below changes a user under the bridge, for what no call of it does.
func (f *fixture) below(id directory.ID, change func(*directory.User)) {
	f.Helper()
	err := f.store.Update(f.Context(), func(tx storage.Tx) error {
		u, err := tx.User(f.okta.Tenant, id, false)
		if err != nil {
			return err
		}
		change(u)
		u.Version++
		return tx.UpdateUser(u)
	})
	if err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) wantNotFound(what string, err error) {
	f.Helper()
	if !errors.Is(err, directory.ErrNotFound) {
		f.Errorf("%s: error %v, want ErrNotFound", what, err)
	}
}

func (f *fixture) wantConflict(what string, err error, attribute string) {
	f.Helper()
	var c *directory.ConflictError
	if !errors.As(err, &c) || c.Attribute != attribute {
		f.Errorf("%s: error %v, want a conflict over %s", what, err, attribute)
	}
}

// refused reports whether an error is one that a caller may earn.
func refused(err error) bool {
	var (
		conflict *directory.ConflictError
		state    *directory.StateError
	)
	return errors.Is(err, directory.ErrNotFound) || errors.As(err, &conflict) || errors.As(err, &state)
}

// name is the nth of many names.
func name(n int) string { return fmt.Sprintf("user-%d", n) }
