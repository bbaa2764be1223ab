package syncari

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/scimbridge/scimbridge/auth/jwt"
	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/internal/web"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/mapping"
	"github.com/scimbridge/scimbridge/provision"
	"github.com/scimbridge/scimbridge/storage"
)

// The two roles that open this API (documented-apis 3.3).
const (
	orgAdmin      = "Org Admin"
	instanceAdmin = "Instance Admin"
)

// caller is the API user behind a request.
type caller struct {
	tenant directory.TenantID
	name   string // in the journal
	id     directory.ObjectID
	// own is the instance of requests without the header syncariId.
	own   string
	roles map[string][]string // by instance
}

// orgAdmin reports whether the caller administers the whole organization: the
// role counts in all instances once it is held in one (P:Y4).
func (c *caller) orgAdmin() bool { return holds(c.roles, orgAdmin) }

// admin reports whether the caller administers the instance.
func (c *caller) admin(instance string) bool {
	return c.orgAdmin() || slices.Contains(c.roles[instance], instanceAdmin)
}

// role is the role under which the journal shows the caller's acts in instance.
func (c *caller) role(instance string) string {
	if c.orgAdmin() {
		return orgAdmin
	}
	return instanceAdmin + " of " + instance
}

func (c *caller) actor(r *http.Request, instance string) journal.Actor {
	return journal.Actor{
		Tenant: c.tenant, Origin: directory.OriginSyncari, Name: "syncari:" + c.name, Role: c.role(instance),
		RequestID: web.RequestID(r.Context()), Address: web.ClientAddress(r),
	}
}

// holds reports whether the role is held in any instance.
func holds(roles map[string][]string, role string) bool {
	for _, list := range roles {
		if slices.Contains(list, role) {
			return true
		}
	}
	return false
}

// errCredential says that a client id, a secret or a token is not good. Which of
// them, and why, is nobody's business but the operator's.
var errCredential = errors.New("the credential is not valid")

// authenticate finds the API user whose access token the request carries. The
// error wraps errCredential, or is one of the bridge's.
func (s *Server) authenticate(r *http.Request) (*caller, error) {
	token, err := web.BearerOrRaw(r)
	if err != nil {
		reason := web.ReasonMalformed
		if errors.Is(err, web.ErrNoCredential) {
			reason = web.ReasonMissing
		}
		s.edge.AuthFailure(reason)
		return nil, fmt.Errorf("%w: %w", errCredential, err)
	}
	clientID, err := s.tokens.Access(token)
	if err != nil {
		s.edge.AuthFailure(jwt.Reason(err))
		return nil, fmt.Errorf("%w: %w", errCredential, err)
	}
	c, err := s.callerOf(r.Context(), clientID)
	if errors.Is(err, errCredential) {
		s.edge.AuthFailure(web.ReasonUnknown)
	}
	return c, err
}

// callerOf returns the API user with the client id as it is now: configured, or
// created through this API, alive and active. A token outlives neither its
// user's deactivation nor a changed role.
func (s *Server) callerOf(ctx context.Context, clientID string) (*caller, error) {
	if u, ok := s.configured[clientID]; ok {
		return &caller{
			tenant: u.Tenant, name: u.Name, id: u.ID, own: u.Instance,
			roles: map[string][]string{u.Instance: {u.Role}},
		}, nil
	}
	tenant, id, ok := parseClientID(clientID)
	if !ok {
		return nil, errCredential
	}
	a, err := s.bridge.Account(ctx, tenant, byID(id))
	if errors.Is(err, directory.ErrNotFound) {
		return nil, errCredential
	}
	if err != nil {
		return nil, err
	}
	if !mayActAs(&a, clientID) {
		return nil, errCredential
	}
	return &caller{tenant: tenant, name: a.Syncari.Email, id: id, own: a.Syncari.Instance, roles: a.Syncari.Roles}, nil
}

// mayActAs reports whether the account is that of a live API user with exactly
// this client id.
func mayActAs(a *mapping.Account, clientID string) bool {
	return a.Syncari.APIUser && a.Syncari.ClientID == clientID && a.Status.State == directory.Active
}

// checkSecret finds out whether the secret belongs to the client id.
func (s *Server) checkSecret(ctx context.Context, clientID, secret string) error {
	if u, ok := s.configured[clientID]; ok {
		if !secretMatches(secret, u.SecretSHA256) {
			return errCredential
		}
		return nil
	}
	c, err := s.callerOf(ctx, clientID)
	if err != nil {
		return err
	}
	// The account does not hold the hash; an edit that refuses to change
	// anything sees it.
	by := journal.Actor{Tenant: c.tenant, Origin: directory.OriginSyncari, Name: "syncari:" + c.name, RequestID: web.RequestID(ctx)}
	_, err = s.bridge.EditAccount(ctx, by, byID(c.id), "syncari.token", func(d *provision.Draft) error {
		if !mayActAs(&d.Account, clientID) || !secretMatches(secret, d.State.Syncari.SecretSHA256) {
			return errCredential
		}
		return errSecretRight
	})
	if errors.Is(err, errSecretRight) {
		return nil
	}
	if err == nil || errors.Is(err, directory.ErrNotFound) {
		return errCredential
	}
	return err
}

// errSecretRight ends the edit of checkSecret.
var errSecretRight = errors.New("the secret is right")

func byID(id directory.ObjectID) provision.Ref {
	return provision.Ref{Key: storage.UserKey{SyncariID: id}}
}
