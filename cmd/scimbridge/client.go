package main

import (
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/scimbridge/scimbridge/storage"
	"github.com/scimbridge/scimbridge/storage/sqlite"
)

func clientCommand(o *options) *cobra.Command {
	return commandGroup("client", "Create, list and change SCIM clients (one for each identity provider)",
		clientCreateCommand(o), clientListCommand(o), clientSetCommand(o))
}

func clientListCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List SCIM clients", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.withStore(cmd.Context(), true, func(s *sqlite.Store) error {
				w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
				fmt.Fprintln(w, "TENANT\tNAME\tMODE\tDUPLICATE GROUP NAMES\tCREATED")
				err := s.View(cmd.Context(), func(r storage.Reader) error {
					return eachClient(r, func(t storage.Tenant, c storage.Client) error {
						_, err := fmt.Fprintf(w, "%s\t%s\t%s\t%t\t%s\n", t.Name, c.Name, c.Mode, c.DuplicateGroupNames, c.Created.Format("2006-01-02"))
						return err
					})
				})
				return errors.Join(err, w.Flush())
			})
		},
	}
}

// clientSettings are what an operator says of a client.
type clientSettings struct {
	tenant, mode string
	duplicates   bool
}

func (c *clientSettings) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&c.tenant, "tenant", defaultTenant, tenantFlagHelp)
	f.StringVar(&c.mode, "mode", string(storage.Tolerant), "tolerant, strict or interop")
	f.BoolVar(&c.duplicates, "duplicate-group-names", false, "let two groups have the same displayName")
}

// apply puts the settings whose flags were given into a client.
func (c *clientSettings) apply(cmd *cobra.Command, to *storage.Client) error {
	if cmd.Flags().Changed("mode") {
		switch m := storage.Mode(c.mode); m {
		case storage.Tolerant, storage.Strict, storage.Interop:
			to.Mode = m
		default:
			return fmt.Errorf("--mode: %q is none of tolerant, strict, interop", c.mode)
		}
	}
	if cmd.Flags().Changed("duplicate-group-names") {
		to.DuplicateGroupNames = c.duplicates
	}
	return nil
}

func clientCreateCommand(o *options) *cobra.Command {
	var settings clientSettings
	cmd := &cobra.Command{
		Use: "create NAME", Short: "Create a SCIM client", Args: oneArg("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			name, err := checkName(args[0])
			if err != nil {
				return err
			}
			return o.withStore(cmd.Context(), false, func(s *sqlite.Store) error {
				var t storage.Tenant
				var c storage.Client
				err := s.Update(cmd.Context(), func(tx storage.Tx) (err error) {
					if t, err = findTenant(tx, settings.tenant); err != nil {
						return err
					}
					c = storage.Client{Tenant: t.ID, Name: name, Mode: storage.Tolerant, Created: time.Now().UTC()}
					if err := settings.apply(cmd, &c); err != nil {
						return err
					}
					return tx.PutClient(&c)
				})
				if taken(err) {
					return fmt.Errorf("tenant %q has a SCIM client %q already; change it with: scimbridge client set %s --tenant %s", t.Name, name, name, t.Name)
				}
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%sNext: scimbridge token create --client %s --tenant %s\n", describe(c, t), c.Name, t.Name)
				return err
			})
		},
	}
	settings.flags(cmd)
	return cmd
}

func clientSetCommand(o *options) *cobra.Command {
	var settings clientSettings
	cmd := &cobra.Command{
		Use: "set NAME", Short: "Change a SCIM client; a running server obeys from the next request on", Args: oneArg("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("mode") && !cmd.Flags().Changed("duplicate-group-names") {
				return errors.New("nothing to change: give --mode or --duplicate-group-names")
			}
			return o.withStore(cmd.Context(), false, func(s *sqlite.Store) error {
				var t storage.Tenant
				var c storage.Client
				err := s.Update(cmd.Context(), func(tx storage.Tx) (err error) {
					if t, c, err = findClient(tx, settings.tenant, args[0]); err != nil {
						return err
					}
					if err := settings.apply(cmd, &c); err != nil {
						return err
					}
					return tx.PutClient(&c)
				})
				if err != nil {
					return err
				}
				_, err = fmt.Fprint(cmd.OutOrStdout(), describe(c, t))
				return err
			})
		},
	}
	settings.flags(cmd)
	cmd.Flags().Lookup("mode").DefValue = "" // what is not given stays as it is
	return cmd
}

func describe(c storage.Client, t storage.Tenant) string {
	return fmt.Sprintf("SCIM client %s of tenant %s: mode %s, duplicate group names %t.\n", c.Name, t.Name, c.Mode, c.DuplicateGroupNames)
}
