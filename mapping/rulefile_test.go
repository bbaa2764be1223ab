package mapping_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/mapping"
)

// mistakes returns each mistake as "line:column: reason".
func mistakes(err error) []string {
	var all mapping.RuleErrors
	if !errors.As(err, &all) {
		if err != nil {
			return []string{err.Error()}
		}
		return nil
	}
	var lines []string
	for _, e := range all {
		lines = append(lines, strings.TrimPrefix(e.Error(), "map.yaml:"))
	}
	return lines
}

// TestParseRulesMistakes: every mistake is found in one pass, at its place, and
// says what would be right.
func TestParseRulesMistakes(t *testing.T) {
	for _, c := range []struct {
		name, src string
		want      []string // prefixes
	}{
		{"empty", "", []string{"1:1: the file is empty"}},
		{"comment", "# nothing\n", []string{"1:1: the file is empty"}},
		{"not a mapping", "- a", []string{"1:1: the file must be a mapping"}},
		{"syntax", "version: 1\nrules: [1,", []string{"2:"}},
		{"two documents", "version: 1\n---\nversion: 1\n", []string{"3:1: a rules file is one YAML document"}},
		{"twice the same key", "version: 1\nversion: 1\n", []string{"2:1: mapping key \"version\" already defined"}},
		{"no version", "rules: []\n", []string{"1:1: version: 1 is missing"}},
		{"version", "version: '1'\n", []string{"1:10: version must be 1"}},
		{"unknown keys", "version: 1\nrule: []\nrules:\n  - {wen: 1, grant: {}}\n",
			[]string{`2:1: the file has no key "rule"; the keys are version, convention, nested, rules, attributes`,
				"4:5: the rule says not when it applies", `4:6: a rule has no key "wen"`}},
		{"anchors", "version: 1\nconvention: &a true\nnested: *a\n", []string{"2:13: convention must be true, false or", "3:9: nested must be true or false"}},
		{"convention", "version: 1\nconvention: {from: [groups, claims], apis: [okta]}\n",
			[]string{`2:21: the convention can hold for group, role, entitlement and claim, not for "groups"`, `2:29: the convention`, `2:45: there is no api "okta"`}},
		{"rules is no list", "version: 1\nrules: {}\n", []string{"2:8: rules must be a list"}},
		{"when", "version: 1\nrules:\n  - when: {group: a, role: b}\n    grant: {api: rsa, role: high-risk}\n  - when: {}\n    grant: {api: rsa, role: high-risk}\n",
			[]string{"3:11: when must have one of the keys group, role, entitlement, claim, not 2", "5:11: when must have one"}},
		{"matchers", `version: 1
rules:
  - {when: {group: ''}, grant: {api: rsa, role: high-risk}}
  - {when: {group: {externalId: a, id: b}}, grant: {api: rsa, role: high-risk}}
  - {when: {group: {pattern: a, client: x}}, grant: {api: rsa, role: high-risk}}
  - {when: {group: {pattern: '(a'}}, grant: {api: rsa, role: '${1}'}}
  - {when: {role: {externalId: a}}, grant: {api: rsa, role: high-risk}}
  - {when: {group: {id: 01945C3E-7D2A-7C11-8F3B-2B8A5D0C6E47}}, grant: {api: rsa, role: high-risk}}
  - {when: {group: }, grant: {api: rsa, role: high-risk}}
`, []string{"3:20: group must not be empty", "4:20: group needs exactly one of", "4:40: id must be the group's SCIM id", "5:41: client goes with externalId only",
			"6:30: the pattern is not in RE2 syntax", `7:20: role has no key "externalId"; the keys are pattern`, "8:25: id must be the group's SCIM id", "9:"}},
		{"grants", `version: 1
rules:
  - when: {group: a}
    grant: {api: okta}
  - when: {group: a}
    grant: [{scope: dev, role: x}, {api: rsa, role: '${1}'}]
  - when: {group: {pattern: '(?P<a>.)'}}
    grant: [{api: rsa, role: '${b}'}, {api: rsa, role: '${2}'}, {api: rsa, role: '$a'}, {api: rsa, role: '${a'}]
  - when: {group: a}
    grant: []
  - when: {group: a}
  - when: {claim: a}
    grant: {api: rsa, role: high-risk}
`, []string{"4:12: the grant names no role", `4:18: there is no api "okta"`, "6:13: the grant names no api", "6:53: role: ${1} is not captured",
			"8:30: role: ${b} is not captured", "8:56: role: ${2} is not captured", "8:82: role: write ${name}", "8:106: role: ${ is not closed",
			"10:12: the list grants nothing", "11:5: the rule grants nothing", "13:12: a claim of a Uniphore token"}},
		{"attributes", `version: 1
attributes:
  - {set: uniphore.id, to: "1"}
  - {set: nothing}
  - {to: "true"}
  - {set: email, to: user.titel}
  - {set: email, to: "user.title + 1", when: user.title}
  - set: servicemobility.teams
    to: |
      groups.filter(g,
        g.size() > 1 && gg)
  - {set: email, to: 'user.extensions["urn:a"]'}
  - {set: servicemobility.teams, to: 'account.servicemobility.extensions.map(k, k)'}
  - {set: email, to: '"a".matches("(")'}
`, []string{`3:11: "uniphore.id" is not a field that can be set; those are email,`,
			"4:5: the attribute says not what the field becomes", `4:11: "nothing" is not a field that can be set`,
			"5:5: the attribute says not what to set", "6:26: to: undefined field 'titel'",
			"7:34: to: found no matching overload", "7:46: when must be a bool, but the expression is a string",
			"11:25: to: undeclared reference to 'gg'", "12:22: to must be a string, but the expression is a dyn",
			"13:62: to: maps and values of unknown type have no order", "14:35: to: invalid matches argument"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := mapping.ParseRules("map.yaml", []byte(c.src))
			got := mistakes(err)
			if len(got) != len(c.want) {
				t.Fatalf("%d mistakes, want %d:\n%s", len(got), len(c.want), strings.Join(got, "\n"))
			}
			for i := range got {
				if !strings.HasPrefix(got[i], c.want[i]) {
					t.Errorf("mistake %d is\n%s\nwant\n%s", i+1, got[i], c.want[i])
				}
			}
		})
	}
}

// TestParseRulesBounds: a file that only costs time is refused before it is parsed.
func TestParseRulesBounds(t *testing.T) {
	for name, c := range map[string]struct{ src, want string }{
		"size":     {strings.Repeat("#\n", 1<<20), "a rules file has at most"},
		"brackets": {strings.Repeat("[", 65), "more than 64 brackets"},
		"sequence": {strings.Repeat("- ", 500_000), "a line has at most"},
		"expression": {"version: 1\nattributes:\n  - {set: email, to: '" + strings.Repeat("x", 4097) + "'}\n",
			"an expression has at most"},
	} {
		_, err := mapping.ParseRules("map.yaml", []byte(c.src))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// TestNewChecksRules: rules that grant what the settings do not have, and
// settings that contradict themselves.
func TestNewChecksRules(t *testing.T) {
	r := rules(t, `version: 1
rules:
  - {when: {group: a}, grant: {api: uniphore, scope: qa, role: u_agent}}
  - {when: {group: a}, grant: {api: uniphore, scope: dev, role: owner}}
  - {when: {group: a}, grant: {api: syncari, scope: XXXXXX, role: Viewer}}
  - {when: {group: a}, grant: {api: syncari, scope: YUBV99, role: Boss}}
  - {when: {group: a}, grant: {api: servicemobility, scope: dgroup, role: Moon}}
  - {when: {group: {externalId: a, client: azure}}, grant: {api: rsa, role: boss}}
  - {when: {group: {pattern: '(.)'}}, grant: {api: uniphore, scope: '${1}', role: u_agent}}
`)
	s := goldenSettings()
	s.Clients = map[string]directory.ClientID{"okta": 1, "entra": 2}
	_, err := mapping.New(s, r)
	want := []string{
		`3:31: uniphore has no environment "qa"; use dev, test, prod or *`,
		`4:31: uniphore's catalogue has no role with the key "owner"`,
		`5:31: syncari has no instance "XXXXXX"`,
		`6:31: syncari has no role "Boss"`,
		`7:31: servicemobility has no dgroup "Moon"`,
		`8:5: there is no SCIM client "azure"; there are entra, okta`,
		`8:60: rsa grants only the role high-risk, without a scope`,
	}
	if diff := cmp.Diff(want, mistakes(err)); diff != "" {
		t.Errorf("mistakes (-want +got):\n%s", diff)
	}

	role := mapping.UniphoreRole{Key: "a", Name: "A"}
	for name, c := range map[string]struct {
		s    mapping.Settings
		want string
	}{
		"environment":  {mapping.Settings{Uniphore: mapping.UniphoreSettings{DefaultEnv: "qa"}}, `default environment "qa"`},
		"default role": {mapping.Settings{Uniphore: mapping.UniphoreSettings{DefaultRole: "owner"}}, `default role "owner"`},
		"same key":     {mapping.Settings{Uniphore: mapping.UniphoreSettings{Roles: []mapping.UniphoreRole{role, {Key: "A", Name: "B"}}}}, "same key"},
		"no key":       {mapping.Settings{Uniphore: mapping.UniphoreSettings{Roles: []mapping.UniphoreRole{{Name: "B"}}}}, "needs a key"},
		"tenant":       {mapping.Settings{Uniphore: mapping.UniphoreSettings{TenantNumber: -1}}, "negative"},
		"organization": {mapping.Settings{Uniphore: mapping.UniphoreSettings{Organizations: map[string]int64{"a": 1, "A": 2}}}, `organization "a"`},
		"syncari role": {mapping.Settings{Syncari: mapping.SyncariSettings{Roles: []mapping.SyncariRole{{Name: "a"}, {Name: "A"}}}}, `two roles "A"`},
		"role id": {mapping.Settings{Syncari: mapping.SyncariSettings{Roles: []mapping.SyncariRole{
			{Name: "a", ID: goldenService}, {Name: "b", ID: goldenService}}}}, "same id"},
		"instance": {mapping.Settings{Syncari: mapping.SyncariSettings{Instances: []string{"A", "a"}}}, `instance "a"`},
		"team":     {mapping.Settings{Mobility: mapping.MobilitySettings{Teams: []string{""}}}, "team"},
	} {
		if _, err := mapping.New(c.s, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

const example = "../testdata/mapping/mapping.example.yaml"

// TestExample: the example file loads, and does what its comments say.
func TestExample(t *testing.T) {
	src, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	r, err := mapping.ParseRules("mapping.example.yaml", src)
	if err != nil {
		t.Fatal(err)
	}
	s := goldenSettings()
	s.Clients = map[string]directory.ClientID{"entra": 7}
	s.Mobility.DGroups = []string{"north"}
	m := newMapper(t, s, r)
	in := input(t, directory.Profile{
		UserName: "ann.lee@example.com", NickName: "annie", Name: &directory.Name{GivenName: "Ann", FamilyName: "Lee"},
		Roles:        []directory.Plural{{Value: "SYNCARI-viewer"}, {Value: "uniphore:dev:u_administrator"}},
		Entitlements: []directory.Plural{{Value: "depot/north"}, {Value: "rsa:high-risk"}},
		Enterprise:   &directory.Enterprise{EmployeeNumber: "17"},
	}, []directory.Membership{
		{Group: groupID(1), DisplayName: "contact center QUALITY"},
		{Group: groupID(2), DisplayName: "whatever", ExternalIDs: map[directory.ClientID]string{7: "6f1c0d3e-58a1-4a0b-9f0e-3d2f5b7a9c11"}},
		{Group: groupID(3), DisplayName: "Field-EAST"},
		{Group: groupID(4), DisplayName: "Field-WEST", Indirect: true},
		{Group: groupID(5), DisplayName: "Privileged Operators"},
	})
	a := account(t, m, in)
	want := []string{"uniphore:dev:quality_analyst", "uniphore:*:u_supervisor", "syncari:YUBV99:Instance Admin",
		"servicemobility:team:TEAM-EAST", "servicemobility:mobile-worker", "syncari:RR0VPW:Viewer", "servicemobility:dgroup:north"}
	if diff := cmp.Diff(want, spelled(a.Grants)); diff != "" {
		t.Errorf("grants (-want +got):\n%s", diff)
	}
	got := []string{a.Uniphore.ClientID, a.DisplayName, a.Mobility.StorageLocationID, a.Mobility.DGroupID, strings.Join(a.Mobility.Teams, " ")}
	if want := []string{"annie", "Lee, Ann", "VAN-17", "north", "TEAM-EAST"}; !slices.Equal(got, want) || !a.RSA.HighRisk {
		t.Errorf("fields %q, high risk %v; want %q, true", got, a.RSA.HighRisk, want)
	}
	if len(a.Warnings) != 0 {
		t.Errorf("warnings %q", a.Warnings)
	}
	if role, by, _ := m.UniphoreRole(in, "prod", []string{"interact_account_admin"}); role.ID != 102 || by.Origin != "claim:interact_account_admin" || !strings.HasPrefix(by.Rule, "mapping.example.yaml:") {
		t.Errorf("role by claim: %+v by %+v", role, by)
	}
}

// FuzzParseRules: whatever the file, the parser ends, mistakes have positions in
// the file, and rules that load work.
func FuzzParseRules(f *testing.F) {
	src, err := os.ReadFile(example)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(src)
	f.Add([]byte("version: 1\nrules:\n  - {when: {group: {pattern: '(a)|(b)'}}, grant: {api: rsa, role: '${2}'}}\n"))
	f.Add([]byte("version: 1\nattributes:\n  - {set: email, to: |\n  user.title}\n"))
	f.Add([]byte("version: 1\nattributes:\n  - set: email\n    to: >-\n      user.emails[0]\n      .value\n"))
	f.Add([]byte("? [a]\n: {<<: *b}\n"))
	in := goldenInput()
	f.Fuzz(func(t *testing.T, src []byte) {
		r, err := mapping.ParseRules("map.yaml", src)
		if err != nil {
			var all mapping.RuleErrors
			if !errors.As(err, &all) || len(all) == 0 {
				t.Fatalf("not RuleErrors: %v", err)
			}
			for _, e := range all {
				if e.Line < 1 || e.Column < 1 || e.Reason == "" {
					t.Fatalf("%#v has no position or reason", e)
				}
			}
			return
		}
		m, err := mapping.New(goldenSettings(), r)
		if err != nil {
			return // grants what the settings do not have
		}
		a, err := m.Account(in)
		if err != nil {
			t.Fatal(err)
		}
		again, err := m.Account(in)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(a, again); diff != "" {
			t.Fatalf("not deterministic:\n%s", diff)
		}
	})
}
