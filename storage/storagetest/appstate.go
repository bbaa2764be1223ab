package storagetest

import (
	"github.com/google/go-cmp/cmp"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
)

var appStateTests = []test{
	{"ReadsBackWhatWasStored", appStateRoundTrip},
	{"NumbersCountUpPerTenant", appStateNumbers},
	{"MobilityUserIDTakesAFreeVariant", appStateMobility},
	{"ChosenIDsMustBeFree", appStateChosen},
	{"SuppressedUsersAreFound", appStateSuppressed},
}

func fullAppState() *directory.AppState {
	no := false
	return &directory.AppState{
		UniphoreID: 41, SyncariID: directory.NewObjectID(epoch), MobilityUserID: "chosen",
		Uniphore: directory.UniphoreState{Auth0ID: "auth0|1", ClientID: "c", Changed: epoch,
			Roles: map[string]directory.UniphoreRole{"eu": {ID: 1, Name: "Agent", ProfileID: 2}}},
		RSA:     directory.RSAState{LastSync: epoch, TokenLocked: true},
		Syncari: directory.SyncariState{APIUser: true, ClientID: "id", Roles: map[string][]string{"1": {"Admin"}}},
		Mobility: directory.MobilityState{Teams: []string{"a"}, MobileWorker: &no,
			Extensions: map[string]string{"k": "v"}},
	}
}

func (f *fixture) appState(u *directory.User) (a *directory.AppState) {
	f.Helper()
	f.view(func(r storage.Reader) (err error) { a, err = r.AppState(u); return err })
	return a
}

func appStateRoundTrip(f *fixture) {
	u, want := f.user("a"), fullAppState()
	f.update(func(tx storage.Tx) error { return tx.InsertUser(u, want) })
	if diff := cmp.Diff(want, f.appState(u)); diff != "" {
		f.Errorf("read back (-stored +read):\n%s", diff)
	}
	want.RSA, want.Mobility.Teams, want.Uniphore.Auth0ID = directory.RSAState{SMSLocked: true}, nil, ""
	f.update(func(tx storage.Tx) error { return tx.PutAppState(u, want) })
	if diff := cmp.Diff(want, f.appState(u)); diff != "" {
		f.Errorf("read back after PutAppState (-stored +read):\n%s", diff)
	}
	if got := f.read(u.ID).Version; got != 1 {
		f.Errorf("PutAppState moved the user's version to %d", got)
	}
	f.view(func(r storage.Reader) error {
		_, err := r.AppState(f.user("b"))
		f.wantNotFound("state of an unknown user", err)
		return nil
	})
	f.wantNotFound("PutAppState of an unknown user", f.try(func(tx storage.Tx) error { return tx.PutAppState(f.user("b"), want) }))
}

func appStateNumbers(f *fixture) {
	number := func(name string, t directory.TenantID, want int64) *directory.AppState {
		f.Helper()
		u, a := f.user(name, inTenant(t)), &directory.AppState{UniphoreID: want}
		f.update(func(tx storage.Tx) error { return tx.InsertUser(u, a) })
		if stored := f.appState(u); stored.UniphoreID != a.UniphoreID || stored.SyncariID != a.SyncariID {
			f.Errorf("the ids given are %+v, those stored %+v", a, stored)
		}
		return a
	}
	seen := map[directory.ObjectID]bool{}
	for _, c := range []struct {
		name         string
		tenant       directory.TenantID
		chosen, want int64
	}{
		{"a", tenant, 0, 1}, {"b", tenant, 0, 2}, {"a", otherTenant, 0, 1}, {"c", tenant, 100, 100}, {"d", tenant, 0, 101},
		{"e", tenant, 50, 50}, {"f", tenant, 0, 102}, {"b", otherTenant, 0, 2},
	} {
		a := number(c.name, c.tenant, c.chosen)
		if a.UniphoreID != c.want {
			f.Errorf("user %s of tenant %d has number %d, want %d", c.name, c.tenant, a.UniphoreID, c.want)
		}
		if seen[a.SyncariID] || a.SyncariID == (directory.ObjectID{}) {
			f.Errorf("Syncari id %v is not new", a.SyncariID)
		}
		seen[a.SyncariID] = true
		if a.MobilityUserID != c.name {
			f.Errorf("mobility id %q, want the user name", a.MobilityUserID)
		}
	}
}

func appStateMobility(f *fixture) {
	insert := func(name, chosen string) string {
		f.Helper()
		a := &directory.AppState{MobilityUserID: chosen}
		f.update(func(tx storage.Tx) error { return tx.InsertUser(f.user(name), a) })
		return a.MobilityUserID
	}
	first := f.insertUser("Ann")
	f.mustChange(first.ID, f.rename("Bea"))
	got := []string{insert("ANN", ""), insert("x", "ann"), insert("y", "ann-2"), insert("z", "free")}
	if diff := cmp.Diff([]string{"ANN-2", "ann-3", "ann-2-2", "free"}, got); diff != "" {
		f.Errorf("ids (-want +got):\n%s", diff)
	}
	if a := f.appState(first); a.MobilityUserID != "Ann" {
		f.Errorf("the renamed user has id %q, want the first name", a.MobilityUserID)
	}
}

func appStateChosen(f *fixture) {
	u := f.user("a")
	f.update(func(tx storage.Tx) error { return tx.InsertUser(u, fullAppState()) })
	for attribute, change := range map[string]func(*directory.AppState){
		"uniphoreId": func(a *directory.AppState) { a.UniphoreID = 41 },
		"syncariId":  func(a *directory.AppState) { a.SyncariID = f.appState(u).SyncariID },
	} {
		a := &directory.AppState{}
		change(a)
		f.update(func(tx storage.Tx) error {
			f.wantConflict(tx.InsertUser(f.user("b"), a), attribute, u.ID)
			_, err := tx.FindUser(tenant, storage.UserKey{UserName: "b"})
			f.wantNotFound("refused user", err)
			return nil
		})
	}
	// Left out, the ids stay.
	before := f.appState(u)
	f.update(func(tx storage.Tx) error {
		return tx.PutAppState(u, &directory.AppState{RSA: directory.RSAState{TokenLocked: true}})
	})
	after := f.appState(u)
	if after.UniphoreID != before.UniphoreID || after.SyncariID != before.SyncariID || after.MobilityUserID != before.MobilityUserID ||
		!after.RSA.TokenLocked || after.Mobility.Teams != nil {
		f.Errorf("after PutAppState without ids: %+v", after)
	}
	b := f.insertUser("b")
	err := f.try(func(tx storage.Tx) error { return tx.PutAppState(b, &directory.AppState{MobilityUserID: "CHOSEN"}) })
	f.wantConflict(err, "mobilityUserId", u.ID)
}

func appStateSuppressed(f *fixture) {
	suppressed := func() (names []string) {
		f.view(func(r storage.Reader) error {
			us, err := r.SuppressedUsers(tenant)
			for _, u := range us {
				p, err := u.Document.Profile()
				if err != nil {
					return err
				}
				names = append(names, p.UserName)
			}
			return err
		})
		return names
	}
	put := func(u *directory.User, s map[string][]directory.Suppression) {
		f.update(func(tx storage.Tx) error {
			return tx.PutAppState(u, &directory.AppState{Syncari: directory.SyncariState{Suppressed: s}})
		})
	}
	some := map[string][]directory.Suppression{"1": {{Role: "Admin"}}}
	a, b := f.insertUser("a"), f.insertUser("b")
	other := f.user("c", inTenant(otherTenant))
	f.update(func(tx storage.Tx) error {
		return tx.InsertUser(other, &directory.AppState{Syncari: directory.SyncariState{Suppressed: some}})
	})
	if got := suppressed(); got != nil {
		f.Errorf("suppressed %v, want none", got)
	}
	put(b, some)
	put(a, some)
	if diff := cmp.Diff([]string{"a", "b"}, suppressed()); diff != "" {
		f.Errorf("suppressed (-want +got):\n%s", diff)
	}
	put(b, nil)
	f.update(func(tx storage.Tx) error { return tx.PurgeUser(a, epoch) })
	if got := suppressed(); got != nil {
		f.Errorf("suppressed %v, want none any more", got)
	}
}
