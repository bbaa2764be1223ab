// Command scimbridge is a SCIM 2.0 provisioning bridge: identity providers push
// users and groups in, four documented user APIs serve them out.
//
// Each subcommand is a file of this package. It parses configuration, builds
// the parts, connects them and runs them; no other package knows of flags,
// environment variables or signals.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// version is set by the release build.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The first signal asks, a second one does not: it ends the process as if
	// none of this were here.
	context.AfterFunc(ctx, stop)
	if err := rootCommand().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "scimbridge:", err)
		status := 1
		if e := (*exitError)(nil); errors.As(err, &e) {
			status = e.status
		}
		os.Exit(status)
	}
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "scimbridge",
		Short:         "A SCIM 2.0 provisioning bridge",
		Long:          "scimbridge takes the users and groups that identity providers push over SCIM 2.0\nand serves them through the documented user APIs of four applications.\n\nTry it: scimbridge demo",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w; see: %s --help", err, cmd.CommandPath())
	})
	o := &options{getenv: os.Getenv}
	f := root.PersistentFlags()
	f.StringVar(&o.configPath, "config", "", "configuration file (default: scimbridge.yaml if it exists; SCIMBRIDGE_CONFIG)")
	f.StringVar(&o.database, "database", "", "sqlite:PATH (default sqlite:scimbridge.db; SCIMBRIDGE_DATABASE)")
	root.AddCommand(
		serveCommand(o), demoCommand(o), tokenCommand(o), tenantCommand(o), clientCommand(o),
		mapCommand(o), schemaCommand(o), journalCommand(o), migrateCommand(o), versionCommand(), healthcheckCommand(o), conformanceCommand(o),
	)
	return root
}

// commandGroup is a command that is nothing but its subcommands. Cobra would
// answer an unknown one with the help text and success.
func commandGroup(use, short string, subcommands ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return fmt.Errorf("unknown command %q for %q; see: %s --help", args[0], cmd.CommandPath(), cmd.CommandPath())
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(subcommands...)
	return cmd
}

// oneArg accepts exactly one argument, which the usage calls name.
func oneArg(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) == 0:
			return fmt.Errorf("%s is missing: %s; see: %s --help", name, cmd.UseLine(), cmd.CommandPath())
		case len(args) > 1:
			return fmt.Errorf("one %s is expected, not %d arguments: %s; see: %s --help", name, len(args), cmd.UseLine(), cmd.CommandPath())
		}
		return nil
	}
}

// options are what all subcommands share.
type options struct {
	configPath string
	database   string
	getenv     func(string) string
}

// config loads the configuration with everything that overrides it.
func (o *options) config() (Config, error) {
	path := o.configPath
	if path == "" {
		path = o.getenv("SCIMBRIDGE_CONFIG")
	}
	if path == "" {
		if _, err := os.Stat("scimbridge.yaml"); err == nil {
			path = "scimbridge.yaml"
		}
	}
	c, err := loadConfig(path)
	if err != nil {
		return c, err
	}
	if err := c.override(o.getenv); err != nil {
		return c, err
	}
	if o.database != "" {
		c.Database = o.database
	}
	return c, nil
}
