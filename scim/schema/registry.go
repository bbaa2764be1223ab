package schema

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/scimbridge/scimbridge/directory"
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
	own     []*Schema // those of the discovery documents, which come last
	docs    map[string]document
	indexes []directory.Index
}

// NewRegistry compiles the built-in schemas, User with the enterprise and the
// bridge extension and Group, and the given extensions, which come after the
// built-in ones in the order of their URNs. An error says which definition is
// wrong and what would be right. Configuration.Registry takes all that can be
// configured.
func NewRegistry(more ...ExtensionDefinition) (*Registry, error) {
	r, _, err := builtinRegistry()
	if err != nil {
		return nil, err
	}
	more = slices.Clone(more)
	slices.SortFunc(more, func(x, y ExtensionDefinition) int { return cmp.Compare(x.Schema.URN, y.Schema.URN) })
	for _, e := range more {
		if err := r.extend(e); err != nil {
			return nil, err
		}
	}
	if err := r.finish(); err != nil {
		return nil, err
	}
	if err := r.index(nil); err != nil {
		return nil, err
	}
	return r, nil
}

// builtinRegistry is what a configuration is added to, and the common
// attributes of all types. The registry is not finished.
func builtinRegistry() (*Registry, []*Attribute, error) {
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
		return nil, nil, b.err
	}
	return &Registry{
		types: []*ResourceType{
			{Name: "User", Endpoint: "/Users", Description: "User Account", Core: user, Common: common.Attributes,
				Extensions: []Extension{{Schema: enterprise}, {Schema: bridge}}},
			{Name: "Group", Endpoint: "/Groups", Description: "Group", Core: group, Common: common.Attributes},
		},
		schemas: []*Schema{user, group, enterprise, bridge},
		own:     []*Schema{provider, resourceType, schema},
	}, common.Attributes, nil
}

// finish makes what is worked out once: the order of /Schemas, the tables of
// the resource types, the documents.
func (r *Registry) finish() error {
	builtin := slices.IndexFunc(r.schemas, func(s *Schema) bool { return s.configured })
	if builtin >= 0 {
		slices.SortFunc(r.schemas[builtin:], func(x, y *Schema) int { return cmp.Compare(x.URN, y.URN) })
	}
	for _, s := range r.schemas {
		if s.configured {
			if err := r.linkReferences(s); err != nil {
				return err
			}
		}
	}
	r.schemas = append(r.schemas, r.own...)
	for _, t := range r.types {
		t.prepare()
	}
	r.render()
	return nil
}

// linkReferences wants every resource type that a configured schema refers to.
func (r *Registry) linkReferences(s *Schema) error {
	for a := range s.all() {
		for _, name := range a.RefTypes {
			if name == "external" || name == "uri" {
				continue
			}
			t := r.Type(name)
			if t == nil {
				return a.source.at("referenceTypes").wrong("schema %s: attribute %s: referenceTypes: %q is no resource type; it may also be \"external\" or \"uri\"", s.URN, a.Path, name)
			}
			if t.configured {
				if a.endpoints == nil {
					a.endpoints = map[string]string{}
				}
				a.endpoints[name] = t.Endpoint[1:]
			}
		}
	}
	return nil
}

// builder compiles one definition after the other and keeps the first error.
type builder struct{ err error }

func (b *builder) schema(c compiling) func(Definition, error) *Schema {
	return func(d Definition, err error) *Schema {
		var s *Schema
		c.builtin = true
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
	t := r.Type(e.ResourceType)
	if t == nil {
		return fmt.Errorf("schema %s: there is no resource type %q to extend", e.Schema.URN, e.ResourceType)
	}
	s, err := r.add(e.Schema, true)
	if err != nil {
		return err
	}
	t.Extensions = append(t.Extensions, Extension{Schema: s, Required: e.Required})
	return nil
}

// add compiles a configured schema.
func (r *Registry) add(d Definition, extension bool) (*Schema, error) {
	s, err := compile(d, compiling{extension: extension})
	if err != nil {
		return nil, err
	}
	s.configured, s.extension = true, extension
	// A URN that continues another one would make "urn:x:y" a path into it.
	for _, other := range slices.Concat(r.schemas, r.own) {
		a, b := lower(s.URN), lower(other.URN)
		if a == b {
			return nil, d.source.at("id").wrong("schema %s is defined twice", s.URN)
		}
		if strings.HasPrefix(a, b+":") || strings.HasPrefix(b, a+":") || strings.HasPrefix(a, b+".") || strings.HasPrefix(b, a+".") {
			return nil, d.source.at("id").wrong("schema %s: the URI must not continue that of %s, or attribute names become ambiguous", s.URN, other.URN)
		}
	}
	r.schemas = append(r.schemas, s)
	return s, nil
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
