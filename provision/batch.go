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
	return b.within(ctx, func(_ storage.Tx, inner *Bridge) error { return fn(inner) })
}

// within calls fn in a transaction, with a bridge that works inside it.
func (b *Bridge) within(ctx context.Context, fn func(storage.Tx, *Bridge) error) error {
	var names []string
	err := b.store.Update(ctx, func(tx storage.Tx) error {
		names = nil
		inner := *b
		inner.store, inner.names = storage.Within(tx), &names
		return fn(tx, &inner)
	})
	if err != nil {
		return err
	}
	for _, kind := range names {
		b.named(kind)
	}
	return nil
}
