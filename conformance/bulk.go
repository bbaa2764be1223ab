package conformance

import (
	"fmt"
	"strings"
)

// bulkOp is one operation of a bulk request.
type bulkOp struct {
	Method  string `json:"method,omitempty"`
	Path    string `json:"path,omitempty"`
	BulkID  string `json:"bulkId,omitempty"`
	Version string `json:"version,omitempty"`
	Data    any    `json:"data,omitempty"`
}

func bulkBody(ops ...bulkOp) attrs {
	return attrs{"schemas": []string{messages + "BulkRequest"}, "Operations": ops}
}

// bulk sends operations and demands that the job is processed: one result each,
// with these statuses.
func (p *probe) bulk(statuses []int, ops ...bulkOp) *answer {
	a := p.post("Bulk", bulkBody(ops...)).want(200)
	if got := a.texts("Operations", "status"); len(got) != len(statuses) || strings.Join(got, " ") != strings.Trim(fmt.Sprint(statuses), "[]") {
		a.fail("the statuses are %q, want the strings %v", got, statuses)
	}
	return a
}

func (p *probe) create(bulkID string, more attrs) bulkOp {
	return bulkOp{Method: "POST", Path: "/Users", BulkID: bulkID, Data: p.userBody(more)}
}

// pathOf is the path of what an operation was about.
func (p *probe) pathOf(a *answer, operation int) string {
	path, ok := p.j.client.below(text(a.at("Operations", operation, "location")))
	if !ok {
		a.fail("operation %d has no location", operation)
	}
	return path
}

// idAt is the id of what an operation was about, as that resource has it: the
// address may have more segments than the judge's base makes expect.
func (p *probe) idAt(a *answer, operation int) string {
	return p.get(p.pathOf(a, operation)).want(200).has("id").id()
}

// Bulk requests (RFC 7644 sections 3.7, 3.7.3, 3.7.4).
var bulkChecks = []check{
	{id: "R-7644-3.7-01", needs: []feature{bulk}, run: func(p *probe) {
		if a := p.bulk([]int{201}, p.create("a", nil)); !contains(a.at("schemas"), messages+"BulkResponse") {
			a.fail("the body is no BulkResponse")
		}
		for _, schemas := range [][]string{{messages + "PatchOp"}, {}} {
			b := bulkBody(p.create("a", nil))
			b["schemas"] = schemas
			p.reading(func() { p.post("Bulk", b).fails(400, "invalidSyntax") })
		}
	}},
	{id: "R-7644-3.7-02", needs: []feature{bulk}, run: func(p *probe) {
		u := p.user(nil)
		for _, bad := range []bulkOp{
			{Path: "/Users", BulkID: "a", Data: p.userBody(nil)}, {Method: "GET", Path: "/" + where(u)}, {Method: "POST", BulkID: "a", Data: p.userBody(nil)},
			{Method: "POST", Path: "/Users", BulkID: "a"}, {Method: "PUT", Path: "/" + where(u)}, {Method: "PATCH", Path: "/" + where(u)},
		} {
			a := p.post("Bulk", bulkBody(bad, p.create("other", nil)))
			if a.status == 400 {
				a.warn("a request with a malformed operation is refused as a whole")
				continue
			}
			if status := text(a.want(200).at("Operations", 0, "status")); !strings.HasPrefix(status, "4") && status != "501" {
				a.fail("a malformed operation has status %q", status)
			}
			a.is("201", "Operations", 1, "status")
		}
		a := p.post("Bulk", bulkBody(p.create("twin", nil), p.create("twin", nil)))
		if a.status == 200 && !strings.Contains(strings.Join(a.texts("Operations", "status"), " "), "400") {
			a.warn("two operations with one bulkId are both taken")
		}
		same(p.get(where(u)).want(200), u)
	}},
	{id: "R-7644-3.7-03", needs: []feature{bulk, etag}, run: func(p *probe) {
		u := p.user(nil)
		put := func(title, version string) bulkOp {
			return bulkOp{Method: "PUT", Path: "/" + where(u), Version: version, Data: p.userBody(attrs{"userName": u.at("userName"), "title": title})}
		}
		p.bulk([]int{412}, put("late", `W/"no such version"`))
		p.get(where(u)).want(200).lacks("title")
		p.bulk([]int{200}, put("T", text(u.at("meta", "version"))))
		p.get(where(u)).want(200).is("T", "title")
	}},
	{id: "R-7644-3.7-04", needs: []feature{bulk}, run: func(p *probe) {
		bad := func() bulkOp { return p.create("bad", attrs{"userName": nil}) }
		a := p.bulk([]int{201, 400, 201}, p.create("a", nil), bad(), p.create("c", nil))
		p.get(p.pathOf(a, 0)).want(200)
		p.get(p.pathOf(a, 2)).want(200)
		third := p.userBody(nil)
		b := bulkBody(p.create("a", nil), bad(), bulkOp{Method: "POST", Path: "/Users", BulkID: "c", Data: third})
		b["failOnErrors"] = 1
		a = p.post("Bulk", b).want(200)
		a.sameList("statuses", a.texts("Operations", "status"), []string{"201", "400"})
		p.none(text(third["userName"]))
	}},
	{id: "R-7644-3.7-05", needs: []feature{bulk}, run: func(p *probe) {
		a := p.bulk([]int{201, 400}, p.create("qwerty", nil), p.create("ytrewq", attrs{"userName": nil}))
		a.sameList("bulkIds", a.texts("Operations", "bulkId"), []string{"qwerty", "ytrewq"})
		p.get(p.pathOf(a, 0)).want(200)
	}},
	{id: "R-7644-3.7.3-01", needs: []feature{bulk}, run: func(p *probe) {
		put, gone := p.user(nil), p.user(nil)
		a := p.bulk([]int{201, 200, 204, 400, 404},
			p.create("a", nil), bulkOp{Method: "PUT", Path: "/" + where(put), Data: p.userBody(attrs{"userName": put.at("userName"), "title": "T"})},
			bulkOp{Method: "DELETE", Path: "/" + where(gone)}, p.create("bad", attrs{"userName": nil}), bulkOp{Method: "DELETE", Path: "/Users/" + p.j.name("unknown")})
		a.sameList("methods", a.texts("Operations", "method"), []string{"POST", "PUT", "DELETE", "POST", "DELETE"})
		for _, i := range []int{0, 1, 2, 4} {
			a.has("Operations", i, "location")
		}
		a.lacks("Operations", 3, "location")
		for _, i := range []int{3, 4} {
			a.is(a.at("Operations", i, "status"), "Operations", i, "response", "status")
			if !contains(a.at("Operations", i, "response", "schemas"), messages+"Error") {
				a.fail("the response of operation %d is no SCIM error", i)
			}
		}
		p.get(where(gone)).want(404)
	}},
	{id: "R-7644-3.6-01", name: "bulk", needs: []feature{bulk}, run: func(p *probe) {
		u := p.user(nil)
		p.bulk([]int{204, 404}, bulkOp{Method: "DELETE", Path: "/" + where(u)}, bulkOp{Method: "DELETE", Path: "/" + where(u)})
	}},
	{id: "R-7644-3.7.4-01", needs: []feature{bulk}, run: func(p *probe) {
		operations, _ := integer(p.j.spc.at("bulk", "maxOperations"))
		payload, _ := integer(p.j.spc.at("bulk", "maxPayloadSize"))
		if operations <= 0 || payload <= 0 {
			p.j.spc.fail("bulk.maxOperations or maxPayloadSize is missing")
		}
		const most = 32 << 20 // what a judge is willing to send
		gone := bulkOp{Method: "DELETE", Path: "/Users/" + p.j.name("unknown")}
		judged := false
		if need := (operations + 1) * (len(encode(gone)) + 1); need < min(most, payload) {
			ops := make([]bulkOp, operations+1)
			for i := range ops {
				ops[i] = gone
			}
			p.tooLarge(encode(bulkBody(ops...)), operations)
			judged = true
		}
		if payload < most {
			body := p.userBody(attrs{"displayName": strings.Repeat("x", payload)})
			p.tooLarge(encode(bulkBody(bulkOp{Method: "POST", Path: "/Users", BulkID: "large", Data: body})), payload)
			p.none(text(body["userName"]))
			judged = true
		}
		if !judged {
			p.skip("the limits are larger than what this run is willing to send")
		}
	}},
}

func (p *probe) tooLarge(body []byte, limit int) {
	a := p.post("Bulk", string(body)).fails(413)
	if digits := strings.NewReplacer(",", "", " ", "", "_", "", "'", ""); !strings.Contains(digits.Replace(text(a.at("detail"))), fmt.Sprint(limit)) {
		a.fail("the detail does not name the limit, %d", limit)
	}
}

// References between operations (RFC 7644 sections 3.7.1, 3.7.2).
var bulkReferenceChecks = []check{
	{id: "R-7644-3.7-06", needs: []feature{bulk, groups}, run: func(p *probe) {
		group := bulkOp{Method: "POST", Path: "/Groups", BulkID: "g", Data: p.groupBody(attrs{"members": memberList("bulkId:u")})}
		a := p.bulk([]int{201, 201}, group, p.create("u", nil))
		p.get(p.pathOf(a, 0)).want(200).is(p.idAt(a, 1), "members", 0, "value")
	}},
	{id: "R-7644-3.7.1-01", needs: []feature{bulk, groups}, run: func(p *probe) {
		cyclic := func(self, other string) bulkOp {
			return bulkOp{Method: "POST", Path: "/Groups", BulkID: self, Data: p.groupBody(attrs{"members": []attrs{{"value": "bulkId:" + other, "type": "Group"}}})}
		}
		a := p.post("Bulk", bulkBody(cyclic("a", "b"), cyclic("b", "a"))).want(200)
		for i, status := range a.texts("Operations", "status") {
			if status != "201" && status != "409" && status != "400" {
				a.fail("operation %d of a circular reference has status %s", i, status)
			}
		}
		if a.at("Operations", 0, "status") == "201" && a.at("Operations", 1, "status") == "201" {
			p.get(p.pathOf(a, 0)).want(200).is(p.idAt(a, 1), "members", 0, "value")
		}
	}},
	{id: "R-7644-3.7.2-01", needs: []feature{bulk, enterprise}, run: func(p *probe) {
		report := p.create("report", attrs{enterpriseURN: attrs{"manager": attrs{"value": "bulkId:boss"}}})
		a := p.bulk([]int{201, 201}, p.create("boss", nil), report)
		p.get(p.pathOf(a, 1)).want(200).is(p.idAt(a, 0), enterpriseURN, "manager", "value")
		orphan := p.create("orphan", attrs{enterpriseURN: attrs{"manager": attrs{"value": "bulkId:nobody"}}})
		a = p.post("Bulk", bulkBody(orphan, p.create("other", nil))).want(200)
		switch a.at("Operations", 0, "status") {
		case "400":
		case "409": // as for what can not be resolved in a circle
			a.warn("an unresolved bulkId is a conflict here, which the RFC says of circular references only")
		default:
			a.fail("an operation that names an unknown bulkId has status %s", show(a.at("Operations", 0, "status")))
		}
		a.is("201", "Operations", 1, "status")
	}},
}
