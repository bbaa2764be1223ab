package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scimbridge/scimbridge/auth/jwt"
	"github.com/scimbridge/scimbridge/auth/jwt/jwttest"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/storage"
)

// world is a whole bridge as newApp makes it, with two tenants that both use all
// four APIs. Each has a person, whose names tell the tenant, in groups that
// grant something in every application.
type world struct {
	*testing.T
	app    *app
	dir    string
	log    *lockedBuffer
	issuer jwttest.Key
	config Config
	here   *party // of the tenant "default"
	there  *party // of the tenant "acme", which the configuration writes ACME
}

// party is one tenant with a credential of everything.
type party struct {
	w                                      *world
	tenant, uuid                           string
	scim, rsa, helpDesk, syncari, mobility string // tokens
	person                                 person
}

// person is one user as the five surfaces know it.
type person struct {
	name, givenName string
	id, group       string // SCIM ids
	syncariID       string
	mobilityID      string // UserID of ServiceMobility
}

const (
	worldSecret   = "a-secret-of-the-tests-0123456789"
	worldPassword = "a password of the tests"
	worldAudience = "uassist.uniphore.com"
)

// lockedBuffer takes the log of many requests at once.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// newWorld builds it. adjust may change the configuration.
func newWorld(t *testing.T, adjust ...func(*Config)) *world {
	t.Helper()
	w := &world{T: t, dir: t.TempDir(), log: &lockedBuffer{}, issuer: jwttest.NewKey("of-the-tests"), config: defaults()}
	jwks := httptest.NewServer(jwttest.NewIssuer(w.issuer))
	t.Cleanup(jwks.Close)
	w.here = &party{w: w, tenant: "default", uuid: uuid.NewString()}
	w.there = &party{w: w, tenant: "acme", uuid: uuid.NewString()}

	c := &w.config
	c.PublicURL, c.Database = "https://bridge.example", "sqlite:"+filepath.Join(w.dir, "bridge.db")
	u := &c.APIs.Uniphore
	u.Issuer, u.JWKSURL, u.Audience = "https://issuer.example/", jwks.URL, worldAudience
	c.Tenants = map[string]TenantConfig{}
	for i, p := range []*party{w.here, w.there} {
		name := []string{"default", "ACME"}[i]
		var tc TenantConfig
		tc.Uniphore.Roles = []UniphoreRole{{Key: "agent", ID: 3, Name: "Agent", ProfileID: 1}}
		tc.Syncari.Instances = []string{"INST1"}
		tc.RSA.HidePhones = i == 1
		c.Tenants[name] = tc
		u.Tenants = append(u.Tenants, UniphoreTenant{Tenant: name, UUID: p.uuid})
		c.APIs.RSA.Keys = append(c.APIs.RSA.Keys, p.rsaKey("Super Administrator", name), p.rsaKey("Help Desk Administrator", name))
		c.APIs.Syncari.APIUsers = append(c.APIs.Syncari.APIUsers, SyncariUser{
			Tenant: name, Name: "api of " + name, ClientID: "client-of-" + p.tenant, ClientSecret: worldSecret, Instance: "INST1", Role: "Org Admin",
		})
		c.APIs.ServiceMobility.Users = append(c.APIs.ServiceMobility.Users, MobilityUser{Tenant: name, UserName: "integration-" + p.tenant, Password: worldPassword})
	}
	for _, f := range adjust {
		f(c)
	}

	ctx := context.Background()
	log := slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	if w.app, err = openApp(ctx, c, log); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.app.store.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, p := range []*party{w.here, w.there} {
		if p.scim, err = w.app.newClient(ctx, p.tenant, "okta"); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.app.build(ctx, c); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*party{w.here, w.there} {
		p.logOn()
		p.person = p.hire("kim", "Kimberley-of-"+p.tenant)
	}
	return w
}

func (p *party) rsaKey(role, tenant string) RSAKey {
	p.w.Helper()
	key, err := jwt.NewKeyFile(uuid.NewString(), "https://bridge.example/AdminInterface/restapi")
	if err != nil {
		p.w.Fatal(err)
	}
	public, err := key.Public()
	if err != nil {
		p.w.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		p.w.Fatal(err)
	}
	token, err := key.Token(time.Now(), time.Hour)
	if err != nil {
		p.w.Fatal(err)
	}
	if role == "Super Administrator" {
		p.rsa = token
	} else {
		p.helpDesk = token
	}
	return RSAKey{
		Tenant: tenant, AccessID: key.AccessID, Name: role + " of " + p.tenant, Role: role,
		PublicKey: string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})),
	}
}

// logOn gets the tokens of the APIs that issue their own.
func (p *party) logOn() {
	p.w.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {"client-of-" + p.tenant}, "client_secret": {worldSecret}}
	a := p.w.call("POST", "/api/v1/oauth/token", form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	p.syncari, _ = a.object["access_token"].(string)
	a = p.w.call("POST", "/createjwt", `{"username":"integration-`+p.tenant+`","password":"`+worldPassword+`"}`)
	p.mobility, _ = a.object["token"].(string)
	if p.syncari == "" || p.mobility == "" {
		p.w.Fatalf("no tokens for %s: %+v", p.tenant, a)
	}
}

// hire pushes a person and the groups it is in, and learns its ids.
func (p *party) hire(name, givenName string) person {
	p.w.Helper()
	who := person{name: name + "@" + p.tenant + ".example", givenName: givenName}
	who.id = p.push("POST", "/Users", `{"schemas":["`+userURN+`"],"userName":"`+who.name+`","externalId":"x-`+name+`","name":{"givenName":"`+givenName+
		`","familyName":"Lee"},"emails":[{"value":"`+who.name+`"}],"phoneNumbers":[{"type":"mobile","value":"+1 555 0100"}]}`).want(p.w.T, 201).text("id")
	for _, g := range []string{"uniphore:*:agent", "syncari:INST1:Sync Manager", "servicemobility:team:TEAM-" + p.tenant} {
		who.group = p.push("POST", "/Groups", `{"schemas":["`+groupURN+`"],"displayName":"`+g+`","members":[{"value":"`+who.id+`"}]}`).want(p.w.T, 201).text("id")
	}
	for _, u := range p.syn("GET", "/users", "").want(p.w.T, 200).object["result"].([]any) {
		if u := u.(map[string]any); u["email"] == who.name {
			who.syncariID = u["id"].(string)
		}
	}
	who.mobilityID = who.name
	p.mob("GET", "/trans/User/"+who.mobilityID, "").want(p.w.T, 200)
	if who.syncariID == "" {
		p.w.Fatalf("%s is not in Syncari's list", who.name)
	}
	return who
}

// reply is what one request got.
type reply struct {
	request string
	status  int
	header  http.Header
	body    string
	object  map[string]any // of a JSON object
}

func (a reply) want(t testing.TB, status int) reply {
	t.Helper()
	if a.status != status {
		t.Fatalf("%s: %d %s, want %d", a.request, a.status, a.body, status)
	}
	return a
}

func (a reply) text(name string) string { s, _ := a.object[name].(string); return s }

// call sends a request straight to the main listener's handler; header holds
// names and values in turn.
func (w *world) call(method, target, body string, header ...string) reply {
	r := httptest.NewRequest("GET", "/", strings.NewReader(body))
	u, err := url.Parse(target)
	if err != nil {
		w.Fatal(err)
	}
	r.Method, r.URL, r.RequestURI = method, u, target
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	} else {
		r.Body, r.ContentLength = http.NoBody, 0
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	w.app.main.ServeHTTP(rec, r)
	a := reply{request: method + " " + target, status: rec.Code, header: rec.Result().Header, body: rec.Body.String()}
	if strings.HasPrefix(a.body, "{") {
		if err := json.Unmarshal(rec.Body.Bytes(), &a.object); err != nil {
			w.Errorf("%s: %v: %s", a.request, err, a.body)
		}
	}
	return a
}

const (
	userURN  = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupURN = "urn:ietf:params:scim:schemas:core:2.0:Group"
)

func patchBody(ops string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + ops + `]}`
}

// push calls SCIM, and the methods below each one API, with the tenant's credential.
func (p *party) push(method, path, body string) reply {
	return p.w.call(method, "/scim/v2"+path, body, "Authorization", "Bearer "+p.scim)
}

func (p *party) admin(method, path, body string) reply {
	return p.w.call(method, "/AdminInterface/restapi/v1"+path, body, "Authorization", "Bearer "+p.rsa)
}

func (p *party) syn(method, path, body string) reply {
	return p.w.call(method, "/api/v1"+path, body, "Authorization", "Bearer "+p.syncari, "syncariId", "INST1")
}

func (p *party) mob(method, path, body string) reply {
	return p.w.call(method, "/seiapi/v3"+path, body, "x-access-token", p.mobility)
}

// uni calls Uniphore as the person with this email would.
func (p *party) uni(method, path, email string) reply {
	return p.w.call(method, "/ocms/v2/configuration"+path, "", "Authorization", "Bearer "+p.uniToken(email))
}

func (p *party) uniToken(email string) string {
	const ns = "https://api.uniphore.com/"
	now := time.Now()
	return p.w.issuer.Sign(map[string]any{
		"iss": "https://issuer.example/", "sub": "auth0|of-" + email, "aud": []string{worldAudience}, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
		ns + "email_id": email, ns + "auth0_name": email, ns + "tenant": p.uuid, ns + "roles": []string{},
	})
}

// rows returns everything the tenant's users, groups and state are, as text to
// compare.
func (p *party) rows() string {
	p.w.Helper()
	var b strings.Builder
	for _, path := range []string{"/Users", "/Groups"} {
		b.WriteString(p.push("GET", path, "").want(p.w.T, 200).body)
	}
	b.WriteString(p.mob("GET", "/trans/User/"+p.person.mobilityID, "").body)
	return b.String()
}

// actions returns those of the tenant's journal since an entry, and the
// number of the last one.
func (p *party) actions(after int64) (list []string, last int64) {
	p.w.Helper()
	last = after
	err := p.w.app.store.View(context.Background(), func(r storage.Reader) error {
		t, err := findTenant(r, p.tenant)
		if err != nil {
			return err
		}
		return r.Journal(t.ID, after, func(e *journal.Entry) bool {
			list, last = append(list, e.Action), e.Seq
			return true
		})
	})
	if err != nil {
		p.w.Fatal(err)
	}
	return list, last
}
