package sqlite

import (
	"errors"
	"fmt"
	"testing"

	"github.com/mattn/go-sqlite3"

	"github.com/scimbridge/scimbridge/storage"
)

// Nobody is told that nothing was changed unless that is known.
func TestCommitError(t *testing.T) {
	full, io := sqlite3.Error{Code: sqlite3.ErrFull}, sqlite3.Error{Code: sqlite3.ErrIoErr, ExtendedCode: sqlite3.ErrIoErrFsync}
	for _, c := range []struct {
		err        error
		rolledBack bool
		want, not  error
	}{
		{full, true, storage.ErrUnavailable, storage.ErrUncertain},
		{full, false, storage.ErrUncertain, storage.ErrUnavailable},
		{io, true, storage.ErrUncertain, storage.ErrUnavailable},
		{io, false, storage.ErrUncertain, storage.ErrUnavailable},
	} {
		// As conn.Exec hands it on.
		got := commitError(fmt.Errorf("%w: %w", storage.ErrUnavailable, c.err), c.rolledBack)
		var cause sqlite3.Error
		if !errors.Is(got, c.want) || errors.Is(got, c.not) || !errors.As(got, &cause) || cause.Code != c.err.(sqlite3.Error).Code {
			t.Errorf("%v, rolled back %t: %v", c.err, c.rolledBack, got)
		}
	}
}
