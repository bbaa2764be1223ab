package conformance_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/scimbridge/scimbridge/conformance"
	"github.com/scimbridge/scimbridge/scim/scimtest"
	"github.com/scimbridge/scimbridge/storage"
)

// exchange is a request on its way to the real server and the answer on its way
// back, for a mutation to spoil.
type exchange struct {
	r       *http.Request
	sent    []byte
	status  int
	header  http.Header
	body    []byte
	ask     func(method, path string) []byte // of the real server, behind the judge's back
	visited map[string][]byte                // of this mutation, kept between requests
}

// edit changes the JSON object of the answer; without one it does nothing.
func (x *exchange) edit(change func(doc map[string]any)) {
	var doc map[string]any
	if json.Unmarshal(x.body, &doc) != nil || doc == nil {
		return
	}
	change(doc)
	b, err := json.Marshal(doc)
	if err != nil {
		panic(err)
	}
	x.body = b
}

// each changes every resource of the answer: the body, or a list's elements.
func (x *exchange) each(change func(resource map[string]any)) {
	x.edit(func(doc map[string]any) {
		if l, ok := doc["Resources"].([]any); ok {
			for _, r := range l {
				change(r.(map[string]any))
			}
			return
		}
		if doc["id"] != nil {
			change(doc)
		}
	})
}

func (x *exchange) is(method, path string) bool {
	return x.r.Method == method && strings.HasPrefix(strings.TrimPrefix(x.r.URL.Path, "/scim/v2/"), path)
}

func (x *exchange) param(name, value string) {
	q := x.r.URL.Query()
	q.Del(name)
	if value != "" {
		q.Set(name, value)
	}
	x.r.URL.RawQuery = q.Encode()
}

// rewrite replaces in the request's body.
func (x *exchange) rewrite(pattern, by string) {
	x.sent = regexp.MustCompile(pattern).ReplaceAll(x.sent, []byte(by))
}

// A mutation is one way in which a server can be wrong, and the requirement that
// must then be red.
type mutation struct {
	name, id string
	before   func(*exchange) // spoils the request
	after    func(*exchange) // spoils the answer
}

func meta(r map[string]any) map[string]any {
	m, _ := r["meta"].(map[string]any)
	if m == nil {
		m = map[string]any{}
	}
	return m
}

var mutations = []mutation{
	{name: "no schemas", id: "R-7643-2.1-02", after: func(x *exchange) { x.each(func(r map[string]any) { delete(r, "schemas") }) }},
	{name: "names are case-sensitive", id: "R-7643-2.1-01", before: func(x *exchange) { x.rewrite(`"displayname":"[^"]*",?`, "") }},
	{name: "nulls for what is unassigned", id: "R-7643-2.5-02", after: func(x *exchange) { x.each(func(r map[string]any) { r["nickName"] = nil }) }},
	{name: "booleans as strings", id: "R-7643-2.3.2-01", after: func(x *exchange) { x.each(func(r map[string]any) { r["active"] = fmt.Sprint(r["active"]) }) }},
	{name: "text is folded to ASCII", id: "R-7643-2.3.1-01", before: func(x *exchange) { x.rewrite(`😀`, "?") }},
	{name: "projections lose the id", id: "R-7643-3.1-02", after: func(x *exchange) {
		if x.r.URL.Query().Has("attributes") {
			x.each(func(r map[string]any) { delete(r, "id") })
		}
	}},
	{name: "externalId is invented", id: "R-7643-3.1-07", after: func(x *exchange) { x.each(func(r map[string]any) { r["externalId"] = r["id"] }) }},
	{name: "location of another host", id: "R-7643-3.1-13", after: func(x *exchange) {
		x.each(func(r map[string]any) { meta(r)["location"] = "https://elsewhere.example/1" })
	}},
	{name: "version without its tag", id: "R-7643-3.1-14", after: func(x *exchange) { x.each(func(r map[string]any) { meta(r)["version"] = `W/"0"` }) }},
	{name: "lastModified stands still", id: "R-7643-3.1-12", after: func(x *exchange) { x.each(func(r map[string]any) { meta(r)["lastModified"] = meta(r)["created"] }) }},
	{name: "passwords are shown", id: "R-7643-4.1.1-08", after: func(x *exchange) {
		if m := regexp.MustCompile(`"password":"([^"]+)"`).FindSubmatch(x.sent); m != nil {
			x.each(func(r map[string]any) { r["password"] = string(m[1]) })
		}
	}},
	{name: "duplicate names answer 400", id: "R-7643-4.1.1-02", after: func(x *exchange) {
		if x.status == http.StatusConflict {
			x.status, x.body = 400, bytes.Replace(x.body, []byte(`"409"`), []byte(`"400"`), 1)
		}
	}},
	{name: "members without $ref", id: "R-7643-4.2-03", after: func(x *exchange) {
		x.each(func(r map[string]any) {
			members, _ := r["members"].([]any)
			for _, m := range members {
				delete(m.(map[string]any), "$ref")
			}
		})
	}},
	{name: "a configuration with strings for numbers", id: "R-7643-5-02", after: func(x *exchange) {
		if x.is("GET", "ServiceProviderConfig") {
			x.edit(func(doc map[string]any) { doc["filter"].(map[string]any)["maxResults"] = "1000" })
		}
	}},
	{name: "no discovery at all", id: "R-7644-4-01", after: func(x *exchange) {
		if x.is("GET", "ServiceProviderConfig") || x.is("GET", "Schemas") || x.is("GET", "ResourceTypes") {
			x.status, x.body = http.StatusNotFound, nil
		}
	}},
	{name: "a schema that nobody published", id: "R-7643-7-01", after: func(x *exchange) {
		x.each(func(r map[string]any) { r["schemas"] = append(r["schemas"].([]any), "urn:example:secret") })
	}},
	{name: "401 without a challenge", id: "R-7644-2-01", after: func(x *exchange) { x.header.Del("WWW-Authenticate") }},
	{name: "any token will do", id: "R-7644-2.1-01", before: func(x *exchange) {
		if strings.Contains(x.r.Header.Get("Authorization"), ".") {
			x.r.Header.Set("Authorization", x.visitedToken())
		}
	}},
	{name: "plain JSON", id: "R-7644-3.1-01", after: func(x *exchange) { x.header.Set("Content-Type", "application/json") }},
	{name: "PUT creates", id: "R-7644-3.2-01", after: func(x *exchange) {
		if x.is("PUT", "Users/") && x.status == 404 {
			x.status = 201
		}
	}},
	{name: "created is 200", id: "R-7644-3.3-03", after: func(x *exchange) { x.header.Del("Location") }},
	{name: "wrong totals", id: "R-7644-3.4.2-02", after: func(x *exchange) {
		x.edit(func(doc map[string]any) {
			if doc["totalResults"] != nil {
				doc["totalResults"] = float64(len(doc["Resources"].([]any))) - 1
			}
		})
	}},
	{name: "filters are ignored", id: "R-7644-3.4.2.2-01", before: func(x *exchange) {
		if f := x.r.URL.Query().Get("filter"); f != "" {
			x.param("filter", regexp.MustCompile(` and \(.*`).ReplaceAllString(f, ""))
		}
	}},
	{name: "or binds like and", id: "R-7644-3.4.2.2-09", before: func(x *exchange) {
		x.param("filter", strings.ReplaceAll(x.r.URL.Query().Get("filter"), " or ", " and "))
	}},
	{name: "value filters are dotted", id: "R-7644-3.4.2.2-10", before: func(x *exchange) {
		x.param("filter", strings.ReplaceAll(x.r.URL.Query().Get("filter"), `emails[type eq "work" and value co "x.example"]`, `emails.type eq "work" and emails.value co "x.example"`))
	}},
	{name: "bad filters match nothing", id: "R-7644-3.4.2.2-03", after: func(x *exchange) {
		if x.status == 400 {
			x.status, x.body = 200, []byte(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"Resources":[]}`)
		}
	}},
	{name: "count is ignored", id: "R-7644-3.4.2.4-02", before: func(x *exchange) { x.param("count", "100") }},
	{name: "startIndex is ignored", id: "R-7644-3.4.2.4-03", before: func(x *exchange) { x.param("startIndex", "") }},
	{name: "PUT merges", id: "R-7644-3.5.1-01", before: func(x *exchange) {
		if x.is("PUT", "Users/") {
			var was, now map[string]any
			if json.Unmarshal(x.ask("GET", x.r.URL.Path), &was) == nil && json.Unmarshal(x.sent, &now) == nil {
				for k, v := range was {
					if name, ok := now[k].(map[string]any); ok && k == "name" {
						for sub, old := range v.(map[string]any) {
							if name[sub] == nil {
								name[sub] = old
							}
						}
					}
				}
				x.sent, _ = json.Marshal(now)
			}
		}
	}},
	{name: "PATCH replace of a complex attribute loses the rest", id: "R-7644-3.5.2.3-04", before: func(x *exchange) {
		x.rewrite(`"value":\{"givenName":"C"\}`, `"value":{"givenName":"C","familyName":null}`)
	}},
	{name: "PATCH add replaces", id: "R-7644-3.5.2.1-03", before: func(x *exchange) { x.rewrite(`"op":"add"`, `"op":"replace"`) }},
	{name: "PATCH applies the first operation only", id: "R-7644-3.5.2-06", before: func(x *exchange) {
		x.rewrite(`("Operations":\[\{[^{}]*\}),.*\]`, `$1]`)
	}},
	{name: "remove without path is done", id: "R-7644-3.5.2.2-01", after: func(x *exchange) {
		if x.is("PATCH", "") && x.status == 400 {
			x.status, x.body = 204, nil
		}
	}},
	{name: "two primaries", id: "R-7644-3.5.2-07", after: func(x *exchange) {
		x.each(func(r map[string]any) {
			emails, _ := r["emails"].([]any)
			for _, e := range emails {
				e.(map[string]any)["primary"] = true
			}
		})
	}},
	{name: "deleted resources are 200", id: "R-7644-3.6-01", after: func(x *exchange) {
		key := x.r.URL.Path
		if x.is("GET", "Users/") && x.status == 404 && x.visited[key] != nil {
			x.status, x.body = 200, x.visited[key]
		}
		if x.is("POST", "Users") && x.status == 201 {
			var doc map[string]any
			if json.Unmarshal(x.body, &doc) == nil {
				x.visited["/scim/v2/Users/"+fmt.Sprint(doc["id"])] = x.body
			}
		}
	}},
	{name: "errors without a body", id: "R-7644-3.12-01", after: func(x *exchange) {
		if x.status >= 400 {
			x.body = nil
		}
	}},
	{name: "made-up error words", id: "R-7644-3.12-03", after: func(x *exchange) {
		x.edit(func(doc map[string]any) {
			if doc["scimType"] != nil {
				doc["scimType"] = "badRequest"
			}
		})
	}},
	{name: "projections are ignored", id: "R-7644-3.9-01", before: func(x *exchange) {
		x.param("attributes", "")
		x.rewrite(`"attributes":\["title"\],`, "")
	}},
	{name: "no ETag", id: "R-7644-3.14-01", after: func(x *exchange) { x.header.Del("ETag") }},
	{name: "If-None-Match is ignored", id: "R-7644-3.14-02", before: func(x *exchange) { x.r.Header.Del("If-None-Match") }},
	{name: "If-Match is ignored", id: "R-7644-3.14-03", before: func(x *exchange) { x.r.Header.Del("If-Match") }},
	{name: "discovery pages", id: "R-7644-4-02", after: func(x *exchange) {
		if x.is("GET", "Schemas") && x.r.URL.Query().Get("count") == "1" {
			x.edit(func(doc map[string]any) { doc["Resources"] = doc["Resources"].([]any)[:1] })
		}
	}},
	{name: "sortOrder is ignored", id: "R-7644-3.4.2.3-03", before: func(x *exchange) { x.param("sortOrder", "") }},
	{name: "missing values sort first", id: "R-7644-3.4.2.3-02", before: func(x *exchange) {
		if x.r.URL.Query().Get("sortBy") == "title" {
			x.param("sortBy", "meta.created")
		}
	}},
	{name: "searches ignore their filter", id: "R-7644-3.4.3-01", before: func(x *exchange) { x.rewrite(`"filter":"(?:[^"\\]|\\.)*",?`, "") }},
	{name: "root queries are of users", id: "R-7644-3.4.2.1-01", before: func(x *exchange) {
		if strings.TrimSuffix(x.r.URL.Path, "/") == "/scim/v2" {
			x.r.URL.Path = "/scim/v2/Users"
		}
	}},
	{name: "the last page has a cursor", id: "R-9865-2-02", after: func(x *exchange) {
		x.edit(func(doc map[string]any) {
			if doc["Resources"] != nil && doc["nextCursor"] == nil && x.r.URL.Query().Has("cursor") {
				doc["nextCursor"] = "end"
			}
		})
	}},
	{name: "cursors serve any filter", id: "R-9865-2-03", before: func(x *exchange) {
		x.param("filter", strings.Replace(x.r.URL.Query().Get("filter"), " and (title pr)", "", 1))
	}},
	{name: "bulk statuses are objects", id: "R-7644-3.7.3-01", after: func(x *exchange) {
		if x.is("POST", "Bulk") {
			x.body = regexp.MustCompile(`"status":"(\d+)"`).ReplaceAll(x.body, []byte(`"status":{"code":"$1"}`))
		}
	}},
	{name: "bulk goes on behind failOnErrors", id: "R-7644-3.7-04", before: func(x *exchange) { x.rewrite(`,?"failOnErrors":1`, "") }},
	{name: "bulk ignores versions", id: "R-7644-3.7-03", before: func(x *exchange) { x.rewrite(`"version":"(?:[^"\\]|\\.)*",?`, "") }},
	{name: "another tenant's users are 403 and named", id: "R-7644-2-02", after: func(x *exchange) {
		if x.status == 404 {
			x.status = 403
		}
	}},
	{name: "externalId of other clients is shown", id: "R-7643-9.3-01", after: func(x *exchange) {
		if m := regexp.MustCompile(`"externalId":"([^"]+)"`).FindSubmatch(x.sent); m != nil {
			x.visited["external"] = m[1]
		}
		if x.is("GET", "Users/") {
			x.each(func(r map[string]any) { r["externalId"] = string(x.visited["external"]) })
		}
	}},
}

// visitedToken is the first token that was used.
func (x *exchange) visitedToken() string { return string(x.visited["token"]) }

// spoiled is a server that a mutation stands before.
func spoiled(t *testing.T, s *scimtest.Server, m mutation) *httptest.Server {
	visited := map[string][]byte{"token": []byte("Bearer " + s.Token)}
	var one sync.Mutex
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		one.Lock()
		defer one.Unlock()
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		x := &exchange{r: r, sent: body, visited: visited}
		forward := func(r *http.Request, body []byte) *httptest.ResponseRecorder {
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			rec := httptest.NewRecorder()
			s.SCIM.Handler().ServeHTTP(rec, r)
			return rec
		}
		x.ask = func(method, path string) []byte {
			inner := httptest.NewRequest(method, path, nil)
			inner.Header.Set("Authorization", r.Header.Get("Authorization"))
			return forward(inner, nil).Body.Bytes()
		}
		if m.before != nil {
			m.before(x)
		}
		rec := forward(r, x.sent)
		x.status, x.header, x.body = rec.Code, rec.Header(), rec.Body.Bytes()
		if m.after != nil {
			m.after(x)
		}
		x.header.Del("Content-Length")
		for k, v := range x.header {
			w.Header()[k] = v
		}
		w.WriteHeader(x.status)
		if x.status != http.StatusNoContent && x.status != http.StatusNotModified {
			_, _ = w.Write(x.body) // a client that has gone is none of ours
		}
	}))
	t.Cleanup(server.Close)
	return server
}

// A judge that can not fail proves nothing: each of these mistakes must turn its
// requirement red, and without it the same proxy must leave it green.
func TestMutations(t *testing.T) {
	s := scimtest.Start(t, scimtest.Options{Mode: storage.Strict})
	populate(t, s)
	_, _, other := s.AddClient(t, "default", "entra", storage.Strict, "")
	_, _, elsewhere := s.AddClient(t, "elsewhere", "okta", storage.Strict, "")
	run := func(t *testing.T, m mutation) *conformance.Report {
		t.Helper()
		report, err := conformance.Run(context.Background(), conformance.Options{
			URL: spoiled(t, s, m).URL + "/scim/v2", Token: s.Token, OtherToken: other, OtherTenantToken: elsewhere, Mode: conformance.Strict, Only: []string{m.id},
		})
		if err != nil {
			t.Fatal(err)
		}
		return report
	}
	for _, m := range mutations {
		t.Run(m.name, func(t *testing.T) {
			if v := run(t, mutation{id: m.id}).ByID()[m.id]; v != conformance.Pass {
				t.Fatalf("without the mistake the verdict is %s", v)
			}
			report := run(t, m)
			if v := report.ByID()[m.id]; v != conformance.Fail && v != conformance.Warn {
				t.Errorf("with the mistake the verdict is %s", v)
			}
			var text bytes.Buffer
			if err := json.NewEncoder(&text).Encode(report); err != nil {
				t.Fatal(err)
			}
			for _, token := range []string{s.Token, other, elsewhere} {
				if strings.Contains(text.String(), token) {
					t.Error("the report holds a token")
				}
			}
		})
	}
}
