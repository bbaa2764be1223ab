// Package syncari serves Syncari's Users API (documented-apis section 3) over
// the bridge's directory: routes, envelope, roles by instance, and the API users
// with their OAuth tokens, as the vendor documents them.
//
// A token decides everything about its bearer: the tenant, the API user and,
// looked up at each request, the roles that user has now. What belongs to another
// tenant, or to instances the caller does not administer, answers like what does
// not exist; only a user whom no instance has can be given a first role unseen.
// A user's status counts in all instances, so who changes it administers all that
// the user has a role in. A client secret is shown once, in the answer to the request
// that made it; the directory keeps its SHA-256.
package syncari

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/scimbridge/scimbridge/auth"
	"github.com/scimbridge/scimbridge/auth/jwt"
	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/internal/web"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/mapping"
	"github.com/scimbridge/scimbridge/provision"
)

// Bridge is what this edge needs of the core; *provision.Bridge implements it.
type Bridge interface {
	Account(ctx context.Context, tenant directory.TenantID, ref provision.Ref) (mapping.Account, error)
	Accounts(ctx context.Context, tenant directory.TenantID, fn func(mapping.Account) bool) error
	AccountsAfter(ctx context.Context, tenant directory.TenantID, after provision.Ref, fn func(mapping.Account) bool) error
	EditAccount(ctx context.Context, by journal.Actor, ref provision.Ref, action string, edit func(*provision.Draft) error) (mapping.Account, error)
	CreateAccount(ctx context.Context, by journal.Actor, action string, active bool, draft provision.Draft) (mapping.Account, error)
}

// Config configures the edge. Without an API user nobody gets a token, and all
// but the token endpoint answer 401.
type Config struct {
	// APIUsers are the first API users; they can create more over the API.
	APIUsers []APIUser
	// TokenKey signs access and refresh tokens; at least 32 bytes, the same in
	// every process of the installation (storage: PutSecret). Who has it can
	// act as any API user; when it is lost, all clients log in again.
	TokenKey []byte
	// Strict refuses what the page does not document: calls without the headers
	// syncariId and clientRequestId, unknown keys in bodies.
	Strict bool
	// Mapper returns the mapper of a tenant, which knows its instances and roles.
	Mapper func(directory.TenantID) *mapping.Mapper

	Bridge Bridge
	// Metrics and Log are the edge's; nil counts nothing, nil is slog.Default().
	Metrics *web.Metrics
	Log     *slog.Logger
	Now     func() time.Time // default time.Now
	// RequestID makes the requestId of an envelope. Default: ten random digits.
	RequestID func() string
}

// APIUser is an API user that the configuration names.
type APIUser struct {
	// Name is shown in the journal. Default: the client id.
	Name     string
	ClientID string
	// Secret is the client secret, at least 16 characters; or SecretSHA256 is
	// its SHA-256 in hex, for configurations that should hold no secrets.
	Secret       string
	SecretSHA256 string
	Tenant       directory.TenantID
	// Instance is the user's own instance, and Role its role there: Org Admin,
	// who may do everything in all instances, or Instance Admin. With another
	// role every call is refused.
	Instance string
	Role     string
	// ID is shown as createdBy and updatedBy of what the user does. Default: an
	// id computed from the client id.
	ID directory.ObjectID
}

// Server is the API. It is immutable and safe for concurrent use.
type Server struct {
	bridge     Bridge
	configured map[string]APIUser // by client id
	tokens     *jwt.AccessTokens
	mapper     func(directory.TenantID) *mapping.Mapper
	strict     bool
	edge       *web.Edge
	log        *slog.Logger
	limiter    *auth.Limiter // of the token endpoint
	now        func() time.Time
	requestID  func() string
}

// New checks the configuration and returns the API.
func New(cfg Config) (*Server, error) {
	s := &Server{
		bridge: cfg.Bridge, configured: map[string]APIUser{}, mapper: cfg.Mapper, strict: cfg.Strict,
		now: cfg.Now, requestID: cfg.RequestID, log: cfg.Log, limiter: auth.NewLimiter(cfg.Now),
	}
	if cfg.Bridge == nil || cfg.Mapper == nil {
		return nil, errors.New("syncari: Bridge and Mapper must be given")
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.requestID == nil {
		s.requestID = newRequestID
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	for i, u := range cfg.APIUsers {
		if err := s.add(u); err != nil {
			return nil, fmt.Errorf("syncari: api user %d: %w", i+1, err)
		}
	}
	var err error
	if s.tokens, err = jwt.NewAccessTokens(cfg.TokenKey, "syncari", s.now); err != nil {
		return nil, fmt.Errorf("syncari: %w", err)
	}
	s.edge = &web.Edge{Surface: string(mapping.Syncari), Metrics: cfg.Metrics, Log: cfg.Log, MaxBody: maxBody, Fail: s.broken}
	return s, nil
}

// add takes a configured API user.
func (s *Server) add(u APIUser) error {
	switch {
	case u.ClientID == "":
		return errors.New("the client id is missing")
	case s.configured[u.ClientID].ClientID != "":
		return errors.New("another one has the same client id")
	case (u.Secret == "") == (u.SecretSHA256 == ""):
		return errors.New("exactly one of secret and its SHA-256 must be given")
	case u.Secret != "" && len(u.Secret) < 16:
		return errors.New("the secret has less than 16 characters")
	case u.Tenant <= 0:
		return errors.New("the tenant is missing")
	}
	if u.Secret != "" {
		u.SecretSHA256, u.Secret = digest(u.Secret), ""
	} else if b, err := hex.DecodeString(u.SecretSHA256); err != nil || len(b) != 32 {
		return errors.New("the SHA-256 of the secret is not 64 hex digits")
	} else {
		u.SecretSHA256 = hex.EncodeToString(b)
	}
	mapper := s.mapper(u.Tenant)
	instance, ok := mapper.SyncariInstance(u.Instance)
	if !ok {
		return fmt.Errorf("there is no instance %q", u.Instance)
	}
	role, ok := mapper.SyncariRole(u.Role)
	if !ok {
		return fmt.Errorf("there is no role %q", u.Role)
	}
	u.Instance, u.Role = instance, role.Name
	if u.Name == "" {
		u.Name = u.ClientID
	}
	if u.ID == (directory.ObjectID{}) {
		u.ID = idOf(u.ClientID)
	}
	s.configured[u.ClientID] = u
	return nil
}
