package scim

import (
	"errors"
	"math"
	"net/http"
	"strconv"

	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/resource"
)

const (
	bulkRequestURN  = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
	bulkResponseURN = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
)

// bulk is POST /Bulk (RFC 7644 section 3.7). Many operations happen in one
// transaction, each in a part of it of its own: one that fails leaves nothing
// and does not touch the others, and the answer comes when all that succeeded
// is durable. bulkRun says when there is more than one transaction.
//
// Nobody else writes while one runs, so the operations are read and checked
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
	references int                   // of all operations to what others create
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
	if j.references += len(op.refers); j.references > mostReferences {
		return fault.Status(http.StatusRequestEntityTooLarge, "Operations: they refer to a bulkId more than the %d times of one bulk request; set large groups by further requests", mostReferences)
	}
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
