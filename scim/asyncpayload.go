package scim

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/scimbridge/scimbridge/internal/web"
	"github.com/scimbridge/scimbridge/scim/fault"
)

// storedRequest is a request as it is kept until it is carried out. It is
// carried out in the name of who sent it and with the rights which that client
// had then: the request was allowed when it was accepted.
type storedRequest struct {
	Method  string          `json:"method"`
	Path    string          `json:"path"` // escaped, behind the base
	Query   string          `json:"query,omitempty"`
	IfMatch []string        `json:"ifMatch,omitempty"`
	Caller  Caller          `json:"caller"`
	Body    json.RawMessage `json:"body,omitempty"`
}

// below returns what of an escaped path stands behind the base, which is found
// at two places.
func below(path string) string {
	return strings.TrimPrefix(strings.TrimPrefix(path, "/scim/"), "v2/")
}

// payload returns the request in the form in which it is kept, without passwords;
// nil if there may be one that was not found: then the request is not kept.
func (s *Server) payload(r *request, rt route, raw []byte) ([]byte, error) {
	body, sure, err := s.withoutPasswords(r, rt, raw)
	if err != nil || !sure {
		return nil, err
	}
	b, err := web.MarshalJSON(storedRequest{
		Method: r.Method, Path: below(r.URL.EscapedPath()), Query: r.URL.RawQuery, IfMatch: r.ifMatch, Caller: r.caller, Body: body,
	})
	if err != nil {
		return nil, fmt.Errorf("store a request: %w", err)
	}
	return b, nil
}

// replay makes a kept request one that can be carried out.
func (s *Server) replay(ctx context.Context, payload []byte) (action, error) {
	var stored storedRequest
	if err := json.Unmarshal(payload, &stored); err != nil {
		return nil, fmt.Errorf("read a stored request: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, stored.Method, s.base+"/"+stored.Path, bytes.NewReader(stored.Body))
	if err != nil {
		return nil, fmt.Errorf("read a stored request: %w", err)
	}
	r.Header.Set("Content-Type", ContentType)
	rt, name, found := s.routes.below(stored.Path)
	if !found || rt.writes[stored.Method] == nil { // its resource type is configured no more
		return nil, fault.Status(http.StatusNotFound, "there is no SCIM endpoint at this path any more")
	}
	req := &request{Request: r, caller: stored.Caller, name: name, ifMatch: stored.IfMatch, again: true}
	if req.query, err = readQuery(stored.Query); err != nil {
		return nil, err
	}
	return rt.writes[stored.Method](s, req)
}
