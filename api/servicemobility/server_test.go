package servicemobility_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/scimbridge/scimbridge/api/apitest"
	"github.com/scimbridge/scimbridge/api/servicemobility"
	"github.com/scimbridge/scimbridge/auth/jwt"
	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/mapping"
	"github.com/scimbridge/scimbridge/provision"
	"github.com/scimbridge/scimbridge/storage"
)

const (
	password = "a password of the tests"
	users    = "/seiapi/v3/trans/User/"
	johnny   = users + "johnny.kingston%40example.com"
)

var tokenKey = []byte(strings.Repeat("k", 32))

// server is the API over the documented world.
type server struct {
	*apitest.World
	http.Handler
	key *jwt.Shared
}

func newServer(t testing.TB, adjust ...func(*servicemobility.Config)) *server {
	t.Helper()
	return serverOver(apitest.New(t), adjust...)
}

func serverOver(w *apitest.World, adjust ...func(*servicemobility.Config)) *server {
	w.Helper()
	s := &server{World: w}
	cfg := servicemobility.Config{
		Users: []servicemobility.APIUser{
			{UserName: "office", Password: password, Tenant: s.SCIM.Tenant}, {UserName: "foreign", Password: password, Tenant: s.Other},
		},
		TokenKey: tokenKey, Mapper: s.MapperOf, Bridge: s.Bridge, Now: s.Now, Log: slog.New(slog.DiscardHandler),
	}
	for _, f := range adjust {
		f(&cfg)
	}
	api, err := servicemobility.New(cfg)
	if err != nil {
		w.Fatal(err)
	}
	s.Handler = api.Handler()
	if s.key, err = jwt.NewShared(tokenKey, s.Now); err != nil {
		w.Fatal(err)
	}
	return s
}

// token makes the token that a log-on gives.
func (s *server) token(user string) string {
	s.Helper()
	token, err := s.key.Sign(map[string]any{"sub": user, "aud": "servicemobility"}, time.Hour)
	if err != nil {
		s.Fatal(err)
	}
	return token
}

func (s *server) as(user, method, path, body string) apitest.Answer {
	s.Helper()
	return apitest.Do(s, s, method, path, body, "x-access-token", s.token(user))
}

func (s *server) do(method, path, body string) apitest.Answer {
	s.Helper()
	return s.as("office", method, path, body)
}

// ok sends a write that must succeed.
func (s *server) ok(method, path, body string) {
	s.Helper()
	s.do(method, path, body).Want(s, 200, `{"code":200}`)
}

// shown returns the user as GET shows it.
func (s *server) shown(path string) map[string]any {
	s.Helper()
	a := s.do("GET", path, "")
	var m map[string]any
	a.Decode(s, &m)
	if a.Status != 200 {
		s.Fatalf("GET %s: %d %s", path, a.Status, a.Body)
	}
	return m
}

// draft returns what is stored of a user.
func (s *server) draft(key storage.UserKey) (d provision.Draft) {
	s.Helper()
	by := journal.Actor{Tenant: s.SCIM.Tenant, Origin: directory.OriginSystem, Name: "test"}
	_, err := s.Bridge.EditAccount(context.Background(), by, provision.Ref{Key: key}, "test", func(got *provision.Draft) error { d = *got; return nil })
	if err != nil {
		s.Fatal(err)
	}
	return d
}

// message reads an error in format A and checks its code.
func message(t testing.TB, a apitest.Answer, status int) (text, value, path string) {
	t.Helper()
	var v struct {
		Code   int
		Detail struct {
			Message  string
			Params   struct{ Value string }
			DataPath string
		}
	}
	a.Decode(t, &v)
	if a.Status != status || v.Code != status || v.Detail.Message == "" {
		t.Errorf("got %d %s, want %d", a.Status, a.Body, status)
	}
	return v.Detail.Message, v.Detail.Params.Value, v.Detail.DataPath
}

// covers: documented-apis 7.5
func TestGoldenUser(t *testing.T) {
	s := newServer(t)
	s.do("GET", johnny, "").WantGolden(t, 200, "user.json")
	s.do("GET", users+"JOHNNY.Kingston@example.com", "").WantGolden(t, 200, "user.json")
	apitest.Do(t, s, "GET", johnny, "", "Authorization", "Bearer "+s.token("office")).WantGolden(t, 200, "user.json")
}

// covers: documented-apis 7.5, documented-apis 4.4, documented-apis 6.2
func TestGoldenAbsent(t *testing.T) {
	s := newServer(t)
	s.ok("DELETE", johnny, "")
	for _, c := range []struct{ method, path, body string }{
		{"GET", johnny, ""}, {"DELETE", johnny, ""}, {"PUT", johnny + "/ServiceTeams", `{"ServiceTeams":[]}`},
		{"PUT", johnny + "/ChangePassword", `{"Password":"x"}`}, {"PUT", johnny + "/ResetPassword", ""},
	} {
		s.do(c.method, c.path, c.body).WantGolden(t, 410, "absent.json")
	}
	if u := s.User(s.Johnny); u.Active || u.Status.State != directory.DeletedElsewhere {
		t.Errorf("SCIM shows %v %+v", u.Active, u.Status)
	}
	if n := s.Purge(); n != 1 {
		t.Fatalf("purged %d", n)
	}
	s.do("GET", johnny, "").WantGolden(t, 410, "absent.json")
}

// covers: documented-apis 4.2
func TestLogon(t *testing.T) {
	s := newServer(t)
	logon := func(user, password string) apitest.Answer {
		b, err := json.Marshal(map[string]string{"username": user, "password": password})
		if err != nil {
			t.Fatal(err)
		}
		return apitest.Do(t, s, "POST", "/createjwt", string(b))
	}
	a := logon("OFFICE", password)
	var v struct{ Token string }
	a.Decode(t, &v)
	if a.Status != 200 || v.Token == "" || a.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("got %d %s", a.Status, a.Body)
	}
	claims, err := s.key.Verify(v.Token)
	if err != nil || claims.IssuedAt.IsZero() || claims.Expires.Sub(claims.IssuedAt) != time.Hour || claims.String("name") != "office" {
		t.Errorf("claims %+v, error %v", claims, err)
	}
	apitest.Do(t, s, "GET", johnny, "", "X-Access-Token", v.Token).WantGolden(t, 200, "user.json")
	for _, c := range [][2]string{{"office", "wrong"}, {"office", ""}, {"nobody", password}, {"", ""}, {apitest.JohnnyName, password}} {
		if text, _, _ := message(t, logon(c[0], c[1]), 401); text != "Invalid Logon" {
			t.Errorf("%v: %s", c, text)
		}
	}
	for _, body := range []string{`{}`, `{"username":"office"}`, ``, `[]`, `{"username":"office","password":1}`} {
		message(t, apitest.Do(t, s, "POST", "/createjwt", body), 400)
	}
	if a := apitest.Do(t, s, "GET", "/createjwt", ""); a.Status != 405 || a.Header.Get("Allow") != "POST" {
		t.Errorf("GET: %d", a.Status)
	}
	s.SetTime(s.Now().Add(time.Hour + 61*time.Second))
	message(t, apitest.Do(t, s, "GET", johnny, "", "x-access-token", v.Token), 401)
}

// A hash in the configuration instead of a password.
func TestLogonWithHash(t *testing.T) {
	w := apitest.New(t)
	hash := servicemobility.HashForTest(t, "correct horse battery")
	s := serverOver(w, func(c *servicemobility.Config) {
		c.Users = []servicemobility.APIUser{{UserName: "hashed", PasswordHash: hash, Tenant: w.SCIM.Tenant}}
	})
	if a := apitest.Do(t, s, "POST", "/createjwt", `{"username":"hashed","password":"correct horse battery"}`); a.Status != 200 {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
	message(t, apitest.Do(t, s, "POST", "/createjwt", `{"username":"hashed","password":"correct horse"}`), 401)
}

// covers: documented-apis 4.2, T-01, T-07, T-09
func TestUnauthorized(t *testing.T) {
	s := newServer(t)
	sign := func(key string, claims map[string]any) string {
		k, err := jwt.NewShared([]byte(strings.Repeat(key, 32)), s.Now)
		if err != nil {
			t.Fatal(err)
		}
		token, err := k.Sign(claims, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	good := s.token("office")
	for name, token := range map[string]string{
		"none": "", "garbage": "x", "other key": sign("x", map[string]any{"sub": "office", "aud": "servicemobility"}),
		"other audience": sign("k", map[string]any{"sub": "office", "aud": "syncari"}), "no audience": sign("k", map[string]any{"sub": "office"}),
		"unknown user": sign("k", map[string]any{"sub": "nobody", "aud": "servicemobility"}),
		"unsigned":     "eyJhbGciOiJub25lIn0." + strings.Split(good, ".")[1] + ".",
	} {
		for _, r := range []struct{ method, path string }{
			{"GET", johnny}, {"PUT", johnny}, {"DELETE", johnny}, {"PUT", johnny + "/ServiceTeams"}, {"PUT", johnny + "/ChangePassword"},
			{"PUT", johnny + "/ResetPassword"}, {"GET", "/seiapi/v3/nothing"}, {"POST", johnny},
		} {
			header := []string{}
			if token != "" {
				header = []string{"x-access-token", token}
			}
			a := apitest.Do(t, s, r.method, r.path+"?x-access-token="+good+"&customerid=1&customercode=1", "{}", header...)
			message(t, a, 401)
			if a.Header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s: no WWW-Authenticate", name)
			}
		}
	}
	s.do("GET", johnny, "").WantGolden(t, 200, "user.json")
}

// covers: documented-apis 4.2
func TestCustomerCode(t *testing.T) {
	s := newServer(t, func(c *servicemobility.Config) {
		c.Customers = []servicemobility.Customer{{ID: "acme", Code: "0123456789abcdef", Tenant: 1}}
	})
	apitest.Do(t, s, "GET", johnny+"?customerid=acme&customercode=0123456789abcdef", "").WantGolden(t, 200, "user.json")
	for _, q := range []string{"?customerid=acme&customercode=0123456789abcdeX", "?customerid=acme", "?customercode=0123456789abcdef",
		"?customerid=other&customercode=0123456789abcdef", "?customerid=acme&customercode=0123456789abcdef&customercode=x"} {
		message(t, apitest.Do(t, s, "GET", johnny+q, ""), 401)
	}
}

// covers: T-24
func TestOtherTenant(t *testing.T) {
	s := newServer(t)
	for _, c := range []struct{ method, path, body string }{
		{"GET", johnny, ""}, {"DELETE", johnny, ""}, {"PUT", johnny + "/ServiceTeams", `{"ServiceTeams":["X"]}`},
		{"PUT", johnny + "/ChangePassword", `{"Password":"x"}`},
	} {
		s.as("foreign", c.method, c.path, c.body).WantGolden(t, 410, "absent.json")
	}
	s.as("foreign", "PUT", johnny, `{"FirstName":"Other"}`).Want(t, 200, `{"code":200}`) // a user of their own
	s.do("GET", johnny, "").WantGolden(t, 200, "user.json")
}

// covers: documented-apis 4.3, T-11
func TestRoutes(t *testing.T) {
	s := newServer(t)
	for _, c := range []struct {
		method, path, allow string
		status              int
	}{
		{"POST", johnny, "GET, PUT, DELETE", 405}, {"GET", johnny + "/ServiceTeams", "PUT", 405}, {"PATCH", johnny, "GET, PUT, DELETE", 405},
		{"GET", users, "", 404}, {"GET", "/seiapi/v3/trans/Users/x", "", 404}, {"GET", "/seiapi/v4/trans/User/x", "", 404},
		{"GET", "/seiapi/v3/trans//User/x", "", 404}, {"GET", "/seiapi/v3/x/../trans/User/x", "", 404}, {"PUT", johnny + "/Roles", "", 404},
		{"GET", johnny + "/", "", 404}, {"GET", users + "nobody", "", 410}, {"GET", users + "a%2Fb", "", 410},
	} {
		a := s.do(c.method, c.path, "")
		message(t, a, c.status)
		if a.Header.Get("Allow") != c.allow {
			t.Errorf("%s %s: Allow is %q", c.method, c.path, a.Header.Get("Allow"))
		}
	}
}

// covers: documented-apis 4.3
func TestStandardErrors(t *testing.T) {
	s := newServer(t, func(c *servicemobility.Config) { c.Errors = servicemobility.FormatStandard })
	s.do("GET", users+"nobody", "").Want(t, 410, `{"type":"about:blank","title":"Gone","status":410,"detail":"User 'nobody' does not exist.","invalidParams":[{"name":"UserID","reason":"User 'nobody' does not exist.","path":"","value":"nobody"}]}`)
	s.do("PUT", johnny, `{"Activated":"yes"}`).Want(t, 400, `{"type":"about:blank","title":"Bad Request","status":400,"detail":"Activated: true or false is expected, not a string","invalidParams":[{"name":"Activated","reason":"Activated: true or false is expected, not a string","path":".Activated","value":""}]}`)
	s.do("GET", "/seiapi/v3/x", "").Want(t, 404, `{"type":"about:blank","title":"Not Found","status":404,"detail":"The URL is not one of this API."}`)
}

// sick is a bridge whose database is out of order.
type sick struct{ err error }

func (c sick) Account(context.Context, directory.TenantID, provision.Ref) (mapping.Account, error) {
	return mapping.Account{}, c.err
}

func (c sick) EditAccount(context.Context, journal.Actor, provision.Ref, string, func(*provision.Draft) error) (mapping.Account, error) {
	return mapping.Account{}, c.err
}

func (c sick) CreateAccount(context.Context, journal.Actor, string, bool, provision.Draft) (mapping.Account, error) {
	return mapping.Account{}, c.err
}

func TestStorageErrors(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		retry  bool
	}{
		{fmt.Errorf("CANARY: %w", storage.ErrUnavailable), 503, true},
		{fmt.Errorf("CANARY: %w", storage.ErrUncertain), 500, false},
		{fmt.Errorf("CANARY: %w: %w: %w", storage.ErrUncertain, storage.ErrUnavailable, context.Canceled), 500, false},
		{fmt.Errorf("CANARY: %w", context.Canceled), 503, true},
		{fmt.Errorf("CANARY: %w", context.DeadlineExceeded), 503, true},
		{fmt.Errorf("CANARY: %w", directory.ErrProtected), 409, false},
		{fmt.Errorf("CANARY broke"), 500, false},
	} {
		s := newServer(t, func(cfg *servicemobility.Config) { cfg.Bridge = sick{c.err} })
		for _, r := range []struct{ method, path, body string }{
			{"GET", johnny, ""}, {"PUT", johnny, "{}"}, {"DELETE", johnny, ""}, {"PUT", johnny + "/ServiceTeams", `{"ServiceTeams":[]}`},
		} {
			a := s.do(r.method, r.path, r.body)
			message(t, a, c.status)
			if (a.Header.Get("Retry-After") != "") != c.retry || strings.Contains(a.Body, "CANARY") {
				t.Errorf("%v: %s %s: %v %s", c.err, r.method, r.path, a.Header, a.Body)
			}
		}
	}
}

func TestNewRefuses(t *testing.T) {
	w := apitest.New(t)
	for name, spoil := range map[string]func(*servicemobility.Config){
		"no bridge":    func(c *servicemobility.Config) { c.Bridge = nil },
		"short key":    func(c *servicemobility.Config) { c.TokenKey = c.TokenKey[:31] },
		"error format": func(c *servicemobility.Config) { c.Errors = "C" },
		"no name":      func(c *servicemobility.Config) { c.Users[0].UserName = "" },
		"twice": func(c *servicemobility.Config) {
			c.Users = append(c.Users, servicemobility.APIUser{UserName: "OFFICE", Password: password, Tenant: 1})
		},
		"short password": func(c *servicemobility.Config) { c.Users[0].Password = "short" },
		"no password":    func(c *servicemobility.Config) { c.Users[0].Password = "" },
		"not a hash":     func(c *servicemobility.Config) { c.Users[0].Password, c.Users[0].PasswordHash = "", "$2y$10$abc" },
		"no tenant":      func(c *servicemobility.Config) { c.Users[0].Tenant = 0 },
		"short code": func(c *servicemobility.Config) {
			c.Customers = []servicemobility.Customer{{ID: "a", Code: "b", Tenant: 1}}
		},
	} {
		cfg := servicemobility.Config{
			Users:    []servicemobility.APIUser{{UserName: "office", Password: password, Tenant: 1}},
			TokenKey: tokenKey, Mapper: w.MapperOf, Bridge: w.Bridge,
		}
		spoil(&cfg)
		if _, err := servicemobility.New(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		} else if strings.Contains(err.Error(), password) {
			t.Errorf("%s: the error holds the password", name)
		}
	}
}

func escaped(userID string) string { return users + url.PathEscape(userID) }

// What is no text in a path would compare like the one character that stands for
// all of it, and so name that character's user.
//
// covers: T-38
func TestUserIDThatIsNoText(t *testing.T) {
	s := newServer(t)
	s.ok("PUT", users+"%EF%BF%BD", `{"FirstName":"Replacement"}`) // U+FFFD itself is text
	for _, id := range []string{"%FF", "%FE", "%C3", "%ED%A0%80", "a%FFb"} {
		for _, r := range []struct{ method, path, body string }{
			{"GET", id, ""}, {"PUT", id, `{"FirstName":"x"}`}, {"DELETE", id, ""},
			{"PUT", id + "/ServiceTeams", `{"ServiceTeams":[]}`}, {"PUT", id + "/ChangePassword", `{"Password":"x"}`},
		} {
			if _, _, at := message(t, s.do(r.method, users+r.path, r.body), 400); at != ".UserID" {
				t.Errorf("%s %s: the path is %q", r.method, r.path, at)
			}
		}
	}
	if u := s.shown(users + "%EF%BF%BD"); u["FirstName"] != "Replacement" {
		t.Errorf("the user is %v", u)
	}
}

// Who guesses at a password has to wait, and so learns nothing, not even by the
// right one; who uses another name from the same address does not.
//
// covers: T-12
func TestLogonGuessing(t *testing.T) {
	s := newServer(t)
	logon := func(user, password string) apitest.Answer {
		return apitest.Do(t, s, "POST", "/createjwt", `{"username":"`+user+`","password":"`+password+`"}`)
	}
	for i := range 25 { // what succeeds is not counted
		if a := logon("office", password); a.Status != 200 {
			t.Fatalf("log-on %d: %d %s", i, a.Status, a.Body)
		}
	}
	for _, user := range []string{"office", "nobody"} { // those who do not exist are no different
		for range 20 {
			message(t, logon(user, "wrong"), 401)
		}
		for _, name := range []string{user, strings.ToUpper(user)} {
			a := logon(name, password)
			message(t, a, 429)
			if got := a.Header.Get("Retry-After"); got != "10" {
				t.Errorf("%s: Retry-After is %q", name, got)
			}
		}
	}
	if a := logon("foreign", password); a.Status != 200 {
		t.Errorf("another user: %d %s", a.Status, a.Body)
	}
	s.SetTime(s.Now().Add(10 * time.Second))
	if a := logon("office", password); a.Status != 200 {
		t.Errorf("after the wait: %d %s", a.Status, a.Body)
	}
}
