package scim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/scimbridge/scimbridge/scim/filter"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
	"github.com/scimbridge/scimbridge/scim/scimtest"
	"github.com/scimbridge/scimbridge/storage"
)

// crowd is a directory that changes at random, and the filters asked of it.
type crowd struct {
	clients       []direct // each with externalIds of its own
	users, groups []string // ids of those that are there
	n             int
}

// texts collide with each other in case, in what folds together, and in what
// means something to LIKE, to JSON or to SQL.
var texts = rapid.SampledFrom([]string{
	"a", "A", "ab", "aB", "b", "Ba", "ä", "Ä", "ß", "ss", "É", "é", "K", "\u212a", "%", "_", "a%b", "a_b", `a\b`, `a"b`, "a'b", "a b", "😀", "0", "00", "é\u0301", "İ", "i", "ı", "ﬁ",
})

var kinds = rapid.SampledFrom([]string{"work", "home", "other"})

func (c *crowd) body(t *rapid.T, name string) string {
	u := map[string]any{"schemas": []string{userURN, enterpriseURN}, "userName": name}
	maybe := func(m map[string]any, key string, g *rapid.Generator[string]) {
		if rapid.Bool().Draw(t, "has "+key) {
			m[key] = g.Draw(t, key)
		}
	}
	maybe(u, "displayName", texts)
	maybe(u, "title", texts)
	maybe(u, "nickName", texts)
	person := map[string]any{}
	maybe(person, "familyName", texts)
	maybe(person, "givenName", texts)
	if len(person) > 0 {
		u["name"] = person
	}
	if rapid.Bool().Draw(t, "says active") {
		u["active"] = rapid.Bool().Draw(t, "active")
	}
	var emails []any
	for i := range rapid.IntRange(0, 3).Draw(t, "emails") {
		e := map[string]any{"value": texts.Draw(t, "address")}
		maybe(e, "type", kinds)
		if i == 0 && rapid.Bool().Draw(t, "primary") {
			e["primary"] = true
		}
		emails = append(emails, e)
	}
	u["emails"] = emails
	company := map[string]any{}
	maybe(company, "employeeNumber", texts)
	maybe(company, "department", texts)
	if rapid.Bool().Draw(t, "managed") {
		company["manager"] = map[string]any{"value": texts.Draw(t, "manager")}
	}
	if len(company) > 0 {
		u[enterpriseURN] = company
	}
	b, err := json.Marshal(u)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// change does one thing to the directory.
func (c *crowd) change(t *rapid.T) {
	d := rapid.SampledFrom(c.clients).Draw(t, "client")
	c.n++
	n := rapid.IntRange(0, 9).Draw(t, "change")
	switch {
	case n < 4 && len(c.users) < 24:
		// A name can be taken under another spelling; then it stays as it is.
		if a := d.send(t, "POST", "/Users", c.body(t, texts.Draw(t, "userName")+fmt.Sprint(c.n%40))); a.status == http.StatusCreated {
			c.users = append(c.users, a.text("id"))
		}
	case n < 5 && len(c.groups) < 8:
		members := []any{}
		for range rapid.IntRange(0, 3).Draw(t, "members") {
			if all := slices.Concat(c.users, c.groups); len(all) > 0 {
				members = append(members, map[string]any{"value": rapid.SampledFrom(all).Draw(t, "member")})
			}
		}
		b, err := json.Marshal(map[string]any{"schemas": []string{groupURN}, "displayName": texts.Draw(t, "displayName") + fmt.Sprint(c.n), "members": members})
		if err != nil {
			t.Fatal(err)
		}
		c.groups = append(c.groups, d.send(t, "POST", "/Groups", string(b)).want(http.StatusCreated).text("id"))
	case n < 7 && len(c.users) > 0:
		id := rapid.SampledFrom(c.users).Draw(t, "user")
		op := fmt.Sprintf(`[{"op":"replace","path":%q,"value":%q}]`, rapid.SampledFrom([]string{"externalId", "displayName", "name.familyName", enterpriseURN + ":employeeNumber"}).Draw(t, "path"), texts.Draw(t, "value"))
		if rapid.IntRange(0, 3).Draw(t, "remove") == 0 {
			op = fmt.Sprintf(`[{"op":"remove","path":%q}]`, rapid.SampledFrom([]string{"externalId", "emails", "name", enterpriseURN}).Draw(t, "path"))
		}
		if a := d.send(t, "PATCH", "/Users/"+id, patchBody(op)); a.status != http.StatusOK && a.status != http.StatusConflict {
			t.Fatalf("%s: %d %s", op, a.status, a.raw)
		}
	case n < 8 && len(c.users) > 0 && len(c.groups) > 0:
		id := rapid.SampledFrom(c.users).Draw(t, "user")
		op := fmt.Sprintf(`[{"op":"add","path":"members","value":[{"value":%q}]}]`, id)
		if rapid.Bool().Draw(t, "leave") {
			op = fmt.Sprintf(`[{"op":"remove","path":"members[value eq \"%s\"]"}]`, id)
		}
		d.send(t, "PATCH", "/Groups/"+rapid.SampledFrom(c.groups).Draw(t, "group"), patchBody(op)).want(http.StatusOK)
	case n < 9 && len(c.users) > 4:
		i := rapid.IntRange(0, len(c.users)-1).Draw(t, "user")
		d.send(t, "DELETE", "/Users/"+c.users[i], "").want(http.StatusNoContent)
		c.users = slices.Delete(c.users, i, i+1)
	case len(c.groups) > 2:
		i := rapid.IntRange(0, len(c.groups)-1).Draw(t, "group")
		d.send(t, "DELETE", "/Groups/"+c.groups[i], "").want(http.StatusNoContent)
		c.groups = slices.Delete(c.groups, i, i+1)
	}
}

// question draws a filter over what users or groups have.
func (c *crowd) question(t *rapid.T, group bool, depth int) string {
	quoted := func(s string) string {
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	operand := func() string {
		if all := slices.Concat(c.users, c.groups); len(all) > 0 && rapid.IntRange(0, 3).Draw(t, "an id") == 0 {
			return quoted(rapid.SampledFrom(all).Draw(t, "id"))
		}
		return quoted(texts.Draw(t, "operand"))
	}
	op := func() string {
		return rapid.SampledFrom([]string{"eq", "eq", "eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"}).Draw(t, "op")
	}
	n := rapid.IntRange(0, 11).Draw(t, "question")
	if depth == 0 {
		n = min(n, 6)
	}
	next := func() string { return c.question(t, group, depth-1) }
	switch n {
	case 7, 8:
		return "(" + next() + " and " + next() + ")"
	case 9, 10:
		return "(" + next() + " or " + next() + ")"
	case 11:
		return "not (" + next() + ")"
	case 6:
		if group {
			return fmt.Sprintf(`members[value %s %s or type eq "Group"]`, op(), operand())
		}
		return fmt.Sprintf(`emails[type %s %s %s value %s %s]`, op(), quoted(kinds.Draw(t, "type")), rapid.SampledFrom([]string{"and", "or"}).Draw(t, "join"), op(), operand())
	case 5:
		if !group {
			return fmt.Sprintf(`active %s %t`, rapid.SampledFrom([]string{"eq", "ne"}).Draw(t, "op"), rapid.Bool().Draw(t, "flag"))
		}
	}
	attributes := []string{"id", "externalId", "displayName", "members.value", "members"}
	if !group {
		attributes = []string{"id", "externalId", "userName", "userName", "displayName", "name.familyName", "name.givenName", "title", "nickName", "emails", "emails.value", "emails.type", "groups.value", "groups",
			enterpriseURN + ":employeeNumber", enterpriseURN + ":manager.value", enterpriseURN + ":department", userURN + ":userName"}
	}
	a := rapid.SampledFrom(attributes).Draw(t, "attribute")
	if rapid.IntRange(0, 7).Draw(t, "pr") == 0 {
		return a + " pr"
	}
	return a + " " + op() + " " + operand()
}

// list returns the whole list that a client sees.
func list(t tester, d direct, path string, query url.Values) (total int, all []*resource.Object) {
	t.Helper()
	a := d.send(t, "GET", path+"?"+query.Encode(), "").want(http.StatusOK)
	o, err := resource.DecodeObject([]byte(a.raw), resource.Limits{})
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	for _, r := range o.Get("Resources").List() {
		all = append(all, r.Object())
	}
	total = int(a.body["totalResults"].(float64))
	return total, all
}

func texted(all []*resource.Object) []string {
	out := []string{}
	for _, o := range all {
		out = append(out, o.String())
	}
	return out
}

// The meaning of a filter is Program.Match over what a client would see;
// indexes, SQL and paging are shortcuts. Over real SQLite and the real bridge,
// with users and groups coming, changing and going, every filter finds what
// Match finds, in the same order, and totalResults says how many.
//
// covers: R-7644-3.4.2.2-01, R-7644-3.4.2.2-05, R-7644-3.4.2.2-11, R-7644-3.4.2-02, R-7643-3.1-08
func TestListingsAreWhatMatchSays(t *testing.T) {
	s := scimtest.Start(t, scimtest.Options{Mode: storage.Strict})
	_, _, second := s.AddClient(t, s.Tenant.Name, "entra", storage.Tolerant, "")
	h := s.SCIM.Handler()
	c := &crowd{clients: []direct{{h, s.Token}, {h, second}}}
	rapid.Check(t, func(t *rapid.T) {
		for range rapid.IntRange(1, 6).Draw(t, "changes") {
			c.change(t)
		}
		d := rapid.SampledFrom(c.clients).Draw(t, "asking")
		group := rapid.IntRange(0, 2).Draw(t, "groups") == 0
		path, typ := "/Users", schema.User()
		if group {
			path, typ = "/Groups", schema.Group()
		}
		total, all := list(t, d, path, url.Values{"count": {"1000"}})
		if total != len(all) {
			t.Fatalf("%d of %d", len(all), total)
		}
		for range 4 {
			question := c.question(t, group, 2)
			e, err := filter.Parse(question, filter.Options{Strict: true})
			if err != nil {
				t.Fatal(err)
			}
			program, err := filter.Compile(e, typ)
			if err != nil {
				t.Fatal(err)
			}
			var want []*resource.Object
			for _, o := range all {
				if program.Match(o) {
					want = append(want, o)
				}
			}
			start, count := rapid.IntRange(1, 4).Draw(t, "startIndex"), rapid.IntRange(0, 30).Draw(t, "count")
			total, got := list(t, d, path, url.Values{"filter": {question}, "startIndex": {fmt.Sprint(start)}, "count": {fmt.Sprint(count)}})
			page := want[min(len(want), start-1):min(len(want), start-1+count)]
			if diff := cmp.Diff(texted(page), texted(got)); diff != "" || total != len(want) {
				t.Fatalf("%s: %s, from %d on %d: totalResults %d, want %d; -want +got\n%s\nof\n%s", path, question, start, count, total, len(want), diff, strings.Join(texted(all), "\n"))
			}
		}
	})
}
