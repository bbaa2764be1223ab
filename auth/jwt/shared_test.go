package jwt_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/scimbridge/scimbridge/auth/jwt"
	"github.com/scimbridge/scimbridge/auth/jwt/jwttest"
)

var secret = bytes.Repeat([]byte{7}, 32)

func TestSharedSignsWhatItVerifies(t *testing.T) {
	clock := newClock()
	s, err := jwt.NewShared(secret, clock.now)
	if err != nil {
		t.Fatal(err)
	}
	token, err := s.Sign(map[string]any{"name": "tech1", "email": "tech1@example.com", "expdb": 30}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Verify(token)
	if err != nil {
		t.Fatal(err)
	}
	if c.String("name") != "tech1" || !c.IssuedAt.Equal(clock.now()) || !c.Expires.Equal(clock.now().Add(time.Hour)) {
		t.Errorf("claims = %+v", c)
	}
	if own, err := s.Sign(map[string]any{"exp": clock.now().Add(time.Minute).Unix()}, time.Hour); err != nil {
		t.Error(err)
	} else if c, err := s.Verify(own); err != nil || !c.Expires.Equal(clock.now().Add(time.Minute)) {
		t.Errorf("an exp of one's own: %+v, %v", c, err)
	}

	clock.advance(time.Hour + 59*time.Second)
	if _, err := s.Verify(token); err != nil {
		t.Errorf("within the allowed skew: %v", err)
	}
	clock.advance(time.Second)
	if c, err := s.Verify(token); !errors.Is(err, jwt.ErrExpired) || c != nil {
		t.Errorf("past the allowed skew: %v, %v; want ErrExpired alone", c, err)
	}
}

// covers: T-03, T-07
func TestSharedRefuses(t *testing.T) {
	clock := newClock()
	now := clock.now()
	s, err := jwt.NewShared(secret, clock.now)
	if err != nil {
		t.Fatal(err)
	}
	good := map[string]any{"name": "tech1", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()}
	for _, tt := range []struct {
		name  string
		token string
		want  error
	}{
		{"another secret", jwttest.Sign(jose.HS256, bytes.Repeat([]byte{8}, 32), nil, good), jwt.ErrSignature},
		{"HS512 with the secret", jwttest.Sign(jose.HS512, bytes.Repeat([]byte{7}, 64), nil, good), jwt.ErrAlgorithm},
		{"RS256", keyA().Sign(good), jwt.ErrAlgorithm},
		{"alg none", "eyJhbGciOiJub25lIn0.e30.", jwt.ErrAlgorithm},
		{"no exp", jwttest.Sign(jose.HS256, secret, nil, with(good, map[string]any{"exp": nil})), jwt.ErrClaims},
		{"nbf ahead", jwttest.Sign(jose.HS256, secret, nil, with(good, map[string]any{"nbf": now.Add(time.Hour).Unix()})), jwt.ErrNotYetValid},
		{"empty", "", jwt.ErrMalformed},
	} {
		if c, err := s.Verify(tt.token); !errors.Is(err, tt.want) || c != nil {
			t.Errorf("%s: %v, %v; want %v", tt.name, c, err, tt.want)
		}
	}
	if _, err := jwt.NewShared(secret[:31], nil); err == nil {
		t.Error("a secret of 31 bytes was accepted")
	}
}

// covers: T-03, T-07
func TestAccessTokens(t *testing.T) {
	clock := newClock()
	tokens, err := jwt.NewAccessTokens(secret, "syncari:1", clock.now)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tokens.Issue("client-1")
	if err != nil {
		t.Fatal(err)
	}
	if pair.ExpiresIn != 10800 {
		t.Errorf("ExpiresIn = %d, want 10800", pair.ExpiresIn)
	}
	if sub, err := tokens.Access(pair.Access); err != nil || sub != "client-1" {
		t.Errorf("Access = %q, %v", sub, err)
	}
	if sub, err := tokens.Refresh(pair.Refresh); err != nil || sub != "client-1" {
		t.Errorf("Refresh = %q, %v", sub, err)
	}
	if sub, err := tokens.Access(pair.Refresh); !errors.Is(err, jwt.ErrSignature) || sub != "" {
		t.Errorf("a refresh token as access token: %q, %v", sub, err)
	}
	if sub, err := tokens.Refresh(pair.Access); !errors.Is(err, jwt.ErrSignature) || sub != "" {
		t.Errorf("an access token as refresh token: %q, %v", sub, err)
	}

	// Neither another tenant, nor another installation, nor the bare secret.
	otherTenant, err := jwt.NewAccessTokens(secret, "syncari:2", clock.now)
	if err != nil {
		t.Fatal(err)
	}
	otherSecret, err := jwt.NewAccessTokens(bytes.Repeat([]byte{9}, 32), "syncari:1", clock.now)
	if err != nil {
		t.Fatal(err)
	}
	for name, other := range map[string]*jwt.AccessTokens{"tenant": otherTenant, "installation": otherSecret} {
		if sub, err := other.Access(pair.Access); !errors.Is(err, jwt.ErrSignature) || sub != "" {
			t.Errorf("at another %s: %q, %v", name, sub, err)
		}
	}
	bare := jwttest.Sign(jose.HS256, secret, map[string]any{"typ": "at+jwt"}, map[string]any{
		"sub": "client-1", "aud": "syncari:1", "exp": clock.now().Add(time.Hour).Unix(),
	})
	if _, err := tokens.Access(bare); !errors.Is(err, jwt.ErrSignature) {
		t.Errorf("signed by the installation's secret itself: %v", err)
	}

	clock.advance(jwt.AccessLifetime + time.Minute)
	if _, err := tokens.Access(pair.Access); !errors.Is(err, jwt.ErrExpired) {
		t.Errorf("three hours later: %v, want ErrExpired", err)
	}
	if _, err := tokens.Refresh(pair.Refresh); err != nil {
		t.Errorf("refreshing three hours later: %v", err)
	}
	clock.advance(jwt.RefreshLifetime)
	if _, err := tokens.Refresh(pair.Refresh); !errors.Is(err, jwt.ErrExpired) {
		t.Errorf("a month later: %v, want ErrExpired", err)
	}

	if _, err := tokens.Issue(""); err == nil {
		t.Error("a token for nobody was issued")
	}
	if _, err := jwt.NewAccessTokens(secret[:31], "a", nil); err == nil {
		t.Error("a secret of 31 bytes was accepted")
	}
	if _, err := jwt.NewAccessTokens(secret, "", nil); err == nil {
		t.Error("an empty audience was accepted")
	}
}

// FuzzVerify holds that nothing verifies that says other than what was signed
// (base64 has more than one spelling of the same signature), and that every
// refusal has a reason.
func FuzzVerify(f *testing.F) {
	clock := newClock()
	s, err := jwt.NewShared(secret, clock.now)
	if err != nil {
		f.Fatal(err)
	}
	good, err := s.Sign(map[string]any{"name": "tech1"}, time.Hour)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Add("..")
	f.Add(good + ".")
	f.Fuzz(func(t *testing.T, token string) {
		c, err := s.Verify(token)
		if err == nil && (c.String("name") != "tech1" || len(c.Raw) != 3 || !c.Expires.Equal(clock.now().Add(time.Hour))) {
			t.Errorf("%q verified: %+v", token, c)
		}
		if err != nil && jwt.Reason(err) == "other" {
			t.Errorf("%q: an error without a reason: %v", token, err)
		}
	})
}
