package jwt_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/scimbridge/scimbridge/auth/jwt"
	"github.com/scimbridge/scimbridge/auth/jwt/jwttest"
)

const (
	accessID = "7b0a9c35-7d10-4a5c-9c53-2f1d1f8a3a10"
	adminURL = "https://example.access.securid.com/AdminInterface/restapi"
)

func newAPIKeys(t *testing.T, c *clock, url string) *jwt.APIKeys {
	t.Helper()
	keys, err := jwt.NewAPIKeys(url, c.now, jwt.APIKey{
		AccessID: accessID, Public: &keyA().Private.PublicKey,
		Name: "console", Role: "Help Desk Administrator", Tenant: 7,
	})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// RSA's own sample writes the times as strings; clients in the wild write
// numbers. The audience has four spellings.
func TestAPIKeyAccepts(t *testing.T) {
	clock := newClock()
	now := clock.now()
	text := func(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }
	for _, configured := range []string{adminURL, adminURL + "/", adminURL + "/v1", adminURL + "/v1/"} {
		keys := newAPIKeys(t, clock, configured)
		for name, claims := range map[string]map[string]any{
			"numbers":            {"aud": adminURL, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()},
			"strings":            {"aud": adminURL, "iat": text(now), "exp": text(now.Add(58 * time.Minute))},
			"audience v1":        {"aud": adminURL + "/v1", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()},
			"audience slash":     {"aud": adminURL + "/", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()},
			"audience v1 slash":  {"aud": []string{adminURL + "/v1/"}, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()},
			"issued 59 s ahead":  {"aud": adminURL, "iat": now.Add(59 * time.Second).Unix(), "exp": now.Add(time.Hour).Unix()},
			"expired 59 s ago":   {"aud": adminURL, "iat": now.Add(-time.Hour).Unix(), "exp": now.Add(-59 * time.Second).Unix()},
			"other claims":       {"aud": adminURL, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "iss": "anyone", "role": "root"},
			"id in another case": {"aud": adminURL, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "sub": strings.ToUpper(accessID)},
		} {
			if claims["sub"] == nil {
				claims["sub"] = accessID
			}
			key, _, err := keys.Verify(keyA().Sign(claims))
			if err != nil || key.Name != "console" || key.Role != "Help Desk Administrator" || key.Tenant != 7 {
				t.Errorf("%s for %s: %+v, %v", name, configured, key, err)
			}
		}
	}
}

// covers: T-03, T-07
func TestAPIKeyRefuses(t *testing.T) {
	clock := newClock()
	now := clock.now()
	keys := newAPIKeys(t, clock, adminURL)
	good := map[string]any{"sub": accessID, "aud": adminURL, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()}
	typ := map[string]any{"typ": "JWT"}
	for _, tt := range []struct {
		name  string
		token string
		want  error
	}{
		{"HS256 with the public key", jwttest.Sign(jose.HS256, keyA().PublicPEM(), typ, good), jwt.ErrAlgorithm},
		{"RS512", jwttest.Sign(jose.RS512, keyA().Private, typ, good), jwt.ErrAlgorithm},
		{"no typ", jwttest.Sign(jose.RS256, keyA().Private, nil, good), jwt.ErrType},
		{"other typ", jwttest.Sign(jose.RS256, keyA().Private, map[string]any{"typ": "at+jwt"}, good), jwt.ErrType},
		{"other key", keyB().Sign(good), jwt.ErrSignature},
		{"unknown access id", keyA().Sign(with(good, map[string]any{"sub": "0d3b2c1a-0000-4000-8000-000000000000"})), jwt.ErrUnknownKey},
		{"no sub", keyA().Sign(with(good, map[string]any{"sub": nil})), jwt.ErrUnknownKey},
		{"other audience", keyA().Sign(with(good, map[string]any{"aud": "https://other.access.securid.com/AdminInterface/restapi"})), jwt.ErrAudience},
		{"no audience", keyA().Sign(with(good, map[string]any{"aud": nil})), jwt.ErrAudience},
		{"expired", keyA().Sign(with(good, map[string]any{"iat": now.Add(-2 * time.Hour).Unix(), "exp": now.Add(-time.Hour).Unix()})), jwt.ErrExpired},
		{"expired, as string", keyA().Sign(with(good, map[string]any{"exp": strconv.FormatInt(now.Add(-time.Hour).Unix(), 10)})), jwt.ErrExpired},
		{"from the future", keyA().Sign(with(good, map[string]any{"iat": now.Add(2 * time.Minute).Unix()})), jwt.ErrNotYetValid},
		{"an hour and a second", keyA().Sign(with(good, map[string]any{"exp": now.Add(3601 * time.Second).Unix()})), jwt.ErrLifetime},
		{"no time at all", keyA().Sign(with(good, map[string]any{"iat": now.Add(30 * time.Second).Unix(), "exp": now.Add(30 * time.Second).Unix()})), jwt.ErrLifetime},
		{"no iat", keyA().Sign(with(good, map[string]any{"iat": nil})), jwt.ErrClaims},
		{"no exp", keyA().Sign(with(good, map[string]any{"exp": nil})), jwt.ErrClaims},
		{"exp is no number", keyA().Sign(with(good, map[string]any{"exp": "tomorrow"})), jwt.ErrClaims},
		{"malformed", "eyJ.x.y", jwt.ErrMalformed},
	} {
		if key, _, err := keys.Verify(tt.token); !errors.Is(err, tt.want) || key.AccessID != "" {
			t.Errorf("%s: %+v, %v; want %v", tt.name, key, err, tt.want)
		}
	}

	none, err := jwt.NewAPIKeys("", clock.now)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := none.Verify(keyA().Sign(good)); !errors.Is(err, jwt.ErrUnknownKey) {
		t.Errorf("no keys configured: %v, want ErrUnknownKey", err)
	}
}

func TestNewAPIKeysRefuses(t *testing.T) {
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	good := jwt.APIKey{AccessID: accessID, Public: &keyA().Private.PublicKey}
	upper := good
	upper.AccessID = strings.ToUpper(accessID)
	for name, keys := range map[string][]jwt.APIKey{
		"no id":      {{Public: good.Public}},
		"no key":     {{AccessID: accessID}},
		"small key":  {{AccessID: accessID, Public: &small.PublicKey}},
		"same twice": {good, upper},
	} {
		if _, err := jwt.NewAPIKeys(adminURL, nil, keys...); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := jwt.NewAPIKeys("", nil, good); err == nil {
		t.Error("no URL: accepted")
	}
}

// What the holder of a key file signs, the server that knows the public half
// accepts.
func TestKeyFile(t *testing.T) {
	made, err := jwt.NewKeyFile(accessID, adminURL+"/v1")
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(made)
	if err != nil {
		t.Fatal(err)
	}
	data = bytes.Replace(data, []byte("{"), []byte(`{"customerName":"Example",`), 1)
	file, err := jwt.ParseKeyFile(data)
	if err != nil {
		t.Fatal(err)
	}
	public, err := file.Public()
	if err != nil {
		t.Fatal(err)
	}
	clock := newClock()
	keys, err := jwt.NewAPIKeys(adminURL, clock.now, jwt.APIKey{AccessID: accessID, Public: public, Name: "file"})
	if err != nil {
		t.Fatal(err)
	}
	token, err := file.Token(clock.now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if key, _, err := keys.Verify(token); err != nil || key.Name != "file" {
		t.Errorf("Verify = %+v, %v", key, err)
	}
	clock.advance(time.Hour + time.Minute)
	if _, _, err := keys.Verify(token); !errors.Is(err, jwt.ErrExpired) {
		t.Errorf("an hour and a minute later: %v, want ErrExpired", err)
	}

	for name, bad := range map[string]string{
		"not JSON": `{`,
		"no id":    `{"accessKey":"x","adminRestApiUrl":"u"}`,
		"no PEM":   `{"accessID":"a","accessKey":"not a key","adminRestApiUrl":"u"}`,
	} {
		if _, err := jwt.ParseKeyFile([]byte(bad)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestParsePublicKey(t *testing.T) {
	private := keyA().Private
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	encode := func(typ string, der []byte) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: typ, Bytes: der})
	}
	for name, data := range map[string][]byte{
		"PKIX":           keyA().PublicPEM(),
		"PKCS #1":        encode("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&private.PublicKey)),
		"private":        encode("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(private)),
		"private PKCS#8": encode("PRIVATE KEY", pkcs8),
	} {
		if got, err := jwt.ParsePublicKey(data); err != nil || !got.Equal(&private.PublicKey) {
			t.Errorf("%s: %v", name, err)
		}
	}

	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ec, err := x509.MarshalPKIXPublicKey(&curve.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	ec8, err := x509.MarshalPKCS8PrivateKey(curve)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"nothing": nil, "elliptic": encode("PUBLIC KEY", ec), "elliptic private": encode("PRIVATE KEY", ec8),
		"certificate": encode("CERTIFICATE", []byte("x")), "broken": encode("PUBLIC KEY", []byte("x")),
	} {
		if _, err := jwt.ParsePublicKey(data); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
