package storagetest

import (
	"encoding/json"

	"github.com/scimbridge/scimbridge/directory"
)

// The configured types and indexes of all tests of the suite. The types share
// the name of an attribute, which is none of the other's business.
const (
	device  = "Device"
	printer = "Printer"

	badge = "urn:example:2.0:User"  // an extension of users
	cost  = "urn:example:2.0:Group" // one of groups
)

var suiteIndexes = []directory.Index{
	{Type: "User", Attribute: badge + ":badge.number", Path: []string{badge, "badge", "number"}, Unique: true},
	{Type: "User", Attribute: badge + ":tags", Path: []string{badge, "tags"}, Fold: true},
	{Type: "User", Attribute: "title", Path: []string{"title"}},
	{Type: "Group", Attribute: cost + ":center", Path: []string{cost, "center"}, Fold: true, Unique: true},
	{Type: device, Attribute: "serial", Path: []string{"serial"}, Fold: true, Unique: true},
	{Type: device, Attribute: "model", Path: []string{"model"}, Fold: true},
	{Type: device, Attribute: "place.room", Path: []string{"place", "room"}},
	{Type: device, Attribute: "ports.number", Path: []string{"ports", "number"}},
	{Type: device, Attribute: "codes", Path: []string{"codes"}, Unique: true},
	{Type: printer, Attribute: "serial", Path: []string{"serial"}, Unique: true},
}

// attributeField is, for the oracle, the field that the first of suiteIndexes
// answers; the others follow.
const attributeField directory.Field = 100

// attributeFields returns the oracle's fields of a type.
func attributeFields(typ string) (fields []directory.Field) {
	for i, x := range suiteIndexes {
		if x.Type == typ {
			fields = append(fields, attributeField+directory.Field(i))
		}
	}
	return fields
}

// asked turns a condition on the oracle's fields into the one for the store.
func asked(c directory.Condition) directory.Condition {
	switch c := c.(type) {
	case directory.All:
		var all directory.All
		for _, x := range c {
			all = append(all, asked(x))
		}
		return all
	case directory.Any:
		var some directory.Any
		for _, x := range c {
			some = append(some, asked(x))
		}
		return some
	case directory.Term:
		if c.Field >= attributeField {
			c.Field, c.Attribute = directory.FieldAttribute, suiteIndexes[c.Field-attributeField].Attribute
		}
		return c
	}
	return c
}

// askedSort is asked for an order.
func askedSort(s *directory.Sort) *directory.Sort {
	if s == nil || s.Field < attributeField {
		return s
	}
	return &directory.Sort{Field: directory.FieldAttribute, Attribute: suiteIndexes[s.Field-attributeField].Attribute, Descending: s.Descending}
}

// addAttributes gives the subject what a document has of the indexed attributes
// of a type.
func (f *fixture) addAttributes(s subject, typ string, d directory.Document) {
	f.Helper()
	var doc any
	if err := json.Unmarshal(d, &doc); err != nil {
		f.Fatal(err)
	}
	for i, x := range suiteIndexes {
		if x.Type == typ {
			field := attributeField + directory.Field(i)
			walk(doc, x.Path, func(text string) { s.text[field] = append(s.text[field], prepared(field, text)) })
		}
	}
}

// walk calls fn with the texts that a path leads to.
func walk(v any, path []string, fn func(string)) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			walk(e, path, fn)
		}
	case map[string]any:
		if len(path) > 0 {
			walk(v[path[0]], path[1:], fn)
		}
	case string:
		if len(path) == 0 && v != "" {
			fn(v)
		}
	}
}
