package conformance

// DELETE (RFC 7644 section 3.6).
var deleteChecks = []check{
	{id: "R-7644-3.6-01", run: func(p *probe) {
		u := p.user(nil)
		if a := p.delete(where(u)).want(204); len(a.raw) > 0 {
			a.fail("204 with a body")
		}
		p.get(where(u)).fails(404)
		p.put(where(u), p.userBody(nil)).fails(404)
		p.patch(where(u), op{"replace", "title", "T"}).want(404, 501)
		p.delete(where(u)).fails(404)
	}},
	{id: "R-7644-3.6-02", run: func(p *probe) {
		u := p.user(nil)
		name := text(u.at("userName"))
		var g *answer
		if _, lacking := p.j.lacks[groups]; !lacking {
			g = p.group(u.id())
		}
		p.delete(where(u)).want(204)
		p.none(name)
		a := p.list("Users", "filter", p.own())
		a.sameSet("users of the run", a.texts("Resources", "id"), nil)
		if g != nil {
			if a := p.get(where(g)).want(200); len(list(a.at("members"))) > 0 {
				a.warn("the deleted user is still a member")
			}
		}
	}},
	{id: "R-7644-3.6-02", name: "manager", needs: []feature{enterprise}, run: func(p *probe) {
		boss := p.user(nil)
		u := p.user(attrs{enterpriseURN: attrs{"manager": attrs{"value": boss.id()}}})
		p.delete(where(boss)).want(204)
		if ref := text(p.get(where(u)).want(200).at(enterpriseURN, "manager", "$ref")); ref != "" {
			p.reading(func() { p.follow(ref).want(200) })
		}
	}},
	{id: "R-7644-3.6-03", run: func(p *probe) {
		u := p.user(nil)
		p.delete(where(u)).want(204)
		if again := p.user(attrs{"userName": u.at("userName")}); again.id() == u.id() {
			again.fail("the new user has the id of the deleted one")
		}
	}},
	{id: "R-7644-3.6-04", run: func(p *probe) {
		u := p.user(nil)
		p.delete(where(u)).want(204)
		p.get(where(u) + "?attributes=userName").fails(404)
		p.none(text(u.at("userName")))
	}},
}
