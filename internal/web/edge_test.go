package web_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/scimbridge/scimbridge/internal/web"
)

// fixture is an edge with everything it writes kept.
type fixture struct {
	edge    *web.Edge
	metrics *web.Metrics
	log     bytes.Buffer
}

func newFixture(level slog.Level) *fixture {
	f := &fixture{metrics: web.NewMetrics("v1.2.3")}
	f.edge = &web.Edge{
		Surface: "scim", Metrics: f.metrics,
		Log: slog.New(slog.NewJSONHandler(&f.log, &slog.HandlerOptions{Level: level})),
		Fail: func(w http.ResponseWriter, r *http.Request, status int, detail string) {
			body, err := web.MarshalJSON(map[string]any{"status": fmt.Sprint(status), "detail": detail})
			if err != nil {
				panic(err)
			}
			web.WriteJSON(w, status, "application/scim+json", body)
		},
	}
	return f
}

func (f *fixture) serve(t *testing.T, h http.HandlerFunc, r *http.Request) *http.Response {
	t.Helper()
	w := httptest.NewRecorder()
	f.edge.Handler(h).ServeHTTP(w, r)
	return w.Result()
}

func (f *fixture) lines(t *testing.T) []map[string]any {
	t.Helper()
	var out []map[string]any
	for line := range strings.Lines(f.log.String()) {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("log line %q: %v", line, err)
		}
		out = append(out, m)
	}
	return out
}

func TestRequestID(t *testing.T) {
	for _, tt := range []struct {
		name, given string
		kept        bool
	}{
		{"none", "", false},
		{"UUID", "0195f1a2-7c3d-7e4f-8a9b-0c1d2e3f4a5b", true},
		{"nginx", "9f86d081884c7d659a2feaa0c55ad015", true},
		{"too short", "abc", false},
		{"too long", strings.Repeat("a", 65), false},
		{"token of the bridge", "scb_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG", false},
		{"JSON web token", "eyJhbGciOiJIUzI1NiJ9.e30.abc", false},
		{"email", "johnny@example.com", false},
		{"line break", "abcdefgh\r\nSet-Cookie: x", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(slog.LevelDebug)
			r := httptest.NewRequest("GET", "/Users", nil)
			if tt.given != "" {
				r.Header["X-Request-Id"] = []string{tt.given}
			}
			var seen string
			res := f.serve(t, func(_ http.ResponseWriter, r *http.Request) { seen = web.RequestID(r.Context()) }, r)
			answered := res.Header.Get("X-Request-Id")
			if seen == "" || seen != answered {
				t.Errorf("handler saw %q, the answer says %q", seen, answered)
			}
			if (seen == tt.given) != tt.kept {
				t.Errorf("given %q, got %q", tt.given, seen)
			}
			if got := f.lines(t)[0]["request_id"]; got != seen {
				t.Errorf("logged %v, want %q", got, seen)
			}
		})
	}
	if id := web.RequestID(t.Context()); id != "" {
		t.Errorf("outside of a request: %q", id)
	}
	web.SetRoute(httptest.NewRequest("GET", "/", nil), "/x") // outside of an edge: nothing happens
}

// covers: T-66
func TestPanicBecomesTheEdgesOwnAnswer(t *testing.T) {
	f := newFixture(slog.LevelDebug)
	const marker = "MARKER-johnny@example.com"
	r := httptest.NewRequest("GET", "/Users?filter="+marker, nil)
	r.Header.Set("Authorization", "Bearer "+marker)
	res := f.serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `W/"1"`)
		w.Header().Set("Content-Length", "5")
		panic("cannot handle " + marker)
	}, r)
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != 500 || res.Header.Get("Content-Type") != "application/scim+json" || res.Header.Get("ETag") != "" {
		t.Errorf("answer %d %v", res.StatusCode, res.Header)
	}
	if res.Header.Get("X-Request-Id") == "" {
		t.Error("the answer has no request id")
	}
	var answer struct{ Detail string }
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatalf("body %q: %v", body, err)
	}
	_, errorID, found := strings.Cut(answer.Detail, "Error id: ")
	if !found || !strings.Contains(f.log.String(), errorID) {
		t.Errorf("detail %q has no error id that the log knows", answer.Detail)
	}
	if !strings.Contains(f.log.String(), "edge_test.go") {
		t.Error("the log has no stack")
	}
	if strings.Contains(string(body), "edge_test.go") {
		t.Error("the answer has the stack")
	}
	if strings.Contains(f.log.String()+string(body), "MARKER") {
		t.Error("what the request held came out again")
	}
	if got := testutil.ToFloat64(f.counter(t, "scim", "other", "GET", "500")); got != 1 {
		t.Errorf("counted %v answers of 500, want 1", got)
	}

	// The runtime's own words hold no data of the request and are worth having.
	f.serve(t, func(http.ResponseWriter, *http.Request) { _ = []int{}[web.BodyStatus(nil)] }, httptest.NewRequest("GET", "/", nil))
	if !strings.Contains(f.log.String(), "index out of range") {
		t.Error("the runtime's error is not in the log")
	}
}

// carried is a panic that happened on another goroutine.
type carried struct{}

func (carried) PanicValue() any    { return errors.New("MARKER") }
func (carried) PanicStack() []byte { return []byte("the stack over there") }

func TestPanicOfAnotherGoroutine(t *testing.T) {
	f := newFixture(slog.LevelDebug)
	f.serve(t, func(http.ResponseWriter, *http.Request) { panic(carried{}) }, httptest.NewRequest("GET", "/", nil))
	if log := f.log.String(); !strings.Contains(log, "the stack over there") || !strings.Contains(log, "errorString") || strings.Contains(log, "MARKER") {
		t.Errorf("the log does not say what happened where: %s", log)
	}
}

// counter returns the requests counter for the labels, as it is scraped.
func (f *fixture) counter(t *testing.T, labels ...string) prometheus.Counter {
	t.Helper()
	vec, ok := f.metrics.Collectors()[0].(*prometheus.CounterVec)
	if !ok {
		t.Fatal("the first collector is not the requests counter")
	}
	return vec.WithLabelValues(labels...)
}

// A client must not take half an answer for a whole one.
func TestPanicAfterTheAnswerBeganCutsTheConnection(t *testing.T) {
	f := newFixture(slog.LevelDebug)
	server := httptest.NewServer(f.edge.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
		_, _ = io.WriteString(w, `{"Resources":[`)
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Errorf("flushing through the edge: %v", err)
		}
		panic("half way")
	})))
	defer server.Close()
	res, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := io.ReadAll(res.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("reading a cut answer: %v, want an unexpected end", err)
	}
}

func TestEdgeWithoutFail(t *testing.T) {
	e := &web.Edge{Surface: "admin", Log: slog.New(slog.DiscardHandler)}
	w := httptest.NewRecorder()
	e.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(1) })).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != 500 || w.Body.Len() != 0 {
		t.Errorf("answer %d %q", w.Code, w.Body)
	}
	e.AuthFailure(web.ReasonMissing) // no metrics: nothing happens
}

// covers: T-09, T-66
func TestAccessLogSaysNothingOfPeople(t *testing.T) {
	f := newFixture(slog.LevelDebug)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /seiapi/v3/trans/User/{id}", func(w http.ResponseWriter, _ *http.Request) {
		web.WriteJSON(w, 200, "application/json", []byte(`{"UserID":"MARKER"}`))
	})
	r := httptest.NewRequest("GET", "/seiapi/v3/trans/User/MARKER-jdoe?access_token=MARKER-token&filter=MARKER", nil)
	r.RemoteAddr = "192.0.2.7:4711"
	for _, h := range []string{"Authorization", "X-Access-Token", "User-Agent", "Referer", "X-Forwarded-For", "Cookie"} {
		r.Header.Set(h, "MARKER")
	}
	f.edge.Handler(mux).ServeHTTP(httptest.NewRecorder(), r)
	line := f.lines(t)[0]
	for key, want := range map[string]any{
		"surface": "scim", "method": "GET", "route": "/seiapi/v3/trans/User/{id}",
		"status": 200.0, "bytes": 19.0, "address": "192.0.2.7",
	} {
		if line[key] != want {
			t.Errorf("%s = %v, want %v", key, line[key], want)
		}
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(f.metrics.Collectors()...)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(f.log.String(), "MARKER") || strings.Contains(fmt.Sprint(families), "MARKER") {
		t.Errorf("what the request held is in the log or the metrics:\n%s", f.log.String())
	}
}

func TestAccessLogLevels(t *testing.T) {
	for _, tt := range []struct {
		method string
		status int
		want   string
	}{
		{"GET", 200, "DEBUG"}, {"HEAD", 304, "DEBUG"}, {"GET", 404, "INFO"}, {"POST", 201, "INFO"},
		{"DELETE", 204, "INFO"}, {"GET", 503, "WARN"},
	} {
		f := newFixture(slog.LevelDebug)
		f.serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(tt.status) }, httptest.NewRequest(tt.method, "/", nil))
		if got := f.lines(t)[0]["level"]; got != tt.want {
			t.Errorf("%s %d is logged as %v, want %s", tt.method, tt.status, got, tt.want)
		}
	}
	f := newFixture(slog.LevelInfo)
	f.serve(t, func(http.ResponseWriter, *http.Request) {}, httptest.NewRequest("GET", "/", nil))
	if f.log.Len() != 0 {
		t.Errorf("a successful read is logged at Info: %s", f.log.String())
	}
}
