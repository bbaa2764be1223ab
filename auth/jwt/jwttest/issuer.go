// Package jwttest is an issuer of JSON web tokens for tests and for the
// program's demonstration: keys, tokens with any claims, and the key set as an
// http.Handler that can rotate its keys and fail.
package jwttest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"sync"

	"github.com/go-jose/go-jose/v4"
)

// Key is a signing key of an issuer.
type Key struct {
	ID      string // the kid
	Private *rsa.PrivateKey
}

// NewKey makes a key of 2048 bits. It panics if the system has no randomness.
func NewKey(id string) Key {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic("jwttest: making a key: " + err.Error())
	}
	return Key{ID: id, Private: private}
}

// Sign returns an RS256 token of type JWT that names the key and has exactly
// these claims.
func (k Key) Sign(claims map[string]any) string {
	return Sign(jose.RS256, k.Private, map[string]any{"typ": "JWT", "kid": k.ID}, claims)
}

// PublicPEM returns the public half as PEM of PKIX.
func (k Key) PublicPEM() []byte {
	der, err := x509.MarshalPKIXPublicKey(&k.Private.PublicKey)
	if err != nil {
		panic("jwttest: encoding a key: " + err.Error())
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// Sign returns a token with any algorithm, header and claims: forgeries too. It
// panics if the key does not fit the algorithm.
func Sign(algorithm jose.SignatureAlgorithm, key any, header, claims map[string]any) string {
	payload, err := json.Marshal(claims)
	if err != nil {
		panic("jwttest: encoding claims: " + err.Error())
	}
	options := &jose.SignerOptions{}
	for name, value := range header {
		options.WithHeader(jose.HeaderKey(name), value)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, options)
	if err != nil {
		panic("jwttest: " + err.Error())
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		panic("jwttest: signing: " + err.Error())
	}
	token, err := jws.CompactSerialize()
	if err != nil {
		panic("jwttest: " + err.Error())
	}
	return token
}

// Issuer serves the public halves of its keys as a JSON Web Key Set, at any
// path. It is for concurrent use.
type Issuer struct {
	mu      sync.Mutex
	keys    []Key
	failing bool
	fetches int
}

// NewIssuer returns an issuer with these keys.
func NewIssuer(keys ...Key) *Issuer { return &Issuer{keys: keys} }

// Rotate replaces the keys.
func (i *Issuer) Rotate(keys ...Key) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys = keys
}

// Fail makes the issuer answer 503 (or not any more).
func (i *Issuer) Fail(failing bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.failing = failing
}

// Fetches returns how often the keys were asked for.
func (i *Issuer) Fetches() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.fetches
}

// ServeHTTP answers the key set.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	i.mu.Lock()
	i.fetches++
	failing := i.failing
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, k := range i.keys {
		set.Keys = append(set.Keys, jose.JSONWebKey{
			Key: &k.Private.PublicKey, KeyID: k.ID, Algorithm: string(jose.RS256), Use: "sig",
		})
	}
	i.mu.Unlock()
	if failing {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(set); err != nil {
		panic(http.ErrAbortHandler) // the client has gone
	}
}
