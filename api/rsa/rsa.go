// Package rsa serves the user routes of RSA's Cloud Administration REST API
// (documented-apis section 2) over the bridge's directory: synchronize, look
// up, enable and disable, mark deleted, delete now, unlock, update phones, and
// the export of the administration log.
//
// The identity source that RSA's "synchronize" copies from is, here, what the
// identity provider asserted last over SCIM.
//
// What always holds:
//
//   - A caller is an API key: it has a tenant, a display name and a role. It
//     sees its tenant's users only; another tenant's are as unknown ones.
//   - Checks come in one order: token, route and method, role, syntax,
//     existence, state (documented-apis 0.2). The first that fails answers.
//   - A call that answers 200, 404 or 500 and is an administrative activity
//     leaves one event in the administration log; 400, 403 and 409 leave none.
//     Events are the journal's entries seen through the activity table; there
//     is no second log.
//   - Answers have the vendor's keys in the vendor's order, null where it says
//     null, and never hold what went wrong inside.
package rsa

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

// The roles an API key can have.
const (
	SuperAdministrator    = "Super Administrator"
	HelpDeskAdministrator = "Help Desk Administrator"
)

// Bridge is what this API needs of the core; *provision.Bridge is one.
type Bridge interface {
	Account(ctx context.Context, tenant directory.TenantID, ref provision.Ref) (mapping.Account, error)
	AccountsByEmail(ctx context.Context, tenant directory.TenantID, email string) ([]mapping.Account, error)
	EditAccount(ctx context.Context, by journal.Actor, ref provision.Ref, action string, edit func(*provision.Draft) error) (mapping.Account, error)
	Record(ctx context.Context, by journal.Actor, action string, resource directory.ID, note any) error
	Journal(ctx context.Context, tenant directory.TenantID, after int64, fn func(*journal.Entry) bool) error
}

// Keys tells whose token it is; *jwt.APIKeys does.
type Keys interface {
	Verify(token string) (jwt.APIKey, *jwt.Claims, error)
}

// Tenant is how one tenant of the bridge looks as a company of RSA.
type Tenant struct {
	ID directory.TenantID
	// CustomerID and CustomerName stand in the administration log. CustomerID 0
	// is the tenant's own number.
	CustomerID   int64
	CustomerName string
	// HidePhones leaves smsNumber and voiceNumber out of answers: a company
	// without SMS and Voice Tokencode (rsa.sms_voice=false).
	HidePhones bool
	// SCIMManaged405 answers 405 when a user that an identity provider has
	// written is marked deleted or deleted, as RSA does for its own
	// SCIM-managed identity sources.
	SCIMManaged405 bool
}

// Config is what a Server needs. Bridge is required.
type Config struct {
	Bridge Bridge
	// Keys are the API keys. nil, or a set of none, answers every call with 403.
	Keys Keys
	// Tenants configures tenants; one that is not listed has the zero Tenant.
	Tenants []Tenant
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Metrics and Log are the edge's; nil counts nothing, nil is slog.Default().
	Metrics *web.Metrics
	Log     *slog.Logger
}

// maxBody is far more than any body of this API.
const maxBody = 16 << 10

// Server serves the API. It is for concurrent use.
type Server struct {
	bridge  Bridge
	keys    Keys
	tenants map[directory.TenantID]Tenant
	now     func() time.Time
	log     *slog.Logger
	edge    *web.Edge
	events  eventIndex
}

// New returns a server, or what is wrong with c.
func New(c Config) (*Server, error) {
	if c.Bridge == nil {
		return nil, errors.New("rsa: Bridge is required")
	}
	s := &Server{
		bridge: c.Bridge, keys: c.Keys, tenants: map[directory.TenantID]Tenant{},
		now: c.Now, log: c.Log,
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	for _, t := range c.Tenants {
		if t.ID == 0 {
			return nil, errors.New("rsa: a tenant has no number")
		}
		if _, twice := s.tenants[t.ID]; twice {
			return nil, fmt.Errorf("rsa: tenant %d is configured twice", t.ID)
		}
		s.tenants[t.ID] = t
	}
	s.edge = &web.Edge{Surface: "rsa", Metrics: c.Metrics, Log: s.log, MaxBody: maxBody, Fail: s.fail}
	return s, nil
}

// tenant returns the settings of a tenant, with defaults in place.
func (s *Server) tenant(id directory.TenantID) Tenant {
	t := s.tenants[id]
	t.ID = id
	if t.CustomerID == 0 {
		t.CustomerID = int64(id)
	}
	return t
}

// fail answers for a handler that panicked. The contract's 500 has one text, so
// the error id is in the log only, beside the request id that the answer has.
func (s *Server) fail(w http.ResponseWriter, _ *http.Request, status int, _ string) {
	s.answerError(w, status, internalError)
}
