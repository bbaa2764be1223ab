package schema

import (
	"bytes"
	"strings"

	"github.com/scimbridge/scimbridge/scim/resource"
)

// Visible returns what of a stored resource a client may see at all: without
// attributes that are never returned (R-7643-7-06, R-7643-7-07), and without
// members that the resource type does not know. Those are of a schema that was
// configured when they were stored and is not now; they stay stored, and are
// seen again when it comes back. The tree is not changed.
func (t *ResourceType) Visible(o *resource.Object) *resource.Object {
	out := resource.NewObject()
	for _, f := range o.Fields() {
		if e := t.Extension(f.Name); e != nil {
			inner := resource.NewObject()
			for _, g := range f.Value.Object().Fields() {
				if v, ok := e.Attribute(g.Name).visible(g.Value); ok {
					inner.Set(g.Name, v)
				}
			}
			if inner.Len() > 0 {
				out.Set(f.Name, resource.ComplexOf(inner))
			}
			continue
		}
		if strings.HasPrefix(f.Name, "urn:") {
			continue
		}
		if v, ok := t.Attribute("", f.Name).visible(f.Value); ok {
			out.Set(f.Name, v)
		}
	}
	return out
}

// visible returns what of a value may be seen, if any; of no attribute nothing.
func (a *Attribute) visible(v resource.Value) (resource.Value, bool) {
	if a == nil || a.Returned == ReturnedNever {
		return v, false
	}
	if a.Type != Complex {
		return v, true
	}
	switch v.Kind() {
	case resource.Complex:
		o := resource.NewObject()
		for _, f := range v.Object().Fields() {
			if w, ok := a.SubAttribute(f.Name).visible(f.Value); ok {
				o.Set(f.Name, w)
			}
		}
		return resource.ComplexOf(o), o.Len() > 0
	case resource.List:
		var list []resource.Value
		for _, e := range v.List() {
			if w, ok := a.visible(e); ok {
				list = append(list, w)
			}
		}
		return resource.ListOf(list...), len(list) > 0
	}
	return v, true
}

// Plain reports whether everything in a stored document is of the built-in
// schemas, so that it can be shown, and replaced, without looking into it. It
// may say no of a document of which it is true.
func (t *ResourceType) Plain(document []byte) bool {
	if t.configured {
		return false
	}
next:
	for {
		i := bytes.Index(document, []byte(`"urn:`))
		if i < 0 {
			return true
		}
		document = document[i+1:]
		for _, e := range t.Extensions {
			if rest, ok := bytes.CutPrefix(document, []byte(e.URN)); ok && !e.configured && bytes.HasPrefix(rest, []byte(`":{`)) {
				document = rest
				continue next
			}
		}
		return false
	}
}
