package mapping_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/mapping"
)

func pointer[T any](v T) *T { return &v }

// TestFields: one row for each step of each field's fallbacks (documented-apis
// 1.5, 2.6, 3.6, 4.5 and 5).
func TestFields(t *testing.T) {
	type user = directory.Profile
	type state = directory.AppState
	mail := func(value, kind string, primary bool) directory.Plural {
		p := directory.Plural{Value: value, Type: kind}
		if primary {
			p.Primary = pointer(true)
		}
		return p
	}
	bridge := func(b directory.Bridge) user { return user{UserName: "a@x", Bridge: &b} }
	mobile := func(m directory.MobilityAttributes) user { return bridge(directory.Bridge{Mobility: &m}) }
	uniphore := func(u directory.UniphoreAttributes) user { return bridge(directory.Bridge{Uniphore: &u}) }
	mobility := func(m directory.MobilityState) state { return state{Mobility: m} }
	joined := func(s ...string) string { return strings.Join(s, " ") }
	flag := func(b bool) string {
		if b {
			return "true"
		}
		return "false"
	}
	emails := func(a mapping.Account) string {
		return joined(a.Email, a.Uniphore.Email, a.Syncari.Email, a.Mobility.Email)
	}
	names := func(a mapping.Account) string { return joined(a.Syncari.FirstName, a.Syncari.LastName) }
	phones := func(a mapping.Account) string { return joined(a.PhoneMobile, a.PhoneWork) }
	worker := func(a mapping.Account) string {
		return joined(flag(a.Mobility.MobileWorker), a.Mobility.Status)
	}
	dgroup := func(a mapping.Account) string { return a.Mobility.DGroupID }
	station := func(a mapping.Account) string { return a.Uniphore.StationID }
	org := func(a mapping.Account) string { return joined(a.Uniphore.OrgName, flag(a.Uniphore.OrgID == 1)) }

	settings := mapping.Settings{Mobility: mapping.MobilitySettings{DGroups: []string{"North"}}}
	for _, c := range []struct {
		name  string
		user  user
		state state
		in    []directory.Membership
		got   func(mapping.Account) string
		want  string
	}{
		{"emails: canonical work first, elsewhere primary first", user{Emails: []directory.Plural{mail("f", "", false), mail("p", "home", true), mail("w", "Work", false)}}, state{}, nil, emails, "w p p p"},
		{"emails: no work", user{Emails: []directory.Plural{mail("f", "", false), mail("p", "home", true)}}, state{}, nil, emails, "p p p p"},
		{"emails: no primary", user{Emails: []directory.Plural{mail("f", "", false), mail("w", "work", false)}}, state{}, nil, emails, "w w w w"},
		{"emails: the first", user{Emails: []directory.Plural{mail("f", "", false), mail("g", "other", false)}}, state{}, nil, emails, "f f f f"},
		{"emails: the primary of two work addresses", user{Emails: []directory.Plural{mail("1", "work", false), mail("2", "work", true)}}, state{}, nil, emails, "2 2 2 2"},
		{"emails: none", user{UserName: "a@b.example"}, state{}, nil, emails, "   "},

		{"phones: scheme stripped", user{PhoneNumbers: []directory.Plural{mail("tel:+1-201", "mobile", false), mail("TEL:5", "WORK", false)}}, state{}, nil, phones, "+1-201 5"},
		{"phones: verbatim otherwise", user{PhoneNumbers: []directory.Plural{mail("+1 774 (x)", "work", false), mail("9", "home", false)}}, state{}, nil, phones, " +1 774 (x)"},

		{"display name", user{DisplayName: "D", Name: &directory.Name{Formatted: "F"}}, state{}, nil, func(a mapping.Account) string { return a.DisplayName }, "D"},
		{"display name: formatted", user{Name: &directory.Name{Formatted: "F", GivenName: "G"}}, state{}, nil, func(a mapping.Account) string { return a.DisplayName }, "F"},
		{"display name: joined", user{Name: &directory.Name{GivenName: "G", FamilyName: "F"}}, state{}, nil, func(a mapping.Account) string { return a.DisplayName }, "G F"},
		{"display name: one part", user{Name: &directory.Name{FamilyName: "F"}}, state{}, nil, func(a mapping.Account) string { return a.DisplayName }, "F"},

		{"language", user{PreferredLanguage: "fr-CA", Locale: "de"}, state{}, nil, func(a mapping.Account) string { return a.Language }, "fr-CA"},
		{"language: locale", user{Locale: "de-DE"}, state{}, nil, func(a mapping.Account) string { return a.Language }, "de-DE"},
		{"language: default", user{}, state{}, nil, func(a mapping.Account) string { return a.Language }, "en"},
		{"facetime", user{IMs: []directory.Plural{mail("s", "skype", true), mail("f", "FaceTime", false)}}, state{}, nil, func(a mapping.Account) string { return a.FaceTime }, "f"},

		{"username: domain stripped", user{UserName: "a.b@c@example.com"}, state{}, nil, func(a mapping.Account) string { return a.Uniphore.UserName }, "a.b@c"},
		{"username: no local part", user{UserName: "@example.com"}, state{}, nil, func(a mapping.Account) string { return a.Uniphore.UserName }, "@example.com"},
		{"username: pushed", uniphore(directory.UniphoreAttributes{UserName: "u@x"}), state{}, nil, func(a mapping.Account) string { return a.Uniphore.UserName }, "u@x"},
		{"auth0: pushed", uniphore(directory.UniphoreAttributes{Auth0ID: "p"}), state{Uniphore: directory.UniphoreState{Auth0ID: "s"}}, nil, func(a mapping.Account) string { return a.Uniphore.Auth0ID }, "p"},
		{"auth0: learned", user{}, state{Uniphore: directory.UniphoreState{Auth0ID: "s"}}, nil, func(a mapping.Account) string { return a.Uniphore.Auth0ID }, "s"},
		{"client id: pushed", uniphore(directory.UniphoreAttributes{ClientID: "p"}), state{Uniphore: directory.UniphoreState{ClientID: "s"}}, nil, func(a mapping.Account) string { return a.Uniphore.ClientID }, "p"},
		{"client id: learned", user{}, state{Uniphore: directory.UniphoreState{ClientID: "s"}}, nil, func(a mapping.Account) string { return a.Uniphore.ClientID }, "s"},
		{"client id: computed", user{}, state{}, nil, func(a mapping.Account) string { return a.Uniphore.ClientID }, "fa4474bd-4c92-52d6-bf74-8983d929cfb5"},
		{"station: static", uniphore(directory.UniphoreAttributes{StationID: "4021", StationIDMode: "static"}), state{}, nil, station, "4021"},
		{"station: dynamic", uniphore(directory.UniphoreAttributes{StationID: "4021", StationIDMode: "dynamic"}), state{}, nil, station, ""},
		{"station: no mode", uniphore(directory.UniphoreAttributes{StationID: "4021"}), state{}, nil, station, ""},
		{"organization: none", user{}, state{}, nil, org, "Default true"},
		{"organization: not numbered yet", user{Enterprise: &directory.Enterprise{Organization: "New"}}, state{}, nil, org, "Default true"},

		{"high risk: pushed", bridge(directory.Bridge{RSA: &directory.RSAAttributes{HighRiskUser: pointer(true)}}), state{}, nil, func(a mapping.Account) string { return flag(a.RSA.HighRisk) }, "true"},
		{"high risk: granted, though false is pushed", bridge(directory.Bridge{RSA: &directory.RSAAttributes{HighRiskUser: pointer(false)}}), state{}, groups("rsa:high-risk"), func(a mapping.Account) string { return flag(a.RSA.HighRisk) }, "true"},
		{"high risk: default", user{}, state{}, nil, func(a mapping.Account) string { return flag(a.RSA.HighRisk) }, "false"},
		{"identity source: pushed", bridge(directory.Bridge{RSA: &directory.RSAAttributes{IdentitySource: "AD"}}), state{}, nil, func(a mapping.Account) string { return a.RSA.IdentitySource }, "AD"},
		{"identity source: default", user{}, state{}, nil, func(a mapping.Account) string { return a.RSA.IdentitySource }, "SCIM"},
		{"factor locks", user{}, state{RSA: directory.RSAState{TokenLocked: true, VoiceLocked: true}}, nil, func(a mapping.Account) string {
			return joined(flag(a.RSA.TokenLocked), flag(a.RSA.SMSLocked), flag(a.RSA.VoiceLocked))
		}, "true false true"},

		{"syncari names", user{UserName: "x.y@z", Name: &directory.Name{GivenName: "G", FamilyName: "F"}}, state{}, nil, names, "G F"},
		{"syncari names: of the user name", user{UserName: "johnny.b_kingston@z"}, state{}, nil, names, "johnny kingston"},
		{"syncari names: one part", user{UserName: "johnny"}, state{}, nil, names, "johnny -"},
		{"syncari names: nothing", user{UserName: "@z"}, state{}, nil, names, "- -"},
		{"api user: from the API for good", bridge(directory.Bridge{Syncari: &directory.SyncariAttributes{APIUser: pointer(false)}}), state{Syncari: directory.SyncariState{APIUser: true}}, nil, func(a mapping.Account) string { return flag(a.Syncari.APIUser) }, "true"},

		{"locked: pushed", bridge(directory.Bridge{Locked: pointer(true)}), state{}, nil, func(a mapping.Account) string { return flag(a.Locked) }, "true"},
		{"locked: by the API, though false is pushed", bridge(directory.Bridge{Locked: pointer(false)}), mobility(directory.MobilityState{Locked: true}), nil, func(a mapping.Account) string { return flag(a.Locked) }, "true"},

		{"user id: as created", user{UserName: "new"}, state{MobilityUserID: "old"}, nil, func(a mapping.Account) string { return joined(a.Mobility.UserID, a.Mobility.AuthenticationID) }, "old new"},
		{"login: set", user{UserName: "new"}, mobility(directory.MobilityState{AuthenticationID: "sso"}), nil, func(a mapping.Account) string { return a.Mobility.AuthenticationID }, "sso"},
		{"mobile worker: default", user{}, state{}, nil, worker, "false "},
		{"mobile worker: granted", user{}, state{}, groups("servicemobility:mobile-worker"), worker, "true 1003"},
		{"mobile worker: pushed", mobile(directory.MobilityAttributes{IsMobileWorker: pointer(true)}), state{}, nil, worker, "true 1003"},
		{"mobile worker: granted, though false is pushed", mobile(directory.MobilityAttributes{IsMobileWorker: pointer(false)}), state{}, groups("servicemobility:mobile-worker"), worker, "true 1003"},
		{"mobile worker: set", mobile(directory.MobilityAttributes{IsMobileWorker: pointer(true)}), mobility(directory.MobilityState{MobileWorker: pointer(false), Status: "1001"}), groups("servicemobility:mobile-worker"), worker, "false 1001"},
		{"dgroup: default", user{}, state{}, nil, dgroup, "Default"},
		{"dgroup: granted", user{}, state{}, groups("servicemobility:dgroup:north"), dgroup, "North"},
		{"dgroup: pushed", mobile(directory.MobilityAttributes{DGroupID: "P"}), state{}, groups("servicemobility:dgroup:north"), dgroup, "P"},
		{"dgroup: set", mobile(directory.MobilityAttributes{DGroupID: "P"}), mobility(directory.MobilityState{DGroupID: "S"}), nil, dgroup, "S"},
		{"storage: pushed", mobile(directory.MobilityAttributes{StorageLocationID: "P"}), state{}, nil, func(a mapping.Account) string { return a.Mobility.StorageLocationID }, "P"},
		{"diagnostics: set", mobile(directory.MobilityAttributes{EnableMobileDiagnostics: pointer(true)}), mobility(directory.MobilityState{Diagnostics: pointer(false)}), nil, func(a mapping.Account) string { return flag(a.Mobility.Diagnostics) }, "false"},
		{"teams: granted", user{}, state{}, groups("servicemobility:team:B", "servicemobility:team:A", "servicemobility:team:B"), func(a mapping.Account) string { return joined(a.Mobility.Teams...) }, "B A"},
		{"teams: set", user{}, mobility(directory.MobilityState{Teams: []string{"C"}}), groups("servicemobility:team:B"), func(a mapping.Account) string { return joined(a.Mobility.Teams...) }, "C"},
		{"teams: set to none", user{}, mobility(directory.MobilityState{Teams: []string{}}), groups("servicemobility:team:B"), func(a mapping.Account) string { return joined(a.Mobility.Teams...) }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := input(t, c.user, c.in)
			in.State = &c.state
			if got := c.got(account(t, newMapper(t, settings, nil), in)); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestExtensions: the enterprise attributes, then what is pushed, then what the
// API set, each winning over those before.
func TestExtensions(t *testing.T) {
	in := input(t, directory.Profile{
		Enterprise: &directory.Enterprise{EmployeeNumber: "1", Department: "D", CostCenter: "C", Division: "V"},
		Bridge:     &directory.Bridge{Extensions: []directory.Plural{{Display: "Badge", Value: "7"}, {Display: "Division", Value: "pushed"}, {Value: "no key"}}},
	}, nil)
	in.State.Mobility.Extensions = map[string]string{"Badge": "8", "CostCenter": ""}
	want := map[string]string{"EmployeeNumber": "1", "Department": "D", "CostCenter": "", "Division": "pushed", "Badge": "8"}
	if diff := cmp.Diff(want, account(t, newMapper(t, mapping.Settings{}, nil), in).Mobility.Extensions); diff != "" {
		t.Errorf("extensions (-want +got):\n%s", diff)
	}
}

// TestTimes: times and authors that depend on who wrote last.
func TestTimes(t *testing.T) {
	m := newMapper(t, mapping.Settings{Syncari: mapping.SyncariSettings{ServiceUser: goldenService}}, nil)
	caller := objectID("0102030405060708090a0b0c")
	at := func(minute int) time.Time { return time.Date(2022, 5, 9, 5, minute, 0, 0, time.UTC) }
	in := goldenInput()
	in.User.Created, in.User.Modified, in.User.Asserted = at(0), at(10), at(10)
	in.State.RSA.LastSync, in.State.Uniphore.Changed = at(5), at(15)
	in.State.Syncari = directory.SyncariState{CreatedBy: caller, UpdatedBy: caller, Changed: at(20)}
	a := account(t, m, in)
	if a.RSA.LastSync != at(10) || a.Uniphore.Modified != at(15) || a.Syncari.Modified != at(20) || a.Syncari.Created != at(0) {
		t.Errorf("sync %v, uniphore %v, syncari %v", a.RSA.LastSync, a.Uniphore.Modified, a.Syncari.Modified)
	}
	if a.Syncari.CreatedBy != caller || a.Syncari.UpdatedBy != caller {
		t.Errorf("created by %v, updated by %v", a.Syncari.CreatedBy, a.Syncari.UpdatedBy)
	}
	in.User.Modified, in.User.Asserted = at(30), at(30)
	if a = account(t, m, in); a.Syncari.UpdatedBy != goldenService || a.Syncari.CreatedBy != caller || a.Syncari.Modified != at(30) {
		t.Errorf("after a SCIM write: updated by %v at %v", a.Syncari.UpdatedBy, a.Syncari.Modified)
	}
	in.User.Asserted, in.State.RSA.LastSync = time.Time{}, time.Time{}
	if a = account(t, m, in); !a.RSA.LastSync.IsZero() {
		t.Errorf("never synchronized, but lastSync is %v", a.RSA.LastSync)
	}
}

// TestSyncariRoles: grants and roles set through the API, without suppressed
// ones, in the order of the catalogue.
func TestSyncariRoles(t *testing.T) {
	m := newMapper(t, goldenSettings(), nil)
	grants := groups("syncari:YUBV99:Viewer", "syncari:YUBV99:Org Admin")
	suppress := func(role string, in ...directory.ID) directory.SyncariState {
		return directory.SyncariState{Suppressed: map[string][]directory.Suppression{"yubv99": {{Role: role, Groups: in}}}}
	}
	for _, c := range []struct {
		name  string
		state directory.SyncariState
		want  map[string][]string
		warn  int
	}{
		{"granted", directory.SyncariState{}, map[string][]string{"YUBV99": {"Org Admin", "Viewer"}}, 0},
		{"and set", directory.SyncariState{Roles: map[string][]string{"YUBV99": {"sync manager", "Viewer"}, "RR0VPW": {"Viewer"}}},
			map[string][]string{"YUBV99": {"Org Admin", "Sync Manager", "Viewer"}, "RR0VPW": {"Viewer"}}, 0},
		{"set, but not known any more", directory.SyncariState{Roles: map[string][]string{"YUBV99": {"Boss"}, "GONE00": {"Viewer"}}},
			map[string][]string{"YUBV99": {"Org Admin", "Viewer"}}, 2},
		{"suppressed while in the group", suppress("org admin", groupID(2)), map[string][]string{"YUBV99": {"Viewer"}}, 0},
		{"suppressed in a group that was left", suppress("Org Admin", groupID(9)), map[string][]string{"YUBV99": {"Org Admin", "Viewer"}}, 0},
		{"suppressed without groups", suppress("Viewer"), map[string][]string{"YUBV99": {"Org Admin"}}, 0},
	} {
		in := input(t, directory.Profile{}, grants)
		in.State.Syncari = c.state
		a := account(t, m, in)
		if diff := cmp.Diff(c.want, a.Syncari.Roles); diff != "" || len(a.Warnings) != c.warn {
			t.Errorf("%s: %d warnings %q, roles (-want +got):\n%s", c.name, len(a.Warnings), a.Warnings, diff)
		}
	}
}

// TestSettingsLookups: roles and instances as Syncari's API names them.
func TestSettingsLookups(t *testing.T) {
	m := newMapper(t, mapping.Settings{Syncari: mapping.SyncariSettings{Roles: []mapping.SyncariRole{{Name: "viewer"}, {Name: "Custom"}}}}, nil)
	byName, ok := m.SyncariRole("VIEWER")
	if !ok || byName.ID != mapping.Defaults().Syncari.Roles[4].ID {
		t.Errorf("a documented role configured without id has %v, %v", byName, ok)
	}
	custom, ok := m.SyncariRole("custom")
	if byID, found := m.SyncariRole(custom.ID.String()); !ok || !found || byID != custom || custom.ID == (directory.ObjectID{}) {
		t.Errorf("role by name %v, by its id %v", custom, byID)
	}
	if _, ok := m.SyncariRole("nobody"); ok {
		t.Error("an unknown role is found")
	}
	for name, want := range map[string]string{"yubv99": "YUBV99", "": "", "A-B": "", strings.Repeat("A", 33): ""} {
		if got, ok := m.SyncariInstance(name); got != want || ok != (want != "") {
			t.Errorf("instance %q is %q, %v", name, got, ok)
		}
	}
	strict := newMapper(t, goldenSettings(), nil)
	if got, _ := strict.SyncariInstance("yubv99"); got != "YUBV99" {
		t.Errorf("configured instance is %q", got)
	}
	if _, ok := strict.SyncariInstance("OTHER0"); ok {
		t.Error("an instance that is not configured is found")
	}
}

// TestMapperOwnsItsSettings: changing what was passed in changes nothing.
func TestMapperOwnsItsSettings(t *testing.T) {
	s := goldenSettings()
	m := newMapper(t, s, nil)
	s.Syncari.Instances[0] = "CHANGED"
	if got := m.Settings().Syncari.Instances[0]; got != "YUBV99" {
		t.Errorf("the mapper's instance is now %q", got)
	}
}

// TestSingleTeam: the first team counts, with a warning.
func TestSingleTeam(t *testing.T) {
	m := newMapper(t, mapping.Settings{Mobility: mapping.MobilitySettings{SingleTeam: true, Teams: []string{"A", "B"}}}, nil)
	a := account(t, m, input(t, directory.Profile{}, groups("servicemobility:team:b", "servicemobility:team:A", "servicemobility:team:C")))
	if diff := cmp.Diff([]string{"B"}, a.Mobility.Teams); diff != "" || len(a.Warnings) != 2 {
		t.Errorf("teams %q, warnings %q", a.Mobility.Teams, a.Warnings)
	}
}

func TestAccountErrors(t *testing.T) {
	m := newMapper(t, mapping.Settings{}, nil)
	if _, err := m.Account(mapping.Input{}); err == nil {
		t.Error("no user is no error")
	}
	damaged := mapping.Input{User: &directory.User{ID: groupID(1), Document: directory.Document(`{"userName":`)}}
	if _, err := m.Account(damaged); err == nil || !strings.Contains(err.Error(), groupID(1).String()) {
		t.Errorf("a damaged document: %v", err)
	}
	if _, err := m.Explain(damaged); err == nil {
		t.Error("a damaged document is explained")
	}
	if _, _, ok := m.UniphoreRole(damaged, "dev", nil); ok {
		t.Error("a damaged document has a role")
	}
}

// TestConcurrentUse is for the race detector: one mapper, many callers.
func TestConcurrentUse(t *testing.T) {
	m := newMapper(t, goldenSettings(), rules(t, `version: 1
rules:
  - {when: {group: {pattern: 'u.*'}}, grant: {api: rsa, role: high-risk}}
attributes:
  - {set: email, to: 'user.emails[0].value + groups[0]'}
`))
	in := goldenInput()
	want := account(t, m, in)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			got, err := m.Account(in)
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%v\n%s", err, diff)
			}
			if _, err := m.Explain(in); err != nil {
				t.Error(err)
			}
			m.UniphoreRole(in, "dev", []string{"u_agent"})
		})
	}
	wg.Wait()
}

// The bridge guards addresses by directory.Profile.Email: it must be the one
// that the account shows.
func TestTheCanonicalEmailIsTheDirectorys(t *testing.T) {
	m, err := mapping.New(mapping.Defaults(), nil)
	if err != nil {
		t.Fatal(err)
	}
	address := rapid.Custom(func(t *rapid.T) directory.Plural {
		return directory.Plural{
			Value:   rapid.SampledFrom([]string{"", "a@b", "c@d", "e@f"}).Draw(t, "value"),
			Type:    rapid.SampledFrom([]string{"", "work", "Work", "home"}).Draw(t, "type"),
			Primary: rapid.SampledFrom([]*bool{nil, pointer(true), pointer(false)}).Draw(t, "primary"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		p := directory.Profile{UserName: "jane", Emails: rapid.SliceOfN(address, 0, 4).Draw(t, "emails")}
		doc, err := p.Document()
		if err != nil {
			t.Fatal(err)
		}
		a, err := m.Account(mapping.Input{User: &directory.User{Document: doc}, State: &directory.AppState{}})
		if err != nil || a.Email != p.Email() {
			t.Fatalf("the account shows %q, %v, the directory %q", a.Email, err, p.Email())
		}
	})
}
