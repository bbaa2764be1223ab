package scim_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/provision"
	"github.com/scimbridge/scimbridge/scim/scimtest"
	"github.com/scimbridge/scimbridge/storage"
)

// SCIM takes no assertion: whatever a JSON web token says and whoever signed it,
// it opens nothing, and there is no endpoint that would trade it for a token.
//
// covers: R-7644-2.1-01, T-07
func TestAssertionsOpenNothing(t *testing.T) {
	s, c := start(t, scimtest.Options{})
	encode := base64.RawURLEncoding.EncodeToString
	token := func(header, claims, key string) string {
		text := encode([]byte(header)) + "." + encode([]byte(claims))
		if key == "" {
			return text + "."
		}
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write([]byte(text))
		return text + "." + encode(mac.Sum(nil))
	}
	now := time.Now().Unix()
	claims := func(aud string, expires int64) string {
		return fmt.Sprintf(`{"iss":"okta","sub":"okta","aud":%q,"exp":%d,"iat":%d,"jti":"1","scope":"users:write"}`, aud, expires, now)
	}
	good := claims(scimtest.BaseURL, now+3600)
	for name, jwt := range map[string]string{
		"alg none": token(`{"alg":"none"}`, good, ""), "signed with our token": token(`{"alg":"HS256"}`, good, s.Token),
		"signed with the empty key": token(`{"alg":"HS256","kid":"../../dev/null"}`, good, "\x00"), "another audience": token(`{"alg":"HS256"}`, claims("https://other.example", now+3600), s.Token),
		"expired": token(`{"alg":"HS256"}`, claims(scimtest.BaseURL, now-3600), s.Token), "our token as a claim": token(`{"alg":"HS256"}`, `{"access_token":"`+s.Token+`"}`, s.Token),
	} {
		for range 2 { // nor the second time
			a := newClient(t, s, jwt).get("/Users").fails(http.StatusUnauthorized, "")
			if got := a.header.Get("WWW-Authenticate"); !strings.Contains(got, `error="invalid_token"`) {
				t.Errorf("%s: WWW-Authenticate %q", name, got)
			}
		}
		for _, path := range []string{"/token", "/oauth/token", "/oauth2/token"} {
			form := url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {jwt}}.Encode()
			newClient(t, s, "").send("POST", path, form, "Content-Type", "application/x-www-form-urlencoded").fails(http.StatusUnauthorized, "")
			c.send("POST", path, form, "Content-Type", "application/x-www-form-urlencoded").fails(http.StatusNotFound, "")
		}
	}
}

// A client is its row, not its name: who is called the same elsewhere sees and
// owns nothing of it, and in one tenant nobody else can be called so.
//
// covers: T-22
func TestClientsOfOneName(t *testing.T) {
	s, c := start(t, scimtest.Options{})
	id := c.user("ada", `"externalId":"x1"`)
	_, twin, token := s.AddClient(t, "attacker", "okta", storage.Tolerant, "")
	other := newClient(t, s, token)
	if twin.ID == s.SCIMApp.ID || twin.Tenant == s.Tenant.ID {
		t.Fatalf("client %+v", twin)
	}
	for _, a := range []answer{other.get("/Users/" + id), other.send("DELETE", "/Users/"+id, ""), other.patch("/Users/"+id, `[{"op":"replace","path":"active","value":false}]`)} {
		a.fails(http.StatusNotFound, "")
	}
	if n := other.get("/Users?filter=externalId+eq+%22x1%22").number("totalResults"); n != 0 {
		t.Errorf("the other finds %d users by externalId", n)
	}
	theirs := other.user("ada", `"externalId":"x1"`)
	if theirs == id || c.get("/Users/"+id).text("externalId") != "x1" {
		t.Error("the two are mixed up")
	}
	// Beside each other, one by another spelling of the name.
	for _, name := range []string{"okta", "OKTA", "\uff4f\uff4b\uff54\uff41"} {
		err := s.Store.Update(t.Context(), func(tx storage.Tx) error {
			return tx.PutClient(&storage.Client{Tenant: s.Tenant.ID, Name: name, Mode: storage.Tolerant, Created: time.Now()})
		})
		if err == nil {
			t.Errorf("a second client is called %q", name)
		}
	}
	// Another client of the tenant has no externalId of the first.
	if a := second(t, s, "entra", storage.Strict).get("/Users/" + id).want(http.StatusOK); a.has("externalId") {
		t.Errorf("another client sees %s", a.raw)
	}
}

// What a client did not bring is there to be seen, and protected from it or
// taken over by a recorded adoption, never by accident.
//
// covers: T-28, T-17
func TestUsersOfOthers(t *testing.T) {
	s, c := start(t, scimtest.Options{})
	glass := c.user("break-glass", `"title":"T"`)
	parsed, err := directory.ParseID(glass)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Store.Update(t.Context(), func(tx storage.Tx) error {
		u, err := tx.User(s.Tenant.ID, parsed, false)
		if err != nil {
			return err
		}
		u.Protected = true
		u.Version++
		return tx.UpdateUser(u)
	}); err != nil {
		t.Fatal(err)
	}
	strict := second(t, s, "entra", storage.Strict)
	before, entries := c.get("/Users/"+glass).raw, len(journalEntries(t, s))
	for _, c := range []*client{c, strict} {
		c.send("POST", "/Users", `{"schemas":["`+userURN+`"],"userName":"Break-Glass"}`).fails(http.StatusConflict, "uniqueness")
		c.send("PUT", "/Users/"+glass, `{"schemas":["`+userURN+`"],"userName":"break-glass","active":false}`).fails(http.StatusForbidden, "")
		c.patch("/Users/"+glass, `[{"op":"replace","path":"active","value":false}]`).fails(http.StatusForbidden, "")
		c.patch("/Users/"+glass, `[{"op":"replace","path":"userName","value":"x"}]`).fails(http.StatusForbidden, "")
		c.send("DELETE", "/Users/"+glass, "").fails(http.StatusForbidden, "")
	}
	if after := c.get("/Users/" + glass).raw; after != before || len(journalEntries(t, s)) != entries {
		t.Errorf("changed from %s to %s", before, after)
	}
}

// What means something to SQL or to LIKE is text, looked up in an index and
// compared in memory alike.
//
// covers: T-41, R-7644-3.4.2.2-05, R-7643-9.2-02
func TestSpecialCharactersAreText(t *testing.T) {
	_, c := start(t, scimtest.Options{})
	names := []string{`a%b`, `a_b`, `axb`, `a\b`, `a'b`, `a--b`, `a;b`, `a"b`, `a''b`, `a*b`, `a?b`, `a[b`, `1=1`, `'; DROP TABLE users; --`, `%`, `_`, `\`, `a\%b`}
	ids := map[string]string{}
	for _, n := range names {
		quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(n)
		ids[n] = c.post("/Users", `{"schemas":["`+userURN+`"],"userName":"`+quoted+`","externalId":"`+quoted+`","title":"`+quoted+`","displayName":"`+quoted+`","emails":[{"value":"`+quoted+`"}]}`).text("id")
	}
	holds := map[string]func(string, string) bool{
		"eq": func(s, x string) bool { return s == x }, "co": strings.Contains, "sw": strings.HasPrefix, "ew": strings.HasSuffix,
	}
	for _, attribute := range []string{"userName", "externalId", "title", "displayName", "emails.value", "emails"} {
		for _, operand := range names {
			for op, holds := range holds {
				var want []string
				for _, n := range names {
					if holds(n, operand) {
						want = append(want, ids[n])
					}
				}
				filter := fmt.Sprintf(`%s %s "%s"`, attribute, op, strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(operand))
				a := c.get("/Users?count=100&filter=" + url.QueryEscape(filter)).want(http.StatusOK)
				same(t, filter, a.texts("Resources", "id"), want)
			}
		}
	}
	// And what is broken off is an error of the filter, in its own words.
	for _, filter := range []string{`userName eq "a'`, `userName eq "a" -- x`, `userName eq "a"; DROP`} {
		a := c.get("/Users?filter="+url.QueryEscape(filter)).fails(http.StatusBadRequest, "invalidFilter")
		if text := strings.ToLower(a.text("detail")); strings.Contains(text, "sql") || strings.Contains(text, "near ") || strings.Contains(text, "select") {
			t.Errorf("%s: %s", filter, a.raw)
		}
	}
	if n := c.get("/Users").number("totalResults"); n != len(names) {
		t.Errorf("%d users are left of %d", n, len(names))
	}
}

// Who comes back has what its groups give now, not what they gave before.
//
// covers: T-55, R-7643-4.1.1-07
func TestReactivation(t *testing.T) {
	s, c := start(t, scimtest.Options{})
	id := c.user("ada", "")
	north, south := c.group("servicemobility:team:North", id), c.group("servicemobility:team:South", id)
	parsed, err := directory.ParseID(id)
	if err != nil {
		t.Fatal(err)
	}
	teams := func() (names []string, active bool) {
		t.Helper()
		a, err := s.Bridge.Account(t.Context(), s.Tenant.ID, provision.Ref{ID: parsed})
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range a.Grants {
			names = append(names, g.Role)
		}
		return names, a.Status.State == directory.Active
	}
	before, _ := teams()
	same(t, "before", before, []string{"North", "South"})
	c.patch("/Users/"+id, `[{"op":"replace","path":"active","value":false}]`).want(http.StatusOK)
	if _, active := teams(); active {
		t.Error("disabled, it is active")
	}
	c.patch("/Groups/"+north, `[{"op":"remove","path":"members[value eq \"`+id+`\"]"}]`)
	c.patch("/Users/"+id, `[{"op":"replace","path":"active","value":true}]`).want(http.StatusOK)
	after, active := teams()
	same(t, "after", after, []string{"South"})
	if !active {
		t.Error("it is not active again")
	}
	c.send("DELETE", "/Groups/"+south, "").want(http.StatusNoContent)
	if left, _ := teams(); len(left) != 0 {
		t.Errorf("without groups: %v", left)
	}
}

// A password is handed on to nobody, and so waits nowhere: not while a request
// that holds it waits to be carried out, nor after.
//
// covers: R-7643-4.1.1-09, R-7643-9.2-01, T-20
func TestPasswordDoesNotWait(t *testing.T) {
	const marker = "Correct-horse-marker"
	for _, idle := range []bool{true, false} {
		s, c := start(t, scimtest.Options{Idle: idle})
		id := c.user("bo", "")
		body := `{"schemas":["` + userURN + `"],"userName":"ada","title":"visible-marker","password":"` + marker + `"}`
		bulk := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[{"method":"POST","path":"/Users","bulkId":"1","data":` + strings.Replace(body, "ada", "eve", 1) + `}]}`
		for _, x := range []struct{ method, path, body string }{
			{"POST", "/Users", body}, {"PATCH", "/Users/" + id, patchBody(`[{"op":"replace","path":"password","value":"` + marker + `"},{"op":"replace","path":"title","value":"visible-marker"}]`)},
			{"PUT", "/Users/" + id, strings.Replace(body, "ada", "bo", 1)}, {"POST", "/Bulk", bulk},
		} {
			a, err := c.trySend(x.method, x.path, x.body, "Prefer", "respond-async")
			if err != nil || a.status != http.StatusAccepted {
				t.Errorf("%s %s: %d %s, %v", x.method, x.path, a.status, a.raw, err)
			}
			c.send(x.method, x.path, x.body)
		}
		files, err := filepath.Glob(s.File + "*")
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		found := false
		for _, f := range files {
			raw, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			found = found || strings.Contains(string(raw), "visible-marker")
			if strings.Contains(string(raw), marker) {
				t.Errorf("idle %v: %s holds the password", idle, filepath.Base(f))
			}
		}
		if !found {
			t.Error("the scan finds not even what is stored")
		}
	}
}
