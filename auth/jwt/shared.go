package jwt

import (
	"bytes"
	"fmt"
	"maps"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// minSecret is the shortest secret for HS256, in bytes (RFC 7518 section 3.2).
const minSecret = 32

// Shared signs and verifies HS256 tokens with a secret that both sides know:
// ServiceMobility's x-access-token (documented-apis 4.2). It is immutable and
// for concurrent use.
type Shared struct {
	secret []byte
	typ    string
	now    func() time.Time
}

// NewShared returns a Shared for the secret, at least 32 bytes. now nil is
// time.Now.
func NewShared(secret []byte, now func() time.Time) (*Shared, error) {
	if len(secret) < minSecret {
		return nil, fmt.Errorf("the secret for HS256 tokens has %d bytes, fewer than %d", len(secret), minSecret)
	}
	return &Shared{secret: bytes.Clone(secret), typ: "JWT", now: now}, nil
}

// Sign returns a token with the claims, and with iat (now) and exp (now +
// lifetime) unless claims has its own.
func (s *Shared) Sign(claims map[string]any, lifetime time.Duration) (string, error) {
	now := clock(s.now)
	all := map[string]any{"iat": now.Unix(), "exp": now.Add(lifetime).Unix()}
	maps.Copy(all, claims)
	return sign(jose.HS256, s.secret, s.typ, all)
}

// Verify returns what the token claims. exp is required; 60 seconds of clock
// skew are allowed; every other claim (name, email, expdb) is the caller's to
// read. The error wraps one of the Err values of this package.
func (s *Shared) Verify(token string) (*Claims, error) {
	c, _, err := s.verify(token)
	return c, err
}

// verify also returns the typ header.
func (s *Shared) verify(token string) (*Claims, string, error) {
	jws, err := parse(token, jose.HS256)
	if err != nil {
		return nil, "", err
	}
	payload, err := jws.Verify(s.secret)
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrSignature, err)
	}
	c, err := decodeClaims(payload, numbersOnly)
	if err != nil {
		return nil, "", err
	}
	if err := c.inTime(clock(s.now), DefaultLeeway); err != nil {
		return nil, "", err
	}
	return c, tokenType(jws), nil
}
