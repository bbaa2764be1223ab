package syncari

import (
	"errors"
	"log/slog"
	"math/rand/v2"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/scimbridge/scimbridge/internal/jsonbody"
	"github.com/scimbridge/scimbridge/internal/web"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/mapping"
)

// Prefix is the path under which all routes of this API are.
const Prefix = "/api/v1/"

// maxBody bounds a request body, in bytes.
const maxBody = 64 << 10

// retryAfter is what clients are told with a 503, in seconds.
const retryAfter = "5"

// call is one authenticated request with all that is known of it.
type call struct {
	*http.Request
	caller *caller
	mapper *mapping.Mapper
	// instance is the instance the call runs against.
	instance  string
	requestID string // of the envelope
	// target is the user's id as the client named it, for messages.
	target string
	// cursor is set by an endpoint that has a next page.
	cursor string
}

// endpoint is one route. serve returns the result of the envelope.
type endpoint struct {
	methods []string
	path    string // below Prefix
	serve   func(*Server, *call) (any, error)
}

// Activate and deactivate are documented with GET, though they change things;
// other copies of the page say POST, and PUT is what one would expect. All
// three are served, and none may be cached (documented-apis 3.3).
var switches = []string{http.MethodGet, http.MethodPost, http.MethodPut}

// endpoints are the routes (documented-apis 3.3). GET and DELETE of one user
// are an extension.
var endpoints = []endpoint{
	{[]string{http.MethodPost}, "users", (*Server).create},
	{[]string{http.MethodGet}, "users", (*Server).list},
	{[]string{http.MethodGet}, "users/{id}", (*Server).get},
	{[]string{http.MethodDelete}, "users/{id}", (*Server).delete},
	{switches, "users/{id}/activate", (*Server).activate},
	{switches, "users/{id}/deactivate", (*Server).deactivate},
	{[]string{http.MethodPut}, "users/{id}/roles", (*Server).setRoles},
	{[]string{http.MethodDelete}, "users/{id}/roles/{role}", (*Server).removeRole},
}

// Handler returns the API as an http.Handler for all paths below Prefix.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	allowed := map[string][]string{"oauth/token": {http.MethodPost}}
	mux.HandleFunc("POST "+Prefix+"oauth/token", s.serveToken)
	for _, e := range endpoints {
		for _, method := range e.methods {
			mux.Handle(method+" "+Prefix+e.path, s.endpoint(e))
			allowed[e.path] = append(allowed[e.path], method)
		}
	}
	for p, methods := range allowed {
		f := fail(http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "The method is not allowed here")
		f.allow = strings.Join(methods, ", ")
		mux.Handle(Prefix+p, s.refusing(f))
	}
	unknown := s.refusing(fail(http.StatusNotFound, "NOT_FOUND", "There is no such route"))
	mux.Handle("/", unknown)
	return s.edge.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// The mux would redirect a path that is not clean, and serve HEAD where
		// there is GET: a second way to deactivate a user.
		if p := r.URL.EscapedPath(); path.Clean("/"+p) != p || r.Method == http.MethodHead {
			unknown.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	}))
}

// refusing answers every authenticated request with f.
func (s *Server) refusing(f *failure) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := s.authenticate(r); err != nil {
			s.refuse(w, r, err)
			return
		}
		s.writeFailure(w, s.requestID(), f)
	})
}

// endpoint is the one function that speaks HTTP for all routes but the token
// endpoint: who calls, for which instance, may they, do it, answer.
func (s *Server) endpoint(e endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		by, err := s.authenticate(r)
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		c := &call{Request: r, caller: by, mapper: s.mapper(by.tenant), requestID: s.requestID(), target: r.PathValue("id")}
		result, err := s.run(c, e)
		if err != nil {
			s.failed(w, r, c.requestID, c.target, err)
			return
		}
		s.write(w, http.StatusOK, envelope{
			Success: true, RequestID: c.requestID, Timestamp: s.timestamp(), CursorToken: c.cursor, Result: result,
		})
	})
}

func (s *Server) run(c *call, e endpoint) (any, error) {
	header := c.Header.Get("syncariId")
	instance, known := c.caller.own, true
	if header != "" {
		instance, known = c.mapper.SyncariInstance(header)
	}
	switch {
	case !c.caller.admin(instance):
		return nil, forbidden("Only an Org Admin or an Instance Admin of the instance may do this")
	case !known:
		return nil, fail(http.StatusBadRequest, "UNKNOWN_INSTANCE", "The instance in the header syncariId is not known")
	case s.strict && header == "":
		return nil, fail(http.StatusBadRequest, "MISSING_HEADER", "The header syncariId is required")
	case s.strict && c.Header.Get("clientRequestId") == "":
		return nil, fail(http.StatusBadRequest, "MISSING_HEADER", "The header clientRequestId is required")
	case len(c.Header.Get("clientRequestId")) > 256:
		return nil, fail(http.StatusBadRequest, "INVALID_REQUEST", "The header clientRequestId is longer than 256 bytes")
	}
	c.instance = instance
	return e.serve(s, c)
}

func forbidden(words string) *failure { return fail(http.StatusForbidden, "FORBIDDEN", words) }

// body reads the JSON body of the call into v.
func (s *Server) body(c *call, v any) error {
	data, err := web.ReadBody(c.Request, maxBody)
	if err != nil {
		return err
	}
	if len(data) > 0 && !isMedia(c.Request, "application/json") {
		return fail(http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", "The body must be application/json")
	}
	return jsonbody.Unmarshal(data, v, s.strict)
}

// isMedia reports whether the body is of the media type, or does not say.
func isMedia(r *http.Request, want string) bool {
	given := r.Header.Get("Content-Type")
	if given == "" {
		return true
	}
	media, _, err := mime.ParseMediaType(given)
	return err == nil && media == want
}

func (c *call) actor() journal.Actor { return c.caller.actor(c.Request, c.instance) }

// note is what the journal keeps of the call besides the change itself.
func (c *call) note() any {
	return struct {
		RequestID       string `json:"requestId"`
		ClientRequestID string `json:"clientRequestId,omitempty"`
		Instance        string `json:"syncariId"`
	}{c.requestID, c.Header.Get("clientRequestId"), c.instance}
}

// refuse answers a request whose token is not good, or could not be checked.
// This answer comes from the vendor's edge and has no envelope.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if !errors.Is(err, errCredential) {
		s.failed(w, r, s.requestID(), "", err)
		return
	}
	w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
	s.write(w, http.StatusUnauthorized, tokenFailure{"invalid_token", "The access token is missing, expired or not valid"})
}

// failed answers a call about user that ended with err.
func (s *Server) failed(w http.ResponseWriter, r *http.Request, requestID, user string, err error) {
	f := asFailure(err, user)
	s.logCause(r, requestID, f.status, err)
	s.writeFailure(w, requestID, f)
}

// logCause logs the cause of what is not the client's fault, which the client is
// never told, under both ids that its answer has; the token endpoint has no
// envelope and so only one.
func (s *Server) logCause(r *http.Request, envelopeID string, status int, err error) {
	if status < http.StatusInternalServerError {
		return
	}
	attrs := []slog.Attr{slog.String("surface", "syncari"), slog.String("request_id", web.RequestID(r.Context()))}
	if envelopeID != "" {
		attrs = append(attrs, slog.String("envelope_request_id", envelopeID))
	}
	s.log.LogAttrs(r.Context(), slog.LevelError, "call failed", append(attrs, slog.Int("status", status), slog.Any("error", err))...)
}

func (s *Server) writeFailure(w http.ResponseWriter, requestID string, f *failure) {
	if f.allow != "" {
		w.Header().Set("Allow", f.allow)
	}
	if f.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", retryAfter)
	}
	s.write(w, f.status, failureEnvelope{RequestID: requestID, Timestamp: s.timestamp(), Errors: f.problems})
}

// write answers v; every JSON answer of this API goes through here.
func (s *Server) write(w http.ResponseWriter, status int, v any) {
	body, err := web.MarshalJSON(v)
	if err != nil {
		panic(err) // the wire structs always encode; the edge answers 500
	}
	web.WriteJSON(w, status, "application/json", body)
}

func (s *Server) timestamp() string { return s.now().UTC().Format(envelopeTime) }

// newRequestID returns ten random digits, the first not zero.
func newRequestID() string { return strconv.FormatInt(1_000_000_000+rand.Int64N(9_000_000_000), 10) }
