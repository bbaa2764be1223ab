package conformance

import (
	"slices"
	"time"
)

// Requests that are answered later (RFC 9967 section 2.5), and what the server
// says of events (section 4).
var asyncChecks = []check{
	{id: "R-9967-2.5-01", run: func(p *probe) {
		body := p.userBody(nil)
		a := p.with("POST", "Users", body, "Prefer", "respond-async")
		if a.status != 202 {
			a.want(201) // a server may answer at once
			if _, lacking := p.j.lacks[async]; lacking {
				p.skip("%s; the request was answered at once, as it may be", p.j.lacks[async])
			}
			return
		}
		if len(a.raw) > 0 {
			a.fail("202 with a body")
		}
		for _, name := range []string{"Set-Txn", "Preference-Applied", "Location"} {
			if a.header.Get(name) == "" {
				a.fail("202 without %s", name)
			}
		}
		result, ok := p.j.client.below(a.header.Get("Location"))
		if !ok {
			a.fail("Location %q is no address", a.header.Get("Location"))
		}
		p.with("GET", result, nil, "Authorization", "").fails(401)
		if p.j.o.OtherToken != "" {
			p.as(p.j.o.OtherToken).get(result).want(404)
		}
		p.await(result)
		p.finds(`userName eq "`+text(body["userName"])+`"`, p.idOf(text(body["userName"])))
	}},
	{id: "R-9967-4-01", run: func(p *probe) {
		p.last = p.j.spc
		events := p.j.spc.at("securityEvents")
		if events == nil {
			p.skip("the server says nothing of security events")
		}
		if v := at(events, "asyncRequest"); v != nil && !slices.Contains([]any{"none", "long", "request"}, v) {
			p.fail("securityEvents.asyncRequest is %s, want none, long or request", show(v))
		}
		if v := at(events, "eventUris"); v != nil {
			for _, uri := range list(v) {
				if text(uri) == "" {
					p.fail("securityEvents.eventUris holds %s", show(uri))
				}
			}
			if _, isList := v.([]any); !isList {
				p.fail("securityEvents.eventUris is no array")
			}
		}
	}},
}

// await asks for the result of an asynchronous request until it is there.
func (p *probe) await(path string) {
	for range 100 {
		if a := p.get(path); a.status != 202 {
			a.want(200, 201)
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	p.fail("no result after five seconds")
}

// idOf returns the id of the user with a name, and books it for clean-up: it
// was created without an answer that could have told.
func (p *probe) idOf(userName string) string {
	a := p.list("Users", "filter", `userName eq "`+userName+`"`)
	ids := a.texts("Resources", "id")
	if len(ids) != 1 {
		a.fail("%d users with the name of the request that was carried out", len(ids))
	}
	p.j.made = append(p.j.made, resource{"Users/" + ids[0], p.token})
	return ids[0]
}
