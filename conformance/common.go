package conformance

import (
	"strings"
	"time"
)

// Attributes that all resources share (RFC 7643 section 3.1).
var commonChecks = []check{
	{id: "R-7643-3.1-01", run: func(p *probe) {
		external := p.j.name("external")
		made := map[string]*answer{"User": p.user(attrs{"externalId": external})}
		if _, lacking := p.j.lacks[groups]; !lacking {
			made["Group"] = p.post("Groups", p.groupBody(attrs{"externalId": external})).want(201)
		}
		for _, t := range p.j.types {
			if made[t.name] == nil {
				made[t.name] = p.post(t.endpoint, merge(p.body(t), attrs{"externalId": external})).want(201)
			}
		}
		for name, a := range made {
			a.has("id").is(name, "meta", "resourceType").has("meta", "created").has("meta", "lastModified").has("meta", "location").is(external, "externalId")
		}
	}},
	{id: "R-7643-3.1-02", name: "projections", run: func(p *probe) {
		u := p.user(nil)
		for _, q := range []string{"attributes=userName", "excludedAttributes=id", "attributes=meta.version", "excludedAttributes=id,userName"} {
			p.get(where(u)+"?"+q).want(200).is(u.id(), "id")
		}
	}},
	{id: "R-7643-3.1-04", run: func(p *probe) {
		name := p.j.name("reborn")
		u := p.user(attrs{"userName": name})
		p.put(where(u), p.userBody(attrs{"userName": p.j.name("renamed"), "externalId": p.j.name("external")})).want(200).is(u.id(), "id")
		p.delete(where(u)).want(204)
		again := p.user(attrs{"userName": name})
		if again.id() == u.id() {
			again.fail("the id of a deleted resource was given again")
		}
		p.get(where(u)).fails(404)
	}},
	{id: "R-7643-3.1-05", run: func(p *probe) {
		victim := p.user(nil)
		for _, id := range []string{"1", victim.id()} {
			if a := p.user(attrs{"id": id}); a.id() == id {
				a.fail("the client chose the id")
			}
		}
		same(p.get(where(victim)).want(200), victim)
	}},
	{id: "R-7643-3.1-06", run: func(p *probe) {
		u := p.user(nil)
		swapped := strings.Map(func(r rune) rune {
			if up := strings.ToUpper(string(r)); up != string(r) {
				return []rune(up)[0]
			}
			return []rune(strings.ToLower(string(r)))[0]
		}, u.id())
		if swapped != u.id() {
			p.get("Users/" + swapped).fails(404)
		}
		if _, lacking := p.j.lacks[patch]; !lacking {
			p.refused(where(u), 400, "mutability", op{"replace", "id", "1"})
		}
	}},
	{id: "R-7643-3.1-07", run: func(p *probe) {
		u := p.user(nil).lacks("externalId")
		p.put(where(u), p.userBody(attrs{"userName": u.at("userName"), "title": "T"})).want(200)
		p.get(where(u)).want(200).lacks("externalId")
	}},
	{id: "R-7643-3.1-09", run: func(p *probe) {
		external := p.j.name("External-ABC")
		u := p.user(attrs{"externalId": external})
		if p.takes(`externalId eq "` + external + `"`) {
			p.finds(`externalId eq "`+external+`"`, u.id())
			p.finds(`externalId eq "` + strings.ToLower(external) + `"`)
		} else if p.canFilter() {
			p.last.warn("the server takes no filter on externalId")
		}
		if _, lacking := p.j.lacks[patch]; !lacking {
			p.patched(where(u), op{"replace", "externalId", external + "-2"}).is(external+"-2", "externalId")
		}
	}},
	{id: "R-7643-3.1-10", run: func(p *probe) {
		external := p.j.name("external")
		p.user(attrs{"externalId": external})
		a := p.post("Users", p.userBody(attrs{"externalId": external}))
		if a.ok() {
			p.skip("this server leaves the uniqueness of externalId to the client, which the RFC allows")
		}
		a.fails(409, "uniqueness")
	}},
	{id: "R-7643-3.1-11", run: func(p *probe) {
		forged := attrs{"resourceType": "Group", "created": "2001-01-01T00:00:00Z", "lastModified": "2001-01-01T00:00:00Z", "version": `W/"forged"`, "location": "https://elsewhere.example/Users/1"}
		u := p.user(attrs{"meta": forged})
		for _, a := range []*answer{u, p.put(where(u), p.userBody(attrs{"userName": u.at("userName"), "meta": forged})).want(200)} {
			for name, v := range forged {
				if a.at("meta", name) == v {
					a.fail("meta.%s is what the client sent", name)
				}
			}
		}
	}},
	{id: "R-7643-3.1-12", run: func(p *probe) {
		u := p.user(attrs{"title": "T"})
		u.is(u.at("meta", "created"), "meta", "lastModified")
		again := p.put(where(u), p.userBody(attrs{"userName": u.at("userName"), "title": "T"})).want(200)
		p.reading(func() { again.is(u.at("meta", "lastModified"), "meta", "lastModified") })
		// Two states have one time of creation and differ in that of the change.
		// A clock of whole seconds must have moved on before it can show.
		time.Sleep(1100 * time.Millisecond)
		a := p.put(where(u), p.userBody(attrs{"userName": u.at("userName"), "title": "U"})).want(200)
		a.is(u.at("meta", "created"), "meta", "created")
		if a.at("meta", "lastModified") == u.at("meta", "lastModified") {
			a.fail("a change did not move lastModified")
		}
	}},
	{id: "R-7643-3.1-14", name: "weak", needs: []feature{etag}, run: func(p *probe) {
		// Every representation of a version has one tag here, so only a weak
		// tag is true to RFC 9110 section 8.8.1.
		u := p.user(attrs{"title": "T"})
		a := p.get(where(u) + "?attributes=userName").want(200)
		tag := a.header.Get("ETag")
		if tag == p.get(where(u)).header.Get("ETag") && !strings.HasPrefix(tag, "W/") {
			a.fail("two different bodies have the one tag %q, which claims to be strong", tag)
		}
	}},
}

// The attribute schemas and the URNs in it (RFC 7643 section 3).
var schemasChecks = []check{
	{id: "R-7643-2.1-02", run: func(p *probe) {
		u := p.user(nil)
		paths := []string{where(u), "ServiceProviderConfig", "Schemas/" + userURN, "ResourceTypes/" + p.j.types[0].name}
		for _, path := range paths {
			if a := p.get(path).want(200); len(list(a.at("schemas"))) == 0 {
				a.fail("schemas is missing or empty")
			}
		}
		endpoints := []string{"Schemas", "ResourceTypes"}
		if p.canFilter() {
			endpoints = append(endpoints, "Users?"+query("filter", p.own()))
		}
		for _, endpoint := range endpoints {
			a := p.page(p.get(endpoint))
			for _, r := range list(a.at("Resources")) {
				if len(list(at(r, "schemas"))) == 0 {
					a.fail("schemas of %s is missing or empty", show(at(r, "id")))
				}
			}
		}
	}},
	{id: "R-7643-3-01", strict: true, run: func(p *probe) {
		for _, schemas := range []any{nil, []string{}, []string{enterpriseURN}} {
			b := p.userBody(nil)
			if b["schemas"] = schemas; schemas == nil {
				delete(b, "schemas")
			}
			p.post("Users", b).fails(400, "invalidSyntax")
		}
	}},
	{id: "R-7643-3-01", name: "answers", run: func(p *probe) {
		u := p.user(nil)
		if a := p.get(where(u)).want(200); !contains(a.at("schemas"), userURN) {
			a.fail("schemas lacks %s", userURN)
		}
	}},
	{id: "R-7643-3-02", strict: true, run: func(p *probe) {
		p.post("Users", p.userBody(attrs{"schemas": []string{userURN, "urn:example:undeclared"}})).fails(400, "invalidSyntax")
	}},
	{id: "R-7643-3-03", run: func(p *probe) {
		a := p.post("Users", p.userBody(attrs{"schemas": []string{userURN, userURN}}))
		if a.ok() {
			if p.j.o.Mode != Tolerant {
				a.fail("a duplicate URN is refused of strict clients")
			}
			if strings.Count(string(encode(a.at("schemas"))), userURN) != 1 {
				a.fail("schemas names a URN twice")
			}
			return
		}
		a.fails(400, "invalidSyntax")
	}},
	{id: "R-7643-3-03", name: "order", needs: []feature{enterprise}, run: func(p *probe) {
		for _, schemas := range [][]string{{userURN, enterpriseURN}, {enterpriseURN, userURN}} {
			p.user(attrs{"schemas": schemas, enterpriseURN: attrs{"costCenter": "C"}}).is("C", enterpriseURN, "costCenter")
		}
	}},
	{id: "R-7643-3-04", needs: []feature{enterprise}, run: func(p *probe) {
		p.user(attrs{enterpriseURN: attrs{"employeeNumber": "7"}}).is("7", enterpriseURN, "employeeNumber").lacks("employeeNumber")
		a := p.post("Users", p.userBody(attrs{"employeeNumber": "8"}))
		if a.ok() {
			a.lacks("employeeNumber").lacks(enterpriseURN, "employeeNumber")
			return
		}
		a.fails(400, "invalidSyntax")
	}},
}
