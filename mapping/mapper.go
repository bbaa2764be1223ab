package mapping

import (
	"errors"
	"fmt"
	"strings"

	"github.com/scimbridge/scimbridge/directory"
)

// Mapper derives accounts for one tenant. It is immutable: all methods may be
// called concurrently, and new settings or rules make a new Mapper.
type Mapper struct {
	settings Settings // with defaults, validated
	rules    *Rules
	index    ruleIndex

	// By folded key or name, the index in the settings.
	uniphoreRoles map[string]int
	uniphoreNames map[string]int
	syncariRoles  map[string]int
	// By folded name, the canonical one; nil: every one is accepted.
	syncariInstances map[string]string
	teams            map[string]string
	dgroups          map[string]string
	organizations    map[string]int64
}

// New returns a Mapper for the settings, with Defaults in place of zero values,
// and the rules; nil rules are the naming convention alone. The error joins
// everything that is wrong, for rules with their positions: settings that
// contradict themselves, and rules that grant what the settings do not have.
func New(s Settings, r *Rules) (*Mapper, error) {
	if r == nil {
		r = noRules()
	}
	m := &Mapper{settings: s.withDefaults(), rules: r}
	err := errors.Join(m.indexSettings(), m.indexRules())
	if err != nil {
		return nil, err
	}
	return m, nil
}

// Settings returns the settings in force, with all defaults filled in. The
// caller must not change what they refer to.
func (m *Mapper) Settings() Settings { return m.settings }

// Account derives the user's account. The error is that of a damaged document;
// whatever else is wrong is in Account.Warnings. A nil State is that of a user
// whom no application knows yet.
func (m *Mapper) Account(in Input) (Account, error) {
	var a Account
	if err := m.derive(in, &a, nil); err != nil {
		return Account{}, err
	}
	return a, nil
}

func (m *Mapper) derive(in Input, a *Account, rec *recorder) error {
	if in.User == nil {
		return errors.New("mapping: no user given")
	}
	profile, err := in.User.Document.Profile()
	if err != nil {
		return fmt.Errorf("account of user %s: %w", in.User.ID, err)
	}
	d := derivation{m: m, user: in.User, state: in.State, orgID: in.OrganizationID, profile: profile, a: a, rec: rec}
	if d.state == nil {
		d.state = &noState
	}
	d.granted(nil)
	d.common()
	d.uniphore()
	d.rsa()
	d.syncari()
	d.syncariRoles()
	d.mobility()
	d.override()
	return nil
}

// noState is the state of a user whom no application knows. It is never
// written to.
var noState directory.AppState

// SyncariInstance returns an instance's id in canonical spelling, and whether
// the organization has it.
func (m *Mapper) SyncariInstance(name string) (string, bool) {
	if m.syncariInstances != nil {
		id, ok := m.syncariInstances[directory.Fold(name)]
		return id, ok
	}
	if name == "" || len(name) > 32 {
		return "", false
	}
	for i := 0; i < len(name); i++ {
		if c := name[i]; (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return "", false
		}
	}
	return strings.ToUpper(name), true
}

// SyncariRole returns the role with that name, in any case, or that id.
func (m *Mapper) SyncariRole(nameOrID string) (SyncariRole, bool) {
	if i, ok := m.syncariRoles[directory.Fold(nameOrID)]; ok {
		return m.settings.Syncari.Roles[i], true
	}
	id, err := directory.ParseObjectID(nameOrID)
	if err != nil {
		return SyncariRole{}, false // neither a name nor an id: there is no such role
	}
	for _, r := range m.settings.Syncari.Roles {
		if r.ID == id {
			return r, true
		}
	}
	return SyncariRole{}, false
}

func (m *Mapper) syncariRank(role string) int { return m.syncariRoles[directory.Fold(role)] }

// indexSettings validates the settings and makes the look-up tables.
func (m *Mapper) indexSettings() error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf("settings: "+format, args...)) }

	u := &m.settings.Uniphore
	if u.TenantNumber < 0 {
		fail("uniphore: the tenant number %d is negative", u.TenantNumber)
	}
	if env, ok := NormalizeEnv(u.DefaultEnv); ok {
		u.DefaultEnv = env
	} else {
		fail("uniphore: the default environment %q is none; use dev, test or prod", u.DefaultEnv)
	}
	m.uniphoreRoles, m.uniphoreNames = map[string]int{}, map[string]int{}
	for i, r := range u.Roles {
		if r.Key == "" || r.Name == "" {
			fail("uniphore: role %d of the catalogue needs a key and a name", i+1)
		}
		if j, ok := m.uniphoreRoles[directory.Fold(r.Key)]; ok {
			fail("uniphore: roles %d and %d of the catalogue have the same key %q", j+1, i+1, r.Key)
		}
		m.uniphoreRoles[directory.Fold(r.Key)] = i
		if _, ok := m.uniphoreNames[directory.Fold(r.Name)]; !ok {
			m.uniphoreNames[directory.Fold(r.Name)] = i
		}
	}
	if _, ok := m.uniphoreRoles[directory.Fold(u.DefaultRole)]; u.DefaultRole != "" && !ok {
		fail("uniphore: the default role %q is not the key of a role of the catalogue", u.DefaultRole)
	}
	m.organizations = map[string]int64{}
	for _, name := range sortedKeys(u.Organizations) {
		if _, ok := m.organizations[directory.Fold(name)]; ok || name == "" {
			fail("uniphore: the organization %q is empty or there twice in different case", name)
		}
		m.organizations[directory.Fold(name)] = u.Organizations[name]
	}

	m.syncariRoles = map[string]int{}
	ids := map[directory.ObjectID]string{}
	for i, r := range m.settings.Syncari.Roles {
		if r.Name == "" {
			fail("syncari: role %d needs a name", i+1)
		}
		if _, ok := m.syncariRoles[directory.Fold(r.Name)]; ok {
			fail("syncari: there are two roles %q", r.Name)
		} else if other, ok := ids[r.ID]; ok {
			fail("syncari: the roles %q and %q have the same id", other, r.Name)
		}
		m.syncariRoles[directory.Fold(r.Name)], ids[r.ID] = i, r.Name
	}
	index := func(what string, names []string) map[string]string {
		if len(names) == 0 {
			return nil
		}
		known := map[string]string{}
		for _, n := range names {
			if _, ok := known[directory.Fold(n)]; ok || n == "" {
				fail("%s %q is empty or there twice", what, n)
			}
			known[directory.Fold(n)] = n
		}
		return known
	}
	m.syncariInstances = index("syncari: the instance", m.settings.Syncari.Instances)
	m.teams = index("servicemobility: the team", m.settings.Mobility.Teams)
	m.dgroups = index("servicemobility: the deployment group", m.settings.Mobility.DGroups)
	if m.dgroups == nil {
		m.dgroups = map[string]string{}
	}
	m.dgroups[directory.Fold(m.settings.Mobility.DefaultDGroup)] = m.settings.Mobility.DefaultDGroup
	return errors.Join(errs...)
}

// indexRules validates the rules against the settings and indexes them.
func (m *Mapper) indexRules() error {
	var errs RuleErrors
	for i := range m.rules.list {
		r := &m.rules.list[i]
		var client directory.ClientID
		if r.client != "" {
			var ok bool
			if client, ok = m.settings.Clients[r.client]; !ok {
				errs = append(errs, &RuleError{File: m.rules.name, Line: r.line, Column: r.column, Client: r.client, Reason: fmt.Sprintf(
					"there is no SCIM client %q%s", r.client, among(sortedKeys(m.settings.Clients)))})
			}
		}
		for j := range r.grants {
			if t := &r.grants[j]; t.scope.fixed() && t.role.fixed() {
				if _, problem := m.resolve(t.api, t.scope.expand("", nil), t.role.expand("", nil)); problem != "" {
					errs = append(errs, &RuleError{File: m.rules.name, Line: t.line, Column: t.column, Reason: problem})
				}
			}
		}
		m.index.add(r, client)
	}
	return errs.err()
}
