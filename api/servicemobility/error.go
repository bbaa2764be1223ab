package servicemobility

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/internal/jsonbody"
	"github.com/scimbridge/scimbridge/internal/web"
	"github.com/scimbridge/scimbridge/storage"
)

// ErrorFormat is one of the vendor's two forms of error bodies.
type ErrorFormat string

// The formats (documented-apis 4.3).
const (
	// FormatDetail is {"code":…,"detail":{…}}, of the page's own generation.
	FormatDetail ErrorFormat = "detail"
	// FormatStandard is the later "Standard Response Object".
	FormatStandard ErrorFormat = "standard"
)

// failure is a refusal: an HTTP status and the vendor's details.
type failure struct {
	status  int
	message string
	value   string // params.value: what the message is about; "" for none
	path    string // dataPath: the field of the body, e.g. .Phones[0].PhoneNum
	allow   string // the Allow header of a 405
	// retry is how long the client should wait, rounded up to seconds in the
	// Retry-After header of a 429.
	retry time.Duration
}

func (f *failure) Error() string { return f.message }

// detailBody is format A. The keys of detail that say nothing are absent.
type detailBody struct {
	Code   int    `json:"code"`
	Detail detail `json:"detail"`
}

type detail struct {
	Message  string  `json:"message"`
	Params   *params `json:"params,omitempty"`
	DataPath string  `json:"dataPath,omitempty"`
}

type params struct {
	Value string `json:"value"`
}

// standardBody is format B.
type standardBody struct {
	Type          string         `json:"type"`
	Title         string         `json:"title"`
	Status        int            `json:"status"`
	Detail        string         `json:"detail"`
	InvalidParams []invalidParam `json:"invalidParams,omitempty"`
}

type invalidParam struct {
	Name   string `json:"name"`
	Reason string `json:"reason"`
	Path   string `json:"path"`
	Value  string `json:"value"`
}

// body renders the failure in the format.
func (f *failure) body(format ErrorFormat) any {
	if format != FormatStandard {
		b := detailBody{Code: f.status, Detail: detail{Message: f.message, DataPath: f.path}}
		if f.value != "" {
			b.Detail.Params = &params{f.value}
		}
		return b
	}
	b := standardBody{Type: "about:blank", Title: http.StatusText(f.status), Status: f.status, Detail: f.message}
	if f.path != "" || f.value != "" {
		name := "UserID"
		if f.path != "" {
			name = f.path[1:]
		}
		b.InvalidParams = []invalidParam{{name, f.message, f.path, f.value}}
	}
	return b
}

// absent is the answer for an object that does not exist: 410. 404 is for URLs
// that are wrong.
func absent(userID string) *failure {
	userID = clip(userID)
	return &failure{status: http.StatusGone, message: "User '" + userID + "' does not exist.", value: userID}
}

// invalid says that a field of the body is wrong; path is its dataPath.
func invalid(path, message string) *failure {
	return &failure{status: http.StatusBadRequest, message: message, path: path}
}

// asFailure turns what the bridge, the storage or the decoder says into the
// contract's answer; userID is whom the request was about. It is the only place
// where that is decided. Causes are never shown.
func asFailure(err error, userID string) *failure {
	var (
		f        *failure
		conflict *directory.ConflictError
		state    *directory.StateError
		wrong    *directory.InvalidError
		body     *jsonbody.Error
	)
	switch {
	case errors.As(err, &f):
		return f
	case errors.As(err, &body):
		return invalid(body.DataPath(), body.Error())
	case errors.As(err, &conflict):
		path := map[string]string{"userName": ".AuthenticationID", "emails": ".Email"}[conflict.Attribute]
		if path == "" {
			path = ".UserID"
		}
		return &failure{status: http.StatusConflict, message: path[1:] + " is already in use by another user.", path: path}
	case errors.As(err, &state):
		return &failure{status: http.StatusConflict, message: "The state of user '" + clip(userID) + "' does not allow this.", value: clip(userID)}
	case errors.As(err, &wrong):
		return &failure{status: http.StatusBadRequest, message: wrong.Error()}
	case errors.Is(err, directory.ErrNotFound):
		return absent(userID)
	case errors.Is(err, directory.ErrProtected):
		return &failure{status: http.StatusConflict, message: "User '" + clip(userID) + "' is protected and can not be changed here.", value: clip(userID)}
	case errors.Is(err, storage.ErrUncertain): // before its cause, which may be one of the next
		return &failure{status: http.StatusInternalServerError, message: "It is not known whether the request took effect; read the user before trying again."}
	case errors.Is(err, storage.ErrUnavailable), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return &failure{status: http.StatusServiceUnavailable, message: "The service can not take the request now; nothing was changed."}
	}
	for _, known := range []error{web.ErrTooLarge, web.ErrSlow, web.ErrEncoding, web.ErrBroken} {
		if errors.Is(err, known) {
			return &failure{status: web.BodyStatus(err), message: known.Error()}
		}
	}
	return &failure{status: http.StatusInternalServerError, message: "An internal error occurred."}
}

// clip bounds what of a client's own words is said back to it.
func clip(s string) string {
	r := []rune(s)
	if len(r) > 254 {
		return string(r[:254]) + "…"
	}
	return s
}
