package storagetest

import (
	"errors"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
)

var groupTests = []test{
	{"ReadsBackWhatWasStored", groupRoundTrip},
	{"NamesAreUniqueUnlessAllowed", groupNames},
	{"ExternalIDsAreUniquePerClient", groupExternalIDs},
	{"UpdateNeedsTheNextVersion", groupVersions},
	{"TenantsAreApart", groupTenants},
	{"DeleteRemovesAll", groupDelete},
}

func (f *fixture) readGroup(id directory.ID) (g *directory.Group) {
	f.Helper()
	f.view(func(r storage.Reader) (err error) { g, err = r.Group(tenant, id); return err })
	return g
}

// changeGroup reads, edits and stores a group with its next version.
func (f *fixture) changeGroup(id directory.ID, edit func(*directory.Group)) error {
	return f.try(func(tx storage.Tx) error {
		g, err := tx.Group(tenant, id)
		if err != nil {
			return err
		}
		edit(g)
		g.Version++
		return tx.UpdateGroup(g)
	})
}

func groupRoundTrip(f *fixture) {
	g := f.group("Größe; 'x' --", func(g *directory.Group) {
		g.ExternalIDs = map[directory.ClientID]string{okta: "00g1", entra: "e"}
		g.AllowDuplicateName = true
		g.Modified = epoch.Add(time.Second)
	})
	u := f.insertUser("a")
	f.update(func(tx storage.Tx) error {
		if err := tx.InsertGroup(g); err != nil {
			return err
		}
		_, err := tx.EditMembers(g, &directory.MemberEdit{Add: texts(u.ID)})
		return err
	})
	if g.Seq == 0 || g.MemberCount != 1 {
		f.Errorf("Seq %d, MemberCount %d", g.Seq, g.MemberCount)
	}
	if diff := cmp.Diff(g, f.readGroup(g.ID)); diff != "" {
		f.Errorf("read back (-stored +read):\n%s", diff)
	}
	g.Version, g.AllowDuplicateName, g.DisplayName = 2, false, "Other"
	g.ExternalIDs = map[directory.ClientID]string{okta: "00g2"}
	g.Document = directory.Document(`{"displayName":"Other"}`)
	g.Modified, g.Created = epoch.Add(time.Minute), epoch.Add(-time.Minute)
	f.update(func(tx storage.Tx) error { return tx.UpdateGroup(g) })
	if diff := cmp.Diff(g, f.readGroup(g.ID)); diff != "" {
		f.Errorf("read back after UpdateGroup (-stored +read):\n%s", diff)
	}
	f.view(func(r storage.Reader) error {
		_, err := r.Group(tenant, directory.NewID(epoch))
		f.wantNotFound("unknown group", err)
		return nil
	})
}

func groupNames(f *fixture) {
	allow := func(g *directory.Group) { g.AllowDuplicateName = true }
	insert := func(g *directory.Group) error { return f.try(func(tx storage.Tx) error { return tx.InsertGroup(g) }) }
	sole := f.insertGroup("Admins")
	f.update(func(tx storage.Tx) error {
		f.wantConflict(tx.InsertGroup(f.group("ADMINS")), "displayName", sole.ID)
		return tx.InsertGroup(f.group("admins2")) // the transaction goes on
	})
	twin := f.group("admins", allow)
	if err := insert(twin); err != nil {
		f.Errorf("a duplicate that is allowed: %v", err)
	}
	third := f.group("ADMINS", allow)
	if err := insert(third); err != nil {
		f.Errorf("a second duplicate that is allowed: %v", err)
	}
	f.wantConflict(insert(f.group("aDMINS")), "displayName", sole.ID)
	// What insists on a name of its own conflicts even with duplicates only.
	f.update(func(tx storage.Tx) error { return tx.DeleteGroup(sole) })
	f.wantConflict(insert(f.group("Admins")), "displayName", twin.ID)
	// Renaming follows the same rule.
	other := f.insertGroup("Other")
	f.wantConflict(f.changeGroup(other.ID, func(g *directory.Group) { g.DisplayName = "ADMINS" }), "displayName", twin.ID)
	f.wantConflict(f.changeGroup(twin.ID, func(g *directory.Group) { g.AllowDuplicateName = false }), "displayName", third.ID)
	if err := f.changeGroup(other.ID, func(g *directory.Group) { g.DisplayName = "OTHER" }); err != nil {
		f.Errorf("its own name in other letters: %v", err)
	}
	if err := f.changeGroup(other.ID, func(g *directory.Group) { g.DisplayName, g.AllowDuplicateName = "Admins", true }); err != nil {
		f.Errorf("renamed to an allowed duplicate: %v", err)
	}
	elsewhere := f.group("Admins")
	elsewhere.Tenant = otherTenant
	if err := insert(elsewhere); err != nil {
		f.Errorf("the same name in another tenant: %v", err)
	}
}

// covers: R-7643-3.1-08
func groupExternalIDs(f *fixture) {
	with := func(c directory.ClientID, id string) func(*directory.Group) {
		return func(g *directory.Group) { g.SetExternalID(c, id) }
	}
	a := f.group("a", with(okta, "X"))
	f.update(func(tx storage.Tx) error {
		if err := tx.InsertGroup(a); err != nil {
			return err
		}
		f.wantConflict(tx.InsertGroup(f.group("b", with(okta, "X"))), "externalId", a.ID)
		return errors.Join(tx.InsertGroup(f.group("b", with(entra, "X"))), tx.InsertGroup(f.group("c", with(okta, "x"))))
	})
	b := f.insertGroup("d")
	f.wantConflict(f.changeGroup(b.ID, with(okta, "X")), "externalId", a.ID)
	f.update(func(tx storage.Tx) error { return tx.DeleteGroup(a) })
	if err := f.changeGroup(b.ID, with(okta, "X")); err != nil {
		f.Errorf("an externalId that has become free: %v", err)
	}
}

func groupVersions(f *fixture) {
	g := f.insertGroup("g")
	for _, version := range []int64{0, 1, 3} {
		err := f.try(func(tx storage.Tx) error {
			c := g.Clone()
			c.Version = version
			return tx.UpdateGroup(c)
		})
		if !errors.Is(err, directory.ErrPreconditionFailed) {
			f.Errorf("UpdateGroup to version %d over 1: %v, want ErrPreconditionFailed", version, err)
		}
	}
	f.wantNotFound("UpdateGroup of an unknown group", f.try(func(tx storage.Tx) error { return tx.UpdateGroup(f.group("x")) }))
}

func groupTenants(f *fixture) {
	g := f.insertGroup("g")
	foreign := g.Clone()
	foreign.Tenant, foreign.Version = otherTenant, 2
	f.wantNotFound("UpdateGroup", f.try(func(tx storage.Tx) error { return tx.UpdateGroup(foreign) }))
	f.wantNotFound("DeleteGroup", f.try(func(tx storage.Tx) error { return tx.DeleteGroup(foreign) }))
	f.wantNotFound("EditMembers", f.try(func(tx storage.Tx) error {
		_, err := tx.EditMembers(foreign, &directory.MemberEdit{Clear: true})
		return err
	}))
	f.view(func(r storage.Reader) error {
		_, err := r.Group(otherTenant, g.ID)
		f.wantNotFound("Group", err)
		n, err := r.CountGroups(otherTenant, directory.Query{})
		if n != 0 {
			f.Errorf("%d groups are counted for a tenant without", n)
		}
		return err
	})
}

func groupDelete(f *fixture) {
	u := f.insertUser("u")
	g := f.insertGroup("g", u.ID)
	parent := f.insertGroup("parent", g.ID, u.ID)
	f.update(func(tx storage.Tx) error { return tx.DeleteGroup(g) })
	f.view(func(r storage.Reader) error {
		_, err := r.Group(tenant, g.ID)
		f.wantNotFound("deleted group", err)
		n, err := r.CountGroups(tenant, directory.Query{})
		if n != 1 {
			f.Errorf("%d groups are counted, want 1", n)
		}
		return err
	})
	if diff := cmp.Diff([]directory.Member{userMember(u)}, f.members(parent)); diff != "" {
		f.Errorf("members of the group it was in (-want +got):\n%s", diff)
	}
	if got := f.readGroup(parent.ID).MemberCount; got != 1 {
		f.Errorf("the group it was in counts %d members, want 1", got)
	}
	if got := f.read(u.ID).Groups; len(got) != 1 || got[0].Group != parent.ID {
		f.Errorf("the user is in %v", got)
	}
	f.wantNotFound("second DeleteGroup", f.try(func(tx storage.Tx) error { return tx.DeleteGroup(g) }))
	f.insertGroup("g")
}
