package jwt

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// KeySet holds the keys an issuer signs with. *JWKS is one; so is
// *oidc.StaticKeySet. The error of VerifySignature wraps ErrKeysUnavailable if
// the keys could not be had; any other means that no key matches.
type KeySet interface {
	VerifySignature(ctx context.Context, token string) (payload []byte, err error)
}

// Verifier verifies the RS256 tokens of one issuer for one audience. It is for
// concurrent use once its fields are set.
type Verifier struct {
	Keys KeySet
	// Issuer is what iss must be, to the letter: Auth0's ends with a slash.
	Issuer string
	// Audience is what aud must be or contain.
	Audience string
	// Leeway is how far the issuer's clock may be off; 0 means DefaultLeeway.
	Leeway time.Duration
	Now    func() time.Time // nil: time.Now
}

// Verify returns what the token claims. The error wraps one of the Err values
// of this package. It waits for the issuer's keys if they are not known yet, as
// long as ctx allows.
func (v *Verifier) Verify(ctx context.Context, token string) (*Claims, error) {
	if v.Keys == nil || v.Issuer == "" || v.Audience == "" {
		// An empty expectation would be met by a token without the claim.
		return nil, errors.New("jwt: a verifier needs keys, an issuer and an audience")
	}
	if _, err := parse(token, jose.RS256); err != nil {
		return nil, err
	}
	payload, err := v.Keys.VerifySignature(ctx, token)
	if err != nil {
		if errors.Is(err, ErrKeysUnavailable) {
			return nil, err
		}
		return nil, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	c, err := decodeClaims(payload, numbersOnly)
	if err != nil {
		return nil, err
	}
	if c.Issuer != v.Issuer {
		return nil, ErrIssuer
	}
	if !c.HasAudience(v.Audience) {
		return nil, ErrAudience
	}
	leeway := v.Leeway
	if leeway == 0 {
		leeway = DefaultLeeway
	}
	if err := c.inTime(clock(v.Now), leeway); err != nil {
		return nil, err
	}
	return c, nil
}
