// Package servicemobility serves ServiceMobility's User REST API v3
// (documented-apis section 4) over the bridge's directory.
//
// A PUT replaces the user: keys that are absent take their defaults, but for the
// password, roles and service teams, which stay. It is worked out by comparing
// what is asked for with what a GET shows, key by key, and only what differs is
// written; so putting back what was read changes nothing, and what identity
// provider and application agree on is left alone. A user who does not exist is
// 410; 404 is for URLs that are wrong.
package servicemobility

import (
	"context"
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
	EditAccount(ctx context.Context, by journal.Actor, ref provision.Ref, action string, edit func(*provision.Draft) error) (mapping.Account, error)
	CreateAccount(ctx context.Context, by journal.Actor, action string, active bool, draft provision.Draft) (mapping.Account, error)
}

// Config configures the edge. Without users and customers every call answers 401.
type Config struct {
	// Users are those who may log on at /createjwt and then use the API.
	Users []APIUser
	// Customers are the accepted pairs of the deprecated query parameters
	// customerid and customercode. They end up in the access logs of proxies;
	// configure them only for clients that can do nothing else.
	Customers []Customer
	// TokenKey signs the tokens (HS256); at least 32 bytes, the same in every
	// process of the installation. Who has it can act as any user of the API.
	TokenKey []byte
	// TokenLifetime of a token; default one hour.
	TokenLifetime time.Duration
	// Errors is the form of error bodies; default FormatDetail.
	Errors ErrorFormat
	// Strict refuses keys that the User object does not have.
	Strict bool
	// Mapper returns the mapper of a tenant, which knows its teams and
	// deployment groups.
	Mapper func(directory.TenantID) *mapping.Mapper

	Bridge Bridge
	// Metrics and Log are the edge's; nil counts nothing, nil is slog.Default().
	Metrics *web.Metrics
	Log     *slog.Logger
	Now     func() time.Time // default time.Now
}

// APIUser is a user of the API, not of the directory.
type APIUser struct {
	UserName string // at /createjwt; also how the journal shows the user
	// Password is at least 12 characters; or PasswordHash is its argon2id hash
	// in PHC form, for configurations that should hold no secrets.
	Password     string
	PasswordHash string
	Tenant       directory.TenantID
}

// Customer is a pair of customerid and customercode with the tenant it opens.
type Customer struct {
	ID     string
	Code   string // at least 16 characters
	Tenant directory.TenantID
}

// Server is the API. It is immutable and safe for concurrent use.
type Server struct {
	bridge    Bridge
	users     map[string]*credential // by directory.Fold of the user name
	customers []Customer
	tokens    *jwt.Shared
	lifetime  time.Duration
	format    ErrorFormat
	strict    bool
	mapper    func(directory.TenantID) *mapping.Mapper
	hasher    *hasher
	limiter   *auth.Limiter // of log-ons
	edge      *web.Edge
	log       *slog.Logger
}

// New checks the configuration and returns the API.
func New(cfg Config) (*Server, error) {
	s := &Server{
		bridge: cfg.Bridge, users: map[string]*credential{}, customers: cfg.Customers, lifetime: cfg.TokenLifetime,
		format: cfg.Errors, strict: cfg.Strict, mapper: cfg.Mapper, hasher: newHasher(),
		limiter: auth.NewLimiter(cfg.Now), log: cfg.Log,
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	switch {
	case cfg.Bridge == nil || cfg.Mapper == nil:
		return nil, errors.New("servicemobility: Bridge and Mapper must be given")
	case s.format == "":
		s.format = FormatDetail
	case s.format != FormatDetail && s.format != FormatStandard:
		return nil, fmt.Errorf("servicemobility: the error format is %q or %q, not %q", FormatDetail, FormatStandard, s.format)
	}
	if s.lifetime <= 0 {
		s.lifetime = time.Hour
	}
	for i, u := range cfg.Users {
		if err := s.add(u); err != nil {
			return nil, fmt.Errorf("servicemobility: user %d: %w", i+1, err)
		}
	}
	for i, c := range cfg.Customers {
		if c.ID == "" || len(c.Code) < 16 || c.Tenant <= 0 {
			return nil, fmt.Errorf("servicemobility: customer %d: an id, a code of at least 16 characters and a tenant must be given", i+1)
		}
	}
	var err error
	if s.tokens, err = jwt.NewShared(cfg.TokenKey, cfg.Now); err != nil {
		return nil, fmt.Errorf("servicemobility: %w", err)
	}
	s.edge = &web.Edge{Surface: string(mapping.ServiceMobility), Metrics: cfg.Metrics, Log: cfg.Log, MaxBody: maxBody, Fail: s.broken}
	return s, nil
}
