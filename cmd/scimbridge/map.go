package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/mapping"
	"github.com/scimbridge/scimbridge/provision"
	"github.com/scimbridge/scimbridge/storage"
	"github.com/scimbridge/scimbridge/storage/sqlite"
)

func mapCommand(o *options) *cobra.Command {
	return commandGroup("map", "Check the mapping rules, or explain what they make of a user",
		mapCheckCommand(o), mapExplainCommand(o))
}

func mapCheckCommand(o *options) *cobra.Command {
	var tenant string
	cmd := &cobra.Command{
		Use:     "check [RULES.yaml ...]",
		Short:   "Check rules files: those named, or those of the configuration",
		Long:    "Check rules files and the settings they depend on. Files named on the command line are checked\nagainst the settings of one tenant. Every mistake is printed with its line and column.",
		Example: "  scimbridge map check rules.yaml",
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := o.config()
			if err != nil {
				return err
			}
			if len(args) == 0 {
				if cmd.Flags().Changed("tenant") {
					return errors.New("--tenant goes with files; without any, those of all tenants of the configuration are checked")
				}
				if len(c.Tenants) == 0 {
					_, err := fmt.Fprintln(cmd.OutOrStdout(), "The configuration names no rules file; the naming convention applies to all tenants.")
					return err
				}
			}
			wrong := 0
			check := func(tenant, what string, build func(clients map[string]directory.ClientID) error) {
				if err := o.checkRules(cmd.Context(), tenant, build); err != nil {
					wrong++
					fmt.Fprintln(cmd.ErrOrStderr(), err)
					return
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s: ok\n", what)
			}
			if len(args) == 0 {
				for _, name := range slices.Sorted(maps.Keys(c.Tenants)) {
					check(name, "tenant "+name, func(clients map[string]directory.ClientID) error {
						_, err := c.mapper(name, clients)
						return err
					})
				}
			}
			settings, name := c.tenant(tenant)
			for _, file := range args {
				check(name, file, func(clients map[string]directory.ClientID) error {
					rules, err := readRules(file)
					if err != nil {
						return err
					}
					_, err = settings.mapper(name, rules, clients)
					return err
				})
			}
			if wrong > 0 {
				return errors.New("the rules have mistakes")
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&tenant, "tenant", defaultTenant, tenantFlagHelp+" whose settings the files are checked against")
	return cmd
}

// checkRules checks the rules and settings of one tenant, of which build makes
// the mapper. Mistakes in a rules file come as that file's lines and columns, for
// editors to jump to.
func (o *options) checkRules(ctx context.Context, tenant string, build func(map[string]directory.ClientID) error) error {
	clients, err := o.knownClients(ctx, tenant)
	if err != nil {
		return err
	}
	err = build(clients)
	var mistakes mapping.RuleErrors
	if errors.As(err, &mistakes) {
		return mistakes
	}
	return err
}

func mapExplainCommand(o *options) *cobra.Command {
	var tenant string
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "explain USER",
		Short:   "Show for every field and role of a user's account where it came from",
		Long:    "Show for every field and role of a user's account where it came from.\nUSER is a userName, an id or an email address.",
		Example: "  scimbridge map explain johnny.kingston@example.com",
		Args:    oneArg("USER"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := o.config()
			if err != nil {
				return err
			}
			return o.withStore(cmd.Context(), true, func(s *sqlite.Store) error {
				t, clients, err := tenantClients(cmd.Context(), s, tenant)
				if err != nil {
					return err
				}
				m, err := c.mapper(t.Name, clients)
				if err != nil {
					return err
				}
				bridge := provision.New(s, provision.Options{Mapper: func(directory.TenantID) *mapping.Mapper { return m }})
				e, err := explain(cmd.Context(), bridge, t.ID, args[0])
				if err != nil {
					return err
				}
				if asJSON {
					enc := json.NewEncoder(cmd.OutOrStdout())
					enc.SetEscapeHTML(false)
					return enc.Encode(e)
				}
				return e.Table(cmd.OutOrStdout())
			})
		},
	}
	cmd.Flags().StringVar(&tenant, "tenant", defaultTenant, tenantFlagHelp)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// explain tries the ways in which an operator may name a user.
func explain(ctx context.Context, b *provision.Bridge, tenant directory.TenantID, who string) (mapping.Explanation, error) {
	var refs []provision.Ref
	if id, err := directory.ParseID(who); err == nil {
		refs = append(refs, provision.Ref{ID: id})
	}
	refs = append(refs,
		provision.Ref{Key: storage.UserKey{UserName: who}},
		provision.Ref{Key: storage.UserKey{Email: who}},
		provision.Ref{Key: storage.UserKey{Released: who}})
	for _, ref := range refs {
		e, err := b.Explain(ctx, tenant, ref)
		if !errors.Is(err, directory.ErrNotFound) {
			return e, err
		}
	}
	return mapping.Explanation{}, fmt.Errorf("there is no user %q: no userName, id or email address of the tenant's users is that", who)
}

// tenantClients returns a tenant with its SCIM clients by name.
func tenantClients(ctx context.Context, s storage.Store, name string) (t storage.Tenant, clients map[string]directory.ClientID, err error) {
	err = s.View(ctx, func(r storage.Reader) error {
		if t, err = findTenant(r, name); err != nil {
			return err
		}
		all, err := r.Clients(t.ID)
		clients = clientNames(all, t.ID)
		return err
	})
	return t, clients, err
}

// knownClients returns the clients that rules may name. Rules can be checked
// where there is no database, or not yet the tenant, and then no client is known.
func (o *options) knownClients(ctx context.Context, tenant string) (clients map[string]directory.ClientID, err error) {
	err = o.withStore(ctx, true, func(s *sqlite.Store) (err error) {
		_, clients, err = tenantClients(ctx, s, tenant)
		return err
	})
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, directory.ErrNotFound) {
		return nil, nil
	}
	return clients, err
}
