package conformance

import "strings"

// What the characteristics of attributes mean (RFC 7643 section 7). Where users
// have no attribute with a characteristic, there is nothing to see.
var characteristicChecks = []check{
	{id: "R-7643-7-03", run: func(p *probe) {
		folded := p.find("type", "string", "multiValued", false, "caseExact", false, "mutability", "readWrite", "name", "nickName")
		u := p.user(attrs{folded.name: "MiXed", "externalId": p.j.name("MiXed")})
		external := text(u.is("MiXed", folded.name).at("externalId"))
		for _, operand := range []string{`eq "mixed"`, `co "IXE"`, `sw "mi"`, `ew "XED"`, `ge "MIXED"`} {
			p.finds(folded.name+" "+operand, u.id())
		}
		if !p.takes("externalId pr") {
			p.skip("this server takes no filter on externalId, which is case-exact")
		}
		for _, operand := range []string{`eq "` + strings.ToUpper(external) + `"`, `co "MIXED"`, `ew "mixed"`} {
			p.finds("externalId " + operand)
		}
		p.finds(`externalId ew "MiXed"`, u.id())
	}},
	{id: "R-7643-7-04", run: func(p *probe) {
		u := p.user(attrs{"meta": attrs{"created": "2001-01-01T00:00:00Z"}})
		a := p.put(where(u), p.userBody(attrs{"userName": u.at("userName"), "id": u.id(), "meta": attrs{"created": "2001-01-01T00:00:00Z"}})).want(200)
		a.is(u.id(), "id").is(u.at("meta", "created"), "meta", "created")
		if _, lacking := p.j.lacks[patch]; !lacking {
			p.refused(where(u), 400, "mutability", op{"replace", "meta.created", "2001-01-01T00:00:00Z"})
		}
	}},
	{id: "R-7643-7-05", run: func(p *probe) {
		d := p.find("mutability", "immutable", "multiValued", false, "type", "string")
		b := p.having(d, p.j.name("first"))
		r := p.make(d, b)
		p.put(where(r), d.set(b, p.j.name("second"))).fails(400, "mutability")
		if _, lacking := p.j.lacks[patch]; !lacking {
			p.refused(where(r), 400, "mutability", op{"replace", d.path(), p.j.name("second")})
		}
		p.get(where(r)).want(200).is(r.has(d.of()...).at(d.of()...), d.of()...)
	}},
	{id: "R-7644-3.5.1-03", run: func(p *probe) {
		d := p.find("mutability", "immutable", "multiValued", false, "type", "string", "required", false)
		first := p.j.name("first")
		b := p.having(d, first)
		r := p.make(d, d.set(b, nil))
		p.put(where(r), b).want(200).is(first, d.of()...)
		p.put(where(r), b).want(200)
		p.put(where(r), d.set(b, p.j.name("second"))).fails(400, "mutability")
	}},
	{id: "R-7643-7-06", run: func(p *probe) {
		judged := false
		for _, d := range p.j.attributes() {
			if characteristic(d.definition, "mutability") != "writeOnly" {
				continue
			}
			judged = true
			if characteristic(d.definition, "returned") != "never" {
				p.fail("%s is writeOnly and yet returned %s", d.path(), show(at(d.definition, "returned")))
			}
			if d.name == "password" && p.j.o.Mode == Interop {
				continue // clients of the profile send none
			}
			v := p.value(d.definition)
			if characteristic(d.definition, "type") == "string" {
				v = p.secret()
			}
			r := p.make(d, p.having(d, v)).lacks(d.of()...)
			p.get(where(r) + "?" + query("attributes", d.path())).want(200).lacks(d.of()...)
		}
		if !judged {
			p.skip("no attribute of any resource type is writeOnly")
		}
	}},
	{id: "R-7643-7-07", run: func(p *probe) {
		u := p.user(nil)
		p.get(where(u)+"?excludedAttributes=id").want(200).is(u.id(), "id")
		p.get(where(u)+"?attributes=password").want(200).lacks("password").is(u.id(), "id")
		a := p.list("Users", "filter", p.own(), "attributes", "title", "excludedAttributes", "")
		a.is(u.id(), "Resources", 0, "id")
	}},
	{id: "R-7643-7-08", run: func(p *probe) {
		u := p.user(attrs{"displayName": "Cora", "title": "T"}).has("displayName")
		p.get(where(u)).want(200).has("displayName")
		p.projects(u)
		p.get(where(u) + "?attributes=userName").want(200).has("userName").lacks("displayName").lacks("title")
	}},
	{id: "R-7643-7-09", run: func(p *probe) {
		d := p.find("returned", "request", "multiValued", false, "mutability", "readWrite")
		v := p.value(d.definition)
		b := p.having(d, v)
		r := p.make(d, b).is(v, d.of()...)
		p.get(where(r)).want(200).lacks(d.of()...)
		p.get(where(r)+"?"+query("attributes", d.path())).want(200).is(v, d.of()...)
		p.put(where(r), b).want(200).is(v, d.of()...)
	}},
	{id: "R-7643-7-11", name: "further types", run: func(p *probe) {
		for _, d := range p.j.attributes() {
			if d.urn != d.kind.schema || characteristic(d.definition, "required") != true || characteristic(d.definition, "mutability") == "readOnly" {
				continue
			}
			b := p.body(d.kind)
			delete(b, d.name)
			a := p.post(d.kind.endpoint, b)
			if d.kind.schema == groupURN && a.ok() {
				a.warn("a required attribute is missing") // see R-7643-4.2-01
				continue
			}
			if a.fails(400, "invalidValue"); !strings.Contains(strings.ToLower(text(a.at("detail"))), strings.ToLower(d.name)) {
				a.warn("the detail does not name %s", d.name)
			}
		}
	}},
	{id: "R-7643-7-11", run: func(p *probe) {
		a := p.post("Users", p.userBody(attrs{"userName": nil})).fails(400, "invalidValue")
		if !strings.Contains(strings.ToLower(text(a.at("detail"))), "username") {
			a.warn("the detail does not name the attribute that is missing")
		}
		u := p.user(nil)
		p.put(where(u), p.userBody(attrs{"userName": nil, "title": "T"})).fails(400, "invalidValue")
		same(p.get(where(u)).want(200), u)
	}},
}
