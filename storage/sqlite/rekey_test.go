package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/storage"
)

// resourceID is the id of the n-th resource in testdata/version1.sql.
func resourceID(n byte) directory.ID {
	var id directory.ID
	copy(id[:], []byte{1, 0x93, 0xf0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, n})
	return id
}

// openVersion1 opens a database of the first schema.
func openVersion1(t *testing.T) *Store {
	t.Helper()
	dump, err := os.ReadFile("testdata/version1.sql")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "directory.db")
	execute(t, path, string(dump))
	return open(t, Options{Path: path})
}

// A database with keys of the first form is found by the present one, and where
// two values have become one, the start is not refused.
//
// covers: R-7644-5-01, T-21
func TestKeysOfAnOldDatabase(t *testing.T) {
	s := openVersion1(t)
	const tenant, other, client = 1, 2, 1
	view := func(fn func(r storage.Reader) error) {
		t.Helper()
		if err := s.View(t.Context(), fn); err != nil {
			t.Error(err)
		}
	}
	view(func(r storage.Reader) error {
		for name, want := range map[string]byte{
			"PLAIN@example.com": 1, "andr\u00e9": 2, "ANDRE\u0301": 2,
			"bob": 4, "\uff22ob": 4, // it had the key before, so the older one does not take it
			"ren\u00e9": 5, "Rene\u0301": 5, // neither had it: the older one
			"padded": 7, "\u03b1\u03b9": 8, "zo\u00eb": 11, "Zoe\u0308": 11,
		} {
			if u, err := r.FindUser(tenant, storage.UserKey{UserName: name}); err != nil || u.ID != resourceID(want) {
				t.Errorf("userName %q: %v, %v, want %v", name, u, err, resourceID(want))
			}
		}
		if u, err := r.FindUser(tenant, storage.UserKey{Released: "zo\u00eb"}); err != nil || u.ID != resourceID(10) {
			t.Errorf("released: %v, %v", u, err)
		}
		if u, err := r.FindUser(other, storage.UserKey{UserName: "andr\u00e9"}); err != nil || u.ID != resourceID(9) {
			t.Errorf("the other tenant's: %v, %v", u, err)
		}
		if u, err := r.FindUser(tenant, storage.UserKey{MobilityUserID: "andr\u00e9"}); err != nil || u.ID != resourceID(2) {
			t.Errorf("by mobility user id: %v, %v", u, err)
		}
		if n, err := r.Organization(tenant, "B\u00dcRO"); err != nil || n != 7 {
			t.Errorf("organization %d, %v", n, err)
		}
		for term, want := range map[directory.Term][]byte{
			{Field: directory.FieldDisplayName, Text: "Andr\u00e9"}:                 {2},
			{Field: directory.FieldFamilyName, Text: "\u00c5ngstr\u00f6m"}:          {2},
			{Field: directory.FieldEmployeeNumber, Text: "12"}:                      {2},
			{Field: directory.FieldEmail, Text: "andr\u00e9@X.io"}:                  {2},
			{Field: directory.FieldManager, Text: "M\u00e9"}:                        {2},
			{Field: directory.FieldExternalID, Text: "\u00c9"}:                      {2},
			{Field: directory.FieldExternalID, Text: "p-1"}:                         {1},
			{Field: directory.FieldExternalID, Text: "R\u0301\u0323"}:               {5},
			{Field: directory.FieldUserName, Text: "p", Op: directory.Prefix}:       {1, 7},
			{Field: directory.FieldUserName, Text: "z", Op: directory.GreaterEqual}: {8, 11},
			{Field: directory.FieldUserName, Text: "bo", Op: directory.Prefix}:      {3, 4},
		} {
			var got []byte
			err := r.Users(tenant, directory.Query{Client: client, Where: term, Limit: -1}, func(u *directory.User) bool {
				got = append(got, u.ID[15])
				return true
			})
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%+v: %v, %v, want %v", term, got, err, want)
			}
		}
		// Whoever goes through the list by name, at any pace, meets everybody once.
		for size := int64(1); size < 12; size++ {
			var got []string
			q := directory.Query{Sort: &directory.Sort{Field: directory.FieldUserName}, Limit: size}
			for more := true; more && len(got) < 100; {
				more = false
				if err := r.Users(tenant, q, func(u *directory.User) bool {
					p, err := u.Document.Profile()
					if err != nil {
						t.Error(err)
					}
					behind, err := u.Position(q.Sort)
					if err != nil {
						t.Error(err)
					}
					more, q.Behind = true, &behind
					got = append(got, directory.FoldName(p.UserName))
					return true
				}); err != nil {
					t.Fatal(err)
				}
			}
			if len(got) != 9 || !slices.IsSorted(got) {
				t.Errorf("pages of %d: %q", size, got)
			}
		}
		if _, err := r.FindUser(tenant, storage.UserKey{Released: "bob"}); !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("who lost a name is taken for one that was deleted: %v", err)
		}
		var groups []byte
		err := r.Groups(tenant, directory.Query{Where: directory.Term{Field: directory.FieldDisplayName, Text: "\u00e9quipe"}, Limit: -1}, func(g *directory.Group) bool {
			groups = append(groups, g.ID[15])
			return true
		})
		if err != nil || string(groups) != "\x0c\x0d" {
			t.Errorf("groups of one name: %v, %v", groups, err)
		}
		// Who lost a value to whom.
		var notes []string
		err = r.Journal(tenant, 0, func(e *journal.Entry) bool {
			var note struct{ Attribute, Holder string }
			if err := json.Unmarshal(e.Note, &note); err != nil || e.Action != "key.collision" || e.Kind != journal.KindEvent || time.Since(e.At) > time.Hour {
				t.Errorf("entry %+v, %v", e, err)
			}
			notes = append(notes, note.Attribute+" "+e.Resource.String()[34:]+" "+note.Holder[34:])
			return true
		})
		want := []string{"userName 03 04", "userName 06 05", "mobilityUserId 03 04", "mobilityUserId 0a 0b", "displayName 0c 0d", "externalId 06 05"}
		if err != nil || !slices.Equal(notes, want) {
			t.Errorf("journal %q, %v, want %q", notes, err, want)
		}
		return nil
	})

	// The other keeps its row, is listed, and can be changed and deleted; its
	// name stays the first's until it takes another.
	change := func(n byte, fn func(u *directory.User)) error {
		return s.Update(t.Context(), func(tx storage.Tx) error {
			u, err := tx.User(tenant, resourceID(n), false)
			if err != nil {
				return err
			}
			fn(u)
			u.Version++
			return tx.UpdateUser(u)
		})
	}
	document := func(name string) func(u *directory.User) {
		return func(u *directory.User) { u.Document = []byte(`{"userName":"` + name + `","title":"T"}`) }
	}
	for name, n := range map[string]byte{"\uff22\uff4f\uff42": 3, " Ren\u00e9 ": 6} {
		if err := change(n, document(name)); err != nil {
			t.Errorf("user %d can not be changed: %v", n, err)
		}
		if err := change(n, func(u *directory.User) {
			u.Active, u.Status = false, directory.Status{State: directory.Disabled, DisabledBy: directory.OriginSCIM}
		}); err != nil {
			t.Errorf("user %d can not be disabled: %v", n, err)
		}
		var conflict *directory.ConflictError
		if err := change(n, document("Andre\u0301")); !errors.As(err, &conflict) || conflict.Existing != resourceID(2) {
			t.Errorf("user %d takes a name that is taken: %v", n, err)
		}
	}
	if err := change(3, document("robert")); err != nil {
		t.Error(err)
	}
	if err := change(6, func(u *directory.User) {
		u.Status = directory.Status{State: directory.DeletedSCIM, DeletedAt: time.Now(), DeletedBy: "x", DeleteOrigin: directory.OriginSCIM}
	}); err != nil {
		t.Errorf("user 6 can not be deleted: %v", err)
	}
	view(func(r storage.Reader) error {
		for name, want := range map[string]byte{"bob": 4, "robert": 3, "ren\u00e9": 5} {
			if u, err := r.FindUser(tenant, storage.UserKey{UserName: name}); err != nil || u.ID != resourceID(want) {
				t.Errorf("userName %q: %v, %v, want %v", name, u, err, resourceID(want))
			}
		}
		n, err := r.CountUsers(tenant, directory.Query{Client: client, Where: directory.Term{Field: directory.FieldExternalID, Text: "R\u0301\u0323"}})
		if err != nil || n != 1 {
			t.Errorf("%d users have the externalId, %v", n, err)
		}
		clients, err := r.Clients(tenant)
		if err != nil || len(clients) != 1 {
			t.Errorf("clients %v, %v", clients, err)
		}
		return nil
	})
	if err := s.Update(context.Background(), func(tx storage.Tx) error {
		return tx.PutClient(&storage.Client{Tenant: tenant, Name: "okta 1", Mode: storage.Tolerant, Created: time.Now()})
	}); err == nil || !strings.Contains(err.Error(), "name") {
		t.Errorf("a second client of the name: %v", err)
	}
}

// Keys with the dotted capital I, as they were before it was spelled out, are
// found in either case.
//
// covers: R-7643-4.1.1-03, R-7644-5-01
func TestKeysOfDottedCapitals(t *testing.T) {
	path := filepath.Join(t.TempDir(), "directory.db")
	s, err := Open(t.Context(), Options{Path: path, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	u := newUser(t, "\u0130pek")
	u.Document = []byte("{\"userName\":\"\u0130pek\",\"displayName\":\"I\u0307PEK\"}")
	if err := errors.Join(insert(s, u), s.Close()); err != nil {
		t.Fatal(err)
	}
	execute(t, path, "UPDATE users SET user_key = '\u0130pek', display_key = '\u0130pek'; DELETE FROM goose_db_version WHERE version_id >= 6")
	s = open(t, Options{Path: path})
	if err := s.View(t.Context(), func(r storage.Reader) error {
		for _, name := range []string{"\u0130PEK", "i\u0307pek", "I\u0307pek"} {
			if got, err := r.FindUser(1, storage.UserKey{UserName: name}); err != nil || got.ID != u.ID {
				t.Errorf("userName %q: %v, %v", name, got, err)
			}
			n, err := r.CountUsers(1, directory.Query{Where: directory.Term{Field: directory.FieldDisplayName, Text: name}})
			if err != nil || n != 1 {
				t.Errorf("displayName %q: %d, %v", name, n, err)
			}
		}
		if got, err := r.FindUser(1, storage.UserKey{UserName: "ipek"}); !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("ipek: %v, %v", got, err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}
