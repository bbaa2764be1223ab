package servicemobility

import (
	"context"
	"strings"
	"testing"
)

// HashForTest returns the hash of a password as a configuration would have it.
func HashForTest(t testing.TB, password string) string {
	t.Helper()
	hash, err := newHasher().hash(context.Background(), password)
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

func TestHash(t *testing.T) {
	h, ctx := newHasher(), context.Background()
	a, b := HashForTest(t, "secret"), HashForTest(t, "secret")
	if a == b || !strings.HasPrefix(a, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("hashes are %s and %s", a, b)
	}
	p, err := parsePHC(a)
	if err != nil || p.String() != a {
		t.Fatalf("parsed as %v, %v", p, err)
	}
	for password, want := range map[string]bool{"secret": true, "Secret": false, "": false, "secret ": false} {
		if got, err := h.matches(ctx, p, password); err != nil || got != want {
			t.Errorf("%q: %v, %v", password, got, err)
		}
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	h.slots <- struct{}{}
	h.slots <- struct{}{}
	if _, err := h.hash(ended, "x"); err == nil {
		t.Error("hashed beyond the slots")
	}
}

// A hash that the reference implementation made: argon2 somesalt -id -t 2 -k 65536 -p 1 -l 32
// of "password", from its test suite.
func TestHashOfTheReference(t *testing.T) {
	p, err := parsePHC("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := newHasher().matches(context.Background(), p, "password"); err != nil || !ok {
		t.Errorf("got %v, %v", ok, err)
	}
}

func TestParsePHCRefuses(t *testing.T) {
	const salt, sum = "c29tZXNhbHQ", "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	for _, s := range []string{
		"", "secret", "$argon2i$v=19$m=65536,t=2,p=1$" + salt + "$" + sum, "$argon2id$v=16$m=65536,t=2,p=1$" + salt + "$" + sum,
		"$argon2id$v=19$m=99999999,t=2,p=1$" + salt + "$" + sum, "$argon2id$v=19$m=65536,t=0,p=1$" + salt + "$" + sum,
		"$argon2id$v=19$m=65536,t=2,p=0$" + salt + "$" + sum, "$argon2id$v=19$m=65536,t=2,p=1$" + salt + "$abc",
		"$argon2id$v=19$m=65536,t=2,p=1$!$" + sum, "$argon2id$v=19$t=2$" + salt + "$" + sum, "$argon2id$v=19$m=65536,t=2,p=1$" + salt,
	} {
		if _, err := parsePHC(s); err == nil {
			t.Errorf("%s: accepted", s)
		} else if s != "" && strings.Contains(err.Error(), s) {
			t.Errorf("the error quotes the hash: %v", err)
		}
	}
}
