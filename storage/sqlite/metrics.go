package sqlite

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Results of an Update, the values of the label result.
const (
	resultCommitted   = "committed"
	resultRefused     = "refused"     // the function returned an error: nothing to store
	resultUnavailable = "unavailable" // the database could not take it
)

// metrics are the collectors of one Store.
type metrics struct {
	writes  *prometheus.CounterVec
	batches prometheus.Histogram
	commits prometheus.Histogram
	queue   prometheus.GaugeFunc
}

func newMetrics(queueLength func() float64) *metrics {
	m := &metrics{
		writes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "scimbridge_writes_total",
			Help: "Write transactions by result: committed, refused (by a rule; nothing was stored), unavailable.",
		}, []string{"result"}),
		batches: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "scimbridge_commit_batch_size",
			Help:    "Write transactions that were made durable together.",
			Buckets: []float64{1, 2, 4, 8, 16, 32, 64, 128, 256},
		}),
		commits: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "scimbridge_commit_duration_seconds",
			Help:    "Time of a COMMIT, which ends when the disk has the data.",
			Buckets: prometheus.ExponentialBuckets(50e-6, 2, 16),
		}),
		queue: prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "scimbridge_write_queue_length",
			Help: "Write transactions that wait for the writer.",
		}, queueLength),
	}
	for _, r := range []string{resultCommitted, resultRefused, resultUnavailable} {
		m.writes.WithLabelValues(r)
	}
	return m
}

func (m *metrics) written(result string) { m.writes.WithLabelValues(result).Inc() }

func (m *metrics) committed(size int, took time.Duration) {
	m.batches.Observe(float64(size))
	m.commits.Observe(took.Seconds())
}

// Metrics returns the collectors of this store, for the caller to register.
func (s *Store) Metrics() []prometheus.Collector {
	return []prometheus.Collector{s.metrics.writes, s.metrics.batches, s.metrics.commits, s.metrics.queue}
}
