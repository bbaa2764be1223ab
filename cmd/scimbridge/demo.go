package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/scimbridge/scimbridge/auth"
	"github.com/scimbridge/scimbridge/storage"
)

func demoCommand(*options) *cobra.Command {
	var exit bool
	var addr string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Watch Okta and Entra ID pushes become users of four applications",
		Long: "Starts a bridge on a scratch database, replays recorded Okta and Entra ID conversations over HTTP,\n" +
			"and shows, for one person, what each of the four APIs answers through her life. Then it keeps\nserving until interrupted. Nothing outside a temporary folder is touched.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return demo(cmd.Context(), addr, exit, cmd.OutOrStdout())
		},
	}
	cmd.Flags().BoolVar(&exit, "exit", false, "end after the story; status 0 only if every answer was the expected one")
	cmd.Flags().StringVar(&addr, "listen", "127.0.0.1:8080", "loopback address to serve on; another port is taken if it is in use")
	return cmd
}

// demo tells the whole story and then serves, or ends with exit set.
func demo(ctx context.Context, addr string, exit bool, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "scimbridge-demo-")
	if err != nil {
		return fmt.Errorf("make a scratch folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	host, _, err := net.SplitHostPort(addr)
	if err != nil || !loopback(host) {
		return fmt.Errorf("--listen: %q is not a loopback address with a port, like 127.0.0.1:8080", addr)
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		if ln, err = net.Listen("tcp", net.JoinHostPort(host, "0")); err != nil {
			return fmt.Errorf("listen: %w", err)
		}
	}
	admin, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return errors.Join(fmt.Errorf("listen: %w", err), ln.Close())
	}

	cast, err := newCast(host)
	if err != nil {
		return errors.Join(err, ln.Close(), admin.Close())
	}
	defer func() { err = errors.Join(err, cast.close()) }()
	c, err := cast.config("http://"+ln.Addr().String(), dir)
	if err != nil {
		return errors.Join(err, ln.Close(), admin.Close())
	}
	a, err := newApp(ctx, &c, slog.New(slog.DiscardHandler))
	if err != nil {
		return errors.Join(err, ln.Close(), admin.Close())
	}
	defer func() { err = errors.Join(err, a.store.Close()) }()

	serving, stop := context.WithCancel(ctx)
	defer stop()
	served := make(chan error, 1)
	go func() { served <- a.run(serving, listeners{main: ln, admin: admin}) }()

	s := &story{app: a, cast: cast, base: c.PublicURL, out: out, client: &http.Client{Timeout: 10 * time.Second}}
	err = s.tell(ctx)
	if err == nil && !exit {
		s.invite(admin.Addr().String())
		select {
		case <-ctx.Done():
		case err = <-served:
			return err
		}
	}
	stop()
	return errors.Join(err, <-served)
}

// client makes a SCIM client in a tenant of its own (or in the default one) and
// returns its token.
func (a *app) newClient(ctx context.Context, tenant, name string) (token string, err error) {
	var cl storage.Client
	err = a.store.Update(ctx, func(tx storage.Tx) error {
		t, err := findTenant(tx, tenant)
		if err != nil {
			t = storage.Tenant{Name: tenant, Created: time.Now().UTC()}
			if err := tx.PutTenant(&t); err != nil {
				return err
			}
		}
		cl = storage.Client{Tenant: t.ID, Name: name, Mode: storage.Tolerant, Created: time.Now().UTC()}
		return tx.PutClient(&cl)
	})
	if err != nil {
		return "", fmt.Errorf("client %s of %s: %w", name, tenant, err)
	}
	token, _, err = (&auth.Tokens{Store: a.store}).Issue(ctx, cl.ID, time.Now().Add(24*time.Hour), auth.ScopeAll)
	return token, err
}
