package uniphore

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/mapping"
	"github.com/scimbridge/scimbridge/provision"
	"github.com/scimbridge/scimbridge/storage"
)

// match is one way to find a user: a key that storage knows, and what must
// hold of the account it leads to. Several users may have the same email
// address; the first of whom ok holds is meant.
type match struct {
	key storage.UserKey
	ok  func(*mapping.Account) bool
}

// find returns the account of the first match. A user whose deletion is pending
// is none (documented-apis 6.1). directory.ErrNotFound if there is none.
func (s *Server) find(ctx context.Context, tenant directory.TenantID, matches ...match) (mapping.Account, error) {
	for _, m := range matches {
		if m.key == (storage.UserKey{}) {
			continue
		}
		accounts, err := s.accounts(ctx, tenant, m.key)
		if err != nil {
			return mapping.Account{}, err
		}
		for i := range accounts {
			if a := &accounts[i]; !a.Status.State.Pending() && (m.ok == nil || m.ok(a)) {
				return *a, nil
			}
		}
	}
	return mapping.Account{}, directory.ErrNotFound
}

// accounts returns the accounts that have the key, none if there is no such user.
func (s *Server) accounts(ctx context.Context, tenant directory.TenantID, key storage.UserKey) ([]mapping.Account, error) {
	if key.Email != "" {
		return s.bridge.AccountsByEmail(ctx, tenant, key.Email)
	}
	a, err := s.bridge.Account(ctx, tenant, provision.Ref{Key: key})
	if errors.Is(err, directory.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return []mapping.Account{a}, nil
}

// account finds the account of a caller: by the Auth0 id linked to it, else by
// primary email address, else by name (documented-apis 1.2).
//
// The name is what Auth0 users may call themselves, so it opens only an account
// that is not linked to somebody else.
func (s *Server) account(ctx context.Context, c *caller) (mapping.Account, error) {
	email := func(a *mapping.Account) bool { return same(a.Uniphore.Email, c.email) }
	free := func(a *mapping.Account) bool {
		return a.Uniphore.Auth0ID == "" || a.Uniphore.Auth0ID == c.subject
	}
	return s.find(ctx, c.tenant.ID,
		match{storage.UserKey{Auth0ID: c.subject}, nil},
		match{storage.UserKey{Email: c.email}, email},
		match{storage.UserKey{UserName: c.email}, email},
		match{storage.UserKey{UserName: c.name}, free},
		match{storage.UserKey{UserName: c.withDomain(c.name)}, func(a *mapping.Account) bool {
			return free(a) && same(a.Uniphore.UserName, c.name)
		}},
	)
}

// named finds the user whom a caller asks for by Auth0 id, user name, or user
// name without domain.
func (s *Server) named(ctx context.Context, c *caller, name string) (mapping.Account, error) {
	if !utf8.ValidString(name) {
		// Comparing texts makes one character of all that is none.
		return mapping.Account{}, directory.ErrNotFound
	}
	if name == c.subject {
		return s.account(ctx, c) // perhaps not linked yet
	}
	if strings.Contains(name, "|") {
		return s.find(ctx, c.tenant.ID,
			match{storage.UserKey{Auth0ID: name}, nil},
			match{storage.UserKey{UserName: name}, nil})
	}
	return s.find(ctx, c.tenant.ID,
		match{storage.UserKey{UserName: name}, nil},
		match{storage.UserKey{UserName: c.withDomain(name)}, func(a *mapping.Account) bool {
			return same(a.Uniphore.UserName, name)
		}},
	)
}

// admitted returns why the user of an account may not use Uniphore, nil if it may.
func admitted(a *mapping.Account) error {
	switch {
	case a.Status.State.Pending():
		return directory.ErrNotFound
	case a.Status.State != directory.Active:
		return errDisabled
	case a.Locked:
		return errLocked
	}
	return nil
}
