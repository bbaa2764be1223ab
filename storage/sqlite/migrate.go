package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/scimbridge/scimbridge/storage"
)

//go:embed migrations/*.sql
var migrations embed.FS

// computed are the migrations that SQL can not express. There is no way back: an
// older program refuses the database anyway.
func computed() []*goose.Migration {
	return []*goose.Migration{
		goose.NewGoMigration(5, &goose.GoFunc{RunTx: rekey(beyondASCII)}, nil),
		goose.NewGoMigration(6, &goose.GoFunc{RunTx: rekey(dottedCapital)}, nil),
	}
}

// Versions says which schema a database has and which one this program knows.
// A database that does not exist yet has version 0.
type Versions struct {
	Database int64
	Program  int64
}

// Migrate creates the database if there is none and brings its schema to the
// one that this program knows; it returns the versions before and after. Each
// step is one transaction. Another process may do the same at the same time.
// A database of a newer program is storage.ErrNewer and is not touched.
func Migrate(ctx context.Context, path string) (from, to int64, err error) {
	if err := create(path); err != nil {
		return 0, 0, err
	}
	for attempt := 1; ; attempt++ {
		var v Versions
		v, err = withProvider(ctx, path, func(p *goose.Provider) error {
			_, err := p.Up(ctx)
			return err
		})
		if attempt == 1 {
			from = v.Database
		}
		if err == nil {
			return from, v.Program, nil
		}
		// Another process may have taken the same step first. Then the next
		// attempt finds nothing to do.
		if attempt == migrateAttempts || errors.Is(err, storage.ErrNewer) || ctx.Err() != nil {
			return from, from, err
		}
		time.Sleep(time.Duration(attempt) * 20 * time.Millisecond)
	}
}

const migrateAttempts = 5

// ReadVersions returns the versions without changing anything.
func ReadVersions(ctx context.Context, path string) (Versions, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		known, err := programVersion()
		return Versions{Program: known}, err
	}
	return withProvider(ctx, path, nil)
}

// programVersion is the number of the newest migration.
func programVersion() (int64, error) {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return 0, fmt.Errorf("list migrations: %w", err)
	}
	var newest int64
	for _, f := range files {
		n, err := goose.NumericComponent(f)
		if err != nil {
			return 0, fmt.Errorf("migration %s: %w", f, err)
		}
		newest = max(newest, n)
	}
	for _, m := range computed() {
		newest = max(newest, m.Version)
	}
	return newest, nil
}

// withProvider reads the versions, refuses a newer database, and calls fn.
func withProvider(ctx context.Context, path string, fn func(*goose.Provider) error) (v Versions, err error) {
	name, err := dsn(path, "rw", defaultBusyTimeout, true)
	if err != nil {
		return v, err
	}
	db, err := sql.Open("sqlite3", name)
	if err != nil {
		return v, fmt.Errorf("open the database: %w", err)
	}
	db.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, db.Close()) }()
	if v.Program, err = programVersion(); err != nil {
		return v, err
	}
	// Read without goose, which would create its table in an empty database.
	var exists bool
	if err := db.QueryRowContext(ctx, `SELECT count(*) > 0 FROM sqlite_schema WHERE name = 'goose_db_version'`).Scan(&exists); err != nil {
		return v, fmt.Errorf("read the schema version: %w", err)
	}
	if exists {
		if err := db.QueryRowContext(ctx, `SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied`).Scan(&v.Database); err != nil {
			return v, fmt.Errorf("read the schema version: %w", err)
		}
	}
	if v.Database > v.Program {
		return v, fmt.Errorf("%w: the database has schema %d, this program knows %d; use the newer program",
			storage.ErrNewer, v.Database, v.Program)
	}
	if fn == nil || v.Database == v.Program {
		return v, nil
	}
	// The file keeps the mode: it is set once, before the first table.
	if _, err := db.ExecContext(ctx, `PRAGMA journal_mode = WAL`); err != nil {
		return v, fmt.Errorf("switch to write-ahead logging: %w", err)
	}
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return v, fmt.Errorf("open migrations: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, sub, goose.WithDisableGlobalRegistry(true), goose.WithGoMigrations(computed()...))
	if err != nil {
		return v, fmt.Errorf("read migrations: %w", err)
	}
	if err := fn(p); err != nil {
		return v, fmt.Errorf("migrate the database: %w", err)
	}
	return v, nil
}

// create makes an empty file that only the owner can read: the directory holds
// personal data, and SQLite gives its log the same permissions.
func create(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("create the database: %w", err)
	}
	return f.Close()
}
