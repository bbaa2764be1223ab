package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/scimbridge/scimbridge/storage/sqlite"
)

func migrateCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use: "migrate", Short: "Bring the database's schema up to date (serve does it, too)", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := o.config()
			if err != nil {
				return err
			}
			path, err := sqlitePath(c.Database)
			if err != nil {
				return err
			}
			_, statErr := os.Stat(path)
			from, to, err := sqlite.Migrate(cmd.Context(), path)
			if err != nil {
				return fmt.Errorf("database %s: %w", path, err)
			}
			out := cmd.OutOrStdout()
			switch {
			case errors.Is(statErr, fs.ErrNotExist): // said, since it may have been a mistyped path
				_, err = fmt.Fprintf(out, "%s did not exist; it was created with schema version %d.\n", path, to)
			case from == to:
				_, err = fmt.Fprintf(out, "%s has schema version %d, the newest this program knows.\n", path, to)
			default:
				_, err = fmt.Fprintf(out, "%s was migrated from schema version %d to %d.\n", path, from, to)
			}
			return err
		},
	}
}
