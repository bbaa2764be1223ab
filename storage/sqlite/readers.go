package sqlite

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/scimbridge/scimbridge/storage"
	"github.com/scimbridge/scimbridge/storage/internal/sqlstore"
)

// readers is a pool of connections that only read. Each is opened when it is
// first needed.
type readers struct {
	open func() (*conn, error)
	free chan *conn // holds nil for a connection that is not open yet

	mu      sync.RWMutex // read-locked by each View, locked to close
	closing bool
}

func newReaders(n int, open func() (*conn, error)) *readers {
	r := &readers{open: open, free: make(chan *conn, n)}
	for range n {
		r.free <- nil
	}
	return r
}

// view calls fn in a read transaction, which is a snapshot.
func (r *readers) view(ctx context.Context, fn func(storage.Reader) error) (err error) {
	if !r.enter() {
		return fmt.Errorf("%w: it is closing", storage.ErrUnavailable)
	}
	defer r.mu.RUnlock()
	var c *conn
	select {
	case c = <-r.free:
	case <-ctx.Done():
		return ctx.Err()
	}
	// The slot goes back to the pool whatever fn does; the connection only if
	// it is out of its transaction.
	healthy := false
	defer func() {
		if !healthy && c != nil {
			err = errors.Join(err, c.close())
			c = nil
		}
		r.free <- c
	}()
	if err := ctx.Err(); err != nil {
		healthy = true
		return err
	}
	if c == nil {
		if c, err = r.open(); err != nil {
			return unavailableError(err)
		}
	}
	c.ctx, c.failed = ctx, nil
	if _, err := c.Exec("BEGIN"); err != nil {
		return unavailableError(err)
	}
	err = fn(sqlstore.New(c))
	c.ctx = context.Background()
	if err == nil {
		err = c.failed
	}
	if _, endErr := c.Exec("COMMIT"); endErr != nil {
		return errors.Join(err, unavailableError(endErr))
	}
	healthy = c.failed == nil
	return err
}

func (r *readers) enter() bool {
	r.mu.RLock()
	if r.closing {
		r.mu.RUnlock()
		return false
	}
	return true
}

// close waits for the running Views and closes the connections.
func (r *readers) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closing {
		return nil
	}
	r.closing = true
	var errs []error
	for range cap(r.free) {
		if c := <-r.free; c != nil {
			errs = append(errs, c.close())
		}
	}
	return errors.Join(errs...)
}
