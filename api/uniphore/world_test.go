package uniphore_test

import (
	"context"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/mapping"
	"github.com/scimbridge/scimbridge/provision"
	"github.com/scimbridge/scimbridge/storage"
	"github.com/scimbridge/scimbridge/storage/sqlite"
)

// world is a real bridge over a real database that holds the user of
// documented-apis 7.1.
type world struct {
	*testing.T
	store  storage.Store
	bridge *provision.Bridge
	scim   journal.Actor

	// role is the group that makes Johnny a quality analyst in dev.
	role        directory.ID
	removeGroup func()

	mu  sync.Mutex
	now time.Time
}

const johnnyDocument = `{"userName":"johnny.kingston@example.com","name":{"formatted":"Johnny Kingston","familyName":"Kingston","givenName":"Johnny"},"displayName":"Johnny Kingston","preferredLanguage":"en-US","emails":[{"value":"johnny.kingston@example.com","type":"work","primary":true}],"phoneNumbers":[{"value":"+11235556799","type":"mobile"},{"value":"+1 774 291 4444","type":"work"}],"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"701984","organization":"221 org","department":"Quality"},"urn:scimbridge:params:scim:schemas:extension:bridge:2.0:User":{"uniphore":{"clientId":"2e37fa2c-959b-4326-babb-083a80df92bf"}}}`

var johnny = id("f85b6e95-f41f-45b4-bc84-559fead6460c")

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t}
	store, err := sqlite.Open(context.Background(), sqlite.Options{Path: filepath.Join(t.TempDir(), "bridge.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	w.store = store
	mapper, err := mapping.New(mapping.Settings{
		Uniphore: mapping.UniphoreSettings{Organizations: map[string]int64{"221 org": 52}},
		RSA:      mapping.RSASettings{IdentitySource: "My Company AD"},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	w.bridge = provision.New(store, provision.Options{
		Mapper: func(directory.TenantID) *mapping.Mapper { return mapper },
		Now:    w.clock, Retention: 7 * 24 * time.Hour,
	})
	w.set("2022-05-09T04:58:37.259Z")
	tenants, clients := []*storage.Tenant{{Name: "one"}, {Name: "two"}}, []*storage.Client{{Name: "okta", Mode: storage.Tolerant}}
	w.update(func(tx storage.Tx) error {
		for _, x := range tenants {
			if err := tx.PutTenant(x); err != nil {
				return err
			}
		}
		clients[0].Tenant = tenants[0].ID
		return tx.PutClient(clients[0])
	})
	w.scim = journal.Actor{Tenant: tenants[0].ID, Origin: directory.OriginSCIM, Client: clients[0].ID, Name: "scim:okta"}
	made := instant("2022-05-09T04:58:37.259Z")
	pushed := instant("2022-05-09T04:58:37.653Z")
	w.update(func(tx storage.Tx) error {
		if _, err := tx.EnsureOrganization(w.scim.Tenant, "221 org", 52); err != nil {
			return err
		}
		u := &directory.User{
			ID: johnny, Tenant: w.scim.Tenant, Version: 1, Created: made, Modified: pushed, Asserted: pushed,
			Origin: directory.OriginSCIM, Active: true, AssertedActive: true, Document: directory.Document(johnnyDocument),
		}
		u.SetExternalID(w.scim.Client, "00u1a2b3c4d5e6f7g8h9")
		return tx.InsertUser(u, &directory.AppState{UniphoreID: 4882, MobilityUserID: "johnny.kingston@example.com"})
	})
	w.role, w.removeGroup = w.newGroup("uniphore:dev:quality_analyst")
	w.set("2022-05-09T05:00:00.000Z")
	return w
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) set(at string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = instant(at)
}

func (w *world) update(fn func(storage.Tx) error) {
	w.Helper()
	if err := w.store.Update(context.Background(), fn); err != nil {
		w.Fatal(err)
	}
}

// setActive is a SCIM PATCH of active.
func (w *world) setActive(active bool) {
	w.Helper()
	_, _, err := w.bridge.EditUser(context.Background(), w.scim, johnny, func(u *directory.User) error {
		u.Active = active
		return nil
	})
	if err != nil {
		w.Fatal(err)
	}
}

// edit changes Johnny as another application would.
func (w *world) edit(change func(*provision.Draft)) {
	w.Helper()
	by := journal.Actor{Tenant: w.scim.Tenant, Origin: directory.OriginMobility, Name: "test"}
	_, err := w.bridge.EditAccount(context.Background(), by, provision.Ref{ID: johnny}, "test", func(d *provision.Draft) error {
		change(d)
		return nil
	})
	if err != nil {
		w.Fatal(err)
	}
}

// push is a SCIM PUT or PATCH of attributes.
func (w *world) push(change func(*directory.Profile)) {
	w.Helper()
	_, _, err := w.bridge.EditUser(context.Background(), w.scim, johnny, func(u *directory.User) error {
		p, err := u.Document.Profile()
		if err != nil {
			return err
		}
		change(&p)
		u.Document, err = p.Document()
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
}

// group is newGroup for those who need no id.
func (w *world) group(name string) (remove func()) {
	w.Helper()
	_, remove = w.newGroup(name)
	return remove
}

// newGroup is a SCIM POST of a group with Johnny in it; remove is its DELETE.
func (w *world) newGroup(name string) (id directory.ID, remove func()) {
	w.Helper()
	doc := directory.Document(`{"displayName":` + strconv.Quote(name) + `}`)
	g, _, err := w.bridge.CreateGroup(context.Background(), w.scim, &directory.Group{Document: doc}, &directory.MemberEdit{Add: []string{johnny.String()}})
	if err != nil {
		w.Fatal(err)
	}
	return g.ID, func() {
		w.Helper()
		if err := w.bridge.DeleteGroup(context.Background(), w.scim, g.ID, nil); err != nil {
			w.Fatal(err)
		}
	}
}
