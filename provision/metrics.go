package provision

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
)

// metrics are what a Bridge counts. Totals of the directory are read when they
// are scraped, from maintained counters.
type metrics struct {
	store     storage.Store
	users     *prometheus.Desc
	groups    *prometheus.Desc
	journal   *prometheus.Desc
	purged    prometheus.Counter
	lastSweep prometheus.Gauge
	failed    prometheus.Counter
	// suspicious counts userNames that were given and deserve a look.
	suspicious *prometheus.CounterVec
}

func newMetrics(store storage.Store) *metrics {
	m := &metrics{
		store:   store,
		users:   prometheus.NewDesc("scimbridge_users", "Users by lifecycle state, over all tenants.", []string{"state"}, nil),
		groups:  prometheus.NewDesc("scimbridge_groups", "Groups, over all tenants.", nil, nil),
		journal: prometheus.NewDesc("scimbridge_journal_entries", "Entries of the journal.", nil, nil),
		purged: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "scimbridge_purged_users_total", Help: "Users purged by the sweep after their retention.",
		}),
		lastSweep: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "scimbridge_purge_last_success_timestamp_seconds", Help: "When the purge sweep last ended without an error.",
		}),
		failed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "scimbridge_directory_scrape_errors_total", Help: "Scrapes that could not read the directory's totals.",
		}),
		suspicious: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "scimbridge_suspicious_names_total", Help: "User names given to users that may be meant to be taken for others, by kind.",
		}, []string{"kind"}),
	}
	m.suspicious.WithLabelValues(kindMixedScript)
	return m
}

func (m *metrics) swept(n int, at time.Time) {
	m.purged.Add(float64(n))
	m.lastSweep.Set(float64(at.UnixMilli()) / 1000)
}

// Collectors returns the bridge's metrics for a registry.
func (b *Bridge) Collectors() []prometheus.Collector {
	return []prometheus.Collector{b.metrics.purged, b.metrics.lastSweep, b.metrics.failed, b.metrics.suspicious, totals{b.metrics}}
}

// scrapeTimeout bounds how long a scrape waits for the database.
const scrapeTimeout = 2 * time.Second

// totals collects the directory's counters.
type totals struct{ m *metrics }

func (t totals) Describe(ch chan<- *prometheus.Desc) {
	ch <- t.m.users
	ch <- t.m.groups
	ch <- t.m.journal
}

func (t totals) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	var c storage.Counts
	err := t.m.store.View(ctx, func(r storage.Reader) (err error) {
		c, err = r.Counts()
		return err
	})
	if err != nil {
		// One missing sample must not take the other metrics with it.
		t.m.failed.Inc()
		return
	}
	for s := directory.Active; s < directory.Purged; s++ {
		ch <- prometheus.MustNewConstMetric(t.m.users, prometheus.GaugeValue, float64(c.Users[s]), s.String())
	}
	ch <- prometheus.MustNewConstMetric(t.m.groups, prometheus.GaugeValue, float64(c.Groups))
	ch <- prometheus.MustNewConstMetric(t.m.journal, prometheus.GaugeValue, float64(c.JournalEntries))
}
