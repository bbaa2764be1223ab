package sqlite

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/scimbridge/scimbridge/storage"
	"github.com/scimbridge/scimbridge/storage/internal/sqlstore"
)

// readers is a pool of connections that only read. Each is opened when it is
// first needed.
//
// Lists may take long, so they get at most half of the connections: looking
// one thing up, as every authentication does, never queues behind them. That a
// View wants to list is known when its first statement is asked for, which is
// why it gets its connection only then, and waits for its turn to list without
// one.
type readers struct {
	open      func() (*conn, error)
	free      chan *conn    // holds nil for a connection that is not open yet
	lists     chan struct{} // holds one for each View that may list besides those that do
	queryTime time.Duration
	known     *sqlstore.Known

	mu      sync.RWMutex // read-locked by each View, locked to close
	closing bool
}

func newReaders(n int, queryTime time.Duration, known *sqlstore.Known, open func() (*conn, error)) *readers {
	lists := max(1, n/2)
	r := &readers{open: open, queryTime: queryTime, known: known, free: make(chan *conn, n), lists: make(chan struct{}, lists)}
	for range n {
		r.free <- nil
	}
	for range lists {
		r.lists <- struct{}{}
	}
	return r
}

// view calls fn in a read transaction, which is a snapshot.
func (r *readers) view(ctx context.Context, fn func(storage.Reader) error) (err error) {
	if !r.enter() {
		return fmt.Errorf("%w: it is closing", storage.ErrUnavailable)
	}
	defer r.mu.RUnlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	v := &view{pool: r, ctx: ctx}
	returned := false
	defer func() {
		if endErr := v.end(returned); endErr != nil {
			err = errors.Join(err, endErr)
		}
	}()
	err = fn(sqlstore.NewReader(v, r.known))
	returned = true
	if err == nil {
		err = v.failure()
	}
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
