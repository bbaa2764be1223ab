package scim

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/scim/patch"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// Metrics counts what is particular to SCIM. Label values are words of the
// program and names of clients, which the operator gave them, never what a
// client sent.
type Metrics struct {
	operations *prometheus.CounterVec
	repairs    *prometheus.CounterVec
	skipped    prometheus.Counter
	throttled  *prometheus.CounterVec
}

// NewMetrics returns metrics of one server.
func NewMetrics() *Metrics {
	return &Metrics{
		operations: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "scimbridge_patch_operations_total", Help: "PATCH operations received, by op.",
		}, []string{"op"}),
		repairs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "scimbridge_dialect_repairs_total", Help: "Deviations from SCIM that were understood anyway, by kind.",
		}, []string{"kind"}),
		skipped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "scimbridge_skipped_members_total", Help: "Member ids that were passed over because they name nothing in the tenant.",
		}),
		throttled: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "scimbridge_throttled_requests_total", Help: "Requests refused because their client sent too many, by client.",
		}, []string{"client"}),
	}
}

// Collectors returns the metrics for a registry.
func (m *Metrics) Collectors() []prometheus.Collector {
	return []prometheus.Collector{m.operations, m.repairs, m.skipped, m.throttled}
}

func (m *Metrics) repaired(r schema.Repair) { m.repairs.WithLabelValues(string(r)).Inc() }

func (m *Metrics) patched(kinds map[string]int) {
	for op, n := range kinds {
		m.operations.WithLabelValues(op).Add(float64(n))
	}
}

// patched counts the operations of a PATCH.
func (s *Server) patched(r *request, ops *patch.Request) {
	if !r.again {
		s.c.Metrics.patched(ops.Kinds())
	}
}

func (m *Metrics) members(c directory.MemberChange) { m.skipped.Add(float64(len(c.Skipped))) }
