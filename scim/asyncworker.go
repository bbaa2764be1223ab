package scim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/scimbridge/scimbridge/directory"
)

const (
	// asyncSweep is how often the worker looks for what it was not told of: the
	// requests that another process has accepted, and results that have expired.
	asyncSweep = time.Minute
	// asyncRetry is how long it waits after the database has refused.
	asyncRetry = time.Second
)

// Run carries asynchronous requests out, one after the other in the order in
// which they were accepted, until ctx ends: first those that were left over when
// the last process ended. What it has begun it finishes. Of several servers on
// one database each may run it; no request is carried out twice.
func (s *Server) Run(ctx context.Context) {
	sweep := time.NewTicker(asyncSweep)
	defer sweep.Stop()
	var again <-chan time.Time
	for due := true; ; {
		err := s.work(ctx)
		if err == nil && due {
			err = s.forget(ctx)
		}
		if ctx.Err() != nil {
			return
		}
		if again = nil; err != nil {
			s.c.Log.LogAttrs(ctx, slog.LevelWarn, "asynchronous requests have to wait", slog.Any("error", err))
			again = time.After(asyncRetry)
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
func (s *Server) work(ctx context.Context) error {
	for after := int64(0); ctx.Err() == nil; {
		pending, err := s.c.Backend.NextRequest(ctx, after)
		if errors.Is(err, directory.ErrNotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("find the next request: %w", err)
		}
		after = pending.Seq
		// It is done already if another process was faster.
		if err := s.attempt(ctx, pending); err != nil && !errors.Is(err, directory.ErrNotFound) {
			return fmt.Errorf("carry out request %s: %w", pending.ID, err)
		}
	}
	return nil
}

// attempt is execute for a request whose execution may panic, which ends the
// request and not the process.
func (s *Server) attempt(ctx context.Context, pending *directory.Request) (err error) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		// The value may hold what the request held.
		e := s.unexpected(ctx, fmt.Errorf("panic: %T", v), pending.ID.String())
		err = s.c.Backend.FinishRequest(context.WithoutCancel(ctx), pending, s.c.AsyncResults, func(Backend) ([]byte, error) {
			return storeResponse(&response{status: e.Status, body: appendError(nil, e)})
		})
	}()
	return s.execute(ctx, pending)
}
