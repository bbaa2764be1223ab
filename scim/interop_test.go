package scim_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/scim/scimtest"
	"github.com/scimbridge/scimbridge/storage"
)

// The same request in three modes: what each makes of it. Where two accept it
// and the profile does not give it another meaning, what is stored is the same.
//
// covers: R-7644-3.5.2.3-04, R-7644-3.5.2.3-05, R-7644-3.5.2-03, T-20
func TestThreeModes(t *testing.T) {
	const given = `"displayName":"Ada","name":{"givenName":"Ada","familyName":"King","middleName":"B"},"emails":[{"type":"work","value":"a@x.io","display":"A"},{"type":"home","value":"h@x.io"}],` +
		`"roles":[{"value":"r1","type":"t"},{"value":"r2","type":"t"}],"` + enterpriseURN + `":{"department":"D","manager":{"value":"m1"}}`
	type outcome struct {
		scimType string   // of the refusal, or
		holds    []string // what the answer holds
	}
	taken := func(holds ...string) outcome { return outcome{holds: holds} }
	refused := func(scimType string) outcome { return outcome{scimType: scimType} }
	whole := taken(`"displayName":"Ada"`, `"name":{"familyName":"King","givenName":"Ada","middleName":"B"}`, `"value":"a@x.io"`, `"value":"h@x.io"`,
		`"value":"r2"`, `"department":"D","manager":{"value":"m1"}`)
	for name, tt := range map[string]struct {
		method, body              string // of a PATCH: the operations
		tolerant, strict, interop outcome
	}{
		"replace of a complex attribute": {"PATCH", `[{"op":"replace","path":"name","value":{"givenName":"Augusta"}}]`,
			taken(`"name":{"familyName":"King","givenName":"Augusta","middleName":"B"}`), taken(`"name":{"familyName":"King","givenName":"Augusta","middleName":"B"}`), taken(`"name":{"givenName":"Augusta"}`)},
		"add to a complex attribute": {"PATCH", `[{"op":"add","path":"name","value":{"givenName":"Augusta"}}]`,
			taken(`"name":{"familyName":"King","givenName":"Augusta","middleName":"B"}`), taken(`"name":{"familyName":"King","givenName":"Augusta","middleName":"B"}`), taken(`"name":{"familyName":"King","givenName":"Augusta","middleName":"B"}`)},
		"replace of one sub-attribute": {"PATCH", `[{"op":"replace","path":"name.givenName","value":"Augusta"}]`,
			taken(`"familyName":"King","givenName":"Augusta"`), taken(`"familyName":"King","givenName":"Augusta"`), taken(`"familyName":"King","givenName":"Augusta"`)},
		"replace of a manager": {"PATCH", `[{"op":"replace","path":"` + enterpriseURN + `:manager","value":{"value":"m2"}}]`,
			taken(`"manager":{"value":"m2"}`), taken(`"manager":{"value":"m2"}`), taken(`"manager":{"value":"m2"}`)},
		"replace of a manager by reference": {"PATCH", `[{"op":"replace","path":"` + enterpriseURN + `:manager","value":{"$ref":"../Users/` + nobody + `"}}]`,
			taken(`"manager":{"value":"` + nobody + `"`), taken(`"manager":{"value":"` + nobody + `"`), taken(`"manager":{"value":"` + nobody + `"`)},
		"no path": {"PATCH", `[{"op":"replace","value":{"title":"T"}}]`, taken(`"title":"T"`), taken(`"title":"T"`), refused("invalidSyntax")},
		"an unknown attribute in a path": {"PATCH", `[{"op":"replace","path":"shoeSize","value":"T"}]`,
			refused("invalidPath"), refused("invalidPath"), refused("invalidSyntax")},
		"an unknown schema in a path": {"PATCH", `[{"op":"replace","path":"urn:example:1.0:User:shoeSize","value":"T"}]`,
			refused("invalidPath"), refused("invalidPath"), refused("invalidSyntax")},
		"a malformed path": {"PATCH", `[{"op":"replace","path":"emails[","value":"T"}]`, refused("invalidPath"), refused("invalidPath"), refused("invalidPath")},
		"a selected element as a whole": {"PATCH", `[{"op":"replace","path":"emails[type eq \"work\"]","value":{"value":"b@x.io"}}]`,
			taken(`{"value":"b@x.io","type":"work"}`), taken(`{"value":"b@x.io","type":"work"}`), refused("invalidPath")},
		"a selected element's value": {"PATCH", `[{"op":"replace","path":"emails[type eq \"work\"].value","value":"b@x.io"}]`,
			taken(`{"value":"b@x.io","display":"A","type":"work"}`), taken(`{"value":"b@x.io","display":"A","type":"work"}`), taken(`{"value":"b@x.io","display":"A","type":"work"}`)},
		"a selected element goes": {"PATCH", `[{"op":"remove","path":"emails[type eq \"work\"]"}]`,
			taken(`"emails":[{"value":"h@x.io","type":"home"}]`), taken(`"emails":[{"value":"h@x.io","type":"home"}]`), taken(`"emails":[{"value":"h@x.io","type":"home"}]`)},
		"two elements at once": {"PATCH", `[{"op":"replace","path":"roles[type eq \"t\"].display","value":"R"}]`,
			taken(`{"value":"r1","display":"R","type":"t"},{"value":"r2","display":"R","type":"t"}`), taken(`{"value":"r1","display":"R","type":"t"},{"value":"r2","display":"R","type":"t"}`), refused("invalidFilter")},
		"an operation in capitals": {"PATCH", `[{"op":"Replace","path":"title","value":"T"}]`, taken(`"title":"T"`), taken(`"title":"T"`), taken(`"title":"T"`)},
		"a boolean as a string":    {"PATCH", `[{"op":"replace","path":"active","value":"False"}]`, taken(`"active":false`), refused("invalidValue"), refused("invalidValue")},
		"a password in a PATCH":    {"PATCH", `[{"op":"replace","path":"password","value":"S3cret"}]`, taken(`"userName"`), taken(`"userName"`), refused("invalidValue")},
		"a password":               {"PUT", given + `,"password":"S3cret"`, whole, whole, refused("invalidValue")},
		"no password":              {"PUT", given + `,"password":null`, whole, whole, whole},
		"an unknown attribute":     {"PUT", given + `,"shoeSize":3`, whole, refused("invalidSyntax"), refused("invalidSyntax")},
		"an unknown sub-attribute": {"PUT", `"name":{"givenName":"Ada","shoeSize":3}`, taken(`"name":{"givenName":"Ada"}`), refused("invalidSyntax"), refused("invalidSyntax")},
		"an unknown schema":        {"PUT", given + `,"urn:example:1.0:User":{"a":1}`, whole, refused("invalidSyntax"), refused("invalidSyntax")},
		"everything as it is":      {"PUT", given, whole, whole, whole},
	} {
		t.Run(name, func(t *testing.T) {
			s, c := start(t, scimtest.Options{})
			shown := map[string]string{}
			for _, mode := range []struct {
				name string
				c    *client
				want outcome
			}{
				{"tolerant", c, tt.tolerant}, {"strict", second(t, s, "exact", storage.Strict), tt.strict}, {"interop", second(t, s, "profile", storage.Interop), tt.interop},
			} {
				id := c.user("ada-"+mode.name, given)
				before := c.get("/Users/" + id).raw
				var a answer
				if tt.method == "PATCH" {
					a = mode.c.patch("/Users/"+id, tt.body)
				} else {
					a = mode.c.put(id, "ada-"+mode.name, tt.body)
				}
				after := c.get("/Users/" + id).raw
				if mode.want.scimType != "" {
					if a.fails(http.StatusBadRequest, mode.want.scimType); after != before {
						t.Errorf("%s: refused, and changed to %s", mode.name, after)
					}
					continue
				}
				a.want(http.StatusOK)
				for _, part := range mode.want.holds {
					if !strings.Contains(a.raw, part) {
						t.Errorf("%s: %s, want %s", mode.name, a.raw, part)
					}
				}
				attributes, _, _ := strings.Cut(strings.ReplaceAll(strings.ReplaceAll(after, id, "ID"), "-"+mode.name, ""), `,"meta":`)
				shown[mode.name] = attributes
				if strings.Contains(after, "S3cret") {
					t.Errorf("%s: the password is shown: %s", mode.name, after)
				}
			}
			for mode, text := range shown {
				if mode == "interop" && !slices.Equal(tt.interop.holds, tt.strict.holds) {
					continue
				}
				if want := shown["tolerant"]; text != want {
					t.Errorf("%s stores %s, tolerant %s", mode, text, want)
				}
			}
		})
	}
}

// A deleted user is deleted in every mode (reading 9).
//
// covers: R-7644-3.6-01, R-7644-3.6-03
func TestDeleteInEveryMode(t *testing.T) {
	s, c := start(t, scimtest.Options{})
	for mode, c := range map[string]*client{"tolerant": c, "strict": second(t, s, "exact", storage.Strict), "interop": second(t, s, "profile", storage.Interop)} {
		id := c.user("ada-"+mode, "")
		c.send("DELETE", "/Users/"+id, "").want(http.StatusNoContent)
		c.get("/Users/"+id).fails(http.StatusNotFound, "")
		c.send("DELETE", "/Users/"+id, "").fails(http.StatusNotFound, "")
		c.put(id, "ada-"+mode, "").fails(http.StatusNotFound, "")
		c.patch("/Users/"+id, `[{"op":"replace","path":"title","value":"T"}]`).fails(http.StatusNotFound, "")
		if again := c.user("ada-"+mode, ""); again == id {
			t.Errorf("%s: the id came back", mode)
		}
	}
}

// Who is held to the profile is told so, and nobody else; what is open stays
// open, whatever stands in the Authorization header.
//
// covers: R-7643-5-04
func TestInteropIsAnnounced(t *testing.T) {
	s, c := start(t, scimtest.Options{})
	const path = "/ServiceProviderConfig"
	if a := second(t, s, "profile", storage.Interop).get(path).want(http.StatusOK); a.body["interopProfileConformant"] != true {
		t.Errorf("interop: %s", a.raw)
	}
	for name, c := range map[string]*client{
		"tolerant": c, "strict": second(t, s, "exact", storage.Strict), "nobody": newClient(t, s, ""), "a wrong token": newClient(t, s, "scb_wrong"),
	} {
		if a := c.get(path).want(http.StatusOK); a.has("interopProfileConformant") || a.text("authenticationSchemes.0.type") != "oauthbearertoken" {
			t.Errorf("%s: %s", name, a.raw)
		}
	}
	document := c.get("/Schemas/urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig").want(http.StatusOK)
	if !strings.Contains(document.raw, `"name":"interopProfileConformant","type":"boolean"`) {
		t.Errorf("the schema does not know the attribute: %s", document.raw)
	}
}
