package scim

import (
	"net/http"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/scim/patch"
)

// createUser is POST /Users (RFC 7644 section 3.3).
func createUser(s *Server, r *request) (*response, error) {
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
	u := &directory.User{Active: true} // unless the client says otherwise (R-7644-3.3-02)
	if err := s.takeUser(u, attrs, r.caller.Actor.Client); err != nil {
		return nil, err
	}
	if u, err = s.c.Backend.CreateUser(r.Context(), r.caller.Actor, u); err != nil {
		return nil, err
	}
	res, err := s.userResponse(r, u, p)
	if err != nil {
		return nil, err
	}
	res.status = http.StatusCreated
	return res, nil
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
func replaceUser(s *Server, r *request) (*response, error) {
	body, err := s.body(r)
	if err != nil {
		return nil, err
	}
	return s.editUser(r, func(u *directory.User) error {
		attrs, err := s.user.Normalize(body, s.schemaOptions(r))
		if err != nil {
			return err
		}
		return s.takeUser(u, attrs, r.caller.Actor.Client)
	})
}

// patchUser is PATCH /Users/{id} (RFC 7644 section 3.5.2).
func patchUser(s *Server, r *request) (*response, error) {
	body, err := s.body(r)
	if err != nil {
		return nil, err
	}
	ops, err := patch.Parse(body, s.user, s.patchOptions(r))
	if err != nil {
		return nil, err
	}
	s.c.Metrics.patched(ops.Kinds())
	return s.editUser(r, func(u *directory.User) error {
		attrs, err := userAttributes(s.user, u, r.caller.Actor.Client)
		if err != nil {
			return err
		}
		if attrs, err = ops.Apply(attrs); err != nil {
			return err
		}
		return s.takeUser(u, attrs, r.caller.Actor.Client)
	})
}

// editUser is what PUT and PATCH share: the version the client insists on, the
// edit, the answer.
func (s *Server) editUser(r *request, edit func(*directory.User) error) (*response, error) {
	p, err := r.projection(s.user)
	if err != nil {
		return nil, err
	}
	id, err := r.id()
	if err != nil {
		return nil, err
	}
	u, _, err := s.c.Backend.EditUser(r.Context(), r.caller.Actor, id, func(u *directory.User) error {
		if err := checkIfMatch(r.Request, userTag(u)); err != nil {
			return err
		}
		return edit(u)
	})
	if err != nil {
		return nil, err
	}
	return s.userResponse(r, u, p)
}

// deleteUser is DELETE /Users/{id} (RFC 7644 section 3.6).
func deleteUser(s *Server, r *request) (*response, error) {
	id, err := r.id()
	if err != nil {
		return nil, err
	}
	err = s.c.Backend.DeleteUser(r.Context(), r.caller.Actor, id, func(u *directory.User) error {
		return checkIfMatch(r.Request, userTag(u))
	})
	if err != nil {
		return nil, err
	}
	return &response{status: http.StatusNoContent}, nil
}

func (s *Server) userResponse(r *request, u *directory.User, p *projection) (*response, error) {
	b := s.appendUser(make([]byte, 0, len(u.Document)+512), u, r.caller.Actor.Client)
	if p != nil {
		o, err := tree(b)
		if err != nil {
			return nil, err
		}
		b = p.apply(s.user, o).AppendJSON(nil)
	}
	return &response{status: http.StatusOK, body: b, etag: userTag(u), location: s.userLocation(u.ID)}, nil
}
