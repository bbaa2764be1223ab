package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"github.com/scimbridge/scimbridge/auth"
	"github.com/scimbridge/scimbridge/storage/sqlite"
)

func migrateCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use: "migrate", Short: "Bring the database's schema up to date (serve does it, too)", Args: cobra.NoArgs,
		Long: "Bring the database's schema up to date, as serve does. A database that does not exist is created, so that\nSCIM clients which rules refer to can be made before the first start. The first start makes the first token.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := o.config()
			if err != nil {
				return err
			}
			path, err := sqlitePath(c.Database)
			if err != nil {
				return err
			}
			if err := checkFolder(path); err != nil {
				return err
			}
			_, statErr := os.Stat(path)
			from, to, err := sqlite.Migrate(cmd.Context(), path)
			if err != nil {
				return databaseError(path, err)
			}
			if err := prepare(cmd.Context(), path); err != nil {
				return databaseError(path, err)
			}
			out := cmd.OutOrStdout()
			switch {
			case errors.Is(statErr, fs.ErrNotExist): // said, since it may have been a mistyped path
				_, err = fmt.Fprintf(out, "%s did not exist; it was created with schema version %d, and with the tenant and the SCIM client %q.\n", path, to, auth.DefaultName)
			case from == to:
				_, err = fmt.Fprintf(out, "%s has schema version %d, the newest this program knows.\n", path, to)
			default:
				_, err = fmt.Fprintf(out, "%s was migrated from schema version %d to %d.\n", path, from, to)
			}
			return err
		},
	}
}

// prepare makes what every database has from the start, so that clients and
// tokens can be made before serve runs for the first time.
func prepare(ctx context.Context, path string) (err error) {
	store, err := sqlite.Open(ctx, sqlite.Options{Path: path, KeepSchema: true, Readers: 2, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return auth.Prepare(ctx, store)
}
