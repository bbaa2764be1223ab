package mapping_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/mapping"
)

// The user of documented-apis 7.1 with its configuration.

const goldenDocument = `{"userName":"johnny.kingston@example.com","name":{"formatted":"Johnny Kingston","familyName":"Kingston","givenName":"Johnny"},"displayName":"Johnny Kingston","preferredLanguage":"en-US","emails":[{"value":"johnny.kingston@example.com","type":"work","primary":true}],"phoneNumbers":[{"value":"+11235556799","type":"mobile"},{"value":"+1 774 291 4444","type":"work"}],"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"701984","organization":"221 org","department":"Quality"},"urn:scimbridge:params:scim:schemas:extension:bridge:2.0:User":{"uniphore":{"clientId":"2e37fa2c-959b-4326-babb-083a80df92bf"}}}`

var goldenService = objectID("61e2a0f134a0f06932046bab")

func goldenSettings() mapping.Settings {
	return mapping.Settings{
		Uniphore: mapping.UniphoreSettings{DefaultOrg: mapping.Organization{ID: 1, Name: "Default"}},
		RSA:      mapping.RSASettings{IdentitySource: "My Company AD"},
		Syncari:  mapping.SyncariSettings{Instances: []string{"YUBV99", "RR0VPW"}, ServiceUser: goldenService},
	}
}

func goldenInput() mapping.Input {
	return mapping.Input{
		User: &directory.User{
			ID: id("f85b6e95-f41f-45b4-bc84-559fead6460c"), Tenant: 1, Version: 1,
			Created: instant("2022-05-09T04:58:37.259Z"), Modified: instant("2022-05-09T04:58:37.653Z"),
			Asserted: instant("2022-05-09T04:58:37.653Z"), Origin: directory.OriginSCIM, Active: true,
			ExternalIDs: map[directory.ClientID]string{1: "00u1a2b3c4d5e6f7g8h9"},
			Document:    directory.Document(goldenDocument),
			Groups: groups("uniphore:dev:quality_analyst", "syncari:YUBV99:Sync Manager", "syncari:RR0VPW:Viewer",
				"servicemobility:team:TEAM-EAST", "servicemobility:mobile-worker"),
		},
		State: &directory.AppState{
			UniphoreID: 4882, SyncariID: objectID("62789f7daa9138df5bc688f5"), MobilityUserID: "johnny.kingston@example.com",
			RSA: directory.RSAState{LastSync: instant("2022-05-09T05:00:00.000Z")},
		},
		OrganizationID: 52,
	}
}

// groups returns direct memberships in groups with those names, whose ids count from 1.
func groups(names ...string) []directory.Membership {
	var all []directory.Membership
	for i, n := range names {
		all = append(all, directory.Membership{Group: groupID(i + 1), DisplayName: n})
	}
	return all
}

func groupID(n int) directory.ID { return directory.ID{15: byte(n), 14: byte(n >> 8)} }

func id(s string) directory.ID {
	v, err := directory.ParseID(s)
	if err != nil {
		panic(err)
	}
	return v
}

func objectID(s string) directory.ObjectID {
	v, err := directory.ParseObjectID(s)
	if err != nil {
		panic(err)
	}
	return v
}

func instant(s string) time.Time {
	v, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		panic(err)
	}
	return v
}

func newMapper(t testing.TB, s mapping.Settings, r *mapping.Rules) *mapping.Mapper {
	t.Helper()
	m, err := mapping.New(s, r)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestGoldenAccount holds the account equal to the values of the golden answers
// 7.2 (Uniphore), 7.3 (RSA), 7.4 (Syncari) and 7.5 (ServiceMobility).
func TestGoldenAccount(t *testing.T) {
	m := newMapper(t, goldenSettings(), nil)
	got, err := m.Account(goldenInput())
	if err != nil {
		t.Fatal(err)
	}
	created, modified := instant("2022-05-09T04:58:37.259Z"), instant("2022-05-09T04:58:37.653Z")
	const mail = "johnny.kingston@example.com"
	grant := func(group int, api mapping.API, scope, role string) mapping.Grant {
		return mapping.Grant{API: api, Scope: scope, Role: role, Origin: "group:" + groupID(group).String(), Rule: "convention"}
	}
	want := mapping.Account{
		ID: id("f85b6e95-f41f-45b4-bc84-559fead6460c"), Tenant: 1, Version: 1, UserName: mail, ExternalID: "00u1a2b3c4d5e6f7g8h9",
		Email: mail, GivenName: "Johnny", FamilyName: "Kingston", DisplayName: "Johnny Kingston",
		PhoneMobile: "+11235556799", PhoneWork: "+1 774 291 4444",
		Phones:   []mapping.Phone{{Number: "+11235556799", Type: "mobile"}, {Number: "+1 774 291 4444", Type: "work"}},
		Language: "en-US", EmployeeNumber: "701984", Department: "Quality", Organization: "221 org",
		Origin: directory.OriginSCIM, Created: created, Modified: modified,
		Uniphore: mapping.UniphoreAccount{
			ID: 4882, UserName: "johnny.kingston", Email: mail, ClientID: "2e37fa2c-959b-4326-babb-083a80df92bf",
			TenantNumber: 1, OrgID: 52, OrgName: "221 org", Created: created, Modified: modified,
		},
		RSA: mapping.RSAAccount{IdentitySource: "My Company AD", LastSync: instant("2022-05-09T05:00:00.000Z")},
		Syncari: mapping.SyncariAccount{
			ID: objectID("62789f7daa9138df5bc688f5"), Email: mail, CreatedBy: goldenService, UpdatedBy: goldenService,
			Created: created, Modified: modified, FirstName: "Johnny", LastName: "Kingston",
			Roles: map[string][]string{"RR0VPW": {"Viewer"}, "YUBV99": {"Sync Manager"}},
		},
		Mobility: mapping.MobilityAccount{
			UserID: mail, Email: mail, AuthenticationID: mail, DGroupID: "Default", MobileWorker: true, Status: "1003",
			Teams:      []string{"TEAM-EAST"},
			Extensions: map[string]string{"Department": "Quality", "EmployeeNumber": "701984"},
		},
		Grants: []mapping.Grant{
			grant(1, mapping.Uniphore, "dev", "quality_analyst"),
			grant(2, mapping.Syncari, "YUBV99", "Sync Manager"),
			grant(3, mapping.Syncari, "RR0VPW", "Viewer"),
			grant(4, mapping.ServiceMobility, "team", "TEAM-EAST"),
			grant(5, mapping.ServiceMobility, "", "mobile-worker"),
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("account (-want +got):\n%s", diff)
	}

	role, by, ok := m.UniphoreRole(goldenInput(), "dev", nil)
	if want := (directory.UniphoreRole{ID: 9, Name: "Quality Analyst", ProfileID: 5}); !ok || role != want {
		t.Errorf("role in dev: %+v, %v; want %+v", role, ok, want)
	}
	if by != want.Grants[0] {
		t.Errorf("the role comes from %+v, want %+v", by, want.Grants[0])
	}
	if role, _, ok := m.UniphoreRole(goldenInput(), "prod", nil); ok {
		t.Errorf("role in prod: %+v, want none", role)
	}
}

func BenchmarkAccount(b *testing.B) {
	m, in := newMapper(b, goldenSettings(), nil), goldenInput()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.Account(in); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkExplain(b *testing.B) {
	m, in := newMapper(b, goldenSettings(), nil), goldenInput()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.Explain(in); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAccountWithRules: 500 exact rules, 20 patterns, two overrides and a
// user in 40 groups.
func BenchmarkAccountWithRules(b *testing.B) {
	var src strings.Builder
	src.WriteString("version: 1\nrules:\n")
	for i := range 500 {
		fmt.Fprintf(&src, "  - {when: {group: Group %d}, grant: {api: servicemobility, scope: team, role: T%d}}\n", i, i)
	}
	for i := range 20 {
		fmt.Fprintf(&src, "  - {when: {group: {pattern: 'Area-%d-(.+)'}}, grant: {api: servicemobility, scope: role, role: '${1}'}}\n", i)
	}
	src.WriteString("attributes:\n  - {set: department, to: user.title, when: user.title != ''}\n  - {set: division, to: 'account.department + \"/\" + user.locale'}\n")
	m, in := newMapper(b, goldenSettings(), rules(b, src.String())), goldenInput()
	for i := range 40 {
		in.User.Groups = append(in.User.Groups, directory.Membership{Group: groupID(100 + i), DisplayName: fmt.Sprintf("Group %d", i*20)})
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.Account(in); err != nil {
			b.Fatal(err)
		}
	}
}
