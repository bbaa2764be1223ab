package scim

import (
	"context"
	"iter"
	"net/http"
	"strconv"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/scim/patch"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// addConfigured adds the endpoints of the configured resource types to the routes.
func (rs *routes) addConfigured(types []*schema.ResourceType) {
	for _, t := range types {
		if !t.Configured() {
			continue
		}
		c := configured{t}
		segment := t.Endpoint[1:]
		rs.collections[segment] = route{pattern: t.Endpoint, methods: map[string]endpoint{"GET": listSources(c.only)}, writes: map[string]write{"POST": c.create}}
		rs.members[segment] = route{
			pattern: t.Endpoint + "/{id}", methods: map[string]endpoint{"GET": c.get},
			writes: map[string]write{"PUT": c.replace, "PATCH": c.patch, "DELETE": c.delete},
		}
		rs.searches[segment] = route{pattern: t.Endpoint + "/.search", methods: map[string]endpoint{"POST": searchSources(c.only)}, query: true}
	}
}

// configured are the endpoints of one configured resource type.
type configured struct{ typ *schema.ResourceType }

// create is POST /{Endpoint} (RFC 7644 section 3.3).
func (c configured) create(s *Server, r *request) (action, error) {
	p, err := r.projection(c.typ)
	if err != nil {
		return nil, err
	}
	body, err := s.body(r)
	if err != nil {
		return nil, err
	}
	attrs, err := c.typ.Normalize(body, s.schemaOptions(r))
	if err != nil {
		return nil, err
	}
	in := &directory.Resource{Type: c.typ.Name}
	if err := s.takeResource(in, attrs, r.caller.Actor.Client); err != nil {
		return nil, err
	}
	p = p.carrying(c.typ, carriedBy(c.typ, attrs))
	return func(ctx context.Context, b Backend) (*response, error) {
		created, err := b.CreateResource(ctx, r.caller.Actor, in)
		if err != nil {
			return nil, err
		}
		res, err := c.answer(s, r, created, p)
		if err != nil {
			return nil, err
		}
		res.status = http.StatusCreated
		return res, nil
	}, nil
}

// get is GET /{Endpoint}/{id} (RFC 7644 section 3.4.1).
func (c configured) get(s *Server, r *request) (*response, error) {
	p, err := r.projection(c.typ)
	if err != nil {
		return nil, err
	}
	id, err := r.id()
	if err != nil {
		return nil, err
	}
	res, err := s.c.Backend.Resource(r.Context(), r.caller.Actor, c.typ.Name, id)
	if err != nil {
		return nil, err
	}
	if tag := resourceTag(res); notModified(r.Request, tag) {
		return &response{status: http.StatusNotModified, etag: tag}, nil
	}
	return c.answer(s, r, res, p)
}

// replace is PUT /{Endpoint}/{id} (RFC 7644 section 3.5.1).
func (c configured) replace(s *Server, r *request) (action, error) {
	body, err := s.body(r)
	if err != nil {
		return nil, err
	}
	// What is wrong with the attributes is told only if the resource is there.
	attrs, wrong := c.typ.Normalize(body, s.schemaOptions(r))
	return c.edit(s, r, carriedBy(c.typ, attrs), func(res *directory.Resource) error {
		if wrong != nil {
			return wrong
		}
		kept, err := replacement(c.typ, res.Document, attrs)
		if err != nil {
			return err
		}
		return s.takeResource(res, kept, r.caller.Actor.Client)
	})
}

// patch is PATCH /{Endpoint}/{id} (RFC 7644 section 3.5.2).
func (c configured) patch(s *Server, r *request) (action, error) {
	body, err := s.body(r)
	if err != nil {
		return nil, err
	}
	ops, err := patch.Parse(body, c.typ, s.patchOptions(r))
	if err != nil {
		return nil, err
	}
	s.patched(r, ops)
	return c.edit(s, r, ops.Carried, func(res *directory.Resource) error {
		attrs, err := attributesOf(c.typ, res.Document, res.ExternalIDs[r.caller.Actor.Client])
		if err != nil {
			return err
		}
		if attrs, err = ops.Apply(attrs); err != nil {
			return err
		}
		return s.takeResource(res, attrs, r.caller.Actor.Client)
	})
}

// edit is what PUT and PATCH share: the version the client insists on, the edit,
// the answer, in which the attributes that the request carried can be.
func (c configured) edit(s *Server, r *request, carried iter.Seq[*schema.Attribute], edit func(*directory.Resource) error) (action, error) {
	p, err := r.projection(c.typ)
	if err != nil {
		return nil, err
	}
	id, err := r.id()
	if err != nil {
		return nil, err
	}
	p = p.carrying(c.typ, carried)
	return func(ctx context.Context, b Backend) (*response, error) {
		res, _, err := b.EditResource(ctx, r.caller.Actor, c.typ.Name, id, func(res *directory.Resource) error {
			if err := r.matches(resourceTag(res)); err != nil {
				return err
			}
			return edit(res)
		})
		if err != nil {
			return nil, err
		}
		return c.answer(s, r, res, p)
	}, nil
}

// delete is DELETE /{Endpoint}/{id} (RFC 7644 section 3.6).
func (c configured) delete(_ *Server, r *request) (action, error) {
	id, err := r.id()
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, b Backend) (*response, error) {
		err := b.DeleteResource(ctx, r.caller.Actor, c.typ.Name, id, func(res *directory.Resource) error { return r.matches(resourceTag(res)) })
		if err != nil {
			return nil, err
		}
		return &response{status: http.StatusNoContent}, nil
	}, nil
}

// resourceTag is the entity tag of a resource of a configured type.
func resourceTag(res *directory.Resource) string {
	return `W/"` + strconv.FormatInt(res.Version, 10) + `"`
}

func (c configured) location(s *Server, id directory.ID) string {
	return s.base + c.typ.Endpoint + "/" + id.String()
}

// append is appendUser for a resource.
func (c configured) append(s *Server, b []byte, res *directory.Resource, client directory.ClientID, only *resource.Members) []byte {
	begin := len(b)
	b = appendHead(b, c.typ, res.Document, res.ID, res.ExternalIDs, client, only)
	if only.Has("meta") {
		b = appendMeta(b, c.typ.Name, res.Created, res.Modified, c.location(s, res.ID), resourceTag(res))
	}
	return appendEnd(b, begin)
}

func (c configured) answer(s *Server, r *request, res *directory.Resource, p *projection) (*response, error) {
	out := &response{status: http.StatusOK, etag: resourceTag(res), location: c.location(s, res.ID)}
	if r.brief {
		return out, nil
	}
	out.body = c.append(s, make([]byte, 0, len(res.Document)+512), res, r.caller.Actor.Client, p.members(c.typ))
	if p != nil {
		o, err := tree(out.body)
		if err != nil {
			return nil, err
		}
		out.body = p.apply(c.typ, o).AppendJSON(nil)
	}
	return out, nil
}

// takeResource puts attributes, in canonical form, into the resource. The error
// is fault.InvalidValue when there is more than may be stored.
func (s *Server) takeResource(res *directory.Resource, o *resource.Object, client directory.ClientID) error {
	res.SetExternalID(client, o.Get("externalId").Text())
	before := res.Document
	res.Document = document(o)
	return s.checkSize(res.Type, before, res.Document)
}
