package conformance

// PATCH, whatever the operations (RFC 7644 section 3.5.2).
var patchChecks = []check{
	{id: "R-7644-3.5.2-01", needs: []feature{patch}, run: func(p *probe) {
		u := p.user(nil)
		p.malformed(u, `{"schemas":["`+messages+`PatchOp"]}`, `{"schemas":["`+messages+`PatchOp"],"Operations":[]}`)
	}},
	{id: "R-7644-3.5.2-01", name: "schemas", strict: true, needs: []feature{patch}, run: func(p *probe) {
		const operation = `{"op":"replace","path":"title","value":"T"}`
		u := p.user(nil)
		p.malformed(u,
			`{"Operations":[`+operation+`]}`,
			`{"schemas":["`+messages+`ListResponse"],"Operations":[`+operation+`]}`,
			`{"schemas":["`+messages+`PatchOp"],"Operations":`+operation+`}`)
	}},
	{id: "R-7644-3.5.2-02", needs: []feature{patch}, run: func(p *probe) {
		u := p.user(nil)
		for _, operation := range []string{`{"path":"title","value":"T"}`, `{"op":"move","path":"title","value":"T"}`, `{"op":5,"path":"title","value":"T"}`} {
			p.malformed(u, `{"schemas":["`+messages+`PatchOp"],"Operations":[`+operation+`]}`)
		}
		p.reading(func() {
			p.malformed(u, `{"schemas":["`+messages+`PatchOp"],"Operations":[{"op":"replace","op":"add","path":"title","value":"T"}]}`)
		})
	}},
	{id: "R-7644-3.5.2-03", needs: []feature{patch}, run: func(p *probe) {
		u := p.user(attrs{"emails": []attrs{{"value": "a@example.com", "type": "work"}}})
		for _, path := range []string{"emails[0]", "name..givenName", "emails[", `emails[type eq "work"`, `emails[type eq "work"]value`} {
			p.refused(where(u), 400, "invalidPath", op{"replace", path, "x"})
		}
	}},
	{id: "R-7644-3.5.2-03", name: "slash", strict: true, needs: []feature{patch}, run: func(p *probe) {
		p.refused(where(p.user(nil)), 400, "invalidPath", op{"replace", "/emails", "x"})
	}},
	{id: "R-7644-3.5.2-04", needs: []feature{patch}, run: func(p *probe) {
		u := p.user(nil)
		p.refused(where(u), 400, "mutability", op{"replace", "id", "1"})
		p.refused(where(u), 400, "mutability", op{"replace", "meta.version", "1"})
		p.refused(where(u), 400, "invalidValue", op{"replace", "active", attrs{"a": 1}})
		p.refused(where(u), 400, "invalidValue", op{"replace", "active", 5})
	}},
	{id: "R-7644-3.5.2-05", needs: []feature{patch, enterprise}, run: func(p *probe) {
		u := p.user(nil)
		if contains(u.at("schemas"), enterpriseURN) {
			u.warn("schemas names an extension that the user has nothing of")
		}
		a := p.patched(where(u), op{"add", enterpriseURN + ":employeeNumber", "7"}, op{"add", enterpriseURN + ":costCenter", "C"})
		if a.is("7", enterpriseURN, "employeeNumber").is("C", enterpriseURN, "costCenter"); !contains(a.at("schemas"), enterpriseURN) {
			a.fail("schemas lacks the extension")
		}
	}},
	{id: "R-7644-3.5.2-05", name: "without path", profile: true, needs: []feature{patch, enterprise}, run: func(p *probe) {
		u := p.user(attrs{enterpriseURN: attrs{"employeeNumber": "7"}})
		a := p.patched(where(u), op{"replace", "", attrs{enterpriseURN: attrs{"department": "D"}}})
		a.is("D", enterpriseURN, "department").is("7", enterpriseURN, "employeeNumber")
	}},
	{id: "R-7644-3.5.2-06", needs: []feature{patch}, run: func(p *probe) {
		u := p.user(nil)
		p.patched(where(u), op{"add", "title", "A"}, op{Op: "remove", Path: "title"}, op{"replace", "title", "C"}).is("C", "title")
		p.patched(where(u), op{"add", "title", "A"}, op{Op: "remove", Path: "title"}).lacks("title")
		p.patched(where(u), op{"add", "emails", []attrs{{"value": "a@example.com", "type": "work"}}}, op{"replace", `emails[type eq "work"].value`, "b@example.com"}).is("b@example.com", "emails", 0, "value")
	}},
	{id: "R-7644-3.5.2-07", needs: []feature{patch}, run: func(p *probe) {
		u := p.user(attrs{"emails": []attrs{{"value": "a@example.com", "type": "work", "primary": true}, {"value": "b@example.com", "type": "home"}}})
		primaries := func(a *answer) (all []string) {
			for _, e := range list(a.at("emails")) {
				if at(e, "primary") == true {
					all = append(all, text(at(e, "value")))
				}
			}
			return all
		}
		a := p.patched(where(u), op{"add", "emails", []attrs{{"value": "c@example.com", "type": "other", "primary": true}}})
		a.sameSet("primary emails after add", primaries(a), []string{"c@example.com"})
		a = p.patched(where(u), op{"replace", `emails[type eq "home"].primary`, true})
		a.sameSet("primary emails after replace", primaries(a), []string{"b@example.com"})
	}},
	{id: "R-7644-3.5.2-08", needs: []feature{patch}, run: func(p *probe) {
		u := p.user(attrs{"title": "T"})
		var ops []op
		for range 49 {
			ops = append(ops, op{"replace", "title", "U"}, op{"add", "emails", []attrs{{"value": p.j.name("x") + "@example.com"}}})
		}
		p.refused(where(u), 400, "mutability", append(ops, op{"replace", "id", "1"})...)
		p.refused(where(u), 400, "invalidPath", append(ops, op{"add", "emails[", "x"})...)
	}},
	{id: "R-7644-3.5.2-08", name: "members", needs: []feature{patch, groups}, run: func(p *probe) {
		ids := p.users(2, nil)
		g := p.group(ids[0])
		p.refused(where(g), 400, "mutability", op{"add", "members", memberList(ids[1])}, op{Op: "remove", Path: "members"}, op{"replace", "id", "1"})
	}},
	{id: "R-7644-3.5.2-09", needs: []feature{patch}, run: func(p *probe) {
		u := p.user(nil)
		a := p.patch(where(u), op{"replace", "title", "T"}).want(200, 204)
		if a.status == 204 && len(a.raw) > 0 {
			a.fail("204 with a body")
		}
		if a.status == 200 {
			same(p.get(where(u)).want(200), a)
		}
		p.send("PATCH", where(u)+"?attributes=userName", patchBody(op{"replace", "title", "U"})).want(200).is(u.at("userName"), "userName")
	}},
}

// malformed demands that bodies are refused as invalidSyntax, without a change.
func (p *probe) malformed(u *answer, bodies ...string) {
	for _, body := range bodies {
		p.send("PATCH", where(u), body).fails(400, "invalidSyntax")
	}
	same(p.get(where(u)).want(200), u)
}
