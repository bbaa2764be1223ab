package sqlstore

import (
	"errors"
	"fmt"

	"github.com/scimbridge/scimbridge/storage"
)

// Nested implements storage.Tx. Savepoints of one name stack up: each statement
// means the innermost.
func (s *Session) Nested(fn func(storage.Tx) error) (err error) {
	if err := s.exec("SAVEPOINT nested"); err != nil {
		return fmt.Errorf("begin a nested transaction: %w", err)
	}
	returned := false
	defer func() {
		// Whoever catches the panic of fn may go on with the transaction.
		if returned && err == nil {
			return
		}
		if undo := s.undoNested(); undo != nil {
			err = errors.Join(err, undo)
		}
	}()
	err = fn(s)
	returned = true
	if err != nil {
		return err
	}
	if err := s.exec("RELEASE SAVEPOINT nested"); err != nil {
		return fmt.Errorf("end a nested transaction: %w", err)
	}
	return nil
}

func (s *Session) undoNested() error {
	if err := s.exec("ROLLBACK TO SAVEPOINT nested"); err != nil {
		return fmt.Errorf("undo a nested transaction: %w", err)
	}
	if err := s.exec("RELEASE SAVEPOINT nested"); err != nil {
		return fmt.Errorf("end a nested transaction: %w", err)
	}
	return nil
}
