package jwt

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// Options of NewJWKS; the zero value is good.
type Options struct {
	// HTTPClient fetches the keys; nil is one with a timeout that follows no
	// redirects.
	HTTPClient *http.Client
	Now        func() time.Time // nil: time.Now
}

// The pace of fetching keys.
const (
	// refreshAfter is how long keys are trusted without asking again: a key the
	// issuer withdrew is refused after that.
	refreshAfter = 15 * time.Minute
	// pause is the shortest time between two fetches. A token that names an
	// unknown key makes go-oidc ask for the keys again, so without a pause anyone
	// could make the bridge flood the issuer.
	pause = 10 * time.Second
	// staleAfter is how long the last keys are used while the issuer can not be
	// reached.
	staleAfter = 24 * time.Hour

	maxKeySet = 1 << 20 // bytes
)

// JWKS is the key set that an issuer publishes at a URL (RFC 7517 section 5).
// Keys are fetched when first needed, cached, fetched again when a token names
// a key that is not among them (the issuer rotated its keys) and every 15
// minutes (the issuer withdrew a key), at most once in 10 seconds. While the
// issuer can not be reached the last keys stay good for a day. It is for
// concurrent use.
type JWKS struct {
	url    string
	client *http.Client
	now    func() time.Time

	mu      sync.Mutex
	current *oidc.RemoteKeySet
	since   time.Time // when current was made
	last    *oidc.RemoteKeySet
	lastAt  time.Time // when last was replaced
}

// NewJWKS returns the key set at url. Nothing is fetched yet.
func NewJWKS(url string, o Options) *JWKS {
	k := &JWKS{url: url, now: o.Now}
	if k.now == nil {
		k.now = time.Now
	}
	client := o.HTTPClient
	if client == nil {
		client = &http.Client{
			Timeout: 10 * time.Second,
			CheckRedirect: func(*http.Request, []*http.Request) error {
				return errors.New("redirects are not followed")
			},
		}
	}
	paced := *client
	paced.Transport = &pacedTransport{next: client.Transport, now: k.now}
	k.client = &paced
	return k
}

// VerifySignature returns the payload of a token that one of the keys signed.
// The caller must have checked the token's algorithm: use a Verifier.
func (k *JWKS) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	current, last := k.sets(ctx)
	payload, err := current.VerifySignature(ctx, token)
	var unreachable *fetchError
	if !errors.As(err, &unreachable) {
		return payload, err
	}
	if last != nil {
		// The fallback only decides with the keys it has; it can not fetch
		// either, so its error is of no interest.
		if payload, err := last.VerifySignature(ctx, token); err == nil {
			return payload, nil
		}
	}
	return nil, fmt.Errorf("%w: %w", ErrKeysUnavailable, err)
}
