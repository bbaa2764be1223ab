package rsa_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/scimbridge/scimbridge/api/apitest"
	"github.com/scimbridge/scimbridge/api/rsa"
	"github.com/scimbridge/scimbridge/auth/jwt"
	"github.com/scimbridge/scimbridge/auth/jwt/jwttest"
	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/provision"
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
	*apitest.World
	http.Handler
}

func newServer(t testing.TB, adjust ...func(*rsa.Config)) *server {
	w := apitest.New(t)
	key := func(id, name, role string, tenant directory.TenantID) jwt.APIKey {
		return jwt.APIKey{AccessID: id, Public: &signingKey.Private.PublicKey, Name: name, Role: role, Tenant: tenant}
	}
	keys, err := jwt.NewAPIKeys("https://localhost/AdminInterface/restapi/v1", w.Now,
		key(superID, "super-key", rsa.SuperAdministrator, w.SCIM.Tenant),
		key(helpDeskID, "helpdesk-key", rsa.HelpDeskAdministrator, w.SCIM.Tenant),
		key(foreignID, "foreign-key", rsa.SuperAdministrator, w.Other),
	)
	if err != nil {
		t.Fatal(err)
	}
	c := rsa.Config{
		Bridge: w.Bridge, Keys: keys, Now: w.Now, Log: slog.New(slog.DiscardHandler),
		Tenants: []rsa.Tenant{{ID: w.SCIM.Tenant, CustomerID: 1, CustomerName: "Example"}},
	}
	for _, f := range adjust {
		f(&c)
	}
	s, err := rsa.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return &server{World: w, Handler: s.Handler()}
}

// token is what the holder of an API key would send now.
func (s *server) token(accessID string) string {
	now := s.Now()
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

func object(t testing.TB, b []byte) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	return m
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

// edit changes Johnny as another application would.
func (s *server) edit(change func(*provision.Draft)) {
	s.Helper()
	by := journal.Actor{Tenant: s.SCIM.Tenant, Origin: directory.OriginMobility, Name: "test"}
	_, err := s.Bridge.EditAccount(context.Background(), by, provision.Ref{ID: s.Johnny}, "test", func(d *provision.Draft) error {
		change(d)
		return nil
	})
	if err != nil {
		s.Fatal(err)
	}
}
