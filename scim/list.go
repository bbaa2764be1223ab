package scim

import (
	"strconv"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/filter"
	"github.com/scimbridge/scimbridge/scim/schema"
)

func listUsers(s *Server, r *request) (*response, error) {
	l, err := s.queryListing(r, s.user)
	if err != nil {
		return nil, err
	}
	return s.findUsers(r, l)
}

func searchUsers(s *Server, r *request) (*response, error) {
	l, err := s.searchListing(r, s.user)
	if err != nil {
		return nil, err
	}
	return s.findUsers(r, l)
}

func listGroups(s *Server, r *request) (*response, error) {
	l, err := s.queryListing(r, s.group)
	if err != nil {
		return nil, err
	}
	return s.findGroups(r, l)
}

func searchGroups(s *Server, r *request) (*response, error) {
	l, err := s.searchListing(r, s.group)
	if err != nil {
		return nil, err
	}
	return s.findGroups(r, l)
}

// plan turns the listing into a query of the directory. rest is the filter that
// must still be applied to each candidate, nil if the query says it all.
func (s *Server) plan(r *request, l listing, t *schema.ResourceType) (q directory.Query, rest *filter.Program, err error) {
	q = directory.Query{Client: r.caller.Actor.Client, Offset: l.start - 1, Limit: int64(l.count)}
	if !l.filtered {
		return q, nil, nil
	}
	o := s.filterOptions(r)
	e, err := filter.Parse(l.filter, o)
	if err != nil {
		return q, nil, err
	}
	program, err := filter.CompileWith(e, t, o)
	if err != nil {
		return q, nil, err
	}
	where, exact := program.Plan(q.Client)
	if !affordable(where) {
		where, exact = nil, false
	}
	q.Where = where
	if exact {
		return q, nil, nil
	}
	q.Offset, q.Limit = 0, int64(s.c.Limits.Scan)+1
	return q, program, nil
}

func (s *Server) findUsers(r *request, l listing) (*response, error) {
	q, rest, err := s.plan(r, l, s.user)
	if err != nil {
		return nil, err
	}
	// Groups are part of the entity tag, so whoever wants meta needs them too.
	groups, meta := s.user.Attribute("", "groups"), s.user.Attribute("", "meta")
	q.WithGroups = l.projection.wants(groups) || l.projection.wants(meta) || rest != nil && rest.Uses(groups)
	page := newPage(l, s.c.Limits)
	client := r.caller.Actor.Client
	var rendered []byte
	total, err := s.c.Backend.Users(r.Context(), r.caller.Actor, q, rest == nil, func(u *directory.User) bool {
		if rest == nil && l.projection == nil {
			page.begin()
			page.body = s.appendUser(page.body, u, client)
			return !page.full()
		}
		rendered = s.appendUser(rendered[:0], u, client)
		return page.consider(rendered, s.user, rest)
	})
	if err != nil {
		return nil, err
	}
	return page.answer(total, rest != nil)
}

func (s *Server) findGroups(r *request, l listing) (*response, error) {
	q, rest, err := s.plan(r, l, s.group)
	if err != nil {
		return nil, err
	}
	page := newPage(l, s.c.Limits)
	client := r.caller.Actor.Client
	// A filter that SQL can not answer may ask for members, which then have to
	// be there; a client that does not want them must not make us read them, and
	// those of a group that is only counted are not wanted.
	members := s.group.Attribute("", "members")
	wanted := l.projection.wants(members)
	var withMembers func(*directory.Group) bool
	var rendered []byte
	switch {
	case rest != nil && rest.Uses(members), rest == nil && wanted:
		withMembers = func(*directory.Group) bool { return true }
	case wanted:
		withMembers = func(g *directory.Group) bool {
			rendered = s.appendGroup(rendered[:0], g, nil, client)
			return page.takes(rendered, rest)
		}
	}
	total, err := s.c.Backend.Groups(r.Context(), r.caller.Actor, q, rest == nil, withMembers, func(g *directory.Group, members []directory.Member) bool {
		if rest == nil && l.projection == nil {
			page.begin()
			page.body = s.appendGroup(page.body, g, members, client)
			return !page.full()
		}
		rendered = s.appendGroup(rendered[:0], g, members, client)
		return page.consider(rendered, s.group, rest)
	})
	if err != nil {
		return nil, err
	}
	return page.answer(total, rest != nil)
}

// page collects the resources of a ListResponse.
type page struct {
	listing
	limits  Limits
	body    []byte // the elements of Resources, with commas between
	n       int    // how many they are
	matched int64  // by a filter that is applied here
	scanned int
	err     error
}

func newPage(l listing, limits Limits) *page { return &page{listing: l, limits: limits} }

func (p *page) begin() {
	if p.n > 0 {
		p.body = append(p.body, ',')
	}
	p.n++
}

// full reports whether no further resource goes on the page.
func (p *page) full() bool { return p.n >= p.count || len(p.body) > p.limits.PageBytes }

// takes reports whether a candidate that consider is to see next will be on
// the page.
func (p *page) takes(rendered []byte, rest *filter.Program) bool {
	if p.err != nil || p.full() || p.matched+1 < p.start || p.scanned >= p.limits.Scan {
		return false
	}
	o, err := tree(rendered)
	return err == nil && rest.Match(o) // consider meets the error again, and reports it
}

// consider looks at one candidate and reports whether to go on.
func (p *page) consider(rendered []byte, t *schema.ResourceType, rest *filter.Program) bool {
	if rest != nil {
		if p.scanned++; p.scanned > p.limits.Scan {
			p.err = fault.TooMany("the filter would examine more than %d resources; narrow it with an indexed attribute such as userName, externalId or emails.value", p.limits.Scan)
			return false
		}
	}
	o, err := tree(rendered)
	if err != nil {
		p.err = err
		return false
	}
	if rest != nil {
		if !rest.Match(o) {
			return true
		}
		p.matched++
		if p.matched < p.start || p.full() {
			return true // still counted: totalResults is exact
		}
	}
	p.begin()
	if p.projection == nil {
		p.body = append(p.body, rendered...)
	} else {
		p.body = p.projection.apply(t, o).AppendJSON(p.body)
	}
	return rest != nil || !p.full()
}

// answer makes the ListResponse; counted says that total was counted here.
func (p *page) answer(total int64, counted bool) (*response, error) {
	if p.err != nil {
		return nil, p.err
	}
	if counted {
		total = p.matched
	}
	b := make([]byte, 0, len(p.body)+160)
	b = append(b, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":`...)
	b = strconv.AppendInt(b, total, 10)
	b = append(b, `,"startIndex":`...)
	b = strconv.AppendInt(b, p.start, 10)
	b = append(b, `,"itemsPerPage":`...)
	b = strconv.AppendInt(b, int64(p.n), 10)
	b = append(b, `,"Resources":[`...)
	b = append(b, p.body...)
	return ok(append(b, `]}`...)), nil
}
