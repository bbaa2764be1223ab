package rsa

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/scimbridge/scimbridge/auth/jwt"
	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/internal/web"
	"github.com/scimbridge/scimbridge/journal"
)

// Prefix is the path under which all routes of this API are.
const Prefix = "/AdminInterface/restapi/"

// call is one request with all that is known of it.
type call struct {
	*http.Request
	by     journal.Actor
	tenant Tenant
	// body is the decoded request body of routes that have one.
	body properties
	// target is whom the call is about, as the client named it.
	target string
	id     directory.ID // the id of the path, if the route has one
	// action is the activity that a failure is logged as; "" logs none.
	action string
}

// endpoint is one method of one path.
type endpoint struct {
	method string
	super  bool     // only for the role Super Administrator
	body   bodyRule // what body it takes
	serve  func(*Server, *call) (any, error)
}

// bodyRule says what body a request has.
type bodyRule uint8

const (
	noBody    bodyRule = iota // one that is sent is not read
	emptyBody                 // must be empty
	jsonBody                  // must be a JSON object
)

// routes are the paths below Prefix with their endpoints (documented-apis 2.2).
var routes = []struct {
	path      string
	endpoints []endpoint
}{
	{"v1/users/lookup", []endpoint{{method: http.MethodPost, body: jsonBody, serve: (*Server).lookup}}},
	{"v1/users/{userId}/sync", []endpoint{{method: http.MethodPost, body: emptyBody, serve: (*Server).synchronize}}},
	{"v1/users/{userId}/userStatus", []endpoint{{method: http.MethodPut, body: jsonBody, serve: (*Server).setStatus}}},
	{"v1/users/{userId}/markDeleted", []endpoint{{method: http.MethodPut, body: jsonBody, serve: (*Server).markDeleted}}},
	{"v1/users/{userId}/methods", []endpoint{{method: http.MethodPatch, body: jsonBody, serve: (*Server).unlock}}},
	{"v1/users/{userId}", []endpoint{
		{method: http.MethodPatch, body: jsonBody, serve: (*Server).updatePhones},
		{method: http.MethodDelete, super: true, serve: (*Server).deleteNow},
	}},
	{"v1/adminlog/exportlogs", []endpoint{{method: http.MethodGet, serve: (*Server).exportLogs}}},
}

// Handler returns the API as an http.Handler for all paths below Prefix.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, route := range routes {
		mux.Handle(Prefix+route.path, s.authenticated(func(w http.ResponseWriter, r *http.Request, by journal.Actor) {
			s.dispatch(w, r, by, route.endpoints)
		}))
	}
	unknown := s.authenticated(func(w http.ResponseWriter, r *http.Request, _ journal.Actor) {
		s.answerError(w, errNoRoute.status, errNoRoute.description)
	})
	mux.Handle("/", unknown)
	return s.edge.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// The mux would redirect a path that is not clean; a second way to
		// write a route is no route.
		if p := r.URL.EscapedPath(); path.Clean("/"+p) != p {
			unknown.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	}))
}

// authenticated lets only requests with the token of an API key through.
func (s *Server) authenticated(next func(http.ResponseWriter, *http.Request, journal.Actor)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, err := web.Bearer(r)
		if err != nil {
			reason := web.ReasonMalformed
			if errors.Is(err, web.ErrNoCredential) {
				reason = web.ReasonMissing
			}
			s.refuse(w, r, reason)
			return
		}
		if s.keys == nil {
			s.refuse(w, r, web.ReasonUnknown)
			return
		}
		key, _, err := s.keys.Verify(token)
		if err != nil {
			s.refuse(w, r, jwt.Reason(err))
			return
		}
		next(w, r, journal.Actor{
			Tenant: key.Tenant, Origin: directory.OriginRSA,
			Name: key.Name, Role: key.Role,
			RequestID: web.RequestID(r.Context()), Address: web.ClientAddress(r),
		})
	})
}

// refuse answers a request without a good token.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, reason string) {
	s.edge.AuthFailure(reason)
	s.answer(w, http.StatusForbidden, filterBody{
		Timestamp: s.now().UnixMilli(),
		Status:    http.StatusForbidden,
		Error:     http.StatusText(http.StatusForbidden),
		Message:   badToken,
		Path:      r.URL.EscapedPath(),
	})
}

// dispatch serves one of the endpoints of a path.
func (s *Server) dispatch(w http.ResponseWriter, r *http.Request, by journal.Actor, endpoints []endpoint) {
	i := slices.IndexFunc(endpoints, func(e endpoint) bool { return e.method == r.Method })
	if i < 0 {
		methods := make([]string, len(endpoints))
		for i, e := range endpoints {
			methods[i] = e.method
		}
		w.Header().Set("Allow", strings.Join(methods, ", "))
		s.answerError(w, errMethod.status, errMethod.description)
		return
	}
	c := &call{Request: r, by: by, tenant: s.tenant(by.Tenant)}
	body, err := s.serve(endpoints[i], c)
	if err == nil {
		s.answer(w, http.StatusOK, body)
		return
	}
	status, description := translate(err, c.target)
	if status >= http.StatusInternalServerError {
		s.log.LogAttrs(r.Context(), slog.LevelError, "call failed",
			slog.String("surface", "rsa"), slog.String("request_id", by.RequestID),
			slog.Int("status", status), slog.Any("error", err))
	}
	if c.action != "" && logged(status) {
		s.recordFailure(c, status)
	}
	s.answerError(w, status, description)
}

// serve makes the checks that all endpoints have, then calls e.
func (s *Server) serve(e endpoint, c *call) (any, error) {
	if c.by.Role != SuperAdministrator && (e.super || c.by.Role != HelpDeskAdministrator) {
		return nil, errRole
	}
	if text := c.PathValue("userId"); text != "" {
		id, err := directory.ParseID(strings.ToLower(text))
		if err != nil {
			return nil, badRequest("The user ID is not a UUID.")
		}
		c.id, c.target = id, text
	}
	switch e.body {
	case emptyBody:
		if raw, err := web.ReadBody(c.Request, maxBody); err != nil || len(raw) > 0 {
			return nil, badRequest("The request body must be empty.")
		}
	case jsonBody:
		if !isJSON(c.Request) {
			return nil, errMediaType
		}
		raw, err := web.ReadBody(c.Request, maxBody)
		if err != nil {
			return nil, unreadable(err)
		}
		if c.body, err = decode(raw); err != nil {
			return nil, err
		}
	}
	return e.serve(s, c)
}

// recordFailure writes the log event of a call that failed. The client gets its
// answer even if that does not work; then the log says so.
func (s *Server) recordFailure(c *call, status int) {
	ctx := context.WithoutCancel(c.Context())
	reason := "INTERNAL_ERROR"
	if status == http.StatusNotFound {
		reason = "USER_NOT_FOUND"
	}
	if err := s.bridge.Record(ctx, c.by, c.action, c.id, note{Result: resultFailure, Reason: reason, User: c.target}); err != nil {
		s.log.LogAttrs(ctx, slog.LevelError, "administration log event not written",
			slog.String("surface", "rsa"), slog.String("request_id", c.by.RequestID), slog.Any("error", err))
	}
}

func (s *Server) answerError(w http.ResponseWriter, status int, description string) {
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	s.answer(w, status, errorBody{Code: codes[status], Description: description})
}

func (s *Server) answer(w http.ResponseWriter, status int, body any) {
	b, err := web.MarshalJSON(body)
	if err != nil { // our own structs always encode
		panic(err)
	}
	web.WriteJSON(w, status, "application/json", b)
}
