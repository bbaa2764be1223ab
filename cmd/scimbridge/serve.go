package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/scimbridge/scimbridge/auth"
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
//
// It promises nothing before it can keep it: all that can go wrong with the
// configuration is tried first, then the first token is made, and then at once
// the operator is told.
func serve(ctx context.Context, c *Config, bootstrapToken string, out, errOut io.Writer) (err error) {
	if err := c.check(); err != nil {
		return err
	}
	if bootstrapToken != "" { // before there is a database that nobody asked for
		if err := auth.CheckGiven(bootstrapToken); err != nil {
			return fmt.Errorf("SCIMBRIDGE_BOOTSTRAP_TOKEN: %w", err)
		}
	}
	log, err := logger(c.Log, errOut)
	if err != nil {
		return err
	}
	for _, name := range unknownVariables(os.Environ()) {
		log.Warn("an environment variable is not known and changes nothing", slog.String("name", name))
	}
	ls, err := listen(c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ls.close()) }()
	if c.PublicURL == "" {
		if c.PublicURL, err = publicURL(c.TLSCert != "", c.Listen, ls.main.Addr()); err != nil {
			return err
		}
		if host, _, err := net.SplitHostPort(c.Listen); err == nil && !loopback(host) {
			log.Warn("public_url is not set: locations in answers and the audience of RSA tokens are made of the address that is listened on", slog.String("public_url", c.PublicURL))
		}
	}
	a, err := newApp(ctx, c, log)
	if err != nil {
		return err
	}
	defer func() {
		// What was acknowledged is on disk already; this waits for the rest.
		if cerr := a.store.Close(); cerr != nil {
			err = errors.Join(err, fmt.Errorf("close the database: %w", cerr))
		}
	}()
	created, secret, err := auth.Bootstrap(ctx, a.store, bootstrapToken)
	if err != nil {
		return databaseError(strings.TrimPrefix(c.Database, sqliteScheme), err)
	}
	if err := announce(out, c, ls, secret); err != nil {
		if created && secret != "" {
			return fmt.Errorf("the first token was made but could not be shown; make another with: scimbridge token create --client %s: %w", auth.DefaultName, err)
		}
		return fmt.Errorf("tell where the bridge is: %w", err)
	}
	for _, name := range a.closed {
		log.Info("the API is closed: the configuration has no credentials for it", slog.String("api", name))
	}
	return a.run(ctx, ls)
}

// listeners are the open ports of a bridge. admin is nil if there is none.
type listeners struct{ main, admin net.Listener }

func listen(c *Config) (ls listeners, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, ls.close())
		}
	}()
	if ls.main, err = net.Listen("tcp", c.Listen); err != nil {
		return ls, listenError("listen", "--listen", "SCIMBRIDGE_LISTEN", err)
	}
	if c.TLSCert != "" {
		pair, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
		if err != nil {
			return ls, fmt.Errorf("tls_cert, tls_key: %w", err)
		}
		// R-7644-7.2-01: TLS 1.2 or newer.
		ls.main = tls.NewListener(ls.main, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}})
	}
	if c.AdminListen == "" {
		return ls, nil
	}
	if ls.admin, err = net.Listen("tcp", c.AdminListen); err != nil {
		return ls, listenError("admin_listen", "--admin-listen", "SCIMBRIDGE_ADMIN_LISTEN", err)
	}
	return ls, nil
}

// listenError says how to take another address where this one is in use.
func listenError(key, flag, variable string, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%s: %w; is another scimbridge running? choose another address with %s or %s", key, err, flag, variable)
	}
	return fmt.Errorf("%s: %w", key, err)
}

// close closes what is open; servers that have run have closed theirs.
func (ls listeners) close() error {
	var all []error
	for _, l := range []net.Listener{ls.main, ls.admin} {
		if l != nil {
			if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
				all = append(all, fmt.Errorf("close a listener: %w", err))
			}
		}
	}
	return errors.Join(all...)
}

// run serves until ctx ends or a listener fails.
func (a *app) run(ctx context.Context, ls listeners) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	errs := make(chan error, 2)
	start := func(h http.Handler, l net.Listener) {
		wg.Go(func() {
			errs <- (&web.Server{Handler: h, Log: a.log}).Serve(ctx, l)
			cancel() // one listener alone is no bridge
		})
	}
	ready := []any{slog.String("version", version), slog.String("listen", ls.main.Addr().String())}
	start(a.main, ls.main)
	if ls.admin != nil {
		ready = append(ready, slog.String("admin_listen", ls.admin.Addr().String()))
		start(a.admin, ls.admin)
	}
	wg.Go(func() { a.bridge.Sweep(ctx, sweepInterval) })
	wg.Go(func() { a.scim.Run(ctx) })
	a.log.Info("ready", ready...)
	<-ctx.Done()
	a.log.Info("stopping: no new requests; those in flight are finished")
	wg.Wait()
	close(errs)
	var all []error
	for err := range errs {
		all = append(all, err)
	}
	if err := errors.Join(all...); err != nil {
		return err
	}
	a.log.Info("stopped")
	return nil
}

// announce tells the operator where the bridge is, and the first token once.
func announce(out io.Writer, c *Config, ls listeners, secret string) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "scimbridge %s serves %s\n\n", version, c.Database)
	fmt.Fprintf(&b, "  SCIM base URL   %s/scim/v2\n", c.PublicURL)
	if secret != "" {
		fmt.Fprintf(&b, "  SCIM token      %s\n", secret)
	}
	if ls.admin != nil {
		fmt.Fprintf(&b, "  Metrics         http://%s/metrics\n", ls.admin.Addr())
	}
	fmt.Fprintln(&b)
	if secret != "" {
		fmt.Fprintln(&b, "Paste base URL and token into your identity provider. The token is shown only this once; it expires in a year.")
		fmt.Fprint(&b, "Another one: scimbridge token create --client default\n\n")
	}
	_, err := out.Write(b.Bytes())
	return err
}
