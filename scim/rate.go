package scim

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/scimbridge/scimbridge/directory"
)

// Rate bounds the requests of each client (R-7644-7.6-01): so many a second for
// as long as it likes, and Burst at once after a pause. A bulk request counts as
// one. Who has no credential is not counted here, but by the count of failures.
type Rate struct {
	// PerSecond is how many requests a client may send in a second; 0 is any
	// number.
	PerSecond float64
	// Burst is how many may come at once; at least 1, and by default two seconds'
	// worth.
	Burst int
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// rates counts by client. It is for concurrent use; nil limits nobody. Clients
// are rows of the database, so their number is the operator's choice.
type rates struct {
	Rate
	mu      sync.Mutex
	buckets map[directory.ClientID]*bucket
}

// bucket holds what a client may send at once; it fills up as time goes by.
type bucket struct {
	left float64
	at   time.Time // when left was that
}

func newRates(r Rate) (*rates, error) {
	switch {
	case math.IsNaN(r.PerSecond) || math.IsInf(r.PerSecond, 0) || r.PerSecond < 0 || r.Burst < 0:
		return nil, fmt.Errorf("scim: a limit of %v requests a second, %d at once, is none", r.PerSecond, r.Burst)
	case r.PerSecond == 0:
		return nil, nil
	case r.Burst == 0:
		r.Burst = max(1, int(2*r.PerSecond))
	}
	if r.Now == nil {
		r.Now = time.Now
	}
	return &rates{Rate: r, buckets: make(map[directory.ClientID]*bucket)}, nil
}

// take counts a request, and returns 0, or how long the client has to wait until
// one is taken. What is refused is not counted.
func (r *rates) take(client directory.ClientID) time.Duration {
	if r == nil {
		return 0
	}
	now := r.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.buckets[client]
	if b == nil {
		b = &bucket{left: float64(r.Burst), at: now}
		r.buckets[client] = b
	}
	if passed := now.Sub(b.at); passed > 0 { // a clock that was set back gives nothing and takes nothing
		b.left = min(float64(r.Burst), b.left+passed.Seconds()*r.PerSecond)
	}
	b.at = now
	if b.left < 1 {
		return max(1, time.Duration((1-b.left)/r.PerSecond*float64(time.Second)))
	}
	b.left--
	return 0
}

// throttled answers 429 if the client has sent too much. Retry-After is in whole
// seconds, as identity providers understand no other form.
func (s *Server) throttled(w http.ResponseWriter, r *http.Request, c Caller) bool {
	wait := s.rates.take(c.Actor.Client)
	if wait == 0 {
		return false
	}
	leaveBody(w, r)
	s.c.Metrics.throttled.WithLabelValues(c.Actor.Name).Inc()
	w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	writeError(w, newError(http.StatusTooManyRequests, fmt.Sprintf("this client sends more than the %v requests a second that are allowed", s.rates.PerSecond)))
	return true
}
