package auth

import (
	"errors"
	"net/http"
	"time"

	"github.com/scimbridge/scimbridge/internal/web"
)

// Refusal is why a request has no Identity, as much as its sender is told.
type Refusal struct {
	// Missing says that the request has no Authorization header (401 without
	// an error code, RFC 6750 section 3).
	Missing bool
	// RetryAfter, if not zero, asks for 429: this address failed too often.
	RetryAfter time.Duration
	cause      error
}

func (r *Refusal) Error() string {
	if r.Missing {
		return web.ErrNoCredential.Error()
	}
	return ErrDenied.Error()
}

// Unwrap returns ErrDenied or web's error, for Reason and the log.
func (r *Refusal) Unwrap() error { return r.cause }

// Gate authenticates HTTP requests. It is for concurrent use once its fields
// are set.
type Gate struct {
	Tokens *Tokens
	// Limiter counts failures by address; nil does not.
	Limiter *Limiter
	// Edge counts failures by reason; nil does not.
	Edge *web.Edge
	// Schemes are accepted in the Authorization header besides Bearer (PG-06).
	Schemes []string
}

// Authenticate returns who sent r, by the bearer token in its Authorization
// header, with or without the scheme (some identity providers send the bare
// token). The error is a *Refusal, or one of the database, which says nothing
// of the token.
func (g *Gate) Authenticate(r *http.Request) (Identity, error) {
	secret, err := web.Credential(r, true, g.Schemes...)
	if err != nil {
		refusal := &Refusal{Missing: errors.Is(err, web.ErrNoCredential), cause: err}
		if refusal.Missing {
			// Asking without a token guesses nothing; it is how clients learn
			// what they need.
			g.count(web.ReasonMissing)
			return Identity{}, refusal
		}
		return Identity{}, g.refuse(r, refusal, web.ReasonMalformed)
	}
	id, err := g.Tokens.Authenticate(r.Context(), secret)
	if errors.Is(err, ErrDenied) {
		return Identity{}, g.refuse(r, &Refusal{cause: err}, Reason(err))
	}
	return id, err
}

func (g *Gate) refuse(r *http.Request, refusal *Refusal, reason string) error {
	if refusal.RetryAfter = g.Limiter.Fail(web.ClientAddress(r)); refusal.RetryAfter > 0 {
		reason = web.ReasonThrottled
	}
	g.count(reason)
	return refusal
}

func (g *Gate) count(reason string) {
	if g.Edge != nil {
		g.Edge.AuthFailure(reason)
	}
}
