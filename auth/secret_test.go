package auth_test

import (
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/auth"
)

// An issued token has 256 random bits: its 43 digits of base 62 can spell so
// many, and nothing about them can be foretold from others.
//
// covers: R-7644-7.4-01
func TestTokensCanNotBeGuessed(t *testing.T) {
	store, clock := open(t, filepath.Join(t.TempDir(), "a.db")), newClock()
	tokens := &auth.Tokens{Store: store, Now: clock.now}
	c := client(t, store, "okta")
	const digits = 43
	if bits := digits * math.Log2(62); bits < 256 {
		t.Fatalf("%d digits hold %.1f bits", digits, bits)
	}
	const n = 400
	seen := map[string]bool{}
	var counts [digits]map[byte]int
	for range n {
		secret, _, err := tokens.Issue(t.Context(), c.ID, clock.in(1), "")
		if err != nil {
			t.Fatal(err)
		}
		body, ok := strings.CutPrefix(secret, auth.Prefix)
		if !ok || len(body) != digits || seen[body] {
			t.Fatalf("secret of %d digits, seen before: %v", len(body), seen[body])
		}
		seen[body] = true
		for i := range digits {
			if counts[i] == nil {
				counts[i] = map[byte]int{}
			}
			counts[i][body[i]]++
		}
	}
	// The leading digits of 256 bits are not evenly spread, the others are. In 400
	// draws, no digit out of 62 comes 40 times, and 40 or more of them come.
	for i := 2; i < digits; i++ {
		if len(counts[i]) < 40 {
			t.Errorf("digit %d has only %d values", i, len(counts[i]))
		}
		for digit, times := range counts[i] {
			if times > 40 {
				t.Errorf("digit %d is %q in %d of %d secrets", i, digit, times, n)
			}
		}
	}
	// What others made must be as long as 32 characters, at the start too.
	for _, given := range []string{"short", "0123456789abcdef", strings.Repeat("ab", 15) + "c"} {
		if created, _, err := auth.Bootstrap(t.Context(), store, given); err == nil || created || strings.Contains(err.Error(), given) {
			t.Errorf("a token of %d characters: created %v, %v", len(given), created, err)
		}
	}
}
