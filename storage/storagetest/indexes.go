package storagetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
)

var indexTests = []test{
	{"UniqueValuesAreUnique", indexUnique},
	{"AConflictChangesNothing", indexConflict},
	{"DeletedUsersReleaseAndTakeBack", indexReleased},
	{"GroupsKeepTheirsUnique", indexGroups},
	{"AllValuesOfADocumentAreFound", indexValues},
	{"UsersMatchWhatTheConditionMeans", indexUsersOracle},
	{"EntriesGoWithTheirResource", indexGone},
}

// json encodes a document.
func (f *fixture) json(doc any) string {
	f.Helper()
	b, err := json.Marshal(doc)
	if err != nil {
		f.Fatal(err)
	}
	return string(b)
}

// extended gives a user attributes of the extension.
func extended(attributes string) func(*directory.User, *directory.Profile) {
	return func(_ *directory.User, p *directory.Profile) {
		p.Extensions = map[string]json.RawMessage{badge: json.RawMessage(attributes)}
	}
}

// badged gives a user the unique number.
func badged(number string) func(*directory.User, *directory.Profile) {
	return extended(fmt.Sprintf(`{"badge":{"number":%q}}`, number))
}

const badgeNumber = badge + ":badge.number"

// usersWith returns the names of the users with a value.
func (f *fixture) usersWith(attribute, value string) (names []string) {
	f.Helper()
	q := directory.Query{Limit: -1, Where: directory.Term{Field: directory.FieldAttribute, Attribute: attribute, Text: value}}
	f.view(func(r storage.Reader) error {
		return r.Users(tenant, q, func(u *directory.User) bool {
			p, err := u.Document.Profile()
			if err != nil {
				f.Error(err)
			}
			names = append(names, p.UserName)
			return true
		})
	})
	return names
}

// covers: R-7643-7-10, R-7643-7-03 where the store is concerned: uniqueness per type and tenant, with and without case
func indexUnique(f *fixture) {
	first := f.insertResource(device, `{"serial":"A1"}`)
	for _, serial := range []string{"A1", "a1"} {
		f.wantConflict(f.tryResource(device, fmt.Sprintf(`{"serial":%q}`, serial)), "serial", first.ID)
	}
	p := f.insertResource(printer, `{"serial":"A1"}`) // another type's attribute, which is exact
	f.insertResource(printer, `{"serial":"a1"}`)
	f.wantConflict(f.tryResource(printer, `{"serial":"A1"}`), "serial", p.ID)
	f.insertResource(device, `{"serial":"A1"}`, func(r *directory.Resource) { r.Tenant = otherTenant })
	f.insertResource(device, `{}`)
	second := f.insertResource(device, `{"serial":"A2","codes":["x","y","x"]}`)
	f.wantConflict(f.put(second, `{"serial":"a1"}`), "serial", first.ID)
	f.wantConflict(f.tryResource(device, `{"codes":["z","y"]}`), "codes", second.ID)
	for _, doc := range []string{`{"serial":"a2","codes":["y"]}`, `{"serial":"A2","codes":["y","z"]}`} { // its own
		if err := f.put(second, doc); err != nil {
			f.Errorf("%s: %v", doc, err)
		}
	}
	third := f.insertResource(device, `{"codes":["x"]}`) // set free by the first put
	f.wantConflict(f.put(third, `{"codes":["x","z"]}`), "codes", second.ID)
	if err := f.put(first, `{"model":"A1"}`); err != nil {
		f.Fatal(err)
	}
	if err := f.put(third, `{"serial":"A1"}`); err != nil {
		f.Errorf("a serial that was set free: %v", err)
	}
	f.update(func(tx storage.Tx) error { return tx.DeleteResource(third) })
	f.insertResource(device, `{"serial":"A1"}`)

	alice := f.insertUser("alice", badged("7"))
	insert := func(name, number string) error {
		u := f.user(name, badged(number))
		return f.try(func(tx storage.Tx) error { return tx.InsertUser(u, nil) })
	}
	f.wantConflict(insert("bob", "7"), badgeNumber, alice.ID)
	if err := insert("bob", "8"); err != nil {
		f.Error(err)
	}
	f.wantConflict(f.change(alice.ID, func(u *directory.User) { u.Document = f.user("alice", badged("8")).Document }),
		badgeNumber, mustFindIn(f, "bob").ID)
}

// After a conflict the transaction goes on as if nothing had been asked.
func indexConflict(f *fixture) {
	first := f.insertResource(device, `{"serial":"1","model":"m"}`)
	second := f.insertResource(device, `{"serial":"2","model":"n"}`)
	alice := f.insertUser("alice", badged("7"))
	f.update(func(tx storage.Tx) error {
		f.wantConflict(tx.InsertResource(f.resource(device, `{"model":"m","serial":"1"}`)), "serial", first.ID)
		c := second.Clone()
		c.Version, c.Document = 2, directory.Document(`{"model":"m","serial":"1"}`)
		f.wantConflict(tx.UpdateResource(c), "serial", first.ID)
		f.wantConflict(tx.InsertUser(f.user("bob", badged("7")), nil), badgeNumber, alice.ID)
		return tx.InsertResource(f.resource(device, `{"serial":"3","model":"m"}`))
	})
	for model, want := range map[string]int{"m": 2, "n": 1} {
		q := directory.Query{Limit: -1, Where: directory.Term{Field: directory.FieldAttribute, Attribute: "model", Text: model}}
		if got := f.resources(device, q); len(got) != want {
			f.Errorf("model %s: %d devices, want %d", model, len(got), want)
		}
	}
	f.view(func(r storage.Reader) error {
		_, err := r.FindUser(tenant, storage.UserKey{UserName: "bob"})
		f.wantNotFound("bob", err)
		return nil
	})
	// What is undone has no entries.
	f.update(func(tx storage.Tx) error {
		refused := errors.New("refused")
		if err := tx.Nested(func(tx storage.Tx) error {
			return errors.Join(tx.InsertResource(f.resource(device, `{"serial":"4"}`)), refused)
		}); !errors.Is(err, refused) {
			f.Errorf("Nested: %v", err)
		}
		return tx.InsertResource(f.resource(device, `{"serial":"4"}`))
	})
}

// covers: R-7644-3.6-03 where configured attributes are concerned
func indexReleased(f *fixture) {
	old := f.insertUser("old", badged("7"))
	f.mustChange(old.ID, f.become(directory.SCIMDelete, epoch))
	if got := f.usersWith(badgeNumber, "7"); got != nil {
		f.Errorf("users with the number of one who was deleted: %v", got)
	}
	next := f.insertUser("next", badged("7"))
	back := func() error {
		return f.change(old.ID, func(u *directory.User) { u.Status = directory.Status{State: directory.Active} })
	}
	f.wantConflict(back(), badgeNumber, next.ID)
	// A deleted user may change without a claim to the number.
	f.mustChange(old.ID, func(u *directory.User) { u.Document = f.user("old", badged("7"), emails("x@example.com")).Document })
	f.mustChange(next.ID, f.rename("other"))
	f.wantConflict(back(), badgeNumber, next.ID)
	f.mustChange(next.ID, f.become(directory.SCIMDelete, epoch))
	if err := back(); err != nil {
		f.Errorf("taking back: %v", err)
	}
	if got := f.usersWith(badgeNumber, "7"); !slices.Equal(got, []string{"old"}) {
		f.Errorf("users with the number: %v", got)
	}
	f.wantConflict(f.change(next.ID, func(u *directory.User) { u.Status = directory.Status{State: directory.Active} }), badgeNumber, old.ID)
	// Deleted elsewhere, a user keeps the number.
	f.mustChange(old.ID, f.become(directory.SyncariDelete, epoch))
	f.wantConflict(f.try(func(tx storage.Tx) error { return tx.InsertUser(f.user("third", badged("7")), nil) }), badgeNumber, old.ID)
	f.update(func(tx storage.Tx) error { return tx.PurgeUser(old, epoch) })
	f.insertUser("third", badged("7"))
	f.update(func(tx storage.Tx) error { return tx.PurgeUser(next, epoch) })
	if got := f.usersWith(badgeNumber, "7"); !slices.Equal(got, []string{"third"}) {
		f.Errorf("users with the number: %v", got)
	}
}

func indexGroups(f *fixture) {
	coded := func(name, code string) *directory.Group {
		g := f.group(name)
		g.Document = directory.Document(f.json(map[string]any{"displayName": name, cost: map[string]any{"center": code}}))
		return g
	}
	insert := func(g *directory.Group) error { return f.try(func(tx storage.Tx) error { return tx.InsertGroup(g) }) }
	first, second := coded("a", "K1"), coded("b", "K2")
	if err := errors.Join(insert(first), insert(second)); err != nil {
		f.Fatal(err)
	}
	f.wantConflict(insert(coded("c", "k1")), cost+":center", first.ID)
	second.Version, second.Document = 2, coded("b", "k1").Document
	update := func() error { return f.try(func(tx storage.Tx) error { return tx.UpdateGroup(second) }) }
	f.wantConflict(update(), cost+":center", first.ID)
	f.update(func(tx storage.Tx) error { return tx.DeleteGroup(first) })
	if err := update(); err != nil {
		f.Errorf("a value that was set free: %v", err)
	}
	f.view(func(r storage.Reader) error {
		var got []directory.ID
		q := directory.Query{Limit: -1, Where: directory.Term{Field: directory.FieldAttribute, Attribute: cost + ":center", Op: directory.Prefix, Text: "K"},
			Sort: &directory.Sort{Field: directory.FieldAttribute, Attribute: cost + ":center"}}
		err := r.Groups(tenant, q, func(g *directory.Group) bool { got = append(got, g.ID); return true })
		if !slices.Equal(got, []directory.ID{second.ID}) {
			f.Errorf("groups %v", got)
		}
		return err
	})
}

// The text of a scalar, whatever its type, of each element of a list.
func indexValues(f *fixture) {
	docs := []string{
		`{"model":"Text"}`, `{"model":17}`, `{"model":-1.5e3}`, `{"model":true}`, `{"model":["Text",["deep",false]]}`,
		`{"model":null}`, `{"model":""}`, `{"model":{"value":"Text"}}`, `{}`, `{"model":[]}`, `{"place":{"model":"Text"}}`,
		`{"ports":{"number":"alone"}}`, `{"ports":[{"number":"x"},{"other":"y"},{"number":["y","alone"]}]}`, `{"place":"x"}`,
		`{"model":"a\u0000b"}`, `{"model":"a\u0001b"}`, `{"model":"a"}`, `{"model":"ab"}`, `{"model":"a\u0000"}`, `{"Model":"Text"}`,
	}
	var seqs []int64
	for _, d := range docs {
		seqs = append(seqs, f.insertResource(device, d).Seq)
	}
	for _, c := range []struct {
		attribute string
		op        directory.Op
		text      string
		want      []int
	}{
		{"model", directory.Equal, "TEXT", []int{0, 4}},
		{"model", directory.Equal, "17", []int{1}},
		{"model", directory.Equal, "-1.5e3", []int{2}},
		{"model", directory.Equal, "true", []int{3}},
		{"model", directory.Equal, "false", []int{4}},
		{"model", directory.Equal, "deep", []int{4}},
		{"model", directory.Equal, "null", nil},
		{"model", directory.Equal, "", nil},
		{"model", directory.Less, "", nil},
		{"model", directory.LessEqual, "", nil},
		{"model", directory.GreaterEqual, "", []int{0, 1, 2, 3, 4, 14, 15, 16, 17, 18}},
		{"model", directory.Prefix, "", []int{0, 1, 2, 3, 4, 14, 15, 16, 17, 18}},
		{"model", directory.Equal, "a\x00b", []int{14}},
		{"model", directory.Equal, "a\x01b", []int{15}},
		{"model", directory.Prefix, "a\x00", []int{14, 18}},
		{"model", directory.Prefix, "a", []int{14, 15, 16, 17, 18}},
		{"model", directory.Less, "a\x00b", []int{1, 2, 16, 18}},
		{"model", directory.LessEqual, "a\x01", []int{1, 2, 14, 16, 18}},
		{"ports.number", directory.Equal, "alone", []int{11, 12}},
		{"ports.number", directory.Equal, "y", []int{12}},
		{"ports.number", directory.Equal, "X", nil},
	} {
		var want []int64
		for _, i := range c.want {
			want = append(want, seqs[i])
		}
		q := directory.Query{Limit: -1, Where: directory.Term{Field: directory.FieldAttribute, Attribute: c.attribute, Op: c.op, Text: c.text}}
		if got := f.resources(device, q); !slices.Equal(got, want) {
			f.Errorf("%s, operator %d, %q: %v, want %v", c.attribute, c.op, c.text, got, want)
		}
	}
}

func indexUsersOracle(f *fixture) {
	rng := rand.New(rand.NewPCG(25, 26))
	pick := func(from []string) string { return from[rng.IntN(len(from))] }
	var us []*directory.User
	for i := range 60 {
		var tags []any
		for range rng.IntN(4) {
			tags = append(tags, pick(awkward))
		}
		attributes := f.json(map[string]any{"badge": map[string]any{"number": fmt.Sprint(pick(awkward), i)}, "tags": tags})
		if i%6 == 0 {
			attributes = `{"other":1}`
		}
		u := f.insertUser(fmt.Sprint("u", i), extended(attributes), func(_ *directory.User, p *directory.Profile) {
			p.Title = pick(awkward)
			p.DisplayName = pick(awkward)
		})
		if i%7 == 0 {
			f.mustChange(u.ID, f.become(directory.SCIMDelete, epoch))
		}
		us = append(us, f.read(u.ID))
	}
	f.insertUser("other", inTenant(otherTenant), badged("a"))
	subjects := map[int64]subject{}
	for _, u := range us {
		s := f.userSubject(u, okta)
		f.addAttributes(s, "User", u.Document)
		subjects[u.Seq] = s
	}
	fields := append(attributeFields("User"), directory.FieldUserName, directory.FieldDisplayName)
	sorts := []directory.Field{attributeFields("User")[0], attributeFields("User")[2]}
	values := func(directory.Field) string { return pick(awkward) + pick([]string{"", "", "1", "3"}) }
	for range 200 {
		q := directory.Query{Client: okta, Limit: -1, Deleted: rng.IntN(3) == 0, WithGroups: rng.IntN(4) == 0}
		q.Where = condition(rng, fields, values, 2)
		q.Sort = &directory.Sort{Field: sorts[rng.IntN(len(sorts))], Descending: rng.IntN(2) == 0}
		var want []sortedResource
		for _, u := range us {
			if (q.Deleted || u.Status.State != directory.DeletedSCIM) && subjects[u.Seq].matches(q.Where) {
				want = append(want, sortedResource{u.Seq, subjects[u.Seq]})
			}
		}
		f.checkSorted(rng, q, want, func(r storage.Reader, q directory.Query, fn func(int64, directory.Position) bool) error {
			q.Sort, q.Where = askedSort(q.Sort), asked(q.Where)
			var failed error
			err := r.Users(tenant, q, func(u *directory.User) bool {
				p, err := u.Position(q.Sort)
				failed = errors.Join(failed, err)
				return fn(u.Seq, p)
			})
			n, countErr := r.CountUsers(tenant, q)
			if n != int64(len(want)) {
				f.Errorf("%+v: counted %d, want %d", q, n, len(want))
			}
			return errors.Join(err, failed, countErr)
		})
	}
}

func indexGone(f *fixture) {
	d := f.insertResource(device, `{"serial":"1","model":"m","codes":["c"]}`)
	u := f.insertUser("a", extended(`{"badge":{"number":"7"},"tags":["t"]}`))
	f.update(func(tx storage.Tx) error { return errors.Join(tx.DeleteResource(d), tx.PurgeUser(u, epoch)) })
	for _, attribute := range []string{"serial", "model", "codes"} {
		for _, op := range []directory.Op{directory.GreaterEqual, directory.Equal} {
			q := directory.Query{Limit: -1, Where: directory.Term{Field: directory.FieldAttribute, Attribute: attribute, Op: op, Text: "1"}}
			if got := f.resources(device, q); got != nil {
				f.Errorf("%s: %v", attribute, got)
			}
		}
	}
	if got := append(f.usersWith(badgeNumber, "7"), f.usersWith(badge+":tags", "t")...); got != nil {
		f.Errorf("users %v", got)
	}
	f.insertResource(device, `{"serial":"1","codes":["c"]}`)
	f.insertUser("b", badged("7"))
}
