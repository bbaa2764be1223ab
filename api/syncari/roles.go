package syncari

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/internal/jsonbody"
	"github.com/scimbridge/scimbridge/mapping"
	"github.com/scimbridge/scimbridge/provision"
)

// setRoles is PUT …/users/{id}/roles: "Set roles for user in current instance",
// so the list replaces the user's roles in the instance of the call.
//
// An Instance Admin can bring a user into the instance whom no instance has yet,
// as one whom the identity provider has just pushed. A user of other instances
// does not exist for the caller: by a role here the caller would learn who that
// is, and from then on have a say in what becomes of the user there.
func (s *Server) setRoles(c *call) (any, error) {
	given, err := s.rolesBody(c)
	if err != nil {
		return nil, err
	}
	want, unknown := c.rolesNamed(given)
	if len(unknown) > 0 {
		f := &failure{status: http.StatusBadRequest}
		for _, role := range unknown {
			f.problems = append(f.problems, problem{"UNKNOWN_ROLE", "There is no role " + clip(role)})
		}
		return nil, f
	}
	if err := c.mayGrant(c.instance, want); err != nil {
		return nil, err
	}
	return s.assign(c, "syncari.roles", func(d *provision.Draft) bool {
		return c.sees(&d.Account) || len(want) > 0 && len(d.Account.Syncari.Roles) == 0
	}, func([]string) []string { return want })
}

// removeRole is DELETE …/users/{id}/roles/{roleId}, where the role is an id or a
// name. Taking away what the user does not have is a success.
func (s *Server) removeRole(c *call) (any, error) {
	name := c.PathValue("role")
	gone, ok := c.mapper.SyncariRole(name)
	if !ok || !utf8.ValidString(name) {
		return nil, fail(http.StatusNotFound, "ROLE_NOT_FOUND", "Role "+clip(name)+" not found")
	}
	sees := func(d *provision.Draft) bool { return c.sees(&d.Account) }
	return s.assign(c, "syncari.role.remove", sees, func(held []string) []string {
		return slices.DeleteFunc(slices.Clone(held), func(r string) bool { return r == gone.Name })
	})
}

// assign makes the user's roles in the call's instance what want makes of the
// present ones. A user that is not known to the caller does not exist.
func (s *Server) assign(c *call, action string, known func(*provision.Draft) bool, want func(held []string) []string) (any, error) {
	change := func(d *provision.Draft) error {
		if !known(d) {
			return directory.ErrNotFound
		}
		if d.Account.Status.State.Pending() {
			return pendingDelete(c.target)
		}
		if replaceRoles(d, c.instance, want(d.Account.Syncari.Roles[c.instance])) {
			c.stamp(d)
		}
		return nil
	}
	answer, err := s.edit(c, action, change)
	if err != nil {
		return nil, err
	}
	// Lifting a suppression gives a role back only if its group still grants
	// it; where it does not (the group was renamed), the second round grants
	// the role by itself.
	if u := answer.(userObject); !sameSet(u.UserRoles[c.instance], want(u.UserRoles[c.instance])) {
		return s.edit(c, action, change)
	}
	return answer, nil
}

// replaceRoles changes the draft so that the user holds exactly want in the
// instance, and reports whether that changes anything. Roles set over this API
// are added and removed; a role that a group grants can not be removed, since
// only the identity provider writes groups, so it is suppressed as long as the
// present memberships last (documented-apis 5.1).
func replaceRoles(d *provision.Draft, instance string, want []string) bool {
	st := &d.State.Syncari
	manual := slices.Clone(st.Roles[instance])
	suppressed := slices.Clone(st.Suppressed[instance])
	held := d.Account.Syncari.Roles[instance]
	changed := false
	for _, role := range held {
		if slices.Contains(want, role) {
			continue
		}
		changed = true
		manual = slices.DeleteFunc(manual, func(r string) bool { return strings.EqualFold(r, role) })
		if groups, granted := grantedBy(d.Account.Grants, instance, role); granted {
			suppressed = append(withoutRole(suppressed, role), directory.Suppression{Role: role, Groups: groups})
		}
	}
	for _, role := range want {
		if slices.Contains(held, role) {
			continue
		}
		changed = true
		if left := withoutRole(suppressed, role); len(left) < len(suppressed) {
			suppressed = left
		} else {
			manual = append(manual, role)
		}
	}
	if changed {
		st.Roles = with(st.Roles, instance, manual)
		st.Suppressed = with(st.Suppressed, instance, suppressed)
	}
	return changed
}

// grantedBy returns the groups that grant the role, and whether anything but
// this API grants it.
func grantedBy(grants []mapping.Grant, instance, role string) (groups []directory.ID, granted bool) {
	for _, g := range grants {
		if g.API != mapping.Syncari || g.Scope != instance || g.Role != role || strings.HasPrefix(g.Origin, "manual:") {
			continue
		}
		granted = true
		if text, ok := strings.CutPrefix(g.Origin, "group:"); ok {
			if id, err := directory.ParseID(text); err == nil && !slices.Contains(groups, id) {
				groups = append(groups, id)
			}
		}
	}
	return groups, granted
}

func withoutRole(list []directory.Suppression, role string) []directory.Suppression {
	return slices.DeleteFunc(slices.Clone(list), func(s directory.Suppression) bool { return strings.EqualFold(s.Role, role) })
}

// with returns a copy of m in which the instance has list, or nothing if that is empty.
func with[E any](m map[string][]E, instance string, list []E) map[string][]E {
	n := maps.Clone(m)
	if len(list) == 0 {
		delete(n, instance)
		return n
	}
	if n == nil {
		n = map[string][]E{}
	}
	n[instance] = list
	return n
}

// rolesBody reads the three forms of the body: an array of roles, or an object
// with roles or roleIds.
func (s *Server) rolesBody(c *call) ([]string, error) {
	var raw jsontext.Value
	if err := s.body(c, &raw); err != nil {
		return nil, err
	}
	pointer := ""
	if raw.Kind() == '{' {
		var in rolesRequest
		if err := jsonbody.Unmarshal(raw, &in, s.strict); err != nil {
			return nil, err
		}
		switch {
		case in.Roles != nil && in.RoleIDs != nil:
			return nil, fail(http.StatusBadRequest, "INVALID_REQUEST", "Give roles or roleIds, not both")
		case in.Roles != nil:
			raw, pointer = in.Roles, "/roles"
		case in.RoleIDs != nil:
			raw, pointer = in.RoleIDs, "/roleIds"
		default:
			return nil, fail(http.StatusBadRequest, "MISSING_FIELD", "roles is required")
		}
	}
	if raw.Kind() != '[' {
		return nil, &jsonbody.Error{Pointer: pointer, Reason: "an array of roles is expected"}
	}
	var list []string
	if err := jsonbody.Unmarshal(raw, &list, s.strict); err != nil {
		return nil, err
	}
	return list, nil
}

// mayGrant reports whether the caller may give these roles in the instance. Org
// Admin counts in all instances, so only who has it can give it.
func (c *call) mayGrant(instance string, roles []string) error {
	switch {
	case !c.caller.admin(instance):
		return forbidden("Only an Org Admin or an Instance Admin of " + instance + " may give roles there")
	case slices.Contains(roles, orgAdmin) && !c.caller.orgAdmin():
		return forbidden("Only an Org Admin may give the role Org Admin")
	}
	return nil
}

// mayDispose reports whether the caller may make the user inactive, active or
// deleted, which counts in all instances: an Instance Admin who administers each
// one that the user has a role in.
func (c *call) mayDispose(a *mapping.Account) error {
	for instance := range a.Syncari.Roles {
		if !c.caller.admin(instance) {
			return forbidden("The user has roles in other instances; only an Org Admin may do this")
		}
	}
	return nil
}

// rolesNamed returns the proper names of roles, given by name or id, each once,
// and what names none.
func (c *call) rolesNamed(given []string) (names, unknown []string) {
	for _, g := range given {
		role, ok := c.mapper.SyncariRole(g)
		switch {
		case !ok:
			unknown = append(unknown, g)
		case !slices.Contains(names, role.Name):
			names = append(names, role.Name)
		}
	}
	return names, unknown
}

func sameSet(a, b []string) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(x string) bool { return !slices.Contains(b, x) })
}

// clip bounds what of a client's own words is said back to it.
func clip(s string) string {
	if len(s) > 64 {
		return strings.ToValidUTF8(s[:64], "") + "…"
	}
	return s
}
