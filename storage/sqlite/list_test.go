package sqlite

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
)

// populate stores n users, which is more than a moment's work to question.
func populate(t testing.TB, s *Store, n int) {
	t.Helper()
	if err := s.Update(context.Background(), func(tx storage.Tx) error {
		for i := range n {
			if err := tx.InsertUser(newUser(t, fmt.Sprint("user-", i)), nil); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// expensive is true of nobody, and each of its terms finds everybody: it takes
// seconds where one lookup takes microseconds.
func expensive() directory.Condition {
	var c directory.Any
	for i := range 300 {
		c = append(c, directory.All{
			directory.Term{Field: directory.FieldUserName, Op: directory.Prefix, Text: "user-"},
			directory.Term{Field: directory.FieldEmail, Op: directory.Prefix, Text: "user-"},
			directory.Term{Field: directory.FieldEmployeeNumber, Text: fmt.Sprint("nobody-", i)},
		})
	}
	return c
}

// covers: T-40
func TestListsAreInterrupted(t *testing.T) {
	s := open(t, Options{Readers: 1, QueryTime: 20 * time.Millisecond})
	populate(t, s, 5000)
	q := directory.Query{Where: expensive(), Limit: 10}
	everyone := directory.Query{Where: directory.Term{Field: directory.FieldUserName, Op: directory.Prefix, Text: "user-1"}, Limit: 3}
	for name, list := range map[string]func(storage.Reader) error{
		"count": func(r storage.Reader) error { _, err := r.CountUsers(1, q); return err },
		"list":  func(r storage.Reader) error { return r.Users(1, q, func(*directory.User) bool { return true }) },
		"list with groups": func(r storage.Reader) error {
			q := q
			q.WithGroups = true
			return r.Users(1, q, func(*directory.User) bool { return true })
		},
	} {
		t.Run(name, func(t *testing.T) {
			if err := s.View(context.Background(), func(r storage.Reader) error {
				err := list(r)
				if !errors.Is(err, directory.ErrTooMany) {
					t.Errorf("error %v, want ErrTooMany", err)
				}
				if _, err := r.FindUser(1, storage.UserKey{UserName: "user-7"}); err != nil {
					t.Errorf("a lookup after it: %v", err)
				}
				if err := r.Users(1, everyone, func(*directory.User) bool { return true }); !errors.Is(err, directory.ErrTooMany) {
					t.Errorf("another list of the same View: %v, want ErrTooMany", err)
				}
				return err
			}); !errors.Is(err, directory.ErrTooMany) || errors.Is(err, storage.ErrUnavailable) {
				t.Errorf("View: %v, want ErrTooMany", err)
			}
			n := 0
			if err := s.View(context.Background(), func(r storage.Reader) error {
				return r.Users(1, everyone, func(*directory.User) bool { n++; return true })
			}); err != nil || n != 3 {
				t.Errorf("the next View: %d users, %v", n, err)
			}
		})
	}
	if c := <-s.readers.free; c == nil {
		t.Error("the connection was thrown away")
	} else {
		s.readers.free <- c
	}
}

// Only the engine's time counts: who takes long over a row is not cut off.
func TestTheCallersTimeIsItsOwn(t *testing.T) {
	s := open(t, Options{QueryTime: 200 * time.Millisecond})
	populate(t, s, 5)
	n := 0
	if err := s.View(context.Background(), func(r storage.Reader) error {
		return r.Users(1, directory.Query{Where: directory.All{}, Limit: -1}, func(*directory.User) bool {
			time.Sleep(100 * time.Millisecond)
			n++
			return true
		})
	}); err != nil || n != 5 {
		t.Errorf("%d users, %v", n, err)
	}
}

// covers: T-40
func TestAListEndsWithItsContext(t *testing.T) {
	s := open(t, Options{Readers: 1, QueryTime: time.Hour})
	populate(t, s, 5000)
	ctx, cancel := context.WithCancel(context.Background())
	err := s.View(ctx, func(r storage.Reader) error {
		time.AfterFunc(20*time.Millisecond, cancel)
		_, err := r.CountUsers(1, directory.Query{Where: expensive()})
		return err
	})
	if !errors.Is(err, context.Canceled) || errors.Is(err, directory.ErrTooMany) {
		t.Errorf("error %v, want Canceled", err)
	}
	if n := countUsers(t, s); n != 5000 {
		t.Errorf("%d users afterwards", n)
	}
}

// However many lists are read or wait, looking one thing up goes on.
//
// covers: T-40
func TestLookupsDoNotWaitForLists(t *testing.T) {
	s := open(t, Options{Readers: 4})
	populate(t, s, 3)
	all := directory.Query{Limit: -1}
	const lists = 8
	listing, leave, results := make(chan bool, lists), make(chan bool), make(chan error, lists)
	for range lists {
		go func() {
			results <- s.View(context.Background(), func(r storage.Reader) error {
				first := true
				return r.Users(1, all, func(*directory.User) bool {
					if first {
						first = false
						listing <- true
						<-leave
					}
					return true
				})
			})
		}()
	}
	<-listing
	<-listing
	// Now all places are taken. Those who look something up have two
	// connections left, at the same time.
	inside, out := make(chan bool), make(chan error)
	go func() {
		out <- s.View(context.Background(), func(r storage.Reader) error {
			if _, err := r.FindUser(1, storage.UserKey{UserName: "user-0"}); err != nil {
				return err
			}
			inside <- true
			<-inside
			if err := r.Users(1, all, func(*directory.User) bool { return true }); !errors.Is(err, storage.ErrUnavailable) {
				t.Errorf("a list that would wait with a connection in its hands: %v, want ErrUnavailable", err)
			}
			return nil
		})
	}()
	<-inside
	if err := s.View(context.Background(), func(r storage.Reader) error {
		_, err := r.FindUser(1, storage.UserKey{UserName: "user-1"})
		if err != nil {
			return err
		}
		byEmail := directory.Query{Where: directory.Term{Field: directory.FieldEmail, Text: "user-1@example.com"}, Limit: -1}
		n, err := r.CountUsers(1, byEmail)
		if n != 1 {
			t.Errorf("%d users by email", n)
		}
		if err != nil {
			return err
		}
		// Nor does a page of all wait, with its total: identity providers walk
		// through everything page by page.
		total, err := r.CountUsers(1, directory.Query{})
		if err != nil {
			return err
		}
		shown := 0
		err = r.Users(1, directory.Query{Limit: 2}, func(*directory.User) bool { shown++; return true })
		if total != 3 || shown != 2 {
			t.Errorf("a page of %d of %d users", shown, total)
		}
		return err
	}); err != nil {
		t.Error(err)
	}
	inside <- true
	if err := <-out; !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("a View that hid that it was refused: %v", err)
	}
	// Who waits for a turn stops waiting when its context ends.
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if err := s.View(ctx, func(r storage.Reader) error {
		return r.Users(1, all, func(*directory.User) bool { return true })
	}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waiting with a context that ended: %v", err)
	}
	select {
	case <-listing:
		t.Error("a third list is read, of four connections")
	default:
	}
	close(leave)
	for range lists {
		if err := <-results; err != nil {
			t.Errorf("a list that waited for its turn: %v", err)
		}
	}
}
