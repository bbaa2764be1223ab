// Package schema is the attribute table of the SCIM engine: what attributes
// exist, their types and characteristics (RFC 7643 section 7), and whether a
// value fits. The table is compiled once from elimity's schema definitions,
// corrected where they depart from the RFC, and never changes afterwards, so it
// is read without locks. The discovery documents are rendered from the same
// table: what /Schemas says is what the server does.
//
// Normalize turns what a client sent into the one canonical form in which a
// resource is compared, stored and returned. Two things always hold. A normal
// form is its own normal form. And tolerance decides only whether a body is
// accepted, never what is stored: a body that strict mode accepts has the same
// normal form in tolerant mode. Clients are not trusted: a name that is not in
// the table has no effect, whatever it is.
package schema

import (
	"iter"
	"slices"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/scim/resource"
)

// Type is an attribute's data type (RFC 7643 section 2.3).
type Type uint8

// The data types.
const (
	String Type = iota
	Boolean
	Decimal
	Integer
	DateTime
	Binary
	Reference
	Complex
)

// Mutability says who may write an attribute, and when.
type Mutability uint8

// The mutabilities.
const (
	ReadWrite Mutability = iota
	ReadOnly
	Immutable
	WriteOnly
)

// Returned says when an attribute is part of an answer.
type Returned uint8

// The values of the returned characteristic.
const (
	ReturnedDefault Returned = iota
	ReturnedAlways
	ReturnedNever
	ReturnedRequest
)

// Uniqueness says within what a value must be unique.
type Uniqueness uint8

// The values of the uniqueness characteristic.
const (
	UniqueNone Uniqueness = iota
	UniqueServer
	UniqueGlobal
)

// Attribute is one row of the table. It is immutable.
type Attribute struct {
	Name        string // canonical spelling, e.g. "givenName"
	Schema      string // URN of the schema that defines it; "" for id, externalId, meta, schemas
	Path        string // canonical dotted path within its schema, e.g. "name.givenName"
	Description string
	Type        Type
	Multi       bool // multi-valued
	Required    bool
	CaseExact   bool
	Mutability  Mutability
	Returned    Returned
	Uniqueness  Uniqueness
	Canonical   []string // canonical values, if any
	RefTypes    []string // reference types, if any
	Sub         []*Attribute
	Parent      *Attribute // nil for a top-level attribute

	qualified string // see FullName
	form      form
	maxLength int      // characters; 0: maxText bytes
	maxValues int      // of a multi-valued attribute; 0: any number
	aliases   []string // other names, tolerant mode only
	source    *node    // where it was loaded from, for messages
	// endpoints are the first segments under which the resources of configured
	// RefTypes are; those of the built-in types are their names with an s.
	endpoints map[string]string
}

// FullName is the name by which messages call the attribute and by which a
// client can address it: the path, after the schema's URN for an extension.
func (a *Attribute) FullName() string {
	if a.qualified == "" { // a table made by hand
		return a.Path
	}
	return a.qualified
}

// SubAttribute returns the sub-attribute of that name in any case, or nil.
func (a *Attribute) SubAttribute(name string) *Attribute {
	for _, s := range a.Sub {
		if resource.EqualFold(s.Name, name) {
			return s
		}
	}
	return nil
}

// Alias returns the sub-attribute that clients are known to call name, in any
// case, or nil. Aliases are for tolerant mode only.
func (a *Attribute) Alias(name string) *Attribute {
	for _, s := range a.Sub {
		for _, alias := range s.aliases {
			if resource.EqualFold(alias, name) {
				return s
			}
		}
	}
	return nil
}

// Schema is a named set of attributes.
type Schema struct {
	URN         string
	Name        string
	Description string
	Attributes  []*Attribute

	configured bool // not one of the built-in ones
	extension  bool // of configured ones: it extends resource types
}

// Configured reports whether the schema was added by a configuration.
func (s *Schema) Configured() bool { return s.configured }

// all yields the attributes and their sub-attributes.
func (s *Schema) all() iter.Seq[*Attribute] {
	return func(yield func(*Attribute) bool) {
		for _, a := range s.Attributes {
			if !yield(a) {
				return
			}
			for _, sub := range a.Sub {
				if !yield(sub) {
					return
				}
			}
		}
	}
}

// Attribute returns the top-level attribute of that name in any case, or nil.
func (s *Schema) Attribute(name string) *Attribute {
	for _, a := range s.Attributes {
		if resource.EqualFold(a.Name, name) {
			return a
		}
	}
	return nil
}

// Extension is an extension schema of a resource type.
type Extension struct {
	*Schema
	Required bool
}

// ResourceType binds an endpoint to a base schema and its extensions. In a
// resource's tree the attributes of the base schema and the common attributes
// are members of the object itself, those of an extension are members of an
// object under the extension's URN (R-7643-3-04).
type ResourceType struct {
	Name        string // "User"
	Endpoint    string // "/Users"
	Description string
	Core        *Schema
	Extensions  []Extension
	Common      []*Attribute // schemas, id, externalId, meta

	keys       map[string]Key // see Key
	configured bool
	indexes    map[*Attribute]directory.Index // see Index
	guarded    bool                           // see Replace
	onRequest  bool                           // see OnRequest
}

// OnRequest reports whether the type has attributes or sub-attributes that are
// returned on request only, so that not all that is stored is part of every answer.
func (t *ResourceType) OnRequest() bool { return t.onRequest }

// OnRequest reports whether the attribute or one of its sub-attributes is
// returned on request only.
func (a *Attribute) OnRequest() bool {
	for _, s := range a.Sub {
		if s.Returned == ReturnedRequest {
			return true
		}
	}
	return a.Returned == ReturnedRequest
}

// Configured reports whether the resource type was added by a configuration.
func (t *ResourceType) Configured() bool { return t.configured }

// Extension returns the extension with that URN in any case, or nil.
func (t *ResourceType) Extension(urn string) *Schema {
	for _, e := range t.Extensions {
		if resource.EqualFold(e.URN, urn) {
			return e.Schema
		}
	}
	return nil
}

// Attributes returns the attributes of the base schema and of the extensions,
// each followed by its sub-attributes; not the common ones.
func (t *ResourceType) Attributes() []*Attribute {
	var all []*Attribute
	for _, s := range t.schemas() {
		all = slices.AppendSeq(all, s.all())
	}
	return all
}

// Member returns the name of the member of a resource's tree in which a top-level
// attribute is: its own, or the URN of its extension.
func (t *ResourceType) Member(a *Attribute) string {
	if a.Schema == "" || a.Schema == t.Core.URN {
		return a.Name
	}
	return a.Schema
}

// Values yields the top-level attributes that have a value in a resource's
// tree, with those values; members that the type does not know are left out.
func (t *ResourceType) Values(o *resource.Object) iter.Seq2[*Attribute, resource.Value] {
	return func(yield func(*Attribute, resource.Value) bool) {
		for _, f := range o.Fields() {
			e := t.Extension(f.Name)
			if e == nil {
				if a := t.Attribute("", f.Name); a != nil && !yield(a, f.Value) {
					return
				}
				continue
			}
			for _, g := range f.Value.Object().Fields() {
				if a := e.Attribute(g.Name); a != nil && !yield(a, g.Value) {
					return
				}
			}
		}
	}
}

// Parts yields the attribute and those of its sub-attributes that occur in a
// value of it, in one element or several.
func (a *Attribute) Parts(v resource.Value) iter.Seq[*Attribute] {
	return func(yield func(*Attribute) bool) {
		if !yield(a) {
			return
		}
		elements := v.List()
		if v.Kind() == resource.Complex {
			elements = []resource.Value{v}
		}
		for _, e := range elements {
			for _, f := range e.Object().Fields() {
				if s := a.SubAttribute(f.Name); s != nil && !yield(s) {
					return
				}
			}
		}
	}
}

// Attribute returns the top-level attribute that urn and name mean, in any
// case, or nil: with an empty urn or the base schema's a common or base
// attribute, otherwise one of that extension.
func (t *ResourceType) Attribute(urn, name string) *Attribute {
	if urn == "" || resource.EqualFold(urn, t.Core.URN) {
		for _, a := range t.Common {
			if resource.EqualFold(a.Name, name) {
				return a
			}
		}
		return t.Core.Attribute(name)
	}
	if e := t.Extension(urn); e != nil {
		return e.Attribute(name)
	}
	return nil
}
