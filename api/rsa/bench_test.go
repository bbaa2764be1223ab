package rsa_test

import "testing"

// BenchmarkLookup is a read: token, account, projection.
func BenchmarkLookup(b *testing.B) {
	s := newServer(b)
	for b.Loop() {
		if w := s.call(helpDeskID, "POST", base+"users/lookup", `{"email":"johnny.kingston@example.com"}`); w.Code != 200 {
			b.Fatal(w.Code)
		}
	}
}

// BenchmarkSynchronize is a write with its journal entry.
func BenchmarkSynchronize(b *testing.B) {
	s := newServer(b)
	for b.Loop() {
		if w := s.call(helpDeskID, "POST", johnnyPath+"/sync", ""); w.Code != 200 {
			b.Fatal(w.Code)
		}
	}
}
