// Package provision is the bridge itself: the only writer of users and groups,
// and the source of accounts. Every change, from whichever surface, goes
// through one door (see commit.go): the row, the journal entry and, once
// delivery exists, the marks of what is due, in one transaction.
package provision

import (
	"log/slog"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/mapping"
	"github.com/scimbridge/scimbridge/storage"
)

// Options configure a Bridge.
type Options struct {
	// Mapper returns the mapper of a tenant; it must not be nil and must
	// return the same value until the process ends.
	Mapper func(directory.TenantID) *mapping.Mapper
	// Retention is how long a deleted user is kept before the purge. With 0 a
	// deletion over SCIM is the purge itself, and what the applications delete,
	// whose contracts show it as deleted first, goes with the next sweep. cmd's
	// default is 7 days.
	Retention time.Duration
	Now       func() time.Time // default time.Now
	Log       *slog.Logger     // default: discard
}

// Bridge is the directory with its rules. It is safe for concurrent use.
type Bridge struct {
	store   storage.Store
	o       Options
	metrics *metrics
	names   *[]string // in a batch: the kinds of suspicious names that were given
}

// New returns a bridge over the store.
func New(store storage.Store, o Options) *Bridge {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Bridge{store: store, o: o, metrics: newMetrics(store)}
}

// now is the current instant as the directory keeps it.
func (b *Bridge) now() time.Time { return b.o.Now().UTC().Truncate(time.Millisecond) }
