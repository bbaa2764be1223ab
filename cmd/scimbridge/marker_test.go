package main

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/storage"
)

// The markers: words that are in no program, put wherever a client can put
// something. Those of persons may be stored and answered, never logged; secrets
// may not even be stored as they are.
const (
	markPerson = "zqxperson"
	markSecret = "zqxsecret-0123456789-abcdefghij-ABCDEF" // passes for a token and for a password
)

// sendMarkers sends both markers through every route of every surface, in path, query,
// body and header, in good requests and in all kinds of bad ones, and returns
// the answers.
func sendMarkers(w *world) (answers []reply) {
	send := func(r reply) { answers = append(answers, r) }
	p := w.here
	email, path := markPerson+"@example.com", url.PathEscape(markPerson+"@example.com")
	user := `{"schemas":["` + userURN + `"],"userName":"` + email + `","externalId":"` + markPerson + `","displayName":"` + markPerson + `\r\n\u001b[31m=cmd()<script>","password":"` + markSecret +
		`","emails":[{"value":"` + email + `"}],"phoneNumbers":[{"value":"` + markPerson + `"}],"urn:unknown:` + markPerson + `":{"` + markPerson + `":"` + markPerson + `"}}`
	id := p.person.id

	// SCIM: good, refused, malformed.
	for _, target := range []string{"/Users", "/Users/" + id, "/Users/" + markPerson, "/Groups", "/Groups/" + p.person.group, "/Groups/" + markPerson, "/Users/.search", "/Groups/.search",
		"/Schemas/" + markPerson, "/ResourceTypes/" + markPerson, "/Bulk", "/Me", "/" + markPerson, "/Users?filter=" + url.QueryEscape(`userName eq "`+email+`"`),
		"/Users?filter=" + url.QueryEscape(`password eq "`+markSecret+`"`), "/Users?filter=" + url.QueryEscape(markPerson+` "`), "/Users?access_token=" + markSecret, "/Users?sortBy=" + markPerson + "&startIndex=" + markPerson + "&cursor=" + markPerson,
		"/ServiceProviderConfig?" + markPerson} {
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", strings.ToUpper(markPerson)} {
			if method == "DELETE" && (strings.HasSuffix(target, id) || strings.HasSuffix(target, p.person.group)) {
				continue // the person is needed
			}
			send(p.push(method, target, ""))
			if method != "POST" && method != "PUT" && method != "PATCH" {
				continue
			}
			for _, body := range []string{
				user, `{"` + markPerson, `["` + markPerson + `"]`, `{"userName":"` + email + `","userName":"` + markSecret + `"}`, `{"schemas":["` + groupURN + `"],"displayName":"` + markPerson + `","members":[{"value":"` + markPerson + `","$ref":"https://` + markPerson + `"}]}`,
				patchBody(`{"op":"replace","path":"emails[value eq \"` + email + `\"].value","value":"` + email + `"}`), patchBody(`{"op":"` + markPerson + `","path":"` + markPerson + `","value":"` + markPerson + `"}`),
				patchBody(`{"op":"add","path":"password","value":"` + markSecret + `"}`), patchBody(`{"op":"add","path":"members","value":[{"value":"` + markPerson + `"}]}`), patchBody(`{"op":"replace","value":{"displayName":"` + markPerson + `","active":"` + markPerson + `"}}`),
				`{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":"` + markPerson + ` eq \"` + markPerson + `\""}`,
			} {
				send(p.push(method, target, body))
				send(w.call(method, "/scim/v2"+target, body, "Authorization", "Bearer "+markSecret, "Content-Type", markPerson))
			}
		}
	}
	// The four APIs: the markers' own user, then all routes about it and about nobody.
	send(p.syn("POST", "/users", `{"email":"s-`+email+`","firstName":"`+markPerson+`","lastName":"`+markPerson+`","isApiUser":true,"userRoles":{"INST1":["Sync Manager"]}}`))
	send(p.mob("PUT", "/trans/User/m-"+path, `{"Email":"m-`+email+`","FirstName":"`+markPerson+`","Password":"`+markSecret+`","Activated":true}`))
	send(p.mob("PUT", "/trans/User/m-"+path+"/ChangePassword", `{"Password":"`+markSecret+`x"}`))
	for _, a := range []struct {
		call  func(method, path, body string) reply
		paths []string
	}{
		{p.admin, []string{"/users/lookup", "/users/" + id, "/users/" + id + "/sync", "/users/" + id + "/userStatus", "/users/" + id + "/markDeleted", "/users/" + id + "/methods", "/users/" + markPerson, "/adminlog/exportlogs?startTimeAfter=" + markPerson, "/" + markPerson}},
		{p.syn, []string{"/users", "/users/" + p.person.syncariID, "/users/" + markPerson + "/activate", "/users/" + path + "/deactivate", "/users/" + p.person.syncariID + "/roles", "/users/" + p.person.syncariID + "/roles/" + markPerson, "/oauth/token?client_id=" + markPerson + "&client_secret=" + markSecret, "/" + markPerson}},
		{p.mob, []string{"/trans/User/" + path, "/trans/User/" + markPerson, "/trans/User/m-" + path, "/trans/User/" + path + "/ServiceTeams", "/trans/User/" + path + "/ChangePassword", "/trans/User/" + path + "/ResetPassword", "/trans/User/" + path + "?customerid=" + markPerson + "&customercode=" + markSecret, "/" + markPerson}},
		{func(method, path, _ string) reply { return p.uni(method, path, email) }, []string{"/sync-user?environment=dev", "/sync-user?environment=" + markPerson, "/userId/" + path + "?environment=dev", "/" + markPerson}},
	} {
		for _, to := range a.paths {
			for _, method := range []string{"GET", "POST", "PUT", "PATCH", markPerson} {
				for _, body := range []string{"", `{"email":"` + email + `"}`, `{"email":"` + email + `","` + markPerson + `":"` + markSecret + `"}`, `{"` + markPerson, `{"userStatus":"` + markPerson + `"}`, `{"smsNumber":"` + markPerson + `","voiceNumber":"` + markPerson + `"}`,
					`{"Password":"` + markSecret + `"}`, `{"ServiceTeams":["` + markPerson + `"]}`, `["` + markPerson + `"]`} {
					send(a.call(method, to, body))
				}
			}
		}
	}
	send(w.call("POST", "/createjwt", `{"username":"`+markPerson+`","password":"`+markSecret+`"}`))
	send(w.call("POST", "/createjwt", `{"username":"integration-default","password":"`+markSecret))
	send(w.call("POST", "/api/v1/oauth/token", "grant_type=client_credentials&client_id="+markPerson+"&client_secret="+markSecret, "Content-Type", "application/x-www-form-urlencoded"))
	send(w.call("POST", "/api/v1/oauth/token", "grant_type=refresh_token&client_id=client-of-default&client_secret="+worldSecret+"&refresh_token="+markSecret, "Content-Type", "application/x-www-form-urlencoded"))
	// Credentials of all shapes at all surfaces, and every header one might log.
	for _, prefix := range []string{"/scim/v2/Users", "/ocms/v2/configuration/sync-user", "/AdminInterface/restapi/v1/users/lookup", "/api/v1/users", "/seiapi/v3/trans/User/" + path, "/" + markPerson} {
		for _, credential := range []string{"Bearer " + markSecret, markSecret, "Basic " + markSecret, "Bearer a." + markSecret + ".c", markPerson + " " + markSecret, "Bearer " + strings.Repeat(markSecret, 300)} {
			send(w.call("GET", prefix+"?token="+markSecret, "", "Authorization", credential, "x-access-token", markSecret, "Cookie", markSecret, "X-Request-Id", "a_"+markSecret,
				"User-Agent", markPerson, "Referer", markPerson, "X-Forwarded-For", markPerson, "X-Forwarded-Host", markPerson, "Forwarded", "for="+markPerson, "Host", markPerson, "syncariId", markPerson, "clientRequestId", markPerson))
		}
	}
	return answers
}

// Nothing that names a person and nothing that opens a door is in the log, at
// its most talkative, or in a metric; secrets are in no answer and not in the
// journal either. The last round meets a database that is gone.
//
// covers: T-09, T-66
func TestNothingPersonalIsLogged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	// A token in the query is none, and is not logged either.
	for _, target := range []string{"/scim/v2/Users?access_token=" + w.here.scim, "/api/v1/users?access_token=" + w.here.syncari, "/seiapi/v3/trans/User/kim?token=" + w.here.mobility} {
		if a := w.call("GET", target, ""); a.status != 401 {
			t.Errorf("%s: %d, want 401", a.request, a.status)
		}
	}
	answers := sendMarkers(w)
	kinds := map[int]int{}
	for _, a := range answers {
		kinds[a.status]++
		if strings.Contains(a.body, markSecret[:20]) {
			t.Errorf("%s answers a secret: %s", a.request, a.body)
		}
	}
	for _, status := range []int{200, 201, 400, 401, 404, 405, 409, 410, 415} {
		if kinds[status] == 0 {
			t.Errorf("no request was answered %d, only %v: the test shows less than it says", status, kinds)
		}
	}
	var kept strings.Builder
	err := w.app.store.View(context.Background(), func(r storage.Reader) error {
		enc := json.NewEncoder(&kept)
		return r.Journal(0, 0, func(e *journal.Entry) bool { return enc.Encode(e) == nil })
	})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(kept.String(), markSecret[:20]) {
		t.Errorf("a secret is in the journal")
	}
	if !strings.Contains(kept.String(), markPerson) {
		t.Error("no marker is in the journal: nothing was stored")
	}

	if err := w.app.store.Close(); err != nil {
		t.Fatal(err)
	}
	broken := map[int]int{}
	for _, a := range sendMarkers(w) {
		broken[a.status]++
		if strings.Contains(a.body, markSecret[:20]) || strings.Contains(a.body, w.dir) || strings.Contains(strings.ToLower(a.body), "sql") {
			t.Errorf("%s answers: %s", a.request, a.body)
		}
	}
	if broken[503] == 0 {
		t.Errorf("without its database it answers %v, want some 503", broken)
	}

	rec := w.log.String()
	if strings.Count(rec, "\n") < len(answers) {
		t.Errorf("%d requests and %d lines of log: not every request is logged", len(answers), strings.Count(rec, "\n"))
	}
	for line := range strings.SplitSeq(rec, "\n") {
		if marked(line) {
			t.Errorf("the log says %s", line)
		}
		for _, secret := range []string{w.here.scim, w.here.rsa, w.here.syncari, w.here.mobility, worldSecret, worldPassword, "kim@default.example", "Kimberley"} {
			if strings.Contains(line, secret) {
				t.Errorf("the log has %q: %s", secret, line)
			}
		}
		if line != "" && !json.Valid([]byte(line)) {
			t.Errorf("this line of the log is no JSON: %s", line)
		}
	}
	for name, f := range w.scrape() {
		for _, labels := range f.series {
			for label, v := range labels {
				if marked(v) {
					t.Errorf("%s has the label %s=%q", name, label, v)
				}
			}
		}
	}
}

// marked reports whether a marker is in s, in any case.
func marked(s string) bool {
	s = strings.ToLower(s)
	return strings.Contains(s, markPerson) || strings.Contains(s, strings.ToLower(markSecret[:20]))
}
