package patch

import (
	"slices"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// multi applies an operation to a multi-valued attribute.
func (s *state) multi(op operation, before resource.Value) (resource.Value, error) {
	list := before.List()
	times := 1
	if op.target.filter != nil {
		times = op.target.program.Terms()
	}
	weight := weigh(list)
	err := s.work.spend(op.target.attr, weight, times)
	if err != nil {
		return resource.Value{}, err
	}
	var asserted []int // elements that the operation made primary
	switch t := op.target; {
	case t.filter != nil || t.sub != nil:
		list, asserted, err = s.selected(op, list)
	case op.change.listed:
		listed := listingOf(t.attr, op.change.value.List())
		if err = s.work.spend(t.attr, weight, len(listed.partial)); err == nil {
			list = listed.without(list)
		}
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
	if s.opts.Interop && len(hits) > 1 && op.verb != remove {
		return nil, nil, fault.InvalidFilter("%s: %d values match; an operation changes one", t, len(hits))
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
	// To merge a sub-attribute is about as much work as to look at an element.
	if err := s.work.spend(t.attr, len(hits), 4*(1+c.value.Object().Len()+len(c.cleared))); err != nil {
		return nil, nil, err
	}
	stay := staying(t)
	for _, i := range hits {
		switch {
		case t.attr.Type != schema.Complex:
			list[i] = c.value.Clone()
			continue
		case t.sub == nil && op.verb == replace:
			list[i], err = substitute(t.attr, list[i].Object(), c, stay)
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
	if primary < 0 || s.opts.Strict {
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
	if s.opts.Strict || t.attr.Type != schema.Complex {
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
		if kind := t.attr.SubAttribute("type"); s.opts.Canonical && kind != nil && o.Has("type") {
			if _, err := kind.Normalize(o.Get("type"), schema.Options{Canonical: true}); err != nil {
				return nil, nil, err
			}
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
	if t.filter != nil && labelsOnly(v) && !t.program.MatchValue(v) {
		return nil, nil, nothing // another label for what is not there
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

// substitute is the replacement of a whole element (XX-13), in which some
// sub-attributes stay unless the value says otherwise.
func substitute(a *schema.Attribute, o *resource.Object, c change, stay []*schema.Attribute) (resource.Value, error) {
	next := &resource.Object{}
	for _, sub := range stay {
		if v := o.Get(sub.Name); !v.Unassigned() {
			next.Set(sub.Name, v)
		}
	}
	return merge(a, next, c)
}

// staying returns the sub-attributes that stay when an element is replaced:
// those that the filter selected it by, as whoever replaces emails[type eq
// "work"] wants a work address, and those that are immutable.
func staying(t target) []*schema.Attribute {
	var stay []*schema.Attribute
	found, _ := pins(t.filter, t.attr)
	for _, p := range found {
		if !slices.Contains(stay, p.sub) {
			stay = append(stay, p.sub)
		}
	}
	for _, sub := range t.attr.Sub {
		if sub.Mutability == schema.Immutable && !slices.Contains(stay, sub) {
			stay = append(stay, sub)
		}
	}
	return stay
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

// listing is what a legacy remove lists.
type listing struct {
	attr    *schema.Attribute
	values  map[string]bool  // pairs of value and type, which is empty if not given
	partial []resource.Value // those without a value
}

func listingOf(a *schema.Attribute, listed []resource.Value) listing {
	l := listing{attr: a, values: make(map[string]bool, len(listed))}
	for _, v := range listed {
		if k := keyOf(a, v); k.value != "" {
			l.values[k.pair()] = true
		} else {
			l.partial = append(l.partial, v)
		}
	}
	return l
}

// without takes out the elements that are listed: those of that value (and
// type, if given), or for a listing without a value those that have all the
// sub-attributes given.
func (l listing) without(list []resource.Value) []resource.Value {
	var hits []int
	for i, v := range list {
		k := keyOf(l.attr, v)
		if k.value != "" && (l.values[k.pair()] || l.values[key{value: k.value}.pair()]) ||
			slices.ContainsFunc(l.partial, func(p resource.Value) bool { return covers(l.attr, v, p) }) {
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
		case sub.Type == schema.String && !sub.CaseExact && have.Kind() == resource.String && directory.Fold(have.Text()) == directory.Fold(f.Value.Text()):
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
