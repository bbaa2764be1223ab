package conformance

// Groups (RFC 7643 section 4.2).
var groupChecks = []check{
	{id: "R-7643-4.2-01", needs: []feature{groups}, run: func(p *probe) {
		p.reading(func() { p.post("Groups", p.groupBody(attrs{"displayName": ""})).fails(400, "invalidValue") })
		said := p.get("Schemas/" + groupURN)
		for _, d := range list(said.at("attributes")) {
			if at(d, "name") == "displayName" && at(d, "required") != true {
				// As in the schema that RFC 7643 lists, against its own text.
				said.warn("/Schemas does not say that displayName is required")
				p.reading(func() { p.post("Groups", p.groupBody(attrs{"displayName": nil})).fails(400, "invalidValue") })
				return
			}
		}
		p.post("Groups", p.groupBody(attrs{"displayName": nil})).fails(400, "invalidValue")
	}},
	{id: "R-7643-4.2-02", needs: []feature{groups, patch}, run: func(p *probe) {
		ids := p.users(2, nil)
		g := p.group(ids[0])
		a := p.patched(where(g), op{"add", "members", memberList(ids[1])})
		a.sameSet("members", a.texts("members", "value"), ids)
		p.refused(where(g), 400, "mutability", op{"replace", `members[value eq "` + ids[0] + `"].value`, ids[1]})
		a = p.patched(where(g), op{Op: "remove", Path: `members[value eq "` + ids[0] + `"]`})
		a.sameSet("members", a.texts("members", "value"), ids[1:])
	}},
	{id: "R-7643-4.2-03", needs: []feature{groups}, run: func(p *probe) {
		u := p.user(nil)
		a := p.get(where(p.group(u.id()))).want(200)
		a.is(u.id(), "members", 0, "value")
		for _, name := range []string{"$ref", "type"} {
			if a.at("members", 0, name) == nil {
				a.warn("members[0].%s is missing", name)
			}
		}
		if kind := a.at("members", 0, "type"); kind != nil && kind != "User" {
			a.fail("members[0].type is %s, want User", show(kind))
		}
		if ref := text(a.at("members", 0, "$ref")); ref != "" {
			p.follow(ref).want(200).is(u.id(), "id")
		}
	}},
	{id: "R-7643-4.2-04", needs: []feature{groups, patch}, run: func(p *probe) {
		first := p.group()
		second := p.post("Groups", p.groupBody(attrs{"members": []attrs{{"value": first.id(), "type": "Group"}}}))
		if !second.ok() {
			p.skip("this server's groups do not nest, which the RFC allows")
		}
		u := p.user(nil)
		p.patched(where(first), op{"add", "members", memberList(u.id())})
		a := p.patch(where(first), op{"add", "members", []attrs{{"value": second.id(), "type": "Group"}}})
		if a.status >= 500 {
			a.fail("a cycle of groups is no reason for an error of the server")
		}
		p.get(where(u)).want(200)
		p.get(where(first)).want(200)
		p.get(where(second)).want(200)
	}},
}
