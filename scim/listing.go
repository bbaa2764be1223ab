package scim

import (
	"errors"
	"strconv"
	"strings"

	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// listing is a query: of a GET or of a .search body.
type listing struct {
	filter     string
	filtered   bool // a filter was given, even an empty one
	sortBy     string
	descending bool
	start      int64 // startIndex, at least 1
	count      int   // at least 0, at most the largest page
	counted    bool  // a count was given
	cursor     string
	byCursor   bool // a cursor was given, even an empty one
	// The names of the two lists of attributes.
	attributes, excluded []string
}

// values are the parameters of a listing as they came.
type values struct {
	filter, sortBy, sortOrder, cursor *string
	startIndex, count                 string // "" if absent
}

// parameter is a text parameter and where it goes; nil if it is absent.
type parameter struct {
	name string
	to   **string
}

// queryListing reads the parameters of a URL.
func (s *Server) queryListing(r *request) (l listing, err error) {
	l.attributes, l.excluded = r.param("attributes"), r.param("excludedAttributes")
	var v values
	var start, count *string
	if len(r.query) > 0 {
		for _, p := range []parameter{{"filter", &v.filter}, {"sortBy", &v.sortBy}, {"sortOrder", &v.sortOrder},
			{"startIndex", &start}, {"count", &count}, {"cursor", &v.cursor}} {
			if *p.to, err = r.single(p.name); err != nil {
				return l, err
			}
		}
	}
	if start != nil {
		v.startIndex = *start
	}
	if count != nil {
		v.count = *count
	}
	return l, s.take(&l, v)
}

// single returns the value of a query parameter that has one, nil without it.
// Two are refused, in whatever case their names are: which of them counts is
// what two readers of one URL would not agree on.
func (r *request) single(name string) (value *string, err error) {
	for k, given := range r.query {
		if !strings.EqualFold(k, name) {
			continue
		}
		for _, v := range given {
			if value != nil {
				return nil, fault.InvalidValue("%s is given twice; send it once", name)
			}
			value = &v
		}
	}
	return value, nil
}

const searchURN = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"

// searchListing reads the body of a .search (R-7644-3.4.3-01, -02).
func (s *Server) searchListing(r *request) (l listing, err error) {
	body, err := s.body(r)
	if err != nil {
		return l, err
	}
	named := false
	for _, v := range body.GetFold("schemas").List() {
		named = named || resource.EqualFold(v.Text(), searchURN)
	}
	if !named {
		return l, fault.InvalidSyntax("schemas: a search needs %s", searchURN)
	}
	if l.attributes, err = nameList("attributes", body.GetFold("attributes")); err != nil {
		return l, err
	}
	if l.excluded, err = nameList("excludedAttributes", body.GetFold("excludedAttributes")); err != nil {
		return l, err
	}
	var v values
	for _, p := range []parameter{{"filter", &v.filter}, {"sortBy", &v.sortBy}, {"sortOrder", &v.sortOrder}, {"cursor", &v.cursor}} {
		switch x := body.GetFold(p.name); x.Kind() {
		case resource.Null:
		case resource.String:
			text := x.Text()
			*p.to = &text
		default:
			return l, fault.InvalidValue("%s: want a string", p.name)
		}
	}
	if v.startIndex, err = s.number(r, "startIndex", body.GetFold("startIndex")); err != nil {
		return l, err
	}
	if v.count, err = s.number(r, "count", body.GetFold("count")); err != nil {
		return l, err
	}
	return l, s.take(&l, v)
}

// number reads a number's text, "" for null. In tolerant mode a string may hold
// it, as in the searches of SCIM-SDK's client.
func (s *Server) number(r *request, name string, v resource.Value) (string, error) {
	switch {
	case v.IsNull():
		return "", nil
	case v.Kind() == resource.Number:
	case v.Kind() == resource.String && v.Text() != "" && !r.strict():
		s.c.Metrics.repaired(schema.RepairValueForm)
	default:
		return "", fault.InvalidValue("%s: want an integer", name)
	}
	return v.Text(), nil
}

// nameList reads an array of attribute names.
func nameList(name string, v resource.Value) (names []string, err error) {
	switch v.Kind() {
	case resource.Null:
		return nil, nil
	case resource.String:
		return []string{v.Text()}, nil
	case resource.List:
		for _, e := range v.List() {
			if e.Kind() != resource.String {
				return nil, fault.InvalidValue("%s: want an array of attribute names", name)
			}
			names = append(names, e.Text())
		}
		return names, nil
	}
	return nil, fault.InvalidValue("%s: want an array of attribute names", name)
}

// take makes the listing of its parameters. startIndex is at least 1 and count
// at least 0 and at most the largest page (R-7644-3.4.2.4-01, -02). An order
// without sortBy says nothing; an empty sortBy is none.
func (s *Server) take(l *listing, v values) error {
	if v.filter != nil {
		l.filter, l.filtered = *v.filter, true
	}
	if v.sortBy != nil && strings.TrimSpace(*v.sortBy) != "" {
		l.sortBy = strings.TrimSpace(*v.sortBy)
		switch {
		case v.sortOrder == nil, *v.sortOrder == "", resource.EqualFold(*v.sortOrder, "ascending"):
		case resource.EqualFold(*v.sortOrder, "descending"):
			l.descending = true
		default:
			return fault.InvalidValue("sortOrder: %q is neither ascending nor descending", fault.Clip(*v.sortOrder))
		}
	}
	start, err := integer("startIndex", v.startIndex, 1)
	if err != nil {
		return err
	}
	count, err := integer("count", v.count, int64(s.c.Limits.DefaultPage))
	if err != nil {
		return err
	}
	l.start = max(start, 1)
	l.count = int(min(max(count, 0), int64(s.c.Limits.Page)))
	l.counted = v.count != ""
	if v.cursor == nil {
		return nil
	}
	l.cursor, l.byCursor = *v.cursor, true
	switch {
	case v.startIndex != "":
		return fault.InvalidValue("startIndex and cursor exclude each other; send one of them")
	case l.counted && count > int64(s.c.Limits.Page):
		return fault.InvalidCount("count: with a cursor at most %d", s.c.Limits.Page)
	}
	return nil
}

// integer reads a number; absent is its value where there is none. One that is
// too large or small to be told is the nearest there is: it will be bounded.
func integer(name, value string, absent int64) (int64, error) {
	if value == "" {
		return absent, nil
	}
	n, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, fault.InvalidValue("%s: %q is not an integer", name, fault.Clip(value))
	}
	return n, nil
}
