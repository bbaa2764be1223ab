package mapping_test

import (
	"testing"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/mapping"
)

func TestNormalizeEnv(t *testing.T) {
	for name, want := range map[string]string{"dev": "dev", "DEV": "dev", "Test": "test", "Staging": "test", "PROD": "prod", "": "", "*": "", "dev ": "", "production": ""} {
		if got, ok := mapping.NormalizeEnv(name); got != want || ok != (want != "") {
			t.Errorf("%q is %q, %v; want %q", name, got, ok, want)
		}
	}
}

// TestUniphoreRole: documented-apis 1.4: the highest candidate, else the stored
// role, else the default, else none.
func TestUniphoreRole(t *testing.T) {
	stored := map[string]directory.UniphoreRole{"test": {ID: 77, Name: "Retired", ProfileID: 3}, "prod": {ID: 9, Name: "Quality Analyst", ProfileID: 5}}
	withDefault := mapping.Settings{Uniphore: mapping.UniphoreSettings{DefaultRole: "U_AGENT", DefaultEnv: "prod"}}
	for _, c := range []struct {
		name     string
		settings mapping.Settings
		groups   []string
		claims   []string
		stored   map[string]directory.UniphoreRole
		env      string
		want     string // name, "" for none
		origin   string
	}{
		{"granted", mapping.Settings{}, []string{"uniphore:dev:u_agent"}, nil, nil, "DEV", "U-Agent", "group:" + groupID(1).String()},
		{"highest wins", mapping.Settings{}, []string{"uniphore:dev:u_agent", "uniphore:dev:u_supervisor", "uniphore:dev:quality_analyst"}, nil, nil, "dev", "U-Supervisor", "group:" + groupID(2).String()},
		{"of every environment", mapping.Settings{}, []string{"uniphore:*:u_supervisor", "uniphore:dev:u_agent"}, nil, nil, "dev", "U-Supervisor", "group:" + groupID(1).String()},
		{"of another environment", mapping.Settings{}, []string{"uniphore:prod:u_supervisor"}, nil, nil, "dev", "", ""},
		{"alias", mapping.Settings{}, []string{"uniphore:test:u_supervisor"}, nil, nil, "staging", "U-Supervisor", "group:" + groupID(1).String()},
		{"claim by key", mapping.Settings{}, []string{"uniphore:dev:u_agent"}, []string{"interact_x", "U_Administrator"}, nil, "dev", "U-Admin", "claim:U_Administrator"},
		{"claim by name", mapping.Settings{}, nil, []string{"quality analyst"}, nil, "dev", "Quality Analyst", "claim:quality analyst"},
		{"a claim does not follow the convention", mapping.Settings{}, nil, []string{"uniphore:dev:u_agent"}, nil, "dev", "", ""},
		{"stored", withDefault, []string{"uniphore:dev:u_supervisor"}, nil, stored, "prod", "Quality Analyst", "stored"},
		{"stored, not in the catalogue any more", withDefault, nil, nil, stored, "test", "Retired", "stored"},
		{"granted before stored", mapping.Settings{}, []string{"uniphore:*:u_agent"}, nil, stored, "prod", "U-Agent", "group:" + groupID(1).String()},
		{"default", withDefault, nil, nil, stored, "dev", "U-Agent", "default"},
		{"default environment", withDefault, nil, nil, stored, "", "Quality Analyst", "stored"},
		{"none", mapping.Settings{}, nil, nil, stored, "dev", "", ""},
		{"unknown environment", withDefault, []string{"uniphore:*:u_agent"}, nil, stored, "qa", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMapper(t, c.settings, nil)
			in := input(t, directory.Profile{}, groups(c.groups...))
			in.State.Uniphore.Roles = c.stored
			role, by, ok := m.UniphoreRole(in, c.env, c.claims)
			if role.Name != c.want || by.Origin != c.origin || ok != (c.want != "") {
				t.Errorf("%q by %+v, %v; want %q by %q", role.Name, by, ok, c.want, c.origin)
			}
		})
	}
}

// TestClaims: rules map claims, for Uniphore only and not into accounts; the
// convention for them can be switched off like that for names.
func TestClaims(t *testing.T) {
	const rule = "\nrules: [{when: {claim: {pattern: 'interact_(\\w+)'}}, grant: {api: uniphore, scope: prod, role: '${1}'}}]"
	for _, c := range []struct {
		convention, claim, env, want string
	}{
		{"true", "interact_u_agent", "prod", "U-Agent"},
		{"true", "interact_u_agent", "dev", ""},
		{"true", "interact_boss", "prod", ""},
		{"true", "u_supervisor", "dev", "U-Supervisor"},
		{"false", "u_supervisor", "dev", ""},
		{"false", "interact_u_agent", "prod", "U-Agent"},
		{"{from: [group]}", "u_supervisor", "dev", ""},
		{"{from: [claim]}", "u_supervisor", "dev", "U-Supervisor"},
		{"{apis: [rsa]}", "u_supervisor", "dev", ""},
	} {
		m := newMapper(t, mapping.Settings{}, rules(t, "version: 1\nconvention: "+c.convention+rule))
		in := input(t, directory.Profile{}, nil)
		if role, by, _ := m.UniphoreRole(in, c.env, []string{c.claim}); role.Name != c.want {
			t.Errorf("convention: %s, claim %s in %s: %q by %+v, want %q", c.convention, c.claim, c.env, role.Name, by, c.want)
		}
		if a := account(t, m, in); a.Grants != nil {
			t.Errorf("an account without claims has the grants %v", a.Grants)
		}
	}
}

// TestOrganizations: numbers from the settings win over the given one.
func TestOrganizations(t *testing.T) {
	m := newMapper(t, mapping.Settings{Uniphore: mapping.UniphoreSettings{
		Organizations: map[string]int64{"221 Org": 52}, DefaultOrg: mapping.Organization{ID: 3, Name: "All"}}}, nil)
	for _, c := range []struct {
		org    string
		number int64
		want   mapping.Organization
	}{
		{"221 ORG", 99, mapping.Organization{ID: 52, Name: "221 ORG"}},
		{"Other", 99, mapping.Organization{ID: 99, Name: "Other"}},
		{"Other", 0, mapping.Organization{ID: 3, Name: "All"}},
		{"", 0, mapping.Organization{ID: 3, Name: "All"}},
	} {
		in := input(t, directory.Profile{Enterprise: &directory.Enterprise{Organization: c.org}}, nil)
		in.OrganizationID = c.number
		a := account(t, m, in).Uniphore
		if got := (mapping.Organization{ID: a.OrgID, Name: a.OrgName}); got != c.want {
			t.Errorf("%q with number %d is %v, want %v", c.org, c.number, got, c.want)
		}
	}
}
