package provision

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/mapping"
	"github.com/scimbridge/scimbridge/storage"
)

func organization(p directory.Profile) string {
	if p.Enterprise == nil {
		return ""
	}
	return p.Enterprise.Organization
}

// ensureOrganization gives the user's organization its number when it is first
// named. The numbers of the configuration are taken first, all of them: the
// next free one must not be one that the configuration means for another
// organization, or for users without one.
func (b *Bridge) ensureOrganization(tx storage.Tx, tenant directory.TenantID, p directory.Profile) error {
	name := organization(p)
	if name == "" {
		return nil
	}
	_, err := tx.Organization(tenant, name)
	if err == nil {
		return nil
	}
	if !errors.Is(err, directory.ErrNotFound) {
		return fmt.Errorf("organization: %w", err)
	}
	configured := configuredOrganizations(b.o.Mapper(tenant).Settings().Uniphore)
	for _, o := range append(configured, mapping.Organization{Name: name}) {
		if _, err := tx.EnsureOrganization(tenant, o.Name, o.ID); err != nil {
			return fmt.Errorf("organization: %w", err)
		}
	}
	return nil
}

// configuredOrganizations lists each number of the configuration once.
func configuredOrganizations(s mapping.UniphoreSettings) []mapping.Organization {
	var list []mapping.Organization
	seen := map[int64]bool{0: true} // no number
	add := func(o mapping.Organization) {
		if !seen[o.ID] {
			seen[o.ID] = true
			list = append(list, o)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Organizations)) {
		add(mapping.Organization{ID: s.Organizations[name], Name: name})
	}
	add(s.DefaultOrg)
	return list
}
