package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"
	"strings"
)

const (
	// Prefix starts every secret the bridge makes, so that scanners of code and
	// logs can tell what they found.
	Prefix = "scb_"

	secretBytes  = 32
	secretDigits = 43 // of base 62, for 32 bytes

	minGiven = 32  // characters of a secret that somebody else made (T-10)
	maxGiven = 512 // keeps what is hashed for a stranger small
)

// newSecret returns 256 random bits in letters and digits, which a double click
// selects whole.
func newSecret() string {
	var b [secretBytes]byte
	if _, err := rand.Read(b[:]); err != nil {
		panic("auth: no randomness: " + err.Error()) // crypto/rand never fails on supported systems
	}
	digits := new(big.Int).SetBytes(b[:]).Text(62)
	return Prefix + strings.Repeat("0", secretDigits-len(digits)) + digits
}

// digest is what is stored and looked up instead of the secret.
func digest(secret string) [32]byte { return sha256.Sum256([]byte(secret)) }

// hint is what is shown of a secret later on.
func hint(secret string) string { return secret[len(secret)-4:] }

// CheckGiven reports why a secret that was not made here can not be a token: it
// is too short to be random, or a header can not carry it. The error does not
// contain the secret.
func CheckGiven(secret string) error {
	switch {
	case len(secret) < minGiven:
		return fmt.Errorf("the token has %d characters, fewer than %d", len(secret), minGiven)
	case len(secret) > maxGiven:
		return fmt.Errorf("the token has %d characters, more than %d", len(secret), maxGiven)
	case strings.Count(secret, secret[:1]) == len(secret):
		return errors.New("the token is one character over and over")
	}
	body := strings.TrimRight(secret, "=")
	for _, c := range []byte(body) { // b64token, RFC 6750 section 2.1
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~+/", c) >= 0) {
			return errors.New("the token has a character that a bearer token can not have: letters, digits and -._~+/ are allowed")
		}
	}
	return nil
}
