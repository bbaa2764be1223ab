package sqlite

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/storage"
)

// filled returns a store with n users, whose ids it returns.
func filled(b *testing.B, n int) (*Store, []directory.ID) {
	b.Helper()
	s := open(b, Options{})
	ids := make([]directory.ID, 0, n)
	const chunk = 5000
	for len(ids) < n {
		var us []*directory.User
		for i := range min(chunk, n-len(ids)) {
			us = append(us, newUser(b, fmt.Sprint("user-", len(ids)+i)))
		}
		if err := s.Update(context.Background(), func(tx storage.Tx) error {
			for _, u := range us {
				if err := tx.InsertUser(u, nil); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
		for _, u := range us {
			ids = append(ids, u.ID)
		}
	}
	return s, ids
}

// BenchmarkAddMember adds one member to a group and takes it out again, each
// with the group's new version and a journal entry, made durable. It must cost
// the same in a group of 10 and of 100,000.
func BenchmarkAddMember(b *testing.B) {
	for _, n := range []int{10, 1_000, 100_000} {
		b.Run(fmt.Sprint("of", n), func(b *testing.B) {
			s, ids := filled(b, n+1)
			last := ids[n].String()
			texts := make([]string, n)
			for i := range n {
				texts[i] = ids[i].String()
			}
			g := &directory.Group{ID: directory.NewID(epoch), Tenant: 1, Version: 1, DisplayName: "g"}
			ctx := context.Background()
			if err := s.Update(ctx, func(tx storage.Tx) error {
				if err := tx.InsertGroup(g); err != nil {
					return err
				}
				_, err := tx.EditMembers(g, &directory.MemberEdit{Add: texts})
				return err
			}); err != nil {
				b.Fatal(err)
			}
			for i := 0; b.Loop(); i++ {
				edit := &directory.MemberEdit{Add: []string{last}}
				if i%2 == 1 {
					edit = &directory.MemberEdit{Remove: []string{last}}
				}
				if err := s.Update(ctx, func(tx storage.Tx) error {
					g, err := tx.Group(1, g.ID)
					if err != nil {
						return err
					}
					if _, err := tx.EditMembers(g, edit); err != nil {
						return err
					}
					g.Version++
					if err := tx.UpdateGroup(g); err != nil {
						return err
					}
					return tx.AppendJournal(&journal.Entry{At: epoch, Tenant: 1, Kind: journal.KindGroup, Resource: g.ID})
				}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkReplaceMembers replaces a list of 100,000 by one with 200 changes.
func BenchmarkReplaceMembers(b *testing.B) {
	const n = 100_000
	s, ids := filled(b, n+100)
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = id.String()
	}
	g := &directory.Group{ID: directory.NewID(epoch), Tenant: 1, Version: 1, DisplayName: "g"}
	replace := func(list []string) {
		if err := s.Update(context.Background(), func(tx storage.Tx) error {
			_, err := tx.EditMembers(g, &directory.MemberEdit{Clear: true, Add: list})
			return err
		}); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Update(context.Background(), func(tx storage.Tx) error { return tx.InsertGroup(g) }); err != nil {
		b.Fatal(err)
	}
	replace(texts[:n])
	for i := 0; b.Loop(); i++ {
		if i%2 == 0 {
			replace(texts[100:])
		} else {
			replace(texts[:n])
		}
	}
}

// BenchmarkInsertUser makes users with their journal entries durable, from 1, 8
// and 32 callers at once.
func BenchmarkInsertUser(b *testing.B) {
	for _, callers := range []int{1, 8, 32} {
		b.Run(fmt.Sprint("callers", callers), func(b *testing.B) {
			s := open(b, Options{})
			var next atomic.Int64
			done := make(chan error, callers)
			b.ResetTimer()
			for range callers {
				go func() {
					for {
						i := next.Add(1)
						if i > int64(b.N) {
							done <- nil
							return
						}
						if err := insert(s, newUser(b, fmt.Sprint("user-", i))); err != nil {
							done <- err
							return
						}
					}
				}()
			}
			for range callers {
				if err := <-done; err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkUpdateUser changes one attribute of one user and makes it durable.
func BenchmarkUpdateUser(b *testing.B) {
	s, ids := filled(b, 10_000)
	docs := []directory.Document{newUser(b, "x").Document, newUser(b, "y").Document}
	for i := 0; b.Loop(); i++ {
		if err := s.Update(context.Background(), func(tx storage.Tx) error {
			u, err := tx.User(1, ids[0], false)
			if err != nil {
				return err
			}
			u.Version++
			u.Document = docs[i%2]
			return tx.UpdateUser(u)
		}); err != nil {
			b.Fatal(err)
		}
	}
}

func benchmarkView(b *testing.B, users int, ask func(storage.Reader, []directory.ID, int) error) {
	s, ids := filled(b, users)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := s.View(context.Background(), func(r storage.Reader) error { return ask(r, ids, i) }); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUserByID(b *testing.B) {
	benchmarkView(b, 10_000, func(r storage.Reader, ids []directory.ID, i int) error {
		_, err := r.User(1, ids[i*7919%len(ids)], false)
		return err
	})
}

// BenchmarkUserNameEqual lists by the filter that identity providers send most.
func BenchmarkUserNameEqual(b *testing.B) {
	benchmarkView(b, 10_000, func(r storage.Reader, ids []directory.ID, i int) error {
		where := directory.Term{Field: directory.FieldUserName, Text: fmt.Sprint("USER-", i*7919%len(ids))}
		return r.Users(1, directory.Query{Where: where, Limit: 100}, func(*directory.User) bool { return true })
	})
}

func BenchmarkPageOf100(b *testing.B) {
	for name, q := range map[string]directory.Query{
		"first": {Limit: 100}, "offset90percent": {Limit: 100, Offset: 90_000}, "key90percent": {Limit: 100, After: 90_000},
		"withGroups": {Limit: 100, WithGroups: true},
	} {
		b.Run(name, func(b *testing.B) {
			benchmarkView(b, 100_000, func(r storage.Reader, _ []directory.ID, _ int) error {
				return r.Users(1, q, func(*directory.User) bool { return true })
			})
		})
	}
}
