package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/scimbridge/scimbridge/conformance"
)

// exitError is an error with an exit status of its own.
type exitError struct {
	status int
	error
}

func (e *exitError) Unwrap() error { return e.error }

// The environment variables that tokens are taken from: on a command line other
// users of the machine could read them.
const (
	tokenVariable            = "SCIM_TOKEN"
	otherTokenVariable       = "SCIM_OTHER_TOKEN"
	otherTenantTokenVariable = "SCIM_OTHER_TENANT_TOKEN"
)

func conformanceCommand(o *options) *cobra.Command {
	var run conformance.Options
	var mode string
	var form printing
	cmd := &cobra.Command{
		Use:   "conformance --url URL",
		Short: "Judge a SCIM server, this one or another, by the RFCs",
		Long: "Asks a SCIM 2.0 server up to some 1,500 requests and says which requirements of RFC 7643, 7644,\n" +
			"9865 and 9967 it keeps, with the answers that show it. It touches only users and groups that\n" +
			"it creates, and deletes them. What the RFCs leave open is at most a warning.\n\n" +
			"Exit status: 0 if no MUST is broken, 1 if one is, 2 if the server could not be judged.",
		Example: "  " + tokenVariable + "=scb_… scimbridge conformance --url https://bridge.example/scim/v2",
		Args: func(cmd *cobra.Command, args []string) error {
			if err := cobra.NoArgs(cmd, args); err != nil {
				return &exitError{2, err}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			for variable, token := range map[string]*string{tokenVariable: &run.Token, otherTokenVariable: &run.OtherToken, otherTenantTokenVariable: &run.OtherTenantToken} {
				if *token == "" {
					*token = o.getenv(variable)
				}
			}
			switch {
			case run.URL == "":
				return &exitError{2, errors.New("--url is missing: the base of a SCIM server, like https://bridge.example/scim/v2")}
			case run.Token == "":
				return &exitError{2, fmt.Errorf("--token is missing; better give it in %s", tokenVariable)}
			}
			run.Mode = conformance.Mode(mode)
			return judge(cmd, run, form)
		},
	}
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &exitError{2, fmt.Errorf("%w; see: %s --help", err, cmd.CommandPath())}
	})
	f := cmd.Flags()
	f.StringVar(&run.URL, "url", "", "SCIM base URL (required)")
	f.StringVar(&run.Token, "token", "", "bearer token that may read and write users and groups ("+tokenVariable+")")
	f.StringVar(&run.OtherToken, "other-token", "", "token of another client of the same tenant ("+otherTokenVariable+")")
	f.StringVar(&run.OtherTenantToken, "other-tenant-token", "", "token of a client of another tenant ("+otherTenantTokenVariable+")")
	f.StringVar(&mode, "mode", string(conformance.Tolerant), "how the server reads the client: tolerant, strict or interop")
	f.StringSliceVar(&run.Only, "only", nil, "judge only these requirements: ids, beginnings of ids, or areas like filter")
	f.DurationVar(&run.Timeout, "timeout", 30*time.Second, "how long one request may take")
	f.BoolVar(&run.Insecure, "insecure", false, "take any TLS certificate")
	f.BoolVar(&form.json, "json", false, "print one JSON document instead of lines")
	f.BoolVar(&form.failures, "failures", false, "print only what is not as it should be: fail, warn, error")
	return cmd
}

// printing is how a report is printed.
type printing struct {
	json     bool
	failures bool
}

// judge runs the checks and prints what they find: lines on standard output as
// they come, or one document at the end and progress on standard error.
func judge(cmd *cobra.Command, run conformance.Options, form printing) error {
	out, progress := cmd.OutOrStdout(), cmd.ErrOrStderr()
	var lost error // the first line that could not be written
	run.Progress = func(r conformance.Result) {
		var err error
		switch {
		case form.failures && r.Right():
		case form.json:
			_, err = fmt.Fprintf(progress, "%-5s %s\n", r.Verdict, r.ID)
		default:
			err = r.Write(out)
		}
		if lost == nil {
			lost = err
		}
	}
	run.Notice = func(text string) {
		if _, err := fmt.Fprintln(progress, text); lost == nil {
			lost = err
		}
	}
	hurry, stop := secondSignal()
	defer stop()
	run.Hurry = hurry
	report, err := conformance.Run(cmd.Context(), run)
	if report != nil {
		lost = errors.Join(lost, conclude(out, progress, report, form))
	}
	switch {
	case err != nil:
		return &exitError{2, err}
	case lost != nil:
		return &exitError{2, fmt.Errorf("print the report: %w", lost)}
	case report.Failed():
		return &exitError{1, fmt.Errorf("%d of the checks on a MUST failed", report.Count(conformance.Fail)+report.Count(conformance.Error))}
	}
	return nil
}

// secondSignal closes the channel when the process is asked to end a second
// time: the first cancels the command's context, which cleans up then. A third
// one ends the process.
func secondSignal() (second <-chan struct{}, stop func()) {
	signals, closed := make(chan os.Signal, 2), make(chan struct{})
	done := make(chan struct{})
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		defer signal.Stop(signals)
		for range 2 {
			select {
			case <-signals:
			case <-done:
				return
			}
		}
		close(closed)
	}()
	return closed, func() { close(done) }
}

// conclude prints what stands at the end of a report.
func conclude(out, progress io.Writer, report *conformance.Report, form printing) error {
	if len(report.Left) > 0 {
		_, err := fmt.Fprintf(progress, "could not be deleted, please do: %s\n", strings.Join(report.Left, ", "))
		if err != nil {
			return err
		}
	}
	if form.json {
		if form.failures {
			report.Results = slices.DeleteFunc(report.Results, conformance.Result.Right)
		}
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(report)
	}
	_, err := fmt.Fprintf(out, "\n%s (%s, mode %s)\n", report.Summary(), report.Server, report.Mode)
	return err
}
