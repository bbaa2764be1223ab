package provision

import (
	"fmt"
	"slices"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
)

// endSuppressions ends what an application suppressed under the membership of
// these users in the group, because the identity provider has just changed that
// membership (documented-apis 5.1). Suppressions are rare, so the few users
// that have one are looked up, not the members, of whom there may be many.
func (c change) endSuppressions(tx storage.Tx, g *directory.Group, members []directory.Member) error {
	if len(members) == 0 {
		return nil
	}
	users, err := tx.SuppressedUsers(g.Tenant)
	if err != nil {
		return fmt.Errorf("look up suppressions: %w", err)
	}
	for _, u := range users {
		if !slices.Contains(members, directory.Member{ID: u.ID, Kind: directory.UserMember}) {
			continue
		}
		s, err := tx.AppState(u)
		if err != nil {
			return fmt.Errorf("end suppression: %w", err)
		}
		next := *s
		next.Syncari.Suppressed = withoutGroup(s.Syncari.Suppressed, g.ID)
		uc := c
		uc.action, uc.note = "syncari.end_suppression", nil
		if err := uc.updateUser(tx, u, u, s, &next); err != nil {
			return err
		}
	}
	return nil
}

// withoutGroup drops the suppressions that were made under the group.
func withoutGroup(all map[string][]directory.Suppression, group directory.ID) map[string][]directory.Suppression {
	kept := map[string][]directory.Suppression{}
	for instance, list := range all {
		for _, s := range list {
			if !slices.Contains(s.Groups, group) {
				kept[instance] = append(kept[instance], s)
			}
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return kept
}
