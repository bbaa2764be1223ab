package provision

import (
	"context"
	"fmt"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/storage"
)

// AcceptRequest implements scim.Requests.
func (b *Bridge) AcceptRequest(ctx context.Context, by journal.Actor, payload []byte, most int) (*directory.Request, error) {
	var r *directory.Request
	err := b.store.Update(ctx, func(tx storage.Tx) error {
		n, err := tx.CountPendingRequests(by.Client)
		if err != nil {
			return err
		}
		if n >= int64(most) {
			return fmt.Errorf("%d requests of the client are pending: %w", n, directory.ErrTooMany)
		}
		now := b.now()
		r = &directory.Request{ID: directory.NewID(now), Tenant: by.Tenant, Client: by.Client, Created: now, Payload: payload}
		return tx.InsertRequest(r)
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// Request implements scim.Requests.
func (b *Bridge) Request(ctx context.Context, by journal.Actor, id directory.ID) (*directory.Request, error) {
	var r *directory.Request
	err := b.store.View(ctx, func(v storage.Reader) (err error) {
		r, err = v.Request(by.Tenant, by.Client, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	if !r.Done.IsZero() && !r.Expires.After(b.now()) {
		return nil, fmt.Errorf("request %s has expired: %w", id, directory.ErrNotFound)
	}
	return r, nil
}

// NextRequest implements scim.Requests.
func (b *Bridge) NextRequest(ctx context.Context, after int64) (*directory.Request, error) {
	var r *directory.Request
	err := b.store.View(ctx, func(v storage.Reader) (err error) {
		r, err = v.NextRequest(after)
		return err
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// FinishRequest carries a pending request out by fn, whose bridge is that of a
// batch, and stores the result that fn returns in the same transaction: whatever
// happens, a request has its effect and its result once, or is still pending.
// The result is kept that long. If fn returns an error nothing remains and the
// request stays pending. directory.ErrNotFound: it is not pending (any more).
func (b *Bridge) FinishRequest(ctx context.Context, r *directory.Request, keep time.Duration, fn func(*Bridge) ([]byte, error)) error {
	return b.within(ctx, func(tx storage.Tx, inner *Bridge) error {
		// Asked first, so that nothing is carried out twice.
		now, err := tx.Request(r.Tenant, r.Client, r.ID)
		if err != nil {
			return err
		}
		if !now.Done.IsZero() {
			return fmt.Errorf("request %s is done: %w", r.ID, directory.ErrNotFound)
		}
		done := *r
		if done.Result, err = fn(inner); err != nil {
			return err
		}
		done.Done = b.now()
		done.Expires = done.Done.Add(keep)
		return tx.FinishRequest(&done)
	})
}

// ForgetRequests implements scim.Requests.
func (b *Bridge) ForgetRequests(ctx context.Context) error {
	return b.store.Update(ctx, func(tx storage.Tx) error {
		_, err := tx.ForgetRequests(b.now())
		return err
	})
}
