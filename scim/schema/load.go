package schema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/scimbridge/scimbridge/scim/resource"
)

// ResourceTypeDefinition is a resource type as data, before it is checked
// against the schemas it names (RFC 7643 section 6). With the name of a
// built-in type it adds extensions to that.
type ResourceTypeDefinition struct {
	Name        string
	Endpoint    string // one segment, with or without a slash in front
	Description string
	Schema      string // URN of the base schema
	Extensions  []ExtensionReference

	source *node
}

// ExtensionReference names an extension schema of a resource type.
type ExtensionReference struct {
	Schema   string
	Required bool

	source *node
}

// Document is what a file defines.
type Document struct {
	Schemas       []Definition
	ResourceTypes []ResourceTypeDefinition
}

// Load reads schemas and resource types from the text of a file, in the form in
// which /Schemas and /ResourceTypes return them (RFC 7643 sections 6 and 7):
// one resource, an array of them, or a ListResponse. meta is ignored, every
// other key must be one of the RFC's, spelled as there: a mistyped "requierd"
// would otherwise be a promise that nobody keeps. Each schema is compiled as
// well, so that what is accepted can be used.
//
// The errors are *FileError, all of a file joined in the order of their places.
func Load(file string, data []byte) (Document, error) {
	src := &source{file: file, data: data}
	root, err := src.read()
	if err != nil {
		return Document{}, err
	}
	l := loader{}
	for _, n := range l.resources(root) {
		switch l.kind(n) {
		case SchemaURN:
			l.schema(n)
		case ResourceTypeURN:
			l.resourceType(n)
		}
	}
	return l.out, l.problems.err()
}

// loader collects what a file holds and what is wrong with it.
type loader struct {
	out      Document
	problems problems
	named    map[string]bool // what is in out, by kind and name
	left     int             // attributes that the schema may still have
}

// again reports whether the file has defined the schema or type before.
func (l *loader) again(kind, name string) bool {
	if l.named == nil {
		l.named = map[string]bool{}
	}
	key := kind + " " + lower(name)
	before := l.named[key]
	l.named[key] = true
	return before
}

// resources returns the resources of a file.
func (l *loader) resources(root *node) []*node {
	if root.kind == '[' {
		return root.elements
	}
	list := root.get("Resources")
	if list == nil {
		return []*node{root}
	}
	l.keys(root, "a ListResponse", "schemas", "totalResults", "startIndex", "itemsPerPage", "Resources")
	if list.kind != '[' {
		l.problems.add(list.wrong("Resources: want an array of schemas or resource types, not %s", list.what()))
	}
	if n := root.get("totalResults"); n != nil && n.text != fmt.Sprint(len(list.elements)) {
		l.problems.add(n.wrong("totalResults: the list says that there are %s and holds %d; save all of them", n.text, len(list.elements)))
	}
	return list.elements
}

// kind says what a resource is, by its schemas or, as the examples of the RFC
// have none, by its members. It is "" for what is neither.
func (l *loader) kind(n *node) string {
	if n.kind != '{' {
		l.problems.add(n.wrong("want a schema or a resource type, which is an object, not %s", n.what()))
		return ""
	}
	if s := n.get("schemas"); s != nil {
		urns := l.texts(s, "schemas")
		for _, urn := range []string{SchemaURN, ResourceTypeURN} {
			if len(urns) == 1 && resource.EqualFold(urns[0], urn) {
				return urn
			}
		}
		l.problems.add(s.wrong("schemas: want [%q] or [%q]", SchemaURN, ResourceTypeURN))
		return ""
	}
	switch {
	case n.get("attributes") != nil:
		return SchemaURN
	case n.get("endpoint") != nil:
		return ResourceTypeURN
	}
	l.problems.add(n.wrong("this is neither a schema, which has id, name and attributes, nor a resource type, which has name, endpoint and schema"))
	return ""
}

func (l *loader) schema(n *node) {
	before := len(l.problems)
	l.left = maxAttributes
	l.keys(n, "a schema", "schemas", "id", "name", "description", "attributes", "meta")
	d := Definition{
		URN: l.text(n, "id", true), Name: l.text(n, "name", true), Description: l.text(n, "description", false),
		Attributes: l.attributes(n, "attributes", ""), source: n,
	}
	if len(d.Attributes) == 0 && len(l.problems) == before {
		l.problems.add(n.at("attributes").wrong("attributes: a schema must have at least one"))
	}
	if len(l.problems) > before {
		return
	}
	if _, err := compile(d, compiling{}); err != nil {
		l.problems.add(err)
		return
	}
	if err := d.checkOwnURN(); err != nil {
		l.problems.add(err)
		return
	}
	if l.again(SchemaURN, d.URN) {
		l.problems.add(n.at("id").wrong("schema %s is defined twice", d.URN))
		return
	}
	l.out.Schemas = append(l.out.Schemas, d)
}

// attributes reads the list under key; path is that of the attribute around it.
func (l *loader) attributes(n *node, key, path string) []AttributeDefinition {
	list := n.get(key)
	switch {
	case list == nil && path == "":
		l.problems.add(n.wrong("%s is missing", key))
		return nil
	case list == nil:
		return nil
	case list.kind != '[':
		l.problems.add(list.wrong("%s: want an array of attributes, not %s", key, list.what()))
		return nil
	}
	if len(list.elements) > l.left {
		if l.left >= 0 {
			l.problems.add(list.wrong("%s%s: %s", path, key, errTooManyAttributes))
		}
		l.left = -1 // said once
		return nil
	}
	l.left -= len(list.elements)
	var out []AttributeDefinition
	for i, e := range list.elements {
		if e.kind != '{' {
			l.problems.add(e.wrong("%s%s[%d]: want an object that describes an attribute, not %s", path, key, i, e.what()))
			continue
		}
		out = append(out, l.attribute(e, path))
	}
	return out
}

func (l *loader) attribute(n *node, path string) AttributeDefinition {
	name := l.text(n, "name", true)
	what := "the attribute " + path + name
	switch {
	case name == "" && path == "":
		what = "an attribute"
	case name == "":
		what = "a sub-attribute of " + strings.TrimSuffix(path, ".")
	}
	l.keys(n, what, "name", "type", "subAttributes", "multiValued", "description", "required",
		"canonicalValues", "caseExact", "mutability", "returned", "uniqueness", "referenceTypes")
	return AttributeDefinition{
		Name: name, Type: l.text(n, "type", false), Description: l.text(n, "description", false),
		MultiValued: l.flag(n, "multiValued"), Required: l.flag(n, "required"), CaseExact: l.flag(n, "caseExact"),
		Mutability: l.text(n, "mutability", false), Returned: l.text(n, "returned", false), Uniqueness: l.text(n, "uniqueness", false),
		CanonicalValues: l.texts(n.get("canonicalValues"), "canonicalValues"), ReferenceTypes: l.texts(n.get("referenceTypes"), "referenceTypes"),
		SubAttributes: l.attributes(n, "subAttributes", path+name+"."), source: n,
	}
}

func (l *loader) resourceType(n *node) {
	before := len(l.problems)
	l.keys(n, "a resource type", "schemas", "id", "name", "description", "endpoint", "schema", "schemaExtensions", "meta")
	d := ResourceTypeDefinition{
		Name: l.text(n, "name", true), Endpoint: l.text(n, "endpoint", true), Description: l.text(n, "description", false),
		Schema: l.text(n, "schema", true), source: n,
	}
	if id := l.text(n, "id", false); id != "" && id != d.Name {
		l.problems.add(n.at("id").wrong("id: %q must be the same as the name, %q, or left out", id, d.Name))
	}
	if list := n.get("schemaExtensions"); list != nil && list.kind != '[' {
		l.problems.add(list.wrong("schemaExtensions: want an array, not %s", list.what()))
	} else if list != nil {
		for i, e := range list.elements {
			if e.kind != '{' {
				l.problems.add(e.wrong("schemaExtensions[%d]: want an object with schema and required, not %s", i, e.what()))
				continue
			}
			l.keys(e, "an extension of a resource type", "schema", "required")
			d.Extensions = append(d.Extensions, ExtensionReference{Schema: l.text(e, "schema", true), Required: l.flag(e, "required"), source: e})
		}
	}
	if len(l.problems) > before {
		return
	}
	if l.again(ResourceTypeURN, d.Name) {
		l.problems.add(n.at("name").wrong("resource type %s is defined twice", d.Name))
		return
	}
	l.out.ResourceTypes = append(l.out.ResourceTypes, d)
}

// keys refuses members that an object of this kind does not have.
func (l *loader) keys(n *node, what string, known ...string) {
	for _, m := range n.members {
		if slices.Contains(known, m.name) {
			continue
		}
		hint := "it has " + strings.Join(known, ", ")
		if i := slices.IndexFunc(known, func(k string) bool { return strings.EqualFold(k, m.name) }); i >= 0 {
			hint = "write " + known[i]
		}
		l.problems.add(n.src.wrong(m.at, "%q is no key of %s; %s", m.name, what, hint))
	}
}

func (l *loader) text(n *node, key string, must bool) string {
	v := n.get(key)
	switch {
	case v == nil && !must:
	case v == nil:
		l.problems.add(n.wrong("%s is missing", key))
	case v.kind != '"':
		l.problems.add(v.wrong("%s: want a string, not %s", key, v.what()))
	case must && v.text == "":
		l.problems.add(v.wrong("%s must not be empty", key))
	default:
		return v.text
	}
	return ""
}

func (l *loader) flag(n *node, key string) bool {
	v := n.get(key)
	if v != nil && v.kind != 't' && v.kind != 'f' {
		l.problems.add(v.wrong("%s: want true or false, not %s", key, v.what()))
	}
	return v != nil && v.kind == 't'
}

func (l *loader) texts(list *node, key string) []string {
	if list == nil {
		return nil
	}
	if list.kind != '[' {
		l.problems.add(list.wrong("%s: want an array of strings, not %s", key, list.what()))
		return nil
	}
	var out []string
	for i, e := range list.elements {
		if e.kind != '"' || e.text == "" {
			l.problems.add(e.wrong("%s[%d]: want a string that is not empty, not %s", key, i, e.what()))
			continue
		}
		out = append(out, e.text)
	}
	return out
}

// what is the kind of a value in a sentence.
func (n *node) what() string {
	return map[jsontext.Kind]string{
		'n': "null", 't': "a boolean", 'f': "a boolean", '"': "a string", '0': "a number", '{': "an object", '[': "an array",
	}[n.kind]
}
