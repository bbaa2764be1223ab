package rsa

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
)

// eventIndex says which entries of the journal are events. It is read from the
// journal when first needed and then follows it: a page costs what was written
// since the last one, not the whole journal. It holds 24 bytes for each event
// that is younger than logRetention; the events themselves stay in the journal.
type eventIndex struct {
	mu      sync.Mutex
	tenants map[directory.TenantID]*tenantEvents
}

// tenantEvents are the events of one tenant, oldest first.
type tenantEvents struct {
	mu     sync.Mutex
	read   int64 // the journal has been read up to this Seq
	count  int64 // events seen, those dropped included
	events []indexedEvent
}

// indexedEvent is one event. Its number counts the tenant's events from 1; as
// the journal never loses an entry, an event has the same number for ever.
type indexedEvent struct {
	seq    int64
	number int64
	at     int64 // milliseconds since 1970
}

// between returns the events after one instant and not after another, and
// forgets those up to oldest, which nobody may ask for any more. A call that ctx
// ends halfway keeps what it has read.
func (x *eventIndex) between(ctx context.Context, b Bridge, tenant directory.TenantID, after, until, oldest time.Time) ([]indexedEvent, error) {
	t := x.tenant(tenant)
	t.mu.Lock()
	defer t.mu.Unlock()
	err := b.Journal(ctx, tenant, t.read, func(e *journal.Entry) bool {
		t.read = e.Seq
		if _, _, ok := event(e); ok {
			t.count++
			t.events = append(t.events, indexedEvent{seq: e.Seq, number: t.count, at: e.At.UnixMilli()})
		}
		return ctx.Err() == nil
	})
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	t.drop(oldest.UnixMilli())
	var hits []indexedEvent
	from, to := after.UnixMilli(), until.UnixMilli()
	for _, e := range t.events {
		if e.at > from && e.at <= to {
			hits = append(hits, e)
		}
	}
	return hits, nil
}

func (x *eventIndex) tenant(id directory.TenantID) *tenantEvents {
	x.mu.Lock()
	defer x.mu.Unlock()
	t := x.tenants[id]
	if t == nil {
		if x.tenants == nil {
			x.tenants = map[directory.TenantID]*tenantEvents{}
		}
		t = &tenantEvents{}
		x.tenants[id] = t
	}
	return t
}

// drop forgets the oldest events, those up to an instant.
func (t *tenantEvents) drop(oldest int64) {
	n := 0
	for n < len(t.events) && t.events[n].at <= oldest {
		n++
	}
	if n > 0 {
		t.events = slices.Clone(t.events[n:]) // a copy, to give the memory back
	}
}
