package filter

import (
	"cmp"
	"strconv"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// Order is what resources of one type are sorted by (RFC 7644 section 3.4.2.3).
// It is immutable.
type Order struct {
	typ       *schema.ResourceType
	top, leaf *schema.Attribute
	path      []string // from the resource to the top-level attribute
	sub       string   // the sub-attribute, "" if the attribute itself is meant
	kind      kind
	named     bool
}

// CompileOrder resolves sortBy. Errors are fault.InvalidValue. Refused are names
// that mean nothing, attributes that are never returned, and complex attributes
// without a sub-attribute; a multi-valued one without a sub-attribute means its
// value.
func CompileOrder(sortBy string, t *schema.ResourceType, o Options) (*Order, error) {
	path, err := ParsePath(sortBy, o)
	if err != nil || path.ValueExpression != nil {
		return nil, fault.InvalidValue("sortBy: %q is no attribute name", fault.Clip(sortBy))
	}
	c := compiler{typ: t, others: o.Others, strict: o.Strict}
	n := lookupAmong(path.AttributePath, t, o.Others, o.Strict)
	if !n.known(o.Strict) || n.top == nil {
		return nil, fault.InvalidValue("sortBy: there is no attribute %q", fault.Clip(sortBy))
	}
	c.used |= n.used()
	order := &Order{typ: t, top: n.top, leaf: n.top, path: c.steps(n.top, nil)}
	if n.sub != "" {
		sub, alias := subAttribute(n.top, n.sub, o.Strict)
		if sub == nil {
			return nil, fault.InvalidValue("sortBy: %s has no sub-attribute %q", n.top.Path, fault.Clip(n.sub))
		}
		c.used |= alias
		order.leaf, order.sub = sub, sub.Name
	}
	if leaf := order.leaf; leaf.Type == schema.Complex {
		value := leaf.SubAttribute("value")
		if !leaf.Multi || value == nil {
			return nil, fault.InvalidValue("sortBy: %s is complex; name one of its sub-attributes%s", leaf.Path, example(leaf))
		}
		order.leaf, order.sub = value, value.Name
	}
	if hidden(order.top) || hidden(order.leaf) {
		return nil, fault.InvalidValue("sortBy: resources can not be sorted by %s", order.leaf.Path)
	}
	order.kind, order.named = kindOf(order.leaf)
	c.used.report(o)
	return order, nil
}

// kindOf is how values of an attribute are compared.
func kindOf(a *schema.Attribute) (k kind, named bool) {
	switch {
	case a.Type == schema.Boolean:
		return boolean, false
	case a.Type == schema.Decimal || a.Type == schema.Integer:
		return number, false
	case a.Type == schema.DateTime:
		return instant, false
	case isUserName(a):
		return foldedText, true
	case folds(a):
		return foldedText, false
	}
	return exactText, false
}

// Name is the attribute's canonical name, for messages.
func (o *Order) Name() string { return o.leaf.FullName() }

// Uses reports whether the order looks at a top-level attribute.
func (o *Order) Uses(a *schema.Attribute) bool { return o.top == a }

// Member returns the name of the one member of a resource's tree that the order
// looks at.
func (o *Order) Member() string { return o.typ.Member(o.top) }

// orderColumns are the columns in whose order the store can list.
var orderColumns = map[directory.Field]bool{
	directory.FieldID: true, directory.FieldUserName: true, directory.FieldDisplayName: true,
	directory.FieldFamilyName: true, directory.FieldEmployeeNumber: true,
}

// Index returns the store's order that is the same as this one, if there is one.
func (o *Order) Index() (s directory.Sort, ok bool) {
	if o.top.Multi || !has(o.typ, o.top) {
		return s, false
	}
	key := [3]string{o.top.Schema, o.top.Name, o.sub}
	switch key {
	case [3]string{"", "meta", "created"}:
		return directory.Sort{Field: directory.FieldCreated}, true
	case [3]string{"", "meta", "lastModified"}:
		return directory.Sort{Field: directory.FieldLastModified}, true
	}
	if c, ok := columns[key]; ok && orderColumns[c.field] && c.folded == (o.kind == foldedText) {
		return directory.Sort{Field: c.field}, true
	}
	// A configured index has texts in the form in which they are compared, and
	// of other values only what is needed to tell them apart.
	if x, ok := o.typ.Index(o.leaf); ok && (o.kind == foldedText && x.Fold && !o.named || o.kind == exactText && !x.Fold) {
		return directory.Sort{Field: directory.FieldAttribute, Attribute: x.Attribute}, true
	}
	return s, false
}

// Key is a resource's place in an order.
type Key struct {
	missing bool
	kind    kind
	text    string
	number  decimal
	time    time.Time
}

// Key returns the place of a resource, the full tree as a client would see it:
// that of the attribute's value, of a multi-valued attribute's primary value or,
// without one, its first.
func (o *Order) Key(r *resource.Object) Key {
	v := resource.ComplexOf(r)
	for _, step := range o.path {
		v = v.Object().Get(step)
	}
	if v.Kind() == resource.List {
		v = preferred(v.List())
	}
	if o.sub != "" && v.Kind() == resource.Complex {
		v = v.Object().Get(o.sub)
	}
	switch v.Kind() {
	case resource.String, resource.Number:
		return o.ParseKey(v.Text())
	case resource.Bool:
		return o.ParseKey(strconv.FormatBool(v.Bool()))
	}
	return Key{missing: true}
}

// preferred is the primary element, else the first.
func preferred(list []resource.Value) resource.Value {
	for _, e := range list {
		if e.Kind() == resource.Complex && e.Object().Get("primary").Bool() {
			return e
		}
	}
	if len(list) == 0 {
		return resource.Value{}
	}
	return list[0]
}

// ParseKey returns the place of a value that is given as text; "" is none.
func (o *Order) ParseKey(text string) Key {
	k := Key{kind: o.kind, text: text, missing: text == ""}
	switch o.kind {
	case exactText:
		k.text = directory.Exact(text)
	case foldedText:
		if k.text = directory.Fold(text); o.named {
			k.text = directory.FoldName(text)
		}
	case number:
		k.number = parseDecimal(text)
	case instant:
		if at, ok := parseDateTime(text); ok {
			k.time = at
		} else {
			k.missing = true
		}
	}
	return k
}

// Text is a text of which the order's ParseKey makes the same key.
func (k Key) Text() string {
	if k.missing {
		return ""
	}
	return k.text
}

// Missing says that the resource has no value.
func (k Key) Missing() bool { return k.missing }

// Compare orders keys ascending; what has no value comes last. Texts go by their
// bytes, numbers by value, dateTimes by instant, false before true. Keys of
// different types of values, which only a query over several resource types
// brings together, go by type.
func (k Key) Compare(other Key) int {
	switch {
	case k.missing || other.missing:
		return cmp.Compare(flag(k.missing), flag(other.missing))
	case k.kind != other.kind:
		return cmp.Compare(k.kind, other.kind)
	case k.kind == number:
		return k.number.compare(other.number)
	case k.kind == instant:
		return k.time.Compare(other.time)
	}
	return cmp.Compare(k.text, other.text)
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}
