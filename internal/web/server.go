package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Limits bound what one connection may take of the process. A zero field means
// its default, never "without limit".
type Limits struct {
	ReadHeader  time.Duration // for the request line and headers; 10 s
	Read        time.Duration // for the whole request; 60 s
	Write       time.Duration // from the end of the headers to the end of the answer; 120 s
	Idle        time.Duration // between requests of one connection; 120 s
	HeaderBytes int           // of all headers together; 64 KiB
	Grace       time.Duration // for requests in flight when the server stops; 20 s
}

func (l Limits) withDefaults() Limits {
	fill := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	fill(&l.ReadHeader, 10*time.Second)
	fill(&l.Read, 60*time.Second)
	fill(&l.Write, 120*time.Second)
	fill(&l.Idle, 120*time.Second)
	fill(&l.Grace, 20*time.Second)
	if l.HeaderBytes <= 0 {
		l.HeaderBytes = 64 << 10
	}
	return l
}

// Server serves one listener with all limits on.
type Server struct {
	Handler http.Handler
	Limits  Limits
	// Log takes what net/http has to say of broken connections, at Debug; nil
	// is slog.Default().
	Log *slog.Logger
}

// Serve answers the connections of ln until ctx ends, then stops accepting and
// waits for requests in flight, at most Limits.Grace; what is not done by then
// has its context cancelled and its connection closed, and Serve returns an
// error that says so. It closes ln. The end of ctx alone is no error.
//
// The contexts of requests do not end with ctx: a request that was accepted is
// finished.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	limits := s.Limits.withDefaults()
	log := s.Log
	if log == nil {
		log = slog.Default()
	}
	requests, cancelRequests := context.WithCancel(context.WithoutCancel(ctx))
	defer cancelRequests()
	server := &http.Server{
		Handler:           s.Handler,
		ReadHeaderTimeout: limits.ReadHeader,
		ReadTimeout:       limits.Read,
		WriteTimeout:      limits.Write,
		IdleTimeout:       limits.Idle,
		MaxHeaderBytes:    limits.HeaderBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		BaseContext:       func(net.Listener) context.Context { return requests },
	}

	failed := make(chan error, 1)
	go func() { failed <- server.Serve(ln) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serving %s: %w", ln.Addr(), errors.Join(err, server.Close()))
	case <-ctx.Done():
	}

	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), limits.Grace)
	defer cancel()
	err := server.Shutdown(grace)
	if err != nil {
		cancelRequests()
		err = fmt.Errorf("requests on %s were still running after %s and were cut off: %w",
			ln.Addr(), limits.Grace, errors.Join(err, server.Close()))
	}
	<-failed // always http.ErrServerClosed by now
	return err
}
