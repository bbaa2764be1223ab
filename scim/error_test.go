package scim_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/scim"
	"github.com/scimbridge/scimbridge/scim/scimtest"
	"github.com/scimbridge/scimbridge/storage"
)

// covers: R-7644-3.2-02, R-7643-5-01, R-7644-3.12-02, R-7644-3.11-01
func TestMethods(t *testing.T) {
	_, c := start(t, scimtest.Options{})
	id, gid := c.user("ada", ""), c.group("Eng")
	for path, allow := range map[string]string{
		"/Users": "GET, POST", "/Users/" + id: "GET, PUT, PATCH, DELETE", "/Users/.search": "POST",
		"/Groups": "GET, POST", "/Groups/" + gid: "GET, PUT, PATCH, DELETE", "/Groups/.search": "POST",
		"/ServiceProviderConfig": "GET", "/Schemas": "GET", "/Schemas/" + userURN: "GET", "/ResourceTypes": "GET", "/ResourceTypes/User": "GET",
		"/Users/" + nobody: "GET, PUT, PATCH, DELETE", "": "GET", "/": "GET", "/.search": "POST",
	} {
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"} {
			if strings.Contains(", "+allow+",", " "+method+",") {
				continue
			}
			a := c.send(method, path, "{}").fails(http.StatusMethodNotAllowed, "")
			if got := a.header.Get("Allow"); got != allow {
				t.Errorf("%s %s: Allow %q, want %q", method, path, got, allow)
			}
		}
	}
	for _, path := range []string{"/Me"} {
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
			c.send(method, path, "{}").fails(http.StatusNotImplemented, "")
		}
	}
}

// There is one spelling of each path.
//
// covers: T-11, R-7644-3.13-01
func TestPaths(t *testing.T) {
	s, c := start(t, scimtest.Options{})
	id := c.user("ada", "")
	root := *c
	root.base = s.URL
	for _, path := range []string{
		"/scim/v2/Users/" + id, "/scim/Users/" + id, "/scim/v2/Users/" + id + "/",
		"/scim/v2/%55sers/" + id, // one percent-encoding is as good as another
	} {
		root.get(path).want(http.StatusOK)
	}
	for _, path := range []string{
		"/scim/v1/Users", "/scim/v3/Users", "/scim/V2/Users", "/SCIM/v2/Users", "/v2/Users", "/Users", "/", "/scim", "/scim/", "/scim/v2//", "/scim/v2/.",
		"/scim/v2/users", "/scim/v2/USERS", "/scim/v2//Users", "/scim//v2/Users", "//scim/v2/Users", "/scim/v2/Users//", "/scim/v2/Users//" + id,
		"/scim/v2/Users/../Users", "/scim/v2/users/../admin", "/scim/v2/Users/%2e%2e/Groups", "/scim/v2/./Users", "/scim/v2/%2e/Users",
		"/scim/v2/Users.", "/scim/v2/Users;a=b", "/scim/v2/Users%2f" + id, "/scim/v2/Users/" + id + "%00", "/scim/v2/Users/" + id + "/..",
		"/scim/v2/Users/%5c..%5c" + id, "/scim/v2/Users%20", "/scim/v2/v2/Users", "/scim/v2/Users/" + id + "/groups",
		"/scim/v2/Users/" + strings.ToUpper(id), "/scim/v2/Users/" + id + ".", "/scim/v2/Users/" + id + "%20", "/scim/v2/Users/{" + id + "}", "/scim/v2/Users/urn:uuid:" + id,
		"/scim/v2/Users/" + strings.ReplaceAll(id, "-", ""), "/scim/v2/Users/1", "/scim/v2/Users/0", "/scim/v2/Users/..%2f..%2fadmin", "/scim/v2/Users/1%20OR%201=1",
		"/scim/v2/Users/" + strings.Repeat("a", 4000), "/scim/v2/Users/%ff",
	} {
		for _, method := range []string{"GET", "DELETE"} {
			root.send(method, path, "").fails(http.StatusNotFound, "")
		}
	}
	c.get("/Users/" + id).want(http.StatusOK)
}

// covers: R-7644-3.8-01, R-7644-3.8-02, T-39
func TestContentTypes(t *testing.T) {
	s, c := start(t, scimtest.Options{})
	strict := second(t, s, "exact", storage.Strict)
	n := 0
	body := func() string {
		n++
		return fmt.Sprintf(`{"schemas":[%q],"userName":"u%d"}`, userURN, n)
	}
	for _, ct := range []string{"application/scim+json", "application/scim+json; charset=utf-8", "application/json", "application/json;charset=UTF-8", "Application/SCIM+JSON", `application/json; charset="utf-8"`} {
		c.send("POST", "/Users", body(), "Content-Type", ct).want(http.StatusCreated)
		strict.send("POST", "/Users", body(), "Content-Type", ct).want(http.StatusCreated)
	}
	c.send("POST", "/Users", body(), "Content-Type", "").want(http.StatusCreated)
	c.send("POST", "/Users", body(), "Content-Type", "application/json; charset=UTF8").want(http.StatusCreated)
	strict.send("POST", "/Users", body(), "Content-Type", "application/json; charset=UTF8").fails(http.StatusUnsupportedMediaType, "")
	strict.send("POST", "/Users", body(), "Content-Type", "").fails(http.StatusUnsupportedMediaType, "")
	for _, ct := range []string{"text/plain", "application/xml", "application/x-www-form-urlencoded", "application/json; charset=iso-8859-1", "json", ";", "application/scim+jsonx", "multipart/form-data; boundary=x"} {
		for _, x := range []struct{ method, path string }{{"POST", "/Users"}, {"PUT", "/Users/" + nobody}, {"PATCH", "/Users/" + nobody}, {"POST", "/Groups"}, {"PUT", "/Groups/" + nobody}, {"PATCH", "/Groups/" + nobody}, {"POST", "/Users/.search"}} {
			c.send(x.method, x.path, body(), "Content-Type", ct).fails(http.StatusUnsupportedMediaType, "")
		}
	}
	for _, accept := range []string{"application/scim+json", "application/json", "*/*", "application/json, text/plain;q=0.5", ""} {
		c.get("/Users?count=1", "Accept", accept).want(http.StatusOK)
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write([]byte(body())); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	c.send("POST", "/Users", packed.String(), "Content-Encoding", "gzip").fails(http.StatusUnsupportedMediaType, "")
	c.send("POST", "/Users", body(), "Content-Encoding", "identity").want(http.StatusCreated)
}

// covers: T-39, R-7644-3.12-02
func TestBodyLimit(t *testing.T) {
	const limit = 4096
	_, c := start(t, scimtest.Options{Limits: scim.Limits{Body: limit}})
	body := func(size int) string {
		head := `{"schemas":["` + userURN + `"],"userName":"u` + fmt.Sprint(size) + `","title":"`
		return head + strings.Repeat("x", size-len(head)-2) + `"}`
	}
	c.send("POST", "/Users", body(limit)).want(http.StatusCreated)
	for _, x := range []struct{ method, path string }{{"POST", "/Users"}, {"PUT", "/Users/" + nobody}, {"PATCH", "/Users/" + nobody}, {"POST", "/Groups"}, {"PATCH", "/Groups/" + nobody}, {"POST", "/Users/.search"}} {
		a := c.send(x.method, x.path, body(limit+1)).fails(http.StatusRequestEntityTooLarge, "")
		if !strings.Contains(a.text("detail"), fmt.Sprint(limit)) {
			t.Errorf("the limit is not named: %s", a.raw)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), "POST", c.base+"/Users", struct{ *strings.Reader }{strings.NewReader(body(limit * 4))}) // chunked
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	res, err := c.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("chunked: status %d", res.StatusCode)
	}
}

// covers: T-38, R-7644-3.12-04, R-7643-2.3.1-01, R-7644-3.3-06
func TestBodies(t *testing.T) {
	s, c := start(t, scimtest.Options{})
	strict := second(t, s, "exact", storage.Strict)
	id := c.user("ada", "")
	before := c.get("/Users/" + id).raw
	wrap := func(member string) string { return `{"schemas":["` + userURN + `"],"userName":"new",` + member + `}` }
	for name, body := range map[string]string{
		"nothing":              "",
		"blanks":               "  \n",
		"broken off":           `{"userName":"x"`,
		"array":                `[{"userName":"x"}]`,
		"string":               `"userName"`,
		"null":                 `null`,
		"duplicate":            wrap(`"active":true,"active":false`),
		"duplicate, deep":      wrap(`"name":{"givenName":"a","givenName":"b"}`),
		"duplicate by case":    wrap(`"active":true,"Active":false`),
		"trailing data":        wrap(`"active":true`) + `{}`,
		"trailing comma":       `{"userName":"x",}`,
		"NaN":                  wrap(`"active":NaN`),
		"invalid UTF-8":        wrap("\"title\":\"\xff\""),
		"lone surrogate":       wrap(`"title":"\ud800"`),
		"control character":    wrap("\"title\":\"a\nb\""),
		"NUL":                  wrap(`"title":"a\u0000"`),
		"huge number":          wrap(`"x":1e400`),
		"huge name":            wrap(`"` + strings.Repeat("x", 10<<20) + `":1`),
		"byte order mark":      "\xef\xbb\xbf" + wrap(`"active":true`),
		"comment":              wrap(`"active":true /* yes */`),
		"too deep":             wrap(`"x":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)),
		"too deep, never shut": wrap(`"x":` + strings.Repeat(`{"a":`, 100_000)),
		"other encoding":       "\xff\xfe{\x00}\x00",
	} {
		t.Run(name, func(t *testing.T) {
			for _, client := range []*client{c, strict} {
				client := *client
				client.t = t
				for _, x := range []struct{ method, path string }{{"POST", "/Users"}, {"PUT", "/Users/" + id}, {"PATCH", "/Users/" + id}, {"POST", "/Users/.search"}} {
					client.send(x.method, x.path, body, "Content-Type", "application/scim+json").fails(http.StatusBadRequest, "invalidSyntax")
				}
			}
		})
	}
	c.send("POST", "/Users", `{"schemas":["`+userURN+`"],"userName":{"a":1}}`).fails(http.StatusBadRequest, "invalidValue")
	strict.send("POST", "/Users", `{"schemas":["`+userURN+`"],"userName":5}`).fails(http.StatusBadRequest, "invalidValue")
	if a := c.get("/Users"); a.number("totalResults") != 1 || c.get("/Users/"+id).raw != before {
		t.Errorf("something was left behind: %s", a.raw)
	}
	text := "\\u00e9 e\\u0301 \\ud83d\\ude00 \u05e9\u05dc\u05d5\u05dd <script> =cmd() \\u001b[31m"
	got := c.post("/Users", wrap(`"title":"`+text+`"`))
	if want := "\u00e9 e\u0301 \U0001f600 \u05e9\u05dc\u05d5\u05dd <script> =cmd() \x1b[31m"; got.text("title") != want || c.get("/Users/"+got.text("id")).text("title") != want {
		t.Errorf("%q came back as %q", want, got.text("title"))
	}
}

// broken is a backend whose reads of users fail in a given way.
type broken struct {
	scim.Backend
	fail func() error
}

func (b broken) User(context.Context, journal.Actor, directory.ID) (*directory.User, error) {
	return nil, b.fail()
}

// covers: R-7644-3.12-06, R-7644-3.12-01, A0-3
func TestFailures(t *testing.T) {
	const secret = "SELECT password FROM /var/lib/bridge.db"
	for name, tt := range map[string]struct {
		fail   func() error
		status int
		retry  string
	}{
		"error":       {func() error { return errors.New(secret) }, http.StatusInternalServerError, ""},
		"panic":       {func() error { panic(secret) }, http.StatusInternalServerError, ""},
		"nil pointer": {func() error { var u *directory.User; return errors.New(u.ID.String()) }, http.StatusInternalServerError, ""},
		"unavailable": {func() error { return fmt.Errorf("%s: %w", secret, storage.ErrUnavailable) }, http.StatusServiceUnavailable, "1"},
		"uncertain":   {func() error { return fmt.Errorf("%s: %w", secret, storage.ErrUncertain) }, http.StatusServiceUnavailable, "1"},
		"canceled":    {func() error { return fmt.Errorf("%s: %w", secret, context.Canceled) }, http.StatusServiceUnavailable, "1"},
		"protected":   {func() error { return fmt.Errorf("%s: %w", secret, directory.ErrProtected) }, http.StatusForbidden, ""},
	} {
		t.Run(name, func(t *testing.T) {
			log := new(logs)
			_, c := start(t, scimtest.Options{Log: log.logger(), Wrap: func(b scim.Backend) scim.Backend { return broken{b, tt.fail} }})
			a := c.get("/Users/"+nobody).fails(tt.status, "")
			if strings.Contains(a.raw, "SELECT") || strings.Contains(a.raw, ".go:") || strings.Contains(a.raw, "pointer") {
				t.Errorf("internals: %s", a.raw)
			}
			if got := a.header.Get("Retry-After"); got != tt.retry {
				t.Errorf("Retry-After %q, want %q", got, tt.retry)
			}
			if tt.status != http.StatusInternalServerError {
				return
			}
			// The answer has an id that the log knows.
			words := strings.Fields(a.text("detail"))
			if id := words[len(words)-1]; len(id) < 16 || !strings.Contains(log.String(), id) {
				t.Errorf("%q is not in the log: %s", id, log)
			}
			c.get("/Groups").want(http.StatusOK) // life goes on
		})
	}
}
