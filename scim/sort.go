package scim

import (
	"cmp"
	"slices"
	"strings"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/filter"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// entry is a resource of a list that is sorted here: its place and its name.
type entry struct {
	key     filter.Key
	section int
	seq     int64
	id      directory.ID
}

// findSorted sorts what no index has in order, or what comes from several
// resource types: first the keys of all matches, of at most Limits.Scan
// resources, then the page is read. A resource that somebody deletes between the
// two is missing on the page.
func (s *Server) findSorted(r *request, l *listing, all []section, w *walk) (*response, error) {
	for i := range all {
		all[i].query.Sort = nil
	}
	page := s.newPage(l)
	if w != nil && w.from != nil {
		if err := s.recall(r, page, all, w.from); err != nil {
			return nil, err
		}
	}
	entries, err := s.entries(r, l, page, all)
	if err != nil {
		return nil, err
	}
	compare := func(a, b entry) int {
		byKey := a.key.Compare(b.key)
		if l.descending {
			byKey = -byKey
		}
		return cmp.Or(byKey, cmp.Compare(a.section, b.section), cmp.Compare(a.seq, b.seq))
	}
	slices.SortFunc(entries, compare)
	total := int64(len(entries))
	switch {
	case w == nil || l.count == 0:
		entries = entries[min(page.skip, total):]
	case w.from != nil:
		behind, found := slices.BinarySearchFunc(entries, w.from.entry(all), compare)
		if found {
			behind++
		}
		entries = entries[behind:]
	}
	page.skip = 0
	shown, err := s.show(r, page, all, entries)
	switch {
	case err != nil:
		return nil, err
	case w == nil:
		return page.answer(total, l.start), nil
	case l.count == 0 || shown == len(entries):
		return page.answerCursor(total, ""), nil
	}
	last := entries[shown-1]
	w.total = total
	return page.answerCursor(total, w.next(place{
		typ: all[last.section].typ().Name, seq: last.seq, id: last.id, missing: last.key.Missing(), key: last.key.Text(),
	})), nil
}

// entry is the place as one of the list.
func (p place) entry(all []section) entry {
	e := entry{seq: p.seq}
	e.section = max(slices.IndexFunc(all, func(sec section) bool { return sec.typ().Name == p.typ }), 0)
	if text := p.key; !p.missing {
		e.key = all[e.section].order.ParseKey(text)
	} else {
		e.key = all[e.section].order.ParseKey("")
	}
	return e
}

// entries are all matches.
func (s *Server) entries(r *request, l *listing, page *page, all []section) (entries []entry, err error) {
	held := 0
	for i := range all {
		sec := &all[i]
		q := sec.query
		q.Limit = int64(page.limits.Scan-page.scanned) + 1
		var failed error
		_, err := sec.list(r, q, wanted{examines: sec.examines, shows: nobodys}, func(x item) bool {
			if page.scanned++; page.scanned > page.limits.Scan || held > page.limits.PageBytes {
				failed = s.tooManyToSort(l, all)
				return false
			}
			o, err := page.tree(x, sec.examined)
			if err != nil {
				failed = err
				return false
			}
			if sec.rest == nil || sec.rest.Match(o) {
				e := entry{sec.order.Key(o), i, x.seq(), x.id()}
				held += len(e.key.Text())
				entries = append(entries, e)
			}
			return true
		})
		if err == nil {
			err = failed
		}
		if err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// nobodys is said of no attribute.
func nobodys(*schema.Attribute) bool { return false }

// tooManyToSort names what could be done instead.
func (s *Server) tooManyToSort(l *listing, all []section) error {
	if len(all) > 1 {
		return fault.TooMany("sorting several resource types together would examine more than %d resources; narrow the query with a filter, or ask at the endpoint of one type", s.c.Limits.Scan)
	}
	return fault.TooMany("sorting by %s would examine more than %d resources; narrow the query with a filter, or sort by one of %s, of which there is an index",
		all[0].order.Name(), s.c.Limits.Scan, strings.Join(indexedOrders(all[0].typ()), ", "))
}

// indexedOrders are the attributes that the store can sort by.
func indexedOrders(t *schema.ResourceType) (names []string) {
	try := func(a *schema.Attribute) {
		o, err := filter.CompileOrder(a.FullName(), t, filter.Options{})
		if err != nil {
			return
		}
		if _, ok := o.Index(); ok {
			names = append(names, a.FullName())
		}
	}
	schemas := [][]*schema.Attribute{t.Common, t.Core.Attributes}
	for _, e := range t.Extensions {
		schemas = append(schemas, e.Attributes)
	}
	for _, attributes := range schemas {
		for _, a := range attributes {
			for _, sub := range append([]*schema.Attribute{a}, a.Sub...) {
				try(sub)
			}
		}
	}
	return names
}

// atOnce is how many resources are read at once by their ids: as many as the
// store looks up without taking them for a list.
const atOnce = 20

// show puts entries on the page until that is full, and returns how many of them
// it has come past.
func (s *Server) show(r *request, page *page, all []section, entries []entry) (shown int, err error) {
	for shown < len(entries) && !page.full() {
		some := entries[shown:min(shown+min(atOnce, page.count-page.n), len(entries))]
		found, err := s.read(r, page, all, some)
		if err != nil {
			return shown, err
		}
		for i := range some {
			if page.full() {
				break
			}
			shown++
			if found[i] != nil { // otherwise it was deleted meanwhile
				page.begin()
				page.body = append(page.body, found[i]...)
			}
		}
	}
	return shown, nil
}

// read returns what of some entries goes on the page, nil for what is gone.
func (s *Server) read(r *request, page *page, all []section, some []entry) ([][]byte, error) {
	found := make([][]byte, len(some))
	for i := range all {
		sec := &all[i]
		var ids directory.Any
		at := map[directory.ID]int{}
		for n, e := range some {
			if e.section == i {
				ids = append(ids, directory.Term{Field: directory.FieldID, Op: directory.Equal, Text: e.id.String()})
				at[e.id] = n
			}
		}
		if len(ids) == 0 {
			continue
		}
		q := directory.Query{Client: sec.query.Client, Where: ids, Limit: int64(len(ids))}
		var failed error
		_, err := sec.list(r, q, wanted{examines: nobodys, shows: sec.projection.wants}, func(x item) bool {
			found[at[x.id()]], failed = page.append(nil, sec, x)
			return failed == nil
		})
		if err == nil {
			err = failed
		}
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}
