package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/scimbridge/scimbridge/auth"
	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/internal/scimbackend"
	"github.com/scimbridge/scimbridge/internal/web"
	"github.com/scimbridge/scimbridge/mapping"
	"github.com/scimbridge/scimbridge/provision"
	"github.com/scimbridge/scimbridge/scim"
	"github.com/scimbridge/scimbridge/scim/schema"
	"github.com/scimbridge/scimbridge/storage"
	"github.com/scimbridge/scimbridge/storage/sqlite"
)

// app is a whole bridge, connected and not yet listening.
type app struct {
	log     *slog.Logger
	store   *sqlite.Store
	bridge  *provision.Bridge
	scim    *scim.Server
	mapper  func(directory.TenantID) *mapping.Mapper
	metrics *web.Metrics
	schemas *schema.Registry
	// registry holds every metric of this bridge and of no other.
	registry *prometheus.Registry
	now      func() time.Time // nil: the real clock
	tenants  []storage.Tenant
	clients  []storage.Client
	secrets  map[string][]byte
	closed   []string // APIs without credentials

	main  http.Handler
	admin http.Handler
}

// newApp is openApp and build. The caller closes the store.
func newApp(ctx context.Context, c *Config, log *slog.Logger) (*app, error) {
	a, err := openApp(ctx, c, log)
	if err != nil {
		return nil, err
	}
	if err := a.build(ctx, c); err != nil {
		return nil, errors.Join(err, a.store.Close())
	}
	return a, nil
}

// openApp opens the database, creating it with its first tenant and client if
// need be, since rules and credentials refer to them. The caller closes the store.
func openApp(ctx context.Context, c *Config, log *slog.Logger) (*app, error) {
	path, err := sqlitePath(c.Database)
	if err != nil {
		return nil, err
	}
	if err := checkFolder(path); err != nil {
		return nil, err
	}
	schemas, err := c.schemas()
	if err != nil {
		return nil, err
	}
	store, err := sqlite.Open(ctx, sqlite.Options{Path: path, Logger: log, Indexes: schemas.Indexes()})
	if err != nil {
		return nil, databaseError(path, err)
	}
	if err := auth.Prepare(ctx, store); err != nil {
		return nil, errors.Join(databaseError(path, err), store.Close())
	}
	stored, err := sqlite.Indexes(ctx, path)
	if err != nil {
		return nil, errors.Join(databaseError(path, err), store.Close())
	}
	tellKeptIndexes(log, stored, schemas)
	return &app{log: log, store: store, schemas: schemas, metrics: web.NewMetrics(version)}, nil
}

// build makes everything that serves from the database.
func (a *app) build(ctx context.Context, c *Config) error {
	if err := a.load(ctx); err != nil {
		return err
	}
	mapper, err := c.mappers(a.tenants, a.clients)
	if err != nil {
		return err
	}
	a.mapper = mapper
	a.bridge = provision.New(a.store, provision.Options{Mapper: mapper, Retention: time.Duration(c.Retention), Now: a.now, Log: a.log})
	edge := &web.Edge{Metrics: a.metrics, Log: a.log}
	gate := &auth.Gate{Tokens: &auth.Tokens{Store: a.store}, Limiter: auth.NewLimiter(nil), Edge: edge, Schemes: c.SCIM.AuthSchemes}
	scimMetrics := scim.NewMetrics()
	scimServer, err := scim.New(scim.Config{
		Backend: scimbackend.New(a.bridge), Authenticate: authenticate(gate), BaseURL: c.PublicURL, Registry: a.schemas, Edge: edge, Metrics: scimMetrics, Log: a.log,
		AsyncResults: time.Duration(c.SCIM.AsyncResults), AnnounceAsync: c.SCIM.AnnounceAsync,
		Rate:      scim.Rate{PerSecond: float64(c.SCIM.RequestsPerSecond), Burst: c.SCIM.RequestBurst},
		Canonical: c.SCIM.EnforceCanonicalValues,
		CursorKey: a.secrets["cursor"], SensitiveFilters: c.SCIM.SensitiveFilters, Now: a.now,
		Limits: scim.Limits{
			CursorTimeout: time.Duration(c.SCIM.CursorTimeout),
			Body:          c.SCIM.MaxBody, Page: c.SCIM.MaxPage, DefaultPage: c.SCIM.DefaultPage, Scan: c.SCIM.MaxScan,
			Operations: c.SCIM.MaxOperations, PatchedMembers: c.SCIM.PatchedMembers,
			BulkOperations: c.SCIM.BulkOperations, BulkPayload: c.SCIM.BulkPayload,
		},
	})
	if err != nil {
		return err
	}
	handlers, closed, err := a.apis(c)
	if err != nil {
		return err
	}
	a.scim = scimServer
	handlers["/scim/"] = scimServer.Handler()
	a.closed = closed
	a.main = dispatch{handlers, scimServer.Handler()}
	a.registry = prometheus.NewRegistry()
	a.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	a.registry.MustRegister(a.metrics.Collectors()...)
	a.registry.MustRegister(scimMetrics.Collectors()...)
	a.registry.MustRegister(a.bridge.Collectors()...)
	a.registry.MustRegister(a.store.Metrics()...)
	a.admin = a.adminHandler()
	return nil
}

// load reads what the building of the parts needs from the database.
func (a *app) load(ctx context.Context) error {
	err := a.store.View(ctx, func(r storage.Reader) (err error) {
		if a.tenants, err = r.Tenants(); err != nil {
			return err
		}
		a.clients, err = r.Clients(0)
		return err
	})
	if err != nil {
		return fmt.Errorf("read tenants and clients: %w", err)
	}
	a.secrets = map[string][]byte{}
	for name, stored := range map[string]string{"syncari": "token-key/syncari", "servicemobility": "token-key/servicemobility", "cursor": "cursor-key"} {
		fresh := make([]byte, 32)
		if _, err := rand.Read(fresh); err != nil {
			return fmt.Errorf("random bytes: %w", err)
		}
		err := a.store.Update(ctx, func(tx storage.Tx) (err error) {
			a.secrets[name], err = tx.PutSecret(stored, fresh)
			return err
		})
		if err != nil {
			return fmt.Errorf("secret %s: %w", stored, err)
		}
	}
	return nil
}

// tenantID returns the tenant a credential is for; "" means default.
func (a *app) tenantID(name string) (directory.TenantID, error) {
	if name == "" {
		name = auth.DefaultName
	}
	for _, t := range a.tenants {
		if directory.Fold(t.Name) == directory.Fold(name) {
			return t.ID, nil
		}
	}
	return 0, fmt.Errorf("the database has no tenant %q; create it with: scimbridge tenant create %s", name, name)
}
