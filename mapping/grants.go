package mapping

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/scimbridge/scimbridge/directory"
)

// Scopes and flags of grants, as they are written in rules and conventions.
const (
	scopeTeam        = "team"
	scopeDGroup      = "dgroup"
	scopeRole        = "role"
	roleMobileWorker = "mobile-worker"
	roleHighRisk     = "high-risk"
)

// maxWarnings bounds Account.Warnings: a client can send any number of names
// that look like the convention's.
const maxWarnings = 32

// subjectKind says what a rule looks at.
type subjectKind uint8

const (
	groupSubject subjectKind = iota
	roleSubject
	entitlementSubject
	claimSubject // a role claim of a Uniphore token
	subjectKinds
)

var subjectNames = [subjectKinds]string{"group", "role", "entitlement", "claim"}

func (k subjectKind) String() string { return subjectNames[k] }

// subject is one thing of a user that may be granted something for.
type subject struct {
	kind  subjectKind
	name  string
	group *directory.Membership // of a group
}

// origin is the subject in a Grant.
func (s *subject) origin() string {
	if s.kind == groupSubject {
		return "group:" + s.group.Group.String()
	}
	return s.kind.String() + ":" + s.name
}

// subjects lists groups by id, then roles and entitlements in the order of the
// document, then the claims. Storage's order of groups does not matter (the
// ids' order is that of creation).
func (d *derivation) subjects(claims []string) []subject {
	groups, p := d.user.Groups, &d.profile
	all := make([]subject, 0, len(groups)+len(p.Roles)+len(p.Entitlements)+len(claims))
	for i := range groups {
		if groups[i].Indirect && d.m.rules.directOnly {
			continue
		}
		all = append(all, subject{groupSubject, groups[i].DisplayName, &groups[i]})
	}
	byID := func(x, y subject) int { return compareIDs(x.group.Group, y.group.Group) }
	if !slices.IsSortedFunc(all, byID) {
		slices.SortFunc(all, byID)
	}
	for i := range p.Roles {
		all = append(all, subject{kind: roleSubject, name: p.Roles[i].Value})
	}
	for i := range p.Entitlements {
		all = append(all, subject{kind: entitlementSubject, name: p.Entitlements[i].Value})
	}
	for _, c := range claims {
		all = append(all, subject{kind: claimSubject, name: c})
	}
	return all
}

// granted returns what rules and convention grant, in the order of Account.Grants.
func (d *derivation) granted(claims []string) []Grant {
	subjects := d.subjects(claims)
	if len(d.m.rules.list) > 0 {
		var found []match
		for i := range subjects {
			if s := &subjects[i]; s.kind == groupSubject || s.name != "" {
				found = d.m.index.matches(found, i, s)
			}
		}
		slices.SortStableFunc(found, func(x, y match) int { return cmp.Compare(x.rule.order, y.rule.order) })
		for _, f := range found {
			d.apply(f, &subjects[f.subject])
		}
	}
	for i := range subjects {
		d.applyConvention(&subjects[i])
	}
	return d.a.Grants
}

// apply adds the grants of a rule that matched.
func (d *derivation) apply(f match, s *subject) {
	for i := range f.rule.grants {
		t := &f.rule.grants[i]
		g, problem := d.m.resolve(t.api, t.scope.expand(s.name, f.captures), t.role.expand(s.name, f.captures))
		if problem != "" {
			d.warn(d.m.rules.at(t.line) + ": the rule matches " + s.kind.String() + " " + quoted(s.name) + ", but " + problem)
			continue
		}
		g.Origin, g.Rule = s.origin(), f.rule.position
		d.addGrant(g)
	}
}

// addGrant appends a grant unless the account has it already: pushing a role
// twice changes nothing (T-34).
func (d *derivation) addGrant(g Grant) {
	d.grants.add(g)
	d.a.Grants = d.grants.list
}

// granting returns the first grant of that API and scope (and role, unless
// empty), or nil.
func (d *derivation) granting(api API, scope, role string) *Grant {
	for i := range d.a.Grants {
		if g := &d.a.Grants[i]; g.API == api && g.Scope == scope && (role == "" || g.Role == role) {
			return g
		}
	}
	return nil
}

// warn adds a warning to the account, once.
func (d *derivation) warn(text string) {
	w := &d.a.Warnings
	switch {
	case slices.Contains(*w, text):
	case len(*w) < maxWarnings:
		*w = append(*w, text)
	case len(*w) == maxWarnings:
		*w = append(*w, "there are more warnings than are shown")
	}
}

// resolve checks a grant against the settings and returns it in canonical
// spelling, or a problem in words.
func (m *Mapper) resolve(api API, scope, role string) (Grant, string) {
	g := Grant{API: api, Scope: scope, Role: role}
	switch api {
	case Uniphore:
		return m.resolveUniphore(g)
	case Syncari:
		return m.resolveSyncari(g)
	case ServiceMobility:
		return m.resolveMobility(g)
	case RSA:
		if scope != "" || !strings.EqualFold(role, roleHighRisk) {
			return g, "rsa grants only the role " + roleHighRisk + ", without a scope"
		}
		g.Role = roleHighRisk
		return g, ""
	}
	return g, "there is no api " + quoted(string(api)) + "; use uniphore, rsa, syncari or servicemobility"
}

func (m *Mapper) resolveUniphore(g Grant) (Grant, string) {
	if g.Scope != EveryEnv {
		env, ok := NormalizeEnv(g.Scope)
		if !ok {
			return g, "uniphore has no environment " + quoted(g.Scope) + "; use dev, test, prod or *"
		}
		g.Scope = env
	}
	i, ok := m.uniphoreRoles[directory.Fold(g.Role)]
	if !ok {
		return g, "uniphore's catalogue has no role with the key " + quoted(g.Role)
	}
	g.Role = m.settings.Uniphore.Roles[i].Key
	return g, ""
}

func (m *Mapper) resolveSyncari(g Grant) (Grant, string) {
	instance, ok := m.SyncariInstance(g.Scope)
	if !ok {
		return g, "syncari has no instance " + quoted(g.Scope)
	}
	i, ok := m.syncariRoles[directory.Fold(g.Role)]
	if !ok {
		return g, "syncari has no role " + quoted(g.Role)
	}
	g.Scope, g.Role = instance, m.settings.Syncari.Roles[i].Name
	return g, ""
}

func (m *Mapper) resolveMobility(g Grant) (Grant, string) {
	if g.Scope == "" {
		if !strings.EqualFold(g.Role, roleMobileWorker) {
			return g, "servicemobility grants without a scope only " + roleMobileWorker
		}
		g.Role = roleMobileWorker
		return g, ""
	}
	if g.Role == "" {
		return g, "servicemobility's " + g.Scope + " has no id"
	}
	var known map[string]string
	switch {
	case strings.EqualFold(g.Scope, scopeTeam):
		g.Scope, known = scopeTeam, m.teams
	case strings.EqualFold(g.Scope, scopeDGroup):
		g.Scope, known = scopeDGroup, m.dgroups
	case strings.EqualFold(g.Scope, scopeRole):
		g.Scope = scopeRole
	default:
		return g, "servicemobility has no scope " + quoted(g.Scope) + "; use team, dgroup or role, or none for " + roleMobileWorker
	}
	if known == nil {
		return g, ""
	}
	id, ok := known[directory.Fold(g.Role)]
	if !ok {
		return g, "servicemobility has no " + g.Scope + " " + quoted(g.Role)
	}
	g.Role = id
	return g, ""
}

// quoted quotes a name for a message, shortened if it is long.
func quoted(s string) string {
	const most = 80
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return strconv.Quote(s)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func compareIDs(x, y directory.ID) int { return slices.Compare(x[:], y[:]) }
