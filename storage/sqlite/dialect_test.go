package sqlite

import (
	"fmt"
	"testing"

	"github.com/mattn/go-sqlite3"
)

func TestParams(t *testing.T) {
	for sql, want := range map[string]string{
		"SELECT 1": "SELECT 1",
		"SELECT * FROM t WHERE a = $2 AND b = $10 OR $2 = 0": "SELECT * FROM t WHERE a = ?2 AND b = ?10 OR ?2 = 0",
		"SELECT '$1', 'it''s $2', $3, $":                     "SELECT '$1', 'it''s $2', ?3, $",
	} {
		if got := params(sql); got != want {
			t.Errorf("params(%q) = %q, want %q", sql, got, want)
		}
	}
}

func TestErrorsAreTold(t *testing.T) {
	for _, c := range []struct {
		code                 sqlite3.ErrNo
		unavailable, suspect bool
	}{
		{sqlite3.ErrFull, true, false}, {sqlite3.ErrBusy, true, false}, {sqlite3.ErrReadonly, true, false},
		{sqlite3.ErrIoErr, true, true}, {sqlite3.ErrCorrupt, true, true}, {sqlite3.ErrConstraint, false, true}, {sqlite3.ErrError, false, true},
	} {
		err := fmt.Errorf("wrapped: %w", sqlite3.Error{Code: c.code})
		if unavailable(err) != c.unavailable || suspect(err) != c.suspect {
			t.Errorf("%v: unavailable %t, suspect %t", c.code, unavailable(err), suspect(err))
		}
	}
	if unavailable(fmt.Errorf("other")) {
		t.Error("any error is taken for one of the engine")
	}
}
