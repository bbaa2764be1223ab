package schema

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/scimbridge/scimbridge/scim/resource"
)

// ExtensionDefinition adds a schema to a resource type.
type ExtensionDefinition struct {
	ResourceType string // "User" or "Group"
	Required     bool   // every resource must have it (R-7643-6-02)
	Schema       Definition
}

// Registry is what the service provider knows: resource types and the schemas
// of everything it returns. It is immutable and safe for concurrent use.
type Registry struct {
	types   []*ResourceType
	schemas []*Schema // in the order of /Schemas
	docs    map[string]document
}

// NewRegistry compiles the built-in schemas, User with the enterprise and the
// bridge extension and Group, and the given extensions, which come after the
// built-in ones in the order of their URNs. An error says which definition is
// wrong and what would be right.
func NewRegistry(more ...ExtensionDefinition) (*Registry, error) {
	var b builder
	common := b.schema(compiling{common: true})(commonDefinition())
	user := b.schema(compiling{})(userDefinition())
	group := b.schema(compiling{})(groupDefinition())
	enterprise := b.schema(compiling{extension: true})(enterpriseDefinition())
	bridge := b.schema(compiling{extension: true})(fromElimity(bridgeSchema()), nil)
	provider := b.schema(compiling{})(fromElimity(serviceProviderConfigSchema()), nil)
	resourceType := b.schema(compiling{})(resourceTypeDefinition())
	schema := b.schema(compiling{nested: true})(schemaDefinition())
	if b.err != nil {
		return nil, b.err
	}
	r := &Registry{
		types: []*ResourceType{
			{Name: "User", Endpoint: "/Users", Description: "User Account", Core: user, Common: common.Attributes,
				Extensions: []Extension{{Schema: enterprise}, {Schema: bridge}}},
			{Name: "Group", Endpoint: "/Groups", Description: "Group", Core: group, Common: common.Attributes},
		},
		schemas: []*Schema{user, group, enterprise, bridge},
	}
	more = slices.Clone(more)
	slices.SortFunc(more, func(x, y ExtensionDefinition) int { return cmp.Compare(x.Schema.URN, y.Schema.URN) })
	for _, e := range more {
		if err := r.extend(e); err != nil {
			return nil, err
		}
	}
	r.schemas = append(r.schemas, provider, resourceType, schema)
	for _, t := range r.types {
		t.prepare()
	}
	r.render()
	return r, nil
}

// builder compiles one definition after the other and keeps the first error.
type builder struct{ err error }

func (b *builder) schema(c compiling) func(Definition, error) *Schema {
	return func(d Definition, err error) *Schema {
		var s *Schema
		if err == nil {
			s, err = compile(d, c)
		}
		if b.err == nil {
			b.err = err
		}
		return s
	}
}

func (r *Registry) extend(e ExtensionDefinition) error {
	s, err := compile(e.Schema, compiling{extension: true})
	if err != nil {
		return err
	}
	t := r.Type(e.ResourceType)
	if t == nil {
		return fmt.Errorf("schema %s: there is no resource type %q to extend", s.URN, e.ResourceType)
	}
	// A URN that continues another one would make "urn:x:y" a path into it.
	for _, other := range slices.Concat(r.schemas, reserved) {
		a, b := lower(s.URN), lower(other.URN)
		if a == b {
			return fmt.Errorf("schema %s is defined twice", s.URN)
		}
		if strings.HasPrefix(a, b+":") || strings.HasPrefix(b, a+":") || strings.HasPrefix(a, b+".") || strings.HasPrefix(b, a+".") {
			return fmt.Errorf("schema %s: the URI must not continue that of %s, or attribute names become ambiguous", s.URN, other.URN)
		}
	}
	t.Extensions = append(t.Extensions, Extension{Schema: s, Required: e.Required})
	r.schemas = append(r.schemas, s)
	return nil
}

// Type returns the resource type of that name in any case, or nil.
func (r *Registry) Type(name string) *ResourceType {
	for _, t := range r.types {
		if resource.EqualFold(t.Name, name) {
			return t
		}
	}
	return nil
}

// Types returns the resource types; the caller must not change the slice.
func (r *Registry) Types() []*ResourceType { return r.types }

// Schema returns the schema with that URN in any case, or nil. Besides those
// of the resource types there are those of the discovery documents.
func (r *Registry) Schema(urn string) *Schema {
	for _, s := range r.schemas {
		if resource.EqualFold(s.URN, urn) {
			return s
		}
	}
	return nil
}

// Schemas returns all schemas in the order of /Schemas; the caller must not
// change the slice.
func (r *Registry) Schemas() []*Schema { return r.schemas }

// builtin is the registry without configured extensions.
var builtin = sync.OnceValue(func() *Registry {
	r, err := NewRegistry()
	if err != nil {
		panic("schema: the built-in schemas are broken: " + err.Error())
	}
	return r
})

// User returns the resource type User with the built-in extensions only; where
// configured ones matter, ask the Registry.
func User() *ResourceType { return builtin().types[0] }

// Group returns the resource type Group without configured extensions.
func Group() *ResourceType { return builtin().types[1] }

// reserved are the schemas that come after the extensions in /Schemas.
var reserved = []*Schema{{URN: ServiceProviderConfigURN}, {URN: ResourceTypeURN}, {URN: SchemaURN}}
