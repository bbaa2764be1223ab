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
	"github.com/scimbridge/scimbridge/scim/filter"
	"github.com/scimbridge/scimbridge/scim/resource"
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

// payload returns the request in the form in which it is kept, without passwords.
func (s *Server) payload(r *request, rt route, raw []byte) ([]byte, error) {
	body, err := s.withoutPasswords(r, rt, raw)
	if err != nil {
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

// redacted stands in a kept request where a password was: the bridge accepts
// passwords and keeps none, so the request means the same with any (A0-7).
var redacted = resource.StringOf("redacted")

// withoutPasswords returns the JSON of a request without the passwords of users
// in it.
func (s *Server) withoutPasswords(r *request, rt route, raw []byte) ([]byte, error) {
	switch {
	case len(raw) == 0:
		return nil, nil
	case rt.endpoint() != "Bulk":
		body, err := s.body(r)
		if err != nil {
			return nil, err
		}
		return s.redact(rt, r.Method, body).AppendJSON(make([]byte, 0, len(raw))), nil
	}
	operations := make([]byte, 0, len(raw))
	limits := s.decodeLimits()
	limits.Depth += 2
	message, err := resource.DecodeEach(raw, limits, "Operations", func(i int, v resource.Value) error {
		if i > 0 {
			operations = append(operations, ',')
		}
		operations = s.redactOperation(v).AppendJSON(operations)
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := []byte{'{'}
	for _, f := range message.Fields() {
		out = append(resource.AppendString(out, f.Name), ':')
		if resource.EqualFold(f.Name, "Operations") {
			out = append(append(append(out, '['), operations...), ']', ',')
			continue
		}
		out = append(f.Value.AppendJSON(out), ',')
	}
	out[len(out)-1] = '}'
	return out, nil
}

// redactOperation redacts an operation of a bulk request.
func (s *Server) redactOperation(v resource.Value) resource.Value {
	o := v.Object()
	rt, _, found := s.routes.below(strings.TrimPrefix(o.GetFold("path").Text(), "/"))
	if !found {
		return v
	}
	out := resource.NewObject()
	for _, f := range o.Fields() {
		if resource.EqualFold(f.Name, "data") && f.Value.Kind() == resource.Complex {
			f.Value = resource.ComplexOf(s.redact(rt, strings.ToUpper(o.GetFold("method").Text()), f.Value.Object()))
		}
		out.Set(f.Name, f.Value)
	}
	return resource.ComplexOf(out)
}

// redact returns the body of a request to an endpoint without passwords.
func (s *Server) redact(rt route, method string, body *resource.Object) *resource.Object {
	if rt.endpoint() != "Users" {
		return body
	}
	if method != http.MethodPatch {
		return s.redactUser(body)
	}
	out := resource.NewObject()
	for _, f := range body.Fields() {
		if resource.EqualFold(f.Name, "Operations") && f.Value.Kind() == resource.List {
			list := make([]resource.Value, len(f.Value.List()))
			for i, op := range f.Value.List() {
				list[i] = s.redactPatch(op)
			}
			f.Value = resource.ListOf(list...)
		}
		out.Set(f.Name, f.Value)
	}
	return out
}

// redactPatch redacts an operation of a PATCH of a user.
func (s *Server) redactPatch(op resource.Value) resource.Value {
	if op.Kind() != resource.Complex {
		return op
	}
	out := resource.NewObject()
	for _, f := range op.Object().Fields() {
		if resource.EqualFold(f.Name, "value") {
			switch f.Value.Kind() {
			case resource.Complex:
				f.Value = resource.ComplexOf(s.redactUser(f.Value.Object()))
			case resource.String:
				if s.namesPassword(op.Object().GetFold("path").Text()) {
					f.Value = redacted
				}
			}
		}
		out.Set(f.Name, f.Value)
	}
	return resource.ComplexOf(out)
}

// namesPassword reports whether the path of a PATCH is that of the password.
func (s *Server) namesPassword(path string) bool {
	p, err := filter.ParsePath(path, filter.Options{})
	if err != nil {
		return false
	}
	target, err := filter.Resolve(p, s.user)
	return err == nil && target.Attr != nil && target.Attr == s.user.Attribute("", "password")
}

// redactUser redacts the attributes of a user, under whichever name they stand.
func (s *Server) redactUser(user *resource.Object) *resource.Object {
	password := s.user.Attribute("", "password")
	out := resource.NewObject()
	for _, f := range user.Fields() {
		k, known := s.user.Key(f.Name)
		switch {
		case known && k.Attr == password && f.Value.Kind() == resource.String:
			f.Value = redacted
		case known && k.Schema == s.user.Core && k.Attr == nil && f.Value.Kind() == resource.Complex:
			f.Value = resource.ComplexOf(s.redactUser(f.Value.Object()))
		}
		out.Set(f.Name, f.Value)
	}
	return out
}
