package rsa

import (
	"context"
	"errors"
	"net/http"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/internal/web"
	"github.com/scimbridge/scimbridge/storage"
)

// errorBody is the error object of the services (documented-apis 2.4).
type errorBody struct {
	Code        string `json:"code"`
	Description string `json:"description"`
}

// filterBody is the error object of the filter in front of the services, which
// refuses tokens (documented-apis 2.1).
type filterBody struct {
	Timestamp int64  `json:"timestamp"` // epoch milliseconds
	Status    int    `json:"status"`
	Error     string `json:"error"`
	Message   string `json:"message"`
	Path      string `json:"path"`
}

// badToken is the message of every refused token; it never says why.
const badToken = "Server failed to process provided access token"

// internalError is RSA's recorded description of every 500.
const internalError = "An internal error occurred."

// codes are the words that follow the number in errorBody.Code.
var codes = map[int]string{
	http.StatusBadRequest:            "400 BAD_REQUEST",
	http.StatusForbidden:             "403 FORBIDDEN",
	http.StatusNotFound:              "404 NOT_FOUND",
	http.StatusMethodNotAllowed:      "405 METHOD_NOT_ALLOWED",
	http.StatusConflict:              "409 CONFLICT",
	http.StatusRequestEntityTooLarge: "413 PAYLOAD_TOO_LARGE",
	http.StatusUnsupportedMediaType:  "415 UNSUPPORTED_MEDIA_TYPE",
	http.StatusInternalServerError:   "500 INTERNAL_SERVER_ERROR",
	http.StatusServiceUnavailable:    "503 SERVICE_UNAVAILABLE",
}

// failure is an answer that this package decided on by itself.
type failure struct {
	status      int
	description string
}

func (f *failure) Error() string { return codes[f.status] + ": " + f.description }

func badRequest(description string) error {
	return &failure{http.StatusBadRequest, description}
}

var (
	errRole      = &failure{http.StatusForbidden, "Not authorized to perform the request."}
	errMediaType = &failure{http.StatusUnsupportedMediaType, "The Content-Type of the request must be application/json."}
	errNoRoute   = &failure{http.StatusNotFound, "The requested resource is not found."}
	errMethod    = &failure{http.StatusMethodNotAllowed, "The method is not allowed for the requested resource."}
	// errSCIMManaged is RSA's own wording (documented-apis 2.4).
	errSCIMManaged = &failure{http.StatusMethodNotAllowed, "The method you are using is not allowed for users in the SCIM Managed and Azure Active Directory (SCIM) identity sources"}
)

// translate turns an error of a call about target (an id or email address) into
// the contract's answer. What is not known becomes a 500 that says nothing.
func translate(err error, target string) (status int, description string) {
	var (
		own      *failure
		state    *directory.StateError
		conflict *directory.ConflictError
		invalid  *directory.InvalidError
	)
	switch {
	case errors.As(err, &own):
		return own.status, own.description
	case errors.Is(err, directory.ErrNotFound):
		return http.StatusNotFound, "User " + clip(target) + " not found"
	case errors.As(err, &state):
		return http.StatusConflict, "User " + clip(target) + " " + forbidden(state)
	case errors.As(err, &conflict):
		return http.StatusConflict, "User " + clip(target) + " can not have this value of " + conflict.Attribute + ": another user has it."
	case errors.As(err, &invalid):
		return http.StatusBadRequest, invalid.Error()
	case errors.Is(err, directory.ErrProtected):
		return errRole.status, errRole.description
	case errors.Is(err, storage.ErrUncertain): // before its cause, which may be one of the next
		return http.StatusInternalServerError, "An internal error occurred. Whether the change was stored is not known; look the user up."
	case errors.Is(err, storage.ErrUnavailable), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return http.StatusServiceUnavailable, "The service is temporarily unavailable. Nothing was changed; repeat the request."
	}
	return http.StatusInternalServerError, internalError
}

// forbidden says why a state does not allow an event (documented-apis 2.4).
func forbidden(e *directory.StateError) string {
	pending := e.State.Pending()
	switch {
	case e.Event == directory.RSAMarkDeleted && pending:
		return "is already marked deleted."
	case e.Event == directory.RSAMarkDeleted:
		return "is enabled; only a disabled user can be marked deleted."
	case e.Event == directory.RSAUnmarkDeleted:
		return "is not marked deleted."
	case e.Event == directory.RSADeleteNow && !pending:
		return "is enabled; only a disabled user can be deleted."
	case pending:
		return "is pending deletion."
	}
	return "does not allow the operation."
}

// unreadable turns an error of web.ReadBody into the contract's answer.
func unreadable(err error) error {
	switch web.BodyStatus(err) {
	case http.StatusUnsupportedMediaType:
		return errMediaType
	case http.StatusRequestEntityTooLarge:
		return &failure{http.StatusRequestEntityTooLarge, "The request body is too large."}
	}
	return badRequest("The request body could not be read.")
}

// logged reports whether an answer with this status creates an administration
// log event: 200, 404 and 500 do (the vendor's page on Synchronize User).
func logged(status int) bool {
	switch status {
	case http.StatusOK, http.StatusNotFound, http.StatusInternalServerError:
		return true
	}
	return false
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
