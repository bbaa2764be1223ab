package main

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/directory"
)

// attack is one request that names a user or group. path and body hold {id} or
// {name} for what it names.
type attack struct {
	by           func(method, path, body string) reply
	method, path string
	body         string
}

// attacks are all routes of all surfaces that name somebody, with the
// credentials of p.
func (p *party) attacks() map[string][]attack {
	help := func(method, path, body string) reply {
		return p.w.call(method, "/AdminInterface/restapi/v1"+path, body, "Authorization", "Bearer "+p.helpDesk)
	}
	// Uniphore knows its callers by their token: here the token of one's own
	// tenant that says to be the other one's user, and one's own user who asks.
	pretend := func(method, path, body string) reply { return p.uni(method, path, body) }
	ask := func(method, path, _ string) reply { return p.uni(method, path, p.person.name) }
	all := map[string][]attack{
		"uniphore": {
			{pretend, "POST", "/sync-user?environment=dev", "{name}"}, {ask, "GET", "/userId/{name}?environment=dev", ""},
			{pretend, "GET", "/userId/{name}?environment=dev", "{name}"},
		},
		"syncari": {
			{p.syn, "GET", "/users/{id}", ""}, {p.syn, "PUT", "/users/{id}/roles", `["Sync Manager"]`},
			{p.syn, "DELETE", "/users/{id}/roles/Sync%20Manager", ""}, {p.syn, "DELETE", "/users/{id}", ""},
		},
		"servicemobility": {
			{p.mob, "GET", "/trans/User/{name}", ""}, {p.mob, "PUT", "/trans/User/{name}/ServiceTeams", `{"ServiceTeams":["TEAM-9"]}`},
			{p.mob, "PUT", "/trans/User/{name}/ChangePassword", `{"Password":"a new password 1A"}`}, {p.mob, "PUT", "/trans/User/{name}/ResetPassword", ""},
			{p.mob, "DELETE", "/trans/User/{name}", ""},
		},
		"scim users": {
			{p.push, "GET", "/Users/{id}", ""}, {p.push, "PUT", "/Users/{id}", `{"schemas":["` + userURN + `"],"userName":"eve"}`},
			{p.push, "PATCH", "/Users/{id}", patchBody(`{"op":"replace","path":"active","value":false}`)}, {p.push, "DELETE", "/Users/{id}", ""},
		},
		"scim groups": {
			{p.push, "GET", "/Groups/{id}", ""}, {p.push, "PUT", "/Groups/{id}", `{"schemas":["` + groupURN + `"],"displayName":"eve"}`},
			{p.push, "PATCH", "/Groups/{id}", patchBody(`{"op":"replace","path":"displayName","value":"eve"}`)}, {p.push, "DELETE", "/Groups/{id}", ""},
		},
	}
	for _, call := range []func(string, string, string) reply{p.admin, help} {
		all["rsa"] = append(all["rsa"],
			attack{call, "POST", "/users/lookup", `{"email":"{name}"}`}, attack{call, "POST", "/users/{id}/sync", ""},
			attack{call, "PUT", "/users/{id}/userStatus", `{"userStatus":"Disabled"}`}, attack{call, "PUT", "/users/{id}/markDeleted", `{"markDeleted":true}`},
			attack{call, "PATCH", "/users/{id}/methods", `{"unlockMethods":["TOKEN"]}`}, attack{call, "PATCH", "/users/{id}", `{"smsNumber":"+1 555 0199"}`},
			attack{call, "DELETE", "/users/{id}", ""})
	}
	for _, method := range []string{"GET", "POST", "PUT"} {
		all["syncari"] = append(all["syncari"], attack{p.syn, method, "/users/{id}/activate", ""}, attack{p.syn, method, "/users/{id}/deactivate", ""})
	}
	return all
}

// as makes the attack on somebody and returns the answer without what differs
// from one request to the next.
func (a attack) as(t *testing.T, id, name string) string {
	t.Helper()
	path := strings.NewReplacer("{id}", url.PathEscape(id), "{name}", url.PathEscape(name)).Replace(a.path)
	got := a.by(a.method, path, strings.NewReplacer("{id}", id, "{name}", name).Replace(a.body))
	body := strings.NewReplacer(id, "…", name, "…", url.PathEscape(name), "…", strings.Split(name, "@")[0], "…").Replace(got.body)
	for _, moving := range []*regexp.Regexp{movingTime, movingID} {
		body = moving.ReplaceAllString(body, `"$1":"…"`)
	}
	header := got.header.Clone()
	header.Del("X-Request-Id")
	header.Del("Content-Length") // of an answer that says the name back
	return fmt.Sprint(got.status, header, body)
}

var (
	movingTime = regexp.MustCompile(`"(timestamp)":"[^"]*"`)
	movingID   = regexp.MustCompile(`"(requestId)":"[^"]*"`)
)

// Another tenant's users and groups are answered exactly as those that are
// nobody's, by every route of all surfaces, and nothing happens to them.
//
// covers: T-24
func TestTenantsDoNotSeeEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const nobodyID, nobodyName = "01945c3e-7d2a-7c11-8f3b-2b8a5d0c6e47", "nobody@of.example"
	nobodySyncari := strings.Repeat("a", 24)
	for _, duel := range []struct{ from, on *party }{{w.here, w.there}, {w.there, w.here}} {
		victim, before := duel.on.person, duel.on.rows()
		actions, last := duel.on.actions(0)
		duel.from.lists(t, victim)
		for surface, list := range duel.from.attacks() {
			id, unknown := victim.id, nobodyID
			switch surface {
			case "syncari":
				id, unknown = victim.syncariID, nobodySyncari
			case "scim groups":
				id = victim.group
			}
			for _, a := range list {
				got, want := a.as(t, id, victim.name), a.as(t, unknown, nobodyName)
				if got != want {
					t.Errorf("%s %s %s of %s's user: %s\nof nobody: %s", surface, a.method, a.path, duel.on.tenant, got, want)
				}
				if status := got[:3]; status != "404" && status != "410" && status != "403" {
					t.Errorf("%s %s %s of another tenant's user is answered %s", surface, a.method, a.path, got)
				}
				// Only "Delete User Now" asks for more than a help desk may.
				if strings.HasPrefix(got, "403") && (surface != "rsa" || a.method != "DELETE") {
					t.Errorf("%s %s %s is forbidden whoever it is about, so it shows nothing: %s", surface, a.method, a.path, got)
				}
			}
		}
		if after := duel.on.rows(); after != before {
			t.Errorf("%s's users changed from\n%s\nto\n%s", duel.on.tenant, before, after)
		}
		if more, _ := duel.on.actions(last); len(more) != 0 {
			t.Errorf("in %s's journal, after %v, there is %v", duel.on.tenant, actions, more)
		}
		// The same requests do work on one's own, or they would show nothing.
		for surface, list := range duel.on.attacks() {
			id := map[string]string{"syncari": victim.syncariID, "scim groups": victim.group}[surface]
			if id == "" {
				id = victim.id
			}
			if own := list[0].as(t, id, victim.name); !strings.HasPrefix(own, "200") {
				t.Errorf("%s %s %s of one's own: %s", surface, list[0].method, list[0].path, own)
			}
		}
	}
}

// lists asks for everything that shows many, and looks for the victim in it.
func (p *party) lists(t *testing.T, victim person) {
	t.Helper()
	filters := []string{"", "?filter=" + url.QueryEscape(`userName eq "`+victim.name+`"`), "?filter=" + url.QueryEscape(`id eq "`+victim.id+`"`),
		"?filter=" + url.QueryEscape(`name.givenName co "Kim"`)}
	var got []reply
	for _, f := range filters {
		got = append(got, p.push("GET", "/Users"+f, ""))
	}
	search := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":"userName pr"}`
	got = append(got, p.push("POST", "/Users/.search", search), p.push("GET", "/Groups", ""),
		p.push("GET", "/Groups?filter="+url.QueryEscape(`members.value eq "`+victim.id+`"`), ""),
		p.syn("GET", "/users", ""), p.syn("GET", "/users?limit=1000", ""), p.admin("GET", "/adminlog/exportlogs", ""))
	for _, a := range got {
		if a.status != 200 {
			t.Errorf("%s: %d %s", a.request, a.status, a.body)
		}
		for _, mark := range []string{victim.name, victim.givenName, victim.id, victim.group, victim.syncariID} {
			if strings.Contains(a.body, mark) {
				t.Errorf("%s shows %s of another tenant: %s", a.request, mark, a.body)
			}
		}
	}
}

// The same names and addresses may be used in two tenants, by every surface
// that creates: neither learns of the other's.
//
// covers: T-24
func TestTenantsMayUseTheSameNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	create := map[string]func(name string) reply{
		"syncari": func(name string) reply {
			return w.here.syn("POST", "/users", `{"email":"`+name+`","firstName":"Own","lastName":"User","userRoles":{"INST1":["Sync Manager"]}}`)
		},
		"servicemobility": func(name string) reply {
			return w.here.mob("PUT", "/trans/User/"+name, `{"Email":"`+name+`","FirstName":"Own","LastName":"User","Activated":true}`)
		},
		"scim": func(name string) reply {
			return w.here.push("POST", "/Users", `{"schemas":["`+userURN+`"],"userName":"`+name+`","externalId":"x-kim","emails":[{"value":"`+name+`"}]}`)
		},
	}
	for surface := range create {
		w.there.push("POST", "/Users", `{"schemas":["`+userURN+`"],"userName":"`+surface+`@acme.example","emails":[{"value":"`+surface+`@acme.example"}]}`).want(t, 201)
	}
	before := w.there.rows()
	// One's own Kim has this externalId; of acme's Kim nothing is known.
	w.here.push("PATCH", "/Users/"+w.here.person.id, patchBody(`{"op":"replace","path":"externalId","value":"x-other"}`)).want(t, 200)
	for surface, f := range create {
		if a := f(surface + "@acme.example"); a.status != 200 && a.status != 201 {
			t.Errorf("%s: %d %s", a.request, a.status, a.body)
		}
	}
	w.here.push("POST", "/Groups", `{"schemas":["`+groupURN+`"],"displayName":"servicemobility:team:TEAM-acme"}`).want(t, 201)
	for _, body := range []string{w.here.push("GET", "/Users", "").body, w.here.push("GET", "/Groups", "").body, w.here.syn("GET", "/users", "").body} {
		if strings.Contains(body, w.there.person.givenName) || strings.Contains(body, w.there.person.id) {
			t.Errorf("it shows the other tenant's person: %s", body)
		}
	}
	if after := w.there.rows(); after != before {
		t.Errorf("the other tenant's rows changed from %s to %s", before, after)
	}
}

// A user that an application made is there for the identity provider, which
// finds it by filter and takes it over with its first PUT or PATCH.
//
// covers: T-17
func TestApplicationUsersAreAdopted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.here
	born := map[string]func(name string){
		"syncari": func(name string) {
			p.syn("POST", "/users", `{"email":"`+name+`","firstName":"Own","lastName":"User","userRoles":{"INST1":["Sync Manager"]}}`).want(t, 200)
		},
		"servicemobility": func(name string) {
			p.mob("PUT", "/trans/User/"+name, `{"Email":"`+name+`","FirstName":"Own","LastName":"User","Activated":true}`).want(t, 200)
		},
	}
	for origin, create := range born {
		for method, change := range map[string]string{
			"PUT":   `{"schemas":["` + userURN + `"],"userName":"{name}","externalId":"{name}","title":"Adopted","emails":[{"value":"{name}"}],"active":true}`,
			"PATCH": patchBody(`{"op":"add","path":"title","value":"Adopted"}`),
		} {
			name := strings.ToLower(method) + "@" + origin + ".example"
			create(name)
			found := p.push("GET", "/Users?filter="+url.QueryEscape(`userName eq "`+name+`"`), "").want(t, 200)
			list, _ := found.object["Resources"].([]any)
			if len(list) != 1 {
				t.Fatalf("%s: found by filter: %s", name, found.body)
			}
			id := list[0].(map[string]any)["id"].(string)
			if _, err := directory.ParseID(id); err != nil {
				t.Fatal(err)
			}
			// Creating it again is refused; it is not merged behind anybody's back.
			p.push("POST", "/Users", `{"schemas":["`+userURN+`"],"userName":"`+name+`"}`).want(t, 409)

			_, last := p.actions(0)
			p.push(method, "/Users/"+id, strings.ReplaceAll(change, "{name}", name)).want(t, 200)
			if got, _ := p.actions(last); !slices.Equal(got, []string{"user.adopt"}) {
				t.Errorf("%s: the journal says %v, want user.adopt", name, got)
			}
			_, last = p.actions(0)
			p.push("PATCH", "/Users/"+id, patchBody(`{"op":"replace","path":"title","value":"Changed"}`)).want(t, 200)
			if got, _ := p.actions(last); len(got) != 1 || got[0] == "user.adopt" {
				t.Errorf("%s: the second change is %v in the journal", name, got)
			}
			// The application still knows it, and the identity provider decides on it now.
			p.push("PATCH", "/Users/"+id, patchBody(`{"op":"replace","path":"active","value":false}`)).want(t, 200)
			if got := p.mob("GET", "/trans/User/"+name, "").want(t, 200); got.object["Activated"] != false {
				t.Errorf("%s: ServiceMobility says %s", name, got.body)
			}
		}
	}
}

// The settings of a tenant are found whatever case its name is written in.
func TestTenantSettings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, p := range []*party{w.here, w.there} {
		a := p.admin("POST", "/users/lookup", `{"email":"`+p.person.name+`"}`).want(t, 200)
		_, shown := a.object["smsNumber"]
		if want := p == w.here; shown != want {
			t.Errorf("%s: smsNumber is shown: %t, want %t (tenants.%s.rsa.hide_phones)", p.tenant, shown, want, p.tenant)
		}
	}
	if _, err := w.app.tenantID("Acme"); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"nobody", "acm"} {
		if _, err := w.app.tenantID(name); err == nil {
			t.Errorf("there is a tenant %q", name)
		}
	}
	c := w.config
	c.Tenants = map[string]TenantConfig{"nobody": {}}
	if err := w.app.build(context.Background(), &c); err == nil || !strings.Contains(err.Error(), "scimbridge tenant create nobody") {
		t.Errorf("a tenant that does not exist is configured: %v", err)
	}
}
