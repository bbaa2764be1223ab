package sqlite

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
	"github.com/scimbridge/scimbridge/storage/internal/sqlstore"
)

const (
	// indexStep is how many resources are indexed in one transaction: few enough
	// that writers of other processes hardly wait.
	indexStep = 500
	// indexSteps is after how many of them the log is told.
	indexSteps = 100
)

// prepareIndexes makes the database have these indexes, and those that it has
// besides in today's form. Each step is a transaction; whoever is ended on the
// way is continued by the next Open.
func prepareIndexes(ctx context.Context, c *conn, want []directory.Index, log *slog.Logger) error {
	if err := checkIndexes(want); err != nil {
		return err
	}
	c.ctx = ctx
	defer func() { c.ctx = context.Background() }()
	has := false
	if err := step(c, "BEGIN", func(s *sqlstore.Session) (err error) {
		has, err = s.HasIndexes(want)
		return err
	}); err != nil || has {
		return err
	}
	if err := change(c, func(s *sqlstore.Session) error { return s.PlanIndexes(want) }); err != nil {
		return err
	}
	if err := buildIndexes(ctx, c, want, log); err != nil {
		if duplicate := (*sqlstore.DuplicateError)(nil); errors.As(err, &duplicate) {
			// Nobody is to be refused for an index that there will not be.
			return errors.Join(err, change(c, func(s *sqlstore.Session) error { return s.WithdrawIndexes(want) }), removeIndexes(ctx, c, log))
		}
		return err
	}
	ok := false
	if err := change(c, func(s *sqlstore.Session) (err error) {
		ok, err = s.FinishIndexes(want)
		return err
	}); err != nil {
		return err
	}
	if !ok {
		return errors.New("prepare the indexes: another process is changing them to others")
	}
	return removeIndexes(ctx, c, log)
}

// checkIndexes refuses what can not be indexed.
func checkIndexes(want []directory.Index) error {
	type name struct{ typ, attribute string }
	seen := map[name]bool{}
	for _, x := range want {
		n := name{x.Type, x.Attribute}
		switch {
		case x.Type == "" || x.Attribute == "" || len(x.Path) == 0:
			return fmt.Errorf("index %q of %q: type, attribute and path are needed", x.Attribute, x.Type)
		case seen[n]:
			return fmt.Errorf("index %q of %q is wanted twice", x.Attribute, x.Type)
		}
		seen[n] = true
	}
	return nil
}

// buildIndexes builds what was planned.
func buildIndexes(ctx context.Context, c *conn, want []directory.Index, log *slog.Logger) error {
	var last int64 // the index that was built before
	rows, steps := 0, 0
	for {
		var attr int64
		var p sqlstore.Progress
		if err := change(c, func(s *sqlstore.Session) (err error) {
			attr, p, err = s.BuildIndex(want, last, indexStep)
			return err
		}); err != nil {
			return fmt.Errorf("build the indexes: %w", err)
		}
		if p.Index.Type == "" {
			return nil
		}
		rows += p.Rows
		if steps++; p.Last {
			log.InfoContext(ctx, "an index was built", "type", p.Index.Type, "attribute", p.Index.Attribute, "resources", rows)
			last, rows, steps = attr, 0, 0
		} else if steps%indexSteps == 0 {
			log.InfoContext(ctx, "an index is being built", "type", p.Index.Type, "attribute", p.Index.Attribute, "resources", rows)
		}
	}
}

// removeIndexes removes what was withdrawn.
func removeIndexes(ctx context.Context, c *conn, log *slog.Logger) error {
	rows := 0
	for {
		var p sqlstore.Progress
		if err := change(c, func(s *sqlstore.Session) (err error) {
			p, err = s.RemoveIndex(indexStep)
			return err
		}); err != nil {
			return fmt.Errorf("remove indexes: %w", err)
		}
		if p.Index.Type == "" {
			return nil
		}
		if rows += p.Rows; p.Last {
			log.InfoContext(ctx, "an index was removed", "type", p.Index.Type, "attribute", p.Index.Attribute, "values", rows)
			rows = 0
		}
	}
}

// StoredIndex is an index that the database has.
type StoredIndex = sqlstore.StoredIndex

// Indexes returns the configured indexes that the database has, by type and
// attribute, whoever wanted them.
func Indexes(ctx context.Context, path string) (xs []StoredIndex, err error) {
	err = withConnection(ctx, path, "ro", func(c *conn) error {
		return step(c, "BEGIN", func(s *sqlstore.Session) (err error) {
			xs, err = s.StoredIndexes()
			return err
		})
	})
	return xs, err
}

// DropIndex removes the index of an attribute; directory.ErrNotFound if there is
// none. Its values need no longer be unique. Processes that have the file open go
// on; one that was started with the index answers questions that need it with
// storage.ErrUnavailable until it is started anew, which builds it again.
func DropIndex(ctx context.Context, path, typ, attribute string, log *slog.Logger) error {
	return withConnection(ctx, path, "rw", func(c *conn) error {
		dropped := false
		if err := change(c, func(s *sqlstore.Session) (err error) {
			dropped, err = s.DropIndex(typ, attribute)
			return err
		}); err != nil {
			return err
		}
		if !dropped {
			return fmt.Errorf("%w: %s has no index on %q", directory.ErrNotFound, typ, attribute)
		}
		return removeIndexes(ctx, c, log)
	})
}

// withConnection runs fn on a connection of its own to an existing database.
func withConnection(ctx context.Context, path, mode string, fn func(*conn) error) (err error) {
	name, err := dsn(path, mode, defaultBusyTimeout, false)
	if err != nil {
		return err
	}
	c, err := connect(name, "synchronous = FULL", "foreign_keys = ON")
	if err != nil {
		return unavailableError(err)
	}
	defer func() { err = errors.Join(err, c.close()) }()
	c.ctx = ctx
	defer func() { c.ctx = context.Background() }()
	return fn(c)
}

// change runs fn in a transaction that writes.
func change(c *conn, fn func(*sqlstore.Session) error) error { return step(c, "BEGIN IMMEDIATE", fn) }

// step runs fn in a transaction of its own.
func step(c *conn, begin string, fn func(*sqlstore.Session) error) error {
	if _, err := c.Exec(begin); err != nil {
		return fmt.Errorf("begin to change the indexes: %w", err)
	}
	err := fn(sqlstore.New(c))
	if err == nil {
		if _, err = c.Exec("COMMIT"); err == nil {
			return nil
		}
		err = fmt.Errorf("change the indexes: %w", err)
	}
	if !c.raw.AutoCommit() {
		if undo := c.run("ROLLBACK"); undo != nil {
			return errors.Join(err, fmt.Errorf("%w: undo a change of the indexes: %w", storage.ErrUnavailable, undo))
		}
	}
	return err
}
