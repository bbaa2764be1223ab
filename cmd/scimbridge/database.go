package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/scimbridge/scimbridge/auth"
	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
	"github.com/scimbridge/scimbridge/storage/sqlite"
)

// withStore runs fn on the database, which must exist: a mistyped path must
// not make an empty one. A running server is no hindrance. The schema is left
// as it is; migrate changes it.
func (o *options) withStore(ctx context.Context, readOnly bool, fn func(*sqlite.Store) error) (err error) {
	c, err := o.config()
	if err != nil {
		return err
	}
	path, err := sqlitePath(c.Database)
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("there is no database at %s (set --database, or start one with: scimbridge serve): %w", path, err)
	}
	store, err := sqlite.Open(ctx, sqlite.Options{Path: path, ReadOnly: readOnly, KeepSchema: true, Readers: 2, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return fn(store)
}

// findTenant returns the tenant of that name.
func findTenant(r storage.Reader, name string) (storage.Tenant, error) {
	all, err := r.Tenants()
	if err != nil {
		return storage.Tenant{}, fmt.Errorf("read tenants: %w", err)
	}
	for _, t := range all {
		if directory.Fold(t.Name) == directory.Fold(name) {
			return t, nil
		}
	}
	return storage.Tenant{}, fmt.Errorf("there is no tenant %q; scimbridge tenant list shows all", name)
}

// findClient returns the SCIM client of that name in the tenant.
func findClient(r storage.Reader, tenant, name string) (storage.Client, error) {
	t, err := findTenant(r, tenant)
	if err != nil {
		return storage.Client{}, err
	}
	all, err := r.Clients(t.ID)
	if err != nil {
		return storage.Client{}, fmt.Errorf("read clients: %w", err)
	}
	for _, c := range all {
		if directory.Fold(c.Name) == directory.Fold(name) {
			return c, nil
		}
	}
	return storage.Client{}, fmt.Errorf("tenant %q has no SCIM client %q; scimbridge client list shows all", t.Name, name)
}

const tenantFlagHelp = "name of the tenant"

var defaultTenant = auth.DefaultName
