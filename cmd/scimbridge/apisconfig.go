package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/scimbridge/scimbridge/api/rsa"
	"github.com/scimbridge/scimbridge/api/servicemobility"
	"github.com/scimbridge/scimbridge/api/syncari"
	"github.com/scimbridge/scimbridge/api/uniphore"
	"github.com/scimbridge/scimbridge/auth/jwt"
	"github.com/scimbridge/scimbridge/directory"
)

// APIsConfig holds the credentials of the four application APIs. An API
// without any is closed: it answers 401 or 403, as its contract says.
type APIsConfig struct {
	Uniphore struct {
		Issuer   string           `yaml:"issuer"`
		JWKSURL  string           `yaml:"jwks_url"`
		Audience string           `yaml:"audience"`
		Strict   bool             `yaml:"strict"`
		Tenants  []UniphoreTenant `yaml:"tenants"`
	} `yaml:"uniphore"`
	RSA struct {
		AdminRestAPIURL string   `yaml:"admin_rest_api_url"` // default: made of public_url
		Keys            []RSAKey `yaml:"keys"`
	} `yaml:"rsa"`
	Syncari struct {
		Strict   bool          `yaml:"strict"`
		APIUsers []SyncariUser `yaml:"api_users"`
	} `yaml:"syncari"`
	ServiceMobility struct {
		Errors        string             `yaml:"errors"` // detail or standard
		Strict        bool               `yaml:"strict"`
		TokenLifetime Duration           `yaml:"token_lifetime"`
		Users         []MobilityUser     `yaml:"users"`
		Customers     []MobilityCustomer `yaml:"customers"`
	} `yaml:"servicemobility"`
}

// UniphoreTenant says how tokens name a tenant.
type UniphoreTenant struct {
	Tenant       string `yaml:"tenant"`
	UUID         string `yaml:"uuid"`
	Organization string `yaml:"organization"` // Auth0 org_id
}

// RSAKey is an API key.
type RSAKey struct {
	Tenant        string `yaml:"tenant"`
	AccessID      string `yaml:"access_id"`
	Name          string `yaml:"name"`
	Role          string `yaml:"role"`
	PublicKey     string `yaml:"public_key"` // PEM
	PublicKeyFile string `yaml:"public_key_file"`
}

// SyncariUser is an API user of Syncari.
type SyncariUser struct {
	Tenant             string `yaml:"tenant"`
	Name               string `yaml:"name"`
	ClientID           string `yaml:"client_id"`
	ClientSecret       string `yaml:"client_secret"`
	ClientSecretSHA256 string `yaml:"client_secret_sha256"`
	Instance           string `yaml:"instance"`
	Role               string `yaml:"role"`
	ID                 string `yaml:"id"`
}

// MobilityUser is a user of ServiceMobility's API.
type MobilityUser struct {
	Tenant       string `yaml:"tenant"`
	UserName     string `yaml:"username"`
	Password     string `yaml:"password"`
	PasswordHash string `yaml:"password_hash"`
}

// MobilityCustomer is a pair of the deprecated query credentials.
type MobilityCustomer struct {
	Tenant string `yaml:"tenant"`
	ID     string `yaml:"id"`
	Code   string `yaml:"code"`
}

// apis builds the four APIs over the parts of a. names of those without
// credentials are returned in closed.
func (a *app) apis(c *Config) (handlers map[string]http.Handler, closed []string, err error) {
	handlers = map[string]http.Handler{}
	for _, api := range []struct {
		name  string
		open  bool
		paths []string
		build func(*Config) (http.Handler, error)
	}{
		{"uniphore", len(c.APIs.Uniphore.Tenants) > 0, []string{uniphore.Prefix}, a.uniphore},
		{"rsa", len(c.APIs.RSA.Keys) > 0, []string{rsa.Prefix}, a.rsa},
		{"syncari", len(c.APIs.Syncari.APIUsers) > 0, []string{syncari.Prefix}, a.syncari},
		{"servicemobility", len(c.APIs.ServiceMobility.Users)+len(c.APIs.ServiceMobility.Customers) > 0, []string{servicemobility.Prefix, servicemobility.LogonPath}, a.servicemobility},
	} {
		h, err := api.build(c)
		if err != nil {
			return nil, nil, fmt.Errorf("apis.%s: %w", api.name, err)
		}
		for _, p := range api.paths {
			handlers[p] = h
		}
		if !api.open {
			closed = append(closed, api.name)
		}
	}
	return handlers, closed, nil
}

func (a *app) uniphore(c *Config) (http.Handler, error) {
	u := c.APIs.Uniphore
	cfg := uniphore.Config{Bridge: a.bridge, Strict: u.Strict, Now: a.now, Metrics: a.metrics, Log: a.log}
	if len(u.Tenants) > 0 {
		if u.Issuer == "" || u.JWKSURL == "" || u.Audience == "" {
			return nil, errors.New("issuer, jwks_url and audience must be set for tokens to be verified")
		}
		at, err := url.Parse(u.JWKSURL)
		if err != nil || at.Host == "" || at.Scheme != "https" && at.Scheme != "http" {
			return nil, errors.New("jwks_url must be a whole URL, like https://example.eu.auth0.com/.well-known/jwks.json")
		}
		if at.Scheme == "http" && !loopback(at.Hostname()) {
			a.log.Warn("apis.uniphore.jwks_url is not https: who can answer in its place can make tokens")
		}
		cfg.Verifier = &jwt.Verifier{
			Keys:   jwt.NewJWKS(u.JWKSURL, jwt.Options{HTTPClient: &http.Client{Timeout: 10 * time.Second}}),
			Issuer: u.Issuer, Audience: u.Audience, Now: a.now,
		}
	}
	for i, t := range u.Tenants {
		id, err := a.tenantID(t.Tenant)
		if err != nil {
			return nil, fmt.Errorf("tenants[%d]: %w", i, err)
		}
		cfg.Tenants = append(cfg.Tenants, uniphore.Tenant{
			ID: id, UUID: t.UUID, Org: t.Organization, DefaultEnv: a.mapper(id).Settings().Uniphore.DefaultEnv,
		})
	}
	s, err := uniphore.New(cfg)
	if err != nil {
		return nil, err
	}
	return s.Handler(), nil
}

func (a *app) rsa(c *Config) (http.Handler, error) {
	r := c.APIs.RSA
	base := r.AdminRestAPIURL
	if base == "" {
		base = c.PublicURL + "/AdminInterface/restapi"
	}
	var keys []jwt.APIKey
	for i, k := range r.Keys {
		id, err := a.tenantID(k.Tenant)
		if err != nil {
			return nil, fmt.Errorf("keys[%d]: %w", i, err)
		}
		if (k.PublicKey == "") == (k.PublicKeyFile == "") {
			return nil, fmt.Errorf("keys[%d]: set public_key (PEM) or public_key_file, one of them", i)
		}
		pem := []byte(k.PublicKey)
		if k.PublicKeyFile != "" {
			if pem, err = os.ReadFile(c.path(k.PublicKeyFile)); err != nil {
				return nil, fmt.Errorf("keys[%d].public_key_file: %w", i, err)
			}
		}
		public, err := jwt.ParsePublicKey(pem)
		if err != nil {
			return nil, fmt.Errorf("keys[%d].public_key: %w", i, err)
		}
		keys = append(keys, jwt.APIKey{AccessID: k.AccessID, Public: public, Name: k.Name, Role: k.Role, Tenant: id})
	}
	set, err := jwt.NewAPIKeys(base, a.now, keys...)
	if err != nil {
		return nil, err
	}
	cfg := rsa.Config{Bridge: a.bridge, Keys: set, Now: a.now, Metrics: a.metrics, Log: a.log}
	for name, t := range c.Tenants {
		id, err := a.tenantID(name)
		if err != nil {
			return nil, err
		}
		cfg.Tenants = append(cfg.Tenants, rsa.Tenant{
			ID: id, CustomerID: t.RSA.CustomerID, CustomerName: t.RSA.CustomerName,
			HidePhones: t.RSA.HidePhones, SCIMManaged405: t.RSA.SCIMManaged405,
		})
	}
	s, err := rsa.New(cfg)
	if err != nil {
		return nil, err
	}
	return s.Handler(), nil
}

func (a *app) syncari(c *Config) (http.Handler, error) {
	cfg := syncari.Config{
		TokenKey: a.secrets["syncari"], Strict: c.APIs.Syncari.Strict, Mapper: a.mapper,
		Bridge: a.bridge, Metrics: a.metrics, Log: a.log, Now: a.now,
	}
	for i, u := range c.APIs.Syncari.APIUsers {
		id, err := a.tenantID(u.Tenant)
		if err != nil {
			return nil, fmt.Errorf("api_users[%d]: %w", i, err)
		}
		user := syncari.APIUser{
			Name: u.Name, ClientID: u.ClientID, Secret: u.ClientSecret, SecretSHA256: u.ClientSecretSHA256,
			Tenant: id, Instance: u.Instance, Role: u.Role,
		}
		if u.ID != "" {
			if user.ID, err = directory.ParseObjectID(u.ID); err != nil {
				return nil, fmt.Errorf("api_users[%d].id: %w", i, err)
			}
		}
		cfg.APIUsers = append(cfg.APIUsers, user)
	}
	s, err := syncari.New(cfg)
	if err != nil {
		return nil, err
	}
	return s.Handler(), nil
}

func (a *app) servicemobility(c *Config) (http.Handler, error) {
	m := c.APIs.ServiceMobility
	cfg := servicemobility.Config{
		TokenKey: a.secrets["servicemobility"], TokenLifetime: time.Duration(m.TokenLifetime),
		Errors: servicemobility.ErrorFormat(m.Errors), Strict: m.Strict, Mapper: a.mapper,
		Bridge: a.bridge, Metrics: a.metrics, Log: a.log, Now: a.now,
	}
	for i, u := range m.Users {
		id, err := a.tenantID(u.Tenant)
		if err != nil {
			return nil, fmt.Errorf("users[%d]: %w", i, err)
		}
		cfg.Users = append(cfg.Users, servicemobility.APIUser{UserName: u.UserName, Password: u.Password, PasswordHash: u.PasswordHash, Tenant: id})
	}
	for i, u := range m.Customers {
		id, err := a.tenantID(u.Tenant)
		if err != nil {
			return nil, fmt.Errorf("customers[%d]: %w", i, err)
		}
		cfg.Customers = append(cfg.Customers, servicemobility.Customer{ID: u.ID, Code: u.Code, Tenant: id})
	}
	s, err := servicemobility.New(cfg)
	if err != nil {
		return nil, err
	}
	return s.Handler(), nil
}
