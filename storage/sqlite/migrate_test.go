package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/scimbridge/scimbridge/storage"
)

// execute runs SQL on a closed database, as another program would.
func execute(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestMigrate(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "directory.db")
	v, err := ReadVersions(ctx, path)
	if err != nil || v.Database != 0 || v.Program < 1 {
		t.Errorf("versions before creation: %+v, %v", v, err)
	}
	from, to, err := Migrate(ctx, path)
	if err != nil || from != 0 || to != v.Program {
		t.Errorf("Migrate: %d to %d, %v", from, to, err)
	}
	from, to, err = Migrate(ctx, path)
	if err != nil || from != v.Program || to != v.Program {
		t.Errorf("second Migrate: %d to %d, %v", from, to, err)
	}
	if v, err = ReadVersions(ctx, path); err != nil || v.Database != v.Program {
		t.Errorf("versions after: %+v, %v", v, err)
	}
	s := open(t, Options{Path: path, KeepSchema: true})
	if err := insert(s, newUser(t, "a")); err != nil {
		t.Error(err)
	}
}

func TestNewerDatabaseIsRefused(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "directory.db")
	if _, _, err := Migrate(ctx, path); err != nil {
		t.Fatal(err)
	}
	execute(t, path, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1); CREATE TABLE tomorrow (x)`)
	for name, open := range map[string]func() error{
		"Open":       func() error { _, err := Open(ctx, Options{Path: path}); return err },
		"read-only":  func() error { _, err := Open(ctx, Options{Path: path, ReadOnly: true}); return err },
		"KeepSchema": func() error { _, err := Open(ctx, Options{Path: path, KeepSchema: true}); return err },
		"Migrate":    func() error { _, _, err := Migrate(ctx, path); return err },
	} {
		if err := open(); !errors.Is(err, storage.ErrNewer) || !strings.Contains(err.Error(), "999") {
			t.Errorf("%s: %v, want ErrNewer in words", name, err)
		}
	}
}

func TestOlderDatabaseIsRefusedWithKeepSchema(t *testing.T) {
	path := filepath.Join(t.TempDir(), "directory.db")
	if err := create(path); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), Options{Path: path, KeepSchema: true}); err == nil || !strings.Contains(err.Error(), "migrated") {
		t.Errorf("Open: %v", err)
	}
	if _, err := Open(context.Background(), Options{Path: path, ReadOnly: true}); err == nil {
		t.Error("Open for reading: no error")
	}
}

// Several processes may be started on an empty database at once.
func TestMigrateTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "directory.db")
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			if _, _, err := Migrate(context.Background(), path); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	open(t, Options{Path: path, KeepSchema: true})
}

// A failed step leaves the database as it was.
func TestFailedMigrationChangesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "directory.db")
	execute(t, path, `CREATE TABLE journal (mine)`) // the last table of the first step
	if _, _, err := Migrate(context.Background(), path); err == nil {
		t.Fatal("no error")
	}
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var n int
	if err := db.QueryRow(`SELECT count(*) FROM sqlite_schema WHERE name IN ('users', 'tenants', 'groups')`).Scan(&n); err != nil || n != 0 {
		t.Errorf("%d tables were left, %v", n, err)
	}
}
