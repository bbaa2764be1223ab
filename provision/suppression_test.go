package provision

import (
	"slices"
	"testing"

	"github.com/scimbridge/scimbridge/directory"
)

// suppress takes the roles away that these groups grant.
func (f *fixture) suppress(user directory.ID, groups ...directory.ID) {
	f.Helper()
	f.changed(f.syncari, user, func(d *Draft) {
		d.State.Syncari.Suppressed = map[string][]directory.Suppression{"I1": {{Role: "Viewer", Groups: groups}}}
	})
}

func (f *fixture) suppressed(user directory.ID) bool {
	f.Helper()
	return f.state(user).Syncari.Suppressed != nil
}

// covers: documented-apis 5.1
func TestSuppressionEndsWithTheMembership(t *testing.T) {
	type world struct {
		*fixture
		jane, other          directory.ID
		outer, inner, direct *directory.Group // jane is in inner, inner in outer, and jane in direct
	}
	edit := func(g func(*world) *directory.Group, e func(*world) directory.MemberEdit) func(*world) {
		return func(w *world) { w.members(g(w).ID, e(w)) }
	}
	outer := func(w *world) *directory.Group { return w.outer }
	inner := func(w *world) *directory.Group { return w.inner }
	direct := func(w *world) *directory.Group { return w.direct }
	for _, c := range []struct {
		what  string
		under func(*world) *directory.Group
		do    func(*world)
		ends  bool
	}{
		{"removed from the group", direct, edit(direct, func(w *world) directory.MemberEdit { return directory.MemberEdit{Remove: texts(w.jane)} }), true},
		{"removed with everybody", direct, edit(direct, func(w *world) directory.MemberEdit { return directory.MemberEdit{Clear: true} }), true},
		{"group deleted", direct, func(w *world) { w.gone(w.direct) }, true},
		{"removed from the inner group", outer, edit(inner, func(w *world) directory.MemberEdit { return directory.MemberEdit{Remove: texts(w.jane)} }), true},
		{"inner group removed from the outer", outer, edit(outer, func(w *world) directory.MemberEdit { return directory.MemberEdit{Remove: texts(w.inner.ID)} }), true},
		{"inner group deleted", outer, func(w *world) { w.gone(w.inner) }, true},
		{"added to the outer group directly too", outer, edit(outer, func(w *world) directory.MemberEdit { return directory.MemberEdit{Add: texts(w.jane)} }), true},

		{"added again", direct, edit(direct, func(w *world) directory.MemberEdit { return directory.MemberEdit{Add: texts(w.jane)} }), false},
		{"replaced by the same list", direct, edit(direct, func(w *world) directory.MemberEdit {
			return directory.MemberEdit{Clear: true, Add: texts(w.jane)}
		}), false},
		{"another member comes", direct, edit(direct, func(w *world) directory.MemberEdit { return directory.MemberEdit{Add: texts(w.other)} }), false},
		{"another group's membership", direct, edit(inner, func(w *world) directory.MemberEdit { return directory.MemberEdit{Remove: texts(w.jane)} }), false},
		{"another group comes into the outer", outer, edit(outer, func(w *world) directory.MemberEdit { return directory.MemberEdit{Add: texts(w.group("x").ID)} }), false},
		{"the group is renamed", direct, func(w *world) {
			doc, _ := directory.GroupProfile{DisplayName: "renamed"}.Document()
			if _, _, err := w.EditGroup(w.Context(), w.okta, w.direct.ID, func(g *directory.Group) (*directory.MemberEdit, error) { g.Document = doc; return nil, nil }); err != nil {
				w.Fatal(err)
			}
		}, false},
		{"the user is edited", direct, func(w *world) { w.edited(w.jane, setActive(false)) }, false},
		{"deleted and undeleted", direct, func(w *world) {
			w.deleted(w.jane)
			w.happened(w.rsa, w.jane, directory.RSAUnmarkDeleted)
		}, false},
		{"deleted, posted and added again", direct, func(w *world) {
			w.deleted(w.jane)
			w.pushed("jane")
			w.members(w.direct.ID, directory.MemberEdit{Add: texts(w.jane)})
		}, true},
	} {
		t.Run(c.what, func(t *testing.T) {
			f := newFixture(t)
			w := &world{fixture: f, jane: f.pushed("jane").ID, other: f.pushed("other").ID}
			w.inner = f.group("inner", w.jane)
			w.outer = f.group("outer", w.inner.ID)
			w.direct = f.group("direct", w.jane)
			f.suppress(w.jane, c.under(w).ID)
			actions := f.actions(func() { c.do(w) })
			if ended := !f.suppressed(w.jane); ended != c.ends {
				t.Errorf("it ended: %t, want %t", ended, c.ends)
			}
			if told := slices.Contains(actions, "syncari.end_suppression"); told != c.ends {
				t.Errorf("the journal tells of it: %v", actions)
			}
		})
	}
}

func (f *fixture) gone(g *directory.Group) {
	f.Helper()
	if err := f.DeleteGroup(f.Context(), f.okta, g.ID, nil); err != nil {
		f.Fatal(err)
	}
}

// covers: documented-apis 5.1
func TestSuppressionsUnderOtherGroupsStay(t *testing.T) {
	f := newFixture(t)
	jane := f.pushed("jane")
	a, b := f.group("a", jane.ID), f.group("b", jane.ID)
	keep := directory.Suppression{Role: "Viewer", Groups: []directory.ID{b.ID}}
	f.changed(f.syncari, jane.ID, func(d *Draft) {
		d.State.Syncari.Suppressed = map[string][]directory.Suppression{
			"I1": {{Role: "Viewer", Groups: []directory.ID{b.ID, a.ID}}, keep}, "I2": {{Role: "Viewer", Groups: []directory.ID{a.ID}}},
		}
	})
	f.members(a.ID, directory.MemberEdit{Remove: texts(jane.ID)})
	got := f.state(jane.ID).Syncari.Suppressed
	if len(got) != 1 || len(got["I1"]) != 1 || !slices.Equal(got["I1"][0].Groups, keep.Groups) {
		t.Errorf("left are %+v", got)
	}
}

// What is suppressed although the user's own roles grant it ends when the
// identity provider changes those.
//
// covers: documented-apis 5.1
func TestSuppressionEndsWithTheRoles(t *testing.T) {
	plurals := func(vs ...string) (list []directory.Plural) {
		for _, v := range vs {
			list = append(list, directory.Plural{Value: v})
		}
		return list
	}
	roles := func(vs ...string) func(*directory.Profile) {
		return func(p *directory.Profile) { p.Roles = plurals(vs...) }
	}
	edit := func(change func(*directory.Profile)) func(*fixture, directory.ID) {
		return func(f *fixture, id directory.ID) { f.edited(id, rewrite(change)) }
	}
	for _, c := range []struct {
		what string
		do   func(*fixture, directory.ID)
		ends bool
	}{
		{"a role goes", edit(roles("b")), true},
		{"all roles go", edit(roles()), true},
		{"a role comes", edit(roles("a", "b", "c")), true},
		{"an entitlement comes", edit(func(p *directory.Profile) { p.Entitlements = plurals("e") }), true},
		{"deleted and posted again", func(f *fixture, id directory.ID) {
			f.deleted(id)
			p := profileOf("jane")
			roles("a", "b")(&p)
			if _, err := f.push(f.okta, p, "ext-jane"); err != nil {
				f.Fatal(err)
			}
		}, true},

		{"the same in other order", edit(roles("b", "A")), false},
		{"another display", edit(func(p *directory.Profile) { p.Roles[0].Display = "Alpha" }), false},
		{"another attribute", edit(func(p *directory.Profile) { p.Title = "Dr" }), false},
		{"a group comes", func(f *fixture, id directory.ID) { f.group("g", id) }, false},
		{"an application's synchronization", func(f *fixture, id directory.ID) {
			f.changed(f.rsa, id, func(d *Draft) { d.Reassert = true; d.State.RSA.LastSync = d.Now })
		}, false},
	} {
		t.Run(c.what, func(t *testing.T) {
			f := newFixture(t)
			jane := f.pushed("jane").ID
			f.edited(jane, rewrite(roles("a", "b")))
			under := directory.Suppression{Role: "Author", Groups: []directory.ID{f.group("staff", jane).ID}}
			f.changed(f.syncari, jane, func(d *Draft) {
				d.State.Syncari.Suppressed = map[string][]directory.Suppression{"I1": {{Role: "Viewer"}, under}}
			})
			actions := f.actions(func() { c.do(f, jane) })
			left := f.state(jane).Syncari.Suppressed["I1"]
			want := 2
			if c.ends {
				want = 1
			}
			if len(left) != want || !slices.Equal(left[want-1].Groups, under.Groups) {
				t.Errorf("left are %+v, want %d", left, want)
			}
			if told := slices.Contains(actions, "syncari.end_suppression"); told != c.ends {
				t.Errorf("the journal tells of it: %v", actions)
			}
		})
	}
}
