package provision

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/storage"
)

// purgeBatch is how many users one look-up of the sweep takes.
const purgeBatch = 100

// PurgeDue removes the users whose retention is over, of all tenants, and
// returns how many. Each is purged in a transaction of its own that looks
// again, so a user that came back meanwhile stays. One that can not be purged
// does not keep the others from it: its error is returned at the end.
func (b *Bridge) PurgeDue(ctx context.Context) (purged int, err error) {
	var failed []error
	for {
		now := b.now()
		var due []*directory.User
		err := b.store.View(ctx, func(r storage.Reader) (err error) {
			due, err = r.PurgeDue(now.Add(-b.o.Retention), purgeBatch+len(failed))
			return err
		})
		if err != nil {
			return purged, errors.Join(append(failed, fmt.Errorf("look for users to purge: %w", err))...)
		}
		last := len(due) < purgeBatch+len(failed)
		failed = nil // those that still fail are among due again
		for _, u := range due {
			done, err := b.purgeIfDue(ctx, u, now)
			if done && err == nil {
				purged++
			}
			if err != nil {
				failed = append(failed, err)
			}
			if errors.Is(err, storage.ErrUnavailable) || errors.Is(err, storage.ErrUncertain) || ctx.Err() != nil {
				return purged, errors.Join(append(failed, ctx.Err())...)
			}
		}
		if last || len(failed) >= purgeBatch {
			return purged, errors.Join(failed...)
		}
	}
}

// purgeIfDue purges the user unless it came back or is gone since it was found.
func (b *Bridge) purgeIfDue(ctx context.Context, found *directory.User, now time.Time) (done bool, err error) {
	err = b.store.Update(ctx, func(tx storage.Tx) error {
		done = false
		u, err := tx.User(found.Tenant, found.ID, false)
		if errors.Is(err, directory.ErrNotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("purge: %w", err)
		}
		if !u.Status.State.Pending() || u.Status.DeletedAt.After(now.Add(-b.o.Retention)) {
			return nil
		}
		done = true
		return change{by: journal.System(u.Tenant), action: "user.purge", at: now}.purgeUser(tx, u)
	})
	return done, err
}

// Sweep purges every interval until ctx ends. Failures are logged and tried
// again at the next interval.
func (b *Bridge) Sweep(ctx context.Context, interval time.Duration) {
	t := time.NewTicker(interval)
	defer t.Stop()
	for {
		n, err := b.PurgeDue(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			b.o.Log.LogAttrs(ctx, slog.LevelError, "purge sweep failed", slog.Any("error", err))
		default:
			b.metrics.swept(n, b.o.Now())
			if n > 0 {
				b.o.Log.LogAttrs(ctx, slog.LevelInfo, "purged users whose retention is over", slog.Int("users", n))
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}
