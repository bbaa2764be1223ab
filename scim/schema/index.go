package schema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/scim/resource"
)

// Indexes returns what the store has to index for the configuration: each
// attribute of a configured schema that is unique, and those that the
// configuration names. The order is that of resource types and attributes.
//
// A value that is unique on the server is so among the resources of one type in
// one tenant. Uniqueness "global", over all systems there are, is a "should" that
// no server can keep alone (RFC 7643 section 7); the bridge keeps it as far as
// "server": tenants must not learn of each other's values.
func (r *Registry) Indexes() []directory.Index { return slices.Clone(r.indexes) }

// Index returns the index that the store keeps on an attribute or sub-attribute
// of this resource type because the configuration asks for it.
func (t *ResourceType) Index(a *Attribute) (directory.Index, bool) {
	i, ok := t.indexes[a]
	return i, ok
}

// Folds reports whether texts of the attribute are the same in any case. Beyond
// its caseExact: references compare exactly (R-7643-2.3.7-05), and so do the ids
// of resources that a value beside a $ref holds (R-7643-3.1-06), whatever the
// RFC's listing says of them.
func (a *Attribute) Folds() bool {
	if a.Type != String || a.CaseExact {
		return false
	}
	return a.Parent == nil || a.Name != "value" || a.Parent.SubAttribute("$ref") == nil
}

// index works out the indexes; named are those of Configuration.Indexes.
func (r *Registry) index(named []string) error {
	wanted := map[*ResourceType]map[*Attribute]bool{}
	for _, t := range r.types {
		wanted[t] = map[*Attribute]bool{}
		for _, s := range t.schemas() {
			if !s.configured {
				continue // userName and its likes have columns of their own
			}
			for a := range s.all() {
				if a.Uniqueness == UniqueNone {
					continue
				}
				if a.Type == Complex {
					return a.source.at("uniqueness").wrong("schema %s: attribute %s: a complex value can not be unique; say it of a sub-attribute", s.URN, a.Path)
				}
				wanted[t][a] = true
			}
		}
	}
	for _, name := range named {
		if err := r.choose(wanted, name); err != nil {
			return fmt.Errorf("index %q: %w", name, err)
		}
	}
	for _, t := range r.types {
		t.indexes = map[*Attribute]directory.Index{}
		for _, s := range t.schemas() {
			for a := range s.all() {
				if wanted[t][a] {
					x := t.indexOf(s, a)
					t.indexes[a] = x
					r.indexes = append(r.indexes, x)
				}
			}
		}
	}
	return nil
}

// schemas returns the base schema and the extensions.
func (t *ResourceType) schemas() []*Schema {
	all := []*Schema{t.Core}
	for _, e := range t.Extensions {
		all = append(all, e.Schema)
	}
	return all
}

func (t *ResourceType) indexOf(s *Schema, a *Attribute) directory.Index {
	x := directory.Index{Type: t.Name, Attribute: a.FullName(), Fold: a.Folds(), Unique: s.configured && a.Uniqueness != UniqueNone}
	if s != t.Core {
		x.Path = append(x.Path, s.URN)
	}
	if a.Parent != nil {
		x.Path = append(x.Path, a.Parent.Name)
	}
	x.Path = append(x.Path, a.Name)
	return x
}

// choose adds the attribute of that name, of each resource type that has it.
func (r *Registry) choose(wanted map[*ResourceType]map[*Attribute]bool, name string) error {
	found := false
	prefix, path, _ := strings.Cut(name, ":")
	for _, t := range r.types {
		for _, s := range t.schemas() {
			for a := range s.all() {
				here := resource.EqualFold(name, s.URN+":"+a.Path) ||
					s == t.Core && resource.EqualFold(prefix, t.Name) && resource.EqualFold(path, a.Path)
				if !here {
					continue
				}
				if err := t.indexable(s, a); err != nil {
					return err
				}
				found = true
				wanted[t][a] = true
			}
		}
	}
	if !found {
		return fmt.Errorf("there is no such attribute; want a resource type and an attribute of its base schema, like Device:serialNumber, or a full name, like urn:example:2.0:User:number")
	}
	return nil
}

// indexable refuses attributes that need no further index or can have none.
func (t *ResourceType) indexable(s *Schema, a *Attribute) error {
	top := a
	if a.Parent != nil {
		top = a.Parent
	}
	switch {
	case a.Type == Complex:
		return fmt.Errorf("%s is complex; name one of its sub-attributes, such as %s.%s", a.FullName(), a.FullName(), a.Sub[0].Name)
	case !s.configured && slices.Contains(alwaysIndexed[s.URN], a.Path):
		return fmt.Errorf("%s always has an index; leave it out", a.FullName())
	case !s.configured && slices.Contains(keptElsewhere, top.Name):
		return fmt.Errorf("%s can not have an index", a.FullName())
	}
	return nil
}

// alwaysIndexed are the attributes of the built-in schemas that the database
// finds without being told to.
var alwaysIndexed = map[string][]string{
	directory.UserSchema:       {"userName", "displayName", "emails.value", "name.familyName", "active", "groups.value"},
	directory.EnterpriseSchema: {"employeeNumber", "manager.value"},
	directory.GroupSchema:      {"displayName", "members.value"},
}

// keptElsewhere are attributes of the built-in schemas that are not part of a
// directory.Document.
var keptElsewhere = []string{"password", "groups", "members", "active"}
