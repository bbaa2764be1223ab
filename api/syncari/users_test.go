package syncari_test

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/api/apitest"
	"github.com/scimbridge/scimbridge/api/syncari"
	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/mapping"
	"github.com/scimbridge/scimbridge/provision"
	"github.com/scimbridge/scimbridge/storage"
)

const newUser = `{"email":"newuser@syncari.com","firstName":"New","lastName":"User","isApiUser":true,"userRoles":{"YUBV99":["Sync Manager","Org Admin","Instance Admin","Viewer"],"RR0VPW":["Sync Manager","Org Admin","Instance Admin","Viewer"]}}`

// The answer to the page's own request, byte for byte but for what is random,
// the second time of the sample (its user was saved twice) and the order of the
// roles, which is by access here.
//
// covers: documented-apis 3.2, documented-apis 3.3
func TestGoldenCreate(t *testing.T) {
	s := newServer(t)
	s.Set("2022-05-09T04:58:37.259744Z")
	a := s.as(boss, "POST", "users", newUser, "syncariId", "", "clientRequestId", "")
	want := apitest.Golden(t, "create.json")
	for _, r := range []struct{ pattern, with string }{
		{`"id":"62789f7d[0-9a-f]{16}"`, `"id":"ID"`},
		{`"clientId":"[A-Za-z0-9_-]{27}"`, `"clientId":"CLIENT"`},
		{`"clientSecret":"([A-Za-z0-9_-]{43}|<[^>]*>)"`, `"clientSecret":"SECRET"`},
		{`"timestamp":"[0-9T:-]{19}\.[0-9]{6}Z"`, `"timestamp":"NOW"`},
		{`\.653\+00:00`, `.259+00:00`},
		{`"Sync Manager","Org Admin","Instance Admin","Viewer"`, `"Org Admin","Instance Admin","Sync Manager","Viewer"`},
	} {
		re := regexp.MustCompile(r.pattern)
		if !re.MatchString(want) {
			t.Fatalf("the sample does not match %s", r.pattern)
		}
		want, a.Body = re.ReplaceAllString(want, r.with), re.ReplaceAllString(a.Body, r.with)
	}
	a.Want(t, 200, want)
}

// covers: documented-apis 3.6, documented-apis 6.2
func TestCreateIsVisibleToSCIM(t *testing.T) {
	s := newServer(t)
	made := one(t, s.as(boss, "POST", "users", `{"email":"Ada@Example.com","firstName":"Ada","lastName":"Lovelace","userRoles":{"yubv99":["viewer","Viewer"]}}`, "clientRequestId", "abc-1"))
	if made.CreatedBy != adminID || made.UpdatedBy != adminID || made.ClientID != nil || made.ClientSecret != nil || made.APIUser {
		t.Errorf("got %+v", made)
	}
	if len(made.UserRoles) != 1 || !slices.Equal(made.UserRoles["YUBV99"], []string{"Viewer"}) {
		t.Errorf("roles are %v", made.UserRoles)
	}
	var found []*directory.User
	q := directory.Query{Where: directory.Term{Field: directory.FieldUserName, Text: "ada@example.com"}, Limit: -1}
	if _, err := s.Bridge.Users(context.Background(), s.SCIM, q, false, func(u *directory.User) bool { found = append(found, u); return true }); err != nil {
		t.Fatal(err)
	}
	if len(found) != 1 || found[0].Origin != directory.OriginSyncari || !found[0].Asserted.IsZero() {
		t.Fatalf("SCIM finds %d users", len(found))
	}
	entries := s.Journal(0)
	last := entries[len(entries)-1]
	if last.Action != "syncari.create" || last.Actor != "syncari:boss" || last.Origin != directory.OriginSyncari || last.Role != "Org Admin" ||
		last.RequestID == "" || !strings.Contains(string(last.Note), `"clientRequestId":"abc-1"`) || !strings.Contains(string(last.Note), `"requestId":"38167470`) {
		t.Errorf("the journal has %+v, note %s", last, last.Note)
	}
}

// covers: documented-apis 3.8
func TestUserWithoutRoles(t *testing.T) {
	s := newServer(t)
	a := s.as(boss, "POST", "users", `{"email":"x@example.com","firstName":"X","lastName":"Y","userRoles":{}}`)
	if a.Status != 200 || !strings.Contains(a.Body, `"userRoles":{},"apiUser":false`) {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
}

// covers: documented-apis 3.3, T-38
func TestCreateRefusals(t *testing.T) {
	s := newServer(t)
	valid := map[string]any{"email": "x@example.com", "firstName": "X", "lastName": "Y", "userRoles": map[string]any{"YUBV99": []string{"Viewer"}}}
	body := func(key string, v any) string {
		m := map[string]any{}
		for k, old := range valid {
			m[k] = old
		}
		m[key] = v
		if v == nil {
			delete(m, key)
		}
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for _, c := range []struct {
		name, who, body string
		status          int
		codes, mention  string
	}{
		{"no email", boss, body("email", nil), 400, "MISSING_FIELD", "email"},
		{"blank first name", boss, body("firstName", " "), 400, "MISSING_FIELD", "firstName"},
		{"no last name", boss, body("lastName", nil), 400, "MISSING_FIELD", "lastName"},
		{"no roles", boss, body("userRoles", nil), 400, "MISSING_FIELD", "userRoles"},
		{"nothing", boss, `{}`, 400, "MISSING_FIELD MISSING_FIELD MISSING_FIELD MISSING_FIELD", "email"},
		{"email is a name", boss, body("email", "Bob <bob@example.com>"), 400, "INVALID_FIELD", "email"},
		{"control character", boss, body("firstName", "a\r\nb"), 400, "INVALID_FIELD", "firstName"},
		{"long", boss, body("lastName", strings.Repeat("n", 257)), 400, "INVALID_FIELD", "lastName"},
		{"unknown instance", boss, body("userRoles", map[string]any{"NOPE99": []string{"Viewer"}}), 400, "UNKNOWN_INSTANCE", "NOPE99"},
		{"unknown role", boss, body("userRoles", map[string]any{"YUBV99": []string{"King"}}), 400, "UNKNOWN_ROLE", "King"},
		{"wrong type", boss, body("userRoles", []string{"Viewer"}), 400, "INVALID_REQUEST", "userRoles"},
		{"wrong type of a role", boss, body("userRoles", map[string]any{"YUBV99": []int{1}}), 400, "INVALID_REQUEST", "userRoles.YUBV99[0]"},
		{"key twice", boss, `{"email":"a@b.cd","email":"x@y.za"}`, 400, "INVALID_REQUEST", "email"},
		{"no body", boss, ``, 400, "INVALID_REQUEST", "empty"},
		{"email taken", boss, body("email", strings.ToUpper(apitest.JohnnyName)), 409, "USER_ALREADY_EXISTS", ""},
		{"another instance", local, body("userRoles", map[string]any{"RR0VPW": []string{"Viewer"}}), 403, "FORBIDDEN", ""},
		{"more than the caller has", local, body("userRoles", map[string]any{"YUBV99": []string{"Org Admin"}}), 403, "FORBIDDEN", ""},
		{"no administrator", viewer, body("email", "x@example.com"), 403, "FORBIDDEN", ""},
		{"too large", boss, `{"email":"` + strings.Repeat("x", 70_000) + `"}`, 413, "INVALID_REQUEST", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := len(s.Journal(0))
			a := s.as(c.who, "POST", "users", c.body)
			if a.Status != c.status || codes(t, a) != c.codes || !strings.Contains(a.Body, c.mention) {
				t.Errorf("got %d %s", a.Status, a.Body)
			}
			if len(s.Journal(0)) != before {
				t.Error("something was written")
			}
		})
	}
	if a := s.as(boss, "POST", "users", body("email", "x@example.com"), "Content-Type", "text/plain"); a.Status != 415 {
		t.Errorf("text/plain: %d %s", a.Status, a.Body)
	}
	if a := s.as(local, "POST", "users", body("email", "y@example.com")); a.Status != 200 {
		t.Errorf("an Instance Admin in the own instance: %d %s", a.Status, a.Body)
	}
}

// covers: documented-apis 3.3, documented-apis 3.4, documented-apis 6.2
func TestDeactivateAndActivate(t *testing.T) {
	for _, method := range []string{"GET", "POST", "PUT"} {
		s := newServer(t)
		s.Set("2022-05-09T06:00:00.000Z")
		path := "users/" + apitest.JohnnySyncari
		a := s.as(boss, method, path+"/deactivate", "")
		off := one(t, a)
		if off.Status != "INACTIVE" || off.UpdatedBy != adminID || off.UpdatedAt != "2022-05-09T06:00:00.000+00:00" || len(off.UserRoles) != 2 {
			t.Errorf("%s deactivate: %+v", method, off)
		}
		if a.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("Cache-Control is %q", a.Header.Get("Cache-Control"))
		}
		if u := s.User(s.Johnny); u.Active || u.Status.DisabledBy != directory.OriginSyncari {
			t.Errorf("SCIM shows %v, %+v", u.Active, u.Status)
		}
		s.Set("2022-05-09T06:30:00.000Z")
		if again := one(t, s.as(boss, method, path+"/deactivate", "")); again.UpdatedAt != off.UpdatedAt {
			t.Errorf("the second time moved updatedAt to %s", again.UpdatedAt)
		}
		if on := one(t, s.as(boss, method, path+"/activate", "")); on.Status != "ACTIVE" || on.UpdatedAt != "2022-05-09T06:30:00.000+00:00" {
			t.Errorf("%s activate: %+v", method, on)
		}
		if u := s.User(s.Johnny); !u.Active {
			t.Error("SCIM shows an inactive user")
		}
	}
}

// covers: documented-apis 6.1, documented-apis 6.2
func TestPendingDeletion(t *testing.T) {
	s := newServer(t)
	path := "users/" + apitest.JohnnySyncari
	s.DeleteUser(s.Johnny)
	if u := one(t, s.as(boss, "GET", path, "")); u.Status != "INACTIVE" {
		t.Errorf("got %+v", u)
	}
	if a := s.as(boss, "GET", "users", ""); !strings.Contains(a.Body, apitest.JohnnySyncari) || !strings.Contains(a.Body, `"INACTIVE"`) {
		t.Errorf("the list is %s", a.Body)
	}
	if u := one(t, s.as(boss, "GET", path+"/deactivate", "")); u.Status != "INACTIVE" {
		t.Errorf("deactivate: %+v", u)
	}
	for _, c := range []struct{ method, path, body string }{
		{"GET", path + "/activate", ""}, {"PUT", path + "/roles", `["Viewer"]`}, {"DELETE", path + "/roles/Viewer", ""},
	} {
		if a := s.as(boss, c.method, c.path, c.body); a.Status != 409 || codes(t, a) != "USER_PENDING_DELETE" {
			t.Errorf("%s %s: %d %s", c.method, c.path, a.Status, a.Body)
		}
	}
	if a := s.as(boss, "DELETE", path, ""); a.Status != 404 {
		t.Errorf("DELETE: %d %s", a.Status, a.Body)
	}
	if n := s.Purge(); n != 1 {
		t.Fatalf("purged %d", n)
	}
	if a := s.as(boss, "GET", path, ""); a.Status != 404 {
		t.Errorf("after the purge: %d %s", a.Status, a.Body)
	}
	if a := s.as(boss, "GET", "users", ""); !strings.HasSuffix(a.Body, `"result":[]}`) {
		t.Errorf("the list after the purge is %s", a.Body)
	}
}

// covers: documented-apis 6.2, documented-apis 6.4
func TestDelete(t *testing.T) {
	s := newServer(t)
	if u := one(t, s.as(boss, "DELETE", "users/"+apitest.JohnnySyncari, "")); u.Status != "INACTIVE" {
		t.Errorf("got %+v", u)
	}
	if u := s.User(s.Johnny); u.Active || u.Status.State != directory.DeletedElsewhere || u.Status.DeletedBy != "syncari:boss" {
		t.Errorf("SCIM shows %v %+v", u.Active, u.Status)
	}
	again := one(t, s.as(boss, "POST", "users", `{"email":"johnny.kingston@example.com","firstName":"J","lastName":"K","userRoles":{}}`))
	if again.ID == apitest.JohnnySyncari || again.Status != "ACTIVE" || len(again.UserRoles) != 0 {
		t.Errorf("the new user is %+v", again)
	}
	if a := s.as(boss, "GET", "users/"+apitest.JohnnySyncari, ""); a.Status != 404 {
		t.Errorf("the old user: %d %s", a.Status, a.Body)
	}
}

// An Instance Admin rules over the users of the instance, and over no Org Admin.
//
// covers: documented-apis 3.3
func TestInstanceAdminBounds(t *testing.T) {
	s := newServer(t)
	add := func(email, roles string) string {
		return "users/" + one(t, s.as(boss, "POST", "users", fmt.Sprintf(`{"email":%q,"firstName":"A","lastName":"B","userRoles":%s}`, email, roles), "syncariId", "RR0VPW")).ID
	}
	elsewhere, chief := add("e@example.com", `{"RR0VPW":["Viewer"]}`), add("c@example.com", `{"YUBV99":["Org Admin"]}`)
	both, here := add("b@example.com", `{"YUBV99":["Viewer"],"RR0VPW":["Viewer"]}`), add("h@example.com", `{"YUBV99":["Viewer"]}`)
	fresh := add("f@example.com", `{}`) // of RR0VPW, with no role anywhere
	for _, c := range []struct {
		method, path, body string
		status             int
	}{
		{"GET", elsewhere, "", 404}, {"GET", elsewhere + "/deactivate", "", 404}, {"DELETE", elsewhere, "", 404},
		{"GET", chief, "", 200}, {"GET", chief + "/deactivate", "", 403}, {"DELETE", chief, "", 403},
		{"PUT", chief + "/roles", `[]`, 403}, {"DELETE", chief + "/roles/Org%20Admin", "", 403},
		{"PUT", elsewhere + "/roles", `["Org Admin"]`, 403},
		{"PUT", elsewhere + "/roles", `["Viewer"]`, 404}, {"PUT", elsewhere + "/roles", `[]`, 404},
		{"DELETE", elsewhere + "/roles/Viewer", "", 404}, {"DELETE", elsewhere + "/roles/Sync%20Manager", "", 404},
		{"GET", elsewhere, "", 404}, {"GET", elsewhere + "/activate", "", 404},

		{"GET", both, "", 200}, {"PUT", both + "/roles", `["Sync Manager"]`, 200},
		{"GET", both + "/deactivate", "", 403}, {"GET", both + "/activate", "", 403}, {"DELETE", both, "", 403},
		{"DELETE", both + "/roles/Sync%20Manager", "", 200}, {"GET", both, "", 404},

		{"GET", here + "/deactivate", "", 200}, {"GET", here + "/activate", "", 200}, {"DELETE", here, "", 200},

		{"GET", fresh, "", 404}, {"GET", fresh + "/deactivate", "", 404}, {"DELETE", fresh + "/roles/Viewer", "", 404},
		{"PUT", fresh + "/roles", `[]`, 404}, {"PUT", fresh + "/roles", `["Viewer"]`, 200}, {"GET", fresh, "", 200},
		{"GET", fresh + "/deactivate", "", 200},
	} {
		if a := s.as(local, c.method, c.path, c.body); a.Status != c.status {
			t.Errorf("%s %s: got %d %s, want %d", c.method, c.path, a.Status, a.Body, c.status)
		} else if c.status != 200 && strings.Contains(a.Body, "@example.com") {
			t.Errorf("%s %s tells who it is: %s", c.method, c.path, a.Body)
		}
	}
	for path, roles := range map[string][]string{elsewhere: {"Viewer"}, both: {"Viewer"}} {
		if u := one(t, s.as(boss, "GET", path, "")); !slices.Equal(u.UserRoles["RR0VPW"], roles) || len(u.UserRoles["YUBV99"]) != 0 || u.Status != "ACTIVE" {
			t.Errorf("left is %+v", u)
		}
	}
}

// covers: documented-apis 3.2, documented-apis 3.8
func TestListAndPaging(t *testing.T) {
	s := newServer(t)
	for _, c := range []struct{ email, instance, roles string }{
		{"a@example.com", "YUBV99", `{}`}, {"b@example.com", "RR0VPW", `{}`}, {"c@example.com", "RR0VPW", `{"YUBV99":["Viewer"]}`},
		{"d@example.com", "YUBV99", `{"RR0VPW":["Viewer"]}`},
	} {
		one(t, s.as(boss, "POST", "users", fmt.Sprintf(`{"email":%q,"firstName":"A","lastName":"B","userRoles":%s}`, c.email, c.roles), "syncariId", c.instance))
	}
	s.AddUser(directory.Profile{UserName: "nobody@example.com"}) // no role, created nowhere in Syncari
	page := func(query string) (emails []string, cursor string) {
		t.Helper()
		var v struct {
			CursorToken string `json:"cursorToken"`
			Result      []user
		}
		a := s.as(boss, "GET", "users"+query, "", "syncariId", "YUBV99")
		a.Decode(t, &v)
		if a.Status != 200 {
			t.Fatalf("got %d %s", a.Status, a.Body)
		}
		for _, u := range v.Result {
			emails = append(emails, u.Email)
		}
		return emails, v.CursorToken
	}
	want := []string{apitest.JohnnyName, "a@example.com", "c@example.com"}
	if got, cursor := page(""); !slices.Equal(got, want) || cursor != "" {
		t.Errorf("all: %v, cursor %q", got, cursor)
	}
	if got, cursor := page("?limit=3"); !slices.Equal(got, want) || cursor != "" {
		t.Errorf("limit 3: %v, cursor %q", got, cursor)
	}
	var got []string
	query := "?limit=1"
	for i := 0; i < 10 && query != ""; i++ {
		part, cursor := page(query)
		got = append(got, part...)
		query = ""
		if cursor != "" {
			query = "?limit=1&cursorToken=" + cursor
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("page by page: %v", got)
	}
	_, cursor := page("?limit=2") // stands behind a@example.com, which goes away now
	a, err := s.Bridge.Account(context.Background(), s.SCIM.Tenant, provision.Ref{Key: storage.UserKey{Email: "a@example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	s.DeleteUser(a.ID)
	if n := s.Purge(); n != 1 {
		t.Fatalf("purged %d", n)
	}
	if got, _ := page("?cursorToken=" + cursor); !slices.Equal(got, []string{"c@example.com"}) {
		t.Errorf("behind a user who is gone: %v", got)
	}
	for _, bad := range []string{"?limit=0", "?limit=-1", "?limit=x", "?cursorToken=x", "?cursorToken=AAAAAAAAAAAAAAAAAAAAAAAAAAA", "?cursorToken=AQAAAAAAAAAAAAAAAAAAAAAAAAA"} {
		if a := s.as(boss, "GET", "users"+bad, ""); a.Status != 400 || codes(t, a) != "INVALID_REQUEST" {
			t.Errorf("%s: %d %s", bad, a.Status, a.Body)
		}
	}
}

// sick is a bridge whose database is out of order.
type sick struct{ err error }

func (c sick) Account(context.Context, directory.TenantID, provision.Ref) (mapping.Account, error) {
	return mapping.Account{}, c.err
}
func (c sick) Accounts(context.Context, directory.TenantID, func(mapping.Account) bool) error {
	return c.err
}
func (c sick) AccountsAfter(context.Context, directory.TenantID, provision.Ref, func(mapping.Account) bool) error {
	return c.err
}
func (c sick) EditAccount(context.Context, journal.Actor, provision.Ref, string, func(*provision.Draft) error) (mapping.Account, error) {
	return mapping.Account{}, c.err
}
func (c sick) CreateAccount(context.Context, journal.Actor, string, bool, provision.Draft) (mapping.Account, error) {
	return mapping.Account{}, c.err
}

func TestStorageErrors(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		code   string
		retry  bool
	}{
		{fmt.Errorf("disk 7 of CANARY: %w", storage.ErrUnavailable), 503, "SERVICE_UNAVAILABLE", true},
		{fmt.Errorf("CANARY: %w", storage.ErrUncertain), 500, "RESULT_UNKNOWN", false},
		{fmt.Errorf("CANARY: %w: %w: %w", storage.ErrUncertain, storage.ErrUnavailable, context.Canceled), 500, "RESULT_UNKNOWN", false},
		{fmt.Errorf("CANARY: %w", context.Canceled), 503, "SERVICE_UNAVAILABLE", true},
		{fmt.Errorf("CANARY: %w", context.DeadlineExceeded), 503, "SERVICE_UNAVAILABLE", true},
		{fmt.Errorf("CANARY: %w", directory.ErrProtected), 403, "USER_PROTECTED", false},
		{fmt.Errorf("CANARY broke"), 500, "INTERNAL_ERROR", false},
	} {
		s := newServer(t, func(cfg *syncari.Config) { cfg.Bridge = sick{c.err} })
		for _, r := range []struct{ method, path, body string }{
			{"GET", "users", ""}, {"POST", "users", newUser}, {"GET", "users/" + apitest.JohnnySyncari, ""},
			{"GET", "users/" + apitest.JohnnySyncari + "/deactivate", ""}, {"PUT", "users/" + apitest.JohnnySyncari + "/roles", "[]"},
		} {
			a := s.as(boss, r.method, r.path, r.body)
			if a.Status != c.status || codes(t, a) != c.code || (a.Header.Get("Retry-After") != "") != c.retry || strings.Contains(a.Body, "CANARY") {
				t.Errorf("%v: %s %s: got %d %s", c.err, r.method, r.path, a.Status, a.Body)
			}
		}
	}
}

// A deletion puts nobody into a list who was not there before.
//
// covers: documented-apis 3.8
func TestDeletionAddsNobodyToTheLists(t *testing.T) {
	s := newServer(t)
	never := s.AddUser(directory.Profile{UserName: "never@example.com", Emails: []directory.Plural{{Value: "never@example.com"}}})
	viewer := s.AddUser(directory.Profile{UserName: "viewer@example.com", Emails: []directory.Plural{{Value: "viewer@example.com"}}})
	s.EditGroup(s.GroupID["syncari:RR0VPW:Viewer"], &directory.MemberEdit{Add: []string{viewer.ID.String()}})
	born := one(t, s.as(boss, "POST", "users", `{"email":"born@example.com","firstName":"B","lastName":"B","userRoles":{}}`))
	listed := func(instance string) (found []string) {
		a := s.as(boss, "GET", "users", "", "syncariId", instance)
		var v struct{ Result []user }
		a.Decode(t, &v)
		for _, u := range v.Result {
			if u.Email != apitest.JohnnyName {
				found = append(found, u.Email+" "+u.Status)
			}
		}
		return found
	}
	want := func(when, status string) {
		t.Helper()
		if got := listed("YUBV99"); !slices.Equal(got, []string{"born@example.com " + status}) {
			t.Errorf("%s YUBV99 lists %v", when, got)
		}
		if got := listed("RR0VPW"); !slices.Equal(got, []string{"viewer@example.com " + status}) {
			t.Errorf("%s RR0VPW lists %v", when, got)
		}
	}
	want("before,", "ACTIVE")
	s.DeleteUser(never.ID)
	s.DeleteUser(viewer.ID)
	one(t, s.as(boss, "DELETE", "users/"+born.ID, ""))
	want("after,", "INACTIVE")
}

// covers: T-38
func TestBodyNull(t *testing.T) {
	s := newServer(t)
	for _, r := range []struct{ method, path string }{{"POST", "users"}, {"PUT", "users/" + apitest.JohnnySyncari + "/roles"}} {
		if a := s.as(boss, r.method, r.path, "null"); a.Status != 400 || codes(t, a) != "INVALID_REQUEST" {
			t.Errorf("%s %s: %d %s", r.method, r.path, a.Status, a.Body)
		}
	}
}
