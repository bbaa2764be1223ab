package storagetest

import (
	"context"
	"errors"
	"slices"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
)

var nestedTests = []test{
	{"AnErrorUndoesOnlyWhatIsWithin", nestedError},
	{"APanicUndoesOnlyWhatIsWithin", nestedPanic},
	{"CallsAreNested", nestedDepth},
	{"AFailedUpdateUndoesAll", nestedInFailed},
	{"APreconditionFailsAndIsTriedAgain", nestedPrecondition},
	{"AStoreWithinATransaction", nestedWithin},
}

var errRefused = errors.New("refused")

// names returns the names of all users, in the order of their creation.
func (f *fixture) names(r storage.Reader) (names []string) {
	f.Helper()
	if err := r.Users(tenant, directory.Query{Limit: -1}, func(u *directory.User) bool {
		p, err := u.Document.Profile()
		if err != nil {
			f.Error(err)
		}
		names = append(names, p.UserName)
		return true
	}); err != nil {
		f.Error(err)
	}
	return names
}

// wantNames checks which users there are, to the last row.
func (f *fixture) wantNames(want ...string) {
	f.Helper()
	f.view(func(r storage.Reader) error {
		if got := f.names(r); !slices.Equal(got, want) {
			f.Errorf("users %q, want %q", got, want)
		}
		return nil
	})
	if n, w := f.all(), int64(len(want)); n != [4]int64{w, w, w, w} {
		f.Errorf("users, groups, members, entries %v, want %d each", n, w)
	}
}

func nestedError(f *fixture) {
	f.update(func(tx storage.Tx) error {
		if err := f.writeAll(tx, "before"); err != nil {
			return err
		}
		if err := tx.Nested(func(within storage.Tx) error {
			if err := f.writeAll(within, "undone"); err != nil {
				return err
			}
			if got := f.names(within); !slices.Equal(got, []string{"before", "undone"}) {
				f.Errorf("within: %q", got)
			}
			return errRefused
		}); err != errRefused {
			f.Errorf("Nested returned %v, want the function's error", err)
		}
		if err := tx.Nested(func(within storage.Tx) error { return f.writeAll(within, "kept") }); err != nil {
			return err
		}
		return f.writeAll(tx, "undone") // nothing of it is left
	})
	f.wantNames("before", "kept", "undone")
}

func nestedPanic(f *fixture) {
	f.update(func(tx storage.Tx) error {
		if err := f.writeAll(tx, "before"); err != nil {
			return err
		}
		func() {
			defer func() {
				if v := recover(); v != "on purpose" {
					f.Errorf("Nested panicked with %v", v)
				}
			}()
			err := tx.Nested(func(within storage.Tx) error {
				if err := f.writeAll(within, "undone"); err != nil {
					return err
				}
				panic("on purpose")
			})
			f.Errorf("Nested returned %v", err)
		}()
		return tx.Nested(func(within storage.Tx) error { return f.writeAll(within, "after") })
	})
	f.wantNames("before", "after")
}

func nestedDepth(f *fixture) {
	f.update(func(tx storage.Tx) error {
		return tx.Nested(func(tx storage.Tx) error {
			if err := f.writeAll(tx, "outer"); err != nil {
				return err
			}
			if err := tx.Nested(func(tx storage.Tx) error {
				return errors.Join(tx.Nested(func(tx storage.Tx) error { return f.writeAll(tx, "innermost") }), errRefused)
			}); !errors.Is(err, errRefused) {
				f.Errorf("Nested: %v", err)
			}
			return tx.Nested(func(tx storage.Tx) error { return f.writeAll(tx, "inner") })
		})
	})
	f.wantNames("outer", "inner")
	f.update(func(tx storage.Tx) error {
		if err := tx.Nested(func(tx storage.Tx) error {
			return errors.Join(tx.Nested(func(tx storage.Tx) error { return f.writeAll(tx, "undone") }), errRefused)
		}); !errors.Is(err, errRefused) {
			f.Errorf("Nested: %v", err)
		}
		return nil
	})
	f.wantNames("outer", "inner")
}

func nestedInFailed(f *fixture) {
	if err := f.try(func(tx storage.Tx) error {
		return errors.Join(tx.Nested(func(tx storage.Tx) error { return f.writeAll(tx, "undone") }), errRefused)
	}); !errors.Is(err, errRefused) {
		f.Errorf("Update: %v", err)
	}
	f.wantNames()
}

func nestedPrecondition(f *fixture) {
	u := f.insertUser("ada")
	f.update(func(tx storage.Tx) error {
		change := func(version int64) error {
			return tx.Nested(func(tx storage.Tx) error {
				c := u.Clone()
				c.Version = version
				return tx.UpdateUser(c)
			})
		}
		if err := change(3); !errors.Is(err, directory.ErrPreconditionFailed) {
			f.Errorf("a version too far: %v", err)
		}
		return errors.Join(change(2), change(3))
	})
	if got := f.read(u.ID).Version; got != 3 {
		f.Errorf("version %d, want 3", got)
	}
}

func nestedWithin(f *fixture) {
	f.update(func(tx storage.Tx) error {
		s := storage.Within(tx)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		if err := s.Update(ctx, func(tx storage.Tx) error { return f.writeAll(tx, "a") }); err != nil {
			return err
		}
		if err := s.Update(ctx, func(tx storage.Tx) error { return errors.Join(f.writeAll(tx, "b"), errRefused) }); !errors.Is(err, errRefused) {
			f.Errorf("Update: %v", err)
		}
		// A View may be asked for within a View: there is but one connection.
		if err := s.View(ctx, func(storage.Reader) error {
			return s.View(ctx, func(r storage.Reader) error {
				if got := f.names(r); !slices.Equal(got, []string{"a"}) {
					f.Errorf("within: %q", got)
				}
				return nil
			})
		}); err != nil {
			f.Error(err)
		}
		cancel()
		called := func(storage.Tx) error { f.Error("called after the context has ended"); return nil }
		if err := s.Update(ctx, called); !errors.Is(err, context.Canceled) {
			f.Errorf("Update: %v", err)
		}
		if err := s.View(ctx, func(storage.Reader) error { return called(nil) }); !errors.Is(err, context.Canceled) {
			f.Errorf("View: %v", err)
		}
		return errors.Join(s.Close(), f.writeAll(tx, "c"))
	})
	f.wantNames("a", "c")
}
