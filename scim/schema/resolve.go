package schema

import (
	"strings"

	"github.com/scimbridge/scimbridge/scim/resource"
)

// index prepares a resource type for use; called once, before it is shared.
func (t *ResourceType) index() {}

// lower maps ASCII letters to lower case, the folding of resource.EqualFold.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + ('a' - 'A')
		}
		return r
	}, s)
}

var _ = resource.EqualFold
