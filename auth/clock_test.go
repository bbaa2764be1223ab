package auth

import (
	"testing"
	"time"
)

// Addresses is for the tests: how many addresses are remembered.
func (l *Limiter) Addresses() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.clear)
}

// covers: T-53
func TestClockDoesNotGoBack(t *testing.T) {
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name          string
		wall          time.Time
		elapsed, want time.Duration
	}{
		{"in step", start.Add(time.Minute), time.Minute, time.Minute},
		{"set back an hour", start.Add(time.Minute - time.Hour), time.Minute, time.Minute},
		{"set ahead a day", start.Add(24*time.Hour + time.Minute), time.Minute, 24*time.Hour + time.Minute},
		{"ahead, then right again", start.Add(2 * time.Minute), 2 * time.Minute, 2 * time.Minute},
		{"the machine slept", start.Add(time.Hour), time.Minute, time.Hour},
	} {
		if got := later(tt.wall, start, tt.elapsed); !got.Equal(start.Add(tt.want)) {
			t.Errorf("%s: %v, want %v", tt.name, got, start.Add(tt.want))
		}
	}
	if a, b := steadyNow(), steadyNow(); b.Before(a) {
		t.Errorf("%v, then %v", a, b)
	}
}
