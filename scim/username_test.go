package scim_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/scim/scimtest"
	"github.com/scimbridge/scimbridge/storage"
)

// All spellings of a name are one user: to create, to rename to, and to find;
// and what is returned is what was sent.
//
// covers: R-7644-5-01, T-21, R-7643-4.1.1-02, R-7643-4.1.1-03
func TestSpellingsOfAName(t *testing.T) {
	s, c := start(t, scimtest.Options{})
	clients := map[string]*client{"tolerant": c, "strict": second(t, s, "exact", storage.Strict), "interop": second(t, s, "profile", storage.Interop)}
	other := c.user("other", "")
	for i, spellings := range [][]string{
		{"bob", "BOB", "\uff42\uff4f\uff42", " bob", "bob ", "b\uff2fb"},
		{"andr\u00e9", "andre\u0301", "ANDRE\u0301", "ANDR\u00c9"},
		{"jane doe", "Jane Doe", " JANE DOE "},
		{"\u212bngstr\u00f6m", "a\u030angstro\u0308m"},
	} {
		first := spellings[len(spellings)-1]
		id := c.user(first, "")
		if got := c.get("/Users/" + id).text("userName"); got != first {
			t.Errorf("%q came back as %q", first, got)
		}
		for mode, c := range clients {
			for _, name := range spellings {
				c.send("POST", "/Users", `{"schemas":["`+userURN+`"],"userName":`+strconv.Quote(name)+`}`).fails(http.StatusConflict, "uniqueness")
				c.put(other, name, "").fails(http.StatusConflict, "uniqueness")
				c.patch("/Users/"+other, `[{"op":"replace","path":"userName","value":`+strconv.Quote(name)+`}]`).fails(http.StatusConflict, "uniqueness")
				for _, f := range []string{`userName eq %q`, `userName sw %q`, `userName ew %q and title pr or userName co %[1]q`, `not (userName ne %q)`} {
					a := c.get("/Users?filter=" + url.QueryEscape(fmt.Sprintf(f, name))).want(http.StatusOK)
					same(t, fmt.Sprintf("%s, %d: "+f, mode, i, name), a.texts("Resources", "id"), []string{id})
				}
			}
		}
		// Its own name in another spelling is no conflict.
		c.put(id, spellings[0], "").want(http.StatusOK)
		if got := c.get("/Users/" + id).text("userName"); got != spellings[0] {
			t.Errorf("%q came back as %q", spellings[0], got)
		}
	}
	// What only looks alike is another name.
	c.user("b\u043eb", "")
	c.user("janedoe", "")
}

// covers: R-7644-5-01, T-21
func TestNamesWithForbiddenCharacters(t *testing.T) {
	s, c := start(t, scimtest.Options{})
	clients := map[string]*client{"tolerant": c, "strict": second(t, s, "exact", storage.Strict), "interop": second(t, s, "profile", storage.Interop)}
	id := c.user("ada", "")
	before := c.get("/Users/" + id).raw
	for _, tt := range []struct {
		name, names string
		strict      bool // only strict and interop refuse it
	}{
		{`ada\u200b`, "U+200B", false}, {`\u202eada`, "U+202E", false}, {`a\ufeffda`, "U+FEFF", false}, {`ada\ue000`, "U+E000", false},
		{`a\u0378`, "U+0378", false}, {`a\u200db`, "U+200D", false},
		{`o\u2019hara`, "U+2019", true}, {`ada\u263a`, "U+263A", true},
	} {
		for mode, c := range clients {
			if tt.strict && mode == "tolerant" {
				made := c.post("/Users", `{"schemas":["`+userURN+`"],"userName":"`+tt.name+`"}`).text("id")
				// A client by the letter can change such a user, but not call another so.
				clients["strict"].patch("/Users/"+made, `[{"op":"replace","path":"active","value":false}]`).want(http.StatusOK)
				clients["strict"].send("PUT", "/Users/"+made, `{"schemas":["`+userURN+`"],"userName":"`+tt.name+`","title":"T"}`).want(http.StatusOK)
				c.send("DELETE", "/Users/"+made, "").want(http.StatusNoContent)
				continue
			}
			body := `{"schemas":["` + userURN + `"],"userName":"` + tt.name + `"}`
			for _, a := range []answer{
				c.send("POST", "/Users", body), c.send("PUT", "/Users/"+id, body),
				c.patch("/Users/"+id, `[{"op":"replace","path":"userName","value":"`+tt.name+`"}]`),
			} {
				a.fails(http.StatusBadRequest, "invalidValue")
				if detail := a.text("detail"); !strings.Contains(detail, "userName") || !strings.Contains(detail, tt.names) {
					t.Errorf("%s, %s: %s", mode, tt.name, detail)
				}
			}
		}
	}
	if after := c.get("/Users/" + id).raw; after != before || c.get("/Users").number("totalResults") != 1 {
		t.Errorf("something changed: %s", after)
	}
}

// Case-exact texts are compared composed, too, in the database and in memory.
//
// covers: R-7644-5-01, R-7643-3.1-09, R-7643-3.1-10
func TestSpellingsOfAnExternalID(t *testing.T) {
	_, c := start(t, scimtest.Options{})
	id := c.user("ada", `"externalId":"e\u0301X"`)
	c.send("POST", "/Users", `{"schemas":["`+userURN+`"],"userName":"bo","externalId":"\u00e9X"}`).fails(http.StatusConflict, "uniqueness")
	c.user("bo", `"externalId":"\u00c9X"`)
	for _, f := range []string{`externalId eq "%s"`, `externalId sw "%s"`, `externalId ew "%s"`, `title pr or externalId eq "%s"`} {
		for _, spelling := range []string{"e\u0301X", "\u00e9X"} {
			a := c.get("/Users?filter=" + url.QueryEscape(fmt.Sprintf(f, spelling))).want(http.StatusOK)
			same(t, fmt.Sprintf(f, spelling), a.texts("Resources", "id"), []string{id})
		}
	}
	if got := c.get("/Users/" + id).text("externalId"); got != "e\u0301X" {
		t.Errorf("externalId came back as %q", got)
	}
}
