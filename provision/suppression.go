package provision

import (
	"fmt"
	"slices"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
)

// endSuppressions ends what an application suppressed under memberships that
// the identity provider has just changed (documented-apis 5.1): who came into
// the group or left it did so for the groups that contain it as well, and who
// is in a group that came or left came and left with it. Only what the identity
// provider does to a group calls this. A deletion of the user does not: as long
// as the applications show its roles they show them as they were.
//
// Suppressions are rare, so the few users that have one are looked up, not the
// members, of whom there may be many.
func (c change) endSuppressions(tx storage.Tx, g *directory.Group, changed ...directory.Member) error {
	if len(changed) == 0 {
		return nil
	}
	users, err := tx.SuppressedUsers(g.Tenant)
	if err != nil {
		return fmt.Errorf("look up suppressions: %w", err)
	}
	if len(users) == 0 {
		return nil
	}
	came := make(map[directory.Member]bool, len(changed))
	nested := false
	for _, m := range changed {
		came[m] = true
		nested = nested || m.Kind == directory.GroupMember
	}
	above, err := withAncestors(tx, g)
	if err != nil {
		return err
	}
	c.action, c.note = "syncari.end_suppression", nil
	ended := func(s directory.Suppression) bool {
		return slices.ContainsFunc(s.Groups, func(id directory.ID) bool { return slices.Contains(above, id) })
	}
	for _, u := range users {
		affected := came[directory.Member{ID: u.ID, Kind: directory.UserMember}]
		if !affected && nested {
			if affected, err = isIn(tx, u, came); err != nil {
				return err
			}
		}
		if affected {
			if err := c.liftSuppressions(tx, u, ended); err != nil {
				return err
			}
		}
	}
	return nil
}

// endRoleSuppressions ends what an application suppressed although the user's
// own roles or entitlements grant it, with no group in play: the identity
// provider has just changed those, or pushed the user anew.
func (c change) endRoleSuppressions(tx storage.Tx, u *directory.User) error {
	c.action, c.note = "syncari.end_suppression", nil
	return c.liftSuppressions(tx, u, func(s directory.Suppression) bool { return len(s.Groups) == 0 })
}

// sameRoles reports whether two profiles have the same roles and entitlements,
// as far as they can grant something: by their values, in whatever order.
func sameRoles(a, b directory.Profile) bool {
	return slices.Equal(values(a.Roles), values(b.Roles)) && slices.Equal(values(a.Entitlements), values(b.Entitlements))
}

// values returns the distinct values in their order by Fold.
func values(list []directory.Plural) []string {
	if len(list) == 0 {
		return nil
	}
	vs := make([]string, len(list))
	for i := range list {
		vs[i] = directory.Fold(list[i].Value)
	}
	slices.Sort(vs)
	return slices.Compact(vs)
}

// liftSuppressions drops what is suppressed for the user and has ended.
func (c change) liftSuppressions(tx storage.Tx, u *directory.User, ended func(directory.Suppression) bool) error {
	s, err := tx.AppState(u)
	if err != nil {
		return fmt.Errorf("end suppression: %w", err)
	}
	kept, lifted := map[string][]directory.Suppression{}, false
	for instance, list := range s.Syncari.Suppressed {
		for _, sup := range list {
			if ended(sup) {
				lifted = true
			} else {
				kept[instance] = append(kept[instance], sup)
			}
		}
	}
	if !lifted {
		return nil
	}
	if len(kept) == 0 {
		kept = nil
	}
	next := *s
	next.Syncari.Suppressed = kept
	return c.updateUser(tx, u, u, s, &next)
}

// isIn reports whether the user is in one of the groups, directly or not.
func isIn(r storage.Reader, u *directory.User, groups map[directory.Member]bool) (bool, error) {
	in, err := r.Memberships(u)
	if err != nil {
		return false, fmt.Errorf("groups of user %s: %w", u.ID, err)
	}
	return slices.ContainsFunc(in, func(m directory.Membership) bool {
		return groups[directory.Member{ID: m.Group, Kind: directory.GroupMember}]
	}), nil
}
