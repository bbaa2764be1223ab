package scim

import (
	"errors"
	"fmt"
	"math"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/internal/web"
	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/filter"
	"github.com/scimbridge/scimbridge/scim/patch"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// strict reports whether the client is held to the letter of the RFCs.
func (r *request) strict() bool { return r.caller.Mode != "tolerant" && r.caller.Mode != "" }

// interop reports whether the client is held to the SCIM interoperability
// profile, which is strict and then some.
func (r *request) interop() bool { return r.caller.Mode == "interop" }

func (s *Server) schemaOptions(r *request) schema.Options {
	return schema.Options{Strict: r.strict(), Interop: r.interop(), Canonical: s.c.Canonical, Repaired: s.repaired(r)}
}

func (s *Server) filterOptions(r *request) filter.Options {
	return filter.Options{Strict: r.strict(), Base: s.base + "/", Repaired: s.repaired(r)}
}

func (s *Server) patchOptions(r *request) patch.Options {
	return patch.Options{Strict: r.strict(), Interop: r.interop(), Canonical: s.c.Canonical, Repaired: s.repaired(r), MaxOperations: s.c.Limits.Operations}
}

// repaired returns what counts the request's deviations, nil if they have been
// counted.
func (s *Server) repaired(r *request) func(schema.Repair) {
	if r.again {
		return nil
	}
	return s.c.Metrics.repaired
}

// id returns the resource the path names. What is no id of ours names nothing.
func (r *request) id() (directory.ID, error) {
	id, err := directory.ParseID(r.name)
	if err != nil {
		return id, fmt.Errorf("%w: %w", directory.ErrNotFound, err)
	}
	return id, nil
}

// body returns the request's JSON object, which it reads and decodes once.
func (s *Server) body(r *request) (*resource.Object, error) {
	if r.object != nil {
		return r.object, nil
	}
	raw, err := s.rawBody(r, s.c.Limits.Body)
	if err != nil {
		return nil, err
	}
	r.object, err = resource.DecodeObject(raw, s.decodeLimits())
	return r.object, err
}

// rawBody reads the request's body of at most that many bytes, and waits until
// there is room to decode it. What was measured when it was accepted is taken
// whole: kept, it may have become longer.
func (s *Server) rawBody(r *request, most int64) ([]byte, error) {
	if err := checkContentType(r); err != nil {
		return nil, err
	}
	if r.again {
		most = math.MaxInt64
	}
	raw, err := web.ReadBody(r.Request, most)
	if err != nil {
		detail := err.Error()
		switch {
		case errors.Is(err, errReceived):
			return nil, fault.Status(http.StatusServiceUnavailable, "%s", errReceived)
		case errors.Is(err, web.ErrTooLarge):
			detail = fmt.Sprintf("the body is larger than the %d bytes that are allowed", most)
		}
		return nil, fault.Status(web.BodyStatus(err), "%s", detail)
	}
	size := s.room.need(raw)
	if size == 0 || r.decoded > 0 || r.again {
		return raw, nil
	}
	switch err := s.room.enter(r.Context(), size); {
	case errors.Is(err, errBusy):
		return nil, fault.Status(http.StatusServiceUnavailable, "%s", err)
	case err != nil:
		return nil, err
	}
	r.decoded = size
	return raw, nil
}

func (s *Server) decodeLimits() resource.Limits { return resource.Limits{Depth: s.c.Limits.Depth} }

// checkContentType takes SCIM's media type and JSON's (R-7644-3.8-02). A client
// that names none is believed to send JSON, unless it is held to the letter.
func checkContentType(r *request) error {
	h := r.Header.Get("Content-Type")
	if h == "" && !r.strict() {
		return nil
	}
	mt, params, err := mime.ParseMediaType(h)
	if err != nil || mt != ContentType && mt != "application/json" {
		return fault.Status(http.StatusUnsupportedMediaType, "Content-Type %q is not supported; send application/scim+json", fault.Clip(h))
	}
	utf8 := func(cs string) bool { // many forget the hyphen
		return cs == "" || strings.EqualFold(cs, "utf-8") || !r.strict() && strings.EqualFold(cs, "utf8")
	}
	if cs := params["charset"]; !utf8(cs) {
		return fault.Status(http.StatusUnsupportedMediaType, "charset %q is not supported; send UTF-8", fault.Clip(cs))
	}
	return nil
}

// projection reads attributes and excludedAttributes of the query.
func (r *request) projection(t *schema.ResourceType) (*projection, error) {
	return newProjection(t, r.param("attributes"), r.param("excludedAttributes"))
}

// readQuery reads the parameters of a URL. A semicolon is a character like any
// other, as in the URL standard: net/url drops the parameter that holds one, or
// a broken escape, and a client whose filter is dropped takes the first user of
// the tenant for the one it asked for. What can not be read is refused.
func readQuery(raw string) (url.Values, error) {
	query, err := url.ParseQuery(strings.ReplaceAll(raw, ";", "%3B"))
	if err != nil {
		return nil, fault.InvalidValue("the query of the URL is not percent-encoded: write %% as %%25")
	}
	return query, nil
}

// param returns the values of a query parameter. Names are matched without
// case, as clients send "startindex" too (XX-12).
func (r *request) param(name string) []string {
	if v, ok := r.query[name]; ok {
		return v
	}
	for k, v := range r.query {
		if strings.EqualFold(k, name) {
			return v
		}
	}
	return nil
}
