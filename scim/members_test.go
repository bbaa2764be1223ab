package scim

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/scim/filter"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// partSchemas add an extension of users and a type, whose attributes are not all
// seen by clients.
const partSchemas = `[
	{"id":"urn:example:ext:1.0:User","name":"Ext","attributes":[
		{"name":"shown"},{"name":"asked","returned":"request"},{"name":"hidden","returned":"never"},
		{"name":"box","type":"complex","subAttributes":[{"name":"a"},{"name":"never","returned":"never"},{"name":"asked","returned":"request"}]}]},
	{"id":"urn:example:core:1.0:Crate","name":"Crate","attributes":[
		{"name":"label"},{"name":"hidden","returned":"never"},
		{"name":"box","type":"complex","multiValued":true,"subAttributes":[{"name":"a"},{"name":"never","returned":"never"}]}]},
	{"name":"User","endpoint":"/Users","schema":"urn:ietf:params:scim:schemas:core:2.0:User","schemaExtensions":[
		{"schema":"urn:example:ext:1.0:User","required":false},
		{"schema":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User","required":false}]},
	{"name":"Crate","endpoint":"/Crates","schema":"urn:example:core:1.0:Crate"}
]`

func partServers(t *testing.T) []*Server {
	t.Helper()
	doc, err := schema.Load("part.json", []byte(partSchemas))
	if err != nil {
		t.Fatal(err)
	}
	more, err := schema.Configuration{Schemas: doc.Schemas, ResourceTypes: doc.ResourceTypes}.Registry()
	if err != nil {
		t.Fatal(err)
	}
	plain, err := schema.NewRegistry()
	if err != nil {
		t.Fatal(err)
	}
	servers := make([]*Server, 0, 2)
	for _, r := range []*schema.Registry{plain, more} {
		servers = append(servers, &Server{c: Config{Registry: r}, user: r.Type("User"), group: r.Type("Group"), base: "https://bridge.example/scim/v2"})
	}
	return servers
}

var partTexts = rapid.SampledFrom([]string{"a", "A", "b", "", `"`, `\`, `\"}`, "é", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", `"urn:x":{`, "2026-01-01T00:00:00Z", "1"})

// stored draws a document with values of the attributes, and perhaps of a schema
// that there is no more.
func stored(t *rapid.T, typ *schema.ResourceType) directory.Document {
	o := resource.NewObject()
	fill := func(o *resource.Object, attrs []*schema.Attribute) {
		for _, a := range attrs {
			if rapid.IntRange(0, 2).Draw(t, a.Path) == 0 {
				continue
			}
			if v := storedValue(t, a); !v.Unassigned() {
				o.Set(a.Name, v)
			}
		}
	}
	fill(o, typ.Core.Attributes)
	for _, name := range []string{"active", "groups", "members", "password"} { // never in a document
		o.Delete(name)
	}
	for _, e := range typ.Extensions {
		if rapid.Bool().Draw(t, e.URN) {
			inner := resource.NewObject()
			if fill(inner, e.Attributes); inner.Len() > 0 {
				o.Set(e.URN, resource.ComplexOf(inner))
			}
		}
	}
	if rapid.IntRange(0, 3).Draw(t, "forgotten") == 0 {
		o.Set("urn:example:forgotten", resource.ComplexOf(resource.NewObject(resource.Field{Name: "userName", Value: resource.StringOf("a")})))
	}
	return o.AppendJSON(nil)
}

func storedValue(t *rapid.T, a *schema.Attribute) resource.Value {
	one := func() resource.Value {
		switch a.Type {
		case schema.Boolean:
			return resource.BoolOf(rapid.Bool().Draw(t, "flag"))
		case schema.Integer, schema.Decimal:
			return resource.NumberOf(fmt.Sprint(rapid.IntRange(0, 2).Draw(t, "number")))
		case schema.Complex:
			o := resource.NewObject()
			for _, sub := range a.Sub {
				if rapid.Bool().Draw(t, sub.Path) {
					o.Set(sub.Name, storedValue(t, sub))
				}
			}
			return resource.ComplexOf(o)
		}
		return resource.StringOf(partTexts.Draw(t, "text"))
	}
	if !a.Multi {
		return one()
	}
	var list []resource.Value
	for range rapid.IntRange(0, 2).Draw(t, "values") {
		if v := one(); !v.Unassigned() {
			list = append(list, v)
		}
	}
	return resource.ListOf(list...)
}

// drawItem draws a resource of a type with all that a list knows of it.
func drawItem(t *rapid.T, s *Server, typ *schema.ResourceType) item {
	at := time.UnixMilli(rapid.Int64Range(0, 3).Draw(t, "at"))
	id, doc := directory.NewID(at), stored(t, typ)
	externalIDs := map[directory.ClientID]string{}
	if rapid.Bool().Draw(t, "external") {
		externalIDs[1] = partTexts.Draw(t, "externalId")
	}
	switch typ {
	case s.user:
		u := &directory.User{ID: id, Document: doc, ExternalIDs: externalIDs, Active: rapid.Bool().Draw(t, "active"), Created: at, Modified: at, Version: 1}
		for range rapid.IntRange(0, 2).Draw(t, "groups") {
			u.Groups = append(u.Groups, directory.Membership{Group: directory.NewID(at), DisplayName: partTexts.Draw(t, "group"), Indirect: rapid.Bool().Draw(t, "indirect")})
		}
		return userItem{s, u, 1}
	case s.group:
		g := &directory.Group{ID: id, Document: doc, ExternalIDs: externalIDs, Created: at, Modified: at, Version: 1}
		var members []directory.Member
		for range rapid.IntRange(0, 2).Draw(t, "members") {
			members = append(members, directory.Member{ID: directory.NewID(at), Kind: directory.UserMember})
		}
		return groupItem{s, g, members, 1}
	}
	return resourceItem{resources{s, configured{typ}}, &directory.Resource{ID: id, Document: doc, ExternalIDs: externalIDs, Created: at, Modified: at, Version: 1}, 1}
}

// drawName draws an attribute's name, perhaps with a sub-attribute.
func drawName(t *rapid.T, typ *schema.ResourceType) string {
	all := append(typ.Attributes(), typ.Common...)
	for _, a := range typ.Common {
		all = append(all, a.Sub...)
	}
	return all[rapid.IntRange(0, len(all)-1).Draw(t, "attribute")].FullName()
}

// drawFilter draws a filter that the type takes; "" if it did not find one.
func drawFilter(t *rapid.T, typ *schema.ResourceType, depth int) string {
	name, text := drawName(t, typ), resource.StringOf(partTexts.Draw(t, "operand")).String()
	switch rapid.IntRange(0, 5+2*depth).Draw(t, "filter") {
	case 0:
		return name + " pr"
	case 1:
		return "not (" + name + " pr)"
	case 2:
		return name + " ne " + text
	case 3:
		return name + " ge " + text
	case 4:
		return name + " eq " + rapid.SampledFrom([]string{"true", "false", "1"}).Draw(t, "value")
	case 5:
		return name + " eq " + text
	case 6:
		return rapid.SampledFrom([]string{"emails", "phoneNumbers", "groups", "members", "box", "roles"}).Draw(t, "list") +
			rapid.SampledFrom([]string{`[value co "a" or type pr]`, `[not (primary eq true)]`, `[a eq "a"]`}).Draw(t, "inner")
	}
	return "(" + drawFilter(t, typ, depth-1) + rapid.SampledFrom([]string{") and (", ") or not ("}).Draw(t, "join") + drawFilter(t, typ, depth-1) + ")"
}

// What a list decides about a resource, and what it shows of it, is the same
// whether all of the resource is decoded or only what the query names.
//
// covers: R-7644-3.4.2.2-01, R-7644-3.9-01
func TestPartsDecideAsTheWhole(t *testing.T) {
	servers := partServers(t)
	filters, orders, projections := 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		s := servers[rapid.IntRange(0, len(servers)-1).Draw(t, "server")]
		types := s.c.Registry.Types()
		typ := types[rapid.IntRange(0, len(types)-1).Draw(t, "type")]
		x := drawItem(t, s, typ)
		whole, err := tree(x.append(nil, nil))
		if err != nil {
			t.Fatal(err)
		}
		sec := &section{}
		if e, err := filter.Parse(drawFilter(t, typ, 2), filter.Options{}); err == nil {
			sec.rest, _ = filter.CompileWith(e, typ, filter.Options{Others: s.c.Registry.Types()}) // a filter without meaning is none
		}
		sec.order, _ = filter.CompileOrder(drawName(t, typ), typ, filter.Options{})
		part, err := (&page{}).tree(x, sec.looksAt())
		if err != nil {
			t.Fatal(err)
		}
		if sec.rest != nil {
			filters++
			if got, want := sec.rest.Match(part), sec.rest.Match(whole); got != want {
				t.Fatalf("the filter says %v of %s, %v of %s", got, part, want, whole)
			}
		}
		if sec.order != nil {
			orders++
			if got, want := sec.order.Key(part), sec.order.Key(whole); got.Compare(want) != 0 || got.Text() != want.Text() {
				t.Fatalf("%s comes at %v, %s at %v", part, got, whole, want)
			}
		}
		names, excluded := []string{drawName(t, typ), drawName(t, typ)}, []string(nil)
		if rapid.Bool().Draw(t, "excluded") {
			names, excluded = nil, names
		}
		p, err := newProjection(typ, names, excluded)
		if err != nil {
			t.Fatal(err)
		}
		if p != nil {
			projections++
			b, err := (&page{}).append([]byte("x"), &section{source: typed{typ}, projection: p, shown: p.members(typ)}, x)
			if want := "x" + p.apply(typ, whole).String(); err != nil || string(b) != want {
				t.Fatalf("got %s (%v), want %s", b, err, want)
			}
		}
	})
	if filters == 0 || orders == 0 || projections == 0 {
		t.Errorf("%d filters, %d orders, %d projections", filters, orders, projections)
	}
}

// typed is a source of which only the type is asked.
type typed struct{ of *schema.ResourceType }

func (s typed) typ() *schema.ResourceType { return s.of }
func (typed) list(*request, directory.Query, wanted, func(item) bool) (int64, error) {
	panic("not asked")
}
