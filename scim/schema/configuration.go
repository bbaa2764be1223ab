package schema

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/scimbridge/scimbridge/scim/resource"
)

// Configuration is what an installation adds to the built-in schemas.
type Configuration struct {
	// Schemas are base schemas of configured resource types, and extensions.
	// Each must be used by one of the resource types.
	Schemas []Definition
	// ResourceTypes are further resource types. One with the name of a built-in
	// type adds its extensions to that.
	ResourceTypes []ResourceTypeDefinition
	// Indexes name attributes to be looked up by the database, besides those
	// that are unique, which always are: "Device:serialNumber" of a resource
	// type's base schema, or the full name "urn:…:User:number" of an attribute of
	// any schema, for all resource types that have it.
	Indexes []string
}

// Registry compiles the built-in schemas together with the configuration. The
// configured resource types come after User and Group in the order of their
// names, schemas after the built-in ones in the order of their URNs, whatever
// the order of the files. An error says which definition is wrong and what would
// be right; if it was loaded from a file, it is a *FileError.
func (c Configuration) Registry() (*Registry, error) {
	r, common, err := builtinRegistry()
	if err != nil {
		return nil, err
	}
	a := assembly{registry: r, common: common, defs: map[string]*Definition{}}
	for i := range c.Schemas {
		d := &c.Schemas[i]
		if err := d.checkOwnURN(); err != nil {
			return nil, err
		}
		if _, twice := a.defs[lower(d.URN)]; twice {
			return nil, d.source.at("id").wrong("schema %s is defined twice", d.URN)
		}
		a.defs[lower(d.URN)] = d
	}
	types := slices.Clone(c.ResourceTypes)
	slices.SortStableFunc(types, func(x, y ResourceTypeDefinition) int { return cmp.Compare(x.Name, y.Name) })
	for i := range types {
		if err := a.resourceType(&types[i]); err != nil {
			return nil, err
		}
	}
	for i := range c.Schemas {
		if d := &c.Schemas[i]; r.Schema(d.URN) == nil {
			return nil, d.source.at("id").wrong("schema %s is used by no resource type: name it as schema or in schemaExtensions of one", d.URN)
		}
	}
	if err := r.finish(); err != nil {
		return nil, err
	}
	if err := r.index(c.Indexes); err != nil {
		return nil, err
	}
	return r, nil
}

// assembly adds a configuration to a registry.
type assembly struct {
	registry *Registry
	common   []*Attribute
	defs     map[string]*Definition // by URN in lower case
}

func (a *assembly) resourceType(d *ResourceTypeDefinition) error {
	if t := a.registry.Type(d.Name); t != nil && !t.configured {
		return a.builtin(t, d)
	}
	t, err := a.newType(d)
	if err != nil {
		return err
	}
	core := a.defs[lower(d.Schema)]
	if core == nil {
		if a.registry.Schema(d.Schema) != nil {
			return d.source.at("schema").wrong("resource type %s: %s is a built-in schema; a configured type needs a base schema of its own", d.Name, d.Schema)
		}
		return d.source.at("schema").wrong("resource type %s: there is no schema %q among the configured ones", d.Name, d.Schema)
	}
	if t.Core, err = a.schema(core, false); err != nil {
		return err
	}
	for i, attr := range t.Core.Attributes {
		for _, c := range a.common {
			if resource.EqualFold(attr.Name, c.Name) {
				return core.Attributes[i].source.at("name").wrong("schema %s: attribute %s: every resource has it already; leave it out", core.URN, attr.Name)
			}
		}
	}
	a.registry.types = append(a.registry.types, t)
	return a.extend(t, d)
}

// builtin adds the extensions of a definition to a built-in type, of which
// nothing else can be changed.
func (a *assembly) builtin(t *ResourceType, d *ResourceTypeDefinition) error {
	switch {
	case d.Name != t.Name:
		return d.source.at("name").wrong("resource type %s is built in and spelled %s", d.Name, t.Name)
	case d.Endpoint != "" && "/"+strings.TrimPrefix(d.Endpoint, "/") != t.Endpoint:
		return d.source.at("endpoint").wrong("resource type %s is built in; its endpoint is %s", t.Name, t.Endpoint)
	case d.Schema != "" && !resource.EqualFold(d.Schema, t.Core.URN):
		return d.source.at("schema").wrong("resource type %s is built in; its schema is %s, and further ones go into schemaExtensions", t.Name, t.Core.URN)
	}
	return a.extend(t, d)
}

// extend adds the extensions of a definition to the type. Those that are
// built in can be listed too, which also makes them required if it says so.
func (a *assembly) extend(t *ResourceType, d *ResourceTypeDefinition) error {
	var given []*Schema
	for _, ref := range d.Extensions {
		at := ref.source.at("schema")
		var s *Schema
		var err error
		if def := a.defs[lower(ref.Schema)]; def != nil {
			if s, err = a.schema(def, true); err != nil {
				return err
			}
		} else {
			for _, x := range User().Extensions { // they can extend other types, too
				if resource.EqualFold(x.URN, ref.Schema) {
					s = a.registry.Schema(ref.Schema)
				}
			}
		}
		switch {
		case s == nil:
			return at.wrong("resource type %s: there is no schema %q that could be an extension", t.Name, ref.Schema)
		case s == t.Core:
			return at.wrong("resource type %s: its base schema can not be an extension as well", t.Name)
		case slices.Contains(given, s):
			return at.wrong("resource type %s: the extension %s is listed twice", t.Name, s.URN)
		}
		given = append(given, s)
		if i := slices.IndexFunc(t.Extensions, func(e Extension) bool { return e.Schema == s }); i >= 0 {
			t.Extensions[i].Required = t.Extensions[i].Required || ref.Required
			continue
		}
		t.Extensions = append(t.Extensions, Extension{Schema: s, Required: ref.Required})
	}
	// The canonical order of a document must not depend on that of a file.
	slices.SortStableFunc(t.Extensions, func(x, y Extension) int {
		if x.configured != y.configured {
			if y.configured {
				return -1
			}
			return 1
		}
		if !x.configured {
			return 0
		}
		return cmp.Compare(x.URN, y.URN)
	})
	return nil
}

// schema returns the compiled schema of a definition, compiling it once.
func (a *assembly) schema(d *Definition, extension bool) (*Schema, error) {
	if s := a.registry.Schema(d.URN); s != nil {
		if s.extension != extension {
			return nil, d.source.at("id").wrong("schema %s is the base schema of one resource type and an extension of another; it can be one of them", d.URN)
		}
		return s, nil
	}
	return a.registry.add(*d, extension)
}

// newType checks what a resource type says of itself.
func (a *assembly) newType(d *ResourceTypeDefinition) (*ResourceType, error) {
	name := d.source.at("name")
	if len(d.Name) > maxName || len(d.Endpoint) > maxName {
		return nil, name.wrong("resource type %s…: name and endpoint: %w", d.Name[:min(len(d.Name), 40)], errLongName)
	}
	if !typeName(d.Name) {
		return nil, name.wrong("resource type %q: a name is a letter followed by letters, digits, '-' or '_'", d.Name)
	}
	for _, other := range []string{"Schema", "ResourceType", "ServiceProviderConfig", "Bulk"} {
		if resource.EqualFold(d.Name, other) {
			return nil, name.wrong("resource type %s: the name is SCIM's own; choose another", d.Name)
		}
	}
	t := &ResourceType{
		Name: d.Name, Endpoint: "/" + strings.TrimPrefix(d.Endpoint, "/"), Description: d.Description,
		Common: a.common, configured: true,
	}
	if err := checkEndpoint(t.Endpoint); err != nil {
		return nil, d.source.at("endpoint").wrong("resource type %s: %w", d.Name, err)
	}
	for _, other := range a.registry.types {
		if resource.EqualFold(other.Name, t.Name) {
			return nil, name.wrong("resource type %s is defined twice", t.Name)
		}
		if resource.EqualFold(other.Endpoint, t.Endpoint) {
			return nil, d.source.at("endpoint").wrong("resource type %s: the endpoint %s is that of %s", t.Name, t.Endpoint, other.Name)
		}
	}
	return t, nil
}

func typeName(s string) bool { return validName(s) && !strings.Contains(s, "$") }

// checkEndpoint wants one segment that needs no escaping and is not taken.
func checkEndpoint(endpoint string) error {
	segment := strings.TrimPrefix(endpoint, "/")
	if !typeName(segment) {
		return errors.New("the endpoint " + endpoint + " must be one segment of letters, digits, '-' and '_' that begins with a letter, like /Devices")
	}
	for _, taken := range ReservedEndpoints {
		if resource.EqualFold(segment, taken) {
			return errors.New("the endpoint " + endpoint + " is one of SCIM's own; choose another")
		}
	}
	return nil
}

// ReservedEndpoints are the first segments of paths, behind the base, that no
// configured resource type can have: the protocol's own, in any case.
var ReservedEndpoints = []string{
	"Users", "Groups", "ServiceProviderConfig", "ServiceProviderConfigs", "ResourceTypes", "Schemas", "Me", "Bulk",
	"Requests", "AsyncRequests", "v1", "v2", ".search",
}
