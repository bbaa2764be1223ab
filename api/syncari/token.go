package syncari

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/scimbridge/scimbridge/auth/jwt"
	"github.com/scimbridge/scimbridge/internal/web"
	"github.com/scimbridge/scimbridge/storage"
)

// maxTokenBody bounds the form of a token request.
const maxTokenBody = 16 << 10

// oauthFailure is a refusal of the token endpoint (RFC 6749 section 5.2).
type oauthFailure struct {
	status      int
	code, words string
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
		if f.status == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", retryAfter)
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
		return jwt.Pair{}, &oauthFailure{http.StatusBadRequest, "invalid_request", "grant_type is missing"}
	default:
		return jwt.Pair{}, &oauthFailure{http.StatusBadRequest, "unsupported_grant_type", "grant_type must be client_credentials or refresh_token"}
	}
	if err := s.checkSecret(r.Context(), clientID, form.Get("client_secret")); err != nil {
		if errors.Is(err, errCredential) {
			s.edge.AuthFailure(web.ReasonUnknown)
		}
		return jwt.Pair{}, err
	}
	if grant == "refresh_token" {
		subject, err := s.tokens.Refresh(form.Get("refresh_token"))
		if err != nil || subject != clientID {
			return jwt.Pair{}, &oauthFailure{http.StatusBadRequest, "invalid_grant", "The refresh token is not valid"}
		}
	}
	return s.tokens.Issue(clientID)
}

// tokenForm merges the query and the form body.
func tokenForm(r *http.Request) (url.Values, error) {
	body, err := web.ReadBody(r, maxTokenBody)
	if err != nil {
		return nil, &oauthFailure{web.BodyStatus(err), "invalid_request", bodyWords(err)}
	}
	malformed := &oauthFailure{http.StatusBadRequest, "invalid_request", "The parameters can not be read"}
	form, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, malformed
	}
	if len(body) > 0 {
		if !isMedia(r, "application/x-www-form-urlencoded") {
			return nil, &oauthFailure{http.StatusUnsupportedMediaType, "invalid_request", "The body must be application/x-www-form-urlencoded"}
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
			return nil, &oauthFailure{http.StatusBadRequest, "invalid_request", name + " is given more than once"}
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
		return &oauthFailure{http.StatusUnauthorized, "invalid_client", "The client id or secret is not valid"}
	case errors.Is(err, storage.ErrUnavailable):
		return &oauthFailure{http.StatusServiceUnavailable, "temporarily_unavailable", "The service can not take the request now"}
	}
	return &oauthFailure{http.StatusInternalServerError, "server_error", "An internal error occurred"}
}
