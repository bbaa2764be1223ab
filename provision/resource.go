package provision

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/storage"
)

// Resources of configured types have no life beyond being there or not, and no
// application knows them: what SCIM clients write is all there is of them.

// CreateResource implements scim.Backend.
func (b *Bridge) CreateResource(ctx context.Context, by journal.Actor, in *directory.Resource) (*directory.Resource, error) {
	var out *directory.Resource
	err := b.store.Update(ctx, func(tx storage.Tx) error {
		now := b.now()
		out = &directory.Resource{
			ID: directory.NewID(now), Tenant: by.Tenant, Type: in.Type, Version: 1, Created: now, Modified: now, Document: in.Document,
		}
		out.SetExternalID(by.Client, in.ExternalIDs[by.Client])
		return change{by: by, action: "resource.create", at: now}.insertResource(tx, out)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Resource implements scim.Backend.
func (b *Bridge) Resource(ctx context.Context, by journal.Actor, typ string, id directory.ID) (r *directory.Resource, err error) {
	err = b.store.View(ctx, func(rd storage.Reader) error {
		r, err = findResource(rd, by.Tenant, typ, id)
		return err
	})
	return r, err
}

func findResource(r storage.Reader, tenant directory.TenantID, typ string, id directory.ID) (*directory.Resource, error) {
	res, err := r.Resource(tenant, typ, id)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", typ, id, err)
	}
	return res, nil
}

// Resources implements scim.Backend.
func (b *Bridge) Resources(ctx context.Context, by journal.Actor, typ string, q directory.Query, total bool, fn func(*directory.Resource) bool) (n int64, err error) {
	err = b.store.View(ctx, func(r storage.Reader) error {
		if q.Limit != 0 { // first, as in Users
			if err := r.Resources(by.Tenant, typ, q, fn); err != nil {
				return fmt.Errorf("list resources of type %s: %w", typ, err)
			}
		}
		n = 0
		if !total {
			return nil
		}
		if n, err = r.CountResources(by.Tenant, typ, q); err != nil {
			return fmt.Errorf("count resources of type %s: %w", typ, err)
		}
		return nil
	})
	return n, err
}

// EditResource implements scim.Backend. As with users, the edit is worked out on
// a reader's snapshot, and repeated inside the transaction only if the resource
// has changed meanwhile.
func (b *Bridge) EditResource(ctx context.Context, by journal.Actor, typ string, id directory.ID, edit func(*directory.Resource) error) (*directory.Resource, bool, error) {
	var first *resourcePlan
	err := b.store.View(ctx, func(r storage.Reader) error {
		res, err := findResource(r, by.Tenant, typ, id)
		if err != nil {
			return err
		}
		first, err = planResource(by, res, edit, b.now())
		return err
	})
	if err != nil {
		return nil, false, err
	}
	if !first.changed {
		return first.prev, false, nil
	}
	var done *resourcePlan
	err = b.store.Update(ctx, func(tx storage.Tx) error {
		done = first
		if err := done.apply(tx, by); !errors.Is(err, directory.ErrPreconditionFailed) {
			return err
		}
		res, err := findResource(tx, by.Tenant, typ, id)
		if err != nil {
			return err
		}
		if done, err = planResource(by, res, edit, b.now()); err != nil || !done.changed {
			return err
		}
		return done.apply(tx, by)
	})
	if err != nil {
		return nil, false, err
	}
	return done.next, done.changed, nil
}

// resourcePlan is an edit of a resource, worked out and not yet stored.
type resourcePlan struct {
	prev, next *directory.Resource
	changed    bool
	at         time.Time
}

// planResource works out an edit: only what the client may change is taken over
// from it.
func planResource(by journal.Actor, prev *directory.Resource, edit func(*directory.Resource) error, now time.Time) (*resourcePlan, error) {
	edited := prev.Clone()
	if err := edit(edited); err != nil {
		return nil, err
	}
	next := prev.Clone()
	next.Document = edited.Document
	next.SetExternalID(by.Client, edited.ExternalIDs[by.Client])
	p := &resourcePlan{prev: prev, next: next, at: now}
	if bytes.Equal(prev.Document, next.Document) && maps.Equal(prev.ExternalIDs, next.ExternalIDs) {
		p.next = prev
		return p, nil
	}
	next.Version = prev.Version + 1
	next.Modified = later(now, prev.Modified)
	p.changed = true
	return p, nil
}

func (p *resourcePlan) apply(tx storage.Tx, by journal.Actor) error {
	return change{by: by, action: "resource.update", at: p.at}.updateResource(tx, p.prev, p.next)
}

// DeleteResource implements scim.Backend. It is gone at once; its history is in
// the journal.
func (b *Bridge) DeleteResource(ctx context.Context, by journal.Actor, typ string, id directory.ID, check func(*directory.Resource) error) error {
	return b.store.Update(ctx, func(tx storage.Tx) error {
		r, err := findResource(tx, by.Tenant, typ, id)
		if err != nil {
			return err
		}
		if check != nil {
			if err := check(r); err != nil {
				return err
			}
		}
		return change{by: by, action: "resource.delete", at: b.now()}.deleteResource(tx, r)
	})
}
