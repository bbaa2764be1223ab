package provision

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
)

// covers: T-15, T-16
func TestWhatAClientSaysIsNoKey(t *testing.T) {
	f := newFixture(t)
	first := f.pushed("first")
	seq := f.stored(first.ID)
	for i, ext := range []string{"1", "0", first.ID.String(), "../1", "1 OR 1=1", "ext"} {
		in := &directory.User{ID: first.ID, Tenant: 99, Seq: 1, Version: 7, Origin: directory.OriginRSA, Protected: true, Active: true,
			Created: epoch.Add(-time.Hour), Document: f.document(profileOf(name(i)))}
		in.SetExternalID(okta, ext)
		in.SetExternalID(entra, "not this client's to say")
		u, err := f.CreateUser(f.Context(), f.okta, in)
		if err != nil {
			t.Fatal(err)
		}
		got := f.stored(u.ID)
		if got.ID == first.ID || got.Tenant != tenant || got.Version != 1 || got.Origin != directory.OriginSCIM || got.Protected || !got.Created.Equal(epoch) {
			t.Errorf("externalId %q: %+v", ext, got)
		}
		if !cmp.Equal(got.ExternalIDs, map[directory.ClientID]string{okta: ext}) {
			t.Errorf("externalIds %v", got.ExternalIDs)
		}
	}
	if diff := cmp.Diff(seq, f.stored(first.ID)); diff != "" {
		t.Errorf("another user changed:\n%s", diff)
	}
}

// covers: R-7643-3.1-08
func TestExternalIDsBelongToTheirClient(t *testing.T) {
	f := newFixture(t)
	f.pushed("jane")
	_, err := f.push(f.okta, profileOf("other"), "ext-jane")
	f.wantConflict("the same client gives an id twice", err, "externalId")
	u, err := f.push(f.entra, profileOf("other"), "ext-jane")
	if err != nil {
		t.Fatalf("another client gives that id: %v", err)
	}
	got, _, err := f.EditUser(f.Context(), f.okta, u.ID, func(u *directory.User) error {
		u.SetExternalID(entra, "taken away")
		u.SetExternalID(okta, "mine")
		return nil
	})
	if want := map[directory.ClientID]string{okta: "mine", entra: "ext-jane"}; err != nil || !cmp.Equal(got.ExternalIDs, want) {
		t.Errorf("%v, %v; want %v", got.ExternalIDs, err, want)
	}
}

func TestUserNamesMustNotBeBlank(t *testing.T) {
	f := newFixture(t)
	u := f.pushed("jane")
	var invalid *directory.InvalidError
	for _, blank := range []string{"", " \t"} {
		if _, err := f.CreateUser(f.Context(), f.okta, &directory.User{Document: f.document(directory.Profile{UserName: blank})}); !errors.As(err, &invalid) || invalid.Attribute != "userName" {
			t.Errorf("create %q: %v", blank, err)
		}
		if _, _, err := f.EditUser(f.Context(), f.okta, u.ID, rewrite(func(p *directory.Profile) { p.UserName = blank })); !errors.As(err, &invalid) {
			t.Errorf("rename to %q: %v", blank, err)
		}
		if _, err := f.CreateAccount(f.Context(), f.syncari, "create", true, Draft{Profile: directory.Profile{UserName: blank}}); !errors.As(err, &invalid) {
			t.Errorf("account %q: %v", blank, err)
		}
		if _, err := f.EditAccount(f.Context(), f.syncari, Ref{ID: u.ID}, "edit", func(d *Draft) error { d.Profile.UserName = blank; return nil }); !errors.As(err, &invalid) {
			t.Errorf("account edit to %q: %v", blank, err)
		}
	}
}

// covers: R-7644-3.5.2-08, T-48, T-50
func TestEditUser(t *testing.T) {
	f := newFixture(t)
	u := f.pushed("jane")
	f.group("g", u.ID)
	f.pass(time.Minute)
	var got *directory.User
	var changed bool
	edit := func(fn func(*directory.User) error) error {
		var err error
		got, changed, err = f.EditUser(f.Context(), f.okta, u.ID, fn)
		return err
	}
	set := rewrite(func(p *directory.Profile) { p.Title = "Dr" })
	actions := f.actions(func() {
		if err := edit(set); err != nil {
			t.Fatal(err)
		}
	})
	if !changed || got.Version != 2 || !got.Modified.Equal(epoch.Add(time.Minute)) || !got.Asserted.Equal(got.Modified) || !got.Created.Equal(epoch) || len(got.Groups) != 1 {
		t.Errorf("%+v", got)
	}
	if !slices.Equal(actions, []string{"user.update"}) {
		t.Errorf("actions %v", actions)
	}
	f.pass(time.Minute)
	if actions := f.actions(func() {
		if err := edit(set); err != nil {
			t.Fatal(err)
		}
	}); changed || got.Version != 2 || len(actions) != 0 {
		t.Errorf("the same again: changed %t, version %d, %v", changed, got.Version, actions)
	}
	mine := errors.New("no")
	if err := edit(func(u *directory.User) error { u.Active = false; return errors.Join(set(u), mine) }); !errors.Is(err, mine) {
		t.Errorf("the edit's own error came back as %v", err)
	}
	if now := f.stored(u.ID); now.Version != 2 || !now.Active {
		t.Errorf("a refused edit changed the user: %+v", now)
	}
	// Only what a client may change counts.
	if err := edit(func(u *directory.User) error {
		u.ID, u.Seq, u.Tenant, u.Version, u.Origin, u.Protected, u.Created = directory.NewID(epoch), 9, 9, 9, directory.OriginRSA, true, time.Time{}
		u.Status, u.Asserted, u.Snapshot = directory.Status{State: directory.Purged}, time.Time{}, directory.Document("{}")
		return set(u)
	}); err != nil || changed {
		t.Errorf("an edit of what is not the client's: changed %t, %v", changed, err)
	}
}

func mustProfile(t *testing.T, d directory.Document) directory.Profile {
	t.Helper()
	p, err := d.Profile()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// covers: T-53
func TestTheClockGoesBack(t *testing.T) {
	f := newFixture(t)
	u := f.pushed("jane")
	g := f.group("g", u.ID)
	f.pass(-time.Hour)
	got := f.edited(u.ID, setActive(false))
	if got.Version != 2 || got.Modified.Before(u.Modified) || got.Asserted.Before(u.Asserted) {
		t.Errorf("user: %+v", got)
	}
	a := f.changed(f.rsa, u.ID, func(d *Draft) { d.Profile.NickName = "J" })
	if a.Modified.Before(u.Modified) {
		t.Errorf("account modified %v, was %v", a.Modified, u.Modified)
	}
	f.members(g.ID, directory.MemberEdit{Clear: true})
	if now, err := f.Group(f.Context(), f.okta, g.ID, nil); err != nil || now.Version != 2 || now.Modified.Before(g.Modified) {
		t.Errorf("group: %+v, %v", now, err)
	}
	f.deleted(u.ID)
	if now := f.stored(u.ID); now.Modified.Before(u.Modified) {
		t.Errorf("deleted: modified %v", now.Modified)
	}
	revived, err := f.push(f.okta, profileOf("jane"), "ext-jane")
	if err != nil || revived.Modified.Before(u.Modified) || revived.Asserted.Before(u.Asserted) {
		t.Errorf("revived: %+v, %v", revived, err)
	}
}

func TestUsersAreListedFromOneSnapshot(t *testing.T) {
	f := newFixture(t)
	for i := range 5 {
		f.pushed(name(i))
	}
	f.deleted(f.pushed("gone").ID)
	var got []string
	n, err := f.Users(f.Context(), f.okta, directory.Query{Limit: 2, Offset: 1}, true, func(u *directory.User) bool {
		got = append(got, mustProfile(t, u.Document).UserName)
		return true
	})
	if err != nil || n != 5 || !slices.Equal(got, []string{name(1), name(2)}) {
		t.Errorf("%v of %d, %v", got, n, err)
	}
	n, err = f.Users(f.Context(), f.okta, directory.Query{Limit: 0}, true, func(*directory.User) bool { t.Error("no row was asked for"); return false })
	if err != nil || n != 5 {
		t.Errorf("counted %d, %v", n, err)
	}
	if n, err = f.Users(f.Context(), f.okta, directory.Query{Limit: 9}, false, func(*directory.User) bool { return false }); err != nil || n != 0 {
		t.Errorf("without a total: %d, %v", n, err)
	}
}

// Every entry says who did what, from where, and in which request.
func TestEntriesNameTheActor(t *testing.T) {
	f := newFixture(t)
	by := f.rsa
	by.Role = "Help Desk Administrator"
	u := f.pushed("jane")
	if err := f.Record(f.Context(), by, "rsa.refused", u.ID, map[string]string{"why": "<not allowed>"}); err != nil {
		t.Fatal(err)
	}
	es := f.entries()
	created, recorded := es[0], es[1]
	if created.Client != okta || created.Origin != directory.OriginSCIM || created.Actor != "scim:okta" || created.RequestID != "req-scim:okta" || created.Address != "192.0.2.1" || !created.At.Equal(epoch) {
		t.Errorf("%+v", created)
	}
	if recorded.Kind != journal.KindEvent || recorded.Role != by.Role || recorded.Resource != u.ID || string(recorded.Note) != `{"why":"<not allowed>"}` || recorded.Seq <= created.Seq {
		t.Errorf("%+v", recorded)
	}
	n := 0
	if err := f.Journal(f.Context(), tenant, created.Seq, func(e *journal.Entry) bool { n++; return true }); err != nil || n != 1 {
		t.Errorf("%d entries after the first, %v", n, err)
	}
}
