package scim

import (
	"context"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
)

// Requests is the part of a Backend that keeps asynchronous requests until they
// have been carried out, and then their results.
type Requests interface {
	// AcceptRequest stores a pending request of by.Client durably;
	// directory.ErrTooMany if most of that client's are pending already.
	AcceptRequest(ctx context.Context, by journal.Actor, payload []byte, most int) (*directory.Request, error)
	// Request returns a request of by.Client, unless it is done and expired.
	Request(ctx context.Context, by journal.Actor, id directory.ID) (*directory.Request, error)
	// NextRequest returns the first pending request, of all tenants, with
	// Seq > after; ErrNotFound if there is none.
	NextRequest(ctx context.Context, after int64) (*directory.Request, error)
	// FinishRequest calls fn as Batch does, and with what fn changes stores the
	// result that it returns, for that long: both or nothing. ErrNotFound if the
	// request is not pending; then fn has had no effect.
	FinishRequest(ctx context.Context, r *directory.Request, keep time.Duration, fn func(Backend) ([]byte, error)) error
	// ForgetRequests removes results that have expired.
	ForgetRequests(ctx context.Context) error
}
