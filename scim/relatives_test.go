package scim_test

import (
	"testing"

	"github.com/scimbridge/scimbridge/scim/scimtest"
	"github.com/scimbridge/scimbridge/storage"
)

// A filter that can not be read must never be taken for none: the client would
// take the first user it gets for the one it looks for.
func TestQueriesThatAreHardToRead(t *testing.T) {
	_, c := start(t, scimtest.Options{})
	c.user("a;b@x.io", "")
	c.user("c@x.io", "")
	for path, want := range map[string]int{
		`/Users?filter=userName+eq+%22a;b@x.io%22`:                  1,
		`/Users?filter=userName+eq+%22a%3Bb@x.io%22`:                1,
		`/Users?filter=userName+eq+%22c;@x.io%22`:                   0,
		`/Users?aadOptscim062020;x&filter=userName+eq+%22c@x.io%22`: 1,
	} {
		same(t, path, c.get(path).want(200).number("totalResults"), want)
	}
	c.get(`/Users?filter=userName+eq+%22100%%22`).fails(400, "invalidValue")
	c.get(`/Users?%zz=1&filter=userName+eq+%22c@x.io%22`).fails(400, "invalidValue")
}

// Members count under each name that the attribute has in a body.
func TestNamesOfMembers(t *testing.T) {
	const urn = `"urn:ietf:params:scim:schemas:core:2.0:Group`
	s, c := start(t, scimtest.Options{})
	u := c.user("a@x.io", "")
	list := `[{"value":"` + u + `"}]`
	for name, members := range map[string]string{
		"plain":     `"MEMBERS":` + list,
		"qualified": urn + `:members":` + list,
		"inside":    urn + `":{"Members":` + list + `}`,
	} {
		g := c.post("/Groups", `{"displayName":"`+name+`",`+members+`}`)
		same(t, name, g.texts("members", "value"), []string{u})
		id := c.group(name + " replaced")
		g = c.send("PUT", "/Groups/"+id, `{"displayName":"`+name+` replaced",`+members+`}`).want(200)
		same(t, name+" replaced", g.texts("members", "value"), []string{u})
	}
	c.send("POST", "/Groups", `{"displayName":"twice","members":[],`+urn+`:members":`+list+`}`).fails(400, "invalidSyntax")

	strict := second(t, s, "strict", storage.Strict)
	strict.send("POST", "/Groups", `{"schemas":[`+urn+`"],"displayName":"strict",`+urn+`:members":`+list+`}`).fails(400, "invalidSyntax")
}
