package provision

import (
	"context"
	"fmt"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/storage"
)

// Record appends a journal entry of something that changed nothing, such as a
// refused call that the application's contract wants logged.
func (b *Bridge) Record(ctx context.Context, by journal.Actor, action string, resource directory.ID, note any) error {
	return b.store.Update(ctx, func(tx storage.Tx) error {
		return change{by: by, action: action, at: b.now(), note: note}.event(tx, resource)
	})
}

// Journal calls fn for each entry of the tenant with Seq > after, oldest first,
// until fn returns false.
func (b *Bridge) Journal(ctx context.Context, tenant directory.TenantID, after int64, fn func(*journal.Entry) bool) error {
	return b.store.View(ctx, func(r storage.Reader) error {
		if err := r.Journal(tenant, after, fn); err != nil {
			return fmt.Errorf("read journal: %w", err)
		}
		return nil
	})
}
