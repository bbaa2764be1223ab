package provision

import (
	"context"
	"fmt"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/mapping"
	"github.com/scimbridge/scimbridge/storage"
)

// AccountsAfter is Accounts for the users created after the one that ref names,
// so that who reads page by page pays for each user once.
// directory.ErrNotFound, and no call of fn, if there is no such user any more.
func (b *Bridge) AccountsAfter(ctx context.Context, tenant directory.TenantID, ref Ref, fn func(mapping.Account) bool) error {
	var after int64
	if err := b.store.View(ctx, func(r storage.Reader) error {
		var u *directory.User
		var err error
		if ref.ID.IsZero() {
			u, err = r.FindUser(tenant, ref.Key)
		} else {
			u, err = r.User(tenant, ref.ID, false)
		}
		if err != nil {
			return fmt.Errorf("find user: %w", err)
		}
		after = u.Seq
		return nil
	}); err != nil {
		return err
	}
	// Should the user be purged now, its place in the order stays what it was.
	return b.accountsBehind(ctx, tenant, after, fn)
}
