package provision

import (
	"context"

	"github.com/scimbridge/scimbridge/storage"
)

// Batch calls fn with a bridge whose operations all happen in one transaction:
// each of them is whole or leaves nothing, as ever, and a failed one does not
// undo those before it; all become durable, and visible to others, together,
// when Batch returns nil. If fn returns an error, nothing remains. fn may be
// called more than once, and on another goroutine; while it runs no other write
// goes on, so it should have its input ready. The inner bridge is valid until fn
// returns, and not for concurrent use.
func (b *Bridge) Batch(ctx context.Context, fn func(*Bridge) error) error {
	return b.store.Update(ctx, func(tx storage.Tx) error {
		inner := *b
		inner.store = storage.Within(tx)
		return fn(&inner)
	})
}
