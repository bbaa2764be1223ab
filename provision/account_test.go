package provision

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/mapping"
	"github.com/scimbridge/scimbridge/storage"
)

// mobile is a phone number as RSA's administrators set it.
func mobile(number string) []directory.Plural {
	return []directory.Plural{{Value: number, Type: "mobile"}}
}

// An application's change is shown at once, and what the identity provider
// asserted is kept beside it.
//
// covers: documented-apis 2.4, 6.3
func TestSnapshotOfWhatWasAsserted(t *testing.T) {
	f := newFixture(t)
	u := f.pushed("jane")
	asserted := f.stored(u.ID).Document
	phone := func(number string) func(*Draft) {
		return func(d *Draft) { d.Profile.PhoneNumbers = mobile(number) }
	}
	if a := f.changed(f.rsa, u.ID, phone("+1")); a.PhoneMobile != "+1" {
		t.Errorf("the answer shows the phone %q", a.PhoneMobile)
	}
	f.changed(f.rsa, u.ID, phone("+2"))
	now := f.stored(u.ID)
	if string(now.Snapshot) != string(asserted) || string(now.Asserts()) != string(asserted) || now.Version != 3 {
		t.Errorf("snapshot %s, version %d", now.Snapshot, now.Version)
	}
	if shown, err := f.User(f.Context(), f.okta, u.ID); err != nil || mustProfile(t, shown.Document).PhoneNumbers[0].Value != "+2" {
		t.Errorf("SCIM does not show the new phone: %v", err)
	}
	f.changed(f.rsa, u.ID, func(d *Draft) { d.Profile.PhoneNumbers = nil })
	if now = f.stored(u.ID); now.Snapshot != nil {
		t.Errorf("back to what was asserted, and there is the snapshot %s", now.Snapshot)
	}

	f.changed(f.rsa, u.ID, phone("+3"))
	a := f.changed(f.rsa, u.ID, func(d *Draft) { d.Reassert = true; d.Profile.Title = "ignored" })
	if now = f.stored(u.ID); a.PhoneMobile != "" || string(now.Document) != string(asserted) || now.Snapshot != nil {
		t.Errorf("after a synchronization: phone %q, %s, snapshot %s", a.PhoneMobile, now.Document, now.Snapshot)
	}
	if actions := f.actions(func() { f.changed(f.rsa, u.ID, func(d *Draft) { d.Reassert = true }) }); len(actions) != 0 {
		t.Errorf("a synchronization that changes nothing: %v", actions)
	}

	local := f.born(f.syncari, "local")
	f.changed(f.rsa, local.ID, phone("+5"))
	if now = f.stored(local.ID); now.Snapshot != nil {
		t.Error("a user whom nobody asserted has a snapshot")
	}
}

// covers: documented-apis 2.4
func TestSynchronizationAndActive(t *testing.T) {
	off, on := setActive(false), setActive(true)
	said := func(active bool) func(*directory.User) error {
		return func(u *directory.User) error { u.Active, u.AssertedActive = active, active; return nil }
	}
	type step struct {
		scim  func(*directory.User) error
		event directory.Event
	}
	for _, c := range []struct {
		what  string
		steps []step
		want  directory.Status
	}{
		{"active", nil, directory.Status{}},
		{"deactivated, then enabled by an administrator", []step{{scim: off}, {event: directory.RSAEnable}},
			directory.Status{State: directory.Disabled, DisabledBy: directory.OriginSCIM}},
		{"deactivated", []step{{scim: off}}, directory.Status{State: directory.Disabled, DisabledBy: directory.OriginSCIM}},
		{"deactivated and activated", []step{{scim: off}, {scim: on}}, directory.Status{}},
		{"disabled by an administrator", []step{{event: directory.RSADisable}},
			directory.Status{State: directory.Disabled, DisabledBy: directory.OriginRSA}},
		{"disabled by another application", []step{{event: directory.SyncariDeactivate}},
			directory.Status{State: directory.Disabled, DisabledBy: directory.OriginSyncari}},
		{"the identity provider says active although it is", []step{{scim: off}, {event: directory.RSAEnable}, {scim: said(true)}}, directory.Status{}},
		{"the identity provider says inactive although it is", []step{{event: directory.RSADisable}, {scim: said(false)}, {event: directory.RSAEnable}},
			directory.Status{State: directory.Disabled, DisabledBy: directory.OriginSCIM}},
		{"undeleted and enabled, for the identity provider still deleted", []step{{event: directory.SCIMDelete}, {event: directory.RSAUnmarkDeleted}, {event: directory.RSAEnable}},
			directory.Status{State: directory.Disabled, DisabledBy: directory.OriginSCIM}},
	} {
		t.Run(c.what, func(t *testing.T) {
			f := newFixture(t)
			u := f.pushed("jane")
			for _, s := range c.steps {
				switch {
				case s.scim != nil:
					f.edited(u.ID, s.scim)
				case s.event == directory.SCIMDelete:
					f.deleted(u.ID)
				default:
					f.happened(f.rsa, u.ID, s.event)
				}
			}
			if a := f.changed(f.rsa, u.ID, func(d *Draft) { d.Reassert = true }); a.Status != c.want {
				t.Errorf("after the synchronization: %+v, want %+v", a.Status, c.want)
			}
		})
	}
	t.Run("pending deletions are not touched", func(t *testing.T) {
		f := newFixture(t)
		u := f.pushed("jane")
		f.deleted(u.ID)
		before := f.stored(u.ID).Status
		if a := f.changed(f.rsa, u.ID, func(d *Draft) { d.Reassert = true }); a.Status != before {
			t.Errorf("%+v, was %+v", a.Status, before)
		}
	})
	t.Run("nobody asserted the user", func(t *testing.T) {
		f := newFixture(t)
		a := f.born(f.syncari, "local")
		if a = f.changed(f.rsa, a.ID, func(d *Draft) { d.Reassert = true }); a.Status.State != directory.Active {
			t.Errorf("it is %s", a.Status.State)
		}
	})
}

// What SCIM says of active although nothing changes by it is remembered, as a
// change of its own.
func TestWhatSCIMSaysOfActiveIsKept(t *testing.T) {
	f := newFixture(t)
	u := f.pushed("jane")
	f.happened(f.rsa, u.ID, directory.RSADisable)
	say := func(u *directory.User) error { u.Active, u.AssertedActive = false, false; return nil }
	if got := f.edited(u.ID, say); got.Version != 3 || got.AssertedActive || got.Status.DisabledBy != directory.OriginRSA {
		t.Errorf("%+v", got)
	}
	if got := f.edited(u.ID, say); got.Version != 3 {
		t.Errorf("said again: version %d", got.Version)
	}
}

func TestEditAccount(t *testing.T) {
	f := newFixture(t)
	u := f.pushed("jane")
	// Application state has no version of its own in SCIM.
	a := f.changed(f.mobility, u.ID, func(d *Draft) { d.State.Mobility.Teams = []string{"EAST"} })
	if !slices.Equal(a.Mobility.Teams, []string{"EAST"}) || a.Version != 1 {
		t.Errorf("%+v", a.Mobility)
	}
	a = f.changed(f.mobility, u.ID, func(d *Draft) {
		d.Profile.Enterprise = &directory.Enterprise{Organization: "Sales"}
		d.State.Mobility.Teams[0] = "WEST" // the draft's own
	})
	if diff := cmp.Diff(f.account(u.ID), a); diff != "" {
		t.Errorf("the account answered differs from the account (-read +answered):\n%s", diff)
	}
	if a.Uniphore.OrgName != "Sales" || a.Uniphore.OrgID == 1 || a.Mobility.Teams[0] != "WEST" {
		t.Errorf("%+v %+v", a.Uniphore, a.Mobility)
	}
	mine, n := errors.New("no"), len(f.entries())
	if _, err := f.EditAccount(f.Context(), f.mobility, Ref{ID: u.ID}, "edit", func(d *Draft) error {
		d.Profile.UserName = "x"
		d.State.Mobility.Locked = true
		return mine
	}); err != mine {
		t.Errorf("the edit's own error came back as %v", err)
	}
	if f.state(u.ID).Mobility.Locked || len(f.entries()) != n {
		t.Error("a refused edit changed something")
	}
	f.pushed("taken")
	_, err := f.EditAccount(f.Context(), f.mobility, Ref{ID: u.ID}, "edit", func(d *Draft) error {
		d.Profile.UserName = "TAKEN"
		d.State.Mobility.Locked = true
		return nil
	})
	f.wantConflict("rename", err, "userName")
	if f.state(u.ID).Mobility.Locked {
		t.Error("half of a refused edit remained")
	}
	// A note alone is an event.
	f.changed(f.mobility, u.ID, func(d *Draft) { d.Note = "looked" })
	if es := f.entries(); len(es) != n+2 || es[n+1].Kind != "event" || string(es[n+1].Note) != `"looked"` {
		t.Errorf("a note left %d entries", len(es)-n-1)
	}
}

// A document that was stored by other means stays as it is while nobody changes
// an attribute.
func TestEditAccountKeepsForeignDocuments(t *testing.T) {
	f := newFixture(t)
	u := f.pushed("jane")
	foreign := directory.Document(`{"title":"Dr","userName":"jane","unknown":{"x":1}}`)
	f.below(u.ID, func(u *directory.User) { u.Document = foreign })
	if a := f.changed(f.mobility, u.ID, func(d *Draft) { d.State.Mobility.Locked = true }); a.Version != 2 {
		t.Errorf("version %d", a.Version)
	}
	if now := f.stored(u.ID); string(now.Document) != string(foreign) || now.Snapshot != nil {
		t.Errorf("%s, snapshot %s", now.Document, now.Snapshot)
	}
}

func TestAccountByEveryKey(t *testing.T) {
	f := newFixture(t)
	u := f.pushed("jane")
	s := f.state(u.ID)
	for what, key := range map[string]storage.UserKey{
		"userName": {UserName: "JANE"}, "email": {Email: "Jane@Example.com"}, "Uniphore id": {UniphoreID: s.UniphoreID},
		"Syncari id": {SyncariID: s.SyncariID}, "UserID": {MobilityUserID: "Jane"},
	} {
		if a, err := f.Account(f.Context(), tenant, Ref{Key: key}); err != nil || a.ID != u.ID {
			t.Errorf("by %s: %v, %v", what, a.ID, err)
		}
	}
	_, err := f.Account(f.Context(), tenant, Ref{Key: storage.UserKey{UserName: "nobody"}})
	f.wantNotFound("nobody", err)
}

// All users but purged ones, however many, each once and in order.
func TestAccounts(t *testing.T) {
	f := newFixture(t)
	const users = 1005
	if err := f.store.Update(f.Context(), func(tx storage.Tx) error {
		for i := range users {
			u := &directory.User{ID: directory.NewID(epoch), Tenant: tenant, Version: 1, Created: epoch, Modified: epoch, Active: true,
				Document: f.document(profileOf(name(i)))}
			if err := tx.InsertUser(u, &directory.AppState{}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	gone := f.pushed("gone")
	f.group("syncari:I1:Viewer", gone.ID)
	f.deleted(gone.ID)
	var got []string
	var last mapping.Account
	if err := f.Accounts(f.Context(), tenant, func(a mapping.Account) bool { got, last = append(got, a.UserName), a; return true }); err != nil {
		t.Fatal(err)
	}
	if len(got) != users+1 || got[0] != name(0) || got[users-1] != name(users-1) || got[users] != "gone" {
		t.Errorf("%d accounts", len(got))
	}
	if last.Syncari.Roles == nil {
		t.Error("a deleted user's roles are not in the list")
	}
	n := 0
	if err := f.Accounts(f.Context(), tenant, func(mapping.Account) bool { n++; return n < 3 }); err != nil || n != 3 {
		t.Errorf("stopped after %d, %v", n, err)
	}
}

func TestCreateAccount(t *testing.T) {
	f := newFixture(t)
	d := Draft{Profile: profileOf("jane"), Note: "by hand"}
	d.State.MobilityUserID = "J1"
	a, err := f.CreateAccount(f.Context(), f.mobility, "servicemobility.create", true, d)
	if err != nil {
		t.Fatal(err)
	}
	if a.Mobility.UserID != "J1" || a.Origin != directory.OriginMobility || a.Version != 1 || !a.Created.Equal(epoch) {
		t.Errorf("%+v", a)
	}
	if e := f.entries()[0]; e.Action != "servicemobility.create" || string(e.Note) != `"by hand"` || e.Resource != a.ID {
		t.Errorf("%+v", e)
	}
	d = Draft{Profile: profileOf("other")}
	d.State.MobilityUserID = "j1"
	_, err = f.CreateAccount(f.Context(), f.mobility, "create", true, d)
	f.wantConflict("a UserID that is taken", err, "servicemobility.UserID")
	// It may be taken by someone who was renamed since.
	f.changed(f.mobility, a.ID, func(d *Draft) { d.Profile = profileOf("renamed") })
	if b := f.born(f.syncari, "J1"); b.Mobility.UserID == "J1" || b.UserName != "J1" {
		t.Errorf("UserID %q", b.Mobility.UserID)
	}
}

func TestExplainAndRole(t *testing.T) {
	f := newFixture(t)
	u := f.pushed("jane")
	f.group("uniphore:dev:quality_analyst", u.ID)
	e, err := f.Explain(f.Context(), tenant, Ref{ID: u.ID})
	if err != nil || len(e.Account.Grants) != 1 {
		t.Errorf("%+v, %v", e.Account.Grants, err)
	}
	_, err = f.Explain(f.Context(), tenant, Ref{ID: directory.NewID(epoch)})
	f.wantNotFound("explain nobody", err)
	f.changed(f.syncari, u.ID, func(d *Draft) {
		if r, g, ok := f.UniphoreRole(d, "dev", nil); !ok || r.ID != 9 || g.API != mapping.Uniphore {
			t.Errorf("role %+v by %+v, %t", r, g, ok)
		}
		if d.Now != epoch || d.User.ID != u.ID {
			t.Errorf("draft of %v at %v", d.User.ID, d.Now)
		}
	})
}

// covers: documented-apis 1.5
func TestOrganizationNumbers(t *testing.T) {
	f := newFixture(t, func(s *mapping.Settings, _ *Options) {
		s.Uniphore.DefaultOrg = mapping.Organization{ID: 1, Name: "Default"}
		s.Uniphore.Organizations = map[string]int64{"Three": 3, "Also Three": 3, "Two": 2}
	})
	numbers := map[int64]string{}
	for i, org := range []string{"First", "Second", "third", "THREE", "Two", "Default", "first"} {
		p := profileOf(name(i))
		p.Enterprise = &directory.Enterprise{Organization: org}
		u, err := f.push(f.okta, p, "")
		if err != nil {
			t.Fatal(err)
		}
		n := f.account(u.ID).Uniphore.OrgID
		key := directory.Fold(org)
		if other, taken := numbers[n]; taken && other != key {
			t.Errorf("%s has the number %d of %s", org, n, other)
		}
		numbers[n] = key
	}
	for n, want := range map[int64]string{1: "default", 2: "two", 3: "three"} {
		if numbers[n] != want {
			t.Errorf("number %d is that of %q, want %q", n, numbers[n], want)
		}
	}
	// The default organization without a name keeps its number as well.
	f = newFixture(t, func(s *mapping.Settings, _ *Options) { s.Uniphore.DefaultOrg = mapping.Organization{ID: 1} })
	p := profileOf("x")
	p.Enterprise = &directory.Enterprise{Organization: "First"}
	if u, err := f.push(f.okta, p, ""); err != nil || f.account(u.ID).Uniphore.OrgID == 1 {
		t.Errorf("the first organization has the default one's number, %v", err)
	}
}
