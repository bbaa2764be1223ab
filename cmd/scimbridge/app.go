package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/scimbridge/scimbridge/auth"
	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/internal/web"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/mapping"
	"github.com/scimbridge/scimbridge/provision"
	"github.com/scimbridge/scimbridge/scim"
	"github.com/scimbridge/scimbridge/storage"
	"github.com/scimbridge/scimbridge/storage/sqlite"
)

// app is a whole bridge, connected and not yet listening.
type app struct {
	log     *slog.Logger
	store   *sqlite.Store
	bridge  *provision.Bridge
	mapper  func(directory.TenantID) *mapping.Mapper
	metrics *web.Metrics
	now     func() time.Time // nil: the real clock
	tenants []storage.Tenant
	clients []storage.Client
	secrets map[string][]byte
	closed  []string // APIs without credentials
	// firstToken is the secret of the first token if it was made just now.
	firstToken string

	main  http.Handler
	admin http.Handler
}

// newApp opens the database, creating it with its first tenant, client and
// token if need be, and builds everything that serves from it. The caller
// closes the store.
func newApp(ctx context.Context, c *Config, log *slog.Logger, bootstrapToken string) (*app, error) {
	path, err := sqlitePath(c.Database)
	if err != nil {
		return nil, err
	}
	store, err := sqlite.Open(ctx, sqlite.Options{Path: path, Logger: log})
	if err != nil {
		return nil, err
	}
	a := &app{log: log, store: store, metrics: web.NewMetrics(version)}
	if _, a.firstToken, err = auth.Bootstrap(ctx, store, bootstrapToken); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	if err := a.build(ctx, c); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return a, nil
}

func (a *app) build(ctx context.Context, c *Config) error {
	if err := a.load(ctx); err != nil {
		return err
	}
	mapper, err := c.mappers(a.tenants, a.clients)
	if err != nil {
		return err
	}
	a.mapper = mapper
	a.bridge = provision.New(a.store, provision.Options{Mapper: mapper, Retention: time.Duration(*c.Retention), Now: a.now, Log: a.log})
	edge := &web.Edge{Metrics: a.metrics, Log: a.log}
	gate := &auth.Gate{Tokens: &auth.Tokens{Store: a.store}, Limiter: auth.NewLimiter(nil), Edge: edge, Schemes: c.SCIM.AuthSchemes}
	scimMetrics := scim.NewMetrics()
	scimServer, err := scim.New(scim.Config{
		Backend: a.bridge, Authenticate: authenticate(gate), BaseURL: c.PublicURL, Edge: edge, Metrics: scimMetrics, Log: a.log,
		Limits: scim.Limits{
			Body: c.SCIM.MaxBody, Page: c.SCIM.MaxPage, DefaultPage: c.SCIM.DefaultPage, Scan: c.SCIM.MaxScan,
			Operations: c.SCIM.MaxOperations, PatchedMembers: c.SCIM.PatchedMembers,
		},
	})
	if err != nil {
		return err
	}
	handlers, closed, err := a.apis(c)
	if err != nil {
		return err
	}
	handlers["/scim/"] = scimServer.Handler()
	a.closed = closed
	a.main = dispatch{handlers, scimServer.Handler()}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	registry.MustRegister(a.metrics.Collectors()...)
	registry.MustRegister(scimMetrics.Collectors()...)
	registry.MustRegister(a.bridge.Collectors()...)
	registry.MustRegister(a.store.Metrics()...)
	a.admin = a.adminHandler(registry)
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
	for _, name := range []string{"syncari", "servicemobility"} {
		fresh := make([]byte, 32)
		if _, err := rand.Read(fresh); err != nil {
			return fmt.Errorf("random bytes: %w", err)
		}
		err := a.store.Update(ctx, func(tx storage.Tx) (err error) {
			a.secrets[name], err = tx.PutSecret("token-key/"+name, fresh)
			return err
		})
		if err != nil {
			return fmt.Errorf("token key of %s: %w", name, err)
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

// authenticate makes SCIM callers of the identities behind bearer tokens.
func authenticate(g *auth.Gate) scim.Authenticate {
	return func(r *http.Request) (scim.Caller, error) {
		id, err := g.Authenticate(r)
		var refusal *auth.Refusal
		switch {
		case errors.As(err, &refusal):
			return scim.Caller{}, &scim.AuthError{Missing: refusal.Missing, RetryAfter: refusal.RetryAfter}
		case err != nil:
			return scim.Caller{}, err
		}
		return scim.Caller{
			Actor: journal.Actor{
				Tenant: id.Tenant, Origin: directory.OriginSCIM, Client: id.Client.ID, Name: "scim:" + id.Client.Name,
			},
			Mode: string(id.Client.Mode), DuplicateGroupNames: id.Client.DuplicateGroupNames, ReadOnly: id.ReadOnly(),
		}, nil
	}
}

// dispatch sends a request to the edge whose prefix its path has. Unlike
// http.ServeMux it never redirects and never cleans a path: every spelling
// reaches an edge, which answers in its own contract's words. What belongs to
// none is SCIM's to refuse.
type dispatch struct {
	edges map[string]http.Handler
	other http.Handler
}

func (d dispatch) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p := r.URL.EscapedPath()
	for prefix, h := range d.edges {
		if strings.HasPrefix(p, prefix) || p == strings.TrimSuffix(prefix, "/") {
			h.ServeHTTP(w, r)
			return
		}
	}
	d.other.ServeHTTP(w, r)
}

// adminHandler serves the operator's listener.
func (a *app) adminHandler(registry *prometheus.Registry) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelError)}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) { answerHealth(w, nil) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		answerHealth(w, a.store.View(ctx, func(rd storage.Reader) error {
			_, err := rd.Tenants()
			return err
		}))
	})
	edge := &web.Edge{Surface: "admin", Metrics: a.metrics, Log: a.log}
	return edge.Handler(mux)
}

// answerHealth says ok, or that it is not; the cause is for the log alone.
func answerHealth(w http.ResponseWriter, err error) {
	status, word := http.StatusOK, "ok"
	if err != nil {
		status, word = http.StatusServiceUnavailable, "the database can not be read"
	}
	body, err := json.Marshal(map[string]string{"status": word})
	if err != nil {
		panic(err) // a string map always encodes
	}
	web.WriteJSON(w, status, "application/json", body)
}

// listeners are the open ports of a running bridge.
type listeners struct{ main, admin net.Listener }

// logger builds the log from the configuration.
func logger(c LogConfig, w io.Writer) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		return nil, fmt.Errorf("log.level: %q is none of debug, info, warn, error", c.Level)
	}
	o := &slog.HandlerOptions{Level: level}
	switch c.Format {
	case "text":
		return slog.New(slog.NewTextHandler(w, o)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, o)), nil
	}
	return nil, fmt.Errorf("log.format: %q is neither text nor json", c.Format)
}
