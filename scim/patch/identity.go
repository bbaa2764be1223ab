package patch

import (
	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// key is what makes an element of a multi-valued attribute the one it is: its
// value and its type, or the value alone where it is required. An element
// without value is its own key. Elements that have one key are those that
// Attribute.Distinct makes one of.
type key struct {
	value string
	kind  string
	whole string // of an element without value
}

func (k key) pair() string { return k.kind + "\x00" + k.value }

// keyOf returns the key of an element in canonical form.
func keyOf(a *schema.Attribute, v resource.Value) key {
	if a.Type != schema.Complex {
		return key{value: fold(a, v)}
	}
	o := v.Object()
	var k key
	sub := a.SubAttribute("value")
	if sub != nil && !o.Get(sub.Name).Unassigned() {
		k.value = fold(sub, o.Get(sub.Name))
	}
	if sub == nil || !sub.Required {
		k.kind = directory.Fold(o.Get("type").Text())
	}
	if k.value == "" {
		rest := &resource.Object{}
		for _, sub := range a.Sub {
			if sub.Name != "primary" && o.Has(sub.Name) {
				rest.Set(sub.Name, o.Get(sub.Name))
			}
		}
		k.whole = rest.String()
	}
	return k
}

// fold returns a value as text that is the same for values that compare equal.
func fold(a *schema.Attribute, v resource.Value) string {
	if v.Kind() != resource.String {
		return v.String()
	}
	if a.CaseExact {
		return directory.Exact(v.Text())
	}
	return directory.Fold(v.Text())
}

// places finds elements of a list by key in constant time.
type places struct {
	attr   *schema.Attribute
	pairs  map[string]int // value and type
	values map[string]int // value alone: the first element that has it
	wholes map[string]int
}

func placesOf(a *schema.Attribute, list []resource.Value) *places {
	p := &places{attr: a, pairs: make(map[string]int, len(list)), values: make(map[string]int, len(list)), wholes: make(map[string]int)}
	for i, v := range list {
		p.note(v, i)
	}
	return p
}

func (p *places) note(v resource.Value, i int) {
	k := keyOf(p.attr, v)
	first := func(m map[string]int, name string) {
		if _, ok := m[name]; !ok {
			m[name] = i
		}
	}
	if k.value == "" {
		first(p.wholes, k.whole)
		return
	}
	first(p.pairs, k.pair())
	first(p.values, k.value)
}

// find returns the element that v means: the same value and type; for a value
// without type one of any type, since nothing sets them apart.
func (p *places) find(v resource.Value) (int, bool) {
	k := keyOf(p.attr, v)
	if k.value == "" {
		i, ok := p.wholes[k.whole]
		return i, ok
	}
	if i, ok := p.pairs[k.pair()]; ok {
		return i, true
	}
	if k.kind != "" {
		return 0, false
	}
	i, ok := p.values[k.value]
	return i, ok
}
