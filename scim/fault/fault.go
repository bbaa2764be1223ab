// Package fault makes the errors that SCIM clients see. It is the one place
// besides scim/schema and scim/filter that knows elimity's packages: its
// ScimError is the value that goes on the wire, and errors.As finds it.
//
// A detail names the attribute and says what would be right; it never holds
// internals and quotes input only clipped (A0-3, T-36).
package fault

import (
	"errors"
	"fmt"
	"net/http"
	"unicode/utf8"

	scimerrors "github.com/elimity-com/scim/errors"
)

// Error is the error on the wire: status, scimType, detail.
type Error = scimerrors.ScimError

func bad(t scimerrors.ScimType, format string, args []any) error {
	return Error{ScimType: t, Status: http.StatusBadRequest, Detail: fmt.Sprintf(format, args...)}
}

// InvalidSyntax: the body can not be parsed or is not of the request's schema.
func InvalidSyntax(format string, args ...any) error {
	return bad(scimerrors.ScimTypeInvalidSyntax, format, args)
}

// InvalidValue: a required value is missing or a value does not fit its attribute.
func InvalidValue(format string, args ...any) error {
	return bad(scimerrors.ScimTypeInvalidValue, format, args)
}

// InvalidFilter: the filter is malformed or compares what can not be compared.
func InvalidFilter(format string, args ...any) error {
	return bad(scimerrors.ScimTypeInvalidFilter, format, args)
}

// InvalidPath: the path of a PATCH operation is malformed or names no attribute.
func InvalidPath(format string, args ...any) error {
	return bad(scimerrors.ScimTypeInvalidPath, format, args)
}

// NoTarget: the path is well-formed and matches nothing.
func NoTarget(format string, args ...any) error {
	return bad(scimerrors.ScimTypeNoTarget, format, args)
}

// Mutability: the attribute can not be changed in this way.
func Mutability(format string, args ...any) error {
	return bad(scimerrors.ScimTypeMutability, format, args)
}

// TooMany: the answer would take more work than is allowed.
func TooMany(format string, args ...any) error {
	return bad(scimerrors.ScimTypeTooMany, format, args)
}

// The scimTypes of RFC 9865 section 2.1.
const (
	scimTypeInvalidCursor scimerrors.ScimType = "invalidCursor"
	scimTypeExpiredCursor scimerrors.ScimType = "expiredCursor"
	scimTypeInvalidCount  scimerrors.ScimType = "invalidCount"
)

// InvalidCursor: the cursor is none that this query was given.
func InvalidCursor(format string, args ...any) error {
	return bad(scimTypeInvalidCursor, format, args)
}

// ExpiredCursor: the cursor was given too long ago.
func ExpiredCursor(format string, args ...any) error {
	return bad(scimTypeExpiredCursor, format, args)
}

// InvalidCount: a page by cursor can not have this size.
func InvalidCount(format string, args ...any) error {
	return bad(scimTypeInvalidCount, format, args)
}

// Sensitive: the URL holds what does not belong into one (403).
func Sensitive(format string, args ...any) error {
	return Error{ScimType: scimerrors.ScimTypeSensitive, Status: http.StatusForbidden, Detail: fmt.Sprintf(format, args...)}
}

// Uniqueness: a value is taken (409).
func Uniqueness(format string, args ...any) error {
	return Error{ScimType: scimerrors.ScimTypeUniqueness, Status: http.StatusConflict, Detail: fmt.Sprintf(format, args...)}
}

// Status is an error without a scimType.
func Status(status int, format string, args ...any) error {
	return Error{Status: status, Detail: fmt.Sprintf(format, args...)}
}

// As returns the wire error in err's chain.
func As(err error) (Error, bool) {
	var e Error
	ok := errors.As(err, &e)
	return e, ok
}

// Clip shortens text that came from a client for use in a detail.
func Clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
