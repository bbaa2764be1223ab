package schema

import (
	"strings"
	"unicode/utf8"

	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/resource"
)

// Normalize returns the canonical form of a value for the attribute as a
// whole: for a multi-valued attribute a List, for a complex one a Complex with
// canonical sub-attribute names. An unassigned value comes back as Null.
// Errors are fault.InvalidValue, and fault.InvalidSyntax for a sub-attribute
// that the schema does not know. Mutability is not judged, except that
// read-only sub-attributes are left out.
func (a *Attribute) Normalize(v resource.Value, o Options) (resource.Value, error) {
	if v.Unassigned() {
		return resource.Value{}, nil
	}
	if o.Interop && a.isPassword() {
		return resource.Value{}, a.refuse("is not taken from a client of the interoperability profile")
	}
	if a.Multi {
		return a.normalizeList(v, o)
	}
	if list := v.List(); len(list) == 1 && !o.Strict {
		o.repaired(RepairValueForm)
		v = list[0]
	}
	return a.NormalizeOne(v, o)
}

// isPassword reports whether the attribute is the one that section 4.1.1 of RFC
// 7643 has for a secret.
func (a *Attribute) isPassword() bool {
	return a.Mutability == WriteOnly && a.Parent == nil && a.Name == "password"
}

// NormalizeOne is Normalize for one element of a multi-valued attribute. An
// element without content comes back as Null: nothing assigned in it, or only
// type and primary, which describe a value that is not there (XX-11).
func (a *Attribute) NormalizeOne(v resource.Value, o Options) (resource.Value, error) {
	if v.Unassigned() {
		return resource.Value{}, nil
	}
	switch a.Type {
	case Complex:
		return a.normalizeComplex(v, o)
	case Boolean:
		return a.boolean(v, o)
	case Integer, Decimal:
		return a.number(v, o)
	}
	return a.text(v, o)
}

// refuse is an InvalidValue about the attribute.
func (a *Attribute) refuse(format string, args ...any) error {
	return fault.InvalidValue("%s: "+format, append([]any{a.FullName()}, args...)...)
}

func (a *Attribute) boolean(v resource.Value, o Options) (resource.Value, error) {
	if v.Kind() == resource.Bool {
		return v, nil
	}
	if v.Kind() == resource.String && !o.Strict {
		switch s := v.Text(); {
		case s == "":
			o.repaired(RepairEmptyString)
			return resource.Value{}, nil
		case resource.EqualFold(s, "true"):
			o.repaired(RepairStringBoolean)
			return resource.BoolOf(true), nil
		case resource.EqualFold(s, "false"):
			o.repaired(RepairStringBoolean)
			return resource.BoolOf(false), nil
		}
	}
	return resource.Value{}, a.refuse("must be true or false, not %s", article(v))
}

func (a *Attribute) number(v resource.Value, o Options) (resource.Value, error) {
	literal := v.Text()
	switch {
	case v.Kind() == resource.Number:
	case v.Kind() == resource.String && !o.Strict && literal == "":
		o.repaired(RepairEmptyString)
		return resource.Value{}, nil
	case v.Kind() == resource.String && !o.Strict && isNumber(literal):
		o.repaired(RepairValueForm)
	default:
		return resource.Value{}, a.refuse("must be %s, not %s", a.expected(), article(v))
	}
	var canonical string
	var ok bool
	if a.Type == Integer {
		canonical, ok = integer(literal)
	} else {
		canonical, ok = decimal(literal)
	}
	if !ok {
		return resource.Value{}, a.refuse("must be %s, not %s", a.expected(), fault.Clip(literal))
	}
	return resource.NumberOf(canonical), nil
}

// expected says what a value of the attribute looks like.
func (a *Attribute) expected() string {
	switch a.Type {
	case Integer:
		return "a whole number of at most 64 bits, without fraction and exponent"
	case Decimal:
		return "a decimal number"
	case DateTime:
		return "a date and time such as 2011-05-13T04:42:34Z"
	case Binary:
		return "base64 text"
	case Reference:
		return "a URI"
	}
	return "a string"
}

// maxText bounds strings for which the schema has no bound, in bytes.
const maxText = 64 << 10

// text normalizes the types that are strings in JSON. What is stored is what
// was sent, apart from the spelling of canonical values and of messaging
// addresses: clients compare, and push again what comes back changed.
func (a *Attribute) text(v resource.Value, o Options) (resource.Value, error) {
	s := v.Text()
	switch v.Kind() {
	case resource.String:
	case resource.Number, resource.Bool:
		if o.Strict || a.Type != String {
			return resource.Value{}, a.refuse("must be %s, not %s", a.expected(), article(v))
		}
		o.repaired(RepairValueForm)
		if v.Kind() == resource.Bool {
			s = v.String()
		}
	default:
		return resource.Value{}, a.refuse("must be %s, not %s", a.expected(), article(v))
	}
	if a.Required && a.Parent == nil && blank(s) {
		return resource.Value{}, a.missing()
	}
	if s == "" {
		o.repaired(RepairEmptyString)
		return resource.Value{}, nil
	}
	if a.form == formGrant && !o.Strict {
		for inner, ok := grantValue(s); ok; inner, ok = grantValue(s) {
			o.repaired(RepairValueForm)
			s = inner
		}
	}
	if s = a.form.canonical(s); s == "" {
		return resource.Value{}, nil
	}
	if a.maxLength > 0 {
		if len(s) > a.maxLength && utf8.RuneCountInString(s) > a.maxLength {
			return resource.Value{}, a.refuse("must have at most %d characters", a.maxLength)
		}
	} else if len(s) > maxText {
		return resource.Value{}, a.refuse("must have at most %d bytes", maxText)
	}
	listed := false
	for _, c := range a.Canonical {
		if c == s || !a.CaseExact && resource.EqualFold(c, s) { // R-7643-2.4-03
			s, listed = c, true
			break
		}
	}
	if o.Canonical && !listed && len(a.Canonical) > 0 {
		return resource.Value{}, a.refuse("must be one of %s", strings.Join(a.Canonical, ", "))
	}
	if want := a.check(s, o.Strict); want != "" {
		return resource.Value{}, a.refuse("must be %s", want)
	}
	return resource.StringOf(s), nil
}

// check returns what a text should have been, or "" if it fits.
func (a *Attribute) check(s string, strict bool) string {
	fits := true
	switch a.Type {
	case DateTime:
		_, fits = ParseDateTime(s)
	case Binary:
		_, fits = base64Bytes(s)
	case Reference:
		fits = isURI(s, strict)
	}
	if !fits {
		return a.expected()
	}
	return a.form.check(s, strict)
}
