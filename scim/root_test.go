package scim_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/scim"
	"github.com/scimbridge/scimbridge/scim/scimtest"
	"github.com/scimbridge/scimbridge/storage"
)

// covers: R-7644-3.4.2.1-01, R-7644-3.4.2.1-03, R-7644-3.4.3-01
func TestRootQueries(t *testing.T) {
	s, c := start(t, scimtest.Options{})
	ada := c.user("ada", `"displayName":"Same","title":"T"`)
	bo := c.user("bo", `"active":false`)
	eng := c.group("Same", ada)
	ops := c.group("Zoo", ada, eng)
	strict := second(t, s, "exact", storage.Strict)
	none := []string{}
	for filter, want := range map[string][]string{
		"":                            {ada, bo, eng, ops},
		`meta.resourceType eq "User"`: {ada, bo}, `meta.resourceType eq "Group"`: {eng, ops}, `meta.resourceType eq "Robot"`: none,
		`meta.resourceType eq "User" or meta.resourceType eq "Group"`: {ada, bo, eng, ops}, `not (meta.resourceType eq "User")`: {eng, ops},
		`userName eq "ada"`: {ada}, `userName sw "a"`: {ada}, `userName pr`: {ada, bo}, `userName ne "ada"`: {bo, eng, ops}, `userName eq null`: {eng, ops},
		`not (userName eq "ada")`: {bo, eng, ops}, `members pr`: {eng, ops}, `members.value eq "` + ada + `"`: {eng, ops}, `members[type eq "Group"]`: {ops},
		`displayName eq "same"`: {ada, eng}, userURN + `:displayName eq "same"`: {ada}, groupURN + `:displayName eq "same"`: {eng},
		groupURN + `:displayName ne "same"`: {ada, bo, ops}, userURN + `:displayName co "am"`: {ada}, `displayName co "am"`: {ada, eng},
		`active eq false`: {bo}, `title eq "t" or displayName eq "zoo"`: {ada, ops}, `userName eq "ada" and members pr`: none, `emails[type eq "work"]`: none,
		`id eq "` + eng + `"`: {eng}, `meta.created gt "2000-01-01T00:00:00Z"`: {ada, bo, eng, ops}, enterpriseURN + `:department pr`: none,
		`meta.resourceType eq "Group" and userName ne "x"`: {eng, ops}, `groups.value eq "` + eng + `"`: {ada}, `schemas eq "` + groupURN + `"`: {eng, ops},
	} {
		for _, c := range []*client{c, strict} {
			for _, root := range []string{"", "/"} {
				path := root + "?filter=" + url.QueryEscape(filter)
				if filter == "" {
					path = root + "?x"
				}
				a := c.get(path).want(http.StatusOK)
				same(t, a.what, a.texts("Resources", "id"), want)
				if a.number("totalResults") != len(want) {
					t.Errorf("%s: totalResults %d", a.what, a.number("totalResults"))
				}
				body := fmt.Sprintf(`{"schemas":[%q],"filter":%s}`, searchURN, quoteOrNull(filter))
				if b := c.send("POST", "/.search", body).want(http.StatusOK); b.raw != a.raw {
					t.Errorf("search %s: %s, want %s", body, b.raw, a.raw)
				}
				// Every page of every size, over the border between the types.
				for size := 1; size < 5; size++ {
					got := []string{}
					for len(got) < len(want) {
						a := c.get(path + fmt.Sprintf("&startIndex=%d&count=%d", len(got)+1, size)).want(http.StatusOK)
						page := a.texts("Resources", "id")
						if a.number("totalResults") != len(want) || len(page) != min(size, len(want)-len(got)) {
							t.Fatalf("%s: %s", a.what, a.raw)
						}
						got = append(got, page...)
					}
					same(t, path, got, want)
				}
				if a := c.get(path + "&count=0").want(http.StatusOK); a.number("totalResults") != len(want) || a.number("itemsPerPage") != 0 {
					t.Errorf("%s: %s", a.what, a.raw)
				}
			}
		}
	}
	for _, filter := range []string{"", `nothing eq "x"`, `userName.x pr`, `active gt true`, `password eq "x"`, `name eq "x"`, `members[value eq`, "urn:example:Other:x pr"} {
		c.get("/?filter="+url.QueryEscape(filter)).fails(http.StatusBadRequest, "invalidFilter")
		c.send("POST", "/.search", fmt.Sprintf(`{"schemas":[%q],"filter":%s}`, searchURN, strconv.Quote(filter))).fails(http.StatusBadRequest, "invalidFilter")
	}
	c.get("/?sortBy=nothing").fails(http.StatusBadRequest, "invalidValue")
	c.get("/?attributes=id&excludedAttributes=id").fails(http.StatusBadRequest, "invalidValue")
	c.send("POST", "/.search", `{}`).fails(http.StatusBadRequest, "invalidSyntax")
	c.send("POST", "/", `{}`).fails(http.StatusMethodNotAllowed, "")
	// attributes are each type's own.
	a := c.get("/?attributes=userName,members").want(http.StatusOK)
	for i, want := range []string{"id,schemas,userName", "id,schemas,userName", "id,members,schemas", "id,members,schemas"} {
		v, _ := a.lookup(fmt.Sprint("Resources.", i))
		same(t, "members of a resource", strings.Join(slices.Sorted(maps.Keys(v.(map[string]any))), ","), want)
	}
	// Sorted, the types are mixed; what has no value comes last.
	for order, want := range map[string][]string{"ascending": {ada, eng, ops, bo}, "descending": {bo, ops, ada, eng}} {
		same(t, order, c.get("/?sortBy=displayName&sortOrder="+order).want(http.StatusOK).texts("Resources", "id"), want)
		same(t, order+" by cursor", c.walk("/?count=1&sortBy=displayName&sortOrder="+order, nil), want)
	}
	same(t, "by userName", c.get("/?sortBy=userName&sortOrder=descending").want(http.StatusOK).texts("Resources", "id"), []string{eng, ops, bo, ada})
	same(t, "users by an index", c.get("/?sortBy=userName&sortOrder=descending&filter=meta.resourceType+eq+%22User%22").want(http.StatusOK).texts("Resources", "id"), []string{bo, ada})
	// Another tenant has its own.
	_, _, token := s.AddClient(t, "elsewhere", "okta", storage.Tolerant, "")
	if a := newClient(t, s, token).get("/").want(http.StatusOK); a.number("totalResults") != 0 {
		t.Errorf("another tenant's: %s", a.raw)
	}
}

// The bound on what a filter examines is one for all types together.
//
// covers: R-7644-3.4.2.1-02, T-40
func TestRootQueriesAreBounded(t *testing.T) {
	_, c := start(t, scimtest.Options{Limits: scim.Limits{Scan: 5}})
	for i := range 3 {
		c.user(fmt.Sprint("u", i), "")
		c.group(fmt.Sprint("g", i))
	}
	c.get("/?filter="+url.QueryEscape(`displayName co "g"`)).fails(http.StatusBadRequest, "tooMany")
	c.get("/?sortBy=displayName").fails(http.StatusBadRequest, "tooMany")
	for _, filter := range []string{
		`displayName co "g" and meta.resourceType eq "Group"`, `displayName co "g" and not (meta.resourceType eq "User")`, `userName co "u"`,
	} {
		if a := c.get("/?filter=" + url.QueryEscape(filter)).want(http.StatusOK); a.number("totalResults") != 3 {
			t.Errorf("%s: %s", filter, a.raw)
		}
	}
}

// A parameter that is there twice is not read as one of the two.
//
// covers: T-38
func TestRepeatedParameters(t *testing.T) {
	_, c := start(t, scimtest.Options{})
	c.user("ada", "")
	for _, query := range []string{"filter=title+pr&filter=userName+pr", "filter=title+pr&FILTER=userName+pr", "count=1&count=2", "startIndex=1&startindex=1", "sortBy=id&sortBy=id"} {
		for _, path := range []string{"/Users?", "/Groups?", "/?"} {
			c.get(path+query).fails(http.StatusBadRequest, "invalidValue")
		}
	}
	c.get("/Users?attributes=userName&attributes=title").want(http.StatusOK) // lists add up
}
