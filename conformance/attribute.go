package conformance

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
)

// attribute is one of a published schema that resources of a kind can have.
type attribute struct {
	kind       resourceType
	urn        string // of the schema
	name       string
	definition any
}

// attributes returns the top-level attributes of all resource types, users
// first, and of each core attributes first.
func (j *judge) attributes() (all []attribute) {
	kinds := slices.Clone(j.types)
	slices.SortStableFunc(kinds, func(a, b resourceType) int {
		switch {
		case a.schema == userURN && b.schema != userURN:
			return -1
		case b.schema == userURN && a.schema != userURN:
			return 1
		}
		return 0
	})
	for _, kind := range kinds {
		for _, urn := range append([]string{kind.schema}, kind.extensions...) {
			for _, d := range list(at(j.schemas[urn], "attributes")) {
				all = append(all, attribute{kind: kind, urn: urn, name: text(at(d, "name")), definition: d})
			}
		}
	}
	return all
}

// find returns the first attribute that has these characteristics, given as
// name and value in turn, or skips the check.
func (p *probe) find(pairs ...any) attribute {
	for _, a := range p.j.attributes() {
		fits := true
		for i := 0; i+1 < len(pairs); i += 2 {
			fits = fits && characteristic(a.definition, text(pairs[i])) == pairs[i+1]
		}
		if fits {
			return a
		}
	}
	words := make([]string, 0, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		words = append(words, fmt.Sprintf("%v %v", pairs[i], pairs[i+1]))
	}
	p.skip("no attribute of any resource type has %s", strings.Join(words, ", "))
	return attribute{}
}

// characteristic is what a definition says or, where it says nothing, what that
// means (RFC 7643 section 2.2).
func characteristic(definition any, name string) any {
	if v := at(definition, name); v != nil {
		return v
	}
	switch name {
	case "type":
		return "string"
	case "mutability":
		return "readWrite"
	case "returned":
		return "default"
	case "uniqueness":
		return "none"
	}
	return false
}

// value makes a value for an attribute, another one each time if values of it
// are unique.
func (p *probe) value(definition any) any {
	if l := list(at(definition, "canonicalValues")); len(l) > 0 {
		return l[0]
	}
	name := p.j.prefix + "-value"
	if characteristic(definition, "uniqueness") != "none" {
		name = p.j.name("value")
	}
	switch characteristic(definition, "type") {
	case "boolean":
		return true
	case "integer":
		return 7
	case "decimal":
		return 7.5
	case "dateTime":
		return "2024-01-01T00:00:00Z"
	case "binary":
		return base64.StdEncoding.EncodeToString([]byte(name))
	case "reference":
		return "https://example.com/" + name
	case "complex":
		o := attrs{}
		for i, sub := range list(at(definition, "subAttributes")) {
			if i == 0 || characteristic(sub, "required") == true {
				o[text(at(sub, "name"))] = p.value(sub)
			}
		}
		return o
	}
	return name
}

// required are values for the required attributes of a schema.
func (p *probe) required(urn string) attrs {
	b := attrs{}
	for _, d := range list(at(p.j.schemas[urn], "attributes")) {
		if characteristic(d, "required") == true && characteristic(d, "mutability") != "readOnly" {
			v := p.value(d)
			if characteristic(d, "multiValued") == true {
				v = []any{v}
			}
			b[text(at(d, "name"))] = v
		}
	}
	return b
}

// body is a resource of a kind that a server must accept.
func (p *probe) body(kind resourceType) attrs {
	if kind.schema == userURN {
		return p.userBody(nil)
	}
	b := merge(p.required(kind.schema), p.extensions(kind))
	if kind.schema == groupURN {
		b["displayName"] = p.j.name("group")
	}
	b["schemas"] = schemasOf(kind.schema, b)
	return b
}

// extensions are the extensions that each resource of a kind must have.
func (p *probe) extensions(kind resourceType) attrs {
	b := attrs{}
	for _, urn := range kind.required {
		b[urn] = p.required(urn)
	}
	return b
}

// having is a resource with a value of the attribute.
func (p *probe) having(a attribute, v any) attrs {
	b := p.body(a.kind)
	if a.urn != a.kind.schema {
		b[a.urn] = p.required(a.urn)
		b["schemas"] = schemasOf(a.kind.schema, b)
	}
	return a.set(b, v)
}

// set is the same resource with another value of the attribute.
func (a attribute) set(b attrs, v any) attrs {
	if a.urn == a.kind.schema {
		return merge(b, attrs{a.name: v})
	}
	extension, _ := b[a.urn].(attrs)
	return merge(b, attrs{a.urn: merge(extension, attrs{a.name: v})})
}

// of is the way to the attribute in a resource.
func (a attribute) of() []any {
	if a.urn == a.kind.schema {
		return []any{a.name}
	}
	return []any{a.urn, a.name}
}

// path is the attribute in filters, projections and PATCH.
func (a attribute) path() string {
	if a.urn == a.kind.schema {
		return a.name
	}
	return a.urn + ":" + a.name
}

// make creates a resource of the attribute's kind.
func (p *probe) make(a attribute, b attrs) *answer {
	return p.post(a.kind.endpoint, b).want(201).has("id")
}

// findsThis demands that a filter is true of one resource, or is not.
func (p *probe) findsThis(found bool, kind resourceType, condition string, r *answer) {
	a := p.list(kind.endpoint, "filter", `id eq "`+r.id()+`" and (`+condition+`)`)
	var want []string
	if found {
		want = []string{r.id()}
	}
	a.sameSet("resources for "+condition, a.texts("Resources", "id"), want)
}

// merge is both, the second over the first.
func merge(a, b attrs) attrs {
	all := attrs{}
	for _, m := range []attrs{a, b} {
		for k, v := range m {
			all[k] = v
		}
	}
	return all
}
