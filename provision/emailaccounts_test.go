package provision

import (
	"slices"
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
)

func TestAccountsByEmail(t *testing.T) {
	f := newFixture(t)
	sharing := func(name, kind string) *directory.User {
		t.Helper()
		p := profileOf(name)
		p.Emails = append(p.Emails, directory.Plural{Value: "Team@example.com", Type: kind})
		u, err := f.push(f.okta, p, "")
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	find := func(email string) (names []string) {
		t.Helper()
		accounts, err := f.AccountsByEmail(f.Context(), tenant, email)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range accounts {
			names = append(names, a.UserName)
		}
		return names
	}
	if got := find("team@example.com"); len(got) != 0 {
		t.Errorf("of nobody: %v", got)
	}
	gone, first, second := sharing("gone", "work"), sharing("first", "home"), sharing("second", "work")
	f.pushed("other")
	f.group("syncari:I1:Viewer", first.ID)
	f.deleted(gone.ID)
	if got := find("tEAM@example.com"); !slices.Equal(got, []string{"first", "second", "gone"}) {
		t.Errorf("found %v", got)
	}
	if got := find("second@example.com"); !slices.Equal(got, []string{"second"}) {
		t.Errorf("found %v", got)
	}
	accounts, err := f.AccountsByEmail(f.Context(), tenant, "team@example.com")
	if err != nil || len(accounts) != 3 || len(accounts[0].Syncari.Roles) == 0 || accounts[1].ID != second.ID || !accounts[2].Status.State.Pending() {
		t.Errorf("%+v, %v", accounts, err)
	}
	if got, err := f.AccountsByEmail(f.Context(), tenant+1, "team@example.com"); err != nil || len(got) != 0 {
		t.Errorf("another tenant finds %d, %v", len(got), err)
	}
}

// However many share an address, no more than the bound are looked at.
func TestAccountsByEmailIsBounded(t *testing.T) {
	f := newFixture(t)
	if err := f.store.Update(f.Context(), func(tx storage.Tx) error {
		for i := range maxEmailAccounts + 20 {
			p := profileOf(name(i))
			p.Emails[0].Value = "all@example.com"
			u := &directory.User{ID: directory.NewID(epoch), Tenant: tenant, Version: 1, Created: epoch, Modified: epoch, Active: true, Document: f.document(p)}
			if err := tx.InsertUser(u, &directory.AppState{}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	got, err := f.AccountsByEmail(f.Context(), tenant, strings.ToUpper("all@example.com"))
	if err != nil || len(got) != maxEmailAccounts || got[0].UserName != name(0) || got[99].UserName != name(99) {
		t.Errorf("%d accounts, %v", len(got), err)
	}
}
