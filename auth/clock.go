package auth

import "time"

// started is read with the monotonic clock of the system.
var started = time.Now()

// steadyNow is the time of day, except when somebody sets the clock back while
// the process runs: then it goes on from where it was.
func steadyNow() time.Time { return later(time.Now(), started, time.Since(started)) }

// later returns wall, or start + elapsed if the wall clock has fallen behind
// that. It is in UTC and milliseconds, as the database keeps times, and without
// monotonic reading, which would compare by itself.
func later(wall, start time.Time, elapsed time.Duration) time.Time {
	wall, steady := wall.Round(0), start.Round(0).Add(elapsed)
	if wall.Before(steady) {
		wall = steady
	}
	return wall.UTC().Truncate(time.Millisecond)
}
