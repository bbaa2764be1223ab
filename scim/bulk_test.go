package scim_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/scim"
	"github.com/scimbridge/scimbridge/scim/scimtest"
	"github.com/scimbridge/scimbridge/storage"
)

const (
	bulkURN         = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
	bulkResponseURN = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
)

// bulkBody is a bulk request; more is put before the operations ("" or `"failOnErrors":1`).
func bulkBody(more string, operations ...string) string {
	if more != "" {
		more += ","
	}
	return `{"schemas":["` + bulkURN + `"],` + more + `"Operations":[` + strings.Join(operations, ",") + `]}`
}

func (c *client) bulk(more string, operations ...string) bulkAnswer {
	c.t.Helper()
	return bulkAnswer{c.send("POST", "/Bulk", bulkBody(more, operations...)).want(http.StatusOK)}
}

// bulkAnswer is a BulkResponse.
type bulkAnswer struct{ answer }

// statuses wants these statuses of the operations, and of each what R-7644-3.7.3-01 asks for.
func (a bulkAnswer) statuses(want ...string) bulkAnswer {
	a.t.Helper()
	if got := a.texts("Operations", "status"); !slices.Equal(got, want) {
		a.t.Fatalf("%s: statuses %q, want %q: %s", a.what, got, want, a.raw)
	}
	if a.text("schemas.0") != bulkResponseURN {
		a.t.Errorf("%s: schemas %v", a.what, a.body["schemas"])
	}
	for i, status := range want {
		at := "Operations." + strconv.Itoa(i) + "."
		method, _ := a.lookup(at + "method")
		failed := status[0] >= '4'
		if a.has(at+"response") != failed {
			a.t.Errorf("%s: operation %d: response in %s", a.what, i+1, a.raw)
		}
		if failed && (a.text(at+"response.status") != status || a.text(at+"response.schemas.0") != errorURN || a.text(at+"response.detail") == "") {
			a.t.Errorf("%s: operation %d is no SCIM error: %s", a.what, i+1, a.raw)
		}
		// What is said wrongly, and refers to nothing, may have none.
		optional := status == "400" || status == "405"
		if want := !failed || method != "POST"; a.has(at+"location") != want && !(want && optional) {
			a.t.Errorf("%s: operation %d: location in %s", a.what, i+1, a.raw)
		}
	}
	return a
}

// id returns the id in the location of operation i, counted from 0.
func (a bulkAnswer) id(i int) string {
	a.t.Helper()
	l := a.text("Operations." + strconv.Itoa(i) + ".location")
	return l[strings.LastIndexByte(l, '/')+1:]
}

// detail returns the error of operation i.
func (a bulkAnswer) detail(i int) string {
	a.t.Helper()
	return a.text("Operations." + strconv.Itoa(i) + ".response.detail")
}

// Operations, as JSON.

func postUser(bulkID, name, more string) string {
	return `{"method":"POST","path":"/Users","bulkId":"` + bulkID + `","data":{"schemas":["` + userURN + `"],"userName":"` + name + `"` + comma(more) + `}}`
}

func postGroup(bulkID, name string, members ...string) string {
	return `{"method":"POST","path":"/Groups","bulkId":"` + bulkID + `","data":{"schemas":["` + groupURN + `"],"displayName":"` + name + `","members":` + memberList(members...) + `}}`
}

func memberList(ids ...string) string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = `{"value":"` + id + `"}`
	}
	return "[" + strings.Join(list, ",") + "]"
}

func op(method, path, data string) string {
	if data != "" {
		data = `,"data":` + data
	}
	return `{"method":"` + method + `","path":"` + path + `"` + data + `}`
}

// covers: R-7644-3.7-01, R-7644-3.7-05, R-7644-3.7.3-01, R-7644-3.7-03, R-7644-3.6-01
func TestBulk(t *testing.T) {
	_, c := start(t, scimtest.Options{Limits: scim.Limits{PatchedMembers: 1}})
	ada, eve, old := c.user("ada", ""), c.user("eve", ""), c.user("old", "")
	group := c.group("Large", ada, eve)
	a := c.bulk("",
		postUser("qwerty", "bob", `"title":"T"`),
		op("PUT", "/Users/"+ada, `{"schemas":["`+userURN+`"],"userName":"ada","title":"Countess"}`),
		op("PATCH", "/Users/"+eve, patchBody(`[{"op":"add","path":"title","value":"Spy"}]`)),
		op("PATCH", "/Groups/"+group, patchBody(`[{"op":"add","path":"members","value":[{"value":"bulkId:qwerty"}]}]`)),
		op("DELETE", "/Users/"+old, ""),
		op("DELETE", "/Users/"+old, ""),
		postUser("again", "BOB", ""),
		op("GET", "/Users/"+ada, ""),
		op("PUT", "/Users/"+old, `{"schemas":["`+userURN+`"],"userName":"old"}`),
		op("PATCH", "/Users/"+old, patchBody(`[{"op":"add","path":"title","value":"T"}]`)),
	).statuses("201", "200", "200", "204", "204", "404", "409", "400", "404", "404")
	same(t, "methods", a.texts("Operations", "method"), []string{"POST", "PUT", "PATCH", "PATCH", "DELETE", "DELETE", "POST", "GET", "PUT", "PATCH"})
	same(t, "bulkIds", a.texts("Operations", "bulkId"), []string{"qwerty", "", "", "", "", "", "again", "", "", ""})
	for i, want := range []string{"/Users/" + a.id(0), "/Users/" + ada, "/Users/" + eve, "/Groups/" + group, "/Users/" + old, "/Users/" + old} {
		if got := a.text(fmt.Sprintf("Operations.%d.location", i)); got != scimtest.BaseURL+"/scim/v2"+want {
			t.Errorf("operation %d: location %q, want %q", i+1, got, want)
		}
	}
	if a.text("Operations.6.response.scimType") != "uniqueness" {
		t.Errorf("scimType in %s", a.raw)
	}
	for path, want := range map[string]string{"/Users/" + a.id(0): "T", "/Users/" + ada: "Countess", "/Users/" + eve: "Spy"} {
		if got := c.get(path).want(http.StatusOK).text("title"); got != want {
			t.Errorf("%s: title %q, want %q", path, got, want)
		}
	}
	same(t, "members", c.get("/Groups/"+group).texts("members", "value"), []string{ada, eve, a.id(0)})
	c.get("/Users/"+old).fails(http.StatusNotFound, "")

	// What is said of a version is what the resource has.
	tag := c.get("/Groups/" + group).header.Get("ETag")
	if got := a.text("Operations.3.version"); got != tag {
		t.Errorf("version %s, ETag %s", got, tag)
	}
	versioned := func(method, version, data string) string {
		return `{"method":"` + method + `","path":"/Groups/` + group + `","version":` + strconv.Quote(version) + data + `}`
	}
	rename := func(name string) string {
		return `,"data":` + patchBody(`[{"op":"replace","path":"displayName","value":"`+name+`"}]`)
	}
	c.bulk("", versioned("PATCH", `W/"0"`, rename("No")), versioned("PATCH", tag, rename("Yes")), versioned("PATCH", tag, rename("Late")),
		versioned("DELETE", tag, "")).statuses("412", "204", "412", "412")
	if got := c.get("/Groups/" + group).text("displayName"); got != "Yes" {
		t.Errorf("displayName %q", got)
	}
	c.send("GET", "/Bulk", "").fails(http.StatusMethodNotAllowed, "")
}

// covers: R-7644-3.7-01, R-7644-3.7-02, R-7644-3.7.2-01, T-29, T-36, T-38
func TestBulkRefuses(t *testing.T) {
	s, c := start(t, scimtest.Options{})
	strict := second(t, s, "strict", storage.Strict)
	id := c.user("ada", "")
	whole := func(what, body, scimType string) {
		t.Helper()
		t.Log(what)
		c.send("POST", "/Bulk", body).fails(http.StatusBadRequest, scimType)
	}
	good := postUser("x", "x", "")
	whole("no schemas", `{"Operations":[`+good+`]}`, "invalidSyntax")
	whole("another message", `{"schemas":["`+patchURN+`"],"Operations":[`+good+`]}`, "invalidSyntax")
	whole("no operations", bulkBody(""), "invalidSyntax")
	whole("null for operations", `{"schemas":["`+bulkURN+`"],"Operations":null}`, "invalidSyntax")
	whole("an object for operations", `{"schemas":["`+bulkURN+`"],"Operations":`+good+`}`, "invalidSyntax")
	whole("operations twice", `{"schemas":["`+bulkURN+`"],"Operations":[`+good+`],"operations":[`+good+`]}`, "invalidSyntax")
	whole("cut off", strings.TrimSuffix(bulkBody("", good), "]}"), "invalidSyntax")
	whole("no UTF-8", bulkBody("", postUser("x", "x\xff", "")), "invalidSyntax")
	for _, n := range []string{"-1", "1.5", `"1"`, "true"} {
		whole("failOnErrors "+n, bulkBody(`"failOnErrors":`+n, good), "invalidValue")
	}
	c.send("POST", "/Bulk", bulkBody("", good), "Content-Type", "text/plain").fails(http.StatusUnsupportedMediaType, "")
	if n := c.get("/Users").number("totalResults"); n != 1 {
		t.Errorf("%d users after requests that were refused, want 1", n)
	}

	user := `{"schemas":["` + userURN + `"],"userName":"n"}`
	for _, tt := range []struct{ what, op, status, scimType, says string }{
		{"no object", `"POST"`, "400", "invalidSyntax", "object"},
		{"no method", `{"path":"/Users","bulkId":"b","data":` + user + `}`, "400", "invalidSyntax", "method"},
		{"another method", op("OPTIONS", "/Users", user), "400", "invalidSyntax", "method"},
		{"no path", `{"method":"POST","bulkId":"b","data":` + user + `}`, "400", "invalidSyntax", "path"},
		{"a number as path", `{"method":"POST","path":1,"bulkId":"b","data":` + user + `}`, "400", "invalidSyntax", "path"},
		{"no slash", op("DELETE", "Users/"+id, ""), "400", "invalidSyntax", "path"},
		{"a query", op("DELETE", "/Users/"+id+"?a=b", ""), "400", "invalidSyntax", "path"},
		{"another host", op("DELETE", "https://evil.example/Users/"+id, ""), "400", "invalidSyntax", "path"},
		{"no endpoint", op("DELETE", "/Nothing/"+id, ""), "400", "invalidValue", "endpoint"},
		{"a bulk in a bulk", `{"method":"POST","path":"/Bulk","bulkId":"b","data":{}}`, "400", "invalidValue", "endpoint"},
		{"a detour", op("DELETE", "/Groups/../Users/"+id, ""), "400", "invalidValue", "endpoint"},
		{"a reference as a detour", op("DELETE", "/Users/bulkId:../Users/"+id, ""), "400", "invalidValue", "endpoint"},
		{"an escaped detour", op("DELETE", "/Users/bulkId:..%2FUsers%2F"+id, ""), "400", "invalidValue", "endpoint"},
		{"a method the endpoint has not", op("DELETE", "/Users", ""), "405", "", "DELETE /Users"},
		{"a search", `{"method":"POST","path":"/Users/.search","bulkId":"b","data":{}}`, "405", "", "POST"},
		{"no bulkId", op("POST", "/Users", user), "400", "invalidSyntax", "bulkId"},
		{"an empty bulkId", `{"method":"POST","path":"/Users","bulkId":"","data":` + user + `}`, "400", "invalidSyntax", "bulkId"},
		{"a number as bulkId", `{"method":"POST","path":"/Users","bulkId":1,"data":` + user + `}`, "400", "invalidSyntax", "bulkId"},
		{"POST without data", `{"method":"POST","path":"/Users","bulkId":"b"}`, "400", "invalidSyntax", "data"},
		{"PUT without data", op("PUT", "/Users/"+id, ""), "400", "invalidSyntax", "data"},
		{"PATCH without data", op("PATCH", "/Users/"+id, ""), "400", "invalidSyntax", "data"},
		{"data is a list", op("PATCH", "/Users/"+id, "[]"), "400", "invalidSyntax", "data"},
		{"a number as version", `{"method":"DELETE","path":"/Users/` + id + `","version":1}`, "400", "invalidSyntax", "version"},
		{"no value for a required attribute", op("PUT", "/Users/"+id, `{"schemas":["`+userURN+`"],"userName":[]}`), "400", "invalidValue", "userName"},
		{"a broken patch", op("PATCH", "/Users/"+id, patchBody(`[{"op":"jump"}]`)), "400", "invalidSyntax", "op"},
		{"an unknown reference in the path", op("DELETE", "/Users/bulkId:nothing", ""), "400", "invalidValue", "bulkId:nothing"},
		{"an unknown reference in an attribute", postUser("b", "n", `"title":"bulkId:nothing"`), "400", "invalidValue", "bulkId:nothing"},
		{"a reference as a path in an attribute", postGroup("b", "n", "bulkId:../Users/"+id), "400", "invalidValue", "bulkId:../Users"},
		{"an empty reference", postGroup("b", "n", "bulkId:"), "400", "invalidValue", "bulkId:"},
		{"a foreign resource", op("DELETE", "/Users/"+nobody, ""), "404", "", "no such resource"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			for _, c := range []client{*c, *strict} {
				c.t = t
				a := c.bulk("", tt.op).statuses(tt.status)
				if got, _ := a.lookup("Operations.0.response.scimType"); got != tt.scimType && (got != nil || tt.scimType != "") {
					t.Errorf("scimType %v, want %q: %s", got, tt.scimType, a.raw)
				}
				if !strings.Contains(a.detail(0), tt.says) {
					t.Errorf("detail %q does not say %q", a.detail(0), tt.says)
				}
			}
		})
	}
	same(t, "users", c.get("/Users").texts("Resources", "id"), []string{id})
	strict.bulk("", `{"method":"delete","path":"/Users/`+id+`"}`).statuses("400")
	strict.send("POST", "/Bulk", bulkBody(`"failOnErrors":0`, good)).fails(http.StatusBadRequest, "invalidValue")
	c.bulk(`"failOnErrors":0`, `{"method":"delete","path":"/Users/`+id+`/","unknown":1}`).statuses("204")
}

// covers: R-7644-3.7-04
func TestBulkFailOnErrors(t *testing.T) {
	for _, tt := range []struct {
		more     string
		statuses []string
		users    []string
	}{
		{"", []string{"201", "409", "201", "400", "404", "201"}, []string{"one", "three", "six"}},
		{`"failOnErrors":1`, []string{"201", "409"}, []string{"one"}},
		{`"failOnErrors":2`, []string{"201", "409", "201", "400"}, []string{"one", "three"}},
		{`"FAILONERRORS":3`, []string{"201", "409", "201", "400", "404"}, []string{"one", "three"}},
		{`"failOnErrors":99999999999999999999`, []string{"201", "409", "201", "400", "404", "201"}, []string{"one", "three", "six"}},
	} {
		t.Run(tt.more, func(t *testing.T) {
			_, c := start(t, scimtest.Options{})
			c.bulk(tt.more, postUser("1", "one", ""), postUser("2", "ONE", ""), postUser("3", "three", ""),
				postUser("4", "four", `"active":"perhaps"`), op("DELETE", "/Users/"+nobody, ""), postUser("6", "six", "")).statuses(tt.statuses...)
			same(t, "users", c.get("/Users").texts("Resources", "userName"), tt.users)
		})
	}
}

// covers: R-7644-3.7.4-01, T-44
func TestBulkLimits(t *testing.T) {
	two := bulkBody("", postUser("1", "one", ""), postUser("2", "two", ""))
	_, c := start(t, scimtest.Options{Limits: scim.Limits{BulkOperations: 2, BulkPayload: int64(len(two))}})
	if a := c.send("POST", "/Bulk", two+" ").fails(http.StatusRequestEntityTooLarge, ""); !strings.Contains(a.text("detail"), strconv.Itoa(len(two))) {
		t.Errorf("the detail does not name the limit: %s", a.raw)
	}
	three := bulkBody("", op("DELETE", "/Users/x", ""), op("DELETE", "/Users/y", ""), op("DELETE", "/Users/z", ""))
	if a := c.send("POST", "/Bulk", three).fails(http.StatusRequestEntityTooLarge, ""); !strings.Contains(a.text("detail"), " 2 ") {
		t.Errorf("the detail does not name the limit: %s", a.raw)
	}
	if n := c.get("/Users").number("totalResults"); n != 0 {
		t.Errorf("%d users after requests that were refused", n)
	}
	bulkAnswer{c.send("POST", "/Bulk", two).want(http.StatusOK)}.statuses("201", "201")
	c.user("large", `"title":"`+strings.Repeat("x", len(two))+`"`) // the limit is that of bulk requests alone

	// A bulk request may also be larger than other bodies.
	_, c = start(t, scimtest.Options{Limits: scim.Limits{Body: 100}})
	bulkAnswer{c.send("POST", "/Bulk", two).want(http.StatusOK)}.statuses("201", "201")
}

// Whoever may change some resources only is refused the other operations.
//
// covers: T-06
func TestBulkScope(t *testing.T) {
	s, c := start(t, scimtest.Options{})
	id := c.user("ada", "")
	_, _, token := s.AddClient(t, s.Tenant.Name, "users", storage.Tolerant, "users:write")
	a := newClient(t, s, token).bulk("", postGroup("g", "Group"), postUser("u", "eve", ""), op("DELETE", "/Groups/"+nobody, "")).statuses("403", "201", "403")
	if !strings.Contains(a.detail(0), "users:write") {
		t.Errorf("detail %q", a.detail(0))
	}
	_, _, token = s.AddClient(t, s.Tenant.Name, "reader", storage.Tolerant, "users:read groups:read")
	newClient(t, s, token).send("POST", "/Bulk", bulkBody("", op("DELETE", "/Users/"+id, ""))).fails(http.StatusForbidden, "")
	c.get("/Users/" + id).want(http.StatusOK)
	if n := c.get("/Groups").number("totalResults"); n != 0 {
		t.Errorf("%d groups", n)
	}
}

// Another tenant's resources are not there, whatever the operation.
//
// covers: T-24, T-26
func TestBulkTenancy(t *testing.T) {
	s, c := start(t, scimtest.Options{})
	user, group := c.user("ada", ""), c.group("Group")
	_, _, token := s.AddClient(t, "other", "okta", storage.Tolerant, "")
	b := newClient(t, s, token)
	of := func(user, group string) string {
		return b.bulk("", op("PUT", "/Users/"+user, `{"schemas":["`+userURN+`"],"userName":"x"}`),
			op("PATCH", "/Users/"+user, patchBody(`[{"op":"add","path":"title","value":"T"}]`)), op("DELETE", "/Users/"+user, ""),
			op("PATCH", "/Groups/"+group, patchBody(`[{"op":"replace","path":"displayName","value":"T"}]`)), op("DELETE", "/Groups/"+group, ""),
			`{"method":"DELETE","path":"/Users/`+user+`","version":"W/\"1\""}`,
		).statuses("404", "404", "404", "404", "404", "404").raw
	}
	theirs := strings.NewReplacer(user, nobody, group, nobody).Replace(of(user, group))
	if unknown := of(nobody, nobody); theirs != unknown {
		t.Errorf("another tenant's: %s, unknown: %s", theirs, unknown)
	}
	c.get("/Users/" + user).want(http.StatusOK)
	c.get("/Groups/" + group).want(http.StatusOK)
}

// A transaction that fails as a whole leaves nothing and is one error.
//
// covers: R-7644-3.7-05, T-49
func TestBulkFailsAsAWhole(t *testing.T) {
	for _, tt := range []struct {
		err    error
		status int
	}{
		{storage.ErrUnavailable, http.StatusServiceUnavailable},
		{fmt.Errorf("commit: %w", storage.ErrUncertain), http.StatusServiceUnavailable},
		{fmt.Errorf("nobody expects this"), http.StatusInternalServerError},
	} {
		var fail error
		_, c := start(t, scimtest.Options{Wrap: func(b scim.Backend) scim.Backend { return failing{b, &fail} }})
		ada := c.user("ada", "")
		fail = tt.err
		c.send("POST", "/Bulk", bulkBody("", postUser("1", "one", ""), op("DELETE", "/Users/"+ada, ""), postUser("3", "three", ""))).fails(tt.status, "")
		same(t, "users", c.get("/Users").texts("Resources", "id"), []string{ada})
		fail = nil
		c.bulk("", postUser("1", "one", ""), op("DELETE", "/Users/"+ada, "")).statuses("201", "204")
	}
}

// failing is a backend that deletes no user while *err is set.
type failing struct {
	scim.Backend
	err *error
}

func (f failing) DeleteUser(ctx context.Context, by journal.Actor, id directory.ID, check func(*directory.User) error) error {
	if *f.err != nil {
		return *f.err
	}
	return f.Backend.DeleteUser(ctx, by, id, check)
}
