package storagetest

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
)

var sortingTests = []test{
	{"UsersStandAsTheirValuesDo", sortUsers},
	{"GroupsStandAsTheirValuesDo", sortGroups},
	{"OrderFollowsChanges", sortAfterChanges},
	{"PagesBehindAPlaceLoseNobody", sortWhileOthersWrite},
	{"OrdersThatAreNone", sortByNothing},
}

// sortedResource is a resource with what the lists of these tests ask of it.
type sortedResource struct {
	seq     int64
	subject subject
}

// before says whether a stands before b; it is the meaning of directory.Sort.
func before(s directory.Sort, a, b sortedResource) int {
	sign := 1
	if s.Descending {
		sign = -1
	}
	byValue := 0
	switch s.Field {
	case directory.FieldCreated:
		byValue = a.subject.created.Compare(b.subject.created)
	case directory.FieldLastModified:
		byValue = a.subject.modified.Compare(b.subject.modified)
	default:
		x, y := a.subject.text[s.Field], b.subject.text[s.Field]
		if byValue = cmp.Compare(len(y), len(x)); byValue == 0 && len(x) > 0 { // without a value: last
			byValue = strings.Compare(x[0], y[0])
		}
	}
	return cmp.Or(sign*byValue, cmp.Compare(a.seq, b.seq))
}

var userSorts = []directory.Field{directory.FieldID, directory.FieldUserName, directory.FieldDisplayName, directory.FieldFamilyName,
	directory.FieldEmployeeNumber, directory.FieldLastModified, directory.FieldCreated}

// covers: R-7644-3.4.2.3-02, R-7644-3.4.2.3-04
func sortUsers(f *fixture) {
	rng := rand.New(rand.NewPCG(5, 6))
	pick := func(from []string) string { return from[rng.IntN(len(from))] }
	var us []*directory.User
	for i := range 70 {
		us = append(us, f.user(fmt.Sprint(pick(awkward), i%7, i), func(u *directory.User, p *directory.Profile) {
			u.ID = directory.NewID(epoch.Add(time.Duration(rng.IntN(1<<30)) * time.Second))
			u.Active = rng.IntN(2) == 0
			u.Created = epoch.Add(time.Duration(rng.IntN(5)) * time.Millisecond)
			u.Modified = epoch.Add(time.Duration(rng.IntN(5)) * time.Millisecond)
			p.DisplayName = pick(awkward)
			if n := pick(awkward); n != "" && i%3 > 0 {
				p.Name = &directory.Name{FamilyName: n}
			}
			if n := pick(awkward); n != "" && i%4 == 0 {
				p.Enterprise = &directory.Enterprise{EmployeeNumber: n}
			}
			if i%11 == 0 {
				p.UserName = "" // born in an application
			}
		}))
	}
	f.insert(us...)
	for i := range 5 {
		f.insertUser(fmt.Sprint("other ", i), inTenant(otherTenant))
	}
	for i, u := range us {
		switch i % 9 {
		case 4:
			f.mustChange(u.ID, f.become(directory.SCIMDelete, epoch))
		case 7:
			f.mustChange(u.ID, f.become(directory.SyncariDelete, epoch))
		}
	}
	inner := f.insertGroup("inner", us[0].ID, us[1].ID)
	var all []sortedResource
	deleted := map[int64]bool{}
	for _, u := range us {
		u := f.read(u.ID)
		all = append(all, sortedResource{u.Seq, f.userSubject(u, okta)})
		deleted[u.Seq] = u.Status.State == directory.DeletedSCIM
	}
	values := func(field directory.Field) string {
		switch field {
		case directory.FieldID:
			return clipped(rng, us[rng.IntN(len(us))].ID.String())
		case directory.FieldGroup:
			return inner.ID.String()
		}
		return pick(awkward)
	}
	terms := []directory.Field{directory.FieldID, directory.FieldUserName, directory.FieldDisplayName, directory.FieldActive,
		directory.FieldFamilyName, directory.FieldEmployeeNumber, directory.FieldGroup, directory.FieldLastModified}
	for range 200 {
		q := directory.Query{Client: okta, Limit: -1, WithGroups: rng.IntN(3) == 0, Deleted: rng.IntN(3) == 0}
		if rng.IntN(2) == 0 {
			q.Where = condition(rng, terms, values, 2)
		}
		q.Sort = &directory.Sort{Field: userSorts[rng.IntN(len(userSorts))], Descending: rng.IntN(2) == 0}
		var want []sortedResource
		for _, r := range all {
			if (q.Deleted || !deleted[r.seq]) && r.subject.matches(q.Where) {
				want = append(want, r)
			}
		}
		f.checkSorted(rng, q, want, func(r storage.Reader, q directory.Query, fn func(int64, directory.Position) bool) error {
			var failed error
			err := r.Users(tenant, q, func(u *directory.User) bool {
				p, err := u.Position(q.Sort)
				failed = errors.Join(failed, err)
				return fn(u.Seq, p)
			})
			return errors.Join(err, failed)
		})
	}
}

// covers: R-7644-3.4.2.3-02, R-7644-3.4.2.3-04
func sortGroups(f *fixture) {
	rng := rand.New(rand.NewPCG(7, 8))
	pick := func(from []string) string { return from[rng.IntN(len(from))] }
	var all []sortedResource
	for i := range 50 {
		g := f.group(pick(awkward)+fmt.Sprint(i%5), func(g *directory.Group) {
			g.AllowDuplicateName = true
			g.ID = directory.NewID(epoch.Add(time.Duration(rng.IntN(1<<30)) * time.Second))
			g.Created = epoch.Add(time.Duration(rng.IntN(4)) * time.Millisecond)
			g.Modified = epoch.Add(time.Duration(rng.IntN(4)) * time.Millisecond)
		})
		f.update(func(tx storage.Tx) error { return tx.InsertGroup(g) })
		all = append(all, sortedResource{g.Seq, groupSubject(g, nil, okta)})
	}
	f.update(func(tx storage.Tx) error {
		return tx.InsertGroup(f.group("other", func(g *directory.Group) { g.Tenant = otherTenant }))
	})
	fields := []directory.Field{directory.FieldID, directory.FieldDisplayName, directory.FieldLastModified, directory.FieldCreated}
	values := func(directory.Field) string { return pick(awkward) }
	for range 100 {
		q := directory.Query{Limit: -1, Sort: &directory.Sort{Field: fields[rng.IntN(len(fields))], Descending: rng.IntN(2) == 0}}
		if rng.IntN(2) == 0 {
			q.Where = condition(rng, []directory.Field{directory.FieldDisplayName, directory.FieldLastModified}, values, 2)
		}
		var want []sortedResource
		for _, r := range all {
			if r.subject.matches(q.Where) {
				want = append(want, r)
			}
		}
		f.checkSorted(rng, q, want, func(r storage.Reader, q directory.Query, fn func(int64, directory.Position) bool) error {
			var failed error
			err := r.Groups(tenant, q, func(g *directory.Group) bool {
				p, err := g.Position(q.Sort)
				failed = errors.Join(failed, err)
				return fn(g.Seq, p)
			})
			return errors.Join(err, failed)
		})
	}
}

// checkSorted asks a question as a whole, with an offset, and page by page
// behind the last of each page, and compares the order with that of before.
func (f *fixture) checkSorted(rng *rand.Rand, q directory.Query, want []sortedResource,
	list func(storage.Reader, directory.Query, func(int64, directory.Position) bool) error) {
	f.Helper()
	slices.SortFunc(want, func(a, b sortedResource) int { return before(*q.Sort, a, b) })
	seqs := make([]int64, len(want))
	for i, r := range want {
		seqs[i] = r.seq
	}
	ask := func(q directory.Query) (got []int64, last directory.Position) {
		f.view(func(r storage.Reader) error {
			return list(r, q, func(seq int64, p directory.Position) bool {
				got, last = append(got, seq), p
				return true
			})
		})
		return got, last
	}
	if got, _ := ask(q); !slices.Equal(got, seqs) {
		f.Fatalf("%+v by %+v: %v, want %v", q, *q.Sort, got, seqs)
	}
	part := q
	part.Offset, part.Limit = int64(rng.IntN(len(seqs)+3)), int64(rng.IntN(10))
	from := min(int(part.Offset), len(seqs))
	to := min(from+int(part.Limit), len(seqs))
	if got, _ := ask(part); !slices.Equal(got, seqs[from:to]) {
		f.Fatalf("%+v by %+v: %v, want %v", part, *q.Sort, got, seqs[from:to])
	}
	page, walked := q, []int64(nil)
	page.Limit = 1 + int64(rng.IntN(7))
	for {
		got, last := ask(page)
		if int64(len(got)) > page.Limit {
			f.Fatalf("%+v: %d rows", page, len(got))
		}
		walked = append(walked, got...)
		if len(got) == 0 {
			break
		}
		page.Behind = &last
	}
	if !slices.Equal(walked, seqs) {
		f.Fatalf("%+v by %+v, page by page: %v, want %v", q, *q.Sort, walked, seqs)
	}
}

// A user stands where its present values say, and leaves nothing behind.
func sortAfterChanges(f *fixture) {
	a := f.insertUser("a", func(u *directory.User, p *directory.Profile) {
		p.DisplayName, p.Name, p.Enterprise = "D", &directory.Name{FamilyName: "F"}, &directory.Enterprise{EmployeeNumber: "E"}
	})
	b := f.insertUser("b", func(u *directory.User, p *directory.Profile) {
		p.DisplayName, p.Name, p.Enterprise = "e", &directory.Name{FamilyName: "g"}, &directory.Enterprise{EmployeeNumber: "f"}
	})
	order := func(field directory.Field, want ...directory.ID) {
		f.Helper()
		var got []directory.ID
		f.view(func(r storage.Reader) error {
			return r.Users(tenant, directory.Query{Limit: 10, Sort: &directory.Sort{Field: field}}, func(u *directory.User) bool {
				got = append(got, u.ID)
				return true
			})
		})
		if !slices.Equal(got, want) {
			f.Errorf("by field %d: %v, want %v", field, got, want)
		}
	}
	fields := []directory.Field{directory.FieldDisplayName, directory.FieldFamilyName, directory.FieldEmployeeNumber}
	for _, field := range fields {
		order(field, a.ID, b.ID)
	}
	f.mustChange(a.ID, func(u *directory.User) { // all three are taken away
		u.Document = f.document(directory.Profile{UserName: "a"})
	})
	for _, field := range fields {
		order(field, b.ID, a.ID)
	}
	f.mustChange(a.ID, func(u *directory.User) {
		u.Document = f.document(directory.Profile{UserName: "a", DisplayName: "A", Name: &directory.Name{FamilyName: "A"}, Enterprise: &directory.Enterprise{EmployeeNumber: "A"}})
		u.Created = epoch.Add(time.Hour)
	})
	for _, field := range fields {
		order(field, a.ID, b.ID)
	}
	order(directory.FieldCreated, b.ID, a.ID)
	f.mustChange(a.ID, f.become(directory.SCIMDelete, epoch))
	for _, field := range userSorts {
		order(field, b.ID)
	}
	f.update(func(tx storage.Tx) error { return tx.PurgeUser(a, epoch) })
	for _, field := range userSorts {
		order(field, b.ID)
	}
}

// A place stays a place when who stood there is gone or has moved on.
func sortWhileOthersWrite(f *fixture) {
	var stay []int64
	for i := range 40 {
		u := f.insertUser(fmt.Sprintf("u%02d", i))
		if i%4 != 2 {
			stay = append(stay, u.Seq)
		}
	}
	var walked []int64
	q := directory.Query{Limit: 6, Sort: &directory.Sort{Field: directory.FieldUserName}}
	for n := 0; ; n++ {
		var page []*directory.User
		f.view(func(r storage.Reader) error {
			return r.Users(tenant, q, func(u *directory.User) bool { page = append(page, u); return true })
		})
		if len(page) == 0 {
			break
		}
		for _, u := range page {
			if slices.Contains(stay, u.Seq) {
				walked = append(walked, u.Seq)
			}
		}
		last := page[len(page)-1]
		behind, err := last.Position(q.Sort)
		if err != nil {
			f.Fatal(err)
		}
		q.Behind = &behind
		if !slices.Contains(stay, last.Seq) {
			f.update(func(tx storage.Tx) error { return tx.PurgeUser(last, epoch) })
		}
		f.insertUser(fmt.Sprintf("a%02d", n))
		f.insertUser(fmt.Sprintf("u%02dx", 39-n))
	}
	if !slices.Equal(walked, stay) {
		f.Errorf("walked %v, want %v", walked, stay)
	}
}

func sortByNothing(f *fixture) {
	f.insertUser("a")
	f.view(func(r storage.Reader) error {
		everyone := func(*directory.User) bool { return true }
		everything := func(*directory.Group) bool { return true }
		for _, s := range []directory.Sort{{Field: directory.FieldEmail}, {Field: directory.FieldActive}, {Field: directory.Field(200)}} {
			if err := r.Users(tenant, directory.Query{Limit: 1, Sort: &s}, everyone); err == nil {
				f.Errorf("users by field %d: no error", s.Field)
			}
		}
		for _, s := range []directory.Sort{{Field: directory.FieldUserName}, {Field: directory.FieldFamilyName}, {Field: directory.FieldMember}} {
			if err := r.Groups(tenant, directory.Query{Limit: 1, Sort: &s}, everything); err == nil {
				f.Errorf("groups by field %d: no error", s.Field)
			}
		}
		for _, p := range []directory.Position{{Missing: true}, {Text: "no id"}} {
			if err := r.Users(tenant, directory.Query{Limit: 1, Sort: &directory.Sort{Field: directory.FieldID}, Behind: &p}, everyone); err == nil {
				f.Errorf("users behind %+v: no error", p)
			}
		}
		return nil
	})
}
