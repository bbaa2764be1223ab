package scim

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/scimbridge/scimbridge/internal/web"
	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/storage"
)

const (
	// bulkSlice is how long a bulk request may keep others from writing.
	bulkSlice = 500 * time.Millisecond
	// manyOperations are as many as may take a noticeable part of that. Bulk
	// requests of more take turns, so that a write of somebody else never waits
	// for several of them.
	manyOperations = 50
)

// run carries the job out, in one transaction if that takes no longer than
// bulkSlice. Otherwise the transaction ends between two units, others write, and
// the next one goes on. If the first fails, nothing has happened. If a later one
// does, the answer says so of each operation that was to be in it.
func (j *bulkJob) run(ctx context.Context, b Backend) (*response, error) {
	x := &bulkRun{bulkJob: j, ids: map[string]string{}, results: make([]result, len(j.operations))}
	for !x.ended() {
		after, err := x.slice(ctx, b)
		switch {
		case err == nil:
			x = after
		case x.next == 0:
			return nil, err
		default:
			x.breakOff(ctx, after, err)
			return ok(x.answer()), nil
		}
		// From here on it is finished, whether or not the client waits.
		ctx = context.WithoutCancel(ctx)
	}
	return ok(x.answer()), nil
}

// bulkRun is how far a job has been carried out.
type bulkRun struct {
	*bulkJob
	next    int               // unit
	ids     map[string]string // of what has been created, by bulkId
	results []result
	failed  int
}

// result is how an operation ended; the zero value is one that was not tried.
type result struct {
	res *response
	err error
}

// ended reports whether there is nothing more to do.
func (x *bulkRun) ended() bool { return x.next == len(x.units) || x.failed >= x.failOn }

// slice carries out what comes next in one transaction and returns how far the
// job is then. With an error, nothing of that has happened, unless it is
// storage.ErrUncertain; after says what was tried, nil for nothing.
func (x *bulkRun) slice(ctx context.Context, b Backend) (after *bulkRun, err error) {
	if len(x.operations) > manyOperations && !x.whole() {
		select {
		case x.s.bulkTurn <- struct{}{}:
			defer func() { <-x.s.bulkTurn }()
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	err = b.Batch(ctx, func(inner Backend) error {
		attempt := *x
		attempt.ids, attempt.results = maps.Clone(x.ids), slices.Clone(x.results)
		after = &attempt
		return after.advance(context.WithoutCancel(ctx), inner)
	})
	return after, err
}

// whole reports whether all must happen in one transaction, however long that
// takes: that of a request which is carried out later holds its answer too.
func (x *bulkRun) whole() bool { return x.r.again }

// advance carries out one unit after the other until the time is up, all is
// done, or too many operations have failed. Its error is one that ends the
// transaction.
func (x *bulkRun) advance(ctx context.Context, b Backend) error {
	for began := x.s.c.Now(); !x.ended(); {
		unit := x.units[x.next]
		x.next++
		var err error
		if len(unit) == 1 && !slices.Contains(unit[0].needs, unit[0]) {
			err = x.one(ctx, b, unit[0])
		} else {
			err = x.circle(ctx, b, unit)
		}
		if err != nil {
			return err
		}
		if !x.whole() && x.s.c.Now().Sub(began) >= bulkSlice {
			return nil
		}
	}
	return nil
}

// breakOff answers the operations that were not carried out since a transaction
// failed: those that were tried in it, and those that were not.
func (x *bulkRun) breakOff(ctx context.Context, tried *bulkRun, err error) {
	if _, known := x.s.translate(err); !known {
		err = x.s.unexpected(ctx, err, web.RequestID(ctx))
	}
	for i, unit := range x.units[x.next:] {
		cause := err
		if tried == nil || x.next+i >= tried.next {
			cause = storage.ErrUnavailable
		}
		for _, op := range unit {
			x.results[op.index].err = cause
		}
	}
}

// one carries out a single operation.
func (x *bulkRun) one(ctx context.Context, b Backend, op *operation) error {
	act, err := op.act, x.obstacle(op)
	if err == nil && act == nil {
		act, err = op.prepare(x.s, x.r, x.ids)
	}
	if err != nil {
		return x.fail(op, err)
	}
	res, err := act(ctx, b)
	if err != nil {
		return x.fail(op, err)
	}
	x.results[op.index].res = res
	if op.method == http.MethodPost {
		x.ids[op.bulkID] = res.id()
	}
	return nil
}

// obstacle is why an operation can not be tried: it is wrong, or what it refers
// to could not be created. A reference within a circle is none.
func (x *bulkRun) obstacle(op *operation) error {
	if op.err != nil {
		return op.err
	}
	for _, to := range op.needs {
		if _, made := x.ids[to.bulkID]; !made && to.unit != op.unit {
			return fault.InvalidValue("bulkId:%s refers to operation %d, which failed", fault.Clip(to.bulkID), to.index+1)
		}
	}
	return nil
}

// fail notes that an operation has failed. An error that is not the operation's
// own, and one that nobody expects, is returned: the transaction ends with it.
func (x *bulkRun) fail(op *operation, err error) error {
	if e, known := x.s.translate(err); !known || e.Status == http.StatusServiceUnavailable {
		return err
	}
	x.results[op.index].err = err
	x.failed++
	return nil
}
