package sqlite

import (
	"container/list"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/mattn/go-sqlite3"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
	"github.com/scimbridge/scimbridge/storage/internal/sqlstore"
)

// maxStatements bounds the prepared statements a connection keeps: about 100
// are fixed, the rest come from filters.
const maxStatements = 400

// maxStatementText bounds, in bytes, the text of a statement that is kept. What
// is longer comes of a long filter, is unlikely to come again, and would let
// clients fill the cache with text.
const maxStatementText = 4 << 10

// conn is one raw connection with its prepared statements. It is used by one
// goroutine at a time.
type conn struct {
	raw *sqlite3.SQLiteConn
	// ctx ends reading: it is looked at before each statement and row. The
	// driver is given a context that can end only for statements that may run
	// long between two rows (List): watching it has a cost per row.
	ctx context.Context
	// left is how long the engine may still work on bounded lists (see List);
	// as good as for ever unless a View sets it.
	left time.Duration
	// failed is the first error since reset that says SQLite could not do its
	// work; a function that hides it has still not been carried out.
	failed error

	statements map[string]*list.Element // of *statement, by the SQL with $N
	recent     *list.List               // front: used last
}

type statement struct {
	text string
	stmt *sqlite3.SQLiteStmt
	busy bool
}

var _ sqlstore.Conn = (*conn)(nil)

// dsn names a database file for the driver; mode is "ro", "rw" or "rwc".
func dsn(path, mode string, busy time.Duration, immediate bool) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("path of the database: %w", err)
	}
	parts := strings.Split(filepath.ToSlash(abs), "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	s := "file:" + strings.Join(parts, "/") + "?mode=" + mode + "&_mutex=no&_busy_timeout=" + strconv.FormatInt(busy.Milliseconds(), 10)
	if immediate {
		s += "&_txlock=immediate"
	}
	return s, nil
}

// connect opens a connection and sets its pragmas.
func connect(dsn string, pragmas ...string) (*conn, error) {
	c, err := (&sqlite3.SQLiteDriver{}).Open(dsn)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	raw, ok := c.(*sqlite3.SQLiteConn)
	if !ok {
		return nil, fmt.Errorf("open the database: the driver returned a %T", c)
	}
	n := &conn{raw: raw, ctx: context.Background(), left: math.MaxInt64, statements: map[string]*list.Element{}, recent: list.New()}
	for _, p := range pragmas {
		if err := n.run("PRAGMA " + p); err != nil {
			return nil, errors.Join(fmt.Errorf("PRAGMA %s: %w", p, err), n.close())
		}
	}
	return n, nil
}

// run executes SQL without parameters that is not worth keeping prepared.
func (c *conn) run(sql string) error {
	_, err := c.raw.Exec(sql, nil)
	return err
}

// pragma returns the value of a pragma as an integer.
func (c *conn) pragma(name string) (int64, error) {
	for row, err := range c.Query("PRAGMA " + name) {
		if err != nil {
			return 0, fmt.Errorf("PRAGMA %s: %w", name, err)
		}
		return row.Int(0), nil
	}
	return 0, fmt.Errorf("PRAGMA %s: no value", name)
}

func (c *conn) close() error {
	for e := c.recent.Front(); e != nil; e = e.Next() {
		e.Value.(*statement).stmt.Close() // the connection's own Close reports what matters
	}
	c.statements, c.recent = map[string]*list.Element{}, list.New()
	if err := c.raw.Close(); err != nil {
		return fmt.Errorf("close the database: %w", err)
	}
	return nil
}

// prepare returns the statement for the text, marked busy. One that is busy
// already (a query within a query of the same text) is prepared once more.
func (c *conn) prepare(text string) (*statement, error) {
	if e, ok := c.statements[text]; ok {
		if s := e.Value.(*statement); !s.busy {
			c.recent.MoveToFront(e)
			s.busy = true
			return s, nil
		}
	}
	p, err := c.raw.Prepare(params(text))
	if err != nil {
		return nil, err
	}
	s := &statement{text: text, stmt: p.(*sqlite3.SQLiteStmt), busy: true}
	if _, ok := c.statements[text]; ok || len(text) > maxStatementText {
		s.text = "" // closed when it is given back
		return s, nil
	}
	c.statements[text] = c.recent.PushFront(s)
	for e := c.recent.Back(); len(c.statements) > maxStatements && e != nil; {
		old, before := e.Value.(*statement), e.Prev()
		if !old.busy {
			c.recent.Remove(e)
			delete(c.statements, old.text)
			old.stmt.Close() // it is reset, so there is nothing left to report
		}
		e = before
	}
	return s, nil
}

// release gives a statement back.
func (c *conn) release(s *statement) {
	s.busy = false
	if s.text == "" {
		s.stmt.Close() // it is reset, so there is nothing left to report
	}
}

// note classifies an error of the engine.
func (c *conn) note(err error) error {
	if err == nil || !unavailable(err) {
		return err
	}
	err = fmt.Errorf("%w: %w", storage.ErrUnavailable, err)
	if c.failed == nil {
		c.failed = err
	}
	return err
}

// Query implements sqlstore.Conn.
func (c *conn) Query(sql string, args ...any) iter.Seq2[sqlstore.Row, error] {
	return func(yield func(sqlstore.Row, error) bool) {
		if err := c.ctx.Err(); err != nil {
			yield(nil, err)
			return
		}
		s, err := c.prepare(sql)
		if err != nil {
			yield(nil, c.note(err))
			return
		}
		defer c.release(s)
		rows, err := s.stmt.Query(values(args))
		if err != nil {
			yield(nil, c.note(err))
			return
		}
		defer rows.Close() // resets the statement; a failed step was reported by Next
		row := make(sqlstore.Row, len(rows.Columns()))
		for {
			if err := rows.Next(row); err != nil {
				if !errors.Is(err, io.EOF) {
					yield(nil, c.note(err))
				}
				return
			}
			if !yield(row, nil) {
				return
			}
			if err := c.ctx.Err(); err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

// List implements sqlstore.Conn. The engine is interrupted when ctx ends, and
// a bounded statement also when c.left is used up, in which only the engine's
// own time counts: what the caller does with a row does not. The connection
// and its transaction are as good as before.
func (c *conn) List(bounded bool, sql string, args ...any) iter.Seq2[sqlstore.Row, error] {
	if !bounded && c.ctx.Done() == nil {
		return c.Query(sql, args...)
	}
	return func(yield func(sqlstore.Row, error) bool) {
		if err := c.ctx.Err(); err != nil {
			yield(nil, err)
			return
		}
		s, err := c.prepare(sql)
		if err != nil {
			yield(nil, c.note(err))
			return
		}
		defer c.release(s)
		ctx, cancel := context.WithCancelCause(c.ctx)
		defer cancel(nil)
		work := func(step func() error) error { return step() }
		if bounded {
			clock := time.AfterFunc(c.left, func() { cancel(directory.ErrTooMany) })
			clock.Stop()
			defer clock.Stop()
			work = func(step func() error) error {
				if c.left <= 0 {
					cancel(directory.ErrTooMany)
					return directory.ErrTooMany
				}
				began := time.Now()
				clock.Reset(max(c.left, time.Millisecond)) // an interruption before the step has begun is lost
				defer func() {
					clock.Stop()
					c.left -= time.Since(began)
				}()
				return step()
			}
		}
		// failure names the reason for an interruption instead of the interruption.
		failure := func(err error) error {
			if cause := context.Cause(ctx); cause != nil {
				return cause
			}
			return c.note(err)
		}
		var rows driver.Rows
		if err := work(func() (err error) { rows, err = s.stmt.QueryContext(ctx, named(args)); return err }); err != nil {
			yield(nil, failure(err))
			return
		}
		defer rows.Close() // resets the statement; a failed step was reported by Next
		row := make(sqlstore.Row, len(rows.Columns()))
		for {
			if err := work(func() error { return rows.Next(row) }); err != nil {
				if !errors.Is(err, io.EOF) {
					yield(nil, failure(err))
				}
				return
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// Exec implements sqlstore.Conn.
func (c *conn) Exec(sql string, args ...any) (int64, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	s, err := c.prepare(sql)
	if err != nil {
		return 0, c.note(err)
	}
	defer c.release(s)
	r, err := s.stmt.Exec(values(args))
	if err != nil {
		return 0, c.note(err)
	}
	return r.RowsAffected()
}

func named(args []any) []driver.NamedValue {
	vs := make([]driver.NamedValue, len(args))
	for i, a := range args {
		vs[i] = driver.NamedValue{Ordinal: i + 1, Value: a}
	}
	return vs
}

func values(args []any) []driver.Value {
	vs := make([]driver.Value, len(args))
	for i, a := range args {
		vs[i] = a
	}
	return vs
}
