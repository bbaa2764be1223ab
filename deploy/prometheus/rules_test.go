// Package prometheus_test holds the alert rules to what the program exports.
package prometheus_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/scimbridge/scimbridge/internal/web"
	"github.com/scimbridge/scimbridge/provision"
	"github.com/scimbridge/scimbridge/scim"
	"github.com/scimbridge/scimbridge/storage/sqlite"
)

type ruleFile struct {
	Groups []struct {
		Name  string `yaml:"name"`
		Rules []rule `yaml:"rules"`
	} `yaml:"groups"`
}

type rule struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

func decode(t *testing.T, path string, into any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalWithOptions(data, into, yaml.Strict()); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// exported returns the label names of every metric of a whole bridge, by the
// name that a scrape shows.
func exported(t *testing.T) map[string][]string {
	t.Helper()
	store, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "a.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}()
	var all []prometheus.Collector
	all = append(all, web.NewMetrics("test").Collectors()...)
	all = append(all, store.Metrics()...)
	all = append(all, scim.NewMetrics().Collectors()...)
	all = append(all, provision.New(store, provision.Options{}).Collectors()...)

	text := regexp.MustCompile(`^Desc\{fqName: "([^"]*)", .*variableLabels: \{([^}]*)\}\}$`)
	metrics := map[string][]string{}
	for _, c := range all {
		descs := make(chan *prometheus.Desc, 16)
		c.Describe(descs)
		close(descs)
		histogram := isHistogram(c)
		for d := range descs {
			m := text.FindStringSubmatch(d.String())
			if m == nil {
				t.Fatalf("can not read %s", d)
			}
			labels := strings.FieldsFunc(m[2], func(r rune) bool { return r == ',' || r == ' ' })
			if histogram {
				metrics[m[1]+"_bucket"] = append(labels, "le")
				metrics[m[1]+"_sum"], metrics[m[1]+"_count"] = labels, labels
			} else {
				metrics[m[1]] = labels
			}
		}
	}
	return metrics
}

func isHistogram(c prometheus.Collector) bool {
	switch c.(type) {
	case prometheus.Histogram, *prometheus.HistogramVec:
		return true
	}
	return false
}

// label values that the rules rely on, by label name.
var values = map[string][]string{
	"result":  {"unavailable"},
	"state":   {"active"},
	"surface": {"scim"},
	"reason": {
		web.ReasonMissing, web.ReasonExpired, web.ReasonKeysUnavailable,
	},
	"job": {"scimbridge"},
}

var (
	metricName = regexp.MustCompile(`scimbridge_[a-z_]+`)
	selector   = regexp.MustCompile(`([a-z_]+)\{([^}]*)\}`)
	matcher    = regexp.MustCompile(`^([a-z_]+)(=|!=|=~|!~)"([^"]*)"$`)
	grouping   = regexp.MustCompile(`(?:by|on) ?\(([^)]*)\)`)
)

func TestAlertsUseMetricsThatExist(t *testing.T) {
	metrics := exported(t)
	var file ruleFile
	decode(t, "alerts.yml", &file)
	var rules, names int
	for _, group := range file.Groups {
		for _, r := range group.Rules {
			rules++
			available := map[string]bool{"instance": true, "job": true}
			for _, name := range metricName.FindAllString(r.Expr, -1) {
				names++
				labels, ok := metrics[name]
				if !ok {
					t.Errorf("%s: the program exports no %s", r.Alert, name)
				}
				for _, l := range labels {
					available[l] = true
				}
			}
			for _, s := range selector.FindAllStringSubmatch(r.Expr, -1) {
				for _, m := range strings.Split(s[2], ",") {
					parts := matcher.FindStringSubmatch(m)
					if parts == nil {
						t.Errorf("%s: can not read the matcher %s", r.Alert, m)
						continue
					}
					if own := append([]string{"job", "instance"}, metrics[s[1]]...); !slices.Contains(own, parts[1]) {
						t.Errorf("%s: %s has no label %s", r.Alert, s[1], parts[1])
					}
					for _, v := range strings.Split(parts[3], "|") {
						if parts[1] != "status" && !slices.Contains(values[parts[1]], v) {
							t.Errorf("%s: the label %s never is %q", r.Alert, parts[1], v)
						}
					}
				}
			}
			for _, g := range grouping.FindAllStringSubmatch(r.Expr, -1) {
				for _, l := range strings.Split(g[1], ",") {
					if !available[strings.TrimSpace(l)] {
						t.Errorf("%s: groups by %s, which no metric in it has", r.Alert, l)
					}
				}
			}
		}
	}
	if rules < 10 || names < rules-1 {
		t.Errorf("only %d metric names found in %d rules", names, rules)
	}
}

func TestAlertsAreComplete(t *testing.T) {
	var file ruleFile
	decode(t, "alerts.yml", &file)
	seen := map[string]bool{}
	for _, group := range file.Groups {
		for _, r := range group.Rules {
			if r.Alert == "" || seen[r.Alert] {
				t.Errorf("alert %q has no name of its own", r.Alert)
			}
			seen[r.Alert] = true
			if s := r.Labels["severity"]; s != "page" && s != "ticket" {
				t.Errorf("%s: severity %q", r.Alert, s)
			}
			for _, a := range []string{"summary", "description"} {
				if r.Annotations[a] == "" {
					t.Errorf("%s: no %s", r.Alert, a)
				}
			}
			if r.For != "" {
				if _, err := time.ParseDuration(r.For); err != nil {
					t.Errorf("%s: for: %v", r.Alert, err)
				}
			}
			for _, pair := range []string{"()", "{}", "[]"} {
				if strings.Count(r.Expr, pair[:1]) != strings.Count(r.Expr, pair[1:]) {
					t.Errorf("%s: unbalanced %s", r.Alert, pair)
				}
			}
		}
	}
}

// The configuration loads the rules and scrapes the job they speak of.
func TestScrapeConfiguration(t *testing.T) {
	var c struct {
		Global        map[string]string `yaml:"global"`
		RuleFiles     []string          `yaml:"rule_files"`
		ScrapeConfigs []struct {
			JobName       string `yaml:"job_name"`
			StaticConfigs []struct {
				Targets []string `yaml:"targets"`
			} `yaml:"static_configs"`
		} `yaml:"scrape_configs"`
	}
	decode(t, "prometheus.yml", &c)
	for _, f := range c.RuleFiles {
		if _, err := os.Stat(f); err != nil {
			t.Errorf("rule file: %v", err)
		}
	}
	if len(c.RuleFiles) != 1 || len(c.ScrapeConfigs) != 1 || c.ScrapeConfigs[0].JobName != "scimbridge" {
		t.Fatalf("configuration %+v", c)
	}
	// compose.yaml names the service that this target is.
	var compose struct {
		Services map[string]any `yaml:"services"`
		Volumes  map[string]any `yaml:"volumes"`
	}
	decode(t, "../../compose.yaml", &compose)
	host, port, found := strings.Cut(c.ScrapeConfigs[0].StaticConfigs[0].Targets[0], ":")
	if !found || compose.Services[host] == nil || port != "9180" {
		t.Errorf("target %s:%s is no service of compose.yaml", host, port)
	}
}
