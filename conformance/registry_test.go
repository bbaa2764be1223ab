package conformance_test

import (
	"testing"

	"github.com/scimbridge/scimbridge/scim/schema"
	"github.com/scimbridge/scimbridge/scim/scimtest"
)

// characteristics is an extension of users that each of them must have, with
// what no standard attribute has.
const characteristics = `[{
	"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"], "id": "urn:example:params:scim:schemas:extension:site:2.0:User",
	"name": "Site", "description": "Where somebody works", "attributes": [
		{"name": "code", "type": "string", "required": true, "description": "The site."},
		{"name": "since", "type": "dateTime", "description": "Since when."},
		{"name": "share", "type": "decimal", "description": "Of the time."},
		{"name": "floor", "type": "integer", "description": "The floor."}
	]
}, {
	"schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"], "id": "User", "name": "User", "endpoint": "/Users",
	"schema": "urn:ietf:params:scim:schemas:core:2.0:User",
	"schemaExtensions": [{"schema": "urn:example:params:scim:schemas:extension:site:2.0:User", "required": true}]
}]`

// configured is the registry of the examples in testdata/schemas and of more
// files, as JSON text.
func configured(t testing.TB, more ...string) *schema.Registry {
	t.Helper()
	return scimtest.Examples(t, "../testdata/schemas", nil, more...)
}
