package scim_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3"

	"github.com/scimbridge/scimbridge/auth"
	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/internal/scimbackend"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/mapping"
	"github.com/scimbridge/scimbridge/provision"
	"github.com/scimbridge/scimbridge/scim"
	"github.com/scimbridge/scimbridge/scim/scimtest"
	"github.com/scimbridge/scimbridge/storage"
	"github.com/scimbridge/scimbridge/storage/sqlite"
)

var respondAsync = []string{"Prefer", "respond-async"}

// later sends a request that is to be carried out later and returns the path of
// its result (R-9967-2.5-01).
func (c *client) later(method, path, body string, header ...string) string {
	c.t.Helper()
	a, err := c.trySend(method, path, body, append(header, respondAsync...)...)
	if err != nil {
		c.t.Fatal(err)
	}
	a.want(http.StatusAccepted)
	result, ok := strings.CutPrefix(a.header.Get("Location"), scimtest.BaseURL+"/scim/v2")
	txn := a.header.Get("Set-Txn")
	if a.raw != "" || a.header.Get("Content-Type") != "" || !ok || txn == "" || result != "/AsyncRequests/"+txn || a.header.Get("Preference-Applied") != "respond-async" {
		c.t.Fatalf("%s: body %q, header %v", a.what, a.raw, a.header)
	}
	return result
}

// result waits for the end of a request.
func (c *client) result(path string) answer {
	c.t.Helper()
	for range 2000 {
		a, err := c.trySend("GET", path, "")
		if err != nil {
			c.t.Fatal(err)
		}
		if txn := path[strings.LastIndexByte(path, '/')+1:]; a.header.Get("Set-Txn") != txn {
			c.t.Fatalf("%s: %d, Set-Txn %q", a.what, a.status, a.header.Get("Set-Txn"))
		}
		if a.status != http.StatusAccepted {
			a.check()
			return a
		}
		if a.raw != "" || a.header.Get("Retry-After") == "" {
			c.t.Fatalf("%s: body %q, header %v", a.what, a.raw, a.header)
		}
		time.Sleep(time.Millisecond)
	}
	c.t.Fatalf("%s is pending for ever", path)
	return answer{}
}

// Each write can be handed in, and ends as it would have been answered.
//
// covers: R-9967-2.5-01
func TestAsynchronousRequests(t *testing.T) {
	_, c := start(t, scimtest.Options{})
	user := `{"schemas":["` + userURN + `"],"userName":"ada","title":"<T>"}`
	created := c.result(c.later("POST", "/Users", user)).want(http.StatusCreated)
	id := created.text("id")
	now := c.get("/Users/" + id).want(http.StatusOK)
	if created.raw != now.raw || created.header.Get("ETag") != now.header.Get("ETag") || created.header.Get("Location") != now.text("meta.location") {
		t.Errorf("%s %v, the user is %s", created.raw, created.header, now.raw)
	}
	// What of the request is not its body counts too.
	a := c.result(c.later("PUT", "/Users/"+id+"?attributes=title", strings.Replace(user, "<T>", "U", 1), "If-Match", now.header.Get("ETag"))).want(http.StatusOK)
	if a.text("title") != "U" || a.has("userName") {
		t.Errorf("PUT with attributes: %s", a.raw)
	}
	c.result(c.later("PUT", "/Users/"+id, user, "If-Match", now.header.Get("ETag"))).fails(http.StatusPreconditionFailed, "")
	c.result(c.later("POST", "/Users", user)).fails(http.StatusConflict, "uniqueness")
	c.result(c.later("PATCH", "/Users/"+id, patchBody(`[{"op":"replace","path":"title","value":"V"}]`))).want(http.StatusOK)
	if got := c.get("/Users/" + id).text("title"); got != "V" {
		t.Errorf("title %q", got)
	}
	bulk := bulkAnswer{c.result(c.later("POST", "/Bulk", bulkBody("", postGroup("g", "Group", "bulkId:u"), postUser("u", "eve", ""), op("DELETE", "/Users/"+nobody, "")))).want(http.StatusOK)}
	bulk.statuses("201", "201", "404")
	same(t, "members", c.get("/Groups/"+bulk.id(0)).texts("members", "value"), []string{bulk.id(1)})
	gone := c.later("DELETE", "/Users/"+id, "")
	c.result(gone).want(http.StatusNoContent)
	c.result(gone).want(http.StatusNoContent) // as often as it is asked for
	c.result(c.later("DELETE", "/Users/"+id, "")).fails(http.StatusNotFound, "")
	c.get("/Users/"+id).fails(http.StatusNotFound, "")

	// What is wrong with a request is told at once; reading is never put off.
	for _, tt := range []struct {
		method, path, body string
		status             int
		scimType           string
	}{
		{"POST", "/Users", `{"schemas":`, 400, "invalidSyntax"}, {"POST", "/Users", `{"schemas":["` + userURN + `"]}`, 400, "invalidValue"},
		{"PATCH", "/Users/" + id, patchBody(`[]`), 400, "invalidSyntax"}, {"POST", "/Bulk", bulkBody(""), 400, "invalidSyntax"},
		{"DELETE", "/Users", "", 405, ""},
	} {
		c.send(tt.method, tt.path, tt.body, respondAsync...).fails(tt.status, tt.scimType)
	}
	c.get("/Users", respondAsync...).want(http.StatusOK)
	c.send("POST", "/Users/.search", `{"schemas":["`+searchURN+`"]}`, respondAsync...).want(http.StatusOK)
	for _, prefer := range []string{"return=minimal", "respond-asynchronously", ""} {
		c.send("PATCH", "/Groups/"+bulk.id(0), patchBody(`[{"op":"add","path":"displayName","value":"G"}]`), "Prefer", prefer).want(http.StatusOK)
	}
	for _, prefer := range []string{"Respond-Async", "return=minimal, respond-async;x=y", "wait=10 , respond-async"} {
		if a, err := c.trySend("DELETE", "/Groups/"+nobody, "", "Prefer", prefer); err != nil || a.status != http.StatusAccepted {
			t.Errorf("Prefer %q: %d, %v", prefer, a.status, err)
		}
	}
}

// covers: R-9967-4-01, R-9967-2.5-01
func TestAsynchronousRequestsAreAdvertised(t *testing.T) {
	_, c := start(t, scimtest.Options{})
	if a := c.get("/ServiceProviderConfig"); a.text("securityEvents.asyncRequest") != "request" || a.has("securityEvents.eventUris") {
		t.Errorf("%s", a.raw)
	}
	_, c = start(t, scimtest.Options{AsyncResults: -1})
	if a := c.get("/ServiceProviderConfig"); a.has("securityEvents") {
		t.Errorf("%s", a.raw)
	}
	a := c.send("POST", "/Users", `{"schemas":["`+userURN+`"],"userName":"ada"}`, respondAsync...).want(http.StatusCreated)
	if a.header.Get("Preference-Applied") != "" {
		t.Errorf("header %v", a.header)
	}
}

// A result is its client's: to others it is not there, whether or not it is done.
//
// covers: T-26, R-9967-2.5-01
func TestAsynchronousResultsAreTheirClients(t *testing.T) {
	for _, idle := range []bool{false, true} {
		s, c := start(t, scimtest.Options{Idle: idle})
		result := c.later("POST", "/Users", `{"schemas":["`+userURN+`"],"userName":"ada"}`)
		if !idle {
			c.result(result).want(http.StatusCreated)
		}
		_, _, foreign := s.AddClient(t, "other", "okta", storage.Tolerant, "")
		for who, other := range map[string]*client{"another tenant": newClient(t, s, foreign), "another client": second(t, s, "entra", storage.Tolerant)} {
			theirs, unknown := other.get(result).fails(http.StatusNotFound, ""), other.get("/AsyncRequests/"+nobody).fails(http.StatusNotFound, "")
			if theirs.raw != unknown.raw || theirs.header.Get("Set-Txn") != "" {
				t.Errorf("%s: %s, unknown: %s", who, theirs.raw, unknown.raw)
			}
		}
		newClient(t, s, "").get(result).fails(http.StatusUnauthorized, "")
		c.send("DELETE", result, "").fails(http.StatusMethodNotAllowed, "")
		c.get("/AsyncRequests").fails(http.StatusNotFound, "")
		// What a token may not do it may not do later.
		_, _, reader := s.AddClient(t, s.Tenant.Name, "reader", storage.Tolerant, "users:read groups:read")
		newClient(t, s, reader).send("POST", "/Users", `{}`, respondAsync...).fails(http.StatusForbidden, "")
		// Another token of the same client, even one that only reads, sees it; one
		// that is revoked or has expired does not, whoever asked for it.
		issue := func(until time.Duration) *client {
			secret, _, err := (&auth.Tokens{Store: s.Store}).Issue(t.Context(), s.SCIMApp.ID, time.Now().Add(until), auth.ScopeRead)
			if err != nil {
				t.Fatal(err)
			}
			return newClient(t, s, secret)
		}
		if a, err := issue(time.Hour).trySend("GET", result, ""); err != nil || a.status != http.StatusCreated && a.status != http.StatusAccepted {
			t.Errorf("%d, %v", a.status, err)
		}
		short := issue(time.Second)
		revoke(t, s, c)
		c.get(result).fails(http.StatusUnauthorized, "")
		time.Sleep(time.Second)
		short.get(result).fails(http.StatusUnauthorized, "")
	}
}

// A request is measured when it is accepted and not again: as it is kept it may
// be longer.
//
// covers: R-9967-2.5-01
func TestAsynchronousRequestsThatGrow(t *testing.T) {
	operations := make([]string, 50)
	for i := range operations {
		operations[i] = postUser(fmt.Sprint(i), fmt.Sprint("u", i), `"password":"x"`)
	}
	many, one := bulkBody("", operations...), `{"schemas":["`+userURN+`"],"userName":"z","password":"x"}`
	_, c := start(t, scimtest.Options{Limits: scim.Limits{BulkPayload: int64(len(many)), Body: int64(len(one))}})
	c.send("POST", "/Users", one+" ", respondAsync...).fails(http.StatusRequestEntityTooLarge, "")
	c.send("POST", "/Bulk", many+" ", respondAsync...).fails(http.StatusRequestEntityTooLarge, "")
	c.result(c.later("POST", "/Users", one)).want(http.StatusCreated)
	c.result(c.later("POST", "/Bulk", many)).want(http.StatusOK)
	if n := c.get("/Users").number("totalResults"); n != 51 {
		t.Errorf("%d users", n)
	}
}

// A request that can not be carried out, however often it is tried, ends, and
// those behind it come to their turn.
//
// covers: R-9967-2.5-01
func TestAsynchronousRequestsThatNeverEnd(t *testing.T) {
	var fail atomic.Pointer[error]
	_, c := start(t, scimtest.Options{Wrap: func(b scim.Backend) scim.Backend { return failingLater{b, &fail} }})
	ada, eve := c.user("ada", ""), c.user("eve", "")
	unavailable := fmt.Errorf("no: %w", storage.ErrUnavailable)
	fail.Store(&unavailable)
	never := c.later("DELETE", "/Users/"+ada, "")
	behind := c.later("PATCH", "/Users/"+eve, patchBody(`[{"op":"add","path":"title","value":"T"}]`))
	for start := time.Now(); time.Since(start) < time.Minute; time.Sleep(10 * time.Millisecond) {
		if a, err := c.trySend("GET", never, ""); err != nil || a.status != http.StatusAccepted {
			break
		}
	}
	c.result(never).fails(http.StatusServiceUnavailable, "")
	c.result(behind).want(http.StatusOK)
	c.get("/Users/" + ada).want(http.StatusOK)
}

// What was accepted is carried out by the next process, once, in its order.
//
// covers: R-9967-2.5-01, T-49
func TestAsynchronousRequestsSurvive(t *testing.T) {
	s, c := start(t, scimtest.Options{Idle: true})
	id := c.user("ada", "")
	results := make([]string, 20)
	for i := range results {
		results[i] = c.later("PATCH", "/Users/"+id, patchBody(fmt.Sprintf(`[{"op":"add","path":"nickName","value":"%d"}]`, i)))
		c.get("/Users/" + id).want(http.StatusOK)
		if a, err := c.trySend("GET", results[i], ""); err != nil || a.status != http.StatusAccepted {
			t.Fatalf("%d, %v: want it to be pending", a.status, err)
		}
	}
	if c.get("/Users/" + id).has("nickName") {
		t.Error("something was carried out")
	}
	// Several workers, as of several processes: each request is one's.
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	for range 3 {
		go func() { s.SCIM.Run(ctx); done <- struct{}{} }()
	}
	for i, r := range results {
		if a := c.result(r).want(http.StatusOK); a.text("nickName") != fmt.Sprint(i) || a.header.Get("ETag") != fmt.Sprintf(`W/"%d"`, i+2) {
			t.Errorf("request %d: %s %s", i, a.raw, a.header.Get("ETag"))
		}
	}
	stop()
	for range 3 {
		<-done
	}
	n := 0
	if err := s.Store.View(t.Context(), func(r storage.Reader) error {
		return r.Journal(s.Tenant.ID, 0, func(e *journal.Entry) bool {
			if e.Kind == journal.KindUser {
				n++
			}
			return true
		})
	}); err != nil || n != 21 {
		t.Errorf("%d entries in the journal, %v, want one for each request and the creation", n, err)
	}
}

// Two processes on one database carry each request out once, whoever accepted it.
//
// covers: R-9967-2.5-01
func TestAsynchronousRequestsOfTwoProcesses(t *testing.T) {
	s, c := start(t, scimtest.Options{Idle: true})
	store, err := sqlite.Open(t.Context(), sqlite.Options{Path: s.File, Readers: 2})
	if err != nil {
		t.Fatal(err)
	}
	m, err := mapping.New(mapping.Defaults(), nil)
	if err != nil {
		t.Fatal(err)
	}
	other, err := scim.New(scim.Config{
		Backend: scimbackend.New(provision.New(store, provision.Options{Mapper: func(directory.TenantID) *mapping.Mapper { return m }})),
		BaseURL: scimtest.BaseURL, AsyncResults: time.Hour,
		Authenticate: func(*http.Request) (scim.Caller, error) { return scim.Caller{}, errors.New("nobody") },
	})
	if err != nil {
		t.Fatal(err)
	}
	results := make([]string, 100)
	for i := range results {
		results[i] = c.later("POST", "/Users", fmt.Sprintf(`{"schemas":[%q],"userName":"u%d"}`, userURN, i))
	}
	ctx, stop := context.WithCancel(t.Context())
	var both sync.WaitGroup
	for _, server := range []*scim.Server{s.SCIM, other} {
		both.Go(func() { server.Run(ctx) })
	}
	for i, r := range results {
		if a := c.result(r).want(http.StatusCreated); a.text("userName") != fmt.Sprint("u", i) {
			t.Errorf("request %d: %s", i, a.raw)
		}
	}
	stop()
	both.Wait()
	if err := store.Close(); err != nil {
		t.Error(err)
	}
	if n := c.get("/Users?count=0").number("totalResults"); n != len(results) {
		t.Errorf("%d users", n)
	}
}

// A failure of the database leaves a request pending, one of the bridge ends it.
//
// covers: R-9967-2.5-01
func TestAsynchronousFailures(t *testing.T) {
	var fail atomic.Pointer[error]
	s, c := start(t, scimtest.Options{Idle: true, Wrap: func(b scim.Backend) scim.Backend { return failingLater{b, &fail} }})
	ada, eve, bob := c.user("ada", ""), c.user("eve", ""), c.user("bob", "")
	unavailable := fmt.Errorf("no: %w", storage.ErrUnavailable)
	fail.Store(&unavailable)
	results := []string{c.later("DELETE", "/Users/"+ada, ""), c.later("DELETE", "/Users/"+eve, ""), c.later("DELETE", "/Users/"+bob, "")}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { s.SCIM.Run(ctx); close(done) }()
	defer func() { stop(); <-done }()
	time.Sleep(20 * time.Millisecond)
	if a, err := c.trySend("GET", results[0], ""); err != nil || a.status != http.StatusAccepted {
		t.Fatalf("%d, %v: want it to be pending", a.status, err)
	}
	unexpected := errors.New("nobody expects this: MARKER")
	fail.Store(&unexpected)
	a := c.result(results[0]).fails(http.StatusInternalServerError, "")
	if strings.Contains(a.raw, "MARKER") || !strings.Contains(a.text("detail"), results[0][len("/AsyncRequests/"):]) {
		t.Errorf("%s", a.raw)
	}
	c.result(results[1]).fails(http.StatusInternalServerError, "")
	c.result(results[2]).fails(http.StatusInternalServerError, "")
	c.get("/Users/" + ada).want(http.StatusOK)
	fail.Store(&errPanic)
	c.result(c.later("DELETE", "/Users/"+eve, "")).fails(http.StatusInternalServerError, "")
	fail.Store(nil)
	c.result(c.later("DELETE", "/Users/"+eve, "")).want(http.StatusNoContent)
}

var errPanic = errors.New("panic")

// failingLater fails to delete users as long as an error is set.
type failingLater struct {
	scim.Backend
	err *atomic.Pointer[error]
}

func (f failingLater) DeleteUser(ctx context.Context, by journal.Actor, id directory.ID, check func(*directory.User) error) error {
	switch err := f.err.Load(); {
	case err == nil:
		return f.Backend.DeleteUser(ctx, by, id, check)
	case *err == errPanic:
		panic("MARKER")
	default:
		return *err
	}
}

// No password is stored, not even for a moment, and what is stored of a person
// goes when the request is done.
//
// covers: R-9967-2.5-01, A0-7
func TestAsynchronousPayloads(t *testing.T) {
	s, c := start(t, scimtest.Options{Idle: true})
	id := c.user("ada", "")
	const secret = "MARKER-secret"
	password := `"password":"` + secret + `","Title":"a\u003cb<c"`
	results := []string{
		c.later("POST", "/Users", `{"schemas":["`+userURN+`"],"userName":"one",`+password+`}`),
		c.later("PUT", "/Users/"+id, `{"schemas":["`+userURN+`"],"userName":"ada","`+userURN+`":{`+strings.Replace(password, "pass", "PASS", 1)+`}}`),
		c.later("PATCH", "/Users/"+id, patchBody(`[{"op":"replace","path":"Password","value":"`+secret+`"},{"op":"add","value":{"nickName":"N",`+password+`}},
			{"op":"replace","path":"`+userURN+`:password","value":"`+secret+`"},{"op":"replace","path":"displayName","value":"D"}]`)),
		c.later("POST", "/Bulk", bulkBody(`"failOnErrors":7`, postUser("u", "two", password),
			op("PATCH", "/Users/bulkId:u", patchBody(`[{"op":"add","path":"password","value":"`+secret+`"}]`)), postGroup("g", "Group", "bulkId:u"))),
	}
	db, err := sql.Open("sqlite3", "file:"+s.File+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var payloads string
	if err := db.QueryRow(`SELECT group_concat(payload) FROM requests`).Scan(&payloads); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(payloads, secret) || !strings.Contains(payloads, `"one"`) {
		t.Errorf("stored: %s", payloads)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { s.SCIM.Run(ctx); close(done) }()
	defer func() { stop(); <-done }()
	if a := c.result(results[0]).want(http.StatusCreated); a.text("title") != "a<b<c" || a.has("password") {
		t.Errorf("%s", a.raw)
	}
	c.result(results[1]).want(http.StatusOK)
	if a := c.result(results[2]).want(http.StatusOK); a.text("displayName") != "D" || a.text("nickName") != "N" {
		t.Errorf("%s", a.raw)
	}
	bulkAnswer{c.result(results[3]).want(http.StatusOK)}.statuses("201", "200", "201")
	var left int
	if err := db.QueryRow(`SELECT count(payload) FROM requests`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d payloads are left, %v", left, err)
	}
}

// A password may stand where nobody looks for it. A request that may hold one
// there is not kept at all.
//
// covers: R-7643-9.2-01, A0-7
func TestAsynchronousPasswordsElsewhere(t *testing.T) {
	s, c := start(t, scimtest.Options{Idle: true})
	id := c.user("ada", "")
	const secret = "MARKER-secret" // each client has room for a hundred pending requests
	bulk := func(operation string) {
		t.Helper()
		if _, err := c.trySend("POST", "/Bulk", bulkBody("", operation), respondAsync...); err != nil {
			t.Fatal(err)
		}
	}
	for _, op := range []string{
		`"path":"password","value":["SECRET"]`, `"path":"password","value":{"value":"SECRET"}`, `"path":"password","value":[{"value":"SECRET"}]`,
		`"value":"{\"password\":\"SECRET\"}"`, `"value":"{\"p\\u0061ssword\":\"SECRET\"}"`, `"value":["{\"password\":\"SECRET\"}"]`, `"value":[{"password":"SECRET"}]`,
		`"path":" password ","value":"SECRET"`, `"path":"/password","value":"SECRET"`, `"path":"password.value","value":"SECRET"`,
		`"path":"` + userURN + `","value":{"password":"SECRET"}`, `"path":"urn:scim:schemas:core:1.0:password","value":"SECRET"`,
		`"path":"urn:scim:schemas:core:1.0:User:password","value":"SECRET"`, `"value":{"urn:scim:schemas:core:1.0":{"password":"SECRET"}}`,
		`"value":{"` + userURN + `.password":"SECRET"}`, `"value":{"` + userURN + `:password":"SECRET"}`, `"value":{"password":["SECRET"]}`,
		`"password":"SECRET"`, `"path":"password","values":"SECRET"`, `"path":"password eq \"SECRET\"","value":"x"`, `"path":"password[value eq \"SECRET\"]","value":"x"`,
	} {
		body := patchBody(`[{"op":"replace",` + strings.ReplaceAll(op, "SECRET", secret) + `}]`)
		if _, err := c.trySend("PATCH", "/Users/"+id, body, respondAsync...); err != nil {
			t.Fatal(err)
		}
		bulk(`{"method":"PATCH","path":"/Users/` + id + `","data":` + body + `}`)
		bulk(`{"method":"PATCH","path":"/Users/` + id + `/","data":` + strings.ReplaceAll(body, "password", "PassWord") + `}`)
	}
	c = second(t, s, "entra", storage.Tolerant)
	for i, more := range []string{
		`"password":["SECRET"]`, `"password":{"value":"SECRET"}`, `"` + userURN + `":{"password":["SECRET"]}`, `"urn:scim:schemas:core:1.0":{"password":"SECRET"}`,
		`"` + userURN + `:password":"SECRET"`, `"user":{"password":"SECRET"}`, `"name":{"givenName":"A","password":"SECRET"}`,
		`"pa\u017f\u017fword":"SECRET"`, `"ｐａｓｓｗｏｒｄ":"SECRET"`, `"emails":[{"value":"a@x.example","Password":"SECRET"}]`,
	} {
		body := `{"schemas":["` + userURN + `"],"userName":"u` + fmt.Sprint(i) + `",` + strings.ReplaceAll(more, "SECRET", secret) + `}`
		if _, err := c.trySend("POST", "/Users", body, respondAsync...); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/Users", "/users", "/Users/", "/Groups", "Users", "https://bridge.example/scim/v2/Users", "/Users?x=y", ""} {
			bulk(`{"method":"POST","bulkId":"x","path":"` + path + `","data":` + body + `}`)
		}
	}
	for _, operation := range []string{
		`{"method":"POST","bulkId":"x","path":"/Users","data":"{\"password\":\"` + secret + `\"}"}`, `{"method":"POST","bulkId":"x","path":"/Users","data":[{"password":"` + secret + `"}]}`,
		`{"method":"POST","path":"/Users","password":"` + secret + `"}`, `[{"password":"` + secret + `"}]`, `{"method":["POST"],"path":"/Users","data":{"password":{"a":"` + secret + `"}}}`,
		`{"method":"DELETE","path":"/Users/` + nobody + `","data":{"password":["` + secret + `"]}}`, `{"method":"POST","bulkId":"x","path":5,"data":{"password":"` + secret + `"}}`,
		`{"method":"POST","bulkId":"password ` + secret + `","path":"/Users","data":{"schemas":["` + userURN + `"],"userName":"last"}}`,
	} {
		bulk(operation)
	}
	for i, query := range []string{"password=" + secret, "attributes=p%61ssword:" + secret, "PASSWORD=x&x=" + secret} {
		body := fmt.Sprintf(`{"schemas":[%q],"userName":"q%d"}`, userURN, i)
		if _, err := c.trySend("POST", "/Users?"+query, body, respondAsync...); err != nil {
			t.Fatal(err)
		}
		if _, err := c.trySend("DELETE", "/Users/"+id+"?"+query, "", respondAsync...); err != nil {
			t.Fatal(err)
		}
	}
	// Neither do the traces of what was carried out hold one: journal, results.
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { s.SCIM.Run(ctx); close(done) }()
	defer func() { stop(); <-done }()
	c.result(c.later("POST", "/Users", `{"schemas":["`+userURN+`"],"userName":"done","password":"`+secret+`"}`)).want(http.StatusCreated)
	files, err := filepath.Glob(s.File + "*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for text := string(raw); ; {
			before, after, found := strings.Cut(text, secret)
			if !found {
				break
			}
			t.Errorf("%s holds it: %q", filepath.Base(f), before[max(0, len(before)-120):])
			text = after
		}
	}
}

// covers: R-9967-2.5-01
func TestAsynchronousResultsExpire(t *testing.T) {
	var ahead atomic.Int64
	s, c := start(t, scimtest.Options{AsyncResults: 10 * time.Minute, Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }})
	result := c.later("POST", "/Users", `{"schemas":["`+userURN+`"],"userName":"ada"}`)
	c.result(result).want(http.StatusCreated)
	ahead.Store(int64(9 * time.Minute))
	c.result(result).want(http.StatusCreated)
	ahead.Store(int64(11 * time.Minute))
	c.get(result).fails(http.StatusNotFound, "")
	// The worker removes it when it begins, and each minute.
	again, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { s.SCIM.Run(again); close(done) }()
	defer func() { stop(); <-done }()
	db, err := sql.Open("sqlite3", "file:"+s.File+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	n := 1
	for range 1000 {
		if err := db.QueryRow(`SELECT count(*) FROM requests`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if n != 0 {
		t.Errorf("%d results are kept", n)
	}
}

// What waits is bounded; what is too much is answered the normal way.
//
// covers: R-9967-2.5-01
func TestAsynchronousRequestsAreBounded(t *testing.T) {
	s, c := start(t, scimtest.Options{Idle: true, Limits: scim.Limits{BulkPayload: 500}})
	other := second(t, s, "entra", storage.Tolerant)
	for range 100 {
		c.later("DELETE", "/Users/"+nobody, "")
	}
	c.send("DELETE", "/Users/"+nobody, "", respondAsync...).fails(http.StatusNotFound, "")
	a := other.send("POST", "/Users", `{"schemas":["`+userURN+`"],"userName":"ada","title":"`+strings.Repeat("x", 500)+`"}`, respondAsync...).want(http.StatusCreated)
	if a.header.Get("Preference-Applied") != "" {
		t.Errorf("header %v", a.header)
	}
	other.later("DELETE", "/Users/"+nobody, "") // another client's are its own
}
