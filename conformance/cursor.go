package conformance

import (
	"net/url"
	"regexp"
	"strings"
)

var unreserved = regexp.MustCompile(`^[A-Za-z0-9._~-]+$`)

// Pages by cursor (RFC 9865).
var cursorChecks = []check{
	{id: "R-9865-2-01", needs: []feature{cursor}, run: func(p *probe) {
		p.users(3, nil)
		own := query("filter", p.own(), "count", "2")
		for _, start := range []string{"&cursor", "&cursor="} {
			a := p.page(p.get("Users?" + own + start))
			if next := text(a.at("nextCursor")); !unreserved.MatchString(next) {
				a.fail("nextCursor %q is no text of URL-unreserved characters", next)
			}
		}
	}},
	{id: "R-9865-2-02", needs: []feature{cursor}, run: func(p *probe) {
		ids := p.users(4, nil)
		for _, count := range []string{"1", "2", "3", "4", "10"} {
			visited := p.walk(count)
			p.last.sameSet("users over all pages of "+count, visited, ids)
		}
	}},
	{id: "R-9865-2-03", needs: []feature{cursor}, run: func(p *probe) {
		p.users(3, nil)
		next := p.firstCursor()
		p.get("Users?"+query("filter", p.mine("title pr"), "count", "1", "cursor", next)).fails(400, "invalidCursor")
		if _, lacking := p.j.lacks[sorting]; !lacking {
			p.get("Users?"+query("filter", p.own(), "count", "1", "sortBy", "title", "cursor", next)).fails(400, "invalidCursor")
		}
		p.get("Users?"+query("filter", p.own(), "count", "2", "cursor", next)).fails(400, "invalidCount")
		p.list("Users", "filter", p.own(), "count", "1", "cursor", next)
	}},
	{id: "R-9865-2.1-01", needs: []feature{cursor}, run: func(p *probe) {
		p.users(2, nil)
		next := p.firstCursor()
		for _, forged := range []string{"forged", next + "A", strings.ToUpper(next) + "x"} {
			p.get("Users?"+query("filter", p.own(), "count", "1", "cursor", forged)).fails(400, "invalidCursor")
		}
		p.get("Users?"+query("filter", p.own(), "count", "abc", "cursor", "")).fails(400, "invalidCount", "invalidValue")
	}},
	{id: "R-9865-2.4-01", needs: []feature{cursor}, run: func(p *probe) {
		p.users(2, nil)
		a := p.list("Users", "filter", p.own(), "count", "1")
		if p.j.spc.at("pagination", "defaultPaginationMethod") == "cursor" {
			a.has("nextCursor")
			return
		}
		a.is(1, "startIndex").is(2, "totalResults").lacks("nextCursor")
	}},
	{id: "R-9865-3-01", needs: []feature{cursor}, run: func(p *probe) {
		ids := p.users(3, nil)
		var visited []string
		next := ""
		for range 4 {
			a := p.page(p.post("Users/.search", attrs{"schemas": []string{messages + "SearchRequest"}, "filter": p.own(), "count": 2, "cursor": next}))
			visited = append(visited, a.texts("Resources", "id")...)
			if next = text(a.at("nextCursor")); next == "" {
				break
			}
		}
		p.last.sameSet("users over all pages", visited, ids)
	}},
	{id: "R-9865-4-01", run: func(p *probe) {
		p.last = p.j.spc
		if p.j.spc.at("pagination") == nil {
			p.skip("the server says nothing of pagination")
		}
		for _, name := range []string{"cursor", "index"} {
			if _, ok := p.j.spc.at("pagination", name).(bool); !ok {
				p.fail("pagination.%s is no boolean", name)
			}
		}
		for _, name := range []string{"defaultPageSize", "maxPageSize", "cursorTimeout"} {
			if v := p.j.spc.at("pagination", name); v != nil {
				if n, ok := integer(v); !ok || n <= 0 {
					p.fail("pagination.%s is %s, not a positive integer", name, show(v))
				}
			}
		}
		if v := p.j.spc.at("pagination", "defaultPaginationMethod"); v != nil && v != "index" && v != "cursor" {
			p.fail("pagination.defaultPaginationMethod is %s", show(v))
		}
	}},
	{id: "R-9865-5-01", needs: []feature{cursor, otherClient}, run: func(p *probe) {
		p.users(2, nil)
		next := p.firstCursor()
		page := func(cursor string) string {
			return "Users?" + query("filter", p.own(), "count", "1", "cursor", cursor)
		}
		other := p.as(p.j.o.OtherToken)
		theirs := other.get(page(next)).fails(400, "invalidCursor")
		if forged := other.get(page("forged")).fails(400, "invalidCursor"); string(forged.raw) != string(theirs.raw) {
			theirs.fail("another client's cursor is answered differently from a forged one")
		}
	}},
}

func (p *probe) firstCursor() string {
	a := p.list("Users", "filter", p.own(), "count", "1", "cursor", "").has("nextCursor")
	return text(a.at("nextCursor"))
}

// walk follows cursors from the first page to the last.
func (p *probe) walk(count string) (ids []string) {
	next := ""
	for page := 0; page < 50; page++ {
		a := p.page(p.get("Users?" + query("filter", p.own(), "count", count) + "&cursor=" + url.QueryEscape(next)))
		if page == 0 {
			a.lacks("previousCursor")
		}
		ids = append(ids, a.texts("Resources", "id")...)
		v := a.at("nextCursor")
		if v == nil {
			return ids
		}
		if next = text(v); next == "" {
			a.fail("nextCursor is there and empty")
		}
	}
	p.fail("no end of pages after 50")
	return nil
}
