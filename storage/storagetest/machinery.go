package storagetest

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/storage"
)

var machineryTests = []test{
	{"JournalKeepsEntriesInOrder", journalEntries},
	{"Organizations", organizations},
	{"Tenants", tenants},
	{"Clients", clients},
	{"Tokens", tokens},
	{"SecretsAreSetOnce", secrets},
}

func journalEntries(f *fixture) {
	full := journal.Entry{At: epoch, Tenant: tenant, Origin: directory.OriginSCIM, Client: okta, Actor: "scim:okta", Role: "r",
		Address: "192.0.2.1", RequestID: "q", Action: "user.update", Kind: journal.KindUser, Resource: directory.NewID(epoch),
		Before: 1, After: 2, Forward: json.RawMessage(`{"a":"ä'"}`), Backward: json.RawMessage(`{"a":null}`), Note: json.RawMessage(`["x"]`)}
	event := journal.Entry{At: epoch.Add(time.Second), Tenant: otherTenant, Action: "rsa.refused", Kind: journal.KindEvent}
	var want []journal.Entry
	for _, e := range []journal.Entry{full, event, full, event, full} {
		f.update(func(tx storage.Tx) error { e.Seq = 0; return tx.AppendJournal(&e) })
		if len(want) > 0 && e.Seq <= want[len(want)-1].Seq {
			f.Errorf("Seq %d after %d", e.Seq, want[len(want)-1].Seq)
		}
		want = append(want, e)
	}
	read := func(t directory.TenantID, after int64, limit int) (got []journal.Entry) {
		f.view(func(r storage.Reader) error {
			return r.Journal(t, after, func(e *journal.Entry) bool { got = append(got, *e); return len(got) != limit })
		})
		return got
	}
	for _, c := range []struct {
		name      string
		got, want []journal.Entry
	}{
		{"all", read(0, 0, 0), want},
		{"one tenant", read(otherTenant, 0, 0), []journal.Entry{want[1], want[3]}},
		{"later ones", read(tenant, want[0].Seq, 0), []journal.Entry{want[2], want[4]}},
		{"later ones of all", read(0, want[2].Seq, 0), want[3:]},
		{"stopped", read(0, 0, 2), want[:2]},
		{"none", read(0, want[4].Seq, 0), nil},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			f.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
	f.view(func(r storage.Reader) error {
		n, err := r.Counts()
		if n.JournalEntries != 5 {
			f.Errorf("%d entries are counted, want 5", n.JournalEntries)
		}
		return err
	})
}

func organizations(f *fixture) {
	ensure := func(t directory.TenantID, name string, want int64) (n int64) {
		f.update(func(tx storage.Tx) (err error) { n, err = tx.EnsureOrganization(t, name, want); return err })
		return n
	}
	for _, c := range []struct {
		tenant     directory.TenantID
		name       string
		want, gets int64
	}{
		{tenant, "Sales", 0, 1}, {tenant, "SALES", 0, 1}, {tenant, "sales", 9, 1}, {tenant, "Support", 0, 2},
		{tenant, "Fixed", 7, 7}, {tenant, "Next", 0, 8}, {tenant, "Taken", 7, 9}, {tenant, "Between", 4, 4}, {otherTenant, "Sales", 0, 1},
	} {
		if got := ensure(c.tenant, c.name, c.want); got != c.gets {
			f.Errorf("%s of tenant %d, wanting %d: %d, want %d", c.name, c.tenant, c.want, got, c.gets)
		}
	}
	f.view(func(r storage.Reader) error {
		if n, err := r.Organization(tenant, "fIXED"); n != 7 || err != nil {
			f.Errorf("Organization: %d, %v", n, err)
		}
		_, err := r.Organization(otherTenant, "Fixed")
		f.wantNotFound("organization of another tenant", err)
		return nil
	})
}

func tenants(f *fixture) {
	a, b := storage.Tenant{Name: "Acme", Created: epoch}, storage.Tenant{Name: "Beta", Created: epoch}
	f.update(func(tx storage.Tx) error { return errors.Join(tx.PutTenant(&a), tx.PutTenant(&b)) })
	f.wantConflict(f.try(func(tx storage.Tx) error { return tx.PutTenant(&storage.Tenant{Name: "ACME"}) }), "name", directory.ID{})
	f.wantConflict(f.try(func(tx storage.Tx) error { return tx.PutTenant(&storage.Tenant{ID: b.ID, Name: "acme"}) }), "name", directory.ID{})
	f.wantNotFound("PutTenant of an unknown id", f.try(func(tx storage.Tx) error { return tx.PutTenant(&storage.Tenant{ID: 99, Name: "x"}) }))
	a.Name = "ACME"
	f.update(func(tx storage.Tx) error { return tx.PutTenant(&a) })
	f.view(func(r storage.Reader) error {
		got, err := r.Tenants()
		if diff := cmp.Diff([]storage.Tenant{a, b}, got); diff != "" || a.ID == 0 {
			f.Errorf("tenants (-want +got):\n%s", diff)
		}
		return err
	})
}

// newTenant stores a tenant with a client.
func (f *fixture) newTenant(name string) (storage.Tenant, storage.Client) {
	t := storage.Tenant{Name: name, Created: epoch}
	c := storage.Client{Name: "default", Mode: storage.Tolerant, Created: epoch}
	f.update(func(tx storage.Tx) error {
		if err := tx.PutTenant(&t); err != nil {
			return err
		}
		c.Tenant = t.ID
		return tx.PutClient(&c)
	})
	return t, c
}

func clients(f *fixture) {
	a, first := f.newTenant("a")
	_, second := f.newTenant("b")
	third := storage.Client{Tenant: a.ID, Name: "Okta", Mode: storage.Strict, Created: epoch.Add(time.Second), DuplicateGroupNames: true}
	f.update(func(tx storage.Tx) error { return tx.PutClient(&third) })
	f.wantConflict(f.try(func(tx storage.Tx) error { return tx.PutClient(&storage.Client{Tenant: a.ID, Name: "OKTA"}) }), "name", directory.ID{})
	f.wantNotFound("PutClient of no tenant", f.try(func(tx storage.Tx) error { return tx.PutClient(&storage.Client{Tenant: 99, Name: "x"}) }))
	f.wantNotFound("PutClient of an unknown id", f.try(func(tx storage.Tx) error { return tx.PutClient(&storage.Client{ID: 99, Tenant: a.ID, Name: "x"}) }))
	first.Mode, first.Name, first.DuplicateGroupNames = storage.Interop, "renamed", true
	f.update(func(tx storage.Tx) error { return tx.PutClient(&first) })
	f.view(func(r storage.Reader) error {
		of, err := r.Clients(a.ID)
		all, err2 := r.Clients(0)
		if diff := cmp.Diff([]storage.Client{first, third}, of); diff != "" {
			f.Errorf("clients of a tenant (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]storage.Client{first, second, third}, all); diff != "" {
			f.Errorf("all clients (-want +got):\n%s", diff)
		}
		return errors.Join(err, err2)
	})
}

func tokens(f *fixture) {
	_, a := f.newTenant("a")
	_, b := f.newTenant("b")
	digest := func(s string) [32]byte { return sha256.Sum256([]byte(s)) }
	first := storage.Token{Client: a.ID, Digest: digest("1"), Hint: "wxyz", Scope: "users:read", Created: epoch, Expires: epoch.Add(time.Hour)}
	second := storage.Token{Client: b.ID, Digest: digest("2"), Created: epoch}
	f.update(func(tx storage.Tx) error { return errors.Join(tx.PutToken(&first), tx.PutToken(&second)) })
	f.wantConflict(f.try(func(tx storage.Tx) error { return tx.PutToken(&storage.Token{Client: a.ID, Digest: digest("1")}) }), "digest", directory.ID{})
	f.wantNotFound("PutToken of no client", f.try(func(tx storage.Tx) error { return tx.PutToken(&storage.Token{Client: 99, Digest: digest("3")}) }))
	first.Revoked = epoch.Add(time.Minute)
	f.update(func(tx storage.Tx) error { return tx.PutToken(&first) })
	f.view(func(r storage.Reader) error {
		token, client, err := r.TokenByDigest(digest("1")) // revoked or not
		if diff := cmp.Diff(first, token); diff != "" || client != a {
			f.Errorf("TokenByDigest: client %+v, token (-want +got):\n%s", client, diff)
		}
		_, _, unknown := r.TokenByDigest(digest("3"))
		f.wantNotFound("unknown token", unknown)
		of, err2 := r.Tokens(b.ID)
		all, err3 := r.Tokens(0)
		if diff := cmp.Diff([][]storage.Token{{second}, {first, second}}, [][]storage.Token{of, all}); diff != "" {
			f.Errorf("tokens (-want +got):\n%s", diff)
		}
		return errors.Join(err, err2, err3)
	})
}

func secrets(f *fixture) {
	for i, want := range []string{"first", "first"} {
		f.update(func(tx storage.Tx) error {
			got, err := tx.PutSecret("cursor", []byte([]string{"first", "second"}[i]))
			if string(got) != want {
				f.Errorf("PutSecret %d returned %q, want %q", i, got, want)
			}
			return err
		})
	}
	f.view(func(r storage.Reader) error {
		got, err := r.Secret("cursor")
		if string(got) != "first" {
			f.Errorf("Secret %q", got)
		}
		_, unknown := r.Secret("other")
		f.wantNotFound("unknown secret", unknown)
		return err
	})
}
