package scim_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/scim/scimtest"
	"github.com/scimbridge/scimbridge/storage"
)

// What a client sends is taken, repaired or refused by its mode; what is then
// stored is the same for all.
func TestModes(t *testing.T) {
	s, tolerant := start(t, scimtest.Options{})
	clients := map[string]*client{"tolerant": tolerant, "strict": second(t, s, "exact", storage.Strict), "interop": second(t, s, "profile", storage.Interop)}
	long := strings.Repeat("x", 1025)
	for i, tt := range []struct {
		body     string // USER is a userName that is free
		tolerant string // the scimType of the refusal, "" if taken
		strict   string
		shows    string // must be in the answer of who is taken
	}{
		// covers: R-7643-3-01, R-7643-3-02, R-7643-3-03, R-7643-3-04
		{`{"userName":USER}`, "", "invalidSyntax", `"schemas":["` + userURN + `"]`},
		{`{"schemas":[],"userName":USER}`, "", "invalidSyntax", `"schemas":["` + userURN + `"]`},
		{`{"schemas":["` + enterpriseURN + `"],"userName":USER}`, "", "invalidSyntax", `"schemas":["` + userURN + `"]`},
		{`{"schemas":["` + userURN + `","urn:example:x"],"userName":USER}`, "", "invalidSyntax", `"schemas":["` + userURN + `"]`},
		{`{"schemas":["` + userURN + `","` + userURN + `"],"userName":USER}`, "", "invalidSyntax", `"schemas":["` + userURN + `"]`},
		{`{"schemas":["` + enterpriseURN + `","` + userURN + `"],"userName":USER,"` + enterpriseURN + `":{"costCenter":"C"}}`, "", "", `"schemas":["` + userURN + `","` + enterpriseURN + `"]`},
		{`{"schemas":["` + userURN + `"],"userName":USER,"employeeNumber":"1"}`, "", "invalidSyntax", `"userName"`},
		// covers: R-7643-4.1.1-01, R-7643-7-11, R-7644-3.5.1-05
		{`{"schemas":["` + userURN + `"]}`, "invalidValue", "invalidValue", ""},
		{`{"schemas":["` + userURN + `"],"userName":""}`, "invalidValue", "invalidValue", ""},
		{`{"schemas":["` + userURN + `"],"userName":null}`, "invalidValue", "invalidValue", ""},
		{`{"schemas":["` + userURN + `"],"userName":" \t"}`, "invalidValue", "invalidValue", ""},
		{`{"schemas":["` + userURN + `"],"userName":"` + long + `"}`, "invalidValue", "invalidValue", ""},
		{`{"schemas":["` + userURN + `"],"userName":"a\nb"}`, "invalidValue", "invalidValue", ""},
		// covers: R-7643-2.3.2-01, R-7643-4.1.1-05, R-7643-4.1.1-06, R-7643-4.1.2-03
		{with(`"active":"true"`), "", "invalidValue", `"active":true`},
		{with(`"active":"False"`), "", "invalidValue", `"active":false`},
		{with(`"active":"perhaps"`), "invalidValue", "invalidValue", ""},
		{with(`"active":null`), "", "", `"active":true`},
		{with(`"locale":"en US"`), "invalidValue", "invalidValue", ""},
		{with(`"locale":"en_US"`), "", "", `"locale":"en_US"`},
		{with(`"timezone":"Mars/Phobos"`), "", "invalidValue", `"timezone":"Mars/Phobos"`},
		{with(`"timezone":"Europe/Berlin"`), "", "", `"timezone":"Europe/Berlin"`},
		{with(`"addresses":[{"country":"USA"}]`), "", "invalidValue", `"country":"USA"`},
		// covers: R-7643-4.1.2-02, R-7643-2.3.6-01, R-7643-2.3.7-01
		{with(`"photos":[{"value":"javascript:alert(1)"}]`), "invalidValue", "invalidValue", ""},
		{with(`"profileUrl":"not a url"`), "invalidValue", "invalidValue", ""},
		{with(`"x509Certificates":[{"value":"!!"}]`), "invalidValue", "invalidValue", ""},
		// covers: R-7643-2.5-01, R-7643-2.5-02, R-7643-2.4-03
		{with(`"nickName":null,"emails":[],"roles":null`), "", "", `"userName"`},
		{with(`"nickName":""`), "", "", `"userName"`},
		{with(`"emails":[{"value":"a@x.io","type":"WORK"}]`), "", "", `"type":"work"`},
		{with(`"emails":[{"value":"a@x.io","type":"work"},{"value":"a@x.io","type":"work"}]`), "", "", `"emails":[{"value":"a@x.io","type":"work"}]`},
		{with(`"emails":[{"value":"a@x.io","type":"work"},{"value":"a@x.io","type":"home"}]`), "", "", `"emails":[{"value":"a@x.io","type":"work"},{"value":"a@x.io","type":"home"}]`},
		// shapes
		{with(`"emails":"a@x.io"`), "", "invalidValue", `"emails":[{"value":"a@x.io"}]`},
		{with(`"emails":["a@x.io"]`), "", "invalidValue", `"emails":[{"value":"a@x.io"}]`},
		{with(`"title":5`), "", "invalidValue", `"title":"5"`},
		{with(`"title":{"a":1}`), "invalidValue", "invalidValue", ""},
		{with(`"title":["a","b"]`), "invalidValue", "invalidValue", ""},
		{with(`"name":"Ada"`), "", "invalidValue", `"name":{"formatted":"Ada"}`},
		// covers: R-7643-2.4-02
		{with(`"emails":[{"value":"a@x.io","primary":true},{"value":"b@x.io","primary":true}]`), "invalidValue", "invalidValue", ""},
		{with(`"name":{"givenName":"A","nothing":1}`), "", "invalidSyntax", `"name":{"givenName":"A"}`},
		{with(`"name.givenName":"A"`), "", "invalidSyntax", `"name":{"givenName":"A"}`},
		{with(`"` + enterpriseURN + `":{"manager":"m"}`), "", "invalidValue", `"manager":{"value":"m"}`},
		{with(`"` + enterpriseURN + `":{"manager":{"managerId":"m"}}`), "", "invalidSyntax", `"manager":{"value":"m"}`},
		{with(`"` + enterpriseURN + `":"x"`), "invalidValue", "invalidValue", ""},
	} {
		for mode, c := range clients {
			name := fmt.Sprintf("u-%d-%s", i, mode)
			want := tt.strict
			if mode == "tolerant" {
				want = tt.tolerant
			}
			body := strings.ReplaceAll(tt.body, "USER", `"`+name+`"`)
			a := c.send("POST", "/Users", body)
			if want != "" {
				if got := a.body["scimType"]; a.status != http.StatusBadRequest || got != want {
					t.Errorf("%s: POST %s: %d %v, want %s: %s", mode, body, a.status, got, want, a.raw)
				}
				continue
			}
			if a.status != http.StatusCreated || !strings.Contains(a.raw, tt.shows) {
				t.Errorf("%s: POST %s: %d %s, want %s", mode, body, a.status, a.raw, tt.shows)
				continue
			}
			// A PUT of the same says the same, and so changes nothing.
			if b := c.send("PUT", "/Users/"+a.text("id"), body); b.status != http.StatusOK || b.raw != a.raw {
				t.Errorf("%s: PUT %s: %d %s, want %s", mode, body, b.status, b.raw, a.raw)
			}
		}
	}
}

// with is the body of a user with more members.
func with(more string) string { return `{"schemas":["` + userURN + `"],"userName":USER,` + more + `}` }

// covers: R-7644-3.5.1-01, R-7644-3.5.1-02, R-7644-3.3-02, R-7644-3.3-06, R-7644-3.5.1-05, R-7643-4.1.1-07
func TestPut(t *testing.T) {
	_, c := start(t, scimtest.Options{})
	if a := c.post("/Users", `{"schemas":["`+userURN+`"],"userName":"bo"}`); a.body["active"] != true {
		t.Errorf("created without active: %s", a.raw)
	}
	id := c.user("ada", `"title":"T","emails":[{"value":"a@x.io","type":"work"},{"value":"b@x.io"}],"active":false,"`+enterpriseURN+`":{"department":"D"}`)
	a := c.put(id, "ada", `"emails":[{"value":"c@x.io"}]`).want(http.StatusOK)
	if a.has("title") || a.body[enterpriseURN] != nil || a.body["active"] != false {
		t.Errorf("replaced: %s", a.raw)
	}
	same(t, "emails", a.texts("emails", "value"), []string{"c@x.io"})
	before := a.raw
	c.send("PUT", "/Users/"+id, `{"schemas":["`+userURN+`"],"title":"x"}`).fails(http.StatusBadRequest, "invalidValue")
	c.put(id, "bo", "").fails(http.StatusConflict, "uniqueness")
	c.put(id, "ada", `"active":"maybe"`).fails(http.StatusBadRequest, "invalidValue")
	if after := c.get("/Users/" + id).raw; after != before {
		t.Errorf("changed to %s", after)
	}
	if n := c.get("/Users?filter=active+eq+false").number("totalResults"); n != 1 {
		t.Errorf("%d inactive users in the list", n)
	}
}
