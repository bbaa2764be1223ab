package storagetest

import (
	"errors"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
)

var userTests = []test{
	{"ReadsBackWhatWasStored", userRoundTrip},
	{"TenantsAreApart", userTenants},
	{"NamesAreUniqueByFold", userNames},
	{"ExternalIDsAreUniquePerClient", userExternalIDs},
	{"UpdateNeedsTheNextVersion", userVersions},
	{"UpdateConflictsLikeInsert", userUpdateConflicts},
	{"SCIMDeleteFreesNameAndExternalID", userRelease},
	{"FindUserByEachKey", userFind},
	{"PreparedKeys", userPrepared},
	{"FindUserByEmailPrefersTheLiving", userFindEmail},
	{"PurgeRemovesAll", userPurge},
	{"PurgeDueOldestFirst", userPurgeDue},
	{"SeqIsNeverReused", userSeq},
}

func userRoundTrip(f *fixture) {
	yes := true
	full := f.user("Full@Example.com", func(u *directory.User, p *directory.Profile) {
		u.Version = 1
		u.Asserted = epoch.Add(time.Second)
		u.Modified = epoch.Add(2 * time.Second)
		u.Protected, u.Active, u.AssertedActive = true, false, true
		u.Status = directory.Status{State: directory.DeletedElsewhere, DisabledBy: directory.OriginRSA,
			DeletedAt: epoch.Add(time.Hour), DeletedBy: "Ann \"x\" O'Hara", DeleteOrigin: directory.OriginSyncari}
		u.Origin = directory.OriginMobility
		u.ExternalIDs = map[directory.ClientID]string{okta: "00u1", entra: "Ä'%_\\"}
		u.Snapshot = directory.Document(`{"userName":"before"}`)
		p.DisplayName = "Füll; -- 'x'"
		p.Emails = []directory.Plural{{Value: "a@example.com", Primary: &yes}, {Value: "A@example.com", Type: "home"}}
		p.Enterprise = &directory.Enterprise{EmployeeNumber: "007", Manager: &directory.Manager{Value: "m"}}
	})
	bare := f.user("bare", func(u *directory.User, _ *directory.Profile) { u.Active = true })
	f.insert(full, bare)
	if full.Seq == 0 || bare.Seq <= full.Seq {
		f.Errorf("Seq %d then %d, want increasing from above 0", full.Seq, bare.Seq)
	}
	for _, want := range []*directory.User{full, bare} {
		if diff := cmp.Diff(want, f.read(want.ID)); diff != "" {
			f.Errorf("read back (-stored +read):\n%s", diff)
		}
	}
	changed := full.Clone()
	changed.Version, changed.Protected, changed.Active, changed.AssertedActive = 2, false, true, false
	changed.Status = directory.Status{}
	changed.Snapshot, changed.Asserted = nil, time.Time{}
	changed.Modified, changed.Created = epoch.Add(time.Minute), epoch.Add(-time.Minute)
	changed.Origin = directory.OriginSCIM
	changed.ExternalIDs = map[directory.ClientID]string{entra: "new"}
	changed.Document = f.document(directory.Profile{UserName: "renamed", NickName: "n"})
	f.update(func(tx storage.Tx) error { return tx.UpdateUser(changed) })
	if diff := cmp.Diff(changed, f.read(full.ID)); diff != "" {
		f.Errorf("read back after UpdateUser (-stored +read):\n%s", diff)
	}
	f.view(func(r storage.Reader) error {
		_, err := r.User(tenant, directory.NewID(epoch), false)
		f.wantNotFound("unknown id", err)
		return nil
	})
}

// Another tenant's ids are unknown.
func userTenants(f *fixture) {
	mine := f.insertUser("alice", externalID(okta, "x"), emails("a@example.com"))
	theirs := f.insertUser("ALICE", inTenant(otherTenant), externalID(entra, "x"), emails("a@example.com"))
	f.view(func(r storage.Reader) error {
		_, err := r.User(tenant, theirs.ID, false)
		f.wantNotFound("User of another tenant", err)
		for _, key := range []storage.UserKey{{UserName: "alice"}, {Email: "a@example.com"}, {UniphoreID: 1}, {MobilityUserID: "alice"}} {
			u, err := r.FindUser(otherTenant, key)
			if err != nil || u.ID != theirs.ID {
				f.Errorf("FindUser %+v: %v, %v; want the other tenant's user", key, u, err)
			}
		}
		n := 0
		err = r.Users(tenant, directory.Query{Limit: -1}, func(u *directory.User) bool {
			n++
			if u.ID != mine.ID {
				f.Errorf("listed user %v of another tenant", u.ID)
			}
			return true
		})
		if n != 1 {
			f.Errorf("listed %d users, want 1", n)
		}
		return err
	})
	err := f.try(func(tx storage.Tx) error {
		u := theirs.Clone()
		u.Tenant, u.Version = tenant, 2
		return tx.UpdateUser(u)
	})
	f.wantNotFound("UpdateUser over the tenant's border", err)
	err = f.try(func(tx storage.Tx) error {
		u := theirs.Clone()
		u.Tenant = tenant
		return tx.PurgeUser(u, epoch)
	})
	f.wantNotFound("PurgeUser over the tenant's border", err)
}

// covers: R-7643-4.1.1-03
func userNames(f *fixture) {
	first := f.insertUser("Straße@example.com")
	for _, name := range []string{"Straße@example.com", "STRAßE@EXAMPLE.COM", "stra\u1e9ee@example.com"} {
		f.update(func(tx storage.Tx) error {
			f.wantConflict(tx.InsertUser(f.user(name), &directory.AppState{}), "userName", first.ID)
			// The refusal changed nothing, and the transaction goes on.
			n, err := tx.CountUsers(tenant, directory.Query{})
			if n != 1 {
				f.Errorf("%d users after a refused insert of %s, want 1", n, name)
			}
			return err
		})
	}
	f.insertUser("strasse@example.com") // folding is not spelling
	f.update(func(tx storage.Tx) error {
		f.wantConflict(tx.InsertUser(f.user("STRASSE@example.com"), nil), "userName", mustFind(f, tx, "strasse@example.com").ID)
		return tx.InsertUser(f.user("after the refusal"), nil)
	})
	mustFindIn(f, "AFTER the refusal")
}

func mustFind(f *fixture, r storage.Reader, name string) *directory.User {
	f.Helper()
	u, err := r.FindUser(tenant, storage.UserKey{UserName: name})
	if err != nil {
		f.Fatalf("find %s: %v", name, err)
	}
	return u
}

func mustFindIn(f *fixture, name string) (u *directory.User) {
	f.Helper()
	f.view(func(r storage.Reader) error { u = mustFind(f, r, name); return nil })
	return u
}

// covers: R-7643-3.1-08
func userExternalIDs(f *fixture) {
	first := f.insertUser("a", externalID(okta, "X"))
	f.insertUser("b", externalID(entra, "X")) // another client's
	f.insertUser("c", externalID(okta, "x"))  // exact
	f.update(func(tx storage.Tx) error {
		u := f.user("d", externalID(okta, "X"), emails("d@example.com"))
		f.wantConflict(tx.InsertUser(u, nil), "externalId", first.ID)
		for _, key := range []storage.UserKey{{UserName: "d"}, {Email: "d@example.com"}, {MobilityUserID: "d"}, {UniphoreID: 4}} {
			_, err := tx.FindUser(tenant, key)
			f.wantNotFound("refused user", err)
		}
		return nil
	})
	// A group of the same client may have the same one.
	f.update(func(tx storage.Tx) error {
		return tx.InsertGroup(f.group("g", func(g *directory.Group) { g.SetExternalID(okta, "X") }))
	})
	f.mustChange(first.ID, func(u *directory.User) { u.SetExternalID(okta, "Y") })
	f.insertUser("e", externalID(okta, "X")) // it is free now
}

// The version is what If-Match stands on.
func userVersions(f *fixture) {
	u := f.insertUser("a")
	for _, version := range []int64{0, 1, 3} {
		err := f.try(func(tx storage.Tx) error {
			c := u.Clone()
			c.Version = version
			return tx.UpdateUser(c)
		})
		if !errors.Is(err, directory.ErrPreconditionFailed) {
			f.Errorf("UpdateUser to version %d over 1: %v, want ErrPreconditionFailed", version, err)
		}
	}
	f.wantNotFound("UpdateUser of an unknown user", f.try(func(tx storage.Tx) error { return tx.UpdateUser(f.user("b")) }))
	f.mustChange(u.ID, f.rename("b"))
	if got := f.read(u.ID).Version; got != 2 {
		f.Errorf("version %d, want 2", got)
	}
}

func userUpdateConflicts(f *fixture) {
	a := f.insertUser("a", externalID(okta, "A"))
	b := f.insertUser("b", externalID(okta, "B"))
	f.wantConflict(f.change(b.ID, f.rename("A")), "userName", a.ID)
	f.wantConflict(f.change(b.ID, func(u *directory.User) { u.SetExternalID(okta, "A") }), "externalId", a.ID)
	f.mustChange(b.ID, f.rename("B")) // its own name in other letters
	// Inside one transaction: refused, nothing changed, then something else.
	f.update(func(tx storage.Tx) error {
		u := mustFind(f, tx, "b")
		u.Version++
		edited := u.Clone()
		f.rename("a")(edited)
		f.wantConflict(tx.UpdateUser(edited), "userName", a.ID)
		f.rename("c")(u)
		return tx.UpdateUser(u)
	})
	if got := mustFindIn(f, "c").Version; got != 3 {
		f.Errorf("version %d, want 3", got)
	}
}

// covers: R-7644-3.6-03
func userRelease(f *fixture) {
	old := f.insertUser("Alice", externalID(okta, "A"))
	f.mustChange(old.ID, f.become(directory.SCIMDelete, epoch))
	f.view(func(r storage.Reader) error {
		_, err := r.FindUser(tenant, storage.UserKey{UserName: "alice"})
		f.wantNotFound("UserName of a deleted user", err)
		u, err := r.FindUser(tenant, storage.UserKey{Released: "ALICE"})
		if err != nil || u.ID != old.ID || u.ExternalIDs[okta] != "A" {
			f.Errorf("Released: %+v, %v", u, err)
		}
		u, err = r.User(tenant, old.ID, false)
		if err != nil || u.Status.State != directory.DeletedSCIM {
			f.Errorf("a deleted user by id: %+v, %v", u, err)
		}
		return nil
	})
	second := f.insertUser("alice", externalID(okta, "A"))
	// The old one can not come back while its name is taken.
	f.wantConflict(f.change(old.ID, f.become(directory.RSAUnmarkDeleted, epoch)), "userName", second.ID)
	f.mustChange(second.ID, f.rename("alice2"))
	f.wantConflict(f.change(old.ID, f.become(directory.RSAUnmarkDeleted, epoch)), "externalId", second.ID)
	f.mustChange(second.ID, f.rename("ALICE"))
	f.mustChange(second.ID, f.become(directory.SCIMDelete, epoch.Add(time.Second)))
	f.view(func(r storage.Reader) error {
		u, err := r.FindUser(tenant, storage.UserKey{Released: "alice"})
		if err != nil || u.ID != second.ID {
			f.Errorf("Released: %v, %v, want the one deleted last", u, err)
		}
		return nil
	})
	f.mustChange(old.ID, f.become(directory.RSAUnmarkDeleted, epoch))
	if got := mustFindIn(f, "alice").ID; got != old.ID {
		f.Errorf("after its return the name finds %v", got)
	}
	f.wantConflict(f.try(func(tx storage.Tx) error { return tx.InsertUser(f.user("b", externalID(okta, "A")), nil) }), "externalId", old.ID)
	// Deleted elsewhere keeps everything.
	third := f.insertUser("c")
	f.mustChange(third.ID, f.become(directory.SyncariDelete, epoch))
	f.wantConflict(f.try(func(tx storage.Tx) error { return tx.InsertUser(f.user("C"), nil) }), "userName", third.ID)
	// A user may be stored as deleted, and holds nothing then.
	f.insertUser("c2", func(u *directory.User, _ *directory.Profile) {
		u.Status = directory.Status{State: directory.DeletedSCIM, DeletedAt: epoch}
	}, externalID(okta, "A2"))
	f.insertUser("C2", externalID(okta, "A2"))
}

// What is one text, however it is written, is one key: for names also with
// blanks around them, for externalIds in this case only.
//
// covers: R-7644-5-01, T-21
func userPrepared(f *fixture) {
	const composed, decomposed, wide = "Andr\u00e9", "ANDRE\u0301", " \uff21ndre\u0301\t"
	u := f.insertUser(composed, externalID(okta, "E\u0301"), emails("o\u0308@x.io"), func(_ *directory.User, p *directory.Profile) {
		p.Enterprise = &directory.Enterprise{Manager: &directory.Manager{Value: "M\u00e9"}}
	})
	for _, name := range []string{decomposed, wide, composed + " "} {
		f.wantConflict(f.try(func(tx storage.Tx) error { return tx.InsertUser(f.user(name), nil) }), "userName", u.ID)
	}
	f.wantConflict(f.try(func(tx storage.Tx) error { return tx.InsertUser(f.user("b", externalID(okta, "\u00c9")), nil) }), "externalId", u.ID)
	f.insertUser("b", externalID(okta, "e\u0301"), emails("x@x.io"))
	for _, t := range []directory.Term{
		{Field: directory.FieldUserName, Text: decomposed}, {Field: directory.FieldUserName, Text: wide, Op: directory.Prefix},
		{Field: directory.FieldExternalID, Text: "E\u0301"}, {Field: directory.FieldExternalID, Text: "\u00c9"},
		{Field: directory.FieldEmail, Text: "\u00d6@X.io"}, {Field: directory.FieldManager, Text: "Me\u0301"},
	} {
		for _, where := range []directory.Condition{t, directory.All{t, directory.Any{t}}} {
			f.view(func(r storage.Reader) error {
				n, err := r.CountUsers(tenant, directory.Query{Client: okta, Where: where})
				if n != 1 {
					f.Errorf("%+v: %d users, %v", where, n, err)
				}
				return nil
			})
		}
	}
	// Another spelling of the same is no other value, and can be taken back.
	for _, name := range []string{decomposed, "rob", wide} {
		f.mustChange(u.ID, func(u *directory.User) {
			u.Document = f.document(directory.Profile{UserName: name})
			u.SetExternalID(okta, map[string]string{"rob": "x"}[name]+"\u00c9")
		})
	}
	if got := mustFindIn(f, "andr\u00e9"); got.ID != u.ID {
		f.Errorf("found %v", got.ID)
	}
}

func userFind(f *fixture) {
	f.insertUser("decoy", emails("decoy@example.com"))
	a := &directory.AppState{Uniphore: directory.UniphoreState{Auth0ID: "auth0|Learned"}, Syncari: directory.SyncariState{ClientID: "cid"}}
	u := f.user("Ann", emails("x@example.com", "Ann@Example.com"), func(_ *directory.User, p *directory.Profile) {
		p.Bridge = &directory.Bridge{Uniphore: &directory.UniphoreAttributes{Auth0ID: "auth0|Pushed"}}
	})
	f.update(func(tx storage.Tx) error { return tx.InsertUser(u, a) })
	found := []storage.UserKey{
		{UserName: "aNN"}, {UserName: " ann\u00a0"}, {UserName: "\uff21nn"}, {Email: "ANN@example.COM"}, {Email: "x@example.com"}, {UniphoreID: a.UniphoreID},
		{Auth0ID: "auth0|Learned"}, {Auth0ID: "auth0|Pushed"}, {SyncariID: a.SyncariID}, {MobilityUserID: "ANN"}, {SyncariClientID: "cid"},
	}
	missed := []storage.UserKey{
		{UserName: "an n"}, {UserName: "an"}, {UserName: "a%"}, {Released: "ann"}, {Email: "example.com"}, {UniphoreID: 99},
		{Auth0ID: "auth0|pushed"}, {SyncariID: directory.NewObjectID(epoch)}, {MobilityUserID: "x"}, {SyncariClientID: "CID"},
	}
	f.view(func(r storage.Reader) error {
		for _, key := range found {
			if got, err := r.FindUser(tenant, key); err != nil || got.ID != u.ID {
				f.Errorf("FindUser %+v: %v, %v", key, got, err)
			}
		}
		for _, key := range missed {
			_, err := r.FindUser(tenant, key)
			f.wantNotFound("FindUser of nobody", err)
		}
		for _, key := range []storage.UserKey{{}, {UserName: "ann", Email: "x@example.com"}} {
			if _, err := r.FindUser(tenant, key); err == nil || errors.Is(err, directory.ErrNotFound) {
				f.Errorf("FindUser %+v: %v, want an error of its own", key, err)
			}
		}
		return nil
	})
	// The keys follow the data.
	f.mustChange(u.ID, func(u *directory.User) { u.Document = f.document(directory.Profile{UserName: "Bea"}) })
	f.update(func(tx storage.Tx) error {
		s, err := tx.AppState(u)
		if err != nil {
			return err
		}
		s.Uniphore.Auth0ID, s.Syncari.ClientID = "auth0|Second", ""
		return tx.PutAppState(u, s)
	})
	f.view(func(r storage.Reader) error {
		for _, key := range []storage.UserKey{{UserName: "Ann"}, {Email: "x@example.com"}, {Auth0ID: "auth0|Learned"},
			{Auth0ID: "auth0|Pushed"}, {SyncariClientID: "cid"}} {
			_, err := r.FindUser(tenant, key)
			f.wantNotFound("FindUser by a former value", err)
		}
		for _, key := range []storage.UserKey{{UserName: "bea"}, {Auth0ID: "auth0|Second"}, {MobilityUserID: "ann"}} {
			if got, err := r.FindUser(tenant, key); err != nil || got.ID != u.ID {
				f.Errorf("FindUser %+v: %v, %v", key, got, err)
			}
		}
		return nil
	})
}

func userFindEmail(f *fixture) {
	first := f.insertUser("a", emails("shared@example.com"))
	second := f.insertUser("b", emails("Shared@example.com"))
	expect := func(want *directory.User, when string) {
		f.Helper()
		f.view(func(r storage.Reader) error {
			u, err := r.FindUser(tenant, storage.UserKey{Email: "shared@EXAMPLE.com"})
			if err != nil || u.ID != want.ID {
				f.Errorf("%s: %v, %v, want %v", when, u, err, want.ID)
			}
			return nil
		})
	}
	expect(first, "both live")
	f.mustChange(first.ID, f.become(directory.SCIMDelete, epoch))
	expect(second, "the first is pending")
	f.mustChange(second.ID, f.become(directory.SyncariDelete, epoch))
	expect(first, "both are pending")
}

func userPurge(f *fixture) {
	a := &directory.AppState{Uniphore: directory.UniphoreState{Auth0ID: "auth0|1"}}
	u := f.user("Ann", externalID(okta, "A"), emails("ann@example.com"))
	f.update(func(tx storage.Tx) error { return tx.InsertUser(u, a) })
	g := f.insertGroup("g", u.ID)
	f.mustChange(u.ID, f.become(directory.SyncariDelete, epoch))
	f.update(func(tx storage.Tx) error { return tx.PurgeUser(u, epoch.Add(time.Hour)) })
	f.view(func(r storage.Reader) error {
		_, err := r.User(tenant, u.ID, false)
		f.wantNotFound("purged user", err)
		_, err = r.AppState(u)
		f.wantNotFound("state of a purged user", err)
		for _, key := range []storage.UserKey{{UserName: "ann"}, {Released: "ann"}, {Email: "ann@example.com"}, {UniphoreID: a.UniphoreID},
			{Auth0ID: "auth0|1"}, {SyncariID: a.SyncariID}, {MobilityUserID: "ann"}} {
			_, err := r.FindUser(tenant, key)
			f.wantNotFound("purged user by key", err)
		}
		stored, err := r.Group(tenant, g.ID)
		if err != nil || stored.MemberCount != 0 {
			f.Errorf("group of a purged user: %+v, %v", stored, err)
		}
		n, err := r.CountUsers(tenant, directory.Query{Deleted: true})
		if n != 0 {
			f.Errorf("%d users are counted", n)
		}
		due, dueErr := r.PurgeDue(epoch.Add(time.Hour), 10)
		if len(due) != 0 {
			f.Errorf("%d users are still due", len(due))
		}
		return errors.Join(err, dueErr)
	})
	if ms := f.members(g); len(ms) != 0 {
		f.Errorf("members %v", ms)
	}
	f.wantNotFound("second purge", f.try(func(tx storage.Tx) error { return tx.PurgeUser(u, epoch) }))
	// The name is free, the numbers are not.
	b := &directory.AppState{}
	f.update(func(tx storage.Tx) error { return tx.InsertUser(f.user("ANN", externalID(okta, "A")), b) })
	if b.UniphoreID <= a.UniphoreID || b.MobilityUserID != "ANN" {
		f.Errorf("ids %d %q after a purge of %d", b.UniphoreID, b.MobilityUserID, a.UniphoreID)
	}
}

func userPurgeDue(f *fixture) {
	var ids []directory.ID
	for i, tenantID := range []directory.TenantID{tenant, otherTenant, tenant, tenant} {
		u := f.insertUser(string(rune('a'+i)), inTenant(tenantID), func(u *directory.User, _ *directory.Profile) {
			u.Status = directory.Status{State: directory.DeletedElsewhere, DeletedAt: epoch.Add(-time.Duration(i) * time.Hour)}
		})
		ids = append(ids, u.ID)
	}
	f.insertUser("alive")
	f.mustChange(ids[3], f.become(directory.SCIMActivate, epoch))
	due := func(before time.Time, limit int) (got []directory.ID) {
		f.view(func(r storage.Reader) error {
			us, err := r.PurgeDue(before, limit)
			for _, u := range us {
				got = append(got, u.ID)
			}
			return err
		})
		return got
	}
	for _, c := range []struct {
		before time.Time
		limit  int
		want   []directory.ID
	}{
		{epoch.Add(time.Millisecond), 10, []directory.ID{ids[2], ids[1], ids[0]}},
		{epoch.Add(time.Millisecond), 2, []directory.ID{ids[2], ids[1]}},
		{epoch, 10, []directory.ID{ids[2], ids[1]}},
		{epoch.Add(-5 * time.Hour), 10, nil},
	} {
		if diff := cmp.Diff(c.want, due(c.before, c.limit)); diff != "" {
			f.Errorf("due before %v, at most %d (-want +got):\n%s", c.before, c.limit, diff)
		}
	}
}

func userSeq(f *fixture) {
	a := f.insertUser("a")
	f.update(func(tx storage.Tx) error { return tx.PurgeUser(a, epoch) })
	if b := f.insertUser("b"); b.Seq <= a.Seq {
		f.Errorf("Seq %d after %d", b.Seq, a.Seq)
	}
	g := f.insertGroup("g")
	f.update(func(tx storage.Tx) error { return tx.DeleteGroup(g) })
	if h := f.insertGroup("h"); h.Seq <= g.Seq {
		f.Errorf("group Seq %d after %d", h.Seq, g.Seq)
	}
}
