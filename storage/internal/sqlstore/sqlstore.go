// Package sqlstore is the SQL of the bridge, once for all engines. A Session
// implements storage.Reader and storage.Tx over one connection that is inside
// a transaction; package sqlite (later postgres) opens connections, begins and
// ends transactions and keeps what differs between engines behind Conn.
//
// To leave the engines nothing to disagree about, everything that could differ
// is decided in Go: keys are folded here, times are integers, ids are bytes,
// numbers of sequences come from rows of the table counters. The SQL keeps to
// what SQLite, PostgreSQL, CockroachDB and YugabyteDB all take: $N parameters,
// ON CONFLICT (columns), RETURNING, recursive CTEs, and plain indexes compared
// byte by byte. Uniqueness is checked by the statement that inserts (ON
// CONFLICT DO NOTHING) or by a read in the same transaction, never by catching
// an error, because an error ends a PostgreSQL transaction; the unique indexes
// stand behind it should that ever not be enough.
package sqlstore

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
)

// Conn runs statements inside a transaction. Arguments are int64, string,
// []byte or nil; results are int64, string, []byte, [16]byte or nil.
type Conn interface {
	// Query yields the rows. The Row is valid until the next one is asked for;
	// what its methods return stays valid. An error is yielded last.
	Query(sql string, args ...any) iter.Seq2[Row, error]
	// List is Query for a statement that may go through many rows. The engine
	// may make it wait for its turn, so that other reading goes on beside it.
	// A bounded one has a condition that somebody outside made up: when it
	// takes the engine too long, it ends with directory.ErrTooMany.
	List(bounded bool, sql string, args ...any) iter.Seq2[Row, error]
	// Exec returns how many rows were changed.
	Exec(sql string, args ...any) (int64, error)
}

// Session is a storage.Tx over one connection, for one transaction.
type Session struct {
	c       Conn
	catalog *Catalog // nil: read from the database when it is needed
	known   *Known   // nil: nothing
}

var _ storage.Tx = (*Session)(nil)

// New returns a session on the connection.
func New(c Conn) *Session { return &Session{c: c} }

// NewReader returns a session that reads what is committed.
func NewReader(c Conn, known *Known) *Session { return &Session{c: c, known: known} }

// NewWriter returns a session on a connection that remembers the indexes.
func NewWriter(c Conn, catalog *Catalog) *Session { return &Session{c: c, catalog: catalog} }

// Row is one result row.
type Row []driver.Value

// Int returns an integer column, 0 for NULL.
func (r Row) Int(i int) int64 {
	switch v := r[i].(type) {
	case int64:
		return v
	case nil:
		return 0
	case int32:
		return int64(v)
	}
	panic(fmt.Sprintf("sqlstore: column %d is a %T, not an integer", i, r[i]))
}

// Bool returns an integer column as a boolean.
func (r Row) Bool(i int) bool { return r.Int(i) != 0 }

// Text returns a text column, "" for NULL.
func (r Row) Text(i int) string {
	switch v := r[i].(type) {
	case string:
		return v
	case nil:
		return ""
	case []byte:
		return string(v)
	}
	panic(fmt.Sprintf("sqlstore: column %d is a %T, not text", i, r[i]))
}

// Bytes returns a text or binary column, nil for NULL and for empty.
func (r Row) Bytes(i int) []byte {
	switch v := r[i].(type) {
	case []byte:
		if len(v) == 0 {
			return nil
		}
		return v
	case string:
		if v == "" {
			return nil
		}
		return []byte(v)
	case [16]byte:
		return v[:]
	case nil:
		return nil
	}
	panic(fmt.Sprintf("sqlstore: column %d is a %T, not binary", i, r[i]))
}

// ID returns an id column, the zero id for NULL.
func (r Row) ID(i int) (id directory.ID) {
	copy(id[:], r.Bytes(i))
	return id
}

// Time returns a time column.
func (r Row) Time(i int) time.Time {
	ms := r.Int(i)
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// millis is the stored form of an instant; Row.Time reads it.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// yes is 1, or NULL: the last column of a unique index that only some rows
// take part in (NULLs never equal each other).
func yes(b bool) any {
	if b {
		return int64(1)
	}
	return nil
}

// optional is text that is NULL when absent.
func optional[T ~[]byte](b T) any {
	if b == nil {
		return nil
	}
	return string(b)
}

// one returns the first row of a query, nil if it has none.
func (s *Session) one(sql string, args ...any) (Row, error) {
	for row, err := range s.c.Query(sql, args...) {
		return row, err
	}
	return nil, nil
}

// number returns the integer in the first column of the first row, 0 without one.
func (s *Session) number(sql string, args ...any) (int64, error) {
	row, err := s.one(sql, args...)
	if err != nil || row == nil {
		return 0, err
	}
	return row.Int(0), nil
}

func (s *Session) exec(sql string, args ...any) error {
	_, err := s.c.Exec(sql, args...)
	return err
}

// isNotFound is errors.Is(err, directory.ErrNotFound), the one absence of the contract.
func isNotFound(err error) bool { return errors.Is(err, directory.ErrNotFound) }
