package scim_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/scim"
	"github.com/scimbridge/scimbridge/scim/scimtest"
	"github.com/scimbridge/scimbridge/storage"
)

// recorder keeps what the backend was asked.
type recorder struct {
	scim.Backend
	queries     []directory.Query
	withMembers int // groups whose members were asked for
}

func (b *recorder) Users(ctx context.Context, by journal.Actor, q directory.Query, total bool, fn func(*directory.User) bool) (int64, error) {
	b.queries = append(b.queries, q)
	return b.Backend.Users(ctx, by, q, total, fn)
}

func (b *recorder) Groups(ctx context.Context, by journal.Actor, q directory.Query, total bool, withMembers func(*directory.Group) bool, fn func(*directory.Group, []directory.Member) bool) (int64, error) {
	ask := withMembers
	if withMembers != nil {
		ask = func(g *directory.Group) bool {
			yes := withMembers(g)
			if yes {
				b.withMembers++
			}
			return yes
		}
	}
	return b.Backend.Groups(ctx, by, q, total, ask, fn)
}

// A filter that would have the database go through the tenant again and again
// is applied to one resource after the other, of which there is a most.
//
// covers: T-40
func TestCostlyFilters(t *testing.T) {
	var backend *recorder
	_, c := start(t, scimtest.Options{Limits: scim.Limits{Scan: 6}, Wrap: func(b scim.Backend) scim.Backend {
		backend = &recorder{Backend: b}
		return backend
	}})
	for i := range 6 {
		c.user(fmt.Sprintf("s%d", i), fmt.Sprintf(`"emails":[{"value":"s%d@example.com"}]`, i))
	}
	repeat := func(n int, format string) string {
		parts := make([]string, n)
		for i := range parts {
			parts[i] = fmt.Sprintf(format, i)
		}
		return strings.Join(parts, " or ")
	}
	ask := func(filter string) (answer, bool) {
		backend.queries = nil
		a := c.get("/Users?filter=" + url.QueryEscape(filter))
		if len(backend.queries) != 1 {
			t.Fatalf("%d queries", len(backend.queries))
		}
		return a, backend.queries[0].Where != nil
	}
	for _, tt := range []struct {
		name, filter string
		total        int
		indexed      bool
	}{
		{"ranges that are few", repeat(4, `userName sw "s" and emails.value sw "s%d"`), 4, true},
		{"one range too many", repeat(9, `userName sw "s%d"`), 6, false},
		{"many ranges", repeat(100, `userName sw "s" and emails.value sw "s%d"`), 6, false},
		{"many names", repeat(200, `userName eq "s%d"`), 6, true},
		{"too many names", repeat(201, `userName eq "s%d"`), 6, false},
		{"many instants", repeat(9, `meta.lastModified gt "203%d-01-01T00:00:00Z"`), 0, false},
		{"many groups", repeat(9, `groups[type eq "direct" and value eq "`+nobody+`%d"]`), 0, false},
	} {
		a, indexed := ask(tt.filter)
		if a.want(http.StatusOK); a.number("totalResults") != tt.total || indexed != tt.indexed {
			t.Errorf("%s: %d results, indexed %t; want %d, %t", tt.name, a.number("totalResults"), indexed, tt.total, tt.indexed)
		}
	}
	c.user("s6", "")
	a, _ := ask(repeat(100, `userName sw "s" and emails.value sw "s%d"`))
	a.fails(http.StatusBadRequest, "tooMany")
	a, _ = ask(repeat(2, `userName sw "s%d"`))
	a.want(http.StatusOK)
}

func numbers(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(`{"value":"+49 30 %d"}`, i)
	}
	return "[" + strings.Join(list, ",") + "]"
}

// covers: T-43
func TestMultiValuedAttributesAreBounded(t *testing.T) {
	_, c := start(t, scimtest.Options{})
	refused := func(a answer) {
		t.Helper()
		if a.fails(http.StatusBadRequest, "invalidValue"); !strings.Contains(a.raw, "phoneNumbers") || !strings.Contains(a.raw, "1000") {
			t.Errorf("the error does not name the attribute and the bound: %s", a.raw)
		}
	}
	create := func(n int) answer {
		return c.send("POST", "/Users", fmt.Sprintf(`{"schemas":[%q],"userName":"u%d","phoneNumbers":%s}`, userURN, n, numbers(n)))
	}
	refused(create(1001))
	id := create(1000).want(http.StatusCreated).text("id")
	add := func(more string) answer {
		return c.send("PATCH", "/Users/"+id, fmt.Sprintf(`{"schemas":[%q],"Operations":[{"op":"add","path":"phoneNumbers","value":%s}]}`, patchURN, more))
	}
	refused(add(`[{"value":"one more"}]`))
	add(numbers(10)).want(http.StatusOK) // known already
	refused(c.send("PUT", "/Users/"+id, fmt.Sprintf(`{"schemas":[%q],"userName":"u","phoneNumbers":%s}`, userURN, numbers(1001))))
	if a := c.get("/Users/" + id).want(http.StatusOK); len(a.texts("phoneNumbers", "value")) != 1000 {
		t.Error("a refused change changed something")
	}
}

// covers: T-43
func TestDocumentsAreBounded(t *testing.T) {
	s, c := start(t, scimtest.Options{Limits: scim.Limits{Document: 2000}})
	long := strings.Repeat("x", 1500)
	tooLong := long + long
	refused := func(a answer) {
		t.Helper()
		if a.fails(http.StatusBadRequest, "invalidValue"); !strings.Contains(a.raw, "at most 2000") {
			t.Errorf("the error does not name the bound: %s", a.raw)
		}
	}
	refused(c.send("POST", "/Users", fmt.Sprintf(`{"schemas":[%q],"userName":"a","title":%q}`, userURN, tooLong)))
	id := c.user("a", fmt.Sprintf(`"title":%q`, long))
	refused(c.send("PUT", "/Users/"+id, fmt.Sprintf(`{"schemas":[%q],"userName":"a","title":%q}`, userURN, tooLong)))
	patch := func(path, value string) answer {
		return c.send("PATCH", "/Users/"+id, fmt.Sprintf(`{"schemas":[%q],"Operations":[{"op":"replace","path":%q,"value":%s}]}`, patchURN, path, value))
	}
	refused(patch("nickName", fmt.Sprintf("%q", long)))

	// One that was stored when more was allowed can be changed, not grow.
	by := journal.Actor{Tenant: s.Tenant.ID, Origin: directory.OriginSCIM, Client: s.SCIMApp.ID, Name: "scim:okta"}
	parsed, err := directory.ParseID(id)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Bridge.EditUser(t.Context(), by, parsed, func(u *directory.User) error {
		u.Document = directory.Document(fmt.Sprintf(`{"userName":"a","title":%q}`, tooLong))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if a := patch("active", "false").want(http.StatusOK); a.body["active"] != false {
		t.Errorf("deactivated: %s", a.raw)
	}
	refused(patch("nickName", `"y"`))
	patch("title", fmt.Sprintf("%q", long)).want(http.StatusOK)
}

// A page ends early when it has enough bytes; the client that goes on behind
// its last resource gets each once.
//
// covers: T-40, R-7644-3.4.2.4-03
func TestPagesAreBoundedInBytes(t *testing.T) {
	var backend *recorder
	_, c := start(t, scimtest.Options{Limits: scim.Limits{PageBytes: 5000}, Wrap: func(b scim.Backend) scim.Backend {
		backend = &recorder{Backend: b}
		return backend
	}})
	title := fmt.Sprintf(`"title":%q`, "T"+strings.Repeat("x", 2000))
	var users, groups []string
	for i := range 7 {
		users = append(users, c.user(fmt.Sprintf("u%d", i), title))
	}
	var list []string
	for _, id := range users {
		list = append(list, fmt.Sprintf(`{"value":%q}`, id))
	}
	for i := range 7 {
		a := c.send("POST", "/Groups", fmt.Sprintf(`{"schemas":[%q],"displayName":"g%d","members":[%s]}`, groupURN, i, strings.Join(list, ","))).want(http.StatusCreated)
		groups = append(groups, a.text("id"))
	}
	for _, tt := range []struct {
		name, query string
		ids         []string
	}{
		{"users", "/Users?count=100", users},
		{"users by an indexed filter", `/Users?count=100&filter=userName+sw+"u"`, users},
		{"users by another filter", `/Users?count=100&filter=title+sw+"T"`, users},
		{"users, projected", "/Users?count=100&attributes=title", users},
		{"users by another filter, projected", `/Users?count=100&attributes=title&filter=title+sw+"T"`, users},
		{"groups", "/Groups?count=100", groups},
		{"groups by another filter", `/Groups?count=100&filter=displayName+co+"g"`, groups},
		{"groups, projected", `/Groups?count=100&attributes=members`, groups},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.query = strings.ReplaceAll(tt.query, `"`, "%22")
			var seen []string
			for len(seen) < len(tt.ids) {
				backend.withMembers = 0
				a := c.get(fmt.Sprintf("%s&startIndex=%d", tt.query, len(seen)+1)).want(http.StatusOK)
				ids := a.texts("Resources", "id")
				if len(ids) == 0 || a.number("itemsPerPage") != len(ids) || a.number("totalResults") != 7 || a.number("startIndex") != len(seen)+1 {
					t.Fatalf("a page of %d: %.300s", len(ids), a.raw)
				}
				if len(seen) == 0 && len(ids) == 7 || len(a.raw) > 9000 {
					t.Errorf("%d resources in %d bytes", len(ids), len(a.raw))
				}
				if backend.withMembers > len(ids) {
					t.Errorf("the members of %d groups were read for a page of %d", backend.withMembers, len(ids))
				}
				seen = append(seen, ids...)
			}
			same(t, "all pages", seen, tt.ids)
		})
	}
	// One is always given, however large.
	_, c = start(t, scimtest.Options{Limits: scim.Limits{PageBytes: 1}})
	c.user("a", "")
	c.user("b", "")
	if a := c.get("/Users").want(http.StatusOK); a.number("itemsPerPage") != 1 || a.number("totalResults") != 2 {
		t.Errorf("pages of one: %s", a.raw)
	}
}

// Who is refused does not choose when: the answer comes before the body.
//
// covers: T-39
func TestRefusalsDoNotWaitForTheBody(t *testing.T) {
	s, c := start(t, scimtest.Options{})
	_, _, reader := s.AddClient(t, s.Tenant.Name, "reader", storage.Tolerant, "users:read groups:read")
	for _, tt := range []struct {
		name, request, token string
		status               int
	}{
		{"no token", "POST /scim/v2/Users", "", 401},
		{"a wrong token", "POST /scim/v2/Users", "wrong", 401},
		{"no endpoint", "POST /scim/v2/Nothing", c.token, 404},
		{"no such method", "PATCH /scim/v2/Users", c.token, 405},
		{"read-only", "POST /scim/v2/Users", reader, 403},
	} {
		t.Run(tt.name, func(t *testing.T) {
			conn, err := net.Dial("tcp", s.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			// No more of the body ever comes; the deadline only ends a failing test.
			if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
				t.Fatal(err)
			}
			if _, err := fmt.Fprintf(conn, "%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/scim+json\r\nContent-Length: 1000\r\n\r\n{", tt.request, tt.token); err != nil {
				t.Fatal(err)
			}
			res, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatalf("no answer: %v", err)
			}
			res.Body.Close()
			if res.StatusCode != tt.status || !res.Close {
				t.Errorf("status %d, close %t; want %d and close", res.StatusCode, res.Close, tt.status)
			}
		})
	}
	// A body that was read leaves the connection as it is.
	req, err := http.NewRequestWithContext(t.Context(), "POST", c.base+"/Users", strings.NewReader(`{"schemas":[]}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", "application/scim+json")
	res, err := c.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusBadRequest || res.Close {
		t.Errorf("status %d, close %t; want 400 on a connection that stays", res.StatusCode, res.Close)
	}
}
