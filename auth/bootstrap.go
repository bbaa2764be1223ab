package auth

import (
	"context"
	"fmt"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
)

const (
	// DefaultName is the name of the tenant and of the SCIM client that exist
	// from the start.
	DefaultName = "default"
	// BootstrapLifetime is how long the first token is good for.
	BootstrapLifetime = 365 * 24 * time.Hour
)

// Prepare sees to it that the tenant and the SCIM client named "default" exist.
// It makes no token. It may be called as Bootstrap may.
func Prepare(ctx context.Context, store storage.Store) error {
	now := steadyNow()
	err := store.Update(ctx, func(tx storage.Tx) error {
		tenant, err := defaultTenant(tx, now)
		if err != nil {
			return err
		}
		_, err = defaultClient(tx, tenant.ID, now)
		return err
	})
	if err != nil {
		return fmt.Errorf("preparing the database: %w", err)
	}
	return nil
}

// Bootstrap does what Prepare does, and if the client "default" never had a token, gives it one: given, or if that
// is empty, a new one, whose secret it returns; created says that it did. The
// secret of a given token is not returned, so that it is not printed.
//
// It may be called at every start, and by several processes at once: one of
// them makes the token. A given token that can not be one (see CheckGiven) is
// an error even when none is needed. A client whose tokens were all revoked
// gets no new one.
func Bootstrap(ctx context.Context, store storage.Store, given string) (created bool, secret string, err error) {
	first := given
	if given == "" {
		first = newSecret()
	} else if err := CheckGiven(given); err != nil {
		return false, "", fmt.Errorf("the bootstrap token is refused: %w", err)
	}
	now := steadyNow()
	err = store.Update(ctx, func(tx storage.Tx) error {
		created = false
		tenant, err := defaultTenant(tx, now)
		if err != nil {
			return err
		}
		client, err := defaultClient(tx, tenant.ID, now)
		if err != nil {
			return err
		}
		tokens, err := tx.Tokens(client.ID)
		if err != nil || len(tokens) > 0 {
			return err
		}
		token := newToken(client.ID, first, now, now.Add(BootstrapLifetime), ScopeAll)
		created = true
		return putToken(tx, &token, client, now)
	})
	if err != nil {
		return false, "", fmt.Errorf("preparing the database: %w", err)
	}
	if created && given == "" {
		secret = first
	}
	return created, secret, nil
}

func defaultTenant(tx storage.Tx, now time.Time) (storage.Tenant, error) {
	all, err := tx.Tenants()
	if err != nil {
		return storage.Tenant{}, err
	}
	for _, t := range all {
		if directory.Fold(t.Name) == DefaultName {
			return t, nil
		}
	}
	t := storage.Tenant{Name: DefaultName, Created: now}
	return t, tx.PutTenant(&t)
}

func defaultClient(tx storage.Tx, tenant directory.TenantID, now time.Time) (storage.Client, error) {
	all, err := tx.Clients(tenant)
	if err != nil {
		return storage.Client{}, err
	}
	for _, c := range all {
		if directory.Fold(c.Name) == DefaultName {
			return c, nil
		}
	}
	c := storage.Client{Tenant: tenant, Name: DefaultName, Mode: storage.Tolerant, Created: now}
	return c, tx.PutClient(&c)
}
