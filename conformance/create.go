package conformance

import "sync"

// POST (RFC 7644 section 3.3).
var createChecks = []check{
	{id: "R-7644-3.3-01", run: func(p *probe) {
		u := p.user(attrs{"id": "1", "meta": attrs{"resourceType": "Group"}, "groups": []attrs{{"value": "1"}}})
		u.is("User", "meta", "resourceType").lacks("groups")
		if u.id() == "1" {
			u.fail("the id is the client's")
		}
	}},
	{id: "R-7644-3.3-02", run: func(p *probe) {
		u := p.user(attrs{"active": nil})
		if v := u.at("active"); v != nil && v != true {
			u.fail("a user created without active is not active")
		}
		p.post("Users", `{"userName":"`+p.j.name("null")+`","roles":[],"nickName":null`+p.rest()+`}`).want(201).lacks("roles").lacks("nickName")
	}},
	{id: "R-7644-3.3-03", run: func(p *probe) {
		a := p.user(nil)
		location := a.header.Get("Location")
		if location == "" {
			a.fail("201 without Location")
		}
		a.is(location, "meta", "location")
		p.follow(location).want(200).is(a.id(), "id")
	}},
	{id: "R-7644-3.3-04", run: func(p *probe) {
		a := p.user(attrs{"title": "T", "name": attrs{"familyName": "Form"}})
		if a.reread {
			a.fail("the answer has no body")
		}
		same(p.get(where(a)).want(200), a)
	}},
	{id: "R-7644-3.3-05", run: func(p *probe) {
		u := p.user(nil)
		p.post("Users", p.userBody(attrs{"userName": u.at("userName")})).failsAs(409, "uniqueness")
		p.race()
	}},
	{id: "R-7644-3.3-06", run: func(p *probe) {
		name, refused := p.j.name("refused"), 0
		for _, more := range []attrs{{"profileUrl": "not a url"}, {"emails": []attrs{{"value": "a@example.com", "primary": true}, {"value": "b@example.com", "primary": true}}}} {
			more["userName"] = name
			if a := p.post("Users", p.userBody(more)); a.status >= 400 {
				refused++
				p.none(name)
			} else {
				p.delete(where(a)) // whether it should have been refused is judged elsewhere
			}
		}
		if _, lacking := p.j.lacks[filter]; lacking || refused == 0 {
			p.skip("nothing that this server refuses could be looked for afterwards")
		}
	}},
	{id: "R-7644-3.3.1-01", needs: []feature{groups}, run: func(p *probe) {
		p.post("Groups", p.groupBody(attrs{"meta": attrs{"resourceType": "User"}})).want(201).is("Group", "meta", "resourceType")
	}},
}

// rest is what each user needs besides a userName and what is named, behind
// others in a body.
func (p *probe) rest(but ...string) (s string) {
	b := p.userBody(nil)
	for _, name := range append(but, "userName") {
		delete(b, name)
	}
	for k, v := range b {
		s += "," + string(encode(k)) + ":" + string(encode(v))
	}
	return s
}

// race creates one user many times at once; one may win.
func (p *probe) race() {
	const rivals = 20
	body := p.userBody(nil)
	answers := make([]*answer, rivals)
	errs := make([]error, rivals)
	var all sync.WaitGroup
	for i := range rivals {
		all.Go(func() {
			answers[i], errs[i] = p.j.client.send(p.j.ctx, call{method: "POST", path: "Users", body: body, token: p.token})
		})
	}
	all.Wait()
	won := 0
	for i, a := range answers {
		if errs[i] != nil {
			panic(ending{Error, errs[i].Error(), nil})
		}
		a.p, p.last = p, a
		p.j.report.Requests++
		p.j.book(a)
		p.j.look(a)
		if a.want(201, 409); a.status == 201 {
			won++
		}
	}
	if won != 1 {
		p.fail("%d of %d requests for the same userName at the same time were answered 201", won, rivals)
	}
}
