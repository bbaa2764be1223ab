package sqlite

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/storage"
)

// quiet keeps expected complaints out of the test's output.
var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

func open(t testing.TB, o Options) *Store {
	t.Helper()
	if o.Path == "" {
		o.Path = filepath.Join(t.TempDir(), "directory.db")
	}
	if o.Logger == nil {
		o.Logger = quiet
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

var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func newUser(t testing.TB, name string) *directory.User {
	t.Helper()
	doc, err := directory.Profile{UserName: name, DisplayName: "The user " + name, Name: &directory.Name{FamilyName: "Family", GivenName: "Given"},
		Emails: []directory.Plural{{Value: name + "@example.com", Type: "work"}}, Title: "Engineer", Locale: "en-GB",
		Enterprise: &directory.Enterprise{EmployeeNumber: name, Department: "Research"}}.Document()
	if err != nil {
		t.Fatal(err)
	}
	return &directory.User{ID: directory.NewID(time.Now()), Tenant: 1, Version: 1, Created: epoch, Modified: epoch,
		Origin: directory.OriginSCIM, Active: true, Document: doc}
}

// insert stores a user with its journal entry, as the bridge does.
func insert(s *Store, u *directory.User) error {
	return s.Update(context.Background(), func(tx storage.Tx) error {
		if err := tx.InsertUser(u, &directory.AppState{}); err != nil {
			return err
		}
		return tx.AppendJournal(&journal.Entry{At: epoch, Tenant: 1, Action: "user.create", Kind: journal.KindUser,
			Resource: u.ID, After: 1, Forward: []byte(u.Document)})
	})
}

// countUsers counts rows, not the counter.
func countUsers(t testing.TB, s *Store) (n int64) {
	t.Helper()
	if err := s.View(context.Background(), func(r storage.Reader) (err error) {
		n, err = r.CountUsers(1, directory.Query{Where: directory.All{}})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

// The writer must ask for what go-sqlite3 is not compiled to do by itself: with
// synchronous=NORMAL a power cut loses writes that were acknowledged.
func TestPragmas(t *testing.T) {
	s := open(t, Options{})
	check := func(who string, c *conn, want map[string]int64) {
		for name, value := range want {
			if got, err := c.pragma(name); err != nil || got != value {
				t.Errorf("%s: PRAGMA %s is %d, want %d (%v)", who, name, got, value, err)
			}
		}
	}
	if err := s.Update(context.Background(), func(storage.Tx) error {
		check("writer", s.writer.c, map[string]int64{"synchronous": 2, "foreign_keys": 1, "wal_autocheckpoint": 1000,
			"journal_size_limit": 64 << 20, "busy_timeout": 5000, "cache_size": -65536, "query_only": 0})
		for row, err := range s.writer.c.Query("PRAGMA journal_mode") {
			if err != nil || row.Text(0) != "wal" {
				t.Errorf("journal_mode %v, %v", row, err)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	c := <-s.readers.free
	s.readers.free <- c
	if c == nil {
		var err error
		if c, err = s.readers.open(); err != nil {
			t.Fatal(err)
		}
		defer c.close()
	}
	check("reader", c, map[string]int64{"query_only": 1, "cache_size": -4096, "busy_timeout": 5000})
	if _, err := c.Exec("DELETE FROM users"); !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("a reader's write: %v", err)
	}
}

// A database reopened by the next process has all, and its file is private.
func TestReopen(t *testing.T) {
	for _, name := range []string{"directory.db", "with space & ?query#frag%41.db", "ünï 'quote'.db"} {
		path := filepath.Join(t.TempDir(), name)
		for i := range 3 {
			s, err := Open(context.Background(), Options{Path: path, Logger: quiet})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if n := countUsers(t, s); n != int64(i) {
				t.Errorf("%s: %d users after opening it the %d. time", name, n, i+1)
			}
			if err := errors.Join(insert(s, newUser(t, fmt.Sprint("u", i))), s.Close()); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, want it private", name, info.Mode())
		}
	}
	for _, path := range []string{"", ":memory:", filepath.Join(t.TempDir(), "no", "such", "folder.db")} {
		if s, err := Open(context.Background(), Options{Path: path}); err == nil {
			t.Errorf("Open %q: no error", path)
			s.Close()
		}
	}
	notADatabase := filepath.Join(t.TempDir(), "text.db")
	if err := os.WriteFile(notADatabase, bytes.Repeat([]byte("not a database\n"), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := Open(context.Background(), Options{Path: notADatabase}); err == nil {
		t.Error("Open of a text file: no error")
		s.Close()
	}
}

func TestReadOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "directory.db")
	if _, err := Open(context.Background(), Options{Path: path, ReadOnly: true}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a database that does not exist: %v", err)
	}
	first, err := Open(context.Background(), Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(insert(first, newUser(t, "a")), first.Close()); err != nil {
		t.Fatal(err)
	}
	ro := open(t, Options{Path: path, ReadOnly: true}) // nobody else has it open
	if n := countUsers(t, ro); n != 1 {
		t.Errorf("%d users are seen, want 1", n)
	}
	s := open(t, Options{Path: path}) // now somebody has, and writes
	if err := insert(s, newUser(t, "c")); err != nil {
		t.Fatal(err)
	}
	if n := countUsers(t, ro); n != 2 {
		t.Errorf("%d users are seen, want 2", n)
	}
	if err := insert(ro, newUser(t, "b")); !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("Update: %v", err)
	}
	if len(ro.Metrics()) == 0 {
		t.Error("no collectors")
	}
}

// Every subcommand works on the database of a running server: two stores on
// one file, writing at the same time.
func TestTwoProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "directory.db")
	stores := []*Store{open(t, Options{Path: path}), open(t, Options{Path: path})}
	const each = 60
	var wg sync.WaitGroup
	for i, s := range stores {
		for w := range 2 {
			wg.Go(func() {
				for j := range each / 2 {
					if err := insert(s, newUser(t, fmt.Sprint("u", i, "-", w, "-", j))); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	wg.Wait()
	for _, s := range stores {
		if n := countUsers(t, s); n != 2*each {
			t.Errorf("%d users, want %d", n, 2*each)
		}
	}
}

// covers: T-46 between two processes
func TestTwoProcessesOneName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "directory.db")
	stores := []*Store{open(t, Options{Path: path}), open(t, Options{Path: path})}
	results := make(chan error)
	for i := range 40 {
		u := newUser(t, "Alice")
		go func() { results <- insert(stores[i%2], u) }()
	}
	won := 0
	for range 40 {
		var c *directory.ConflictError
		if err := <-results; err == nil {
			won++
		} else if !errors.As(err, &c) {
			t.Error(err)
		}
	}
	if n := countUsers(t, stores[0]); won != 1 || n != 1 {
		t.Errorf("%d won, %d users", won, n)
	}
}

// The tombstone has the ids and no more than a hash of the name.
func TestTombstone(t *testing.T) {
	s := open(t, Options{})
	u, a := newUser(t, "Alice"), &directory.AppState{}
	ctx := context.Background()
	if err := s.Update(ctx, func(tx storage.Tx) error {
		return errors.Join(tx.InsertUser(u, a), tx.PurgeUser(u, epoch))
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.Update(ctx, func(storage.Tx) error {
		n := 0
		for row, err := range s.writer.c.Query("SELECT id, tenant, uniphore_id, syncari_id, mobility_user_id, user_key_sha256, purged FROM tombstones") {
			if err != nil {
				return err
			}
			n++
			hash := sha256.Sum256([]byte("alice"))
			if row.ID(0) != u.ID || row.Int(1) != 1 || row.Int(2) != a.UniphoreID || !bytes.Equal(row.Bytes(3), a.SyncariID[:]) ||
				row.Text(4) != "Alice" || !bytes.Equal(row.Bytes(5), hash[:]) || !row.Time(6).Equal(epoch) {
				t.Errorf("tombstone %v", row)
			}
		}
		if n != 1 {
			t.Errorf("%d tombstones", n)
		}
		for _, table := range []string{"users", "user_values", "external_ids", "app_state", "pending_deletions", "members"} {
			for row, err := range s.writer.c.Query("SELECT count(*) FROM " + table) {
				if err != nil || row.Int(0) != 0 {
					t.Errorf("%s has %v rows (%v)", table, row, err)
				}
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestMetrics(t *testing.T) {
	s := open(t, Options{})
	for i := range 3 {
		if err := insert(s, newUser(t, fmt.Sprint("u", i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := insert(s, newUser(t, "U0")); err == nil {
		t.Fatal("no conflict")
	}
	reg := prometheus.NewPedanticRegistry()
	for _, c := range s.Metrics() {
		reg.MustRegister(c)
	}
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := f.GetName()
			for _, l := range m.GetLabel() {
				name += "/" + l.GetValue()
			}
			switch {
			case m.GetCounter() != nil:
				got[name] = m.GetCounter().GetValue()
			case m.GetHistogram() != nil:
				got[name] = float64(m.GetHistogram().GetSampleCount())
			default:
				got[name] = m.GetGauge().GetValue()
			}
		}
	}
	for name, want := range map[string]float64{
		"scimbridge_writes_total/committed": 3, "scimbridge_writes_total/refused": 1, "scimbridge_writes_total/unavailable": 0,
		"scimbridge_commit_batch_size": 3, "scimbridge_commit_duration_seconds": 3, "scimbridge_write_queue_length": 0,
	} {
		if value, ok := got[name]; !ok || value != want {
			t.Errorf("%s is %v (there: %t), want %v", name, value, ok, want)
		}
	}
}
