package provision

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/storage"
)

// A user's life through the calls of all surfaces: what the database has, what
// SCIM and the applications see, and what the journal tells agree at each step
// with directory.Status, which directory's own test holds to the contract.
//
// covers: documented-apis 6.1, 6.2, 6.3
func TestLifeThroughAllSurfaces(t *testing.T) {
	f := newFixture(t)
	next := tenant
	rapid.Check(t, func(rt *rapid.T) {
		next++
		f.in(next)
		u, err := f.push(f.okta, profileOf("jane"), "")
		if err != nil {
			rt.Fatal(err)
		}
		l := &lifeWalk{fixture: f, T: rt, id: u.ID}
		for range rapid.IntRange(1, 15).Draw(rt, "steps") {
			f.pass(time.Minute)
			l.step()
			if l.status.State == directory.Purged {
				break
			}
		}
	})
}

// lifeWalk is one user with the status it must have.
type lifeWalk struct {
	*fixture
	*rapid.T
	id     directory.ID
	status directory.Status
}

func (l *lifeWalk) Fatal(args ...any)                 { l.T.Fatal(args...) }
func (l *lifeWalk) Fatalf(format string, args ...any) { l.T.Fatalf(format, args...) }
func (l *lifeWalk) Errorf(format string, args ...any) { l.T.Fatalf(format, args...) }
func (l *lifeWalk) Helper()                           { l.T.Helper() }

func (l *lifeWalk) step() {
	event := directory.Event(rapid.IntRange(0, int(directory.PurgeDue)).Draw(l.T, "event"))
	by := map[directory.Origin]journal.Actor{
		directory.OriginSCIM: l.okta, directory.OriginRSA: l.rsa, directory.OriginSyncari: l.syncari,
		directory.OriginMobility: l.mobility, directory.OriginSystem: journal.System(l.okta.Tenant),
	}[event.Origin()]
	n := len(l.entries())
	want, wantErr := l.status.Next(event, by.Name, l.clock)
	var err error
	switch event {
	case directory.SCIMActivate, directory.SCIMDeactivate:
		_, _, err = l.EditUser(l.fixture.Context(), by, l.id, setActive(event == directory.SCIMActivate))
	case directory.SCIMDelete:
		err = l.DeleteUser(l.fixture.Context(), by, l.id, nil)
	default:
		_, err = l.event(by, l.id, event)
	}
	var state, wantState *directory.StateError
	if errors.As(err, &state) != errors.As(wantErr, &wantState) || errors.Is(err, directory.ErrNotFound) != errors.Is(wantErr, directory.ErrNotFound) || (err == nil) != (wantErr == nil) {
		l.Fatalf("%s of a user that is %s: %v, want %v", event, l.status.State, err, wantErr)
	}
	told := 0
	for _, e := range l.entries()[n:] {
		if e.Resource == l.id {
			told++
		}
	}
	if changed := want != l.status; changed != (told == 1) || told > 1 {
		l.Fatalf("%s: changed %t, %d entries", event, changed, told)
	}
	l.status = want
	l.check()
}

// check looks at the user from all sides.
func (l *lifeWalk) check() {
	shown, err := l.User(l.fixture.Context(), l.okta, l.id)
	if visible := l.status.State.VisibleToSCIM(); visible != (err == nil) {
		l.Fatalf("SCIM sees a user that is %s: %v", l.status.State, err)
	} else if visible && shown.Active != (l.status.State == directory.Active) {
		l.Fatalf("SCIM shows active %t, it is %s", shown.Active, l.status.State)
	}
	listed := int64(0)
	n, err := l.Users(l.fixture.Context(), l.okta, directory.Query{Limit: -1}, true, func(*directory.User) bool { listed++; return true })
	if err != nil || n != listed || (listed == 1) != l.status.State.VisibleToSCIM() {
		l.Fatalf("a user that is %s: %d in the list, %d counted, %v", l.status.State, listed, n, err)
	}
	a, err := l.Account(l.fixture.Context(), l.okta.Tenant, Ref{ID: l.id})
	if l.status.State == directory.Purged {
		if !errors.Is(err, directory.ErrNotFound) {
			l.Fatalf("account of a purged user: %v", err)
		}
		return
	}
	if err != nil || a.Status != l.status {
		l.Fatalf("account: %+v, %v; want %+v", a.Status, err, l.status)
	}
	// The name is free exactly while SCIM has the user deleted.
	err = l.store.View(l.fixture.Context(), func(r storage.Reader) error {
		_, err := r.FindUser(l.okta.Tenant, storage.UserKey{UserName: "jane"})
		return err
	})
	if free := errors.Is(err, directory.ErrNotFound); free != (l.status.State == directory.DeletedSCIM) {
		l.Fatalf("the name of a user that is %s is free: %t (%v)", l.status.State, free, err)
	}
}

// covers: documented-apis 6.2
func TestNewUsersAreActiveUnlessSaidOtherwise(t *testing.T) {
	f := newFixture(t)
	u, err := f.CreateUser(f.Context(), f.okta, &directory.User{Document: f.document(profileOf("off"))})
	if err != nil {
		t.Fatal(err)
	}
	if want := (directory.Status{State: directory.Disabled, DisabledBy: directory.OriginSCIM}); u.Status != want || u.Active || u.AssertedActive {
		t.Errorf("POST active=false: %+v", u)
	}
	if u = f.pushed("on"); u.Status != (directory.Status{}) || !u.Active || !u.AssertedActive {
		t.Errorf("POST: %+v", u)
	}
	a, err := f.CreateAccount(f.Context(), f.mobility, "create", false, Draft{Profile: profileOf("sm")})
	if want := (directory.Status{State: directory.Disabled, DisabledBy: directory.OriginMobility}); err != nil || a.Status != want {
		t.Errorf("an application's inactive user: %+v, %v", a.Status, err)
	}
}

// Several events of one call take effect together or not at all.
func TestEventsOfOneCall(t *testing.T) {
	f := newFixture(t)
	u := f.pushed("jane")
	if _, err := f.event(f.rsa, u.ID, directory.RSADisable, directory.RSAMarkDeleted, directory.RSAEnable); err == nil {
		t.Fatal("the last event was not refused")
	}
	if got := f.stored(u.ID); got.Version != 1 || !got.Active {
		t.Errorf("after the refusal: %+v", got)
	}
	actions := f.actions(func() { f.happened(f.rsa, u.ID, directory.RSADisable, directory.RSAMarkDeleted) })
	if got := f.stored(u.ID); got.Version != 2 || got.Status.State != directory.DeletedElsewhere || len(actions) != 1 {
		t.Errorf("after both: %+v, %v", got, actions)
	}
}

// covers: documented-apis 6.2
func TestDeletionKeepsItsFirstTime(t *testing.T) {
	f := newFixture(t)
	u := f.pushed("jane")
	f.happened(f.mobility, u.ID, directory.MobilityDelete)
	first := f.stored(u.ID).Status
	f.pass(time.Hour)
	f.deleted(u.ID)
	got := f.stored(u.ID).Status
	if got.State != directory.DeletedSCIM || !got.DeletedAt.Equal(first.DeletedAt) || got.DeletedBy != "scim:okta" {
		t.Errorf("%+v, first deleted %v", got, first.DeletedAt)
	}
}
