package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/scimbridge/scimbridge/internal/web"
)

// sweepInterval is how often the purge looks for users whose retention is over.
const sweepInterval = 5 * time.Minute

func serveCommand(o *options) *cobra.Command {
	var listen, adminListen, public, cert, key string
	var behindProxy bool
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the bridge",
		Long:  "Run the bridge. An empty database is created, with the tenant and the SCIM client \"default\"\nand a first token, which is printed once.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := o.config()
			if err != nil {
				return err
			}
			for flag, p := range map[string]struct {
				from string
				to   *string
			}{
				"listen": {listen, &c.Listen}, "admin-listen": {adminListen, &c.AdminListen}, "public-url": {public, &c.PublicURL},
				"tls-cert": {cert, &c.TLSCert}, "tls-key": {key, &c.TLSKey},
			} {
				if cmd.Flags().Changed(flag) {
					*p.to = p.from
				}
			}
			if cmd.Flags().Changed("behind-proxy") {
				c.BehindProxy = behindProxy
			}
			return serve(cmd.Context(), &c, o.getenv("SCIMBRIDGE_BOOTSTRAP_TOKEN"), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.StringVar(&listen, "listen", "", "address for identity providers and applications (default 127.0.0.1:8080; SCIMBRIDGE_LISTEN)")
	f.StringVar(&adminListen, "admin-listen", "", "address for metrics and health checks (default 127.0.0.1:9180; SCIMBRIDGE_ADMIN_LISTEN)")
	f.StringVar(&public, "public-url", "", "where clients find the bridge, like https://bridge.example (SCIMBRIDGE_PUBLIC_URL)")
	f.StringVar(&cert, "tls-cert", "", "certificate chain in PEM (SCIMBRIDGE_TLS_CERT)")
	f.StringVar(&key, "tls-key", "", "its private key in PEM (SCIMBRIDGE_TLS_KEY)")
	f.BoolVar(&behindProxy, "behind-proxy", false, "a proxy in front does TLS: allow plain HTTP on any address (SCIMBRIDGE_BEHIND_PROXY)")
	return cmd
}

// serve runs a bridge until ctx ends, then lets requests in flight finish.
func serve(ctx context.Context, c *Config, bootstrapToken string, out, errOut io.Writer) (err error) {
	if err := c.check(); err != nil {
		return err
	}
	log, err := logger(c.Log, errOut)
	if err != nil {
		return err
	}
	a, err := newApp(ctx, c, log, bootstrapToken)
	if err != nil {
		return err
	}
	defer func() {
		// What was acknowledged is on disk already; this waits for the rest.
		if cerr := a.store.Close(); cerr != nil {
			err = errors.Join(err, fmt.Errorf("close the database: %w", cerr))
		}
	}()
	ls, err := listen(c)
	if err != nil {
		return err
	}
	announce(out, c, ls, a.firstToken)
	for _, name := range a.closed {
		log.Info("the API is closed: the configuration has no credentials for it", slog.String("api", name))
	}
	return a.run(ctx, ls)
}

func listen(c *Config) (ls listeners, err error) {
	if ls.main, err = net.Listen("tcp", c.Listen); err != nil {
		return ls, fmt.Errorf("listen: %w", err)
	}
	if c.TLSCert != "" {
		pair, err := tls.LoadX509KeyPair(c.path(c.TLSCert), c.path(c.TLSKey))
		if err != nil {
			return ls, errors.Join(fmt.Errorf("tls_cert, tls_key: %w", err), ls.main.Close())
		}
		ls.main = tls.NewListener(ls.main, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}})
	}
	if c.AdminListen == "" {
		return ls, nil
	}
	if ls.admin, err = net.Listen("tcp", c.AdminListen); err != nil {
		return ls, errors.Join(fmt.Errorf("admin_listen: %w", err), ls.main.Close())
	}
	return ls, nil
}

// run serves until ctx ends or a listener fails.
func (a *app) run(ctx context.Context, ls listeners) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	errs := make(chan error, 2)
	start := func(s *web.Server, l net.Listener) {
		wg.Go(func() {
			errs <- s.Serve(ctx, l)
			cancel() // one listener alone is no bridge
		})
	}
	start(&web.Server{Handler: a.main, Log: a.log}, ls.main)
	n := 1
	if ls.admin != nil {
		start(&web.Server{Handler: a.admin, Log: a.log}, ls.admin)
		n++
	}
	wg.Go(func() { a.bridge.Sweep(ctx, sweepInterval) })
	wg.Wait()
	var all []error
	for range n {
		all = append(all, <-errs)
	}
	return errors.Join(all...)
}

// announce tells the operator where the bridge is, and the first token once.
func announce(out io.Writer, c *Config, ls listeners, secret string) {
	fmt.Fprintf(out, "scimbridge %s serves %s\n\n", version, c.Database)
	fmt.Fprintf(out, "  SCIM base URL   %s/scim/v2\n", c.PublicURL)
	if secret != "" {
		fmt.Fprintf(out, "  SCIM token      %s\n\n", secret)
		fmt.Fprintln(out, "Paste both into your identity provider. The token is shown only this once; it expires in a year.")
		fmt.Fprintln(out, "Another one: scimbridge token create --client default")
	}
	if ls.admin != nil {
		fmt.Fprintf(out, "  Metrics         http://%s/metrics\n", ls.admin.Addr())
	}
	fmt.Fprintln(out)
}
