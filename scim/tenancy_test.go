package scim_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/scim/scimtest"
	"github.com/scimbridge/scimbridge/storage"
)

// Another tenant's resources do not exist, whatever is done to them; and what
// is answered is, byte for byte, what is answered for an id of nobody.
//
// covers: T-24, R-7644-2-02, R-7644-6-01, R-7644-3.4.1-01, R-7644-3.2-01
func TestAnotherTenantsResources(t *testing.T) {
	for _, mode := range []storage.Mode{storage.Tolerant, storage.Strict, storage.Interop} {
		t.Run(string(mode), func(t *testing.T) {
			s, mine := start(t, scimtest.Options{})
			user := mine.user("ada", `"externalId":"x1","title":"Countess"`)
			group := mine.group("Eng", user)
			tag := mine.get("/Users/" + user).header.Get("ETag")
			before := mine.get("/Users/"+user).raw + mine.get("/Groups/"+group).raw
			_, _, token := s.AddClient(t, "other", "okta", mode, "")
			other := newClient(t, s, token)

			u, g := `{"schemas":["`+userURN+`"],"userName":"eve"}`, `{"schemas":["`+groupURN+`"],"displayName":"Eve"}`
			ops := patchBody(`[{"op":"replace","path":"active","value":false}]`)
			rename := patchBody(`[{"op":"replace","path":"displayName","value":"x"}]`)
			for _, id := range []struct{ user, group string }{{user, group}, {group, user}} {
				for _, x := range []struct{ method, path, body string }{
					{"GET", "/Users/" + id.user, ""}, {"PUT", "/Users/" + id.user, u}, {"PATCH", "/Users/" + id.user, ops}, {"DELETE", "/Users/" + id.user, ""},
					{"GET", "/Groups/" + id.group, ""}, {"PUT", "/Groups/" + id.group, g}, {"PATCH", "/Groups/" + id.group, rename}, {"DELETE", "/Groups/" + id.group, ""},
				} {
					for _, condition := range []string{"", tag, "*", `W/"99"`} {
						for _, header := range []string{"If-Match", "If-None-Match"} {
							got := other.send(x.method, x.path, x.body, header, condition).fails(http.StatusNotFound, "")
							unknown := other.send(x.method, x.path[:strings.LastIndexByte(x.path, '/')+1]+nobody, x.body, header, condition).fails(http.StatusNotFound, "")
							if got.raw != unknown.raw {
								t.Errorf("%s %s: %s, for an unknown id %s", x.method, x.path, got.raw, unknown.raw)
							}
						}
					}
				}
			}
			for _, path := range []string{"/Users", "/Groups", "/Users?filter=userName+eq+%22ada%22", "/Users?filter=title+pr", "/Users?filter=id+eq+%22" + user + "%22",
				"/Users?filter=externalId+eq+%22x1%22", "/Users?filter=groups.value+eq+%22" + group + "%22", "/Groups?filter=members.value+eq+%22" + user + "%22", "/Groups?filter=displayName+co+%22e%22"} {
				if a := other.get(path).want(http.StatusOK); a.number("totalResults") != 0 || len(a.texts("Resources", "id")) != 0 {
					t.Errorf("%s: %s", path, a.raw)
				}
				typ := strings.SplitN(path[1:], "?", 2)[0]
				if a := other.send("POST", "/"+typ+"/.search", `{"schemas":["`+searchURN+`"]}`).want(http.StatusOK); a.number("totalResults") != 0 {
					t.Errorf("search %s: %s", typ, a.raw)
				}
			}
			if after := mine.get("/Users/"+user).raw + mine.get("/Groups/"+group).raw; after != before {
				t.Errorf("changed from %s to %s", before, after)
			}
			// Names are unique in a tenant, not beyond it.
			other.user("ada", `"externalId":"x1"`)
			other.group("Eng")
		})
	}
}

// covers: T-25, R-7643-7-10
func TestAnotherTenantsMembersAndManagers(t *testing.T) {
	s, mine := start(t, scimtest.Options{})
	theirs := mine.user("ada", `"displayName":"Ada of another company"`)
	theirGroup := mine.group("Board", theirs)
	before := mine.get("/Users/"+theirs).raw + mine.get("/Groups/"+theirGroup).raw
	_, _, token := s.AddClient(t, "other", "okta", storage.Tolerant, "")
	_, _, strictToken := s.AddClient(t, "other", "exact", storage.Strict, "")
	tolerant, strict := newClient(t, s, token), newClient(t, s, strictToken)
	own := tolerant.user("bo", "")
	group := tolerant.group("Eng", own)

	for _, id := range []string{theirs, theirGroup, nobody} {
		list := `[{"value":"` + id + `"},{"value":"` + own + `"}]`
		for _, ops := range []string{
			`[{"op":"add","path":"members","value":` + list + `}]`,
			`[{"op":"replace","path":"members","value":` + list + `}]`,
			`[{"op":"replace","value":{"members":` + list + `}}]`,
		} {
			a := tolerant.patch("/Groups/"+group, ops).want(http.StatusOK)
			same(t, ops, a.texts("members", "value"), []string{own})
			refused := strict.patch("/Groups/"+group, ops).fails(http.StatusBadRequest, "invalidValue")
			if !strings.Contains(refused.text("detail"), id) || strings.Contains(refused.raw, "Ada") {
				t.Errorf("refused with %s", refused.raw)
			}
		}
		body := `{"schemas":["` + groupURN + `"],"displayName":"G ` + id[len(id)-4:] + `","members":` + list + `}`
		strict.send("POST", "/Groups", body).fails(http.StatusBadRequest, "invalidValue")
		same(t, "created", tolerant.post("/Groups", body).texts("members", "value"), []string{own})
		a := tolerant.send("PUT", "/Groups/"+group, `{"schemas":["`+groupURN+`"],"displayName":"Eng","members":`+list+`}`).want(http.StatusOK)
		same(t, "replaced", a.texts("members", "value"), []string{own})
	}

	// A manager is an id that the client sent, never looked up: nothing of the
	// other tenant's person comes back, and nothing differs from an id of nobody.
	for _, id := range []string{theirs, nobody} {
		a := tolerant.patch("/Users/"+own, `[{"op":"replace","path":"`+enterpriseURN+`:manager","value":{"value":"`+id+`"}}]`).want(http.StatusOK)
		same(t, "manager", a.body[enterpriseURN], map[string]any{"manager": map[string]any{"value": id}})
	}
	if after := mine.get("/Users/"+theirs).raw + mine.get("/Groups/"+theirGroup).raw; after != before {
		t.Errorf("changed from %s to %s", before, after)
	}
}

// Each client has its own externalId for the same resource.
//
// covers: R-7643-3.1-08, R-7643-3.1-10, R-7643-9.3-01, R-7643-3.1-07
func TestExternalIDPerClient(t *testing.T) {
	s, okta := start(t, scimtest.Options{})
	entra := second(t, s, "entra", storage.Tolerant)
	ada := okta.user("ada", `"externalId":"00u1"`)
	bo := entra.user("bo", `"externalId":"00u1"`) // the other client's id of another person
	find := func(c *client, externalID string) []string {
		t.Helper()
		return c.get("/Users?filter=externalId+eq+%22"+externalID+"%22").want(http.StatusOK).texts("Resources", "id")
	}
	same(t, "okta finds", find(okta, "00u1"), []string{ada})
	same(t, "entra finds", find(entra, "00u1"), []string{bo})
	if a := entra.get("/Users/" + ada); a.has("externalId") {
		t.Errorf("another client's externalId: %s", a.raw)
	}
	entra.patch("/Users/"+ada, `[{"op":"add","path":"externalId","value":"e-7"}]`).want(http.StatusOK)
	if x := okta.get("/Users/" + ada).text("externalId"); x != "00u1" {
		t.Errorf("okta's externalId is %q", x)
	}
	if x := entra.get("/Users/" + ada).text("externalId"); x != "e-7" {
		t.Errorf("entra's externalId is %q", x)
	}
	// A PUT without externalId unassigns that of its client only.
	if a := entra.put(ada, "ada", "").want(http.StatusOK); a.has("externalId") {
		t.Errorf("still there: %s", a.raw)
	}
	same(t, "okta finds", find(okta, "00u1"), []string{ada})
	okta.send("POST", "/Users", `{"schemas":["`+userURN+`"],"userName":"cy","externalId":"00u1"}`).fails(http.StatusConflict, "uniqueness")
	okta.patch("/Users/"+bo, `[{"op":"add","path":"externalId","value":"00u1"}]`).fails(http.StatusConflict, "uniqueness")
	// Groups are another type.
	group := okta.group("Eng")
	okta.patch("/Groups/"+group, `[{"op":"add","path":"externalId","value":"00u1"}]`).want(http.StatusOK)
	if a := entra.get("/Groups/" + group); a.has("externalId") {
		t.Errorf("another client's externalId: %s", a.raw)
	}
	// Never set by the bridge.
	plain := okta.user("dee", "")
	okta.patch("/Users/"+plain, `[{"op":"add","path":"title","value":"T"}]`).want(http.StatusOK)
	if a := okta.get("/Users/" + plain); a.has("externalId") {
		t.Errorf("an externalId of nobody: %s", a.raw)
	}
}

// covers: T-27, T-11
func TestForgedOrigin(t *testing.T) {
	s, c := start(t, scimtest.Options{})
	_, _, token := s.AddClient(t, "other", "okta", storage.Tolerant, "")
	forged := []string{"X-Forwarded-Host", "evil.example", "X-Forwarded-Proto", "http", "Forwarded", "host=evil.example;proto=http", "X-Forwarded-Prefix", "/evil",
		"X-Original-URL", "/scim/v2/Groups", "X-Rewrite-URL", "/scim/v2/Groups", "X-Tenant", "default", "X-Tenant-Id", "1"}
	other := newClient(t, s, token)
	own := other.user("bo", "")
	ada := c.user("ada", "")
	const base = "https://bridge.example/scim/v2/Users/"
	if a := other.get("/Users/"+own, forged...).want(http.StatusOK); a.text("meta.location") != base+own || strings.Contains(a.raw, "evil") {
		t.Errorf("location %s", a.raw)
	}
	if a := other.get("/Users", forged...).want(http.StatusOK); a.number("totalResults") != 1 || strings.Contains(a.raw, "evil") {
		t.Errorf("list %s", a.raw)
	}
	other.get("/Users/"+ada, forged...).fails(http.StatusNotFound, "")
	a := other.send("POST", "/Users", `{"schemas":["`+userURN+`"],"userName":"cy"}`, forged...).want(http.StatusCreated)
	if !strings.HasPrefix(a.header.Get("Location"), base) {
		t.Errorf("Location %q", a.header.Get("Location"))
	}
	// A method in a header is not a method.
	other.get("/Users/"+own, "X-HTTP-Method-Override", "DELETE", "X-HTTP-Method", "DELETE", "X-Method-Override", "DELETE").want(http.StatusOK)
	other.get("/Users/" + own).want(http.StatusOK)

	req, err := http.NewRequestWithContext(t.Context(), "GET", c.base+"/Users/"+ada, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "evil.example"
	req.Header.Set("Authorization", "Bearer "+s.Token)
	res, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if got := res.Header.Get("Content-Location"); got != base+ada {
		t.Errorf("Content-Location %q", got)
	}
	// A reference to another host names a member by its id and is never followed.
	group := other.group("Eng")
	g := other.patch("/Groups/"+group, `[{"op":"add","path":"members","value":[{"value":"`+own+`","$ref":"https://evil.example/Users/`+ada+`"}]}]`).want(http.StatusOK)
	if ref := g.text("members.0.$ref"); ref != base+own {
		t.Errorf("$ref %q", ref)
	}
}
