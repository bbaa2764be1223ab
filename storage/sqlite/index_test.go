package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
	"github.com/scimbridge/scimbridge/storage/internal/sqlstore"
)

var (
	serialIndex = directory.Index{Type: "Device", Attribute: "serial", Path: []string{"serial"}, Fold: true, Unique: true}
	modelIndex  = directory.Index{Type: "Device", Attribute: "model", Path: []string{"model"}}
	titleIndex  = directory.Index{Type: "User", Attribute: "title", Path: []string{"title"}, Fold: true}
	localeIndex = directory.Index{Type: "User", Attribute: "locale", Path: []string{"locale"}, Unique: true}
)

func newDevice(doc string) *directory.Resource {
	return &directory.Resource{ID: directory.NewID(epoch), Tenant: 1, Type: "Device", Version: 1, Created: epoch, Modified: epoch,
		Document: directory.Document(doc)}
}

// insertDevices stores resources in one transaction.
func insertDevices(t testing.TB, s *Store, rs ...*directory.Resource) {
	t.Helper()
	if err := s.Update(context.Background(), func(tx storage.Tx) error {
		for _, r := range rs {
			if err := tx.InsertResource(r); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// found counts the devices or users with a value; an error if there is no index.
func found(s *Store, x directory.Index, value string) (n int64, err error) {
	q := directory.Query{Where: directory.Term{Field: directory.FieldAttribute, Attribute: x.Attribute, Text: value}}
	err = s.View(context.Background(), func(r storage.Reader) (err error) {
		if x.Type == "User" {
			n, err = r.CountUsers(1, q)
		} else {
			n, err = r.CountResources(1, x.Type, q)
		}
		return err
	})
	return n, err
}

func wantFound(t testing.TB, s *Store, x directory.Index, value string, want int64) {
	t.Helper()
	if n, err := found(s, x, value); err != nil || n != want {
		t.Errorf("%s %q: %d found, %v; want %d", x.Attribute, value, n, err, want)
	}
}

func wantNoIndex(t testing.TB, s *Store, x directory.Index) {
	t.Helper()
	if n, err := found(s, x, "a"); !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("%s is answered with %d, %v; want that it can not be now", x.Attribute, n, err)
	}
}

// dump returns what a query yields, a line for each row.
func dump(t testing.TB, path, query string) (lines []string) {
	t.Helper()
	name, err := dsn(path, "ro", defaultBusyTimeout, false)
	if err != nil {
		t.Fatal(err)
	}
	c, err := connect(name)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	for row, err := range c.Query(query) {
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprint(row))
	}
	return lines
}

// entries is all that the indexes hold, without their numbers.
func entries(t testing.TB, path string) []string {
	t.Helper()
	return append(dump(t, path, `SELECT a.type, a.name, v.tenant, v.key, v.seq FROM attributes a JOIN attribute_values v ON v.attr = a.attr ORDER BY 1, 2, 3, 4, 5`),
		dump(t, path, `SELECT 'held', a.type, a.name, v.tenant, v.key, v.seq FROM attributes a JOIN unique_values v ON v.attr = a.attr ORDER BY 2, 3, 4, 5, 6`)...)
}

// wantSound fails unless the indexes hold what an index that is built anew does.
func wantSound(t *testing.T, path string, indexes ...directory.Index) {
	t.Helper()
	if got := dump(t, path, `SELECT count(*) FROM attributes WHERE kept = 0 OR ready IS NULL`); got[0] != "[0]" {
		t.Errorf("indexes that are not ready: %v", got)
	}
	before := entries(t, path)
	execute(t, path, `UPDATE attributes SET form = 0`) // those that are not wanted are built anew, too
	s, err := Open(context.Background(), Options{Path: path, Indexes: indexes, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(entries(t, path), before); diff != "" {
		t.Errorf("the indexes differ from new ones (-new +kept):\n%s", diff)
	}
	if got := dump(t, path, `SELECT count(*) FROM attributes WHERE form = 0`); got[0] != "[0]" {
		t.Errorf("indexes of another form were kept: %v", got)
	}
	if got := dump(t, path, `SELECT count(*) FROM attribute_values WHERE attr NOT IN (SELECT attr FROM attributes)`); got[0] != "[0]" {
		t.Errorf("values of no index: %v", got)
	}
}

func TestIndexesAreBuiltAndRemoved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "directory.db")
	var log bytes.Buffer
	reopen := func(indexes ...directory.Index) *Store {
		t.Helper()
		log.Reset()
		s, err := Open(context.Background(), Options{Path: path, Indexes: indexes, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	const n = 2*indexStep + 7
	s := reopen()
	var rs []*directory.Resource
	for i := range n {
		rs = append(rs, newDevice(fmt.Sprintf(`{"serial":"S%d","model":"M%d"}`, i, i%10)))
	}
	insertDevices(t, s, rs...)
	gone := newUser(t, "gone")
	gone.Status = directory.Status{State: directory.DeletedSCIM, DeletedAt: epoch}
	if err := errors.Join(insert(s, newUser(t, "a")), insert(s, gone)); err != nil {
		t.Fatal(err)
	}
	wantNoIndex(t, s, serialIndex)
	s.Close()

	s = reopen(serialIndex, localeIndex)
	wantFound(t, s, serialIndex, "s1006", 1)
	wantFound(t, s, localeIndex, "en-GB", 1)
	wantNoIndex(t, s, modelIndex)
	for _, x := range []directory.Index{serialIndex, localeIndex} {
		if !strings.Contains(log.String(), "an index was built") || !strings.Contains(log.String(), "attribute="+x.Attribute) {
			t.Errorf("%s is missing in the log:\n%s", x.Attribute, &log)
		}
	}
	if !strings.Contains(log.String(), fmt.Sprint("resources=", n)) {
		t.Errorf("the log does not say how many:\n%s", &log)
	}
	err := s.Update(context.Background(), func(tx storage.Tx) error { return tx.InsertResource(newDevice(`{"serial":"s17"}`)) })
	if c := (*directory.ConflictError)(nil); !errors.As(err, &c) || c.Attribute != "serial" || c.Existing != rs[17].ID {
		t.Errorf("a serial that was there before the index: %v", err)
	}
	s.Close()
	wantSound(t, path, serialIndex, localeIndex)

	s = reopen(serialIndex, localeIndex) // nothing to do
	if log.Len() > 0 {
		t.Errorf("nothing has changed:\n%s", &log)
	}
	s.Close()
	numbers := dump(t, path, `SELECT max(attr) FROM attributes`)
	s = reopen(modelIndex, localeIndex) // serial is lacking, and kept
	wantFound(t, s, modelIndex, "M3", n/10+1)
	wantFound(t, s, localeIndex, "en-GB", 1)
	wantFound(t, s, serialIndex, "s17", 1)
	if err := s.Update(context.Background(), func(tx storage.Tx) error { return tx.InsertResource(newDevice(`{"serial":"s17"}`)) }); err == nil {
		t.Error("a serial that is there is taken again by a process that does not know of it")
	}
	insertDevices(t, s, newDevice(`{"serial":"other","model":"M3"}`))
	wantFound(t, s, serialIndex, "OTHER", 1)
	log.Reset()
	if err := DropIndex(context.Background(), path, "Device", "serial", slog.New(slog.NewTextHandler(&log, nil))); err != nil {
		t.Error(err)
	}
	wantNoIndex(t, s, serialIndex)
	if !strings.Contains(log.String(), "an index was removed") {
		t.Errorf("the log says nothing of the removal:\n%s", &log)
	}
	insertDevices(t, s, newDevice(`{"serial":"s17","model":"M3"}`))
	s.Close()
	wantSound(t, path, modelIndex, localeIndex)

	// Another definition is another index.
	folded := modelIndex
	folded.Fold = true
	s = reopen(folded)
	wantFound(t, s, folded, "m3", n/10+3)
	s.Close()
	if got := dump(t, path, `SELECT min(attr) FROM attributes`); got[0] <= numbers[0] {
		t.Errorf("number %v was given again after %v", got, numbers)
	}
	wantSound(t, path, folded)
	reopen().Close()
	for _, x := range []directory.Index{folded, localeIndex} {
		if err := DropIndex(context.Background(), path, x.Type, x.Attribute, quiet); err != nil {
			t.Error(err)
		}
		if err := DropIndex(context.Background(), path, x.Type, x.Attribute, quiet); !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("dropped again: %v", err)
		}
	}
	for _, table := range []string{"attributes", "attribute_values", "unique_values"} {
		if got := dump(t, path, `SELECT count(*) FROM `+table); got[0] != "[0]" {
			t.Errorf("%s: %v rows are left", table, got)
		}
	}
}

// covers: R-7643-7-10 where values were there before they had to be unique
func TestUniqueIndexOverDuplicatesIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "directory.db")
	s := open(t, Options{Path: path, Indexes: []directory.Index{modelIndex}})
	a, b, other := newDevice(`{"serial":"X","model":"m"}`), newDevice(`{"serial":"x"}`), newDevice(`{"serial":"x"}`)
	other.Tenant = 2
	insertDevices(t, s, other, a)
	for i := range indexStep { // so that the duplicate is not in the first step
		insertDevices(t, s, newDevice(fmt.Sprintf(`{"serial":"S%d"}`, i)))
	}
	insertDevices(t, s, b)
	before := entries(t, path)
	for range 2 {
		_, err := Open(context.Background(), Options{Path: path, Indexes: []directory.Index{serialIndex, titleIndex}, Logger: quiet})
		if err == nil {
			t.Fatal("no error")
		}
		for _, want := range []string{"serial", "Device", a.ID.String(), b.ID.String()} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q does not name %s", err, want)
			}
		}
		if diff := cmp.Diff(before, entries(t, path)); diff != "" {
			t.Errorf("the indexes have changed (-before +after):\n%s", diff)
		}
	}
	wantFound(t, s, modelIndex, "m", 1)
	insertDevices(t, s, newDevice(`{"serial":"X","model":"m"}`)) // nobody insists
	wantFound(t, s, modelIndex, "m", 2)
	// Set right, it works.
	execute(t, path, `DELETE FROM resources WHERE doc GLOB '*"X"*'`)
	wantFound(t, open(t, Options{Path: path, Indexes: []directory.Index{serialIndex}}), serialIndex, "x", 1)
}

// An index that is half built is not used, and the next Open goes on with it.
func TestBuildingIsContinued(t *testing.T) {
	path := filepath.Join(t.TempDir(), "directory.db")
	s := open(t, Options{Path: path})
	var last *directory.Resource
	for i := range 2*indexStep + 1 {
		last = newDevice(fmt.Sprintf(`{"serial":"S%d","model":"m"}`, i))
		insertDevices(t, s, last)
	}
	steps := func(fn func(*sqlstore.Session) error) {
		t.Helper()
		name, err := dsn(path, "rw", defaultBusyTimeout, false)
		if err != nil {
			t.Fatal(err)
		}
		c, err := connect(name)
		if err != nil {
			t.Fatal(err)
		}
		defer c.close()
		if err := change(c, fn); err != nil {
			t.Fatal(err)
		}
	}
	want := []directory.Index{serialIndex, modelIndex}
	steps(func(s *sqlstore.Session) error { return s.PlanIndexes(want) })
	steps(func(s *sqlstore.Session) error { _, _, err := s.BuildIndex(want, 0, indexStep); return err })
	wantNoIndex(t, s, serialIndex)
	wantNoIndex(t, s, modelIndex)
	// Meanwhile a process that knows nothing of it keeps it, and keeps others from
	// what has to be unique as far as that is known.
	insertDevices(t, s, newDevice(`{"serial":"new"}`))
	if err := s.Update(context.Background(), func(tx storage.Tx) error { return tx.InsertResource(newDevice(`{"serial":"NEW"}`)) }); err == nil {
		t.Error("a duplicate among what is known")
	}
	// What it is not known to have may be taken, and stays so when its old holder lets go.
	insertDevices(t, s, newDevice(fmt.Sprintf(`{"serial":"s%d"}`, 2*indexStep)))
	if err := s.Update(context.Background(), func(tx storage.Tx) error {
		r, err := tx.Resource(1, "Device", last.ID)
		if err != nil {
			return err
		}
		r.Version, r.Document = 2, directory.Document(`{"serial":"moved","model":"m"}`)
		return errors.Join(tx.UpdateResource(r), tx.InsertResource(newDevice(`{"serial":"third"}`)))
	}); err != nil {
		t.Error(err)
	}
	if err := s.Update(context.Background(), func(tx storage.Tx) error {
		return tx.InsertResource(newDevice(fmt.Sprintf(`{"serial":"S%d"}`, 2*indexStep)))
	}); err == nil {
		t.Error("a value that was taken meanwhile was lost with its old holder")
	}
	progress := dump(t, path, `SELECT attr, built FROM attributes ORDER BY attr`)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Open(ctx, Options{Path: path, Indexes: want, Logger: quiet}); err == nil {
		t.Error("Open with a context that has ended")
	}
	if got := dump(t, path, `SELECT attr, built FROM attributes ORDER BY attr`); !slices.Equal(got, progress) {
		t.Errorf("progress %v, was %v", got, progress)
	}
	var log bytes.Buffer
	again := open(t, Options{Path: path, Indexes: want, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if !strings.Contains(log.String(), fmt.Sprintf("attribute=serial resources=%d", indexStep+4)) {
		t.Errorf("it was built from the beginning:\n%s", &log)
	}
	for _, s := range []*Store{s, again} {
		wantFound(t, s, serialIndex, "s0", 1)
		wantFound(t, s, serialIndex, "new", 1)
		wantFound(t, s, modelIndex, "m", 2*indexStep+1)
	}
	// One that was begun for another configuration is left to whoever began it,
	// unless its attribute is wanted otherwise.
	folded := modelIndex
	folded.Fold = true
	steps(func(s *sqlstore.Session) error {
		return s.PlanIndexes([]directory.Index{serialIndex, folded, titleIndex})
	})
	open(t, Options{Path: path, Indexes: want})
	var states []string
	all, err := Indexes(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range all {
		states = append(states, fmt.Sprint(x.Type, " ", x.Attribute, " ", x.Fold, " ", x.Unique, " ", x.Ready))
	}
	if diff := cmp.Diff([]string{"Device model false false true", "Device serial true true true", "User title true false false"}, states); diff != "" {
		t.Errorf("the indexes there are (-want +got):\n%s", diff)
	}
	wantFound(t, open(t, Options{Path: path, Indexes: []directory.Index{titleIndex}}), titleIndex, "a", 0)
	wantSound(t, path)
}

// While indexes are built, others write as they like; in the end the indexes
// hold what the documents say.
func TestIndexesAreBuiltWhileOthersWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "directory.db")
	ctx := context.Background()
	s := open(t, Options{Path: path})
	rng := rand.New(rand.NewPCG(31, 32))
	serial := func() string { return fmt.Sprintf(`{"serial":"%d","model":"%d"}`, rng.IntN(5000), rng.IntN(4)) }
	var rs []*directory.Resource
	for i := range 3 * indexStep {
		rs = append(rs, newDevice(fmt.Sprintf(`{"serial":"old %d","model":"%d"}`, i, i%4)))
	}
	insertDevices(t, s, rs...)
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for more := true; more; {
			select {
			case <-done:
				more = false // once more after the last
			default:
			}
			i := rng.IntN(len(rs))
			err := s.Update(ctx, func(tx storage.Tx) error {
				c, err := tx.Resource(1, "Device", rs[i].ID)
				if errors.Is(err, directory.ErrNotFound) {
					return tx.InsertResource(newDevice(serial()))
				}
				if err != nil {
					return err
				}
				if i%5 == 0 {
					return tx.DeleteResource(c)
				}
				c.Version, c.Document = c.Version+1, directory.Document(serial())
				return tx.UpdateResource(c)
			})
			if c := (*directory.ConflictError)(nil); err != nil && !errors.As(err, &c) {
				t.Error(err)
			}
		}
	})
	want := []directory.Index{modelIndex, titleIndex}
	for round := range 4 {
		// Two processes at once, which want the same.
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() {
				o, err := Open(ctx, Options{Path: path, Indexes: want, Logger: quiet})
				if err != nil {
					t.Error(err)
					return
				}
				if err := o.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		if err := DropIndex(ctx, path, "Device", "model", quiet); err != nil {
			t.Error(err)
		}
		if want = []directory.Index{modelIndex, titleIndex}; round%2 == 0 {
			want = []directory.Index{modelIndex}
		}
	}
	close(done)
	wg.Wait()
	wantSound(t, path)
}

// Lists of configured types and by configured indexes wait for their turn like
// all lists; looking one value up, and a page of all, do not.
//
// covers: T-40 where configured attributes are concerned
func TestLookupsByIndexDoNotWaitForLists(t *testing.T) {
	s := open(t, Options{Readers: 2, Indexes: []directory.Index{serialIndex, modelIndex}})
	insertDevices(t, s, newDevice(`{"serial":"a","model":"m"}`), newDevice(`{"serial":"b","model":"m"}`))
	term := func(x directory.Index, text string) directory.Query {
		return directory.Query{Limit: -1, Where: directory.Term{Field: directory.FieldAttribute, Attribute: x.Attribute, Text: text}}
	}
	count := func(ctx context.Context, q directory.Query) (n int, err error) {
		err = s.View(ctx, func(r storage.Reader) error {
			return r.Resources(1, "Device", q, func(*directory.Resource) bool { n++; return true })
		})
		return n, err
	}
	lists := map[string]directory.Query{"by a value that many have": term(modelIndex, "m"), "all": {Limit: -1},
		"by several": {Limit: 5, Where: directory.Term{Field: directory.FieldAttribute, Attribute: "serial", Op: directory.Prefix}}}
	waiting, results := make(chan error), make(chan error, len(lists))
	if err := s.View(context.Background(), func(r storage.Reader) error {
		return r.Resources(1, "Device", term(modelIndex, "m"), func(*directory.Resource) bool {
			for name, q := range map[string]directory.Query{"by serial": term(serialIndex, "A"), "first": {Limit: 1},
				"first in an order": {Limit: 1, Sort: &directory.Sort{Field: directory.FieldAttribute, Attribute: "model"}}} {
				if n, err := count(context.Background(), q); n != 1 || err != nil {
					t.Errorf("%s: %d, %v", name, n, err)
				}
			}
			for name, q := range lists {
				ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
				if _, err := count(ctx, q); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%s, while no place is free: %v, want to wait", name, err)
				}
				cancel()
				go func() {
					waiting <- nil
					n, err := count(context.Background(), q)
					if n != 2 {
						t.Errorf("%s: %d", name, n)
					}
					results <- err
				}()
				<-waiting
			}
			return false
		})
	}); err != nil {
		t.Fatal(err)
	}
	for range lists {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
}

// Who does not say which indexes there are to be keeps those that there are.
func TestKeptSchemaKeepsIndexes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "directory.db")
	open(t, Options{Path: path, Indexes: []directory.Index{serialIndex}})
	s := open(t, Options{Path: path, KeepSchema: true})
	insertDevices(t, s, newDevice(`{"serial":"a"}`))
	if err := s.Update(context.Background(), func(tx storage.Tx) error { return tx.InsertResource(newDevice(`{"serial":"A"}`)) }); err == nil {
		t.Error("no conflict")
	}
	wantFound(t, s, serialIndex, "A", 1)
	wantFound(t, open(t, Options{Path: path, ReadOnly: true}), serialIndex, "A", 1)
	wantSound(t, path, serialIndex)
}

// A process whose configuration lacks an index takes nothing from the one that
// has it: neither its answers, nor that its values are unique, nor that it can
// be started again.
func TestProcessesOfDifferentConfigurations(t *testing.T) {
	path := filepath.Join(t.TempDir(), "directory.db")
	first := open(t, Options{Path: path, Indexes: []directory.Index{serialIndex, localeIndex}})
	insertDevices(t, first, newDevice(`{"serial":"a"}`))
	second := open(t, Options{Path: path, Indexes: []directory.Index{modelIndex}})
	for _, s := range []*Store{first, second} {
		err := s.Update(context.Background(), func(tx storage.Tx) error { return tx.InsertResource(newDevice(`{"serial":"A"}`)) })
		if c := (*directory.ConflictError)(nil); !errors.As(err, &c) || c.Attribute != "serial" {
			t.Errorf("a serial that is taken: %v", err)
		}
	}
	insertDevices(t, second, newDevice(`{"serial":"b","model":"m"}`))
	insertDevices(t, first, newDevice(`{"serial":"c","model":"m"}`))
	again := open(t, Options{Path: path, Indexes: []directory.Index{serialIndex, localeIndex}})
	for _, s := range []*Store{first, second, again} {
		wantFound(t, s, serialIndex, "B", 1)
		wantFound(t, s, modelIndex, "m", 2)
	}
	if err := DropIndex(context.Background(), path, "Device", "serial", quiet); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*Store{first, second} {
		wantNoIndex(t, s, serialIndex)
		if err := s.View(context.Background(), func(r storage.Reader) error {
			q := directory.Query{Limit: 1, Sort: &directory.Sort{Field: directory.FieldAttribute, Attribute: "serial"}}
			return r.Resources(1, "Device", q, func(*directory.Resource) bool { return true })
		}); !errors.Is(err, storage.ErrUnavailable) {
			t.Errorf("a list in the order of an index that was dropped: %v", err)
		}
		wantFound(t, s, modelIndex, "m", 2)
		insertDevices(t, s, newDevice(`{"serial":"twice"}`))
	}
	wantSound(t, path)
}

func TestWrongIndexesAreRefused(t *testing.T) {
	for name, indexes := range map[string][]directory.Index{
		"no type":      {{Attribute: "a", Path: []string{"a"}}},
		"no attribute": {{Type: "User", Path: []string{"a"}}},
		"no path":      {{Type: "User", Attribute: "a"}},
		"twice":        {modelIndex, modelIndex},
	} {
		s, err := Open(context.Background(), Options{Path: filepath.Join(t.TempDir(), "a.db"), Indexes: indexes, Logger: quiet})
		if err == nil {
			t.Errorf("%s: no error", name)
			s.Close()
		}
	}
}

// A document that is no JSON is an error, not a resource without values.
func TestBrokenDocumentIsNotIndexed(t *testing.T) {
	s := open(t, Options{Indexes: []directory.Index{serialIndex}})
	for _, doc := range []string{`{"serial":`, `{"serial":"a"`, `{"other":{"a":}`, `["serial"`, `{"serial":nul}`} {
		if err := s.Update(context.Background(), func(tx storage.Tx) error { return tx.InsertResource(newDevice(doc)) }); err == nil {
			t.Errorf("%s: no error", doc)
		}
	}
}

// Questions to configured types and indexes, and writes, read no more than they
// have to.
func TestPlansUseConfiguredIndexes(t *testing.T) {
	s := open(t, Options{Indexes: []directory.Index{serialIndex, modelIndex, titleIndex}})
	u, d := newUser(t, "a"), newDevice(`{"serial":"a","model":"b"}`)
	d.SetExternalID(1, "x")
	type question struct {
		name string
		ask  func(*sqlstore.Session) error
	}
	every := func(*directory.Resource) bool { return true }
	ask := func(name string, q directory.Query) question {
		q.Client, q.Limit = 1, 10
		return question{name, func(s *sqlstore.Session) error {
			if q.Sort == nil && q.Where != nil {
				if _, err := s.CountResources(1, "Device", q); err != nil {
					return err
				}
			}
			return s.Resources(1, "Device", q, every)
		}}
	}
	questions := []question{
		{"by id", func(s *sqlstore.Session) error { _, err := s.Resource(1, "Device", d.ID); return err }},
		{"write", func(s *sqlstore.Session) error {
			e := newDevice(`{"serial":"c"}`)
			e.SetExternalID(1, "y")
			if err := s.InsertResource(e); err != nil {
				return err
			}
			e.Version, e.Document = 2, directory.Document(`{"serial":"d"}`)
			if err := s.UpdateResource(e); err != nil {
				return err
			}
			return s.DeleteResource(e)
		}},
		ask("page", directory.Query{After: 3}),
		{"users by attribute", func(s *sqlstore.Session) error {
			return s.Users(1, directory.Query{Limit: 10, Where: directory.Term{Field: directory.FieldAttribute, Attribute: "title", Text: "a"}},
				func(*directory.User) bool { return true })
		}},
		{"users in the order of an attribute", func(s *sqlstore.Session) error {
			return s.Users(1, directory.Query{Limit: 10, Sort: &directory.Sort{Field: directory.FieldAttribute, Attribute: "title"}},
				func(*directory.User) bool { return true })
		}},
	}
	for _, term := range []directory.Term{{Field: directory.FieldID}, {Field: directory.FieldExternalID}, {Field: directory.FieldCreated},
		{Field: directory.FieldLastModified}, {Field: directory.FieldAttribute, Attribute: "serial"}, {Field: directory.FieldAttribute, Attribute: "model"}} {
		for op := directory.Equal; op <= directory.GreaterEqual; op++ {
			if op == directory.Prefix && (term.Field == directory.FieldCreated || term.Field == directory.FieldLastModified) {
				continue
			}
			term.Op, term.Text, term.Time = op, d.ID.String(), epoch
			questions = append(questions, ask(fmt.Sprintf("by %+v", term), directory.Query{Where: term}))
		}
		if term.Field == directory.FieldExternalID {
			continue
		}
		for _, descending := range []bool{false, true} {
			for _, behind := range []*directory.Position{nil, {Seq: 3, Text: d.ID.String(), Time: epoch}, {Seq: 3, Missing: true}} {
				if behind != nil && behind.Missing && term.Field != directory.FieldAttribute {
					continue
				}
				sort := &directory.Sort{Field: term.Field, Attribute: term.Attribute, Descending: descending}
				questions = append(questions, ask(fmt.Sprintf("in the order %+v behind %+v", sort, behind), directory.Query{Sort: sort, Behind: behind}))
			}
		}
	}
	if err := s.Update(context.Background(), func(tx storage.Tx) error {
		if err := errors.Join(tx.InsertUser(u, nil), tx.InsertResource(d)); err != nil {
			return err
		}
		for _, q := range questions {
			e := &explainer{conn: s.writer.c}
			if err := q.ask(sqlstore.New(e)); err != nil {
				t.Errorf("%s: %v", q.name, err)
			}
			if len(e.plans) == 0 {
				t.Errorf("%s: nothing was asked", q.name)
			}
			for _, plan := range e.plans {
				ordered := strings.HasPrefix(q.name, "page") || strings.Contains(q.name, "in the order")
				for step := range strings.SplitSeq(plan, "; ") {
					// A list in its order reads the rows of one type or index in it.
					inOrder := ordered && !strings.Contains(plan, "TEMP B-TREE") || strings.Contains(plan, "FOR LAST TERM") || strings.Contains(plan, "FOR RIGHT PART")
					wide := broad.MatchString(step) || strings.HasSuffix(step, "(tenant=? AND kind=?)") || strings.HasSuffix(step, "(attr=? AND tenant=?)")
					if wide && !broadAllowed[step] && !inOrder {
						t.Errorf("%s: %s in %s", q.name, step, plan)
					}
				}
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}
