package sqlite

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mattn/go-sqlite3"

	"github.com/scimbridge/scimbridge/storage"
	"github.com/scimbridge/scimbridge/storage/internal/sqlstore"
)

const (
	maxBatch = 256
	// maxLinger bounds how long a batch waits for those that took part in the
	// last one. It is far below the time of one sync on an ordinary disk.
	maxLinger = 300 * time.Microsecond
)

// The life of a write.
const (
	waiting   int32 = iota
	running         // its function was or is being called
	abandoned       // its context ended while it waited
)

// write is one call of Update.
type write struct {
	fn    func(storage.Tx) error
	state atomic.Int32
	done  chan outcome // buffered, one value
}

// outcome is how a write ended.
type outcome struct {
	err    error
	panic  *PanicError // fn panicked
	goexit bool        // fn ended its goroutine, as testing.T.FailNow does
}

// PanicError is what Update panics with when its function panicked: the
// function ran on the writer's goroutine, whose stack would otherwise be lost.
type PanicError struct {
	Value any
	Stack []byte
}

func (p *PanicError) Error() string { return fmt.Sprintf("%v\n\n%s", p.Value, p.Stack) }

// PanicValue and PanicStack return what fn panicked with, and where.
func (p *PanicError) PanicValue() any { return p.Value }

// PanicStack is documented at PanicValue.
func (p *PanicError) PanicStack() []byte { return p.Stack }

// Unwrap returns the value if it is an error.
func (p *PanicError) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

// writer owns the one connection that writes. Its goroutine takes all writes
// that wait, runs each of them apart from the others in one transaction,
// commits, and only then answers: the cost of making data durable is shared,
// the failure of one write is not.
type writer struct {
	open    func() (*conn, error) // connects to the existing database
	log     *slog.Logger
	outage  *outage // of the goroutine
	metrics *metrics
	queue   chan *write
	stopped chan struct{} // closed when the goroutine has ended

	mu      sync.RWMutex // guards closing against sending on queue
	closing bool

	// The rest belongs to the goroutine.
	c       *conn            // nil: to be opened again
	catalog sqlstore.Catalog // what is known of the indexes
	last    int              // writes in the last batch
	batch   []*write         // those that are in the open transaction
	current *write           // the one that is being called
	first   bool             // it is the first in the transaction
	err     error            // of closing the connection
}

func newWriter(c *conn, open func() (*conn, error), queue int, log *slog.Logger) *writer {
	w := &writer{open: open, log: log, outage: newOutage(log), c: c, queue: make(chan *write, queue), stopped: make(chan struct{})}
	w.metrics = newMetrics(func() float64 { return float64(len(w.queue)) })
	return w
}

// do hands fn to the goroutine and waits for the outcome.
func (w *writer) do(ctx context.Context, fn func(storage.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	op := &write{fn: fn, done: make(chan outcome, 1)}
	if err := w.enqueue(op); err != nil {
		w.metrics.written(resultUnavailable)
		return err
	}
	var o outcome
	select {
	case o = <-op.done:
	case <-ctx.Done():
		if op.state.CompareAndSwap(waiting, abandoned) {
			return ctx.Err()
		}
		o = <-op.done
	}
	switch {
	case o.panic != nil:
		panic(o.panic)
	case o.goexit:
		runtime.Goexit()
	}
	return o.err
}

func (w *writer) enqueue(op *write) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closing {
		return fmt.Errorf("%w: it is closing", storage.ErrUnavailable)
	}
	select {
	case w.queue <- op:
		return nil
	default:
		return fmt.Errorf("%w: %d writes are waiting", storage.ErrUnavailable, cap(w.queue))
	}
}

// close lets the goroutine finish what was accepted and returns the error of
// closing the connection.
func (w *writer) close() error {
	w.mu.Lock()
	if !w.closing {
		w.closing = true
		close(w.queue)
	}
	w.mu.Unlock()
	<-w.stopped
	return w.err
}

// run is the goroutine. A function that ends the goroutine it runs on does not
// end the writer: run starts again on another one.
func (w *writer) run() {
	ended := false
	defer func() {
		if ended {
			return
		}
		w.undo(w.first)
		w.answer(w.current, outcome{goexit: true})
		w.commit()
		go w.run()
	}()
	for op := range w.queue {
		w.collect(op)
	}
	ended = true
	if w.c != nil {
		w.err = w.c.close()
	}
	close(w.stopped)
}

// collect runs the write and those that wait behind it, then commits.
func (w *writer) collect(op *write) {
	taken := 0
	var linger <-chan time.Time
	for {
		if op.state.CompareAndSwap(waiting, running) {
			taken++
			w.apply(op)
		}
		if taken >= maxBatch {
			break
		}
		select {
		case next, ok := <-w.queue:
			if ok {
				op = next
				continue
			}
		default:
			// Clients that were answered together come back together: without
			// waiting for them a batch has only half of them. Nobody is waited
			// for when the last write was alone.
			if w.last > 1 && taken < w.last {
				if linger == nil {
					linger = time.After(maxLinger)
				}
				select {
				case next, ok := <-w.queue:
					if ok {
						op = next
						continue
					}
				case <-linger:
				}
			}
		}
		break
	}
	w.last = taken
	w.commit()
}

// apply runs one write inside the transaction of the batch, or begins one.
func (w *writer) apply(op *write) {
	first, err := w.begin()
	if err != nil {
		w.answer(op, outcome{err: err})
		return
	}
	// The first write needs no savepoint: undoing it is undoing everything.
	if !first {
		if _, err := w.c.Exec("SAVEPOINT one"); err != nil {
			w.rollback("a savepoint failed")
			w.answer(op, outcome{err: unavailableError(err)})
			return
		}
	}
	w.c.failed = nil
	w.current, w.first = op, first
	o := w.call(op)
	if o.err == nil && o.panic == nil {
		o.err = transaction{w.c}.lost()
	}
	if o.err == nil && o.panic == nil {
		if !first {
			if _, err := w.c.Exec("RELEASE one"); err != nil {
				w.rollback("a savepoint failed")
				w.answer(op, outcome{err: unavailableError(err)})
				return
			}
		}
		w.batch = append(w.batch, op)
		return
	}
	if w.c.failed != nil {
		w.outage.failed("a write failed", w.c.failed.Error(), 1)
	}
	w.undo(first)
	w.answer(op, o)
}

// begin makes sure that a transaction is open; first says that it is new.
func (w *writer) begin() (first bool, err error) {
	if len(w.batch) > 0 {
		return false, nil
	}
	if w.c == nil {
		if w.c, err = w.open(); err != nil {
			return false, unavailableError(err)
		}
		w.outage.connected()
	}
	if _, err := w.c.Exec("BEGIN IMMEDIATE"); err != nil {
		w.rollback("no transaction could be begun")
		return false, unavailableError(err)
	}
	w.catalog.Begin()
	return true, nil
}

// undo takes back what one failed write did. If SQLite has given up the whole
// transaction, or does so now, the neighbours are told.
func (w *writer) undo(first bool) {
	if w.c.raw.AutoCommit() {
		w.rollback("the engine gave up the transaction")
		return
	}
	if first {
		w.rollback("")
		return
	}
	_, err := w.c.Exec("ROLLBACK TO one")
	if err == nil {
		_, err = w.c.Exec("RELEASE one")
	}
	if err != nil {
		w.rollback("a write could not be undone")
	}
}

// call runs the function and catches its panic.
func (w *writer) call(op *write) (o outcome) {
	defer func() {
		if v := recover(); v != nil {
			o = outcome{panic: &PanicError{Value: v, Stack: debug.Stack()}}
		}
	}()
	return outcome{err: op.fn(sqlstore.NewWriter(transaction{w.c}, &w.catalog))}
}

// commit makes the batch durable and answers it.
func (w *writer) commit() {
	if w.c == nil || w.c.raw.AutoCommit() {
		return // nothing was begun, or nothing is left
	}
	if len(w.batch) == 0 {
		w.rollback("")
		return
	}
	began := time.Now()
	if _, err := w.c.Exec("COMMIT"); err != nil {
		w.commitFailed(err)
		return
	}
	w.metrics.committed(len(w.batch), time.Since(began))
	w.outage.worked()
	for _, op := range w.batch {
		w.answer(op, outcome{})
	}
	w.clearBatch()
}

// commitFailed answers the batch.
func (w *writer) commitFailed(err error) {
	w.outage.failed("a commit failed", err.Error(), len(w.batch))
	_, rollbackErr := w.c.Exec("ROLLBACK")
	rolledBack := rollbackErr == nil || w.c.raw.AutoCommit()
	err = commitError(err, rolledBack)
	if !rolledBack || errors.Is(err, storage.ErrUncertain) {
		w.drop()
	}
	for _, op := range w.batch {
		w.answer(op, outcome{err: err})
	}
	w.clearBatch()
}

// commitError says what is known after a COMMIT that failed. If the transaction
// was rolled back, nothing was stored; but after an I/O error, as of a failed
// sync, its commit record may have reached the log and be found there if the
// process ends before the next commit writes over it.
func commitError(err error, rolledBack bool) error {
	kind := storage.ErrUnavailable
	cause := err
	if e := (sqlite3.Error{}); errors.As(err, &e) {
		cause = e // without what says that nothing was changed
		if e.Code == sqlite3.ErrIoErr {
			kind = storage.ErrUncertain
		}
	}
	if !rolledBack {
		kind = storage.ErrUncertain
	}
	return fmt.Errorf("%w: commit: %w", kind, cause)
}

// rollback gives up the transaction. Writes that were in it are told that they
// have not been stored. An empty reason is the ordinary end of a lone failure.
func (w *writer) rollback(reason string) {
	if w.c != nil && !w.c.raw.AutoCommit() {
		if _, err := w.c.Exec("ROLLBACK"); err != nil {
			w.outage.failed("a transaction could not be rolled back; connecting again", err.Error(), len(w.batch))
		}
		if !w.c.raw.AutoCommit() {
			w.drop()
		}
	}
	if w.c != nil && w.c.failed != nil && suspect(w.c.failed) {
		w.drop()
	}
	if reason != "" {
		w.outage.failed("a write transaction was given up", reason, len(w.batch))
	}
	for _, op := range w.batch {
		w.answer(op, outcome{err: fmt.Errorf("%w: %s", storage.ErrUnavailable, reason)})
	}
	w.clearBatch()
}

// drop closes a connection that can not be trusted; begin opens another.
func (w *writer) drop() {
	if err := w.c.close(); err != nil {
		w.log.Error("the writer's connection could not be closed", "error", err)
	}
	w.c = nil
}

func (w *writer) clearBatch() {
	clear(w.batch)
	w.batch = w.batch[:0]
}

func (w *writer) answer(op *write, o outcome) {
	switch {
	case o.panic != nil || o.goexit:
		w.metrics.written(resultRefused)
	case o.err == nil:
		w.metrics.written(resultCommitted)
	case errors.Is(o.err, storage.ErrUnavailable) || errors.Is(o.err, storage.ErrUncertain):
		w.metrics.written(resultUnavailable)
	default:
		w.metrics.written(resultRefused)
	}
	op.done <- o
}

// unavailableError wraps an error of the engine, once, as storage.ErrUnavailable.
func unavailableError(err error) error {
	if errors.Is(err, storage.ErrUnavailable) {
		return err
	}
	return fmt.Errorf("%w: %w", storage.ErrUnavailable, err)
}
