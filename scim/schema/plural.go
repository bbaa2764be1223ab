package schema

import (
	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/scim/resource"
)

// normalizeList normalizes a multi-valued attribute: elements without content
// are dropped, equal ones collapse, at most one is primary. The order of what
// remains is the client's.
func (a *Attribute) normalizeList(v resource.Value, o Options) (resource.Value, error) {
	in := v.List()
	if v.Kind() != resource.List {
		if o.Strict {
			return resource.Value{}, a.refuse("must be an array, not %s", article(v))
		}
		if in = SerializedList(v.Text()); in != nil {
			o.repaired(RepairValueForm)
		} else {
			o.repaired(RepairSingleValue)
			in = []resource.Value{v}
		}
	}
	out := make([]resource.Value, 0, len(in))
	for _, e := range in {
		n, err := a.NormalizeOne(e, o)
		if err != nil {
			return resource.Value{}, err
		}
		if !n.IsNull() {
			out = append(out, n)
		}
	}
	out = a.Distinct(out)
	if a.maxValues > 0 && len(out) > a.maxValues {
		return resource.Value{}, a.refuse("must have at most %d values", a.maxValues)
	}
	if err := a.CheckPrimary(out); err != nil {
		return resource.Value{}, err
	}
	if len(out) == 0 {
		return resource.Value{}, nil
	}
	return resource.ListOf(out...), nil
}

// Distinct returns normalized elements without repetitions (R-7643-2.4-03): of
// elements with the same type and value, compared as the attribute compares,
// the first stays and takes over what only a later one says; elements without
// a value collapse when they are equal. A member of a group is identified by
// its value alone. The list itself is not changed.
func (a *Attribute) Distinct(list []resource.Value) []resource.Value {
	if len(list) < 2 {
		return list
	}
	value := a.SubAttribute("value")
	out := make([]resource.Value, 0, len(list))
	if len(list) <= 8 { // comparing with each is faster than a map
		var keys [8]identity
	next:
		for _, e := range list {
			key := a.identify(e, value)
			for i := range out {
				if keys[i] == key {
					out[i] = a.join(out[i], e)
					continue next
				}
			}
			keys[len(out)] = key
			out = append(out, e)
		}
		return out
	}
	at := make(map[identity]int, len(list))
	for _, e := range list {
		key := a.identify(e, value)
		if i, ok := at[key]; ok {
			out[i] = a.join(out[i], e)
			continue
		}
		at[key] = len(out)
		out = append(out, e)
	}
	return out
}

// identity is what two elements share when one of them is redundant.
type identity struct{ kind, value string }

// wholeElement is the kind of elements that are identified by all they hold;
// no type can be called so.
const wholeElement = "\x00"

// identify returns the identity of an element; value is the sub-attribute of
// that name, or nil.
func (a *Attribute) identify(e resource.Value, value *Attribute) identity {
	o := e.Object()
	switch {
	case a.Type != Complex:
		return identity{value: comparison(e, a.CaseExact)}
	case value == nil || !o.Has(value.Name):
		return identity{kind: wholeElement, value: e.String()}
	}
	id := identity{value: comparison(o.Get(value.Name), value.CaseExact)}
	if !value.Required {
		id.kind = directory.Fold(o.Get("type").Text())
	}
	return id
}

// comparison is the text under which a simple value is compared.
func comparison(v resource.Value, caseExact bool) string {
	switch {
	case v.Kind() != resource.String:
		return v.String()
	case caseExact:
		return directory.Exact(v.Text())
	}
	return directory.Fold(v.Text())
}

// join completes first with what only second says; primary is true if one of
// them says so.
func (a *Attribute) join(first, second resource.Value) resource.Value {
	if first.Kind() != resource.Complex || first.Equal(second) {
		return first
	}
	o := first.Object().Clone()
	for _, f := range second.Object().Fields() {
		if !o.Has(f.Name) || f.Name == "primary" && f.Value.Bool() {
			o.Set(f.Name, f.Value)
		}
	}
	return resource.ComplexOf(orderMembers(o, a.Sub))
}

// CheckPrimary refuses a list in which more than one element is primary
// (R-7643-2.4-02); the error is fault.InvalidValue.
func (a *Attribute) CheckPrimary(list []resource.Value) error {
	n := 0
	for _, e := range list {
		if e.Object().Get("primary").Bool() {
			n++
		}
	}
	if n > 1 {
		return a.refuse("at most one value may be primary, and %d are", n)
	}
	return nil
}

// ClearPrimary returns the list with primary false in every element that has
// it true, except those that keep accepts: what a PATCH does to the others
// when it makes one value primary (R-7644-3.5.2). Elements that change are
// copied; the list itself is not changed.
func ClearPrimary(list []resource.Value, keep func(i int) bool) []resource.Value {
	out := list
	for i, e := range list {
		if !e.Object().Get("primary").Bool() || keep(i) {
			continue
		}
		if &out[0] == &list[0] {
			out = append([]resource.Value(nil), list...)
		}
		o := e.Object().Clone()
		o.Set("primary", resource.BoolOf(false))
		out[i] = resource.ComplexOf(o)
	}
	return out
}
