package uniphore

import (
	"context"
	"errors"
	"net/http"

	"github.com/scimbridge/scimbridge/auth/jwt"
	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
)

// failure is an answer that this package decided on by itself.
type failure struct {
	status  int
	message string
	// result is the journal's word for it.
	result string
}

func (f *failure) Error() string { return f.message }

const unauthorized = "Unauthorized user"

var (
	errToken    = &failure{http.StatusUnauthorized, unauthorized, "bad token"}
	errDisabled = &failure{http.StatusUnauthorized, unauthorized, "user disabled"}
	errLocked   = &failure{http.StatusUnauthorized, unauthorized, "user locked"}
	errNoRole   = &failure{http.StatusUnauthorized, unauthorized, "no role"}
	errNotProd  = &failure{http.StatusUnauthorized, unauthorized, "production access restricted"}
	errNoRoute  = &failure{http.StatusNotFound, "No message available", ""}
)

// notFound says that there is no user of that name. It is the caller's own
// word, so nothing is told by saying it back.
func notFound(name string) error {
	return &failure{http.StatusNotFound, "user not found with username " + clip(name), "user not found"}
}

// translate turns an error into the contract's answer. The page has 401, 404
// and 500; a cause that goes away by waiting is a 503, so that a client that
// tries again is right to do so (documented-apis 1.2).
func translate(err error) (status int, message string) {
	var own *failure
	switch {
	case errors.As(err, &own):
		return own.status, own.message
	case errors.Is(err, storage.ErrUncertain): // before its cause, which may be one of the next
		return http.StatusInternalServerError, http.StatusText(http.StatusInternalServerError)
	case errors.Is(err, jwt.ErrKeysUnavailable), errors.Is(err, storage.ErrUnavailable),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return http.StatusServiceUnavailable, http.StatusText(http.StatusServiceUnavailable)
	case errors.Is(err, directory.ErrProtected):
		return http.StatusUnauthorized, unauthorized
	}
	return http.StatusInternalServerError, http.StatusText(http.StatusInternalServerError)
}

// clip shortens what a client sent before it is quoted.
func clip(s string) string {
	const most = 254 // an email address is no longer
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && s[cut]&0xc0 == 0x80 {
		cut--
	}
	return s[:cut] + "…"
}
