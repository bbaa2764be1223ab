package jwt

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/scimbridge/scimbridge/directory"
)

// maxKeyLifetime is how long a token of an API key may be valid (documented-apis 2.1).
const maxKeyLifetime = 3600 * time.Second

// APIKey is one key of RSA's Cloud Administration API as the server knows it:
// its holder signs short-lived tokens with the private half.
type APIKey struct {
	AccessID string // the sub of its tokens, a UUID
	Public   *rsa.PublicKey
	Name     string // shown in the administration log
	Role     string // "Super Administrator" or "Help Desk Administrator"
	Tenant   directory.TenantID
}

// APIKeys verifies tokens signed by API keys (documented-apis 2.1). It is
// immutable and for concurrent use.
type APIKeys struct {
	audiences map[string]bool
	keys      map[string]APIKey
	now       func() time.Time
}

// NewAPIKeys returns the set of keys for the API at adminRestAPIURL, in any of
// its forms: ending in /restapi or /restapi/v1, with or without slash; the aud
// of tokens may be in any of them too. now nil is time.Now. No keys at all are
// allowed: every token is refused then.
func NewAPIKeys(adminRestAPIURL string, now func() time.Time, keys ...APIKey) (*APIKeys, error) {
	base := strings.TrimRight(adminRestAPIURL, "/")
	base = strings.TrimRight(strings.TrimSuffix(base, "/v1"), "/")
	if base == "" && len(keys) > 0 {
		return nil, errors.New("API keys need the URL of the API, which their tokens name as audience")
	}
	k := &APIKeys{
		audiences: map[string]bool{base: true, base + "/": true, base + "/v1": true, base + "/v1/": true},
		keys:      make(map[string]APIKey, len(keys)),
		now:       now,
	}
	for _, key := range keys {
		id := strings.ToLower(key.AccessID)
		switch {
		case id == "":
			return nil, fmt.Errorf("API key %q has no access id", key.Name)
		case key.Public == nil || key.Public.N == nil || key.Public.N.BitLen() < minRSA:
			return nil, fmt.Errorf("API key %s: its RSA key is missing or has fewer than %d bits", key.AccessID, minRSA)
		case k.keys[id].AccessID != "":
			return nil, fmt.Errorf("API key %s is there twice", key.AccessID)
		}
		k.keys[id] = key
	}
	return k, nil
}

// Verify returns the key that signed the token. The token must be of type JWT,
// signed by RS256, name its key in sub and this API in aud, and be valid now
// for no more than 3600 seconds in all; iat and exp may be numbers or strings.
// The error wraps one of the Err values of this package.
func (k *APIKeys) Verify(token string) (APIKey, *Claims, error) {
	jws, err := parse(token, jose.RS256)
	if err != nil {
		return APIKey{}, nil, err
	}
	if tokenType(jws) != "JWT" {
		return APIKey{}, nil, ErrType
	}
	// The token says whose it is; that only selects the key it must then match.
	said, err := decodeClaims(jws.UnsafePayloadWithoutVerification(), numbersOrStrings)
	if err != nil {
		return APIKey{}, nil, err
	}
	key, known := k.keys[strings.ToLower(said.Subject)]
	if !known {
		return APIKey{}, nil, ErrUnknownKey
	}
	payload, err := jws.Verify(key.Public)
	if err != nil {
		return APIKey{}, nil, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	c, err := decodeClaims(payload, numbersOrStrings)
	if err != nil {
		return APIKey{}, nil, err
	}
	if !k.forUs(c.Audience) {
		return APIKey{}, nil, ErrAudience
	}
	if c.IssuedAt.IsZero() {
		return APIKey{}, nil, fmt.Errorf("%w: iat", ErrClaims)
	}
	if err := c.inTime(clock(k.now), DefaultLeeway); err != nil {
		return APIKey{}, nil, err
	}
	if lifetime := c.Expires.Sub(c.IssuedAt); lifetime <= 0 || lifetime > maxKeyLifetime {
		return APIKey{}, nil, ErrLifetime
	}
	return key, c, nil
}

func (k *APIKeys) forUs(audience []string) bool {
	for _, a := range audience {
		if k.audiences[a] {
			return true
		}
	}
	return false
}
