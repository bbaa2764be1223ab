package schema

import (
	"github.com/elimity-com/scim/optional"
	elimity "github.com/elimity-com/scim/schema"
)

// serviceProviderConfigSchema describes /ServiceProviderConfig (RFC 7643
// section 5 with erratum-corrected authenticationSchemes, whose listing lacks
// type and primary, and the pagination attribute of RFC 9865 section 4).
// elimity has no definition of it.
func serviceProviderConfigSchema() elimity.Schema {
	supported := flag("supported", "Whether the operation is supported.", true)
	return elimity.Schema{
		ID:          ServiceProviderConfigURN,
		Name:        optional.NewString("Service Provider Configuration"),
		Description: optional.NewString("What the service provider can do"),
		Attributes: elimity.Attributes{
			elimity.SimpleCoreAttribute(link("documentationUri", "The URL of the service provider's documentation.")),
			capability("patch", "The PATCH options.", true, supported),
			capability("bulk", "The bulk options.", true, supported,
				count("maxOperations", "The maximum number of operations in one request.", true),
				count("maxPayloadSize", "The maximum size of the payload in bytes.", true)),
			capability("filter", "The filter options.", true, supported,
				count("maxResults", "The maximum number of resources in one answer.", true)),
			capability("changePassword", "The options for changing a password.", true, supported),
			capability("sort", "The sort options.", true, supported),
			capability("etag", "The ETag options.", true, supported),
			capability("pagination", "The pagination options (RFC 9865).", false,
				flag("cursor", "Whether pagination by cursor is supported.", true),
				flag("index", "Whether pagination by index is supported.", true),
				word("defaultPaginationMethod", "The method used when the request names none.", false, "cursor", "index"),
				count("defaultPageSize", "The number of resources on a page when the request names none.", false),
				count("maxPageSize", "The maximum number of resources on a page.", false),
				count("cursorTimeout", "The minimum number of seconds for which a cursor is valid.", false)),
			capability("securityEvents", "The options for asynchronous requests and security events (RFC 9967).", false,
				word("asyncRequest", "When a request is carried out asynchronously.", false, "none", "long", "request"),
				links("eventUris", "The URIs of the events that can be delivered.")),
			elimity.ComplexCoreAttribute(elimity.ComplexParams{
				Name:        "authenticationSchemes",
				Description: optional.NewString("The authentication schemes that are accepted."),
				MultiValued: true,
				Required:    true,
				Mutability:  elimity.AttributeMutabilityReadOnly(),
				SubAttributes: []elimity.SimpleParams{
					word("type", "The authentication scheme.", true, "oauth", "oauth2", "oauthbearertoken", "httpbasic", "httpdigest"),
					word("name", "The common name of the scheme.", true),
					word("description", "A description of the scheme.", true),
					link("specUri", "The URL of the scheme's specification."),
					link("documentationUri", "The URL of the scheme's usage documentation."),
					flag("primary", "Whether this is the preferred scheme.", false),
				},
			}),
			elimity.SimpleCoreAttribute(flag("interopProfileConformant", "Whether the client that asks is served by the SCIM interoperability profile.", false)),
		},
	}
}

func capability(name, description string, must bool, subs ...elimity.SimpleParams) elimity.CoreAttribute {
	return elimity.ComplexCoreAttribute(elimity.ComplexParams{
		Name: name, Description: optional.NewString(description), Required: must,
		Mutability: elimity.AttributeMutabilityReadOnly(), SubAttributes: subs,
	})
}

func flag(name, description string, must bool) elimity.SimpleParams {
	return elimity.SimpleBooleanParams(elimity.BooleanParams{
		Name: name, Description: optional.NewString(description), Required: must, Mutability: elimity.AttributeMutabilityReadOnly(),
	})
}

func count(name, description string, must bool) elimity.SimpleParams {
	return elimity.SimpleNumberParams(elimity.NumberParams{
		Name: name, Description: optional.NewString(description), Required: must,
		Mutability: elimity.AttributeMutabilityReadOnly(), Type: elimity.AttributeTypeInteger(),
	})
}

func word(name, description string, must bool, canonical ...string) elimity.SimpleParams {
	return elimity.SimpleStringParams(elimity.StringParams{
		Name: name, Description: optional.NewString(description), Required: must,
		Mutability: elimity.AttributeMutabilityReadOnly(), CanonicalValues: canonical,
	})
}

func links(name, description string) elimity.SimpleParams {
	return elimity.SimpleReferenceParams(elimity.ReferenceParams{
		Name: name, Description: optional.NewString(description), Mutability: elimity.AttributeMutabilityReadOnly(), MultiValued: true,
		ReferenceTypes: []elimity.AttributeReferenceType{elimity.AttributeReferenceTypeURI},
	})
}

func link(name, description string) elimity.SimpleParams {
	return elimity.SimpleReferenceParams(elimity.ReferenceParams{
		Name: name, Description: optional.NewString(description), Mutability: elimity.AttributeMutabilityReadOnly(),
		ReferenceTypes: []elimity.AttributeReferenceType{elimity.AttributeReferenceTypeExternal},
	})
}
