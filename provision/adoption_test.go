package provision

import (
	"errors"
	"testing"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
)

// A user born in an application is found by the identity provider, whose first
// write adopts it.
//
// covers: documented-apis 6.2, 6.4, T-17
func TestAdoption(t *testing.T) {
	for _, by := range []string{"syncari", "servicemobility"} {
		t.Run(by, func(t *testing.T) {
			f := newFixture(t)
			actor := map[string]journal.Actor{"syncari": f.syncari, "servicemobility": f.mobility}[by]
			a := f.born(actor, "jane")
			if u := f.stored(a.ID); string(u.Origin) != by || !u.Asserted.IsZero() || u.AssertedActive {
				t.Fatalf("born: origin %s, asserted %v %t", u.Origin, u.Asserted, u.AssertedActive)
			}
			_, err := f.push(f.okta, profileOf("JANE"), "00u1")
			f.wantConflict("POST of a name that exists", err, "userName")

			f.pass(1000)
			var u *directory.User
			actions := f.actions(func() {
				u = f.edited(a.ID, func(u *directory.User) error { u.SetExternalID(okta, "00u1"); return nil })
			})
			if len(actions) != 1 || actions[0] != "user.adopt" {
				t.Errorf("the adoption was journalled as %v", actions)
			}
			if u.Version != 2 || u.Asserted.IsZero() || !u.AssertedActive || string(u.Origin) != by || u.ExternalIDs[okta] != "00u1" {
				t.Errorf("adopted: %+v", u)
			}
			if actions := f.actions(func() { f.edited(a.ID, rewrite(func(p *directory.Profile) { p.Title = "Dr" })) }); actions[0] != "user.update" {
				t.Errorf("the write after the adoption was journalled as %v", actions)
			}
		})
	}
}

// covers: documented-apis 6.2
func TestAWriteThatChangesNothingAdoptsToo(t *testing.T) {
	f := newFixture(t)
	a := f.born(f.syncari, "jane")
	u, changed, err := f.EditUser(f.Context(), f.okta, a.ID, func(*directory.User) error { return nil })
	if err != nil || !changed || u.Version != 2 || u.Asserted.IsZero() {
		t.Errorf("first write: %+v, changed %t, %v", u, changed, err)
	}
	if u, changed, err = f.EditUser(f.Context(), f.okta, a.ID, func(*directory.User) error { return nil }); err != nil || changed || u.Version != 2 {
		t.Errorf("second write: version %d, changed %t, %v", u.Version, changed, err)
	}
}

// Who adopts a user without a word about active takes it as it is: RSA's next
// synchronization must not disable it.
//
// covers: documented-apis 2.4
func TestAdoptionAssertsWhatIsShown(t *testing.T) {
	f := newFixture(t)
	a := f.born(f.syncari, "jane")
	f.edited(a.ID, rewrite(func(p *directory.Profile) { p.Title = "Dr" }))
	if after := f.changed(f.rsa, a.ID, func(d *Draft) { d.Reassert = true }); after.Status.State != directory.Active {
		t.Errorf("a synchronization after the adoption made the user %s", after.Status.State)
	}
	b := f.born(f.syncari, "bob")
	f.happened(f.syncari, b.ID, directory.SyncariDeactivate)
	f.edited(b.ID, rewrite(func(p *directory.Profile) { p.Title = "Dr" }))
	if f.stored(b.ID).AssertedActive {
		t.Error("adopting a disabled user asserted that it is active")
	}
}

// covers: T-18
func TestAnApplicationsUserIsNotGivenAnothersAddress(t *testing.T) {
	address := func(v, kind string) directory.Plural { return directory.Plural{Value: v, Type: kind} }
	setEmails := func(es ...directory.Plural) func(*directory.User) error {
		return rewrite(func(p *directory.Profile) { p.Emails = es })
	}
	f := newFixture(t)
	attacker := f.born(f.syncari, "attacker")
	victim := f.pushed("victim")
	local := f.born(f.mobility, "local")

	for what, edit := range map[string]func(*directory.User) error{
		"as the work address":            setEmails(address("victim@example.com", "work")),
		"in other case":                  setEmails(address("VICTIM@Example.com", "work")),
		"as one of several, not shown":   setEmails(address("attacker@example.com", "work"), address("victim@example.com", "home")),
		"that of an application's user":  setEmails(address("local@example.com", "work")),
		"behind the shown one, unlabled": setEmails(address("attacker@example.com", "work"), address("victim@example.com", "")),
	} {
		before := f.stored(attacker.ID)
		_, _, err := f.EditUser(f.Context(), f.okta, attacker.ID, edit)
		f.wantConflict(what, err, "emails")
		if after := f.stored(attacker.ID); after.Version != before.Version || string(after.Document) != string(before.Document) {
			t.Errorf("%s: refused, and changed", what)
		}
	}
	// The other way round: a user of SCIM gets an application's user's address.
	_, _, err := f.EditUser(f.Context(), f.okta, victim.ID, setEmails(address("local@example.com", "work")))
	f.wantConflict("address of a user born elsewhere", err, "emails")
	// An application may not do it either, to anybody.
	_, err = f.EditAccount(f.Context(), f.mobility, Ref{ID: victim.ID}, "edit", func(d *Draft) error {
		d.Profile.Emails = []directory.Plural{address("attacker@example.com", "work")}
		return nil
	})
	f.wantConflict("edit by an application", err, "emails")
	// Nor does one come back with it.
	f.deleted(f.edited(attacker.ID, func(u *directory.User) error { u.SetExternalID(okta, "00u1"); return nil }).ID)
	p := profileOf("attacker")
	p.Emails[0].Value = "victim@example.com"
	_, err = f.push(f.okta, p, "00u1")
	f.wantConflict("a revival", err, "emails")
	// One's own is free, and so is what nobody living has.
	f.edited(local.ID, setEmails(address("LOCAL@example.com", "work")))
	f.deleted(victim.ID)
	f.edited(local.ID, setEmails(address("victim@example.com", "work")))
}

// covers: T-17
func TestPOSTWithAnApplicationsUsersAddress(t *testing.T) {
	f := newFixture(t)
	f.born(f.syncari, "jane")
	p := profileOf("somebody-else")
	p.Emails[0].Value = "Jane@example.com"
	_, err := f.push(f.okta, p, "")
	f.wantConflict("POST with the address of a local user", err, "emails")
	f.pushed("x")
	p = profileOf("y")
	p.Emails[0].Value = "x@example.com"
	if _, err := f.push(f.okta, p, ""); err != nil {
		t.Errorf("users of identity providers may share an address: %v", err)
	}
}

// A synchronization gives back what the identity provider said, and so by the
// identity provider's rule: its users may share an address.
//
// covers: documented-apis 2.4, T-18
func TestSynchronizationOfASharedAddress(t *testing.T) {
	f := newFixture(t)
	team := profileOf("a")
	a, err := f.push(f.okta, team, "")
	if err != nil {
		t.Fatal(err)
	}
	team.UserName = "b"
	if _, err := f.push(f.okta, team, ""); err != nil {
		t.Fatal(err)
	}
	setEmail := func(v string) {
		f.changed(f.mobility, a.ID, func(d *Draft) { d.Profile.Emails[0].Value = v })
	}
	synchronize := func() error {
		_, err := f.EditAccount(f.Context(), f.rsa, Ref{ID: a.ID}, "rsa.synchronize", func(d *Draft) error { d.Reassert = true; return nil })
		return err
	}
	setEmail("own@example.com")
	if err := synchronize(); err != nil || string(f.stored(a.ID).Document) != string(a.Document) {
		t.Errorf("%v, %s", err, f.stored(a.ID).Document)
	}
	// Not so if an application has come to know a user of its own by the address.
	p := profileOf("c")
	p.Emails[0].Value = "d@example.com"
	d, err := f.push(f.okta, p, "")
	if err != nil {
		t.Fatal(err)
	}
	f.changed(f.mobility, d.ID, func(d *Draft) { d.Profile.Emails[0].Value = "away@example.com" })
	f.born(f.syncari, "d")
	_, err = f.EditAccount(f.Context(), f.rsa, Ref{ID: d.ID}, "rsa.synchronize", func(d *Draft) error { d.Reassert = true; return nil })
	f.wantConflict("the address of an application's user", err, "emails")
}

// covers: T-35
func TestProtectedUsers(t *testing.T) {
	f := newFixture(t)
	a := f.born(f.syncari, "owner")
	f.below(a.ID, func(u *directory.User) { u.Protected = true })
	n := len(f.entries())
	for what, edit := range map[string]func(*directory.User) error{
		"deactivate": setActive(false),
		"rewrite":    rewrite(func(p *directory.Profile) { p.Title = "x" }),
		"adopt":      func(*directory.User) error { return nil },
		"unprotect":  func(u *directory.User) error { u.Protected = false; u.Active = false; return nil },
	} {
		if _, _, err := f.EditUser(f.Context(), f.okta, a.ID, edit); !errors.Is(err, directory.ErrProtected) {
			t.Errorf("%s a protected user: %v", what, err)
		}
	}
	if err := f.DeleteUser(f.Context(), f.okta, a.ID, nil); !errors.Is(err, directory.ErrProtected) {
		t.Errorf("delete a protected user: %v", err)
	}
	if u := f.stored(a.ID); u.Status.State != directory.Active || len(f.entries()) != n {
		t.Errorf("the protected user was changed: %+v", u)
	}
	if got := f.happened(f.syncari, a.ID, directory.SyncariDeactivate); got.Status.State != directory.Disabled {
		t.Error("the application itself could not disable its protected user")
	}
}
