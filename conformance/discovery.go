package conformance

import (
	"slices"
	"strings"
)

// The service provider's configuration and resource types (RFC 7643 sections 5,
// 6; RFC 7644 section 4).
var discoveryChecks = []check{
	{id: "R-7643-5-01", run: func(p *probe) {
		for _, path := range []string{"ServiceProviderConfig", "ResourceTypes/" + p.j.types[0].name, "Schemas/" + userURN} {
			for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
				var body any
				if method != "DELETE" {
					body = attrs{"schemas": []string{configURN}}
				}
				p.send(method, path, body).want(400, 403, 404, 405, 501)
			}
		}
		same(p.get("ServiceProviderConfig").want(200), p.j.spc)
	}},
	{id: "R-7643-5-02", run: func(p *probe) {
		a := p.get("ServiceProviderConfig").want(200)
		for _, name := range []string{"patch", "bulk", "filter", "changePassword", "sort", "etag"} {
			if _, ok := a.at(name, "supported").(bool); !ok {
				a.fail("%s.supported is %s, not a boolean", name, show(a.at(name, "supported")))
			}
		}
		for _, way := range [][]any{{"bulk", "maxOperations"}, {"bulk", "maxPayloadSize"}, {"filter", "maxResults"}} {
			if n, ok := integer(a.at(way...)); !ok || n < 0 {
				a.fail("%s is %s, not an integer", place(way), show(a.at(way...)))
			}
		}
	}},
	{id: "R-7643-5-03", run: func(p *probe) {
		a := p.get("ServiceProviderConfig").want(200)
		schemes := list(a.at("authenticationSchemes"))
		if len(schemes) == 0 {
			a.fail("authenticationSchemes is missing")
		}
		for i, s := range schemes {
			for _, name := range []string{"type", "name", "description"} {
				a.has("authenticationSchemes", i, name)
			}
			if !slices.Contains([]any{"oauth", "oauth2", "oauthbearertoken", "httpbasic", "httpdigest"}, at(s, "type")) {
				a.fail("authenticationSchemes[%d].type is %s", i, show(at(s, "type")))
			}
		}
	}},
	{id: "R-7643-5-04", run: func(p *probe) {
		p.with("GET", "ServiceProviderConfig", nil, "Authorization", "").want(200).has("authenticationSchemes", 0, "type")
	}},
	{id: "R-7643-5-05", run: func(p *probe) {
		u := p.user(attrs{"title": "T"})
		for _, try := range []struct {
			feature feature
			request func() *answer
			off     []int
		}{
			{patch, func() *answer { return p.patch(where(u), op{"replace", "title", "U"}) }, []int{405, 501}},
			{bulk, func() *answer { return p.post("Bulk", bulkBody(p.create("a", nil))) }, []int{404, 405, 501}},
			{filter, func() *answer { return p.get("Users?" + query("filter", `userName eq "`+text(u.at("userName"))+`"`)) }, []int{200, 400, 403, 501}},
			{sorting, func() *answer { return p.get("Users?count=1&sortBy=userName") }, []int{200, 400, 501}},
			{cursor, func() *answer { return p.get("Users?count=1&cursor=") }, []int{200, 400, 501}},
			{etag, func() *answer { return p.get(where(u)) }, []int{200}},
		} {
			a := try.request()
			_, lacking := p.j.lacks[try.feature]
			switch {
			case lacking:
				a.want(try.off...)
			case !a.ok():
				a.fail("%s is advertised and does not work", try.feature)
			case try.feature == etag && a.header.Get("ETag") == "":
				a.fail("etag is advertised, and there is none")
			}
		}
		if _, lacking := p.j.lacks[password]; lacking {
			return
		}
		p.put(where(u), p.userBody(attrs{"userName": u.at("userName"), "password": p.secretIfTaken()})).want(200)
	}},
	{id: "R-7643-6-01", run: func(p *probe) {
		a := p.page(p.get("ResourceTypes"))
		for i, t := range list(a.at("Resources")) {
			for _, name := range []string{"name", "endpoint", "schema"} {
				a.has("Resources", i, name)
			}
			urns := []string{text(at(t, "schema"))}
			for j, e := range list(at(t, "schemaExtensions")) {
				if _, ok := at(e, "required").(bool); !ok {
					a.fail("schemaExtensions[%d].required of %s is no boolean", j, show(at(t, "name")))
				}
				urns = append(urns, text(at(e, "schema")))
			}
			for _, urn := range urns {
				if p.j.schemas[urn] == nil {
					a.fail("%s names the schema %q, which /Schemas does not have", show(at(t, "name")), urn)
				}
			}
			p.list(strings.Trim(text(at(t, "endpoint")), "/"), "count", "1")
		}
	}},
	{id: "R-7643-6-02", run: func(p *probe) {
		for _, t := range p.j.types {
			p.post(t.endpoint, p.body(t)).want(201) // without what is not required
			for _, urn := range t.required {
				b := p.body(t)
				delete(b, urn)
				b["schemas"] = schemasOf(t.schema, b)
				p.post(t.endpoint, b).fails(400, "invalidValue")
			}
		}
	}},
	{id: "R-7644-4-01", run: func(p *probe) {
		if a := p.get("ServiceProviderConfig").want(200); !contains(a.at("schemas"), configURN) {
			a.fail("schemas lacks %s", configURN)
		}
		for _, urn := range p.page(p.get("Schemas")).texts("Resources", "id") {
			p.get("Schemas/"+urn).want(200).is(urn, "id")
		}
		for _, t := range p.j.types {
			p.get("ResourceTypes/"+t.name).want(200).is(t.name, "name").is(t.schema, "schema")
		}
		p.page(p.get("ResourceTypes"))
		p.get("Schemas/urn:example:unknown").fails(404)
		p.get("ResourceTypes/Unknown").fails(404)
	}},
	{id: "R-7644-4-02", run: func(p *probe) {
		for _, endpoint := range []string{"Schemas", "ResourceTypes"} {
			all := p.page(p.get(endpoint))
			a := p.page(p.get(endpoint + "?count=1&startIndex=2&sortBy=id&sortOrder=descending"))
			a.sameSet(endpoint, a.texts("Resources", "meta", "location"), all.texts("Resources", "meta", "location"))
			if len(list(a.at("Resources"))) != len(list(all.at("Resources"))) {
				a.fail("paging parameters change the list")
			}
		}
	}},
	{id: "R-7644-4-03", run: func(p *probe) {
		for _, endpoint := range []string{"Schemas", "ResourceTypes", "ServiceProviderConfig"} {
			p.get(endpoint + "?" + query("filter", `name eq "User"`)).fails(403)
		}
	}},
}
