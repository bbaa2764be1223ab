package scim

import (
	"maps"
	"slices"
	"testing"

	"github.com/scimbridge/scimbridge/scim/schema"
)

// No configured resource type can take a path of the protocol's own.
func TestReservedEndpoints(t *testing.T) {
	rs := newRoutes()
	for _, table := range []map[string]route{rs.collections, rs.members, rs.searches} {
		for segment := range maps.Keys(table) {
			if !slices.Contains(schema.ReservedEndpoints, segment) {
				t.Errorf("a resource type may have the endpoint /%s", segment)
			}
		}
	}
}
