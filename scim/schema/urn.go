package schema

import (
	"slices"
	"strings"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/resource"
)

// The URNs of the schemas that describe the discovery documents.
const (
	SchemaURN                = "urn:ietf:params:scim:schemas:core:2.0:Schema"
	ResourceTypeURN          = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
	ServiceProviderConfigURN = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
)

// legacyURNs are the names under which clients send the schemas: those of
// SCIM 1.1, and misspellings (EN-05, OL-04, OL-07). Names are in lower case.
var legacyURNs = map[string][]string{
	directory.UserSchema: {
		"urn:scim:schemas:core:1.0", "urn:scim:schemas:core:1.0:user", "urn:scim:schemas:core:2.0", "urn:scim:schemas:core:2.0:user",
		"urn:ietf:params:scim:schemas:core:1.0:user", "urn:ietf:params:scim:schemas:core:2.0", "urn:ietf:params:scim:schemas:core:2.0user",
	},
	directory.GroupSchema: {
		"urn:scim:schemas:core:1.0", "urn:scim:schemas:core:1.0:group", "urn:scim:schemas:core:2.0", "urn:scim:schemas:core:2.0:group",
		"urn:ietf:params:scim:schemas:core:1.0:group", "urn:ietf:params:scim:schemas:core:2.0", "urn:ietf:params:scim:schemas:core:2.0group",
	},
	directory.EnterpriseSchema: {
		"urn:scim:schemas:extension:enterprise:1.0", "urn:scim:schemas:extension:enterprise:1.0:user",
		"urn:scim:schemas:extension:enterprise:2.0", "urn:scim:schemas:extension:enterprise:2.0:user",
		"urn:ietf:params:scim:schemas:extension:enterprise:1.0:user", "urn:ietf:params:scim:schemas:extension:enterprise:2.0",
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0user",
	},
}

// messageURNs begin the URNs of requests and answers (RFC 7644 section 10.4).
const messageURNs = "urn:ietf:params:scim:api:"

// checkOwnURN refuses for a configured schema what already means something else:
// the URN of a built-in schema, a name under which clients send one, or the URN
// of a message.
func (d *Definition) checkOwnURN() error {
	urn := lower(d.URN)
	if strings.HasPrefix(urn+":", messageURNs) {
		return d.source.at("id").wrong("schema %s: URIs that begin with %s name SCIM's messages; choose another", d.URN, messageURNs)
	}
	if s := builtin().Schema(d.URN); s != nil {
		return d.source.at("id").wrong("schema %s is built in; leave it out, or choose another URI", d.URN)
	}
	for _, of := range []string{directory.UserSchema, directory.GroupSchema, directory.EnterpriseSchema} {
		if slices.Contains(legacyURNs[of], urn) {
			return d.source.at("id").wrong("schema %s: under this URI older clients send %s, which is built in; choose another", d.URN, of)
		}
	}
	return nil
}

// checkSchemas holds the schemas attribute to R-7643-3-01 … 03. In tolerant
// mode it decides nothing: what a resource is follows from the endpoint, and
// its schemas from its attributes.
func (t *ResourceType) checkSchemas(v resource.Value, o Options) error {
	if !o.Strict {
		t.repairSchemas(v, o)
		return nil
	}
	if v.Unassigned() {
		return fault.InvalidSyntax("schemas: required; it must contain %q", t.Core.URN)
	}
	if v.Kind() != resource.List {
		return fault.InvalidSyntax("schemas: must be an array of schema URIs, not %s", article(v))
	}
	base := false
	seen := map[string]bool{}
	for _, e := range v.List() {
		if e.Kind() != resource.String {
			return fault.InvalidSyntax("schemas: must be an array of schema URIs, and one element is %s", article(e))
		}
		urn := e.Text()
		isBase := resource.EqualFold(urn, t.Core.URN)
		if !isBase && t.Extension(urn) == nil {
			return fault.InvalidSyntax("schemas: %q is neither %q nor a declared extension of %s", fault.Clip(urn), t.Core.URN, t.Name)
		}
		if seen[lower(urn)] {
			return fault.InvalidSyntax("schemas: %q is listed twice", fault.Clip(urn))
		}
		seen[lower(urn)] = true
		base = base || isBase
	}
	if !base {
		return fault.InvalidSyntax("schemas: must contain %q", t.Core.URN)
	}
	return nil
}

// repairSchemas reports what strict mode would refuse.
func (t *ResourceType) repairSchemas(v resource.Value, o Options) {
	if v.Unassigned() || v.Kind() != resource.List {
		o.repaired(RepairSchemas)
		return
	}
	base := false
	var seen []string
	for _, e := range v.List() {
		urn := e.Text()
		k, ok := t.Key(urn)
		switch {
		case resource.EqualFold(urn, t.Core.URN):
			base = true
		case t.Extension(urn) != nil:
		case ok && k.Schema != nil:
			o.repaired(RepairSchemas)
			base = base || k.Schema == t.Core
			continue
		default:
			o.repaired(RepairUnknownSchema)
			continue
		}
		for _, s := range seen {
			if resource.EqualFold(s, urn) {
				o.repaired(RepairSchemas)
			}
		}
		if len(seen) < 1+len(t.Extensions) {
			seen = append(seen, urn)
		}
	}
	if !base {
		o.repaired(RepairSchemas)
	}
}
