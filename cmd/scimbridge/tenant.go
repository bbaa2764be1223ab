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
	cmd := &cobra.Command{Use: "tenant", Short: "Create and list tenants"}
	cmd.AddCommand(&cobra.Command{
		Use: "create NAME", Short: "Create a tenant", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			name, err := checkName(args[0])
			if err != nil {
				return err
			}
			return o.withStore(cmd.Context(), false, func(s *sqlite.Store) error {
				t := storage.Tenant{Name: name, Created: time.Now().UTC()}
				err := s.Update(cmd.Context(), func(tx storage.Tx) error { t.ID = 0; return tx.PutTenant(&t) })
				if taken(err) {
					return fmt.Errorf("there is a tenant %q already", name)
				}
				if err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "Tenant %s created. Next: scimbridge client create NAME --tenant %s\nA running server serves it over SCIM at once, and with its own settings after a restart.\n", name, name)
				return nil
			})
		},
	}, &cobra.Command{
		Use: "list", Short: "List tenants", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.withStore(cmd.Context(), true, func(s *sqlite.Store) error {
				w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
				fmt.Fprintln(w, "NAME\tUSERS\tGROUPS\tCREATED")
				err := s.View(cmd.Context(), func(r storage.Reader) error {
					tenants, err := r.Tenants()
					if err != nil {
						return err
					}
					for _, t := range tenants {
						users, err := r.CountUsers(t.ID, directory.Query{})
						if err != nil {
							return err
						}
						groups, err := r.CountGroups(t.ID, directory.Query{})
						if err != nil {
							return err
						}
						fmt.Fprintf(w, "%s\t%d\t%d\t%s\n", t.Name, users, groups, t.Created.Format("2006-01-02"))
					}
					return nil
				})
				return errors.Join(err, w.Flush())
			})
		},
	})
	return cmd
}

func clientCommand(o *options) *cobra.Command {
	cmd := &cobra.Command{Use: "client", Short: "Create, list and change SCIM clients (one for each identity provider)"}
	cmd.AddCommand(clientPutCommand(o, true), clientPutCommand(o, false), &cobra.Command{
		Use: "list", Short: "List SCIM clients", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.withStore(cmd.Context(), true, func(s *sqlite.Store) error {
				w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
				fmt.Fprintln(w, "TENANT\tNAME\tMODE\tDUPLICATE GROUP NAMES\tCREATED")
				err := s.View(cmd.Context(), func(r storage.Reader) error {
					tenants, err := r.Tenants()
					if err != nil {
						return err
					}
					for _, t := range tenants {
						clients, err := r.Clients(t.ID)
						if err != nil {
							return err
						}
						for _, c := range clients {
							fmt.Fprintf(w, "%s\t%s\t%s\t%t\t%s\n", t.Name, c.Name, c.Mode, c.DuplicateGroupNames, c.Created.Format("2006-01-02"))
						}
					}
					return nil
				})
				return errors.Join(err, w.Flush())
			})
		},
	})
	return cmd
}

// clientPutCommand is client create and, for one that exists, client set.
func clientPutCommand(o *options, create bool) *cobra.Command {
	var tenant, mode string
	var duplicates bool
	cmd := &cobra.Command{
		Use: "set NAME", Short: "Change a SCIM client", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch storage.Mode(mode) {
			case storage.Tolerant, storage.Strict, storage.Interop:
			default:
				return fmt.Errorf("--mode: %q is none of tolerant, strict, interop", mode)
			}
			name, err := checkName(args[0])
			if err != nil {
				return err
			}
			return o.withStore(cmd.Context(), false, func(s *sqlite.Store) error {
				var c storage.Client
				err := s.Update(cmd.Context(), func(tx storage.Tx) error {
					t, err := findTenant(tx, tenant)
					if err != nil {
						return err
					}
					c = storage.Client{Tenant: t.ID, Name: name, Mode: storage.Tolerant, Created: time.Now().UTC()}
					if !create {
						if c, err = findClient(tx, tenant, name); err != nil {
							return err
						}
					}
					if create || cmd.Flags().Changed("mode") {
						c.Mode = storage.Mode(mode)
					}
					if create || cmd.Flags().Changed("duplicate-group-names") {
						c.DuplicateGroupNames = duplicates
					}
					return tx.PutClient(&c)
				})
				if taken(err) {
					return fmt.Errorf("tenant %q has a SCIM client %q already; change it with: scimbridge client set %s", tenant, name, name)
				}
				if err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "SCIM client %s of tenant %s: mode %s, duplicate group names %t.\n", c.Name, tenant, c.Mode, c.DuplicateGroupNames)
				if create {
					fmt.Fprintf(cmd.OutOrStdout(), "Next: scimbridge token create --client %s --tenant %s\n", c.Name, tenant)
				}
				return nil
			})
		},
	}
	if create {
		cmd.Use, cmd.Short = "create NAME", "Create a SCIM client"
	}
	f := cmd.Flags()
	f.StringVar(&tenant, "tenant", defaultTenant, tenantFlagHelp)
	f.StringVar(&mode, "mode", string(storage.Tolerant), "tolerant, strict or interop")
	f.BoolVar(&duplicates, "duplicate-group-names", false, "let two groups have the same displayName")
	return cmd
}

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
