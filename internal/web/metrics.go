package web

import (
	"net/http"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// RouteOther is the route label of requests that no route took.
const RouteOther = "other"

// maxRoutes bounds the route label per Metrics. The bridge has some 60 routes;
// a handler that by mistake names a route after what a client sent must not
// fill the memory of this process and of whoever scrapes it.
const maxRoutes = 256

// The reasons for which a credential is refused, values of the reason label of
// scimbridge_auth_failures_total. They are for operators only: what the client
// is told must not differ by them.
const (
	ReasonMissing         = "missing"          // no credential was sent
	ReasonMalformed       = "malformed"        // not a credential of this surface
	ReasonUnknown         = "unknown"          // well-formed, but nobody's
	ReasonExpired         = "expired"          // was good once
	ReasonNotYetValid     = "not_yet_valid"    // nbf or iat lies in the future
	ReasonRevoked         = "revoked"          // was taken back
	ReasonAlgorithm       = "algorithm"        // signed by an algorithm that is not allowed
	ReasonSignature       = "signature"        // forged, altered or signed by an unknown key
	ReasonIssuer          = "issuer"           // by somebody else
	ReasonAudience        = "audience"         // for somebody else
	ReasonLifetime        = "lifetime"         // valid for longer than allowed
	ReasonScope           = "scope"            // good, but not for this
	ReasonThrottled       = "throttled"        // too many failures from this address
	ReasonKeysUnavailable = "keys_unavailable" // the issuer's keys could not be fetched
	ReasonOther           = "other"
)

var reasons = map[string]bool{
	ReasonMissing: true, ReasonMalformed: true, ReasonUnknown: true, ReasonExpired: true,
	ReasonNotYetValid: true, ReasonRevoked: true, ReasonAlgorithm: true, ReasonSignature: true,
	ReasonIssuer: true, ReasonAudience: true, ReasonLifetime: true, ReasonScope: true,
	ReasonThrottled: true, ReasonKeysUnavailable: true, ReasonOther: true,
}

// Metrics counts the requests of all edges of one bridge. The zero value is not
// usable: use NewMetrics. A nil *Metrics counts nothing. It is for concurrent use.
type Metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	inFlight *prometheus.GaugeVec
	refused  *prometheus.CounterVec
	build    *prometheus.GaugeVec

	mu     sync.RWMutex
	routes map[string]bool
}

// NewMetrics returns metrics that belong to one bridge. version is the program's
// version as it shows itself; revision and Go version come from the build.
func NewMetrics(version string) *Metrics {
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "scimbridge_http_requests_total",
			Help: "HTTP requests answered, by surface, route, method and status.",
		}, []string{"surface", "route", "method", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "scimbridge_http_request_duration_seconds",
			Help:    "Time from the request's headers to the end of the answer.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"surface", "route", "method"}),
		inFlight: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "scimbridge_http_requests_in_flight",
			Help: "HTTP requests being handled now.",
		}, []string{"surface"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "scimbridge_auth_failures_total",
			Help: "Requests refused for their credential, by surface and reason.",
		}, []string{"surface", "reason"}),
		build: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "scimbridge_build_info",
			Help: "Always 1; the labels say which build is running.",
		}, []string{"version", "revision", "goversion"}),
		routes: make(map[string]bool),
	}
	m.build.WithLabelValues(version, revision(), runtime.Version()).Set(1)
	return m
}

// Collectors returns what main registers.
func (m *Metrics) Collectors() []prometheus.Collector {
	return []prometheus.Collector{m.requests, m.duration, m.inFlight, m.refused, m.build}
}

// AuthFailure counts a request to surface that was refused for its credential;
// see Edge.AuthFailure.
func (m *Metrics) AuthFailure(surface, reason string) {
	if m == nil {
		return
	}
	if !reasons[reason] {
		reason = ReasonOther
	}
	m.refused.WithLabelValues(surface, reason).Inc()
}

func (m *Metrics) begin(surface string) {
	if m != nil {
		m.inFlight.WithLabelValues(surface).Inc()
	}
}

func (m *Metrics) end(surface, route, method string, status int, took time.Duration) {
	if m == nil {
		return
	}
	m.inFlight.WithLabelValues(surface).Dec()
	route = m.routeLabel(route)
	m.requests.WithLabelValues(surface, route, method, strconv.Itoa(status)).Inc()
	m.duration.WithLabelValues(surface, route, method).Observe(took.Seconds())
}

// routeLabel returns route, or RouteOther once there are too many.
func (m *Metrics) routeLabel(route string) string {
	m.mu.RLock()
	known := m.routes[route]
	m.mu.RUnlock()
	if known {
		return route
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.routes[route] {
		if len(m.routes) >= maxRoutes {
			return RouteOther
		}
		m.routes[route] = true
	}
	return route
}

// methodLabel bounds the method label: a client may send any token as method.
func methodLabel(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut,
		http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}

// revision is the commit the program was built from, "unknown" for go test.
func revision() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				return s.Value
			}
		}
	}
	return "unknown"
}
