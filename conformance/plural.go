package conformance

// Multi-valued attributes and values that are none (RFC 7643 sections 2.4, 2.5).
var pluralChecks = []check{
	{id: "R-7643-2.4-01", run: func(p *probe) {
		types := map[string]string{"type": "string", "primary": "boolean", "display": "string", "$ref": "reference"}
		p.last = p.get("Schemas").want(200)
		for urn, s := range p.j.schemas {
			for _, d := range list(at(s, "attributes")) {
				if at(d, "multiValued") != true || urn == schemaURN || urn == configURN {
					continue
				}
				for _, sub := range list(at(d, "subAttributes")) {
					if want, named := types[text(at(sub, "name"))]; named && at(sub, "type") != want {
						p.fail("%s: %s.%s has type %s, want %s", urn, at(d, "name"), at(sub, "name"), show(at(sub, "type")), want)
					}
				}
			}
		}
	}},
	{id: "R-7643-2.4-02", run: func(p *probe) {
		emails := []attrs{{"value": "a@example.com", "type": "work", "primary": true}, {"value": "b@example.com", "type": "home"}}
		a := p.user(attrs{"emails": emails})
		p.reading(func() { p.finds(`emails[primary eq false]`, a.id()) })
		emails[1]["primary"] = true
		two := p.post("Users", p.userBody(attrs{"emails": emails}))
		if !two.ok() {
			two.fails(400, "invalidValue")
			return
		}
		// Refused or put right: what it must not be is stored.
		primaries := 0
		for _, e := range list(p.get(where(two)).want(200).at("emails")) {
			if at(e, "primary") == true {
				primaries++
			}
		}
		if primaries > 1 {
			p.fail("%d emails are primary", primaries)
		}
	}},
	{id: "R-7643-2.4-03", run: func(p *probe) {
		a := p.user(attrs{"emails": []attrs{
			{"value": "a@example.com", "type": "work"}, {"value": "a@example.com", "type": "work"}, {"value": "a@example.com", "type": "home"},
		}})
		a = p.get(where(a)).want(200)
		a.sameSet("emails.type", a.texts("emails", "type"), []string{"home", "work"})
		p.user(attrs{"emails": []attrs{{"value": "a@example.com", "type": "WORK"}}}).is("work", "emails", 0, "type")
	}},
	{id: "R-7643-2.5-01", run: func(p *probe) {
		u := p.user(attrs{"nickName": "Nick", "title": "T", "emails": []attrs{{"value": "a@example.com"}}})
		name := u.at("userName")
		full := p.userBody(attrs{"userName": name, "nickName": "Nick", "emails": []attrs{{"value": "a@example.com"}}})
		var states []*answer
		for _, nothing := range []attrs{{}, {"nickName": "NULL", "emails": "NULL"}, {"nickName": "NULL", "emails": []attrs{}}} {
			p.put(where(u), full).want(200)
			b := p.userBody(attrs{"userName": name, "emails": nil})
			for k, v := range nothing {
				if b[k] = v; v == "NULL" {
					b[k] = nil
				}
			}
			a := p.put(where(u), b).want(200)
			if p.j.template["emails"] == nil {
				a.lacks("emails")
			}
			states = append(states, a.lacks("nickName"))
		}
		for _, a := range states[1:] {
			same(a, states[0])
		}
	}},
	{id: "R-7643-2.5-01", name: "PATCH", needs: []feature{patch}, run: func(p *probe) {
		u := p.user(attrs{"title": "T"})
		p.send("PATCH", where(u), `{"schemas":["`+messages+`PatchOp"],"Operations":[{"op":"replace","path":"title","value":null}]}`).want(200, 204)
		p.get(where(u)).want(200).lacks("title")
		p.finds("title pr")
	}},
}
