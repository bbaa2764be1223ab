package web_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/scimbridge/scimbridge/internal/web"
)

func TestMetricsFollowPrometheusConventions(t *testing.T) {
	f := newFixture(slog.LevelError)
	f.serve(t, func(http.ResponseWriter, *http.Request) {}, httptest.NewRequest("GET", "/", nil))
	f.edge.AuthFailure(web.ReasonMissing)
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(f.metrics.Collectors()...)
	problems, err := testutil.GatherAndLint(registry)
	if err != nil || len(problems) > 0 {
		t.Errorf("problems %v, error %v", problems, err)
	}
	want := []string{
		"scimbridge_auth_failures_total", "scimbridge_build_info", "scimbridge_http_request_duration_seconds",
		"scimbridge_http_requests_in_flight", "scimbridge_http_requests_total",
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, family := range families {
		got = append(got, family.GetName())
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("metrics %q, want %q", got, want)
	}

	other := web.NewMetrics("v1.2.3") // two bridges in one process, each with its own registry
	prometheus.NewRegistry().MustRegister(other.Collectors()...)
}

func TestRequestsAreCounted(t *testing.T) {
	f := newFixture(slog.LevelError)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/users/{id}", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) })
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) })
	mux.HandleFunc("POST /by-hand", func(w http.ResponseWriter, r *http.Request) {
		web.SetRoute(r, "/Users/{id}")
		inFlight := f.metrics.Collectors()[2].(*prometheus.GaugeVec).WithLabelValues("scim")
		if got := testutil.ToFloat64(inFlight); got != 1 {
			t.Errorf("in flight during the request: %v, want 1", got)
		}
	})
	for _, request := range []string{"GET /api/v1/users/1", "GET /api/v1/users/2", "GET /nowhere", "POST /by-hand", "BREW /by-hand", "get /nowhere"} {
		method, path, _ := strings.Cut(request, " ")
		f.edge.Handler(mux).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(method, path, nil))
	}
	want := `
# HELP scimbridge_http_requests_in_flight HTTP requests being handled now.
# TYPE scimbridge_http_requests_in_flight gauge
scimbridge_http_requests_in_flight{surface="scim"} 0
# HELP scimbridge_http_requests_total HTTP requests answered, by surface, route, method and status.
# TYPE scimbridge_http_requests_total counter
scimbridge_http_requests_total{method="GET",route="/api/v1/users/{id}",status="404",surface="scim"} 2
scimbridge_http_requests_total{method="GET",route="other",status="404",surface="scim"} 1
scimbridge_http_requests_total{method="POST",route="/Users/{id}",status="200",surface="scim"} 1
scimbridge_http_requests_total{method="other",route="other",status="404",surface="scim"} 2
`
	registry := prometheus.NewRegistry()
	registry.MustRegister(f.metrics.Collectors()...)
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want),
		"scimbridge_http_requests_total", "scimbridge_http_requests_in_flight"); err != nil {
		t.Error(err)
	}
}

// Labels stay few whatever clients send and handlers get wrong.
func TestLabelsAreBounded(t *testing.T) {
	f := newFixture(slog.LevelError)
	for i := range 1000 {
		f.serve(t, func(_ http.ResponseWriter, r *http.Request) {
			web.SetRoute(r, r.URL.Path)
		}, httptest.NewRequest(fmt.Sprintf("M%d", i), fmt.Sprintf("/%d", i), nil))
		f.edge.AuthFailure(fmt.Sprintf("reason %d", i))
	}
	f.edge.AuthFailure(web.ReasonExpired)
	if n := testutil.CollectAndCount(f.metrics.Collectors()[0]); n > 257 {
		t.Errorf("%d series of requests after 1000 routes", n)
	}
	if n := testutil.CollectAndCount(f.metrics.Collectors()[3]); n != 2 {
		t.Errorf("%d series of refusals, want 2: other and expired", n)
	}
}

func BenchmarkEdge(b *testing.B) {
	f := newFixture(slog.LevelInfo)
	h := f.edge.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		web.SetRoute(r, "/Users/{id}")
		w.WriteHeader(204)
	}))
	r := httptest.NewRequest("GET", "/Users/1", nil)
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
}
