package scim_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/provision"
	"github.com/scimbridge/scimbridge/scim/scimtest"
	"github.com/scimbridge/scimbridge/storage"
)

// The bridge derives no name.formatted, so none can contradict the parts; one
// that the client set is the client's.
//
// covers: R-7643-4.1.1-04
func TestFormattedName(t *testing.T) {
	s, c := start(t, scimtest.Options{})
	for _, c := range []*client{c, second(t, s, "exact", storage.Strict)} {
		parts := c.user("parts", `"name":{"givenName":"Ada","familyName":"King"}`)
		whole := c.user("whole", `"name":{"formatted":"Lady Lovelace","givenName":"Ada","familyName":"King"}`)
		for id, formatted := range map[string]any{parts: nil, whole: "Lady Lovelace"} {
			for _, a := range []answer{
				c.get("/Users/" + id), c.patch("/Users/"+id, `[{"op":"replace","path":"name.familyName","value":"Byron"}]`),
				c.patch("/Users/"+id, `[{"op":"add","path":"name","value":{"middleName":"A"}}]`), c.get("/Users/" + id),
			} {
				if got, _ := a.want(http.StatusOK).lookup("name.formatted"); got != formatted {
					t.Errorf("formatted is %v, want %v: %s", got, formatted, a.raw)
				}
			}
			if a := c.get("/Users/" + id); a.text("name.familyName") != "Byron" || a.text("name.givenName") != "Ada" {
				t.Errorf("%s", a.raw)
			}
			c.send("DELETE", "/Users/"+id, "").want(http.StatusNoContent)
		}
	}
}

// Roles and entitlements are whatever the client calls them; what no rule knows
// grants nothing.
//
// covers: R-7643-4.1.2-07
func TestFreeRolesGrantNothing(t *testing.T) {
	s, c := start(t, scimtest.Options{})
	const values = `[{"value":"Janitor","display":"Hausmeister","type":"no-type-of-ours","primary":true},{"value":"janitor/2 ü","type":"x"},{"value":"owner"},{"value":"admin"}]`
	id := c.user("ada", `"roles":`+values+`,"entitlements":`+values)
	a := c.get("/Users/" + id)
	for _, list := range []string{"roles", "entitlements"} {
		same(t, list, a.texts(list, "value"), []string{"Janitor", "janitor/2 ü", "owner", "admin"})
		same(t, list+" types", a.texts(list, "type"), []string{"no-type-of-ours", "x", "", ""})
		if a.text(list+".0.display") != "Hausmeister" {
			t.Errorf("%s", a.raw)
		}
	}
	parsed, err := directory.ParseID(id)
	if err != nil {
		t.Fatal(err)
	}
	account, err := s.Bridge.Account(t.Context(), s.Tenant.ID, provision.Ref{ID: parsed})
	if err != nil || len(account.Grants) != 0 {
		t.Errorf("they grant %+v, %v", account.Grants, err)
	}
}

// covers: R-7643-4.3-01, R-7643-3-04
func TestEnterpriseAttributes(t *testing.T) {
	s, c := start(t, scimtest.Options{})
	const full = `"` + enterpriseURN + `":{"employeeNumber":"701984","costCenter":"4130","organization":"Universal Studios","division":"Theme Park","department":"Tour Operations","manager":{"value":"26118915","$ref":"../Users/26118915"}}`
	for i, c := range []*client{c, second(t, s, "exact", storage.Strict)} {
		name := []string{"ada", "bo"}[i]
		id := c.user(name, full)
		for _, a := range []answer{c.get("/Users/" + id), c.put(id, name, full).want(http.StatusOK)} {
			e, _ := a.body[enterpriseURN].(map[string]any)
			manager, _ := e["manager"].(map[string]any)
			for attribute, want := range map[string]string{"employeeNumber": "701984", "costCenter": "4130", "organization": "Universal Studios", "division": "Theme Park", "department": "Tour Operations"} {
				if e[attribute] != want {
					t.Errorf("%s is %v: %s", attribute, e[attribute], a.raw)
				}
			}
			if manager["value"] != "26118915" || manager["$ref"] != "../Users/26118915" || len(e) != 6 {
				t.Errorf("%s", a.raw)
			}
			if !strings.Contains(a.raw, `"schemas":["`+userURN+`","`+enterpriseURN+`"]`) {
				t.Errorf("schemas do not name the extension: %s", a.raw)
			}
		}
		for _, attribute := range []string{"employeeNumber", "costCenter", "organization", "division", "department"} {
			a := c.patch("/Users/"+id, `[{"op":"replace","path":"`+enterpriseURN+`:`+attribute+`","value":"new"}]`).want(http.StatusOK)
			if a.body[enterpriseURN].(map[string]any)[attribute] != "new" {
				t.Errorf("%s: %s", attribute, a.raw)
			}
		}
		if a := c.put(id, name, "").want(http.StatusOK); a.body[enterpriseURN] != nil || strings.Contains(a.raw, enterpriseURN) {
			t.Errorf("a PUT without the extension leaves %s", a.raw)
		}
	}
}

// A path that is none is told from one that leads nowhere.
//
// covers: R-7644-3.12-05
func TestPathErrors(t *testing.T) {
	s, c := start(t, scimtest.Options{})
	id := c.user("ada", `"emails":[{"value":"a@x.io","type":"home"}]`)
	for _, c := range []*client{c, second(t, s, "exact", storage.Strict), second(t, s, "profile", storage.Interop)} {
		for path, want := range map[string]string{
			"emails[": "invalidPath", "emails[0].value": "invalidPath", "name..givenName": "invalidPath", "/emails": "invalidPath", "emails]": "invalidPath",
			`roles[value eq \"none\"].display`: "noTarget", `emails[value eq \"none\"].display`: "noTarget", `emails[type eq \"home\" and value sw \"b\"].value`: "noTarget",
		} {
			c.patch("/Users/"+id, `[{"op":"replace","path":"`+path+`","value":"x"}]`).fails(http.StatusBadRequest, want)
		}
		c.patch("/Users/"+id, `[{"op":"remove","path":"emails["}]`).fails(http.StatusBadRequest, "invalidPath")
	}
}

// What is deleted over SCIM is kept and recorded, and nobody reaches it there.
//
// covers: R-7644-3.6-04, R-7644-3.6-02
func TestDeletedIsKeptOutOfReach(t *testing.T) {
	s, c := start(t, scimtest.Options{})
	id := c.user("ada", `"externalId":"x1","title":"kept"`)
	group := c.group("Eng", id)
	c.send("DELETE", "/Users/"+id, "").want(http.StatusNoContent)
	for _, x := range []struct{ method, body string }{
		{"GET", ""}, {"PUT", `{"schemas":["` + userURN + `"],"userName":"ada"}`}, {"PATCH", patchBody(`[{"op":"replace","path":"active","value":true}]`)}, {"DELETE", ""},
	} {
		c.send(x.method, "/Users/"+id, x.body).fails(http.StatusNotFound, "")
	}
	for _, path := range []string{"/Users", "/Users?filter=userName+eq+%22ada%22", "/Users?filter=id+eq+%22" + id + "%22", "/Users?filter=title+pr", "/Users?filter=externalId+eq+%22x1%22", "/Groups?filter=members.value+eq+%22" + id + "%22"} {
		if n := c.get(path).want(http.StatusOK).number("totalResults"); n != 0 {
			t.Errorf("%s finds %d", path, n)
		}
	}
	if c.get("/Groups/" + group).has("members") {
		t.Error("the group still has it")
	}
	parsed, err := directory.ParseID(id)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Store.View(t.Context(), func(r storage.Reader) error {
		u, err := r.User(s.Tenant.ID, parsed, false)
		if err != nil || u.Status.State != directory.DeletedSCIM || !strings.Contains(string(u.Document), "kept") {
			t.Errorf("the record is %+v, %v", u, err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	var actions []string
	for _, e := range journalEntries(t, s) {
		if e.Kind == journal.KindUser && e.Resource == parsed {
			actions = append(actions, e.Action)
		}
	}
	same(t, "journal", actions, []string{"user.create", "user.delete"})
}

// covers: R-7643-2.3.1-02, R-7643-2.4-03
func TestCanonicalValues(t *testing.T) {
	for _, enforced := range []bool{false, true} {
		s, c := start(t, scimtest.Options{Canonical: enforced})
		for _, c := range []*client{c, second(t, s, "exact", storage.Strict)} {
			id := c.user("ada", `"emails":[{"value":"a@x.io","type":"WORK"}],"roles":[{"value":"r","type":"any"}]`)
			if got := c.get("/Users/" + id).text("emails.0.type"); got != "work" {
				t.Errorf("type %q", got)
			}
			pigeon := `"emails":[{"value":"b@x.io","type":"carrier-pigeon"}]`
			for name, a := range map[string]answer{
				"POST":  c.send("POST", "/Users", `{"schemas":["`+userURN+`"],"userName":"bo",`+pigeon+`}`),
				"PUT":   c.put(id, "ada", pigeon),
				"PATCH": c.patch("/Users/"+id, `[{"op":"add","path":"emails","value":[{"value":"c@x.io","type":"carrier-pigeon"}]}]`),
				"sub":   c.patch("/Users/"+id, `[{"op":"replace","path":"emails[value sw \"b\" or value sw \"a\"].type","value":"carrier-pigeon"}]`),
			} {
				switch {
				case enforced:
					a.fails(http.StatusBadRequest, "invalidValue")
					if !strings.Contains(a.text("detail"), "work") {
						t.Errorf("%s: the detail does not say what would be right: %s", name, a.raw)
					}
				case a.status >= 300 || !strings.Contains(a.raw, `"type":"carrier-pigeon"`):
					t.Errorf("%s: %d %s", name, a.status, a.raw)
				}
			}
			if !enforced {
				c.send("DELETE", "/Users/"+c.get("/Users?filter=userName+eq+%22bo%22").text("Resources.0.id"), "").want(http.StatusNoContent)
			}
			c.send("DELETE", "/Users/"+id, "").want(http.StatusNoContent)
		}
		// A path that would create an element makes none of another type.
		id := c.user("ada", "")
		a := c.patch("/Users/"+id, `[{"op":"add","path":"emails[type eq \"carrier-pigeon\"].value","value":"d@x.io"}]`)
		if enforced {
			a.fails(http.StatusBadRequest, "invalidValue")
		} else {
			a.want(http.StatusOK)
		}
	}
}
