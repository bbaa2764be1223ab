package uniphore_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/scimbridge/scimbridge/api/apitest"
	"github.com/scimbridge/scimbridge/api/uniphore"
	"github.com/scimbridge/scimbridge/auth/jwt/jwttest"
	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/mapping"
	"github.com/scimbridge/scimbridge/provision"
)

// covers: documented-apis 7.2
func TestGolden(t *testing.T) {
	s := newServer(t).synced()
	want(t, s.sync("?environment=dev"), 200, apitest.Golden(t, "sync-user.json"))
	want(t, s.sync("", as("auth0|ffffffffffffffffffffffff", "johnny.kingston1@example.com", "johnny.kingston1")), 404, apitest.Golden(t, "user-not-found.json"))

	pushed := strings.Replace(apitest.Golden(t, "sync-user.json"), `"221 org"}}`, `"221 org","station-id":"4021"}}`, 1)
	s.Set("2022-05-09T04:58:37.653Z") // of the last change, as in the sample
	s.Push(s.Johnny, func(p *directory.Profile) {
		p.Bridge.Uniphore.StationID, p.Bridge.Uniphore.StationIDMode = "4021", "static"
	})
	want(t, s.sync("?environment=dev"), 200, pushed)
}

// covers: documented-apis 1.2
func TestTokenWithAndWithoutBearer(t *testing.T) {
	s := newServer(t).synced()
	for _, scheme := range []string{"", "Bearer ", "bearer "} {
		want(t, s.call(scheme+s.token(), "POST", syncPath), 200, apitest.Golden(t, "sync-user.json"))
	}
}

// covers: documented-apis 7.6, 1.2
func TestLifecycleOfTheGoldens(t *testing.T) {
	s := newServer(t).synced()
	before := s.synchronize("")["modification-date"]

	s.Set("2022-05-09T06:00:00.000Z")
	at := func(body string) string { return strings.Replace(body, "05:00:00", "06:00:00", 1) }
	s.SetActive(s.Johnny, false)
	want(t, s.sync(""), 401, at(unauthorized))
	s.SetActive(s.Johnny, true)
	if after := s.synchronize("")["modification-date"]; after == before || after != 1652076000000.0 {
		t.Errorf("modification-date is %v after %v", after, before)
	}
	s.edit(func(d *provision.Draft) { d.State.Mobility.Locked = true })
	want(t, s.sync(""), 401, at(unauthorized))
	want(t, s.call(s.token(), "GET", idPath(subject)), 401, "")
	s.edit(func(d *provision.Draft) { d.State.Mobility.Locked = false })

	s.Set("2022-05-09T07:00:00.000Z")
	s.DeleteUser(s.Johnny)
	gone := `{"timestamp":"2022-05-09T07:00:00.000+00:00","status":404,"error":"Not Found","message":"user not found with username johnny.kingston@example.com","path":"/ocms/v2/configuration/sync-user"}`
	want(t, s.sync(""), 404, gone)
	want(t, s.call(s.token(), "GET", idPath(subject)), 404, "")
	s.Set("2022-05-16T07:00:01.000Z")
	s.Purge()
	want(t, s.sync(""), 404, "")
}

// covers: documented-apis 1.2, 1.4
func TestFirstSyncStoresAndTheSecondChangesNothing(t *testing.T) {
	s := newServer(t)
	s.Push(s.Johnny, func(p *directory.Profile) { p.Bridge = nil })
	metadata := map[string]any{namespace + "user_metadata": map[string]any{"client_id": "agent-7", "firstName": "Jack", "lastName": "King"}}

	s.Set("2022-05-09T05:01:00.000Z")
	first := s.synchronize("", metadata)
	if first["client-id"] != "agent-7" || first["role-id"] != 9.0 || first["modification-date"] != 1652072460000.0 {
		t.Errorf("first: %v", first)
	}
	if first["first-name"] != "Johnny" || first["last-name"] != "Kingston" {
		t.Errorf("names were taken from the token: %v", first)
	}
	st := s.account().Uniphore
	if st.Auth0ID != subject || st.ClientID != "agent-7" || st.Roles["dev"] != (directory.UniphoreRole{ID: 9, Name: "Quality Analyst", ProfileID: 5}) {
		t.Errorf("stored: %+v", st)
	}

	s.Set("2022-05-09T05:02:00.000Z")
	if second := s.synchronize("", metadata); second["modification-date"] != first["modification-date"] {
		t.Errorf("the second call moved modification-date to %v", second["modification-date"])
	}
	if third := s.synchronize("", map[string]any{namespace + "user_metadata": map[string]any{"client_id": "agent-8"}}); third["client-id"] != "agent-8" || third["modification-date"] != 1652072520000.0 {
		t.Errorf("third: %v", third)
	}
	if n := len(s.entries()); n != 3 {
		t.Errorf("%d journal entries for 3 calls", n)
	}
}

// covers: documented-apis 1.2
func TestPushedAttributesStandAboveTheToken(t *testing.T) {
	s := newServer(t)
	s.Push(s.Johnny, func(p *directory.Profile) { p.Bridge.Uniphore.Auth0ID = subject })
	u := s.synchronize("", map[string]any{namespace + "user_metadata": map[string]any{"client_id": "agent-7"}})
	if u["client-id"] != "2e37fa2c-959b-4326-babb-083a80df92bf" {
		t.Errorf("client-id is %v", u["client-id"])
	}
	if st := s.account().Uniphore; st.ClientID != "" || st.Auth0ID != "" {
		t.Errorf("stored beside what SCIM pushed: %+v", st)
	}
}

// covers: documented-apis 1.2
func TestWhoseTokenItIs(t *testing.T) {
	for _, c := range []struct {
		name    string
		linked  bool // Johnny is linked to the sample's subject
		changes map[string]any
		status  int
	}{
		{"by link, whatever else", true, as(subject, "x@y.z", "somebody"), 200},
		{"by email, any case", false, as("auth0|1", "Johnny.KINGSTON@example.com", "x"), 200},
		{"by email, though linked to another identity", true, as("auth0|2", "johnny.kingston@example.com", "x"), 200},
		{"by user name", false, as("auth0|1", "x@y.z", "JOHNNY.kingston@example.com"), 200},
		{"by user name without domain", false, as("auth0|1", "x@example.com", "Johnny.Kingston"), 200},
		{"by name, but linked to another identity", true, as("auth0|2", "x@example.com", "johnny.kingston@example.com"), 404},
		{"by name without domain, but linked to another", true, as("auth0|2", "x@example.com", "johnny.kingston"), 404},
		{"by name without domain, of another domain", false, as("auth0|1", "x@evil.example", "johnny.kingston"), 404},
		{"by a second address", false, as("auth0|1", "second@example.com", "x"), 404},
		{"by nothing", false, as("auth0|1", "x@y.z", "x"), 404},
		{"two subjects", true, map[string]any{namespace + "user_id": "auth0|2"}, 401},
		{"no subject", true, map[string]any{"sub": nil, namespace + "user_id": nil}, 401},
		{"no user_id claim", true, map[string]any{namespace + "user_id": nil}, 200},
		{"no email and no name", true, map[string]any{namespace + "email_id": nil, namespace + "auth0_name": nil}, 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t)
			s.Push(s.Johnny, func(p *directory.Profile) {
				p.Emails = append(p.Emails, directory.Plural{Value: "second@example.com", Type: "home"})
			})
			if c.linked {
				s.synced()
			}
			if w := s.sync("", c.changes); w.Code != c.status {
				t.Errorf("got %d %s, want %d", w.Code, w.Body, c.status)
			}
			if got := s.account().Uniphore.Auth0ID; c.linked && got != subject {
				t.Errorf("the link moved to %s", got)
			}
		})
	}
}

// A login leads to the user whose primary address it is, though one created
// before has it as a second one.
//
// covers: documented-apis 1.2
func TestLoginBySharedAddress(t *testing.T) {
	s := newServer(t)
	yes := true
	s.Push(s.Johnny, func(p *directory.Profile) {
		p.Emails = append(p.Emails, directory.Plural{Value: "team@example.com", Type: "home"})
	})
	who := func() *httptest.ResponseRecorder {
		return s.call(s.token(as("auth0|1", "team@example.com", "x")), "GET", idPath("auth0|1"))
	}
	want(t, who(), 404, "") // a second address opens nothing
	team := s.AddUser(directory.Profile{UserName: "team", Emails: []directory.Plural{{Value: "Team@example.com", Type: "work", Primary: &yes}}})
	a, err := s.Bridge.Account(context.Background(), s.SCIM.Tenant, provision.Ref{ID: team.ID})
	if err != nil {
		t.Fatal(err)
	}
	want(t, who(), 200, fmt.Sprintf(`{"user-id":%d}`, a.Uniphore.ID))
	s.SetActive(team.ID, false)
	want(t, who(), 401, "")
}

// covers: documented-apis 1.2, T-24
func TestWhichTenant(t *testing.T) {
	s := newServer(t).synced()
	for _, c := range []struct {
		name    string
		changes map[string]any
		status  int
	}{
		{"UUID, upper case", map[string]any{namespace + "tenant": strings.ToUpper(tenantUUID), "org_id": nil}, 200},
		{"organization alone", map[string]any{namespace + "tenant": nil}, 200},
		{"neither", map[string]any{namespace + "tenant": nil, "org_id": nil}, 401},
		{"unknown UUID", map[string]any{namespace + "tenant": "6ba7b812-9dad-41d1-80b4-00c04fd430c8"}, 401},
		{"organization of the other tenant", map[string]any{"org_id": "org_bbbbbbbbbbbbbbbb"}, 401},
		{"the other tenant", map[string]any{namespace + "tenant": "6ba7b811-9dad-41d1-80b4-00c04fd430c8", "org_id": nil}, 404},
	} {
		if w := s.sync("", c.changes); w.Code != c.status {
			t.Errorf("%s: got %d %s, want %d", c.name, w.Code, w.Body, c.status)
		}
	}
}

// covers: documented-apis 1.3, T-07
func TestBadTokens(t *testing.T) {
	s := newServer(t).synced()
	other := jwttest.NewKey("another")
	public := x509.MarshalPKCS1PublicKey(&signingKey.Private.PublicKey)
	now := s.Now()
	for name, authorization := range map[string]string{
		"none":           "",
		"nonsense":       "Bearer nonsense",
		"another scheme": "Basic " + s.token(),
		"expired":        s.token(map[string]any{"exp": now.Add(-61 * time.Second).Unix()}),
		"not yet valid":  s.token(map[string]any{"nbf": now.Add(2 * time.Minute).Unix()}),
		"another issuer": s.token(map[string]any{"iss": "https://evil.us.auth0.com/"}),
		"no slash":       s.token(map[string]any{"iss": strings.TrimSuffix(issuerName, "/")}),
		"another aud":    s.token(map[string]any{"aud": []string{"api.evil.example"}}),
		"unknown key":    other.Sign(s.claims()),
		"stolen kid":     jwttest.Sign(jose.RS256, other.Private, map[string]any{"typ": "JWT", "kid": signingKey.ID}, s.claims()),
		"HS256 with the public key": jwttest.Sign(jose.HS256, public,
			map[string]any{"typ": "JWT", "kid": signingKey.ID}, s.claims()),
		"kid of another file": jwttest.Sign(jose.RS256, other.Private, map[string]any{"typ": "JWT", "kid": "../../etc/passwd"}, s.claims()),
		"alg none":            "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." + strings.Split(s.token(), ".")[1] + ".",
	} {
		w := s.call(authorization, "POST", syncPath)
		if w.Code != 401 || w.Body.String() != unauthorized || w.Header().Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	want(t, s.call("", "POST", syncPath+"?access_token="+s.token()), 401, unauthorized)
	if e := s.entries(); len(e) != 0 {
		t.Errorf("calls without a good token fill the journal: %v", e)
	}
}

// covers: documented-apis 1.2
func TestIssuerUnreachable(t *testing.T) {
	s := newServer(t)
	s.issuer.Fail(true)
	w := s.sync("")
	want(t, w, 503, `{"timestamp":"2022-05-09T05:00:00.000+00:00","status":503,"error":"Service Unavailable","message":"Service Unavailable","path":"/ocms/v2/configuration/sync-user"}`)
	if w.Header().Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

func TestWithoutCredentials(t *testing.T) {
	s := newServer(t, func(c *uniphore.Config) { c.Verifier = nil })
	want(t, s.sync(""), 401, unauthorized)
	s = newServer(t, func(c *uniphore.Config) { c.Tenants = nil })
	want(t, s.sync(""), 401, unauthorized)
}

// covers: documented-apis 1.2
func TestEnvironments(t *testing.T) {
	s := newServer(t, func(c *uniphore.Config) { c.Tenants[0].DefaultEnv = "Staging" })
	s.AddGroup("uniphore:test:u_supervisor", s.Johnny)
	for query, role := range map[string]string{
		"?environment=dev": "Quality Analyst", "?environment=DEV": "Quality Analyst",
		"?environment=test": "U-Supervisor", "?environment=Staging": "U-Supervisor",
		"": "U-Supervisor", "?environment=": "U-Supervisor",
	} {
		if u := s.synchronize(query); u["role-name"] != role {
			t.Errorf("%q: role %v, want %s", query, u["role-name"], role)
		}
	}
	const unknown = `"status":400,"error":"Bad Request","message":"environment must be one of DEV, TEST and PROD"`
	for _, query := range []string{"?environment=qa", "?environment=dev&environment=prod", "?environment=%00"} {
		if w := s.sync(query); w.Code != 400 || !strings.Contains(w.Body.String(), unknown) {
			t.Errorf("%s: %d %s", query, w.Code, w.Body)
		}
	}
	strict := newServer(t, func(c *uniphore.Config) { c.Strict = true })
	want(t, strict.sync("?environment=qa"), 404, "")
}

// covers: documented-apis 1.2
func TestRestrictedProduction(t *testing.T) {
	s := newServer(t)
	s.AddGroup("uniphore:*:quality_analyst", s.Johnny)
	restricted := map[string]any{namespace + "user_metadata": map[string]any{"restrictProductionAccess": true}}
	want(t, s.sync("?environment=PROD", restricted), 401, unauthorized)
	want(t, s.call(s.token(restricted), "GET", idPath(subject)+"?environment=prod"), 401, "")
	want(t, s.sync("?environment=test", restricted), 200, "")
	want(t, s.sync("?environment=prod"), 200, "")
}

// covers: documented-apis 1.4
func TestRoles(t *testing.T) {
	s := newServer(t)
	s.leave(s.GroupID["uniphore:dev:quality_analyst"]) // nothing grants a role any more
	want(t, s.sync(""), 401, unauthorized)
	if e := s.entries(); len(e) != 1 || e[0] != subject+` {"environment":"dev","result":"no role"}` {
		t.Errorf("journal: %v", e)
	}

	if u := s.synchronize("", map[string]any{namespace + "roles": []string{"u_agent"}}); u["role-name"] != "U-Agent" {
		t.Errorf("by claim: %v", u)
	}
	if u := s.synchronize(""); u["role-name"] != "U-Agent" {
		t.Errorf("nothing says otherwise, so the stored role stays: %v", u)
	}
	group := s.AddGroup("uniphore:dev:u_supervisor", s.Johnny)
	u := s.synchronize("")
	if u["role-name"] != "U-Supervisor" {
		t.Errorf("by group: %v", u)
	}
	s.leave(group)
	e := s.entries()
	if last := e[len(e)-1]; !strings.Contains(last, `"result":"synced","oldRole":{"id":106,"name":"U-Agent","profileId":106},"newRole":{"id":104,"name":"U-Supervisor","profileId":104},"granted":"group:`) {
		t.Errorf("journal: %s", last)
	}
}

// covers: documented-apis 1.2
func TestOneJournalEntryForEachCall(t *testing.T) {
	s := newServer(t).synced()
	s.sync("")
	s.SetActive(s.Johnny, false)
	s.sync("")
	s.SetActive(s.Johnny, true)
	s.sync("", as("auth0|9", "x@y.z", "x"))
	s.sync("?environment=prod", map[string]any{namespace + "user_metadata": map[string]any{"restrictProductionAccess": true}})
	s.sync("?environment=nowhere") // 400: no
	want := []string{
		subject + ` {"environment":"dev","result":"synced","oldRole":{"id":9,"name":"Quality Analyst","profileId":5},"newRole":{"id":9,"name":"Quality Analyst","profileId":5},"granted":"group:` + s.GroupID["uniphore:dev:quality_analyst"].String() + `"}`,
		subject + ` {"environment":"dev","result":"user disabled"}`,
		`auth0|9 {"environment":"dev","result":"user not found"}`,
		subject + ` {"environment":"prod","result":"production access restricted"}`,
	}
	got := s.entries()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func idPath(name string) string {
	return "/ocms/v2/configuration/userId/" + strings.ReplaceAll(name, "|", "%7C")
}

// covers: documented-apis 1.1, 1.7
func TestUserID(t *testing.T) {
	s := newServer(t)
	self := func() string { return s.token() }
	stranger := func() string { return s.token(as("auth0|9", "x@y.z", "x")) }
	for _, c := range []struct {
		name, path string
		token      func() string
		status     int
		holds      string
	}{
		{"one's own subject, not linked yet", idPath(subject), self, 200, `{"user-id":4882}`},
		{"user name", idPath("johnny.kingston@example.com"), self, 200, `{"user-id":4882}`},
		{"user name, other case", idPath("Johnny.Kingston@example.com"), self, 200, `{"user-id":4882}`},
		{"uniphore user name", idPath("johnny.kingston"), self, 200, `{"user-id":4882}`},
		{"unknown name", idPath("nobody"), self, 404, `"message":"user not found with username nobody","path":"/ocms/v2/configuration/userId/nobody"`},
		{"unknown subject", idPath("auth0|7"), self, 404, `"message":"user not found with username auth0|7","path":"/ocms/v2/configuration/userId/auth0%7C7"`},
		{"caller without account", idPath("johnny.kingston"), stranger, 404, "user not found with username johnny.kingston"},
		{"no token", idPath("johnny.kingston"), func() string { return "" }, 401, "Unauthorized user"},
		{"a name with NUL", idPath("%00"), self, 404, "user not found"},
		{"a name that is no text", idPath("%FF"), self, 404, "user not found"},
		{"a name with a slash", idPath("a%2Fb"), self, 404, "user not found with username a/b"},
		{"unknown environment", idPath("johnny.kingston") + "?environment=x", self, 400, "environment"},
	} {
		w := s.call(c.token(), "GET", c.path)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.holds) {
			t.Errorf("%s: got %d %s", c.name, w.Code, w.Body)
		}
	}
	s.AddUser(directory.Profile{UserName: "\ufffd"})
	if w := s.call(self(), "GET", idPath("%FF")); w.Code != 404 {
		t.Errorf("what is no text is %s", w.Body)
	}
	s.synced()
	want(t, s.call(self(), "GET", idPath(subject)), 200, `{"user-id":4882}`)
	s.SetActive(s.Johnny, false)
	want(t, s.call(self(), "GET", idPath("nobody")), 401, "")
	if e := s.entries(); len(e) != 0 {
		t.Errorf("a lookup is in the journal: %v", e)
	}
}

// covers: T-11, documented-apis 0.2
func TestRoutes(t *testing.T) {
	s := newServer(t).synced()
	for _, c := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"GET", syncPath, 405, "POST"},
		{"PUT", syncPath, 405, "POST"},
		{"POST", idPath("x"), 405, "GET"},
		{"POST", syncPath + "/", 404, ""},
		{"POST", "/ocms/v2//configuration/sync-user", 404, ""},
		{"POST", "/ocms/v2/configuration/x/../sync-user", 404, ""},
		{"GET", "/ocms/v2/configuration/userId/", 404, ""},
		{"GET", "/ocms/v2/", 404, ""},
	} {
		w := s.call(s.token(), c.method, c.path)
		if w.Code != c.status || w.Header().Get("Allow") != c.allow {
			t.Errorf("%s %s: %d %q %s", c.method, c.path, w.Code, w.Header().Get("Allow"), w.Body)
		}
		if w := s.call("", c.method, c.path); w.Code != 401 {
			t.Errorf("%s %s without a token: %d", c.method, c.path, w.Code)
		}
	}
}

// covers: documented-apis 1.2
func TestDatabaseGone(t *testing.T) {
	s := newServer(t)
	if err := s.Store.Close(); err != nil {
		t.Fatal(err)
	}
	w := s.sync("")
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// brokenBridge is a core that breaks in a way nobody foresaw.
type brokenBridge struct{ uniphore.Bridge }

func (brokenBridge) Account(context.Context, directory.TenantID, provision.Ref) (mapping.Account, error) {
	panic("CANARY")
}

// covers: documented-apis 1.2
func TestInternalError(t *testing.T) {
	s := newServer(t, func(c *uniphore.Config) { c.Bridge = brokenBridge{c.Bridge} })
	want(t, s.sync(""), 500, `{"timestamp":"2022-05-09T05:00:00.000+00:00","status":500,"error":"Internal Server Error","message":"Internal Server Error","path":"/ocms/v2/configuration/sync-user"}`)
}

// No name, address or token reaches the log, whatever is answered.
func TestLogNamesNobody(t *testing.T) {
	var log bytes.Buffer
	s := newServer(t, func(c *uniphore.Config) {
		c.Log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	token := s.token()
	s.call(token, "POST", syncPath)
	s.call(token, "GET", idPath("johnny.kingston@example.com"))
	s.call(token, "GET", idPath("auth0|7"))
	s.call(token+"x", "POST", syncPath+"?access_token="+token)
	if err := s.Store.Close(); err != nil {
		t.Fatal(err)
	}
	s.call(token, "POST", syncPath)
	for _, marker := range []string{"johnny", "auth0", token} {
		if strings.Contains(log.String(), marker) {
			t.Errorf("%q is in the log:\n%s", marker, log.String())
		}
	}
	if strings.Count(log.String(), `"msg":"request"`) != 5 {
		t.Errorf("not one line for each request:\n%s", log.String())
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	bridge := provision.New(nil, provision.Options{})
	for name, c := range map[string]uniphore.Config{
		"no bridge":         {},
		"no tenant number":  {Bridge: bridge, Tenants: []uniphore.Tenant{{UUID: "a"}}},
		"no tenant name":    {Bridge: bridge, Tenants: []uniphore.Tenant{{ID: 1}}},
		"same UUID":         {Bridge: bridge, Tenants: []uniphore.Tenant{{ID: 1, UUID: "a"}, {ID: 2, UUID: "A"}}},
		"same organization": {Bridge: bridge, Tenants: []uniphore.Tenant{{ID: 1, Org: "o"}, {ID: 2, Org: "o"}}},
		"unknown default":   {Bridge: bridge, Tenants: []uniphore.Tenant{{ID: 1, UUID: "a", DefaultEnv: "qa"}}},
	} {
		if _, err := uniphore.New(c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
