package storagetest

import (
	"errors"
	"fmt"
	"slices"

	"github.com/google/go-cmp/cmp"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
)

var memberTests = []test{
	{"EditsDoWhatTheySay", memberEdits},
	{"UnknownIDsAreSkippedOrRefused", memberUnknown},
	{"ReplacingDropsDeletedUsers", memberReplaceDeleted},
	{"UsersFirstInOrderOfSeq", memberOrder},
	{"ManyMembersAtOnce", memberMany},
	{"EditNeedsTheGroup", memberNoGroup},
	{"NestedGroupsGiveIndirectMembership", memberNesting},
	{"CyclesEnd", memberCycles},
	{"GroupsContaining", memberContaining},
}

// covers: A0-5
func memberEdits(f *fixture) {
	var us []*directory.User
	for i := range 6 {
		us = append(us, f.insertUser(fmt.Sprint("u", i)))
	}
	id := func(is ...int) (ids []string) {
		for _, i := range is {
			ids = append(ids, us[i].ID.String())
		}
		return ids
	}
	if_ := func(is ...int) func(directory.Member) bool {
		return func(m directory.Member) bool { return slices.Contains(id(is...), m.ID.String()) }
	}
	for _, c := range []struct {
		name           string
		before         []int
		edit           directory.MemberEdit
		added, removed []int
		after          []int
	}{
		{"nothing", []int{0}, directory.MemberEdit{}, nil, nil, []int{0}},
		{"add", []int{0}, directory.MemberEdit{Add: id(2, 1)}, []int{2, 1}, nil, []int{0, 1, 2}},
		{"add what is there", []int{0, 1}, directory.MemberEdit{Add: id(1, 2)}, []int{2}, nil, []int{0, 1, 2}},
		{"add twice", []int{0}, directory.MemberEdit{Add: id(1, 1)}, []int{1}, nil, []int{0, 1}},
		{"remove", []int{0, 1, 2}, directory.MemberEdit{Remove: id(1)}, nil, []int{1}, []int{0, 2}},
		{"remove what is not there", []int{0}, directory.MemberEdit{Remove: append(id(1), "nobody")}, nil, nil, []int{0}},
		{"remove and add", []int{0, 1}, directory.MemberEdit{Remove: id(0), Add: id(2)}, []int{2}, []int{0}, []int{1, 2}},
		{"clear", []int{0, 1}, directory.MemberEdit{Clear: true}, nil, []int{0, 1}, nil},
		{"replace", []int{0, 1, 2}, directory.MemberEdit{Clear: true, Add: id(4, 2, 1)}, []int{4}, []int{0}, []int{1, 2, 4}},
		{"replace by the same", []int{0, 1}, directory.MemberEdit{Clear: true, Add: id(1, 0)}, nil, nil, []int{0, 1}},
		{"remove if", []int{0, 1, 2, 3}, directory.MemberEdit{RemoveIf: if_(1, 3, 5)}, nil, []int{1, 3}, []int{0, 2}},
		{"remove if, and add", []int{0, 1}, directory.MemberEdit{RemoveIf: if_(0, 1), Add: id(1, 2)}, []int{2}, []int{0}, []int{1, 2}},
		{"remove if, and remove", []int{0, 1, 2}, directory.MemberEdit{RemoveIf: if_(0), Remove: id(2)}, nil, []int{0, 2}, []int{1}},
	} {
		g := f.insertGroup(c.name)
		f.edit(g, &directory.MemberEdit{Add: id(c.before...)})
		change := f.edit(g, &c.edit)
		members := func(is []int) (ms []directory.Member) {
			for _, i := range is {
				ms = append(ms, userMember(us[i]))
			}
			return ms
		}
		want := directory.MemberChange{Added: members(c.added), Removed: members(c.removed), Skipped: change.Skipped}
		if diff := cmp.Diff(want, change); diff != "" {
			f.Errorf("%s: change (-want +got):\n%s", c.name, diff)
		}
		if diff := cmp.Diff(members(c.after), f.members(g)); diff != "" {
			f.Errorf("%s: members (-want +got):\n%s", c.name, diff)
		}
		stored := f.readGroup(g.ID)
		if g.MemberCount != int64(len(c.after)) || stored.MemberCount != g.MemberCount || stored.Version != 1 {
			f.Errorf("%s: MemberCount %d, stored %d at version %d; want %d at 1", c.name, g.MemberCount, stored.MemberCount, stored.Version, len(c.after))
		}
	}
}

// covers: T-25 the store's part: other tenants' users are unknown like any id
func memberUnknown(f *fixture) {
	live := f.insertUser("live")
	disabled := f.insertUser("disabled", func(u *directory.User, _ *directory.Profile) { u.Status.State = directory.DeletedElsewhere })
	deleted := f.insertUser("deleted")
	f.mustChange(deleted.ID, f.become(directory.SCIMDelete, epoch))
	foreign := f.insertUser("foreign", inTenant(otherTenant))
	foreignGroup := f.group("foreign")
	foreignGroup.Tenant = otherTenant
	f.update(func(tx storage.Tx) error { return tx.InsertGroup(foreignGroup) })
	nested := f.insertGroup("nested")
	g := f.insertGroup("g")

	unknown := []string{"bjensen", foreign.ID.String(), directory.NewID(epoch).String(), "", deleted.ID.String(), foreignGroup.ID.String()}
	var add []string
	for i, known := range []directory.ID{live.ID, nested.ID, disabled.ID} {
		add = append(add, unknown[2*i], known.String(), unknown[2*i+1])
	}
	add = append(add, unknown[0], live.ID.String())

	var e *directory.UnknownMembersError
	err := f.try(func(tx storage.Tx) error {
		_, err := tx.EditMembers(g, &directory.MemberEdit{Clear: true, Add: add, RefuseUnknown: true})
		return err
	})
	if !errors.As(err, &e) || !slices.Equal(e.IDs, unknown) {
		f.Errorf("error %v, want the ids %v refused", err, unknown)
	}
	if ms := f.members(g); len(ms) != 0 {
		f.Errorf("a refused edit added %v", ms)
	}
	change := f.edit(g, &directory.MemberEdit{Add: add})
	want := directory.MemberChange{Added: []directory.Member{userMember(live), groupMember(nested), userMember(disabled)}, Skipped: unknown}
	if diff := cmp.Diff(want, change); diff != "" {
		f.Errorf("change (-want +got):\n%s", diff)
	}
}

// A member that was deleted over SCIM since is unknown to a list that replaces.
func memberReplaceDeleted(f *fixture) {
	a, b := f.insertUser("a"), f.insertUser("b")
	g := f.insertGroup("g", a.ID, b.ID)
	f.mustChange(b.ID, f.become(directory.SCIMDelete, epoch))
	change := f.edit(g, &directory.MemberEdit{Clear: true, Add: texts(b.ID, a.ID)})
	want := directory.MemberChange{Removed: []directory.Member{userMember(b)}, Skipped: texts(b.ID)}
	if diff := cmp.Diff(want, change); diff != "" {
		f.Errorf("change (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]directory.Member{userMember(a)}, f.members(g)); diff != "" {
		f.Errorf("members (-want +got):\n%s", diff)
	}
}

func memberOrder(f *fixture) {
	inner := f.insertGroup("inner")
	a, b := f.insertUser("a"), f.insertUser("b")
	second := f.insertGroup("second")
	g := f.insertGroup("g")
	f.edit(g, &directory.MemberEdit{Add: texts(second.ID, b.ID, inner.ID, a.ID)})
	want := []directory.Member{userMember(a), userMember(b), groupMember(inner), groupMember(second)}
	if diff := cmp.Diff(want, f.members(g)); diff != "" {
		f.Errorf("members (-want +got):\n%s", diff)
	}
	f.view(func(r storage.Reader) error {
		n := 0
		err := r.Members(g, func(directory.Member) bool { n++; return n < 2 })
		if n != 2 {
			f.Errorf("Members went on for %d after false", n)
		}
		return err
	})
}

func memberMany(f *fixture) {
	const n = 3000
	ids := make([]string, n)
	f.update(func(tx storage.Tx) error {
		for i := range ids {
			u := f.user(fmt.Sprint("user", i))
			ids[i] = u.ID.String()
			if err := tx.InsertUser(u, nil); err != nil {
				return err
			}
		}
		return nil
	})
	g := f.insertGroup("g")
	if c := f.edit(g, &directory.MemberEdit{Add: ids}); len(c.Added) != n || len(c.Skipped) != 0 {
		f.Errorf("added %d, skipped %d", len(c.Added), len(c.Skipped))
	}
	c := f.edit(g, &directory.MemberEdit{Clear: true, Add: ids[100:]})
	if len(c.Removed) != 100 || len(c.Added) != 0 || g.MemberCount != n-100 {
		f.Errorf("replaced: added %d, removed %d, count %d", len(c.Added), len(c.Removed), g.MemberCount)
	}
	c = f.edit(g, &directory.MemberEdit{Remove: ids})
	if len(c.Removed) != n-100 || g.MemberCount != 0 {
		f.Errorf("removed %d, count %d", len(c.Removed), g.MemberCount)
	}
}

func memberNoGroup(f *fixture) {
	u := f.insertUser("u")
	f.wantNotFound("EditMembers of no group", f.try(func(tx storage.Tx) error {
		_, err := tx.EditMembers(f.group("x"), &directory.MemberEdit{Add: texts(u.ID)})
		return err
	}))
	n := 0
	f.view(func(r storage.Reader) error {
		return r.Members(f.group("x"), func(directory.Member) bool { n++; return true })
	})
	if n != 0 {
		f.Errorf("a group that does not exist has %d members", n)
	}
}

func memberNesting(f *fixture) {
	u, other := f.insertUser("u"), f.insertUser("other")
	top := f.insertGroup("top")
	middle := f.insertGroup("middle", other.ID)
	low := f.insertGroup("low", u.ID)
	also := f.insertGroup("also", u.ID)
	f.insertGroup("apart", other.ID)
	f.edit(middle, &directory.MemberEdit{Add: texts(low.ID)})
	f.edit(top, &directory.MemberEdit{Add: texts(middle.ID, u.ID)})
	if err := f.changeGroup(also.ID, func(g *directory.Group) { g.SetExternalID(okta, "x") }); err != nil {
		f.Fatal(err)
	}
	want := []directory.Membership{
		{Group: top.ID, DisplayName: "top"}, // direct counts, though it is there twice
		{Group: low.ID, DisplayName: "low"},
		{Group: also.ID, DisplayName: "also", ExternalIDs: map[directory.ClientID]string{okta: "x"}},
		{Group: middle.ID, DisplayName: "middle", Indirect: true},
	}
	if diff := cmp.Diff(want, f.read(u.ID).Groups); diff != "" {
		f.Errorf("User with groups (-want +got):\n%s", diff)
	}
	f.view(func(r storage.Reader) error {
		got, err := r.Memberships(u)
		if diff := cmp.Diff(want, got); diff != "" {
			f.Errorf("Memberships (-want +got):\n%s", diff)
		}
		plain, err2 := r.User(tenant, u.ID, false)
		if err2 == nil && plain.Groups != nil {
			f.Errorf("groups were loaded without being asked for")
		}
		return errors.Join(err, err2)
	})
}

// covers: R-7643-4.2-04, T-32 the store's part: a cycle, and a nesting 1000 deep
func memberCycles(f *fixture) {
	u := f.insertUser("u")
	a, b, c := f.insertGroup("a", u.ID), f.insertGroup("b"), f.insertGroup("c")
	f.edit(b, &directory.MemberEdit{Add: texts(a.ID)})
	f.edit(c, &directory.MemberEdit{Add: texts(b.ID)})
	f.edit(a, &directory.MemberEdit{Add: texts(c.ID, a.ID)})
	got := f.read(u.ID).Groups
	if len(got) != 3 || got[0].Group != a.ID || got[0].Indirect || !got[1].Indirect || !got[2].Indirect {
		f.Errorf("groups in a cycle: %+v", got)
	}
	deep := f.insertUser("deep")
	f.update(func(tx storage.Tx) error {
		member := deep.ID
		for i := range 1000 {
			g := f.group(fmt.Sprint("level", i))
			if err := tx.InsertGroup(g); err != nil {
				return err
			}
			if _, err := tx.EditMembers(g, &directory.MemberEdit{Add: texts(member)}); err != nil {
				return err
			}
			member = g.ID
		}
		return nil
	})
	if got := f.read(deep.ID).Groups; len(got) != 1000 {
		f.Errorf("%d groups, want 1000", len(got))
	}
}

func memberContaining(f *fixture) {
	u := f.insertUser("u")
	a, b := f.insertGroup("a", u.ID), f.insertGroup("b", u.ID)
	outer := f.insertGroup("outer", a.ID)
	f.insertGroup("empty")
	f.update(func(tx storage.Tx) error {
		for _, c := range []struct {
			member directory.Member
			tenant directory.TenantID
			want   []*directory.Group
		}{
			{userMember(u), tenant, []*directory.Group{a, b}}, {groupMember(a), tenant, []*directory.Group{outer}},
			{groupMember(outer), tenant, nil}, {userMember(u), otherTenant, nil},
			{directory.Member{ID: u.ID, Kind: directory.GroupMember}, tenant, nil},
		} {
			got, err := tx.GroupsContaining(c.tenant, c.member)
			if err != nil {
				return err
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				f.Errorf("groups containing %v (-want +got):\n%s", c.member, diff)
			}
		}
		return nil
	})
}
