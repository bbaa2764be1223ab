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
		o.repaired(RepairSingleValue)
		in = []resource.Value{v}
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
	fold := a.Type == String && !a.CaseExact || value != nil && !value.CaseExact
	identity := func(e resource.Value) string {
		var v, kind string
		switch {
		case a.Type != Complex:
			v = e.Text()
			if v == "" {
				v = e.String()
			}
		case value != nil && e.Object().Has(value.Name):
			v = e.Object().Get(value.Name).String()
			if t := e.Object().Get("type"); !t.IsNull() && !value.Required {
				kind = directory.Fold(t.Text())
			}
		default:
			return "\x01" + e.String()
		}
		if fold {
			v = directory.Fold(v)
		}
		return kind + "\x00" + v
	}
	out := list[:0:0]
	if len(list) <= 8 {
		keys := make([]string, 0, 8)
	next:
		for _, e := range list {
			key := identity(e)
			for i, k := range keys {
				if k == key {
					out[i] = a.join(out[i], e)
					continue next
				}
			}
			keys = append(keys, key)
			out = append(out, e)
		}
		return out
	}
	at := make(map[string]int, len(list))
	for _, e := range list {
		key := identity(e)
		if i, ok := at[key]; ok {
			out[i] = a.join(out[i], e)
			continue
		}
		at[key] = len(out)
		out = append(out, e)
	}
	return out
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
