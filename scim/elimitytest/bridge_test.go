package elimitytest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/provision"
	"github.com/scimbridge/scimbridge/scim/elimitytest"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// users and groups are elimitytest.Stores over our bridge: thin, so that what
// elimity's server makes of a request is what is stored.
type (
	users  struct{ over }
	groups struct{ over }
	over   struct {
		bridge *provision.Bridge
		by     journal.Actor
	}
)

// wire turns an error of the bridge into one of the library's.
func wire(err error, id string) error {
	var conflict *directory.ConflictError
	switch {
	case errors.Is(err, directory.ErrNotFound):
		return scimerrors.ScimErrorResourceNotFound(id)
	case errors.As(err, &conflict):
		return scimerrors.ScimErrorUniqueness
	}
	return err
}

// document is the canonical form of attributes, which a Document must have.
func document(typ *schema.ResourceType, attributes map[string]any, without ...string) (doc directory.Document, o *resource.Object, err error) {
	text, err := json.Marshal(attributes)
	if err != nil {
		return nil, nil, err
	}
	if o, err = resource.DecodeObject(text, resource.Limits{}); err != nil {
		return nil, nil, err
	}
	if o, err = typ.Normalize(o, schema.Options{}); err != nil {
		return nil, nil, err
	}
	kept := o.Clone()
	for _, name := range append(without, "externalId") {
		kept.Delete(name)
	}
	return kept.AppendJSON(nil), o, nil
}

// attributes is the opposite of document.
func attributes(doc directory.Document, externalID string) (map[string]any, error) {
	m := map[string]any{}
	if err := json.Unmarshal(doc, &m); err != nil {
		return nil, fmt.Errorf("document: %w", err)
	}
	if externalID != "" {
		m["externalId"] = externalID
	}
	return m, nil
}

func (s over) client(ids map[directory.ClientID]string) string { return ids[s.by.Client] }

func (s users) take(u *directory.User, m map[string]any) error {
	doc, o, err := document(schema.User(), m, "active", "password")
	if err != nil {
		return err
	}
	u.Document = doc
	if a := o.Get("active"); a.Kind() == resource.Bool {
		u.Active, u.AssertedActive = a.Bool(), a.Bool()
	}
	u.SetExternalID(s.by.Client, o.Get("externalId").Text())
	return nil
}

func (s users) record(u *directory.User, err error) (elimitytest.Record, error) {
	if err != nil {
		return elimitytest.Record{}, wire(err, "")
	}
	m, err := attributes(u.Document, s.client(u.ExternalIDs))
	if err != nil {
		return elimitytest.Record{}, err
	}
	m["active"] = u.Active
	return elimitytest.Record{ID: u.ID.String(), Attributes: m, Created: u.Created, Modified: u.Modified, Version: strconv.FormatInt(u.Version, 10)}, nil
}

func (s users) Insert(r *http.Request, m map[string]any) (elimitytest.Record, error) {
	u := &directory.User{Active: true}
	if err := s.take(u, m); err != nil {
		return elimitytest.Record{}, err
	}
	return s.record(s.bridge.CreateUser(r.Context(), s.by, u))
}

func (s users) Get(r *http.Request, id string) (elimitytest.Record, error) {
	key, err := directory.ParseID(id)
	if err != nil {
		return elimitytest.Record{}, scimerrors.ScimErrorResourceNotFound(id)
	}
	return s.record(s.bridge.User(r.Context(), s.by, key))
}

func (s users) Update(r *http.Request, id string, change func(map[string]any) (map[string]any, error)) (elimitytest.Record, error) {
	key, err := directory.ParseID(id)
	if err != nil {
		return elimitytest.Record{}, scimerrors.ScimErrorResourceNotFound(id)
	}
	u, _, err := s.bridge.EditUser(r.Context(), s.by, key, func(u *directory.User) error {
		rec, err := s.record(u, nil)
		if err != nil {
			return err
		}
		m, err := change(rec.Attributes)
		if err != nil {
			return err
		}
		return s.take(u, m)
	})
	return s.record(u, err)
}

func (s users) Delete(r *http.Request, id string) error {
	key, err := directory.ParseID(id)
	if err != nil {
		return scimerrors.ScimErrorResourceNotFound(id)
	}
	if err := s.bridge.DeleteUser(r.Context(), s.by, key, nil); err != nil {
		return wire(err, id)
	}
	return nil
}

func (s users) Find(r *http.Request, _ string, fn func(elimitytest.Record) bool) error {
	var failed error
	_, err := s.bridge.Users(r.Context(), s.by, directory.Query{Client: s.by.Client, Limit: -1}, false, func(u *directory.User) bool {
		rec, err := s.record(u, nil)
		failed = err
		return err == nil && fn(rec)
	})
	return errors.Join(err, failed)
}

func (s users) Len(r *http.Request) (int, error) {
	n, err := s.bridge.Users(r.Context(), s.by, directory.Query{Limit: 0}, true, func(*directory.User) bool { return false })
	return int(n), err
}

func (s groups) take(g *directory.Group, m map[string]any) (*directory.MemberEdit, error) {
	doc, o, err := document(schema.Group(), m, "members")
	if err != nil {
		return nil, err
	}
	g.Document = doc
	g.SetExternalID(s.by.Client, o.Get("externalId").Text())
	edit := &directory.MemberEdit{Clear: true, RefuseUnknown: true}
	for _, e := range o.Get("members").List() {
		edit.Add = append(edit.Add, e.Object().Get("value").Text())
	}
	return edit, nil
}

func (s groups) record(g *directory.Group, members []directory.Member) (elimitytest.Record, error) {
	m, err := attributes(g.Document, s.client(g.ExternalIDs))
	if err != nil {
		return elimitytest.Record{}, err
	}
	var list []any
	for _, x := range members {
		list = append(list, map[string]any{"value": x.ID.String()})
	}
	if list != nil {
		m["members"] = list
	}
	return elimitytest.Record{ID: g.ID.String(), Attributes: m, Created: g.Created, Modified: g.Modified, Version: strconv.FormatInt(g.Version, 10)}, nil
}

func (s groups) Insert(r *http.Request, m map[string]any) (elimitytest.Record, error) {
	g := &directory.Group{}
	edit, err := s.take(g, m)
	if err != nil {
		return elimitytest.Record{}, err
	}
	g, _, err = s.bridge.CreateGroup(r.Context(), s.by, g, edit)
	if err != nil {
		return elimitytest.Record{}, wire(err, "")
	}
	return s.Get(r, g.ID.String())
}

func (s groups) Get(r *http.Request, id string) (elimitytest.Record, error) {
	key, err := directory.ParseID(id)
	if err != nil {
		return elimitytest.Record{}, scimerrors.ScimErrorResourceNotFound(id)
	}
	var members []directory.Member
	g, err := s.bridge.Group(r.Context(), s.by, key, func(m directory.Member) { members = append(members, m) })
	if err != nil {
		return elimitytest.Record{}, wire(err, id)
	}
	return s.record(g, members)
}

func (s groups) Update(r *http.Request, id string, change func(map[string]any) (map[string]any, error)) (elimitytest.Record, error) {
	rec, err := s.Get(r, id)
	if err != nil {
		return rec, err
	}
	m, err := change(rec.Attributes)
	if err != nil {
		return rec, err
	}
	key, err := directory.ParseID(id)
	if err != nil {
		return rec, err
	}
	if _, _, err = s.bridge.EditGroup(r.Context(), s.by, key, func(g *directory.Group) (*directory.MemberEdit, error) { return s.take(g, m) }); err != nil {
		return rec, wire(err, id)
	}
	return s.Get(r, id)
}

func (s groups) Delete(r *http.Request, id string) error {
	key, err := directory.ParseID(id)
	if err != nil {
		return scimerrors.ScimErrorResourceNotFound(id)
	}
	if err := s.bridge.DeleteGroup(r.Context(), s.by, key, nil); err != nil {
		return wire(err, id)
	}
	return nil
}

func (s groups) Find(r *http.Request, _ string, fn func(elimitytest.Record) bool) error {
	var failed error
	all := func(*directory.Group) bool { return true }
	_, err := s.bridge.Groups(r.Context(), s.by, directory.Query{Client: s.by.Client, Limit: -1}, false, all, func(g *directory.Group, members []directory.Member) bool {
		rec, err := s.record(g, members)
		failed = err
		return err == nil && fn(rec)
	})
	return errors.Join(err, failed)
}

func (s groups) Len(r *http.Request) (int, error) {
	n, err := s.bridge.Groups(r.Context(), s.by, directory.Query{Limit: 0}, true, nil, func(*directory.Group, []directory.Member) bool { return false })
	return int(n), err
}
