// Package apitest is the world in which the four application APIs are tested: a
// real bridge over a real SQLite database, with the configuration, user, groups
// and clock of documented-apis section 7, so that the golden answers of all four
// come from one place. There are no mocks in it.
//
// Times, the ids the applications gave and the user's own id are those of the
// golden answers, so that user is inserted below the bridge; all that happens to
// it later goes through the bridge.
package apitest

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/mapping"
	"github.com/scimbridge/scimbridge/provision"
	"github.com/scimbridge/scimbridge/storage"
	"github.com/scimbridge/scimbridge/storage/storagetest"
)

// The times of section 7.
const (
	Created = "2022-05-09T04:58:37.259Z" // of Johnny
	Pushed  = "2022-05-09T04:58:37.653Z" // last SCIM write
	Start   = "2022-05-09T05:00:00.000Z" // where the clock stands in a new World
)

// Retention of deleted users in a World.
const Retention = 7 * 24 * time.Hour

// The ids of section 7.
const (
	JohnnyID      = "f85b6e95-f41f-45b4-bc84-559fead6460c"
	JohnnySyncari = "62789f7daa9138df5bc688f5"
	JohnnyName    = "johnny.kingston@example.com" // userName, email and ServiceMobility UserID
	ServiceUser   = "61e2a0f134a0f06932046bab"    // Syncari's createdBy of users that came by SCIM
)

// johnny is the user of section 7.1 as the directory keeps it.
const johnny = `{"userName":"johnny.kingston@example.com","name":{"formatted":"Johnny Kingston","familyName":"Kingston","givenName":"Johnny"},"displayName":"Johnny Kingston","preferredLanguage":"en-US","emails":[{"value":"johnny.kingston@example.com","type":"work","primary":true}],"phoneNumbers":[{"value":"+11235556799","type":"mobile"},{"value":"+1 774 291 4444","type":"work"}],"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"701984","organization":"221 org","department":"Quality"},"urn:scimbridge:params:scim:schemas:extension:bridge:2.0:User":{"uniphore":{"clientId":"2e37fa2c-959b-4326-babb-083a80df92bf"}}}`

// Groups are the names of Johnny's five groups.
var Groups = []string{
	"uniphore:dev:quality_analyst", "syncari:YUBV99:Sync Manager", "syncari:RR0VPW:Viewer",
	"servicemobility:team:TEAM-EAST", "servicemobility:mobile-worker",
}

// Settings returns the configuration of section 7.
func Settings() mapping.Settings {
	return mapping.Settings{
		Uniphore: mapping.UniphoreSettings{Organizations: map[string]int64{"221 org": 52}},
		RSA:      mapping.RSASettings{IdentitySource: "My Company AD"},
		Syncari:  mapping.SyncariSettings{Instances: []string{"YUBV99", "RR0VPW"}, ServiceUser: ObjectID(ServiceUser)},
	}
}

// World is a bridge with what it stands on.
type World struct {
	testing.TB
	Store  storage.Store
	Bridge *provision.Bridge
	Mapper *mapping.Mapper
	// SCIM is the identity provider that provisioned Johnny, "scim:okta" of the
	// first tenant.
	SCIM journal.Actor
	// Other is a tenant with nobody in it.
	Other directory.TenantID
	// Johnny is the user of section 7.1, in his five groups.
	Johnny directory.ID
	// GroupID holds the ids of the five groups by name.
	GroupID map[string]directory.ID

	mu  sync.Mutex
	now time.Time
}

// New returns the world at Start. adjust may change the settings.
func New(t testing.TB, adjust ...func(*mapping.Settings)) *World {
	t.Helper()
	w := &World{TB: t, Store: storagetest.Open(t), Johnny: ID(JohnnyID), GroupID: map[string]directory.ID{}}
	settings := Settings()
	for _, f := range adjust {
		f(&settings)
	}
	var err error
	if w.Mapper, err = mapping.New(settings, nil); err != nil {
		t.Fatal(err)
	}
	w.Bridge = provision.New(w.Store, provision.Options{Mapper: w.MapperOf, Now: w.Now, Retention: Retention})
	w.Set(Pushed)
	w.populate()
	for _, name := range Groups {
		w.GroupID[name] = w.AddGroup(name, w.Johnny)
	}
	w.Set(Start)
	return w
}

// populate makes two tenants, the SCIM client and Johnny.
func (w *World) populate() {
	w.Helper()
	tenant, other := &storage.Tenant{Name: "default"}, &storage.Tenant{Name: "other"}
	client := &storage.Client{Name: "okta", Mode: storage.Tolerant}
	w.Update(func(tx storage.Tx) error {
		if err := tx.PutTenant(tenant); err != nil {
			return err
		}
		if err := tx.PutTenant(other); err != nil {
			return err
		}
		client.Tenant = tenant.ID
		return tx.PutClient(client)
	})
	w.Other = other.ID
	w.SCIM = journal.Actor{Tenant: tenant.ID, Origin: directory.OriginSCIM, Client: client.ID, Name: "scim:okta"}
	w.Update(func(tx storage.Tx) error {
		if _, err := tx.EnsureOrganization(tenant.ID, "221 org", 52); err != nil {
			return err
		}
		u := &directory.User{
			ID: w.Johnny, Tenant: tenant.ID, Version: 1, Created: Time(Created), Modified: Time(Pushed), Asserted: Time(Pushed),
			Origin: directory.OriginSCIM, Active: true, AssertedActive: true, Document: directory.Document(johnny),
		}
		u.SetExternalID(client.ID, "00u1a2b3c4d5e6f7g8h9")
		return tx.InsertUser(u, &directory.AppState{UniphoreID: 4882, SyncariID: ObjectID(JohnnySyncari), MobilityUserID: JohnnyName})
	})
}

// MapperOf is the mapper of every tenant, as the edges ask for it.
func (w *World) MapperOf(directory.TenantID) *mapping.Mapper { return w.Mapper }

// Now is the clock of the world. It moves only by Set.
func (w *World) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// Set sets the clock, e.g. to "2022-05-09T06:00:00.000Z".
func (w *World) Set(at string) { w.SetTime(Time(at)) }

// SetTime is Set.
func (w *World) SetTime(at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = at
}

// Update writes below the bridge.
func (w *World) Update(fn func(storage.Tx) error) {
	w.Helper()
	if err := w.Store.Update(context.Background(), fn); err != nil {
		w.Fatal(err)
	}
}

// AddUser is a SCIM POST of a user with these attributes.
func (w *World) AddUser(p directory.Profile) *directory.User {
	w.Helper()
	doc, err := p.Document()
	if err != nil {
		w.Fatal(err)
	}
	u, err := w.Bridge.CreateUser(context.Background(), w.SCIM, &directory.User{Document: doc, Active: true})
	if err != nil {
		w.Fatal(err)
	}
	return u
}

// SetActive is a SCIM PATCH of active.
func (w *World) SetActive(id directory.ID, active bool) {
	w.Helper()
	w.edit(id, func(u *directory.User) error { u.Active = active; return nil })
}

// Push is a SCIM PATCH of attributes.
func (w *World) Push(id directory.ID, change func(*directory.Profile)) {
	w.Helper()
	w.edit(id, func(u *directory.User) error {
		p, err := u.Document.Profile()
		if err != nil {
			return err
		}
		change(&p)
		u.Document, err = p.Document()
		return err
	})
}

func (w *World) edit(id directory.ID, change func(*directory.User) error) {
	w.Helper()
	if _, _, err := w.Bridge.EditUser(context.Background(), w.SCIM, id, change); err != nil {
		w.Fatal(err)
	}
}

// DeleteUser is a SCIM DELETE.
func (w *World) DeleteUser(id directory.ID) {
	w.Helper()
	if err := w.Bridge.DeleteUser(context.Background(), w.SCIM, id, nil); err != nil {
		w.Fatal(err)
	}
}

// User returns the user as SCIM sees it.
func (w *World) User(id directory.ID) *directory.User {
	w.Helper()
	u, err := w.Bridge.User(context.Background(), w.SCIM, id)
	if err != nil {
		w.Fatal(err)
	}
	return u
}

// AddGroup is a SCIM POST of a group with members.
func (w *World) AddGroup(name string, members ...directory.ID) directory.ID {
	w.Helper()
	edit := &directory.MemberEdit{RefuseUnknown: true}
	for _, m := range members {
		edit.Add = append(edit.Add, m.String())
	}
	doc := directory.Document(`{"displayName":` + strconv.Quote(name) + `}`)
	g, _, err := w.Bridge.CreateGroup(context.Background(), w.SCIM, &directory.Group{Document: doc}, edit)
	if err != nil {
		w.Fatal(err)
	}
	return g.ID
}

// EditGroup is a SCIM PATCH of a group's members.
func (w *World) EditGroup(id directory.ID, edit *directory.MemberEdit) {
	w.Helper()
	_, _, err := w.Bridge.EditGroup(context.Background(), w.SCIM, id, func(*directory.Group) (*directory.MemberEdit, error) { return edit, nil })
	if err != nil {
		w.Fatal(err)
	}
}

// Journal returns the entries of the first tenant behind after.
func (w *World) Journal(after int64) []*journal.Entry {
	w.Helper()
	var all []*journal.Entry
	err := w.Bridge.Journal(context.Background(), w.SCIM.Tenant, after, func(e *journal.Entry) bool { all = append(all, e); return true })
	if err != nil {
		w.Fatal(err)
	}
	return all
}

// Purge lets the retention pass and the sweep run, and returns how many users
// were purged.
func (w *World) Purge() int {
	w.Helper()
	w.SetTime(w.Now().Add(Retention + time.Millisecond))
	n, err := w.Bridge.PurgeDue(context.Background())
	if err != nil {
		w.Fatal(err)
	}
	return n
}

// ID parses an id that is right.
func ID(s string) directory.ID {
	id, err := directory.ParseID(s)
	if err != nil {
		panic(err)
	}
	return id
}

// ObjectID parses an id that is right.
func ObjectID(s string) directory.ObjectID {
	id, err := directory.ParseObjectID(s)
	if err != nil {
		panic(err)
	}
	return id
}

// Time parses a time that is right.
func Time(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		panic(err)
	}
	return t
}
