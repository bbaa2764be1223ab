// Package sqlite keeps the directory in one SQLite file.
//
// What always holds: an Update that returned nil is on the disk (write-ahead
// log, synchronous=FULL) and survives kill -9 and a power cut; a View never
// waits for writers nor they for it; one goroutine with one connection does all
// writing of a process (see writer), so no Update ever fails because of
// another; and however many lists are asked for, half of the connections for
// reading are left to those who look one thing up (see readers). Other processes may open the same file, to read, to write or to
// migrate: SQLite's locks order them, and a lock that is not to be had within
// the busy timeout is storage.ErrUnavailable.
//
// The file must lie on a local file system: write-ahead logging does not work
// over a network.
package sqlite

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
	"github.com/scimbridge/scimbridge/storage/internal/sqlstore"
)

// Options say how to open a database. Only Path is needed.
type Options struct {
	// Path of the database file. Two more files lie beside it while it is open
	// (-wal, -shm); all three belong together.
	Path string
	// ReadOnly opens an existing database without a writer: Update returns
	// storage.ErrUnavailable.
	ReadOnly bool
	// KeepSchema refuses a database whose schema is older than the program's
	// instead of migrating it; see Migrate.
	KeepSchema bool
	// Indexes are the attributes that are indexed, once Open has returned, besides
	// those that always are. Those that are new or defined otherwise than before
	// are built, which takes time and is told to the Logger. If a value that has
	// to be unique is not, Open fails, names the attribute and two resources, and
	// the indexes stay what they were. An index of another attribute that the
	// database has is kept, and so are its unique values, by this process as by
	// all: another one may need it. Indexes lists them, DropIndex removes one.
	// With ReadOnly or KeepSchema Indexes says nothing: the process keeps those
	// that the database has.
	Indexes []directory.Index
	// Readers is the number of connections for View; 0 means two for each core.
	Readers int
	// QueryTime is how long the engine may work on the lists of one View that
	// have a Where before they end with directory.ErrTooMany; 0 means 2 seconds.
	QueryTime time.Duration
	// Queue is how many Updates may wait for the writer before more are
	// refused; 0 means 4096.
	Queue int
	// BusyTimeout is how long to wait for a lock that another process holds;
	// 0 means 5 seconds.
	BusyTimeout time.Duration
	// Logger is told of failed commits and reconnections; nil means slog.Default.
	Logger *slog.Logger
}

const (
	defaultBusyTimeout = 5 * time.Second
	defaultQueue       = 4096
	defaultQueryTime   = 2 * time.Second
)

// Store is a storage.Store in one SQLite file.
type Store struct {
	writer  *writer // nil: read-only
	readers *readers
	metrics *metrics
}

var _ storage.Store = (*Store)(nil)

// Open opens the database, creating it and bringing its schema up to date
// unless the options forbid it. A database of a newer program is refused with
// storage.ErrNewer.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Path == "" || strings.Contains(o.Path, ":memory:") {
		return nil, fmt.Errorf("open the database: %q is not the path of a file", o.Path)
	}
	if o.Readers <= 0 {
		o.Readers = 2 * runtime.NumCPU()
	}
	if o.Queue <= 0 {
		o.Queue = defaultQueue
	}
	if o.BusyTimeout <= 0 {
		o.BusyTimeout = defaultBusyTimeout
	}
	if o.QueryTime <= 0 {
		o.QueryTime = defaultQueryTime
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if err := prepareSchema(ctx, o); err != nil {
		return nil, err
	}
	mode := "rw"
	if o.ReadOnly {
		mode = "ro"
	}
	name, err := dsn(o.Path, mode, o.BusyTimeout, false)
	if err != nil {
		return nil, err
	}
	s := &Store{readers: newReaders(o.Readers, o.QueryTime, sqlstore.NewKnown(o.Indexes), func() (*conn, error) {
		return connect(name, "query_only = ON", "cache_size = -4096", "foreign_keys = ON")
	})}
	if o.ReadOnly {
		s.metrics = newMetrics(func() float64 { return 0 })
		return s, nil
	}
	openWriter := func() (*conn, error) {
		return connect(name, "journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "cache_size = -65536",
			"journal_size_limit = 67108864", "wal_autocheckpoint = 1000")
	}
	c, err := openWriter()
	if err != nil {
		return nil, unavailableError(err)
	}
	if !o.KeepSchema {
		if err := prepareIndexes(ctx, c, o.Indexes, o.Logger); err != nil {
			return nil, errors.Join(err, c.close(), s.readers.close())
		}
	}
	s.writer = newWriter(c, openWriter, o.Queue, o.Logger)
	s.metrics = s.writer.metrics
	go s.writer.run()
	return s, nil
}

// prepareSchema migrates, or checks that this is not needed.
func prepareSchema(ctx context.Context, o Options) error {
	if !o.ReadOnly && !o.KeepSchema {
		_, _, err := Migrate(ctx, o.Path)
		return err
	}
	if _, err := os.Stat(o.Path); err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	v, err := ReadVersions(ctx, o.Path)
	if err != nil {
		return err
	}
	if v.Database < v.Program {
		return fmt.Errorf("the database has schema %d and needs to be migrated to %d", v.Database, v.Program)
	}
	return nil
}

// View implements storage.Store.
func (s *Store) View(ctx context.Context, fn func(storage.Reader) error) error {
	return s.readers.view(ctx, fn)
}

// Update implements storage.Store. If fn panics, Update panics with a
// *PanicError; the writes of others are not affected.
func (s *Store) Update(ctx context.Context, fn func(storage.Tx) error) error {
	if s.writer == nil {
		return fmt.Errorf("%w: it was opened for reading only", storage.ErrUnavailable)
	}
	return s.writer.do(ctx, fn)
}

// Close implements storage.Store.
func (s *Store) Close() error {
	var err error
	if s.writer != nil {
		err = s.writer.close()
	}
	return errors.Join(err, s.readers.close())
}
