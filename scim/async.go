package scim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/internal/web"
)

// mostPending bounds the requests of one client that wait to be carried out;
// further ones are answered when they are done, as if nobody had asked for less.
const mostPending = 100

// prefersAsync reports whether the client would rather not wait for the end of
// what it asks (RFC 9967 section 2.5, RFC 7240 section 4.1).
func (r *request) prefersAsync() bool {
	for _, line := range r.Header.Values("Prefer") {
		for preference := range strings.SplitSeq(line, ",") {
			name, _, _ := strings.Cut(preference, ";")
			name, _, _ = strings.Cut(name, "=")
			if strings.EqualFold(strings.TrimSpace(name), "respond-async") {
				return true
			}
		}
	}
	return false
}

// later answers a write before it is done: 202, and where its result will be.
// What is wrong with the request itself is told at once, and the answer leaves
// when the request is on the disk; it is carried out once, whatever happens
// then. A request that is large, one of too many, and one that may hold a
// password at an unusual place is answered the normal way, which the client has
// to expect anyway.
func (s *Server) later(r *request, rt route) (*response, error) {
	most := s.c.Limits.Body
	if rt.endpoint() == "Bulk" {
		most = s.c.Limits.BulkPayload
	}
	var raw []byte
	if r.Method != http.MethodDelete {
		var err error
		if raw, err = s.rawBody(r, most); err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(raw))
	}
	act, err := rt.writes[r.Method](s, r)
	if err != nil {
		return nil, err
	}
	if int64(len(raw)) > s.c.Limits.BulkPayload {
		return act(r.Context(), s.c.Backend)
	}
	payload, err := s.payload(r, rt, raw)
	switch {
	case err != nil:
		return nil, err
	case payload == nil:
		return act(r.Context(), s.c.Backend)
	}
	accepted, err := s.c.Backend.AcceptRequest(r.Context(), r.caller.Actor, payload, mostPending)
	if errors.Is(err, directory.ErrTooMany) {
		return act(r.Context(), s.c.Backend)
	}
	if err != nil {
		return nil, err
	}
	select {
	case s.accepted <- struct{}{}:
	default: // it has been told already
	}
	res := pendingResult(accepted.ID)
	res.location = s.base + "/AsyncRequests/" + accepted.ID.String()
	res.header.Set("Preference-Applied", "respond-async")
	return res, nil
}

// asyncResult is GET /AsyncRequests/{txn}: 202 until the request is done, then
// what it would have been answered. Set-Txn tells the answer of a request that
// failed with 404 from that of a request that is not known, which is what it is
// to everybody but its client (T-26).
func asyncResult(s *Server, r *request) (*response, error) {
	id, err := r.id()
	if err != nil {
		return nil, err
	}
	done, err := s.c.Backend.Request(r.Context(), r.caller.Actor, id)
	if err != nil {
		return nil, err
	}
	if done.Done.IsZero() {
		return pendingResult(id), nil
	}
	var stored storedResponse
	if err := json.Unmarshal(done.Result, &stored); err != nil {
		return nil, fmt.Errorf("result of request %s: %w", id, err)
	}
	res := &response{status: stored.Status, body: stored.Body, etag: stored.ETag, location: stored.Location, header: http.Header{}}
	setTxn(res, id)
	return res, nil
}

func pendingResult(id directory.ID) *response {
	res := &response{status: http.StatusAccepted, header: http.Header{"Retry-After": {"1"}}}
	setTxn(res, id)
	return res
}

// setTxn names the transaction that an event about the request would have.
func setTxn(r *response, id directory.ID) { r.header.Set("Set-Txn", id.String()) }

// storedResponse is a response as it is kept.
type storedResponse struct {
	Status   int             `json:"status"`
	ETag     string          `json:"etag,omitempty"`
	Location string          `json:"location,omitempty"`
	Body     json.RawMessage `json:"body,omitempty"`
}

func storeResponse(r *response) ([]byte, error) {
	b, err := web.MarshalJSON(storedResponse{r.status, r.etag, r.location, r.body})
	if err != nil {
		return nil, fmt.Errorf("store a result: %w", err)
	}
	return b, nil
}

// execute carries a pending request out and stores its result. The error is one
// that leaves the request pending; begun says that the request itself, and not
// only the transaction around it, has met it.
func (s *Server) execute(ctx context.Context, pending *directory.Request) (begun bool, err error) {
	ctx = context.WithoutCancel(ctx)
	act, refused := s.replay(ctx, pending.Payload)
	err = s.c.Backend.FinishRequest(ctx, pending, s.c.AsyncResults, func(b Backend) ([]byte, error) {
		begun = false
		var res *response
		err := refused
		if err == nil {
			err = b.Batch(ctx, func(inner Backend) (err error) {
				res, err = act(ctx, inner)
				return err
			})
		}
		if err == nil {
			return storeResponse(res)
		}
		e, known := s.translate(err)
		if known && e.Status == http.StatusServiceUnavailable {
			begun = true
			return nil, err
		}
		if !known {
			e = s.unexpected(ctx, err, pending.ID.String())
		}
		return storeResponse(&response{status: e.Status, body: appendError(nil, e)})
	})
	return begun, err
}
