package schema

import "strings"

// Key is what a member name means in a resource, or in the value of a PATCH
// operation without a path.
type Key struct {
	// Schema is set alone when the name is a URN: the member holds an object
	// with that schema's attributes.
	Schema *Schema
	// Attr is the top-level attribute otherwise, Sub its sub-attribute if the
	// name was a dotted path.
	Attr *Attribute
	Sub  *Attribute
	// Repair is empty for the forms of the RFC, an attribute's name or an
	// extension's URN; otherwise the name is one that only tolerant mode
	// understands, and Repair says which deviation it is.
	Repair Repair
}

// Key resolves a member name, in any case. Besides names and extension URNs it
// knows what identity providers use as keys: dotted paths ("name.givenName"),
// paths after a URN and a colon or, before 2018, a dot (EN-08), the base
// schema's own URN, and the legacy URNs. The names form a finite table, so
// whatever else a client invents resolves to nothing (T-23).
func (t *ResourceType) Key(name string) (Key, bool) {
	keys := t.keys
	if keys == nil { // a table made by hand
		keys = t.makeKeys()
	}
	if k, ok := keys[name]; ok {
		return k, true
	}
	k, ok := keys[lower(name)]
	return k, ok
}

// ExtensionKey is Key for the members of an extension's object.
func (s *Schema) ExtensionKey(name string) (Key, bool) {
	if a := s.Attribute(name); a != nil {
		return Key{Attr: a}, true
	}
	if first, rest, ok := strings.Cut(name, "."); ok {
		if a := s.Attribute(first); a != nil {
			if sub := a.SubAttribute(rest); sub != nil {
				return Key{Attr: a, Sub: sub, Repair: RepairDottedName}, true
			}
		}
	}
	return Key{}, false
}

// prepare makes the tables of a resource type, before it is shared.
func (t *ResourceType) prepare() {
	t.keys = t.makeKeys()
	for _, s := range t.schemas() {
		for _, a := range s.Attributes {
			// The attributes of the built-in schemas that are kept elsewhere, such
			// as groups and password, are not in what Replace sees.
			t.guarded = t.guarded || s.configured && a.guards()
			t.onRequest = t.onRequest || a.OnRequest()
		}
	}
}

// makeKeys lists every name a key can have, in lower case, and those of the
// RFC in their own spelling as well, which saves folding them. The forms of the
// RFC come last, so that no deviation can hide one.
func (t *ResourceType) makeKeys() map[string]Key {
	keys := map[string]Key{}
	paths := func(prefix string, attrs []*Attribute, whole Repair) {
		for _, a := range attrs {
			keys[lower(prefix+a.Name)] = Key{Attr: a, Repair: whole}
			for _, s := range a.Sub {
				keys[lower(prefix+a.Name+"."+s.Name)] = Key{Attr: a, Sub: s, Repair: RepairDottedName}
			}
		}
	}
	qualified := func(urn string, attrs []*Attribute) {
		paths(urn+".", attrs, RepairDottedName)
		paths(urn+":", attrs, RepairDottedName)
	}
	schemas := []*Schema{t.Core}
	for _, e := range t.Extensions {
		schemas = append(schemas, e.Schema)
	}
	for _, s := range schemas {
		for _, urn := range legacyURNs[s.URN] {
			qualified(urn, s.Attributes)
			keys[urn] = Key{Schema: s, Repair: RepairSchemas}
		}
	}
	for _, s := range schemas {
		qualified(s.URN, s.Attributes)
	}
	qualified(t.Core.URN, t.Common)
	keys[lower(t.Core.URN)] = Key{Schema: t.Core, Repair: RepairAlias}
	for _, e := range t.Extensions {
		keys[lower(e.URN)] = Key{Schema: e.Schema}
		keys[e.URN] = Key{Schema: e.Schema}
	}
	paths("", t.Core.Attributes, "")
	paths("", t.Common, "")
	for _, attrs := range [][]*Attribute{t.Core.Attributes, t.Common} {
		for _, a := range attrs {
			keys[a.Name] = Key{Attr: a}
		}
	}
	return keys
}

// lower maps ASCII letters to lower case, the folding of resource.EqualFold.
func lower(s string) string {
	for i := 0; i < len(s); i++ {
		if 'A' <= s[i] && s[i] <= 'Z' {
			return strings.Map(func(r rune) rune {
				if 'A' <= r && r <= 'Z' {
					return r + ('a' - 'A')
				}
				return r
			}, s)
		}
	}
	return s
}
