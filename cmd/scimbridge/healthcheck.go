package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

// healthcheckCommand asks a running bridge whether it is ready: containers
// without a shell have nothing else to ask with.
func healthcheckCommand(o *options) *cobra.Command {
	var url string
	cmd := &cobra.Command{
		Use: "healthcheck", Short: "Exit with 0 if a running bridge is ready", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if url == "" {
				c, err := o.config()
				if err != nil {
					return err
				}
				if url, err = readinessURL(c.AdminListen); err != nil {
					return err
				}
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), 5*time.Second)
			defer cancel()
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
			if err != nil {
				return fmt.Errorf("--url: %w", err)
			}
			// A proxy of the environment is for the outside, not for this.
			res, err := (&http.Client{Transport: &http.Transport{}}).Do(req)
			if err != nil {
				return fmt.Errorf("not ready: %w", err)
			}
			defer res.Body.Close()
			body, err := io.ReadAll(io.LimitReader(res.Body, 4096))
			if err != nil {
				return fmt.Errorf("not ready: %w", err)
			}
			if res.StatusCode != http.StatusOK {
				return fmt.Errorf("not ready: %s: %s", res.Status, body)
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), "ready")
			return err
		},
	}
	cmd.Flags().StringVar(&url, "url", "", "readiness URL (default: /readyz of the configured admin listener)")
	return cmd
}

// readinessURL is where the bridge with this admin_listen can be asked from its
// own machine.
func readinessURL(adminListen string) (string, error) {
	host, port, err := net.SplitHostPort(adminListen)
	if err != nil || port == "0" {
		return "", fmt.Errorf("admin_listen: %q is no address to ask at; set it, or --url", adminListen)
	}
	if unspecified(host) {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port) + "/readyz", nil
}
