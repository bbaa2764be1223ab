package scim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// noFilter refuses a filter on discovery endpoints (R-7644-4-03); sorting and
// paging parameters are ignored there.
func noFilter(r *request) error {
	if len(r.param("filter")) > 0 {
		return fault.Status(http.StatusForbidden, "this endpoint takes no filter; ask for one entry by its name or URN")
	}
	return nil
}

func schemas(s *Server, r *request) (*response, error) {
	if err := noFilter(r); err != nil {
		return nil, err
	}
	return ok(s.c.Registry.SchemaList(s.base)), nil
}

func schemaByURN(s *Server, r *request) (*response, error) {
	doc, found := s.c.Registry.SchemaDocument(r.name, s.base)
	if !found {
		return nil, fault.Status(http.StatusNotFound, "there is no schema %q; /Schemas lists all", fault.Clip(r.name))
	}
	return ok(doc), nil
}

func resourceTypes(s *Server, r *request) (*response, error) {
	if err := noFilter(r); err != nil {
		return nil, err
	}
	return ok(s.c.Registry.ResourceTypeList(s.base)), nil
}

func resourceType(s *Server, r *request) (*response, error) {
	doc, found := s.c.Registry.ResourceTypeDocument(r.name, s.base)
	if !found {
		return nil, fault.Status(http.StatusNotFound, "there is no resource type %q; /ResourceTypes lists all", fault.Clip(r.name))
	}
	return ok(doc), nil
}

// serviceProviderConfig tells what the server does (R-7643-5-02, -05). It needs
// no credentials and holds nothing of any tenant.
func serviceProviderConfig(s *Server, r *request) (*response, error) {
	if err := noFilter(r); err != nil {
		return nil, err
	}
	type supported struct {
		Supported bool `json:"supported"`
	}
	doc := struct {
		Schemas []string  `json:"schemas"`
		Patch   supported `json:"patch"`
		Bulk    struct {
			Supported bool `json:"supported"`
			// Clients take maxOperations as the size of a PATCH too (XX-01), which
			// is why a bulk request may not hold more operations than one.
			MaxOperations  int   `json:"maxOperations"`
			MaxPayloadSize int64 `json:"maxPayloadSize"`
		} `json:"bulk"`
		Filter struct {
			Supported  bool `json:"supported"`
			MaxResults int  `json:"maxResults"`
		} `json:"filter"`
		ChangePassword        supported `json:"changePassword"`
		Sort                  supported `json:"sort"`
		ETag                  supported `json:"etag"`
		AuthenticationSchemes []scheme  `json:"authenticationSchemes"`
		Pagination            struct {
			Cursor                  bool   `json:"cursor"`
			Index                   bool   `json:"index"`
			DefaultPaginationMethod string `json:"defaultPaginationMethod"`
			DefaultPageSize         int    `json:"defaultPageSize"`
			MaxPageSize             int    `json:"maxPageSize"`
			CursorTimeout           int64  `json:"cursorTimeout"`
		} `json:"pagination"`
		SecurityEvents *securityEvents `json:"securityEvents,omitempty"`
		Interop        bool            `json:"interopProfileConformant,omitempty"`
		Meta           struct {
			ResourceType string `json:"resourceType"`
			Location     string `json:"location"`
		} `json:"meta"`
	}{
		Schemas: []string{schema.ServiceProviderConfigURN},
		Patch:   supported{true}, ETag: supported{true},
		AuthenticationSchemes: []scheme{{
			Type: "oauthbearertoken", Name: "OAuth Bearer Token", Primary: true,
			Description: "A token issued by the bridge, in the Authorization header.",
			SpecURI:     "https://www.rfc-editor.org/info/rfc6750",
		}},
	}
	doc.Bulk.Supported = true
	doc.Bulk.MaxOperations, doc.Bulk.MaxPayloadSize = s.c.Limits.BulkOperations, s.c.Limits.BulkPayload
	doc.Filter.Supported, doc.Filter.MaxResults = true, s.c.Limits.Page
	doc.Sort.Supported = true
	doc.Pagination.Index, doc.Pagination.Cursor, doc.Pagination.DefaultPaginationMethod = true, true, "index"
	doc.Pagination.CursorTimeout = int64(s.c.Limits.CursorTimeout / time.Second)
	doc.Pagination.DefaultPageSize, doc.Pagination.MaxPageSize = s.c.Limits.DefaultPage, s.c.Limits.Page
	if s.c.AsyncResults > 0 && s.c.AnnounceAsync {
		doc.SecurityEvents = &securityEvents{AsyncRequest: "request"}
	}
	// Said only to the clients that are held to the profile: for others what it
	// wants refused is accepted.
	doc.Interop = r.interop()
	doc.Meta.ResourceType, doc.Meta.Location = "ServiceProviderConfig", s.base+"/ServiceProviderConfig"
	b, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("render service provider configuration: %w", err)
	}
	return ok(b), nil
}

// securityEvents is what a server does of RFC 9967 (section 4): it answers
// before it is done if a client asks for that. It delivers no events, so there is
// no eventUris.
type securityEvents struct {
	AsyncRequest string `json:"asyncRequest"`
}

// scheme is one way to authenticate.
type scheme struct {
	Type        string `json:"type"`
	Name        string `json:"name"`
	Description string `json:"description"`
	SpecURI     string `json:"specUri"`
	Primary     bool   `json:"primary"`
}
