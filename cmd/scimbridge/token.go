package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/scimbridge/scimbridge/auth"
	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
	"github.com/scimbridge/scimbridge/storage/sqlite"
)

func tokenCommand(o *options) *cobra.Command {
	return commandGroup("token", "Create, list and revoke the bearer tokens of SCIM clients",
		tokenCreateCommand(o), tokenListCommand(o), tokenRevokeCommand(o))
}

// tokenLine is a token as --json prints it. Only create knows the secret.
type tokenLine struct {
	ID      int64      `json:"id"`
	Tenant  string     `json:"tenant"`
	Client  string     `json:"client"`
	Token   string     `json:"token,omitempty"`
	Hint    string     `json:"hint"`
	Scope   string     `json:"scope"`
	Created time.Time  `json:"created"`
	Expires time.Time  `json:"expires"`
	Revoked *time.Time `json:"revoked,omitempty"`
}

func newTokenLine(t storage.Token, tenant, client string) tokenLine {
	l := tokenLine{ID: t.ID, Tenant: tenant, Client: client, Hint: t.Hint, Scope: t.Scope, Created: t.Created, Expires: t.Expires}
	if !t.Revoked.IsZero() {
		l.Revoked = &t.Revoked
	}
	return l
}

func tokenCreateCommand(o *options) *cobra.Command {
	var client, tenant, expires, scope string
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "create --client NAME",
		Short:   "Create a token; its secret is printed this once",
		Example: "  scimbridge token create --client okta --expires 90d",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			lifetime, err := parseDuration(expires)
			if err != nil {
				return fmt.Errorf("--expires: %w", err)
			}
			if lifetime == 0 {
				return errors.New("--expires: a token must expire; write for example 365d")
			}
			if scope, err = auth.ParseScope(scope); err != nil {
				return fmt.Errorf("--scope: %w", err)
			}
			return o.withStore(cmd.Context(), false, func(s *sqlite.Store) error {
				var of storage.Tenant
				var c storage.Client
				err := s.View(cmd.Context(), func(r storage.Reader) (err error) {
					if client == "" {
						return clientMissing(r, tenant)
					}
					of, c, err = findClient(r, tenant, client)
					return err
				})
				if err != nil {
					return err
				}
				secret, t, err := (&auth.Tokens{Store: s}).Issue(cmd.Context(), c.ID, time.Now().Add(lifetime), scope)
				if err != nil {
					return err
				}
				if asJSON {
					line := newTokenLine(t, of.Name, c.Name)
					line.Token = secret
					return json.NewEncoder(cmd.OutOrStdout()).Encode(line)
				}
				if _, err := fmt.Fprintln(cmd.OutOrStdout(), secret); err != nil {
					return fmt.Errorf("token %d was made but could not be shown; revoke it: %w", t.ID, err)
				}
				fmt.Fprintf(cmd.ErrOrStderr(), "Token %d of client %s, good until %s. It is shown only this once.\n", t.ID, c.Name, t.Expires.Format("2006-01-02"))
				return nil
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&client, "client", "", "name of the SCIM client the token is for (required)")
	f.StringVar(&tenant, "tenant", defaultTenant, tenantFlagHelp)
	f.StringVar(&expires, "expires", "365d", "how long the token is good")
	f.StringVar(&scope, "scope", "", `what the token may do: all, or "users:read groups:read", or these and users:write, groups:write, resources:write`)
	f.BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// clientMissing says which clients --client could name.
func clientMissing(r storage.Reader, tenant string) error {
	t, err := findTenant(r, tenant)
	if err != nil {
		return err
	}
	clients, err := r.Clients(t.ID)
	if err != nil {
		return fmt.Errorf("read clients: %w", err)
	}
	if len(clients) == 0 {
		return fmt.Errorf("--client is missing, and tenant %q has no SCIM client yet; create one with: %s", t.Name, createClient("NAME", t.Name))
	}
	names := make([]string, len(clients))
	for i, c := range clients {
		names[i] = c.Name
	}
	return fmt.Errorf("--client is missing; tenant %q has: %s", t.Name, strings.Join(names, ", "))
}

func tokenListCommand(o *options) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "List tokens, without their secrets", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.withStore(cmd.Context(), true, func(s *sqlite.Store) error {
				lines, err := tokenLines(cmd.Context(), s)
				if err != nil {
					return err
				}
				if asJSON {
					enc := json.NewEncoder(cmd.OutOrStdout())
					for _, l := range lines {
						if err := enc.Encode(l); err != nil {
							return err
						}
					}
					return nil
				}
				w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
				fmt.Fprintln(w, "ID\tTENANT\tCLIENT\tENDS IN\tSCOPE\tCREATED\tEXPIRES\tSTATE")
				for _, l := range lines {
					state, scope := "live", l.Scope
					switch {
					case l.Revoked != nil:
						state = "revoked " + l.Revoked.Format("2006-01-02")
					case time.Now().After(l.Expires):
						state = "expired"
					}
					if scope == "" {
						scope = "all"
					}
					fmt.Fprintf(w, "%d\t%s\t%s\t…%s\t%s\t%s\t%s\t%s\n", l.ID, l.Tenant, l.Client, l.Hint, scope,
						l.Created.Format("2006-01-02"), l.Expires.Format("2006-01-02"), state)
				}
				return w.Flush()
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON object for each token")
	return cmd
}

func tokenLines(ctx context.Context, s *sqlite.Store) (lines []tokenLine, err error) {
	err = s.View(ctx, func(r storage.Reader) error {
		return eachClient(r, func(t storage.Tenant, c storage.Client) error {
			tokens, err := r.Tokens(c.ID)
			if err != nil {
				return fmt.Errorf("read tokens: %w", err)
			}
			for _, token := range tokens {
				lines = append(lines, newTokenLine(token, t.Name, c.Name))
			}
			return nil
		})
	})
	return lines, err
}

func tokenRevokeCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use: "revoke ID", Short: "Revoke a token; its next request is refused", Args: oneArg("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil {
				return fmt.Errorf("%q is not the number of a token; scimbridge token list shows them", args[0])
			}
			return o.withStore(cmd.Context(), false, func(s *sqlite.Store) error {
				_, err := (&auth.Tokens{Store: s}).Revoke(cmd.Context(), id)
				if errors.Is(err, directory.ErrNotFound) {
					return fmt.Errorf("there is no token %d; scimbridge token list shows them", id)
				}
				if err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "Token %d is revoked.\n", id)
				return nil
			})
		},
	}
}
