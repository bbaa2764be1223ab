package storagetest

import (
	"errors"
	"fmt"
	"slices"

	"github.com/google/go-cmp/cmp"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
)

var pagingTests = []test{
	{"ByKeysetAndOffset", listPages},
	{"OfOneMatch", listPoint},
	{"WithGroupsLoadsThem", listWithGroups},
}

// covers: R-7644-3.4.2.4-02, R-7644-3.4.2.4-03
func listPages(f *fixture) {
	var all []int64
	for i := range 25 {
		u := f.insertUser(fmt.Sprintf("u%02d", i))
		f.insertUser(fmt.Sprint("x", i), inTenant(otherTenant))
		all = append(all, u.Seq)
		f.insertGroup(fmt.Sprint("g", i))
	}
	f.mustChange(mustFindIn(f, "u07").ID, f.become(directory.SCIMDelete, epoch))
	all = slices.Delete(all, 7, 8)
	where := map[string]directory.Condition{"all": nil,
		"filtered": directory.Term{Field: directory.FieldUserName, Op: directory.Prefix, Text: "U"}}
	for name, w := range where {
		list := func(q directory.Query) (seqs []int64) {
			q.Where = w
			f.view(func(r storage.Reader) error {
				return r.Users(tenant, q, func(u *directory.User) bool { seqs = append(seqs, u.Seq); return true })
			})
			return seqs
		}
		for _, size := range []int64{1, 7, 24, 100} {
			var byOffset, byKey []int64
			for offset := int64(0); offset < 30; offset += size {
				byOffset = append(byOffset, list(directory.Query{Offset: offset, Limit: size})...)
			}
			for after := int64(0); ; {
				page := list(directory.Query{After: after, Limit: size})
				if len(page) == 0 {
					break
				}
				byKey = append(byKey, page...)
				after = page[len(page)-1]
			}
			if !slices.Equal(byOffset, all) || !slices.Equal(byKey, all) {
				f.Errorf("%s, pages of %d: by offset %v, by key %v, want %v", name, size, byOffset, byKey, all)
			}
		}
		for _, c := range []struct {
			q    directory.Query
			want []int64
		}{
			{directory.Query{Limit: 0}, nil},
			{directory.Query{Limit: -1}, all},
			{directory.Query{Limit: -1, Offset: 20}, all[20:]},
			{directory.Query{Limit: 3, Offset: 2, After: all[4]}, all[7:10]},
			{directory.Query{Limit: 5, Offset: 1000}, nil},
			{directory.Query{Limit: 5, After: 1 << 40}, nil},
		} {
			if got := list(c.q); !slices.Equal(got, c.want) {
				f.Errorf("%s, %+v: %v, want %v", name, c.q, got, c.want)
			}
		}
	}
	f.view(func(r storage.Reader) error {
		n := 0
		err := r.Users(tenant, directory.Query{Limit: -1}, func(*directory.User) bool { n++; return n < 3 })
		if n != 3 {
			f.Errorf("Users went on for %d after false", n)
		}
		var groups []string
		err2 := r.Groups(tenant, directory.Query{Limit: 3, Offset: 5}, func(g *directory.Group) bool {
			groups = append(groups, g.DisplayName)
			return true
		})
		if diff := cmp.Diff([]string{"g5", "g6", "g7"}, groups); diff != "" {
			f.Errorf("groups (-want +got):\n%s", diff)
		}
		count, err3 := r.CountUsers(tenant, directory.Query{After: 10, Offset: 3, Limit: 1})
		if count != int64(len(all)) {
			f.Errorf("CountUsers %d, want %d: After, Offset and Limit are ignored", count, len(all))
		}
		count, err4 := r.CountUsers(tenant, directory.Query{After: 10, Offset: 3, Limit: 1, Where: where["filtered"]})
		if count != int64(len(all)) {
			f.Errorf("CountUsers with a filter %d, want %d", count, len(all))
		}
		return errors.Join(err, err2, err3, err4)
	})
}

// Questions that have one answer, or a few, are paged like all others.
func listPoint(f *fixture) {
	u := f.insertUser("Ann", externalID(okta, "X"))
	f.insertUser("Ann", inTenant(otherTenant), externalID(entra, "X"))
	var gs []*directory.Group
	for range 3 {
		g := f.group("Twins", func(g *directory.Group) { g.AllowDuplicateName = true })
		f.update(func(tx storage.Tx) error { return tx.InsertGroup(g) })
		gs = append(gs, g)
	}
	for _, where := range []directory.Condition{
		directory.Term{Field: directory.FieldUserName, Text: "ANN"}, directory.Term{Field: directory.FieldExternalID, Text: "X"},
		directory.All{directory.Any{directory.Term{Field: directory.FieldUserName, Text: "ann"}}},
		directory.Term{Field: directory.FieldID, Text: u.ID.String()},
	} {
		for _, c := range []struct {
			q    directory.Query
			want int
		}{
			{directory.Query{Limit: -1}, 1}, {directory.Query{Limit: 5, WithGroups: true}, 1}, {directory.Query{Limit: 0}, 0},
			{directory.Query{Limit: 5, Offset: 1}, 0}, {directory.Query{Limit: 5, After: u.Seq}, 0}, {directory.Query{Limit: 5, After: u.Seq - 1}, 1},
		} {
			c.q.Where, c.q.Client = where, okta
			n := 0
			f.view(func(r storage.Reader) error {
				count, err := r.CountUsers(tenant, c.q)
				if count != 1 {
					f.Errorf("%+v: counted %d, want 1", c.q, count)
				}
				return errors.Join(err, r.Users(tenant, c.q, func(got *directory.User) bool { n++; return got.ID == u.ID }))
			})
			if n != c.want {
				f.Errorf("%+v: %d users, want %d", c.q, n, c.want)
			}
		}
	}
	for _, c := range []struct {
		q    directory.Query
		want []*directory.Group
	}{
		{directory.Query{Limit: -1}, gs}, {directory.Query{Limit: 2}, gs[:2]}, {directory.Query{Limit: 2, Offset: 2}, gs[2:]},
		{directory.Query{Limit: 1, After: gs[0].Seq}, gs[1:2]}, {directory.Query{Limit: 1, Offset: 9}, nil},
	} {
		c.q.Where = directory.Term{Field: directory.FieldDisplayName, Text: "TWINS"}
		var got []*directory.Group
		f.view(func(r storage.Reader) error {
			count, err := r.CountGroups(tenant, c.q)
			if count != 3 {
				f.Errorf("%+v: counted %d, want 3", c.q, count)
			}
			return errors.Join(err, r.Groups(tenant, c.q, func(g *directory.Group) bool { got = append(got, g); return true }))
		})
		if diff := cmp.Diff(c.want, got); diff != "" {
			f.Errorf("%+v (-want +got):\n%s", c.q, diff)
		}
	}
}

func listWithGroups(f *fixture) {
	var ids []directory.ID
	f.update(func(tx storage.Tx) error {
		for i := range 130 {
			u := f.user(fmt.Sprint("u", i))
			ids = append(ids, u.ID)
			if err := tx.InsertUser(u, nil); err != nil {
				return err
			}
		}
		return nil
	})
	inner := f.insertGroup("inner", ids[:70]...)
	f.insertGroup("outer", inner.ID, ids[129])
	for _, q := range []directory.Query{{Limit: -1}, {Limit: 120}, {Limit: 60, Offset: 55}, {Limit: 0}, {Limit: -1, After: 100},
		{Limit: 75, Where: directory.Any{directory.Term{Field: directory.FieldUserName, Op: directory.Prefix, Text: "u"}}}} {
		var plain, with []*directory.User
		f.view(func(r storage.Reader) error {
			err := r.Users(tenant, q, func(u *directory.User) bool { plain = append(plain, u); return true })
			for _, u := range plain {
				groups, e := r.Memberships(u)
				u.Groups, err = groups, errors.Join(err, e)
			}
			q.WithGroups = true
			return errors.Join(err, r.Users(tenant, q, func(u *directory.User) bool { with = append(with, u); return true }))
		})
		if diff := cmp.Diff(plain, with); diff != "" {
			f.Errorf("%+v (-one by one +WithGroups):\n%s", q, diff)
		}
	}
	n := 0
	f.view(func(r storage.Reader) error {
		return r.Users(tenant, directory.Query{Limit: -1, WithGroups: true}, func(*directory.User) bool { n++; return n < 3 })
	})
	if n != 3 {
		f.Errorf("Users went on for %d after false", n)
	}
}
