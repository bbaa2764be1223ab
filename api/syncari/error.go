package syncari

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/internal/jsonbody"
	"github.com/scimbridge/scimbridge/internal/web"
	"github.com/scimbridge/scimbridge/storage"
)

// failure is a refusal in the words of the contract: an HTTP status and what is
// wrong. The vendor publishes no failure sample; codes are ours (documented-apis
// 3.2, 3.8: real 4xx and 5xx, never 200 with success:false).
type failure struct {
	status   int
	problems []problem
	allow    string // the Allow header of a 405
}

func (f *failure) Error() string {
	words := make([]string, len(f.problems))
	for i, p := range f.problems {
		words[i] = p.Code + ": " + p.Message
	}
	return strings.Join(words, "; ")
}

func fail(status int, code, message string) *failure {
	return &failure{status: status, problems: []problem{{code, message}}}
}

func pendingDelete(id string) *failure {
	return fail(http.StatusConflict, "USER_PENDING_DELETE", "User "+id+" is deleted and waits to be removed")
}

func userNotFound(id string) *failure {
	return fail(http.StatusNotFound, "USER_NOT_FOUND", "User "+clip(id)+" not found")
}

// asFailure turns what the bridge, the storage or the decoder says into the
// contract's answer; user is the id or email that the request was about. It is
// the only place where that is decided. Causes are never shown: an error nobody
// foresaw is a 500 without details.
func asFailure(err error, user string) *failure {
	var (
		f        *failure
		conflict *directory.ConflictError
		state    *directory.StateError
		invalid  *directory.InvalidError
		body     *jsonbody.Error
	)
	switch {
	case errors.As(err, &f):
		return f
	case errors.As(err, &body):
		return fail(http.StatusBadRequest, "INVALID_REQUEST", body.Error())
	case errors.As(err, &conflict):
		return fail(http.StatusConflict, "USER_ALREADY_EXISTS", "A user with this email already exists")
	case errors.As(err, &state):
		if state.State.Pending() {
			return pendingDelete(user)
		}
		return fail(http.StatusConflict, "INVALID_STATE", "The state of user "+user+" does not allow this")
	case errors.As(err, &invalid):
		return fail(http.StatusBadRequest, "INVALID_REQUEST", invalid.Error())
	case errors.Is(err, directory.ErrNotFound):
		return userNotFound(user)
	case errors.Is(err, directory.ErrProtected):
		return fail(http.StatusForbidden, "USER_PROTECTED", "User "+user+" is protected and can not be changed here")
	case errors.Is(err, web.ErrTooLarge), errors.Is(err, web.ErrSlow), errors.Is(err, web.ErrEncoding), errors.Is(err, web.ErrBroken):
		return fail(web.BodyStatus(err), "INVALID_REQUEST", bodyWords(err))
	case errors.Is(err, storage.ErrUncertain): // before its cause, which may be one of the next
		return fail(http.StatusInternalServerError, "RESULT_UNKNOWN", "It is not known whether the request took effect; read the user before trying again")
	case unavailable(err):
		return fail(http.StatusServiceUnavailable, "SERVICE_UNAVAILABLE", "The service can not take the request now; nothing was changed")
	}
	return fail(http.StatusInternalServerError, "INTERNAL_ERROR", "An internal error occurred")
}

// unavailable reports whether nothing was done for a reason that goes away by
// waiting.
func unavailable(err error) bool {
	return errors.Is(err, storage.ErrUnavailable) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

func bodyWords(err error) string {
	for _, known := range []error{web.ErrTooLarge, web.ErrSlow, web.ErrEncoding} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return web.ErrBroken.Error()
}

// broken answers for a handler that panicked.
func (s *Server) broken(w http.ResponseWriter, _ *http.Request, status int, detail string) {
	s.writeFailure(w, s.requestID(), fail(status, "INTERNAL_ERROR", detail))
}
