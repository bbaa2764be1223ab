package scim

import (
	"net/http"
	"strings"

	"github.com/scimbridge/scimbridge/scim/fault"
)

// A caller's scope is words between blanks (RFC 6749 section 3.3). None means
// that it may do everything; with any, it reads everything and changes what its
// words name, and no others: users:write, groups:write, and resources:write for
// the resources of configured types. What no word of this list names is never
// granted.
const (
	writeUsers     = "users:write"
	writeGroups    = "groups:write"
	writeResources = "resources:write"
)

// may reports whether the caller may send a request of this method to the
// endpoint: the first segment of the path behind the base, e.g. "Users" or
// "Devices" (R-7644-2-02, T-06). It says nothing about whether there is such an
// endpoint. Reading is not refused to anybody: a scope that read users but not
// groups would be a promise in name only, as a user shows its groups. A search
// reads, whatever its method: who knows that it is one does not ask here.
//
// "Bulk" is open to whoever may change anything at all: each operation in it
// then is a request of its own and has to be asked about.
func (c *Caller) may(method, endpoint string) bool {
	if c.Scope == "" || method == http.MethodGet || method == http.MethodHead {
		return true
	}
	switch endpoint {
	case "Users":
		return c.granted(writeUsers)
	case "Groups":
		return c.granted(writeGroups)
	case "Bulk":
		return c.granted(writeUsers) || c.granted(writeGroups) || c.granted(writeResources)
	}
	return c.granted(writeResources)
}

// granted reports whether word is one of the scope's.
func (c *Caller) granted(word string) bool {
	for w := range strings.FieldsSeq(c.Scope) {
		if w == word {
			return true
		}
	}
	return false
}

// forbidden is the answer to a request that may refuses (403). It is the same
// whether or not the resource exists.
func (c *Caller) forbidden(method, endpoint string) error {
	if !c.granted(writeUsers) && !c.granted(writeGroups) && !c.granted(writeResources) {
		return fault.Status(http.StatusForbidden, "this token may read, not change")
	}
	return fault.Status(http.StatusForbidden, "the scope of this token (%s) does not let it %s /%s", fault.Clip(c.Scope), fault.Clip(method), fault.Clip(endpoint))
}
