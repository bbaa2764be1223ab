package scim_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/scim"
	"github.com/scimbridge/scimbridge/scim/scimtest"
	"github.com/scimbridge/scimbridge/storage"
)

// ticking is a clock that never says the same twice, so that no two resources
// are of one time.
func ticking() func() time.Time {
	var ticks atomic.Int64
	from := time.Now()
	return func() time.Time { return from.Add(time.Duration(ticks.Add(1)) * time.Millisecond) }
}

// names lists userName or displayName of a page.
func (a answer) names() []string {
	a.t.Helper()
	all := a.texts("Resources", "userName")
	for i, d := range a.texts("Resources", "displayName") {
		if all[i] == "" {
			all[i] = d
		}
	}
	return all
}

// covers: R-7644-3.4.2.3-01, R-7644-3.4.2.3-02, R-7644-3.4.2.3-03, R-7644-3.4.2.3-04, R-7644-3.4.3-01
func TestSorting(t *testing.T) {
	s, c := start(t, scimtest.Options{Now: ticking()})
	c.user("c", `"title":"a","name":{"familyName":"Ä"},"emails":[{"value":"z@x"},{"value":"a@x","primary":true}],"nickName":"n"`)
	boss := c.user("a", `"title":"B","active":false,"emails":[{"value":"M@x"},{"value":"b@x"}],"`+enterpriseURN+`":{"employeeNumber":"10"}`)
	c.user("B", `"name":{"familyName":"z"},"roles":[{"value":"r2"}],"`+enterpriseURN+`":{"employeeNumber":"9","manager":{"value":"`+boss+`"}}`)
	c.user("d", `"title":"b","name":{"familyName":"Z"},"roles":[{"value":"r1","primary":true}]`)
	c.patch("/Users/"+boss, `[{"op":"replace","path":"nickName","value":"last changed"}]`)
	c.group("beta")
	c.group("Alpha")
	c.group("gamma", boss)
	strict := second(t, s, "exact", storage.Strict)
	for _, x := range []struct{ path, sortBy, ascending, descending string }{
		{"/Users", "userName", "a B c d", "d c B a"},
		{"/Users", "USERNAME", "a B c d", "d c B a"},
		{"/Users", userURN + ":userName", "a B c d", "d c B a"},
		{"/Users", "title", "c a d B", "B a d c"}, // B and b are one text; equals keep their order
		{"/Users", "name.familyName", "B d c a", "a c B d"},
		{"/Users", "emails", "c a B d", "B d a c"}, // the primary one, else the first
		{"/Users", "emails.value", "c a B d", "B d a c"},
		{"/Users", "roles.value", "d B c a", "c a B d"},
		{"/Users", "active", "a c B d", "c B d a"},
		{"/Users", enterpriseURN + ":employeeNumber", "a B c d", "c d B a"}, // text: 10 before 9
		{"/Users", enterpriseURN + ":manager.value", "B c a d", "c a d B"},
		{"/Users", "meta.created", "c a B d", "d B a c"},
		{"/Users", "meta.lastModified", "c B d a", "a d B c"},
		{"/Users", "id", "c a B d", "d B a c"},
		{"/Users", "groups.display", "a c B d", "c B d a"},
		{"/Users", "meta.resourceType", "c a B d", "c a B d"},
		{"/Groups", "displayName", "Alpha beta gamma", "gamma beta Alpha"},
		{"/Groups", "members.value", "gamma beta Alpha", "beta Alpha gamma"},
		{"/Groups", "meta.created", "beta Alpha gamma", "gamma Alpha beta"},
	} {
		for _, c := range []*client{c, strict} {
			for order, want := range map[string]string{"": x.ascending, "ascending": x.ascending, "Ascending": x.ascending, "descending": x.descending, "DESCENDING": x.descending} {
				path := x.path + "?sortBy=" + url.QueryEscape(x.sortBy)
				if order != "" {
					path += "&sortOrder=" + order
				}
				a := c.get(path).want(http.StatusOK)
				if got := strings.Join(a.names(), " "); got != want {
					t.Errorf("%s: %s, want %s", a.what, got, want)
				}
				body := fmt.Sprintf(`{"schemas":[%q],"sortBy":%q,"sortOrder":%q}`, searchURN, x.sortBy, order)
				if b := c.send("POST", x.path+"/.search", body).want(http.StatusOK); b.raw != a.raw {
					t.Errorf("search %s: %s, want %s", body, b.raw, a.raw)
				}
				// With a filter that an index answers, and with one that none does.
				for _, filter := range []string{`meta.created gt "2000-01-01T00:00:00Z"`, `not (nickName eq "x")`} {
					if x.path == "/Groups" {
						filter = strings.ReplaceAll(filter, "nickName", "externalId")
					}
					if got := strings.Join(c.get(path+"&filter="+url.QueryEscape(filter)).want(http.StatusOK).names(), " "); got != want {
						t.Errorf("%s with %s: %s, want %s", a.what, filter, got, want)
					}
				}
			}
		}
	}
	plain := c.get("/Users").want(http.StatusOK)
	for _, ignored := range []string{"?sortOrder=descending", "?sortBy=", "?sortBy=&sortOrder=up", "?sortOrder=up"} {
		if a := c.get("/Users" + ignored).want(http.StatusOK); a.raw != plain.raw {
			t.Errorf("%s: %s", a.what, a.raw)
		}
	}
	for _, bad := range []string{"sortBy=name", "sortBy=meta", "sortBy=nothing", "sortBy=userName.x", "sortBy=password", "sortBy=members", "sortBy=emails[type+eq+%22work%22].value",
		"sortBy=" + enterpriseURN, "sortBy=" + enterpriseURN + ":manager", "sortBy=addresses", "sortBy=%3F", "sortBy=userName+title", "sortBy=userName&sortOrder=up", "sortBy=title&sortOrder=asc",
		"sortBy=userName&sortBy=title", "sortBy=userName&sortOrder=ascending&sortorder=descending"} {
		for _, c := range []*client{c, strict} {
			c.get("/Users?"+bad).fails(http.StatusBadRequest, "invalidValue")
		}
	}
	c.send("POST", "/Users/.search", `{"schemas":["`+searchURN+`"],"sortBy":5}`).fails(http.StatusBadRequest, "invalidValue")
	c.send("POST", "/Users/.search", `{"schemas":["`+searchURN+`"],"sortBy":"userName","sortOrder":true}`).fails(http.StatusBadRequest, "invalidValue")
}

// Each way to page through a sorted list gives the same list, whichever part of
// the bridge sorts it.
//
// covers: R-7644-3.4.2.3-01, R-7644-3.4.2.4-03, R-9865-2-02
func TestPagesOfSortedLists(t *testing.T) {
	_, c := start(t, scimtest.Options{})
	rng := rand.New(rand.NewPCG(1, 9))
	type user struct{ id, title, family string }
	var users []user
	for i := range 60 {
		u := user{title: []string{"", "a", "B", "b", "Ça", "z"}[rng.IntN(6)], family: []string{"", "Lee", "lee", "Öz", "Byron"}[rng.IntN(5)]}
		more := []string{`"nickName":"n"`}
		if u.title != "" {
			more = append(more, fmt.Sprintf(`"title":%q`, u.title))
		}
		if u.family != "" {
			more = append(more, fmt.Sprintf(`"name":{"familyName":%q}`, u.family))
		}
		u.id = c.user(fmt.Sprint("u", i), strings.Join(more, ","))
		users = append(users, u)
	}
	c.send("DELETE", "/Users/"+users[7].id, "").want(http.StatusNoContent)
	users = slices.Delete(users, 7, 8)
	for sortBy, value := range map[string]func(user) string{"title": func(u user) string { return u.title }, "name.familyName": func(u user) string { return u.family }} {
		for _, descending := range []bool{false, true} {
			sorted := slices.Clone(users)
			slices.SortStableFunc(sorted, func(a, b user) int {
				x, y := directory.Fold(value(a)), directory.Fold(value(b))
				if descending {
					x, y = y, x
				}
				if x == "" || y == "" { // without a value: last ascending, first descending
					return -cmp.Compare(x, y)
				}
				return cmp.Compare(x, y)
			})
			var want []string
			for _, u := range sorted {
				want = append(want, u.id)
			}
			order := "ascending"
			if descending {
				order = "descending"
			}
			for _, filter := range []string{"", "&filter=" + url.QueryEscape(`userName sw "u"`), "&filter=" + url.QueryEscape(`nickName co "N"`)} {
				base := fmt.Sprintf("/Users?sortBy=%s&sortOrder=%s&count=7%s", sortBy, order, filter)
				var byIndex []string
				for len(byIndex) < len(want) {
					a := c.get(fmt.Sprintf("%s&startIndex=%d", base, len(byIndex)+1)).want(http.StatusOK)
					if a.number("totalResults") != len(want) || a.number("itemsPerPage") == 0 {
						t.Fatalf("%s: %.200s", a.what, a.raw)
					}
					byIndex = append(byIndex, a.texts("Resources", "id")...)
				}
				same(t, base, byIndex, want)
				same(t, base+" by cursor", c.walk(base, nil), want)
				if a := c.get(base + "&startIndex=1000").want(http.StatusOK); a.number("itemsPerPage") != 0 || a.number("totalResults") != len(want) {
					t.Errorf("behind the end: %s", a.raw)
				}
			}
		}
	}
}

// Sorting here looks at so many resources and no more; an index has no such bound.
//
// covers: T-40
func TestSortLimit(t *testing.T) {
	_, c := start(t, scimtest.Options{Limits: scim.Limits{Scan: 5}})
	for i := range 6 {
		c.user(fmt.Sprintf("u%d", i), `"title":"T"`)
	}
	for _, query := range []string{"", "&count=1", "&cursor=", "&sortOrder=descending", "&count=0"} {
		a := c.get("/Users?sortBy=title"+query).fails(http.StatusBadRequest, "tooMany")
		for _, name := range []string{"title", "userName", "name.familyName", "meta.created", enterpriseURN + ":employeeNumber"} {
			if !strings.Contains(a.text("detail"), name) {
				t.Errorf("%s is not named: %s", name, a.raw)
			}
		}
	}
	for _, sortBy := range []string{"id", "userName", "displayName", "name.familyName", enterpriseURN + ":employeeNumber", "meta.created", "meta.lastModified"} {
		if a := c.get("/Users?sortBy=" + sortBy).want(http.StatusOK); a.number("itemsPerPage") != 6 {
			t.Errorf("%s: %s", a.what, a.raw)
		}
	}
	if a := c.get("/Users?sortBy=title&filter=userName+ge+%22u2%22").want(http.StatusOK); a.number("itemsPerPage") != 4 {
		t.Errorf("a narrowed list: %s", a.raw)
	}
	c.get("/?sortBy=meta.created").fails(http.StatusBadRequest, "tooMany")
}

// Keys are bounded in bytes, too.
//
// covers: T-40
func TestSortKeysAreBounded(t *testing.T) {
	_, c := start(t, scimtest.Options{Limits: scim.Limits{PageBytes: 5000}})
	for i := range 8 {
		c.user(fmt.Sprintf("u%d", i), fmt.Sprintf(`"title":%q`, strings.Repeat("x", 1000)))
	}
	c.get("/Users?sortBy=title&attributes=userName").fails(http.StatusBadRequest, "tooMany")
	c.get("/Users?sortBy=title&attributes=userName&filter=userName+lt+%22u3%22").want(http.StatusOK)
}
