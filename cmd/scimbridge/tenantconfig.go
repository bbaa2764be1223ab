package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/mapping"
	"github.com/scimbridge/scimbridge/storage"
)

// TenantConfig is how the applications of one tenant are set up. A tenant that
// is not in the file has the defaults.
type TenantConfig struct {
	Rules    string `yaml:"rules"` // path of the tenant's mapping rules
	Uniphore struct {
		TenantID            int64              `yaml:"tenant_id"`
		DefaultEnvironment  string             `yaml:"default_environment"`
		KeepDomain          bool               `yaml:"keep_domain"`
		Organizations       map[string]int64   `yaml:"organizations"`
		DefaultOrganization OrganizationConfig `yaml:"default_organization"`
		Roles               []UniphoreRole     `yaml:"roles"`
		DefaultRole         string             `yaml:"default_role"`
	} `yaml:"uniphore"`
	RSA struct {
		IdentitySource string `yaml:"identity_source"`
		HidePhones     bool   `yaml:"hide_phones"`
		CustomerID     int64  `yaml:"customer_id"`
		CustomerName   string `yaml:"customer_name"`
		SCIMManaged405 bool   `yaml:"scim_managed_405"`
	} `yaml:"rsa"`
	Syncari struct {
		Instances   []string      `yaml:"instances"`
		Roles       []SyncariRole `yaml:"roles"`
		ServiceUser string        `yaml:"service_user"`
	} `yaml:"syncari"`
	ServiceMobility struct {
		DefaultDeploymentGroup string   `yaml:"default_deployment_group"`
		DeploymentGroups       []string `yaml:"deployment_groups"`
		Teams                  []string `yaml:"teams"`
		SingleTeam             bool     `yaml:"single_team"`
	} `yaml:"servicemobility"`
}

// OrganizationConfig is a Uniphore organization.
type OrganizationConfig struct {
	ID   int64  `yaml:"id"`
	Name string `yaml:"name"`
}

// UniphoreRole is one role of the catalogue, highest rank first.
type UniphoreRole struct {
	Key       string `yaml:"key"`
	ID        int64  `yaml:"id"`
	Name      string `yaml:"name"`
	ProfileID int64  `yaml:"profile_id"`
}

// SyncariRole is a role that a Syncari organization has.
type SyncariRole struct {
	ID   string `yaml:"id"`
	Name string `yaml:"name"`
}

// settings translates the file's words into mapping's.
func (t *TenantConfig) settings() (mapping.Settings, error) {
	s := mapping.Defaults()
	u := t.Uniphore
	if u.TenantID != 0 {
		s.Uniphore.TenantNumber = u.TenantID
	}
	if u.DefaultEnvironment != "" {
		s.Uniphore.DefaultEnv = u.DefaultEnvironment
	}
	s.Uniphore.KeepDomain, s.Uniphore.Organizations, s.Uniphore.DefaultRole = u.KeepDomain, u.Organizations, u.DefaultRole
	if u.DefaultOrganization.Name != "" {
		s.Uniphore.DefaultOrg = mapping.Organization{ID: u.DefaultOrganization.ID, Name: u.DefaultOrganization.Name}
	}
	if len(u.Roles) > 0 {
		s.Uniphore.Roles = nil
	}
	for _, r := range u.Roles {
		s.Uniphore.Roles = append(s.Uniphore.Roles, mapping.UniphoreRole{Key: r.Key, ID: r.ID, Name: r.Name, ProfileID: r.ProfileID})
	}
	if t.RSA.IdentitySource != "" {
		s.RSA.IdentitySource = t.RSA.IdentitySource
	}
	s.Syncari.Instances = t.Syncari.Instances
	if len(t.Syncari.Roles) > 0 {
		s.Syncari.Roles = nil
	}
	for _, r := range t.Syncari.Roles {
		var id directory.ObjectID // none: the mapping makes one of the name
		if r.ID != "" {
			var err error
			if id, err = directory.ParseObjectID(r.ID); err != nil {
				return s, fmt.Errorf("syncari.roles: id of %q: %w", r.Name, err)
			}
		}
		s.Syncari.Roles = append(s.Syncari.Roles, mapping.SyncariRole{ID: id, Name: r.Name})
	}
	if t.Syncari.ServiceUser != "" {
		id, err := directory.ParseObjectID(t.Syncari.ServiceUser)
		if err != nil {
			return s, fmt.Errorf("syncari.service_user: %w", err)
		}
		s.Syncari.ServiceUser = id
	}
	m := t.ServiceMobility
	if m.DefaultDeploymentGroup != "" {
		s.Mobility.DefaultDGroup = m.DefaultDeploymentGroup
	}
	s.Mobility.DGroups, s.Mobility.Teams, s.Mobility.SingleTeam = m.DeploymentGroups, m.Teams, m.SingleTeam
	return s, nil
}

// mapper builds the mapper of one tenant of the configuration. clients are the
// tenant's SCIM clients by name, which rules may refer to.
func (c *Config) mapper(name string, clients map[string]directory.ClientID) (*mapping.Mapper, error) {
	t, name := c.tenant(name)
	var rules *mapping.Rules
	if t.Rules != "" {
		var err error
		if rules, err = readRules(c.path(t.Rules)); err != nil {
			return nil, fmt.Errorf("tenants.%s.rules: %w", name, err)
		}
	}
	m, err := t.mapper(name, rules, clients)
	if err != nil {
		return nil, fmt.Errorf("tenants.%s: %w", name, err)
	}
	return m, nil
}

// readRules reads a rules file.
func readRules(path string) (*mapping.Rules, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, err // it names the file
	}
	return mapping.ParseRules(path, src)
}

// mapper builds the mapper of the tenant, which has that name, from rules (nil:
// none). Rules that name a client which does not exist fail with the command
// that creates it.
func (t *TenantConfig) mapper(name string, rules *mapping.Rules, clients map[string]directory.ClientID) (*mapping.Mapper, error) {
	s, err := t.settings()
	if err != nil {
		return nil, err
	}
	s.Clients = clients
	m, err := mapping.New(s, rules)
	var mistakes mapping.RuleErrors
	if errors.As(err, &mistakes) {
		for _, e := range mistakes {
			if e.Client != "" {
				e.Reason += "; create it with: " + createClient(e.Client, name)
			}
		}
	}
	return m, err
}

// mappers builds the mappers of all tenants there are. A tenant in the file
// that the database does not have is an error: its settings would be lost.
func (c *Config) mappers(tenants []storage.Tenant, clients []storage.Client) (func(directory.TenantID) *mapping.Mapper, error) {
	plain, err := mapping.New(mapping.Defaults(), nil)
	if err != nil {
		return nil, fmt.Errorf("default settings: %w", err)
	}
	known := map[string]directory.TenantID{}
	for _, t := range tenants {
		known[directory.Fold(t.Name)] = t.ID
	}
	by := map[directory.TenantID]*mapping.Mapper{}
	for name := range c.Tenants {
		id, ok := known[directory.Fold(name)]
		if !ok {
			return nil, fmt.Errorf("tenants.%s: the database has no tenant of this name; create it with: scimbridge tenant create %s", name, name)
		}
		if by[id], err = c.mapper(name, clientNames(clients, id)); err != nil {
			return nil, err
		}
	}
	return func(id directory.TenantID) *mapping.Mapper {
		if m := by[id]; m != nil {
			return m
		}
		return plain
	}, nil
}

// clientNames are the SCIM clients of a tenant by name.
func clientNames(all []storage.Client, tenant directory.TenantID) map[string]directory.ClientID {
	names := map[string]directory.ClientID{}
	for _, c := range all {
		if c.Tenant == tenant {
			names[c.Name] = c.ID
		}
	}
	return names
}
