package sqlite

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/storage"
)

func open(t testing.TB, o Options) *Store {
	t.Helper()
	if o.Path == "" {
		o.Path = filepath.Join(t.TempDir(), "directory.db")
	}
	s, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

func newUser(t testing.TB, name string) *directory.User {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Millisecond)
	doc, err := directory.Profile{UserName: name, DisplayName: "D " + name, Name: &directory.Name{FamilyName: "F"},
		Emails: []directory.Plural{{Value: name + "@example.com", Type: "work"}}}.Document()
	if err != nil {
		t.Fatal(err)
	}
	return &directory.User{ID: directory.NewID(now), Tenant: 1, Version: 1, Created: now, Modified: now,
		Origin: directory.OriginSCIM, Active: true, Document: doc}
}

func TestSmoke(t *testing.T) {
	s := open(t, Options{})
	ctx := context.Background()
	u := newUser(t, "Alice")
	g := &directory.Group{ID: directory.NewID(u.Created), Tenant: 1, Version: 1, Created: u.Created, Modified: u.Created,
		DisplayName: "Admins", Document: directory.Document(`{"displayName":"Admins"}`)}
	err := s.Update(ctx, func(tx storage.Tx) error {
		if err := tx.InsertUser(u, &directory.AppState{}); err != nil {
			return err
		}
		if err := tx.InsertGroup(g); err != nil {
			return err
		}
		if _, err := tx.EditMembers(g, &directory.MemberEdit{Add: []string{u.ID.String(), "nobody"}}); err != nil {
			return err
		}
		return tx.AppendJournal(&journal.Entry{At: u.Created, Tenant: 1, Action: "user.create", Kind: journal.KindUser, Resource: u.ID, After: 1})
	})
	if err != nil {
		t.Fatal(err)
	}
	err = s.View(ctx, func(r storage.Reader) error {
		got, err := r.FindUser(1, storage.UserKey{Email: "ALICE@example.com"})
		if err != nil {
			return err
		}
		if got, err = r.User(1, got.ID, true); err != nil {
			return err
		}
		if len(got.Groups) != 1 || got.Groups[0].DisplayName != "Admins" {
			t.Errorf("groups %+v", got.Groups)
		}
		n := 0
		if err := r.Journal(1, 0, func(e *journal.Entry) bool { n++; return e.Seq == 1 }); err != nil {
			return err
		}
		if n != 1 {
			t.Errorf("%d entries", n)
		}
		_, err = r.FindUser(2, storage.UserKey{UserName: "alice"})
		if !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("other tenant: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
