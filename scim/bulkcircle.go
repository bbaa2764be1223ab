package scim

import (
	"context"
	"errors"
	"maps"
	"net/http"

	"github.com/scimbridge/scimbridge/scim/fault"
)

// circle creates resources that refer to each other: first each of them without
// the references to those that are not there yet, then, by a PUT of all that was
// sent, with them. That is done as a whole: if one of the resources can not be
// created, none is (R-7644-3.7.1-01).
func (x *bulkRun) circle(ctx context.Context, b Backend, unit []*operation) error {
	ids := maps.Clone(x.ids)
	results := make([]*response, len(unit))
	err := b.Batch(ctx, func(inner Backend) error {
		var incomplete []int
		for i, op := range unit {
			if err := x.obstacle(op); err != nil {
				return &circleError{op, err}
			}
			data, cut := resolve(op, ids)
			if cut {
				incomplete = append(incomplete, i)
			}
			res, err := perform(ctx, inner, x.s, op.route.writes[http.MethodPost], op.request(x.r, op.name, data))
			if err != nil {
				return &circleError{op, err}
			}
			results[i], ids[op.bulkID] = res, res.id()
		}
		for _, i := range incomplete {
			op := unit[i]
			replace := x.s.routes.members[op.route.endpoint()].writes[http.MethodPut]
			if replace == nil {
				return &circleError{op, fault.Status(http.StatusConflict, "circular references can not be set here: %s/{id} takes no PUT", op.route.pattern)}
			}
			data, _ := resolve(op, ids)
			whole := op.request(x.r, ids[op.bulkID], data)
			whole.again = true // its deviations were counted with the POST
			res, err := perform(ctx, inner, x.s, replace, whole)
			if err != nil {
				return &circleError{op, err}
			}
			results[i] = res
			res.status = http.StatusCreated
		}
		return nil
	})
	var failed *circleError
	switch {
	case errors.As(err, &failed):
		return x.failCircle(unit, failed)
	case err != nil:
		return err
	}
	x.ids = ids
	for i, op := range unit {
		x.results[op.index].res = results[i]
	}
	return nil
}

// failCircle fails all operations of a unit, one of them for a reason of its own.
func (x *bulkRun) failCircle(unit []*operation, failed *circleError) error {
	for _, op := range unit {
		err := op.err
		if op == failed.op {
			err = failed.err
		}
		if err == nil {
			err = fault.Status(http.StatusConflict, "this resource and that of operation %d refer to each other, and that one failed", failed.op.index+1)
		}
		if err := x.fail(op, err); err != nil {
			return err
		}
	}
	return nil
}

// perform does both steps of a write.
func perform(ctx context.Context, b Backend, s *Server, w write, r *request) (*response, error) {
	act, err := w(s, r)
	if err != nil {
		return nil, err
	}
	return act(ctx, b)
}

// circleError is why a circle failed, and at which operation.
type circleError struct {
	op  *operation
	err error
}

func (e *circleError) Error() string { return e.err.Error() }
func (e *circleError) Unwrap() error { return e.err }
