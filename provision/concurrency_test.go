package provision

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
)

// atOnce calls fn n times in parallel and returns the errors.
func atOnce(n int, fn func(i int) error) []error {
	errs := make([]error, n)
	var start, done sync.WaitGroup
	start.Add(1)
	for i := range n {
		done.Add(1)
		go func() {
			defer done.Done()
			start.Wait()
			errs[i] = fn(i)
		}()
	}
	start.Done()
	done.Wait()
	return errs
}

func (f *fixture) allSucceeded(errs []error) {
	f.Helper()
	for i, err := range errs {
		if err != nil {
			f.Errorf("call %d: %v", i, err)
		}
	}
}

// checkJournal folds the journal and compares one resource's version.
func (f *fixture) checkJournal(id directory.ID, version int64) {
	f.Helper()
	var s journal.State
	for _, e := range f.entries() {
		if err := s.Apply(e); err != nil {
			f.Fatal(err)
		}
	}
	if r := s.Resources[id]; r == nil || r.Version != version {
		f.Errorf("the journal ends at %+v, want version %d", r, version)
	}
}

// covers: T-46
func TestParallelPOSTsOfOneName(t *testing.T) {
	f := newFixture(t)
	var created atomic.Int32
	errs := atOnce(50, func(i int) error {
		n := "jane.doe"
		if i%2 == 1 {
			n = strings.ToUpper(n)
		}
		_, err := f.CreateUser(f.Context(), f.okta, &directory.User{Active: true, Document: f.document(profileOf(n))})
		if err == nil {
			created.Add(1)
		}
		return err
	})
	if created.Load() != 1 {
		t.Errorf("%d of 50 created the user", created.Load())
	}
	for _, err := range errs {
		if err != nil {
			f.wantConflict("the others", err, "userName")
		}
	}
	if n, err := f.Users(f.Context(), f.okta, directory.Query{}, true, nil); err != nil || n != 1 || len(f.entries()) != 1 {
		t.Errorf("%d users, %d entries, %v", n, len(f.entries()), err)
	}
}

// covers: T-47
func TestParallelMemberEdits(t *testing.T) {
	f := newFixture(t)
	const adds, removes = 200, 50
	var ids []directory.ID
	for i := range adds + removes {
		ids = append(ids, f.pushed(name(i)).ID)
	}
	g := f.group("g", ids[adds:]...)
	f.allSucceeded(atOnce(adds+removes, func(i int) error {
		_, _, err := f.EditGroup(f.Context(), f.okta, g.ID, func(*directory.Group) (*directory.MemberEdit, error) {
			if i < adds {
				return &directory.MemberEdit{Add: texts(ids[i])}, nil
			}
			return &directory.MemberEdit{Remove: texts(ids[i])}, nil
		})
		return err
	}))
	if got := f.memberIDs(g.ID); !slices.Equal(got, ids[:adds]) {
		t.Errorf("%d members, want %d", len(got), adds)
	}
	now, err := f.Group(f.Context(), f.okta, g.ID, nil)
	if err != nil || now.Version != 1+adds+removes || now.MemberCount != adds {
		t.Errorf("%+v, %v", now, err)
	}
	f.checkJournal(g.ID, now.Version)
}

// Edits of different attributes all survive, whatever was read first.
//
// covers: T-47
func TestParallelEditsOfOneUser(t *testing.T) {
	f := newFixture(t)
	u := f.pushed("jane")
	const n = 60
	f.allSucceeded(atOnce(n, func(i int) error {
		switch i % 3 {
		case 0: // an attribute over SCIM
			_, _, err := f.EditUser(f.Context(), f.okta, u.ID, rewrite(func(p *directory.Profile) {
				p.IMs = append(p.IMs, directory.Plural{Value: name(i)})
			}))
			return err
		case 1: // an attribute through an application
			_, err := f.EditAccount(f.Context(), f.rsa, Ref{ID: u.ID}, "edit", func(d *Draft) error {
				d.Profile.Photos = append(d.Profile.Photos, directory.Plural{Value: name(i)})
				return nil
			})
			return err
		default: // what only an application knows
			_, err := f.EditAccount(f.Context(), f.mobility, Ref{ID: u.ID}, "edit", func(d *Draft) error {
				d.State.Mobility.Teams = append(d.State.Mobility.Teams, name(i))
				return nil
			})
			return err
		}
	}))
	now := f.stored(u.ID)
	p := mustProfile(t, now.Document)
	if len(p.IMs) != n/3 || len(p.Photos) != n/3 || len(f.state(u.ID).Mobility.Teams) != n/3 || now.Version != 1+2*n/3 {
		t.Errorf("%d, %d and %d of %d survived, version %d", len(p.IMs), len(p.Photos), len(f.state(u.ID).Mobility.Teams), n/3, now.Version)
	}
	f.checkJournal(u.ID, now.Version)
}

// covers: T-51
func TestParallelWritesWithOneVersion(t *testing.T) {
	f := newFixture(t)
	u := f.pushed("jane")
	var won atomic.Int32
	for i, err := range atOnce(20, func(i int) error {
		_, _, err := f.EditUser(f.Context(), f.okta, u.ID, func(u *directory.User) error {
			if u.Version != 1 {
				return directory.ErrPreconditionFailed
			}
			return rewrite(func(p *directory.Profile) { p.Title = name(i) })(u)
		})
		return err
	}) {
		switch {
		case err == nil:
			won.Add(1)
		case !errors.Is(err, directory.ErrPreconditionFailed):
			t.Errorf("call %d: %v", i, err)
		}
	}
	if got := f.stored(u.ID).Version; won.Load() != 1 || got != 2 {
		t.Errorf("%d won, version %d", won.Load(), got)
	}
	g := f.group("g")
	won.Store(0)
	atOnce(20, func(i int) error {
		_, _, err := f.EditGroup(f.Context(), f.okta, g.ID, func(g *directory.Group) (*directory.MemberEdit, error) {
			if g.Version != 1 {
				return nil, directory.ErrPreconditionFailed
			}
			return rename(t, name(i))(g)
		})
		if err == nil {
			won.Add(1)
		}
		return err
	})
	if won.Load() != 1 {
		t.Errorf("%d group edits won", won.Load())
	}
}

// A user's groups are part of what an edit checks the entity tag of: one that
// comes or goes, or is renamed, while the edit is planned makes it look again.
//
// covers: R-7644-3.14-04, T-51
func TestGroupsChangeWhileAnEditIsPlanned(t *testing.T) {
	for what, do := range map[string]func(*fixture, directory.ID, *directory.Group){
		"the user joins": func(f *fixture, u directory.ID, g *directory.Group) {
			f.members(f.group("other").ID, directory.MemberEdit{Add: texts(u)})
		},
		"the user leaves": func(f *fixture, u directory.ID, g *directory.Group) {
			f.members(g.ID, directory.MemberEdit{Clear: true})
		},
		"the group joins another": func(f *fixture, u directory.ID, g *directory.Group) { f.group("outer", g.ID) },
		"the group is renamed": func(f *fixture, u directory.ID, g *directory.Group) {
			if _, _, err := f.EditGroup(f.Context(), f.okta, g.ID, rename(f.TB.(*testing.T), "renamed")); err != nil {
				f.Fatal(err)
			}
		},
		"the group is deleted": func(f *fixture, u directory.ID, g *directory.Group) { f.gone(g) },
	} {
		t.Run(what, func(t *testing.T) {
			f := newFixture(t)
			u := f.pushed("jane")
			g := f.group("g", u.ID)
			set := rewrite(func(p *directory.Profile) { p.Title = "Dr" })
			seen := f.stored(u.ID).Groups
			insists := func(first func()) error {
				_, _, err := f.EditUser(f.Context(), f.okta, u.ID, func(u *directory.User) error {
					if first != nil {
						defer first()
						first = nil
					}
					if !cmp.Equal(u.Groups, seen) {
						return directory.ErrPreconditionFailed
					}
					return set(u)
				})
				return err
			}
			if err := insists(func() { do(f, u.ID, g) }); !errors.Is(err, directory.ErrPreconditionFailed) {
				t.Errorf("an edit that insists on the groups it saw: %v", err)
			}
			if now := f.stored(u.ID); now.Version != 1 {
				t.Errorf("it was stored as version %d", now.Version)
			}
			if seen = f.stored(u.ID).Groups; insists(nil) != nil {
				t.Error("an edit that saw the groups as they are is refused")
			}
			// One that does not care goes through, and its answer shows the groups as they are.
			f2, calls := newFixture(t), 0
			u = f2.pushed("jane")
			g = f2.group("g", u.ID)
			got, changed, err := f2.EditUser(f2.Context(), f2.okta, u.ID, func(u *directory.User) error {
				if calls++; calls == 1 {
					do(f2, u.ID, g)
				}
				return set(u)
			})
			if err != nil || !changed || calls != 2 || !cmp.Equal(got.Groups, f2.stored(u.ID).Groups) {
				t.Errorf("changed %t, %v, after %d calls, groups %+v", changed, err, calls, got.Groups)
			}
		})
	}
}

// A deletion and edits at the same time: who comes later finds nobody, and
// nothing comes back.
func TestDeletionsRaceEdits(t *testing.T) {
	for _, days := range []fixtureOption{keep(retention), keep(0)} {
		f := newFixture(t, days)
		for round := range 5 {
			u := f.pushed(name(round))
			g := f.group(fmt.Sprint("g", round), u.ID)
			var gone atomic.Int32
			errs := atOnce(20, func(i int) error {
				switch i % 4 {
				case 0:
					err := f.DeleteUser(f.Context(), f.okta, u.ID, nil)
					if err == nil {
						gone.Add(1)
					}
					return err
				case 1:
					_, err := f.EditAccount(f.Context(), f.rsa, Ref{ID: u.ID}, "edit", func(d *Draft) error { d.State.RSA.LastSync = d.Now; return nil })
					return err
				case 2:
					_, _, err := f.EditGroup(f.Context(), f.okta, g.ID, func(*directory.Group) (*directory.MemberEdit, error) {
						return &directory.MemberEdit{Add: texts(u.ID)}, nil
					})
					return err
				default:
					_, _, err := f.EditUser(f.Context(), f.okta, u.ID, rewrite(func(p *directory.Profile) { p.Title = name(i) }))
					return err
				}
			})
			for i, err := range errs {
				if err != nil {
					f.wantNotFound(fmt.Sprint("call ", i), err)
				}
			}
			if gone.Load() != 1 {
				t.Errorf("%d deletions succeeded", gone.Load())
			}
			if ids := f.memberIDs(g.ID); len(ids) != 0 {
				t.Errorf("the deleted user is in its group again: %v", ids)
			}
			_, err := f.User(f.Context(), f.okta, u.ID)
			f.wantNotFound("afterwards", err)
		}
		var s journal.State
		for _, e := range f.entries() {
			if err := s.Apply(e); err != nil {
				t.Fatal(err)
			}
		}
	}
}
