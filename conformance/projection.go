package conformance

import "strings"

// projects skips a check that can say nothing where attributes is ignored, which
// R-7644-3.9-01 says once.
func (p *probe) projects(u *answer) {
	if a := p.get(where(u) + "?attributes=userName"); a.ok() && a.at("meta", "created") != nil && a.at("userName") != nil && alike(a.doc, p.get(where(u)).doc) {
		p.skip("the server ignores attributes: see R-7644-3.9-01")
	}
}

// attributes, excludedAttributes and the notation of names (RFC 7644 sections
// 3.9, 3.10).
var projectionChecks = []check{
	{id: "R-7644-3.9-01", run: func(p *probe) {
		body := p.userBody(attrs{"title": "T", "nickName": "N", "name": attrs{"givenName": "A", "familyName": "B"}})
		narrow := func(a *answer) {
			a.has("id").has("schemas").is("T", "title").lacks("nickName").lacks("name")
		}
		u := p.post("Users?attributes=title", body).want(201)
		narrow(u)
		narrow(p.put(where(u)+"?attributes=title", body).want(200))
		narrow(p.get(where(u) + "?attributes=title").want(200))
		if _, lacking := p.j.lacks[patch]; !lacking {
			narrow(p.send("PATCH", where(u)+"?attributes=title", patchBody(op{"replace", "nickName", "M"})).want(200))
		}
		var lists []*answer
		if p.canFilter() {
			lists = []*answer{
				p.get("Users?" + query("filter", p.own(), "attributes", "title")),
				p.post("Users/.search", attrs{"schemas": []string{messages + "SearchRequest"}, "filter": p.own(), "attributes": []string{"title"}}),
			}
		}
		for _, a := range lists {
			if a.method == "POST" && !a.ok() {
				continue // see R-7644-3.4.3-01
			}
			p.page(a).is("T", "Resources", 0, "title").lacks("Resources", 0, "nickName").has("Resources", 0, "id")
		}
		p.get(where(u) + "?excludedAttributes=title,name").want(200).lacks("title").lacks("name").has("nickName").has("userName")
		p.get(where(u)+"?attributes=name.givenName,"+userURN+":nickName").want(200).is("A", "name", "givenName").lacks("name", "familyName").has("nickName")
		p.get(where(u)+"?excludedAttributes=name.givenName").want(200).lacks("name", "givenName").has("name", "familyName")
	}},
	{id: "R-7644-3.9-01", name: "members", needs: []feature{groups}, run: func(p *probe) {
		g := p.group(p.user(nil).id())
		p.get(where(g) + "?excludedAttributes=members").want(200).lacks("members").has("displayName")
		p.get(where(g)+"?attributes=members").want(200).has("members", 0, "value").lacks("displayName")
		a := p.list("Groups", "filter", `displayName eq "`+text(g.at("displayName"))+`"`, "excludedAttributes", "members")
		a.is(g.id(), "Resources", 0, "id").lacks("Resources", 0, "members")
	}},
	{id: "R-7644-3.9-02", reading: true, run: func(p *probe) {
		u := p.user(nil)
		p.get(where(u)+"?attributes=userName&excludedAttributes=title").fails(400, "invalidValue")
	}},
	{id: "R-7644-3.10-01", run: func(p *probe) {
		u := p.user(attrs{"name": attrs{"givenName": "Notation", "familyName": "B"}})
		shouted := strings.ToUpper(userURN) + ":NAME.GIVENNAME"
		if p.takes(userURN + ":name.givenName pr") { // else see R-7644-3.4.2.2-15
			p.finds(shouted+` eq "Notation"`, u.id())
		}
		if _, lacking := p.j.lacks[patch]; !lacking {
			p.patched(where(u), op{"replace", shouted, "Changed"}).is("Changed", "name", "givenName").is("B", "name", "familyName")
		}
		p.projects(u)
		p.get(where(u)+"?attributes="+shouted).want(200).is(p.get(where(u)).at("name", "givenName"), "name", "givenName").lacks("name", "familyName")
	}},
}
