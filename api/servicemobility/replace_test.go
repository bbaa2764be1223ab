package servicemobility_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scimbridge/scimbridge/api/apitest"
	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/mapping"
	"github.com/scimbridge/scimbridge/storage"
)

var johnnyKey = storage.UserKey{MobilityUserID: apitest.JohnnyName}

// Putting back what was read is no change: same version, nothing journalled.
//
// covers: documented-apis 4.4
func TestPutOfGetChangesNothing(t *testing.T) {
	s := newServer(t)
	s.SetTime(s.Now().Add(1e9))
	before := s.User(s.Johnny)
	entries := len(s.Journal(0))
	s.ok("PUT", johnny, s.do("GET", johnny, "").Body)
	after := s.User(s.Johnny)
	if after.Version != before.Version || !bytes.Equal(after.Document, before.Document) || after.Snapshot != nil {
		t.Errorf("version %d became %d, document\n%s\nbecame\n%s", before.Version, after.Version, before.Document, after.Document)
	}
	if n := len(s.Journal(0)) - entries; n != 0 {
		t.Errorf("%d journal entries", n)
	}
	s.do("GET", johnny, "").WantGolden(t, 200, "user.json")
}

// covers: documented-apis 4.4, documented-apis 4.5, documented-apis 6.2
func TestPutCreates(t *testing.T) {
	s := newServer(t)
	s.ok("PUT", escaped("Ada"), `{}`)
	want := map[string]any{
		"Activated": true, "AuthenticationID": "Ada", "Deleted": false, "DGroupID": "Default", "Email": "", "EnableMobileDiagnostics": false,
		"Extensions": map[string]any{}, "FaceTime": "", "FirstName": "", "IsMobileWorker": false, "LanguageCode": "en", "LastName": "",
		"Locked": false, "Password": "", "Phones": []any{}, "ResetPassword": false, "ServiceTeamID": "", "SMS": "", "Status": "",
		"StorageLocationID": "", "UserID": "Ada",
	}
	if diff := cmp.Diff(want, s.shown(escaped("ADA"))); diff != "" {
		t.Errorf("all defaults (-want +got):\n%s", diff)
	}
	full := `{"Activated":false,"AuthenticationID":"grace@example.com","Deleted":true,"DGroupID":"default","Email":"grace@navy.example",
		"EnableMobileDiagnostics":true,"Extensions":{"Rank":"Rear <Admiral>","Department":"Navy"},"FaceTime":"grace","FirstName":"Grace","IsMobileWorker":true,
		"LanguageCode":"de-DE","LastName":"Hopper","Locked":true,"Password":"amazing","Phones":[{"PhoneNum":"1","PhoneType":"work"},{"PhoneNum":"2","PhoneType":"Pager"}],
		"ResetPassword":false,"ServiceTeamID":"T1","SMS":"+1 555","Status":"1002","StorageLocationID":"VAN-7","UserID":"gRACE"}`
	s.ok("PUT", escaped("Grace")+"?emailNotification=true", full)
	if err := json.Unmarshal([]byte(full), &want); err != nil {
		t.Fatal(err)
	}
	maps.Copy(want, map[string]any{
		"UserID": "Grace", "Password": "", "Deleted": false, "DGroupID": "Default",
		"Phones": []any{map[string]any{"PhoneNum": "1", "PhoneType": "Work"}, map[string]any{"PhoneNum": "2", "PhoneType": "Other"}, map[string]any{"PhoneNum": "+1 555", "PhoneType": "Mobile"}},
	})
	want["Extensions"] = map[string]any{"Rank": "Rear <Admiral>", "Department": "Navy"}
	if diff := cmp.Diff(want, s.shown(escaped("Grace"))); diff != "" {
		t.Errorf("everything set (-want +got):\n%s", diff)
	}
	d := s.draft(storage.UserKey{UserName: "grace@example.com"})
	if d.User.Origin != directory.OriginMobility || d.User.Active || d.User.Status.DisabledBy != directory.OriginMobility {
		t.Errorf("the user is %+v", d.User)
	}
	if types := d.Profile.PhoneNumbers; types[0].Type != "work" || types[1].Type != "pager" {
		t.Errorf("SCIM sees the phones %v", types)
	}
	s.ok("PUT", escaped("Grace"), s.do("GET", escaped("Grace"), "").Body)
	if again := s.draft(storage.UserKey{UserName: "grace@example.com"}); again.User.Version != d.User.Version {
		t.Errorf("putting it back made version %d of %d", again.User.Version, d.User.Version)
	}
}

// covers: documented-apis 4.4
func TestPutReplaces(t *testing.T) {
	s := newServer(t)
	s.ok("PUT", johnny, `{"FirstName":"John","LastName":"King","Phones":[{"PhoneNum":"+1 774 291 4444","PhoneType":"Work"}]}`)
	want := map[string]any{
		"Activated": true, "AuthenticationID": apitest.JohnnyName, "Deleted": false, "DGroupID": "Default", "Email": "", "EnableMobileDiagnostics": false,
		// These two are the identity provider's and can not be removed here.
		"Extensions": map[string]any{"Department": "Quality", "EmployeeNumber": "701984"},
		"FaceTime":   "", "FirstName": "John", "IsMobileWorker": false, "LanguageCode": "en", "LastName": "King", "Locked": false, "Password": "",
		"Phones":        []any{map[string]any{"PhoneNum": "+1 774 291 4444", "PhoneType": "Work"}},
		"ResetPassword": false, "ServiceTeamID": "TEAM-EAST", "SMS": "", "Status": "", "StorageLocationID": "", "UserID": apitest.JohnnyName,
	}
	if diff := cmp.Diff(want, s.shown(johnny)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	u := s.User(s.Johnny)
	p, err := u.Document.Profile()
	if err != nil {
		t.Fatal(err)
	}
	if p.Name.Formatted != "John King" || p.DisplayName != "John King" || p.PreferredLanguage != "en" || len(p.Emails) != 0 {
		t.Errorf("SCIM sees %s", u.Document)
	}
	if u.Snapshot == nil || !strings.Contains(string(u.Snapshot), "Johnny Kingston") {
		t.Errorf("what the identity provider said is lost: %s", u.Snapshot)
	}
}

// covers: documented-apis 4.3, documented-apis 4.4, T-38, T-67
func TestPutRefusals(t *testing.T) {
	s := newServer(t)
	s.AddUser(directory.Profile{UserName: "taken@example.com", Emails: []directory.Plural{{Value: "mail@example.com"}}})
	for _, c := range []struct {
		name, path, body string
		status           int
		text, value, at  string
	}{
		{"other UserID", johnny, `{"UserID":"x"}`, 400, "UserID 'x' from payload does not match with request URI '/johnny.kingston@example.com'.", "x", ".UserID"},
		{"empty UserID", johnny, `{"UserID":""}`, 400, "does not match", "", ".UserID"},
		{"reset", johnny, `{"ResetPassword":true,"Password":"x"}`, 400, "no mail is sent", "", ".ResetPassword"},
		{"wrong type", johnny, `{"Phones":[{"PhoneNum":1}]}`, 400, "a string is expected", "", ".Phones[0].PhoneNum"},
		{"boolean as a string", johnny, `{"Activated":"false"}`, 400, "true or false is expected", "", ".Activated"},
		{"twice", johnny, `{"Locked":true,"Locked":false}`, 400, "given twice", "", ".Locked"},
		{"extension of the wrong type", johnny, `{"Extensions":{"a":1}}`, 400, "a string is expected", "", ".Extensions.a"},
		{"no object", johnny, `[]`, 400, "an object is expected", "", ""},
		{"null", johnny, `null`, 400, "an object is expected, not null", "", ""},
		{"teams null", johnny + "/ServiceTeams", `null`, 400, "an object is expected, not null", "", ""},
		{"password null", johnny + "/ChangePassword", `null`, 400, "an object is expected, not null", "", ""},
		{"UserID that is no text", users + "%FF", `{}`, 400, "not valid UTF-8", "", ".UserID"},
		{"empty", johnny, ``, 400, "empty", "", ""},
		{"email", johnny, `{"Email":"x"}`, 400, "not an email address", "", ".Email"},
		{"control character", johnny, `{"FirstName":"a\u0000b"}`, 400, "control character", "", ".FirstName"},
		{"long", johnny, `{"LastName":"` + strings.Repeat("n", 257) + `"}`, 400, "longer than 256", "", ".LastName"},
		{"blank phone", johnny, `{"Phones":[{"PhoneNum":" ","PhoneType":"Work"}]}`, 400, "PhoneNum is blank", "", ".Phones[0].PhoneNum"},
		{"blank extension", johnny, `{"Extensions":{"":"x"}}`, 400, "blank", "", ".Extensions"},
		{"unknown group", johnny, `{"DGroupID":"X"}`, 400, "Deployment group 'X' does not exist.", "X", ".DGroupID"},
		{"long password", johnny, `{"Password":"` + strings.Repeat("p", 1025) + `"}`, 400, "longer", "", ".Password"},
		{"login of another", escaped("new"), `{"AuthenticationID":"Taken@example.com"}`, 409, "AuthenticationID is already in use", "", ".AuthenticationID"},
		{"email of another", escaped("new"), `{"Email":"MAIL@example.com"}`, 409, "Email is already in use", "", ".Email"},
		{"UserID with a control character", users + "a%0Ab", `{}`, 400, "UserID", "", ".UserID"},
		{"too large", johnny, `{"FirstName":"` + strings.Repeat("x", 300_000) + `"}`, 413, "larger", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := len(s.Journal(0))
			text, value, at := message(t, s.do("PUT", c.path, c.body), c.status)
			if !strings.Contains(text, c.text) || value != c.value || at != c.at {
				t.Errorf("got %q, value %q, path %q", text, value, at)
			}
			if len(s.Journal(0)) != before {
				t.Error("something was written")
			}
		})
	}
	s.do("GET", johnny, "").WantGolden(t, 200, "user.json")
	a := apitest.Do(t, s, "PUT", johnny, "x=1", "x-access-token", s.token("office"), "Content-Type", "application/x-www-form-urlencoded")
	message(t, a, 415)
}

// covers: documented-apis 6.1, documented-apis 6.2
func TestActivatedAndLocked(t *testing.T) {
	s := newServer(t)
	s.ok("PUT", johnny, `{"Activated":false,"Locked":true}`)
	if u := s.User(s.Johnny); u.Active || u.Status.DisabledBy != directory.OriginMobility {
		t.Errorf("SCIM shows %v %+v", u.Active, u.Status)
	}
	if m := s.shown(johnny); m["Activated"] != false || m["Locked"] != true {
		t.Errorf("shown %v", m)
	}
	s.ok("PUT", johnny, `{}`)
	if m := s.shown(johnny); m["Activated"] != true || m["Locked"] != false {
		t.Errorf("shown %v", m)
	}
	yes := true
	s.Push(s.Johnny, func(p *directory.Profile) { p.Bridge.Locked = &yes })
	text, _, at := message(t, s.do("PUT", johnny, `{"Locked":false}`), 409)
	if at != ".Locked" || !strings.Contains(text, "identity provider") {
		t.Errorf("got %q at %q", text, at)
	}
	s.ok("PUT", johnny, `{}`)
	if m := s.shown(johnny); m["Locked"] != true {
		t.Error("a lock of the identity provider was undone")
	}
}

// covers: documented-apis 6.4, documented-apis 4.8
func TestPutAfterDeleteMakesANewUser(t *testing.T) {
	for name, remove := range map[string]func(*server){
		"here":    func(s *server) { s.ok("DELETE", johnny, "") },
		"by SCIM": func(s *server) { s.DeleteUser(s.Johnny) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			remove(s)
			s.ok("PUT", johnny, `{"FirstName":"Second"}`)
			d := s.draft(johnnyKey)
			if d.User.ID == s.Johnny || d.User.Origin != directory.OriginMobility || len(d.Account.Grants) != 0 {
				t.Errorf("the new user is %s of %s with %v", d.User.ID, d.User.Origin, d.Account.Grants)
			}
			if m := s.shown(johnny); m["FirstName"] != "Second" || m["LastName"] != "" || m["ServiceTeamID"] != "" {
				t.Errorf("it inherited: %v", m)
			}
		})
	}
}

// SMS is a mobile number that is also among Phones.
//
// covers: documented-apis 4.5
func TestSMSAndPhones(t *testing.T) {
	const work, mobile = `{"PhoneNum":"+1 774 291 4444","PhoneType":"Work"}`, `{"PhoneNum":"+11235556799","PhoneType":"Mobile"}`
	for _, c := range []struct{ name, body, sms, phones string }{
		{"only SMS new", `{"SMS":"+99","Phones":[` + work + `,` + mobile + `]}`, "+99", "+1 774 291 4444 Work,+99 Mobile,+11235556799 Mobile"},
		{"only Phones new", `{"SMS":"+11235556799","Phones":[{"PhoneNum":"+88","PhoneType":"mobile"}]}`, "+11235556799", "+11235556799 Mobile,+88 Mobile"},
		{"the second of Phones", `{"SMS":"+88","Phones":[` + mobile + `,{"PhoneNum":"+88","PhoneType":"mobile"}]}`, "+88", "+88 Mobile,+11235556799 Mobile"},
		{"only SMS sent", `{"SMS":"+77"}`, "+77", "+77 Mobile"},
		{"only Phones sent", `{"Phones":[` + mobile + `]}`, "+11235556799", "+11235556799 Mobile"},
		{"neither", `{}`, "", ""},
		{"SMS beside other phones", `{"SMS":"+66","Phones":[` + work + `]}`, "+66", "+1 774 291 4444 Work,+66 Mobile"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t)
			yes := true
			s.Push(s.Johnny, func(p *directory.Profile) { p.PhoneNumbers[0].Primary = &yes })
			s.ok("PUT", johnny, c.body)
			var u struct {
				SMS    string
				Phones []struct{ PhoneNum, PhoneType string }
			}
			s.do("GET", johnny, "").Decode(t, &u)
			var all []string
			for _, p := range u.Phones {
				all = append(all, p.PhoneNum+" "+p.PhoneType)
			}
			if u.SMS != c.sms || strings.Join(all, ",") != c.phones {
				t.Errorf("SMS %q, phones %v", u.SMS, all)
			}
		})
	}
}

// What a phone number has that this API does not know survives.
func TestPhonesKeepWhatTheyHave(t *testing.T) {
	s := newServer(t)
	yes := true
	s.Push(s.Johnny, func(p *directory.Profile) {
		p.PhoneNumbers = []directory.Plural{{Value: "tel:+1-201", Type: "pager", Display: "old", Primary: &yes}, {Value: "5", Type: "work"}}
	})
	s.ok("PUT", johnny, `{"Phones":[{"PhoneNum":"6","PhoneType":"Work"},{"PhoneNum":"+1-201","PhoneType":"Other"}]}`)
	got := s.draft(johnnyKey).Profile.PhoneNumbers
	want := []directory.Plural{{Value: "6", Type: "work"}, {Value: "tel:+1-201", Type: "pager", Display: "old", Primary: &yes}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// covers: documented-apis 4.5
func TestExtensions(t *testing.T) {
	s := newServer(t)
	s.Push(s.Johnny, func(p *directory.Profile) { p.Bridge.Extensions = []directory.Plural{{Display: "Badge", Value: "17"}} })
	check := func(want map[string]string) {
		t.Helper()
		var u struct{ Extensions map[string]string }
		s.do("GET", johnny, "").Decode(t, &u)
		if diff := cmp.Diff(want, u.Extensions); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	check(map[string]string{"EmployeeNumber": "701984", "Department": "Quality", "Badge": "17"})
	s.ok("PUT", johnny, `{"Extensions":{"EmployeeNumber":"701984","Department":"Service","Badge":"17","Van":"7"}}`)
	check(map[string]string{"EmployeeNumber": "701984", "Department": "Service", "Badge": "17", "Van": "7"})
	s.ok("PUT", johnny, `{"Extensions":{"Van":"","Other":"1"}}`)
	check(map[string]string{"EmployeeNumber": "701984", "Department": "Quality", "Other": "1"})
}

// covers: documented-apis 0.3, documented-apis 4.4
func TestAuthenticationID(t *testing.T) {
	s := newServer(t)
	// A user that came by SCIM keeps its userName; the login lies beside it.
	s.ok("PUT", johnny, `{"AuthenticationID":"jk"}`)
	if d := s.draft(johnnyKey); d.Profile.UserName != apitest.JohnnyName || d.Account.Mobility.AuthenticationID != "jk" {
		t.Errorf("userName %q, login %q", d.Profile.UserName, d.Account.Mobility.AuthenticationID)
	}
	s.ok("PUT", johnny, `{"AuthenticationID":""}`)
	if d := s.draft(johnnyKey); d.Account.Mobility.AuthenticationID != apitest.JohnnyName || d.State.Mobility.AuthenticationID != "" {
		t.Errorf("login %q", d.Account.Mobility.AuthenticationID)
	}
	// A later userName shows as the login; the UserID stays.
	s.Push(s.Johnny, func(p *directory.Profile) { p.UserName = "john@example.com" })
	if m := s.shown(johnny); m["AuthenticationID"] != "john@example.com" || m["UserID"] != apitest.JohnnyName {
		t.Errorf("shown %v %v", m["AuthenticationID"], m["UserID"])
	}
	// A user that was born here has it as userName.
	s.ok("PUT", escaped("Ada"), `{"AuthenticationID":"ada@example.com"}`)
	s.ok("PUT", escaped("Ada"), `{"AuthenticationID":"ada@example.org"}`)
	ada := s.draft(storage.UserKey{MobilityUserID: "ada"})
	if ada.Profile.UserName != "ada@example.org" {
		t.Errorf("userName %q", ada.Profile.UserName)
	}
	// Once an identity provider has written it, the userName is the provider's.
	s.Push(ada.User.ID, func(p *directory.Profile) { p.Title = "Countess" })
	s.ok("PUT", escaped("Ada"), `{"AuthenticationID":"ada@example.net"}`)
	if d := s.draft(storage.UserKey{MobilityUserID: "ada"}); d.Profile.UserName != "ada@example.org" || d.Account.Mobility.AuthenticationID != "ada@example.net" {
		t.Errorf("adopted: userName %q, login %q", d.Profile.UserName, d.Account.Mobility.AuthenticationID)
	}
}

// A pushed storage location is taken away, and leaves no empty object behind.
func TestStorageLocation(t *testing.T) {
	s := newServer(t)
	s.Push(s.Johnny, func(p *directory.Profile) {
		p.Bridge = &directory.Bridge{Mobility: &directory.MobilityAttributes{StorageLocationID: "VAN-7"}}
	})
	if m := s.shown(johnny); m["StorageLocationID"] != "VAN-7" {
		t.Errorf("shown %v", m["StorageLocationID"])
	}
	s.ok("PUT", johnny, `{}`)
	if m := s.shown(johnny); m["StorageLocationID"] != "" {
		t.Errorf("shown %v", m["StorageLocationID"])
	}
	if doc := string(s.User(s.Johnny).Document); strings.Contains(doc, directory.BridgeSchema) || strings.Contains(doc, "{}") {
		t.Errorf("the document is %s", doc)
	}
}

// covers: documented-apis 4.4, T-66
func TestPassword(t *testing.T) {
	const canary = "CANARY-pass-7f3a"
	s := newServer(t)
	hash := func() string { return s.draft(johnnyKey).State.Mobility.PasswordHash }
	s.ok("PUT", johnny, `{"Password":"`+canary+`"}`)
	first := hash()
	if !strings.HasPrefix(first, "$argon2id$") {
		t.Fatalf("kept %q", first)
	}
	s.ok("PUT", johnny, `{"Password":""}`)
	s.ok("PUT", johnny, `{}`)
	if hash() != first {
		t.Error("an absent or empty Password changed it")
	}
	s.ok("PUT", johnny+"/ChangePassword", `{"Password":"`+canary+`"}`)
	if hash() == first || hash() == "" {
		t.Error("ChangePassword did not make a new hash")
	}
	for _, body := range []string{`{}`, `{"Password":""}`, `{"Password":null}`, `{"Password":7}`} {
		message(t, s.do("PUT", johnny+"/ChangePassword", body), 400)
	}
	if m := s.shown(johnny); m["Password"] != "" {
		t.Errorf("GET shows %v", m["Password"])
	}
	told := 0
	for _, e := range s.Journal(0) {
		all := string(e.Forward) + string(e.Backward) + string(e.Note)
		if strings.Contains(all, canary) || strings.Contains(all, "argon2") {
			t.Errorf("the journal holds it: %s", all)
		}
		if strings.Contains(string(e.Note), `"password":"set"`) {
			told++
		}
	}
	if told != 2 {
		t.Errorf("%d journal entries tell of a new password, want 2", told)
	}
	text, _, _ := message(t, s.do("PUT", johnny+"/ResetPassword", ""), 400)
	if !strings.Contains(text, "no mail") {
		t.Errorf("ResetPassword: %s", text)
	}
}

// covers: documented-apis 4.4
func TestServiceTeams(t *testing.T) {
	s := newServer(t)
	teams := func() []string { return s.draft(johnnyKey).Account.Mobility.Teams }
	for _, c := range []struct {
		path, body string
		want       []string
	}{
		{"/ServiceTeams", `{"ServiceTeams":["B","A","B"]}`, []string{"B", "A"}},
		{"", `{}`, []string{"B", "A"}},
		{"", `{"ServiceTeamID":"b"}`, []string{"B", "A"}},
		{"", `{"ServiceTeamID":"C"}`, []string{"C"}},
		{"/ServiceTeams", `{"ServiceTeams":[]}`, []string{}},
		{"/ServiceTeams", `{"ServiceTeams":["TEAM-EAST"]}`, []string{"TEAM-EAST"}},
	} {
		s.ok("PUT", johnny+c.path, c.body)
		if diff := cmp.Diff(c.want, teams()); diff != "" {
			t.Errorf("after %s (-want +got):\n%s", c.body, diff)
		}
	}
	for _, body := range []string{`{}`, `{"ServiceTeams":null}`, `{"ServiceTeams":"A"}`, `{"ServiceTeams":[""]}`, `{"ServiceTeams":[1]}`, `["A"]`} {
		message(t, s.do("PUT", johnny+"/ServiceTeams", body), 400)
	}
}

// Assigning the teams that the groups give leaves them to the groups.
func TestServiceTeamsOfTheGroups(t *testing.T) {
	s := newServer(t)
	s.ok("PUT", johnny+"/ServiceTeams", `{"ServiceTeams":["TEAM-EAST"]}`)
	s.EditGroup(s.GroupID["servicemobility:team:TEAM-EAST"], &directory.MemberEdit{Clear: true})
	if m := s.shown(johnny); m["ServiceTeamID"] != "" {
		t.Errorf("the team is %v", m["ServiceTeamID"])
	}
}

func TestConfiguredTeams(t *testing.T) {
	w := apitest.New(t, func(m *mapping.Settings) {
		m.Mobility.Teams, m.Mobility.SingleTeam, m.Mobility.DGroups = []string{"TEAM-EAST", "TEAM-WEST"}, true, []string{"Field"}
	})
	s := serverOver(w)
	s.ok("PUT", johnny+"/ServiceTeams", `{"ServiceTeams":["team-west"]}`)
	if m := s.shown(johnny); m["ServiceTeamID"] != "TEAM-WEST" {
		t.Errorf("the team is %v", m["ServiceTeamID"])
	}
	text, value, _ := message(t, s.do("PUT", johnny+"/ServiceTeams", `{"ServiceTeams":["X"]}`), 400)
	if text != "Service team 'X' does not exist." || value != "X" {
		t.Errorf("got %q, %q", text, value)
	}
	message(t, s.do("PUT", johnny, `{"ServiceTeamID":"X"}`), 400)
	message(t, s.do("PUT", johnny+"/ServiceTeams", `{"ServiceTeams":["TEAM-EAST","TEAM-WEST"]}`), 400)
	s.ok("PUT", johnny, `{"DGroupID":"FIELD"}`)
	if m := s.shown(johnny); m["DGroupID"] != "Field" {
		t.Errorf("the group is %v", m["DGroupID"])
	}
}

// Ten PUTs of one new user at the same time make one user, and all succeed.
//
// covers: T-46
func TestConcurrentPuts(t *testing.T) {
	s := newServer(t)
	token := s.token("office")
	var wg sync.WaitGroup
	answers := make([]apitest.Answer, 10)
	for i := range answers {
		wg.Go(func() {
			name := []string{"Ada", "ADA"}[i%2]
			answers[i] = apitest.Do(t, s, "PUT", escaped(name), fmt.Sprintf(`{"FirstName":"%d"}`, i), "x-access-token", token)
		})
	}
	wg.Wait()
	for i, a := range answers {
		if a.Status != 200 {
			t.Errorf("PUT %d: %d %s", i, a.Status, a.Body)
		}
	}
	made := 0
	for _, e := range s.Journal(0) {
		if e.Action == "servicemobility.create" {
			made++
		}
	}
	if made != 1 {
		t.Errorf("%d users were created", made)
	}
}
