package schema

import (
	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/resource"
)

// normalizeComplex normalizes one object.
func (a *Attribute) normalizeComplex(v resource.Value, o Options) (resource.Value, error) {
	in := v.Object()
	if v.Kind() != resource.Complex {
		whole, err := a.wrap(v, o)
		if err != nil || whole == nil {
			return resource.Value{}, err
		}
		in = whole
	}
	if !o.Strict {
		in = a.unpacked(in)
	}
	var room [8]resource.Value // enough for the standard attributes, without an allocation
	values := room[:]
	if len(a.Sub) > len(room) {
		values = make([]resource.Value, len(a.Sub))
	}
	if err := a.members(values, in, o); err != nil {
		return resource.Value{}, err
	}
	a.complete(values)
	assigned, substance := 0, false
	for i, s := range a.Sub {
		if values[i].IsNull() {
			continue
		}
		assigned++
		substance = substance || !a.Multi || !s.label()
	}
	if assigned == 0 || !substance && a.substantial() {
		return resource.Value{}, a.anonymous(in)
	}
	fields := make([]resource.Field, 0, assigned)
	for i, s := range a.Sub {
		if !values[i].IsNull() {
			fields = append(fields, resource.Field{Name: s.Name, Value: values[i]})
		} else if s.Required && s.Mutability != ReadOnly {
			return resource.Value{}, s.missing()
		}
	}
	return resource.ComplexOf(resource.NewObject(fields...)), nil
}

// anonymous refuses a value of which only what the client cannot set is there,
// if it would need something else to be one: a member with a display name and
// no id is somebody whom the client means, not nobody.
func (a *Attribute) anonymous(in *resource.Object) error {
	for _, f := range in.Fields() {
		if s := a.SubAttribute(f.Name); s == nil || s.Mutability != ReadOnly || f.Value.IsNull() {
			continue
		}
		for _, s := range a.Sub {
			if s.Required && s.Mutability != ReadOnly {
				return s.missing()
			}
		}
	}
	return nil
}

// label reports whether a sub-attribute of a multi-valued attribute only
// describes the value beside it.
func (a *Attribute) label() bool { return a.Name == "type" || a.Name == "primary" }

// substantial reports whether there are sub-attributes that are no labels.
func (a *Attribute) substantial() bool {
	for _, s := range a.Sub {
		if !s.label() {
			return true
		}
	}
	return false
}

// wrap makes an object of a simple value that stands where an object belongs:
// a manager or a role as a bare string (EN-23). The result is nil for the
// empty string. The string may also be an object that was serialised twice.
func (a *Attribute) wrap(v resource.Value, o Options) (*resource.Object, error) {
	if o.Strict || v.Kind() == resource.List {
		return nil, a.refuse("must be an object, not %s", article(v))
	}
	if v.Kind() == resource.String && v.Text() == "" {
		o.repaired(RepairEmptyString)
		return nil, nil
	}
	if whole := a.Serialized(v.Text()); whole != nil {
		o.repaired(RepairValueForm)
		return whole, nil
	}
	for _, name := range []string{"value", "formatted"} { // what a name or an address is in one string
		if a.SubAttribute(name) != nil {
			o.repaired(RepairScalarValue)
			return resource.NewObject(resource.Field{Name: name, Value: v}), nil
		}
	}
	return nil, a.refuse("must be an object, not %s", article(v))
}

// members sets the normalized sub-attributes in values, in the order of a.Sub.
func (a *Attribute) members(values []resource.Value, in *resource.Object, o Options) error {
	var room [8]bool
	sent := room[:]
	if len(a.Sub) > len(room) {
		sent = make([]bool, len(a.Sub))
	}
	var aliases []resource.Field // canonical name, value
	for _, f := range in.Fields() {
		i := a.subIndex(f.Name)
		if i < 0 {
			if s := a.Alias(f.Name); s != nil && !o.Strict {
				aliases = append(aliases, resource.Field{Name: s.Name, Value: f.Value})
				continue
			}
			if o.Strict {
				return fault.InvalidSyntax("%q is no sub-attribute of %s", fault.Clip(f.Name), a.FullName())
			}
			o.repaired(RepairUnknownAttribute)
			continue
		}
		if sent[i] {
			return twice(a.Sub[i])
		}
		sent[i] = true
		if err := a.member(values, i, f.Value, o); err != nil {
			return err
		}
	}
	for _, f := range aliases {
		o.repaired(RepairAlias)
		// The proper name wins, whatever the order of members.
		if i := a.subIndex(f.Name); values[i].IsNull() {
			if err := a.member(values, i, f.Value, o); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *Attribute) member(values []resource.Value, i int, v resource.Value, o Options) (err error) {
	if a.Sub[i].Mutability == ReadOnly { // manager.displayName: R-7643-4.3-02
		return nil
	}
	values[i], err = a.Sub[i].Normalize(v, o)
	return err
}

func (a *Attribute) subIndex(name string) int {
	for i, s := range a.Sub {
		if s.Name == name {
			return i
		}
	}
	for i, s := range a.Sub {
		if resource.EqualFold(s.Name, name) {
			return i
		}
	}
	return -1
}
