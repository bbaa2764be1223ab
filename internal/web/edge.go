// Package web is what the HTTP edges of the bridge share: the SCIM edge, the
// four application APIs and the admin listener. An Edge wraps the edge's own
// handler and gives every request an id, a metric, a log line and an answer
// even when the handler panics.
//
// Two things hold for whatever passes through here. Nothing that names a person
// or opens a door reaches the log or a metric label: not the path (a
// ServiceMobility path holds a user name), not the query, no header but a sane
// X-Request-Id; what is recorded instead is the route as the edge declared it.
// And no header of the client says who or where it is: X-Forwarded-For, -Host
// and -Proto are never read.
package web

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// Edge is one surface of the bridge. It is for concurrent use once its fields
// are set.
type Edge struct {
	// Surface is the value of the metrics' surface label: "scim", "uniphore",
	// "rsa", "syncari", "servicemobility" or "admin".
	Surface string
	// Metrics counts requests; nil counts nothing.
	Metrics *Metrics
	// Log takes access lines and panics; nil is slog.Default().
	Log *slog.Logger
	// MaxBody is the most bytes of a request body the handler may read; reading
	// further fails with an error that ReadBody turns into ErrTooLarge. 0 sets
	// no bound here.
	MaxBody int64
	// Fail answers in the shape of the edge's contract. It is called for a
	// handler that panicked before it answered, with 500 and a detail that
	// holds an error id and nothing of the cause. nil answers an empty body.
	Fail func(w http.ResponseWriter, r *http.Request, status int, detail string)
}

// exchange is what is learned of one request while it is handled.
type exchange struct {
	id    string
	route string
}

type exchangeKey struct{}

// RequestID returns the id of the request that ctx belongs to, "" outside of
// an Edge. It is in the X-Request-Id header of the answer.
func RequestID(ctx context.Context) string {
	if x, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		return x.id
	}
	return ""
}

// SetRoute names the route that r takes, for metrics and log, e.g.
// "/Users/{id}". It must be a constant of the program, never made from what the
// client sent. Handlers behind http.ServeMux need not call it: the pattern that
// matched is the route then.
func SetRoute(r *http.Request, route string) {
	if x, ok := r.Context().Value(exchangeKey{}).(*exchange); ok {
		x.route = route
	}
}

// Handler returns next with request ids, panic recovery, body bound, metrics and
// access log around it.
//
// Successful reads are logged at Debug; writes and refusals at Info; answers of
// 500 and above at Warn.
func (e *Edge) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		x := &exchange{id: requestID(r)}
		r = r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x))
		w.Header().Set("X-Request-Id", x.id)
		if e.MaxBody > 0 && r.Body != nil && r.Body != http.NoBody {
			r.Body = http.MaxBytesReader(w, r.Body, e.MaxBody)
		}
		a := &answer{ResponseWriter: w}
		e.Metrics.begin(e.Surface)

		defer func() {
			broken := recover()
			aborted := broken != nil && (broken == http.ErrAbortHandler || a.status != 0)
			if broken != nil && broken != http.ErrAbortHandler {
				e.panicked(a, r, x, broken)
			}
			e.finish(a, r, x, time.Since(start))
			if aborted {
				// Part of an answer is out. Cutting the connection is the only
				// way left to tell the client that the rest is missing.
				panic(http.ErrAbortHandler)
			}
		}()
		next.ServeHTTP(a, r)
	})
}

// panicked logs a panic with its stack and, if nothing was sent yet, answers 500.
func (e *Edge) panicked(a *answer, r *http.Request, x *exchange, cause any) {
	errorID := rand.Text()
	e.log().LogAttrs(r.Context(), slog.LevelError, "handler panicked",
		slog.String("surface", e.Surface),
		slog.String("request_id", x.id),
		slog.String("error_id", errorID),
		slog.String("panic", panicText(cause)),
		slog.String("stack", string(stackOf(cause))))
	if a.status != 0 {
		return
	}
	// What the handler meant to send does not belong to this answer.
	for name := range a.Header() {
		if name != "X-Request-Id" {
			a.Header().Del(name)
		}
	}
	if e.Fail == nil {
		a.WriteHeader(http.StatusInternalServerError)
		return
	}
	e.Fail(a, r, http.StatusInternalServerError, "An internal error occurred. Error id: "+errorID)
}

// stackOf returns where the panic happened. A value that was carried over from
// another goroutine, such as a database's writer, brings the stack it had there.
func stackOf(cause any) []byte {
	if carried, ok := cause.(interface{ PanicStack() []byte }); ok {
		return carried.PanicStack()
	}
	return debug.Stack()
}

// panicText is what may be logged of a panic's value: the runtime's own words,
// else only the type. A message made by hand may hold what a request brought
// along; the stack says where to look.
func panicText(cause any) string {
	if carried, ok := cause.(interface{ PanicValue() any }); ok {
		cause = carried.PanicValue()
	}
	if err, ok := cause.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("a value of type %T", cause)
}

func (e *Edge) finish(a *answer, r *http.Request, x *exchange, took time.Duration) {
	status := a.status
	if status == 0 {
		status = http.StatusOK // what net/http sends for a handler that wrote nothing
	}
	route := x.route
	if route == "" {
		route = routeOf(r.Pattern)
	}
	method := methodLabel(r.Method)
	e.Metrics.end(e.Surface, route, method, status, took)

	level := slog.LevelInfo
	switch {
	case status >= 500:
		level = slog.LevelWarn
	case status < 400 && (r.Method == http.MethodGet || r.Method == http.MethodHead):
		level = slog.LevelDebug
	}
	if log := e.log(); log.Enabled(r.Context(), level) {
		log.LogAttrs(r.Context(), level, "request",
			slog.String("surface", e.Surface),
			slog.String("request_id", x.id),
			slog.String("method", method),
			slog.String("route", route),
			slog.Int("status", status),
			slog.Int64("bytes", a.bytes),
			slog.Duration("took", took),
			slog.String("address", ClientAddress(r)))
	}
}

func (e *Edge) log() *slog.Logger {
	if e.Log != nil {
		return e.Log
	}
	return slog.Default()
}

// AuthFailure counts a request that was refused for its credential. reason is
// one of the Reason constants; anything else is counted as ReasonOther.
func (e *Edge) AuthFailure(reason string) { e.Metrics.AuthFailure(e.Surface, reason) }

// requestID takes the client's id for the request if it is one that a proxy
// would make: letters, digits and hyphens. Underscores, dots and long values
// are left out on purpose: bearer tokens and JSON web tokens have them, and a
// client that mixes up its headers must not get its secret logged.
func requestID(r *http.Request) string {
	given := r.Header["X-Request-Id"]
	if len(given) == 1 && len(given[0]) >= 8 && len(given[0]) <= 64 {
		sane := true
		for _, c := range []byte(given[0]) {
			if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-') {
				sane = false
				break
			}
		}
		if sane {
			return given[0]
		}
	}
	return rand.Text()
}

// routeOf turns a pattern of http.ServeMux, "[METHOD ][HOST]/[PATH]", into a
// route. The pattern "/" matches what nothing else did: that is no route.
func routeOf(pattern string) string {
	if i := strings.IndexByte(pattern, '/'); i >= 0 {
		pattern = pattern[i:]
	}
	if pattern == "" || pattern == "/" {
		return RouteOther
	}
	return pattern
}

// answer remembers what was answered.
type answer struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (a *answer) WriteHeader(status int) {
	if a.status == 0 && status >= 200 { // 1xx are not the answer yet
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	n, err := a.ResponseWriter.Write(b)
	a.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
