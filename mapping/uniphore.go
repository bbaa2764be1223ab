package mapping

import (
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/scimbridge/scimbridge/directory"
)

// uniphore derives what only Uniphore has (documented-apis 1.5).
func (d *derivation) uniphore() {
	a, set := &d.a.Uniphore, &d.m.settings.Uniphore
	var pushed directory.UniphoreAttributes
	if u := d.bridge().Uniphore; u != nil {
		pushed = *u
	}
	p := &d.profile
	a.ID = d.state.UniphoreID
	d.note("uniphore.id", "state uniphore id")
	d.text(&a.Email, "uniphore.email", primaryEmail(p), workEmail(p), firstEmail(p))

	own := candidate{d.a.UserName, "user userName"}
	if i := strings.LastIndexByte(own.value, '@'); i > 0 && !set.KeepDomain {
		own = candidate{own.value[:i], "user userName without its domain"}
	}
	d.text(&a.UserName, "uniphore.userName", candidate{pushed.UserName, "user bridge uniphore.username"}, own)
	d.text(&a.Auth0ID, "uniphore.auth0Id",
		candidate{pushed.Auth0ID, "user bridge uniphore.auth0Id"},
		candidate{d.state.Uniphore.Auth0ID, "state uniphore.auth0Id"})
	d.clientID(pushed.ClientID)

	a.StationID = ""
	d.note("uniphore.stationId", "the station is dynamic")
	if strings.EqualFold(pushed.StationIDMode, "static") {
		d.text(&a.StationID, "uniphore.stationId", candidate{pushed.StationID, "user bridge uniphore.stationId"})
	}
	d.first(&a.SyncToTableau, "uniphore.syncToTableau", said{pushed.SyncToTableau, "user bridge uniphore.syncToTableau"})
	a.TenantNumber = set.TenantNumber
	d.note("uniphore.tenantNumber", "settings uniphore tenant number")
	d.organization()

	a.Created = d.user.Created
	d.note("uniphore.created", fromRecord)
	d.latest(&a.Modified, "uniphore.modified", d.user.Modified, fromRecord,
		d.state.Uniphore.Changed, "state uniphore.changed")
}

// clientID: a user for whom nobody gave one gets one computed from the id, so
// that it is the same on every call and need not be stored.
func (d *derivation) clientID(pushed string) {
	a := &d.a.Uniphore
	d.text(&a.ClientID, "uniphore.clientId",
		candidate{pushed, "user bridge uniphore.clientId"},
		candidate{d.state.Uniphore.ClientID, "state uniphore.clientId"})
	if a.ClientID == "" {
		a.ClientID = uuid.NewSHA1(uuid.UUID(d.user.ID), []byte("uniphore.clientId")).String()
		d.note("uniphore.clientId", "computed from the user's id")
	}
}

// organization: an organization whose number is not known (yet) is not shown
// under a wrong one; such users are in the tenant's default organization.
func (d *derivation) organization() {
	a, set := &d.a.Uniphore, &d.m.settings.Uniphore
	source := "settings uniphore default organization"
	a.OrgID, a.OrgName = set.DefaultOrg.ID, set.DefaultOrg.Name
	if name := d.a.Organization; name != "" {
		if o, ok := d.m.organizations[directory.Fold(name)]; ok {
			a.OrgID, a.OrgName, source = o, name, "user enterprise organization, numbered in the settings"
		} else if d.orgID != 0 {
			a.OrgID, a.OrgName, source = d.orgID, name, "user enterprise organization"
		}
	}
	d.note("uniphore.orgId", source)
	d.note("uniphore.orgName", source)
}

// UniphoreRole returns the one role that a user has in an environment, with the
// grant it comes from (documented-apis 1.4). Candidates are the grants for the
// environment or for all, and those of the role claims of the user's token, by
// rule or by naming a role of the catalogue by key or name; the highest in the
// catalogue wins. Without any it is the role that the last sync stored
// (Grant.Origin "stored"), then the configured default ("default"), then none:
// false. An empty env is the configured default environment; an unknown one has
// no roles. A user whose document is damaged is granted nothing: Account
// reports the damage.
func (m *Mapper) UniphoreRole(in Input, env string, claims []string) (directory.UniphoreRole, Grant, bool) {
	if env == "" {
		env = m.settings.Uniphore.DefaultEnv
	}
	env, ok := NormalizeEnv(env)
	if !ok || in.User == nil {
		return directory.UniphoreRole{}, Grant{}, false
	}
	var grants []Grant
	if profile, err := in.User.Document.Profile(); err == nil {
		d := &derivation{m: m, user: in.User, profile: profile, a: new(Account)}
		grants = d.granted(claims)
	}
	return m.uniphoreRole(grants, in.State, env)
}

func (m *Mapper) uniphoreRole(grants []Grant, state *directory.AppState, env string) (directory.UniphoreRole, Grant, bool) {
	best, rank := Grant{}, len(m.settings.Uniphore.Roles)
	for _, g := range grants {
		if g.API != Uniphore || g.Scope != env && g.Scope != EveryEnv {
			continue
		}
		if r, ok := m.uniphoreRoles[directory.Fold(g.Role)]; ok && r < rank {
			best, rank = g, r
		}
	}
	if rank < len(m.settings.Uniphore.Roles) {
		return m.settings.Uniphore.Roles[rank].stored(), best, true
	}
	if state != nil {
		if r, ok := state.Uniphore.Roles[env]; ok {
			return r, Grant{API: Uniphore, Scope: env, Role: m.keyOf(r), Origin: "stored"}, true
		}
	}
	if key := m.settings.Uniphore.DefaultRole; key != "" {
		r := m.settings.Uniphore.Roles[m.uniphoreRoles[directory.Fold(key)]]
		return r.stored(), Grant{API: Uniphore, Scope: env, Role: r.Key, Origin: "default"}, true
	}
	return directory.UniphoreRole{}, Grant{}, false
}

// keyOf returns the key of a stored role, or its name if the catalogue no
// longer has it.
func (m *Mapper) keyOf(r directory.UniphoreRole) string {
	i := slices.IndexFunc(m.settings.Uniphore.Roles, func(c UniphoreRole) bool { return c.ID == r.ID })
	if i < 0 {
		return r.Name
	}
	return m.settings.Uniphore.Roles[i].Key
}

func (r UniphoreRole) stored() directory.UniphoreRole {
	return directory.UniphoreRole{ID: r.ID, Name: r.Name, ProfileID: r.ProfileID}
}
