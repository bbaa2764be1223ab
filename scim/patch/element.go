package patch

import (
	"strings"

	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// multi applies an operation to a multi-valued attribute.
func (s *state) multi(op operation, before resource.Value) (resource.Value, error) {
	list := before.List()
	if s.looked += len(list); s.looked > maxLooked {
		return resource.Value{}, fault.TooMany("%s: too many operations on a list of %d values", op.target.attr.Path, len(list))
	}
	var asserted []int // elements that the operation made primary
	var err error
	switch t := op.target; {
	case t.filter != nil || t.sub != nil:
		list, asserted, err = s.selected(op, list)
	case op.change.listed:
		list = withoutListed(t.attr, list, op.change.value.List())
	case op.change.unassign:
		list = nil
	case op.verb == replace:
		list = op.change.value.Clone().List()
	default:
		list, asserted, err = appendTo(t.attr, list, op.change.value.List())
	}
	if err == nil {
		list, err = flip(op.target.attr, list, asserted)
	}
	return resource.ListOf(list...), err
}

// flip makes the elements that were not asserted non-primary if one was
// (R-7644-3.5.2-07). Equal elements, which collapse later, count as one.
func flip(a *schema.Attribute, list []resource.Value, asserted []int) ([]resource.Value, error) {
	if len(asserted) == 0 {
		return list, nil
	}
	first := list[asserted[0]]
	mine := make(map[int]bool, len(asserted))
	for _, i := range asserted {
		if !list[i].Equal(first) {
			return nil, fault.InvalidValue("%s: at most one value can be primary", a.Path)
		}
		mine[i] = true
	}
	return schema.ClearPrimary(list, func(i int) bool { return mine[i] }), nil
}

// asserts reports whether a change makes the element that it is merged into
// primary.
func asserts(v resource.Value) bool { return v.Object().Get("primary").Bool() }

// selected applies an operation to the elements that its path selects.
func (s *state) selected(op operation, list []resource.Value) (_ []resource.Value, asserted []int, err error) {
	t := op.target
	hits, err := s.hits(op, list)
	if err != nil {
		return nil, nil, err
	}
	if len(hits) == 0 {
		return s.unmatched(op, list)
	}
	if t.sub == nil && op.change.unassign {
		return without(list, hits), nil, nil
	}
	c := op.change
	if t.sub != nil {
		if c.unassign {
			c = change{cleared: []*schema.Attribute{t.sub}}
		} else {
			c.value = resource.ComplexOf(resource.NewObject(resource.Field{Name: t.sub.Name, Value: c.value}))
		}
	}
	for _, i := range hits {
		switch {
		case t.attr.Type != schema.Complex:
			list[i] = c.value.Clone()
			continue
		case t.sub == nil && op.verb == replace:
			list[i], err = substitute(t, list[i].Object(), c)
		default:
			list[i], err = merge(t.attr, list[i].Object(), c)
		}
		if err != nil {
			return nil, nil, err
		}
		if asserts(c.value) {
			asserted = append(asserted, i)
		}
	}
	return list, asserted, nil
}

// hits returns the indexes of the elements that the path selects. A path like
// emails.value, which names a sub-attribute without saying of which element,
// means all of them for remove; otherwise the only one there is, or the
// primary one.
func (s *state) hits(op operation, list []resource.Value) (hits []int, err error) {
	t := op.target
	if t.filter != nil {
		for i, v := range list {
			if t.program.MatchValue(v) {
				hits = append(hits, i)
			}
		}
		return hits, nil
	}
	primary := -1
	for i, v := range list {
		hits = append(hits, i)
		if v.Object().Get("primary").Bool() {
			primary = i
		}
	}
	if op.verb == remove || op.change.unassign || len(list) < 2 {
		return hits, nil
	}
	if primary < 0 || s.strict {
		return nil, fault.InvalidPath("%s: there are %d values; say which is meant, as in %s[type eq \"work\"].%s", t, len(list), t.attr.Name, t.sub.Name)
	}
	return []int{primary}, nil
}

// unmatched is an operation whose path selects nothing. Removing nothing is
// success (reading 4); in tolerant mode the element may be created.
func (s *state) unmatched(op operation, list []resource.Value) ([]resource.Value, []int, error) {
	t := op.target
	if op.verb == remove {
		return list, nil, nil
	}
	nothing := fault.NoTarget("%s: no value matches the filter", t)
	if t.filter == nil {
		nothing = fault.NoTarget("%s: there is no value yet", t)
	}
	if s.strict || t.attr.Type != schema.Complex {
		return nil, nil, nothing
	}
	if op.change.unassign {
		return list, nil, nil // it is as asked
	}
	o := &resource.Object{}
	if t.filter != nil {
		if o = seed(op.verb, t.filter, t.attr); o == nil {
			return nil, nil, nothing
		}
	}
	c := op.change
	if t.sub != nil { // without filter there always is one
		c = change{value: resource.ComplexOf(resource.NewObject(resource.Field{Name: t.sub.Name, Value: c.value}))}
	}
	if c.value.Unassigned() {
		return list, nil, nil
	}
	v, err := merge(t.attr, o, c)
	if err != nil {
		return nil, nil, err
	}
	list = append(list, v)
	if labelsOnly(v) {
		s.created = append(s.created, op)
	}
	if asserts(v) {
		return list, []int{len(list) - 1}, nil
	}
	return list, nil, nil
}

// substitute is the replacement of a whole element (XX-13). The sub-attributes
// that the filter selected it by stay unless the value says otherwise: whoever
// replaces emails[type eq "work"] wants a work address.
func substitute(t target, o *resource.Object, c change) (resource.Value, error) {
	next := &resource.Object{}
	found, _ := pins(t.filter, t.attr)
	for _, p := range found {
		if v := o.Get(p.sub.Name); !v.Unassigned() {
			next.Set(p.sub.Name, v)
		}
	}
	for _, sub := range t.attr.Sub {
		if sub.Mutability == schema.Immutable && o.Has(sub.Name) {
			next.Set(sub.Name, o.Get(sub.Name))
		}
	}
	return merge(t.attr, next, c)
}

// appendTo adds values to a list (R-7644-3.5.2.1-03). One that is there
// already, which is to say the same value of the same type, takes over the
// other sub-attributes that are given and is not added again
// (R-7644-3.5.2.1-04, R-7643-2.4-03).
func appendTo(a *schema.Attribute, list, given []resource.Value) (_ []resource.Value, asserted []int, err error) {
	places := placesOf(a, list)
	for _, v := range given {
		i, present := places.find(v)
		switch {
		case !present:
			i = len(list)
			list = append(list, v.Clone())
			places.note(v, i)
		case a.Type == schema.Complex:
			if list[i], err = merge(a, list[i].Object(), change{value: v}); err != nil {
				return nil, nil, err
			}
		}
		if asserts(v) {
			asserted = append(asserted, i)
		}
	}
	return list, asserted, nil
}

// withoutListed takes out the elements that a legacy remove lists: those of
// that value (and type, if given), or for a listing without a value those that
// have all the sub-attributes given.
func withoutListed(a *schema.Attribute, list, listed []resource.Value) []resource.Value {
	values := make(map[string]bool) // with type, or without
	var partial []resource.Value
	for _, l := range listed {
		if k := keyOf(a, l); k.value != "" {
			values[k.pair()] = true
		} else {
			partial = append(partial, l)
		}
	}
	var hits []int
	for i, v := range list {
		k := keyOf(a, v)
		out := k.value != "" && (values[k.pair()] || values[key{value: k.value}.pair()])
		for _, l := range partial {
			if out {
				break
			}
			out = covers(a, v, l)
		}
		if out {
			hits = append(hits, i)
		}
	}
	return without(list, hits)
}

// covers reports whether v has every sub-attribute of l.
func covers(a *schema.Attribute, v, l resource.Value) bool {
	for _, f := range l.Object().Fields() {
		have := v.Object().Get(f.Name)
		if have.Equal(f.Value) {
			continue
		}
		sub := a.SubAttribute(f.Name)
		switch {
		case sub == nil:
			return false
		case sub.Type == schema.Boolean && have.IsNull() && !f.Value.Bool(): // unassigned reads as false
		case sub.Type == schema.String && !sub.CaseExact && have.Kind() == resource.String && strings.EqualFold(have.Text(), f.Value.Text()):
		default:
			return false
		}
	}
	return true
}

// without returns the list without the elements at the indexes, which ascend.
func without(list []resource.Value, hits []int) []resource.Value {
	if len(hits) == 0 {
		return list
	}
	rest := make([]resource.Value, 0, len(list)-len(hits))
	for i, v := range list {
		if len(hits) > 0 && hits[0] == i {
			hits = hits[1:]
			continue
		}
		rest = append(rest, v)
	}
	return rest
}
