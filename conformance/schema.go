package conformance

import (
	"maps"
	"slices"
)

// Published schemas (RFC 7643 section 7).
var schemaChecks = []check{
	{id: "R-7643-7-01", run: func(p *probe) {
		_, lacking := p.j.lacks[enterprise]
		if p.get(where(p.user(nil))); !lacking {
			p.get(where(p.user(attrs{enterpriseURN: attrs{"department": "D"}})))
		}
		p.get("Schemas")
		p.get("ResourceTypes")
		published := func(urns map[string]string) {
			for _, urn := range slices.Sorted(maps.Keys(urns)) {
				if a := p.get("Schemas/" + urn); a.status != 200 {
					a.fail("%s names the schema, which is not published", urns[urn])
				}
			}
		}
		published(p.j.seen.urns)
		p.reading(func() { published(p.j.seen.found) }) // whether these are of "any resource" is disputed
	}},
	{id: "R-7643-7-02", run: func(p *probe) {
		p.last = p.page(p.get("Schemas"))
		for i, s := range list(p.last.at("Resources")) {
			for _, name := range []string{"id", "name", "description"} {
				p.last.has("Resources", i, name)
			}
			if len(list(at(s, "attributes"))) == 0 {
				p.fail("%s has no attributes", show(at(s, "id")))
			}
		}
		p.everyAttribute(p.defined)
	}},
}

// defined demands that a published attribute lists its characteristics, with
// values of the closed sets.
func (p *probe) defined(way string, d any) {
	for name, allowed := range map[string][]string{
		"type": dataTypes, "mutability": {"readOnly", "readWrite", "immutable", "writeOnly"}, "returned": {"always", "never", "default", "request"},
		"uniqueness": {"none", "server", "global"},
	} {
		// Uniqueness has no meaning for a complex attribute or a boolean.
		if v := at(d, name); !slices.Contains(allowed, text(v)) && !(name == "uniqueness" && v == nil) {
			p.fail("%s of %s is %s", name, way, show(v))
		}
	}
	for _, name := range []string{"multiValued", "required"} {
		if _, ok := at(d, name).(bool); !ok {
			p.fail("%s of %s is %s", name, way, show(at(d, name)))
		}
	}
	if text(at(d, "name")) == "" || at(d, "description") == nil {
		p.fail("%s has no name or no description", way)
	}
	if at(d, "type") == "complex" && len(list(at(d, "subAttributes"))) == 0 {
		p.fail("%s is complex without subAttributes", way)
	}
	if at(d, "type") == "reference" && len(list(at(d, "referenceTypes"))) == 0 {
		p.fail("%s is a reference without referenceTypes", way)
	}
	if _, ok := at(d, "caseExact").(bool); !ok && slices.Contains([]any{"string", "reference", "binary"}, at(d, "type")) {
		p.fail("caseExact of %s is %s", way, show(at(d, "caseExact")))
	}
}
