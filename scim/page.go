package scim

import (
	"net/http"
	"strconv"
	"sync"

	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/resource"
)

// page collects the resources of a ListResponse, through all sections of its list.
type page struct {
	count   int // the most resources it holds
	limits  *Limits
	body    []byte // headRoom, then the elements of Resources with commas between
	n       int    // how many they are
	skip    int64  // matches to pass over before the first
	scanned int    // resources that a filter was applied to
	buf     []byte // what is decoded of a resource
}

// headRoom is left free before the resources, so that what precedes them, known
// only when they are all there, need not be put before them by copying them.
const headRoom = 512

// buffers are those of pages whose answers have been sent. A page takes a
// hundred kilobytes and more, grown step by step, and lives for a moment.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

func (s *Server) newPage(l *listing) *page {
	buf := *buffers.Get().(*[]byte)
	if cap(buf) < headRoom {
		buf = make([]byte, headRoom)
	}
	return &page{count: l.count, skip: l.start - 1, limits: &s.c.Limits, body: buf[:headRoom]}
}

// release gives the buffer of a page back, whose answer nobody reads any more.
func (p *page) release() {
	const most = 1 << 20
	if buf := p.body; cap(buf) <= most {
		buffers.Put(&buf) // and not the page that it is part of
	}
}

// full reports whether no further resource goes on the page.
func (p *page) full() bool {
	return p.n >= p.count || len(p.body)-headRoom > p.limits.PageBytes
}

// left is how many resources still go on the page, as far as is known.
func (p *page) left() int64 {
	if p.full() {
		return 0
	}
	return int64(p.count - p.n)
}

func (p *page) begin() {
	if p.n > 0 {
		p.body = append(p.body, ',')
	}
	p.n++
}

// add puts a resource on the page.
func (p *page) add(sec *section, x item) (err error) {
	p.begin()
	p.body, err = p.append(p.body, sec, x)
	return err
}

// append appends what of a resource goes on a page.
func (p *page) append(b []byte, sec *section, x item) ([]byte, error) {
	if sec.projection == nil {
		return x.append(b, nil), nil
	}
	o, err := p.tree(x, sec.shown)
	if err != nil {
		return b, err
	}
	return sec.projection.apply(sec.typ(), o).AppendJSON(b), nil
}

// tree decodes these members of a resource and nothing else.
func (p *page) tree(x item, only *resource.Members) (*resource.Object, error) {
	p.buf = x.append(p.buf[:0], only)
	return tree(p.buf)
}

// tooMany is the answer when a list would examine more than is allowed.
func (p *page) tooMany() error {
	return fault.TooMany("the filter would examine more than %d resources; narrow it with an indexed attribute such as userName, externalId or emails.value, or go through the pages with a cursor", p.limits.Scan)
}

// matches reports whether a resource satisfies the rest of the filter.
func (p *page) matches(sec *section, x item) (bool, error) {
	o, err := p.tree(x, sec.examined)
	return err == nil && sec.rest.Match(o), err
}

// unknown is a totalResults that is not given.
const unknown = -1

// answer makes the ListResponse of a page by index.
func (p *page) answer(total, start int64) *response {
	b := p.head(total)
	b = append(b, `,"startIndex":`...)
	b = strconv.AppendInt(b, start, 10)
	return p.tail(b)
}

// answerCursor makes the ListResponse of a page by cursor; next "" is the last.
func (p *page) answerCursor(total int64, next string) *response {
	b := p.head(total)
	if next != "" {
		b = append(b, `,"nextCursor":"`...)
		b = append(b, next...)
		b = append(b, '"')
	}
	return p.tail(b)
}

func (p *page) head(total int64) []byte {
	b := make([]byte, 0, headRoom)
	b = append(b, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"]`...)
	if total != unknown {
		b = append(b, `,"totalResults":`...)
		b = strconv.AppendInt(b, total, 10)
	}
	return b
}

// tail completes the answer that begins with b.
func (p *page) tail(b []byte) *response {
	b = append(b, `,"itemsPerPage":`...)
	b = strconv.AppendInt(b, int64(p.n), 10)
	b = append(b, `,"Resources":[`...)
	p.body = append(p.body, `]}`...)
	if len(b) > headRoom { // a cursor can be long
		return ok(append(b, p.body[headRoom:]...))
	}
	begin := headRoom - len(b)
	copy(p.body[begin:], b)
	return &response{status: http.StatusOK, body: p.body[begin:], page: p}
}
