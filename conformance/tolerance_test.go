package conformance_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scimbridge/scimbridge/conformance"
	"github.com/scimbridge/scimbridge/scim/scimtest"
	"github.com/scimbridge/scimbridge/storage"
)

// A peculiarity is something that the RFCs allow, or that only the rows named
// in blames may turn red; rows are those that were wrongly red for it.
type peculiarity struct {
	mutation
	rows   []string
	blames []string
}

func word(x *exchange, from, to string) {
	x.body = bytes.ReplaceAll(x.body, []byte(`"scimType":"`+from+`"`), []byte(`"scimType":"`+to+`"`))
}

// withoutAnswer removes the member of all resources of the answer, at any depth.
func without(x *exchange, name string) {
	var strip func(v any)
	strip = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			delete(v, name)
			for _, inner := range v {
				strip(inner)
			}
		case []any:
			for _, inner := range v {
				strip(inner)
			}
		}
	}
	x.edit(func(doc map[string]any) { strip(doc) })
}

// taken answers what the server refused as if it had been done.
func taken(path, sent string) func(*exchange) {
	return func(x *exchange) {
		if x.status == 400 && strings.Contains(x.r.URL.Path, path) && regexp.MustCompile(sent).Match(x.sent) {
			x.status, x.body = 201, []byte(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"taken","userName":"taken"}`)
			x.header.Set("Location", "http://"+x.r.Host+"/scim/v2/Users/taken")
		}
	}
}

// empty answers a refused filter with an empty list.
func empty(filter string) func(*exchange) {
	return func(x *exchange) {
		if x.status == 400 && strings.Contains(x.r.URL.Query().Get("filter")+x.r.URL.RawQuery, filter) {
			x.status, x.body = 200, []byte(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0}`)
		}
	}
}

var peculiarities = []peculiarity{
	{mutation: mutation{name: "creates are answered without a body", after: func(x *exchange) {
		if x.r.Method == http.MethodPost && x.status == 201 {
			x.body = nil
		}
	}}, rows: []string{"R-7643-3.1", "R-7643-4.1.1", "R-7643-4.2", "R-7644-3.3", "R-7644-3.5", "R-7644-3.14", "R-7643-7"}, blames: []string{"R-7644-3.3-04"}},
	{mutation: mutation{name: "errors without scimType", after: func(x *exchange) {
		if x.status >= 400 {
			without(x, "scimType")
		}
	}}, rows: []string{"R-7643", "R-7644-3.3", "R-7644-3.4", "R-7644-3.5", "R-7644-3.12", "R-7644-3.7"}},
	{mutation: mutation{name: "missing values are invalidSyntax", after: func(x *exchange) { word(x, "invalidValue", "invalidSyntax") }}, rows: []string{"R-7643", "R-7644-3.3", "R-7644-3.5", "R-7644-3.12"}},
	{mutation: mutation{name: "what does not conform is invalidValue", after: func(x *exchange) {
		if json.Valid(x.sent) {
			word(x, "invalidSyntax", "invalidValue")
		}
	}}, rows: []string{"R-7643", "R-7644-3.3", "R-7644-3.4.3", "R-7644-3.5", "R-7644-3.12"}},
	{mutation: mutation{name: "401 without a body", after: func(x *exchange) {
		if x.status == http.StatusUnauthorized {
			x.body = nil
		}
	}}, rows: []string{"R-7644-2", "R-7644-3.12"}, blames: []string{"R-7644-3.12-01"}},
	{mutation: mutation{name: "challenges without error", after: func(x *exchange) {
		if x.header.Get("WWW-Authenticate") != "" {
			x.header.Set("WWW-Authenticate", `Bearer realm="x"`)
		}
	}}, rows: []string{"R-7644-2"}},
	{mutation: mutation{name: "status is a number", after: func(x *exchange) {
		if x.status >= 400 {
			x.edit(func(doc map[string]any) { doc["status"] = x.status })
		}
	}}, rows: []string{"R-7643", "R-7644-2", "R-7644-3"}, blames: []string{"R-7644-3.12-01"}},
	{mutation: mutation{name: "resource types without endpoint", after: func(x *exchange) {
		if x.is("GET", "ResourceTypes") {
			without(x, "endpoint")
		}
	}}, rows: []string{"R-7643", "R-7644-3", "R-7644-4"}, blames: []string{"R-7643-6-01"}},
	{mutation: mutation{name: "lists that do not say what they are", after: func(x *exchange) {
		x.body = bytes.Replace(x.body, []byte("urn:ietf:params:scim:api:messages:2.0:ListResponse"), []byte("urn:example:List"), 1)
	}}, rows: []string{"R-7643", "R-7644-3.4"}, blames: []string{"R-7644-3.4.2-02"}},
	{mutation: mutation{name: "another version at each answer", after: func(x *exchange) {
		x.visited["n"] = append(x.visited["n"], 1)
		tag := fmt.Sprintf(`W/"%d"`, len(x.visited["n"]))
		if x.header.Get("ETag") != "" {
			x.header.Set("ETag", tag)
		}
		x.each(func(r map[string]any) { meta(r)["version"] = tag })
	}}, rows: []string{"R-7643-2", "R-7643-3", "R-7644-3.1-03", "R-7644-3.3", "R-7644-3.5"}},
	{mutation: mutation{name: "members without $ref and type, users without groups", after: func(x *exchange) {
		if x.is("GET", "Users") || x.is("GET", "Groups") || x.is("POST", "Groups") {
			without(x, "$ref")
			x.each(func(r map[string]any) {
				delete(r, "groups")
				for _, m := range asList(r["members"]) {
					delete(m.(map[string]any), "type")
				}
			})
		}
	}}, rows: []string{"R-7643-2.3.7", "R-7643-4.1.2", "R-7643-4.2", "R-7643-4.3"}},
	{mutation: mutation{name: "deleted users stay members", after: func(x *exchange) {
		if x.is("GET", "Groups/") && x.status == 200 {
			x.each(func(r map[string]any) {
				if r["members"] == nil {
					r["members"] = []any{map[string]any{"value": "gone"}}
				}
			})
		}
	}}, rows: []string{"R-7644-3.6-02"}},
	{mutation: mutation{name: "a name twice in an object", after: taken("/Users", `"userName":.*"userName":`)}, rows: []string{"R-7644-3.12-04"}},
	{mutation: mutation{name: "groups without a name", after: taken("/Groups", `"displayName":""`)}, rows: []string{"R-7643-4.2"}},
	{mutation: mutation{name: "any URL is a photo", after: taken("/Users", `javascript:`)}, rows: []string{"R-7643-4.1.2-02"}},
	{mutation: mutation{name: "any text is a language", after: taken("/Users", `en US`)}, rows: []string{"R-7643-4.1.1-05"}},
	{mutation: mutation{name: "a date alone is a time", after: empty(`"2024-01-01"`)}, rows: []string{"R-7643-2.3.5"}},
	{mutation: mutation{name: "an empty filter is none", after: empty("filter=")}, rows: []string{"R-7644-3.4.2.2-12", "R-7644-3.4.2.2-15"}},
	{mutation: mutation{name: "ne is not true of nothing", before: func(x *exchange) {
		if f := x.r.URL.Query().Get("filter"); strings.Contains(f, " ne ") {
			x.param("filter", regexp.MustCompile(`title ne "Engineer"`).ReplaceAllString(f, `title ne "Engineer" and title pr`))
		}
	}}, rows: []string{"R-7644-3.4.2.2-01"}},
	{mutation: mutation{name: "details say little", after: func(x *exchange) {
		if x.status >= 400 {
			x.edit(func(doc map[string]any) { doc["detail"] = "Bad request." })
		}
	}}, rows: []string{"R-7644-3.4.2.2-14", "R-7643-7-11"}},
	{mutation: mutation{name: "forms are a bad request", after: func(x *exchange) {
		if x.status == http.StatusUnsupportedMediaType {
			x.status, x.body = 400, bytes.Replace(x.body, []byte(`"415"`), []byte(`"400"`), 1)
		}
	}}, rows: []string{"R-7644-3.8-02"}},
	{mutation: mutation{name: "no search over all types", after: func(x *exchange) {
		if p := strings.TrimPrefix(x.r.URL.Path, "/scim/v2"); p == "/" || p == "" || p == "/.search" {
			x.status, x.body = 404, []byte(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"404"}`)
		}
	}}, rows: []string{"R-7644-3.4.2.1", "R-7644-3.4.3"}},
	{mutation: mutation{name: "no conditions in brackets", after: func(x *exchange) {
		if strings.Contains(x.r.URL.Query().Get("filter"), "and (") {
			x.status, x.body = 400, []byte(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"invalidFilter"}`)
		}
	}}, rows: []string{"R-7643", "R-7644-3.4", "R-7644-3.9", "R-7644-3.10", "R-7644-5"}, blames: []string{"R-7644-3.4.2.2-01"}},
	{mutation: mutation{name: "empty userNames are taken", before: func(x *exchange) {
		x.rewrite(`"userName":""`, fmt.Sprintf(`"userName":"empty-%d"`, time.Now().UnixNano()))
	}},
		rows: []string{"R-7644-3.7", "R-7643-4.1.1-01"}, blames: []string{"R-7643-4.1.1-01"}},
	{mutation: mutation{name: "unresolved references are conflicts", after: func(x *exchange) {
		if x.is("POST", "Bulk") && bytes.Contains(x.sent, []byte("bulkId:nobody")) {
			x.body = bytes.ReplaceAll(bytes.ReplaceAll(x.body, []byte(`"400"`), []byte(`"409"`)), []byte("invalidValue"), []byte("uniqueness"))
		}
	}}, rows: []string{"R-7644-3.7.2-01"}},
	{mutation: mutation{name: "two primaries are put right", before: func(x *exchange) {
		x.sent = bytes.Replace(x.sent, []byte(`"primary":true,"type":"home"`), []byte(`"type":"home"`), 1)
	}}, rows: []string{"R-7643-2.4-02"}},
	{mutation: mutation{name: "relative locations", after: func(x *exchange) {
		x.body = bytes.ReplaceAll(x.body, []byte(`"location":"http://`+x.r.Host+`/scim/v2/`), []byte(`"location":"`))
		if l := x.header.Get("Location"); l != "" {
			x.header.Set("Location", strings.TrimPrefix(l, "http://"+x.r.Host+"/scim/v2/"))
		}
	}}, rows: []string{"R-7644-1.3-01", "R-7644-3.3-03", "R-7644-3.7"}},
}

func asList(v any) []any {
	l, _ := v.([]any)
	return l
}

// What the RFCs allow is not held against a server, and one mistake is held
// against it once.
func TestPeculiarities(t *testing.T) {
	s := scimtest.Start(t, scimtest.Options{Mode: storage.Strict})
	populate(t, s)
	for _, x := range peculiarities {
		t.Run(x.name, func(t *testing.T) {
			report, err := conformance.Run(context.Background(), conformance.Options{
				URL: spoiled(t, s, x.mutation).URL + "/scim/v2", Token: s.Token, Only: x.rows, Mode: conformance.Tolerant,
			})
			if err != nil {
				t.Fatal(err)
			}
			blamed := map[string]bool{}
			for _, id := range x.blames {
				blamed[id] = true
			}
			judged := 0
			for _, r := range report.Results {
				if r.Verdict == conformance.Pass || r.Verdict == conformance.Warn {
					judged++
				}
				if r.Verdict == conformance.Warn || !r.Right() && blamed[r.ID] {
					delete(blamed, r.ID)
					continue
				}
				if !r.Right() && !strings.Contains(strings.Join(x.blames, " "), r.ID) {
					t.Errorf("%s %s %s: %s\n%s", r.Verdict, r.ID, r.Name, r.Reason, r.Evidence)
				}
			}
			if judged == 0 && len(x.rows) > 0 && x.name != "no search over all types" {
				t.Error("nothing was judged")
			}
			for id := range blamed {
				t.Errorf("%s does not say it", id)
			}
			if x.name != "deleted users stay members" && len(report.Left) > 0 {
				for _, left := range report.Left {
					if left != "Users/taken" {
						t.Errorf("left behind: %v", report.Left)
					}
				}
			}
		})
	}
}

// Asked at a base without a version, a server may give locations with one.
func TestBaseWithoutVersion(t *testing.T) {
	s := scimtest.Start(t, scimtest.Options{Mode: storage.Strict})
	report, err := conformance.Run(context.Background(), conformance.Options{
		URL: spoiled(t, s, mutation{before: func(x *exchange) {
			if !strings.HasPrefix(x.r.URL.Path, "/scim/v2/") {
				x.r.URL.Path = strings.Replace(x.r.URL.Path, "/scim/", "/scim/v2/", 1)
			}
		}}).URL + "/scim", Token: s.Token, Mode: conformance.Strict, Only: []string{"R-7644-3.7", "R-7644-3.3", "R-7643-4.2", "R-7643-2.3.7"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range report.Results {
		if !r.Right() {
			t.Errorf("%s %s: %s\n%s", r.Verdict, r.ID, r.Reason, r.Evidence)
		}
	}
	if report.Count(conformance.Pass) < 20 || len(report.Left) > 0 {
		t.Errorf("%s, left %v", report.Summary(), report.Left)
	}
}

// What is in resources that the run did not make is in no report, and nothing in
// one steers a terminal.
func TestReportsShowNoOthers(t *testing.T) {
	s := scimtest.Start(t, scimtest.Options{})
	populate(t, s)
	deaf := spoiled(t, s, mutation{before: func(x *exchange) { x.param("filter", "") }, after: func(x *exchange) {
		if x.status >= 400 {
			x.body = append(x.body, "\x1b[2J\u202e\xff"...)
		}
	}})
	report, err := conformance.Run(context.Background(), conformance.Options{URL: deaf.URL + "/scim/v2", Token: s.Token})
	if err != nil {
		t.Fatal(err)
	}
	if report.Count(conformance.Fail) < 20 {
		t.Errorf("a server that ignores filters: %s", report.Summary())
	}
	escaped := false
	for _, r := range report.Results {
		var line bytes.Buffer
		if err := r.Write(&line); err != nil {
			t.Fatal(err)
		}
		for _, private := range []string{"Countess", "ada@x.example", `"ada"`, "Everybody", "\x1b", "\u202e", "\xff"} {
			if strings.Contains(line.String(), private) {
				t.Errorf("%q is in %s", private, line.String())
			}
		}
		escaped = escaped || strings.Contains(line.String(), `\x1b[2J\u202e\xff`)
	}
	if !escaped {
		t.Error("the controls were not seen at all")
	}
}

// An answer that never comes, and one that tells of the inside of the server,
// are findings.
func TestPanics(t *testing.T) {
	s := scimtest.Start(t, scimtest.Options{})
	verdict := func(m mutation) conformance.Result {
		t.Helper()
		report, err := conformance.Run(context.Background(), conformance.Options{
			URL: spoiled(t, s, m).URL + "/scim/v2", Token: s.Token, Only: []string{"R-7644-3.4.1-01", "R-7644-3.12-06"},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range report.Results {
			if r.ID == "R-7644-3.12-06" {
				return r
			}
		}
		return conformance.Result{}
	}
	if r := verdict(mutation{}); r.Verdict != conformance.Skip {
		t.Errorf("nothing wrong: %+v", r)
	}
	if r := verdict(mutation{after: func(x *exchange) {
		if x.status == 404 {
			panic(http.ErrAbortHandler)
		}
	}}); r.Verdict != conformance.Warn || !strings.Contains(r.Reason, "without an answer") {
		t.Errorf("a cut connection: %+v", r)
	}
	for _, inside := range []string{
		"TypeError: Cannot read properties of undefined", "at Object.<anonymous> (/srv/app.js:3:5)", "handlers.go:17 +0x1d", "goroutine 12 [running]", "Traceback (most recent call last)",
		`Exception in thread \"main\"`, "java.lang.NullPointerException",
	} {
		for _, status := range []int{400, 404, 500} {
			if r := verdict(mutation{after: func(x *exchange) {
				if x.status == 404 {
					x.status, x.body = status, fmt.Appendf(nil, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"%d","detail":"%s"}`, status, inside)
				}
			}}); r.Verdict != conformance.Warn {
				t.Errorf("%d %s: %+v", status, inside, r)
			}
		}
	}
}

// A server that closes connections it was kept waiting on is asked again, and
// one that asks for patience is given it, with a word about it.
func TestConnections(t *testing.T) {
	s := scimtest.Start(t, scimtest.Options{})
	var resets, patience atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n := r.Context().Value(http.LocalAddrContextKey); n == nil {
			t.Error("no address")
		}
		if r.Method == http.MethodDelete && resets.Add(1)%2 == 1 {
			c, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_ = c.(*net.TCPConn).SetLinger(0) // so that it is reset
			_ = c.Close()
			return
		}
		if r.Method == http.MethodPut && patience.Add(1) == 1 {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		s.SCIM.Handler().ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	var said []string
	report, err := conformance.Run(context.Background(), conformance.Options{
		URL: server.URL + "/scim/v2", Token: s.Token, Only: []string{"R-7644-3.6-03", "R-7644-3.5.1-01"}, Notice: func(text string) { said = append(said, text) },
	})
	if err != nil || report.Failed() || len(report.Left) > 0 {
		t.Errorf("%v, %+v", err, report)
	}
	if len(said) != 1 || said[0] != "waiting 0 s, the server asked for it (429)" {
		t.Errorf("it said %q", said)
	}
}

// A run that is cut off says that it cleans up; asked a second time it ends and
// names what is left.
func TestHurry(t *testing.T) {
	s := scimtest.Start(t, scimtest.Options{})
	hurry := make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	slow := spoiled(t, s, mutation{before: func(x *exchange) {
		if x.r.Method == http.MethodDelete && ctx.Err() != nil {
			close(hurry)
			<-x.r.Context().Done()
		}
	}, after: func(x *exchange) {
		if x.r.Method == http.MethodPut { // in the middle of a check, when there is something to delete
			cancel()
		}
	}})
	var said []string
	report, err := conformance.Run(ctx, conformance.Options{
		URL: slow.URL + "/scim/v2", Token: s.Token, Only: []string{"R-7644-3.5.1-01"}, Hurry: hurry, Notice: func(text string) { said = append(said, text) },
	})
	if err == nil || report == nil || len(report.Left) == 0 {
		t.Fatalf("%v, %+v", err, report)
	}
	if len(said) != 1 || !strings.Contains(said[0], "cleaning up") {
		t.Errorf("it said %q", said)
	}
}
