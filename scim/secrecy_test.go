package scim_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/scim/scimtest"
	"github.com/scimbridge/scimbridge/storage"
)

// The password goes nowhere: not into an answer, the journal, the log or any
// file of the database.
//
// covers: T-20, R-7643-4.1.1-08, R-7643-7-06, R-7643-9.2-01, A0-7
func TestPasswordIsNowhere(t *testing.T) {
	const marker = "Tr0ub4dor-and-3-marker"
	log := new(logs)
	s, c := start(t, scimtest.Options{Log: log.logger()})
	strict := second(t, s, "exact", storage.Strict)
	var said strings.Builder
	keep := func(a answer) answer { said.WriteString(a.raw); fmt.Fprint(&said, a.header); return a }
	id := keep(c.post("/Users", `{"schemas":["`+userURN+`"],"userName":"ada","title":"visible-marker","password":"`+marker+`"}`)).text("id")
	keep(c.put(id, "ada", `"title":"visible-marker","password":"`+marker+`2"`).want(http.StatusOK))
	for _, c := range []*client{c, strict} {
		for _, ops := range []string{
			`[{"op":"replace","path":"password","value":"` + marker + `"}]`,
			`[{"op":"add","value":{"password":"` + marker + `"}}]`,
			`[{"op":"replace","path":"` + userURN + `:password","value":"` + marker + `"},{"op":"add","path":"title","value":"visible-marker"}]`,
		} {
			keep(c.patch("/Users/"+id, ops).want(http.StatusOK))
		}
	}
	keep(c.patch("/Users/"+id, `[{"op":"replace","path":"password","value":{"a":"`+marker+`"}}]`))
	keep(c.patch("/Users/"+id, `[{"op":"replace","path":"password[value eq \"`+marker+`\"]","value":"x"}]`))
	for _, path := range []string{"/Users", "/Users/" + id, "/Users/" + id + "?attributes=password", "/Users?attributes=password,userName", "/Users?filter=password+eq+%22" + marker + "%22", "/Users?filter=userName+eq+%22ada%22"} {
		keep(c.get(path))
	}
	if strings.Contains(said.String(), marker) {
		t.Errorf("an answer holds the password: %s", said.String())
	}
	for _, e := range journalEntries(t, s) {
		if text := fmt.Sprintf("%s %s %s", e.Forward, e.Backward, e.Note); strings.Contains(text, marker) {
			t.Errorf("the journal holds it: %s", text)
		}
	}
	if text := log.String(); strings.Contains(text, marker) || strings.Contains(text, s.Token) || strings.Contains(text, "visible-marker") || strings.Contains(text, `ada`) || !strings.Contains(text, "/Users/{id}") {
		t.Errorf("the log says too much, or nothing: %s", text)
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
		found = found || bytes.Contains(raw, []byte("visible-marker"))
		for _, secret := range []string{marker, s.Token} {
			if bytes.Contains(raw, []byte(secret)) {
				t.Errorf("%s holds %q", filepath.Base(f), secret)
			}
		}
	}
	if !found {
		t.Error("the scan finds not even what is stored")
	}
}

// What a client calls a user is text, never a key.
//
// covers: T-15, T-16, R-7643-3.1-05
func TestExternalIDsAreText(t *testing.T) {
	_, c := start(t, scimtest.Options{})
	admin := c.user("admin", `"roles":[{"value":"owner"}]`)
	before := c.get("/Users/" + admin).raw
	seen := map[string]bool{admin: true}
	for i, x := range []string{"1", "0", "-1", admin, strings.ToUpper(admin), "../1", "../../Users/" + admin, "1 OR 1=1", `'; DROP TABLE users; --`, `"`, `\`, "%", "_", "null", "admin", "W/1"} {
		a := c.post("/Users", fmt.Sprintf(`{"schemas":[%q],"userName":"u%d","externalId":%q,"id":%q}`, userURN, i, x, admin))
		if seen[a.text("id")] || a.text("externalId") != x {
			t.Errorf("externalId %q: %s", x, a.raw)
		}
		seen[a.text("id")] = true
		search := fmt.Sprintf(`{"schemas":[%q],"filter":%q}`, searchURN, fmt.Sprintf("externalId eq %q", x))
		same(t, x, c.send("POST", "/Users/.search", search).want(http.StatusOK).texts("Resources", "id"), []string{a.text("id")})
	}
	c.get("/Users/1").fails(http.StatusNotFound, "")
	if after := c.get("/Users/" + admin).raw; after != before {
		t.Errorf("the admin changed to %s", after)
	}
}

// Paths that are no attributes leave nothing behind.
//
// covers: T-23, R-7643-3.1-06, R-7643-7-04, R-7644-3.5.2-04, R-7643-4.1.2-05
func TestInternalPaths(t *testing.T) {
	s, tolerant := start(t, scimtest.Options{})
	strict := second(t, s, "exact", storage.Strict)
	id := tolerant.user("ada", `"roles":[{"value":"x"}],"title":"T"`)
	before := tolerant.get("/Users/" + id).raw
	entries := len(journalEntries(t, s))
	const marker = "smuggled-marker"
	for _, c := range []*client{tolerant, strict} {
		for _, path := range []string{
			"isAdmin", "meta.version", "meta", "id", "tenantId", "tenant", "__proto__.x", "__proto__", "constructor.prototype", "$asserted", "_id", "state", "status", "protected", "seq",
			`roles[value eq \"x\"].internalId`, "roles.isAdmin", "emails[0]", "emails[0].value", "/emails/0", "name..givenName", "name.givenName.x", "urn:x:y", enterpriseURN + ":isAdmin", enterpriseURN + ":manager.displayName",
			"groups[value eq \\\"x\\\"]", "title;x", "title x", "title.x", "..", ".", "[value eq \\\"x\\\"]",
		} {
			for _, verb := range []string{"add", "replace"} {
				a := c.patch("/Users/"+id, `[{"op":"`+verb+`","path":"`+path+`","value":"`+marker+`"}]`)
				word, _ := a.body["scimType"].(string)
				if a.status != http.StatusBadRequest || word != "invalidPath" && word != "mutability" && word != "noTarget" && word != "invalidValue" && word != "invalidFilter" {
					t.Errorf("%s %s: %d %s", verb, path, a.status, a.raw)
				}
			}
		}
	}
	// As keys of a value they are unknown attributes.
	body := `"isAdmin":"` + marker + `","__proto__":{"x":"` + marker + `"},"meta":{"version":"` + marker + `"},"tenantId":"` + marker + `","` + enterpriseURN + `":{"isAdmin":"` + marker + `"}`
	tolerant.patch("/Users/"+id, `[{"op":"add","value":{`+body+`}}]`).want(http.StatusOK)
	tolerant.put(id, "ada", `"roles":[{"value":"x","internalId":"`+marker+`"}],"title":"T",`+body).want(http.StatusOK)
	strict.put(id, "ada", `"isAdmin":true`).fails(http.StatusBadRequest, "invalidSyntax")
	strict.patch("/Users/"+id, `[{"op":"add","value":{"isAdmin":true}}]`).fails(http.StatusBadRequest, "invalidSyntax")
	if after := tolerant.get("/Users/" + id).raw; after != before || len(journalEntries(t, s)) != entries {
		t.Errorf("changed from %s to %s", before, after)
	}
	files, err := filepath.Glob(s.File + "*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(raw, []byte(marker)) {
			t.Errorf("%s holds what was smuggled", filepath.Base(f))
		}
	}
}
