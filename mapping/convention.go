package mapping

import (
	"strings"

	"github.com/scimbridge/scimbridge/directory"
)

// byConvention is the Rule of a grant that a name alone granted.
const byConvention = "convention"

// convention says where the default naming convention holds (documented-apis
// 5.1). It binds by display name, so whoever may name a group may grant (T-30,
// T-31): a rules file can limit it or switch it off.
type convention struct {
	from [subjectKinds]bool // of claims: they may name a role of Uniphore's catalogue
	apis map[API]bool       // nil: all
}

// everyName is the convention in full, as it is without a rules file.
func everyName() convention {
	return convention{from: [subjectKinds]bool{true, true, true, true}}
}

// applyConvention adds the grant that a subject's name spells, if it does:
// "api:scope:role", or "api:flag". A role claim of a token names a role of
// Uniphore's catalogue by key or name and holds in every environment.
func (d *derivation) applyConvention(s *subject) {
	c := &d.m.rules.convention
	if !c.from[s.kind] {
		return
	}
	if s.kind == claimSubject {
		if c.apis != nil && !c.apis[Uniphore] {
			return
		}
		if i, ok := d.m.claimedRole(s.name); ok {
			d.addGrant(Grant{API: Uniphore, Scope: EveryEnv, Role: d.m.settings.Uniphore.Roles[i].Key,
				Origin: s.origin(), Rule: byConvention})
		}
		return
	}
	api, rest, ok := spelledAPI(s.name)
	if !ok || c.apis != nil && !c.apis[api] {
		return
	}
	scope, role, scoped := strings.Cut(rest, ":")
	if !scoped {
		scope, role = "", rest
	}
	g, problem := d.m.resolve(api, scope, role)
	if problem != "" {
		d.warn(s.kind.String() + " " + quoted(s.name) + " grants nothing: " + problem)
		return
	}
	g.Origin, g.Rule = s.origin(), byConvention
	d.addGrant(g)
}

// spelledAPI splits a name that begins with an API's and a colon.
func spelledAPI(name string) (API, string, bool) {
	prefix, rest, ok := strings.Cut(name, ":")
	if !ok {
		return "", "", false
	}
	for _, api := range [...]API{Uniphore, Syncari, ServiceMobility, RSA} {
		if strings.EqualFold(prefix, string(api)) {
			return api, rest, true
		}
	}
	return "", "", false
}

// claimedRole returns the index of the role that a claim names.
func (m *Mapper) claimedRole(claim string) (int, bool) {
	key := directory.Fold(claim)
	if i, ok := m.uniphoreRoles[key]; ok {
		return i, true
	}
	i, ok := m.uniphoreNames[key]
	return i, ok
}
