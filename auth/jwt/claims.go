// Package jwt verifies and makes the JSON web tokens that the applications use:
// RS256 tokens of an identity provider, verified with the keys it publishes
// (Verifier, JWKS); RS256 tokens of an API key's holder (APIKeys); HS256 tokens
// by a shared secret (Shared); and the access and refresh tokens the bridge
// issues itself (AccessTokens).
//
// The signatures are go-jose's and go-oidc's work. What this package adds is
// the rule for each kind, and one rule for all: a verifier names the single
// algorithm it accepts and the key it trusts before it looks at the token, so a
// token can never choose how it is checked (RFC 8725 section 3.1).
//
// All errors wrap one of the Err values; none holds the token, and what the
// client is told should not depend on which it was.
package jwt

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/scimbridge/scimbridge/internal/web"
)

// Why a token is refused.
var (
	ErrMalformed   = errors.New("not a signed JSON web token")
	ErrAlgorithm   = errors.New("the token is not signed by the algorithm this service accepts")
	ErrType        = errors.New("the token is not of the type this service accepts")
	ErrSignature   = errors.New("the signature of the token does not match")
	ErrUnknownKey  = errors.New("the token names a key that is not known")
	ErrIssuer      = errors.New("the token is by another issuer")
	ErrAudience    = errors.New("the token is for another audience")
	ErrExpired     = errors.New("the token has expired")
	ErrNotYetValid = errors.New("the token is not valid yet")
	ErrLifetime    = errors.New("the token is valid for longer than allowed")
	ErrClaims      = errors.New("a claim of the token is missing or of the wrong type")
	// ErrKeysUnavailable says nothing of the token: the issuer's keys could not
	// be fetched. It is worth another try later.
	ErrKeysUnavailable = errors.New("the keys of the token's issuer can not be fetched")
)

// Reason returns the reason label of the metric for an error of this package.
func Reason(err error) string {
	for _, r := range []struct {
		err    error
		reason string
	}{
		{ErrMalformed, web.ReasonMalformed}, {ErrClaims, web.ReasonMalformed}, {ErrType, web.ReasonMalformed},
		{ErrAlgorithm, web.ReasonAlgorithm}, {ErrSignature, web.ReasonSignature}, {ErrUnknownKey, web.ReasonUnknown},
		{ErrIssuer, web.ReasonIssuer}, {ErrAudience, web.ReasonAudience}, {ErrExpired, web.ReasonExpired},
		{ErrNotYetValid, web.ReasonNotYetValid}, {ErrLifetime, web.ReasonLifetime},
		{ErrKeysUnavailable, web.ReasonKeysUnavailable},
	} {
		if errors.Is(err, r.err) {
			return r.reason
		}
	}
	return web.ReasonOther
}

// Claims are what a verified token says. They are only ever returned together
// with a nil error.
type Claims struct {
	Issuer   string
	Subject  string
	Audience []string // one or several; aud may be a string or an array
	// The times are zero if the token has none.
	Expires   time.Time
	NotBefore time.Time
	IssuedAt  time.Time
	// Raw holds all claims by name, numbers as json.Number.
	Raw map[string]any
}

// String returns the claim if it is a string, else "".
func (c *Claims) String(name string) string {
	s, _ := c.Raw[name].(string)
	return s
}

// Strings returns the strings of the claim: of an array those elements that are
// strings, or the one string it is.
func (c *Claims) Strings(name string) []string { return stringsOf(c.Raw[name]) }

// Bool returns the claim if it is a boolean, else false.
func (c *Claims) Bool(name string) bool {
	b, _ := c.Raw[name].(bool)
	return b
}

// Object returns the claim if it is an object, else nil. Reading a nil map is fine.
func (c *Claims) Object(name string) map[string]any {
	m, _ := c.Raw[name].(map[string]any)
	return m
}

// HasAudience reports whether the token is for audience.
func (c *Claims) HasAudience(audience string) bool {
	for _, a := range c.Audience {
		if a == audience {
			return true
		}
	}
	return false
}

func stringsOf(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		out := make([]string, 0, len(v))
		for _, e := range v {
			if s, ok := e.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

// timeForm says how a token may write its times.
type timeForm bool

const (
	numbersOnly      timeForm = false // NumericDate of RFC 7519 section 2
	numbersOrStrings timeForm = true  // "1749938869" too, as RSA's sample shows
)

// decodeClaims reads the payload of a token whose signature has been verified.
func decodeClaims(payload []byte, form timeForm) (*Claims, error) {
	dec := json.NewDecoder(bytes.NewReader(payload))
	dec.UseNumber()
	c := &Claims{}
	if err := dec.Decode(&c.Raw); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) || c.Raw == nil {
		return nil, fmt.Errorf("%w: the payload is not one object", ErrMalformed)
	}
	var err error
	text := func(name string) (s string) {
		v, present := c.Raw[name]
		s, ok := v.(string)
		if present && !ok {
			err = errors.Join(err, fmt.Errorf("%w: %s", ErrClaims, name))
		}
		return s
	}
	instant := func(name string) time.Time {
		v, present := c.Raw[name]
		if !present {
			return time.Time{}
		}
		t, ok := numericDate(v, form)
		if !ok {
			err = errors.Join(err, fmt.Errorf("%w: %s", ErrClaims, name))
		}
		return t
	}
	c.Issuer, c.Subject = text("iss"), text("sub")
	c.Expires, c.NotBefore, c.IssuedAt = instant("exp"), instant("nbf"), instant("iat")
	if aud, present := c.Raw["aud"]; present {
		c.Audience = stringsOf(aud)
		if all, isArray := aud.([]any); len(c.Audience) == 0 || isArray && len(all) != len(c.Audience) {
			err = errors.Join(err, fmt.Errorf("%w: aud", ErrClaims))
		}
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// numericDate reads seconds since 1970, which may have a fraction. Instants
// that no token means (before 1970, after the year 9999) are refused, so that
// arithmetic on them can not overflow.
func numericDate(v any, form timeForm) (time.Time, bool) {
	var digits string
	switch v := v.(type) {
	case json.Number:
		digits = v.String()
	case string:
		if form != numbersOrStrings {
			return time.Time{}, false
		}
		digits = strings.TrimSpace(v)
	default:
		return time.Time{}, false
	}
	seconds, err := strconv.ParseFloat(digits, 64)
	if err != nil || math.IsNaN(seconds) || seconds < 0 || seconds > 253402300799 {
		return time.Time{}, false
	}
	whole, fraction := math.Modf(seconds)
	return time.Unix(int64(whole), int64(fraction*1e9)).UTC(), true
}

// DefaultLeeway is how far clocks may be apart.
const DefaultLeeway = 60 * time.Second

// inTime checks exp (required), nbf and iat against now.
func (c *Claims) inTime(now time.Time, leeway time.Duration) error {
	switch {
	case c.Expires.IsZero():
		return fmt.Errorf("%w: exp", ErrClaims)
	case !now.Before(c.Expires.Add(leeway)):
		return ErrExpired
	case now.Add(leeway).Before(c.NotBefore), now.Add(leeway).Before(c.IssuedAt):
		return ErrNotYetValid
	}
	return nil
}

func clock(now func() time.Time) time.Time {
	if now == nil {
		return time.Now()
	}
	return now()
}
