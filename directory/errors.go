package directory

import (
	"errors"
	"fmt"
	"strings"
)

// ErrNotFound says that the directory has no such thing for this caller:
// unknown, deleted, purged, or another tenant's, deliberately without a
// difference. Each edge turns it into its contract's answer.
var ErrNotFound = errors.New("not found")

// ErrPreconditionFailed says that the resource is not at the version the
// caller insisted on (If-Match).
var ErrPreconditionFailed = errors.New("the resource has changed since the version given in If-Match")

// ErrProtected says that the user may not be changed over this surface.
var ErrProtected = errors.New("the user is protected and can not be changed here")

// ErrTooMany says that answering would scan more rows than allowed.
var ErrTooMany = errors.New("the query would have to examine too many resources; narrow it with an indexed attribute")

// ConflictError says that a value which must be unique is taken.
type ConflictError struct {
	Attribute string // SCIM name of the attribute, e.g. "userName"
	// Existing is the id of the resource that has the value, zero if it must
	// not be revealed or is not known.
	Existing ID
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("%s is already in use by another resource", e.Attribute)
}

// InvalidError says that a value does not fit its attribute.
type InvalidError struct {
	Attribute string
	Reason    string // what would be right
}

func (e *InvalidError) Error() string { return e.Attribute + ": " + e.Reason }

// StateError says that a user's state forbids an event.
type StateError struct {
	State State
	Event Event
}

func (e *StateError) Error() string {
	return fmt.Sprintf("a user that is %s does not allow %s", strings.ReplaceAll(e.State.String(), "_", " "), e.Event)
}

// mostNamed bounds the ids that an error spells out.
const mostNamed = 100

// UnknownMembersError says which member ids are no resources of the tenant.
type UnknownMembersError struct{ IDs []string }

func (e *UnknownMembersError) Error() string {
	ids := e.IDs
	more := ""
	if len(ids) > mostNamed {
		more = fmt.Sprintf(" and %d more", len(ids)-mostNamed)
		ids = ids[:mostNamed]
	}
	named := make([]string, len(ids))
	for i, id := range ids {
		named[i] = clip(id)
	}
	return "members: no such user or group: " + strings.Join(named, ", ") + more
}
