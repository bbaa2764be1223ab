package syncari_test

import (
	"fmt"
	"testing"

	"github.com/scimbridge/scimbridge/api/apitest"
	"github.com/scimbridge/scimbridge/directory"
)

// BenchmarkGet is one user with five groups, from the request to the answer.
func BenchmarkGet(b *testing.B) {
	s := newServer(b)
	token := s.token(boss)
	for b.Loop() {
		if a := apitest.Do(b, s, "GET", "/api/v1/users/"+apitest.JohnnySyncari, "", "Authorization", token); a.Status != 200 {
			b.Fatal(a.Body)
		}
	}
}

// BenchmarkList lists an instance of 1,000 users.
func BenchmarkList(b *testing.B) {
	s := newServer(b)
	var ids []directory.ID
	for i := range 1000 {
		ids = append(ids, s.AddUser(directory.Profile{UserName: fmt.Sprintf("user%d@example.com", i)}).ID)
	}
	s.AddGroup("syncari:YUBV99:Viewer", ids...)
	token := s.token(boss)
	for b.Loop() {
		if a := apitest.Do(b, s, "GET", "/api/v1/users", "", "Authorization", token); a.Status != 200 {
			b.Fatal(a.Body)
		}
	}
}
