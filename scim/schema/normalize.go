package schema

import (
	"strings"

	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/resource"
)

// Options says how values are checked.
type Options struct {
	// Strict refuses what the RFCs refuse; otherwise the named deviations of
	// real identity providers are repaired. What is stored never differs: an
	// input that both modes accept has one normal form.
	Strict bool
	// Interop also refuses what the SCIM interoperability profile leaves to
	// others: a password is none of a provisioning client's business (T-20). It
	// goes with Strict.
	Interop bool
	// Canonical refuses values that are none of an attribute's canonical values;
	// otherwise those are hints (R-7643-2.3.1-02).
	Canonical bool
	// Repaired, if not nil, is told of each repair.
	Repaired func(Repair)
}

// Repair names a deviation that was accepted. The names are metric labels.
type Repair string

// The repairs made by this package.
const (
	RepairStringBoolean    Repair = "string_boolean"    // "True" for true
	RepairScalarValue      Repair = "scalar_value"      // a bare string for {"value": …}
	RepairUnknownAttribute Repair = "unknown_attribute" // ignored
	RepairUnknownSchema    Repair = "unknown_schema"    // ignored
	RepairAlias            Repair = "alias"             // managerId, displayName in roles …
	RepairDottedName       Repair = "dotted_name"       // "name.givenName" as a key
	RepairEmptyString      Repair = "empty_string"      // "" for unassigned
	RepairSingleValue      Repair = "single_value"      // an object or string where an array belongs
	RepairReadOnly         Repair = "read_only"         // ignored where the RFC would refuse
	RepairSchemas          Repair = "schemas"           // missing, duplicate or SCIM 1 URNs
	RepairValueForm        Repair = "value_form"        // number for string and the like
)

func (o Options) repaired(r Repair) {
	if o.Repaired != nil {
		o.Repaired(r)
	}
}

// Normalize returns the canonical form of a whole resource as a client sent it
// for POST or PUT: canonical names in canonical order, checked and repaired
// values, unassigned attributes left out, read-only ones dropped, at most one
// primary. The common attributes that the bridge assigns (schemas, id, meta)
// are not in it; externalId and the writeOnly password are. The input is not
// changed; the result may share its strings and simple values.
//
// Errors are fault.InvalidSyntax for what the schemas do not know and
// fault.InvalidValue for values that do not fit; they name the attribute. The
// result does not depend on the order of members (R-7643-2.3.8-01).
func (t *ResourceType) Normalize(in *resource.Object, o Options) (*resource.Object, error) {
	if err := t.checkSchemas(in.GetFold("schemas"), o); err != nil {
		return nil, err
	}
	g, err := t.collect(in, o)
	if err != nil {
		return nil, err
	}
	out := make([]resource.Field, 0, len(g))
	for _, attrs := range [][]*Attribute{t.Common, t.Core.Attributes} {
		if out, err = g.assign(out, attrs, o); err != nil {
			return nil, err
		}
	}
	for _, e := range t.Extensions {
		var members []resource.Field
		if n := g.touches(e.Attributes); n > 0 {
			if members, err = g.assign(make([]resource.Field, 0, n), e.Attributes, o); err != nil {
				return nil, err
			}
		}
		if len(members) > 0 {
			out = append(out, resource.Field{Name: e.URN, Value: resource.ComplexOf(resource.NewObject(members...))})
		} else if e.Required {
			return nil, fault.InvalidValue("%s: required; the resource must have this extension", e.URN)
		}
	}
	return resource.NewObject(out...), nil
}

// given is what the client sent for each attribute, however it was named.
type given []gift

type gift struct {
	attr  *Attribute
	sent  bool             // the attribute as such was sent: whole
	whole resource.Value   // Null if only parts were sent
	parts *resource.Object // sub-attributes sent as dotted names
}

func (g *given) of(a *Attribute) *gift {
	for i := range *g {
		if (*g)[i].attr == a {
			return &(*g)[i]
		}
	}
	*g = append(*g, gift{attr: a})
	return &(*g)[len(*g)-1]
}

// touches counts the attributes that were sent with a value.
func (g given) touches(attrs []*Attribute) (n int) {
	for i := range g {
		for _, a := range attrs {
			if g[i].attr == a && (!g[i].whole.Unassigned() || !resource.ComplexOf(g[i].parts).Unassigned()) {
				n++
			}
		}
	}
	return n
}

func (g *given) put(k Key, v resource.Value) error {
	x := g.of(k.Attr)
	if k.Sub == nil {
		if x.sent {
			return twice(k.Attr)
		}
		x.sent, x.whole = true, v
		return nil
	}
	if x.parts == nil {
		x.parts = new(resource.Object)
	}
	if x.parts.Has(k.Sub.Name) {
		return twice(k.Sub)
	}
	x.parts.Set(k.Sub.Name, v)
	return nil
}

func twice(a *Attribute) error {
	return fault.InvalidSyntax("%s is given twice, under different names", a.FullName())
}

// value joins what was sent for the attribute as a whole and for its parts.
func (x *gift) value() (resource.Value, error) {
	if x.parts == nil {
		return x.whole, nil
	}
	if x.whole.Unassigned() {
		return resource.ComplexOf(x.parts), nil
	}
	if x.whole.Kind() != resource.Complex {
		return resource.Value{}, twice(x.attr)
	}
	joined := x.whole.Object().Clone()
	for _, f := range x.parts.Fields() {
		for _, h := range joined.Fields() {
			if resource.EqualFold(h.Name, f.Name) {
				return resource.Value{}, twice(x.attr.SubAttribute(f.Name))
			}
		}
		joined.Set(f.Name, f.Value)
	}
	return resource.ComplexOf(joined), nil
}

// collect sorts the members of a resource by the attribute they mean.
func (t *ResourceType) collect(in *resource.Object, o Options) (given, error) {
	g := make(given, 0, in.Len()+8) // an extension brings a few more
	for _, f := range in.Fields() {
		k, ok := t.Key(f.Name)
		if !ok || k.Repair != "" && o.Strict {
			if err := unknown(f.Name, f.Name, o); err != nil {
				return nil, err
			}
			continue
		}
		if k.Repair != "" {
			o.repaired(k.Repair)
		}
		if k.Schema == nil {
			if err := g.put(k, f.Value); err != nil {
				return nil, err
			}
			continue
		}
		if err := g.collectSchema(k.Schema, f, o); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// collectSchema sorts the members of an object under a schema's URN.
func (g *given) collectSchema(s *Schema, f resource.Field, o Options) error {
	v := f.Value
	if v.Kind() == resource.String && v.Text() == "" && !o.Strict {
		o.repaired(RepairEmptyString)
		return nil
	}
	if v.Unassigned() {
		return nil
	}
	if list := v.List(); len(list) == 1 && !o.Strict {
		o.repaired(RepairValueForm)
		v = list[0]
	}
	if v.Kind() != resource.Complex {
		return fault.InvalidValue("%s: must be an object with the attributes of the schema, not %s", s.URN, article(v))
	}
	for _, m := range v.Object().Fields() {
		k, ok := s.ExtensionKey(m.Name)
		if !ok || k.Repair != "" && o.Strict {
			if err := unknown(m.Name, s.URN+":"+m.Name, o); err != nil {
				return err
			}
			continue
		}
		if k.Repair != "" {
			o.repaired(k.Repair)
		}
		if err := g.put(k, m.Value); err != nil {
			return err
		}
	}
	return nil
}

// unknown ignores an unknown member or refuses it (A0-2).
func unknown(name, full string, o Options) error {
	urn := len(name) > 4 && resource.EqualFold(name[:4], "urn:")
	switch {
	case o.Strict && urn:
		return fault.InvalidSyntax("%q is no schema of this resource type", fault.Clip(full))
	case o.Strict:
		return fault.InvalidSyntax("%q is no attribute of the schemas of this resource", fault.Clip(full))
	case urn:
		o.repaired(RepairUnknownSchema)
	default:
		o.repaired(RepairUnknownAttribute)
	}
	return nil
}

// assign normalizes what was given for the attributes and appends it to out, in
// the order of the attributes.
func (g given) assign(out []resource.Field, attrs []*Attribute, o Options) ([]resource.Field, error) {
	for _, a := range attrs {
		if a.Mutability == ReadOnly { // ignored in POST and PUT: R-7643-7-04, R-7644-3.3-01, A0-8, A0-9
			continue
		}
		var v resource.Value
		for i := range g {
			if g[i].attr != a {
				continue
			}
			raw, err := g[i].value()
			if err != nil {
				return nil, err
			}
			if v, err = a.Normalize(raw, o); err != nil {
				return nil, err
			}
		}
		if !v.IsNull() {
			out = append(out, resource.Field{Name: a.Name, Value: v})
		} else if a.Required {
			return nil, a.missing()
		}
	}
	return out, nil
}

func (a *Attribute) missing() error {
	return fault.InvalidValue("%s: required; it must have a value that is not empty", a.FullName())
}

// article is the kind of a value in a sentence.
func article(v resource.Value) string {
	switch k := v.Kind(); k {
	case resource.Null:
		return "null"
	case resource.List, resource.Complex:
		return "an " + k.String()
	default:
		return "a " + k.String()
	}
}

// blank reports whether a text says nothing.
func blank(s string) bool { return strings.TrimSpace(s) == "" }
