package syncari_test

import (
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/api/apitest"
	"github.com/scimbridge/scimbridge/api/syncari"
)

// The configured API users of the tests: an Org Admin, an Instance Admin of
// YUBV99, one who is neither, and an Org Admin of another tenant.
const (
	boss, local, viewer, foreign = "boss-client", "local-client", "viewer-client", "foreign-client"
	secret                       = "a secret of the tests"
	adminID                      = "61e2a0f134a0f06932046bab"
)

// server is the API over the documented world.
type server struct {
	*apitest.World
	http.Handler
	requests int // request ids count up from 3816747063, as in the golden answers
}

func newServer(t testing.TB, adjust ...func(*syncari.Config)) *server {
	t.Helper()
	s := &server{World: apitest.New(t)}
	user := func(client, instance, role string) syncari.APIUser {
		return syncari.APIUser{ClientID: client, Secret: secret, Tenant: s.SCIM.Tenant, Instance: instance, Role: role}
	}
	users := []syncari.APIUser{
		user(boss, "YUBV99", "Org Admin"), user(local, "YUBV99", "Instance Admin"),
		user(viewer, "YUBV99", "Viewer"), user(foreign, "YUBV99", "Org Admin"),
	}
	users[0].ID = apitest.ObjectID(adminID)
	users[0].Name = "boss"
	users[3].Tenant = s.Other
	cfg := syncari.Config{
		APIUsers: users, TokenKey: []byte(strings.Repeat("k", 32)),
		Mapper: s.MapperOf, Bridge: s.Bridge, Now: s.Now, Log: slog.New(slog.DiscardHandler),
		RequestID: func() string { s.requests++; return strconv.Itoa(3816747062 + s.requests) },
	}
	for _, f := range adjust {
		f(&cfg)
	}
	api, err := syncari.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.Handler = api.Handler()
	return s
}

type tokens struct {
	Access    string `json:"access_token"`
	Refresh   string `json:"refresh_token"`
	Type      string `json:"token_type"`
	ExpiresIn int    `json:"expires_in"`
	Error     string `json:"error"`
}

func (s *server) logon(clientID, clientSecret string) (apitest.Answer, tokens) {
	s.Helper()
	q := url.Values{"grant_type": {"client_credentials"}, "client_id": {clientID}, "client_secret": {clientSecret}}
	a := apitest.Do(s, s, "POST", "/api/v1/oauth/token?"+q.Encode(), "")
	var tk tokens
	a.Decode(s, &tk)
	return a, tk
}

// token returns an access token of a configured API user.
func (s *server) token(clientID string) string {
	s.Helper()
	a, tk := s.logon(clientID, secret)
	if a.Status != 200 {
		s.Fatalf("no token for %s: %d %s", clientID, a.Status, a.Body)
	}
	return tk.Access
}

// as sends a request as an API user.
func (s *server) as(clientID, method, path, body string, header ...string) apitest.Answer {
	s.Helper()
	return apitest.Do(s, s, method, "/api/v1/"+path, body, append([]string{"Authorization", "Bearer " + s.token(clientID)}, header...)...)
}

type user struct {
	ID           string              `json:"id"`
	CreatedBy    string              `json:"createdBy"`
	UpdatedBy    string              `json:"updatedBy"`
	UpdatedAt    string              `json:"updatedAt"`
	Email        string              `json:"email"`
	Status       string              `json:"status"`
	ClientID     *string             `json:"clientId"`
	ClientSecret *string             `json:"clientSecret"`
	UserRoles    map[string][]string `json:"userRoles"`
	APIUser      bool                `json:"apiUser"`
}

// one reads the user of a success.
func one(t testing.TB, a apitest.Answer) user {
	t.Helper()
	var v struct {
		Success bool
		Result  user
	}
	a.Decode(t, &v)
	if a.Status != 200 || !v.Success {
		t.Fatalf("got %d %s", a.Status, a.Body)
	}
	return v.Result
}

// codes reads the error codes of a failure.
func codes(t testing.TB, a apitest.Answer) string {
	t.Helper()
	var v struct {
		Success bool
		Errors  []struct{ Code, Message string }
	}
	a.Decode(t, &v)
	var all []string
	for _, e := range v.Errors {
		all = append(all, e.Code)
	}
	if v.Success || len(all) == 0 {
		t.Errorf("not a failure: %s", a.Body)
	}
	return strings.Join(all, " ")
}

// covers: documented-apis 7.4
func TestGoldenList(t *testing.T) {
	s := newServer(t)
	token := s.token(boss)
	for _, auth := range []string{"Bearer " + token, token} { // the sample's header has no scheme
		s.requests = 0
		a := apitest.Do(t, s, "GET", "/api/v1/users", "", "Authorization", auth, "syncariId", "YUBV99", "clientRequestId", "")
		a.WantGolden(t, 200, "list.json")
		if a.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("Cache-Control is %q", a.Header.Get("Cache-Control"))
		}
	}
}

// covers: documented-apis 7.4
func TestGoldenUnknownUser(t *testing.T) {
	s := newServer(t)
	s.requests = 1
	s.as(boss, "GET", "users/000000000000000000000000/deactivate", "").WantGolden(t, 404, "unknown_user.json")
}

// covers: documented-apis 3.1, T-01, T-03, T-09
func TestUnauthorized(t *testing.T) {
	s := newServer(t)
	good := s.token(boss)
	_, tk := s.logon(boss, secret)
	const want = `{"error":"invalid_token","error_description":"The access token is missing, expired or not valid"}`
	for _, route := range []struct{ method, path string }{
		{"POST", "users"}, {"GET", "users"}, {"GET", "users/" + apitest.JohnnySyncari}, {"DELETE", "users/" + apitest.JohnnySyncari},
		{"GET", "users/" + apitest.JohnnySyncari + "/deactivate"}, {"POST", "users/" + apitest.JohnnySyncari + "/activate"},
		{"PUT", "users/" + apitest.JohnnySyncari + "/roles"}, {"DELETE", "users/" + apitest.JohnnySyncari + "/roles/Viewer"},
		{"GET", "nothing"}, {"PATCH", "users"},
	} {
		for name, auth := range map[string]string{
			"none": "", "garbage": "Bearer 1234", "forged": "Bearer " + good[:len(good)-4] + "AAAA", "refresh token": "Bearer " + tk.Refresh,
			"basic": "Basic Ym9zczpzZWNyZXQ=",
		} {
			header := []string{}
			if auth != "" {
				header = []string{"Authorization", auth}
			}
			a := apitest.Do(t, s, route.method, "/api/v1/"+route.path+"?access_token="+good, "{}", header...)
			if a.Status != 401 || a.Body != want || a.Header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s %s with %s: got %d %s", route.method, route.path, name, a.Status, a.Body)
			}
		}
	}
	s.SetTime(s.Now().Add(10800e9 + 61e9))
	apitest.Do(t, s, "GET", "/api/v1/users", "", "Authorization", good).Want(t, 401, want)
	if u := s.User(s.Johnny); !u.Active {
		t.Error("an unauthorized request had an effect")
	}
}

func TestWithoutAPIUsersEverythingIsClosed(t *testing.T) {
	s := newServer(t, func(c *syncari.Config) { c.APIUsers = nil })
	if a, tk := s.logon(boss, secret); a.Status != 401 || tk.Error != "invalid_client" {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
	if a := apitest.Do(t, s, "GET", "/api/v1/users", ""); a.Status != 401 {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
}

// covers: T-11
func TestRoutes(t *testing.T) {
	s := newServer(t)
	id := apitest.JohnnySyncari
	for _, c := range []struct {
		method, path  string
		status        int
		code, allowed string
	}{
		{"PATCH", "users", 405, "METHOD_NOT_ALLOWED", "POST, GET"},
		{"PUT", "oauth/token", 405, "METHOD_NOT_ALLOWED", "POST"},
		{"DELETE", "users/" + id + "/activate", 405, "METHOD_NOT_ALLOWED", "GET, POST, PUT"},
		{"GET", "users/" + id + "/roles", 405, "METHOD_NOT_ALLOWED", "PUT"},
		{"GET", "roles/x/y", 404, "NOT_FOUND", ""},
		{"GET", "users/" + id + "/", 404, "NOT_FOUND", ""},
		{"GET", "/users", 404, "NOT_FOUND", ""},
		{"GET", "x/../users", 404, "NOT_FOUND", ""},
		{"HEAD", "users/" + id + "/deactivate", 404, "NOT_FOUND", ""},
		{"GET", "users/%2e%2e/deactivate", 404, "USER_NOT_FOUND", ""},
		{"GET", "users/1/deactivate", 404, "USER_NOT_FOUND", ""},
		{"GET", "users/" + strings.ToUpper(id[:10]) + "/deactivate", 404, "USER_NOT_FOUND", ""},
	} {
		a := s.as(boss, c.method, c.path, "")
		if a.Status != c.status || codes(t, a) != c.code || a.Header.Get("Allow") != c.allowed {
			t.Errorf("%s %s: got %d %s, Allow %q", c.method, c.path, a.Status, a.Body, a.Header.Get("Allow"))
		}
	}
	if u := s.User(s.Johnny); !u.Active {
		t.Error("one of them deactivated the user")
	}
}

// covers: documented-apis 3.1, documented-apis 3.3, documented-apis 0.2
func TestInstanceAndPermission(t *testing.T) {
	s := newServer(t)
	for _, c := range []struct {
		who, instance string
		status        int
		code          string
	}{
		{boss, "", 200, ""}, {boss, "YUBV99", 200, ""}, {boss, "rr0vpw", 200, ""}, {boss, "NOPE99", 400, "UNKNOWN_INSTANCE"},
		{local, "", 200, ""}, {local, "YUBV99", 200, ""}, {local, "RR0VPW", 403, "FORBIDDEN"}, {local, "NOPE99", 403, "FORBIDDEN"},
		{viewer, "", 403, "FORBIDDEN"}, {viewer, "YUBV99", 403, "FORBIDDEN"},
	} {
		a := s.as(c.who, "GET", "users", "", "syncariId", c.instance)
		if a.Status != c.status || c.code != "" && codes(t, a) != c.code {
			t.Errorf("%s in %q: got %d %s", c.who, c.instance, a.Status, a.Body)
		}
	}
}

func TestStrict(t *testing.T) {
	s := newServer(t, func(c *syncari.Config) { c.Strict = true })
	if a := s.as(boss, "GET", "users", "", "clientRequestId", "1"); a.Status != 400 || codes(t, a) != "MISSING_HEADER" {
		t.Errorf("without syncariId: %d %s", a.Status, a.Body)
	}
	if a := s.as(boss, "GET", "users", "", "syncariId", "YUBV99"); a.Status != 400 || codes(t, a) != "MISSING_HEADER" {
		t.Errorf("without clientRequestId: %d %s", a.Status, a.Body)
	}
	if a := s.as(boss, "GET", "users", "", "syncariId", "YUBV99", "clientRequestId", "1"); a.Status != 200 {
		t.Errorf("with both: %d %s", a.Status, a.Body)
	}
}

// covers: T-24
func TestOtherTenant(t *testing.T) {
	s := newServer(t)
	for _, c := range []struct{ method, path, body string }{
		{"GET", "users/ID", ""}, {"DELETE", "users/ID", ""}, {"GET", "users/ID/deactivate", ""}, {"POST", "users/ID/activate", ""},
		{"PUT", "users/ID/roles", `["Viewer"]`}, {"DELETE", "users/ID/roles/Viewer", ""},
	} {
		path := strings.Replace(c.path, "ID", apitest.JohnnySyncari, 1)
		mine := s.as(foreign, c.method, path, c.body)
		nobody := s.as(foreign, c.method, strings.Replace(c.path, "ID", "62789f7daa9138df5bc688f6", 1), c.body)
		if mine.Status != 404 || codes(t, mine) != "USER_NOT_FOUND" {
			t.Errorf("%s %s: got %d %s", c.method, c.path, mine.Status, mine.Body)
		}
		if nobody.Status != mine.Status || codes(t, nobody) != codes(t, mine) {
			t.Errorf("%s %s: an unknown id answers %d %s", c.method, c.path, nobody.Status, nobody.Body)
		}
	}
	if a := s.as(foreign, "GET", "users", ""); !strings.HasSuffix(a.Body, `"result":[]}`) {
		t.Errorf("the other tenant's list is %s", a.Body)
	}
	if u := s.User(s.Johnny); !u.Active || u.Version != 1 {
		t.Errorf("Johnny is %v at version %d", u.Active, u.Version)
	}
}

func TestNewRefuses(t *testing.T) {
	w := apitest.New(t)
	good := syncari.APIUser{ClientID: "c", Secret: secret, Tenant: 1, Instance: "YUBV99", Role: "Org Admin"}
	for name, spoil := range map[string]func(*syncari.Config){
		"no bridge":        func(c *syncari.Config) { c.Bridge = nil },
		"short key":        func(c *syncari.Config) { c.TokenKey = c.TokenKey[:31] },
		"no client id":     func(c *syncari.Config) { c.APIUsers[0].ClientID = "" },
		"twice":            func(c *syncari.Config) { c.APIUsers = append(c.APIUsers, good) },
		"no secret":        func(c *syncari.Config) { c.APIUsers[0].Secret = "" },
		"short secret":     func(c *syncari.Config) { c.APIUsers[0].Secret = "short" },
		"both secrets":     func(c *syncari.Config) { c.APIUsers[0].SecretSHA256 = strings.Repeat("0", 64) },
		"bad digest":       func(c *syncari.Config) { c.APIUsers[0].Secret, c.APIUsers[0].SecretSHA256 = "", "xyz" },
		"no tenant":        func(c *syncari.Config) { c.APIUsers[0].Tenant = 0 },
		"unknown instance": func(c *syncari.Config) { c.APIUsers[0].Instance = "NOPE" },
		"unknown role":     func(c *syncari.Config) { c.APIUsers[0].Role = "King" },
	} {
		cfg := syncari.Config{
			APIUsers: []syncari.APIUser{good}, TokenKey: []byte(strings.Repeat("k", 32)), Mapper: w.MapperOf, Bridge: w.Bridge,
		}
		if _, err := syncari.New(cfg); err != nil {
			t.Fatalf("the good configuration is refused: %v", err)
		}
		spoil(&cfg)
		if _, err := syncari.New(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
