package uniphore_test

import "testing"

// BenchmarkSyncUser is the call of every login: it changes nothing but leaves
// its journal entry.
func BenchmarkSyncUser(b *testing.B) {
	s := newServer(b).synced()
	token := s.token()
	for b.Loop() {
		if w := s.call(token, "POST", syncPath); w.Code != 200 {
			b.Fatal(w.Code)
		}
	}
}
