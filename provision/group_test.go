package provision

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
)

// rename is a group edit that sets the display name.
func rename(t *testing.T, name string) func(*directory.Group) (*directory.MemberEdit, error) {
	doc, err := directory.GroupProfile{DisplayName: name}.Document()
	if err != nil {
		t.Fatal(err)
	}
	return func(g *directory.Group) (*directory.MemberEdit, error) { g.Document = doc; return nil, nil }
}

// memberIDs lists a group as SCIM shows it.
func (f *fixture) memberIDs(id directory.ID) []directory.ID {
	f.Helper()
	var ids []directory.ID
	if _, err := f.Group(f.Context(), f.okta, id, func(m directory.Member) { ids = append(ids, m.ID) }); err != nil {
		f.Fatal(err)
	}
	return ids
}

func TestGroups(t *testing.T) {
	f := newFixture(t)
	a, b := f.pushed("a"), f.pushed("b")
	g := f.group("Sales", a.ID)
	if g.Version != 1 || g.MemberCount != 1 || !g.Created.Equal(epoch) {
		t.Errorf("created: %+v", g)
	}
	_, _, err := f.CreateGroup(f.Context(), f.okta, &directory.Group{Document: directory.Document(`{"displayName":"SALES"}`)}, nil)
	f.wantConflict("a name that is taken", err, "displayName")
	f.pass(time.Minute)
	for _, c := range []struct {
		what    string
		edit    func(*directory.Group) (*directory.MemberEdit, error)
		version int64
		actions []string
		members []directory.ID
	}{
		{"nothing", func(*directory.Group) (*directory.MemberEdit, error) { return nil, nil }, 1, nil, []directory.ID{a.ID}},
		{"a member that is there", func(*directory.Group) (*directory.MemberEdit, error) {
			return &directory.MemberEdit{Add: texts(a.ID)}, nil
		}, 1, nil, []directory.ID{a.ID}},
		{"a member", func(*directory.Group) (*directory.MemberEdit, error) {
			return &directory.MemberEdit{Add: texts(b.ID)}, nil
		},
			2, []string{"group.members"}, []directory.ID{a.ID, b.ID}},
		{"a name", rename(t, "Sales & Co"), 3, []string{"group.update"}, []directory.ID{a.ID, b.ID}},
		{"both", func(g *directory.Group) (*directory.MemberEdit, error) {
			if _, err := rename(t, "Sales")(g); err != nil {
				return nil, err
			}
			return &directory.MemberEdit{RemoveIf: func(m directory.Member) bool { return m.ID == a.ID }}, nil
		}, 4, []string{"group.update"}, []directory.ID{b.ID}},
		{"what is not the client's", func(g *directory.Group) (*directory.MemberEdit, error) {
			g.ID, g.Tenant, g.Version, g.Seq, g.MemberCount = directory.NewID(epoch), 9, 9, 9, 9
			g.SetExternalID(entra, "x")
			g.AllowDuplicateName = true
			g.DisplayName = "not the document's"
			return nil, nil
		}, 4, nil, []directory.ID{b.ID}},
	} {
		var got *directory.Group
		actions := f.actions(func() {
			if got, _, err = f.EditGroup(f.Context(), f.okta, g.ID, c.edit); err != nil {
				t.Fatalf("%s: %v", c.what, err)
			}
		})
		if got.Version != c.version || !slices.Equal(actions, c.actions) || !slices.Equal(f.memberIDs(g.ID), c.members) || got.MemberCount != int64(len(c.members)) {
			t.Errorf("%s: version %d with %d members %v, journal %v", c.what, got.Version, got.MemberCount, f.memberIDs(g.ID), actions)
		}
	}
	mine := errors.New("no")
	if _, _, err := f.EditGroup(f.Context(), f.okta, g.ID, func(g *directory.Group) (*directory.MemberEdit, error) { return nil, mine }); err != mine {
		t.Errorf("the edit's own error came back as %v", err)
	}
	if err := f.DeleteGroup(f.Context(), f.okta, g.ID, func(*directory.Group) error { return mine }); err != mine {
		t.Errorf("the check's own error came back as %v", err)
	}
	var invalid *directory.InvalidError
	if _, _, err := f.EditGroup(f.Context(), f.okta, g.ID, rename(t, "  ")); !errors.As(err, &invalid) || invalid.Attribute != "displayName" {
		t.Errorf("a blank name: %v", err)
	}
	f.gone(g)
	_, err = f.Group(f.Context(), f.okta, g.ID, nil)
	f.wantNotFound("after its deletion", err)
	if u := f.stored(b.ID); len(u.Groups) != 0 {
		t.Errorf("a member is still in %v", u.Groups)
	}
}

// covers: T-25, T-52
func TestUnknownMembers(t *testing.T) {
	f := newFixture(t)
	a := f.pushed("a")
	stranger := f.okta
	stranger.Tenant = 99
	foreign, err := f.push(stranger, profileOf("foreign"), "")
	if err != nil {
		t.Fatal(err)
	}
	gone := f.pushed("gone")
	f.deleted(gone.ID)
	unknown := []string{"bulkId:../Users/1", foreign.ID.String(), gone.ID.String(), directory.NewID(epoch).String()}
	g := f.group("g")
	n := len(f.entries())
	mc := f.members(g.ID, directory.MemberEdit{Add: append(slices.Clone(unknown), a.ID.String())})
	if !slices.Equal(mc.Skipped, unknown) || len(mc.Added) != 1 {
		t.Errorf("%+v", mc)
	}
	mc = f.members(g.ID, directory.MemberEdit{Add: unknown[:1]})
	es := f.entries()[n:]
	if len(es) != 2 || es[1].Kind != journal.KindEvent || es[0].Kind != journal.KindGroup {
		t.Fatalf("%d entries: %+v", len(es), es)
	}
	var note struct{ SkippedMembers []string }
	if err := json.Unmarshal(es[0].Note, &note); err != nil || !slices.Equal(note.SkippedMembers, unknown) {
		t.Errorf("note %s, %v", es[0].Note, err)
	}
	if len(mc.Added) != 0 || f.memberIDs(g.ID)[0] != a.ID {
		t.Errorf("%+v", mc)
	}

	var refusal *directory.UnknownMembersError
	_, _, err = f.EditGroup(f.Context(), f.okta, g.ID, func(g *directory.Group) (*directory.MemberEdit, error) {
		_, err := rename(t, "renamed")(g)
		return &directory.MemberEdit{Add: unknown, Remove: texts(a.ID), RefuseUnknown: true}, err
	})
	if !errors.As(err, &refusal) || !slices.Equal(refusal.IDs, unknown) {
		t.Errorf("strict: %v", err)
	}
	if now, err := f.Group(f.Context(), f.okta, g.ID, nil); err != nil || now.DisplayName != "g" || now.MemberCount != 1 {
		t.Errorf("half of a refused edit remained: %+v, %v", now, err)
	}
	_, _, err = f.CreateGroup(f.Context(), f.okta, &directory.Group{Document: directory.Document(`{"displayName":"h"}`)}, &directory.MemberEdit{Add: unknown, RefuseUnknown: true})
	if !errors.As(err, &refusal) {
		t.Errorf("strict, on creation: %v", err)
	}
	if n, err := f.Groups(f.Context(), f.okta, directory.Query{}, true, nil, nil); err != nil || n != 1 {
		t.Errorf("%d groups, %v", n, err)
	}
}

// A note is bounded, however many ids were passed over.
func TestSkippedNoteIsBounded(t *testing.T) {
	f := newFixture(t)
	g := f.group("g")
	add := make([]string, mostSkippedNamed+5)
	for i := range add {
		add[i] = name(i)
	}
	if mc := f.members(g.ID, directory.MemberEdit{Add: add}); len(mc.Skipped) != len(add) {
		t.Errorf("%d skipped", len(mc.Skipped))
	}
	es := f.entries()
	var note struct {
		SkippedMembers []string
		More           int
	}
	if err := json.Unmarshal(es[len(es)-1].Note, &note); err != nil || len(note.SkippedMembers) != mostSkippedNamed || note.More != 5 {
		t.Errorf("%d named and %d more, %v", len(note.SkippedMembers), note.More, err)
	}
}

// covers: T-32
func TestAGroupThatContainsItself(t *testing.T) {
	f := newFixture(t)
	u := f.pushed("jane")
	a := f.group("a", u.ID)
	b := f.group("b", a.ID)
	f.members(a.ID, directory.MemberEdit{Add: texts(a.ID, b.ID)})
	f.suppress(u.ID, b.ID)
	if got := len(f.stored(u.ID).Groups); got != 2 {
		t.Errorf("the user is in %d groups", got)
	}
	f.members(a.ID, directory.MemberEdit{Remove: texts(u.ID)})
	if f.suppressed(u.ID) {
		t.Error("the suppression under the group above did not end")
	}
	f.gone(a)
	if got, err := f.Group(f.Context(), f.okta, b.ID, nil); err != nil || got.MemberCount != 0 || got.Version != 2 {
		t.Errorf("the other group: %+v, %v", got, err)
	}
	var s journal.State
	for _, e := range f.entries() {
		if err := s.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
}

func TestGroupsAreListed(t *testing.T) {
	f := newFixture(t)
	a := f.pushed("a")
	first, second := f.group("first", a.ID), f.group("second")
	got := map[directory.ID][]directory.Member{}
	all := func(*directory.Group) bool { return true }
	n, err := f.Groups(f.Context(), f.okta, directory.Query{Limit: -1}, true, all, func(g *directory.Group, ms []directory.Member) bool {
		got[g.ID] = ms
		return true
	})
	want := map[directory.ID][]directory.Member{first.ID: {{ID: a.ID, Kind: directory.UserMember}}, second.ID: {}}
	if diff := cmp.Diff(want, got); err != nil || n != 2 || diff != "" {
		t.Errorf("%d, %v (-want +got):\n%s", n, err, diff)
	}
	asked := 0
	counted := func(g *directory.Group) bool { asked++; return g.ID == first.ID }
	for _, withMembers := range []func(*directory.Group) bool{counted, nil} {
		calls := 0
		if n, err = f.Groups(f.Context(), f.okta, directory.Query{Limit: -1}, false, withMembers, func(*directory.Group, []directory.Member) bool { calls++; return false }); err != nil || n != 0 || calls != 1 {
			t.Errorf("stopped after %d, counted %d, %v", calls, n, err)
		}
	}
	if asked != 1 { // members of a group that nobody gets to see are not read
		t.Errorf("asked for the members of %d groups, want 1", asked)
	}
	if _, err = f.Groups(f.Context(), f.okta, directory.Query{Limit: -1}, false, counted, func(g *directory.Group, ms []directory.Member) bool {
		if want := g.ID == first.ID; (len(ms) == 1) != want {
			t.Errorf("%s: %d members", g.DisplayName, len(ms))
		}
		return true
	}); err != nil {
		t.Error(err)
	}
}

func TestDuplicateNamesWhereAllowed(t *testing.T) {
	f := newFixture(t)
	f.group("twin")
	other := f.group("other")
	twin := func(allow bool) error {
		_, _, err := f.EditGroup(f.Context(), f.okta, other.ID, func(g *directory.Group) (*directory.MemberEdit, error) {
			g.AllowDuplicateName = allow
			return rename(t, "Twin")(g)
		})
		return err
	}
	f.wantConflict("rename", twin(false), "displayName")
	if err := twin(true); err != nil {
		t.Errorf("where it is allowed: %v", err)
	}
}
