package auth

import (
	"crypto/sha256"
	"net/netip"
	"sync"
	"time"
)

const (
	failureBurst = 20               // failures of one address that are answered as such
	failureEvery = 10 * time.Second // and one more in each of these
	maxAddresses = 10_000           // remembered at once
)

// Limiter counts failed attempts by network address (T-12), in two ways.
//
// Fail is for tokens, which nobody guesses. It is asked only after an attempt has
// failed: a good token costs nothing here and is never locked out, not even by
// failures of others behind the same proxy, whose address is all that is known.
//
// Try is for passwords and client secrets, which people choose. It is asked
// before the secret is looked at, or an attacker would simply not wait, and it
// counts each user by itself, so that who guesses at one behind a proxy does not
// lock out the others.
//
// A Limiter is for concurrent use, and its memory is bounded: addresses whose
// failures are long past are forgotten first. Of an IPv6 address only the network
// (/64) counts, which one machine has to itself.
type Limiter struct {
	now func() time.Time

	mu sync.Mutex
	// clear is when the address, or the user at it, will have no failure left: each failure adds
	// failureEvery, time takes it away.
	clear map[string]time.Time
}

// NewLimiter returns a Limiter that allows 20 failures at once and one more in
// every 10 seconds. now nil is time.Now.
func NewLimiter(now func() time.Time) *Limiter {
	if now == nil {
		now = time.Now
	}
	return &Limiter{now: now, clear: make(map[string]time.Time)}
}

// Fail counts a failure of address and returns how long it should wait before
// it tries again, 0 if its failures are few. A nil Limiter always returns 0.
func (l *Limiter) Fail(address string) (wait time.Duration) {
	if l == nil {
		return 0
	}
	return l.count(network(address))
}

// Try counts an attempt of address at the secret of user as a failure, before it
// is known whether it is one: attempts made at the same time count, too. If wait
// is not 0 the attempt must be refused unseen; it is then not counted. Call Right
// if it turns out to be none. Whether there is such a user makes no difference.
// A nil Limiter always returns 0.
func (l *Limiter) Try(address, user string) (wait time.Duration) {
	if l == nil {
		return 0
	}
	return l.count(attempt(address, user))
}

// Right takes back what Try has counted.
func (l *Limiter) Right(address, user string) {
	if l == nil {
		return
	}
	key := attempt(address, user)
	l.mu.Lock()
	defer l.mu.Unlock()
	if clear, ok := l.clear[key]; ok {
		l.clear[key] = clear.Add(-failureEvery)
	}
}

// attempt is the key of a user's attempts. Names are hashed, since they may be
// long.
func attempt(address, user string) string {
	sum := sha256.Sum256([]byte(user))
	return network(address) + " " + string(sum[:])
}

// count adds a failure to the key.
func (l *Limiter) count(address string) (wait time.Duration) {
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	clear, known := l.clear[address]
	if clear.Before(now) {
		clear = now
	}
	if !known && len(l.clear) >= maxAddresses {
		l.forget(now)
	}
	clear = clear.Add(failureEvery)
	if over := clear.Sub(now) - failureBurst*failureEvery; over > 0 {
		// A failure that is told to wait is not added up, or attempts that go
		// on would push the end of the wait ever further away.
		l.clear[address] = clear.Add(-failureEvery)
		return over
	}
	l.clear[address] = clear
	return 0
}

// network returns what is counted of an address.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	ip = ip.Unmap()
	if ip.Is4() {
		return ip.String()
	}
	prefix, err := ip.WithZone("").Prefix(64)
	if err != nil {
		return address
	}
	return prefix.String()
}

// forget drops the addresses that have no failures left, and if that is none,
// any tenth of them: better to forget a failure than to run out of memory.
func (l *Limiter) forget(now time.Time) {
	for address, clear := range l.clear {
		if !clear.After(now) {
			delete(l.clear, address)
		}
	}
	drop := len(l.clear) - maxAddresses*9/10
	for address := range l.clear {
		if drop <= 0 {
			return
		}
		delete(l.clear, address)
		drop--
	}
}
