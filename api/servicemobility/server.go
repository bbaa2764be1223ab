package servicemobility

import (
	"log/slog"
	"mime"
	"net/http"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/internal/jsonbody"
	"github.com/scimbridge/scimbridge/internal/web"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/mapping"
	"github.com/scimbridge/scimbridge/provision"
	"github.com/scimbridge/scimbridge/storage"
)

// Prefix is the path under which all routes of this API but LogonPath are.
const Prefix = "/seiapi/v3/"

// LogonPath is the route that gives out tokens.
const LogonPath = "/createjwt"

// maxBody bounds a request body, in bytes.
const maxBody = 256 << 10

// retryAfter is what clients are told with a 503, in seconds.
const retryAfter = "5"

// call is one authenticated request.
type call struct {
	*http.Request
	by     journal.Actor
	mapper *mapping.Mapper
	userID string // of the path
}

// ref names the user of the path.
func (c *call) ref() provision.Ref {
	return provision.Ref{Key: storage.UserKey{MobilityUserID: c.userID}}
}

// endpoint is one route below /seiapi/v3/trans/User/.
type endpoint struct {
	method, path string
	serve        func(*Server, *call) (any, error)
}

// endpoints are the routes of a user (documented-apis 4.4).
var endpoints = []endpoint{
	{http.MethodGet, "{UserID}", (*Server).get},
	{http.MethodPut, "{UserID}", (*Server).replace},
	{http.MethodDelete, "{UserID}", (*Server).delete},
	{http.MethodPut, "{UserID}/ServiceTeams", (*Server).setTeams},
	{http.MethodPut, "{UserID}/ChangePassword", (*Server).changePassword},
	{http.MethodPut, "{UserID}/ResetPassword", (*Server).resetPassword},
}

// Handler returns the API as an http.Handler for LogonPath and all paths below
// Prefix.
func (s *Server) Handler() http.Handler {
	const users = Prefix + "trans/User/"
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+LogonPath, s.createJWT)
	allowed := map[string][]string{}
	for _, e := range endpoints {
		mux.Handle(e.method+" "+users+e.path, s.authenticated(e.serve))
		allowed[users+e.path] = append(allowed[users+e.path], e.method)
	}
	for route, methods := range allowed {
		mux.Handle(route, s.authenticated(refusing(&failure{
			status: http.StatusMethodNotAllowed, message: "The method is not allowed for this URL.", allow: strings.Join(methods, ", "),
		})))
	}
	mux.HandleFunc(LogonPath, func(w http.ResponseWriter, _ *http.Request) {
		s.writeFailure(w, &failure{status: http.StatusMethodNotAllowed, message: "The method is not allowed for this URL.", allow: http.MethodPost})
	})
	unknown := s.authenticated(refusing(&failure{status: http.StatusNotFound, message: "The URL is not one of this API."}))
	mux.Handle("/", unknown)
	return s.edge.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// The mux would redirect a path that is not clean; a second way to write
		// a route is no route.
		if p := r.URL.EscapedPath(); path.Clean("/"+p) != p {
			unknown.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	}))
}

func refusing(f *failure) func(*Server, *call) (any, error) {
	return func(*Server, *call) (any, error) { return nil, f }
}

// authenticated is the one function that speaks HTTP for all routes but
// LogonPath: who calls, about whom, do it, answer.
func (s *Server) authenticated(serve func(*Server, *call) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		by, ok := s.authenticate(r)
		if !ok {
			s.writeFailure(w, &failure{status: http.StatusUnauthorized, message: "The access token is missing, expired or not valid."})
			return
		}
		c := &call{Request: r, by: by, mapper: s.mapper(by.Tenant), userID: r.PathValue("UserID")}
		if !utf8.ValidString(c.userID) {
			// Comparing texts makes one character of all that is none: %FF and
			// %FE would be the same user.
			s.writeFailure(w, invalid(".UserID", "UserID in the URL is not valid UTF-8."))
			return
		}
		answer, err := serve(s, c)
		if err != nil {
			s.failed(w, r, c.userID, err)
			return
		}
		s.write(w, http.StatusOK, answer)
	})
}

// body reads the JSON body of the request into v.
func (s *Server) body(r *http.Request, v any) error {
	data, err := web.ReadBody(r, maxBody)
	if err != nil {
		return err
	}
	if given := r.Header.Get("Content-Type"); given != "" && len(data) > 0 {
		if media, _, err := mime.ParseMediaType(given); err != nil || media != "application/json" {
			return &failure{status: http.StatusUnsupportedMediaType, message: "The body must be application/json."}
		}
	}
	return jsonbody.Unmarshal(data, v, s.strict)
}

// failed answers a call about the user that ended with err. The cause of what is
// not the client's fault is logged, never sent.
func (s *Server) failed(w http.ResponseWriter, r *http.Request, userID string, err error) {
	f := asFailure(err, userID)
	if f.status >= http.StatusInternalServerError {
		s.log.LogAttrs(r.Context(), slog.LevelError, "call failed",
			slog.String("surface", "servicemobility"), slog.String("request_id", web.RequestID(r.Context())),
			slog.Int("status", f.status), slog.Any("error", err))
	}
	s.writeFailure(w, f)
}

func (s *Server) writeFailure(w http.ResponseWriter, f *failure) {
	switch f.status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", "Bearer")
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", f.allow)
	case http.StatusTooManyRequests:
		w.Header().Set("Retry-After", web.RetryAfter(f.retry))
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", retryAfter)
	}
	s.write(w, f.status, f.body(s.format))
}

// write answers v; every answer of this API goes through here.
func (s *Server) write(w http.ResponseWriter, status int, v any) {
	body, err := web.MarshalJSON(v)
	if err != nil {
		panic(err) // the wire structs always encode; the edge answers 500
	}
	web.WriteJSON(w, status, "application/json", body)
}

// broken answers for a handler that panicked.
func (s *Server) broken(w http.ResponseWriter, _ *http.Request, status int, detail string) {
	s.writeFailure(w, &failure{status: status, message: detail})
}

// get is GET …/User/{UserID}.
func (s *Server) get(c *call) (any, error) {
	a, err := s.bridge.Account(c.Context(), c.by.Tenant, c.ref())
	if err != nil {
		return nil, err
	}
	if a.Status.State.Pending() {
		return nil, absent(c.userID)
	}
	return showUser(&a), nil
}

// delete is DELETE …/User/{UserID}: a soft delete, after which the user is 410.
func (s *Server) delete(c *call) (any, error) {
	return s.edit(c, "servicemobility.delete", func(d *provision.Draft) error {
		d.Events = append(d.Events, directory.MobilityDelete)
		return nil
	})
}

// edit changes the user of the path, who must exist, and answers success.
func (s *Server) edit(c *call, action string, change func(*provision.Draft) error) (any, error) {
	_, err := s.bridge.EditAccount(c.Context(), c.by, c.ref(), action, func(d *provision.Draft) error {
		if d.Account.Status.State.Pending() {
			return directory.ErrNotFound
		}
		return change(d)
	})
	if err != nil {
		return nil, err
	}
	return done{http.StatusOK}, nil
}
