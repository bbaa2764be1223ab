package schema

import (
	"strconv"
	"strings"

	"github.com/scimbridge/scimbridge/scim/resource"
)

// document is a rendered discovery resource up to its location, which depends
// on the URL under which the client reached the service.
type document struct {
	head string // … "location":"
	path string // "/Schemas/urn:…"
}

func (d document) append(dst []byte, base string) []byte {
	dst = append(dst, d.head...)
	dst = resource.AppendString(dst, base+d.path)
	return append(dst, "}}"...)
}

// newDocument renders everything but the location. meta is the last member and
// location its last one.
func newDocument(o *resource.Object, resourceType, path string) document {
	text := o.AppendJSON(nil)
	text = append(text[:len(text)-1], `,"meta":{"resourceType":`...)
	text = resource.AppendString(text, resourceType)
	return document{head: string(append(text, `,"location":`...)), path: path}
}

// render fills the cache of documents.
func (r *Registry) render() {
	r.docs = map[string]document{}
	for _, s := range r.schemas {
		r.docs[lower(s.URN)] = newDocument(s.object(), "Schema", "/Schemas/"+s.URN)
	}
	for _, t := range r.types {
		r.docs[lower(t.Name)] = newDocument(t.object(), "ResourceType", "/ResourceTypes/"+t.Name)
	}
}

// SchemaDocument renders the Schema resource of that URN, in any case, as it
// is served under baseURL (without a trailing slash, e.g.
// "https://bridge.example/scim/v2"). ok is false if there is none.
func (r *Registry) SchemaDocument(urn, baseURL string) (json []byte, ok bool) {
	s := r.Schema(urn)
	if s == nil {
		return nil, false
	}
	return r.docs[lower(s.URN)].append(nil, trimSlash(baseURL)), true
}

// SchemaList renders all Schema resources as a ListResponse.
func (r *Registry) SchemaList(baseURL string) []byte {
	var docs []document
	for _, s := range r.schemas {
		docs = append(docs, r.docs[lower(s.URN)])
	}
	return list(docs, trimSlash(baseURL))
}

// ResourceTypeDocument renders the ResourceType resource of that name, in any
// case.
func (r *Registry) ResourceTypeDocument(name, baseURL string) (json []byte, ok bool) {
	t := r.Type(name)
	if t == nil {
		return nil, false
	}
	return r.docs[lower(t.Name)].append(nil, trimSlash(baseURL)), true
}

// ResourceTypeList renders all ResourceType resources as a ListResponse.
func (r *Registry) ResourceTypeList(baseURL string) []byte {
	var docs []document
	for _, t := range r.types {
		docs = append(docs, r.docs[lower(t.Name)])
	}
	return list(docs, trimSlash(baseURL))
}

func trimSlash(baseURL string) string { return strings.TrimRight(baseURL, "/") }

func list(docs []document, base string) []byte {
	n := resource.NumberOf(strconv.Itoa(len(docs)))
	head := resource.NewObject(
		field("schemas", texts("urn:ietf:params:scim:api:messages:2.0:ListResponse")),
		field("totalResults", n),
		field("startIndex", resource.NumberOf("1")),
		field("itemsPerPage", n),
	).AppendJSON(nil)
	out := append(head[:len(head)-1], `,"Resources":[`...)
	for i, d := range docs {
		if i > 0 {
			out = append(out, ',')
		}
		out = d.append(out, base)
	}
	return append(out, "]}"...)
}

// object is the Schema resource without meta (RFC 7643 section 7).
func (s *Schema) object() *resource.Object {
	return resource.NewObject(
		field("schemas", texts(SchemaURN)),
		field("id", resource.StringOf(s.URN)),
		field("name", resource.StringOf(s.Name)),
		field("description", resource.StringOf(s.Description)),
		field("attributes", describeAttributes(s.Attributes)),
	)
}

func describeAttributes(attrs []*Attribute) resource.Value {
	var out []resource.Value
	for _, a := range attrs {
		out = append(out, resource.ComplexOf(a.object()))
	}
	return resource.ListOf(out...)
}

// object lists all characteristics, also those that a type can have in one way
// only, so that no client has to know the defaults (R-7643-7-02).
func (a *Attribute) object() *resource.Object {
	o := resource.NewObject(
		field("name", resource.StringOf(a.Name)),
		field("type", resource.StringOf(a.Type.String())),
		field("multiValued", resource.BoolOf(a.Multi)),
		field("description", resource.StringOf(a.Description)),
		field("required", resource.BoolOf(a.Required)),
	)
	if len(a.Canonical) > 0 {
		o.Set("canonicalValues", texts(a.Canonical...))
	}
	o.Set("caseExact", resource.BoolOf(a.CaseExact))
	o.Set("mutability", resource.StringOf(a.Mutability.String()))
	o.Set("returned", resource.StringOf(a.Returned.String()))
	o.Set("uniqueness", resource.StringOf(a.Uniqueness.String()))
	if a.Type == Reference {
		o.Set("referenceTypes", texts(a.RefTypes...))
	}
	if a.Type == Complex {
		o.Set("subAttributes", describeAttributes(a.Sub))
	}
	return o
}

// object is the ResourceType resource without meta (RFC 7643 section 6).
func (t *ResourceType) object() *resource.Object {
	o := resource.NewObject(
		field("schemas", texts(ResourceTypeURN)),
		field("id", resource.StringOf(t.Name)),
		field("name", resource.StringOf(t.Name)),
		field("description", resource.StringOf(t.Description)),
		field("endpoint", resource.StringOf(t.Endpoint)),
		field("schema", resource.StringOf(t.Core.URN)),
	)
	if len(t.Extensions) > 0 {
		var list []resource.Value
		for _, e := range t.Extensions {
			list = append(list, resource.ComplexOf(resource.NewObject(
				field("schema", resource.StringOf(e.URN)),
				field("required", resource.BoolOf(e.Required)),
			)))
		}
		o.Set("schemaExtensions", resource.ListOf(list...))
	}
	return o
}

func field(name string, v resource.Value) resource.Field { return resource.Field{Name: name, Value: v} }

func texts(ss ...string) resource.Value {
	var list []resource.Value
	for _, s := range ss {
		list = append(list, resource.StringOf(s))
	}
	return resource.ListOf(list...)
}
