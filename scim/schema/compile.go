package schema

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The keywords of RFC 7643 section 7, in the order of the constants.
var (
	typeNames       = []string{"string", "boolean", "decimal", "integer", "dateTime", "binary", "reference", "complex"}
	mutabilityNames = []string{"readWrite", "readOnly", "immutable", "writeOnly"}
	returnedNames   = []string{"default", "always", "never", "request"}
	uniquenessNames = []string{"none", "server", "global"}
)

func (t Type) String() string       { return typeNames[t] }
func (m Mutability) String() string { return mutabilityNames[m] }
func (r Returned) String() string   { return returnedNames[r] }
func (u Uniqueness) String() string { return uniquenessNames[u] }

// Compile checks a definition and makes the schema of it. An error names the
// schema and the attribute and says what would be right.
func Compile(d Definition) (*Schema, error) { return compile(d, compiling{}) }

// compiling says in what role a definition is compiled.
type compiling struct {
	common    bool // the common attributes: they belong to no schema
	extension bool // attributes are qualified by the URN in messages
	nested    bool // complex inside complex is allowed: only for the Schema resource
	builtin   bool // the program itself gives what clients can not
}

func compile(d Definition, c compiling) (*Schema, error) {
	if err := checkURN(d.URN); err != nil {
		return nil, d.source.at("id").wrong("%w", err)
	}
	s := &Schema{URN: d.URN, Name: d.Name, Description: d.Description}
	if s.Name == "" {
		return nil, d.source.at("name").wrong("schema %s: name: a schema must have one", d.URN)
	}
	if countAttributes(d.Attributes) > maxAttributes {
		return nil, d.source.at("attributes").wrong("schema %s: %w", d.URN, errTooManyAttributes)
	}
	attrs, err := compileAttributes(d.Attributes, nil, d.URN, c)
	if err != nil {
		var m *mistake
		if errors.As(err, &m) {
			return nil, m.at.wrong("schema %s: %w", d.URN, err)
		}
		return nil, fmt.Errorf("schema %s: %w", d.URN, err)
	}
	s.Attributes = attrs
	return s, nil
}

// mistake is an error in the definition of an attribute, and where that stands.
type mistake struct {
	at  *node
	err error
}

func (m *mistake) Error() string { return m.err.Error() }
func (m *mistake) Unwrap() error { return m.err }

// mistaken is an error about one keyword of the attribute with this path.
func (d *AttributeDefinition) mistaken(key, path string, err error) error {
	return &mistake{d.source.at(key), fmt.Errorf("attribute %s: %w", path, err)}
}

// checkURN accepts urn:<namespace>:<rest> (RFC 8141 without the optional
// components, which would be confused with paths). The scheme is in lower case
// because a stored document recognises extensions by it.
func checkURN(urn string) error {
	parts := strings.SplitN(urn, ":", 3)
	if len(parts) != 3 || parts[0] != "urn" || len(parts[1]) < 2 || parts[2] == "" {
		return fmt.Errorf("schema %q: the URI of a schema must have the form urn:<namespace>:<name>", urn)
	}
	for i := range len(urn) {
		c := urn[i]
		if !isLetter(c) && !isDigit(c) && !strings.ContainsRune(":.-_$()+,=@;!*'%", rune(c)) {
			return fmt.Errorf("schema %q: %q must not be in the URI of a schema", urn, c)
		}
	}
	if strings.HasSuffix(urn, ":") || strings.Contains(urn, "::") {
		return fmt.Errorf("schema %q: the URI has an empty part", urn)
	}
	return nil
}

func compileAttributes(defs []AttributeDefinition, parent *Attribute, urn string, c compiling) ([]*Attribute, error) {
	var attrs []*Attribute
	names := make(map[string]bool, len(defs))
	for i := range defs {
		a, err := compileAttribute(&defs[i], parent, urn, c)
		if err != nil {
			return nil, err
		}
		if names[lower(a.Name)] {
			return nil, defs[i].mistaken("name", a.Path, errors.New("the name is defined twice (names are compared without regard to case)"))
		}
		names[lower(a.Name)] = true
		attrs = append(attrs, a)
	}
	return attrs, nil
}

const (
	// maxAttributes bounds those of a schema, sub-attributes included: each
	// resource of the type is compared with all of them.
	maxAttributes = 1000
	// maxName bounds the length of a name, which stands in every document.
	maxName = 255
)

var (
	errTooManyAttributes = fmt.Errorf("a schema can have %d attributes at most, sub-attributes included", maxAttributes)
	errLongName          = fmt.Errorf("a name can have %d characters at most", maxName)
)

// countAttributes returns how many attributes there are, sub-attributes included.
func countAttributes(defs []AttributeDefinition) int {
	n := len(defs)
	for i := range defs {
		n += countAttributes(defs[i].SubAttributes)
	}
	return n
}

// defaultMaxValues bounds a multi-valued attribute whose definition does not:
// what is stored in a moment is read, decoded and compared for years.
const defaultMaxValues = 1000

func compileAttribute(d *AttributeDefinition, parent *Attribute, urn string, c compiling) (*Attribute, error) {
	a := &Attribute{
		Name:        d.Name,
		Schema:      urn,
		Path:        d.Name,
		Description: d.Description,
		Multi:       d.MultiValued,
		Required:    d.Required,
		CaseExact:   d.CaseExact,
		Canonical:   slices.Clone(d.CanonicalValues),
		RefTypes:    slices.Clone(d.ReferenceTypes),
		Parent:      parent,
		form:        d.form,
		maxLength:   d.MaxLength,
		maxValues:   d.MaxValues,
		aliases:     slices.Clone(d.Aliases),
		source:      d.source,
	}
	if c.common {
		a.Schema = ""
	}
	if a.Multi && a.maxValues == 0 {
		a.maxValues = defaultMaxValues
	}
	if parent != nil {
		a.Path = parent.Path + "." + d.Name
	}
	a.qualified = a.Path
	if c.extension {
		a.qualified = urn + ":" + a.Path
	}
	if len(d.Name) > maxName {
		return nil, d.mistaken("name", a.Path[:min(len(a.Path), 40)]+"…", errLongName)
	}
	if !validName(d.Name) {
		return nil, d.mistaken("name", strconv.Quote(a.Path), errors.New("a name is a letter followed by letters, digits, '-', '_' or '$'"))
	}
	var err error
	if a.Type, err = keyword[Type]("type", d.Type, typeNames); err != nil {
		return nil, d.mistaken("type", a.Path, err)
	}
	if a.Mutability, err = keyword[Mutability]("mutability", d.Mutability, mutabilityNames); err != nil {
		return nil, d.mistaken("mutability", a.Path, err)
	}
	if a.Returned, err = keyword[Returned]("returned", d.Returned, returnedNames); err != nil {
		return nil, d.mistaken("returned", a.Path, err)
	}
	if a.Uniqueness, err = keyword[Uniqueness]("uniqueness", d.Uniqueness, uniquenessNames); err != nil {
		return nil, d.mistaken("uniqueness", a.Path, err)
	}
	if err := a.checkShape(d, c); err != nil {
		return nil, d.mistaken("name", a.Path, err)
	}
	if a.Sub, err = compileAttributes(d.SubAttributes, a, urn, c); err != nil {
		return nil, err
	}
	for i, s := range a.Sub {
		if a.Multi {
			if err := s.checkStandardMeaning(); err != nil {
				return nil, d.SubAttributes[i].mistaken("type", s.Path, err)
			}
		}
	}
	return a, nil
}

// checkShape refuses combinations that have no meaning.
func (a *Attribute) checkShape(d *AttributeDefinition, c compiling) error {
	switch {
	case a.Type == Complex && len(d.SubAttributes) == 0:
		return fmt.Errorf("a complex attribute must have sub-attributes")
	case a.Type != Complex && len(d.SubAttributes) > 0:
		return fmt.Errorf("only a complex attribute has sub-attributes, this one is %s", a.Type)
	case a.Type == Complex && a.Parent != nil && !c.nested:
		// R-7643-2.3.8-02
		return fmt.Errorf("a complex attribute must not be inside another complex attribute")
	case len(a.RefTypes) > 0 && a.Type != Reference:
		return fmt.Errorf("only a reference has referenceTypes, this attribute is %s", a.Type)
	case a.Type == Reference && len(a.RefTypes) == 0:
		return fmt.Errorf("a reference must have referenceTypes (resource type names, \"external\" or \"uri\")")
	case a.Mutability == WriteOnly && a.Returned != ReturnedNever && a.Returned != ReturnedDefault:
		return fmt.Errorf("a writeOnly attribute is never returned")
	case a.Required && a.Mutability == ReadOnly && !c.builtin && (a.Parent == nil || a.Parent.Mutability != ReadOnly):
		return fmt.Errorf("an attribute that is required must not be readOnly: nobody could give it a value")
	case d.MaxLength < 0:
		return fmt.Errorf("the maximum length must not be negative")
	case d.MaxValues < 0:
		return fmt.Errorf("the maximum number of values must not be negative")
	case len(a.Canonical) > 0 && a.Type != String && a.Type != Reference:
		return fmt.Errorf("only strings have canonicalValues, this attribute is %s", a.Type)
	}
	if a.Mutability == WriteOnly {
		a.Returned = ReturnedNever // R-7643-7-06
	}
	if a.Type == Binary || a.Type == Reference {
		a.CaseExact = true // R-7643-2.3.6-01, R-7643-2.3.7-05
	}
	return nil
}

// checkStandardMeaning holds the sub-attributes of a multi-valued attribute to
// the meaning that RFC 7643 section 2.4 gives their names (R-7643-2.4-01).
func (a *Attribute) checkStandardMeaning() error {
	want := a.Type
	switch a.Name {
	case "type", "display":
		want = String
	case "primary":
		want = Boolean
	case "$ref":
		want = Reference
	case "value": // of any simple type
	default:
		return nil
	}
	if a.Type != want {
		return fmt.Errorf("the sub-attribute %s of a multi-valued attribute must be a %s, not %s", a.Name, want, a.Type)
	}
	if a.Multi {
		return fmt.Errorf("the sub-attribute %s of a multi-valued attribute must not be multi-valued itself", a.Name)
	}
	return nil
}

// keyword returns the constant for a keyword; none is the default.
func keyword[T ~uint8](what, word string, names []string) (T, error) {
	if word == "" {
		return 0, nil
	}
	if i := slices.Index(names, word); i >= 0 {
		return T(i), nil
	}
	return 0, fmt.Errorf("%s %q is unknown; it must be one of %s", what, word, strings.Join(names, ", "))
}

// validName implements the attribute names of RFC 7643 section 2.1
// (R-7643-2.1-03).
func validName(s string) bool {
	if s == "$ref" {
		return true
	}
	if s == "" || !isLetter(s[0]) {
		return false
	}
	for i := 1; i < len(s); i++ {
		if !isLetter(s[i]) && !isDigit(s[i]) && s[i] != '-' && s[i] != '_' && s[i] != '$' {
			return false
		}
	}
	return true
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
