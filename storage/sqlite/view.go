package sqlite

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/scimbridge/scimbridge/storage"
	"github.com/scimbridge/scimbridge/storage/internal/sqlstore"
)

// view is one View: the connection that its first statement took from the
// pool, in a read transaction.
type view struct {
	pool   *readers
	ctx    context.Context
	taken  bool  // a connection's place in the pool
	c      *conn // nil: not taken, or could not be opened
	lists  bool  // a place among those that list
	failed error // why there is no connection: what fn hides was still not carried out
}

var _ sqlstore.Conn = (*view)(nil)

// begin takes a connection and begins the transaction, once.
func (v *view) begin() error {
	if v.c != nil || v.failed != nil {
		return v.failed
	}
	select {
	case v.c = <-v.pool.free:
		v.taken = true
	case <-v.ctx.Done():
		v.failed = v.ctx.Err()
		return v.failed
	}
	if v.c == nil {
		c, err := v.pool.open()
		if err != nil {
			v.failed = unavailableError(err)
			return v.failed
		}
		v.c = c
	}
	v.c.ctx, v.c.failed, v.c.left = v.ctx, nil, v.pool.queryTime
	if _, err := v.c.Exec("BEGIN"); err != nil {
		if v.failed = v.ctx.Err(); v.failed == nil {
			v.failed = unavailableError(err)
		}
	}
	return v.failed
}

// beginList takes a place among those that list, then a connection. Who has
// the connection already does not wait: that would keep it from the others.
func (v *view) beginList() error {
	switch {
	case v.lists || v.failed != nil:
	case v.c == nil:
		select {
		case <-v.pool.lists:
			v.lists = true
		case <-v.ctx.Done():
			v.failed = v.ctx.Err()
		}
	default:
		select {
		case <-v.pool.lists:
			v.lists = true
		default:
			v.failed = fmt.Errorf("%w: %d lists are being read", storage.ErrUnavailable, cap(v.pool.lists))
		}
	}
	if v.failed != nil {
		return v.failed
	}
	return v.begin()
}

// failure is why something was not carried out, whatever fn says.
func (v *view) failure() error {
	if v.failed == nil && v.c != nil {
		return v.c.failed
	}
	return v.failed
}

// end gives back what was taken. The place goes back to the pool whatever fn
// did; the connection only if fn returned and it is out of its transaction.
func (v *view) end(returned bool) (err error) {
	if v.taken {
		c := v.c
		if c != nil {
			healthy := false
			c.ctx = context.Background()
			if returned && !c.raw.AutoCommit() {
				if _, endErr := c.Exec("COMMIT"); endErr != nil {
					err = unavailableError(endErr)
				} else {
					healthy = c.failed == nil
				}
			} else {
				healthy = returned && c.failed == nil
			}
			if !healthy {
				err = errors.Join(err, c.close())
				c = nil
			}
		}
		v.pool.free <- c
	}
	if v.lists {
		v.pool.lists <- struct{}{}
	}
	return err
}

// Query implements sqlstore.Conn.
func (v *view) Query(sql string, args ...any) iter.Seq2[sqlstore.Row, error] {
	if err := v.begin(); err != nil {
		return refusal(err)
	}
	return v.c.Query(sql, args...)
}

// List implements sqlstore.Conn.
func (v *view) List(bounded bool, sql string, args ...any) iter.Seq2[sqlstore.Row, error] {
	if err := v.beginList(); err != nil {
		return refusal(err)
	}
	return v.c.List(bounded, sql, args...)
}

// Exec implements sqlstore.Conn.
func (v *view) Exec(sql string, args ...any) (int64, error) {
	if err := v.begin(); err != nil {
		return 0, err
	}
	return v.c.Exec(sql, args...)
}

func refusal(err error) iter.Seq2[sqlstore.Row, error] {
	return func(yield func(sqlstore.Row, error) bool) { yield(nil, err) }
}
