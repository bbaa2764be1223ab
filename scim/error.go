package scim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/internal/web"
	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/storage"
)

// AuthError is why a request has no caller. Its text is the detail of the
// answer, the same whatever is wrong with a credential.
type AuthError struct {
	// Missing says that no credential was sent at all.
	Missing bool
	// RetryAfter, if not zero, makes the answer 429: this address has failed
	// too often.
	RetryAfter time.Duration
}

func (e *AuthError) Error() string {
	switch {
	case e.RetryAfter > 0:
		return "too many failed attempts from this address"
	case e.Missing:
		return "this needs a bearer token in the Authorization header"
	}
	return "the bearer token is not valid"
}

// refuse answers a request whose sender is not known (R-7644-2-01).
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	leaveBody(w, r)
	var ae *AuthError
	if !errors.As(err, &ae) {
		s.fail(w, r, err)
		return
	}
	if ae.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(ae.RetryAfter.Seconds()))))
		writeError(w, newError(http.StatusTooManyRequests, ae.Error()))
		return
	}
	challenge := `Bearer realm="scimbridge"`
	if !ae.Missing {
		challenge += `, error="invalid_token"`
	}
	w.Header().Set("WWW-Authenticate", challenge)
	writeError(w, newError(http.StatusUnauthorized, ae.Error()))
}

// fail answers err. Only here does an error of the directory become a SCIM one.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	leaveBody(w, r)
	e, known := s.translate(err)
	if !known {
		e = s.unexpected(r.Context(), err, web.RequestID(r.Context()))
	}
	if e.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	writeError(w, e)
}

// unexpected logs an error that the client is told nothing of but under which id
// it was logged.
func (s *Server) unexpected(ctx context.Context, err error, id string) fault.Error {
	s.c.Log.LogAttrs(ctx, slog.LevelError, "scim request failed", slog.String("request", id), slog.Any("error", err))
	return newError(http.StatusInternalServerError, fmt.Sprintf("an internal error occurred; the bridge's log names the cause under request id %s", id))
}

func (s *Server) translate(err error) (fault.Error, bool) {
	if e, ok := fault.As(err); ok {
		return e, true
	}
	var conflict *directory.ConflictError
	var invalid *directory.InvalidError
	var state *directory.StateError
	var unknown *directory.UnknownMembersError
	switch {
	case errors.Is(err, directory.ErrNotFound):
		return newError(http.StatusNotFound, "there is no such resource"), true
	case errors.Is(err, directory.ErrPreconditionFailed):
		return newError(http.StatusPreconditionFailed, directory.ErrPreconditionFailed.Error()), true
	case errors.Is(err, directory.ErrProtected):
		return newError(http.StatusForbidden, directory.ErrProtected.Error()), true
	case errors.Is(err, directory.ErrTooMany):
		return faultOf(fault.TooMany("%s", directory.ErrTooMany)), true
	case errors.As(err, &conflict):
		detail := conflict.Error()
		if !conflict.Existing.IsZero() {
			// Some clients look for the id between backticks (KC-09).
			detail += fmt.Sprintf(": `%s`", conflict.Existing)
		}
		return faultOf(fault.Uniqueness("%s", detail)), true
	case errors.As(err, &invalid):
		return faultOf(fault.InvalidValue("%s", invalid)), true
	case errors.As(err, &unknown):
		return faultOf(fault.InvalidValue("%s", unknown)), true
	case errors.As(err, &state):
		return faultOf(fault.Mutability("%s", state)), true
	case errors.Is(err, storage.ErrUncertain):
		return newError(http.StatusServiceUnavailable, "the result of this write is not known; read the resource before trying again"), true
	case errors.Is(err, storage.ErrUnavailable), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return newError(http.StatusServiceUnavailable, "the bridge can not take this request now; nothing was changed, try again"), true
	}
	return fault.Error{}, false
}

func faultOf(err error) fault.Error {
	e, _ := fault.As(err)
	return e
}

func newError(status int, detail string) fault.Error {
	return fault.Error{Status: status, Detail: detail}
}

// writeError puts an error on the wire.
func writeError(w http.ResponseWriter, e fault.Error) {
	web.WriteJSON(w, e.Status, ContentType, appendError(nil, e))
}

// appendError appends an error's JSON; status is a string there (R-7644-3.12-01).
func appendError(b []byte, e fault.Error) []byte {
	b = append(b, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"]`...)
	if e.ScimType != "" {
		b = append(b, `,"scimType":`...)
		b = resource.AppendString(b, string(e.ScimType))
	}
	b = append(b, `,"detail":`...)
	b = resource.AppendString(b, e.Detail)
	b = append(b, `,"status":"`...)
	b = strconv.AppendInt(b, int64(e.Status), 10)
	return append(b, `"}`...)
}
