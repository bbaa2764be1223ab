package jwt

import (
	"crypto/rsa"
	"time"

	"github.com/scimbridge/scimbridge/directory"
)

// APIKey is one key of RSA's Cloud Administration API as the server knows it:
// its holder signs short-lived tokens with the private half.
type APIKey struct {
	AccessID string // the sub of its tokens, a UUID
	Public   *rsa.PublicKey
	Name     string // shown in the administration log
	Role     string // "Super Administrator" or "Help Desk Administrator"
	Tenant   directory.TenantID
}

// APIKeys verifies tokens signed by API keys (documented-apis 2.1). It is
// immutable and for concurrent use.
type APIKeys struct {
	audiences map[string]bool
	keys      map[string]APIKey
	now       func() time.Time
}

// NewAPIKeys returns the set of keys for the API at adminRestAPIURL, in any of
// its forms: ending in /restapi or /restapi/v1, with or without slash. now nil
// is time.Now. No keys at all are allowed: then every token is refused.
func NewAPIKeys(adminRestAPIURL string, now func() time.Time, keys ...APIKey) (*APIKeys, error) {
	return &APIKeys{now: now}, nil
}

// Verify returns the key that signed the token. The error wraps one of the Err
// values of this package.
func (k *APIKeys) Verify(token string) (APIKey, *Claims, error) {
	panic("not written yet")
}

// ParsePublicKey reads an RSA public key from PEM: a public key (PKIX or
// PKCS #1), or a private one (PKCS #1 or #8) of which it takes the public half.
func ParsePublicKey(pem []byte) (*rsa.PublicKey, error) {
	panic("not written yet")
}

// KeyFile is the file RSA's console hands to the holder of an API key.
type KeyFile struct {
	AccessID        string `json:"accessID"`
	AccessKey       string `json:"accessKey"` // private key, PEM of PKCS #1
	AdminRestAPIURL string `json:"adminRestApiUrl"`
}

// NewKeyFile makes a new key of 2048 bits for the API at adminRestAPIURL.
func NewKeyFile(accessID, adminRestAPIURL string) (*KeyFile, error) { panic("not written yet") }

// ParseKeyFile reads a key file; members it does not know are ignored.
func ParseKeyFile(data []byte) (*KeyFile, error) { panic("not written yet") }

// Token signs a token that is valid from now on for lifetime (at most one hour).
func (f *KeyFile) Token(now time.Time, lifetime time.Duration) (string, error) {
	panic("not written yet")
}
