package storagetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
)

// The tenants and clients of the tests. A store does not ask whether they exist
// when it stores users and groups.
const (
	tenant      directory.TenantID = 1
	otherTenant directory.TenantID = 2
	okta        directory.ClientID = 1
	entra       directory.ClientID = 2
)

// epoch is when everything in the tests happens.
var epoch = time.Date(2026, 3, 1, 12, 0, 0, 7e6, time.UTC)

// fixture is one test with its store.
type fixture struct {
	*testing.T
	store storage.Store
}

// update runs fn in a transaction that must succeed.
func (f *fixture) update(fn func(tx storage.Tx) error) {
	f.Helper()
	if err := f.store.Update(context.Background(), fn); err != nil {
		f.Fatalf("Update: %v", err)
	}
}

// view runs fn on a snapshot.
func (f *fixture) view(fn func(r storage.Reader) error) {
	f.Helper()
	if err := f.store.View(context.Background(), fn); err != nil {
		f.Fatalf("View: %v", err)
	}
}

// try runs fn in a transaction and returns what Update returns.
func (f *fixture) try(fn func(tx storage.Tx) error) error {
	return f.store.Update(context.Background(), fn)
}

// user builds a user of the tenant; the options change it.
func (f *fixture) user(name string, options ...func(*directory.User, *directory.Profile)) *directory.User {
	f.Helper()
	u := &directory.User{ID: directory.NewID(epoch), Tenant: tenant, Version: 1, Created: epoch, Modified: epoch,
		Origin: directory.OriginSCIM, Active: true}
	p := directory.Profile{UserName: name}
	for _, o := range options {
		o(u, &p)
	}
	u.Document = f.document(p)
	return u
}

func (f *fixture) document(p directory.Profile) directory.Document {
	f.Helper()
	doc, err := p.Document()
	if err != nil {
		f.Fatal(err)
	}
	return doc
}

func emails(values ...string) func(*directory.User, *directory.Profile) {
	return func(_ *directory.User, p *directory.Profile) {
		for _, v := range values {
			p.Emails = append(p.Emails, directory.Plural{Value: v})
		}
	}
}

func externalID(c directory.ClientID, id string) func(*directory.User, *directory.Profile) {
	return func(u *directory.User, _ *directory.Profile) { u.SetExternalID(c, id) }
}

func inTenant(t directory.TenantID) func(*directory.User, *directory.Profile) {
	return func(u *directory.User, _ *directory.Profile) { u.Tenant = t }
}

// insert stores new users.
func (f *fixture) insert(us ...*directory.User) {
	f.Helper()
	f.update(func(tx storage.Tx) error {
		for _, u := range us {
			if err := tx.InsertUser(u, &directory.AppState{}); err != nil {
				return err
			}
		}
		return nil
	})
}

// insertUser stores a new user built by user.
func (f *fixture) insertUser(name string, options ...func(*directory.User, *directory.Profile)) *directory.User {
	f.Helper()
	u := f.user(name, options...)
	f.insert(u)
	return u
}

// read returns the stored user.
func (f *fixture) read(id directory.ID) *directory.User {
	f.Helper()
	var u *directory.User
	f.view(func(r storage.Reader) (err error) {
		u, err = r.User(tenant, id, true)
		return err
	})
	return u
}

// change reads, edits and stores a user with its next version.
func (f *fixture) change(id directory.ID, edit func(*directory.User)) error {
	return f.try(func(tx storage.Tx) error {
		u, err := tx.User(tenant, id, false)
		if err != nil {
			return err
		}
		edit(u)
		u.Version++
		return tx.UpdateUser(u)
	})
}

// mustChange is change that must succeed.
func (f *fixture) mustChange(id directory.ID, edit func(*directory.User)) {
	f.Helper()
	if err := f.change(id, edit); err != nil {
		f.Fatalf("change user: %v", err)
	}
}

// rename sets the user name in the document.
func (f *fixture) rename(name string) func(*directory.User) {
	return func(u *directory.User) {
		p, err := u.Document.Profile()
		if err != nil {
			f.Error(err)
			return
		}
		p.UserName = name
		u.Document = f.document(p)
	}
}

// become moves the user's life on; the events are those of the directory.
func (f *fixture) become(e directory.Event, at time.Time) func(*directory.User) {
	return func(u *directory.User) {
		status, err := u.Status.Next(e, "test", at)
		if err != nil {
			f.Error(err)
			return
		}
		u.Status = status
		u.Active = status.State == directory.Active
	}
}

// group builds a group of the tenant.
func (f *fixture) group(name string, options ...func(*directory.Group)) *directory.Group {
	f.Helper()
	doc, err := directory.GroupProfile{DisplayName: name}.Document()
	if err != nil {
		f.Fatal(err)
	}
	g := &directory.Group{ID: directory.NewID(epoch), Tenant: tenant, Version: 1, Created: epoch, Modified: epoch,
		DisplayName: name, Document: doc}
	for _, o := range options {
		o(g)
	}
	return g
}

// insertGroup stores a new group with members.
func (f *fixture) insertGroup(name string, members ...directory.ID) *directory.Group {
	f.Helper()
	g := f.group(name)
	f.update(func(tx storage.Tx) error {
		if err := tx.InsertGroup(g); err != nil {
			return err
		}
		_, err := tx.EditMembers(g, &directory.MemberEdit{Add: texts(members...)})
		return err
	})
	return g
}

// edit applies an edit that must succeed and returns what it did.
func (f *fixture) edit(g *directory.Group, e *directory.MemberEdit) (c directory.MemberChange) {
	f.Helper()
	f.update(func(tx storage.Tx) (err error) {
		c, err = tx.EditMembers(g, e)
		return err
	})
	return c
}

// members returns the direct members of a group in their order.
func (f *fixture) members(g *directory.Group) []directory.Member {
	f.Helper()
	var ms []directory.Member
	f.view(func(r storage.Reader) error {
		return r.Members(g, func(m directory.Member) bool { ms = append(ms, m); return true })
	})
	return ms
}

func texts(ids ...directory.ID) []string {
	var s []string
	for _, id := range ids {
		s = append(s, id.String())
	}
	return s
}

func userMember(u *directory.User) directory.Member {
	return directory.Member{ID: u.ID, Kind: directory.UserMember}
}

func groupMember(g *directory.Group) directory.Member {
	return directory.Member{ID: g.ID, Kind: directory.GroupMember}
}

// wantNotFound fails unless err is directory.ErrNotFound.
func (f *fixture) wantNotFound(what string, err error) {
	f.Helper()
	if !errors.Is(err, directory.ErrNotFound) {
		f.Errorf("%s: error %v, want ErrNotFound", what, err)
	}
}

// wantConflict fails unless err is a conflict over the attribute with the
// resource that has the value.
func (f *fixture) wantConflict(err error, attribute string, existing directory.ID) {
	f.Helper()
	var c *directory.ConflictError
	if !errors.As(err, &c) {
		f.Errorf("error %v, want a conflict over %s", err, attribute)
		return
	}
	if c.Attribute != attribute || c.Existing != existing {
		f.Errorf("conflict over %s with %v, want %s with %v", c.Attribute, c.Existing, attribute, existing)
	}
}
