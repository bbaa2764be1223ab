package scim

import (
	"context"
	"net/http"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/patch"
	"github.com/scimbridge/scimbridge/scim/resource"
)

// createGroup is POST /Groups (RFC 7644 section 3.3).
func createGroup(s *Server, r *request) (action, error) {
	p, err := r.projection(s.group)
	if err != nil {
		return nil, err
	}
	body, members, err := s.groupBody(r)
	if err != nil {
		return nil, err
	}
	attrs, err := s.group.Normalize(body, s.schemaOptions(r))
	if err != nil {
		return nil, err
	}
	p = p.carrying(s.group, carriedBy(s.group, attrs))
	g := &directory.Group{AllowDuplicateName: r.caller.DuplicateGroupNames}
	if err := s.takeGroup(g, attrs, r.caller.Actor.Client); err != nil {
		return nil, err
	}
	return func(ctx context.Context, b Backend) (*response, error) {
		created, change, err := b.CreateGroup(ctx, r.caller.Actor, g, members)
		if err != nil {
			return nil, err
		}
		s.c.Metrics.members(change)
		res, err := s.writtenGroup(ctx, b, r, created, p)
		if err != nil {
			return nil, err
		}
		res.status = http.StatusCreated
		return res, nil
	}, nil
}

// getGroup is GET /Groups/{id} (RFC 7644 section 3.4.1).
func getGroup(s *Server, r *request) (*response, error) {
	p, err := r.projection(s.group)
	if err != nil {
		return nil, err
	}
	id, err := r.id()
	if err != nil {
		return nil, err
	}
	if len(r.Header.Values("If-None-Match")) > 0 {
		g, err := s.c.Backend.Group(r.Context(), r.caller.Actor, id, nil)
		if err != nil {
			return nil, err
		}
		if tag := groupTag(g); notModified(r.Request, tag) {
			return &response{status: http.StatusNotModified, etag: tag}, nil
		}
	}
	return s.groupResponse(r.Context(), s.c.Backend, r, id, p)
}

// replaceGroup is PUT /Groups/{id} (RFC 7644 section 3.5.1). A body without
// members leaves them as they are: clients that only rename leave the key out
// (XX-04), and an empty array says "none" clearly.
func replaceGroup(s *Server, r *request) (action, error) {
	p, err := r.projection(s.group)
	if err != nil {
		return nil, err
	}
	body, members, err := s.groupBody(r)
	if err != nil {
		return nil, err
	}
	// What is wrong with the attributes is told only if the group is there.
	attrs, wrong := s.group.Normalize(body, s.schemaOptions(r))
	p = p.carrying(s.group, carriedBy(s.group, attrs))
	return s.editGroup(r, p, false, func(g *directory.Group) (*directory.MemberEdit, error) {
		if wrong != nil {
			return nil, wrong
		}
		next, err := replacement(s.group, g.Document, attrs)
		if err != nil {
			return nil, err
		}
		return members, s.takeGroup(g, next, r.caller.Actor.Client)
	})
}

// patchGroup is PATCH /Groups/{id} (RFC 7644 section 3.5.2). Members are folded
// into one edit before anything is read, so the cost is that of the request.
func patchGroup(s *Server, r *request) (action, error) {
	p, err := r.projection(s.group)
	if err != nil {
		return nil, err
	}
	body, err := s.body(r)
	if err != nil {
		return nil, err
	}
	ops, err := patch.Parse(body, s.group, s.patchOptions(r))
	if err != nil {
		return nil, err
	}
	s.patched(r, ops)
	edit, err := ops.Members()
	if err != nil {
		return nil, err
	}
	members := memberEdit(edit, r.strict())
	// A large group is not read only to be sent back (EN-52), unless the
	// client asks for something of it (R-7644-3.5.2-09).
	bounded := len(r.param("attributes")) == 0
	return s.editGroup(r, p.carrying(s.group, ops.Carried), bounded, func(g *directory.Group) (*directory.MemberEdit, error) {
		attrs, err := groupAttributes(s.group, g, r.caller.Actor.Client)
		if err != nil {
			return nil, err
		}
		if attrs, err = ops.Apply(attrs); err != nil {
			return nil, err
		}
		return members, s.takeGroup(g, attrs, r.caller.Actor.Client)
	})
}

// editGroup is what PUT and PATCH share: the version the client insists on, the
// edit, the answer, which for a large group is 204 if it is bounded.
func (s *Server) editGroup(r *request, p *projection, bounded bool, edit func(*directory.Group) (*directory.MemberEdit, error)) (action, error) {
	id, err := r.id()
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, b Backend) (*response, error) {
		g, change, err := b.EditGroup(ctx, r.caller.Actor, id, func(g *directory.Group) (*directory.MemberEdit, error) {
			if err := r.matches(groupTag(g)); err != nil {
				return nil, err
			}
			g.AllowDuplicateName = r.caller.DuplicateGroupNames
			return edit(g)
		})
		if err != nil {
			return nil, err
		}
		s.c.Metrics.members(change)
		if bounded && g.MemberCount > s.c.Limits.PatchedMembers {
			return &response{status: http.StatusNoContent, etag: groupTag(g), location: s.groupLocation(g.ID)}, nil
		}
		return s.writtenGroup(ctx, b, r, g, p)
	}, nil
}

// deleteGroup is DELETE /Groups/{id}; the members stay.
func deleteGroup(s *Server, r *request) (action, error) {
	id, err := r.id()
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, b Backend) (*response, error) {
		err := b.DeleteGroup(ctx, r.caller.Actor, id, func(g *directory.Group) error { return r.matches(groupTag(g)) })
		if err != nil {
			return nil, err
		}
		return &response{status: http.StatusNoContent}, nil
	}, nil
}

// groupResponse reads the group as it now is, with its members if they are wanted.
func (s *Server) groupResponse(ctx context.Context, b Backend, r *request, id directory.ID, p *projection) (*response, error) {
	var members []directory.Member
	var each func(directory.Member)
	if p.wants(s.group.Attribute("", "members")) {
		each = func(m directory.Member) { members = append(members, m) }
	}
	g, err := b.Group(ctx, r.caller.Actor, id, each)
	if err != nil {
		return nil, err
	}
	return s.showGroup(r, g, members, p)
}

// writtenGroup answers a write that is done: with the group as it now is, or, if
// that can not be read any more, with what the write left of it, without its
// members. An error would make the client believe that nothing was done.
func (s *Server) writtenGroup(ctx context.Context, b Backend, r *request, g *directory.Group, p *projection) (*response, error) {
	if r.brief {
		return &response{status: http.StatusOK, etag: groupTag(g), location: s.groupLocation(g.ID)}, nil
	}
	if res, err := s.groupResponse(ctx, b, r, g.ID, p); err == nil {
		return res, nil
	}
	return s.showGroup(r, g, nil, p)
}

func (s *Server) showGroup(r *request, g *directory.Group, members []directory.Member, p *projection) (*response, error) {
	b := s.appendGroup(make([]byte, 0, 512+192*len(members)), g, members, r.caller.Actor.Client, p.members(s.group))
	if p != nil {
		o, err := tree(b)
		if err != nil {
			return nil, err
		}
		b = p.apply(s.group, o).AppendJSON(nil)
	}
	return &response{status: http.StatusOK, body: b, etag: groupTag(g), location: s.groupLocation(g.ID)}, nil
}

// groupBody reads the body of a POST or PUT and takes the members out of it:
// nil if there is no such key. They are read by the PATCH engine, as a replace
// of the list, so that there is one reading of what a member looks like.
func (s *Server) groupBody(r *request) (*resource.Object, *directory.MemberEdit, error) {
	body, err := s.body(r)
	if err != nil {
		return nil, nil, err
	}
	rest, given := s.splitMembers(body, r.strict())
	if len(given) > 1 {
		return nil, nil, fault.InvalidSyntax("members is given twice, under different names")
	}
	var members *directory.MemberEdit
	for _, v := range given {
		op := resource.NewObject(
			resource.Field{Name: "op", Value: resource.StringOf("replace")},
			resource.Field{Name: "path", Value: resource.StringOf("members")},
			resource.Field{Name: "value", Value: v})
		ops, err := patch.Parse(resource.NewObject(
			resource.Field{Name: "schemas", Value: resource.ListOf(resource.StringOf(patch.MessageURN))},
			resource.Field{Name: "Operations", Value: resource.ListOf(resource.ComplexOf(op))}), s.group, s.patchOptions(r))
		if err != nil {
			return nil, nil, err
		}
		edit, err := ops.Members()
		if err != nil {
			return nil, nil, err
		}
		members = memberEdit(edit, r.strict())
	}
	return rest, members, nil
}

// splitMembers takes the members out of a body, under whichever of the names
// that schema.Key knows they were sent: members, a path with the schema's URN,
// or a member of an object under that URN.
func (s *Server) splitMembers(body *resource.Object, strict bool) (rest *resource.Object, given []resource.Value) {
	rest = resource.NewObject()
	members := s.group.Attribute("", "members")
	for _, f := range body.Fields() {
		k, ok := s.group.Key(f.Name)
		switch {
		case !ok || k.Repair != "" && strict:
		case k.Attr == members && k.Sub == nil:
			given = append(given, f.Value)
			continue
		case k.Schema == s.group.Core && f.Value.Kind() == resource.Complex:
			inner := resource.NewObject()
			for _, g := range f.Value.Object().Fields() {
				if s.group.Core.Attribute(g.Name) == members {
					given = append(given, g.Value)
				} else {
					inner.Set(g.Name, g.Value)
				}
			}
			f.Value = resource.ComplexOf(inner)
		}
		rest.Set(f.Name, f.Value)
	}
	return rest, given
}

// memberEdit translates the engine's edit into the directory's.
func memberEdit(e patch.MemberEdit, strict bool) *directory.MemberEdit {
	m := &directory.MemberEdit{Clear: e.Clear, Add: e.Add, Remove: e.Remove, RefuseUnknown: strict}
	if e.RemoveIf != nil {
		m.RemoveIf = func(d directory.Member) bool { return e.RemoveIf(d.ID.String(), d.Kind.String()) }
	}
	return m
}
