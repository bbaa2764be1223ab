package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/scimbridge/scimbridge/auth"
	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/internal/web"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/scim"
	"github.com/scimbridge/scimbridge/storage"
)

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
			Mode: string(id.Client.Mode), DuplicateGroupNames: id.Client.DuplicateGroupNames, Scope: id.Token.Scope,
		}, nil
	}
}

// dispatch sends a request to the edge whose prefix its path has (a prefix
// without a slash at its end is a whole path). Unlike http.ServeMux it never
// redirects and never cleans a path: every spelling reaches an edge, which
// answers in its own contract's words. What belongs to none is SCIM's to refuse.
type dispatch struct {
	edges map[string]http.Handler
	other http.Handler
}

func (d dispatch) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p := r.URL.EscapedPath()
	for prefix, h := range d.edges {
		dir, below := strings.CutSuffix(prefix, "/")
		if p == dir || below && strings.HasPrefix(p, prefix) {
			h.ServeHTTP(w, r)
			return
		}
	}
	d.other.ServeHTTP(w, r)
}

// adminHandler serves the operator's listener.
func (a *app) adminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(a.registry, promhttp.HandlerOpts{ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelError)}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answerHealth(w, nil) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		err := a.store.View(ctx, func(rd storage.Reader) error {
			_, err := rd.Tenants()
			return err
		})
		if err != nil {
			a.log.LogAttrs(r.Context(), slog.LevelError, "not ready: the database can not be read", slog.Any("error", err))
		}
		answerHealth(w, err)
	})
	edge := &web.Edge{Surface: "admin", Metrics: a.metrics, Log: a.log}
	return edge.Handler(mux)
}

// answerHealth says ok, or that it is not. The cause is for the log alone: who
// may ask need not know the paths of this machine.
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
