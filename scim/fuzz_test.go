package scim_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/scim/scimtest"
	"github.com/scimbridge/scimbridge/storage"
)

// direct calls the handler without a network between.
type direct struct {
	handler http.Handler
	token   string
}

func (d direct) send(t tester, method, path, body string) answer {
	t.Helper()
	req := httptest.NewRequestWithContext(context.Background(), method, "/scim/v2"+path, strings.NewReader(body))
	req.Header.Set("Authorization", "Bearer "+d.token)
	req.Header.Set("Content-Type", "application/scim+json")
	rec := httptest.NewRecorder()
	d.handler.ServeHTTP(rec, req)
	a := answer{t: t, what: method + " " + path, status: rec.Code, header: rec.Header(), raw: rec.Body.String()}
	if a.raw != "" {
		if err := json.Unmarshal([]byte(a.raw), &a.body); err != nil {
			t.Fatalf("%s: %v: %s", a.what, err, a.raw)
		}
	}
	a.check()
	return a
}

// world is a server with a user and a group, for both modes.
type world struct {
	clients        []direct
	user, group    string
	userBody       string
	groupBody      string
	userID, member string
}

func newWorld(f testing.TB) *world {
	s := scimtest.Start(f, scimtest.Options{})
	_, _, strict := s.AddClient(f, s.Tenant.Name, "exact", storage.Strict, "")
	h := s.SCIM.Handler()
	w := &world{clients: []direct{{h, s.Token}, {h, strict}}}
	w.userBody = `{"schemas":["` + userURN + `","` + enterpriseURN + `"],"userName":"ada","displayName":"Ada","active":true,"title":"T","name":{"givenName":"A","familyName":"B"},` +
		`"emails":[{"value":"a@x.io","type":"work","primary":true},{"value":"b@x.io","type":"home"}],"roles":[{"value":"r"}],"` + enterpriseURN + `":{"department":"D","manager":{"value":"m"}}}`
	w.userID = w.clients[0].send(f, "POST", "/Users", w.userBody).want(http.StatusCreated).text("id")
	w.member = w.clients[0].send(f, "POST", "/Users", `{"schemas":["`+userURN+`"],"userName":"bo"}`).want(http.StatusCreated).text("id")
	w.groupBody = `{"schemas":["` + groupURN + `"],"displayName":"Eng","members":[{"value":"` + w.userID + `"}]}`
	w.user = "/Users/" + w.userID
	w.group = "/Groups/" + w.clients[0].send(f, "POST", "/Groups", w.groupBody).want(http.StatusCreated).text("id")
	return w
}

// try sends a body and holds the answer to what must always be so: a refusal
// changes nothing, a success shows what is then stored, and neither is a 5xx.
func (w *world) try(t tester, d direct, method, path, body string) {
	d0 := w.clients[0]
	d0.send(t, "PUT", w.user, w.userBody).want(http.StatusOK)
	d0.send(t, "PUT", w.group, w.groupBody).want(http.StatusOK)
	before := d.send(t, "GET", path, "").want(http.StatusOK)
	a := d.send(t, method, path, body)
	after := d.send(t, "GET", path, "").want(http.StatusOK)
	switch {
	case a.status >= 500:
		t.Fatalf("%s %s: %d %s", a.what, body, a.status, a.raw)
	case a.status >= 400 && after.raw != before.raw:
		t.Fatalf("%s %s: refused (%s), and changed from %s to %s", a.what, body, a.raw, before.raw, after.raw)
	case a.status == http.StatusOK && after.raw != a.raw:
		t.Fatalf("%s %s: answered %s, then %s", a.what, body, a.raw, after.raw)
	case a.status != http.StatusOK && a.status < 400:
		t.Fatalf("%s %s: %d", a.what, body, a.status)
	}
	if after.text("id") != before.text("id") || after.text("meta.created") != before.text("meta.created") {
		t.Fatalf("%s %s: identity changed from %s to %s", a.what, body, before.raw, after.raw)
	}
	// What came back can be sent again and changes nothing.
	if a.status == http.StatusOK {
		if again := d.send(t, "PUT", path, after.raw); again.raw != after.raw {
			t.Fatalf("%s %s: %s, sent again: %s", a.what, body, after.raw, again.raw)
		}
	}
}

// covers: R-7644-3.12-01, R-7644-3.5.2-08, A0-3
func FuzzPatchRequest(f *testing.F) {
	w := newWorld(f)
	for _, ops := range []string{
		`[{"op":"replace","value":{"active":false}}]`,
		`[{"op":"Replace","path":"emails[type eq \"work\"].value","value":"n@x.io"},{"op":"replace","value":{"name.givenName":"G","` + enterpriseURN + `:employeeNumber":"9"}}]`,
		`[{"op":"Add","path":"addresses[type eq \"work\"].formatted","value":"18/2111"}]`,
		`[{"op":"Remove","path":"emails","value":[{"value":"a@x.io"}]}]`,
		`[{"op":"Add","path":"members","value":[{"$ref":null,"value":"` + w.member + `"},{}]}]`,
		`[{"op":"remove","path":"members[value eq \"` + w.userID + `\"]"},{"op":"replace","path":"displayName","value":"E"}]`,
		`[{"op":"replace","value":{"members":[{"value":"` + w.member + `"}],"id":"x"}}]`,
		`[{"op":"replace","path":"` + enterpriseURN + `:manager","value":""}]`,
		`[{"op":"remove","path":"` + enterpriseURN + `"}]`,
		`[{"op":"add","path":"roles[primary eq \"True\"].value","value":"x"},{"op":"add","path":"externalId","value":5}]`,
		`[{"op":"replace","value":"{\"active\":\"False\"}"}]`,
		`[]`, `{}`, `[null]`, `[{"op":1}]`, `[{"op":"remove"}]`, `[{"op":"add","path":"groups","value":null}]`,
	} {
		f.Add(ops, false, false)
		f.Add(ops, true, true)
		f.Add(ops, true, false)
	}
	f.Fuzz(func(t *testing.T, ops string, strict, group bool) {
		if len(ops) > 4096 {
			return
		}
		d, path := w.clients[0], w.user
		if strict {
			d = w.clients[1]
		}
		if group {
			path = w.group
		}
		w.try(t, d, "PATCH", path, patchBody(ops))
	})
}

// covers: R-7644-3.12-01, T-38
func FuzzBody(f *testing.F) {
	w := newWorld(f)
	for _, body := range []string{
		w.userBody, w.groupBody, ``, `{`, `[]`, `null`, `{"schemas":[]}`, `{"userName":"x","emails":"a@x.io","active":"True"}`,
		`{"schemas":["urn:scim:schemas:core:1.0"],"id":null,"userName":"ada","title":"","name":null,"phoneNumbers":["1"],"manager":"x"}`,
		`{"schemas":["` + userURN + `"],"userName":"ada","` + enterpriseURN + `":{"manager":"9","employeeNumber":5},"x509Certificates":[{"value":"!!"}],"photos":[{"value":"javascript:x"}]}`,
		`{"schemas":["` + groupURN + `"],"displayName":"Eng","members":[{"value":"x"},{},null,"` + w.member + `"]}`,
		`{"schemas":["` + groupURN + `"],"displayName":5,"` + groupURN + `:members":null}`,
		`{"schemas":["` + userURN + `"],"userName":"ada","name.givenName":"G","emails":[{"value":"a","primary":true},{"value":"b","primary":true}]}`,
	} {
		f.Add(body, false, false)
		f.Add(body, true, true)
	}
	f.Fuzz(func(t *testing.T, body string, strict, group bool) {
		if len(body) > 4096 {
			return
		}
		d, path := w.clients[0], w.user
		if strict {
			d = w.clients[1]
		}
		if group {
			path = w.group
		}
		w.try(t, d, "PUT", path, body)
		// As a new resource, and as a search, nothing but an answer is asked.
		collection := path[:strings.LastIndexByte(path, '/')]
		for _, where := range []string{collection, collection + "/.search"} {
			a := d.send(t, "POST", where, body)
			if a.status >= 500 {
				t.Fatalf("POST %s %s: %d %s", where, body, a.status, a.raw)
			}
			if a.status == http.StatusCreated {
				d.send(t, "DELETE", collection+"/"+a.text("id"), "").want(http.StatusNoContent)
			}
		}
	})
}

func FuzzQuery(f *testing.F) {
	w := newWorld(f)
	for _, q := range []string{
		"", "filter=userName+eq+%22ada%22", "filter=", "filter=userName eq \"ada\"", "startIndex=0&count=-1", "count=x", "attributes=userName,name.givenName", "excludedAttributes=members&filter=displayName+sw+%22E%22",
		"filter=emails[type+eq+%22work%22].value+co+%22@%22", "filter=not+(title+pr)+or+active+eq+True", "attributes=" + enterpriseURN + ":manager", "filter=%", "filter=a;b", "%zz", "filter=members+eq+%22" + w.userID + "%22",
		"cursor=", "cursor=x&count=1", "cursor=&startIndex=1", "sortBy=userName&sortOrder=descending", "sortBy=emails&cursor=&count=1", "sortBy=name.familyName&filter=active+eq+true&startIndex=2",
	} {
		f.Add(q, false)
		f.Add(q, true)
	}
	f.Fuzz(func(t *testing.T, query string, strict bool) {
		if len(query) > 2048 || strings.ContainsAny(query, " #") || strings.ContainsFunc(query, func(r rune) bool { return r < ' ' || r > '~' }) {
			return // no request line holds that
		}
		d := w.clients[0]
		if strict {
			d = w.clients[1]
		}
		for _, path := range []string{"/Users", "/Groups", w.user, w.group, "/Schemas", "/ResourceTypes"} {
			if a := d.send(t, "GET", path+"?"+query, ""); a.status >= 500 {
				t.Fatalf("GET %s?%s: %d %s", path, query, a.status, a.raw)
			}
		}
	})
}
