package rsa_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/api/apitest"
	"github.com/scimbridge/scimbridge/api/rsa"
	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/provision"
)

const johnnyPath = base + "users/f85b6e95-f41f-45b4-bc84-559fead6460c"

// covers: documented-apis 7.3, 2.3
func TestGolden(t *testing.T) {
	s := newServer(t)
	want(t, s.call(helpDeskID, "POST", johnnyPath+"/sync", ""), 200, apitest.Golden(t, "sync.json"))
	want(t, s.call(helpDeskID, "POST", base+"users/eb2e12ae-1112-451b-98e1-dfe4e6afd60d/sync", ""), 404, apitest.Golden(t, "user-not-found.json"))
	want(t, s.call("", "POST", johnnyPath+"/sync", "", "Authorization", "Bearer nonsense"), 403, apitest.Golden(t, "bad-token.json"))

	page := s.call(superID, "GET", base+"adminlog/exportlogs?pageSize=1", "")
	want(t, page, 200, `{"totalPages":2,"totalElements":2,"pageSize":1,"currentPage":0,"elements":[`+apitest.Golden(t, "log-event.json")+`]}`)
}

// covers: documented-apis 7.6
func TestLifecycleOfTheGoldens(t *testing.T) {
	s := newServer(t)
	shown := func(step string, keys map[string]any) {
		t.Helper()
		u := s.user()
		for k, v := range keys {
			if u[k] != v {
				t.Errorf("%s: %s is %v, want %v", step, k, u[k], v)
			}
		}
	}
	s.Set("2022-05-09T06:00:00.000Z")
	s.SetActive(s.Johnny, false)
	shown("PATCH active=false", map[string]any{"userStatus": "Disabled", "markDeleted": false, "lastSyncTime": "2022-05-09T06:00:00.000Z"})
	s.SetActive(s.Johnny, true)
	shown("PATCH active=true", map[string]any{"userStatus": "Enabled"})
	s.edit(func(d *provision.Draft) { d.State.Mobility.Locked = true })
	shown("locked", map[string]any{"userStatus": "Enabled", "isTokenLocked": false, "isSmsLocked": false, "isVoiceLocked": false})

	s.Set("2022-05-09T07:00:00.000Z")
	s.DeleteUser(s.Johnny)
	shown("SCIM DELETE", map[string]any{
		"userStatus": "Disabled", "markDeleted": true,
		"markDeletedAt": "2022-05-09T07:00:00.000Z", "markDeletedBy": "scim:okta",
	})
	s.Set("2022-05-16T07:00:01.000Z")
	s.Purge()
	want(t, s.call(helpDeskID, "POST", base+"users/lookup", `{"email":"johnny.kingston@example.com"}`), 404,
		`{"code":"404 NOT_FOUND","description":"User johnny.kingston@example.com not found"}`)
	want(t, s.call(helpDeskID, "POST", johnnyPath+"/sync", ""), 404, "")
}

// covers: documented-apis 2.4
func TestSynchronizeReassertsTheIdentityProvider(t *testing.T) {
	s := newServer(t)
	sync := func() map[string]any {
		t.Helper()
		w := s.call(helpDeskID, "POST", johnnyPath+"/sync", "")
		if w.Code != 200 {
			t.Fatalf("sync: %d %s", w.Code, w.Body)
		}
		return object(t, w.Body.Bytes())
	}
	s.call(helpDeskID, "PATCH", johnnyPath, `{"smsNumber":"+1 555 000 1111"}`)
	s.edit(func(d *provision.Draft) { d.Profile.Name.GivenName = "Jack" })
	if u := s.user(); u["smsNumber"] != "+1 555 000 1111" || u["firstName"] != "Jack" {
		t.Fatalf("before: %v", u)
	}
	if u := sync(); u["smsNumber"] != "+11235556799" || u["firstName"] != "Johnny" {
		t.Errorf("attributes are not the asserted ones: %v", u)
	}

	s.call(helpDeskID, "PUT", johnnyPath+"/userStatus", `{"userStatus":"Disabled"}`)
	if u := sync(); u["userStatus"] != "Disabled" {
		t.Error("sync enabled a user whom an administrator had disabled")
	}
	s.call(helpDeskID, "PUT", johnnyPath+"/userStatus", `{"userStatus":"Enabled"}`)

	s.SetActive(s.Johnny, false)
	s.call(helpDeskID, "PUT", johnnyPath+"/userStatus", `{"userStatus":"Enabled"}`)
	if u := s.user(); u["userStatus"] != "Enabled" {
		t.Fatalf("before: %v", u)
	}
	if u := sync(); u["userStatus"] != "Disabled" {
		t.Error("sync left a user enabled whom the identity provider had deactivated")
	}

	s.DeleteUser(s.Johnny)
	if u := sync(); u["markDeleted"] != true || u["userStatus"] != "Disabled" {
		t.Errorf("sync touched a pending deletion: %v", u)
	}
}

// covers: documented-apis 2.4, 6.2
func TestStatusAndDeletion(t *testing.T) {
	const id = "f85b6e95-f41f-45b4-bc84-559fead6460c"
	conflict := func(text string) string {
		return `{"code":"409 CONFLICT","description":"User ` + id + ` ` + text + `"}`
	}
	at := `"2022-05-09T05:00:00.000Z","markDeletedBy":"helpdesk-key"}`
	s := newServer(t)
	for _, step := range []struct {
		path, body string
		status     int
		answer     string
	}{
		{"/markDeleted", `{"markDeleted":true}`, 409, conflict("is enabled; only a disabled user can be marked deleted.")},
		{"/markDeleted", `{"markDeleted":false}`, 409, conflict("is not marked deleted.")},
		{"/userStatus", `{"userStatus":"Disabled"}`, 200, `{"id":"` + id + `","userStatus":"Disabled"}`},
		{"/userStatus", `{"userStatus":"Disabled"}`, 200, `{"id":"` + id + `","userStatus":"Disabled"}`},
		{"/userStatus", `{"userStatus":"Enabled"}`, 200, `{"id":"` + id + `","userStatus":"Enabled"}`},
		{"/userStatus", `{"userStatus":"Disabled"}`, 200, ""},
		{"/markDeleted", `{"markDeleted":"true"}`, 200, `{"id":"` + id + `","markDeleted":true,"markDeletedAt":` + at},
		{"/markDeleted", `{"markDeleted":true}`, 409, conflict("is already marked deleted.")},
		{"/userStatus", `{"userStatus":"Enabled"}`, 409, conflict("is pending deletion.")},
		{"/userStatus", `{"userStatus":"Disabled"}`, 409, conflict("is pending deletion.")},
		{"/markDeleted", `{"markDeleted":false}`, 200, `{"id":"` + id + `","markDeleted":false,"markDeletedAt":null,"markDeletedBy":null}`},
		{"/userStatus", `{"userStatus":"Enabled"}`, 200, ""},
	} {
		w := s.call(helpDeskID, "PUT", johnnyPath+step.path, step.body)
		if w.Code != step.status || step.answer != "" && w.Body.String() != step.answer {
			t.Errorf("%s %s:\ngot  %d %s\nwant %d %s", step.path, step.body, w.Code, w.Body, step.status, step.answer)
		}
	}
}

// covers: documented-apis 6.2
func TestUndeleteGivesTheUserBackToSCIM(t *testing.T) {
	s := newServer(t)
	s.DeleteUser(s.Johnny)
	want(t, s.call(superID, "PUT", johnnyPath+"/markDeleted", `{"markDeleted":false}`), 200, "")
	u, err := s.Bridge.User(t.Context(), s.SCIM, s.Johnny)
	if err != nil || u.Active || u.Status.DisabledBy != directory.OriginRSA {
		t.Errorf("SCIM sees %+v, %v; want an inactive user, disabled by rsa", u, err)
	}
}

// covers: documented-apis 2.2, 2.4
func TestDeleteNow(t *testing.T) {
	s := newServer(t)
	want(t, s.call(helpDeskID, "DELETE", johnnyPath, ""), 403, `{"code":"403 FORBIDDEN","description":"Not authorized to perform the request."}`)
	want(t, s.call(superID, "DELETE", johnnyPath, ""), 409, "")
	s.call(superID, "PUT", johnnyPath+"/userStatus", `{"userStatus":"Disabled"}`)
	s.call(superID, "PUT", johnnyPath+"/markDeleted", `{"markDeleted":true}`)
	want(t, s.call(superID, "DELETE", johnnyPath, ""), 409, "")
	s.call(superID, "PUT", johnnyPath+"/markDeleted", `{"markDeleted":false}`)
	want(t, s.call(superID, "DELETE", johnnyPath, ""), 200, `{}`)
	want(t, s.call(superID, "DELETE", johnnyPath, ""), 404, "")
	var keys []any
	for _, e := range s.events() {
		keys = append(keys, e["activityKey"], e["result"])
	}
	if got := strings.TrimSpace(strings.Join(texts(keys), " ")); got != "DISABLE_USER SUCCESS MARK_USER_DELETED SUCCESS UNDELETE_USER SUCCESS DELETE_USER SUCCESS DELETE_USER FAILURE" {
		t.Errorf("events: %s", got)
	}
}

// covers: documented-apis 2.4
func TestSCIMManagedSwitch(t *testing.T) {
	s := newServer(t, func(c *rsa.Config) { c.Tenants[0].SCIMManaged405 = true })
	s.call(superID, "PUT", johnnyPath+"/userStatus", `{"userStatus":"Disabled"}`)
	const answer = `{"code":"405 METHOD_NOT_ALLOWED","description":"The method you are using is not allowed for users in the SCIM Managed and Azure Active Directory (SCIM) identity sources"}`
	want(t, s.call(superID, "PUT", johnnyPath+"/markDeleted", `{"markDeleted":true}`), 405, answer)
	want(t, s.call(superID, "DELETE", johnnyPath, ""), 405, answer)
	if u := s.user(); u["markDeleted"] != false {
		t.Error("the user was marked all the same")
	}
}

// covers: documented-apis 2.2
func TestUnlockAndPhones(t *testing.T) {
	const id = `{"id":"f85b6e95-f41f-45b4-bc84-559fead6460c",`
	s := newServer(t)
	s.edit(func(d *provision.Draft) {
		d.State.RSA.TokenLocked, d.State.RSA.SMSLocked, d.State.RSA.VoiceLocked = true, true, true
	})
	want(t, s.call(helpDeskID, "PATCH", johnnyPath+"/methods", `{"unlockMethods":["TOKEN"]}`), 200, id+`"isTokenLocked":false,"isSmsLocked":true,"isVoiceLocked":true}`)
	want(t, s.call(helpDeskID, "PATCH", johnnyPath+"/methods", `{"unlockMethods":["VOICE","SMS"]}`), 200, id+`"isTokenLocked":false,"isSmsLocked":false,"isVoiceLocked":false}`)
	for _, body := range []string{`{}`, `{"unlockMethods":[]}`, `{"unlockMethods":"TOKEN"}`, `{"unlockMethods":["PIN"]}`, `{"unlockMethods":[1]}`} {
		want(t, s.call(helpDeskID, "PATCH", johnnyPath+"/methods", body), 400, "")
	}

	want(t, s.call(helpDeskID, "PATCH", johnnyPath, `{"smsNumber":"+49 (89) 1234-5678"}`), 200, id+`"smsNumber":"+49 (89) 1234-5678","voiceNumber":"+1 774 291 4444"}`)
	want(t, s.call(helpDeskID, "PATCH", johnnyPath, `{"smsNumber":"","voiceNumber":"17742914445"}`), 200, id+`"smsNumber":null,"voiceNumber":"17742914445"}`)
	for _, body := range []string{`{}`, `{"smsNumber":null}`, `{"smsNumber":5}`, `{"smsNumber":"+1 774 291 4444 ext. 5"}`, `{"smsNumber":"+"}`, `{"smsNumber":"+1234567890123456"}`} {
		want(t, s.call(helpDeskID, "PATCH", johnnyPath, body), 400, "")
	}
	u, err := s.Bridge.User(t.Context(), s.SCIM, s.Johnny)
	if err != nil {
		t.Fatal(err)
	}
	p, err := u.Document.Profile()
	if err != nil || len(p.PhoneNumbers) != 1 || p.PhoneNumbers[0].Value != "17742914445" || p.PhoneNumbers[0].Type != "work" {
		t.Errorf("SCIM shows %+v, %v", p.PhoneNumbers, err)
	}
}

// covers: documented-apis 2.2, 2.3
func TestLookup(t *testing.T) {
	s := newServer(t)
	s.edit(func(d *provision.Draft) {
		d.Profile.Emails = append(d.Profile.Emails, directory.Plural{Value: "johnny@other.example.com", Type: "home"})
	})
	for _, c := range []struct {
		body   string
		status int
	}{
		{`{"email":"JOHNNY.kingston@Example.com"}`, 200},
		{`{"email":"johnny.kingston@example.com","searchUnsynched":true,"other":1}`, 200},
		{`{"email":"johnny.kingston@example.com","searchUnsynched":"false"}`, 200},
		{`{"username":"johnny.kingston@example.com"}`, 200},
		{`{"email":"nobody@example.com"}`, 404},
		{`{"username":"nobody"}`, 404},
		{`{"username":"nobody\u0000' OR 1=1 --"}`, 404},
		{`{"email":"johnny@other.example.com"}`, 404}, // somebody's second address
		{`{}`, 400},
		{`{"email":""}`, 400},
		{`{"email":"a@b.c","username":"a"}`, 400},
		{`{"email":["a@b.c"]}`, 400},
		{`{"email":"a@b.c","searchUnsynched":"maybe"}`, 400},
		{`{"email":"a@b.c","email":"johnny.kingston@example.com"}`, 400},
		{`null`, 400},
		{`[]`, 400},
		{`{"email":`, 400},
		{`{"email":"a@b.c"} {}`, 400},
	} {
		w := s.call(helpDeskID, "POST", base+"users/lookup", c.body)
		if w.Code != c.status {
			t.Errorf("%s: got %d %s, want %d", c.body, w.Code, w.Body, c.status)
		}
		if c.status == 400 && !strings.HasPrefix(w.Body.String(), `{"code":"400 BAD_REQUEST","description":"`) {
			t.Errorf("%s: %s", c.body, w.Body)
		}
	}
	s.DeleteUser(s.Johnny)
	want(t, s.call(helpDeskID, "POST", base+"users/lookup", `{"username":"johnny.kingston@example.com"}`), 200, "")
	if events := s.events(); len(events) != 0 {
		t.Errorf("a lookup is no administrative activity, but there are events: %v", events)
	}
}

// The address leads to the user whose emailAddress it is, though others created
// before have it as a second one; and to a living user before a deleted one.
//
// covers: documented-apis 2.4
func TestLookupOfASharedAddress(t *testing.T) {
	s := newServer(t)
	add := func(name string, emails ...directory.Plural) directory.ID {
		return s.AddUser(directory.Profile{UserName: name, Emails: emails}).ID
	}
	work := func(address string) directory.Plural { return directory.Plural{Value: address, Type: "work"} }
	home := func(address string) directory.Plural { return directory.Plural{Value: address, Type: "home"} }
	lookup := func(want string, email string) {
		t.Helper()
		w := s.call(helpDeskID, "POST", base+"users/lookup", `{"email":"`+email+`"}`)
		if w.Code != 200 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: got %d %s, want %s", email, w.Code, w.Body, want)
		}
	}
	add("a", work("a@example.com"), home("team@example.com"))
	gone := add("b", work("team@example.com"))
	s.DeleteUser(gone)
	lookup(gone.String(), "Team@example.com")
	add("c", work("c@example.com"), home("team@example.com"))
	lookup(gone.String(), "team@example.com")
	alive := add("d", work("team@example.com"))
	lookup(alive.String(), "TEAM@example.com")
	add("e", work("e@example.com"), home("nobody@example.com"))
	want(t, s.call(helpDeskID, "POST", base+"users/lookup", `{"email":"nobody@example.com"}`), 404, "")
}

// covers: documented-apis 2.3
func TestPhonesOfACompanyWithoutTokencodes(t *testing.T) {
	s := newServer(t, func(c *rsa.Config) { c.Tenants[0].HidePhones = true })
	u := s.user()
	for _, k := range []string{"smsNumber", "voiceNumber"} {
		if _, ok := u[k]; ok {
			t.Errorf("%s is shown", k)
		}
	}
	want(t, s.call(helpDeskID, "PATCH", johnnyPath, `{"smsNumber":"+1 555 000 1111"}`), 200, `{"id":"f85b6e95-f41f-45b4-bc84-559fead6460c"}`)
}

// covers: documented-apis 0.2, 2.1, 2.4, T-11
func TestRefusals(t *testing.T) {
	s := newServer(t)
	const status = `{"userStatus":"Disabled"}`
	filter := `"status":403,"error":"Forbidden","message":"Server failed to process provided access token"`
	for _, c := range []struct {
		name, key, method, path, body string
		header                        []string
		status                        int
		holds                         string
	}{
		{"no token", "", "POST", johnnyPath + "/sync", "", nil, 403, filter},
		{"raw token", "", "POST", johnnyPath + "/sync", "", []string{"Authorization", s.token(superID)}, 403, filter},
		{"unknown key", "55555555-5555-4555-8555-555555555555", "POST", johnnyPath + "/sync", "", nil, 403, filter},
		{"no token, no route", "", "GET", base + "nothing", "", nil, 403, filter},
		{"no token, wrong method and syntax", "", "GET", base + "users/7/sync", "x", nil, 403, filter},
		{"another tenant's user", foreignID, "POST", johnnyPath + "/sync", "", nil, 404, "User f85b6e95-f41f-45b4-bc84-559fead6460c not found"},
		{"no route", superID, "GET", base + "nothing", "", nil, 404, `"404 NOT_FOUND"`},
		{"path twice", superID, "POST", "/AdminInterface//restapi/v1/users/lookup", "{}", nil, 404, `"404 NOT_FOUND"`},
		{"path with dots", superID, "POST", base + "users/../users/lookup", "{}", nil, 404, `"404 NOT_FOUND"`},
		{"trailing slash", superID, "POST", johnnyPath + "/sync/", "", nil, 404, `"404 NOT_FOUND"`},
		{"wrong method", superID, "GET", johnnyPath + "/sync", "", nil, 405, `{"code":"405 METHOD_NOT_ALLOWED",`},
		{"method override", superID, "GET", johnnyPath, "", []string{"X-HTTP-Method-Override", "DELETE"}, 405, ""},
		{"not a UUID", superID, "POST", base + "users/7/sync", "", nil, 400, `{"code":"400 BAD_REQUEST","description":"The user ID is not a UUID."}`},
		{"sync with a body", superID, "POST", johnnyPath + "/sync", "{}", nil, 400, `"400 BAD_REQUEST"`},
		{"form body", superID, "PUT", johnnyPath + "/userStatus", status, []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, `{"code":"415 UNSUPPORTED_MEDIA_TYPE",`},
		{"body of no type", superID, "PUT", johnnyPath + "/userStatus", status, []string{"Content-Type", ""}, 415, ""},
		{"compressed body", superID, "PUT", johnnyPath + "/userStatus", status, []string{"Content-Encoding", "gzip"}, 415, ""},
		{"charset", superID, "PUT", johnnyPath + "/userStatus", `{"userStatus":"Enabled"}`, []string{"Content-Type", "application/json; charset=UTF-8"}, 200, ""},
		{"no body", superID, "PUT", johnnyPath + "/userStatus", "", []string{"Content-Type", "application/json"}, 400, ""},
		{"large body", superID, "PUT", johnnyPath + "/userStatus", `{"userStatus":"` + strings.Repeat("x", 20<<10) + `"}`, nil, 413, `{"code":"413 PAYLOAD_TOO_LARGE",`},
		{"two properties", superID, "PUT", johnnyPath + "/userStatus", `{"userStatus":"Disabled","x":1}`, nil, 400, `{"code":"400 BAD_REQUEST","description":"Wrong number of properties in the request body."}`},
		{"no property", superID, "PUT", johnnyPath + "/userStatus", `{}`, nil, 400, "Wrong number of properties"},
		{"another property", superID, "PUT", johnnyPath + "/userStatus", `{"status":"Disabled"}`, nil, 400, "userStatus is missing"},
		{"unknown value", superID, "PUT", johnnyPath + "/userStatus", `{"userStatus":"disabled"}`, nil, 400, "must be Enabled or Disabled"},
		{"property twice", superID, "PUT", johnnyPath + "/userStatus", `{"userStatus":"Disabled","userStatus":"Enabled"}`, nil, 400, "userStatus"},
		{"no boolean", superID, "PUT", johnnyPath + "/markDeleted", `{"markDeleted":1}`, nil, 400, "must be true or false"},
		{"wrong count before value", superID, "PUT", johnnyPath + "/markDeleted", `{"markDeleted":1,"y":2}`, nil, 400, "Wrong number"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := s.call(c.key, c.method, c.path, c.body, c.header...)
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.holds) {
				t.Errorf("got %d %s, want %d with %s", w.Code, w.Body, c.status, c.holds)
			}
			if c.status == 405 && w.Header().Get("Allow") == "" {
				t.Error("no Allow header")
			}
		})
	}
	if u := s.user(); u["userStatus"] != "Enabled" || u["markDeleted"] != false {
		t.Errorf("a refused call changed the user: %v", u)
	}
	if events := s.events(); len(events) != 1 { // of the one 200
		t.Errorf("400, 403, 405, 413 and 415 leave no event, but there are %v", events)
	}
}

// another tenant's user is answered exactly as one that nobody has, on every route.
//
// covers: T-24
func TestAnotherTenantsUserIsUnknown(t *testing.T) {
	s := newServer(t)
	unknown := strings.Replace(johnnyPath, "f85b6e95", "00000000", 1)
	s.call(superID, "PUT", johnnyPath+"/userStatus", `{"userStatus":"Disabled"}`)
	for _, c := range [][3]string{
		{"POST", "/sync", ""},
		{"PUT", "/userStatus", `{"userStatus":"Enabled"}`},
		{"PUT", "/markDeleted", `{"markDeleted":true}`},
		{"PUT", "/markDeleted", `{"markDeleted":false}`},
		{"PATCH", "/methods", `{"unlockMethods":["TOKEN"]}`},
		{"PATCH", "", `{"smsNumber":""}`},
		{"DELETE", "", ""},
	} {
		foreign := s.call(foreignID, c[0], johnnyPath+c[1], c[2])
		nobody := s.call(foreignID, c[0], unknown+c[1], c[2])
		if foreign.Code != 404 || nobody.Code != 404 || strings.Replace(foreign.Body.String(), "f85b6e95", "00000000", 1) != nobody.Body.String() {
			t.Errorf("%s %s: %d %s, but for nobody %d %s", c[0], c[1], foreign.Code, foreign.Body, nobody.Code, nobody.Body)
		}
	}
	want(t, s.call(foreignID, "POST", base+"users/lookup", `{"email":"johnny.kingston@example.com"}`), 404, "")
	if u := s.user(); u["userStatus"] != "Disabled" || u["markDeleted"] != false || u["smsNumber"] != "+11235556799" {
		t.Errorf("the other tenant changed the user: %v", u)
	}
}

// No name, address or token reaches the log, whatever is answered.
func TestLogNamesNobody(t *testing.T) {
	var log bytes.Buffer
	s := newServer(t, func(c *rsa.Config) {
		c.Log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	s.call(helpDeskID, "POST", johnnyPath+"/sync", "")
	s.call(helpDeskID, "POST", base+"users/lookup", `{"email":"johnny.kingston@example.com"}`)
	s.call(helpDeskID, "PUT", johnnyPath+"/userStatus", `{"userStatus":"johnny"}`)
	if err := s.Store.Close(); err != nil {
		t.Fatal(err)
	}
	s.call(helpDeskID, "POST", johnnyPath+"/sync", "")
	for _, marker := range []string{"johnny", s.token(helpDeskID)} {
		if strings.Contains(log.String(), marker) {
			t.Errorf("%q is in the log:\n%s", marker, log.String())
		}
	}
	if strings.Count(log.String(), `"msg":"request"`) != 4 {
		t.Errorf("not one line for each request:\n%s", log.String())
	}
}

// covers: documented-apis 2.1
func TestNoKeysAtAll(t *testing.T) {
	for _, keys := range []rsa.Keys{nil, noKeys(t)} {
		s := newServer(t, func(c *rsa.Config) { c.Keys = keys })
		want(t, s.call(superID, "POST", johnnyPath+"/sync", ""), http.StatusForbidden, apitest.Golden(t, "bad-token.json"))
	}
}
