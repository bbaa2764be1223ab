package scim_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/scim"
	"github.com/scimbridge/scimbridge/scim/scimtest"
	"github.com/scimbridge/scimbridge/storage"
)

// References to resources: relative ones start before the endpoint, and the
// version of the API makes no other resource of one.
//
// covers: R-7643-2.3.7-02, R-7643-2.3.7-05
func TestReferences(t *testing.T) {
	s, c := start(t, scimtest.Options{})
	boss, gid := c.user("boss", ""), c.group("Eng")
	same := []string{
		"Users/" + boss, "./Users/" + boss, "../Users/" + boss, "/scim/v2/Users/" + boss, "/scim/Users/" + boss,
		scimtest.BaseURL + "/scim/v2/Users/" + boss, scimtest.BaseURL + "/scim/Users/" + boss, scimtest.BaseURL + "/scim/v1/Users/" + boss,
	}
	other := []string{
		"https://elsewhere.example/scim/v2/Users/" + boss, "http://bridge.example/scim/v2/Users/" + boss, scimtest.BaseURL + "/scim/v2/Groups/" + boss,
		scimtest.BaseURL + "/scim/v2/Users/" + strings.ToUpper(boss), scimtest.BaseURL + "/scim/v2/Users/" + nobody, scimtest.BaseURL + "/scim/vx/Users/" + boss, "Users",
		scimtest.BaseURL + "/scim/v2/Users/" + boss + "?x=1",
	}
	for _, c := range []*client{c, second(t, s, "exact", storage.Strict)} {
		for i, ref := range same {
			id := c.user("u", `"`+enterpriseURN+`":{"manager":{"$ref":"`+ref+`"}}`)
			a := c.get("/Users/" + id)
			manager, _ := a.body[enterpriseURN].(map[string]any)["manager"].(map[string]any)
			if manager["value"] != boss || manager["$ref"] != ref {
				t.Errorf("%s: the manager is %v", ref, manager)
			}
			found := func(operator, operand string) bool {
				filter := enterpriseURN + `:manager.$ref ` + operator + ` "` + operand + `"`
				return c.get("/Users?filter="+url.QueryEscape(filter+` and userName eq "u"`)).want(http.StatusOK).number("totalResults") == 1
			}
			for _, operand := range same {
				if !found("eq", operand) || found("ne", operand) {
					t.Errorf("%s is not found by %s", ref, operand)
				}
			}
			for _, operand := range other {
				if found("eq", operand) || !found("ne", operand) {
					t.Errorf("%s is found by %s", ref, operand)
				}
			}
			// A group takes the member by any of them.
			ops := `[{"op":"add","path":"members","value":[{"$ref":"` + ref + `"}]}]`
			if members := c.patch("/Groups/"+gid, ops).want(http.StatusOK).texts("members", "value"); len(members) != 1 || members[0] != boss {
				t.Errorf("%s: members %v", ref, members)
			}
			filter := url.QueryEscape(`members.$ref eq "` + same[(i+3)%len(same)] + `"`)
			if n := c.get("/Groups?filter=" + filter).want(http.StatusOK).number("totalResults"); n != 1 {
				t.Errorf("%s: %d groups", ref, n)
			}
			c.patch("/Groups/"+gid, `[{"op":"remove","path":"members"}]`)
			c.send("DELETE", "/Users/"+id, "").want(http.StatusNoContent)
		}
	}
}

// The base may have a path of its own, and never a query.
//
// covers: R-7643-2.3.7-02, R-7644-1.3-01
func TestBase(t *testing.T) {
	var refused []string
	for base, want := range map[string]bool{
		"https://bridge.example": true, "https://bridge.example/": true, "https://bridge.example/tenants/a": true, "https://bridge.example:8443": true,
		"https://bridge.example?tenant=a": false, "https://bridge.example/?": false, "https://bridge.example/#a": false, "bridge.example": false, "": false, "https://": false, "https://%zz": false,
	} {
		_, err := scim.New(scim.Config{Backend: broken{}, BaseURL: base, Authenticate: func(*http.Request) (scim.Caller, error) { return scim.Caller{}, nil }})
		if (err == nil) != want {
			t.Errorf("base %q: %v", base, err)
		}
		if err != nil {
			refused = append(refused, err.Error())
		}
	}
	for _, text := range refused {
		if !strings.Contains(text, "base URL") {
			t.Errorf("the error does not say what is wrong: %s", text)
		}
	}
}

// What stands percent-encoded in a URL is what it means.
//
// covers: R-7644-1.3-01
func TestPercentEncoding(t *testing.T) {
	_, c := start(t, scimtest.Options{})
	const name = `a b+c%2Fd&é"ü#?;=`
	id := c.post("/Users", `{"schemas":["`+userURN+`"],"userName":"a b+c%2Fd&é\"ü#?;="}`).text("id")
	location := c.get("/Users/" + id).text("meta.location")
	u, err := url.Parse(location)
	if err != nil || u.RawQuery != "" || u.Fragment != "" || u.String() != location {
		t.Errorf("location %q, %v", location, err)
	}
	parsed, err := directory.ParseID(location[strings.LastIndexByte(location, '/')+1:])
	if err != nil || parsed.String() != id {
		t.Errorf("location %q does not end in the id", location)
	}
	// Each octet of a location can stand encoded.
	var encoded strings.Builder
	for _, b := range []byte(id) {
		encoded.WriteString("%" + string("0123456789ABCDEF"[b>>4]) + string("0123456789ABCDEF"[b&15]))
	}
	if got := c.get("/%55sers/" + encoded.String()).want(http.StatusOK); got.text("userName") != name {
		t.Errorf("%s", got.raw)
	}
	filter := `userName eq "` + strings.ReplaceAll(name, `"`, `\"`) + `"`
	for _, query := range []string{url.QueryEscape(filter), url.PathEscape(filter)} {
		query = strings.NewReplacer("&", "%26", "+c", "%2Bc", ";", "%3B", "=", "%3D").Replace(query)
		if got := c.get("/Users?filter="+query).want(http.StatusOK).texts("Resources", "id"); len(got) != 1 || got[0] != id {
			t.Errorf("%s finds %v", query, got)
		}
	}
	c.get("/Users?filter=userName+eq+%22a%zz%22").fails(http.StatusBadRequest, "invalidValue")
}
