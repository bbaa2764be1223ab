// Package scim is SCIM 2.0 (RFC 7643, RFC 7644) as an http.Handler over a
// Backend that it declares. Its sub-packages are the protocol's grammar: schema
// (attributes and their rules), filter, patch and resource (the data).
//
// Three things hold for every answer. It is SCIM: whatever fails, from the
// router to a recovered panic, is answered with a SCIM error. It is the
// caller's tenant's: what belongs to another tenant does not exist. And the
// client's mode decides only what is accepted, never what is stored or returned.
package scim

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/scimbridge/scimbridge/internal/web"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// ContentType is the media type of every body.
const ContentType = "application/scim+json"

// Config is what a Server needs. Zero limits have their defaults.
type Config struct {
	Backend      Backend
	Authenticate Authenticate
	// BaseURL is where clients find the bridge, without path, e.g.
	// "https://bridge.example". meta.location is made of it, never of request
	// headers (T-27).
	BaseURL  string
	Registry *schema.Registry
	Edge     *web.Edge // its Surface, Fail and MaxBody are set by New
	Metrics  *Metrics
	Log      *slog.Logger

	// CursorKey seals the cursors of lists: 16 bytes or more that the processes of
	// an installation share. Without it they are valid in one process only.
	CursorKey []byte
	// SensitiveFilters are attributes, such as "emails.value", that a filter in a
	// URL must not look at (R-7644-7.5.2-01).
	SensitiveFilters []string
	Now              func() time.Time // default time.Now

	// AsyncResults is how long the results of requests are kept that were
	// answered before they were done (RFC 9967 section 2.5), which clients can
	// ask for while Run runs. 0: no request is.
	AsyncResults time.Duration
	// AnnounceAsync says in /ServiceProviderConfig that clients can ask for that
	// (RFC 9967 section 4). Released client libraries refuse the whole document
	// for an attribute that RFC 7643 does not have.
	AnnounceAsync bool

	Limits Limits
	// Rate bounds the requests of each client; the zero value does not.
	Rate Rate
	// Canonical refuses values that are none of an attribute's canonical values
	// (R-7643-2.3.1-02); otherwise those are hints.
	Canonical bool
}

// Limits bound what one request may cost.
type Limits struct {
	Body        int64 // bytes of a request body; 16 MiB
	Page        int   // resources on a page, and the most a client can ask for; 1,000
	DefaultPage int   // resources on a page when the client names no count; 100
	// PageBytes ends a page early: no resource is added once those on it take
	// more bytes than this; 8 MiB. One is always given, and totalResults counts
	// all, so a client that goes on behind the last it got misses nothing
	// (RFC 7644 section 3.4.2.4 lets a page have fewer than count).
	PageBytes int
	// Document is how many bytes the attributes of one user or group may take,
	// members apart; 1 MiB. What was stored larger before may stay as large.
	Document       int
	Scan           int           // resources examined for a filter that no index answers; 10,000
	Operations     int           // operations of a PATCH; DefaultOperations
	BulkOperations int           // operations of a bulk request; 1,000, and never more than Operations
	BulkPayload    int64         // bytes of a bulk request's body; 4 MiB, that is 4 KiB for each of 1,000 operations
	Decoding       int64         // bytes of bodies above 64 KiB that are in work at the same time, tiny values counting 16; 16 MiB, and never less than one body may have
	Depth          int           // nesting of a body; 32
	PatchedMembers int64         // a PATCH of a group answers with the group up to this size; 100
	CursorTimeout  time.Duration // for which a cursor is valid; 1 hour
}

// DefaultOperations is Limits.Operations if that is 0.
const DefaultOperations = 10_000

func (l *Limits) setDefaults() {
	def := func(p *int, v int) {
		if *p == 0 {
			*p = v
		}
	}
	if l.Body == 0 {
		l.Body = 16 << 20
	}
	if l.BulkPayload == 0 {
		l.BulkPayload = 4 << 20
	}
	if l.Decoding == 0 {
		l.Decoding = 16 << 20
	}
	l.Decoding = max(l.Decoding, l.Body, l.BulkPayload)
	if l.PatchedMembers == 0 {
		l.PatchedMembers = 100
	}
	def(&l.Page, 1000)
	def(&l.DefaultPage, 100)
	def(&l.PageBytes, 8<<20)
	def(&l.Document, 1<<20)
	def(&l.Scan, 10_000)
	def(&l.Operations, DefaultOperations)
	def(&l.BulkOperations, 1000)
	l.BulkOperations = min(l.BulkOperations, l.Operations)
	def(&l.Depth, 32)
	if l.CursorTimeout == 0 {
		l.CursorTimeout = time.Hour
	}
}

// Server answers SCIM requests. It is safe for concurrent use.
type Server struct {
	c         Config
	base      string // BaseURL + "/scim/v2"
	routes    routes
	accepted  chan struct{} // tells Run that there is something to do
	user      *schema.ResourceType
	group     *schema.ResourceType
	sources   []source // of lists: all resource types
	sensitive []selection
	seal      *seal
	rates     *rates
	room      *room         // for large bodies
	bulkTurn  chan struct{} // holds a value while a large bulk request writes
}

// New checks the configuration and returns a Server.
func New(c Config) (*Server, error) {
	if c.Backend == nil || c.Authenticate == nil {
		return nil, errors.New("scim: Backend and Authenticate must be set")
	}
	u, err := url.Parse(c.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("scim: base URL: %w", err)
	}
	if u.Scheme == "" || u.Host == "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		// R-7644-1.3-01
		return nil, fmt.Errorf("scim: base URL %q: want scheme and host without query or fragment, like https://bridge.example", c.BaseURL)
	}
	if c.Registry == nil {
		if c.Registry, err = schema.NewRegistry(); err != nil {
			return nil, fmt.Errorf("scim: schemas: %w", err)
		}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Metrics == nil {
		c.Metrics = NewMetrics()
	}
	if c.Edge == nil {
		c.Edge = &web.Edge{Log: c.Log}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Limits.setDefaults()
	rates, err := newRates(c.Rate)
	if err != nil {
		return nil, err
	}
	s := &Server{
		c: c, base: strings.TrimSuffix(c.BaseURL, "/") + "/scim/v2",
		user: c.Registry.Type("User"), group: c.Registry.Type("Group"), routes: newRoutes(), accepted: make(chan struct{}, 1), rates: rates,
		room: newRoom(c.Limits.Decoding), bulkTurn: make(chan struct{}, 1),
	}
	s.routes.addConfigured(c.Registry.Types())
	s.sources = newSources(s)
	if s.sensitive, err = sensitiveFilters(c.SensitiveFilters, c.Registry.Types()); err != nil {
		return nil, err
	}
	if s.seal, err = newSeal(c.CursorKey, c.Limits.CursorTimeout, c.Now); err != nil {
		return nil, err
	}
	s.c.Edge.Surface = "scim"
	s.c.Edge.MaxBody = max(c.Limits.Body, c.Limits.BulkPayload)
	s.c.Edge.Fail = func(w http.ResponseWriter, r *http.Request, status int, detail string) {
		writeError(w, newError(status, detail))
	}
	return s, nil
}

// Handler returns the handler for everything under /scim/, its limits on.
func (s *Server) Handler() http.Handler { return s.c.Edge.Handler(http.HandlerFunc(s.serve)) }
