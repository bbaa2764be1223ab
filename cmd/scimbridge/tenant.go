package main

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
	"github.com/scimbridge/scimbridge/storage/sqlite"
)

func tenantCommand(o *options) *cobra.Command {
	return commandGroup("tenant", "Create and list tenants", tenantCreateCommand(o), tenantListCommand(o))
}

func tenantCreateCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use: "create NAME", Short: "Create a tenant", Args: oneArg("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			name, err := checkName(args[0])
			if err != nil {
				return err
			}
			return o.withStore(cmd.Context(), false, func(s *sqlite.Store) error {
				err := s.Update(cmd.Context(), func(tx storage.Tx) error {
					return tx.PutTenant(&storage.Tenant{Name: name, Created: time.Now().UTC()})
				})
				if taken(err) {
					return fmt.Errorf("there is a tenant %q already", name)
				}
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "Tenant %s created. Next: scimbridge client create NAME --tenant %s\nA running server serves it over SCIM at once, and with its own settings after a restart.\n", name, name)
				return err
			})
		},
	}
}

func tenantListCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List tenants", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.withStore(cmd.Context(), true, func(s *sqlite.Store) error {
				w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
				fmt.Fprintln(w, "NAME\tUSERS\tGROUPS\tCREATED")
				err := s.View(cmd.Context(), func(r storage.Reader) error {
					tenants, err := r.Tenants()
					if err != nil {
						return fmt.Errorf("read tenants: %w", err)
					}
					for _, t := range tenants {
						users, err := r.CountUsers(t.ID, directory.Query{})
						if err != nil {
							return fmt.Errorf("count users: %w", err)
						}
						groups, err := r.CountGroups(t.ID, directory.Query{})
						if err != nil {
							return fmt.Errorf("count groups: %w", err)
						}
						fmt.Fprintf(w, "%s\t%d\t%d\t%s\n", t.Name, users, groups, t.Created.Format("2006-01-02"))
					}
					return nil
				})
				return errors.Join(err, w.Flush())
			})
		},
	}
}

// taken reports whether a name could not be had because another has it.
func taken(err error) bool {
	var c *directory.ConflictError
	return errors.As(err, &c)
}

// checkName holds names of tenants and clients to what reads well in a log
// line, a configuration key and a metric.
func checkName(name string) (string, error) {
	ok := name != "" && len(name) <= 64
	for _, r := range name {
		ok = ok && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.", r))
	}
	if !ok {
		return "", fmt.Errorf("%q is not a name: use up to 64 letters, digits, dots, hyphens and underscores", name)
	}
	return name, nil
}
