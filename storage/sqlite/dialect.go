package sqlite

import (
	"errors"
	"strings"

	"github.com/mattn/go-sqlite3"
)

// params turns $N into ?N. To SQLite, $N would be a name, numbered by first
// appearance.
func params(sql string) string {
	var b strings.Builder
	b.Grow(len(sql))
	quoted := false
	for i := 0; i < len(sql); i++ {
		c := sql[i]
		if c == '\'' {
			quoted = !quoted
		}
		if c == '$' && !quoted && i+1 < len(sql) && '0' <= sql[i+1] && sql[i+1] <= '9' {
			c = '?'
		}
		b.WriteByte(c)
	}
	return b.String()
}

// unavailable reports whether SQLite could not do its work for a reason that
// lies outside of the statement: storage, locks, memory.
func unavailable(err error) bool {
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code {
	case sqlite3.ErrBusy, sqlite3.ErrLocked, sqlite3.ErrFull, sqlite3.ErrReadonly, sqlite3.ErrIoErr, sqlite3.ErrCantOpen,
		sqlite3.ErrNomem, sqlite3.ErrCorrupt, sqlite3.ErrNotADB, sqlite3.ErrPerm, sqlite3.ErrInterrupt, sqlite3.ErrProtocol:
		return true
	}
	return false
}

// suspect reports whether the error may have to do with the connection, so
// that another one may do better.
func suspect(err error) bool {
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return true
	}
	switch e.Code {
	case sqlite3.ErrBusy, sqlite3.ErrLocked, sqlite3.ErrFull, sqlite3.ErrReadonly, sqlite3.ErrInterrupt:
		return false
	}
	return true
}
