package sqlite

import (
	"errors"
	"iter"

	"github.com/scimbridge/scimbridge/storage/internal/sqlstore"
)

// transaction is the writer's connection for the function of one write. Once
// the engine could not do its work, the write is lost whatever the function
// says, and nothing more is carried out for it: the engine may have given up the
// transaction, and then a statement would be one of its own, stored at once,
// and a savepoint would begin another transaction, which its release commits.
type transaction struct{ *conn }

var _ sqlstore.Conn = transaction{}

var errGivenUp = errors.New("the engine gave up the transaction")

// lost returns why nothing more can be carried out, nil if it can.
func (t transaction) lost() error {
	if t.failed == nil && t.raw.AutoCommit() {
		t.failed = unavailableError(errGivenUp)
	}
	return t.failed
}

// Query implements sqlstore.Conn.
func (t transaction) Query(sql string, args ...any) iter.Seq2[sqlstore.Row, error] {
	if err := t.lost(); err != nil {
		return refusal(err)
	}
	return t.conn.Query(sql, args...)
}

// List implements sqlstore.Conn.
func (t transaction) List(bounded bool, sql string, args ...any) iter.Seq2[sqlstore.Row, error] {
	if err := t.lost(); err != nil {
		return refusal(err)
	}
	return t.conn.List(bounded, sql, args...)
}

// Exec implements sqlstore.Conn.
func (t transaction) Exec(sql string, args ...any) (int64, error) {
	if err := t.lost(); err != nil {
		return 0, err
	}
	return t.conn.Exec(sql, args...)
}
