package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/pressly/goose/v3"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
)

// A database of the first schema has its users in order, and found, after the
// migration that moved their keys.
func TestSortKeysMove(t *testing.T) {
	ctx, path := context.Background(), filepath.Join(t.TempDir(), "directory.db")
	if err := create(path); err != nil {
		t.Fatal(err)
	}
	if _, err := withProvider(ctx, path, func(p *goose.Provider) error {
		_, err := p.UpTo(ctx, 1)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	name, err := dsn(path, "rw", defaultBusyTimeout, true)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite3", name)
	if err != nil {
		t.Fatal(err)
	}
	for i, family := range []string{"Zoe", "", "Ada"} {
		id := directory.NewID(epoch)
		doc := fmt.Sprintf(`{"userName":"u%d","displayName":"D%d"}`, i, 9-i)
		if family != "" {
			doc = fmt.Sprintf(`{"userName":"u%d","name":{"familyName":%q},"displayName":"D%d"}`, i, family, 9-i)
		}
		_, err := db.ExecContext(ctx, `INSERT INTO users (seq, id, tenant, user_key, held, state, active, asserted_active, protected, version, created, modified,
				asserted, deleted_at, origin, disabled_by, deleted_by, delete_origin, external_ids, doc)
			VALUES (?, ?, 1, ?, 1, 0, 1, 1, 0, 1, 1000, 1000, 0, 0, 'scim', '', '', '', '', ?)`, i+1, id[:], fmt.Sprint("u", i), doc)
		if err == nil && family != "" {
			_, err = db.ExecContext(ctx, `INSERT INTO user_values (tenant, attr, key, seq) VALUES (1, 2, ?, ?)`, directory.Fold(family), i+1)
		}
		if err == nil {
			_, err = db.ExecContext(ctx, `INSERT INTO user_values (tenant, attr, key, seq) VALUES (1, 3, ?, ?)`, fmt.Sprint("d", 9-i), i+1)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := Open(ctx, Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := s.View(ctx, func(r storage.Reader) error {
		list := func(q directory.Query, want ...int64) (err error) {
			var got []int64
			q.Limit = 10
			err = r.Users(1, q, func(u *directory.User) bool { got = append(got, u.Seq); return true })
			if !slices.Equal(got, want) {
				t.Errorf("%+v: %v, want %v", q, got, want)
			}
			return err
		}
		return errors.Join(
			list(directory.Query{Sort: &directory.Sort{Field: directory.FieldFamilyName}}, 3, 1, 2),
			list(directory.Query{Sort: &directory.Sort{Field: directory.FieldDisplayName}}, 3, 2, 1),
			list(directory.Query{Sort: &directory.Sort{Field: directory.FieldEmployeeNumber}}, 1, 2, 3),
			list(directory.Query{Where: directory.Term{Field: directory.FieldFamilyName, Text: "ada"}}, 3),
			list(directory.Query{Where: directory.Term{Field: directory.FieldDisplayName, Op: directory.Less, Text: "d9"}}, 2, 3))
	}); err != nil {
		t.Error(err)
	}
}
