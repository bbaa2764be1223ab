package scim_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/scim"
	"github.com/scimbridge/scimbridge/scim/scimtest"
	"github.com/scimbridge/scimbridge/storage"
)

// Two groups of a tenant do not share a name, unless the client may.
func TestDuplicateGroupNames(t *testing.T) {
	s, c := start(t, scimtest.Options{})
	eng, ops := c.group("Eng"), c.group("Ops")
	body := func(name string) string { return `{"schemas":["` + groupURN + `"],"displayName":"` + name + `"}` }
	refused := func(c *client) {
		t.Helper()
		for _, name := range []string{"Eng", "ENG", "eng"} {
			c.send("POST", "/Groups", body(name)).fails(http.StatusConflict, "uniqueness")
			c.send("PUT", "/Groups/"+ops, body(name)).fails(http.StatusConflict, "uniqueness")
			c.patch("/Groups/"+ops, `[{"op":"replace","path":"displayName","value":"`+name+`"}]`).fails(http.StatusConflict, "uniqueness")
		}
	}
	refused(c)
	c.patch("/Groups/"+eng, `[{"op":"replace","path":"displayName","value":"ENG"}]`).want(http.StatusOK) // her own name
	c.patch("/Groups/"+eng, `[{"op":"replace","path":"displayName","value":"Eng"}]`).want(http.StatusOK)

	_, entra, token := s.AddClient(t, s.Tenant.Name, "entra", storage.Tolerant, "")
	entra.DuplicateGroupNames = true
	if err := s.Store.Update(context.Background(), func(tx storage.Tx) error { return tx.PutClient(&entra) }); err != nil {
		t.Fatal(err)
	}
	free := newClient(t, s, token)
	second := free.group("eng")
	third := free.group("Third")
	free.patch("/Groups/"+third, `[{"op":"replace","path":"displayName","value":"ENG"}]`).want(http.StatusOK)
	same(t, "groups of one name", free.get("/Groups?filter=displayName+eq+%22Eng%22").texts("Resources", "id"), []string{eng, second, third})
	refused(c) // the others may as little as before
	c.patch("/Groups/"+second, `[{"op":"add","path":"externalId","value":"x"}]`).want(http.StatusOK)
	// A name that is given up is free.
	for _, id := range []string{eng, second, third} {
		c.send("DELETE", "/Groups/"+id, "").want(http.StatusNoContent)
	}
	c.group("Eng")
}

// Members that are nobody: a strict client is told who, and nothing is done; for
// a tolerant one the rest is done, and journal and metric remember who was left out.
//
// covers: R-7643-2.3.7-04, T-52, A0-6
func TestUnknownMembers(t *testing.T) {
	s, c := start(t, scimtest.Options{})
	ada := c.user("ada", "")
	gid := c.group("Eng")
	strict := second(t, s, "exact", storage.Strict)
	interop := second(t, s, "profile", storage.Interop)
	ops := `[{"op":"add","path":"members","value":[{"value":"` + nobody + `"},{"value":"` + ada + `"},{"value":"next-week"}]}]`
	before := c.get("/Groups/" + gid).raw
	for _, exact := range []*client{strict, interop} {
		a := exact.patch("/Groups/"+gid, ops).fails(http.StatusBadRequest, "invalidValue")
		if d := a.text("detail"); !strings.Contains(d, nobody) || !strings.Contains(d, "next-week") || strings.Contains(d, ada) {
			t.Errorf("detail %q", d)
		}
	}
	if after := c.get("/Groups/" + gid).raw; after != before {
		t.Errorf("changed to %s", after)
	}
	entries := len(journalEntries(t, s))
	same(t, "members", c.patch("/Groups/"+gid, ops).want(http.StatusOK).texts("members", "value"), []string{ada})
	c.patch("/Groups/"+gid, `[{"op":"add","path":"members","value":[{"value":"nobody-2"}]}]`).want(http.StatusOK)
	var notes string
	for _, e := range journalEntries(t, s)[entries:] {
		notes += string(e.Note)
	}
	for _, id := range []string{nobody, "next-week", "nobody-2"} {
		if !strings.Contains(notes, id) {
			t.Errorf("the journal does not name %s: %s", id, notes)
		}
	}
	if strings.Contains(notes, ada) {
		t.Errorf("the journal names who is in: %s", notes)
	}
	// A retry after the user has come.
	bo := c.user("bo", "")
	strict.patch("/Groups/"+gid, `[{"op":"add","path":"members","value":[{"value":"`+bo+`"}]}]`).want(http.StatusOK)
}

// covers: R-7643-4.2-02, R-7643-4.2-03, R-7643-4.2-04, R-7643-4.1.2-04, R-7643-2.3.7-03, R-7643-4.2-01
func TestNestedGroups(t *testing.T) {
	_, c := start(t, scimtest.Options{})
	ada := c.user("ada", "")
	inner := c.group("Inner", ada)
	outer := c.group("Outer", inner)
	a := c.get("/Groups/" + outer)
	same(t, "members", a.body["members"], []any{map[string]any{"value": inner, "type": "Group", "$ref": "https://bridge.example/scim/v2/Groups/" + inner}})
	same(t, "types", c.get("/Users/"+ada).texts("groups", "type"), []string{"direct", "indirect"})
	// Round in a circle, and through itself: read in bounded time.
	c.patch("/Groups/"+inner, `[{"op":"add","path":"members","value":[{"value":"`+outer+`"},{"value":"`+inner+`"}]}]`).want(http.StatusOK)
	same(t, "groups", c.get("/Users/"+ada).texts("groups", "value"), []string{inner, outer})
	const depth = 100
	last := inner
	for i := range depth {
		last = c.group(fmt.Sprintf("G%d", i), last)
	}
	if n := len(c.get("/Users/"+ada).texts("groups", "value")); n != depth+2 {
		t.Errorf("%d groups", n)
	}
	// References resolve.
	for _, path := range []string{"/Groups/" + inner, "/Users/" + ada} {
		for _, list := range []string{"members", "groups"} {
			refs := c.get(path)
			ids := refs.texts(list, "value")
			for i, ref := range refs.texts(list, "$ref") {
				if got := c.get(strings.TrimPrefix(ref, "https://bridge.example/scim/v2")).want(http.StatusOK).text("id"); got != ids[i] {
					t.Errorf("%s is %s", ref, got)
				}
			}
		}
	}
	// A member is in or out; nothing of it changes.
	c.patch("/Groups/"+inner, `[{"op":"replace","path":"members[value eq \"`+ada+`\"].value","value":"x"}]`).fails(http.StatusBadRequest, "mutability")
	c.patch("/Groups/"+inner, `[{"op":"replace","path":"members[value eq \"`+ada+`\"].type","value":"Group"}]`).fails(http.StatusBadRequest, "mutability")
	c.send("POST", "/Groups", `{"schemas":["`+groupURN+`"]}`).fails(http.StatusBadRequest, "invalidValue")
	c.patch("/Groups/"+inner, `[{"op":"remove","path":"displayName"}]`).fails(http.StatusBadRequest, "mutability")
	c.patch("/Groups/"+inner, `[{"op":"remove","path":"members[type eq \"Group\"]"}]`).want(http.StatusOK)
	same(t, "members", c.get("/Groups/"+inner).texts("members", "value"), []string{ada})
}

// covers: R-7644-3.6-01, R-7644-3.6-02, R-7644-3.6-03, R-7643-3.1-04, T-56
func TestDelete(t *testing.T) {
	_, c := start(t, scimtest.Options{})
	ada := c.user("ada", `"externalId":"x","roles":[{"value":"owner"}]`)
	gid := c.group("Eng", ada)
	c.send("DELETE", "/Users/"+ada, "").want(http.StatusNoContent)
	c.get("/Users/"+ada).fails(http.StatusNotFound, "")
	c.put(ada, "ada", "").fails(http.StatusNotFound, "")
	c.patch("/Users/"+ada, `[{"op":"add","path":"title","value":"T"}]`).fails(http.StatusNotFound, "")
	c.send("DELETE", "/Users/"+ada, "").fails(http.StatusNotFound, "")
	for _, query := range []string{"", "?filter=userName+eq+%22ada%22", "?filter=externalId+eq+%22x%22", "?filter=id+eq+%22" + ada + "%22", "?filter=roles.value+eq+%22owner%22"} {
		if a := c.get("/Users" + query); a.number("totalResults") != 0 || len(a.texts("Resources", "id")) != 0 {
			t.Errorf("%s: %s", query, a.raw)
		}
	}
	if a := c.get("/Groups/" + gid); a.has("members") {
		t.Errorf("still a member: %s", a.raw)
	}
	if n := c.get("/Groups?filter=members.value+eq+%22" + ada + "%22").number("totalResults"); n != 0 {
		t.Errorf("%d groups", n)
	}
	c.patch("/Groups/"+gid, `[{"op":"add","path":"members","value":[{"value":"`+ada+`"}]}]`).want(http.StatusOK)
	if a := c.get("/Groups/" + gid); a.has("members") {
		t.Errorf("a member again: %s", a.raw)
	}
	// Someone else gets the name: another id, nothing inherited.
	next := c.post("/Users", `{"schemas":["`+userURN+`"],"userName":"ADA","externalId":"y"}`)
	if next.text("id") == ada || next.has("roles") || next.has("groups") {
		t.Errorf("inherited: %s", next.raw)
	}
	c.get("/Users/"+ada).fails(http.StatusNotFound, "")
}

// blind can not read a group any more once one was written.
type blind struct {
	scim.Backend
	written atomic.Bool
}

func (b *blind) CreateGroup(ctx context.Context, by journal.Actor, g *directory.Group, members *directory.MemberEdit) (*directory.Group, directory.MemberChange, error) {
	b.written.Store(true)
	return b.Backend.CreateGroup(ctx, by, g, members)
}

func (b *blind) EditGroup(ctx context.Context, by journal.Actor, id directory.ID, edit func(*directory.Group) (*directory.MemberEdit, error)) (*directory.Group, directory.MemberChange, error) {
	b.written.Store(true)
	return b.Backend.EditGroup(ctx, by, id, edit)
}

func (b *blind) Group(ctx context.Context, by journal.Actor, id directory.ID, member func(directory.Member)) (*directory.Group, error) {
	if b.written.Load() {
		return nil, fmt.Errorf("read: %w", storage.ErrUnavailable)
	}
	return b.Backend.Group(ctx, by, id, member)
}

// A write that is done is answered as done, whatever happens to the reading of
// what is shown.
func TestWrittenGroupThatCanNotBeRead(t *testing.T) {
	_, c := start(t, scimtest.Options{Wrap: func(b scim.Backend) scim.Backend { return &blind{Backend: b} }})
	a := c.send("POST", "/Groups", `{"schemas":["`+groupURN+`"],"displayName":"Eng"}`).want(http.StatusCreated)
	id := a.text("id")
	if a.text("displayName") != "Eng" || a.header.Get("Location") != a.text("meta.location") {
		t.Errorf("created: %s", a.raw)
	}
	a = c.patch("/Groups/"+id, `[{"op":"replace","path":"displayName","value":"Ops"}]`).want(http.StatusOK)
	if a.text("displayName") != "Ops" || a.text("id") != id {
		t.Errorf("changed: %s", a.raw)
	}
}
