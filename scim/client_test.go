package scim_test

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/scim/scimtest"
	"github.com/scimbridge/scimbridge/storage"
)

const (
	userURN       = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupURN      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	enterpriseURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	patchURN      = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	listURN       = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	errorURN      = "urn:ietf:params:scim:api:messages:2.0:Error"
	searchURN     = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"

	// nobody is the shape of an id, and nobody's.
	nobody = "23a35c27-23d3-4c03-b4c5-6443c09e7173"
)

// client sends SCIM requests with one token and holds every answer to what all
// answers owe (see answer.check).
type client struct {
	t     testing.TB
	base  string
	token string
	http  *http.Client
}

// start runs a server and returns it with its client.
func start(t testing.TB, o scimtest.Options) (*scimtest.Server, *client) {
	t.Helper()
	s := scimtest.Start(t, o)
	return s, newClient(t, s, s.Token)
}

func newClient(t testing.TB, s *scimtest.Server, token string) *client {
	return &client{t: t, base: s.URL + "/scim/v2", token: token, http: s.Client()}
}

// second returns a client of the same tenant with another name, mode and token.
func second(t testing.TB, s *scimtest.Server, name string, mode storage.Mode) *client {
	t.Helper()
	_, _, token := s.AddClient(t, s.Tenant.Name, name, mode, "")
	return newClient(t, s, token)
}

// send sends a request; header alternates names and values, and an empty value
// takes a header away.
func (c *client) send(method, path, body string, header ...string) answer {
	c.t.Helper()
	a, err := c.trySend(method, path, body, header...)
	if err != nil {
		c.t.Fatal(err)
	}
	a.check()
	return a
}

// trySend is send without the checks, for use outside of the test's goroutine.
func (c *client) trySend(method, path, body string, header ...string) (answer, error) {
	a := answer{t: c.t, what: method + " " + path}
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, strings.NewReader(body))
	if err != nil {
		return a, err
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/scim+json")
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Del(header[i])
		if header[i+1] != "" {
			req.Header.Add(header[i], header[i+1])
		}
	}
	res, err := c.http.Do(req)
	if err != nil {
		return a, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return a, err
	}
	a.status, a.header, a.raw = res.StatusCode, res.Header, string(raw)
	if len(raw) > 0 {
		err = json.Unmarshal(raw, &a.body)
	}
	return a, err
}

func (c *client) get(path string, header ...string) answer {
	c.t.Helper()
	return c.send("GET", path, "", header...)
}

// user creates a user with more members in its body ("" or `"title":"T"`) and returns its id.
func (c *client) user(name, more string) string {
	c.t.Helper()
	return c.post("/Users", `{"schemas":["`+userURN+`"],"userName":`+strconv.Quote(name)+comma(more)+`}`).text("id")
}

// group creates a group with members and returns its id.
func (c *client) group(name string, members ...string) string {
	c.t.Helper()
	list := make([]string, len(members))
	for i, m := range members {
		list[i] = `{"value":"` + m + `"}`
	}
	return c.post("/Groups", `{"schemas":["`+groupURN+`"],"displayName":`+strconv.Quote(name)+`,"members":[`+strings.Join(list, ",")+`]}`).text("id")
}

func comma(more string) string {
	if more == "" {
		return ""
	}
	return "," + more
}

func (c *client) post(path, body string) answer {
	c.t.Helper()
	return c.send("POST", path, body).want(http.StatusCreated)
}

// put replaces a user.
func (c *client) put(id, name, more string, header ...string) answer {
	c.t.Helper()
	return c.send("PUT", "/Users/"+id, `{"schemas":["`+userURN+`"],"userName":`+strconv.Quote(name)+comma(more)+`}`, header...)
}

func patchBody(operations string) string {
	return `{"schemas":["` + patchURN + `"],"Operations":` + operations + `}`
}

// patch sends operations, a JSON array.
func (c *client) patch(path, operations string, header ...string) answer {
	c.t.Helper()
	return c.send("PATCH", path, patchBody(operations), header...)
}

// tester is what answers need of a test; rapid's has no more.
type tester interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// answer is what came back.
type answer struct {
	t      tester
	what   string
	status int
	header http.Header
	raw    string
	body   map[string]any
}

// scimTypes are the words of RFC 7644 table 9 and RFC 9865 section 2.1.
var scimTypes = []string{"invalidFilter", "tooMany", "uniqueness", "mutability", "invalidSyntax", "invalidPath", "noTarget", "invalidValue", "invalidVers", "sensitive",
	"invalidCursor", "expiredCursor", "invalidCount"}

// check holds an answer to what every answer of the bridge owes.
//
// covers: R-7644-3.1-01, R-7644-3.12-01, R-7644-3.12-03, R-7643-2.1-02,
// R-7643-3.1-13, R-7643-3.1-14, R-7644-3.14-01, R-7643-2.5-02, A0-3
func (a answer) check() {
	a.t.Helper()
	if a.header.Get("X-Request-Id") == "" {
		a.t.Errorf("%s: no X-Request-Id", a.what)
	}
	if a.raw == "" {
		if a.status != http.StatusNoContent && a.status != http.StatusNotModified {
			a.t.Errorf("%s: %d without a body", a.what, a.status)
		}
		return
	}
	if ct := a.header.Get("Content-Type"); ct != "application/scim+json" {
		a.t.Errorf("%s: Content-Type %q", a.what, ct)
	}
	if list, ok := a.body["schemas"].([]any); !ok || len(list) == 0 {
		a.t.Errorf("%s: no schemas in %s", a.what, a.raw)
	}
	if a.status >= 400 {
		a.checkError()
		return
	}
	a.checkResource(a.body)
	if v, ok := a.lookup("meta.version"); ok && v != a.header.Get("ETag") {
		a.t.Errorf("%s: meta.version %v, ETag %q", a.what, v, a.header.Get("ETag"))
	}
	location, ok := a.lookup("meta.location")
	for _, h := range []string{"Location", "Content-Location"} {
		if v := a.header.Get(h); v != "" && ok && v != location {
			a.t.Errorf("%s: meta.location %v, %s %q", a.what, location, h, v)
		}
	}
}

func (a answer) checkError() {
	a.t.Helper()
	for k := range a.body {
		if !slices.Contains([]string{"schemas", "status", "scimType", "detail"}, k) {
			a.t.Errorf("%s: an error with %q: %s", a.what, k, a.raw)
		}
	}
	if a.raw[:len(`{"schemas":["`+errorURN+`"]`)] != `{"schemas":["`+errorURN+`"]` || a.body["status"] != strconv.Itoa(a.status) || a.body["detail"] == "" {
		a.t.Errorf("%s: %d is no SCIM error: %s", a.what, a.status, a.raw)
	}
	if word, ok := a.body["scimType"]; ok && !slices.Contains(scimTypes, word.(string)) {
		a.t.Errorf("%s: scimType %v", a.what, word)
	}
}

// checkResource holds users and groups, alone or in a list, to what they owe:
// an id, schemas, and nothing that is unassigned.
func (a answer) checkResource(o map[string]any) {
	a.t.Helper()
	schemas, _ := o["schemas"].([]any)
	switch {
	case slices.Contains(schemas, any(listURN)):
		list, _ := o["Resources"].([]any)
		for _, r := range list {
			a.checkResource(r.(map[string]any))
		}
	case slices.Contains(schemas, any(userURN)) || slices.Contains(schemas, any(groupURN)):
		if id, _ := o["id"].(string); id == "" {
			a.t.Errorf("%s: a resource without id: %s", a.what, a.raw)
		}
		if _, ok := o["password"]; ok {
			a.t.Errorf("%s: a password: %s", a.what, a.raw)
		}
		if unassigned(o) {
			a.t.Errorf("%s: null, \"\" or an empty array or object in %s", a.what, a.raw)
		}
	case len(schemas) == 0:
		a.t.Errorf("%s: a resource without schemas: %s", a.what, a.raw)
	}
}

// unassigned reports whether there is a null, empty string, array or object in v.
func unassigned(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0 || slices.ContainsFunc(v, unassigned)
	case map[string]any:
		for _, e := range v {
			if unassigned(e) {
				return true
			}
		}
		return len(v) == 0
	}
	return false
}

func (a answer) want(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s: status %d, want %d: %s", a.what, a.status, status, a.raw)
	}
	return a
}

// fails wants a SCIM error; scimType "" means that there is none.
func (a answer) fails(status int, scimType string) answer {
	a.t.Helper()
	got, _ := a.body["scimType"].(string)
	if a.status != status || got != scimType {
		a.t.Fatalf("%s: status %d %q, want %d %q: %s", a.what, a.status, got, status, scimType, a.raw)
	}
	return a
}

// lookup finds a value by dotted names; a number is an index. Names that hold
// dots themselves (URNs) are not for it.
func (a answer) lookup(path string) (any, bool) {
	var v any = a.body
	for name := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			w, ok := x[name]
			if !ok {
				return nil, false
			}
			v = w
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i >= len(x) {
				return nil, false
			}
			v = x[i]
		default:
			return nil, false
		}
	}
	return v, true
}

// text is lookup for a string that must be there.
func (a answer) text(path string) string {
	a.t.Helper()
	v, _ := a.lookup(path)
	s, ok := v.(string)
	if !ok {
		a.t.Fatalf("%s: no %s in %s", a.what, path, a.raw)
	}
	return s
}

func (a answer) number(path string) int {
	a.t.Helper()
	v, _ := a.lookup(path)
	n, ok := v.(float64)
	if !ok || n != float64(int(n)) {
		a.t.Fatalf("%s: no integer %s in %s", a.what, path, a.raw)
	}
	return int(n)
}

func (a answer) has(path string) bool {
	_, ok := a.lookup(path)
	return ok
}

// texts collects one member of each element of a list, e.g. "Resources", "id".
func (a answer) texts(list, member string) []string {
	a.t.Helper()
	v, _ := a.lookup(list)
	elements, _ := v.([]any)
	all := make([]string, len(elements))
	for i, e := range elements {
		all[i], _ = e.(map[string]any)[member].(string)
	}
	return all
}

func same(t testing.TB, what string, got, want any) {
	t.Helper()
	g, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	w, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if string(g) != string(w) {
		t.Errorf("%s: %s, want %s", what, g, w)
	}
}
