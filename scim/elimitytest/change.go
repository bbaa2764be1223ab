package elimitytest

import (
	"maps"
	"net/http"
	"reflect"
	"slices"

	"github.com/elimity-com/scim"
	"github.com/elimity-com/scim/errors"
	"github.com/elimity-com/scim/filter"
	"github.com/elimity-com/scim/schema"
	parser "github.com/scim2/filter-parser/v2"
)

// apply is RFC 7644 section 3.5.2 over maps, for operations that the library
// has validated. attributes is changed.
func (h *handler) apply(attributes map[string]any, operations []scim.PatchOperation) error {
	for _, op := range operations {
		if op.Path != nil {
			if err := h.applyAt(attributes, op.Op, *op.Path, op.Value); err != nil {
				return err
			}
			continue
		}
		for name, value := range op.Value.(map[string]any) {
			path, err := parser.ParsePath([]byte(name))
			if err != nil {
				return errors.ScimErrorInvalidPath
			}
			if err := h.applyAt(attributes, op.Op, path, value); err != nil {
				return err
			}
		}
	}
	return nil
}

func (h *handler) applyAt(attributes map[string]any, op string, path parser.Path, value any) error {
	attr, at := h.attribute(attributes, path.AttributePath)
	sub := path.SubAttributeName()
	if sub == "" {
		sub = path.AttributePath.SubAttributeName()
	}
	if s, ok := attr.SubAttributes().ContainsAttribute(sub); ok {
		sub = s.Name()
	}
	switch {
	case path.ValueExpression != nil:
		return selected(at, attr, op, path.ValueExpression, sub, value)
	case attr.MultiValued() && sub == "":
		list(at, attr.Name(), op, value)
	case attr.MultiValued():
		for _, e := range elements(at, attr.Name()) {
			put(e.(map[string]any), sub, op, value)
		}
	case sub != "":
		inner, _ := at[attr.Name()].(map[string]any)
		inner = maps.Clone(inner)
		if inner == nil {
			inner = map[string]any{}
		}
		put(inner, sub, op, value)
		put(at, attr.Name(), "replace", inner)
	default:
		given, isComplex := value.(map[string]any)
		if old, ok := at[attr.Name()].(map[string]any); ok && isComplex && op != scim.PatchOperationRemove {
			value = merged(old, given)
		}
		put(at, attr.Name(), op, value)
	}
	return nil
}

// attribute resolves a path and returns the map that holds the attribute.
func (h *handler) attribute(attributes map[string]any, path parser.AttributePath) (schema.CoreAttribute, map[string]any) {
	for i, s := range h.schemas {
		if uri := path.URI(); uri != "" && uri != s.ID {
			continue
		}
		attr, ok := s.Attributes.ContainsAttribute(path.AttributeName)
		if !ok {
			continue
		}
		if i == 0 {
			return attr, attributes
		}
		inner, _ := attributes[s.ID].(map[string]any)
		inner = maps.Clone(inner)
		if inner == nil {
			inner = map[string]any{}
		}
		attributes[s.ID] = inner
		return attr, inner
	}
	// externalId is the one common attribute that the library lets through.
	attr := schema.SimpleCoreAttribute(schema.SimpleStringParams(schema.StringParams{Name: path.AttributeName}))
	return attr, attributes
}

func put(at map[string]any, name, op string, value any) {
	if op == scim.PatchOperationRemove {
		delete(at, name)
		return
	}
	at[name] = value
}

func merged(old, given map[string]any) map[string]any {
	out := maps.Clone(old)
	maps.Copy(out, given)
	return out
}

// elements returns copies of the elements of a list, in a list that is a copy.
func elements(at map[string]any, name string) []any {
	old, _ := at[name].([]any)
	out := make([]any, len(old))
	for i, e := range old {
		if m, ok := e.(map[string]any); ok {
			e = maps.Clone(m)
		}
		out[i] = e
	}
	at[name] = out
	return out
}

func list(at map[string]any, name, op string, value any) {
	given, _ := value.([]any)
	switch op {
	case scim.PatchOperationRemove:
		delete(at, name)
	case scim.PatchOperationReplace:
		at[name] = given
	default:
		old := elements(at, name)
		for _, e := range given {
			if !slices.ContainsFunc(old, func(f any) bool { return reflect.DeepEqual(e, f) }) {
				demote(old, e)
				old = append(old, e)
			}
		}
		at[name] = old
	}
}

// demote makes all elements non-primary if e is primary.
func demote(all []any, e any) {
	if m, ok := e.(map[string]any); !ok || m["primary"] != true {
		return
	}
	for _, f := range all {
		if m, ok := f.(map[string]any); ok && m["primary"] == true {
			m["primary"] = false
		}
	}
}

// selected applies an operation to the elements that a value filter selects.
func selected(at map[string]any, attr schema.CoreAttribute, op string, e parser.Expression, sub string, value any) error {
	v := filter.NewFilterValidator(e, schema.Schema{Attributes: attr.SubAttributes()})
	all := elements(at, attr.Name())
	var hits []map[string]any
	kept := make([]any, 0, len(all))
	for _, x := range all {
		m, ok := x.(map[string]any)
		if ok && v.PassesFilter(m) == nil {
			hits = append(hits, m)
			if op == scim.PatchOperationRemove && sub == "" {
				continue
			}
		}
		kept = append(kept, x)
	}
	if len(hits) == 0 && op != scim.PatchOperationRemove {
		return errors.ScimError{ScimType: errors.ScimTypeNoTarget, Status: http.StatusBadRequest}
	}
	at[attr.Name()] = kept
	for _, m := range hits {
		switch {
		case sub != "" && sub == "primary" && value == true && op != scim.PatchOperationRemove:
			demote(kept, map[string]any{"primary": true})
			m["primary"] = true
		case sub != "":
			put(m, sub, op, value)
		case op != scim.PatchOperationRemove:
			given, _ := value.([]any)
			for _, g := range given {
				if g, ok := g.(map[string]any); ok {
					maps.Copy(m, g)
				}
			}
		}
	}
	return nil
}
