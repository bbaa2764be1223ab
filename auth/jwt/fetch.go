package jwt

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	// A token that names an unknown key makes go-oidc ask for the keys again, and
	// anyone can send such tokens. So at most fetchBurst fetches go out at once,
	// and one more in every fetchPause.
	fetchBurst = 5
	fetchPause = 10 * time.Second

	fetchTimeout = 10 * time.Second
	maxKeySet    = 1 << 20 // bytes
)

// fetchError says that the keys could not be fetched.
type fetchError struct{ cause error }

func (e *fetchError) Error() string { return e.cause.Error() }
func (e *fetchError) Unwrap() error { return e.cause }

// pacedTransport fetches key sets. It asks next as often as it may and gives
// everyone else the outcome of the last time, good or bad. Every error it
// returns is a *fetchError, whatever went wrong: the network, the status, or an
// answer that holds no key set.
type pacedTransport struct {
	next    http.RoundTripper
	timeout time.Duration
	now     func() time.Time
	asked   atomic.Int64 // how often anyone asked for the keys

	mu     sync.Mutex
	credit int       // fetches that may go out now
	filled time.Time // when credit was last added to
	body   []byte
	err    error
}

func newPacedTransport(next http.RoundTripper, timeout time.Duration, now func() time.Time) *pacedTransport {
	if next == nil {
		next = http.DefaultTransport
	}
	if timeout <= 0 {
		timeout = fetchTimeout
	}
	return &pacedTransport{next: next, timeout: timeout, now: now, credit: fetchBurst, filled: now()}
}

func (t *pacedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	t.asked.Add(1)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.mayFetch() {
		t.body, t.err = t.fetch(r)
	}
	if t.err != nil {
		return nil, &fetchError{t.err}
	}
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Content-Type": {"application/json"}},
		Body:          io.NopCloser(bytes.NewReader(t.body)),
		ContentLength: int64(len(t.body)),
		Request:       r,
	}, nil
}

// mayFetch takes one fetch from the credit if there is any.
func (t *pacedTransport) mayFetch() bool {
	now := t.now()
	if now.Before(t.filled) { // the clock was set back
		t.filled = now
	}
	if more := int(now.Sub(t.filled) / fetchPause); more > 0 {
		t.credit = min(t.credit+more, fetchBurst)
		t.filled = now
	}
	if t.credit == 0 {
		return false
	}
	t.credit--
	return true
}

func (t *pacedTransport) fetch(r *http.Request) (body []byte, err error) {
	ctx, cancel := context.WithTimeout(r.Context(), t.timeout)
	defer cancel()
	answer, err := t.next.RoundTrip(r.Clone(ctx))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, answer.Body.Close()) }()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the issuer answered %s", answer.Status)
	}
	body, err = io.ReadAll(io.LimitReader(answer.Body, maxKeySet+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading the issuer's keys: %w", err)
	case len(body) > maxKeySet:
		return nil, errors.New("the issuer's keys are larger than allowed")
	}
	return usableKeys(body)
}

// usableKeys returns the key set without the keys that can not verify RS256, so
// that one odd key does not spoil the others.
func usableKeys(body []byte) ([]byte, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &set); err != nil || set.Keys == nil {
		return nil, errors.New("the issuer answered something that is not a key set")
	}
	usable := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, raw := range set.Keys {
		var key jose.JSONWebKey
		if err := json.Unmarshal(raw, &key); err != nil {
			continue // RFC 7517 section 5: ignore keys that are not understood
		}
		if isRSA(key) && (key.Use == "" || key.Use == "sig") && (key.Algorithm == "" || key.Algorithm == string(jose.RS256)) {
			usable.Keys = append(usable.Keys, key.Public())
		}
	}
	return json.Marshal(usable)
}
