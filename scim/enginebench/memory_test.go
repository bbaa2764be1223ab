package enginebench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/scim"
)

// memory is a scim.Backend over a map, with an index of user names, which are
// unique. It has users only; what no benchmark calls is not there, and panics.
type memory struct {
	scim.Backend
	mu     sync.RWMutex
	byID   map[directory.ID]*directory.User
	byName map[string]directory.ID // by Fold
	order  []directory.ID
}

func newMemory() *memory {
	return &memory{byID: map[directory.ID]*directory.User{}, byName: map[string]directory.ID{}}
}

// nameOf reads the userName, the first member of a user's document.
func nameOf(u *directory.User) (string, error) {
	d := json.NewDecoder(bytes.NewReader(u.Document))
	for _, want := range []json.Token{json.Delim('{'), "userName"} {
		if got, err := d.Token(); err != nil || got != want {
			return "", fmt.Errorf("document: %v, want %v (%w)", got, want, err)
		}
	}
	var name string
	err := d.Decode(&name)
	return directory.Fold(name), err
}

func (m *memory) CreateUser(_ context.Context, _ journal.Actor, u *directory.User) (*directory.User, error) {
	name, err := nameOf(u)
	if err != nil {
		return nil, err
	}
	now := time.Now().UTC()
	u.ID, u.Created, u.Modified, u.Version = directory.NewID(now), now, now, 1
	m.mu.Lock()
	defer m.mu.Unlock()
	if other, taken := m.byName[name]; taken {
		return nil, &directory.ConflictError{Attribute: "userName", Existing: other}
	}
	u.Seq = int64(len(m.order) + 1)
	m.byID[u.ID], m.byName[name] = u, u.ID
	m.order = append(m.order, u.ID)
	return u, nil
}

func (m *memory) User(_ context.Context, _ journal.Actor, id directory.ID) (*directory.User, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	u, ok := m.byID[id]
	if !ok {
		return nil, directory.ErrNotFound
	}
	return u, nil
}

func (m *memory) EditUser(_ context.Context, _ journal.Actor, id directory.ID, edit func(*directory.User) error) (*directory.User, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	old, ok := m.byID[id]
	if !ok {
		return nil, false, directory.ErrNotFound
	}
	u := old.Clone()
	if err := edit(u); err != nil {
		return nil, false, err
	}
	if u.Active == old.Active && bytes.Equal(u.Document, old.Document) && maps.Equal(u.ExternalIDs, old.ExternalIDs) {
		return old, false, nil
	}
	before, err := nameOf(old)
	if err != nil {
		return nil, false, err
	}
	after, err := nameOf(u)
	if err != nil {
		return nil, false, err
	}
	if other, taken := m.byName[after]; taken && other != id {
		return nil, false, &directory.ConflictError{Attribute: "userName", Existing: other}
	}
	delete(m.byName, before)
	u.Version, u.Modified = old.Version+1, time.Now().UTC()
	m.byID[id], m.byName[after] = u, id
	return u, true, nil
}

func (m *memory) DeleteUser(_ context.Context, _ journal.Actor, id directory.ID, check func(*directory.User) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	u, ok := m.byID[id]
	if !ok {
		return directory.ErrNotFound
	}
	if err := check(u); err != nil {
		return err
	}
	name, err := nameOf(u)
	if err != nil {
		return err
	}
	delete(m.byName, name)
	delete(m.byID, id)
	return nil
}

// Users knows one condition, a user name; for others it hands out everybody,
// which is never wrong where the server applies the filter itself.
func (m *memory) Users(_ context.Context, _ journal.Actor, q directory.Query, _ bool, fn func(*directory.User) bool) (int64, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if t, ok := q.Where.(directory.Term); ok && t.Field == directory.FieldUserName && t.Op == directory.Equal {
		id, found := m.byName[directory.Fold(t.Text)]
		if !found {
			return 0, nil
		}
		fn(m.byID[id])
		return 1, nil
	}
	n := int64(0)
	for _, id := range m.order {
		u, ok := m.byID[id]
		if !ok {
			continue
		}
		if n++; n <= q.Offset {
			continue
		}
		if q.Limit >= 0 && n > q.Offset+q.Limit || !fn(u) {
			break
		}
	}
	return int64(len(m.byID)), nil
}
