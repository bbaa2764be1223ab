package scim_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/provision"
	"github.com/scimbridge/scimbridge/scim/scimtest"
)

// What an identity provider says of active is remembered even where an
// administrator of an application had said so first: it decides when the
// application next synchronizes with its source. A request that does not speak
// of active says nothing.
func TestTheClientsWordOnActive(t *testing.T) {
	const put = `{"schemas":["` + userURN + `"],"userName":"ada","active":%t}`
	for _, c := range []struct {
		name string
		// first is what the administrator does, then what the client sends.
		first  directory.Event
		send   func(c *client, path string)
		second directory.Event
		want   bool // active after the synchronization
	}{
		{"PATCH agrees to a disabling", directory.RSADisable, func(c *client, path string) {
			c.patch(path, `[{"op":"Replace","path":"active","value":"False"}]`).want(http.StatusOK)
		}, directory.RSAEnable, false},
		{"PUT agrees to a disabling", directory.RSADisable, func(c *client, path string) {
			c.send("PUT", path, fmt.Sprintf(put, false)).want(http.StatusOK)
		}, directory.RSAEnable, false},
		{"PATCH speaks of something else", directory.RSADisable, func(c *client, path string) {
			c.patch(path, `[{"op":"Replace","path":"title","value":"Countess"}]`).want(http.StatusOK)
		}, directory.RSAEnable, true},
		{"PUT leaves it out", directory.RSADisable, func(c *client, path string) {
			c.send("PUT", path, `{"schemas":["`+userURN+`"],"userName":"ada","title":"Countess"}`).want(http.StatusOK)
		}, directory.RSAEnable, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, client := start(t, scimtest.Options{})
			user := client.user("ada", "")
			id, err := directory.ParseID(user)
			if err != nil {
				t.Fatal(err)
			}
			by := journal.Actor{Tenant: s.Tenant.ID, Origin: directory.OriginRSA, Name: "helpdesk"}
			rsa := func(edit func(*provision.Draft)) {
				t.Helper()
				_, err := s.Bridge.EditAccount(context.Background(), by, provision.Ref{ID: id}, "rsa.test", func(d *provision.Draft) error { edit(d); return nil })
				if err != nil {
					t.Fatal(err)
				}
			}
			rsa(func(d *provision.Draft) { d.Events = []directory.Event{c.first} })
			c.send(client, "/Users/"+user)
			rsa(func(d *provision.Draft) { d.Events = []directory.Event{c.second} })
			rsa(func(d *provision.Draft) { d.Reassert = true })
			u, err := s.Bridge.User(context.Background(), by, id)
			if err != nil {
				t.Fatal(err)
			}
			if u.Active != c.want {
				t.Errorf("active is %t after the synchronization, want %t", u.Active, c.want)
			}
		})
	}
}
