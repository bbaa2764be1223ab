package scim_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/scim/scimtest"
	"github.com/scimbridge/scimbridge/storage"
)

// covers: R-7644-3.14-03, R-7644-3.14-01
func TestIfMatch(t *testing.T) {
	_, c := start(t, scimtest.Options{})
	id := c.user("ada", "")
	gid := c.group("Eng")
	user := func() string { return c.get("/Users/" + id).header.Get("ETag") }
	group := func() string { return c.get("/Groups/" + gid).header.Get("ETag") }
	stale := user()
	c.patch("/Users/"+id, `[{"op":"add","path":"title","value":"T"}]`).want(http.StatusOK)
	staleGroup := group()
	c.patch("/Groups/"+gid, `[{"op":"replace","path":"displayName","value":"Eng 2"}]`).want(http.StatusOK)

	for name, header := range map[string]func(now, stale string) string{
		"stale":            func(_, stale string) string { return stale },
		"several, stale":   func(_, stale string) string { return stale + `, W/"0", "x"` },
		"another":          func(_, _ string) string { return `W/"4711"` },
		"not a tag":        func(_, _ string) string { return `yesterday` },
		"in another case":  func(now, _ string) string { return strings.ToLower(now) + "x" },
		"part of the tag":  func(now, _ string) string { return now[:len(now)-2] + `"` },
		"an empty element": func(_, _ string) string { return `,` },
	} {
		t.Run("refused/"+name, func(t *testing.T) {
			c := *c
			c.t = t
			before := c.get("/Users/"+id).raw + c.get("/Groups/"+gid).raw
			h, g := header(user(), stale), header(group(), staleGroup)
			c.put(id, "ada", `"title":"lost"`, "If-Match", h).fails(http.StatusPreconditionFailed, "")
			c.patch("/Users/"+id, `[{"op":"add","path":"title","value":"lost"}]`, "If-Match", h).fails(http.StatusPreconditionFailed, "")
			c.send("DELETE", "/Users/"+id, "", "If-Match", h).fails(http.StatusPreconditionFailed, "")
			c.send("PUT", "/Groups/"+gid, `{"schemas":["`+groupURN+`"],"displayName":"lost"}`, "If-Match", g).fails(http.StatusPreconditionFailed, "")
			c.patch("/Groups/"+gid, `[{"op":"add","path":"members","value":[{"value":"`+id+`"}]}]`, "If-Match", g).fails(http.StatusPreconditionFailed, "")
			c.send("DELETE", "/Groups/"+gid, "", "If-Match", g).fails(http.StatusPreconditionFailed, "")
			if after := c.get("/Users/"+id).raw + c.get("/Groups/"+gid).raw; after != before {
				t.Errorf("changed from %s to %s", before, after)
			}
		})
	}
	// A write that would change nothing is refused just the same.
	c.patch("/Users/"+id, `[{"op":"add","path":"title","value":"T"}]`, "If-Match", stale).fails(http.StatusPreconditionFailed, "")

	for name, header := range map[string]func(string) string{
		"weak":    func(now string) string { return now },
		"strong":  func(now string) string { return strings.TrimPrefix(now, "W/") }, // reading 5
		"any":     func(string) string { return "*" },
		"several": func(now string) string { return `"x", ` + now + `,W/"0"` },
	} {
		t.Run("taken/"+name, func(t *testing.T) {
			c := *c
			c.t = t
			a := c.patch("/Users/"+id, `[{"op":"add","path":"nickName","value":"`+name+`"}]`, "If-Match", header(user())).want(http.StatusOK)
			if a.header.Get("ETag") == "" || a.header.Get("ETag") != user() {
				t.Errorf("ETag %q, then %q", a.header.Get("ETag"), user())
			}
			c.put(id, "ada", `"nickName":"`+name+` 2"`, "If-Match", header(user())).want(http.StatusOK)
			c.patch("/Groups/"+gid, `[{"op":"replace","path":"displayName","value":"`+name+`"}]`, "If-Match", header(group())).want(http.StatusOK)
		})
	}
	c.send("DELETE", "/Groups/"+gid, "", "If-Match", group()).want(http.StatusNoContent)
	c.send("DELETE", "/Users/"+id, "", "If-Match", user()).want(http.StatusNoContent)
	// "*" matches what exists only.
	c.put(id, "ada", "", "If-Match", "*").fails(http.StatusNotFound, "")
	c.send("DELETE", "/Users/"+nobody, "", "If-Match", "*").fails(http.StatusNotFound, "")
}

// covers: R-7644-3.14-02
func TestIfNoneMatch(t *testing.T) {
	_, c := start(t, scimtest.Options{})
	id := c.user("ada", "")
	gid := c.group("Eng", id)
	for _, path := range []string{"/Users/" + id, "/Groups/" + gid, "/Users/" + id + "?attributes=userName", "/Groups/" + gid + "?excludedAttributes=members"} {
		tag := c.get(path).header.Get("ETag")
		for _, header := range []string{tag, strings.TrimPrefix(tag, "W/"), "*", `"x", ` + tag, tag + `,"y"`} {
			a := c.get(path, "If-None-Match", header).want(http.StatusNotModified)
			if a.raw != "" || a.header.Get("ETag") != tag {
				t.Errorf("%s, If-None-Match %s: body %q, ETag %q", path, header, a.raw, a.header.Get("ETag"))
			}
		}
		for _, header := range []string{`W/"4711"`, "yesterday", `,`} {
			c.get(path, "If-None-Match", header).want(http.StatusOK)
		}
	}
}

// A version changes with each change of the representation and with nothing else.
//
// covers: R-7644-3.14-04, R-7643-3.1-12, R-7643-4.1.2-04
func TestVersions(t *testing.T) {
	_, c := start(t, scimtest.Options{})
	ada, bo := c.user("ada", ""), c.user("bo", "")
	inner, outer := c.group("Inner"), c.group("Outer")
	tag := func(path string) string { return c.get(path).header.Get("ETag") }
	seen := map[string]string{}
	paths := []string{"/Users/" + ada, "/Users/" + bo, "/Groups/" + inner, "/Groups/" + outer}
	for _, p := range paths {
		seen[p] = tag(p)
	}
	for _, step := range []struct {
		name  string
		do    func() answer
		moves []string
	}{
		{"title", func() answer { return c.patch("/Users/"+ada, `[{"op":"add","path":"title","value":"T"}]`) }, paths[:1]},
		{"the same title", func() answer { return c.patch("/Users/"+ada, `[{"op":"add","path":"title","value":"T"}]`) }, nil},
		{"the same by PUT, members in another order", func() answer {
			return c.send("PUT", "/Users/"+ada, `{"title":"T","userName":"ada","schemas":["`+userURN+`"]}`)
		}, nil},
		{"joins", func() answer {
			return c.patch("/Groups/"+inner, `[{"op":"add","path":"members","value":[{"value":"`+ada+`"}]}]`)
		}, []string{paths[0], paths[2]}},
		{"joins again", func() answer {
			return c.patch("/Groups/"+inner, `[{"op":"add","path":"members","value":[{"value":"`+ada+`"}]}]`)
		}, nil},
		{"the group joins another", func() answer {
			return c.patch("/Groups/"+outer, `[{"op":"add","path":"members","value":[{"value":"`+inner+`"}]}]`)
		}, []string{paths[0], paths[3]}},
		{"the group is renamed", func() answer {
			return c.patch("/Groups/"+inner, `[{"op":"replace","path":"displayName","value":"Inside"}]`)
		}, []string{paths[0], paths[2]}},
		{"she leaves who is not in", func() answer {
			return c.patch("/Groups/"+outer, `[{"op":"remove","path":"members[value eq \"`+bo+`\"]"}]`)
		}, nil},
		{"only ids of nobody", func() answer {
			return c.patch("/Groups/"+outer, `[{"op":"add","path":"members","value":[{"value":"`+nobody+`"}]}]`)
		}, nil},
		{"a refused change", func() answer {
			a := c.patch("/Groups/"+outer, `[{"op":"replace","path":"displayName","value":"x"},{"op":"replace","path":"displayName","value":null}]`)
			a.fails(http.StatusBadRequest, "invalidValue")
			return c.get("/Groups/" + outer)
		}, nil},
		{"the list as it is", func() answer {
			return c.send("PUT", "/Groups/"+inner, `{"schemas":["`+groupURN+`"],"displayName":"Inside","members":[{"value":"`+ada+`"}]}`)
		}, nil},
		{"leaves", func() answer {
			return c.patch("/Groups/"+inner, `[{"op":"remove","path":"members[value eq \"`+ada+`\"]"}]`)
		}, []string{paths[0], paths[2]}},
	} {
		step.do().want(http.StatusOK)
		for _, p := range paths {
			now := tag(p)
			moved := now != seen[p]
			want := false
			for _, m := range step.moves {
				want = want || m == p
			}
			if moved != want {
				t.Errorf("%s: version of %s moved: %v, want %v", step.name, p, moved, want)
			}
			seen[p] = now
		}
	}
}

// What changes nothing leaves no trace, not even in the journal.
//
// covers: R-7643-3.1-12, R-7644-3.5.2.1-04, R-7644-3.5.2.2-04, R-7643-2.5-01, R-7643-2.3.8-01, A0-5
func TestNothingChanges(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s, c := start(t, scimtest.Options{Now: func() time.Time { now = now.Add(time.Second); return now }})
	body := `{"schemas":["` + userURN + `","` + enterpriseURN + `"],"userName":"ada","externalId":"x","title":"T","active":true,"name":{"givenName":"A","familyName":"B"},` +
		`"emails":[{"value":"a@x.io","type":"work","primary":true},{"value":"b@x.io"}],"` + enterpriseURN + `":{"department":"D","manager":{"value":"m"}}}`
	created := c.post("/Users", body)
	id := created.text("id")
	if created.text("meta.created") != created.text("meta.lastModified") {
		t.Errorf("created %s, modified %s", created.text("meta.created"), created.text("meta.lastModified"))
	}
	gid := c.group("Eng", id)
	user, group := c.get("/Users/"+id).raw, c.get("/Groups/"+gid).raw
	entries := journalEntries(t, s)
	for _, ops := range []string{
		`[{"op":"replace","value":{"active":true}}]`,
		`[{"op":"Replace","path":"active","value":"True"}]`,
		`[{"op":"add","path":"title","value":"T"}]`,
		`[{"op":"add","path":"emails","value":[{"value":"a@x.io","type":"work"}]}]`,
		`[{"op":"replace","path":"emails","value":[{"type":"work","primary":true,"value":"a@x.io"},{"value":"b@x.io"}]}]`,
		`[{"op":"replace","path":"emails[type eq \"work\"].value","value":"a@x.io"}]`,
		`[{"op":"remove","path":"nickName"}]`,
		`[{"op":"remove","path":"emails[value eq \"z@x.io\"]"}]`,
		`[{"op":"replace","path":"nickName","value":null}]`,
		`[{"op":"replace","path":"name","value":{"givenName":"A"}}]`,
		`[{"op":"replace","value":{"` + enterpriseURN + `:manager":"m","password":"p","id":"x","groups":[],"schemas":["y"]}}]`,
		`[{"op":"add","path":"title","value":"U"},{"op":"replace","path":"title","value":"T"}]`,
	} {
		if a := c.patch("/Users/"+id, ops).want(http.StatusOK); a.raw != user {
			t.Errorf("%s: %s, want %s", ops, a.raw, user)
		}
	}
	for _, member := range []string{``, `,"nickName":null`, `,"nickName":""`, `,"phoneNumbers":[]`, `,"phoneNumbers":null`, `,"roles":[],"groups":[]`, `,"id":"x","meta":{}`, `,"password":"p"`} {
		if a := c.send("PUT", "/Users/"+id, body[:len(body)-1]+member+"}").want(http.StatusOK); a.raw != user {
			t.Errorf("%s: %s, want %s", member, a.raw, user)
		}
	}
	for _, ops := range []string{
		`[{"op":"replace","value":{"id":"` + gid + `","displayName":"Eng"}}]`,
		`[{"op":"add","path":"members","value":[{"value":"` + id + `","display":"x"}]}]`,
		`[{"op":"replace","path":"members","value":[{"value":"` + id + `"}]}]`,
		`[{"op":"remove","path":"members[value eq \"` + gid + `\"]"}]`,
		`[{"op":"remove","path":"members","value":[{"value":"` + id + `"}]},{"op":"add","path":"members","value":[{"value":"` + id + `"}]}]`,
	} {
		if a := c.patch("/Groups/"+gid, ops).want(http.StatusOK); a.raw != group {
			t.Errorf("%s: %s, want %s", ops, a.raw, group)
		}
	}
	if after := journalEntries(t, s); len(after) != len(entries) {
		for _, e := range after[len(entries):] {
			t.Errorf("journal: %s %s %s", e.Action, e.Forward, e.Note)
		}
	}
	// And what does change, does.
	a := c.patch("/Users/"+id, `[{"op":"replace","path":"title","value":"U"}]`).want(http.StatusOK)
	if a.text("meta.lastModified") <= a.text("meta.created") || len(journalEntries(t, s)) != len(entries)+1 {
		t.Errorf("a change left no trace: %s", a.raw)
	}
}

func journalEntries(t *testing.T, s *scimtest.Server) (all []journal.Entry) {
	t.Helper()
	err := s.Store.View(context.Background(), func(r storage.Reader) error {
		all = nil
		return r.Journal(0, 0, func(e *journal.Entry) bool { all = append(all, *e); return true })
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// The clock goes back an hour; versions and times do not.
//
// covers: T-53
func TestClockGoesBack(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	_, c := start(t, scimtest.Options{Now: func() time.Time { return now }})
	id := c.user("ada", "")
	gid := c.group("Eng", id)
	now = now.Add(-time.Hour)
	later := c.user("bo", "")
	for _, path := range []string{"/Users/" + id, "/Groups/" + gid} {
		before := c.get(path)
		a := c.patch(path, `[{"op":"replace","path":"displayName","value":"Later"}]`).want(http.StatusOK)
		if a.text("meta.lastModified") < before.text("meta.lastModified") || a.text("meta.lastModified") < a.text("meta.created") || a.header.Get("ETag") == before.header.Get("ETag") {
			t.Errorf("from %s to %s", before.raw, a.raw)
		}
	}
	same(t, "order of creation", c.get("/Users").texts("Resources", "id"), []string{id, later})
}

// The version of a user has its groups in it, also where a DELETE insists on it,
// alone, in a bulk request or later.
//
// covers: R-7644-3.14-03, R-7644-3.7-03
func TestDeleteOfAVersion(t *testing.T) {
	_, c := start(t, scimtest.Options{})
	for how, remove := range map[string]func(path, tag string) (status string){
		"alone": func(path, tag string) string { return fmt.Sprint(c.send("DELETE", path, "", "If-Match", tag).status) },
		"bulk": func(path, tag string) string {
			return c.bulk("", fmt.Sprintf(`{"method":"DELETE","path":%q,"version":%q}`, path, tag)).texts("Operations", "status")[0]
		},
		"later": func(path, tag string) string {
			return fmt.Sprint(c.result(c.later("DELETE", path, "", "If-Match", tag)).status)
		},
	} {
		id := c.user("ada-"+how, "")
		alone := c.get("/Users/" + id).header.Get("ETag")
		inner := c.group("inner-"+how, id)
		direct := c.get("/Users/" + id).header.Get("ETag")
		c.group("outer-"+how, inner)
		now := c.get("/Users/" + id).header.Get("ETag")
		for _, stale := range []string{alone, direct} {
			if status := remove("/Users/"+id, stale); status != "412" {
				t.Errorf("%s: %s of version %s, now it is %s", how, status, stale, now)
			}
		}
		if status := remove("/Users/"+id, now); status != "204" {
			t.Errorf("%s: %s of the present version", how, status)
		}
		c.get("/Users/"+id).fails(http.StatusNotFound, "")
	}
}
