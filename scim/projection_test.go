package scim_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/scim/scimtest"
)

// covers: R-7644-3.9-01, R-7643-7-07, R-7643-7-08, R-7643-3.1-02, R-7644-3.10-01, R-7643-2.1-01
func TestProjection(t *testing.T) {
	_, c := start(t, scimtest.Options{})
	id := c.user("ada", `"title":"T","name":{"givenName":"A","familyName":"B"},"emails":[{"value":"a@x.io","type":"work","primary":true},{"value":"b@x.io"}],`+
		`"password":"p","externalId":"x","`+enterpriseURN+`":{"department":"D","manager":{"value":"m"},"costCenter":"C"}`)
	gid := c.group("Eng", id)
	all := []string{"schemas", "id", "externalId", "userName", "name", "title", "emails", "active", "groups", enterpriseURN, "meta"}
	without := func(names ...string) []string {
		return slices.DeleteFunc(slices.Clone(all), func(n string) bool { return slices.Contains(names, n) })
	}
	for query, want := range map[string][]string{
		"":                                      all,
		"?attributes=":                          all, // nothing was asked
		"?attributes=userName":                  {"userName"},
		"?attributes=USERNAME,%20title":         {"userName", "title"},
		"?attributes=userName&attributes=title": {"userName", "title"},
		"?attributes=" + userURN + ":title":     {"title"},
		"?attributes=" + strings.ToUpper(userURN) + ":TITLE":   {"title"},
		"?attributes=" + enterpriseURN:                         {enterpriseURN},
		"?attributes=" + enterpriseURN + ":department":         {enterpriseURN},
		"?attributes=name.givenName":                           {"name"},
		"?attributes=emails.value,meta.location":               {"emails", "meta"},
		"?attributes=id":                                       {},
		"?attributes=password":                                 {},
		"?attributes=nothing":                                  {},
		"?attributes=groups":                                   {"groups"},
		"?attributes=meta,externalId":                          {"meta", "externalId"},
		"?excludedAttributes=title":                            without("title"),
		"?excludedAttributes=id,schemas,userName":              without("userName"),
		"?excludedAttributes=groups,emails,meta":               without("groups", "emails", "meta"),
		"?excludedAttributes=" + enterpriseURN:                 without(enterpriseURN),
		"?excludedAttributes=" + enterpriseURN + ":department": all,
		"?excludedAttributes=name.givenName":                   all,
		"?excludedAttributes=name.givenName,name.familyName":   without("name"),
		"?excludedAttributes=nothing":                          all,
		"?ATTRIBUTES=userName":                                 {"userName"},
	} {
		got := keys(c.get("/Users/" + id + query).want(http.StatusOK).body)
		want = sorted(append(slices.Clone(want), "id", "schemas"))
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
		// A list shows the same of each.
		list := c.get("/Users" + query).want(http.StatusOK)
		first, _ := list.lookup("Resources.0")
		if got := keys(first.(map[string]any)); !slices.Equal(got, want) {
			t.Errorf("list %s: %q, want %q", query, got, want)
		}
	}
	part := c.get("/Users/" + id + "?attributes=name.familyName,emails.type," + enterpriseURN + ":manager.value")
	same(t, "parts", []any{part.body["name"], part.body["emails"], part.body[enterpriseURN]},
		[]any{map[string]any{"familyName": "B"}, []any{map[string]any{"type": "work"}}, map[string]any{"manager": map[string]any{"value": "m"}}})
	part = c.get("/Users/" + id + "?excludedAttributes=name.familyName,emails.type,emails.primary," + enterpriseURN + ":department")
	same(t, "parts", []any{part.body["name"], part.body["emails"], part.body[enterpriseURN]},
		[]any{map[string]any{"givenName": "A"}, []any{map[string]any{"value": "a@x.io"}, map[string]any{"value": "b@x.io"}}, map[string]any{"manager": map[string]any{"value": "m"}, "costCenter": "C"}})

	for query, want := range map[string][]string{
		"":                            {"displayName", "id", "members", "meta", "schemas"},
		"?excludedAttributes=members": {"displayName", "id", "meta", "schemas"},
		"?attributes=members":         {"id", "members", "schemas"},
		"?attributes=displayName":     {"displayName", "id", "schemas"},
		"?attributes=members.value":   {"id", "members", "schemas"},
	} {
		if got := keys(c.get("/Groups/" + gid + query).want(http.StatusOK).body); !slices.Equal(got, want) {
			t.Errorf("group %s: %q, want %q", query, got, want)
		}
		first, _ := c.get("/Groups" + query).want(http.StatusOK).lookup("Resources.0")
		if got := keys(first.(map[string]any)); !slices.Equal(got, want) {
			t.Errorf("groups %s: %q, want %q", query, got, want)
		}
	}
}

// covers: R-7644-3.9-01, R-7644-3.9-02, R-7644-3.5.2-09
func TestProjectionOfWrites(t *testing.T) {
	_, c := start(t, scimtest.Options{})
	user := func(name string) string {
		return `{"schemas":["` + userURN + `"],"userName":"` + name + `","title":"T"}`
	}
	group := func(name string) string { return `{"schemas":["` + groupURN + `"],"displayName":"` + name + `"}` }
	id := c.post("/Users", user("ada")).text("id")
	gid := c.group("Eng", id)
	search := `{"schemas":["` + searchURN + `"],"attributes":["title"],"count":1}`
	for _, x := range []struct{ method, path, body string }{
		{"POST", "/Users", user("bo")}, {"PUT", "/Users/" + id, user("ada")}, {"PATCH", "/Users/" + id, patchBody(`[{"op":"add","path":"nickName","value":"N"}]`)},
	} {
		a := c.send(x.method, x.path+"?attributes=title", x.body)
		if got := keys(a.body); a.status >= 300 || !slices.Equal(got, []string{"id", "schemas", "title"}) {
			t.Errorf("%s: %d %s", x.method, a.status, a.raw)
		}
		if a.header.Get("ETag") == "" {
			t.Errorf("%s: no ETag", x.method)
		}
	}
	for _, x := range []struct{ method, path, body string }{
		{"POST", "/Groups", group("Ops")}, {"PUT", "/Groups/" + gid, group("Eng")}, {"PATCH", "/Groups/" + gid, patchBody(`[{"op":"replace","path":"displayName","value":"Eng 2"}]`)},
	} {
		if a := c.send(x.method, x.path+"?excludedAttributes=members,meta", x.body); a.status >= 300 || !slices.Equal(keys(a.body), []string{"displayName", "id", "schemas"}) {
			t.Errorf("%s: %d %s", x.method, a.status, a.raw)
		}
	}
	first, _ := c.send("POST", "/Users/.search", search).want(http.StatusOK).lookup("Resources.0")
	if got := keys(first.(map[string]any)); !slices.Equal(got, []string{"id", "schemas", "title"}) {
		t.Errorf("search: %q", got)
	}
	// Both at once are refused, before anything is done.
	both := "?attributes=title&excludedAttributes=meta"
	total := c.get("/Users?count=0").number("totalResults")
	tag := c.get("/Users/" + id).header.Get("ETag")
	for _, x := range []struct{ method, path, body string }{
		{"GET", "/Users", ""}, {"GET", "/Users/" + id, ""}, {"POST", "/Users", user("cy")}, {"PUT", "/Users/" + id, user("cy")}, {"PATCH", "/Users/" + id, patchBody(`[{"op":"remove","path":"title"}]`)},
		{"GET", "/Groups", ""}, {"GET", "/Groups/" + gid, ""}, {"POST", "/Groups", group("new")}, {"PUT", "/Groups/" + gid, group("new")}, {"PATCH", "/Groups/" + gid, patchBody(`[{"op":"remove","path":"members"}]`)},
	} {
		c.send(x.method, x.path+both, x.body).fails(http.StatusBadRequest, "invalidValue")
	}
	c.send("POST", "/Users/.search", `{"schemas":["`+searchURN+`"],"attributes":["title"],"excludedAttributes":["meta"]}`).fails(http.StatusBadRequest, "invalidValue")
	if c.get("/Users?count=0").number("totalResults") != total || c.get("/Users/"+id).header.Get("ETag") != tag {
		t.Error("something was done")
	}
}

// A large group is not sent back, unless something of it is asked for.
//
// covers: R-7644-3.5.2-09, EN-52
func TestPatchOfALargeGroup(t *testing.T) {
	_, c := start(t, scimtest.Options{})
	var ids []string
	for i := range 101 {
		ids = append(ids, c.user("u"+string(rune('a'+i/26))+string(rune('a'+i%26)), ""))
	}
	gid := c.group("Eng", ids[:100]...)
	rename := func(name string) string { return `[{"op":"replace","path":"displayName","value":"` + name + `"}]` }
	if a := c.patch("/Groups/"+gid, rename("E1")).want(http.StatusOK); len(a.texts("members", "value")) != 100 {
		t.Errorf("%d members", len(a.texts("members", "value")))
	}
	a := c.patch("/Groups/"+gid, `[{"op":"add","path":"members","value":[{"value":"`+ids[100]+`"}]}]`).want(http.StatusNoContent)
	if tag := a.header.Get("ETag"); tag == "" || tag != c.get("/Groups/"+gid).header.Get("ETag") {
		t.Errorf("ETag %q", tag)
	}
	if a := c.patch("/Groups/"+gid+"?attributes=displayName", rename("E2")).want(http.StatusOK); a.text("displayName") != "E2" || a.has("members") {
		t.Errorf("asked for displayName: %s", a.raw)
	}
	if a := c.patch("/Groups/"+gid+"?attributes=members", rename("E3")).want(http.StatusOK); len(a.texts("members", "value")) != 101 {
		t.Errorf("asked for members: %d", len(a.texts("members", "value")))
	}
}

func keys(o map[string]any) []string { return slices.Sorted(maps.Keys(o)) }

func sorted(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// What a write answers is what the next read shows.
//
// covers: R-7644-3.1-03, R-7644-3.3-03, R-7644-3.3-04, R-7644-3.5-01, R-7644-3.5.1-01, R-7644-3.5.1-04, R-7644-3.3-01, R-7643-3.1-01, R-7643-3.1-05, R-7643-3.1-11, R-7644-3.3.1-01, T-16
func TestAnswersShowTheState(t *testing.T) {
	_, c := start(t, scimtest.Options{})
	admin := c.user("admin", `"roles":[{"value":"owner"}]`)
	adminBefore := c.get("/Users/" + admin).raw
	const forged = `"meta":{"resourceType":"Robot","created":"2001-01-01T00:00:00Z","lastModified":"2001-01-01T00:00:00Z","location":"https://evil.example","version":"W/\"9\""}`
	a := c.post("/Users", `{"schemas":["`+userURN+`"],"id":"`+admin+`","userName":"ada","title":"T","groups":[{"value":"g"}],`+forged+`}`)
	id := a.text("id")
	if id == admin || a.text("meta.resourceType") != "User" || strings.Contains(a.raw, "2001-01-01") || strings.Contains(a.raw, "evil") || a.has("groups") {
		t.Errorf("created %s", a.raw)
	}
	location := a.header.Get("Location")
	if location != a.text("meta.location") || !strings.HasSuffix(location, "/scim/v2/Users/"+id) {
		t.Errorf("Location %q", location)
	}
	read := func(path string) string { return c.get(path).want(http.StatusOK).raw }
	shows := func(a answer, path string) {
		t.Helper()
		if got := read(path); got != a.raw {
			t.Errorf("%s answered %s, then %s", a.what, a.raw, got)
		}
	}
	shows(a, "/Users/"+id)
	shows(c.put(id, "ada", `"id":"`+admin+`","nickName":"N",`+forged).want(http.StatusOK), "/Users/"+id)
	if a := c.get("/Users/" + id); a.has("title") || strings.Contains(a.raw, "2001-01-01") {
		t.Errorf("replaced: %s", a.raw)
	}
	shows(c.patch("/Users/"+id, `[{"op":"add","path":"title","value":"U"}]`).want(http.StatusOK), "/Users/"+id)
	g := c.post("/Groups", `{"schemas":["`+groupURN+`"],"displayName":"Eng","members":[{"value":"`+id+`"}],`+forged+`}`)
	gid := g.text("id")
	if g.text("meta.resourceType") != "Group" || g.header.Get("Location") != g.text("meta.location") {
		t.Errorf("created %s", g.raw)
	}
	shows(g, "/Groups/"+gid)
	shows(c.send("PUT", "/Groups/"+gid, `{"schemas":["`+groupURN+`"],"displayName":"Eng 2","members":[{"value":"`+admin+`"}]}`).want(http.StatusOK), "/Groups/"+gid)
	shows(c.patch("/Groups/"+gid, `[{"op":"remove","path":"members"}]`).want(http.StatusOK), "/Groups/"+gid)
	c.put(nobody, "new", "").fails(http.StatusNotFound, "")
	var before, after map[string]any
	if err := json.Unmarshal([]byte(adminBefore), &before); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(read("/Users/"+admin)), &after); err != nil {
		t.Fatal(err)
	}
	same(t, "the admin", after, before)
}
