package uniphore

import (
	"errors"
	"log/slog"
	"net/http"
	"path"

	"github.com/scimbridge/scimbridge/auth/jwt"
	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/internal/web"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/mapping"
)

// Prefix is the path under which all routes of this API are.
const Prefix = "/ocms/v2/"

// call is one request with a good token.
type call struct {
	*http.Request
	who caller
	by  journal.Actor
	env string
}

// routes are the paths below Prefix, each with its one method (documented-apis 1.1).
var routes = []struct {
	path, method string
	serve        func(*Server, *call) (any, error)
}{
	{"configuration/sync-user", http.MethodPost, (*Server).syncUser},
	{"configuration/userId/{userName}", http.MethodGet, (*Server).userID},
}

// Handler returns the API as an http.Handler for all paths below Prefix.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, route := range routes {
		mux.Handle(Prefix+route.path, s.authenticated(func(w http.ResponseWriter, r *http.Request, who caller) {
			if r.Method != route.method {
				w.Header().Set("Allow", route.method)
				s.answerError(w, r, http.StatusMethodNotAllowed, "Request method '"+clip(r.Method)+"' not supported")
				return
			}
			s.dispatch(w, r, who, route.serve)
		}))
	}
	unknown := s.authenticated(func(w http.ResponseWriter, r *http.Request, _ caller) {
		s.answerError(w, r, errNoRoute.status, errNoRoute.message)
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

// authenticated lets only requests with a token for one of the tenants through.
// The page writes the token both with Bearer and without.
func (s *Server) authenticated(next func(http.ResponseWriter, *http.Request, caller)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, reason, err := s.authenticate(r)
		if err == nil {
			next(w, r, who)
			return
		}
		s.edge.AuthFailure(reason)
		if errors.Is(err, jwt.ErrKeysUnavailable) {
			s.broken(w, r, err)
			return
		}
		s.answerError(w, r, errToken.status, errToken.message)
	})
}

// authenticate returns the caller, or why there is none, for the metric.
func (s *Server) authenticate(r *http.Request) (who caller, reason string, err error) {
	token, err := web.BearerOrRaw(r)
	switch {
	case errors.Is(err, web.ErrNoCredential):
		return who, web.ReasonMissing, err
	case err != nil:
		return who, web.ReasonMalformed, err
	case s.verifier == nil:
		return who, web.ReasonUnknown, errTenant
	}
	claims, err := s.verifier.Verify(r.Context(), token)
	if err != nil {
		return who, jwt.Reason(err), err
	}
	who, err = s.identify(claims)
	if errors.Is(err, errSubject) {
		return who, web.ReasonMalformed, err
	}
	return who, web.ReasonUnknown, err
}

// dispatch calls serve and answers.
func (s *Server) dispatch(w http.ResponseWriter, r *http.Request, who caller, serve func(*Server, *call) (any, error)) {
	c := &call{Request: r, who: who, by: journal.Actor{
		Tenant: who.tenant.ID, Origin: directory.OriginUniphore, Name: clip(who.subject),
		RequestID: web.RequestID(r.Context()), Address: web.ClientAddress(r),
	}}
	body, err := serve(s, c)
	if err == nil {
		s.answer(w, http.StatusOK, body)
		return
	}
	status, message := translate(err)
	if status >= http.StatusInternalServerError {
		s.broken(w, r, err)
		return
	}
	s.answerError(w, r, status, message)
}

// environment reads the query parameter into c.env. Permission comes before
// syntax (documented-apis 0.2), though here no request can fail both.
func (s *Server) environment(c *call) error {
	given := c.URL.Query()["environment"]
	if len(given) == 0 || len(given) == 1 && given[0] == "" {
		given = []string{c.who.tenant.DefaultEnv}
	}
	env, ok := mapping.NormalizeEnv(given[0])
	switch {
	case len(given) > 1 || !ok:
		status := http.StatusBadRequest
		if s.strict {
			status = http.StatusNotFound
		}
		return &failure{status: status, message: "environment must be one of DEV, TEST and PROD"}
	}
	c.env = env
	if env == mapping.EnvProd && c.who.restricted {
		return errNotProd
	}
	return nil
}

// broken answers what is not the client's fault. The cause is logged, never sent.
func (s *Server) broken(w http.ResponseWriter, r *http.Request, err error) {
	status, message := translate(err)
	s.log.LogAttrs(r.Context(), slog.LevelError, "call failed",
		slog.String("surface", "uniphore"), slog.String("request_id", web.RequestID(r.Context())),
		slog.Int("status", status), slog.Any("error", err))
	s.answerError(w, r, status, message)
}

func (s *Server) answerError(w http.ResponseWriter, r *http.Request, status int, message string) {
	switch status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", "Bearer")
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "10") // as long as the issuer's keys are not asked for again
	}
	s.answer(w, status, errorBody{
		Timestamp: errorTime(s.now()),
		Status:    status,
		Error:     http.StatusText(status),
		Message:   message,
		Path:      r.URL.EscapedPath(),
	})
}

func (s *Server) answer(w http.ResponseWriter, status int, body any) {
	b, err := web.MarshalJSON(body)
	if err != nil { // our own structs always encode
		panic(err)
	}
	web.WriteJSON(w, status, "application/json", b)
}
