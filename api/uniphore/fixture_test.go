package uniphore_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/scimbridge/scimbridge/api/apitest"
	"github.com/scimbridge/scimbridge/api/uniphore"
	"github.com/scimbridge/scimbridge/auth/jwt"
	"github.com/scimbridge/scimbridge/auth/jwt/jwttest"
	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/provision"
	"github.com/scimbridge/scimbridge/storage"
)

const (
	syncPath   = "/ocms/v2/configuration/sync-user"
	issuerName = "https://example.us.auth0.com/"
	audience   = "uassist.uniphore.com"
	tenantUUID = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
	subject    = "auth0|60508ea4c2d6a10069e4f1c7"
	namespace  = "https://api.uniphore.com/"
)

var signingKey = jwttest.NewKey("21-characters-of-kid0")

// server is the API over a world, with the issuer its tokens come from.
type server struct {
	*apitest.World
	http.Handler
	issuer *jwttest.Issuer
}

func newServer(t testing.TB, adjust ...func(*uniphore.Config)) *server {
	w := apitest.New(t)
	issuer := jwttest.NewIssuer(signingKey)
	web := httptest.NewServer(issuer)
	t.Cleanup(web.Close)
	c := uniphore.Config{
		Bridge: w.Bridge,
		Verifier: &jwt.Verifier{
			Keys:   jwt.NewJWKS(web.URL+"/.well-known/jwks.json", jwt.Options{HTTPClient: web.Client(), Now: w.Now}),
			Issuer: issuerName, Audience: audience, Now: w.Now,
		},
		Tenants: []uniphore.Tenant{
			{ID: w.SCIM.Tenant, UUID: tenantUUID, Org: "org_aaaaaaaaaaaaaaaa"},
			{ID: w.Other, UUID: "6ba7b811-9dad-41d1-80b4-00c04fd430c8", Org: "org_bbbbbbbbbbbbbbbb"},
		},
		Now: w.Now,
		Log: slog.New(slog.DiscardHandler),
	}
	for _, f := range adjust {
		f(&c)
	}
	s, err := uniphore.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return &server{World: w, Handler: s.Handler(), issuer: issuer}
}

// synced makes Johnny a user who has synchronized before: the first call stores
// role and link, and moves modification-date.
func (s *server) synced() *server {
	s.putState(func(st *directory.AppState) {
		st.Uniphore.Auth0ID = subject
		st.Uniphore.Roles = map[string]directory.UniphoreRole{"dev": {ID: 9, Name: "Quality Analyst", ProfileID: 5}}
	})
	return s
}

// claims are those of the documented sample token (1.3), valid now; a change to
// nil leaves a claim out.
func (s *server) claims(changes ...map[string]any) map[string]any {
	now := s.Now()
	c := map[string]any{
		namespace + "email_id":      "johnny.kingston@example.com",
		namespace + "auth0_name":    "johnny.kingston@example.com",
		namespace + "user_id":       subject,
		namespace + "roles":         []string{"interact_interaction_admin", "interact_account_admin"},
		namespace + "user_metadata": map[string]any{},
		namespace + "tenant":        tenantUUID,
		"iss":                       issuerName,
		"sub":                       subject,
		"aud":                       []string{audience, issuerName + "userinfo"},
		"iat":                       now.Unix(),
		"exp":                       now.Add(24 * time.Hour).Unix(),
		"azp":                       "0123456789abcdef0123456789abcdef",
		"scope":                     "openid",
		"org_id":                    "org_aaaaaaaaaaaaaaaa",
		"permissions":               []string{},
	}
	for _, change := range changes {
		maps.Copy(c, change)
	}
	for k, v := range c {
		if v == nil {
			delete(c, k)
		}
	}
	return c
}

// as are the changes that make a token another person's.
func as(sub, email, name string) map[string]any {
	return map[string]any{"sub": sub, namespace + "user_id": sub, namespace + "email_id": email, namespace + "auth0_name": name}
}

func (s *server) token(changes ...map[string]any) string {
	return signingKey.Sign(s.claims(changes...))
}

// call sends a request with an Authorization header ("" for none).
func (s *server) call(authorization, method, target string) *httptest.ResponseRecorder {
	s.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(""))
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if got := w.Header().Get("Content-Type"); got != "application/json" {
		s.Errorf("%s %s: Content-Type %q", method, target, got)
	}
	return w
}

// sync calls sync-user with the sample token, changed.
func (s *server) sync(query string, changes ...map[string]any) *httptest.ResponseRecorder {
	s.Helper()
	return s.call("Bearer "+s.token(changes...), "POST", syncPath+query)
}

// synchronize is a sync that must succeed; it returns the user.
func (s *server) synchronize(query string, changes ...map[string]any) map[string]any {
	s.Helper()
	w := s.sync(query, changes...)
	if w.Code != http.StatusOK {
		s.Fatalf("sync-user%s: %d %s", query, w.Code, w.Body)
	}
	var a struct {
		User map[string]any `json:"user"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
		s.Fatal(err)
	}
	return a.User
}

// entries are the journal's entries of sync-user calls: resource and note.
func (s *server) entries() (all []string) {
	s.Helper()
	err := s.Bridge.Journal(context.Background(), s.SCIM.Tenant, 0, func(e *journal.Entry) bool {
		if e.Origin == directory.OriginUniphore {
			all = append(all, e.Actor+" "+string(e.Note))
		}
		return true
	})
	if err != nil {
		s.Fatal(err)
	}
	return all
}

// account is Johnny's account.
func (s *server) account() *directory.AppState {
	s.Helper()
	var state *directory.AppState
	by := journal.Actor{Tenant: s.SCIM.Tenant, Origin: directory.OriginSystem, Name: "test"}
	_, err := s.Bridge.EditAccount(context.Background(), by, provision.Ref{ID: s.Johnny}, "test", func(d *provision.Draft) error {
		state = &d.State
		return nil
	})
	if err != nil {
		s.Fatal(err)
	}
	return state
}

func want(t testing.TB, w *httptest.ResponseRecorder, status int, body string) {
	t.Helper()
	if w.Code != status || body != "" && w.Body.String() != body {
		t.Errorf("got  %d %s\nwant %d %s", w.Code, w.Body, status, body)
	}
}

// unauthorized is the 401 at the golden instant.
const unauthorized = `{"timestamp":"2022-05-09T05:00:00.000+00:00","status":401,"error":"Unauthorized","message":"Unauthorized user","path":"/ocms/v2/configuration/sync-user"}`

// putState changes what the applications know of Johnny without any API.
func (s *server) putState(change func(*directory.AppState)) {
	s.Helper()
	s.Update(func(tx storage.Tx) error {
		u, err := tx.User(s.SCIM.Tenant, s.Johnny, false)
		if err != nil {
			return err
		}
		st, err := tx.AppState(u)
		if err != nil {
			return err
		}
		change(st)
		return tx.PutAppState(u, st)
	})
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

// leave is a SCIM DELETE of a group.
func (s *server) leave(group directory.ID) {
	s.Helper()
	if err := s.Bridge.DeleteGroup(context.Background(), s.SCIM, group, nil); err != nil {
		s.Fatal(err)
	}
}
