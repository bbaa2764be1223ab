package scim

import (
	"bytes"
	"fmt"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/scim/fault"
)

// findBehind fills the page that begins at a cursor's place. Where a filter has
// to be applied here, the page ends when that was done Limits.Scan times, however
// few resources it holds then: the walk goes on behind them. So what an index
// can not answer is answered in the end, and no resource that stays is passed
// over or comes twice, whatever others write meanwhile.
func (s *Server) findBehind(r *request, l *listing, all []section, w *walk) (*response, error) {
	page := s.newPage(l)
	first := w.from == nil
	var at place
	i := 0
	if first {
		var err error
		if w.total, err = count(r, all); err != nil {
			return nil, err
		}
	} else {
		if err := s.recall(r, page, all, w.from); err != nil {
			return nil, err
		}
		at = *w.from
		for i < len(all) && all[i].typ().Name != at.typ {
			i++
		}
	}
	for ; i < len(all); i++ {
		sec := &all[i]
		if name := sec.typ().Name; at.typ != name {
			at = place{typ: name}
		}
		last, more, err := s.advance(r, page, sec, at)
		if err != nil {
			return nil, err
		}
		if last != nil {
			if at, err = placeOf(sec, last); err != nil {
				return nil, err
			}
		}
		if more {
			return page.answerCursor(w.total, w.next(at)), nil
		}
	}
	if first && w.total == unknown {
		w.total = int64(page.n) // all matches are on this page
	}
	return page.answerCursor(w.total, ""), nil
}

// count returns how many resources match, if the database knows.
func count(r *request, all []section) (total int64, err error) {
	nothing := wanted{total: true, examines: nobodys, shows: nobodys}
	for i := range all {
		if all[i].rest != nil {
			return unknown, nil
		}
	}
	for i := range all {
		q := all[i].query
		q.Limit = 0
		n, err := all[i].list(r, q, nothing, nil)
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// advance puts what lies behind the place, in the part of one type, on the page.
// It returns the last resource that the walk need not look at again, nil for
// none, and whether there may be more behind it.
func (s *Server) advance(r *request, page *page, sec *section, at place) (last item, more bool, err error) {
	q := sec.query
	if err := at.begin(&q); err != nil {
		return nil, false, err
	}
	want := wanted{examines: sec.examines, shows: sec.projection.wants, later: func(item) bool { return !page.full() }}
	q.Limit = page.left() + 1 // one more tells whether there is one
	if sec.rest != nil {
		q.Limit = int64(page.limits.Scan-page.scanned) + 1
		want.later = func(x item) bool {
			if page.full() || page.scanned >= page.limits.Scan {
				return false
			}
			yes, err := page.matches(sec, x)
			return yes && err == nil // the error is met again
		}
	}
	var failed error
	_, err = sec.list(r, q, want, func(x item) bool {
		if sec.rest == nil {
			if more = page.full(); more {
				return false
			}
			failed = page.add(sec, x)
			last = x
			return failed == nil
		}
		if more = page.scanned >= page.limits.Scan; more {
			return false
		}
		page.scanned++
		yes, err := page.matches(sec, x)
		switch {
		case err != nil:
			failed = err
			return false
		case yes:
			if more = page.full(); more {
				return false
			}
			failed = page.add(sec, x)
		}
		last = x
		return failed == nil
	})
	if err == nil {
		err = failed
	}
	return last, more, err
}

// begin makes a query start behind the place.
func (p place) begin(q *directory.Query) error {
	switch {
	case p.seq == 0:
		return nil
	case q.Sort == nil:
		q.After = p.seq
		return nil
	}
	q.Behind = &directory.Position{Seq: p.seq, Missing: p.missing, Text: p.key}
	if f := q.Sort.Field; f == directory.FieldCreated || f == directory.FieldLastModified {
		at, err := time.Parse(time.RFC3339Nano, p.key)
		if err != nil {
			return fmt.Errorf("place of a cursor: %w", err)
		}
		q.Behind.Time = at
	}
	return nil
}

// placeOf is the place directly behind a resource.
func placeOf(sec *section, x item) (place, error) {
	p := place{typ: sec.typ().Name, seq: x.seq(), id: x.id()}
	if sec.query.Sort == nil {
		return p, nil
	}
	at, err := x.position(sec.query.Sort)
	if err != nil {
		return p, fmt.Errorf("place of %s: %w", x.id(), err)
	}
	p.missing, p.key = at.Missing, at.Text
	if f := sec.query.Sort.Field; f == directory.FieldCreated || f == directory.FieldLastModified {
		p.key = at.Time.UTC().Format(time.RFC3339Nano)
	}
	return p, nil
}

// recall reads the key of a place anew that was too long for the cursor. What has
// no longer the resource that had it is a place nobody knows any more.
func (s *Server) recall(r *request, page *page, all []section, p *place) error {
	if p.digest == nil {
		return nil
	}
	for i := range all {
		sec := &all[i]
		if sec.typ().Name != p.typ {
			continue
		}
		q := directory.Query{Client: sec.query.Client, Limit: 1, Where: directory.Term{Field: directory.FieldID, Op: directory.Equal, Text: p.id.String()}}
		var failed error
		_, err := sec.list(r, q, wanted{examines: sec.examines, shows: nobodys}, func(x item) bool {
			var now place
			if sec.query.Sort != nil {
				now, failed = placeOf(sec, x)
			} else if o, err := page.tree(x, sec.examined); err != nil {
				failed = err
			} else {
				now.key = sec.order.Key(o).Text()
			}
			if bytes.Equal(digestOf(now.key), p.digest) {
				p.key = now.key
			}
			return false
		})
		if err == nil {
			err = failed
		}
		if err != nil {
			return err
		}
	}
	if p.key == "" {
		return fault.ExpiredCursor("the resource with which the last page ended was deleted or has another place now, and what it was sorted by is too long for a cursor; begin again with an empty one")
	}
	return nil
}
