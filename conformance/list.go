package conformance

import (
	"fmt"
	"slices"
	"strings"
)

// Reading and lists (RFC 7644 sections 3.4.1, 3.4.2).
var queryChecks = []check{
	{id: "R-7644-3.4.1-01", run: func(p *probe) {
		u := p.user(nil)
		p.get(where(u)).want(200).is(u.id(), "id")
		for _, t := range p.j.types {
			p.get(t.endpoint + "/" + p.j.name("unknown")).fails(404)
		}
		for _, path := range []string{"Schemas/urn:example:unknown", "ResourceTypes/Unknown"} {
			p.get(path).fails(404)
		}
	}},
	{id: "R-7644-3.4.2-01", run: func(p *probe) {
		p.list("Users", "filter", p.own(), "foo", "bar", "x-y", "")
	}},
	{id: "R-7644-3.4.2-02", name: "totals", run: func(p *probe) {
		p.users(3, nil)
		p.list("Users", "filter", p.own()).is(3, "totalResults")
	}},
	{id: "R-7644-3.4.2-03", run: func(p *probe) {
		p.users(2, nil)
		a := p.list("Users", "filter", p.own(), "count", "1").is(2, "totalResults").is(1, "startIndex").is(1, "itemsPerPage")
		if l, ok := a.at("Resources").([]any); !ok || len(l) != 1 {
			a.fail("Resources is no array of one")
		}
	}},
	{id: "R-7644-3.4.2-04", run: func(p *probe) {
		a := p.list("Users", "filter", `userName eq "`+p.j.name("nobody")+`"`).is(0, "totalResults")
		a.sameSet("users", a.texts("Resources", "id"), nil)
	}},
	{id: "R-7644-3.4.2.1-01", run: func(p *probe) {
		ids := p.pair()
		a := p.root(`id eq "`+ids[0]+`" or id eq "`+ids[1]+`"`, "count", "10")
		a.sameSet("resources", a.texts("Resources", "id"), ids)
		user := ` and meta.resourceType eq "User"`
		a = p.root(`id eq "`+ids[0]+`"`+user+` or id eq "`+ids[1]+`"`+user, "count", "10")
		a.sameSet("users among the resources", a.texts("Resources", "id"), ids[:1])
	}},
	{id: "R-7644-3.4.2.1-03", run: func(p *probe) {
		ids := p.pair()
		name := text(p.get("Users/" + ids[0]).want(200).at("userName"))
		a := p.root(`userName eq "`+name+`"`, "count", "10")
		a.sameSet("resources", a.texts("Resources", "id"), ids[:1])
	}},
}

// pair creates a user and a group and returns their ids.
func (p *probe) pair() []string {
	ids := p.users(1, nil)
	if _, lacking := p.j.lacks[groups]; lacking {
		p.skip("not advertised: %s", groups)
	}
	return append(ids, p.group().id())
}

// root is a query over all resource types, if the server has it.
func (p *probe) root(filter string, pairs ...string) *answer {
	a := p.get("?" + query(append([]string{"filter", filter}, pairs...)...))
	if a.status == 501 || a.status == 404 {
		p.skip("the server does not search all resource types at once: status %d", a.status)
	}
	return p.page(a)
}

// search is a query by POST, if the server has it.
func (p *probe) search(path string, body attrs) *answer {
	a := p.post(path, body)
	if a.status == 501 || path == ".search" && a.status == 404 {
		p.skip("the server does not search by POST /%s: status %d", path, a.status)
	}
	return a
}

// Pages (RFC 7644 section 3.4.2.4).
var pagingChecks = []check{
	{id: "R-7644-3.4.2.4-01", run: func(p *probe) {
		ids := p.users(3, nil)
		for _, start := range []string{"0", "-5", "1"} {
			a := p.list("Users", "filter", p.own(), "startIndex", start, "count", "10")
			a.sameSet("users from startIndex "+start, a.texts("Resources", "id"), ids)
		}
		for _, count := range []string{"0", "-5"} {
			a := p.list("Users", "filter", p.own(), "count", count).is(3, "totalResults")
			if len(list(a.at("Resources"))) > 0 {
				a.fail("resources for count=%s", count)
			}
		}
	}},
	{id: "R-7644-3.4.2.4-02", run: func(p *probe) {
		p.users(4, nil)
		limit, _ := integer(p.j.spc.at("filter", "maxResults"))
		for _, count := range []int{1, 2, 3, limit + 1, 1_000_000} {
			a := p.list("Users", "filter", p.own(), "count", fmt.Sprint(count))
			if n := len(list(a.at("Resources"))); n > count || limit > 0 && n > limit {
				a.fail("%d resources for count=%d and maxResults %d", n, count, limit)
			}
		}
		if a := p.list("Users", "count", "1"); len(list(a.at("Resources"))) != 1 {
			a.fail("%d resources on an unfiltered page of one", len(list(a.at("Resources"))))
		}
	}},
	{id: "R-7644-3.4.2.4-03", run: func(p *probe) {
		ids := p.users(7, nil)
		var visited []string
		for start := 1; start <= 7; start += 3 {
			a := p.list("Users", "filter", p.own(), "startIndex", fmt.Sprint(start), "count", "3").is(7, "totalResults").is(start, "startIndex")
			visited = append(visited, a.texts("Resources", "id")...)
		}
		p.last.sameSet("users over all pages", visited, ids)
		a := p.list("Users", "filter", p.own(), "startIndex", "9999").is(7, "totalResults")
		if len(list(a.at("Resources"))) > 0 {
			a.fail("resources beyond the end")
		}
	}},
	{id: "R-7644-3.4.2.4-04", run: func(p *probe) {
		for _, q := range []string{"count=abc", "startIndex=abc", "count=1.5"} {
			p.get("Users?"+q).fails(400, "invalidValue", "invalidCount")
		}
	}},
}

// POST .search (RFC 7644 section 3.4.3).
var searchChecks = []check{
	{id: "R-7644-3.4.3-01", run: func(p *probe) {
		ids := p.users(2, attrs{"title": "T"})
		body := attrs{"schemas": []string{messages + "SearchRequest"}, "filter": p.own(), "startIndex": 1, "count": 10, "attributes": []string{"title"}}
		a := p.page(p.search("Users/.search", body))
		a.sameSet("users", a.texts("Resources", "id"), ids)
		b := p.list("Users", "filter", p.own(), "startIndex", "1", "count", "10", "attributes", "title")
		same(a, b)
		if _, lacking := p.j.lacks[groups]; !lacking {
			g := p.group()
			a = p.page(p.post("Groups/.search", attrs{"schemas": []string{messages + "SearchRequest"}, "filter": `displayName eq "` + text(g.at("displayName")) + `"`}))
			a.sameSet("groups", a.texts("Resources", "id"), []string{g.id()})
		}
	}},
	{id: "R-7644-3.4.3-01", name: "root", run: func(p *probe) {
		ids := p.pair()
		body := attrs{"schemas": []string{messages + "SearchRequest"}, "filter": `id eq "` + ids[0] + `" or id eq "` + ids[1] + `"`}
		a := p.search(".search", body)
		p.page(a).sameSet("resources", a.texts("Resources", "id"), ids)
	}},
	{id: "R-7644-3.4.3-02", run: func(p *probe) {
		urn := []string{messages + "SearchRequest"}
		a := p.search("Users/.search", attrs{"schemas": urn, "filter": "userName regex \"x\""})
		if a.status == 404 || a.status == 405 {
			p.skip("the server has no POST /Users/.search: see R-7644-3.4.3-01")
		}
		a.fails(400, "invalidFilter")
		p.reading(func() {
			p.post("Users/.search", attrs{"schemas": urn, "attributes": []string{"title"}, "excludedAttributes": []string{"name"}}).fails(400, "invalidValue")
		})
	}},
	{id: "R-7644-3.4.3-02", name: "URN", strict: true, run: func(p *probe) {
		p.post("Users/.search", attrs{"filter": "id pr"}).fails(400, "invalidSyntax")
		p.post("Users/.search", attrs{"schemas": []string{messages + "PatchOp"}, "filter": "id pr"}).fails(400, "invalidSyntax")
	}},
}

// Order (RFC 7644 section 3.4.2.3).
var sortChecks = []check{
	{id: "R-7644-3.4.2.3-01", needs: []feature{sorting}, run: func(p *probe) {
		ids := []string{
			p.user(attrs{"emails": []attrs{{"value": "m@example.com"}, {"value": "c@example.com", "primary": true}}}).id(),
			p.user(attrs{"emails": []attrs{{"value": "a@example.com"}, {"value": "z@example.com"}}}).id(),
			p.user(attrs{"emails": []attrs{{"value": "b@example.com"}}}).id(),
		}
		want := []string{ids[1], ids[2], ids[0]}
		for _, by := range []string{"emails.value", "emails"} {
			p.sorted(want, "sortBy", by)
		}
		p.reading(func() {
			p.get("Users?"+query("filter", p.own(), "sortBy", "name")).fails(400, "invalidValue", "invalidPath")
		})
	}},
	{id: "R-7644-3.4.2.3-02", needs: []feature{sorting}, run: func(p *probe) {
		ids := []string{p.user(attrs{"title": "B"}).id(), p.user(nil).id(), p.user(attrs{"title": "A"}).id()}
		p.sorted([]string{ids[2], ids[0], ids[1]}, "sortBy", "title", "sortOrder", "ascending")
		p.sorted([]string{ids[1], ids[0], ids[2]}, "sortBy", "title", "sortOrder", "descending")
	}},
	{id: "R-7644-3.4.2.3-03", needs: []feature{sorting}, run: func(p *probe) {
		var ids []string
		for _, name := range []string{"A", "B", "C"} {
			ids = append(ids, p.user(attrs{"displayName": name}).id())
		}
		p.sorted(ids, "sortBy", "displayName")
		p.sorted(ids, "sortBy", "displayName", "sortOrder", "ascending")
		slices.Reverse(ids)
		p.sorted(ids, "sortBy", "displayName", "sortOrder", "descending")
		p.reading(func() {
			p.get("Users?"+query("filter", p.own(), "sortBy", "userName", "sortOrder", "up")).fails(400, "invalidValue")
		})
	}},
	{id: "R-7644-3.4.2.3-04", needs: []feature{sorting}, run: func(p *probe) {
		var ids []string
		for _, name := range []string{"c", "B", "a", "é"} {
			ids = append(ids, p.user(attrs{"displayName": name, "externalId": p.j.prefix + strings.Repeat("-", 3) + name}).id())
		}
		p.sorted([]string{ids[2], ids[1], ids[0], ids[3]}, "sortBy", "displayName")
		p.sorted([]string{ids[1], ids[2], ids[0], ids[3]}, "sortBy", "externalId") // caseExact: B before a
	}},
}

// sorted demands the users of the run in an order, on one page and over pages.
func (p *probe) sorted(want []string, pairs ...string) {
	pairs = append(pairs, "filter", p.own())
	a := p.list("Users", append(pairs, "count", "100")...)
	a.sameList("order by "+strings.Join(pairs[:len(pairs)-2], " "), a.texts("Resources", "id"), want)
	var paged []string
	for i := range want {
		paged = append(paged, p.list("Users", append(pairs, "count", "1", "startIndex", fmt.Sprint(i+1))...).texts("Resources", "id")...)
	}
	p.last.sameList("order over pages of one", paged, want)
}
