package scim

import (
	"net/http"
	"strconv"

	"github.com/scimbridge/scimbridge/scim/resource"
)

// answer is the BulkResponse: the operations that were tried, in the order of
// the request (RFC 7644 section 3.7.3). What was created or changed is named by
// its location and version, as at the end of its operation, and not sent along.
func (x *bulkRun) answer() []byte {
	b := make([]byte, 0, 64+192*len(x.operations))
	b = append(b, `{"schemas":["`+bulkResponseURN+`"],"Operations":[`...)
	first := true
	for _, op := range x.operations {
		done := x.results[op.index]
		if done.res == nil && done.err == nil {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = x.appendResult(b, op, done)
	}
	return append(b, `]}`...)
}

func (x *bulkRun) appendResult(b []byte, op *operation, done result) []byte {
	b = append(b, '{')
	member := func(name, value string) {
		if value == "" {
			return
		}
		b = append(b, '"')
		b = append(b, name...)
		b = append(b, `":`...)
		b = resource.AppendString(b, value)
		b = append(b, ',')
	}
	member("method", op.method)
	member("bulkId", op.bulkID)
	if done.err != nil {
		member("location", op.location(x.s, x.ids))
		e, _ := x.s.translate(done.err)
		b = append(b, `"status":"`...)
		b = strconv.AppendInt(b, int64(e.Status), 10)
		b = append(b, `","response":`...)
		return append(appendError(b, e), '}')
	}
	location := done.res.location
	if op.method == http.MethodDelete {
		location = op.location(x.s, x.ids)
	}
	member("version", done.res.etag)
	member("location", location)
	b = append(b, `"status":"`...)
	b = strconv.AppendInt(b, int64(done.res.status), 10)
	return append(b, `"}`...)
}
