package rsa_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scimbridge/scimbridge/api/rsa"
	"github.com/scimbridge/scimbridge/auth/jwt"
	"github.com/scimbridge/scimbridge/auth/jwt/jwttest"
	"github.com/scimbridge/scimbridge/directory"
)

const base = "/AdminInterface/restapi/v1/"

// The API keys: their access ids, and the signing keys behind them.
const (
	superID    = "11111111-1111-4111-8111-111111111111"
	helpDeskID = "22222222-2222-4222-8222-222222222222"
	foreignID  = "33333333-3333-4333-8333-333333333333" // of the other tenant
)

var signingKey = jwttest.NewKey("unused")

// server is the API over a world.
type server struct {
	*world
	http.Handler
}

func newServer(t *testing.T, adjust ...func(*rsa.Config)) *server {
	w := newWorld(t)
	key := func(id, name, role string, tenant directory.TenantID) jwt.APIKey {
		return jwt.APIKey{AccessID: id, Public: &signingKey.Private.PublicKey, Name: name, Role: role, Tenant: tenant}
	}
	keys, err := jwt.NewAPIKeys("https://localhost/AdminInterface/restapi/v1", w.clock,
		key(superID, "super-key", rsa.SuperAdministrator, w.scim.Tenant),
		key(helpDeskID, "helpdesk-key", rsa.HelpDeskAdministrator, w.scim.Tenant),
		key(foreignID, "foreign-key", rsa.SuperAdministrator, w.scim.Tenant+1),
	)
	if err != nil {
		t.Fatal(err)
	}
	c := rsa.Config{
		Bridge: w.bridge, Keys: keys, Now: w.clock,
		Tenants: []rsa.Tenant{{ID: w.scim.Tenant, CustomerID: 1, CustomerName: "Example"}},
	}
	for _, f := range adjust {
		f(&c)
	}
	s, err := rsa.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return &server{world: w, Handler: s.Handler()}
}

// token is what the holder of an API key would send now.
func (s *server) token(accessID string) string {
	now := s.clock()
	return signingKey.Sign(map[string]any{
		"sub": accessID, "aud": "https://localhost/AdminInterface/restapi/v1",
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	})
}

// call sends a request as an API key ("" for no token).
func (s *server) call(accessID, method, target, body string, header ...string) *httptest.ResponseRecorder {
	s.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.RemoteAddr = "192.0.2.10:40000"
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if accessID != "" {
		r.Header.Set("Authorization", "Bearer "+s.token(accessID))
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if got := w.Header().Get("Content-Type"); got != "application/json" {
		s.Errorf("%s %s: Content-Type %q", method, target, got)
	}
	return w
}

// user is Johnny as a lookup shows him.
func (s *server) user() map[string]any {
	s.Helper()
	w := s.call(helpDeskID, "POST", base+"users/lookup", `{"email":"johnny.kingston@example.com"}`)
	if w.Code != http.StatusOK {
		s.Fatalf("lookup: %d %s", w.Code, w.Body)
	}
	return object(s, w.Body.Bytes())
}

// events are all events that the administration log has.
func (s *server) events() []map[string]any {
	s.Helper()
	w := s.call(superID, "GET", base+"adminlog/exportlogs", "")
	if w.Code != http.StatusOK {
		s.Fatalf("exportlogs: %d %s", w.Code, w.Body)
	}
	var page struct {
		Elements []map[string]any `json:"elements"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil {
		s.Fatal(err)
	}
	return page.Elements
}

func want(t testing.TB, w *httptest.ResponseRecorder, status int, body string) {
	t.Helper()
	if w.Code != status || body != "" && w.Body.String() != body {
		t.Errorf("got  %d %s\nwant %d %s", w.Code, w.Body, status, body)
	}
}

// golden is a documented body, minified.
func golden(t testing.TB, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "golden", name))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func object(t testing.TB, b []byte) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	return m
}

func id(s string) directory.ID {
	v, err := directory.ParseID(s)
	if err != nil {
		panic(err)
	}
	return v
}

func instant(s string) time.Time {
	v, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		panic(err)
	}
	return v.UTC()
}

func noKeys(t testing.TB) rsa.Keys {
	t.Helper()
	keys, err := jwt.NewAPIKeys("https://localhost/AdminInterface/restapi/v1", nil)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func texts(values []any) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i], _ = v.(string)
	}
	return out
}
