package scim

// find answers a listing over the sources, whose resources come one type after
// the other unless they are sorted.
func (s *Server) find(r *request, l *listing, sources []source) (*response, error) {
	all, err := s.sections(r, l, sources)
	if err != nil {
		return nil, err
	}
	w, err := s.newWalk(r, l, sources)
	if err != nil {
		return nil, err
	}
	all = live(all)
	indexed := l.sortBy == "" || len(all) < 2
	for i := range all {
		indexed = indexed && all[i].sorted(l.descending)
	}
	switch {
	case !indexed:
		return s.findSorted(r, l, all, w)
	case w != nil && l.count > 0:
		return s.findBehind(r, l, all, w)
	}
	page, total, err := s.findAt(r, l, all)
	switch {
	case err != nil:
		return nil, err
	case w != nil:
		return page.answerCursor(total, ""), nil
	}
	return page.answer(total, l.start), nil
}

// findAt fills the page that begins at startIndex, and counts all matches.
func (s *Server) findAt(r *request, l *listing, all []section) (*page, int64, error) {
	page := s.newPage(l)
	total := int64(0)
	for i := range all {
		sec := &all[i]
		n, err := int64(0), error(nil)
		if sec.rest == nil {
			n, err = s.exactly(r, page, sec)
		} else {
			n, err = s.scanning(r, page, sec)
		}
		if err != nil {
			return nil, 0, err
		}
		total += n
	}
	return page, total, nil
}

// exactly puts the resources that the database finds on the page.
func (s *Server) exactly(r *request, page *page, sec *section) (total int64, err error) {
	q := sec.query
	q.Offset, q.Limit = page.skip, page.left()
	var failed error
	total, err = sec.list(r, q, wanted{total: true, examines: sec.examines, shows: sec.projection.wants}, func(x item) bool {
		failed = page.add(sec, x)
		return failed == nil && !page.full()
	})
	if err == nil {
		err = failed
	}
	page.skip -= min(page.skip, total)
	return total, err
}

// scanning applies the filter to each resource that the database finds. All
// matches are counted: totalResults is exact.
func (s *Server) scanning(r *request, page *page, sec *section) (total int64, err error) {
	q := sec.query
	q.Limit = int64(page.limits.Scan-page.scanned) + 1
	var failed error
	want := wanted{examines: sec.examines, shows: sec.projection.wants, later: func(x item) bool {
		if failed != nil || page.full() || page.skip > 0 || page.scanned >= page.limits.Scan {
			return false
		}
		yes, err := page.matches(sec, x)
		return yes && err == nil // the error is met again
	}}
	_, err = sec.list(r, q, want, func(x item) bool {
		if page.scanned++; page.scanned > page.limits.Scan {
			failed = page.tooMany()
			return false
		}
		yes, err := page.matches(sec, x)
		switch {
		case err != nil:
			failed = err
			return false
		case !yes:
			return true
		}
		total++
		switch {
		case page.skip > 0:
			page.skip--
		case !page.full():
			failed = page.add(sec, x)
		}
		return failed == nil
	})
	if err == nil {
		err = failed
	}
	return total, err
}
