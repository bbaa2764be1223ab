package syncari

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"math"

	"github.com/scimbridge/scimbridge/directory"
)

// A client id has 20 bytes and a client secret 32, both written in base64url
// without padding: 27 and 43 characters, as in the vendor's samples.
const (
	clientIDBytes = 20
	secretBytes   = 32
)

// newClientID returns the client id of an API user. It is public and says
// whose it is (the user's id, four random bytes, the tenant), so that the token
// endpoint, which is told nothing else, finds the user by its indexed id. It is
// only ever believed if the user it leads to has exactly this client id.
func newClientID(tenant directory.TenantID, user directory.ObjectID) string {
	var b [clientIDBytes]byte
	copy(b[:12], user[:])
	random(b[12:16])
	binary.BigEndian.PutUint32(b[16:], uint32(tenant))
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// parseClientID returns where a client id of ours leads.
func parseClientID(s string) (tenant directory.TenantID, user directory.ObjectID, ok bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || len(b) != clientIDBytes {
		return 0, user, false
	}
	copy(user[:], b[:12])
	return directory.TenantID(binary.BigEndian.Uint32(b[16:])), user, true
}

// hasClientIDs reports whether client ids can say the tenant's number.
func hasClientIDs(tenant directory.TenantID) bool { return tenant > 0 && tenant <= math.MaxUint32 }

// newSecret returns a secret of 256 random bits.
func newSecret() string {
	var b [secretBytes]byte
	random(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// digest is the form in which secrets are kept: hex SHA-256. There is nothing to
// guess in 256 random bits, so a slow hash would protect nothing.
func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// secretMatches compares in constant time.
func secretMatches(secret, kept string) bool {
	return kept != "" && subtle.ConstantTimeCompare([]byte(digest(secret)), []byte(kept)) == 1
}

func random(b []byte) {
	if _, err := rand.Read(b); err != nil {
		panic("syncari: no randomness: " + err.Error()) // crypto/rand never fails on supported systems
	}
}

// idOf computes the id of a configured API user that is given none, the same at
// every start.
func idOf(clientID string) (id directory.ObjectID) {
	sum := sha256.Sum256([]byte("syncari api user\x00" + clientID))
	copy(id[:], sum[:])
	return id
}
