package scim

import (
	"context"

	"github.com/scimbridge/scimbridge/directory"
)

// write is an endpoint that changes something, in two steps. The first needs
// the request only: it reads and checks all that can be read and checked without
// the directory. What it returns is the second. So the many operations of one
// bulk request are all read before the transaction begins in which they happen,
// and a request that is carried out later is checked while its client still waits.
type write func(*Server, *request) (action, error)

// action changes the directory. It may be called more than once, each time as
// if it were the first, and from another goroutine.
type action func(ctx context.Context, b Backend) (*response, error)

// matches holds a write to the version that its client has seen: that of the
// If-Match header, or of a bulk operation's version (R-7644-3.14-03, R-7644-3.7-03).
func (r *request) matches(etag string) error {
	if len(r.ifMatch) > 0 && !anyTag(r.ifMatch, etag) {
		return directory.ErrPreconditionFailed
	}
	return nil
}
