package rsa

import (
	"context"
	"errors"
	"slices"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/mapping"
	"github.com/scimbridge/scimbridge/provision"
	"github.com/scimbridge/scimbridge/storage"
)

// synchronize is "Synchronize User" (route 1): the user becomes again what the
// identity provider asserted last: attributes and, unless an administrator
// disabled the user or its deletion is pending, active (documented-apis 2.4;
// provision knows what was asserted).
func (s *Server) synchronize(c *call) (any, error) {
	c.action = actionSync
	a, err := s.bridge.EditAccount(c.Context(), c.by, provision.Ref{ID: c.id}, c.action, func(d *provision.Draft) error {
		d.Reassert = true
		d.State.RSA.LastSync = d.Now
		d.Note = success(d)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return user(&a, c.tenant.HidePhones), nil
}

// lookup is "User Details" (route 2): by email or, in newer copies of the page,
// by username. searchUnsynched asks RSA to look in the identity source as well;
// here there is nothing behind the directory, so it changes nothing.
func (s *Server) lookup(c *call) (any, error) {
	email, byEmail, err := c.body.text("email")
	if err != nil {
		return nil, err
	}
	name, byName, err := c.body.text("username")
	if err != nil {
		return nil, err
	}
	if v, ok := c.body["searchUnsynched"]; ok {
		if _, err := boolean("searchUnsynched", v); err != nil {
			return nil, err
		}
	}
	switch {
	case byEmail && byName:
		return nil, badRequest("Only one of the properties email and username can be given.")
	case byEmail && email != "":
		c.target = email
		a, err := s.byEmail(c.Context(), c.by.Tenant, email)
		if err != nil {
			return nil, err
		}
		return user(&a, c.tenant.HidePhones), nil
	case byName && name != "":
		c.target = name
		a, err := s.first(c.Context(), c.by.Tenant,
			storage.UserKey{UserName: name}, storage.UserKey{Released: name})
		if err != nil {
			return nil, err
		}
		return user(&a, c.tenant.HidePhones), nil
	}
	return nil, badRequest("One of the properties email and username is required.")
}

// byEmail finds the user whose emailAddress it is. Storage knows all addresses
// of a user; one that is only a second address of somebody must not make an
// administrator act on the wrong person, nor hide the right one.
func (s *Server) byEmail(ctx context.Context, tenant directory.TenantID, email string) (mapping.Account, error) {
	holders, err := s.bridge.AccountsByEmail(ctx, tenant, email)
	if err != nil {
		return mapping.Account{}, err
	}
	shows := func(a mapping.Account) bool { return directory.Fold(a.Email) == directory.Fold(email) }
	if i := slices.IndexFunc(holders, shows); i >= 0 {
		return holders[i], nil
	}
	// A mapping may make a user name the emailAddress of users who have none.
	a, err := s.bridge.Account(ctx, tenant, provision.Ref{Key: storage.UserKey{UserName: email}})
	if err == nil && !shows(a) {
		err = directory.ErrNotFound
	}
	if err != nil {
		return mapping.Account{}, err
	}
	return a, nil
}

// first returns the account that the first of the keys finds.
func (s *Server) first(ctx context.Context, tenant directory.TenantID, keys ...storage.UserKey) (mapping.Account, error) {
	for _, key := range keys {
		a, err := s.bridge.Account(ctx, tenant, provision.Ref{Key: key})
		if !errors.Is(err, directory.ErrNotFound) {
			return a, err
		}
	}
	return mapping.Account{}, directory.ErrNotFound
}
