package jwt

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// KeyFile is the file that RSA's console hands to the holder of an API key.
type KeyFile struct {
	AccessID        string `json:"accessID"`
	AccessKey       string `json:"accessKey"` // private key, PEM of PKCS #1
	AdminRestAPIURL string `json:"adminRestApiUrl"`
}

// NewKeyFile makes a new key of 2048 bits for the API at adminRestAPIURL.
func NewKeyFile(accessID, adminRestAPIURL string) (*KeyFile, error) {
	private, err := rsa.GenerateKey(rand.Reader, minRSA)
	if err != nil {
		return nil, fmt.Errorf("making an API key: %w", err)
	}
	block := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(private)}
	return &KeyFile{AccessID: accessID, AccessKey: string(pem.EncodeToMemory(block)), AdminRestAPIURL: adminRestAPIURL}, nil
}

// ParseKeyFile reads a key file; members it does not know are ignored.
func ParseKeyFile(data []byte) (*KeyFile, error) {
	var f KeyFile
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, errors.New("the API key file is not JSON of the expected form") // the cause may quote the key
	}
	if f.AccessID == "" || f.AdminRestAPIURL == "" {
		return nil, errors.New("the API key file lacks accessID or adminRestApiUrl")
	}
	if _, err := parsePrivateKey([]byte(f.AccessKey)); err != nil {
		return nil, fmt.Errorf("the API key file's accessKey: %w", err)
	}
	return &f, nil
}

// Public returns the half that the server needs.
func (f *KeyFile) Public() (*rsa.PublicKey, error) { return ParsePublicKey([]byte(f.AccessKey)) }

// Token signs a token that is valid from now on for lifetime, which the server
// bounds by one hour.
func (f *KeyFile) Token(now time.Time, lifetime time.Duration) (string, error) {
	private, err := parsePrivateKey([]byte(f.AccessKey))
	if err != nil {
		return "", err
	}
	return sign(jose.RS256, private, "JWT", map[string]any{
		"sub": f.AccessID,
		"aud": f.AdminRestAPIURL,
		"iat": now.Unix(),
		"exp": now.Add(lifetime).Unix(),
	})
}

// ParsePublicKey reads an RSA public key of at least 2048 bits from PEM: a
// public key (PKIX or PKCS #1), or a private one (PKCS #1 or #8) of which it
// takes the public half.
func ParsePublicKey(data []byte) (*rsa.PublicKey, error) {
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, errors.New("no PEM block found")
	}
	var key any
	var err error
	switch block.Type {
	case "PUBLIC KEY":
		key, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		key, err = x509.ParsePKCS1PublicKey(block.Bytes)
	default:
		private, err := parsePrivateKey(data)
		if err != nil {
			return nil, err
		}
		return &private.PublicKey, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading a public key: %w", err)
	}
	public, ok := key.(*rsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("the public key is a %T, not RSA", key)
	}
	return public, checkSize(public)
}

func parsePrivateKey(data []byte) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, errors.New("no PEM block found")
	}
	var key any
	var err error
	switch block.Type {
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	default:
		return nil, fmt.Errorf("a PEM block %q is not an RSA key", block.Type)
	}
	if err != nil {
		return nil, fmt.Errorf("reading a private key: %w", err)
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("the private key is a %T, not RSA", key)
	}
	return private, checkSize(&private.PublicKey)
}

func checkSize(key *rsa.PublicKey) error {
	if key.N.BitLen() < minRSA {
		return fmt.Errorf("the RSA key has %d bits, fewer than %d", key.N.BitLen(), minRSA)
	}
	return nil
}
