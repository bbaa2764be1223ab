package servicemobility_test

import (
	"fmt"
	"testing"

	"github.com/scimbridge/scimbridge/api/apitest"
)

func BenchmarkGet(b *testing.B) {
	s := newServer(b)
	token := s.token("office")
	for b.Loop() {
		if a := apitest.Do(b, s, "GET", johnny, "", "x-access-token", token); a.Status != 200 {
			b.Fatal(a.Body)
		}
	}
}

// BenchmarkPut replaces a user, each time with something new: one durable commit.
func BenchmarkPut(b *testing.B) {
	s := newServer(b)
	token := s.token("office")
	n := 0
	for b.Loop() {
		n++
		if a := apitest.Do(b, s, "PUT", johnny, fmt.Sprintf(`{"FirstName":"N%d"}`, n), "x-access-token", token); a.Status != 200 {
			b.Fatal(a.Body)
		}
	}
}
