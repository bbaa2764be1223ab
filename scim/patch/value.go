package patch

import (
	"slices"

	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// change is the value of an operation in canonical form.
type change struct {
	// value is what is given: for a whole multi-valued attribute a List, for a
	// complex attribute or element a Complex with the sub-attributes to set.
	value resource.Value
	// cleared names sub-attributes that the value unassigns with null.
	cleared []*schema.Attribute
	// unassign: the value is null, or what counts as null.
	unassign bool
	// listed: a remove that names the values to take out in value.
	listed bool
	// none: nothing is asked.
	none bool
	// foreign: none, because no member of the value is known.
	foreign bool
}

// clears reports whether the change unassigns the sub-attribute of that name.
func (c change) clears(name string) bool {
	return slices.ContainsFunc(c.cleared, func(sub *schema.Attribute) bool { return sub.Name == name })
}

// isEmpty reports whether a value counts as not given: null, "", an array or
// object with nothing else in it.
func isEmpty(v resource.Value) bool {
	switch v.Kind() {
	case resource.Null:
		return true
	case resource.String:
		return v.Text() == ""
	case resource.List:
		for _, e := range v.List() {
			if !isEmpty(e) {
				return false
			}
		}
		return true
	case resource.Complex:
		for _, f := range v.Object().Fields() {
			if !isEmpty(f.Value) {
				return false
			}
		}
		return true
	}
	return false
}

// shape brings the value of an operation into the form that its target needs.
// It may refine the target.
func (p *parser) shape(verb verb, t target, v resource.Value) (target, change, error) {
	if verb == remove {
		c, err := p.shapeRemoval(&t, v)
		return t, c, err
	}

	var c change
	var err error
	var whole *schema.Attribute // whose requiredness a null offends
	switch {
	case t.sub != nil:
		whole = t.sub
		c.value, err = t.sub.Normalize(p.unwrap(v, t.sub), p.values())
		c.unassign = err == nil && c.value.Unassigned()
	case t.attr.Multi && t.filter == nil:
		whole = t.attr
		c, err = p.shapeList(verb, t.attr, v)
	case t.attr.Type == schema.Complex:
		if t.filter == nil {
			whole = t.attr
		}
		c, err = p.shapeComplex(&t, v)
	case t.filter != nil:
		c.value, err = t.attr.NormalizeOne(v, p.values())
		c.unassign = err == nil && c.value.Unassigned()
	default:
		whole = t.attr
		c.value, err = t.attr.Normalize(p.unwrap(v, t.attr), p.values())
		c.unassign = err == nil && c.value.Unassigned()
	}
	if err != nil {
		return t, change{}, err
	}
	if c.unassign && verb == add && p.opts.Strict {
		return t, change{}, fault.InvalidValue("%s: add needs a value", t)
	}
	if c.unassign && whole != nil && whole.Required {
		return t, change{}, fault.InvalidValue("%s: is required and can not be unassigned", t)
	}
	return t, c, nil
}

func isScalar(v resource.Value) bool {
	return v.Kind() != resource.List && v.Kind() != resource.Complex
}

// unwrap takes a single value out of the array or object that legacy jobs put
// around it: [{"$ref":null,"value":"x"}] for "x".
func (p *parser) unwrap(v resource.Value, a *schema.Attribute) resource.Value {
	if p.opts.Strict || a.Multi || a.Type == schema.Complex {
		return v
	}
	w := v
	if w.Kind() == resource.List && len(w.List()) == 1 {
		w = w.List()[0]
	}
	if w.Kind() == resource.Complex {
		inner, ok := lookup(w.Object(), "value")
		if !ok {
			inner, ok = lookup(w.Object(), a.Name) // path active, value {"active":false}
		}
		if !ok || !isScalar(inner) {
			return v
		}
		w = inner
	}
	if w.Kind() != v.Kind() {
		p.repaired(schema.RepairSingleValue)
	}
	return w
}

// deserialized returns the list in a text that is a JSON array, for clients that
// serialise a list twice. Its elements may still be texts.
func (p *parser) deserialized(v resource.Value) resource.Value {
	if p.opts.Strict || v.Kind() != resource.String {
		return v
	}
	list := schema.SerializedList(v.Text())
	if list == nil {
		return v
	}
	p.repaired(schema.RepairValueForm)
	return resource.ListOf(list...)
}

// shapeList is the value for a whole multi-valued attribute.
func (p *parser) shapeList(verb verb, a *schema.Attribute, v resource.Value) (change, error) {
	if isEmpty(v) && (v.Kind() != resource.String || !p.opts.Strict) {
		// For add, no values; for replace, an empty list.
		return change{unassign: true, none: verb == add && !p.opts.Strict}, nil
	}
	v = p.deserialized(v)
	if verb == add && v.Kind() != resource.List {
		v = resource.ListOf(v) // "a new value is added": RFC 7644 section 3.5.2.1
	}
	value, err := a.Normalize(v, p.values())
	if err != nil {
		return change{}, err
	}
	if value.Unassigned() {
		return change{}, fault.InvalidValue("%s: nothing in the value is known here", a.Path)
	}
	return change{value: value}, nil
}

// shapeComplex is the value for a single complex attribute or for the elements
// that a value path selects. Sub-attributes that are not given stay
// (reading 8); those given as null are unassigned.
func (p *parser) shapeComplex(t *target, v resource.Value) (change, error) {
	if !p.opts.Strict && v.Kind() == resource.List && len(v.List()) == 1 {
		p.repaired(schema.RepairSingleValue)
		v = v.List()[0]
	}
	switch {
	case v.IsNull(), !p.opts.Strict && isEmpty(v) && v.Kind() != resource.Complex:
		return change{unassign: true}, nil
	case v.Kind() == resource.Complex:
		return p.partial(t.attr, v.Object())
	}
	// A bare value, which the schema puts where it belongs. In an element it
	// is one sub-attribute that changes; the others stay.
	value, err := t.attr.NormalizeOne(v, p.values())
	if err != nil {
		return change{}, err
	}
	if fields := value.Object().Fields(); t.filter != nil && len(fields) == 1 {
		t.sub = t.attr.SubAttribute(fields[0].Name)
		value = fields[0].Value
	}
	return change{value: value}, nil
}

// partial brings some sub-attributes of a complex value into canonical form.
// Unlike Normalize it takes a value that means something only together with
// what is there, such as {"primary":true}.
func (p *parser) partial(a *schema.Attribute, in *resource.Object) (change, error) {
	set := &resource.Object{}
	var c change
	one := func(sub *schema.Attribute, v resource.Value) error {
		if sub.Mutability == schema.ReadOnly { // R-7643-4.3-02
			return nil
		}
		n, err := sub.Normalize(v, p.values())
		switch {
		case err != nil:
			return err
		case !n.Unassigned():
			set.Set(sub.Name, n)
		case sub.Required:
			return fault.InvalidValue("%s: is required and can not be unassigned", sub.Path)
		default:
			c.cleared = append(c.cleared, sub)
		}
		return nil
	}
	var aliases []resource.Field
	unknown := 0
	for _, f := range in.Fields() {
		sub := a.SubAttribute(f.Name)
		if sub == nil {
			if sub = p.alias(a, f.Name); sub != nil {
				aliases = append(aliases, resource.Field{Name: sub.Name, Value: f.Value})
				continue
			}
			if p.opts.Strict {
				return change{}, fault.InvalidSyntax("%s: %q is no sub-attribute", a.Path, fault.Clip(f.Name))
			}
			p.repaired(schema.RepairUnknownAttribute)
			unknown++
			continue
		}
		if err := one(sub, f.Value); err != nil {
			return change{}, err
		}
	}
	for _, f := range aliases {
		p.repaired(schema.RepairAlias)
		if set.Has(f.Name) {
			continue // the proper name wins
		}
		if err := one(a.SubAttribute(f.Name), f.Value); err != nil {
			return change{}, err
		}
	}
	c.cleared = slices.DeleteFunc(c.cleared, func(sub *schema.Attribute) bool { return set.Has(sub.Name) })
	c.none = set.Len() == 0 && len(c.cleared) == 0
	c.foreign = c.none && unknown > 0 && unknown == in.Len()
	c.value = resource.ComplexOf(set)
	return c, nil
}

// alias returns the sub-attribute that a name stands for, such as value for
// managerId, in tolerant mode.
func (p *parser) alias(a *schema.Attribute, name string) *schema.Attribute {
	if p.opts.Strict {
		return nil
	}
	return a.Alias(name)
}

// shapeRemoval reads the value of a remove, which the RFC does not know. On a
// whole multi-valued attribute, or its value, it lists the values to remove
// (EN-45, JC-05); anywhere else the path says it all.
func (p *parser) shapeRemoval(t *target, v resource.Value) (change, error) {
	lists := t.attr.Multi && t.filter == nil && (t.sub == nil || t.sub.Name == "value")
	if !lists || v.IsNull() || v.Kind() == resource.List && len(v.List()) == 0 {
		if t.sub != nil && t.sub.Required || t.sub == nil && t.filter == nil && t.attr.Required {
			return change{}, fault.Mutability("%s: is required and can not be removed", t)
		}
		return change{unassign: true}, nil
	}
	if p.opts.Strict {
		return change{}, fault.InvalidValue("%s: remove takes no value; name the values with a filter, as in %s[value eq \"…\"]", t, t.attr.Name)
	}
	elements := v.List()
	if v.Kind() != resource.List {
		elements = []resource.Value{v}
	}
	var listed []resource.Value
	for _, e := range elements {
		if isEmpty(e) {
			continue
		}
		if t.sub != nil && e.Kind() != resource.Complex {
			// emails.value with "a@x.io": the elements that have it.
			e = resource.ComplexOf(resource.NewObject(resource.Field{Name: t.sub.Name, Value: e}))
		}
		one, err := p.listed(t.attr, e)
		if err != nil {
			return change{}, err
		}
		if one.Unassigned() {
			return change{}, fault.InvalidValue("%s: a value to remove has nothing that is known here", t.attr.Path)
		}
		listed = append(listed, one)
	}
	if len(listed) == 0 {
		return change{}, fault.InvalidValue("%s: the value names nothing to remove", t.attr.Path)
	}
	p.repaired(RepairRemoveValue)
	t.sub = nil
	return change{value: resource.ListOf(listed...), listed: true}, nil
}

// listed is one value that a remove lists.
func (p *parser) listed(a *schema.Attribute, v resource.Value) (resource.Value, error) {
	if v.Kind() != resource.Complex {
		return a.NormalizeOne(v, p.values())
	}
	c, err := p.partial(a, v.Object())
	return c.value, err
}

// RepairRemoveValue names a remove that listed its values instead of selecting
// them with a filter.
const RepairRemoveValue schema.Repair = "remove_value"
