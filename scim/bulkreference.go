package scim

import (
	"slices"
	"strings"

	"github.com/scimbridge/scimbridge/scim/resource"
)

// referencePrefix begins a string that stands for the id of what the POST with
// the bulkId behind it creates (RFC 7644 section 3.7.2). A string refers only as
// a whole: what looks like a path, "bulkId:../Users/1", is an unknown bulkId (T-29).
const referencePrefix = "bulkId:"

// mostReferences bounds those of a bulk request. Each costs a statement or two in
// the transaction, so they, and not its operations, say how long a web of groups
// takes (T-44).
const mostReferences = 10_000

// references finds the references of an operation, each once.
type references struct {
	patch bool // it is a PATCH, whose filters refer too
	names []string
	seen  map[string]bool
}

func (x *references) find(s string) {
	name, ok := strings.CutPrefix(s, referencePrefix)
	if !ok || x.seen[name] || len(x.names) > mostReferences {
		return
	}
	if x.seen == nil {
		x.seen = map[string]bool{}
	}
	x.seen[name] = true
	x.names = append(x.names, name)
}

func (x *references) object(o *resource.Object) {
	for _, f := range o.Fields() {
		if x.patch && resource.EqualFold(f.Name, "path") {
			inFilter(f.Value.Text(), func(name string) string { x.find(referencePrefix + name); return "" })
		}
		x.value(f.Value)
	}
}

func (x *references) value(v resource.Value) {
	switch v.Kind() {
	case resource.String:
		x.find(v.Text())
	case resource.List:
		for _, e := range v.List() {
			x.value(e)
		}
	case resource.Complex:
		x.object(v.Object())
	}
}

// inFilter replaces the references of a path like members[value eq "bulkId:x"].
func inFilter(path string, id func(name string) string) string {
	const quoted = `"` + referencePrefix
	var out strings.Builder
	for {
		before, behind, found := strings.Cut(path, quoted)
		name, rest, closed := strings.Cut(behind, `"`)
		out.WriteString(before)
		if !found || !closed {
			out.WriteString(path[len(before):])
			return out.String()
		}
		out.WriteString(`"` + id(name) + `"`)
		path = rest
	}
}

// resolver puts ids in the place of references.
type resolver struct {
	patch bool
	ids   map[string]string // by bulkId
	cut   bool              // something was left out
}

// resolve returns the operation's data with the ids. A reference without an id
// is left out, and with it what it is the point of: the element of a list, or
// the complex attribute, in whose sub-attribute it stands. cut says that this
// has happened.
func resolve(op *operation, ids map[string]string) (data *resource.Object, cut bool) {
	if op.data == nil {
		return nil, false
	}
	x := &resolver{patch: op.route.writes["PATCH"] != nil && op.method == "PATCH", ids: ids}
	data, _ = x.object(op.data, true)
	return data, x.cut
}

// object returns a copy with the ids; whole means that it stands by itself,
// being a resource or a resource's extension, and is not gone with a reference.
func (x *resolver) object(o *resource.Object, whole bool) (out *resource.Object, gone bool) {
	fields := make([]resource.Field, 0, o.Len())
	for _, f := range o.Fields() {
		v := f.Value
		lost := false
		switch {
		case x.patch && v.Kind() == resource.String && resource.EqualFold(f.Name, "path"):
			v = resource.StringOf(inFilter(v.Text(), func(name string) string { return x.ids[name] }))
		case v.Kind() == resource.Complex:
			var inner *resource.Object
			inner, lost = x.object(v.Object(), whole && strings.Contains(f.Name, ":"))
			v = resource.ComplexOf(inner)
		default:
			v, lost = x.value(v)
			gone = gone || lost && !whole
		}
		if !lost {
			fields = append(fields, resource.Field{Name: f.Name, Value: v})
		}
	}
	return resource.NewObject(fields...), gone
}

func (x *resolver) value(v resource.Value) (out resource.Value, gone bool) {
	switch v.Kind() {
	case resource.String:
		name, ok := strings.CutPrefix(v.Text(), referencePrefix)
		if !ok {
			return v, false
		}
		id, known := x.ids[name]
		x.cut = x.cut || !known
		return resource.StringOf(id), !known
	case resource.List:
		list := make([]resource.Value, 0, len(v.List()))
		for _, e := range v.List() {
			if e, gone := x.value(e); !gone {
				list = append(list, e)
			}
		}
		return resource.ListOf(slices.Clip(list)...), false
	case resource.Complex:
		o, gone := x.object(v.Object(), false)
		return resource.ComplexOf(o), gone
	}
	return v, false
}
