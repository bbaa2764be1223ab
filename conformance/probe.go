package conformance

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// The URNs of the RFCs.
const (
	userURN       = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupURN      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	enterpriseURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	configURN     = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
	typeURN       = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
	schemaURN     = "urn:ietf:params:scim:schemas:core:2.0:Schema"
	messages      = "urn:ietf:params:scim:api:messages:2.0:"
)

// attrs are members of a JSON object.
type attrs map[string]any

// probe is a check's handle on the server: one client's eyes and hands.
type probe struct {
	j     *judge
	token string
	last  *answer
}

// as is the same check with another token.
func (p *probe) as(token string) *probe { return &probe{j: p.j, token: token} }

// skip ends the check without a verdict on the server.
func (p *probe) skip(format string, args ...any) {
	panic(ending{Skip, fmt.Sprintf(format, args...), nil})
}

// fail ends the check; the last answer is the evidence.
func (p *probe) fail(format string, args ...any) {
	panic(ending{Fail, fmt.Sprintf(format, args...), p.last})
}

// unsaid begins the reason of a warning about what the RFCs leave open.
const unsaid = "not said in so many words: "

// reading carries out a part of a check that asks for more than the RFCs say in
// so many words: what fails there is a warning, and the check goes on.
func (p *probe) reading(part func()) {
	defer func() {
		switch e := recover().(type) {
		case nil:
		case ending:
			if e.verdict != Fail {
				panic(e)
			}
			e.verdict, e.reason = Warn, unsaid+e.reason
			p.j.warn(e)
		default:
			panic(e)
		}
	}()
	part()
}

// do sends a request as it is said. What fails below HTTP ends the check.
func (p *probe) do(c call) *answer {
	a, err := p.j.send(p.j.ctx, p, c)
	if err != nil {
		panic(ending{Error, err.Error(), p.last})
	}
	p.last = a
	if c.method == "POST" && a.status == 201 && len(a.raw) == 0 {
		a = p.reread(a)
	}
	return a
}

// reread fetches what was created if the answer has only its address: a body is
// a SHOULD (RFC 7644 section 3.3). The answer stays that of the POST.
func (p *probe) reread(a *answer) *answer {
	path, ok := p.j.client.below(a.header.Get("Location"))
	if !ok {
		return a
	}
	now := p.get(path)
	if !now.ok() {
		return a
	}
	full := *a
	full.raw, full.doc, full.reread, full.header = now.raw, now.doc, true, a.header.Clone()
	if tag := now.header.Get("ETag"); tag != "" && full.header.Get("ETag") == "" {
		full.header.Set("ETag", tag)
	}
	if id := full.id(); id != "" {
		p.j.seen.ids[id] = a.path
	}
	p.last = &full
	return &full
}

// send sends a request with this client's token.
func (p *probe) send(method, path string, body any) *answer {
	return p.do(call{method: method, path: path, body: body, token: p.token})
}

// with is send with headers, given as name and value in turn.
func (p *probe) with(method, path string, body any, header ...string) *answer {
	h := map[string]string{}
	for i := 0; i+1 < len(header); i += 2 {
		h[header[i]] = header[i+1]
	}
	return p.do(call{method: method, path: path, body: body, token: p.token, header: h})
}

func (p *probe) get(path string) *answer            { return p.send("GET", path, nil) }
func (p *probe) post(path string, body any) *answer { return p.send("POST", path, body) }
func (p *probe) put(path string, body any) *answer  { return p.send("PUT", path, body) }
func (p *probe) delete(path string) *answer         { return p.send("DELETE", path, nil) }

// userBody is a user that a server must accept, with more attributes. A
// userName is made up unless more has one; nil takes a member away.
func (p *probe) userBody(more attrs) attrs {
	b := attrs{"userName": p.j.name("user")}
	for _, t := range p.j.types {
		if t.schema == userURN {
			b = merge(b, p.extensions(t))
		}
	}
	b = merge(b, p.j.template)
	for k, v := range more {
		if b[k] = v; v == nil {
			delete(b, k)
		}
	}
	if _, given := more["schemas"]; !given {
		b["schemas"] = schemasOf(userURN, b)
	}
	return b
}

// schemasOf are the URNs of a resource with these members.
func schemasOf(core string, b attrs) []string {
	urns := []string{core}
	for _, k := range slices.Sorted(maps.Keys(b)) {
		if strings.HasPrefix(strings.ToLower(k), "urn:") {
			urns = append(urns, k)
		}
	}
	return urns
}

func (p *probe) groupBody(more attrs) attrs {
	b := attrs{"schemas": []string{groupURN}, "displayName": p.j.name("group")}
	for k, v := range more {
		if b[k] = v; v == nil {
			delete(b, k)
		}
	}
	return b
}

// user creates a user and returns the answer; group a group with members.
func (p *probe) user(more attrs) *answer {
	return p.post("Users", p.userBody(more)).want(201).has("id")
}

func (p *probe) group(members ...string) *answer {
	b := p.groupBody(nil)
	if len(members) > 0 {
		b["members"] = memberList(members...)
	}
	return p.post("Groups", b).want(201).has("id")
}

func memberList(ids ...string) []attrs {
	l := make([]attrs, len(ids))
	for i, id := range ids {
		l[i] = attrs{"value": id}
	}
	return l
}

// users creates n users and returns their ids.
func (p *probe) users(n int, more attrs) (ids []string) {
	for range n {
		ids = append(ids, p.user(more).id())
	}
	return ids
}

// where is the path of what an answer holds: below the endpoint that it was
// asked at, whatever its meta says.
func where(a *answer) string {
	path, _, _ := strings.Cut(a.path, "?")
	endpoint, _, _ := strings.Cut(path, "/")
	return endpoint + "/" + url.PathEscape(a.id())
}

// op is one operation of a PATCH.
type op struct {
	Op    string `json:"op"`
	Path  string `json:"path,omitempty"`
	Value any    `json:"value,omitempty"`
}

func patchBody(ops ...op) attrs {
	return attrs{"schemas": []string{messages + "PatchOp"}, "Operations": ops}
}

// patch sends a PATCH; patched demands that it succeeds and returns what the
// resource is then.
func (p *probe) patch(path string, ops ...op) *answer {
	return p.send("PATCH", path, patchBody(ops...))
}

func (p *probe) patched(path string, ops ...op) *answer {
	p.patch(path, ops...).want(200, 204)
	return p.get(path).want(200)
}

// refused demands that a request is refused and that the resource is as it was.
func (p *probe) refused(path string, status int, scimType string, ops ...op) *answer {
	before := p.get(path).want(200)
	a := p.patch(path, ops...).fails(status, scimType)
	p.unchanged(before)
	return a
}

// refusedAs is refused where the RFC names the one word for the case.
func (p *probe) refusedAs(path string, scimType string, ops ...op) *answer {
	before := p.get(path).want(200)
	a := p.patch(path, ops...).failsAs(400, scimType)
	p.unchanged(before)
	return a
}

// unchanged demands that a resource is as it was.
func (p *probe) unchanged(before *answer) {
	if after := p.get(before.path).want(200); !alike(before.doc, after.doc) {
		after.fail("the refused request changed the resource")
	}
}

// query encodes parameters, given as name and value in turn.
func query(pairs ...string) string {
	var b strings.Builder
	for i := 0; i+1 < len(pairs); i += 2 {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(pairs[i]) + "=" + strings.ReplaceAll(url.QueryEscape(pairs[i+1]), "+", "%20"))
	}
	return b.String()
}

// list asks for a page of an endpoint and demands a list response.
func (p *probe) list(endpoint string, pairs ...string) *answer {
	if reason, lacking := p.j.lacks[filter]; lacking && slices.Contains(pairs, "filter") {
		p.skip("%s", reason)
	}
	return p.page(p.get(endpoint + "?" + query(pairs...)))
}

// page demands a list; that it says so by its schema is R-7644-3.4.2-02.
func (p *probe) page(a *answer) *answer {
	a.want(200)
	if !a.isList() {
		a.fail("the body is no ListResponse")
	}
	return a
}

// own is a filter for all users of this run, as simple as it can be; mine one
// for those that a condition is true of. Where a server does not take such a
// filter at all, which R-7644-3.4.2.2-01 says once, no other row is to blame.
func (p *probe) own() string { return p.isolated(ownFilter, p.j.ownFilter()) }

func (p *probe) mine(condition string) string {
	return p.isolated(condFilter, p.j.ownFilter()+" and ("+condition+")")
}

func (p *probe) isolated(needs feature, text string) string {
	for _, f := range []feature{filter, needs} {
		if reason, lacking := p.j.lacks[f]; lacking {
			p.skip("%s", reason)
		}
	}
	return text
}

func (j *judge) ownFilter() string { return `userName sw "` + j.prefix + `"` }

// finds demands that a filter finds exactly these users of the run. Checks that
// are not about filters do without where the server takes none.
func (p *probe) finds(condition string, ids ...string) {
	if !slices.Contains(p.j.present.needs, filter) && !p.canFilter() {
		return
	}
	a := p.list("Users", "filter", p.mine(condition), "count", "100")
	a.sameSet("users for "+condition, a.texts("Resources", "id"), ids)
}

func (p *probe) canFilter() bool {
	for _, f := range []feature{filter, ownFilter, condFilter} {
		if _, lacking := p.j.lacks[f]; lacking {
			return false
		}
	}
	return true
}

// takes says whether the server takes a filter at all; where a check is not
// about that, what it does not take is not judged there.
func (p *probe) takes(condition string) bool {
	return p.canFilter() && p.get("Users?"+query("filter", p.mine(condition))).ok()
}

// none looks for users of a name that must not be there, if the server lets
// itself be asked.
func (p *probe) none(userName string) {
	if _, lacking := p.j.lacks[filter]; !lacking {
		a := p.list("Users", "filter", `userName eq "`+userName+`"`)
		a.sameSet("users of that name", a.texts("Resources", "id"), nil)
	}
}

// secret makes a password that must never be seen again.
func (p *probe) secret() string {
	s := "Pw!" + strings.ReplaceAll(p.j.name("S3cret"), "-", "_")
	p.j.secrets = append(p.j.secrets, s)
	return s
}

func contains(v any, s string) bool {
	for _, x := range list(v) {
		if strings.EqualFold(text(x), s) {
			return true
		}
	}
	return false
}
