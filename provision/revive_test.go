package provision

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/mapping"
)

// covers: documented-apis 6.2, 6.4, T-56
func TestPOSTAfterDELETE(t *testing.T) {
	for _, c := range []struct {
		what       string
		externalID string
		entra      bool
		revived    bool
	}{
		{what: "same externalId", externalID: "ext-jane", revived: true},
		{what: "another externalId", externalID: "ext-other"},
		{what: "no externalId"},
		{what: "the same externalId of another client", externalID: "ext-jane", entra: true},
	} {
		t.Run(c.what, func(t *testing.T) {
			f := newFixture(t)
			old := f.pushed("jane")
			g := f.group("syncari:I1:Viewer", old.ID)
			f.changed(f.syncari, old.ID, func(d *Draft) { d.State.Syncari.Roles = map[string][]string{"I1": {"Org Admin"}} })
			ids := f.state(old.ID)
			f.deleted(old.ID)
			f.pass(time.Hour)
			by := f.okta
			if c.entra {
				by = f.entra
			}
			var u *directory.User
			actions := f.actions(func() {
				var err error
				if u, err = f.push(by, profileOf("Jane"), c.externalID); err != nil {
					t.Fatal(err)
				}
			})
			now, s := f.stored(u.ID), f.state(u.ID)
			if len(now.Groups) != 0 {
				t.Errorf("it is in %v before the identity provider said so", now.Groups)
			}
			if !now.Active || now.Status != (directory.Status{}) || s.FormerGroups != nil {
				t.Errorf("status %+v, former groups %v", now.Status, s.FormerGroups)
			}
			if c.revived {
				if u.ID != old.ID || u.Version != 3 || !u.Created.Equal(old.Created) || u.Seq != old.Seq {
					t.Errorf("revived: %+v, was %+v", u, old)
				}
				if s.UniphoreID != ids.UniphoreID || s.SyncariID != ids.SyncariID || s.MobilityUserID != ids.MobilityUserID {
					t.Errorf("the ids are %+v, were %+v", s, ids)
				}
				if !slices.Equal(actions, []string{"user.revive"}) {
					t.Errorf("actions %v", actions)
				}
				return
			}
			if u.ID == old.ID || u.Version != 1 || s.UniphoreID == ids.UniphoreID || s.SyncariID == ids.SyncariID || s.Syncari.Roles != nil {
				t.Errorf("a new person inherited something: %+v %+v", u, s)
			}
			if !slices.Equal(actions, []string{"user.purge", "user.create"}) {
				t.Errorf("actions %v", actions)
			}
			if _, err := f.Account(f.Context(), tenant, Ref{ID: old.ID}); err == nil {
				t.Error("the old user is still there")
			}
			f.members(g.ID, directory.MemberEdit{Add: texts(old.ID)})
			if got := f.account(u.ID).Syncari.Roles; got != nil {
				t.Errorf("the new user has the roles %v", got)
			}
		})
	}
}

// covers: documented-apis 6.4
func TestPOSTOfAVisibleNameIsAConflict(t *testing.T) {
	f := newFixture(t)
	u := f.pushed("jane")
	_, err := f.push(f.okta, profileOf("JANE"), "")
	f.wantConflict("a living user", err, "userName")
	f.happened(f.rsa, u.ID, directory.RSADisable, directory.RSAMarkDeleted)
	_, err = f.push(f.okta, profileOf("jane"), "")
	f.wantConflict("a user deleted elsewhere", err, "userName")
	if got := f.edited(u.ID, setActive(true)); !got.Active || got.Status != (directory.Status{}) {
		t.Errorf("active=true of a user deleted elsewhere: %+v", got.Status)
	}
}

// covers: documented-apis 6.4
func TestAnApplicationsNewUserReplacesAPendingOne(t *testing.T) {
	delete := map[string]func(*fixture, directory.ID){
		"by SCIM": func(f *fixture, id directory.ID) { f.deleted(id) },
		"elsewhere": func(f *fixture, id directory.ID) {
			f.happened(f.rsa, id, directory.RSADisable, directory.RSAMarkDeleted)
		},
		"by itself":     func(f *fixture, id directory.ID) { f.happened(f.mobility, id, directory.MobilityDelete) },
		"twice, really": func(f *fixture, id directory.ID) { f.happened(f.mobility, id, directory.MobilityDelete); f.deleted(id) },
	}
	for what, delete := range delete {
		t.Run(what, func(t *testing.T) {
			f := newFixture(t)
			old := f.pushed("jane")
			_, err := f.CreateAccount(f.Context(), f.syncari, "create", true, Draft{Profile: profileOf("jane")})
			f.wantConflict("a living user", err, "userName")
			delete(f, old.ID)
			a := f.born(f.syncari, "jane")
			if a.ID == old.ID || a.Mobility.UserID != "jane" {
				t.Errorf("the new user has the id %s, UserID %s", a.ID, a.Mobility.UserID)
			}
			if _, err := f.Account(f.Context(), tenant, Ref{ID: old.ID}); err == nil {
				t.Error("the old user is still there")
			}
		})
	}
	t.Run("address", func(t *testing.T) {
		f := newFixture(t)
		same, other := f.pushed("same"), f.pushed("other")
		second := []directory.Plural{{Value: "other@example.com", Type: "work"}, {Value: "same@example.com", Type: "home"}}
		f.edited(other.ID, rewrite(func(p *directory.Profile) { p.Emails = second }))
		draft := Draft{Profile: directory.Profile{UserName: "new", Emails: []directory.Plural{{Value: "Same@example.com"}}}}
		_, err := f.CreateAccount(f.Context(), f.syncari, "create", true, draft)
		f.wantConflict("a living user has it", err, "emails")
		f.deleted(same.ID)
		_, err = f.CreateAccount(f.Context(), f.syncari, "create", true, draft)
		f.wantConflict("a living user has it among others", err, "emails")
		f.deleted(other.ID)
		if _, err = f.CreateAccount(f.Context(), f.syncari, "create", true, draft); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Account(f.Context(), tenant, Ref{ID: same.ID}); err == nil {
			t.Error("the pending user with that address is still there")
		}
		f.account(other.ID) // whose address is another
	})
}

// An id that its client has given to somebody else stays there.
func TestRevivalWithAnExternalIDTakenMeanwhile(t *testing.T) {
	for _, how := range []string{"revive", "undelete"} {
		t.Run(how, func(t *testing.T) {
			f := newFixture(t)
			old := f.pushed("jane")
			if _, _, err := f.EditUser(f.Context(), f.entra, old.ID, func(u *directory.User) error { u.SetExternalID(entra, "E"); return nil }); err != nil {
				t.Fatal(err)
			}
			f.deleted(old.ID)
			other, err := f.push(f.entra, profileOf("other"), "E")
			if err != nil {
				t.Fatal(err)
			}
			if how == "revive" {
				if _, err := f.push(f.okta, profileOf("jane"), "ext-jane"); err != nil {
					t.Fatal(err)
				}
			} else {
				f.happened(f.rsa, old.ID, directory.RSAUnmarkDeleted)
			}
			if got := f.stored(old.ID).ExternalIDs; !cmp.Equal(got, map[directory.ClientID]string{okta: "ext-jane"}) {
				t.Errorf("it came back with %v", got)
			}
			if got := f.stored(other.ID).ExternalIDs[entra]; got != "E" {
				t.Errorf("the other has %q", got)
			}
		})
	}
}

// What a user had stays to be seen by the applications until the purge, by
// nested groups too, and is real again after an undelete.
//
// covers: documented-apis 6.1, 6.2
func TestDeletedUsersKeepTheirRolesForTheApplications(t *testing.T) {
	f := newFixture(t)
	u := f.pushed("jane")
	inner := f.group("everybody", u.ID)
	f.group("syncari:I1:Viewer", inner.ID)
	direct := f.group("syncari:I2:Viewer", u.ID)
	gone := f.group("syncari:I3:Viewer", u.ID)
	roles := func(a mapping.Account) []string {
		var instances []string
		for i := range a.Syncari.Roles {
			instances = append(instances, i)
		}
		slices.Sort(instances)
		return instances
	}
	want := []string{"I1", "I2", "I3"}
	if got := roles(f.account(u.ID)); !slices.Equal(got, want) {
		t.Fatalf("before: %v", got)
	}
	f.deleted(u.ID)
	_, err := f.User(f.Context(), f.okta, u.ID)
	f.wantNotFound("GET after DELETE", err)
	if g, err := f.Group(f.Context(), f.okta, direct.ID, func(directory.Member) { t.Error("SCIM still shows the deleted member") }); err != nil || g.MemberCount != 0 {
		t.Errorf("group after DELETE: %+v, %v", g, err)
	}
	if got := roles(f.account(u.ID)); !slices.Equal(got, want) {
		t.Errorf("deleted: %v, want %v", got, want)
	}
	if err := f.DeleteGroup(f.Context(), f.okta, gone.ID, nil); err != nil {
		t.Fatal(err)
	}
	want = want[:2]
	if got := roles(f.account(u.ID)); !slices.Equal(got, want) {
		t.Errorf("deleted, and one group too: %v, want %v", got, want)
	}

	a := f.happened(f.rsa, u.ID, directory.RSAUnmarkDeleted)
	if a.Status.State != directory.Disabled || a.Status.DisabledBy != directory.OriginRSA {
		t.Errorf("undeleted: %+v", a.Status)
	}
	if got := roles(a); !slices.Equal(got, want) {
		t.Errorf("the answer to the undelete shows %v, want %v", got, want)
	}
	if diff := cmp.Diff(f.account(u.ID), a); diff != "" {
		t.Errorf("the account answered differs from the account (-read +answered):\n%s", diff)
	}
	shown, err := f.User(f.Context(), f.okta, u.ID)
	if err != nil || shown.Active || len(shown.Groups) != 3 {
		t.Errorf("GET after the undelete: %+v, %v", shown, err)
	}
	if s := f.state(u.ID); s.FormerGroups != nil {
		t.Errorf("former groups are still noted: %v", s.FormerGroups)
	}
}

// covers: documented-apis 6.2
func TestUndeleteWhenTheNameIsTaken(t *testing.T) {
	f := newFixture(t)
	old := f.pushed("jane")
	f.deleted(old.ID)
	p := profileOf("other")
	other, err := f.push(f.okta, p, "ext-jane")
	if err != nil {
		t.Fatal(err)
	}
	f.edited(other.ID, rewrite(func(p *directory.Profile) { p.UserName = "jane" }))
	_, err = f.event(f.rsa, old.ID, directory.RSAUnmarkDeleted)
	f.wantConflict("the name is another's", err, "userName")

	old = f.pushed("bob")
	f.deleted(old.ID)
	local := f.born(f.syncari, "local")
	f.changed(f.mobility, local.ID, func(d *Draft) { d.Profile.Emails[0].Value = "bob@example.com" })
	_, err = f.event(f.rsa, old.ID, directory.RSAUnmarkDeleted)
	f.wantConflict("the address is a local user's", err, "emails")
	if got := f.stored(old.ID).Status.State; got != directory.DeletedSCIM {
		t.Errorf("after the refusal it is %s", got)
	}
}

// covers: documented-apis 0.3
func TestIDsAreNeverGivenTwice(t *testing.T) {
	f := newFixture(t, keep(0))
	seen := map[int64]bool{}
	for range 5 {
		u := f.pushed("jane")
		if id := f.state(u.ID).UniphoreID; seen[id] {
			t.Fatalf("the Uniphore id %d was given twice", id)
		} else {
			seen[id] = true
		}
		f.deleted(u.ID)
	}
}

// The three forms of "it was not there": unknown, deleted, another tenant's.
//
// covers: T-24, T-16
func TestWhatIsNotThere(t *testing.T) {
	f := newFixture(t)
	u, g := f.pushed("jane"), f.group("g")
	gone := f.pushed("gone")
	f.deleted(gone.ID)
	stranger := f.okta
	stranger.Tenant = 99
	for what, c := range map[string]struct {
		by journal.Actor
		id directory.ID
	}{"unknown": {f.okta, directory.NewID(epoch)}, "deleted": {f.okta, gone.ID}, "another tenant's": {stranger, u.ID}} {
		_, err := f.User(f.Context(), c.by, c.id)
		f.wantNotFound(what+": read", err)
		_, _, err = f.EditUser(f.Context(), c.by, c.id, setActive(false))
		f.wantNotFound(what+": edit", err)
		f.wantNotFound(what+": delete", f.DeleteUser(f.Context(), c.by, c.id, nil))
	}
	_, err := f.Group(f.Context(), stranger, g.ID, nil)
	f.wantNotFound("another tenant's group: read", err)
	_, _, err = f.EditGroup(f.Context(), stranger, g.ID, func(*directory.Group) (*directory.MemberEdit, error) { return nil, nil })
	f.wantNotFound("another tenant's group: edit", err)
	f.wantNotFound("another tenant's group: delete", f.DeleteGroup(f.Context(), stranger, g.ID, nil))
	_, err = f.Account(f.Context(), stranger.Tenant, Ref{ID: u.ID})
	f.wantNotFound("another tenant's account", err)
}
