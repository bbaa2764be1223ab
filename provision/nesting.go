package provision

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
)

// withAncestors returns the group and all groups that contain it, to any depth.
func withAncestors(r storage.Reader, g *directory.Group) ([]directory.ID, error) {
	groups, err := climb(r, g.Tenant, []directory.ID{g.ID})
	if err != nil {
		return nil, err
	}
	ids := make([]directory.ID, 0, len(groups))
	for _, m := range groups {
		ids = append(ids, m.Group)
	}
	return ids, nil
}

// climb returns the groups with these ids, as far as they exist, then those
// that contain them, by nested groups to any depth; cycles end. It is what
// storage.Reader.Memberships answers for someone who would be in the groups.
func climb(r storage.Reader, tenant directory.TenantID, ids []directory.ID) ([]directory.Membership, error) {
	var found []directory.Membership
	seen := map[directory.ID]bool{}
	add := func(g *directory.Group, indirect bool) {
		if !seen[g.ID] {
			seen[g.ID] = true
			found = append(found, directory.Membership{Group: g.ID, DisplayName: g.DisplayName, ExternalIDs: g.ExternalIDs, Indirect: indirect})
		}
	}
	for _, id := range ids {
		g, err := r.Group(tenant, id)
		if errors.Is(err, directory.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("group %s: %w", id, err)
		}
		add(g, false)
	}
	for i := 0; i < len(found); i++ { // found grows meanwhile
		q := directory.Query{Where: directory.Term{Field: directory.FieldMember, Text: found[i].Group.String()}, Limit: -1}
		if err := r.Groups(tenant, q, func(g *directory.Group) bool { add(g, true); return true }); err != nil {
			return nil, fmt.Errorf("groups that contain group %s: %w", found[i].Group, err)
		}
	}
	return found, nil
}

// sameMemberships reports whether two readings of a user's groups say the same.
func sameMemberships(a, b []directory.Membership) bool {
	return slices.EqualFunc(a, b, func(x, y directory.Membership) bool {
		return x.Group == y.Group && x.DisplayName == y.DisplayName && x.Indirect == y.Indirect && maps.Equal(x.ExternalIDs, y.ExternalIDs)
	})
}
