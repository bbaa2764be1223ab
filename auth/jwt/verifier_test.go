package jwt_test

import (
	"context"
	"crypto/x509"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/scimbridge/scimbridge/auth/jwt"
	"github.com/scimbridge/scimbridge/auth/jwt/jwttest"
	"github.com/scimbridge/scimbridge/internal/web"
)

const (
	issuerName = "https://example.us.auth0.com/"
	audience   = "uassist.example.com"
)

// clock is a clock the test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// keys are made once: making RSA keys is slow.
var (
	keyA = sync.OnceValue(func() jwttest.Key { return jwttest.NewKey("key-a") })
	keyB = sync.OnceValue(func() jwttest.Key { return jwttest.NewKey("key-b") })
)

func goodClaims(now time.Time) map[string]any {
	return map[string]any{
		"iss": issuerName, "sub": "auth0|5f7c8ec7c33c6c004bbafe82",
		"aud": []string{audience, issuerName + "userinfo"},
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
		"https://api.example.com/email_id":      "johnny@example.com",
		"https://api.example.com/roles":         []string{"u_administrator", "agent"},
		"https://api.example.com/user_metadata": map[string]any{"restrictProductionAccess": true, "client_id": "c-1"},
	}
}

// with returns claims with changes; a nil value removes the claim.
func with(claims, changes map[string]any) map[string]any {
	out := maps.Clone(claims)
	for k, v := range changes {
		if out[k] = v; v == nil {
			delete(out, k)
		}
	}
	return out
}

type setup struct {
	clock    *clock
	issuer   *jwttest.Issuer
	verifier *jwt.Verifier
}

func newSetup(t *testing.T, keys ...jwttest.Key) *setup {
	t.Helper()
	s := &setup{clock: newClock(), issuer: jwttest.NewIssuer(keys...)}
	server := httptest.NewServer(s.issuer)
	t.Cleanup(server.Close)
	s.verifier = &jwt.Verifier{
		Keys:   jwt.NewJWKS(server.URL+"/.well-known/jwks.json", jwt.Options{HTTPClient: server.Client(), Now: s.clock.now}),
		Issuer: issuerName, Audience: audience, Now: s.clock.now,
	}
	return s
}

func TestVerifyReturnsClaims(t *testing.T) {
	s := newSetup(t, keyA())
	c, err := s.verifier.Verify(t.Context(), keyA().Sign(goodClaims(s.clock.now())))
	if err != nil {
		t.Fatal(err)
	}
	if c.Subject != "auth0|5f7c8ec7c33c6c004bbafe82" || c.Issuer != issuerName || !c.HasAudience(audience) {
		t.Errorf("claims = %+v", c)
	}
	if got := c.String("https://api.example.com/email_id"); got != "johnny@example.com" {
		t.Errorf("email claim = %q", got)
	}
	if got := c.Strings("https://api.example.com/roles"); len(got) != 2 || got[0] != "u_administrator" {
		t.Errorf("roles claim = %q", got)
	}
	meta := c.Object("https://api.example.com/user_metadata")
	if meta["restrictProductionAccess"] != true || meta["client_id"] != "c-1" {
		t.Errorf("metadata claim = %v", meta)
	}
	if c.Bool("no such claim") || c.String("aud") != "" || c.Object("sub")["x"] != nil {
		t.Error("a claim of another type was not read as absent")
	}
	if want := s.clock.now().Add(time.Hour); !c.Expires.Equal(want) {
		t.Errorf("Expires = %v, want %v", c.Expires, want)
	}
}

// Every way a token can be wrong has its own error and metric reason.
//
// covers: T-03, T-07
func TestVerifyRefuses(t *testing.T) {
	s := newSetup(t, keyA())
	now := s.clock.now()
	good := goodClaims(now)
	token := keyA().Sign(good)
	parts := strings.Split(token, ".")
	publicDER, err := x509.MarshalPKIXPublicKey(&keyA().Private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	header := map[string]any{"typ": "JWT", "kid": "key-a"}
	altered := strings.Split(keyA().Sign(with(good, map[string]any{"sub": "auth0|admin"})), ".")

	for _, tt := range []struct {
		name   string
		token  string
		want   error
		reason string
	}{
		{"empty", "", jwt.ErrMalformed, web.ReasonMalformed},
		{"not a token", "scb_4f0b", jwt.ErrMalformed, web.ReasonMalformed},
		{"two parts", parts[0] + "." + parts[1], jwt.ErrMalformed, web.ReasonMalformed},
		{"JSON serialization", `{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`, jwt.ErrMalformed, web.ReasonMalformed},
		{"huge", token + strings.Repeat("A", 20<<10), jwt.ErrMalformed, web.ReasonMalformed},
		{"alg none", "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." + parts[1] + ".", jwt.ErrAlgorithm, web.ReasonAlgorithm},
		{"HS256 with the public key as PEM", jwttest.Sign(jose.HS256, keyA().PublicPEM(), header, good), jwt.ErrAlgorithm, web.ReasonAlgorithm},
		{"HS256 with the public key as DER", jwttest.Sign(jose.HS256, publicDER, header, good), jwt.ErrAlgorithm, web.ReasonAlgorithm},
		{"RS512 with the right key", jwttest.Sign(jose.RS512, keyA().Private, header, good), jwt.ErrAlgorithm, web.ReasonAlgorithm},
		{"PS256 with the right key", jwttest.Sign(jose.PS256, keyA().Private, header, good), jwt.ErrAlgorithm, web.ReasonAlgorithm},
		{"another key under a known kid", jwttest.Sign(jose.RS256, keyB().Private, header, good), jwt.ErrSignature, web.ReasonSignature},
		{"an unknown kid", keyB().Sign(good), jwt.ErrSignature, web.ReasonSignature},
		{"a kid that is a path", jwttest.Sign(jose.RS256, keyB().Private, map[string]any{"kid": "../../../dev/null"}, good), jwt.ErrSignature, web.ReasonSignature},
		{"a key of its own in the header", jwttest.Sign(jose.RS256, keyB().Private, map[string]any{"kid": "key-b", "jwk": jose.JSONWebKey{Key: &keyB().Private.PublicKey}}, good), jwt.ErrSignature, web.ReasonSignature},
		{"payload of another token", parts[0] + "." + altered[1] + "." + parts[2], jwt.ErrSignature, web.ReasonSignature},
		{"no signature", parts[0] + "." + parts[1] + ".", jwt.ErrSignature, web.ReasonSignature},
		{"other issuer", keyA().Sign(with(good, map[string]any{"iss": "https://evil.example.com/"})), jwt.ErrIssuer, web.ReasonIssuer},
		{"issuer without its slash", keyA().Sign(with(good, map[string]any{"iss": strings.TrimSuffix(issuerName, "/")})), jwt.ErrIssuer, web.ReasonIssuer},
		{"no issuer", keyA().Sign(with(good, map[string]any{"iss": nil})), jwt.ErrIssuer, web.ReasonIssuer},
		{"issuer of another type", keyA().Sign(with(good, map[string]any{"iss": []string{issuerName}})), jwt.ErrClaims, web.ReasonMalformed},
		{"other audience", keyA().Sign(with(good, map[string]any{"aud": "api.example.com"})), jwt.ErrAudience, web.ReasonAudience},
		{"audience with ours as a part", keyA().Sign(with(good, map[string]any{"aud": "x" + audience})), jwt.ErrAudience, web.ReasonAudience},
		{"no audience", keyA().Sign(with(good, map[string]any{"aud": nil})), jwt.ErrAudience, web.ReasonAudience},
		{"audience of another type", keyA().Sign(with(good, map[string]any{"aud": []any{audience, 7}})), jwt.ErrClaims, web.ReasonMalformed},
		{"expired", keyA().Sign(with(good, map[string]any{"exp": now.Add(-time.Minute).Unix()})), jwt.ErrExpired, web.ReasonExpired},
		{"no expiry", keyA().Sign(with(good, map[string]any{"exp": nil})), jwt.ErrClaims, web.ReasonMalformed},
		{"expiry as text", keyA().Sign(with(good, map[string]any{"exp": "9999999999"})), jwt.ErrClaims, web.ReasonMalformed},
		{"expiry past all calendars", keyA().Sign(with(good, map[string]any{"exp": 1e30})), jwt.ErrClaims, web.ReasonMalformed},
		{"not yet valid", keyA().Sign(with(good, map[string]any{"nbf": now.Add(2 * time.Minute).Unix()})), jwt.ErrNotYetValid, web.ReasonNotYetValid},
		{"issued in the future", keyA().Sign(with(good, map[string]any{"iat": now.Add(2 * time.Minute).Unix()})), jwt.ErrNotYetValid, web.ReasonNotYetValid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := s.verifier.Verify(t.Context(), tt.token)
			if !errors.Is(err, tt.want) || c != nil {
				t.Fatalf("Verify = %v, %v; want %v", c, err, tt.want)
			}
			if got := jwt.Reason(err); got != tt.reason {
				t.Errorf("Reason = %q, want %q", got, tt.reason)
			}
			if len(parts[1]) > 0 && strings.Contains(err.Error(), parts[1]) {
				t.Error("the error quotes the token")
			}
		})
	}
	if _, err := s.verifier.Verify(t.Context(), token); err != nil {
		t.Errorf("the token all others were made from: %v", err)
	}
}

func TestVerifyAllowsClockSkew(t *testing.T) {
	s := newSetup(t, keyA())
	now := s.clock.now()
	for name, change := range map[string]map[string]any{
		"expired 59 s ago":   {"exp": now.Add(-59 * time.Second).Unix()},
		"valid in 60 s":      {"nbf": now.Add(60 * time.Second).Unix()},
		"audience as string": {"aud": audience},
		"times with parts":   {"exp": float64(now.Unix()) + 0.5},
	} {
		if _, err := s.verifier.Verify(t.Context(), keyA().Sign(with(goodClaims(now), change))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A verifier without expectations would accept a token without the claims.
func TestVerifierNeedsExpectations(t *testing.T) {
	s := newSetup(t, keyA())
	token := keyA().Sign(with(goodClaims(s.clock.now()), map[string]any{"iss": nil, "aud": ""}))
	for name, v := range map[string]*jwt.Verifier{
		"no issuer":   {Keys: s.verifier.Keys, Audience: audience, Now: s.clock.now},
		"no audience": {Keys: s.verifier.Keys, Issuer: issuerName, Now: s.clock.now},
		"no keys":     {Issuer: issuerName, Audience: audience, Now: s.clock.now},
	} {
		if _, err := v.Verify(t.Context(), token); err == nil {
			t.Errorf("%s: the token was accepted", name)
		}
	}
}

// covers: T-07
func TestKeyRotation(t *testing.T) {
	s := newSetup(t, keyA())
	verify := func(k jwttest.Key) error {
		_, err := s.verifier.Verify(t.Context(), k.Sign(goodClaims(s.clock.now())))
		return err
	}
	for range 3 {
		if err := verify(keyA()); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.issuer.Fetches(); n != 1 {
		t.Errorf("%d fetches for three tokens of one key, want 1", n)
	}

	s.issuer.Rotate(keyA(), keyB())
	if err := verify(keyB()); err != nil {
		t.Errorf("the new key is refused: %v", err)
	}
	if err := verify(keyA()); err != nil {
		t.Errorf("the old key, still published, is refused: %v", err)
	}

	s.issuer.Rotate(keyB())
	s.clock.advance(15 * time.Minute)
	if err := verify(keyA()); !errors.Is(err, jwt.ErrSignature) {
		t.Errorf("a key withdrawn 15 minutes ago: %v, want ErrSignature", err)
	}
	if err := verify(keyB()); err != nil {
		t.Errorf("the key that is left is refused: %v", err)
	}
}

// Tokens that name unknown keys can not be used to flood the issuer.
func TestFetchesAreBounded(t *testing.T) {
	s := newSetup(t, keyA())
	forged := keyB().Sign(goodClaims(s.clock.now()))
	for range 100 {
		if _, err := s.verifier.Verify(t.Context(), forged); !errors.Is(err, jwt.ErrSignature) {
			t.Fatal(err)
		}
	}
	if n := s.issuer.Fetches(); n > 5 {
		t.Errorf("%d fetches for 100 forged tokens at once", n)
	}
	before := s.issuer.Fetches()
	s.clock.advance(10 * time.Second)
	s.issuer.Rotate(keyA(), keyB())
	if _, err := s.verifier.Verify(t.Context(), forged); err != nil {
		t.Errorf("10 s later the rotated key is still refused: %v", err)
	}
	if n := s.issuer.Fetches() - before; n != 1 {
		t.Errorf("%d fetches after the pause, want 1", n)
	}
}

func TestKeysUnavailable(t *testing.T) {
	s := newSetup(t, keyA())
	verify := func(k jwttest.Key) error {
		_, err := s.verifier.Verify(t.Context(), k.Sign(goodClaims(s.clock.now())))
		return err
	}
	s.issuer.Fail(true)
	err := verify(keyA())
	if !errors.Is(err, jwt.ErrKeysUnavailable) || errors.Is(err, jwt.ErrSignature) {
		t.Fatalf("issuer down from the start: %v, want ErrKeysUnavailable", err)
	}
	if got := jwt.Reason(err); got != web.ReasonKeysUnavailable {
		t.Errorf("Reason = %q", got)
	}

	s.issuer.Fail(false)
	if err := verify(keyA()); err != nil {
		t.Fatalf("issuer back: %v", err)
	}

	// Down again: known keys stay good past refreshes, unknown ones are a matter
	// of the issuer, and after a day nothing is believed any more.
	s.issuer.Fail(true)
	for _, d := range []time.Duration{time.Minute, 15 * time.Minute, 15 * time.Minute, time.Hour, 20 * time.Hour} {
		s.clock.advance(d)
		if err := verify(keyA()); err != nil {
			t.Errorf("%s later: %v", d, err)
		}
		if err := verify(keyB()); !errors.Is(err, jwt.ErrKeysUnavailable) {
			t.Errorf("%s later, unknown key: %v, want ErrKeysUnavailable", d, err)
		}
	}
	s.clock.advance(4 * time.Hour)
	if err := verify(keyA()); !errors.Is(err, jwt.ErrKeysUnavailable) {
		t.Errorf("a day later: %v, want ErrKeysUnavailable", err)
	}
}

func TestKeysUnavailableByNetwork(t *testing.T) {
	clock := newClock()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	stop := make(chan struct{})
	hanging := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-stop }))
	defer hanging.Close()
	defer close(stop)
	elsewhere := httptest.NewServer(jwttest.NewIssuer(keyA()))
	defer elsewhere.Close()
	redirecting := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusFound))
	defer redirecting.Close()
	webpage := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("<html>sign in</html>"))
	}))
	defer webpage.Close()
	endless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for range 2 << 20 / 1024 {
			_, _ = w.Write(make([]byte, 1024))
		}
	}))
	defer endless.Close()

	for name, url := range map[string]string{
		"closed port": closed.URL, "no answer": hanging.URL, "redirect": redirecting.URL,
		"web page": webpage.URL, "too large": endless.URL,
	} {
		v := &jwt.Verifier{
			Keys:   jwt.NewJWKS(url, jwt.Options{HTTPClient: &http.Client{Timeout: 200 * time.Millisecond}, Now: clock.now}),
			Issuer: issuerName, Audience: audience, Now: clock.now,
		}
		if _, err := v.Verify(t.Context(), keyA().Sign(goodClaims(clock.now()))); !errors.Is(err, jwt.ErrKeysUnavailable) {
			t.Errorf("%s: %v, want ErrKeysUnavailable", name, err)
		}
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	v := &jwt.Verifier{Keys: jwt.NewJWKS(hanging.URL, jwt.Options{}), Issuer: issuerName, Audience: audience}
	if _, err := v.Verify(ctx, keyA().Sign(goodClaims(time.Now()))); !errors.Is(err, jwt.ErrKeysUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled while fetching: %v, want ErrKeysUnavailable and context.Canceled", err)
	}
}

// One odd key of an issuer does not spoil the others, and none that can not
// verify RS256 is kept.
func TestOddKeysAreIgnored(t *testing.T) {
	clock := newClock()
	good := jose.JSONWebKey{Key: &keyA().Private.PublicKey, KeyID: "key-a"}
	goodJSON, err := good.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"keys":[
			{"kty":"OKP","crv":"Ed448","kid":"1","x":"AA"},
			{"kty":"RSA","kid":"2","n":"","e":"AQAB"},
			{"kty":"oct","kid":"key-a","k":"c2VjcmV0"},
			{"kty":"EC","crv":"P-256","kid":"3","x":"AA","y":"AA"},` + string(goodJSON) + `]}`))
	}))
	defer server.Close()
	v := &jwt.Verifier{
		Keys:   jwt.NewJWKS(server.URL, jwt.Options{Now: clock.now}),
		Issuer: issuerName, Audience: audience, Now: clock.now,
	}
	if _, err := v.Verify(t.Context(), keyA().Sign(goodClaims(clock.now()))); err != nil {
		t.Errorf("the good key among odd ones: %v", err)
	}
}

func TestVerifyConcurrently(t *testing.T) {
	s := newSetup(t, keyA(), keyB())
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			key := []jwttest.Key{keyA(), keyB()}[i%2]
			for range 5 {
				if _, err := s.verifier.Verify(t.Context(), key.Sign(goodClaims(s.clock.now()))); err != nil {
					t.Errorf("%v", err)
				}
				s.clock.advance(12 * time.Second) // past a refresh in all, never past a token
			}
		}()
	}
	wg.Wait()
}

func BenchmarkVerify(b *testing.B) {
	clock := newClock()
	server := httptest.NewServer(jwttest.NewIssuer(keyA()))
	defer server.Close()
	v := &jwt.Verifier{Keys: jwt.NewJWKS(server.URL, jwt.Options{Now: clock.now}), Issuer: issuerName, Audience: audience, Now: clock.now}
	token := keyA().Sign(goodClaims(clock.now()))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Verify(b.Context(), token); err != nil {
			b.Fatal(err)
		}
	}
}
