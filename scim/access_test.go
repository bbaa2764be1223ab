package scim_test

import (
	"net/http"
	"testing"

	"github.com/scimbridge/scimbridge/scim/scimtest"
	"github.com/scimbridge/scimbridge/storage"
)

// The resources of configured types have a word of their own, also in a bulk
// request.
//
// covers: R-7644-2-02, T-06
func TestScopesOfConfiguredTypes(t *testing.T) {
	s, c := start(t, scimtest.Options{Registry: examples(t, nil)})
	for scope, may := range map[string]bool{"": true, "users:read groups:read": false, "users:write groups:write": false, "resources:write": true} {
		_, _, token := s.AddClient(t, s.Tenant.Name, "with "+scope, storage.Tolerant, scope)
		holder := newClient(t, s, token)
		id := c.post("/Devices", device(`"serialNumber":"1"`)).text("id")
		at := "/Devices/" + id
		holder.get(at).want(http.StatusOK)
		holder.send("POST", "/Devices/.search", `{"schemas":["`+searchURN+`"]}`).want(http.StatusOK)
		for _, w := range []struct {
			method, path, body string
			status             int
		}{
			{"POST", "/Devices", device(`"serialNumber":"2"`), http.StatusCreated}, {"PUT", at, device(`"serialNumber":"1","model":"M"`), http.StatusOK},
			{"PATCH", at, patchBody(`[{"op":"add","path":"model","value":"N"}]`), http.StatusOK}, {"DELETE", at, "", http.StatusNoContent},
		} {
			a := holder.send(w.method, w.path, w.body)
			if !may {
				a.fails(http.StatusForbidden, "")
				continue
			}
			if a.want(w.status); w.method == "POST" {
				c.send("DELETE", "/Devices/"+a.text("id"), "").want(http.StatusNoContent)
			}
		}
		bulk, status := `{"method":"POST","path":"/Devices","bulkId":"d","data":`+device(`"serialNumber":"3"`)+`}`, "403"
		if may {
			status = "201"
		}
		if scope == "users:read groups:read" {
			holder.send("POST", "/Bulk", bulkBody("", bulk)).fails(http.StatusForbidden, "")
		} else {
			holder.bulk("", bulk).statuses(status)
		}
		for _, id := range c.get("/Devices").texts("Resources", "id") {
			c.send("DELETE", "/Devices/"+id, "").want(http.StatusNoContent)
		}
		if a := holder.send("POST", "/Users", `{"schemas":["`+userURN+`"],"userName":"u"}`); scope == "resources:write" {
			a.fails(http.StatusForbidden, "")
		} else if a.status == http.StatusCreated {
			c.send("DELETE", "/Users/"+a.text("id"), "").want(http.StatusNoContent)
		}
	}
}

// A token changes what its scope names and no more; it reads all of its tenant.
//
// covers: R-7644-2-02, T-06
func TestScopes(t *testing.T) {
	s, c := start(t, scimtest.Options{})
	const user, group = `{"schemas":["` + userURN + `"],"userName":"eve"}`, `{"schemas":["` + groupURN + `"],"displayName":"Eve"}`
	for name, tt := range map[string]struct {
		scope         string
		users, groups bool
	}{
		"all":    {"", true, true},
		"read":   {"users:read groups:read", false, false},
		"users":  {"users:write", true, false},
		"groups": {"groups:write", false, true},
		"both":   {"users:write groups:write", true, true},
		"others": {"resources:write", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, token := s.AddClient(t, s.Tenant.Name, name, storage.Tolerant, tt.scope)
			c, holder := *c, newClient(t, s, token)
			c.t = t
			uid, gid := c.user("ada-"+name, ""), c.group("Eng "+name)
			for _, path := range []string{"/Users/" + uid, "/Groups/" + gid, "/Users", "/Groups"} {
				holder.get(path).want(http.StatusOK)
			}
			holder.send("POST", "/Users/.search", `{"schemas":["`+searchURN+`"]}`).want(http.StatusOK)
			before := c.get("/Users/"+uid).raw + c.get("/Groups/"+gid).raw
			for _, w := range []struct {
				may                bool
				method, path, body string
				status             int
			}{
				{tt.users, "POST", "/Users", user, http.StatusCreated},
				{tt.users, "PUT", "/Users/" + uid, `{"schemas":["` + userURN + `"],"userName":"ada2-` + name + `"}`, http.StatusOK},
				{tt.users, "PATCH", "/Users/" + uid, patchBody(`[{"op":"replace","value":{"title":"T"}}]`), http.StatusOK},
				{tt.groups, "POST", "/Groups", group, http.StatusCreated},
				{tt.groups, "PUT", "/Groups/" + gid, `{"schemas":["` + groupURN + `"],"displayName":"Eng2 ` + name + `"}`, http.StatusOK},
				{tt.groups, "PATCH", "/Groups/" + gid, patchBody(`[{"op":"add","path":"members","value":[{"value":"` + uid + `"}]}]`), http.StatusOK},
			} {
				if a := holder.send(w.method, w.path, w.body); w.may {
					a.want(w.status)
					if w.method == "POST" {
						holder.send("DELETE", w.path+"/"+a.text("id"), "").want(http.StatusNoContent)
					}
				} else {
					a.fails(http.StatusForbidden, "")
				}
			}
			// What may not be changed answers the same whether it is there or not.
			for kind, may := range map[string]bool{"/Users/": tt.users, "/Groups/": tt.groups} {
				if !may {
					holder.send("DELETE", kind+nobody, "").fails(http.StatusForbidden, "")
				}
			}
			if after := c.get("/Users/"+uid).raw + c.get("/Groups/"+gid).raw; !tt.users && !tt.groups && after != before {
				t.Errorf("changed from %s to %s", before, after)
			}
		})
	}
}
