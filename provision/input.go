package provision

import (
	"errors"
	"fmt"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/mapping"
	"github.com/scimbridge/scimbridge/storage"
)

func (b *Bridge) input(r storage.Reader, tenant directory.TenantID, ref Ref) (in mapping.Input, err error) {
	var u *directory.User
	if ref.ID.IsZero() {
		u, err = r.FindUser(tenant, ref.Key)
	} else {
		u, err = r.User(tenant, ref.ID, false)
	}
	if err != nil {
		return in, fmt.Errorf("find user: %w", err)
	}
	if u.Groups, err = r.Memberships(u); err != nil {
		return in, fmt.Errorf("groups of user %s: %w", u.ID, err)
	}
	return b.inputOf(r, u)
}

// inputOf completes what an account depends on; u.Groups is loaded.
func (b *Bridge) inputOf(r storage.Reader, u *directory.User) (in mapping.Input, err error) {
	in.User = u
	if in.State, err = r.AppState(u); err != nil {
		return in, fmt.Errorf("application state of user %s: %w", u.ID, err)
	}
	if u.Status.State == directory.DeletedSCIM {
		if u.Groups, err = climb(r, u.Tenant, in.State.FormerGroups); err != nil {
			return in, fmt.Errorf("former groups of user %s: %w", u.ID, err)
		}
	}
	name, err := u.Document.Organization()
	if err != nil {
		return in, fmt.Errorf("user %s: %w", u.ID, err)
	}
	if name != "" {
		in.OrganizationID, err = r.Organization(u.Tenant, name)
		if err != nil && !errors.Is(err, directory.ErrNotFound) {
			return in, fmt.Errorf("organization of user %s: %w", u.ID, err)
		}
	}
	return in, nil
}

func (b *Bridge) derive(in mapping.Input) (mapping.Account, error) {
	a, err := b.o.Mapper(in.User.Tenant).Account(in)
	if err != nil {
		return a, fmt.Errorf("account of user %s: %w", in.User.ID, err)
	}
	return a, nil
}
