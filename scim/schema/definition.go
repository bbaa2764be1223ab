package schema

import (
	elimity "github.com/elimity-com/scim/schema"
)

// Definition is a schema as data, before it is checked and compiled. The
// built-in ones are made from elimity's definitions; a configured one is
// filled in from a file. Keywords are those of RFC 7643 section 7.
type Definition struct {
	URN         string
	Name        string
	Description string
	Attributes  []AttributeDefinition

	source *node // where it was loaded from; nil if made in Go
}

// AttributeDefinition is one attribute of a Definition. A keyword that is
// empty has its default (RFC 7643 section 2.2): type string, mutability
// readWrite, returned default, uniqueness none; the flags default to false.
type AttributeDefinition struct {
	Name            string
	Type            string // string, boolean, decimal, integer, dateTime, binary, reference, complex
	Description     string
	MultiValued     bool
	Required        bool
	CaseExact       bool
	Mutability      string // readOnly, readWrite, immutable, writeOnly
	Returned        string // always, never, default, request
	Uniqueness      string // none, server, global
	CanonicalValues []string
	ReferenceTypes  []string
	SubAttributes   []AttributeDefinition

	// MaxLength bounds a string, in characters; 0 means 64 KiB.
	MaxLength int
	// MaxValues bounds the values of a multi-valued attribute; 0 means 1,000.
	MaxValues int
	// Aliases are other names under which clients are known to send the
	// attribute; they are understood in tolerant mode only.
	Aliases []string

	form   form
	source *node
}

// fromElimity turns elimity's definition into ours.
func fromElimity(s elimity.Schema) Definition {
	return Definition{
		URN:         s.ID,
		Name:        s.Name.Value(),
		Description: s.Description.Value(),
		Attributes:  attributesFromElimity(s.Attributes),
	}
}

func attributesFromElimity(in elimity.Attributes) []AttributeDefinition {
	var out []AttributeDefinition
	for _, a := range in {
		d := AttributeDefinition{
			Name:            a.Name(),
			Type:            a.AttributeType(),
			Description:     a.Description(),
			MultiValued:     a.MultiValued(),
			Required:        a.Required(),
			CaseExact:       a.CaseExact(),
			Mutability:      a.Mutability(),
			Returned:        a.Returned(),
			Uniqueness:      a.Uniqueness(),
			CanonicalValues: a.CanonicalValues(),
			SubAttributes:   attributesFromElimity(a.SubAttributes()),
		}
		for _, r := range a.ReferenceTypes() {
			d.ReferenceTypes = append(d.ReferenceTypes, string(r))
		}
		out = append(out, d)
	}
	return out
}
