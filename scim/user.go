package scim

import (
	"context"
	"iter"
	"net/http"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/scim/patch"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// createUser is POST /Users (RFC 7644 section 3.3).
func createUser(s *Server, r *request) (action, error) {
	p, err := r.projection(s.user)
	if err != nil {
		return nil, err
	}
	body, err := s.body(r)
	if err != nil {
		return nil, err
	}
	attrs, err := s.user.Normalize(body, s.schemaOptions(r))
	if err != nil {
		return nil, err
	}
	p = p.carrying(s.user, carriedBy(s.user, attrs))
	u := &directory.User{Active: true} // unless the client says otherwise (R-7644-3.3-02)
	if err := s.takeUser(r, u, attrs); err != nil {
		return nil, err
	}
	return func(ctx context.Context, b Backend) (*response, error) {
		created, err := b.CreateUser(ctx, r.caller.Actor, u)
		if err != nil {
			return nil, err
		}
		res, err := s.userResponse(r, created, p)
		if err != nil {
			return nil, err
		}
		res.status = http.StatusCreated
		return res, nil
	}, nil
}

// getUser is GET /Users/{id} (RFC 7644 section 3.4.1).
func getUser(s *Server, r *request) (*response, error) {
	p, err := r.projection(s.user)
	if err != nil {
		return nil, err
	}
	id, err := r.id()
	if err != nil {
		return nil, err
	}
	u, err := s.c.Backend.User(r.Context(), r.caller.Actor, id)
	if err != nil {
		return nil, err
	}
	if tag := userTag(u); notModified(r.Request, tag) {
		return &response{status: http.StatusNotModified, etag: tag}, nil
	}
	return s.userResponse(r, u, p)
}

// replaceUser is PUT /Users/{id} (RFC 7644 section 3.5.1).
func replaceUser(s *Server, r *request) (action, error) {
	body, err := s.body(r)
	if err != nil {
		return nil, err
	}
	// What is wrong with the attributes is told only if the user is there.
	attrs, wrong := s.user.Normalize(body, s.schemaOptions(r))
	return s.editUser(r, carriedBy(s.user, attrs), func(u *directory.User) error {
		if wrong != nil {
			return wrong
		}
		next, err := replacement(s.user, u.Document, attrs)
		if err != nil {
			return err
		}
		return s.takeUser(r, u, next)
	})
}

// patchUser is PATCH /Users/{id} (RFC 7644 section 3.5.2).
func patchUser(s *Server, r *request) (action, error) {
	body, err := s.body(r)
	if err != nil {
		return nil, err
	}
	ops, err := patch.Parse(body, s.user, s.patchOptions(r))
	if err != nil {
		return nil, err
	}
	s.patched(r, ops)
	return s.editUser(r, ops.Carried, func(u *directory.User) error {
		attrs, err := userAttributes(s.user, u, r.caller.Actor.Client)
		if err != nil {
			return err
		}
		if attrs, err = ops.Apply(attrs); err != nil {
			return err
		}
		return s.takeUser(r, u, attrs)
	})
}

// editUser is what PUT and PATCH share: the version the client insists on, the
// edit, the answer, in which the attributes that the request carried can be.
func (s *Server) editUser(r *request, carried iter.Seq[*schema.Attribute], edit func(*directory.User) error) (action, error) {
	p, err := r.projection(s.user)
	if err != nil {
		return nil, err
	}
	id, err := r.id()
	if err != nil {
		return nil, err
	}
	p = p.carrying(s.user, carried)
	return func(ctx context.Context, b Backend) (*response, error) {
		u, _, err := b.EditUser(ctx, r.caller.Actor, id, func(u *directory.User) error {
			if err := r.matches(userTag(u)); err != nil {
				return err
			}
			return edit(u)
		})
		if err != nil {
			return nil, err
		}
		return s.userResponse(r, u, p)
	}, nil
}

// deleteUser is DELETE /Users/{id} (RFC 7644 section 3.6).
func deleteUser(s *Server, r *request) (action, error) {
	id, err := r.id()
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, b Backend) (*response, error) {
		err := b.DeleteUser(ctx, r.caller.Actor, id, func(u *directory.User) error { return r.matches(userTag(u)) })
		if err != nil {
			return nil, err
		}
		return &response{status: http.StatusNoContent}, nil
	}, nil
}

func (s *Server) userResponse(r *request, u *directory.User, p *projection) (*response, error) {
	if r.brief {
		return &response{status: http.StatusOK, etag: userTag(u), location: s.userLocation(u.ID)}, nil
	}
	b := s.appendUser(make([]byte, 0, len(u.Document)+512), u, r.caller.Actor.Client, p.members(s.user))
	if p != nil {
		o, err := tree(b)
		if err != nil {
			return nil, err
		}
		b = p.apply(s.user, o).AppendJSON(nil)
	}
	return &response{status: http.StatusOK, body: b, etag: userTag(u), location: s.userLocation(u.ID)}, nil
}
