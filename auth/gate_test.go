package auth_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/scimbridge/scimbridge/auth"
	"github.com/scimbridge/scimbridge/internal/web"
)

// covers: T-12
func TestLimiter(t *testing.T) {
	clock := newClock()
	l := auth.NewLimiter(clock.now)
	var waits int
	for range 10_000 {
		if wait := l.Fail("192.0.2.7"); wait > 0 {
			waits++
			if wait > 10*time.Second {
				t.Fatalf("told to wait %s", wait)
			}
		}
	}
	if waits != 10_000-20 {
		t.Errorf("%d of 10,000 failures were told to wait, want all but 20", waits)
	}
	if wait := l.Fail("::ffff:192.0.2.7"); wait == 0 {
		t.Error("the same address in IPv6 form does not have to wait")
	}
	if wait := l.Fail("192.0.2.8"); wait != 0 {
		t.Errorf("another address has to wait %s", wait)
	}
	clock.at = clock.at.Add(10 * time.Second)
	if wait := l.Fail("192.0.2.7"); wait != 0 {
		t.Errorf("who waited 10 s has to wait %s", wait)
	}
	if wait := l.Fail("192.0.2.7"); wait == 0 {
		t.Error("and then is free at once")
	}
	clock.at = clock.at.Add(time.Hour)
	for range 20 {
		if wait := l.Fail("192.0.2.7"); wait != 0 {
			t.Fatalf("an hour later: %s", wait)
		}
	}
	var none *auth.Limiter
	if wait := none.Fail("192.0.2.7"); wait != 0 {
		t.Errorf("no limiter: %s", wait)
	}
}

// Failures from ever new addresses do not fill the memory, and the oldest are
// not what is kept.
func TestLimiterIsBounded(t *testing.T) {
	clock := newClock()
	l := auth.NewLimiter(clock.now)
	for i := range 30_000 {
		l.Fail(fmt.Sprintf("2001:db8:%x::1", i))
	}
	if n := l.Addresses(); n > 10_000 {
		t.Errorf("%d addresses are remembered", n)
	}
	clock.at = clock.at.Add(time.Hour)
	for i := range 10_000 {
		l.Fail(fmt.Sprintf("2001:db9:%x::1", i))
	}
	for i := range 19 { // the rest of the network's twenty, from ever new addresses
		l.Fail(fmt.Sprintf("2001:db9:1::%x", i+2))
	}
	if wait := l.Fail("2001:db9:1:0:8000::%eth0"); wait == 0 {
		t.Error("a fresh failure was forgotten before those of an hour ago, or not counted for its network")
	}
	if wait := l.Fail("2001:db9:1:1::1"); wait != 0 {
		t.Errorf("the neighbour network has to wait %s", wait)
	}
}

// Attempts at a secret are counted before they are judged, each user by itself.
//
// covers: T-12
func TestLimiterOfAttempts(t *testing.T) {
	clock := newClock()
	l := auth.NewLimiter(clock.now)
	for i := range 20 { // all at the same time, none known to be right or wrong yet
		if wait := l.Try("192.0.2.1", "office"); wait != 0 {
			t.Fatalf("attempt %d has to wait %s", i, wait)
		}
	}
	for range 3 { // what is refused is not counted
		if wait := l.Try("192.0.2.1", "office"); wait != 10*time.Second {
			t.Errorf("attempt 21 has to wait %s", wait)
		}
	}
	for _, free := range [][2]string{{"192.0.2.1", "other"}, {"192.0.2.2", "office"}} {
		if wait := l.Try(free[0], free[1]); wait != 0 {
			t.Errorf("%v has to wait %s", free, wait)
		}
	}
	if wait := l.Fail("192.0.2.1"); wait != 0 {
		t.Errorf("a token of the same address has to wait %s", wait)
	}
	l.Right("192.0.2.1", "office")
	if wait := l.Try("192.0.2.1", "office"); wait != 0 {
		t.Errorf("after a right one: wait %s", wait)
	}
	l.Right("192.0.2.1", "unknown")
	if wait := l.Try("2001:db8::1", ""); wait != 0 {
		t.Errorf("no name at all has to wait %s", wait)
	}
	for range 19 {
		l.Try("2001:db8::2", "")
	}
	if wait := l.Try("2001:db8::3", ""); wait == 0 {
		t.Error("the addresses of one network are counted apart")
	}
	var none *auth.Limiter
	if none.Try("192.0.2.1", "x") != 0 {
		t.Error("no limiter limits")
	}
	none.Right("192.0.2.1", "x")
}

// covers: T-01, T-09, T-12, PG-06
func TestGate(t *testing.T) {
	store, clock := open(t, filepath.Join(t.TempDir(), "a.db")), newClock()
	_, secret, err := auth.Bootstrap(t.Context(), store, "")
	if err != nil {
		t.Fatal(err)
	}
	metrics := web.NewMetrics("test")
	gate := &auth.Gate{
		Tokens: &auth.Tokens{Store: store}, Limiter: auth.NewLimiter(clock.now), Schemes: []string{"OAuth"},
		Edge: &web.Edge{Surface: "scim", Metrics: metrics, Log: slog.New(slog.DiscardHandler)},
	}
	try := func(header, query string) (auth.Identity, error) {
		r := httptest.NewRequest("GET", "/scim/v2/Users"+query, nil)
		if header != "" {
			r.Header.Set("Authorization", header)
		}
		return gate.Authenticate(r)
	}
	for _, header := range []string{"Bearer " + secret, "bearer " + secret, secret, "OAuth " + secret} {
		if id, err := try(header, ""); err != nil || id.Client.Name != "default" {
			t.Errorf("%.12s…: %+v, %v", header, id, err)
		}
	}

	var refusal *auth.Refusal
	for _, tt := range []struct {
		name, header, query string
		missing             bool
	}{
		{"nothing", "", "", true},
		{"in the query", "", "?access_token=" + secret, true},
		{"basic", "Basic " + secret, "", false},
		{"a JSON web token", "Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl", "", false},
	} {
		id, err := try(tt.header, tt.query)
		if !errors.As(err, &refusal) || refusal.Missing != tt.missing || refusal.RetryAfter != 0 || id.Client.ID != 0 {
			t.Errorf("%s: %+v, %+v", tt.name, id, err)
		}
	}

	for i := range 100 {
		_, err := try("Bearer "+strings.Repeat("x", 40)+fmt.Sprint(i), "")
		if !errors.As(err, &refusal) {
			t.Fatal(err)
		}
	}
	if refusal.RetryAfter <= 0 || refusal.RetryAfter > 10*time.Second {
		t.Errorf("after 100 wrong tokens: retry after %s", refusal.RetryAfter)
	}
	// Whoever shares the address with the one who guesses is not locked out.
	if _, err := try("Bearer "+secret, ""); err != nil {
		t.Errorf("the good token from the same address: %v", err)
	}

	want := `
# HELP scimbridge_auth_failures_total Requests refused for their credential, by surface and reason.
# TYPE scimbridge_auth_failures_total counter
scimbridge_auth_failures_total{reason="malformed",surface="scim"} 1
scimbridge_auth_failures_total{reason="missing",surface="scim"} 2
scimbridge_auth_failures_total{reason="throttled",surface="scim"} 82
scimbridge_auth_failures_total{reason="unknown",surface="scim"} 19
`
	registry := prometheus.NewRegistry()
	registry.MustRegister(metrics.Collectors()...)
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "scimbridge_auth_failures_total"); err != nil {
		t.Error(err)
	}
}
