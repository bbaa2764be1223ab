package conformance

// PUT (RFC 7644 section 3.5.1).
var putChecks = []check{
	{id: "R-7644-3.5-01", run: func(p *probe) {
		u := p.user(nil)
		p.put(where(u), p.userBody(attrs{"userName": u.at("userName"), "title": "T"})).want(200).is("T", "title")
		if _, lacking := p.j.lacks[groups]; !lacking {
			g := p.group(u.id())
			p.put(where(g), p.groupBody(attrs{"displayName": p.j.name("renamed")})).want(200)
		}
		a := p.patch(where(u), op{"replace", "title", "U"})
		if _, lacking := p.j.lacks[patch]; lacking {
			a.want(501, 405, 404)
			return
		}
		a.want(200, 204)
	}},
	{id: "R-7644-3.5.1-01", run: func(p *probe) {
		u := p.user(attrs{"title": "T", "emails": []attrs{{"value": "a@example.com", "type": "work"}, {"value": "b@example.com", "type": "home"}}, "name": attrs{"givenName": "A", "familyName": "B"}})
		a := p.put(where(u), p.userBody(attrs{"userName": u.at("userName"), "title": "U", "emails": []attrs{{"value": "c@example.com", "type": "work"}}, "name": attrs{"givenName": "C"}})).want(200)
		a.is("U", "title").is("C", "name", "givenName").lacks("name", "familyName")
		a.sameSet("emails", a.texts("emails", "value"), []string{"c@example.com"})
		same(p.get(where(u)).want(200), a)
	}},
	{id: "R-7644-3.5.1-01", name: "members", needs: []feature{groups}, run: func(p *probe) {
		ids := p.users(3, nil)
		g := p.group(ids[:2]...)
		p.put(where(g), p.groupBody(attrs{"displayName": g.at("displayName"), "members": memberList(ids[1:]...)})).want(200)
		a := p.get(where(g)).want(200)
		a.sameSet("members", a.texts("members", "value"), ids[1:])
	}},
	{id: "R-7644-3.5.1-02", run: func(p *probe) {
		u := p.user(attrs{"title": "T", "active": false})
		a := p.put(where(u), p.userBody(attrs{"userName": u.at("userName"), "active": nil})).want(200)
		if p.j.template["active"] == nil && a.at("title") != nil {
			p.skip("this server keeps what a PUT leaves out, which the RFC allows")
		}
		if a.at("active") == true {
			p.skip("this server gives active its default when a PUT leaves it out, which the RFC allows")
		}
		if active := a.at("active"); active != nil && active != false {
			a.fail("active is %s", show(active))
		}
	}},
	{id: "R-7644-3.5.1-04", run: func(p *probe) {
		u := p.user(nil)
		a := p.put(where(u), p.userBody(attrs{
			"userName": u.at("userName"), "id": u.id(), "meta": attrs{"created": "2001-01-01T00:00:00Z", "resourceType": "Group"}, "groups": []attrs{{"value": "1"}},
		})).want(200)
		a.is(u.id(), "id").is(u.at("meta", "created"), "meta", "created").is("User", "meta", "resourceType").lacks("groups")
	}},
	{id: "R-7644-3.5.1-05", run: func(p *probe) {
		u := p.user(attrs{"title": "T"})
		p.put(where(u), p.userBody(attrs{"userName": nil, "title": "U"})).fails(400, "invalidValue")
		same(p.get(where(u)).want(200), u)
	}},
}
