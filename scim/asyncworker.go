package scim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/scim/fault"
)

const (
	// asyncSweep is how often the worker looks for what it was not told of: the
	// requests that another process has accepted, and results that have expired.
	asyncSweep = time.Minute
	// asyncRetry is how long it waits after the database has refused for the
	// first time; each time it waits twice as long, up to asyncPatience.
	asyncRetry    = 50 * time.Millisecond
	asyncPatience = time.Second
	// asyncAttempts is how often a request is begun that can not be carried out.
	// Then it ends as unavailable, if the database takes that: those behind it,
	// of other tenants too, must not wait for one that never ends.
	asyncAttempts = 6
)

// worker carries asynchronous requests out.
type worker struct {
	*Server
	seq      int64 // of the request that failed last
	attempts int   // how often that was begun in vain
}

// Run carries asynchronous requests out, one after the other in the order in
// which they were accepted, until ctx ends: first those that were left over when
// the last process ended. What it has begun it finishes. Of several servers on
// one database each may run it; no request is carried out twice.
func (s *Server) Run(ctx context.Context) {
	sweep := time.NewTicker(asyncSweep)
	defer sweep.Stop()
	var again <-chan time.Time
	w := worker{Server: s}
	wait := asyncRetry
	for due := true; ; {
		err := w.work(ctx)
		if err == nil && due {
			err = s.forget(ctx)
		}
		if ctx.Err() != nil {
			return
		}
		if again = nil; err == nil {
			wait = asyncRetry
		} else {
			s.c.Log.LogAttrs(ctx, slog.LevelWarn, "asynchronous requests have to wait", slog.Any("error", err))
			again = time.After(wait)
			wait = min(2*wait, asyncPatience)
		}
		select {
		case <-ctx.Done():
			return
		case <-sweep.C:
			due = true
		case <-s.accepted:
			due = false
		case <-again:
		}
	}
}

func (s *Server) forget(ctx context.Context) error {
	if err := s.c.Backend.ForgetRequests(ctx); err != nil {
		return fmt.Errorf("remove expired results: %w", err)
	}
	return nil
}

// work does all that is pending.
func (w *worker) work(ctx context.Context) error {
	for after := int64(0); ctx.Err() == nil; {
		pending, err := w.c.Backend.NextRequest(ctx, after)
		if errors.Is(err, directory.ErrNotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("find the next request: %w", err)
		}
		after = pending.Seq
		// It is done already if another process was faster.
		begun, err := w.attempt(ctx, pending)
		if err != nil && begun && w.givesUp(pending) {
			w.c.Log.LogAttrs(ctx, slog.LevelError, "asynchronous request ends undone", slog.String("request", pending.ID.String()), slog.Any("error", err))
			err = w.end(ctx, pending, newError(http.StatusServiceUnavailable, "the bridge could not carry this request out; nothing was changed, try again"))
		}
		if err != nil && !errors.Is(err, directory.ErrNotFound) {
			return fmt.Errorf("carry out request %s: %w", pending.ID, err)
		}
	}
	return nil
}

// givesUp counts an attempt in vain and reports whether it was the last.
func (w *worker) givesUp(pending *directory.Request) bool {
	if w.seq != pending.Seq {
		w.seq, w.attempts = pending.Seq, 0
	}
	w.attempts++
	return w.attempts >= asyncAttempts
}

// end stores an error as the result of a request of which nothing was done.
func (s *Server) end(ctx context.Context, pending *directory.Request, e fault.Error) error {
	return s.c.Backend.FinishRequest(context.WithoutCancel(ctx), pending, s.c.AsyncResults, func(Backend) ([]byte, error) {
		return storeResponse(&response{status: e.Status, body: appendError(nil, e)})
	})
}

// attempt is execute for a request whose execution may panic, which ends the
// request and not the process.
func (s *Server) attempt(ctx context.Context, pending *directory.Request) (begun bool, err error) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		// The value may hold what the request held.
		e := s.unexpected(ctx, fmt.Errorf("panic: %T", v), pending.ID.String())
		err = s.end(ctx, pending, e)
	}()
	return s.execute(ctx, pending)
}
