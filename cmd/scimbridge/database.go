package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/scimbridge/scimbridge/auth"
	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
	"github.com/scimbridge/scimbridge/storage/sqlite"
)

// currentDatabase returns the path of the database, which must exist (a mistyped
// path must not make an empty one) and have the program's schema: migrate changes
// that, other commands do not.
func (o *options) currentDatabase(ctx context.Context) (string, error) {
	c, err := o.config()
	if err != nil {
		return "", err
	}
	path, err := sqlitePath(c.Database)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("there is no database at %s (set --database, or make one with: scimbridge serve, or scimbridge migrate): %w", path, err)
	}
	v, err := sqlite.ReadVersions(ctx, path)
	if err != nil {
		return "", databaseError(path, err)
	}
	if v.Database < v.Program {
		return "", fmt.Errorf("database %s has schema version %d and this program needs %d; run: scimbridge migrate", path, v.Database, v.Program)
	}
	return path, nil
}

// withStore runs fn on the current database. A running server is no hindrance.
func (o *options) withStore(ctx context.Context, readOnly bool, fn func(*sqlite.Store) error) (err error) {
	path, err := o.currentDatabase(ctx)
	if err != nil {
		return err
	}
	store, err := sqlite.Open(ctx, sqlite.Options{Path: path, ReadOnly: readOnly, KeepSchema: true, Readers: 2, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return databaseError(path, err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return fn(store)
}

// databaseError says which database it was.
func databaseError(path string, err error) error { return fmt.Errorf("database %s: %w", path, err) }

// checkFolder refuses the path of a database in a folder that does not exist. A
// folder is not made: it is often one that should have been mounted.
func checkFolder(path string) error {
	folder := filepath.Dir(path)
	if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
		return databaseError(path, fmt.Errorf("the folder %s does not exist; create it first: %w", folder, err))
	}
	return nil // whatever else may be wrong shows when it is opened
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
	return storage.Tenant{}, &missing{fmt.Sprintf("there is no tenant %q; scimbridge tenant list shows all", name)}
}

// findClient returns the SCIM client of that name in the tenant, with the tenant.
func findClient(r storage.Reader, tenant, name string) (t storage.Tenant, c storage.Client, err error) {
	if t, err = findTenant(r, tenant); err != nil {
		return t, c, err
	}
	all, err := r.Clients(t.ID)
	if err != nil {
		return t, c, fmt.Errorf("read clients: %w", err)
	}
	for _, c := range all {
		if directory.Fold(c.Name) == directory.Fold(name) {
			return t, c, nil
		}
	}
	return t, c, &missing{fmt.Sprintf("tenant %q has no SCIM client %q; scimbridge client list shows all, and this creates it: %s", t.Name, name, createClient(name, t.Name))}
}

// createClient is the command that creates a SCIM client.
func createClient(name, tenant string) string {
	command := "scimbridge client create " + name
	if directory.Fold(tenant) != defaultTenant {
		command += " --tenant " + tenant
	}
	return command
}

// eachClient calls fn for every SCIM client of every tenant, in order.
func eachClient(r storage.Reader, fn func(storage.Tenant, storage.Client) error) error {
	tenants, err := r.Tenants()
	if err != nil {
		return fmt.Errorf("read tenants: %w", err)
	}
	for _, t := range tenants {
		clients, err := r.Clients(t.ID)
		if err != nil {
			return fmt.Errorf("read clients: %w", err)
		}
		for _, c := range clients {
			if err := fn(t, c); err != nil {
				return err
			}
		}
	}
	return nil
}

// missing is directory.ErrNotFound in words for an operator.
type missing struct{ words string }

func (m *missing) Error() string { return m.words }

func (m *missing) Unwrap() error { return directory.ErrNotFound }

const (
	tenantFlagHelp = "name of the tenant"
	defaultTenant  = auth.DefaultName
)
