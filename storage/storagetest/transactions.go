package storagetest

import (
	"context"
	"errors"
	"testing"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/storage"
)

var transactionTests = []test{
	{"AnErrorUndoesAll", txError},
	{"APanicUndoesAllAndIsTheCallers", txPanic},
	{"EndingTheGoroutineUndoesAll", txGoexit},
	{"WritesAreSeenByLaterReads", txOwnWrites},
	{"EndedContextIsNotRun", txContext},
	{"CloseFinishesThenRefuses", txClose},
	{"ViewReturnsTheFunctionsError", txViewError},
}

// all returns how many users, groups, members and journal entries there are.
func (f *fixture) all() (n [4]int64) {
	f.Helper()
	f.view(func(r storage.Reader) error {
		c, err := r.Counts()
		n[0], n[1], n[3] = c.Users[directory.Active], c.Groups, c.JournalEntries
		return errors.Join(err, r.Groups(tenant, directory.Query{Limit: -1}, func(g *directory.Group) bool {
			n[2] += g.MemberCount
			return true
		}))
	})
	return n
}

// writeAll writes one row of each kind.
func (f *fixture) writeAll(tx storage.Tx, name string) error {
	u, g := f.user(name, emails(name+"@example.com"), externalID(okta, name)), f.group(name)
	if err := errors.Join(tx.InsertUser(u, nil), tx.InsertGroup(g)); err != nil {
		return err
	}
	if _, err := tx.EditMembers(g, &directory.MemberEdit{Add: texts(u.ID)}); err != nil {
		return err
	}
	_, err := tx.EnsureOrganization(tenant, name, 0)
	return errors.Join(err, tx.AppendJournal(&journal.Entry{At: epoch, Tenant: tenant, Action: "x", Kind: journal.KindEvent}))
}

func txError(f *fixture) {
	f.update(func(tx storage.Tx) error { return f.writeAll(tx, "before") })
	before := f.all()
	refused := errors.New("refused")
	err := f.try(func(tx storage.Tx) error {
		if err := f.writeAll(tx, "undone"); err != nil {
			return err
		}
		return refused
	})
	if !errors.Is(err, refused) {
		f.Errorf("Update: %v, want the function's error", err)
	}
	if got := f.all(); got != before {
		f.Errorf("rows %v after an undone write, want %v", got, before)
	}
	f.update(func(tx storage.Tx) error { return f.writeAll(tx, "undone") }) // nothing of it is left
}

func txPanic(f *fixture) {
	func() {
		defer func() {
			if recover() == nil {
				f.Error("Update did not panic")
			}
		}()
		err := f.try(func(tx storage.Tx) error {
			if err := f.writeAll(tx, "undone"); err != nil {
				return err
			}
			panic("on purpose")
		})
		f.Errorf("Update returned %v", err)
	}()
	func() {
		defer func() {
			if recover() == nil {
				f.Error("View did not panic")
			}
		}()
		err := f.store.View(context.Background(), func(storage.Reader) error { panic("on purpose") })
		f.Errorf("View returned %v", err)
	}()
	if got := f.all(); got != [4]int64{} {
		f.Errorf("rows %v after a panic, want none", got)
	}
	f.update(func(tx storage.Tx) error { return f.writeAll(tx, "undone") })
}

func txGoexit(f *fixture) {
	ended := make(chan bool)
	go func() {
		defer close(ended)
		err := f.try(func(tx storage.Tx) error {
			if err := f.writeAll(tx, "undone"); err != nil {
				return err
			}
			(&testing.T{}).SkipNow() // what a failing test does to its goroutine
			return nil
		})
		f.Errorf("Update returned %v", err)
	}()
	<-ended
	if got := f.all(); got != [4]int64{} {
		f.Errorf("rows %v, want none", got)
	}
	f.update(func(tx storage.Tx) error { return f.writeAll(tx, "undone") })
}

func txOwnWrites(f *fixture) {
	f.update(func(tx storage.Tx) error {
		if err := f.writeAll(tx, "a"); err != nil {
			return err
		}
		u := mustFind(f, tx, "a")
		full, err := tx.User(tenant, u.ID, true)
		if err != nil || len(full.Groups) != 1 {
			f.Errorf("own user: %+v, %v", full, err)
		}
		n, err := tx.CountUsers(tenant, directory.Query{})
		if n != 1 || err != nil {
			f.Errorf("own users: %d, %v", n, err)
		}
		// Not yet seen by others.
		return err
	})
	// Read your writes: a View that begins after Update returned sees it.
	for range 50 {
		var seq int64
		f.update(func(tx storage.Tx) error {
			e := journal.Entry{At: epoch, Tenant: tenant}
			err := tx.AppendJournal(&e)
			seq = e.Seq
			return err
		})
		last := int64(0)
		f.view(func(r storage.Reader) error {
			return r.Journal(0, seq-1, func(e *journal.Entry) bool { last = e.Seq; return true })
		})
		if last != seq {
			f.Fatalf("a View after the Update of %d sees %d", seq, last)
		}
	}
}

func txContext(f *fixture) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	called := false
	if err := f.store.Update(ctx, func(storage.Tx) error { called = true; return nil }); !errors.Is(err, context.Canceled) || called {
		f.Errorf("Update with an ended context: %v, called %t", err, called)
	}
	if err := f.store.View(ctx, func(storage.Reader) error { called = true; return nil }); !errors.Is(err, context.Canceled) || called {
		f.Errorf("View with an ended context: %v, called %t", err, called)
	}
	// Ended while it waits behind another: not run, and answered at once.
	entered, leave := make(chan bool), make(chan bool)
	first := make(chan error)
	go func() {
		first <- f.try(func(tx storage.Tx) error {
			close(entered)
			<-leave
			return f.writeAll(tx, "first")
		})
	}()
	<-entered
	ctx, cancel = context.WithCancel(context.Background())
	waiting := make(chan error)
	go func() { waiting <- f.store.Update(ctx, func(storage.Tx) error { called = true; return nil }) }()
	cancel()
	if err := <-waiting; !errors.Is(err, context.Canceled) {
		f.Errorf("Update whose context ended in the queue: %v", err)
	}
	close(leave)
	if err := <-first; err != nil {
		f.Errorf("the Update before it: %v", err)
	}
	f.update(func(tx storage.Tx) error { return f.writeAll(tx, "after") })
	if called {
		f.Error("the function was called although its context had ended")
	}
	// Ended once it runs: no longer matters.
	ctx, cancel = context.WithCancel(context.Background())
	if err := f.store.Update(ctx, func(tx storage.Tx) error { cancel(); return f.writeAll(tx, "late") }); err != nil {
		f.Errorf("Update whose context ended while it ran: %v", err)
	}
	mustFindIn(f, "late")
}

func txClose(f *fixture) {
	const n = 20
	entered, leave := make(chan bool), make(chan bool)
	results := make(chan error, n+1)
	go func() {
		results <- f.try(func(tx storage.Tx) error { close(entered); <-leave; return nil })
	}()
	<-entered
	for range n {
		go func() {
			results <- f.try(func(tx storage.Tx) error { return tx.AppendJournal(&journal.Entry{At: epoch}) })
		}()
	}
	closed := make(chan error)
	go func() { closed <- f.store.Close() }()
	close(leave)
	if err := <-closed; err != nil {
		f.Errorf("Close: %v", err)
	}
	for range n + 1 { // each was accepted and stored, or refused: none is lost or left waiting
		if err := <-results; err != nil && !errors.Is(err, storage.ErrUnavailable) {
			f.Errorf("Update during Close: %v", err)
		}
	}
	if err := f.try(func(storage.Tx) error { return nil }); !errors.Is(err, storage.ErrUnavailable) {
		f.Errorf("Update after Close: %v", err)
	}
	if err := f.store.View(context.Background(), func(storage.Reader) error { return nil }); !errors.Is(err, storage.ErrUnavailable) {
		f.Errorf("View after Close: %v", err)
	}
	if err := f.store.Close(); err != nil {
		f.Errorf("second Close: %v", err)
	}
}

func txViewError(f *fixture) {
	refused := errors.New("refused")
	if err := f.store.View(context.Background(), func(storage.Reader) error { return refused }); !errors.Is(err, refused) {
		f.Errorf("View: %v, want the function's error", err)
	}
	// A context that ends while a View reads stops it.
	f.insertUser("a")
	ctx, cancel := context.WithCancel(context.Background())
	err := f.store.View(ctx, func(r storage.Reader) error {
		cancel()
		_, err := r.CountUsers(tenant, directory.Query{})
		return err
	})
	if !errors.Is(err, context.Canceled) {
		f.Errorf("View whose context ended: %v", err)
	}
	mustFindIn(f, "a")
}
