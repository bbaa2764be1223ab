// Package conformance judges a SCIM 2.0 server from outside, over nothing but
// HTTP: it is pointed at a base URL with a bearer token and says for each row of
// its list of requirements (requirements.md) whether the server keeps it, with
// the request and the answer that show it.
//
// Four things hold. It shares no code with this module's server, so that a
// mistake there is not repeated here: its parser is encoding/json, its client
// net/http. It knows of the server what the server publishes, and skips with a
// reason what is not advertised or can not be seen from outside. It touches
// nothing that it did not create, and all that it creates carries a random
// prefix, so that it can judge a server with other data. And it leaves nothing
// behind: each resource is registered when it is created and deleted after its
// check, also when the check fails or panics or the run is cancelled; what could
// not be deleted is in the report.
package conformance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Mode says how the client, whose token is used, has its requests read.
type Mode string

// The modes. Requirements that a forgiving server may leave to strict clients
// are judged in Strict and Interop only.
const (
	Tolerant Mode = "tolerant"
	Strict   Mode = "strict"
	Interop  Mode = "interop" // Strict with the rules of the SCIM interoperability profile
)

// Options say whom to judge and how.
type Options struct {
	// URL is the SCIM base, like https://bridge.example/scim/v2, and Token the
	// bearer token of a client that may read and write users and groups there.
	URL, Token string
	// OtherToken is one of another client of the same tenant, OtherTenantToken
	// one of another tenant. Without them what needs two clients is skipped.
	OtherToken, OtherTenantToken string
	// Mode is Tolerant if empty.
	Mode Mode
	// Only, if not empty, limits the run to requirements whose id or area is
	// listed or whose id begins with an entry.
	Only []string
	// Timeout is how long one request may take; 0 means 30 seconds.
	Timeout time.Duration
	// Insecure takes any TLS certificate.
	Insecure bool
	// Progress, if set, is told each result as it is known, in the order of
	// judging.
	Progress func(Result)
	// Notice, if set, is told what a person who waits should know: that the
	// server asked for patience, that a run which was cancelled cleans up.
	Notice func(string)
	// Hurry, if set, ends the clean-up early once it is closed. What is not
	// deleted then is in the report.
	Hurry <-chan struct{}
}

// ErrUnusable says that nothing could be judged: the server is unreachable,
// refuses the token, or is no SCIM server.
var ErrUnusable = errors.New("the server can not be judged")

// Run judges a server. With the error, which wraps ErrUnusable, ctx's own or
// tells of a mistake in the options, a report is returned too if judging had
// begun. Clean-up happens in any case and outlives ctx by at most a minute.
func Run(ctx context.Context, o Options) (report *Report, err error) {
	if o.Mode == "" {
		o.Mode = Tolerant
	}
	if !slices.Contains([]Mode{Tolerant, Strict, Interop}, o.Mode) {
		return nil, fmt.Errorf("mode %q: want tolerant, strict or interop", o.Mode)
	}
	selected, err := selection(o.Only)
	if err != nil {
		return nil, err
	}
	j, err := newJudge(ctx, o)
	if err != nil {
		return nil, err
	}
	j.report.Started = time.Now().UTC()
	if err := j.discover(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnusable, err)
	}
	defer func() {
		if ctx.Err() != nil {
			j.client.notice("cleaning up what the run created")
		}
		j.report.Left = j.cleanAll()
		j.report.Duration = time.Since(j.report.Started)
	}()
	for _, c := range checks() {
		if ctx.Err() != nil {
			return &j.report, fmt.Errorf("judging: %w", context.Cause(ctx))
		}
		if selected[c.id] {
			j.judge(c)
		}
	}
	for _, w := range watches {
		if selected[w.id] {
			j.add(j.watched(w))
		}
	}
	for _, r := range Requirements() {
		if reason, ok := invisible[r.ID]; ok && selected[r.ID] {
			j.add(Result{ID: r.ID, Verdict: Skip, Reason: reason})
		}
	}
	if ctx.Err() != nil {
		return &j.report, fmt.Errorf("judging: %w", context.Cause(ctx))
	}
	return &j.report, nil
}

// selection returns the ids that only names, all of them without it.
func selection(only []string) (map[string]bool, error) {
	selected := map[string]bool{}
	if len(only) == 0 {
		only = []string{"R-"}
	}
	for _, entry := range only {
		found := false
		for _, r := range Requirements() {
			if strings.EqualFold(entry, r.Area) || len(entry) > 1 && strings.HasPrefix(r.ID, strings.ToUpper(entry)) {
				selected[r.ID], found = true, true
			}
		}
		if !found {
			return nil, fmt.Errorf("only: %q is no id, beginning of an id or area of a requirement", entry)
		}
	}
	return selected, nil
}
