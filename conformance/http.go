package conformance

import (
	"net/url"
	"slices"
	"strings"
)

// How SCIM uses HTTP (RFC 7644 sections 3.1, 3.2, 3.8, 3.11, 3.13).
var httpChecks = []check{
	{id: "R-7644-1.3-01", run: func(p *probe) {
		p.user(attrs{"userName": p.j.name("percent_é_&_+_x")})
		location := text(p.user(nil).at("meta", "location"))
		u, err := url.Parse(location)
		if err != nil || u.RawQuery != "" {
			p.fail("meta.location %q is no URI without a query", location)
		}
		if u.Scheme == "" {
			p.last.warn("meta.location %q is relative, so that its meaning depends on where it is read", location)
		}
		if !p.canFilter() {
			return
		}
		a := p.get("Users?filter=" + strings.ReplaceAll(url.QueryEscape(p.own()), "+", "%20"))
		if p.page(a); len(list(a.at("Resources"))) != 2 {
			a.fail("a percent-encoded filter finds %d users, want 2", len(list(a.at("Resources"))))
		}
	}},
	{id: "R-7644-3.1-03", run: func(p *probe) {
		a := p.user(attrs{"title": "Clerk", "emails": []attrs{{"value": "a@example.com", "type": "work"}}})
		same(p.get(where(a)).want(200), a)
		a = p.put(where(a), p.userBody(attrs{"userName": a.at("userName"), "title": "Head"})).want(200)
		same(p.get(where(a)).want(200), a)
	}},
	{id: "R-7644-3.2-01", run: func(p *probe) {
		body := p.userBody(nil)
		p.put("Users/"+p.j.name("unknown"), body).fails(404)
		p.none(body["userName"].(string))
	}},
	{id: "R-7644-3.2-02", run: func(p *probe) {
		for _, path := range []string{"Users", "Schemas", "ResourceTypes"} { // for the configuration see R-7643-5-01
			for _, method := range []string{"PUT", "PATCH", "DELETE"} {
				a := p.send(method, path, nil)
				if a.want(405, 501, 404, 400, 403); a.status == 405 && a.header.Get("Allow") == "" {
					a.warn("405 without Allow") // a MUST of RFC 9110, not of SCIM
				}
			}
		}
	}},
	{id: "R-7644-3.8-01", run: func(p *probe) {
		for _, media := range []string{"application/scim+json", "application/scim+json; charset=utf-8", `application/scim+json;charset="UTF-8"`} {
			p.with("POST", "Users", p.userBody(nil), "Content-Type", media).want(201)
		}
		for _, accept := range []string{"", "*/*", "application/scim+json", "application/*"} {
			a := p.with("GET", "Users?count=1", nil, "Accept", accept).want(200)
			if !strings.HasPrefix(strings.ToLower(a.header.Get("Content-Type")), "application/scim+json") {
				a.fail("Content-Type is %q for Accept %q", a.header.Get("Content-Type"), accept)
			}
		}
	}},
	{id: "R-7644-3.8-02", run: func(p *probe) {
		p.with("POST", "Users", p.userBody(nil), "Content-Type", "application/json").want(201)
		p.with("GET", "Users?count=1", nil, "Accept", "application/json").want(200)
		p.with("POST", "Users", "userName="+p.j.name("form"), "Content-Type", "application/x-www-form-urlencoded").want(400, 415)
	}},
	{id: "R-7644-3.11-01", run: func(p *probe) {
		a := p.get("Me")
		switch a.status {
		case 200:
			a.has("meta", "location")
		case 307, 308:
			if a.header.Get("Location") == "" {
				a.fail("a redirect without Location")
			}
		default:
			a.fails(501)
		}
	}},
	{id: "R-7644-3.13-01", run: func(p *probe) {
		root := strings.TrimSuffix(p.j.client.base, "/v2")
		if root == p.j.client.base {
			p.skip("the base URL has no version segment v2")
		}
		plain := *p.j.client
		for version, statuses := range map[string][]int{"/v2": {200}, "/v3": {400, 404}, "/v1": {200, 400, 404}} {
			plain.base = root + version
			a, err := plain.once(p.j.ctx, call{method: "GET", path: "Users?count=1", token: p.token})
			if err != nil {
				p.fail("GET %s/Users: %v", version, err)
			}
			p.j.report.Requests++
			p.last = a
			if a.want(statuses...); a.status == 400 {
				a.fails(400, "invalidVers")
			}
		}
	}},
	{id: "R-7644-3.1-02", run: func(p *probe) {
		for _, urn := range []string{"PatchOp", "ListResponse", "SearchRequest", "BulkRequest", "BulkResponse", "Error"} {
			p.get("Schemas/" + messages + urn).fails(404)
		}
	}},
}

// Errors (RFC 7644 section 3.12). That every error of the run is a SCIM error
// with a word of the closed set is watched.
var errorChecks = []check{
	{id: "R-7644-3.12-01", name: "everywhere", run: func(p *probe) {
		for _, a := range []*answer{
			p.get("NoSuchEndpoint"), p.get("Users/a/b/c"), p.send("PUT", "Users", p.userBody(nil)), p.with("GET", "Users", nil, "Authorization", "Bearer"), p.post("Users", "{"),
		} {
			if a.status >= 400 {
				_, wrong := errorBody(a)
				if wrong != "" {
					a.fail("%s", wrong)
				}
			}
		}
		// This one may be refused before anybody knows that it is SCIM.
		p.get("Users?"+query("filter", strings.Repeat("(", 5000))).want(400, 414, 431)
	}},
	{id: "R-7644-3.12-03", name: "one of each", run: func(p *probe) {
		u := p.user(nil)
		for _, a := range []*answer{
			p.post("Users", "{").want(400), p.post("Users", p.userBody(attrs{"userName": nil})).want(400),
			p.post("Users", p.userBody(attrs{"userName": u.at("userName")})).want(409), p.get("Users?" + query("filter", "userName")),
		} {
			switch word := a.scimType(); {
			case a.ok():
			case word == "":
				a.warn("an error without scimType, which is optional and would help")
			case !slices.Contains(scimTypes, word):
				a.fail("scimType %q is none of the defined words", word)
			}
		}
	}},
	{id: "R-7644-3.12-02", run: func(p *probe) {
		u := p.user(nil)
		p.post("Users", "{").want(400)
		p.with("GET", "Users", nil, "Authorization", "").want(401)
		p.get("Users/" + p.j.name("unknown")).want(404)
		p.post("Users", p.userBody(attrs{"userName": u.at("userName")})).want(409)
		if _, lacking := p.j.lacks[etag]; !lacking {
			p.with("DELETE", where(u), nil, "If-Match", `W/"no such version"`).want(412)
		}
	}},
	{id: "R-7644-3.12-04", run: func(p *probe) {
		for _, body := range []string{"{", `{"schemas":`} {
			if a := p.post("Users", body).want(400); a.scimType() != "" && a.scimType() != "invalidSyntax" {
				a.fail("scimType is %q, want invalidSyntax", a.scimType())
			}
		}
		for _, body := range []string{"[]", `"x"`, "null", "", "{} {}"} {
			p.post("Users", body).fails(400, "invalidSyntax")
		}
		p.reading(func() { // JSON leaves it to the reader what a name means that is there twice
			twice := string(encode(p.j.name("twice")))
			p.post("Users", `{"schemas":["`+userURN+`"],"userName":`+twice+`,"userName":`+twice+p.rest("schemas")+`}`).fails(400, "invalidSyntax")
		})
		p.post("Users", p.userBody(attrs{"userName": attrs{"a": 5}})).fails(400, "invalidValue")
		p.post("Users", p.userBody(attrs{"userName": nil})).fails(400, "invalidValue")
	}},
	{id: "R-7644-3.12-04", name: "number for a string", strict: true, run: func(p *probe) {
		p.post("Users", p.userBody(attrs{"userName": 5})).fails(400, "invalidValue")
	}},
	{id: "R-7644-3.12-05", needs: []feature{patch}, run: func(p *probe) {
		u := p.user(attrs{"emails": []attrs{{"value": "a@example.com", "type": "work"}}})
		p.refusedAs(where(u), "invalidPath", op{"replace", "emails[type eq", "x"})
		p.refusedAs(where(u), "noTarget", op{"replace", `emails[value co "nobody"].type`, "home"})
	}},
}
