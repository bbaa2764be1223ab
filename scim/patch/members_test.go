package patch_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/patch"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// list writes ids as one text: "a b".
func list(ids []string) string { return strings.Join(ids, " ") }

func TestMembers(t *testing.T) {
	for _, c := range []struct {
		name        string
		modes       int
		ops         string
		clear       bool
		add, remove string
		fail, says  string
	}{
		// covers: OK-17
		{name: "OK-17", modes: both, ops: `[{"op":"remove","path":"members[value eq \"u2\"]"},{"op":"add","path":"members","value":[{"value":"u1","display":"a@x.io"}]}]`, add: "u1", remove: "u2"},
		// covers: OK-18, EN-49, R-7644-3.5.2.3-02
		{name: "OK-18", modes: both, ops: `[{"op":"replace","path":"members","value":[{"value":"u1","display":"a@x.io"},{"value":"u2","display":"a@x.io"}]}]`, clear: true, add: "u1 u2"},
		// covers: OK-20
		{name: "OK-20", modes: both, ops: `[{"op":"replace","value":{"members":[{"value":"u1","display":"a@x.io"}]}}]`, clear: true, add: "u1"},
		// covers: OK-16, EN-48, GW-05
		{name: "OK-16", modes: tolerant, ops: `[{"op":"replace","value":{"id":"g","displayName":"Eng"}}]`},
		{name: "EN-48", modes: both, ops: `[{"op":"Replace","path":"displayName","value":"E2"},{"op":"replace","value":{"displayName":"E3"}}]`},
		// covers: EN-44
		{name: "EN-44", modes: both, ops: `[{"op":"Add","path":"members","value":[{"$ref":null,"value":"u1"},{"$ref":null,"value":"u2"}]},{"op":"Add","path":"members","value":[{"$ref":null,"value":"u3"}]}]`, add: "u1 u2 u3"},
		// covers: EN-45, JC-05
		{name: "EN-45", modes: tolerant, ops: `[{"op":"Remove","path":"members","value":[{"$ref":null,"value":"u1"}]}]`, remove: "u1"},
		{name: "EN-45 strict", modes: strict, ops: `[{"op":"Remove","path":"members","value":[{"value":"u1"}]}]`, fail: "invalidValue", says: "members"},
		{name: "JC-05", modes: tolerant, ops: `[{"op":"remove","path":"members","value":[{"value":"u1"}]}]`, remove: "u1"},
		// covers: EN-46, JC-06
		{name: "EN-46", modes: both, ops: `[{"op":"remove","path":"members[value eq \"u1\"]"}]`, remove: "u1"},
		// covers: EN-50
		{name: "EN-50 add, remove", modes: both, ops: `[{"op":"add","path":"members","value":[{"value":"u1"}]},{"op":"remove","path":"members[value eq \"u1\"]"}]`, remove: "u1"},
		{name: "EN-50 remove, add", modes: both, ops: `[{"op":"remove","path":"members[value eq \"u1\"]"},{"op":"add","path":"members","value":[{"value":"u1"}]}]`, add: "u1"},
		// covers: KC-02
		{name: "KC-02", modes: both, ops: `[{"op":"replace","path":"members","value":[{"value":"u1"}]},{"op":"replace","path":"displayName","value":"G"},{"op":"replace","path":"externalId","value":"k1"}]`, clear: true, add: "u1"},
		// covers: XX-02
		{name: "XX-02", modes: both, ops: `[{"op":"add","path":"members","value":[{"value":"u1"}]},{"op":"add","path":"members","value":[{"value":"u2"}]}]`, add: "u1 u2"},
		// covers: OL-09, PG-05, CY-04
		{name: "OL-09", modes: both, ops: `[{"op":"add","path":"members","value":[{"value":"u1"}]}]`, add: "u1"},
		{name: "OL-09 remove", modes: both, ops: `[{"op":"remove","path":"members[value eq \"u1\"]"}]`, remove: "u1"},
		// covers: XX-08
		{name: "XX-08", modes: both, ops: `[{"op":"add","value":{"members":[{"display":"x","value":"u1"}]}}]`, add: "u1"},
		// covers: XX-11
		{name: "XX-11", modes: tolerant, ops: `[{"op":"add","path":"members","value":[{"value":"u1"},{}]}]`, add: "u1"},
		{name: "XX-11 strict", modes: strict, ops: `[{"op":"add","path":"members","value":[{"value":"u1"},{}]}]`, fail: "invalidValue", says: "members.value"},
		// covers: A0-1
		{name: "A0-1", modes: both, ops: `[{"op":"ADD","path":"Members","value":[{"Value":"u1"}]},{"op":"Add","path":"urn:ietf:params:scim:schemas:core:2.0:group:Members","value":[{"value":"u2"}]},{"op":"add","value":{"MEMBERS":[{"value":"u3"}]}}]`, add: "u1 u2 u3"},
		// covers: R-7644-3.5.2.2-02
		{name: "remove all", modes: both, ops: `[{"op":"remove","path":"members"}]`, clear: true},
		{name: "remove all, null", modes: both, ops: `[{"op":"remove","path":"members","value":null}]`, clear: true},
		{name: "replace by none", modes: both, ops: `[{"op":"replace","path":"members","value":[]}]`, clear: true},
		{name: "replace by null", modes: both, ops: `[{"op":"replace","value":{"members":null}}]`, clear: true},
		{name: "replace by nothing", modes: both, ops: `[{"op":"replace","path":"members"}]`, fail: "invalidValue", says: "operation 1"},
		{name: "several by filter", modes: both, ops: `[{"op":"remove","path":"members[value eq \"u1\" or value eq \"u2\"]"}]`, remove: "u1 u2"},
		{name: "by reference", modes: both, ops: `[{"op":"add","path":"members","value":[{"$ref":"https://h/scim/v2/Users/u1"},{"$ref":"../Groups/g1/","value":null}]},{"op":"remove","path":"members[$ref eq \"https://h/Users/u2?x=/y\"]"}]`, add: "u1 g1", remove: "u2"},
		{name: "bare ids", modes: tolerant, ops: `[{"op":"add","path":"members","value":["u1","u2"]},{"op":"add","path":"members","value":"u3"},{"op":"remove","path":"members","value":["u4",5]}]`, add: "u1 u2 u3", remove: "u4 5"},
		{name: "bare ids, strict", modes: strict, ops: `[{"op":"add","path":"members","value":["u1"]}]`, fail: "invalidValue", says: "members"},
		{name: "one object", modes: both, ops: `[{"op":"add","path":"members","value":{"value":"u1"}}]`, add: "u1"},
		{name: "empty elements only", modes: tolerant, ops: `[{"op":"add","path":"members","value":[{},{"value":""},"",null]}]`},
		{name: "replace by empty elements", modes: both, ops: `[{"op":"replace","path":"members","value":[{}]}]`, fail: "invalidValue", says: "members"},
		{name: "replace by an empty string", modes: both, ops: `[{"op":"replace","value":{"members":""}}]`, fail: "invalidValue", says: "members"},
		{name: "remove empty elements", modes: tolerant, ops: `[{"op":"remove","path":"members","value":[{}]}]`, fail: "invalidValue", says: "members"},
		{name: "add nothing", modes: tolerant, ops: `[{"op":"add","path":"members","value":null}]`},
		{name: "add nothing, strict", modes: strict, ops: `[{"op":"add","value":{"members":null}}]`, fail: "invalidValue", says: "members"},
		{name: "number", modes: strict, ops: `[{"op":"add","path":"members","value":[{"value":true}]}]`, fail: "invalidValue", says: "members.value"},
		{name: "bare number, strict", modes: strict, ops: `[{"op":"add","path":"members","value":[5]}]`, fail: "invalidValue", says: "members.value"},
		{name: "bare id, strict", modes: strict, ops: `[{"op":"add","path":"members","value":"u1"}]`, fail: "invalidValue", says: "members"},
		{name: "other type", modes: both, ops: `[{"op":"add","path":"members","value":[{"value":"u1","type":"Robot"}]}]`, add: "u1"},
		{name: "add by path, wrong value", modes: tolerant, ops: `[{"op":"add","path":"members[value eq \"u1\"]","value":[{"display":"x"}]}]`, fail: "invalidValue", says: "members"},
		{name: "add by path, flag as value", modes: tolerant, ops: `[{"op":"add","path":"members[value eq \"u1\"]","value":true}]`, add: "u1"},
		{name: "by display or value", modes: both, ops: `[{"op":"remove","path":"members[value eq \"a\" or not (value eq \"b\" and display eq \"c\")]"}]`, fail: "invalidFilter", says: "display"},
		{name: "by value or display", modes: both, ops: `[{"op":"remove","path":"members[display eq \"c\" or value eq \"a\"]"}]`, fail: "invalidFilter", says: "display"},
		{name: "by number", modes: tolerant, ops: `[{"op":"remove","path":"members[value eq 5]"}]`, remove: "5"},
		{name: "by reference and value", modes: both, ops: `[{"op":"remove","path":"members[$ref co \"a\"]"}]`, fail: "invalidFilter", says: "$ref"},
		{name: "id for value", modes: tolerant, ops: `[{"op":"add","path":"members","value":[{"id":"u1"}]}]`, add: "u1"},
		{name: "without id", modes: both, ops: `[{"op":"add","path":"members","value":[{"display":"x"}]}]`, fail: "invalidValue", says: "members.value"},
		{name: "of another kind", modes: both, ops: `[{"op":"add","path":"members","value":[true]}]`, fail: "invalidValue", says: "members.value"},
		{name: "too long", modes: both, ops: `[{"op":"add","path":"members","value":[{"value":"` + strings.Repeat("x", 2000) + `"}]}]`, fail: "invalidValue", says: "members.value"},
		{name: "without path", modes: both, ops: `[{"op":"remove","value":{"members":[{"value":"u1"}]}}]`, fail: "noTarget"},
		{name: "add by path", modes: tolerant, ops: `[{"op":"add","path":"members[value eq \"u1\"]","value":{"value":"u1"}},{"op":"add","path":"members.value","value":"u2"}]`, add: "u1 u2"},
		{name: "add by path, strict", modes: strict, ops: `[{"op":"add","path":"members[value eq \"u1\"]","value":{"value":"u1"}}]`, fail: "invalidPath", says: "members"},
		{name: "add by path, another", modes: tolerant, ops: `[{"op":"add","path":"members[value eq \"u1\"]","value":{"value":"u2"}}]`, fail: "invalidValue", says: "members"},
		{name: "twice", modes: both, ops: `[{"op":"add","path":"members","value":[{"value":"u1"},{"value":"u2"},{"value":"u1"}]},{"op":"add","path":"members","value":[{"value":"u2"}]}]`, add: "u1 u2"},
		{name: "replace, then remove", modes: both, ops: `[{"op":"replace","path":"members","value":[{"value":"u1"},{"value":"u2"}]},{"op":"remove","path":"members[value eq \"u1\"]"},{"op":"remove","path":"members[value eq \"u3\"]"}]`, clear: true, add: "u2"},
		{name: "add, then replace", modes: both, ops: `[{"op":"add","path":"members","value":[{"value":"u1"}]},{"op":"remove","path":"members[value eq \"u3\"]"},{"op":"replace","path":"members","value":[{"value":"u2"}]},{"op":"add","path":"members","value":[{"value":"u4"}]}]`, clear: true, add: "u2 u4"},
		// covers: R-7643-4.2-02
		{name: "member.value", modes: both, ops: `[{"op":"replace","path":"members[value eq \"a\"].value","value":"b"}]`, fail: "mutability", says: "members"},
		{name: "member.type", modes: both, ops: `[{"op":"add","path":"members[value eq \"a\"].type","value":"User"}]`, fail: "mutability", says: "members"},
		{name: "members.value", modes: both, ops: `[{"op":"replace","path":"members.value","value":"b"}]`, fail: "mutability", says: "members"},
		{name: "replace a member", modes: both, ops: `[{"op":"replace","path":"members[value eq \"a\"]","value":{"value":"b"}}]`, fail: "mutability", says: "members"},
		{name: "remove a member's value", modes: tolerant, ops: `[{"op":"remove","path":"members[value eq \"a\"].value"}]`, remove: "a"},
		{name: "remove a member's value, strict", modes: strict, ops: `[{"op":"remove","path":"members[value eq \"a\"].value"}]`, fail: "mutability", says: "members"},
		{name: "by display", modes: both, ops: `[{"op":"remove","path":"members[display eq \"a\"]"}]`, fail: "invalidFilter", says: "display"},
		{name: "by type, own additions", modes: both, ops: `[{"op":"add","path":"members","value":[{"value":"a"}]},{"op":"remove","path":"members[type eq \"Group\"]"}]`, fail: "invalidFilter", says: "operation 2"},
		{name: "by type, own typed additions", modes: both, ops: `[{"op":"replace","path":"members","value":[{"value":"a","type":"Group"},{"value":"b","type":"user"}]},{"op":"remove","path":"members[type eq \"Group\"]"}]`, clear: true, add: "b"},
	} {
		for _, m := range []int{tolerant, strict} {
			if c.modes&m == 0 {
				continue
			}
			t.Run(c.name+"/"+strictness(m == strict), func(t *testing.T) {
				r, err := patch.Parse(message(t, c.ops), schema.Group(), patch.Options{Strict: m == strict})
				var e patch.MemberEdit
				if err == nil {
					e, err = r.Members()
				}
				if c.fail != "" {
					wire, ok := fault.As(err)
					if !ok || string(wire.ScimType) != c.fail || !strings.Contains(wire.Detail, c.says) {
						t.Errorf("got %v, want %s that says %q", err, c.fail, c.says)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if e.Clear != c.clear || list(e.Add) != c.add || list(e.Remove) != c.remove || e.RemoveIf != nil {
					t.Errorf("got clear %v, add %v, remove %v, condition %v; want %v, %v, %v", e.Clear, e.Add, e.Remove, e.RemoveIf != nil, c.clear, c.add, c.remove)
				}
				if want := !c.clear && c.add == "" && c.remove == ""; e.Empty() != want {
					t.Errorf("Empty is %v", e.Empty())
				}
			})
		}
	}
}

// A filter that names no ids becomes a condition.
func TestMembersByCondition(t *testing.T) {
	for _, c := range []struct{ ops, out string }{
		{`[{"op":"remove","path":"members[type eq \"Group\"]"}]`, "b:Group"},
		{`[{"op":"remove","path":"members[value eq \"a\" and type eq \"User\"]"}]`, "a:User"},
		{`[{"op":"remove","path":"members[not (value eq \"a\")]"},{"op":"remove","path":"members[value sw \"a\"]"}]`, "a:User b:Group c:User"},
	} {
		r, err := patch.Parse(message(t, c.ops), schema.Group(), patch.Options{Strict: true})
		if err != nil {
			t.Fatal(err)
		}
		e, err := r.Members()
		if err != nil || e.RemoveIf == nil || e.Empty() {
			t.Fatalf("%s: %+v, %v", c.ops, e, err)
		}
		var out []string
		for _, m := range []string{"a:User", "b:Group", "c:User"} {
			id, kind, _ := strings.Cut(m, ":")
			if e.RemoveIf(id, kind) {
				out = append(out, m)
			}
		}
		if list(out) != c.out {
			t.Errorf("%s takes out %v, want %s", c.ops, out, c.out)
		}
	}
}

// How many comparisons one request can make of each member is bounded, however
// they are spread over operations, and whether the list was replaced before or
// not.
// covers: T-43
func TestMemberConditionsBounded(t *testing.T) {
	remove := func(n int) string {
		return `{"op":"remove","path":"members[` + strings.Repeat(`type eq \"Group\" and `, n-1) + `type eq \"Group\"]"}`
	}
	all := `{"op":"replace","path":"members","value":[{"value":"u1","type":"User"}]},`
	for _, c := range []struct {
		name, ops string
		tooMany   bool
	}{
		{"as many as there may be", strings.Repeat(remove(1)+",", 63) + remove(1), false},
		{"one by one", strings.Repeat(remove(1)+",", 64) + remove(1), true},
		{"in one filter", remove(65), true},
		{"in several filters", remove(32) + "," + remove(33), true},
		{"after a replacement", all + strings.Repeat(remove(1)+",", 64) + remove(1), true},
		{"ids do not count", `{"op":"remove","path":"members[` + strings.Repeat(`value eq \"u1\" or `, 99) + `value eq \"u2\"]"}`, false},
	} {
		r, err := patch.Parse(message(t, "["+c.ops+"]"), schema.Group(), patch.Options{})
		if err != nil {
			t.Fatal(c.name, err)
		}
		_, err = r.Members()
		if wire, _ := fault.As(err); (wire.ScimType == "tooMany") != c.tooMany || err != nil && !c.tooMany {
			t.Errorf("%s: got %v, want tooMany: %t", c.name, err, c.tooMany)
		}
	}
}

// The rest of a group's PATCH knows nothing of members.
// covers: OK-16, GW-05, KC-02, R-7644-3.5.2.2-03
func TestGroupWithoutMembers(t *testing.T) {
	for _, c := range []struct{ ops, after, fail string }{
		{ops: `[{"op":"replace","value":{"id":"other","displayName":"Eng"}}]`, after: `{"id":"g","displayName":"Eng"}`},
		{ops: `[{"op":"replace","value":{"id":"g","externalId":"x"}}]`, after: `{"id":"g","externalId":"x","displayName":"G"}`},
		{ops: `[{"op":"replace","path":"members","value":[{"value":"u1"}]},{"op":"replace","path":"displayName","value":"H"},{"op":"replace","path":"externalId","value":"k1"}]`, after: `{"id":"g","externalId":"k1","displayName":"H"}`},
		{ops: `[{"op":"remove","path":"displayName"}]`, fail: "mutability"},
		{ops: `[{"op":"replace","path":"displayName","value":null}]`, fail: "invalidValue"},
	} {
		r, err := patch.Parse(message(t, c.ops), schema.Group(), patch.Options{})
		var after *resource.Object
		if err == nil {
			after, err = r.Apply(object(t, `{"id":"g","displayName":"G"}`))
		}
		if c.fail != "" {
			if wire, ok := fault.As(err); !ok || string(wire.ScimType) != c.fail {
				t.Errorf("%s: got %v, want %s", c.ops, err, c.fail)
			}
			continue
		}
		if err != nil || !after.Equal(object(t, c.after)) {
			t.Errorf("%s: got %v, %v; want %s", c.ops, after, err, c.after)
		}
	}
}

// Folding and then applying is the same as applying one by one.
// covers: R-7644-3.5.2-06, EN-50
func TestMembersFold(t *testing.T) {
	id := rapid.StringMatching(`[a-e]`)
	rapid.Check(t, func(t *rapid.T) {
		group := map[string]bool{}
		for _, m := range rapid.SliceOf(id).Draw(t, "group") {
			group[m] = true
		}
		before := sorted(group)
		var ops []string
		for range rapid.IntRange(1, 8).Draw(t, "operations") {
			switch rapid.IntRange(0, 4).Draw(t, "op") {
			case 0:
				m := id.Draw(t, "add")
				group[m] = true
				ops = append(ops, fmt.Sprintf(`{"op":"add","path":"members","value":[{"value":%q}]}`, m))
			case 1:
				m := id.Draw(t, "remove")
				delete(group, m)
				ops = append(ops, fmt.Sprintf(`{"op":"remove","path":"members[value eq \"%s\"]"}`, m))
			case 2:
				clear(group)
				var vs []string
				for _, m := range rapid.SliceOf(id).Draw(t, "replace") {
					group[m] = true
					vs = append(vs, fmt.Sprintf(`{"value":%q}`, m))
				}
				ops = append(ops, fmt.Sprintf(`{"op":"replace","path":"members","value":[%s]}`, strings.Join(vs, ",")))
			case 3:
				m := id.Draw(t, "from")
				for k := range group {
					if k >= m {
						delete(group, k)
					}
				}
				ops = append(ops, fmt.Sprintf(`{"op":"remove","path":"members[value ge \"%s\"]"}`, m))
			case 4:
				m := id.Draw(t, "listed")
				delete(group, m)
				ops = append(ops, fmt.Sprintf(`{"op":"remove","path":"members","value":[{"value":%q}]}`, m))
			}
		}
		body, err := resource.DecodeObject([]byte(`{"Operations":[`+strings.Join(ops, ",")+`]}`), resource.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		r, err := patch.Parse(body, schema.Group(), patch.Options{})
		if err != nil {
			t.Fatal(err)
		}
		e, err := r.Members()
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]bool{}
		for _, m := range before {
			got[m] = !e.Clear && (e.RemoveIf == nil || !e.RemoveIf(m, "User")) && !slices.Contains(e.Remove, m)
		}
		for _, m := range e.Add {
			if slices.Contains(e.Remove, m) {
				t.Fatalf("%s is both added and removed", m)
			}
			got[m] = true
		}
		if list(sorted(got)) != list(sorted(group)) {
			t.Fatalf("from %v by %v: got %v, want %v", before, ops, sorted(got), sorted(group))
		}
	})
}

// sorted returns the keys that are true, sorted.
func sorted(m map[string]bool) []string {
	var keys []string
	for k, ok := range m {
		if ok {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys
}
