package storagetest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/storage"
)

var concurrencyTests = []test{
	{"OneOfManyInsertsOfANameWins", oneNameWins},
	{"ParallelMemberEditsLoseNothing", parallelMembers},
	{"AFailingWriteSparesItsNeighbours", failingNeighbours},
	{"VersionsLetOneOfManyUpdatesWin", versionRace},
	{"AViewIsASnapshot", snapshot},
	{"ReadersSeeWholeUpdates", wholeUpdates},
	{"SerialisedUpdates", serialised},
}

// covers: T-46
func oneNameWins(f *fixture) {
	const n = 50
	var won, lost atomic.Int64
	var wg sync.WaitGroup
	for i := range n {
		name := "alice@example.com"
		if i%2 == 0 {
			name = strings.ToUpper(name)
		}
		u := f.user(name)
		wg.Go(func() {
			err := f.try(func(tx storage.Tx) error { return tx.InsertUser(u, &directory.AppState{}) })
			var c *directory.ConflictError
			switch {
			case err == nil:
				won.Add(1)
			case errors.As(err, &c) && c.Attribute == "userName" && !c.Existing.IsZero():
				lost.Add(1)
			default:
				f.Errorf("InsertUser: %v", err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 || lost.Load() != n-1 || f.all()[0] != 1 {
		f.Errorf("%d won, %d lost, %d users; want 1, %d, 1", won.Load(), lost.Load(), f.all()[0], n-1)
	}
}

// covers: T-47
func parallelMembers(f *fixture) {
	const adds, removes = 200, 60
	var us []*directory.User
	f.update(func(tx storage.Tx) error {
		for i := range adds + removes {
			us = append(us, f.user(fmt.Sprint("u", i)))
			if err := tx.InsertUser(us[i], nil); err != nil {
				return err
			}
		}
		return nil
	})
	g := f.insertGroup("g")
	for _, u := range us[adds:] {
		f.edit(g, &directory.MemberEdit{Add: texts(u.ID)})
	}
	var wg sync.WaitGroup
	edit := func(e *directory.MemberEdit) {
		wg.Go(func() {
			// As the bridge does it: the row's version moves with the members.
			if err := f.try(func(tx storage.Tx) error {
				g, err := tx.Group(tenant, g.ID)
				if err != nil {
					return err
				}
				change, err := tx.EditMembers(g, e)
				if err != nil || len(change.Added)+len(change.Removed) != 1 {
					return fmt.Errorf("change %+v: %w", change, err)
				}
				g.Version++
				return tx.UpdateGroup(g)
			}); err != nil {
				f.Error(err)
			}
		})
	}
	for i, u := range us {
		if i < adds {
			edit(&directory.MemberEdit{Add: texts(u.ID)})
		} else {
			edit(&directory.MemberEdit{Remove: texts(u.ID)})
		}
	}
	wg.Wait()
	stored := f.readGroup(g.ID)
	if stored.Version != adds+removes+1 || stored.MemberCount != adds {
		f.Errorf("version %d, %d members; want %d and %d", stored.Version, stored.MemberCount, adds+removes+1, adds)
	}
	ms := f.members(g)
	if len(ms) != adds {
		f.Fatalf("%d members, want %d", len(ms), adds)
	}
	for i, m := range ms {
		if m.ID != us[i].ID {
			f.Errorf("member %d is %v, want %v", i, m.ID, us[i].ID)
		}
	}
}

func failingNeighbours(f *fixture) {
	f.insertUser("taken")
	const n = 120
	refused := errors.New("refused")
	var wg sync.WaitGroup
	for i := range n {
		name := fmt.Sprint("u", i)
		wg.Go(func() {
			defer func() {
				if v := recover(); (v != nil) != (i%4 == 3) {
					f.Errorf("write %d: panic %v", i, v)
				}
			}()
			err := f.try(func(tx storage.Tx) error {
				if err := f.writeAll(tx, name); err != nil {
					return err
				}
				switch i % 4 {
				case 1:
					return refused
				case 2:
					return tx.InsertUser(f.user("TAKEN"), nil)
				case 3:
					panic("on purpose")
				}
				return nil
			})
			var c *directory.ConflictError
			if ok := map[int]bool{0: err == nil, 1: errors.Is(err, refused), 2: errors.As(err, &c)}[i%4]; !ok {
				f.Errorf("write %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	if got, want := f.all(), [4]int64{n/4 + 1, n / 4, n / 4, n / 4}; got != want {
		f.Errorf("rows %v, want %v", got, want)
	}
	f.view(func(r storage.Reader) error {
		for i := range n {
			_, err := r.FindUser(tenant, storage.UserKey{Email: fmt.Sprint("u", i, "@example.com")})
			if want := i%4 == 0; (err == nil) != want {
				f.Errorf("user %d: %v, want it there: %t", i, err, want)
			}
		}
		return nil
	})
}

func versionRace(f *fixture) {
	u := f.insertUser("a")
	const n = 40
	var won atomic.Int64
	var wg sync.WaitGroup
	for range n {
		c := u.Clone()
		c.Version = 2
		wg.Go(func() {
			err := f.try(func(tx storage.Tx) error { return tx.UpdateUser(c) })
			if err == nil {
				won.Add(1)
			} else if !errors.Is(err, directory.ErrPreconditionFailed) {
				f.Errorf("UpdateUser: %v", err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		f.Errorf("%d updates from version 1 to 2 succeeded, want 1", won.Load())
	}
}

func snapshot(f *fixture) {
	f.insertUser("before")
	f.view(func(r storage.Reader) error {
		first, err := r.CountUsers(tenant, directory.Query{})
		if err != nil {
			return err
		}
		f.update(func(tx storage.Tx) error { return f.writeAll(tx, "meanwhile") })
		second, err := r.CountUsers(tenant, directory.Query{})
		_, notYet := r.FindUser(tenant, storage.UserKey{UserName: "meanwhile"})
		if first != 1 || second != 1 || !errors.Is(notYet, directory.ErrNotFound) {
			f.Errorf("a View counts %d, then %d users, and finds the later one: %v", first, second, notYet)
		}
		return err
	})
	if n := f.all()[0]; n != 2 {
		f.Errorf("a View that began later counts %d users, want 2", n)
	}
}

// covers: T-48 the store's part: a reader never sees half an Update
func wholeUpdates(f *fixture) {
	done := make(chan bool)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if n := f.all(); n[0] != n[1] || n[1] != n[2] || n[2] != n[3] {
					f.Errorf("a reader sees %v: half an Update", n)
					return
				}
			}
		})
	}
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for i := range 25 {
				if err := f.try(func(tx storage.Tx) error { return f.writeAll(tx, fmt.Sprint(w, "-", i)) }); err != nil {
					f.Error(err)
				}
			}
		})
	}
	writers.Wait()
	close(done)
	wg.Wait()
	if n := f.all()[0]; n != 100 {
		f.Errorf("%d users, want 100", n)
	}
}

// Each Update sees all before it: none of these increments is lost.
func serialised(f *fixture) {
	const n = 200
	u := f.insertUser("a")
	var wg sync.WaitGroup
	seqs := make([]int64, n)
	for i := range n {
		wg.Go(func() {
			if err := f.try(func(tx storage.Tx) error {
				u, err := tx.User(tenant, u.ID, false)
				if err != nil {
					return err
				}
				u.Version++
				e := journal.Entry{At: epoch, Tenant: tenant, After: u.Version}
				err = errors.Join(tx.UpdateUser(u), tx.AppendJournal(&e))
				seqs[i] = e.Seq
				return err
			}); err != nil {
				f.Error(err)
			}
		})
	}
	wg.Wait()
	if got := f.read(u.ID).Version; got != n+1 {
		f.Errorf("version %d after %d updates", got, n)
	}
	version := int64(1)
	f.view(func(r storage.Reader) error {
		return r.Journal(tenant, 0, func(e *journal.Entry) bool {
			if version++; e.After != version {
				f.Errorf("entry %d is about version %d, want %d: the journal is not in the order of the Updates", e.Seq, e.After, version)
			}
			return true
		})
	})
}
