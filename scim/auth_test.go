package scim_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scimbridge/scimbridge/auth"
	"github.com/scimbridge/scimbridge/scim/scimtest"
	"github.com/scimbridge/scimbridge/storage"
)

// routes are all paths of the surface, with every method of each.
func routes(userID, groupID string) []string {
	methods := []string{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}
	paths := []string{
		"/Users", "/Users/" + userID, "/Users/.search", "/Groups", "/Groups/" + groupID, "/Groups/.search",
		"/ServiceProviderConfig", "/ResourceTypes", "/ResourceTypes/User", "/Schemas", "/Schemas/" + userURN,
		"/Me", "/Bulk", "/.search", "/Nothing", "/Users/" + userID + "/more", "/",
	}
	var all []string
	for _, p := range paths {
		for _, m := range methods {
			all = append(all, m+" "+p)
		}
	}
	return all
}

// covers: T-01, R-7644-2-01, R-7644-2-03, R-7644-2-04, R-7643-5-04
func TestEveryRouteNeedsAToken(t *testing.T) {
	s, c := start(t, scimtest.Options{})
	id, gid := c.user("ada", ""), c.group("Eng")
	stranger := newClient(t, s, "")
	for _, credential := range []struct{ name, header, challenge string }{
		{"none", "", `Bearer realm="scimbridge"`},
		{"unknown token", "Bearer scb_" + strings.Repeat("A", 43), `Bearer realm="scimbridge", error="invalid_token"`},
		{"part of the token", "Bearer " + s.Token[:len(s.Token)-1], `Bearer realm="scimbridge", error="invalid_token"`},
		{"token in another case", "Bearer " + strings.ToUpper(s.Token), `Bearer realm="scimbridge", error="invalid_token"`},
		{"basic", "Basic YTpi", `Bearer realm="scimbridge", error="invalid_token"`},
		{"empty token", "Bearer ", `Bearer realm="scimbridge", error="invalid_token"`},
	} {
		t.Run(credential.name, func(t *testing.T) {
			c := *stranger
			c.t = t
			for _, route := range routes(id, gid) {
				method, path, _ := strings.Cut(route, " ")
				if method == "TRACE" && credential.header == "" {
					continue // the client library refuses nothing here, but one is enough
				}
				a := c.send(method, path, `{"schemas":["`+userURN+`"],"userName":"eve"}`, "Authorization", credential.header)
				if route == "GET /ServiceProviderConfig" {
					a.want(http.StatusOK) // says how to authenticate, and nothing of a tenant
					continue
				}
				a.fails(http.StatusUnauthorized, "")
				if got := a.header.Get("WWW-Authenticate"); got != credential.challenge {
					t.Errorf("%s: WWW-Authenticate %q, want %q", route, got, credential.challenge)
				}
			}
		})
	}
	if n := c.get("/Users").number("totalResults"); n != 1 {
		t.Errorf("%d users afterwards", n)
	}
	if list := c.get("/ServiceProviderConfig").texts("authenticationSchemes", "type"); len(list) != 1 || list[0] != "oauthbearertoken" {
		t.Errorf("authenticationSchemes %q", list) // no Basic among them
	}
}

// The connection stays open; the token does not.
// covers: T-02
func TestRevokedToken(t *testing.T) {
	s, c := start(t, scimtest.Options{})
	tokens := &auth.Tokens{Store: s.Store}
	secret, token, err := tokens.Issue(context.Background(), s.SCIMApp.ID, time.Now().Add(time.Hour), "")
	if err != nil {
		t.Fatal(err)
	}
	other := newClient(t, s, secret)
	id := other.user("ada", "")
	if _, err := tokens.Revoke(context.Background(), token.ID); err != nil {
		t.Fatal(err)
	}
	other.get("/Users/"+id).fails(http.StatusUnauthorized, "")
	other.patch("/Users/"+id, `[{"op":"replace","value":{"active":false}}]`).fails(http.StatusUnauthorized, "")
	if !c.get("/Users/" + id).want(http.StatusOK).body["active"].(bool) {
		t.Error("a revoked token deactivated a user")
	}
}

// covers: T-03, R-7644-7.4-02
func TestExpiredToken(t *testing.T) {
	var ahead atomic.Int64
	_, c := start(t, scimtest.Options{Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }})
	c.get("/Users").want(http.StatusOK)
	ahead.Store(int64(time.Hour + time.Second))
	a := c.get("/Users").fails(http.StatusUnauthorized, "")
	if got := a.header.Get("WWW-Authenticate"); !strings.Contains(got, `error="invalid_token"`) {
		t.Errorf("WWW-Authenticate %q", got)
	}
}

// covers: T-06, R-7644-2-02
func TestReadOnlyToken(t *testing.T) {
	s, c := start(t, scimtest.Options{})
	id, gid := c.user("ada", ""), c.group("Eng")
	before := c.get("/Users/"+id).raw + c.get("/Groups/"+gid).raw
	_, _, token := s.AddClient(t, s.Tenant.Name, "reader", storage.Tolerant, auth.ScopeRead)
	reader := newClient(t, s, token)
	for _, read := range []string{"/Users", "/Users/" + id, "/Groups", "/Groups/" + gid, "/Schemas", "/ResourceTypes", "/ServiceProviderConfig"} {
		reader.get(read).want(http.StatusOK)
	}
	search := `{"schemas":["` + searchURN + `"],"filter":"userName eq \"ada\""}`
	if n := reader.send("POST", "/Users/.search", search).want(http.StatusOK).number("totalResults"); n != 1 {
		t.Errorf("a search finds %d", n)
	}
	reader.send("POST", "/Groups/.search", search[:len(search)-len(`,"filter":"userName eq \"ada\""}`)]+"}").want(http.StatusOK)
	user, group := `{"schemas":["`+userURN+`"],"userName":"eve"}`, `{"schemas":["`+groupURN+`"],"displayName":"Eve"}`
	for _, write := range []struct{ method, path, body string }{
		{"POST", "/Users", user}, {"PUT", "/Users/" + id, user}, {"DELETE", "/Users/" + id, ""},
		{"PATCH", "/Users/" + id, patchBody(`[{"op":"replace","value":{"active":false}}]`)},
		{"POST", "/Groups", group}, {"PUT", "/Groups/" + gid, group}, {"DELETE", "/Groups/" + gid, ""},
		{"PATCH", "/Groups/" + gid, patchBody(`[{"op":"add","path":"members","value":[{"value":"` + id + `"}]}]`)},
		{"DELETE", "/Users/" + nobody, ""}, // tells nothing of what there is
		{"POST", "/Bulk", `{}`},
	} {
		reader.send(write.method, write.path, write.body).fails(http.StatusForbidden, "")
	}
	same(t, "users", c.get("/Users").texts("Resources", "id"), []string{id})
	if after := c.get("/Users/"+id).raw + c.get("/Groups/"+gid).raw; after != before {
		t.Errorf("changed from %s to %s", before, after)
	}
}

// covers: T-09
func TestTokenInTheQueryOrBody(t *testing.T) {
	log := new(logs)
	s := scimtest.Start(t, scimtest.Options{Log: log.logger()})
	c := newClient(t, s, "")
	for _, name := range []string{"access_token", "token", "authorization", "bearer_token"} {
		c.get("/Users?"+name+"="+s.Token).fails(http.StatusUnauthorized, "")
		c.send("POST", "/Users", name+"="+s.Token, "Content-Type", "application/x-www-form-urlencoded").fails(http.StatusUnauthorized, "")
		c.get("/Users", "Cookie", name+"="+s.Token).fails(http.StatusUnauthorized, "")
	}
	newClient(t, s, s.Token).get("/Users?access_token=" + s.Token).want(http.StatusOK)
	if text := log.String(); text == "" || strings.Contains(text, s.Token) || strings.Contains(text, s.Token[4:]) {
		t.Errorf("the log holds the token, or nothing: %s", text)
	}
}

// Two Authorization headers could make two readers see two callers.
func TestTwoCredentials(t *testing.T) {
	s, c := start(t, scimtest.Options{})
	req, err := http.NewRequestWithContext(t.Context(), "GET", c.base+"/Users", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header["Authorization"] = []string{"Bearer " + s.Token, "Bearer scb_other"}
	res, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusUnauthorized {
		t.Errorf("status %d", res.StatusCode)
	}
}
