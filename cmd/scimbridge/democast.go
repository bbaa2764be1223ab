package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"github.com/scimbridge/scimbridge/auth/jwt"
	"github.com/scimbridge/scimbridge/auth/jwt/jwttest"
)

// cast is everybody in the demo who holds a credential: an issuer of Uniphore's
// tokens with its own key server, an RSA administrator with an API key, a
// Syncari API user and a ServiceMobility integration.
type cast struct {
	issuer   jwttest.Key
	issuerAt string
	server   *http.Server
	key      *jwt.KeyFile
	secret   string // Syncari's client secret
	password string // ServiceMobility's
}

// Names the demo gives to things.
const (
	demoTenantUUID = "5f0c1a52-0b5e-4a57-8d0a-0c9a8e6a2b11"
	demoAudience   = "uassist.uniphore.com"
	demoInstance   = "YUBV99"
	demoClientID   = "Scb_demoClient0123456789abc"
	demoUser       = "integration"
)

// demoRules turn one group into roles of three applications.
const demoRules = `version: 1
rules:
  - when: {group: ` + adaGroup + `}
    grant:
      - {api: uniphore, scope: dev, role: quality_analyst}
      - {api: syncari, scope: ` + demoInstance + `, role: Sync Manager}
      - {api: servicemobility, scope: team, role: TEAM-EAST}
`

func newCast(host string) (*cast, error) {
	ln, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	c := &cast{issuer: jwttest.NewKey("demo"), issuerAt: "http://" + ln.Addr().String() + "/", secret: randomText(32), password: randomText(18)}
	c.server = &http.Server{Handler: jwttest.NewIssuer(c.issuer), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = c.server.Serve(ln) }() // it ends with close, and its only news is that it has
	return c, nil
}

func (c *cast) close() error { return c.server.Close() }

func randomText(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

// config is the demo's configuration, as a file could say it.
func (c *cast) config(base, dir string) (Config, error) {
	cfg := defaults()
	cfg.dir = dir
	if err := os.WriteFile(filepath.Join(dir, "mapping.yaml"), []byte(demoRules), 0o600); err != nil {
		return cfg, fmt.Errorf("write the rules: %w", err)
	}
	cfg.PublicURL, cfg.Database = base, "sqlite:"+filepath.Join(dir, "demo.db")
	t := TenantConfig{Rules: "mapping.yaml"}
	t.Uniphore.DefaultRole = "agent"
	t.Uniphore.DefaultOrganization = OrganizationConfig{ID: 52, Name: "221 org"}
	t.Uniphore.Roles = []UniphoreRole{
		{Key: "quality_analyst", ID: 9, Name: "Quality Analyst", ProfileID: 5},
		{Key: "agent", ID: 3, Name: "Agent", ProfileID: 1},
	}
	t.RSA.IdentitySource = "My Company AD"
	t.Syncari.Instances = []string{demoInstance}
	cfg.Tenants = map[string]TenantConfig{"default": t}
	cfg.APIs.Uniphore.Issuer, cfg.APIs.Uniphore.JWKSURL, cfg.APIs.Uniphore.Audience = c.issuerAt, c.issuerAt+"jwks", demoAudience
	cfg.APIs.Uniphore.Tenants = []UniphoreTenant{{UUID: demoTenantUUID}}
	var err error
	if c.key, err = jwt.NewKeyFile(uuid.NewString(), base+"/AdminInterface/restapi"); err != nil {
		return cfg, fmt.Errorf("make an API key: %w", err)
	}
	key, err := c.key.Public()
	if err != nil {
		return cfg, fmt.Errorf("make an API key: %w", err)
	}
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return cfg, fmt.Errorf("make an API key: %w", err)
	}
	public := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	cfg.APIs.RSA.Keys = []RSAKey{{AccessID: c.key.AccessID, Name: "helpdesk-key", Role: "Help Desk Administrator", PublicKey: public}}
	cfg.APIs.Syncari.APIUsers = []SyncariUser{{Name: "demo", ClientID: demoClientID, ClientSecret: c.secret, Instance: demoInstance, Role: "Org Admin"}}
	cfg.APIs.ServiceMobility.Users = []MobilityUser{{UserName: demoUser, Password: c.password}}
	return cfg, nil
}

// appTokens are the tokens with which the demo asks the four APIs.
type appTokens struct{ uniphore, rsa, syncari, mobility string }

// logOn gets a token of each API in the API's own way.
func (c *cast) logOn(ctx context.Context, client *http.Client, base, email string) (t appTokens, err error) {
	t.uniphore = c.uniphoreToken(email)
	if t.rsa, err = c.key.Token(time.Now(), time.Hour); err != nil {
		return t, fmt.Errorf("sign with the API key: %w", err)
	}
	var oauth struct {
		AccessToken string `json:"access_token"`
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {demoClientID}, "client_secret": {c.secret}}
	if err := post(ctx, client, base+"/api/v1/oauth/token", "application/x-www-form-urlencoded", form.Encode(), &oauth); err != nil {
		return t, err
	}
	t.syncari = oauth.AccessToken
	var logon struct {
		Token string `json:"token"`
	}
	body, err := json.Marshal(map[string]string{"username": demoUser, "password": c.password})
	if err != nil {
		return t, err
	}
	if err := post(ctx, client, base+"/createjwt", "application/json", string(body), &logon); err != nil {
		return t, err
	}
	t.mobility = logon.Token
	return t, nil
}

// uniphoreToken is what the issuer gives the person with that address: Uniphore's
// API is called by its users, each for itself.
func (c *cast) uniphoreToken(email string) string {
	now := time.Now()
	const ns = "https://api.uniphore.com/"
	return c.issuer.Sign(map[string]any{
		"iss": c.issuerAt, "sub": "auth0|" + uuid.NewString()[:24], "aud": []string{demoAudience}, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
		ns + "email_id": email, ns + "auth0_name": email, ns + "tenant": demoTenantUUID, ns + "roles": []string{}, ns + "user_metadata": map[string]any{},
	})
}

func post(ctx context.Context, client *http.Client, to, contentType, body string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader([]byte(body)))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", contentType)
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return errors.New("log on at " + to + ": " + res.Status + ": " + string(answer))
	}
	return json.Unmarshal(answer, into)
}
