package conformance

import "strings"

// Versions (RFC 7644 section 3.14).
var etagChecks = []check{
	{id: "R-7644-3.14-01", needs: []feature{etag}, run: func(p *probe) {
		tagged := func(a *answer) string {
			tag := a.header.Get("ETag")
			if tag == "" {
				a.fail("no ETag, though the server supports versions")
			}
			if len(a.raw) > 0 {
				a.is(tag, "meta", "version")
			}
			return tag
		}
		u := p.user(nil)
		tagged(u)
		tagged(p.get(where(u)).want(200))
		tagged(p.put(where(u), p.userBody(attrs{"userName": u.at("userName"), "title": "T"})).want(200))
		if _, lacking := p.j.lacks[patch]; !lacking {
			tag := tagged(p.patch(where(u), op{"replace", "title", "U"}).want(200, 204))
			p.get(where(u)).want(200).is(tag, "meta", "version")
		}
	}},
	{id: "R-7644-3.14-02", needs: []feature{etag}, run: func(p *probe) {
		u := p.user(nil)
		tag := u.header.Get("ETag")
		for _, path := range []string{where(u), where(u) + "?attributes=userName"} {
			for _, header := range []string{tag, `"another", ` + tag, "*"} {
				if a := p.with("GET", path, nil, "If-None-Match", header).want(304); len(a.raw) > 0 {
					a.fail("304 with a body")
				}
			}
			p.with("GET", path, nil, "If-None-Match", `W/"another"`).want(200)
		}
	}},
	{id: "R-7644-3.14-03", needs: []feature{etag}, run: func(p *probe) {
		u := p.user(nil)
		stale := u.header.Get("ETag")
		now := p.put(where(u), p.userBody(attrs{"userName": u.at("userName"), "title": "T"})).want(200)
		late := p.userBody(attrs{"userName": u.at("userName"), "title": "late"})
		for _, header := range []string{stale, `W/"no such version"`} {
			p.with("PUT", where(u), late, "If-Match", header).fails(412)
			if _, lacking := p.j.lacks[patch]; !lacking {
				p.with("PATCH", where(u), patchBody(op{"replace", "title", "late"}), "If-Match", header).fails(412)
			}
			p.with("DELETE", where(u), nil, "If-Match", header).fails(412)
		}
		same(p.get(where(u)).want(200), now)
		next := p.with("PUT", where(u), late, "If-Match", now.header.Get("ETag")).want(200)
		p.with("PUT", where(u), p.userBody(attrs{"userName": u.at("userName")}), "If-Match", "*").want(200)
		p.with("DELETE", where(u), nil, "If-Match", next.header.Get("ETag")).fails(412)
		p.with("DELETE", where(u), nil, "If-Match", "*").want(204)
	}},
	{id: "R-7644-3.14-04", needs: []feature{etag}, run: func(p *probe) {
		u := p.user(nil)
		body := p.userBody(attrs{"userName": u.at("userName"), "title": "T"})
		first := p.put(where(u), body).want(200).header.Get("ETag")
		if again := p.put(where(u), body).want(200); again.header.Get("ETag") != first {
			again.warn("the version changed without a change of the representation")
		}
		if first == u.header.Get("ETag") {
			u.fail("the version did not change with the representation")
		}
	}},
	{id: "R-7644-3.14-04", name: "members", needs: []feature{etag, groups, patch}, run: func(p *probe) {
		u := p.user(nil)
		g := p.group()
		before := g.header.Get("ETag")
		p.patched(where(g), op{"add", "members", memberList(u.id())})
		after := p.get(where(g)).want(200)
		if after.header.Get("ETag") == before {
			after.fail("the version of the group did not change with its members")
		}
		again := p.patched(where(g), op{"add", "members", memberList(u.id())})
		p.reading(func() { again.is(after.at("meta", "version"), "meta", "version") })
		if tag := after.header.Get("ETag"); !strings.HasPrefix(strings.TrimPrefix(tag, "W/"), `"`) {
			after.fail("ETag %q is no entity tag", tag)
		}
	}},
}
