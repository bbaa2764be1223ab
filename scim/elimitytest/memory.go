package elimitytest

import (
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/elimity-com/scim/errors"
	"github.com/google/uuid"
)

// Memory is a Store in a map, with an index of user names, which are unique.
type Memory struct {
	mu     sync.RWMutex
	byID   map[string]*Record
	byName map[string]string // lower case to id
	order  []string
}

// NewMemory returns an empty Memory.
func NewMemory() *Memory { return &Memory{byID: map[string]*Record{}, byName: map[string]string{}} }

func nameOf(attributes map[string]any) string {
	name, _ := attributes["userName"].(string)
	return strings.ToLower(name)
}

// Insert implements Store.
func (m *Memory) Insert(_ *http.Request, attributes map[string]any) (Record, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Record{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	name := nameOf(attributes)
	if _, taken := m.byName[name]; taken && name != "" {
		return Record{}, errors.ScimErrorUniqueness
	}
	now := time.Now().UTC()
	r := &Record{ID: id.String(), Attributes: attributes, Created: now, Modified: now, Version: `W/"1"`}
	m.byID[r.ID] = r
	m.order = append(m.order, r.ID)
	if name != "" {
		m.byName[name] = r.ID
	}
	return *r, nil
}

// Get implements Store.
func (m *Memory) Get(_ *http.Request, id string) (Record, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	r, ok := m.byID[id]
	if !ok {
		return Record{}, errors.ScimErrorResourceNotFound(id)
	}
	return *r, nil
}

// Update implements Store.
func (m *Memory) Update(_ *http.Request, id string, change func(map[string]any) (map[string]any, error)) (Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.byID[id]
	if !ok {
		return Record{}, errors.ScimErrorResourceNotFound(id)
	}
	attributes, err := change(maps.Clone(r.Attributes))
	if err != nil {
		return Record{}, err
	}
	before, after := nameOf(r.Attributes), nameOf(attributes)
	if _, taken := m.byName[after]; taken && after != before && after != "" {
		return Record{}, errors.ScimErrorUniqueness
	}
	version, err := strconv.Atoi(strings.Trim(r.Version, `W/"`))
	if err != nil {
		return Record{}, err
	}
	delete(m.byName, before)
	if after != "" {
		m.byName[after] = id
	}
	next := &Record{ID: id, Attributes: attributes, Created: r.Created, Modified: time.Now().UTC(), Version: `W/"` + strconv.Itoa(version+1) + `"`}
	m.byID[id] = next
	return *next, nil
}

// Delete implements Store.
func (m *Memory) Delete(_ *http.Request, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.byID[id]
	if !ok {
		return errors.ScimErrorResourceNotFound(id)
	}
	delete(m.byName, nameOf(r.Attributes))
	delete(m.byID, id)
	return nil
}

// Find implements Store.
func (m *Memory) Find(_ *http.Request, userName string, fn func(Record) bool) error {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if userName != "" {
		if r, ok := m.byID[m.byName[strings.ToLower(userName)]]; ok {
			fn(*r)
		}
		return nil
	}
	for _, id := range m.order {
		if r, ok := m.byID[id]; ok && !fn(*r) {
			return nil
		}
	}
	return nil
}

// Len implements Store.
func (m *Memory) Len(*http.Request) (int, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.byID), nil
}
