package syncari

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/scimbridge/scimbridge/auth/jwt"
	"github.com/scimbridge/scimbridge/internal/web"
)

// maxTokenBody bounds the form of a token request.
const maxTokenBody = 16 << 10

// oauthFailure is a refusal of the token endpoint (RFC 6749 section 5.2).
type oauthFailure struct {
	status      int
	code, words string
	// retry is how long a client that is refused with 429 should wait. RFC 6749
	// has no code for that; slow_down is RFC 8628's.
	retry time.Duration
}

func (f *oauthFailure) Error() string { return f.code + ": " + f.words }

// serveToken is POST /api/v1/oauth/token: the grants client_credentials and
// refresh_token. The vendor's sample puts the parameters in the query, others in
// the form; both are read (documented-apis 3.1), and a parameter given twice is
// refused. There is no envelope here.
func (s *Server) serveToken(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache")
	pair, err := s.issueToken(r)
	if err != nil {
		f := asOAuthFailure(err)
		s.logCause(r, "", f.status, err)
		switch f.status {
		case http.StatusServiceUnavailable:
			w.Header().Set("Retry-After", retryAfter)
		case http.StatusTooManyRequests:
			w.Header().Set("Retry-After", web.RetryAfter(f.retry))
		}
		s.write(w, f.status, tokenFailure{f.code, f.words})
		return
	}
	s.write(w, http.StatusOK, tokenResponse{pair.Access, pair.Refresh, "Bearer", int64(pair.ExpiresIn)})
}

func (s *Server) issueToken(r *http.Request) (jwt.Pair, error) {
	form, err := tokenForm(r)
	if err != nil {
		return jwt.Pair{}, err
	}
	grant, clientID := form.Get("grant_type"), form.Get("client_id")
	switch grant {
	case "client_credentials", "refresh_token":
	case "":
		return jwt.Pair{}, &oauthFailure{status: http.StatusBadRequest, code: "invalid_request", words: "grant_type is missing"}
	default:
		return jwt.Pair{}, &oauthFailure{status: http.StatusBadRequest, code: "unsupported_grant_type", words: "grant_type must be client_credentials or refresh_token"}
	}
	address := web.ClientAddress(r)
	if wait := s.limiter.Try(address, clientID); wait > 0 {
		s.edge.AuthFailure(web.ReasonThrottled)
		return jwt.Pair{}, &oauthFailure{status: http.StatusTooManyRequests, code: "slow_down", words: "Too many attempts with a wrong client id or secret; try again later", retry: wait}
	}
	err = s.checkSecret(r.Context(), clientID, form.Get("client_secret"))
	if errors.Is(err, errCredential) {
		s.edge.AuthFailure(web.ReasonUnknown)
		return jwt.Pair{}, err
	}
	s.limiter.Right(address, clientID)
	if err != nil {
		return jwt.Pair{}, err
	}
	if grant == "refresh_token" {
		subject, err := s.tokens.Refresh(form.Get("refresh_token"))
		if err != nil || subject != clientID {
			return jwt.Pair{}, &oauthFailure{status: http.StatusBadRequest, code: "invalid_grant", words: "The refresh token is not valid"}
		}
	}
	return s.tokens.Issue(clientID)
}

// tokenForm merges the query and the form body.
func tokenForm(r *http.Request) (url.Values, error) {
	body, err := web.ReadBody(r, maxTokenBody)
	if err != nil {
		return nil, &oauthFailure{status: web.BodyStatus(err), code: "invalid_request", words: bodyWords(err)}
	}
	malformed := &oauthFailure{status: http.StatusBadRequest, code: "invalid_request", words: "The parameters can not be read"}
	form, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, malformed
	}
	if len(body) > 0 {
		if !isMedia(r, "application/x-www-form-urlencoded") {
			return nil, &oauthFailure{status: http.StatusUnsupportedMediaType, code: "invalid_request", words: "The body must be application/x-www-form-urlencoded"}
		}
		more, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, malformed
		}
		for name, values := range more {
			form[name] = append(form[name], values...)
		}
	}
	for _, name := range []string{"grant_type", "client_id", "client_secret", "refresh_token"} {
		if len(form[name]) > 1 {
			return nil, &oauthFailure{status: http.StatusBadRequest, code: "invalid_request", words: name + " is given more than once"}
		}
	}
	return form, nil
}

func asOAuthFailure(err error) *oauthFailure {
	var f *oauthFailure
	switch {
	case errors.As(err, &f):
		return f
	case errors.Is(err, errCredential):
		return &oauthFailure{status: http.StatusUnauthorized, code: "invalid_client", words: "The client id or secret is not valid"}
	case unavailable(err):
		return &oauthFailure{status: http.StatusServiceUnavailable, code: "temporarily_unavailable", words: "The service can not take the request now"}
	}
	return &oauthFailure{status: http.StatusInternalServerError, code: "server_error", words: "An internal error occurred"}
}
