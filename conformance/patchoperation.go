package conformance

func work(values ...string) (l []attrs) {
	for _, v := range values {
		l = append(l, attrs{"value": v, "type": "work"})
	}
	return l
}

// The operation add (RFC 7644 section 3.5.2.1).
var patchAddChecks = []check{
	{id: "R-7644-3.5.2.1-01", profile: true, needs: []feature{patch}, run: func(p *probe) {
		u := p.user(nil)
		p.refused(where(u), 400, "invalidValue", op{Op: "add", Path: "title"})
		p.patched(where(u), op{"add", "", attrs{"nickName": "N", "emails": work("a@example.com")}}).is("N", "nickName").is("a@example.com", "emails", 0, "value")
	}},
	{id: "R-7644-3.5.2.1-02", needs: []feature{patch}, run: func(p *probe) {
		u := p.user(attrs{"name": attrs{"givenName": "A", "familyName": "B"}})
		p.patched(where(u), op{"add", "name", attrs{"givenName": "C"}}).is("C", "name", "givenName").is("B", "name", "familyName")
	}},
	{id: "R-7644-3.5.2.1-03", needs: []feature{patch}, run: func(p *probe) {
		u := p.user(attrs{"title": "T", "emails": work("a@example.com")})
		a := p.patched(where(u), op{"add", "title", "U"}, op{"add", "emails", work("b@example.com")}).is("U", "title")
		a.sameSet("emails", a.texts("emails", "value"), []string{"a@example.com", "b@example.com"})
	}},
	{id: "R-7644-3.5.2.1-04", needs: []feature{patch}, run: func(p *probe) {
		u := p.user(attrs{"title": "T", "emails": work("a@example.com")})
		unmoved(p.patched(where(u), op{"add", "title", "T"}, op{"add", "emails", work("a@example.com")}), u)
		if _, lacking := p.j.lacks[groups]; !lacking {
			g := p.get(where(p.group(u.id()))).want(200)
			unmoved(p.patched(where(g), op{"add", "members", memberList(u.id())}), g)
		}
	}},
}

// The operation remove (RFC 7644 section 3.5.2.2).
var patchRemoveChecks = []check{
	{id: "R-7644-3.5.2.2-01", profile: true, needs: []feature{patch}, run: func(p *probe) {
		p.refusedAs(where(p.user(nil)), "noTarget", op{Op: "remove"})
	}},
	{id: "R-7644-3.5.2.2-02", needs: []feature{patch}, run: func(p *probe) {
		u := p.user(attrs{"title": "T", "emails": work("a@x.example", "b@y.example")})
		a := p.patched(where(u), op{Op: "remove", Path: `emails[type eq "work" and value ew "x.example"]`})
		a.sameSet("emails", a.texts("emails", "value"), []string{"b@y.example"})
		p.patched(where(u), op{Op: "remove", Path: "title"}, op{Op: "remove", Path: "emails"}).lacks("title").lacks("emails")
	}},
	{id: "R-7644-3.5.2.2-02", name: "members", needs: []feature{patch, groups}, run: func(p *probe) {
		ids := p.users(2, nil)
		g := p.group(ids...)
		a := p.patched(where(g), op{Op: "remove", Path: `members[value eq "` + ids[0] + `"]`})
		a.sameSet("members", a.texts("members", "value"), ids[1:])
		p.patched(where(g), op{Op: "remove", Path: "members"}).lacks("members")
	}},
	{id: "R-7644-3.5.2.2-03", needs: []feature{patch}, run: func(p *probe) {
		u := p.user(nil)
		for _, path := range []string{"userName", "id", "meta.created"} {
			p.refusedAs(where(u), "mutability", op{Op: "remove", Path: path})
		}
		if _, lacking := p.j.lacks[groups]; !lacking {
			// The text of RFC 7643 requires displayName, its schema does not.
			p.reading(func() { p.refused(where(p.group()), 400, "mutability", op{Op: "remove", Path: "displayName"}) })
		}
	}},
	{id: "R-7644-3.5.2.2-04", needs: []feature{patch, groups}, run: func(p *probe) {
		ids := p.users(2, nil)
		g := p.get(where(p.group(ids[0]))).want(200)
		now := p.patched(where(g), op{Op: "remove", Path: `members[value eq "` + ids[1] + `"]`})
		same(now, g)
		p.reading(func() { unmoved(now, g) })
	}},
}

// The operation replace (RFC 7644 section 3.5.2.3).
var patchReplaceChecks = []check{
	{id: "R-7644-3.5.2.3-01", profile: true, needs: []feature{patch}, run: func(p *probe) {
		u := p.user(attrs{"title": "T", "nickName": "N", "displayName": "D"})
		p.patched(where(u), op{"replace", "", attrs{"title": "U", "nickName": "M"}}).is("U", "title").is("M", "nickName").is("D", "displayName").is(u.at("userName"), "userName")
	}},
	{id: "R-7644-3.5.2.3-02", needs: []feature{patch}, run: func(p *probe) {
		u := p.user(attrs{"title": "T", "emails": work("a@example.com", "b@example.com")})
		a := p.patched(where(u), op{"replace", "title", "U"}, op{"replace", "emails", work("c@example.com")}).is("U", "title")
		a.sameSet("emails", a.texts("emails", "value"), []string{"c@example.com"})
		if _, lacking := p.j.lacks[groups]; !lacking {
			ids := p.users(3, nil)
			g := p.group(ids[:2]...)
			a = p.patched(where(g), op{"replace", "members", memberList(ids[1:]...)})
			a.sameSet("members", a.texts("members", "value"), ids[1:])
		}
	}},
	{id: "R-7644-3.5.2.3-03", needs: []feature{patch}, run: func(p *probe) {
		p.patched(where(p.user(nil)), op{"replace", "nickName", "N"}, op{"replace", "emails", work("a@example.com")}).is("N", "nickName").is("a@example.com", "emails", 0, "value")
	}},
	{id: "R-7644-3.5.2.3-04", needs: []feature{patch}, run: func(p *probe) {
		u := p.user(attrs{"name": attrs{"givenName": "A", "familyName": "B"}})
		a := p.patched(where(u), op{"replace", "name", attrs{"givenName": "C"}}).is("C", "name", "givenName")
		if p.j.o.Mode == Interop && a.at("name", "familyName") == nil {
			return // the interoperability profile replaces the whole
		}
		a.is("B", "name", "familyName")
	}},
	{id: "R-7644-3.5.2.3-05", profile: true, needs: []feature{patch}, run: func(p *probe) {
		u := p.user(attrs{"addresses": []attrs{
			{"type": "work", "streetAddress": "1 First St", "locality": "A"}, {"type": "work", "streetAddress": "2 Second St", "locality": "B"},
			{"type": "home", "streetAddress": "3 Third St"},
		}})
		a := p.patched(where(u), op{"replace", `addresses[type eq "work"].streetAddress`, "9 New St"})
		a.sameSet("streets", a.texts("addresses", "streetAddress"), []string{"9 New St", "9 New St", "3 Third St"})
		a.sameSet("localities", a.texts("addresses", "locality"), []string{"A", "B"})
	}},
	{id: "R-7644-3.5.2.3-06", needs: []feature{patch}, run: func(p *probe) {
		u := p.user(attrs{"emails": work("a@example.com")})
		p.refusedAs(where(u), "noTarget", op{"replace", `emails[value co "nobody"].type`, "home"})
		if p.j.o.Mode != Interop { // the profile wants a sub-attribute named
			p.refusedAs(where(u), "noTarget", op{"replace", `emails[value co "nobody"]`, attrs{"value": "x@example.com"}})
		}
	}},
	// A forgiving server may take this for the wish to have such a value, as
	// some identity providers mean it.
	{id: "R-7644-3.5.2.3-06", name: "equality", strict: true, needs: []feature{patch}, run: func(p *probe) {
		u := p.user(attrs{"emails": work("a@example.com")})
		p.refusedAs(where(u), "noTarget", op{"replace", `emails[type eq "other"].value`, "x@example.com"})
	}},
}
