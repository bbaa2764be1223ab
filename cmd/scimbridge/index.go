package main

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/scim/schema"
	"github.com/scimbridge/scimbridge/storage/sqlite"
)

func schemaIndexesCommand(o *options) *cobra.Command {
	var drop string
	cmd := &cobra.Command{
		Use: "indexes", Short: "List the configured indexes that the database has, or drop one",
		Long: "List the indexes on attributes that the database has, those of the configuration and those that it lacks.\n" +
			"The latter are kept, and what is unique stays so, until they are dropped. One that the configuration wants\n" +
			"can not be dropped. A running server is no hindrance; one that was started with the index answers filters\n" +
			"that need it with 503 until it is started again.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := o.config()
			if err != nil {
				return err
			}
			r, err := c.schemas()
			if err != nil {
				return err
			}
			path, err := o.currentDatabase(cmd.Context())
			if err != nil {
				return err
			}
			stored, err := sqlite.Indexes(cmd.Context(), path)
			if err != nil {
				return databaseError(path, err)
			}
			if !cmd.Flags().Changed("drop") {
				return printIndexes(cmd.OutOrStdout(), stored, r)
			}
			x, err := findIndex(stored, drop)
			if err != nil {
				return err
			}
			if inConfiguration(r, x.Index) {
				return fmt.Errorf("the configuration wants the index %s: the next start would build it again; take the attribute out of scim.indexes, or its schema out of scim.schemas, first", indexName(x.Index))
			}
			if err := sqlite.DropIndex(cmd.Context(), path, x.Type, x.Attribute, slog.New(slog.DiscardHandler)); err != nil {
				return databaseError(path, err)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "The index %s was dropped.\n", indexName(x.Index))
			return err
		},
	}
	cmd.Flags().StringVar(&drop, "drop", "", "name of an index to remove, as the list shows it")
	return cmd
}

// indexName is what an index is called: resource type and attribute.
func indexName(x directory.Index) string { return x.Type + ":" + x.Attribute }

// inConfiguration reports whether the configuration wants an index of the attribute.
func inConfiguration(r *schema.Registry, x directory.Index) bool {
	for _, w := range r.Indexes() {
		if w.Type == x.Type && w.Attribute == x.Attribute {
			return true
		}
	}
	return false
}

// findIndex finds an index by its name, or by the attribute's full name if it is
// the only one of that.
func findIndex(stored []sqlite.StoredIndex, name string) (found sqlite.StoredIndex, err error) {
	n := 0
	for _, x := range stored {
		if strings.EqualFold(indexName(x.Index), name) {
			return x, nil
		}
		if strings.EqualFold(x.Attribute, name) {
			found, n = x, n+1
		}
	}
	switch n {
	case 0:
		return found, &missing{fmt.Sprintf("the database has no index %q; scimbridge schema indexes shows all", name)}
	case 1:
		return found, nil
	}
	return found, fmt.Errorf("several resource types have an index %q; write the type in front, like %s:%s", name, found.Type, name)
}

func printIndexes(out io.Writer, stored []sqlite.StoredIndex, r *schema.Registry) error {
	if len(stored) == 0 {
		_, err := fmt.Fprintln(out, "The database has no indexes but its own.")
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tVALUES\tCOMPARED\tSTATE\tCONFIGURATION")
	say := func(is bool, yes, no string) string {
		if is {
			return yes
		}
		return no
	}
	for _, x := range stored {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", indexName(x.Index), say(x.Unique, "unique", "any"), say(x.Fold, "in any case", "exactly"),
			say(x.Ready, "ready", "half built"), say(inConfiguration(r, x.Index), "wants it", "lacks it; it is kept"))
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// tellKeptIndexes logs which indexes are there that the configuration lacks:
// they cost something, and the unique ones refuse values.
func tellKeptIndexes(log *slog.Logger, stored []sqlite.StoredIndex, r *schema.Registry) {
	for _, x := range stored {
		if !inConfiguration(r, x.Index) {
			log.Info("an index that is not in this configuration is kept", slog.String("index", indexName(x.Index)), slog.Bool("unique", x.Unique),
				slog.String("to_drop_it", "scimbridge schema indexes --drop "+indexName(x.Index)))
		}
	}
}
