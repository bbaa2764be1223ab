package scim

import (
	"context"
	"errors"
	"math"
	"net/http"
	"slices"
	"strconv"

	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/resource"
)

const (
	bulkRequestURN  = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
	bulkResponseURN = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
)

// bulk is POST /Bulk (RFC 7644 section 3.7). All operations happen in one
// transaction, each in a part of it of its own: one that fails leaves nothing
// and does not touch the others, and the answer comes when all that succeeded
// is durable. A transaction that fails as a whole leaves nothing at all (503).
//
// Nobody else writes while it runs, so the operations are read and checked
// before; only those that refer to what others create must wait for its id.
func bulk(s *Server, r *request) (action, error) {
	raw, err := s.rawBody(r, s.c.Limits.BulkPayload)
	if err != nil {
		return nil, err
	}
	j := &bulkJob{s: s, r: r, creates: map[string]*operation{}}
	limits := s.decodeLimits()
	limits.Depth += 2 // an operation may hold what may be sent alone
	message, err := resource.DecodeEach(raw, limits, "Operations", j.read)
	if err != nil {
		return nil, err
	}
	if err := j.envelope(message); err != nil {
		return nil, err
	}
	j.connect()
	j.units = inOrder(j.operations)
	return j.run, nil
}

// bulkJob is a bulk request that has been read.
type bulkJob struct {
	s          *Server
	r          *request
	failOn     int // errors after which it ends
	operations []*operation
	creates    map[string]*operation // by bulkId
	units      [][]*operation        // in the order in which they are carried out
}

// read takes the next operation of the message.
func (j *bulkJob) read(i int, v resource.Value) error {
	if most := j.s.c.Limits.BulkOperations; i >= most {
		return fault.Status(http.StatusRequestEntityTooLarge, "Operations: there are more than the %d of one bulk request (maxOperations)", most)
	}
	op := &operation{index: i}
	op.err = op.read(j.s, j.r, v)
	j.operations = append(j.operations, op)
	return nil
}

// envelope checks what stands around the operations (R-7644-3.7-01).
func (j *bulkJob) envelope(message *resource.Object) error {
	named := false
	for _, v := range message.GetFold("schemas").List() {
		named = named || resource.EqualFold(v.Text(), bulkRequestURN)
	}
	if !named {
		return fault.InvalidSyntax("schemas: %q is required", bulkRequestURN)
	}
	if v := message.GetFold("Operations"); !v.IsNull() {
		return fault.InvalidSyntax("Operations: want an array of operations, not %s", v.Kind())
	}
	if len(j.operations) == 0 {
		return fault.InvalidSyntax("Operations: at least one operation is required")
	}
	j.failOn = math.MaxInt
	v := message.GetFold("failOnErrors")
	if v.IsNull() {
		return nil
	}
	n, err := strconv.ParseInt(v.Text(), 10, 64)
	if v.Kind() != resource.Number || errors.Is(err, strconv.ErrSyntax) || n < 0 || n == 0 && j.r.strict() {
		return fault.InvalidValue("failOnErrors: want a positive integer")
	}
	if n > 0 && n < math.MaxInt { // 0 means no limit to those who send it
		j.failOn = int(n)
	}
	return nil
}

// connect finds what each reference refers to.
func (j *bulkJob) connect() {
	for _, op := range j.operations {
		if op.method != http.MethodPost || op.bulkID == "" {
			continue
		}
		if first, taken := j.creates[op.bulkID]; taken {
			twice := fault.InvalidValue("bulkId %q is given by operations %d and %d; each POST needs one of its own", fault.Clip(op.bulkID), first.index+1, op.index+1)
			if op.err = twice; first.err == nil {
				first.err = twice
			}
			continue
		}
		j.creates[op.bulkID] = op
	}
	for _, op := range j.operations {
		for _, name := range op.refers {
			if to := j.creates[name]; to != nil {
				op.needs = append(op.needs, to)
			} else if op.err == nil {
				op.err = fault.InvalidValue("bulkId:%s refers to nothing: no POST of this request has this bulkId", fault.Clip(name))
			}
		}
	}
}

// run carries the job out.
func (j *bulkJob) run(ctx context.Context, b Backend) (*response, error) {
	var done *bulkRun
	err := b.Batch(ctx, func(inner Backend) error {
		done = &bulkRun{bulkJob: j, ids: map[string]string{}, results: make([]result, len(j.operations))}
		// From here on it is finished, whether or not the client waits.
		return done.all(context.WithoutCancel(ctx), inner)
	})
	if err != nil {
		return nil, err
	}
	return ok(done.answer()), nil
}

// bulkRun is one attempt to carry a job out.
type bulkRun struct {
	*bulkJob
	ids     map[string]string // of what has been created, by bulkId
	results []result
	failed  int
}

// result is how an operation ended; the zero value is one that was not tried.
type result struct {
	res *response
	err error
}

// all carries out one unit after the other until too many operations have
// failed. Its error is one that ends the whole transaction.
func (x *bulkRun) all(ctx context.Context, b Backend) error {
	for _, unit := range x.units {
		if x.failed >= x.failOn {
			return nil
		}
		var err error
		if len(unit) == 1 && !slices.Contains(unit[0].needs, unit[0]) {
			err = x.one(ctx, b, unit[0])
		} else {
			err = x.circle(ctx, b, unit)
		}
		if err != nil {
			return err
		}
	}
	return nil
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
