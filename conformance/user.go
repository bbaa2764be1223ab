package conformance

import (
	"encoding/base64"
	"strings"
)

// Users (RFC 7643 section 4.1.1).
var userChecks = []check{
	{id: "R-7643-4.1.1-01", run: func(p *probe) {
		for _, b := range []attrs{{"userName": nil}, {"userName": ""}} {
			p.post("Users", p.userBody(b)).fails(400, "invalidValue")
		}
		p.reading(func() { p.post("Users", p.userBody(attrs{"userName": "  \t "})).fails(400, "invalidValue") })
	}},
	{id: "R-7643-4.1.1-02", run: func(p *probe) {
		first, second := p.user(nil), p.user(nil)
		name := first.at("userName")
		p.post("Users", p.userBody(attrs{"userName": name})).failsAs(409, "uniqueness")
		p.put(where(second), p.userBody(attrs{"userName": name})).fails(409, "uniqueness")
		if _, lacking := p.j.lacks[patch]; !lacking {
			p.refused(where(second), 409, "uniqueness", op{"replace", "userName", name})
		}
	}},
	{id: "R-7643-4.1.1-03", run: func(p *probe) {
		name := p.j.name("Bjensen")
		u := p.user(attrs{"userName": name})
		for _, other := range []string{strings.ToUpper(name), strings.ToLower(name)} {
			p.post("Users", p.userBody(attrs{"userName": other})).fails(409, "uniqueness")
			a := p.list("Users", "filter", `userName eq "`+other+`"`)
			a.sameSet("users", a.texts("Resources", "id"), []string{u.id()})
		}
	}},
	{id: "R-7643-4.1.1-04", needs: []feature{patch}, run: func(p *probe) {
		u := p.user(attrs{"name": attrs{"givenName": "Ada", "familyName": "King"}})
		a := p.patched(where(u), op{"replace", "name.familyName", "Byron"}).is("Byron", "name", "familyName")
		if s := text(a.at("name", "formatted")); s != "" && !strings.Contains(s, "Byron") {
			a.fail("name.formatted %q still describes another name, though no client set it", s)
		}
		u = p.user(attrs{"name": attrs{"formatted": "Countess of Lovelace", "givenName": "Ada", "familyName": "King"}})
		p.patched(where(u), op{"replace", "name.familyName", "Byron"}).is("Countess of Lovelace", "name", "formatted")
	}},
	{id: "R-7643-4.1.1-05", run: func(p *probe) {
		// That a server looks at what is a language tag is not said.
		p.reading(func() {
			p.post("Users", p.userBody(attrs{"locale": "en US"})).fails(400, "invalidValue")
			p.post("Users", p.userBody(attrs{"preferredLanguage": "en US"})).fails(400, "invalidValue")
		})
		for _, s := range []string{"en-US", "en_US"} {
			p.user(attrs{"locale": s}).is(s, "locale")
		}
		p.user(attrs{"preferredLanguage": "en-US, de;q=0.5"}).has("preferredLanguage")
	}},
	{id: "R-7643-4.1.1-06", strict: true, reading: true, run: func(p *probe) {
		p.post("Users", p.userBody(attrs{"timezone": "Mars/Phobos"})).fails(400, "invalidValue")
	}},
	{id: "R-7643-4.1.1-06", name: "zone names", run: func(p *probe) {
		p.user(attrs{"timezone": "Europe/Berlin"}).is("Europe/Berlin", "timezone")
	}},
	{id: "R-7643-4.1.1-07", run: func(p *probe) {
		u := p.user(attrs{"active": true})
		p.put(where(u), p.userBody(attrs{"userName": u.at("userName"), "active": false})).want(200).is(false, "active")
		p.get(where(u)).want(200).is(false, "active")
		p.finds("active eq false", u.id())
	}},
	{id: "R-7643-4.1.1-08", name: "writes and reads", run: func(p *probe) {
		u := p.user(attrs{"password": p.secretIfTaken()})
		p.get(where(u)).want(200).lacks("password")
		p.get(where(u) + "?attributes=password,userName").want(200).lacks("password")
		if p.canFilter() {
			p.list("Users", "filter", p.own(), "attributes", "password")
		}
		p.put(where(u), p.userBody(attrs{"userName": u.at("userName"), "password": p.secretIfTaken()})).want(200).lacks("password")
	}},
	{id: "R-7643-4.1.1-10", run: func(p *probe) {
		secret := p.secretIfTaken()
		p.user(attrs{"password": secret})
		right := p.get("Users?" + query("filter", `password eq "`+text(secret)+`"`))
		if right.ok() {
			p.skip("this server answers filters on password, which the RFC allows")
		}
		right.fails(400, "invalidFilter")
		wrong := p.get("Users?"+query("filter", `password eq "`+p.j.name("guess")+`"`)).fails(400, "invalidFilter")
		if at(right.doc, "detail") != at(wrong.doc, "detail") && !strings.Contains(text(wrong.at("detail")), "guess") {
			wrong.fail("a right and a wrong value are answered differently")
		}
	}},
	{id: "R-7643-4.3-01", needs: []feature{enterprise}, run: func(p *probe) {
		boss := p.user(nil)
		e := attrs{"employeeNumber": "701984", "costCenter": "4130", "organization": "Universal Studios", "division": "Theme Park", "department": "Tour", "manager": attrs{"value": boss.id()}}
		a := p.get(where(p.user(attrs{enterpriseURN: e}))).want(200)
		for name, v := range e {
			if name != "manager" {
				a.is(v, enterpriseURN, name)
			}
		}
		if a.is(boss.id(), enterpriseURN, "manager", "value"); !contains(a.at("schemas"), enterpriseURN) {
			a.fail("schemas lacks the extension")
		}
	}},
	{id: "R-7643-4.3-02", needs: []feature{enterprise}, run: func(p *probe) {
		boss := p.user(attrs{"displayName": "The Boss"})
		u := p.user(attrs{enterpriseURN: attrs{"manager": attrs{"value": boss.id(), "$ref": boss.at("meta", "location"), "displayName": "Somebody Else"}}})
		a := p.get(where(u)).want(200)
		if a.at(enterpriseURN, "manager", "displayName") == "Somebody Else" {
			a.fail("manager.displayName is what the client sent, though it is readOnly")
		}
		if ref := text(a.is(boss.id(), enterpriseURN, "manager", "value").at(enterpriseURN, "manager", "$ref")); ref != "" {
			p.follow(ref).want(200).is(boss.id(), "id")
		}
	}},
}

// secretIfTaken is a password to send, or nothing to clients of the
// interoperability profile, which may not send any.
func (p *probe) secretIfTaken() any {
	if p.j.o.Mode == Interop {
		p.skip("clients of the interoperability profile send no passwords")
	}
	return p.secret()
}

// What values of users must look like (RFC 7643 section 4.1.2).
var userValueChecks = []check{
	{id: "R-7643-4.1.2-01", run: func(p *probe) {
		u := p.user(attrs{
			"emails": []attrs{{"value": "a@EXAMPLE.COM"}}, "phoneNumbers": []attrs{{"value": "ask at the front desk"}}, "ims": []attrs{{"value": " Foo@Bar "}},
		})
		p.finds(`emails.value eq "a@example.com"`, u.id())
		p.get(where(u)).want(200).is("ask at the front desk", "phoneNumbers", 0, "value").is("foo@bar", "ims", 0, "value")
	}},
	{id: "R-7643-4.1.2-02", run: func(p *probe) {
		p.user(attrs{"photos": []attrs{{"value": "https://example.com/cora.png"}}}).is("https://example.com/cora.png", "photos", 0, "value")
		p.reading(func() {
			p.post("Users", p.userBody(attrs{"photos": []attrs{{"value": "javascript:alert(1)"}}})).fails(400, "invalidValue")
		})
	}},
	{id: "R-7643-4.1.2-03", strict: true, run: func(p *probe) {
		p.post("Users", p.userBody(attrs{"addresses": []attrs{{"country": "USA"}}})).fails(400, "invalidValue")
	}},
	{id: "R-7643-4.1.2-03", name: "two letters", run: func(p *probe) {
		p.user(attrs{"addresses": []attrs{{"country": "US"}}}).is("US", "addresses", 0, "country")
	}},
	{id: "R-7643-4.1.2-04", needs: []feature{groups}, run: func(p *probe) {
		u := p.user(nil)
		inner := p.group(u.id())
		a := p.get(where(u)).want(200)
		if a.at("groups") == nil {
			p.skip("this server shows no groups of users, which the RFC allows")
		}
		a.is(inner.id(), "groups", 0, "value")
		if kind := a.at("groups", 0, "type"); kind != nil && kind != "direct" {
			a.fail("groups[0].type is %s, want direct", show(kind))
		}
		if ref := text(a.at("groups", 0, "$ref")); ref != "" {
			p.follow(ref).want(200).is(inner.id(), "id")
		}
		outer := p.post("Groups", p.groupBody(attrs{"members": []attrs{{"value": inner.id(), "type": "Group"}}}))
		if !outer.ok() {
			return // groups need not nest
		}
		a = p.get(where(u)).want(200)
		for _, g := range list(a.at("groups")) {
			if at(g, "value") == outer.id() && at(g, "type") != "indirect" {
				a.fail("the membership through another group is %s, not indirect", show(at(g, "type")))
			}
		}
	}},
	{id: "R-7643-4.1.2-05", needs: []feature{groups}, run: func(p *probe) {
		g := p.group()
		forged := []attrs{{"value": g.id(), "display": "Admins"}}
		u := p.user(attrs{"groups": forged}).lacks("groups")
		p.put(where(u), p.userBody(attrs{"userName": u.at("userName"), "groups": forged})).want(200).lacks("groups")
		if _, lacking := p.j.lacks[patch]; !lacking {
			p.refused(where(u), 400, "mutability", op{"add", "groups", forged})
		}
		p.get(where(g)).want(200).lacks("members")
	}},
	{id: "R-7643-4.1.2-06", run: func(p *probe) {
		der := p.certificate()
		p.user(attrs{"x509Certificates": []attrs{{"value": base64.StdEncoding.EncodeToString(der)}}})
		two := base64.StdEncoding.EncodeToString(append(der, p.certificate()...))
		pem := "-----BEGIN CERTIFICATE-----\n" + base64.StdEncoding.EncodeToString(der) + "\n-----END CERTIFICATE-----\n"
		for _, value := range []string{two, pem} {
			p.post("Users", p.userBody(attrs{"x509Certificates": []attrs{{"value": value}}})).fails(400, "invalidValue")
		}
	}},
	{id: "R-7643-4.1.2-07", run: func(p *probe) {
		role := p.j.name("role")
		u := p.user(attrs{"roles": []attrs{{"value": role, "type": "made-up"}, {"value": role + "2"}}, "entitlements": []attrs{{"value": "anything at all"}}})
		a := p.get(where(u)).want(200).is("anything at all", "entitlements", 0, "value")
		a.sameSet("roles", a.texts("roles", "value"), []string{role, role + "2"})
	}},
}
