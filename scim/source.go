package scim

import (
	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// source is one resource type as lists see it. A list loops over sources: that
// of its endpoint, or all of them at the root.
type source interface {
	typ() *schema.ResourceType
	// list calls fn for each match of the query in its order, until fn returns
	// false. With want.total it also returns how many match.
	list(r *request, q directory.Query, want wanted, fn func(item) bool) (int64, error)
}

// wanted says what a list needs of its resources, since some attributes cost
// more than the resource's own row.
type wanted struct {
	total bool
	// examines and shows say which top-level attributes the list looks at in each
	// resource, and which it may put on the page.
	examines, shows func(*schema.Attribute) bool
	// later, if not nil, says whether a resource, which lacks what is costly, will
	// be on the page: what is only shown is loaded then.
	later func(item) bool
}

// item is one resource of a list.
type item interface {
	// append appends the representation as the client sees it, or of it the
	// members in only.
	append(b []byte, only *resource.Members) []byte
	seq() int64
	id() directory.ID
	position(*directory.Sort) (directory.Position, error)
}

// users is the source of users.
type users struct{ s *Server }

func (u users) typ() *schema.ResourceType { return u.s.user }

func (u users) list(r *request, q directory.Query, want wanted, fn func(item) bool) (int64, error) {
	// Groups are part of the entity tag, so whoever wants meta needs them too.
	for _, name := range []string{"groups", "meta"} {
		a := u.s.user.Attribute("", name)
		q.WithGroups = q.WithGroups || want.examines(a) || want.shows(a)
	}
	client := r.caller.Actor.Client
	return u.s.c.Backend.Users(r.Context(), r.caller.Actor, q, want.total, func(x *directory.User) bool {
		return fn(userItem{u.s, x, client})
	})
}

type userItem struct {
	s      *Server
	u      *directory.User
	client directory.ClientID
}

func (i userItem) append(b []byte, only *resource.Members) []byte {
	return i.s.appendUser(b, i.u, i.client, only)
}
func (i userItem) seq() int64       { return i.u.Seq }
func (i userItem) id() directory.ID { return i.u.ID }
func (i userItem) position(s *directory.Sort) (directory.Position, error) {
	return i.u.Position(s)
}

// groups is the source of groups.
type groups struct{ s *Server }

func (g groups) typ() *schema.ResourceType { return g.s.group }

func (g groups) list(r *request, q directory.Query, want wanted, fn func(item) bool) (int64, error) {
	client := r.caller.Actor.Client
	// A client that does not want members must not make us read them, and those
	// of a group that is only counted are not wanted.
	members := g.s.group.Attribute("", "members")
	var withMembers func(*directory.Group) bool
	switch {
	case want.examines(members), want.shows(members) && want.later == nil:
		withMembers = func(*directory.Group) bool { return true }
	case want.shows(members):
		withMembers = func(x *directory.Group) bool { return want.later(groupItem{g.s, x, nil, client}) }
	}
	return g.s.c.Backend.Groups(r.Context(), r.caller.Actor, q, want.total, withMembers, func(x *directory.Group, members []directory.Member) bool {
		return fn(groupItem{g.s, x, members, client})
	})
}

type groupItem struct {
	s       *Server
	g       *directory.Group
	members []directory.Member
	client  directory.ClientID
}

func (i groupItem) append(b []byte, only *resource.Members) []byte {
	return i.s.appendGroup(b, i.g, i.members, i.client, only)
}
func (i groupItem) seq() int64       { return i.g.Seq }
func (i groupItem) id() directory.ID { return i.g.ID }
func (i groupItem) position(s *directory.Sort) (directory.Position, error) {
	return i.g.Position(s)
}

// resources is the source of the resources of a configured type.
type resources struct {
	s *Server
	c configured
}

func (c resources) typ() *schema.ResourceType { return c.c.typ }

func (c resources) list(r *request, q directory.Query, want wanted, fn func(item) bool) (int64, error) {
	client := r.caller.Actor.Client
	return c.s.c.Backend.Resources(r.Context(), r.caller.Actor, c.c.typ.Name, q, want.total, func(x *directory.Resource) bool {
		return fn(resourceItem{c, x, client})
	})
}

type resourceItem struct {
	from   resources
	r      *directory.Resource
	client directory.ClientID
}

func (i resourceItem) append(b []byte, only *resource.Members) []byte {
	return i.from.c.append(i.from.s, b, i.r, i.client, only)
}
func (i resourceItem) seq() int64       { return i.r.Seq }
func (i resourceItem) id() directory.ID { return i.r.ID }
func (i resourceItem) position(s *directory.Sort) (directory.Position, error) {
	return i.r.Position(s)
}

// newSources returns the sources of a server: users, groups, and the configured
// types in the registry's order. It is the order of a list at the root.
func newSources(s *Server) []source {
	all := []source{users{s}, groups{s}}
	for _, t := range s.c.Registry.Types() {
		if t.Configured() {
			all = append(all, resources{s, configured{t}})
		}
	}
	return all
}
