// Package resource holds SCIM data between the wire and the directory: a small
// tree of values, decoded strictly from JSON and encoded canonically.
//
// Values are immutable by convention once they have been handed on: a function
// that changes a resource works on an Object it owns (see Object.Clone).
package resource

import "slices"

// Kind says what a Value holds.
type Kind uint8

// The kinds of JSON values. Null is also the zero Value.
const (
	Null Kind = iota
	Bool
	Number // kept as its literal text, so that no digit is lost
	String
	List
	Complex // a JSON object
)

var kindNames = [...]string{"null", "boolean", "number", "string", "array", "object"}

func (k Kind) String() string { return kindNames[k] }

// Value is one JSON value. It is kept small, as a large group has a hundred
// thousand members of several values each; == would compare pointers, so it is
// ruled out in favour of Equal.
type Value struct {
	_    [0]func()
	kind Kind
	flag bool
	text string
	list *[]Value // nil for nil
	obj  *Object
}

// Constructors.

// StringOf returns a string value.
func StringOf(s string) Value { return Value{kind: String, text: s} }

// BoolOf returns a boolean value.
func BoolOf(b bool) Value { return Value{kind: Bool, flag: b} }

// NumberOf returns a number with the given JSON literal.
func NumberOf(literal string) Value { return Value{kind: Number, text: literal} }

// ListOf returns an array of the values, which it keeps.
func ListOf(vs ...Value) Value {
	if vs == nil {
		return Value{kind: List}
	}
	return Value{kind: List, list: &vs}
}

// ComplexOf returns an object value, which keeps o.
func ComplexOf(o *Object) Value { return Value{kind: Complex, obj: o} }

// Kind returns what the value holds.
func (v Value) Kind() Kind { return v.kind }

// IsNull reports whether the value is null (or the zero Value).
func (v Value) IsNull() bool { return v.kind == Null }

// Text returns the string, or the literal of a number, and "" otherwise.
func (v Value) Text() string { return v.text }

// Bool returns the boolean, false for other kinds.
func (v Value) Bool() bool { return v.flag }

// List returns the elements of an array, nil for other kinds; those of an empty
// array that was decoded are not nil.
func (v Value) List() []Value {
	if v.list == nil {
		return nil
	}
	return *v.list
}

// Object returns the object, nil for other kinds. A nil *Object reads as empty.
func (v Value) Object() *Object { return v.obj }

// Unassigned reports whether the value counts as not there: null, an empty
// array, or an object without members that are assigned (R-7643-2.5-01). The
// empty string is assigned here; which attributes treat it as unassigned is a
// question of the schema.
func (v Value) Unassigned() bool {
	switch v.kind {
	case Null:
		return true
	case List:
		return len(v.List()) == 0
	case Complex:
		for _, f := range v.obj.Fields() {
			if !f.Value.Unassigned() {
				return false
			}
		}
		return true
	}
	return false
}

// Equal reports whether two values are the same JSON value; the order of
// object members does not matter, numbers compare by literal.
func (v Value) Equal(w Value) bool {
	if v.kind != w.kind {
		return false
	}
	switch v.kind {
	case Bool:
		return v.flag == w.flag
	case Number, String:
		return v.text == w.text
	case List:
		return slices.EqualFunc(v.List(), w.List(), Value.Equal)
	case Complex:
		return v.obj.Equal(w.obj)
	}
	return true
}

// Field is one member of an object.
type Field struct {
	Name  string
	Value Value
}

// Object is a JSON object whose members keep their order. Names are unique.
// The zero Object is empty and ready for use; reading a nil *Object is allowed.
type Object struct {
	fields []Field
}

// NewObject returns an object with the fields, which it keeps. Names must be unique.
func NewObject(fields ...Field) *Object { return &Object{fields: fields} }

// Len returns the number of members.
func (o *Object) Len() int {
	if o == nil {
		return 0
	}
	return len(o.fields)
}

// Fields returns the members; the caller must not change them.
func (o *Object) Fields() []Field {
	if o == nil {
		return nil
	}
	return o.fields
}

// Get returns the member with exactly this name, and Null if there is none.
func (o *Object) Get(name string) Value {
	if i := o.index(name); i >= 0 {
		return o.fields[i].Value
	}
	return Value{}
}

// Has reports whether there is a member with exactly this name.
func (o *Object) Has(name string) bool { return o.index(name) >= 0 }

// GetFold returns the member whose name matches without regard to ASCII case.
func (o *Object) GetFold(name string) Value {
	for _, f := range o.Fields() {
		if EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return Value{}
}

// Set sets the member, at the end if it is new.
func (o *Object) Set(name string, v Value) {
	if i := o.index(name); i >= 0 {
		o.fields[i].Value = v
		return
	}
	o.fields = append(o.fields, Field{name, v})
}

// Delete removes the member and reports whether there was one.
func (o *Object) Delete(name string) bool {
	i := o.index(name)
	if i < 0 {
		return false
	}
	o.fields = append(o.fields[:i:i], o.fields[i+1:]...)
	return true
}

func (o *Object) index(name string) int {
	if o == nil {
		return -1
	}
	for i := range o.fields {
		if o.fields[i].Name == name {
			return i
		}
	}
	return -1
}

// Equal reports whether two objects have the same members.
func (o *Object) Equal(p *Object) bool {
	if o.Len() != p.Len() {
		return false
	}
	for _, f := range o.Fields() {
		i := p.index(f.Name)
		if i < 0 || !f.Value.Equal(p.fields[i].Value) {
			return false
		}
	}
	return true
}

// Clone returns a deep copy.
func (o *Object) Clone() *Object {
	if o == nil {
		return nil
	}
	c := &Object{fields: make([]Field, len(o.fields))}
	for i, f := range o.fields {
		c.fields[i] = Field{f.Name, f.Value.Clone()}
	}
	return c
}

// Clone returns a deep copy.
func (v Value) Clone() Value {
	switch v.kind {
	case List:
		l := make([]Value, len(v.List()))
		for i, e := range v.List() {
			l[i] = e.Clone()
		}
		return ListOf(l...)
	case Complex:
		v.obj = v.obj.Clone()
	}
	return v
}

// EqualFold reports whether two attribute names or URNs are the same without
// regard to ASCII case (R-7643-2.1-01).
func EqualFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := 0; i < len(a); i++ {
		x, y := a[i], b[i]
		if 'A' <= x && x <= 'Z' {
			x += 'a' - 'A'
		}
		if 'A' <= y && y <= 'Z' {
			y += 'a' - 'A'
		}
		if x != y {
			return false
		}
	}
	return true
}
