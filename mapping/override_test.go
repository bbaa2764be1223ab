package mapping_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/mapping"
)

// TestOverrides: expressions see the account before all of them, the last that
// applies wins, and what fails leaves the field with a warning at its place.
func TestOverrides(t *testing.T) {
	m := newMapper(t, mapping.Settings{}, rules(t, `version: 1
attributes:
  - {set: givenName, to: '"X"'}
  - {set: familyName, to: account.givenName}
  - {set: department, to: '"first"'}
  - {set: department, to: '"second"'}
  - {set: department, to: '"third"', when: user.active}
  - {set: uniphore.orgId, to: 'size(user.emails) * 10'}
  - {set: uniphore.syncToTableau, to: 'groups.exists(g, g == "BI")'}
  - {set: servicemobility.teams, to: 'user.emails.filter(e, e.type == "work").map(e, e.value)'}
  - {set: servicemobility.extensions, to: '{"Title": user.title, "Level": string(user.extensions["urn:x:1"].level)}'}
  - {set: email, to: 'user.emails[5].value'}
  - {set: language, to: 'user.emails[5].value', when: 'user.emails[7].value == ""'}
  - {set: uniphore.clientId, to: '""'}
  - {set: costCenter, to: 'string(user.extensions["urn:none"].x)'}
  - {set: division, to: 'user.enterprise.manager + "/" + user.externalId + "/" + user.addresses[0].country'}
  - {set: syncari.firstName, to: 'has(user.name.middleName) ? "m" : user.name.givenName.upperAscii()'}
`))
	in := input(t, directory.Profile{
		UserName: "a@x", Title: "Boss", Name: &directory.Name{GivenName: "Ann", FamilyName: "Lee"},
		Emails:     []directory.Plural{{Value: "w", Type: "work"}, {Value: "h", Type: "home"}},
		Addresses:  []directory.Address{{Country: "DE"}},
		Enterprise: &directory.Enterprise{Manager: &directory.Manager{Value: "m1"}},
		Extensions: map[string]json.RawMessage{"urn:x:1": json.RawMessage(`{"level":3}`)},
	}, groups("BI"))
	in.User.ExternalIDs = map[directory.ClientID]string{2: "newer", 1: "e"}
	a := account(t, m, in)
	got := []any{a.GivenName, a.FamilyName, a.Department, a.Uniphore.OrgID, a.Uniphore.SyncToTableau, a.Mobility.Teams,
		a.Mobility.Extensions, a.Email, a.Language, a.Division, a.Syncari.FirstName}
	want := []any{"X", "Ann", "second", int64(20), true, []string{"w"}, map[string]string{"Title": "Boss", "Level": "3"}, "w", "en", "m1/e/DE", "ANN"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	if len(a.Uniphore.ClientID) != 36 {
		t.Errorf("the required client id is %q", a.Uniphore.ClientID)
	}
	var places []string
	for _, w := range a.Warnings {
		places = append(places, strings.Join(strings.SplitN(w, ":", 4)[:3], ":"))
	}
	wantPlaces := []string{"map.yaml:12: email keeps its value", "map.yaml:13: language keeps its value",
		"map.yaml:14: uniphore.clientId keeps its value", "map.yaml:15: costCenter keeps its value"}
	if diff := cmp.Diff(wantPlaces, places); diff != "" {
		t.Errorf("warnings %q (-want +got):\n%s", a.Warnings, diff)
	}
}

// TestOverrideLimits: an expression cannot take unbounded time or memory on
// what an identity provider pushed.
func TestOverrideLimits(t *testing.T) {
	m := newMapper(t, mapping.Settings{}, rules(t, `version: 1
attributes:
  - {set: department, to: 'groups.filter(a, groups.exists(b, b.contains(a + "x"))).join("")'}
  - {set: division, to: 'groups.join("")'}
  - {set: servicemobility.teams, to: '[groups.join("")]'}
  - {set: servicemobility.extensions, to: '{"k": groups.join("")}'}
`))
	var names []string
	for range 600 {
		names = append(names, "a group with a long name")
	}
	in := input(t, directory.Profile{Enterprise: &directory.Enterprise{Department: "D", Division: "V"}}, groups(names...))
	a := account(t, m, in)
	if a.Department != "D" || a.Division != "V" || a.Mobility.Teams != nil || a.Mobility.Extensions["k"] != "" || len(a.Warnings) != 4 {
		t.Errorf("department %q, division %q, teams %d, warnings %q", a.Department, a.Division, len(a.Mobility.Teams), a.Warnings)
	}
	if !strings.Contains(a.Warnings[0], "cost limit") {
		t.Errorf("the first warning is %q", a.Warnings[0])
	}
}
