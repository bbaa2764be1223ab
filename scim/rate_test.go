package scim_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/scimbridge/scimbridge/scim"
	"github.com/scimbridge/scimbridge/scim/scimtest"
	"github.com/scimbridge/scimbridge/storage"
)

// A client may send so much; then it is told when to come again, others are not
// disturbed, and what was refused changed nothing.
//
// covers: R-7644-7.6-01
func TestRate(t *testing.T) {
	var mu sync.Mutex
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	pass := func(d time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		at = at.Add(d)
	}
	s, c := start(t, scimtest.Options{Rate: scim.Rate{PerSecond: 0.5, Burst: 3, Now: func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return at
	}}})
	other := second(t, s, "other", storage.Strict)
	refused := func(a answer, wait string) {
		t.Helper()
		a.fails(http.StatusTooManyRequests, "")
		if got := a.header.Get("Retry-After"); got != wait {
			t.Errorf("Retry-After %q, want %q", got, wait)
		}
	}
	for range 3 {
		c.get("/Users").want(http.StatusOK)
	}
	refused(c.send("POST", "/Users", `{"schemas":["`+userURN+`"],"userName":"ada"}`), "2")
	refused(c.get("/nowhere"), "2") // not even 404 is told for nothing
	refused(c.get("/ServiceProviderConfig"), "2")
	other.get("/Users").want(http.StatusOK)
	unknown := newClient(t, s, "")
	for range 10 { // who has no token is no client
		unknown.get("/ServiceProviderConfig").want(http.StatusOK)
		unknown.get("/Users").fails(http.StatusUnauthorized, "")
	}
	pass(1999 * time.Millisecond)
	refused(c.get("/Users"), "1")
	pass(time.Millisecond)
	if n := c.get("/Users").want(http.StatusOK).number("totalResults"); n != 0 {
		t.Errorf("a refused request made %d users", n)
	}
	refused(c.get("/Users"), "2")
	pass(-time.Hour) // a clock that is set back locks nobody out
	refused(c.get("/Users"), "2")
	pass(time.Hour + 24*time.Hour)
	for range 3 { // however long the pause was
		c.get("/Users").want(http.StatusOK)
	}
	refused(c.get("/Users"), "2")

	registry := prometheus.NewRegistry()
	registry.MustRegister(s.Metrics.Collectors()...)
	if err := testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP scimbridge_throttled_requests_total Requests refused because their client sent too many, by client.
# TYPE scimbridge_throttled_requests_total counter
scimbridge_throttled_requests_total{client="scim:okta"} 7
`), "scimbridge_throttled_requests_total"); err != nil {
		t.Error(err)
	}
}

func TestRateThatIsNone(t *testing.T) {
	for _, rate := range []scim.Rate{{PerSecond: -1}, {PerSecond: 1, Burst: -1}} {
		if _, err := scim.New(scim.Config{
			Backend: broken{}, BaseURL: scimtest.BaseURL, Rate: rate,
			Authenticate: func(*http.Request) (scim.Caller, error) { return scim.Caller{}, nil },
		}); err == nil {
			t.Errorf("%+v is taken", rate)
		}
	}
}
