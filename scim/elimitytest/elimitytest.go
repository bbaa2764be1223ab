// Package elimitytest runs elimity-com/scim's Server, the best known SCIM
// library for Go, as a second implementation beside ours: what both answer the
// same is likely right, and what both do can be timed against each other.
//
// That library leaves to a ResourceHandler what it does not do itself: storing,
// paging, and applying PATCH operations. The Handler here does those in the most
// direct way over a Store, so that the differences that remain are the
// library's. It is for tests and benchmarks only.
package elimitytest

import (
	"net/http"
	"time"

	"github.com/elimity-com/scim"
	"github.com/elimity-com/scim/optional"
	"github.com/elimity-com/scim/schema"
)

// Record is one stored resource: its attributes as JSON decodes them, without
// those that the server adds (id, schemas, meta). Attributes are shared with
// the Store: whoever changes them clones first.
type Record struct {
	ID         string
	Attributes map[string]any
	Created    time.Time
	Modified   time.Time
	Version    string
}

// Store keeps the records of one resource type. Errors are elimity's
// errors.ScimError. It is safe for concurrent use.
type Store interface {
	Insert(r *http.Request, attributes map[string]any) (Record, error)
	Get(r *http.Request, id string) (Record, error)
	// Update replaces the attributes by what change makes of a copy of them.
	Update(r *http.Request, id string, change func(map[string]any) (map[string]any, error)) (Record, error)
	Delete(r *http.Request, id string) error
	// Find calls fn for each record in the order of creation until it answers
	// false. If userName is not empty it may leave out records with another.
	Find(r *http.Request, userName string, fn func(Record) bool) error
	Len(r *http.Request) (int, error)
}

// NewServer returns elimity's server for /Users, with the enterprise extension,
// and /Groups.
func NewServer(users, groups Store) (http.Handler, error) {
	userType := scim.ResourceType{
		ID: optional.NewString("User"), Name: "User", Endpoint: "/Users",
		Schema:           schema.CoreUserSchema(),
		SchemaExtensions: []scim.SchemaExtension{{Schema: schema.ExtensionEnterpriseUser()}},
	}
	userType.Handler = &handler{store: users, schemas: []schema.Schema{userType.Schema, schema.ExtensionEnterpriseUser()}}
	groupType := scim.ResourceType{
		ID: optional.NewString("Group"), Name: "Group", Endpoint: "/Groups",
		Schema: schema.CoreGroupSchema(),
	}
	groupType.Handler = &handler{store: groups, schemas: []schema.Schema{groupType.Schema}}
	return scim.NewServer(&scim.ServerArgs{
		ServiceProviderConfig: &scim.ServiceProviderConfig{MaxResults: 1000, SupportFiltering: true, SupportPatch: true},
		ResourceTypes:         []scim.ResourceType{userType, groupType},
	})
}
