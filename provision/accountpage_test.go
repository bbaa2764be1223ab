package provision

import (
	"slices"
	"testing"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/mapping"
	"github.com/scimbridge/scimbridge/storage"
)

func TestAccountsAfter(t *testing.T) {
	f := newFixture(t)
	a, gone, c, d := f.pushed("a"), f.pushed("gone"), f.pushed("c"), f.pushed("d")
	f.deleted(gone.ID)
	after := func(ref Ref, most int) (names []string) {
		t.Helper()
		if err := f.AccountsAfter(f.Context(), tenant, ref, func(a mapping.Account) bool {
			names = append(names, a.UserName)
			return len(names) < most
		}); err != nil {
			t.Fatal(err)
		}
		return names
	}
	for _, s := range []struct {
		ref  Ref
		most int
		want []string
	}{
		{Ref{ID: a.ID}, 9, []string{"gone", "c", "d"}},
		{Ref{ID: gone.ID}, 9, []string{"c", "d"}},
		{Ref{Key: storage.UserKey{SyncariID: f.state(c.ID).SyncariID}}, 9, []string{"d"}},
		{Ref{ID: a.ID}, 2, []string{"gone", "c"}},
		{Ref{ID: d.ID}, 9, nil},
	} {
		if got := after(s.ref, s.most); !slices.Equal(got, s.want) {
			t.Errorf("after %v: %v, want %v", s.ref, got, s.want)
		}
	}
	never := func(mapping.Account) bool { t.Error("called"); return false }
	f.wantNotFound("after nobody", f.AccountsAfter(f.Context(), tenant, Ref{ID: directory.NewID(epoch)}, never))
	f.wantNotFound("after another tenant's", f.AccountsAfter(f.Context(), tenant+1, Ref{ID: a.ID}, never))
}
