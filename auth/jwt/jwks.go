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

const (
	// refreshAfter is how long a set of keys is trusted without asking again: a
	// key that its issuer withdrew is refused after that.
	refreshAfter = 15 * time.Minute
	// staleAfter is how long the keys before are still used when the issuer can
	// not be reached for new ones.
	staleAfter = 24 * time.Hour
)

// Options of NewJWKS; the zero value is good.
type Options struct {
	// HTTPClient fetches the keys, within its Timeout or else 10 seconds.
	// Redirects are never followed. nil is http.DefaultClient.
	HTTPClient *http.Client
	Now        func() time.Time // nil: time.Now
}

// JWKS is the key set that an issuer publishes at a URL (RFC 7517 section 5).
// Keys are fetched when first needed, cached, fetched again when a token names
// a key that is not among them (the issuer rotated its keys) and every 15
// minutes (the issuer withdrew a key); how often is bounded, whatever tokens
// come in. While the issuer can not be reached, the keys it had last stay good
// for a day. It is for concurrent use.
type JWKS struct {
	url    string
	client *http.Client
	paced  *pacedTransport
	now    func() time.Time

	mu      sync.Mutex
	current *keySet
	last    *keySet   // the one before current, nil if there is none or it is too old
	lastAt  time.Time // when last was replaced
}

// keySet is go-oidc's, which never drops a key it has seen: withdrawn keys go
// only when their whole set is replaced.
type keySet struct {
	keys    *oidc.RemoteKeySet
	since   time.Time
	fetched bool // guarded by JWKS.mu: it has answered with keys of its own
}

// NewJWKS returns the key set at url. Nothing is fetched yet.
func NewJWKS(url string, o Options) *JWKS {
	k := &JWKS{url: url, now: o.Now}
	if k.now == nil {
		k.now = time.Now
	}
	client := http.Client{}
	if o.HTTPClient != nil {
		client = *o.HTTPClient
	}
	// The transport keeps the time: http.Client's own timeout would replace the
	// error that tells an unreachable issuer from a forged token.
	k.paced = newPacedTransport(client.Transport, client.Timeout, k.now)
	client.Transport = k.paced
	client.Timeout = 0
	k.client = &client
	return k
}

// VerifySignature returns the payload of a token that one of the keys signed.
// The caller must have checked the token's algorithm: use a Verifier.
func (k *JWKS) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	current, last := k.sets(ctx)
	payload, err := k.verify(ctx, current, token)
	var unreachable *fetchError
	if !errors.As(err, &unreachable) && (err == nil || ctx.Err() == nil) {
		k.mu.Lock()
		current.fetched = true
		k.mu.Unlock()
		return payload, err
	}
	if last != nil {
		// The keys of before can only say yes: their no may be for want of the
		// new ones.
		if payload, err := last.keys.VerifySignature(ctx, token); err == nil {
			return payload, nil
		}
	}
	return nil, fmt.Errorf("%w: %w", ErrKeysUnavailable, err)
}

// verify asks the key set, which fetches if the keys it has do not match.
//
// go-oidc lets callers share a fetch, and for an instant after it is done that
// fetch, with keys as they were, is still there to be shared. Who gets no
// match and saw no fetch of his own time asks again.
func (k *JWKS) verify(ctx context.Context, set *keySet, token string) (payload []byte, err error) {
	for range 5 {
		before := k.paced.asked.Load()
		payload, err = set.keys.VerifySignature(ctx, token)
		if err == nil || ctx.Err() != nil || k.paced.asked.Load() != before {
			break
		}
		time.Sleep(time.Millisecond)
	}
	return payload, err
}

// sets returns the key set to ask and the one before it, replacing a set whose
// time is over.
func (k *JWKS) sets(ctx context.Context) (current, last *keySet) {
	now := k.now()
	k.mu.Lock()
	defer k.mu.Unlock()
	// A set that never got its keys is not replaced: it would push out the last
	// one that has some, and it asks for keys at each token anyway.
	if k.current == nil || k.current.fetched && now.Sub(k.current.since) >= refreshAfter {
		k.last, k.lastAt = k.current, now
		k.current = &keySet{keys: oidc.NewRemoteKeySet(oidc.ClientContext(ctx, k.client), k.url), since: now}
	}
	if now.Sub(k.lastAt) >= staleAfter {
		k.last = nil
	}
	return k.current, k.last
}
