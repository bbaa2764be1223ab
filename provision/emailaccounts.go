package provision

import (
	"context"
	"fmt"
	"slices"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/mapping"
	"github.com/scimbridge/scimbridge/storage"
)

// maxEmailAccounts is how many holders of one address AccountsByEmail looks at.
// Identity providers let any number of users share an address; an account costs
// a few reads, and who can send a lookup should not be able to order thousands.
const maxEmailAccounts = 100

// AccountsByEmail returns the accounts of the users that have the address as one
// of theirs, first those whose deletion is not pending, then the others, each in
// order of creation; empty if there is none. Of very many holders only the 100
// created first are returned.
//
// An application knows its users by one address each, and which one that is only
// the account tells: an application that looks for a user takes the first
// account that shows the address. A lookup by storage.UserKey.Email does not do
// for that, because it returns one holder, to whom the address may be a second
// one.
func (b *Bridge) AccountsByEmail(ctx context.Context, tenant directory.TenantID, email string) ([]mapping.Account, error) {
	q := directory.Query{
		Where:   directory.Term{Field: directory.FieldEmail, Text: email},
		Deleted: true, WithGroups: true, Limit: maxEmailAccounts,
	}
	var accounts []mapping.Account
	err := b.store.View(ctx, func(r storage.Reader) error {
		var err error
		if accounts, _, err = b.accountsOf(r, tenant, q); err != nil {
			return fmt.Errorf("look up email: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(accounts, func(a, b mapping.Account) int {
		return pendingRank(a) - pendingRank(b)
	})
	return accounts, nil
}

// pendingRank sorts accounts whose deletion is pending behind the others.
func pendingRank(a mapping.Account) int {
	if a.Status.State.Pending() {
		return 1
	}
	return 0
}
