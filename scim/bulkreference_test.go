package scim_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"pgregory.net/rapid"

	"github.com/scimbridge/scimbridge/scim"
	"github.com/scimbridge/scimbridge/scim/scimtest"
	"github.com/scimbridge/scimbridge/storage"
)

// References are resolved wherever an id may stand, whatever comes first.
//
// covers: R-7644-3.7.2-01, R-7644-3.7-06
func TestBulkReferences(t *testing.T) {
	s, tolerant := start(t, scimtest.Options{})
	for _, c := range []*client{tolerant, second(t, s, "strict", storage.Strict)} {
		prefix := fmt.Sprint(c == tolerant)
		manager := func(ref string) string {
			return `"` + enterpriseURN + `":{"department":"D","manager":{"value":"` + ref + `"}}`
		}
		group := c.group(prefix + "old")
		a := c.bulk("",
			postGroup("g", prefix+"group", "bulkId:ada", "bulkId:sub"), // before what it refers to
			op("PATCH", "/Groups/"+group, patchBody(`[{"op":"add","path":"members","value":[{"value":"bulkId:ada"},{"value":"bulkId:eve"}]}]`)),
			postGroup("sub", prefix+"sub"),
			postUser("ada", prefix+"ada", strings.Replace(manager("bulkId:boss"), `"manager"`, `"costCenter":"C","manager"`, 1)),
			postUser("eve", prefix+"eve", ""),
			op("PUT", "/Users/bulkId:eve", `{"schemas":["`+userURN+`","`+enterpriseURN+`"],"userName":"`+prefix+`eve",`+manager("bulkId:boss")+`}`),
			op("PATCH", "/Users/bulkId:ada", patchBody(`[{"op":"replace","path":"title","value":"T"}]`)),
			postUser("boss", prefix+"boss", ""),
			op("DELETE", "/Users/bulkId:gone", ""),
			postUser("gone", prefix+"gone", ""),
			op("PATCH", "/Groups/"+group, patchBody(`[{"op":"remove","path":"members[value eq \"bulkId:eve\"]"}]`)),
		).statuses("201", "200", "201", "201", "201", "200", "200", "201", "204", "201", "200")
		g, sub, ada, eve, boss := a.id(0), a.id(2), a.id(3), a.id(4), a.id(7)
		same(t, "members", c.get("/Groups/"+g).texts("members", "value"), []string{ada, sub})
		same(t, "members of a group that was there", c.get("/Groups/"+group).texts("members", "value"), []string{ada})
		for id, name := range map[string]string{ada: "ada", eve: "eve"} {
			u := c.get("/Users/" + id).want(http.StatusOK)
			extension, _ := u.body[enterpriseURN].(map[string]any)
			got, _ := extension["manager"].(map[string]any)
			if u.text("userName") != prefix+name || extension["department"] != "D" || got["value"] != boss {
				t.Errorf("%s: %s, want the manager %s", name, u.raw, boss)
			}
		}
		if got := c.get("/Users/" + ada).text("title"); got != "T" {
			t.Errorf("title %q", got)
		}
		c.get("/Users/"+a.id(9)).fails(http.StatusNotFound, "")
		for i, id := range map[int]string{5: eve, 6: ada, 8: a.id(9)} {
			if a.id(i) != id {
				t.Errorf("operation %d: location of %s, want %s", i+1, a.id(i), id)
			}
		}
	}
}

// What refers to a failure fails with it, and names it; nothing else does.
//
// covers: R-7644-3.7.2-01, R-7644-3.7-04, T-44
func TestBulkReferencesToFailures(t *testing.T) {
	_, c := start(t, scimtest.Options{})
	c.user("taken", "")
	a := c.bulk("",
		postUser("bad", "taken", ""), postGroup("g", "Group", "bulkId:bad"), op("DELETE", "/Groups/bulkId:g", ""), postUser("good", "good", ""),
		postGroup("h", "Other", "bulkId:good", "bulkId:missing"),
	).statuses("409", "400", "400", "201", "400")
	for i, says := range map[int]string{1: "bulkId:bad refers to operation 1", 2: "bulkId:g refers to operation 2", 4: "bulkId:missing refers to nothing"} {
		if !strings.Contains(a.detail(i), says) {
			t.Errorf("operation %d: %q does not say %q", i+1, a.detail(i), says)
		}
	}
	a = c.bulk("", postUser("same", "one", ""), postUser("other", "two", ""), postUser("same", "three", ""), postGroup("g", "Group", "bulkId:same")).statuses("400", "201", "400", "400")
	for _, i := range []int{0, 2} {
		if !strings.Contains(a.detail(i), `"same" is given by operations 1 and 3`) {
			t.Errorf("operation %d: %q", i+1, a.detail(i))
		}
	}
	same(t, "users", c.get("/Users").texts("Resources", "userName"), []string{"taken", "good", "two"})
	if n := c.get("/Groups").number("totalResults"); n != 0 {
		t.Errorf("%d groups", n)
	}
	c.bulk(`"failOnErrors":2`, postUser("bad", "taken", ""), postGroup("g", "Group", "bulkId:bad"), postUser("late", "late", "")).statuses("409", "400")
	// A reference to what a DELETE has taken away again is one to nobody.
	a = c.bulk("", postUser("u", "short", ""), op("DELETE", "/Users/bulkId:u", ""), op("PATCH", "/Users/bulkId:u", patchBody(`[{"op":"remove","path":"title"}]`))).statuses("201", "204", "404")
	if a.id(2) != a.id(0) {
		t.Errorf("location in %s", a.raw)
	}
}

// covers: R-7644-3.7.1-01, R-7644-3.7.2-01
func TestBulkCircles(t *testing.T) {
	_, c := start(t, scimtest.Options{})
	managed := func(id, name, by string) string {
		return postUser(id, name, `"title":"T","`+enterpriseURN+`":{"manager":{"value":"bulkId:`+by+`"}}`)
	}
	a := c.bulk("",
		postGroup("a", "A", "bulkId:b", "bulkId:u"), postGroup("b", "B", "bulkId:a"), // each other
		postGroup("self", "Self", "bulkId:self"),
		managed("x", "x", "y"), managed("y", "y", "z"), managed("z", "z", "x"), postUser("u", "u", ""),
		op("PATCH", "/Groups/bulkId:a", patchBody(`[{"op":"replace","path":"displayName","value":"A2"}]`)),
	).statuses("201", "201", "201", "201", "201", "201", "201", "200")
	same(t, "A", c.get("/Groups/"+a.id(0)).texts("members", "value"), []string{a.id(6), a.id(1)})
	same(t, "B", c.get("/Groups/"+a.id(1)).texts("members", "value"), []string{a.id(0)})
	same(t, "Self", c.get("/Groups/"+a.id(2)).texts("members", "value"), []string{a.id(2)})
	if got := c.get("/Groups/" + a.id(0)).text("displayName"); got != "A2" {
		t.Errorf("displayName %q", got)
	}
	for of, by := range map[int]int{3: 4, 4: 5, 5: 3} {
		u := c.get("/Users/" + a.id(of))
		extension, _ := u.body[enterpriseURN].(map[string]any)
		if got, _ := extension["manager"].(map[string]any); got["value"] != a.id(by) || u.text("title") != "T" {
			t.Errorf("operation %d: %s, want the manager %s", of+1, u.raw, a.id(by))
		}
		if got := a.text(fmt.Sprintf("Operations.%d.version", of)); got != u.header.Get("ETag") {
			t.Errorf("operation %d: version %s, ETag %s", of+1, got, u.header.Get("ETag"))
		}
	}

	// What stands before the last of a circle is done before it.
	old := c.group("Taken", a.id(6))
	c.bulk("", postGroup("first", "First", "bulkId:last"), op("DELETE", "/Groups/"+old, ""), postGroup("last", "Taken", "bulkId:first"),
		op("DELETE", "/Groups/bulkId:first", ""), op("DELETE", "/Groups/bulkId:last", "")).statuses("201", "204", "201", "204", "204")
	c.get("/Groups/"+old).fails(http.StatusNotFound, "")

	// A circle that can not be closed leaves nothing, and the rest goes on.
	b := c.bulk("", postGroup("a", "New", "bulkId:b"), postGroup("b", "Self", "bulkId:c"), postGroup("c", "Newer", "bulkId:a"),
		postGroup("d", "Beside", "bulkId:a"), postUser("v", "v", "")).statuses("409", "409", "409", "400", "201")
	for _, i := range []int{0, 2} {
		if !strings.Contains(b.detail(i), "operation 2 refer to each other") {
			t.Errorf("operation %d: %q", i+1, b.detail(i))
		}
	}
	b = c.bulk(`"failOnErrors":1`, postGroup("a", "New", "bulkId:b"), postGroup("b", "Newer", "bulkId:a", "bulkId:missing"), postUser("w", "w", "")).statuses("409", "400")
	if !strings.Contains(b.detail(1), "bulkId:missing") {
		t.Errorf("detail %q", b.detail(1))
	}
	same(t, "groups", c.get("/Groups").texts("Resources", "displayName"), []string{"Self", "A2", "B"})
}

// A thousand groups that refer to each other ten times each, sixty that all refer
// to all, a ring, and a chain from the last to the first are work in proportion to
// their size; more references than that are refused.
//
// covers: T-44
func TestBulkManyReferences(t *testing.T) {
	const n = 1000
	_, c := start(t, scimtest.Options{Limits: scim.Limits{Page: n}})
	web, ring, chain := make([]string, n), make([]string, n), make([]string, n)
	for i := range n {
		to := make([]string, 10)
		for k := range to {
			to[k] = "bulkId:" + strconv.Itoa((i+1+k*k)%n)
		}
		web[i] = postGroup(strconv.Itoa(i), "web "+strconv.Itoa(i), to...)
		ring[i] = postGroup(strconv.Itoa(i), "ring "+strconv.Itoa(i), "bulkId:"+strconv.Itoa((i+1)%n))
		chain[i] = postGroup(strconv.Itoa(i), "chain "+strconv.Itoa(i), "bulkId:"+strconv.Itoa(min(i+1, n-1)))
	}
	created := slices.Repeat([]string{"201"}, n)
	a := c.bulk("", web...).statuses(created...)
	for _, i := range []int{0, 499, 999} {
		want := map[string]bool{}
		for k := range 10 {
			want[a.id((i+1+k*k)%n)] = true
		}
		got := c.get("/Groups/"+a.id(i)).texts("members", "value")
		if len(got) != len(want) || slices.ContainsFunc(got, func(id string) bool { return !want[id] }) {
			t.Errorf("group %d has %d members, want %d", i, len(got), len(want))
		}
	}
	a = c.bulk("", chain...).statuses(created...)
	same(t, "members", c.get("/Groups/"+a.id(0)).texts("members", "value"), []string{a.id(1)})
	a = c.bulk("", ring...).statuses(created...)
	same(t, "the last's", c.get("/Groups/"+a.id(n-1)).texts("members", "value"), []string{a.id(0)})

	all := make([]string, 60)
	for i := range all {
		all[i] = "bulkId:" + strconv.Itoa(i)
	}
	complete := make([]string, len(all))
	for i := range complete {
		complete[i] = postGroup(strconv.Itoa(i), "complete "+strconv.Itoa(i), all...)
	}
	a = c.bulk("", complete...).statuses(created[:len(all)]...)
	if got := c.get("/Groups/"+a.id(59)).texts("members", "value"); len(got) != len(all) {
		t.Errorf("%d members, want %d", len(got), len(all))
	}

	// One reference more than there may be, in the last operation, and many in one.
	web[n-1] = postGroup(strconv.Itoa(n-1), "one more", append(all[1:11], "bulkId:0")...)
	refused := c.send("POST", "/Bulk", bulkBody("", web...)).fails(http.StatusRequestEntityTooLarge, "")
	if !strings.Contains(refused.text("detail"), "10000") {
		t.Errorf("detail %q", refused.text("detail"))
	}
	many := make([]string, 10_001)
	for i := range many {
		many[i] = "bulkId:m" + strconv.Itoa(i)
	}
	c.send("POST", "/Bulk", bulkBody("", postGroup("m", "many", many...))).fails(http.StatusRequestEntityTooLarge, "")
}

// Whatever refers to whatever, in whatever order: what is created is what the
// same creations give one by one.
//
// covers: R-7644-3.7-06, R-7644-3.7.1-01, R-7644-3.7.2-01
func TestBulkOrderProperty(t *testing.T) {
	_, c := start(t, scimtest.Options{})
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		n := rapid.IntRange(1, 7).Draw(rt, "groups")
		refers := make([][]int, n)
		operations := make([]string, n)
		for i := range n {
			refers[i] = rapid.SliceOfDistinct(rapid.IntRange(0, n-1), rapid.ID[int]).Draw(rt, "members")
			ids := make([]string, len(refers[i]))
			for k, to := range refers[i] {
				ids[k] = "bulkId:" + strconv.Itoa(to)
			}
			operations[i] = postGroup(strconv.Itoa(i), fmt.Sprintf("%d %d", round, i), ids...)
		}
		c := *c
		c.t = t
		a := c.bulk("", operations...).statuses(slices.Repeat([]string{"201"}, n)...)
		for i := range n {
			want := make([]string, len(refers[i]))
			for k, to := range refers[i] {
				want[k] = a.id(to)
			}
			got := c.get("/Groups/"+a.id(i)).texts("members", "value")
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(got, want) {
				rt.Fatalf("group %d: members %q, want %q", i, got, want)
			}
		}
	})
}

// Resources of configured types take part like users and groups, in both
// directions.
//
// covers: R-7644-3.7.2-01, R-7644-3.7.1-01
func TestBulkOfConfiguredTypes(t *testing.T) {
	_, c := start(t, scimtest.Options{Registry: only(t, `[{"id":"urn:example:2.0:Box","name":"Box","attributes":[
		{"name":"label","type":"string","required":true,"uniqueness":"server"},
		{"name":"owner","type":"complex","subAttributes":[{"name":"value","type":"string"},{"name":"display","type":"string"}]},
		{"name":"inside","type":"string"},{"name":"near","type":"string","multiValued":true}]},
		{"name":"Box","endpoint":"/Boxes","schema":"urn:example:2.0:Box"}]`)})
	box := func(bulkID, more string) string {
		return `{"method":"POST","path":"/Boxes","bulkId":"` + bulkID + `","data":{"schemas":["urn:example:2.0:Box"],"label":"` + bulkID + `"` + comma(more) + `}}`
	}
	a := c.bulk("",
		box("a", `"owner":{"value":"bulkId:u","display":"Ada"},"inside":"bulkId:b","near":["bulkId:c","wall"]`),
		box("b", `"near":["bulkId:a"]`), box("c", ""), postUser("u", "ada", `"title":"bulkId:c"`),
		op("PATCH", "/Boxes/bulkId:c", patchBody(`[{"op":"add","path":"inside","value":"bulkId:a"}]`)),
		op("PUT", "/Boxes/bulkId:b", `{"schemas":["urn:example:2.0:Box"],"label":"B","near":["bulkId:u"]}`),
		box("d", ""), op("DELETE", "/Boxes/bulkId:d", ""), box("a2", `"inside":"bulkId:nothing"`),
	).statuses("201", "201", "201", "201", "200", "200", "201", "204", "400")
	got := c.get("/Boxes/" + a.id(0)).want(http.StatusOK)
	if got.text("owner.value") != a.id(3) || got.text("owner.display") != "Ada" || got.text("inside") != a.id(1) || got.text("near.0") != a.id(2) || got.text("near.1") != "wall" {
		t.Errorf("a is %s", got.raw)
	}
	if got := c.get("/Boxes/" + a.id(1)); got.text("label") != "B" || got.text("near.0") != a.id(3) {
		t.Errorf("b is %s", got.raw)
	}
	if got := c.get("/Boxes/" + a.id(2)); got.text("inside") != a.id(0) || got.header.Get("ETag") != a.text("Operations.4.version") {
		t.Errorf("c is %s", got.raw)
	}
	if got := c.get("/Users/" + a.id(3)); got.text("title") != a.id(2) {
		t.Errorf("u is %s", got.raw)
	}
	c.get("/Boxes/"+a.id(6)).fails(http.StatusNotFound, "")
	result := c.result(c.later("POST", "/Boxes", `{"schemas":["urn:example:2.0:Box"],"label":"later"}`)).want(http.StatusCreated)
	c.get("/Boxes/" + result.text("id")).want(http.StatusOK)
}

// A deviation counts once, also where a circle needs two writes for one operation.
func TestBulkCirclesCountOnce(t *testing.T) {
	s, c := start(t, scimtest.Options{})
	user := func(id, by string) string {
		return postUser(id, id, `"active":"True","`+enterpriseURN+`":{"manager":{"value":"bulkId:`+by+`"}}`)
	}
	c.bulk("", user("x", "y"), user("y", "x")).statuses("201", "201")
	registry := prometheus.NewRegistry()
	registry.MustRegister(s.Metrics.Collectors()...)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	repairs := 0.0
	for _, f := range families {
		if f.GetName() == "scimbridge_dialect_repairs_total" {
			for _, m := range f.GetMetric() {
				repairs += m.GetCounter().GetValue()
			}
		}
	}
	if repairs != 2 {
		t.Errorf("%v deviations of two operations with one each", repairs)
	}
}
