package mapping

import (
	"slices"
	"strings"

	"github.com/scimbridge/scimbridge/directory"
)

// syncari derives what only Syncari has (documented-apis 3.6), but for the
// roles.
func (d *derivation) syncari() {
	a, st := &d.a.Syncari, &d.state.Syncari
	p := &d.profile
	a.ID, a.ClientID, a.Instance = d.state.SyncariID, st.ClientID, st.Instance
	d.note("syncari.id", "state syncari id")
	d.note("syncari.clientId", "state syncari.clientId")
	d.note("syncari.instance", "state syncari.instance")
	d.text(&a.Email, "syncari.email", primaryEmail(p), workEmail(p), firstEmail(p))

	a.CreatedBy = st.CreatedBy
	d.note("syncari.createdBy", "state syncari.createdBy")
	if a.CreatedBy == (directory.ObjectID{}) {
		a.CreatedBy = d.m.settings.Syncari.ServiceUser
		d.note("syncari.createdBy", "settings syncari service user")
	}
	// The last caller of Syncari's API is shown until SCIM writes again.
	a.UpdatedBy = st.UpdatedBy
	d.note("syncari.updatedBy", "state syncari.updatedBy")
	if a.UpdatedBy == (directory.ObjectID{}) || !st.Changed.IsZero() && d.user.Asserted.After(st.Changed) {
		a.UpdatedBy = d.m.settings.Syncari.ServiceUser
		d.note("syncari.updatedBy", "settings syncari service user")
	}
	a.Created = d.user.Created
	d.note("syncari.created", fromRecord)
	d.latest(&a.Modified, "syncari.modified", d.user.Modified, fromRecord, st.Changed, "state syncari.changed")

	first, last := nameParts(d.a.UserName)
	d.text(&a.FirstName, "syncari.firstName",
		candidate{d.a.GivenName, "user name.givenName"},
		candidate{first, "user userName, its first part"},
		candidate{"-", byDefault})
	d.text(&a.LastName, "syncari.lastName",
		candidate{d.a.FamilyName, "user name.familyName"},
		candidate{last, "user userName, its last part"},
		candidate{"-", byDefault})

	var pushed *bool
	if s := d.bridge().Syncari; s != nil {
		pushed = s.APIUser
	}
	d.first(&a.APIUser, "syncari.apiUser", said{pushed, "user bridge syncari.apiUser"})
	if st.APIUser { // made through Syncari's API, where it cannot be undone (3.1)
		a.APIUser = true
		d.note("syncari.apiUser", "state syncari.apiUser")
	}
}

// nameParts makes a first and a last name of a user name for users that have
// none: "johnny.kingston@example.com" is johnny kingston.
func nameParts(userName string) (first, last string) {
	local, _, _ := strings.Cut(userName, "@")
	parts := strings.FieldsFunc(local, func(r rune) bool { return strings.ContainsRune("._- ", r) })
	if len(parts) > 0 {
		first = parts[0]
	}
	if len(parts) > 1 {
		last = parts[len(parts)-1]
	}
	return first, last
}

// syncariRoles makes the roles by instance: what is granted and what was set
// through Syncari's API, without what was taken away there. It removes the
// grants that are suppressed from the account.
func (d *derivation) syncariRoles() {
	d.note("syncari.roles", "nothing grants one")
	st := &d.state.Syncari
	d.manualRoles()
	if len(st.Suppressed) > 0 {
		d.a.Grants = slices.DeleteFunc(d.a.Grants, func(g Grant) bool {
			if g.API != Syncari || !d.suppressed(g.Scope, g.Role) {
				return false
			}
			d.rec.suppressedGrant(g)
			return true
		})
	}
	for _, g := range d.a.Grants {
		if g.API != Syncari {
			continue
		}
		if d.a.Syncari.Roles == nil {
			d.a.Syncari.Roles = make(map[string][]string, 2)
		}
		if roles := d.a.Syncari.Roles[g.Scope]; !slices.Contains(roles, g.Role) {
			d.a.Syncari.Roles[g.Scope] = append(roles, g.Role)
		}
	}
	for _, roles := range d.a.Syncari.Roles {
		slices.SortFunc(roles, func(x, y string) int { return d.m.syncariRank(x) - d.m.syncariRank(y) })
	}
}

// manualRoles adds the roles that were set through Syncari's API as grants.
func (d *derivation) manualRoles() {
	manual := d.state.Syncari.Roles
	if len(manual) == 0 {
		return
	}
	for _, instance := range sortedKeys(manual) {
		for _, role := range manual[instance] {
			g, problem := d.m.resolve(Syncari, instance, role)
			if problem != "" {
				d.warn("a role set through Syncari's API is ignored: " + problem)
				continue
			}
			g.Origin = "manual:" + string(Syncari)
			d.addGrant(g)
		}
	}
}

// suppressed reports whether a role was taken away through Syncari's API and
// the user is still in one of the groups that granted it then (or no group
// did: it came from a role or an entitlement).
func (d *derivation) suppressed(instance, role string) bool {
	for name, list := range d.state.Syncari.Suppressed {
		if !strings.EqualFold(name, instance) {
			continue
		}
		for _, s := range list {
			if strings.EqualFold(s.Role, role) && (len(s.Groups) == 0 || d.inAny(s.Groups)) {
				return true
			}
		}
	}
	return false
}

func (d *derivation) inAny(groups []directory.ID) bool {
	return slices.ContainsFunc(d.user.Groups, func(m directory.Membership) bool {
		return slices.Contains(groups, m.Group)
	})
}
