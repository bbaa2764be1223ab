package conformance

import (
	"net/url"
	"strings"
)

// How SCIM uses HTTP (RFC 7644 sections 3.1, 3.2, 3.8, 3.11, 3.13).
var httpChecks = []check{
	{id: "R-7644-1.3-01", run: func(p *probe) {
		p.user(attrs{"userName": p.j.name("percent_é_&_+_x")})
		location := text(p.user(nil).at("meta", "location"))
		u, err := url.Parse(location)
		if err != nil || u.RawQuery != "" || u.Scheme == "" {
			p.fail("meta.location %q is no absolute URI without a query", location)
		}
		a := p.get("Users?filter=" + strings.ReplaceAll(url.QueryEscape(p.mine("id pr")), "+", "%20"))
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
		p.finds(`userName eq "` + body["userName"].(string) + `"`)
	}},
	{id: "R-7644-3.2-02", run: func(p *probe) {
		for _, path := range []string{"Users", "Schemas", "ResourceTypes", "ServiceProviderConfig"} {
			for _, method := range []string{"PUT", "PATCH", "DELETE"} {
				a := p.send(method, path, nil)
				if a.want(405, 501, 404); a.status == 405 && a.header.Get("Allow") == "" {
					a.fail("405 without Allow")
				}
				a.fails(a.status)
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
		p.with("POST", "Users", "userName=x", "Content-Type", "application/x-www-form-urlencoded").fails(415)
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
		p.get("NoSuchEndpoint").fails(404)
		p.get("Users/a/b/c").fails(404)
		p.send("PUT", "Users", p.userBody(nil)).want(400, 404, 405, 501)
		p.with("GET", "Users", nil, "Authorization", "Bearer").fails(401)
		p.post("Users", "{").fails(400)
		p.get("Users?"+query("filter", strings.Repeat("(", 5000))).want(400, 414, 431)
	}},
	{id: "R-7644-3.12-03", name: "one of each", run: func(p *probe) {
		u := p.user(nil)
		p.post("Users", "{").fails(400, scimTypes...)
		p.post("Users", p.userBody(attrs{"userName": nil})).fails(400, scimTypes...)
		p.post("Users", p.userBody(attrs{"userName": u.at("userName")})).fails(409, scimTypes...)
		p.get("Users?"+query("filter", "userName")).fails(400, scimTypes...)
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
		for _, body := range []string{
			"{", "[]", `"x"`, "null", "", "{} {}", "{\"schemas\":[\"" + userURN + "\"],\"userName\":\"a\",\"userName\":\"b\"}",
		} {
			p.post("Users", body).fails(400, "invalidSyntax")
		}
		p.post("Users", p.userBody(attrs{"userName": attrs{"a": 5}})).fails(400, "invalidValue")
		p.post("Users", p.userBody(attrs{"userName": nil})).fails(400, "invalidValue")
	}},
	{id: "R-7644-3.12-04", name: "number for a string", strict: true, run: func(p *probe) {
		p.post("Users", p.userBody(attrs{"userName": 5})).fails(400, "invalidValue")
	}},
	{id: "R-7644-3.12-05", needs: []feature{patch}, run: func(p *probe) {
		u := p.user(attrs{"emails": []attrs{{"value": "a@example.com", "type": "work"}}})
		p.refused(where(u), 400, "invalidPath", op{"replace", "emails[type eq", "x"})
		p.refused(where(u), 400, "noTarget", op{"replace", `emails[value co "nobody"].type`, "home"})
	}},
}
