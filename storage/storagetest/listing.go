package storagetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
)

var listingTests = []test{
	{"UsersMatchWhatTheConditionMeans", listUsersOracle},
	{"GroupsMatchWhatTheConditionMeans", listGroupsOracle},
	{"TextIsLiteral", listLiteral},
	{"CountersFollowEveryChange", listCounters},
	{"DeletedUsersOnlyWhenAskedFor", listDeleted},
	{"LongAndDeepConditions", listLong},
	{"FieldsOfTheOtherKindAreErrors", listWrongField},
}

// awkward are texts whose characters mean something to SQL, to LIKE or to Fold.
var awkward = []string{
	"a", "A", "ab", "abc", "a%", "a_c", "a\\", "a'b", "a\"b", "b", "a--", "a;b", "Ä", "äb", "straße", "STRASSE", "a\U0010ffff", "a\U0010ffffb", "\ud7ff", "", "Kelvin \u212a", "é", "e\u0301", " a", "a ",
}

func listUsersOracle(f *fixture) {
	rng := rand.New(rand.NewPCG(1, 2))
	pick := func(from []string) string { return from[rng.IntN(len(from))] }
	var us []*directory.User
	for i := range 60 {
		us = append(us, f.user(fmt.Sprint(pick(awkward), i%7, pick(awkward), i), func(u *directory.User, p *directory.Profile) {
			u.ID = directory.NewID(epoch.Add(time.Duration(rng.IntN(1<<30)) * time.Second))
			u.Active = rng.IntN(2) == 0
			if rng.IntN(3) == 0 {
				u.Origin = directory.OriginSyncari
			}
			u.Modified = epoch.Add(time.Duration(rng.IntN(4)) * time.Millisecond)
			u.Created = epoch.Add(time.Duration(rng.IntN(4)) * time.Millisecond)
			p.DisplayName = pick(awkward)
			for range rng.IntN(3) {
				p.Emails = append(p.Emails, directory.Plural{Value: pick(awkward)})
			}
			if n := pick(awkward); n != "" {
				p.Name = &directory.Name{FamilyName: n}
			}
			if n := pick(awkward); n != "" {
				p.Enterprise = &directory.Enterprise{EmployeeNumber: n}
				if m := pick(awkward); m != "" {
					p.Enterprise.Manager = &directory.Manager{Value: m}
				}
			}
			if rng.IntN(2) == 0 {
				u.SetExternalID(okta, fmt.Sprint(pick(awkward), i))
			}
			u.SetExternalID(entra, fmt.Sprint("a", i))
		}))
	}
	f.insert(us...)
	f.insertUser("a", inTenant(otherTenant), emails("a"))
	inner := f.insertGroup("inner", us[0].ID, us[1].ID)
	outer := f.insertGroup("outer", us[2].ID)
	f.edit(outer, &directory.MemberEdit{Add: texts(inner.ID)})
	groups := texts(inner.ID, outer.ID)

	values := func(field directory.Field) string {
		switch field {
		case directory.FieldID:
			return clipped(rng, us[rng.IntN(len(us))].ID.String())
		case directory.FieldGroup:
			return clipped(rng, pick(groups))
		case directory.FieldUserName, directory.FieldExternalID:
			return pick(awkward) + pick([]string{"", "1", "3", "a"})
		}
		return pick(awkward)
	}
	fields := []directory.Field{directory.FieldID, directory.FieldUserName, directory.FieldExternalID, directory.FieldDisplayName,
		directory.FieldActive, directory.FieldEmail, directory.FieldApplicationEmail, directory.FieldFamilyName, directory.FieldEmployeeNumber, directory.FieldManager,
		directory.FieldGroup, directory.FieldLastModified, directory.FieldCreated}
	subjects := map[directory.ID]subject{}
	for _, u := range us {
		subjects[u.ID] = f.userSubject(f.read(u.ID), okta)
	}
	for range 600 {
		c := condition(rng, fields, values, 3)
		var want, got []string
		for _, u := range us {
			if subjects[u.ID].matches(c) {
				want = append(want, u.ID.String())
			}
		}
		q := directory.Query{Client: okta, Where: c, Limit: -1}
		f.view(func(r storage.Reader) error {
			n, err := r.CountUsers(tenant, q)
			if n != int64(len(want)) {
				f.Errorf("%v: CountUsers %d, want %d", c, n, len(want))
			}
			return errors.Join(err, r.Users(tenant, q, func(u *directory.User) bool { got = append(got, u.ID.String()); return true }))
		})
		if diff := cmp.Diff(want, got); diff != "" {
			f.Fatalf("%#v (-want +got):\n%s", c, diff)
		}
	}
}

func listGroupsOracle(f *fixture) {
	rng := rand.New(rand.NewPCG(3, 4))
	pick := func(from []string) string { return from[rng.IntN(len(from))] }
	u, v := f.insertUser("u"), f.insertUser("v")
	var gs []*directory.Group
	for i := range 40 {
		g := f.group(pick(awkward)+fmt.Sprint(i%5), func(g *directory.Group) {
			g.AllowDuplicateName = true
			g.ID = directory.NewID(epoch.Add(time.Duration(rng.IntN(1<<30)) * time.Second))
			g.Modified = epoch.Add(time.Duration(rng.IntN(4)) * time.Millisecond)
			g.Created = epoch.Add(time.Duration(rng.IntN(4)) * time.Millisecond)
			if rng.IntN(2) == 0 {
				g.SetExternalID(okta, fmt.Sprint(pick(awkward), i))
			}
		})
		gs = append(gs, g)
		f.update(func(tx storage.Tx) error {
			if err := tx.InsertGroup(g); err != nil {
				return err
			}
			var add []string
			for _, id := range texts(u.ID, v.ID, gs[0].ID, g.ID) {
				if rng.IntN(3) == 0 {
					add = append(add, id)
				}
			}
			_, err := tx.EditMembers(g, &directory.MemberEdit{Add: add})
			return err
		})
	}
	members := texts(u.ID, v.ID, gs[0].ID, gs[1].ID, directory.NewID(epoch))
	values := func(field directory.Field) string {
		switch field {
		case directory.FieldID:
			return clipped(rng, gs[rng.IntN(len(gs))].ID.String())
		case directory.FieldMember:
			return clipped(rng, pick(members))
		}
		return pick(awkward) + pick([]string{"", "1", "3"})
	}
	fields := []directory.Field{directory.FieldID, directory.FieldExternalID, directory.FieldDisplayName, directory.FieldMember, directory.FieldLastModified, directory.FieldCreated}
	subjects := map[directory.ID]subject{}
	for _, g := range gs {
		subjects[g.ID] = groupSubject(g, f.members(g), okta)
	}
	for range 400 {
		c := condition(rng, fields, values, 3)
		var want, got []string
		for _, g := range gs {
			if subjects[g.ID].matches(c) {
				want = append(want, g.ID.String())
			}
		}
		q := directory.Query{Client: okta, Where: c, Limit: -1}
		f.view(func(r storage.Reader) error {
			n, err := r.CountGroups(tenant, q)
			if n != int64(len(want)) {
				f.Errorf("%v: CountGroups %d, want %d", c, n, len(want))
			}
			return errors.Join(err, r.Groups(tenant, q, func(g *directory.Group) bool { got = append(got, g.ID.String()); return true }))
		})
		if diff := cmp.Diff(want, got); diff != "" {
			f.Fatalf("%#v (-want +got):\n%s", c, diff)
		}
	}
}

// clipped returns an id, the beginning of one, or one that was damaged.
func clipped(rng *rand.Rand, id string) string {
	switch rng.IntN(6) {
	case 0:
		return id[:rng.IntN(len(id)+1)]
	case 1:
		i := rng.IntN(len(id))
		return id[:i] + string("-/0:9@Zafg~"[rng.IntN(11)]) + id[i+1:]
	case 2:
		return id + "0"
	case 3:
		return "ffffffff"
	}
	return id
}

// condition returns a random condition of at most the depth.
func condition(rng *rand.Rand, fields []directory.Field, value func(directory.Field) string, depth int) directory.Condition {
	if depth > 0 && rng.IntN(3) > 0 {
		var cs []directory.Condition
		for range rng.IntN(4) {
			cs = append(cs, condition(rng, fields, value, depth-1))
		}
		if rng.IntN(2) == 0 {
			return directory.All(cs)
		}
		return directory.Any(cs)
	}
	t := directory.Term{Field: fields[rng.IntN(len(fields))], Op: directory.Op(rng.IntN(int(directory.GreaterEqual) + 1))}
	switch t.Field {
	case directory.FieldActive:
		t.Op, t.Bool = directory.Equal, rng.IntN(2) == 0
	case directory.FieldLastModified, directory.FieldCreated:
		if t.Op == directory.Prefix {
			t.Op = directory.Equal
		}
		t.Time = epoch.Add(time.Duration(rng.IntN(8)) * 500 * time.Microsecond)
	default:
		t.Text = value(t.Field)
	}
	return t
}

// covers: T-41
func listLiteral(f *fixture) {
	names := []string{"a%b", "a_b", "axb", "a'b", `a\b`, "a--b", "a;b", `a"b`, "a$1b", "a?b", "A%B2"}
	for _, n := range names {
		f.insertUser(n, emails(n), externalID(okta, n))
	}
	list := func(field directory.Field, op directory.Op, text string) (got []string) {
		f.view(func(r storage.Reader) error {
			q := directory.Query{Client: okta, Limit: -1, Where: directory.Term{Field: field, Op: op, Text: text}}
			return r.Users(tenant, q, func(u *directory.User) bool {
				p, err := u.Document.Profile()
				if err != nil {
					f.Error(err)
				}
				got = append(got, p.UserName)
				return true
			})
		})
		return got
	}
	for _, field := range []directory.Field{directory.FieldUserName, directory.FieldEmail, directory.FieldExternalID} {
		for _, n := range names {
			if diff := cmp.Diff([]string{n}, list(field, directory.Equal, n)); diff != "" {
				f.Errorf("field %d equal %q (-want +got):\n%s", field, n, diff)
			}
		}
		for _, pattern := range []string{"a_", "a%", `a\`, "%", "_", "a'"} {
			for _, got := range list(field, directory.Prefix, pattern) {
				if !strings.HasPrefix(directory.Fold(got), pattern) {
					f.Errorf("field %d prefix %q accepts %q", field, pattern, got)
				}
			}
		}
	}
	if diff := cmp.Diff([]string{"a%b", "A%B2"}, list(directory.FieldUserName, directory.Prefix, "a%")); diff != "" {
		f.Errorf("prefix a%% (-want +got):\n%s", diff)
	}
}

// The counters must equal what a count of the rows gives, after each change.
func listCounters(f *fixture) {
	// A filter that accepts all is counted row by row.
	everything := directory.Term{Field: directory.FieldID, Op: directory.GreaterEqual}
	check := func(step string, states map[directory.State]int64, groups int64) {
		f.Helper()
		f.view(func(r storage.Reader) error {
			for _, deleted := range []bool{false, true} {
				q := directory.Query{Deleted: deleted}
				fast, err := r.CountUsers(tenant, q)
				q.Where = everything
				slow, err2 := r.CountUsers(tenant, q)
				if fast != slow || err != nil || err2 != nil {
					f.Errorf("%s: %d users by counter, %d by count (deleted %t) %v %v", step, fast, slow, deleted, err, err2)
				}
			}
			fast, err := r.CountGroups(tenant, directory.Query{})
			slow, err2 := r.CountGroups(tenant, directory.Query{Where: everything})
			if fast != slow || err != nil || err2 != nil {
				f.Errorf("%s: %d groups by counter, %d by count %v %v", step, fast, slow, err, err2)
			}
			c, err := r.Counts()
			for st, n := range c.Users {
				if n == 0 {
					delete(c.Users, st)
				}
			}
			if !cmp.Equal(c.Users, states) || c.Groups != groups {
				f.Errorf("%s: Counts %v and %d groups, want %v and %d", step, c.Users, c.Groups, states, groups)
			}
			return err
		})
	}
	type states = map[directory.State]int64
	check("empty", states{}, 0)
	a, b := f.insertUser("a"), f.insertUser("b")
	f.insertUser("c", inTenant(otherTenant))
	check("three users", states{directory.Active: 3}, 0)
	f.mustChange(a.ID, f.become(directory.SCIMDeactivate, epoch))
	check("one is disabled", states{directory.Active: 2, directory.Disabled: 1}, 0)
	f.mustChange(a.ID, f.become(directory.SyncariDelete, epoch))
	f.mustChange(b.ID, f.become(directory.SCIMDelete, epoch))
	check("two are pending", states{directory.Active: 1, directory.DeletedElsewhere: 1, directory.DeletedSCIM: 1}, 0)
	f.update(func(tx storage.Tx) error { return tx.PurgeUser(a, epoch) })
	check("one is purged", states{directory.Active: 1, directory.DeletedSCIM: 1}, 0)
	g := f.insertGroup("g")
	f.insertGroup("h")
	check("two groups", states{directory.Active: 1, directory.DeletedSCIM: 1}, 2)
	f.update(func(tx storage.Tx) error { return tx.DeleteGroup(g) })
	refused := errors.New("refused")
	if err := f.try(func(tx storage.Tx) error {
		return errors.Join(tx.InsertUser(f.user("d"), nil), tx.InsertGroup(f.group("i")), refused)
	}); !errors.Is(err, refused) {
		f.Errorf("Update: %v", err)
	}
	check("a group less, a write undone", states{directory.Active: 1, directory.DeletedSCIM: 1}, 1)
}

func listDeleted(f *fixture) {
	f.insertUser("live")
	f.insertUser("elsewhere", func(u *directory.User, _ *directory.Profile) {
		u.Status = directory.Status{State: directory.DeletedElsewhere, DeletedAt: epoch}
	})
	gone := f.insertUser("scim", externalID(okta, "X"))
	f.mustChange(gone.ID, f.become(directory.SCIMDelete, epoch))
	for _, c := range []struct {
		q    directory.Query
		want int
	}{
		{directory.Query{}, 2}, {directory.Query{Deleted: true}, 3},
		{directory.Query{Where: directory.Term{Field: directory.FieldUserName, Text: "scim"}}, 0},
		{directory.Query{Where: directory.Term{Field: directory.FieldUserName, Text: "SCIM"}, Deleted: true}, 1},
		{directory.Query{Where: directory.Term{Field: directory.FieldExternalID, Text: "X"}, Client: okta}, 0},
		{directory.Query{Where: directory.Term{Field: directory.FieldExternalID, Text: "X"}, Client: okta, Deleted: true}, 1},
	} {
		c.q.Limit = -1
		f.view(func(r storage.Reader) error {
			listed := 0
			err := r.Users(tenant, c.q, func(*directory.User) bool { listed++; return true })
			n, err2 := r.CountUsers(tenant, c.q)
			if listed != c.want || n != int64(c.want) {
				f.Errorf("%+v: listed %d, counted %d, want %d", c.q, listed, n, c.want)
			}
			return errors.Join(err, err2)
		})
	}
}

// covers: T-36 where the store is concerned: more terms than a filter of SCIM hands on, 40 levels
func listLong(f *fixture) {
	want := f.insertUser("u471")
	f.insertUser("other")
	var long directory.Any
	for i := range 500 {
		long = append(long, directory.Term{Field: directory.FieldUserName, Text: fmt.Sprint("U", i)})
	}
	var deep directory.Condition = directory.Term{Field: directory.FieldUserName, Text: "u471"}
	for range 40 {
		deep = directory.All{directory.Any{deep}, directory.Term{Field: directory.FieldActive, Bool: true}}
	}
	for name, c := range map[string]directory.Condition{"long": long, "deep": deep} {
		f.view(func(r storage.Reader) error {
			n := 0
			err := r.Users(tenant, directory.Query{Where: c, Limit: -1}, func(u *directory.User) bool {
				n++
				return u.ID == want.ID
			})
			if n != 1 {
				f.Errorf("%s: %d matches, want 1", name, n)
			}
			return err
		})
	}
}

func listWrongField(f *fixture) {
	f.view(func(r storage.Reader) error {
		for _, field := range []directory.Field{directory.FieldMember, directory.Field(200)} {
			if _, err := r.CountUsers(tenant, directory.Query{Where: directory.Term{Field: field}}); err == nil {
				f.Errorf("users by field %d: no error", field)
			}
		}
		for _, field := range []directory.Field{directory.FieldUserName, directory.FieldActive, directory.FieldGroup, directory.FieldEmail} {
			err := r.Groups(tenant, directory.Query{Where: directory.Term{Field: field}}, func(*directory.Group) bool { return true })
			if err == nil {
				f.Errorf("groups by field %d: no error", field)
			}
		}
		return nil
	})
}
