package jwt

import (
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"
)

// Lifetimes of the tokens that AccessTokens issues.
const (
	AccessLifetime  = 10800 * time.Second // documented-apis 3.1: expires_in
	RefreshLifetime = 30 * 24 * time.Hour // documented nowhere: a month between two runs of an integration
)

// AccessTokens issues and verifies the bridge's own access and refresh tokens
// for one audience (an API and tenant, e.g. "syncari:1"). They are stateless:
// whoever accepts one must still ask whether its subject exists and may act.
//
// Each audience and kind has a key of its own, derived from the installation's
// secret, besides the aud claim and typ header (RFC 9068) that name them. It is
// immutable and for concurrent use.
type AccessTokens struct {
	access, refresh *Shared
	audience        string
}

// Pair is what an OAuth token endpoint answers.
type Pair struct {
	Access    string
	Refresh   string
	ExpiresIn int // seconds the access token is good for
}

// NewAccessTokens returns the tokens for audience under a secret of this
// installation, at least 32 bytes (storage: PutSecret). now nil is time.Now.
func NewAccessTokens(secret []byte, audience string, now func() time.Time) (*AccessTokens, error) {
	if len(secret) < minSecret {
		return nil, fmt.Errorf("the secret for access tokens has %d bytes, fewer than %d", len(secret), minSecret)
	}
	if audience == "" {
		return nil, errors.New("access tokens need an audience")
	}
	derive := func(typ string) (*Shared, error) {
		key, err := hkdf.Key(sha256.New, secret, nil, "scimbridge "+typ+" "+audience, sha256.Size)
		if err != nil {
			return nil, fmt.Errorf("deriving the key for %s tokens: %w", typ, err)
		}
		return &Shared{secret: key, typ: typ, now: now}, nil
	}
	access, err := derive("at+jwt")
	if err != nil {
		return nil, err
	}
	refresh, err := derive("rt+jwt")
	if err != nil {
		return nil, err
	}
	return &AccessTokens{access: access, refresh: refresh, audience: audience}, nil
}

// Issue returns a new pair for subject.
func (a *AccessTokens) Issue(subject string) (Pair, error) {
	if subject == "" {
		return Pair{}, errors.New("an access token needs a subject")
	}
	claims := map[string]any{"sub": subject, "aud": a.audience}
	access, err := a.access.Sign(claims, AccessLifetime)
	if err != nil {
		return Pair{}, err
	}
	refresh, err := a.refresh.Sign(claims, RefreshLifetime)
	if err != nil {
		return Pair{}, err
	}
	return Pair{Access: access, Refresh: refresh, ExpiresIn: int(AccessLifetime / time.Second)}, nil
}

// Access returns the subject of an access token; a refresh token is refused.
// The error wraps one of the Err values of this package.
func (a *AccessTokens) Access(token string) (subject string, err error) {
	return a.subject(a.access, token)
}

// Refresh returns the subject of a refresh token; an access token is refused.
func (a *AccessTokens) Refresh(token string) (subject string, err error) {
	return a.subject(a.refresh, token)
}

func (a *AccessTokens) subject(kind *Shared, token string) (string, error) {
	c, typ, err := kind.verify(token)
	switch {
	case err != nil:
		return "", err
	case typ != kind.typ:
		return "", ErrType
	case !c.HasAudience(a.audience):
		return "", ErrAudience
	case c.Subject == "":
		return "", fmt.Errorf("%w: sub", ErrClaims)
	}
	return c.Subject, nil
}
