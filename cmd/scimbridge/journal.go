package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/storage"
	"github.com/scimbridge/scimbridge/storage/sqlite"
)

func journalCommand(o *options) *cobra.Command {
	return commandGroup("journal", "Read what has changed, by whom and how",
		journalTailCommand(o), journalExportCommand(o))
}

// pollInterval is how often tail --follow looks for new entries.
const pollInterval = 500 * time.Millisecond

func journalTailCommand(o *options) *cobra.Command {
	var n int
	var follow bool
	var tenant string
	cmd := &cobra.Command{
		Use: "tail", Short: "Show the newest entries, a line each", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if n < 0 {
				return fmt.Errorf("--lines: %d is negative", n)
			}
			return o.withStore(cmd.Context(), true, func(s *sqlite.Store) error {
				t, err := journalTenant(cmd.Context(), s, tenant)
				if err != nil {
					return err
				}
				last, err := tail(cmd.Context(), s, t, n, cmd.OutOrStdout())
				for follow && err == nil {
					select {
					case <-cmd.Context().Done():
						return nil
					case <-time.After(pollInterval):
					}
					last, err = printAfter(cmd.Context(), s, t, last, cmd.OutOrStdout())
				}
				if follow && errors.Is(err, context.Canceled) {
					return nil
				}
				return err
			})
		},
	}
	cmd.Flags().IntVarP(&n, "lines", "n", 20, "how many entries")
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on with new entries until interrupted")
	cmd.Flags().StringVar(&tenant, "tenant", "", tenantFlagHelp+" (default: all)")
	return cmd
}

func journalTenant(ctx context.Context, s storage.Store, name string) (id directory.TenantID, err error) {
	if name == "" {
		return 0, nil
	}
	err = s.View(ctx, func(r storage.Reader) error {
		t, err := findTenant(r, name)
		id = t.ID
		return err
	})
	return id, err
}

// tail prints the newest n entries and returns the last one's number.
//
// The journal is read forward only, and may be very long. Entries are never
// removed, so the newest number is at least their count: the search begins a
// little below that and goes further back only while too few are found (those
// of a tenant may lie far apart).
func tail(ctx context.Context, s storage.Store, tenant directory.TenantID, n int, out io.Writer) (last int64, err error) {
	var newest []*journal.Entry
	err = s.View(ctx, func(r storage.Reader) error {
		counts, err := r.Counts()
		if err != nil {
			return err
		}
		for window := int64(n) + 1; ; window *= 8 {
			after := max(counts.JournalEntries-window, 0)
			newest, last = newest[:0], after
			err := r.Journal(tenant, after, func(e *journal.Entry) bool {
				last = e.Seq
				newest = append(newest, e)
				if len(newest) >= 2*n+64 { // drop the oldest, now and then
					newest = newest[:copy(newest, newest[len(newest)-n:])]
				}
				return true
			})
			if err != nil || after == 0 || len(newest) >= n {
				return err
			}
		}
	})
	if err != nil {
		return 0, fmt.Errorf("read the journal: %w", err)
	}
	for _, e := range newest[max(len(newest)-n, 0):] {
		if err := printEntry(out, e); err != nil {
			return last, err
		}
	}
	return last, nil
}

func printAfter(ctx context.Context, s storage.Store, tenant directory.TenantID, after int64, out io.Writer) (last int64, err error) {
	last = after
	var werr error
	err = s.View(ctx, func(r storage.Reader) error {
		return r.Journal(tenant, after, func(e *journal.Entry) bool {
			last = e.Seq
			werr = printEntry(out, e)
			return werr == nil
		})
	})
	if err != nil {
		err = fmt.Errorf("read the journal: %w", err)
	}
	return last, errors.Join(err, werr)
}

// printEntry prints what an operator wants to see of an entry; the difference
// itself may hold personal data and is left to export.
func printEntry(out io.Writer, e *journal.Entry) error {
	subject := string(e.Kind)
	if !e.Resource.IsZero() {
		subject += " " + e.Resource.String()
	}
	_, err := fmt.Fprintf(out, "%d  %s  %-24s %s  by %s  version %d -> %d  request %s\n",
		e.Seq, e.At.UTC().Format("2006-01-02T15:04:05.000Z"), e.Action, subject, printable(e.Actor), e.Before, e.After, orDash(e.RequestID))
	return err
}

// printable takes what a terminal would obey out of a name that somebody else
// chose: an application's API user, the subject of a token.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func journalExportCommand(o *options) *cobra.Command {
	var tenant string
	var after int64
	cmd := &cobra.Command{
		Use: "export", Short: "Write all entries as JSON lines, differences included", Args: cobra.NoArgs,
		Long: "Write all entries as JSON lines, differences included. They hold what identity providers sent:\ntreat the output as personal data. Secrets and password hashes are not in it.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.withStore(cmd.Context(), true, func(s *sqlite.Store) error {
				t, err := journalTenant(cmd.Context(), s, tenant)
				if err != nil {
					return err
				}
				w := bufio.NewWriter(cmd.OutOrStdout())
				enc := json.NewEncoder(w)
				enc.SetEscapeHTML(false)
				var werr error
				err = s.View(cmd.Context(), func(r storage.Reader) error {
					return r.Journal(t, after, func(e *journal.Entry) bool {
						werr = enc.Encode(e)
						return werr == nil
					})
				})
				if err != nil {
					err = fmt.Errorf("read the journal: %w", err)
				}
				return errors.Join(err, werr, w.Flush())
			})
		},
	}
	cmd.Flags().StringVar(&tenant, "tenant", "", tenantFlagHelp+" (default: all)")
	cmd.Flags().Int64Var(&after, "after", 0, "only entries after this number")
	return cmd
}
