package provision

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
	"github.com/scimbridge/scimbridge/storage/sqlite"
)

// A sorted list of groups with their members, which is read in several batches,
// has each group once.
//
// covers: R-7644-3.4.2.3-01
func TestSortedGroupsWithMembers(t *testing.T) {
	f := newFixture(t)
	ctx := context.Background()
	ada := f.pushed("ada")
	const groups = 250
	want := make([]string, groups)
	if err := f.Batch(ctx, func(b *Bridge) error {
		for i := range groups {
			want[i] = fmt.Sprintf("group %03d", i*7%groups)
			edit := &directory.MemberEdit{Add: []string{ada.ID.String()}}
			if _, _, err := b.CreateGroup(ctx, f.okta, &directory.Group{Document: directory.Document(`{"displayName":"` + want[i] + `"}`)}, edit); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(want)
	for _, descending := range []bool{false, true} {
		for _, limit := range []int64{-1, 220} {
			var got []string
			q := directory.Query{Sort: &directory.Sort{Field: directory.FieldDisplayName, Descending: descending}, Offset: 10, Limit: limit}
			n, err := f.Groups(ctx, f.okta, q, true, func(*directory.Group) bool { return true }, func(g *directory.Group, ms []directory.Member) bool {
				if len(ms) != 1 || len(got) > groups {
					t.Errorf("%s has %d members", g.DisplayName, len(ms))
					return false
				}
				got = append(got, g.DisplayName)
				return true
			})
			all := want[10:]
			if limit >= 0 {
				all = all[:limit]
			}
			if err != nil || n != groups || !slices.Equal(got, all) {
				t.Errorf("descending %t, limit %d: %d, %v, %q", descending, limit, n, err, got)
			}
		}
		slices.Reverse(want)
	}
}

// While many lists are being read, one more waits for its turn, also when it
// passes over resources in an order and is to say how many there are.
//
// covers: T-40
func TestSortedListsWaitForTheirTurn(t *testing.T) {
	store, err := sqlite.Open(context.Background(), sqlite.Options{
		Path: filepath.Join(t.TempDir(), "directory.db"), Readers: 2, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	f := newFixture(t)
	f.store, f.Bridge = store, New(store, f.o)
	f.pushed("ada")
	f.pushed("eve")
	ctx := context.Background()
	for name, list := range map[string]func() (int64, error){
		"users": func() (int64, error) {
			return f.Users(ctx, f.okta, directory.Query{Sort: &directory.Sort{Field: directory.FieldUserName}, Offset: 1, Limit: 10}, true,
				func(*directory.User) bool { return true })
		},
		"groups": func() (int64, error) {
			return f.Groups(ctx, f.okta, directory.Query{Sort: &directory.Sort{Field: directory.FieldDisplayName}, Offset: 1, Limit: 10}, true, nil,
				func(*directory.Group, []directory.Member) bool { return true })
		},
		"resources": func() (int64, error) {
			return f.Resources(ctx, f.okta, "Device", directory.Query{Sort: &directory.Sort{Field: directory.FieldID}, Offset: 1, Limit: 10}, true,
				func(*directory.Resource) bool { return true })
		},
	} {
		t.Run(name, func(t *testing.T) {
			listing, ended := make(chan struct{}), make(chan error)
			go func() {
				ended <- store.View(ctx, func(r storage.Reader) error {
					return r.Users(f.okta.Tenant, directory.Query{Limit: -1}, func(*directory.User) bool {
						close(listing)
						time.Sleep(50 * time.Millisecond)
						return false
					})
				})
			}()
			<-listing
			if _, err := list(); err != nil {
				t.Error(err)
			}
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}

// countingGroups counts the lists of groups that are read.
type countingGroups struct {
	storage.Reader
	lists *int
}

func (c countingGroups) Groups(tenant directory.TenantID, q directory.Query, fn func(*directory.Group) bool) error {
	*c.lists++
	return c.Reader.Groups(tenant, q, fn)
}

// What matches is sorted once for a page of groups with their members.
func TestSortedPageOfGroupsIsReadOnce(t *testing.T) {
	f := newFixture(t)
	for i := range 130 {
		f.group(fmt.Sprintf("team %03d", i))
	}
	q := directory.Query{Limit: 120, Sort: &directory.Sort{Field: directory.FieldDisplayName, Descending: true},
		Where: directory.Term{Field: directory.FieldDisplayName, Op: directory.Prefix, Text: "team"}}
	lists := 0
	var names []string
	if err := f.store.View(t.Context(), func(r storage.Reader) error {
		return groupsWithMembers(countingGroups{r, &lists}, f.okta.Tenant, q, func(*directory.Group) bool { return true },
			func(g *directory.Group, _ []directory.Member) bool { names = append(names, g.DisplayName); return true })
	}); err != nil {
		t.Fatal(err)
	}
	if lists != 1 || len(names) != 120 || names[0] != "team 129" || names[119] != "team 010" {
		t.Errorf("%d lists, %d groups: %q", lists, len(names), names)
	}
}
