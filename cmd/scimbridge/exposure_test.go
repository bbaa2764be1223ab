package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

// family is one metric as a monitoring system reads it.
type family struct {
	kind, help string
	series     []map[string]string // their labels; value is the sample's
}

// labels are the values that a label has.
func (f *family) labels(name string) map[string]bool {
	values := map[string]bool{}
	for _, s := range f.series {
		if v, ok := s[name]; ok {
			values[v] = true
		}
	}
	return values
}

var (
	sampleLine = regexp.MustCompile(`^([a-z0-9_]+)(?:\{(.*)\})? (\S+)$`)
	labelPair  = regexp.MustCompile(`([a-z_]+)="((?:[^"\\]|\\.)*)"`)
)

// scrape reads /metrics.
func (w *world) scrape() map[string]*family {
	w.Helper()
	rec := httptest.NewRecorder()
	w.app.admin.ServeHTTP(rec, httptest.NewRequest("GET", "/metrics", nil))
	if rec.Code != http.StatusOK {
		w.Fatalf("/metrics: %d %s", rec.Code, rec.Body)
	}
	all := map[string]*family{}
	var f *family
	for line := range strings.SplitSeq(strings.TrimSpace(rec.Body.String()), "\n") {
		if words := strings.SplitN(line, " ", 4); words[0] == "#" {
			if words[1] == "HELP" {
				f = &family{help: words[3]}
				all[words[2]] = f
			} else {
				f.kind = words[3]
			}
			continue
		}
		m := sampleLine.FindStringSubmatch(line)
		if m == nil {
			w.Fatalf("/metrics: %s", line)
		}
		s := map[string]string{"value": m[3]}
		for _, pair := range labelPair.FindAllStringSubmatch(m[2], -1) {
			s[pair[1]] = pair[2]
		}
		f.series = append(f.series, s)
	}
	return all
}

// Everything an operator wants to know is there, by Prometheus's conventions.
func TestMetrics(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.here
	p.push("PATCH", "/Users/"+p.person.id, patchBody(`{"op":"Replace","path":"active","value":"False"}`)).want(t, 200)
	p.push("PATCH", "/Groups/"+p.person.group, patchBody(`{"op":"add","path":"members","value":[{"value":"01945c3e-7d2a-7c11-8f3b-2b8a5d0c6e47"}]}`)).want(t, 200)
	p.push("GET", "/Users", "").want(t, 200)
	w.call("GET", "/scim/v2/Users", "", "Authorization", "Bearer scb_nobodys").want(t, 401)
	w.call("GET", "/api/v1/users", "").want(t, 401)
	p.push("DELETE", "/Users/"+p.person.id, "").want(t, 204)
	if _, err := w.app.bridge.PurgeDue(t.Context()); err != nil {
		t.Fatal(err)
	}

	all := w.scrape()
	for _, want := range []struct {
		name   string
		kind   string
		labels map[string][]string // with some of their values
	}{
		{"scimbridge_http_requests_total", "counter", map[string][]string{
			"surface": {"scim", "syncari", "servicemobility"}, "route": {"/Users/{id}", "/Users", "/Groups/{id}", "/api/v1/users", "/seiapi/v3/trans/User/{UserID}"},
			"method": {"GET", "POST", "PATCH", "DELETE"}, "status": {"200", "201", "204", "401"},
		}},
		{"scimbridge_http_request_duration_seconds", "histogram", map[string][]string{"surface": {"scim"}, "route": {"/Users"}, "method": {"POST"}}},
		{"scimbridge_http_requests_in_flight", "gauge", map[string][]string{"surface": {"scim"}}},
		{"scimbridge_auth_failures_total", "counter", map[string][]string{"surface": {"scim", "syncari"}, "reason": {"missing", "malformed"}}},
		{"scimbridge_writes_total", "counter", map[string][]string{"result": {"committed", "refused", "unavailable"}}},
		{"scimbridge_commit_batch_size", "histogram", nil},
		{"scimbridge_commit_duration_seconds", "histogram", nil},
		{"scimbridge_write_queue_length", "gauge", nil},
		{"scimbridge_patch_operations_total", "counter", map[string][]string{"op": {"replace", "add"}}},
		{"scimbridge_dialect_repairs_total", "counter", map[string][]string{"kind": nil}},
		{"scimbridge_skipped_members_total", "counter", nil},
		{"scimbridge_users", "gauge", map[string][]string{"state": {"active", "deleted_scim"}}},
		{"scimbridge_groups", "gauge", nil},
		{"scimbridge_journal_entries", "gauge", nil},
		{"scimbridge_purged_users_total", "counter", nil},
		{"scimbridge_purge_last_success_timestamp_seconds", "gauge", nil},
		{"scimbridge_directory_scrape_errors_total", "counter", nil},
		{"scimbridge_build_info", "gauge", map[string][]string{"version": {version}, "revision": nil, "goversion": nil}},
		{"go_goroutines", "gauge", nil},
		{"process_open_fds", "gauge", nil},
	} {
		f := all[want.name]
		if f == nil || len(f.series) == 0 {
			t.Errorf("there is no %s", want.name)
			continue
		}
		if f.kind != want.kind || f.help == "" {
			t.Errorf("%s is a %s with the help %q, want a %s", want.name, f.kind, f.help, want.kind)
		}
		for label, some := range want.labels {
			got := f.labels(label)
			if len(got) == 0 {
				t.Errorf("%s has no label %s", want.name, label)
			}
			for _, v := range some {
				if !got[v] {
					t.Errorf("%s has %v as %s, and not %q", want.name, got, label, v)
				}
			}
		}
	}
	if f := all["scimbridge_skipped_members_total"]; f == nil || f.series[0]["value"] != "1" {
		t.Errorf("members skipped: %+v, want 1", f)
	}
	problems, err := testutil.GatherAndLint(w.app.registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range problems {
		if strings.HasPrefix(problem.Metric, "scimbridge_") {
			t.Errorf("%s: %s", problem.Metric, problem.Text)
		}
	}
}

// However strange the requests, labels are words of the program and few.
//
// covers: T-66
func TestLabelsAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	hostile := func(i int) {
		x := fmt.Sprintf("zqx%d", i)
		for _, p := range []*party{w.here, w.there} {
			for _, call := range []func(string, string, string) reply{p.push, p.admin, p.syn, p.mob} {
				for _, path := range []string{"/" + x, "/Users/" + x, "/Users/" + x + "/" + x, "/users/" + x, "/users/" + x + "/activate", "/users/" + x + "/roles/" + x, "/trans/User/" + x, "/trans/User/" + x + "/" + x, "//" + x, "/%2e%2e/" + x} {
					for _, method := range []string{"GET", "DELETE", x, strings.ToUpper(x)} {
						call(method, path, "")
					}
				}
			}
			p.uni("GET", "/userId/"+x, x+"@example.com")
			p.push("PATCH", "/Users/"+p.person.id, patchBody(`{"op":"`+x+`","path":"`+x+`","value":"`+x+`"}`))
			p.push("PATCH", "/Users/"+p.person.id, patchBody(`{"op":"Add","path":"`+x+`","value":{"`+x+`":"`+x+`"}}`))
			p.push("POST", "/Users", `{"schemas":["`+x+`"],"userName":"`+x+`","`+x+`":1}`)
			p.push("GET", "/Users?filter="+x+"%20eq%20"+x+"&attributes="+x+"&sortBy="+x, "")
		}
		for _, target := range []string{"/" + x, "/scim/v2/" + x, "/createjwt", "/createjwt/" + x, "/api/v1/oauth/token?client_id=" + x, "/metrics", "/?" + x} {
			w.call("POST", target, `{"username":"`+x+`","password":"`+x+`"}`, "Authorization", "Bearer "+x, "X-Request-Id", x, "Host", x, "User-Agent", x)
		}
	}
	series := func() (n int) {
		for name, f := range w.scrape() {
			if !strings.HasPrefix(name, "scimbridge_") {
				continue
			}
			n += len(f.series)
			for _, labels := range f.series {
				for label, v := range labels {
					if strings.Contains(strings.ToLower(v), "zqx") || len(v) > 64 || !labelValue.MatchString(v) {
						t.Errorf("%s has the label %s=%q", name, label, v)
					}
				}
			}
		}
		return n
	}
	hostile(0)
	before := series()
	for i := range 5 {
		hostile(i + 1)
	}
	// Statuses differ once the limiter tells an address to wait: as many again
	// would be one for each request.
	if after := series(); after > before+before/4 {
		t.Errorf("%d series after one round of requests, %d after six", before, after)
	}
}

// labelValue is what a program writes, not a person.
var labelValue = regexp.MustCompile(`^[A-Za-z0-9_/{}.+\-:]*$`)
