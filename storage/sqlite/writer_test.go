package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/storage"
)

// block holds the writer inside an Update until release is called.
func block(t *testing.T, s *Store) (release func()) {
	t.Helper()
	entered, leave, done := make(chan bool), make(chan bool), make(chan error, 1)
	go func() {
		done <- s.Update(context.Background(), func(storage.Tx) error { close(entered); <-leave; return nil })
	}()
	<-entered
	return func() {
		close(leave)
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// waitQueue waits until n writes wait.
func waitQueue(s *Store, n int) {
	for len(s.writer.queue) < n {
		time.Sleep(100 * time.Microsecond)
	}
}

func TestWaitingWritesAreCommittedTogether(t *testing.T) {
	s := open(t, Options{})
	const n = 100
	release := block(t, s)
	var wg sync.WaitGroup
	for i := range n {
		u := newUser(t, fmt.Sprint("u", i))
		wg.Go(func() {
			if err := insert(s, u); err != nil {
				t.Error(err)
			}
		})
	}
	waitQueue(s, n)
	release()
	wg.Wait()
	if commits := testutil.CollectAndCount(s.metrics.batches); commits != 1 {
		t.Fatalf("%d histograms", commits)
	}
	expected := `
# HELP scimbridge_commit_batch_size Write transactions that were made durable together.
# TYPE scimbridge_commit_batch_size histogram
scimbridge_commit_batch_size_bucket{le="1"} 0
scimbridge_commit_batch_size_bucket{le="2"} 0
scimbridge_commit_batch_size_bucket{le="4"} 0
scimbridge_commit_batch_size_bucket{le="8"} 0
scimbridge_commit_batch_size_bucket{le="16"} 0
scimbridge_commit_batch_size_bucket{le="32"} 0
scimbridge_commit_batch_size_bucket{le="64"} 0
scimbridge_commit_batch_size_bucket{le="128"} 1
scimbridge_commit_batch_size_bucket{le="256"} 1
scimbridge_commit_batch_size_bucket{le="+Inf"} 1
scimbridge_commit_batch_size_sum 101
scimbridge_commit_batch_size_count 1
`
	if err := testutil.CollectAndCompare(s.metrics.batches, strings.NewReader(expected)); err != nil {
		t.Error(err)
	}
}

func TestFullQueueRefuses(t *testing.T) {
	s := open(t, Options{Queue: 3})
	release := block(t, s)
	results := make(chan error, 3)
	for i := range 3 {
		u := newUser(t, fmt.Sprint("u", i))
		go func() { results <- insert(s, u) }()
	}
	waitQueue(s, 3)
	if err := insert(s, newUser(t, "late")); !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("Update behind a full queue: %v", err)
	}
	release()
	for range 3 {
		if err := <-results; err != nil {
			t.Errorf("Update that was accepted: %v", err)
		}
	}
	if err := insert(s, newUser(t, "later")); err != nil {
		t.Error(err)
	}
}

// A COMMIT that fails tells all of its batch, stores nothing of it, and the
// writer goes on.
func TestFailedCommit(t *testing.T) {
	s := open(t, Options{})
	entered, leave := make(chan bool), make(chan bool)
	results := make(chan error, 11)
	go func() { // opens the batch, and fails with it
		results <- s.Update(context.Background(), func(tx storage.Tx) error {
			close(entered)
			<-leave
			return tx.InsertUser(newUser(t, "first"), nil)
		})
	}()
	<-entered
	for i := range 10 {
		u := newUser(t, fmt.Sprint("u", i))
		go func() {
			results <- s.Update(context.Background(), func(tx storage.Tx) error {
				if i == 5 { // a violated foreign key that is only looked at by COMMIT
					if err := s.writer.c.run("PRAGMA defer_foreign_keys = ON"); err != nil {
						return err
					}
					if err := s.writer.c.run("INSERT INTO tokens VALUES (1, 99, 'x', '', '', 0, 0, 0)"); err != nil {
						return err
					}
				}
				return tx.InsertUser(u, nil)
			})
		}()
	}
	waitQueue(s, 10)
	close(leave)
	failed := 0
	for range 11 {
		if err := <-results; errors.Is(err, storage.ErrUnavailable) {
			failed++
		} else {
			t.Errorf("Update: %v", err)
		}
	}
	if n := countUsers(t, s); failed != 11 || n != 0 {
		t.Errorf("%d writes failed, %d users are there; want 11 and 0", failed, n)
	}
	if err := insert(s, newUser(t, "after")); err != nil {
		t.Errorf("Update after a failed commit: %v", err)
	}
}

// After the engine has given up the transaction nothing more is carried out:
// a savepoint would begin a transaction of its own and store what it holds.
//
// covers: T-49
func TestBatchWithoutTransaction(t *testing.T) {
	s := open(t, Options{})
	later := func(tx storage.Tx, name string) error {
		return tx.Nested(func(tx storage.Tx) error { return tx.InsertUser(newUser(t, name), nil) })
	}
	err := s.Update(context.Background(), func(tx storage.Tx) error {
		if err := later(tx, "before"); err != nil {
			return err
		}
		if err := s.writer.c.run("ROLLBACK"); err != nil { // as the engine does after some errors
			return err
		}
		for name, err := range map[string]error{"nested": later(tx, "nested"), "insert": tx.InsertUser(newUser(t, "insert"), nil)} {
			if !errors.Is(err, storage.ErrUnavailable) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := tx.CountUsers(1, directory.Query{}); !errors.Is(err, storage.ErrUnavailable) {
			t.Errorf("count: %v", err)
		}
		return nil
	})
	if !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("Update: %v", err)
	}
	// Even if the function asks for nothing more.
	if err := s.Update(context.Background(), func(tx storage.Tx) error {
		return errors.Join(tx.InsertUser(newUser(t, "last"), nil), s.writer.c.run("ROLLBACK"))
	}); !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("Update: %v", err)
	}
	if n := countUsers(t, s); n != 0 {
		t.Errorf("%d users are stored", n)
	}
	if err := insert(s, newUser(t, "after")); err != nil {
		t.Errorf("a later write: %v", err)
	}
}

// A batch that goes on although the disk was full once stores nothing, and what
// comes later in it is refused.
//
// covers: T-49
func TestBatchOnAFullDisk(t *testing.T) {
	s := open(t, Options{})
	neighbour := make(chan error, 1)
	var errs []error
	err := s.Update(context.Background(), func(tx storage.Tx) error {
		go func() { neighbour <- insert(s, newUser(t, "neighbour")) }()
		pages, err := s.writer.c.pragma("page_count")
		if err != nil {
			return err
		}
		if err := s.writer.c.run(fmt.Sprint("PRAGMA max_page_count = ", pages+20)); err != nil {
			return err
		}
		for i := range 30 {
			errs = append(errs, tx.Nested(func(tx storage.Tx) error {
				u := newUser(t, fmt.Sprint("u", i))
				if i < 10 {
					u.Document = append(u.Document[:len(u.Document)-1], `,"nickName":"`+strings.Repeat("x", 20_000)+`"}`...)
				}
				return tx.InsertUser(u, nil)
			}))
		}
		return nil
	})
	if !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("Update: %v", err)
	}
	full := slices.IndexFunc(errs, func(err error) bool { return err != nil })
	if full < 1 || full > 9 {
		t.Fatalf("the disk was full at operation %d", full)
	}
	for i, err := range errs[full:] {
		if !errors.Is(err, storage.ErrUnavailable) {
			t.Errorf("operation %d: %v", full+i, err)
		}
	}
	if err := <-neighbour; err != nil {
		t.Errorf("the neighbour: %v", err)
	}
	if n := countUsers(t, s); n != 1 {
		t.Errorf("%d users are stored, want the neighbour", n)
	}
}

// covers: T-49 the full disk: nothing half, nothing acknowledged, and it works
// again when there is room
func TestFullDisk(t *testing.T) {
	s := open(t, Options{})
	if err := insert(s, newUser(t, "before")); err != nil {
		t.Fatal(err)
	}
	limit := func(pages string) {
		t.Helper()
		if err := s.Update(context.Background(), func(storage.Tx) error {
			return s.writer.c.run("PRAGMA max_page_count = " + pages)
		}); err != nil {
			t.Fatal(err)
		}
	}
	var pages int64
	if err := s.Update(context.Background(), func(storage.Tx) (err error) {
		pages, err = s.writer.c.pragma("page_count")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	limit(fmt.Sprint(pages + 20))
	const n = 60
	acknowledged := make(chan string, n)
	refused := make(chan error, n)
	var wg sync.WaitGroup
	for i := range n {
		name := fmt.Sprint("u", i)
		u := newUser(t, name)
		wg.Go(func() {
			err := s.Update(context.Background(), func(tx storage.Tx) error {
				if err := tx.InsertUser(u, nil); err != nil {
					return err
				}
				e := &journal.Entry{At: epoch, Tenant: 1, Resource: u.ID, Forward: []byte(`"` + strings.Repeat("x", 9000) + `"`)}
				if err := tx.AppendJournal(e); err != nil && i%2 == 0 {
					return nil // a function that hides the error has still not been carried out
				} else {
					return err
				}
			})
			if err == nil {
				acknowledged <- name
			} else {
				refused <- err
			}
		})
	}
	wg.Wait()
	close(acknowledged)
	close(refused)
	if len(refused) == 0 || len(acknowledged)+len(refused) != n {
		t.Errorf("%d acknowledged, %d refused", len(acknowledged), len(refused))
	}
	for err := range refused {
		if !errors.Is(err, storage.ErrUnavailable) {
			t.Errorf("Update on a full disk: %v", err)
		}
	}
	if got := countUsers(t, s); got != int64(len(acknowledged))+1 {
		t.Errorf("%d users, but %d were acknowledged", got, len(acknowledged)+1)
	}
	if err := s.View(context.Background(), func(r storage.Reader) error {
		for name := range acknowledged {
			if _, err := r.FindUser(1, storage.UserKey{UserName: name}); err != nil {
				t.Errorf("%s was acknowledged: %v", name, err)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	limit("1073741823")
	if err := insert(s, newUser(t, "after")); err != nil {
		t.Errorf("Update when there is room again: %v", err)
	}
}

// Another process that holds the lock for too long makes writes unavailable,
// for as long as it does.
func TestLockedByAnotherProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "directory.db")
	s := open(t, Options{Path: path, BusyTimeout: 20 * time.Millisecond})
	other := open(t, Options{Path: path})
	release := block(t, other)
	if err := insert(s, newUser(t, "a")); !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("Update while another process writes: %v", err)
	}
	if n := countUsers(t, s); n != 0 { // readers do not mind
		t.Errorf("%d users", n)
	}
	release()
	if err := insert(s, newUser(t, "a")); err != nil {
		t.Error(err)
	}
}

// A connection that gave an error of the storage is replaced.
func TestConnectsAgain(t *testing.T) {
	s := open(t, Options{})
	before := s.writer.c
	err := s.Update(context.Background(), func(tx storage.Tx) error {
		if err := tx.InsertUser(newUser(t, "a"), nil); err != nil {
			return err
		}
		s.writer.c.failed = fmt.Errorf("%w: input/output error", storage.ErrUnavailable)
		return nil
	})
	if !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("Update: %v", err)
	}
	if err := insert(s, newUser(t, "b")); err != nil {
		t.Fatal(err)
	}
	if err := s.Update(context.Background(), func(storage.Tx) error {
		if s.writer.c == before {
			t.Error("the connection is the same")
		}
		if n, err := s.writer.c.pragma("synchronous"); n != 2 {
			t.Errorf("the new connection has synchronous %d, %v", n, err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if n := countUsers(t, s); n != 1 {
		t.Errorf("%d users, want the second only", n)
	}
}

func TestPanicReachesTheCallerWithItsStack(t *testing.T) {
	s := open(t, Options{})
	cause := errors.New("cause")
	defer func() {
		p, ok := recover().(*PanicError)
		if !ok || !errors.Is(p, cause) || !strings.Contains(p.Error(), "panicking") {
			t.Errorf("panic %v", p)
		}
	}()
	err := s.Update(context.Background(), func(storage.Tx) error { return panicking(cause) })
	t.Errorf("Update returned %v", err)
}

func panicking(v any) error { panic(v) }

// Statements that filters bring must not pile up.
func TestStatementsAreBounded(t *testing.T) {
	s := open(t, Options{Readers: 1})
	if err := insert(s, newUser(t, "a")); err != nil {
		t.Fatal(err)
	}
	if err := s.View(context.Background(), func(r storage.Reader) error {
		for i := range 2 * maxStatements {
			where := directory.Any{directory.Term{Field: directory.FieldUserName, Text: "a"}}
			for bit := range 10 { // as many different texts as numbers
				field := directory.FieldActive
				if i>>bit&1 == 1 {
					field = directory.FieldFamilyName
				}
				where = append(where, directory.Term{Field: field, Text: "nobody"})
			}
			if n, err := r.CountUsers(1, directory.Query{Where: where}); n != 1 || err != nil {
				return fmt.Errorf("count %d: %w", n, err)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	c := <-s.readers.free
	if n := len(c.statements); n > maxStatements || n != c.recent.Len() {
		t.Errorf("%d statements are kept, %d in the list", n, c.recent.Len())
	}
	s.readers.free <- c
}
