package scim_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/scim"
	"github.com/scimbridge/scimbridge/scim/scimtest"
	"github.com/scimbridge/scimbridge/storage"
)

// covers: R-7644-4-01, R-7644-4-02, R-7644-4-03, R-7643-6-01, R-7643-7-01, R-7644-3.1-02, R-7643-3.1-01, CY-01, SP-01
func TestDiscovery(t *testing.T) {
	_, c := start(t, scimtest.Options{})
	schemas, types := c.get("/Schemas").want(http.StatusOK), c.get("/ResourceTypes").want(http.StatusOK)
	for _, list := range []answer{schemas, types} {
		ids := list.texts("Resources", "id")
		if len(ids) == 0 || list.number("totalResults") != len(ids) || list.number("itemsPerPage") != len(ids) || list.number("startIndex") != 1 {
			t.Errorf("%s", list.raw[:200])
		}
		if slices.Contains(list.body["schemas"].([]any), any(listURN)) == false {
			t.Errorf("%s is no ListResponse", list.what)
		}
		path := list.what[len("GET "):]
		for i, id := range ids {
			one := c.get(path + "/" + id).want(http.StatusOK)
			listed, _ := list.lookup("Resources")
			same(t, path+"/"+id, one.body, listed.([]any)[i])
			if !strings.HasSuffix(one.text("meta.location"), path+"/"+id) {
				t.Errorf("location %s", one.text("meta.location"))
			}
			if escaped := c.get(path + "/" + url.QueryEscape(id)).want(http.StatusOK); escaped.raw != one.raw {
				t.Errorf("%s: %s", escaped.what, escaped.raw)
			}
			c.get(path+"/"+id+"x").fails(http.StatusNotFound, "")
		}
		// Paging and sorting are ignored, a filter is forbidden.
		if again := c.get(path + "?count=1&startIndex=2&sortBy=id&sortOrder=up"); again.raw != list.raw {
			t.Errorf("%s: %s", again.what, again.raw)
		}
		c.get(path+"?filter=id+eq+%22User%22").fails(http.StatusForbidden, "")
	}
	known := schemas.texts("Resources", "id")
	for i := range types.number("totalResults") {
		resources, _ := types.lookup("Resources")
		typ := resources.([]any)[i].(map[string]any)
		if !slices.Contains(known, typ["schema"].(string)) {
			t.Errorf("schema %v is not published", typ["schema"])
		}
		extensions, _ := typ["schemaExtensions"].([]any)
		for _, e := range extensions {
			if !slices.Contains(known, e.(map[string]any)["schema"].(string)) {
				t.Errorf("extension %v is not published", e)
			}
		}
		c.get(typ["endpoint"].(string) + "?count=0").want(http.StatusOK)
	}
	c.user("ada", `"`+enterpriseURN+`":{"department":"D"}`)
	c.group("Eng")
	for _, path := range []string{"/Users", "/Groups", "/Schemas", "/ResourceTypes"} {
		resources, _ := c.get(path).lookup("Resources")
		for _, r := range resources.([]any) {
			for _, urn := range r.(map[string]any)["schemas"].([]any) {
				c.get("/Schemas/" + urn.(string)).want(http.StatusOK)
			}
		}
	}
	for _, urn := range []string{patchURN, listURN, errorURN, searchURN} {
		c.get("/Schemas/"+urn).fails(http.StatusNotFound, "")
	}
	c.get("/ResourceTypes/Robot").fails(http.StatusNotFound, "")
	c.get("/ServiceProviderConfig/x").fails(http.StatusNotFound, "")
	c.get("/ServiceProviderConfig?filter=patch+pr").fails(http.StatusForbidden, "")
}

// covers: R-7643-5-02, R-7643-5-03, R-7643-5-04, R-7643-5-05, RP-03, XX-01
func TestServiceProviderConfig(t *testing.T) {
	s, c := start(t, scimtest.Options{Limits: scim.Limits{Page: 7, Operations: 3, BulkPayload: 5000, DefaultPage: 2}})
	a := c.get("/ServiceProviderConfig").want(http.StatusOK)
	if anonymous := newClient(t, s, "").get("/ServiceProviderConfig").want(http.StatusOK); anonymous.raw != a.raw {
		t.Errorf("anonymously %s", anonymous.raw)
	}
	for feature, want := range map[string]bool{"patch": true, "bulk": true, "filter": true, "changePassword": false, "sort": true, "etag": true} {
		if v, _ := a.lookup(feature + ".supported"); v != want {
			t.Errorf("%s: %v", feature, v)
		}
	}
	for path, want := range map[string]int{"bulk.maxOperations": 3, "bulk.maxPayloadSize": 5000, "filter.maxResults": 7, "pagination.maxPageSize": 7, "pagination.defaultPageSize": 2} {
		if got := a.number(path); got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
	for _, member := range []string{"type", "name", "description"} {
		a.text("authenticationSchemes.0." + member)
	}
	if a.text("meta.resourceType") != "ServiceProviderConfig" {
		t.Errorf("meta %v", a.body["meta"])
	}
	// What it says is what is done.
	id := c.user("ada", "")
	four := strings.TrimSuffix(strings.Repeat(`{"op":"add","path":"title","value":"T"},`, 4), ",")
	c.patch("/Users/"+id, "["+four+"]").fails(http.StatusRequestEntityTooLarge, "")
	c.patch("/Users/"+id, "["+four[:strings.LastIndex(four, ",{")]+"]").want(http.StatusOK)
	c.send("POST", "/Bulk", `{}`).fails(http.StatusBadRequest, "invalidSyntax")
	if a := c.get("/Users?sortBy=userName&sortOrder=descending").want(http.StatusOK); a.number("totalResults") != 1 {
		t.Errorf("sorted: %s", a.raw)
	}
}

// Released client libraries refuse the whole document for an attribute that they
// do not know, so what is newer than RFC 7643 and 9865 is there only by choice.
//
// covers: R-7643-5-02, R-9967-4-01
func TestServiceProviderConfigForOlderLibraries(t *testing.T) {
	s, c := start(t, scimtest.Options{Unannounced: true})
	for name, c := range map[string]*client{"ada": c, "grace": second(t, s, "exact", storage.Strict)} {
		known := []string{"schemas", "patch", "bulk", "filter", "changePassword", "sort", "etag", "authenticationSchemes", "pagination", "meta"}
		for name := range c.get("/ServiceProviderConfig").want(http.StatusOK).body {
			if !slices.Contains(known, name) {
				t.Errorf("there is %s", name)
			}
		}
		// What is not announced is there all the same for who asks for it.
		if a, err := c.trySend("DELETE", "/Users/"+c.user(name, ""), "", respondAsync...); err != nil || a.status != http.StatusAccepted {
			t.Errorf("status %d, %v", a.status, err)
		}
	}
}
