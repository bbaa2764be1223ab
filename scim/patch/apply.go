package patch

import (
	"slices"

	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// Apply returns the resource after all operations on anything but members. The
// input, a canonical tree as Normalize makes it with the common attributes
// added, is not changed, and the result shares nothing with it. The result is
// canonical again; if the tree has a schemas list, the list follows the
// extensions that came and went.
//
// Errors are mutability for what can not be changed, noTarget for a value path
// without a match, invalidValue for a result that breaks a rule across values
// (more than one primary, a required attribute that is missing).
func (r *Request) Apply(res *resource.Object) (*resource.Object, error) {
	root := res.Clone()
	if root == nil {
		root = &resource.Object{}
	}
	s := &state{
		typ:     r.typ,
		opts:    r.opts,
		root:    root,
		touched: make(map[*schema.Attribute]bool),
	}
	for _, op := range r.ops {
		if err := s.apply(op); err != nil {
			return nil, at(op.index, err)
		}
	}
	if err := s.finish(); err != nil {
		return nil, err
	}
	return s.root, nil
}

// state is a resource while operations are applied to it. It owns its tree.
type state struct {
	typ  *schema.ResourceType
	opts Options
	root *resource.Object
	// touched holds the attributes that operations have changed.
	touched map[*schema.Attribute]bool
	// created holds the operations that made an element of which nothing was
	// known yet but its labels.
	created []operation
	work    work
}

func (s *state) apply(op operation) error {
	a := op.target.attr
	change := s.single
	if a.Multi {
		change = s.multi
	}
	before := s.get(a)
	var kept resource.Value // before is changed in place
	if a.Mutability == schema.Immutable {
		kept = before.Clone()
	}
	after, err := change(op, before)
	if err != nil {
		return err
	}
	if !kept.Unassigned() {
		if !a.Same(kept, after) {
			return fault.Mutability("%s: is immutable and has a value already", a.Path)
		}
		after = kept // which may be spelled in another case
	}
	s.set(a, after)
	return nil
}

// get returns the value of a top-level attribute. What it holds belongs to the
// state and may be changed in place.
func (s *state) get(a *schema.Attribute) resource.Value {
	if e := s.extension(a); e != nil {
		return s.root.Get(e.URN).Object().Get(a.Name)
	}
	return s.root.Get(a.Name)
}

// set gives a top-level attribute a value, or takes it out if the value is
// unassigned.
func (s *state) set(a *schema.Attribute, v resource.Value) {
	s.touched[a] = true
	o := s.root
	e := s.extension(a)
	if e != nil {
		if o = s.root.Get(e.URN).Object(); o == nil {
			if v.Unassigned() {
				return
			}
			o = &resource.Object{}
			s.root.Set(e.URN, resource.ComplexOf(o))
		}
	}
	if !v.Unassigned() {
		o.Set(a.Name, v)
		return
	}
	o.Delete(a.Name)
	if e != nil && o.Len() == 0 {
		s.root.Delete(e.URN)
	}
}

// extension returns the extension that an attribute belongs to, or nil.
func (s *state) extension(a *schema.Attribute) *schema.Schema {
	if a.Schema == "" || a.Schema == s.typ.Core.URN {
		return nil
	}
	return s.typ.Extension(a.Schema)
}

// single applies an operation to an attribute that has one value.
func (s *state) single(op operation, before resource.Value) (resource.Value, error) {
	switch t := op.target; {
	case t.sub != nil:
		o := before.Object()
		if o == nil {
			o = &resource.Object{}
		}
		one := change{}
		if op.change.unassign {
			one.cleared = []*schema.Attribute{t.sub}
		} else {
			one.value = resource.ComplexOf(resource.NewObject(resource.Field{Name: t.sub.Name, Value: op.change.value}))
		}
		return merge(t.attr, o, one)
	case op.change.unassign:
		return resource.Value{}, nil
	case t.attr.Type == schema.Complex:
		o := before.Object()
		if o == nil {
			o = &resource.Object{}
		}
		if s.opts.Interop && op.verb == replace {
			return renew(t.attr, o, op.change)
		}
		return merge(t.attr, o, op.change)
	}
	return op.change.value, nil
}

// renew is merge where the change is all that is to be known afterwards
// (reading 8): what it does not speak of goes, but for what a PUT leaves, too.
func renew(a *schema.Attribute, o *resource.Object, c change) (resource.Value, error) {
	given := c.value.Object()
	for _, sub := range a.Sub {
		switch {
		case !o.Has(sub.Name), given.Has(sub.Name), c.clears(sub.Name), sub.Stays():
		case sub.Name == "$ref", sub.Name == "value" && given.Has("$ref"): // merge keeps the two together
		default:
			c.cleared = append(slices.Clone(c.cleared), sub)
		}
	}
	return merge(a, o, c)
}

// merge sets and clears sub-attributes of a complex value that the caller
// owns; those that the change does not speak of stay (R-7644-3.5.2.1-02,
// R-7644-3.5.2.3-04).
func merge(a *schema.Attribute, o *resource.Object, c change) (resource.Value, error) {
	was, ref := o.Get("value"), o.Get("$ref")
	for _, f := range c.value.Object().Fields() {
		old := o.Get(f.Name)
		if sub := a.SubAttribute(f.Name); sub != nil && sub.Mutability == schema.Immutable && !old.Unassigned() {
			if !sub.Same(old, f.Value) {
				return resource.Value{}, fault.Mutability("%s: is immutable and has a value already", sub.Path)
			}
			continue
		}
		// The request may be applied again, so its values are never handed over.
		o.Set(f.Name, f.Value.Clone())
	}
	for _, sub := range c.cleared {
		if sub.Mutability == schema.Immutable && o.Has(sub.Name) {
			return resource.Value{}, fault.Mutability("%s: is immutable and has a value already", sub.Path)
		}
		o.Delete(sub.Name)
	}
	// Whoever sends another reference alone means another value.
	if now := o.Get("$ref"); !now.Equal(ref) && o.Get("value").Equal(was) && !c.value.Object().Has("value") && !c.clears("value") {
		if id := a.Referenced(now.Text()); id != "" {
			o.Set("value", resource.StringOf(id))
		}
	}
	// A reference goes with the value that it refers to, and so does what the
	// server knows of the target, such as manager.displayName.
	if !was.IsNull() && !o.Get("value").Equal(was) {
		for _, sub := range a.Sub {
			if (sub.Name == "$ref" || sub.Mutability == schema.ReadOnly) && !c.value.Object().Has(sub.Name) {
				o.Delete(sub.Name)
			}
		}
	}
	return resource.ComplexOf(o), nil
}
