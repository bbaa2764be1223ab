package sqlstore

import (
	"errors"
	"fmt"

	"github.com/scimbridge/scimbridge/storage"
)

// Nested implements storage.Tx. Savepoints of one name stack up: each statement
// means the innermost. If fn panics, the whole transaction ends, and with it
// the savepoint.
func (s *Session) Nested(fn func(storage.Tx) error) error {
	if err := s.exec("SAVEPOINT nested"); err != nil {
		return fmt.Errorf("begin a nested transaction: %w", err)
	}
	if err := fn(s); err != nil {
		if undo := s.exec("ROLLBACK TO SAVEPOINT nested"); undo != nil {
			return errors.Join(err, fmt.Errorf("undo a nested transaction: %w", undo))
		}
		if end := s.exec("RELEASE SAVEPOINT nested"); end != nil {
			return errors.Join(err, fmt.Errorf("end a nested transaction: %w", end))
		}
		return err
	}
	if err := s.exec("RELEASE SAVEPOINT nested"); err != nil {
		return fmt.Errorf("end a nested transaction: %w", err)
	}
	return nil
}
