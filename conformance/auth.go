package conformance

import (
	"encoding/base64"
	"strings"
)

// Who may ask (RFC 7644 section 2).
var authChecks = []check{
	{id: "R-7644-2-01", run: func(p *probe) {
		for _, header := range []string{"", "Bearer " + p.j.prefix + "-no-such-token"} {
			for _, path := range []string{"Users", "Users/1", "Groups", "Schemas"} {
				a := p.with("GET", path, nil, "Authorization", header).fails(401)
				challenge := a.header.Get("WWW-Authenticate")
				if challenge == "" {
					a.fail("401 without WWW-Authenticate")
				}
				if header != "" && strings.HasPrefix(strings.ToLower(challenge), "bearer") && !strings.Contains(challenge, "error=") {
					a.warn("WWW-Authenticate %q has no error, though a token was sent (RFC 6750)", challenge)
				}
			}
		}
	}},
	{id: "R-7644-2-02", needs: []feature{otherTenant}, run: func(p *probe) {
		u := p.user(nil)
		other := p.as(p.j.o.OtherTenantToken)
		for _, method := range []string{"GET", "PUT", "PATCH", "DELETE"} {
			var body any
			switch method {
			case "PUT":
				body = p.userBody(nil)
			case "PATCH":
				body = patchBody(op{"replace", "displayName", "taken"})
			}
			a := other.send(method, where(u), body).want(403, 404)
			p.reading(func() { a.want(404) }) // 403 tells that the id exists
		}
		if now := p.get(where(u)).want(200); !alike(now.doc, u.doc) {
			now.fail("another tenant changed the user")
		}
	}},
	{id: "R-7644-2-03", run: func(p *probe) {
		for _, s := range list(p.j.spc.at("authenticationSchemes")) {
			if at(s, "type") == "httpbasic" {
				p.j.spc.fail("Basic authentication is advertised")
			}
		}
		credential := base64.StdEncoding.EncodeToString([]byte(p.j.prefix + ":guess"))
		p.with("GET", "Users", nil, "Authorization", "Basic "+credential).want(401)
	}},
	{id: "R-7644-2-04", run: func(p *probe) {
		body := p.userBody(nil)
		a := p.with("POST", "Users", body, "Authorization", "")
		if a.ok() {
			p.skip("this server lets anyone create users, which the RFC allows")
		}
		a.fails(401)
		p.none(body["userName"].(string))
	}},
	{id: "R-7644-2.1-01", run: func(p *probe) {
		part := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
		claims := part(`{"iss":"https://issuer.example","sub":"admin","aud":"` + p.j.client.base + `","exp":4102444800}`)
		for _, forged := range []string{
			part(`{"alg":"none","typ":"JWT"}`) + "." + claims + ".",
			part(`{"alg":"HS256","typ":"JWT"}`) + "." + claims + "." + part("no signature of anybody's"),
			part(`{"alg":"HS256","kid":"../../dev/null"}`) + "." + claims + "." + part(""),
		} {
			p.with("GET", "Users", nil, "Authorization", "Bearer "+forged).fails(401)
		}
	}},
	{id: "R-7644-7.4-01", run: func(p *probe) {
		different := map[rune]bool{}
		for _, r := range p.token {
			different[r] = true
		}
		// 22 characters of 64 hold the 128 bits that RFC 6819 asks for.
		if len(p.token) < 22 || len(different) < 10 {
			p.fail("the token given has %d characters, %d different ones: too few for 128 random bits", len(p.token), len(different))
		}
	}},
	{id: "R-7644-6-01", needs: []feature{otherTenant}, run: func(p *probe) {
		u := p.user(nil)
		other := p.as(p.j.o.OtherTenantToken)
		name := text(u.at("userName"))
		a := other.list("Users", "filter", `userName eq "`+name+`"`)
		a.sameSet("what another tenant finds", a.texts("Resources", "id"), nil)
		for _, header := range []string{"X-Tenant", "X-Tenant-ID", "X-Forwarded-Host", "X-Forwarded-Prefix"} {
			other.with("GET", where(u), nil, header, "default").want(403, 404)
		}
		// The same name is free in the other tenant.
		other.post("Users", other.userBody(attrs{"userName": name})).want(201)
	}},
	{id: "R-7643-3.1-08", needs: []feature{otherClient}, run: func(p *probe) {
		external := p.j.name("external")
		mine := p.user(attrs{"externalId": external})
		other := p.as(p.j.o.OtherToken)
		theirs := other.user(attrs{"externalId": external})
		for _, x := range []struct {
			p *probe
			u *answer
		}{{p, mine}, {other, theirs}} {
			a := x.p.list("Users", "filter", `externalId eq "`+external+`"`)
			a.sameSet("what a client finds by its externalId", a.texts("Resources", "id"), []string{x.u.id()})
		}
	}},
	{id: "R-7643-9.3-01", needs: []feature{otherClient}, run: func(p *probe) {
		external := p.j.name("external")
		u := p.user(attrs{"externalId": external})
		a := p.as(p.j.o.OtherToken).get(where(u))
		if a.status == 404 || a.status == 403 {
			return // another client does not even see the user
		}
		if a.want(200); strings.Contains(string(a.raw), external) {
			a.fail("the answer holds the externalId of another client")
		}
	}},
	{id: "R-7643-7-10", run: func(p *probe) {
		name := p.j.name("unique")
		p.user(attrs{"userName": name})
		p.post("Users", p.userBody(attrs{"userName": name})).fails(409, "uniqueness")
		if p.j.o.OtherTenantToken != "" {
			p.as(p.j.o.OtherTenantToken).user(attrs{"userName": name})
		}
	}},
}
