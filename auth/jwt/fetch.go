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
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// sets returns the key set to ask and, if that is new and may not have its keys
// yet, the one before it.
func (k *JWKS) sets(ctx context.Context) (current, last *oidc.RemoteKeySet) {
	now := k.now()
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.current == nil || now.Sub(k.since) >= refreshAfter {
		// go-oidc never drops a key it has, so withdrawn keys go with their set.
		if k.current != nil {
			k.last, k.lastAt = k.current, now
		}
		k.current = oidc.NewRemoteKeySet(oidc.ClientContext(ctx, k.client), k.url)
		k.since = now
	}
	if k.last != nil && now.Sub(k.lastAt) >= staleAfter {
		k.last = nil
	}
	return k.current, k.last
}

// fetchError says that the keys could not be fetched.
type fetchError struct{ cause error }

func (e *fetchError) Error() string { return e.cause.Error() }
func (e *fetchError) Unwrap() error { return e.cause }

// pacedTransport asks next at most once per pause and gives everyone else the
// outcome of the last time, good or bad.
type pacedTransport struct {
	next http.RoundTripper
	now  func() time.Time

	mu    sync.Mutex
	asked time.Time
	body  []byte
	err   error
}

func (t *pacedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now := t.now(); t.asked.IsZero() || now.Sub(t.asked) >= pause || now.Before(t.asked) {
		t.asked = now
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

func (t *pacedTransport) fetch(r *http.Request) (body []byte, err error) {
	next := t.next
	if next == nil {
		next = http.DefaultTransport
	}
	answer, err := next.RoundTrip(r)
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
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &set); err != nil || set.Keys == nil {
		return nil, errors.New("the issuer answered something that is not a key set")
	}
	return body, nil
}
