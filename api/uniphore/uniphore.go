// Package uniphore serves Uniphore's OCMS v2 configuration routes
// (documented-apis section 1) over the bridge's directory: sync-user, with
// which an application fetches the user who has just logged in, and the lookup
// of a user's number by name.
//
// The caller is an end user with a token of Auth0, not an administrator. So:
//
//   - A token opens the one account it belongs to, in the one tenant it names,
//     and nothing of any other tenant.
//   - sync-user never creates a user and never changes one's life: users come
//     and go through the identity provider. What it stores is what is
//     Uniphore's own: the role in an environment, the client id, the link
//     between account and Auth0 identity. No attribute that SCIM owns is taken
//     from a token.
//   - A user who is disabled or locked is unauthorized at once, however long
//     the token is still good.
//   - modification-date moves only when something that is shown has changed.
//   - Every sync-user call with a good token leaves one journal entry, one
//     that is answered 401 or 404 too.
package uniphore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/scimbridge/scimbridge/auth/jwt"
	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/internal/web"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/mapping"
	"github.com/scimbridge/scimbridge/provision"
)

// Bridge is what this API needs of the core; *provision.Bridge is one.
type Bridge interface {
	Account(ctx context.Context, tenant directory.TenantID, ref provision.Ref) (mapping.Account, error)
	AccountsByEmail(ctx context.Context, tenant directory.TenantID, email string) ([]mapping.Account, error)
	EditAccount(ctx context.Context, by journal.Actor, ref provision.Ref, action string, edit func(*provision.Draft) error) (mapping.Account, error)
	UniphoreRole(d *provision.Draft, env string, claims []string) (directory.UniphoreRole, mapping.Grant, bool)
	Record(ctx context.Context, by journal.Actor, action string, resource directory.ID, note any) error
}

// Verifier verifies access tokens; *jwt.Verifier does. An error that wraps
// jwt.ErrKeysUnavailable says nothing of the token.
type Verifier interface {
	Verify(ctx context.Context, token string) (*jwt.Claims, error)
}

// Tenant is how one tenant of the bridge is named in tokens.
type Tenant struct {
	ID directory.TenantID
	// UUID is the claim https://api.uniphore.com/tenant.
	UUID string
	// Org is the Auth0 organization, the claim org_id: it names the tenant in
	// tokens without a UUID, and must not be another one in tokens with both.
	// "" if the tenant has none.
	Org string
	// DefaultEnv is the environment of calls that name none: "dev" (which ""
	// means), "test" or "prod".
	DefaultEnv string
}

// Config is what a Server needs. Bridge is required.
type Config struct {
	Bridge Bridge
	// Verifier knows the issuer of the tokens. nil refuses every token.
	Verifier Verifier
	// Tenants are all tenants that this API serves. With none, every call
	// answers 401.
	Tenants []Tenant
	// Strict answers 404 for an unknown environment, as it is not one of the
	// documented codes' causes, instead of 400.
	Strict bool
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Metrics and Log are the edge's; nil counts nothing, nil is slog.Default().
	Metrics *web.Metrics
	Log     *slog.Logger
}

// maxBody bounds the request body, which is not read at all.
const maxBody = 16 << 10

// Server serves the API. It is for concurrent use.
type Server struct {
	bridge   Bridge
	verifier Verifier
	tenants  []Tenant
	strict   bool
	now      func() time.Time
	log      *slog.Logger
	edge     *web.Edge
}

// New returns a server, or what is wrong with c.
func New(c Config) (*Server, error) {
	if c.Bridge == nil {
		return nil, errors.New("uniphore: Bridge is required")
	}
	s := &Server{bridge: c.Bridge, verifier: c.Verifier, strict: c.Strict, now: c.Now, log: c.Log}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	for _, t := range c.Tenants {
		if err := s.add(t); err != nil {
			return nil, err
		}
	}
	s.edge = &web.Edge{Surface: "uniphore", Metrics: c.Metrics, Log: s.log, MaxBody: maxBody, Fail: s.fail}
	return s, nil
}

// add checks and keeps a tenant. A name that two tenants had would let a token
// of one open the other.
func (s *Server) add(t Tenant) error {
	if t.ID == 0 || t.UUID == "" && t.Org == "" {
		return errors.New("uniphore: a tenant needs a number and a UUID or an organization")
	}
	for _, other := range s.tenants {
		if t.UUID != "" && directory.Fold(t.UUID) == directory.Fold(other.UUID) || t.Org != "" && t.Org == other.Org {
			return fmt.Errorf("uniphore: tenants %d and %d have the same name in tokens", other.ID, t.ID)
		}
	}
	if t.DefaultEnv == "" {
		t.DefaultEnv = mapping.EnvDev
	}
	env, ok := mapping.NormalizeEnv(t.DefaultEnv)
	if !ok {
		return fmt.Errorf("uniphore: %q is no environment; dev, test and prod are", t.DefaultEnv)
	}
	t.DefaultEnv = env
	s.tenants = append(s.tenants, t)
	return nil
}

// fail answers for a handler that panicked. The contract's 500 has one message,
// so the error id is in the log only, beside the request id that the answer has.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, status int, _ string) {
	s.answerError(w, r, status, http.StatusText(status))
}
