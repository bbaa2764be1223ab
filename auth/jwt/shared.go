package jwt

import (
	"time"
)

// Shared signs and verifies HS256 tokens with a secret that both sides know:
// ServiceMobility's x-access-token (documented-apis 4.2). It is immutable and
// for concurrent use.
type Shared struct {
	secret []byte
	now    func() time.Time
}

// NewShared returns a Shared for the secret, at least 32 bytes (RFC 7518
// section 3.2). now nil is time.Now.
func NewShared(secret []byte, now func() time.Time) (*Shared, error) {
	return &Shared{secret: secret, now: now}, nil
}

// Sign returns a token with the claims, and with iat (now) and exp (now +
// lifetime) unless claims has its own.
func (s *Shared) Sign(claims map[string]any, lifetime time.Duration) (string, error) {
	panic("not written yet")
}

// Verify returns what the token claims. exp is required; 60 seconds of clock
// skew are allowed; expdb, name and email are the caller's to read. The error
// wraps one of the Err values of this package.
func (s *Shared) Verify(token string) (*Claims, error) { panic("not written yet") }
