// Package scimtest starts a whole SCIM server for tests: the real handler, the
// real bridge, a real SQLite file, real tokens, over real HTTP.
package scimtest

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/scimbridge/scimbridge/auth"
	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/internal/scimbackend"
	"github.com/scimbridge/scimbridge/internal/web"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/mapping"
	"github.com/scimbridge/scimbridge/provision"
	"github.com/scimbridge/scimbridge/scim"
	"github.com/scimbridge/scimbridge/scim/schema"
	"github.com/scimbridge/scimbridge/storage"
	"github.com/scimbridge/scimbridge/storage/sqlite"
)

// BaseURL is what the server believes to be its address: not the one it is
// asked at, so that a test sees where an answer got it from.
const BaseURL = "https://bridge.example"

// Options vary a test's server. The zero value is a tolerant client and the
// limits that a bridge has by default.
type Options struct {
	Mode   storage.Mode
	Limits scim.Limits
	Now    func() time.Time
	// Retention of deleted users; 0 means 7 days, negative none.
	Retention time.Duration
	// Schemes are accepted in Authorization besides Bearer.
	Schemes []string
	// Throttle limits failed attempts, as the bridge does; tests that fail
	// often on purpose leave it off.
	Throttle bool
	// AsyncResults is how long results of asynchronous requests are kept; 0
	// means an hour, negative that there are none.
	AsyncResults time.Duration
	// Unannounced keeps them out of /ServiceProviderConfig.
	Unannounced bool
	// Idle leaves asynchronous requests pending: nobody carries them out.
	Idle bool
	// CursorKey and SensitiveFilters are those of scim.Config.
	CursorKey        []byte
	SensitiveFilters []string
	// Wrap, if set, stands between the handler and the bridge, and likewise
	// between the handler and the inside of each batch.
	Wrap func(scim.Backend) scim.Backend
	// Log takes what the server logs; nil discards it.
	Log *slog.Logger
	// Rate bounds the requests of each client.
	Rate scim.Rate
	// Canonical enforces canonical values.
	Canonical bool
	// Registry has the schemas, resource types and indexes; nil means the
	// built-in ones.
	Registry *schema.Registry
}

// Server is a running SCIM server with one tenant, client and token.
type Server struct {
	*httptest.Server
	Store   *sqlite.Store
	Bridge  *provision.Bridge
	SCIM    *scim.Server
	Metrics *scim.Metrics
	Tenant  storage.Tenant
	SCIMApp storage.Client // the client that Token belongs to
	Token   string
	File    string // the database's path
}

// Start runs a server until the test ends.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	ctx := context.Background()
	file := filepath.Join(t.TempDir(), "directory.db")
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	var indexes []directory.Index
	if o.Registry != nil {
		indexes = o.Registry.Indexes()
	}
	store, err := sqlite.Open(ctx, sqlite.Options{Path: file, Readers: 4, Indexes: indexes, Logger: o.Log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	m, err := mapping.New(mapping.Defaults(), nil)
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case o.Retention == 0:
		o.Retention = 7 * 24 * time.Hour
	case o.Retention < 0:
		o.Retention = 0
	}
	switch {
	case o.AsyncResults == 0:
		o.AsyncResults = time.Hour
	case o.AsyncResults < 0:
		o.AsyncResults = 0
	}
	if o.Mode == "" {
		o.Mode = storage.Tolerant
	}
	s := &Server{Store: store, Metrics: scim.NewMetrics(), File: file}
	s.Bridge = provision.New(store, provision.Options{
		Mapper: func(directory.TenantID) *mapping.Mapper { return m }, Retention: o.Retention, Now: o.Now,
	})
	gate := &auth.Gate{Tokens: &auth.Tokens{Store: store, Now: o.Now}, Schemes: o.Schemes}
	if o.Throttle {
		gate.Limiter = auth.NewLimiter(o.Now)
	}
	backend := scimbackend.New(s.Bridge)
	if o.Wrap != nil {
		backend = wrapped{o.Wrap(backend), o.Wrap}
	}
	s.SCIM, err = scim.New(scim.Config{
		Backend: backend, AsyncResults: o.AsyncResults, AnnounceAsync: !o.Unannounced, BaseURL: BaseURL, Metrics: s.Metrics, Limits: o.Limits, Rate: o.Rate, Canonical: o.Canonical, Log: o.Log,
		Registry: o.Registry, Edge: &web.Edge{Log: o.Log}, Now: o.Now, CursorKey: o.CursorKey, SensitiveFilters: o.SensitiveFilters,
		Authenticate: func(r *http.Request) (scim.Caller, error) {
			id, err := gate.Authenticate(r)
			var refusal *auth.Refusal
			if errors.As(err, &refusal) {
				return scim.Caller{}, &scim.AuthError{Missing: refusal.Missing, RetryAfter: refusal.RetryAfter}
			}
			if err != nil {
				return scim.Caller{}, err
			}
			return scim.Caller{
				Actor: journal.Actor{Tenant: id.Tenant, Origin: directory.OriginSCIM, Client: id.Client.ID, Name: "scim:" + id.Client.Name},
				Mode:  string(id.Client.Mode), DuplicateGroupNames: id.Client.DuplicateGroupNames, Scope: id.Token.Scope,
			}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Tenant, s.SCIMApp, s.Token = s.AddClient(t, "default", "okta", o.Mode, "")
	if !o.Idle {
		ctx, cancel := context.WithCancel(ctx)
		var worker sync.WaitGroup
		worker.Go(func() { s.SCIM.Run(ctx) })
		t.Cleanup(func() {
			cancel()
			worker.Wait()
		})
	}
	s.Server = httptest.NewServer(s.SCIM.Handler())
	t.Cleanup(s.Close)
	return s
}

// wrapped is a backend whose batches are wrapped too.
type wrapped struct {
	scim.Backend
	wrap func(scim.Backend) scim.Backend
}

func (w wrapped) Batch(ctx context.Context, fn func(scim.Backend) error) error {
	return w.Backend.Batch(ctx, func(inner scim.Backend) error { return fn(wrapped{w.wrap(inner), w.wrap}) })
}

func (w wrapped) FinishRequest(ctx context.Context, r *directory.Request, keep time.Duration, fn func(scim.Backend) ([]byte, error)) error {
	return w.Backend.FinishRequest(ctx, r, keep, func(inner scim.Backend) ([]byte, error) { return fn(wrapped{w.wrap(inner), w.wrap}) })
}

// AddClient makes a SCIM client with a token, in a tenant that is made too if
// it does not exist.
func (s *Server) AddClient(t testing.TB, tenant, name string, mode storage.Mode, scope string) (storage.Tenant, storage.Client, string) {
	t.Helper()
	var tn storage.Tenant
	var cl storage.Client
	err := s.Store.Update(context.Background(), func(tx storage.Tx) error {
		tn, cl = storage.Tenant{Name: tenant, Created: time.Now()}, storage.Client{Name: name, Mode: mode, Created: time.Now()}
		all, err := tx.Tenants()
		if err != nil {
			return err
		}
		for _, x := range all {
			if x.Name == tenant {
				tn = x
			}
		}
		if tn.ID == 0 {
			if err := tx.PutTenant(&tn); err != nil {
				return err
			}
		}
		cl.Tenant = tn.ID
		return tx.PutClient(&cl)
	})
	if err != nil {
		t.Fatal(err)
	}
	secret, _, err := (&auth.Tokens{Store: s.Store}).Issue(context.Background(), cl.ID, time.Now().Add(time.Hour), scope)
	if err != nil {
		t.Fatal(err)
	}
	return tn, cl, secret
}
