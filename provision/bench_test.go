package provision

import (
	"fmt"
	"runtime"
	"strconv"
	"testing"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/mapping"
	"github.com/scimbridge/scimbridge/storage"
)

// rich is a person with as much as identity providers usually send.
func rich(n string) directory.Profile {
	yes := true
	p := profileOf(n)
	p.Name = &directory.Name{GivenName: "Johnny", FamilyName: "Kingston", Formatted: "Johnny Kingston"}
	p.DisplayName = "Johnny Kingston"
	p.Emails[0].Primary = &yes
	p.PhoneNumbers = []directory.Plural{{Value: "+11235556799", Type: "mobile"}, {Value: "+1 774 291 4444", Type: "work"}}
	p.Enterprise = &directory.Enterprise{EmployeeNumber: "701984", Organization: "Sales", Department: "Quality"}
	return p
}

// BenchmarkAccount reads what an application shows of a user in five groups.
func BenchmarkAccount(b *testing.B) {
	f := newFixture(b)
	u, err := f.push(f.okta, rich("jane"), "")
	if err != nil {
		b.Fatal(err)
	}
	for _, g := range []string{"uniphore:dev:quality_analyst", "syncari:I1:Viewer", "syncari:I2:Viewer", "servicemobility:team:T", "staff"} {
		f.group(g, u.ID)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Account(b.Context(), tenant, Ref{ID: u.ID}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCreateUser is a SCIM POST, alone and beside 31 others.
func BenchmarkCreateUser(b *testing.B) {
	for _, parallel := range []int{1, 32} {
		b.Run(strconv.Itoa(parallel), func(b *testing.B) {
			f := newFixture(b)
			next := make(chan int, 64)
			go func() {
				for i := 0; ; i++ {
					select {
					case next <- i:
					case <-b.Context().Done():
						return
					}
				}
			}()
			inParallel(b, parallel, func() error {
				_, err := f.push(f.okta, rich(name(<-next)), "")
				return err
			})
		})
	}
}

// BenchmarkEditUser is a SCIM PATCH of one attribute.
func BenchmarkEditUser(b *testing.B) {
	for _, parallel := range []int{1, 32} {
		b.Run(strconv.Itoa(parallel), func(b *testing.B) {
			f := newFixture(b)
			u, err := f.push(f.okta, rich("jane"), "")
			if err != nil {
				b.Fatal(err)
			}
			inParallel(b, parallel, func() error {
				_, _, err := f.EditUser(b.Context(), f.okta, u.ID, rewrite(func(p *directory.Profile) {
					p.Title = map[bool]string{true: "Dr"}[p.Title == ""]
				}))
				return err
			})
		})
	}
}

// BenchmarkAddMember adds one member to groups of three sizes: it costs the
// same in each.
func BenchmarkAddMember(b *testing.B) {
	f := newFixture(b)
	const most = 100_000
	ids := make([]directory.ID, 0, most+1)
	if err := f.store.Update(b.Context(), func(tx storage.Tx) error {
		for i := range most + 1 {
			u := &directory.User{ID: directory.NewID(epoch), Tenant: tenant, Version: 1, Created: epoch, Modified: epoch, Active: true,
				Document: directory.Document(`{"userName":"` + name(i) + `"}`)}
			if err := tx.InsertUser(u, &directory.AppState{}); err != nil {
				return err
			}
			ids = append(ids, u.ID)
		}
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	for _, size := range []int{10, 1_000, most} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			g := f.group(fmt.Sprint("of ", size, " at ", b.N, " ", directory.NewID(epoch)), ids[:size]...)
			one := texts(ids[most])
			add := true
			b.ReportAllocs()
			for b.Loop() {
				e := &directory.MemberEdit{Add: one}
				if !add {
					e = &directory.MemberEdit{Remove: one}
				}
				add = !add
				if _, _, err := f.EditGroup(b.Context(), f.okta, g.ID, func(*directory.Group) (*directory.MemberEdit, error) { return e, nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkEditAccount is RSA's synchronization: a read, and a write of what
// only the application knows.
func BenchmarkEditAccount(b *testing.B) {
	f := newFixture(b)
	u, err := f.push(f.okta, rich("jane"), "")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		f.pass(1e6)
		if _, err := f.EditAccount(b.Context(), f.rsa, Ref{ID: u.ID}, "rsa.synchronize", func(d *Draft) error {
			d.Reassert = true
			d.State.RSA.LastSync = d.Now
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAccounts reads the accounts of 1,000 users.
func BenchmarkAccounts(b *testing.B) {
	f := newFixture(b)
	for i := range 1000 {
		if _, err := f.push(f.okta, rich(name(i)), ""); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		if err := f.Accounts(b.Context(), tenant, func(mapping.Account) bool { n++; return true }); err != nil || n != 1000 {
			b.Fatal(n, err)
		}
	}
}

// inParallel runs b.N calls by so many callers.
func inParallel(b *testing.B, callers int, call func() error) {
	b.Helper()
	b.ReportAllocs()
	b.SetParallelism(max(1, callers/runtime.GOMAXPROCS(0)))
	if callers == 1 {
		for b.Loop() {
			if err := call(); err != nil {
				b.Fatal(err)
			}
		}
		return
	}
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := call(); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
