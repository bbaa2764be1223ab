package mapping_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/mapping"
)

// input returns a user with the attributes in the groups.
func input(t testing.TB, p directory.Profile, in []directory.Membership) mapping.Input {
	t.Helper()
	doc, err := p.Document()
	if err != nil {
		t.Fatal(err)
	}
	return mapping.Input{User: &directory.User{ID: groupID(9999), Document: doc, Groups: in}, State: &directory.AppState{}}
}

func account(t testing.TB, m *mapping.Mapper, in mapping.Input) mapping.Account {
	t.Helper()
	a, err := m.Account(in)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func rules(t testing.TB, src string) *mapping.Rules {
	t.Helper()
	r, err := mapping.ParseRules("map.yaml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func spelled(grants []mapping.Grant) []string {
	var s []string
	for _, g := range grants {
		s = append(s, g.String())
	}
	return s
}

// TestConvention: documented-apis 5.1. A name outside the convention grants
// nothing in silence; one inside it that names nothing known warns.
// covers: T-30, T-33
func TestConvention(t *testing.T) {
	m := newMapper(t, goldenSettings(), nil)
	for _, c := range []struct {
		name string
		want string // the grant, "" for none
		warn string // part of the warning, "" for none
	}{
		{"uniphore:dev:quality_analyst", "uniphore:dev:quality_analyst", ""},
		{"Uniphore:STAGING:Quality_Analyst", "uniphore:test:quality_analyst", ""},
		{"uniphore:*:u_agent", "uniphore:*:u_agent", ""},
		{"uniphore:qa:u_agent", "", `no environment "qa"`},
		{"uniphore:dev:owner", "", `no role with the key "owner"`},
		{"uniphore:dev:quality_analyst ", "", "no role with the key"},
		{" uniphore:dev:quality_analyst", "", ""},
		{"uniphorе:dev:quality_analyst", "", ""}, // a Cyrillic е
		{"uniphore:dev", "", "no environment"},
		{"syncari:yubv99:sync manager", "syncari:YUBV99:Sync Manager", ""},
		{"syncari:XXXXXX:Viewer", "", `no instance "XXXXXX"`},
		{"syncari:YUBV99:Boss", "", `no role "Boss"`},
		{"syncari:YUBV99", "", "no instance"},
		{"servicemobility:team:A:B", "servicemobility:team:A:B", ""},
		{"servicemobility:dgroup:default", "servicemobility:dgroup:Default", ""},
		{"servicemobility:dgroup:Moon", "", `no dgroup "Moon"`},
		{"servicemobility:role:R1", "servicemobility:role:R1", ""},
		{"servicemobility:team:", "", "no id"},
		{"servicemobility:Mobile-Worker", "servicemobility:mobile-worker", ""},
		{"servicemobility:admin", "", "only mobile-worker"},
		{"servicemobility:crew:1", "", `no scope "crew"`},
		{"rsa:HIGH-RISK", "rsa:high-risk", ""},
		{"rsa:admin", "", "only the role high-risk"},
		{"Engineering", "", ""},
		{"urn:x", "", ""},
	} {
		for kind, in := range map[string]mapping.Input{
			"group":       input(t, directory.Profile{}, groups(c.name)),
			"role":        input(t, directory.Profile{Roles: []directory.Plural{{Value: c.name}}}, nil),
			"entitlement": input(t, directory.Profile{Entitlements: []directory.Plural{{Value: c.name}}}, nil),
		} {
			a := account(t, m, in)
			if got := strings.Join(spelled(a.Grants), " + "); got != c.want {
				t.Errorf("%s %q grants %q, want %q", kind, c.name, got, c.want)
			}
			warning := strings.Join(a.Warnings, "\n")
			if c.warn == "" && warning != "" || !strings.Contains(warning, c.warn) {
				t.Errorf("%s %q warns %q, want %q", kind, c.name, warning, c.warn)
			}
		}
	}
}

// TestRuleBinding: with rules that bind to ids and the convention switched off,
// neither a group that looks like the mapped one nor a renamed group grants
// anything, and renaming the mapped group takes nothing away.
// covers: T-30, T-31
func TestRuleBinding(t *testing.T) {
	s := goldenSettings()
	s.Clients = map[string]directory.ClientID{"entra": 7, "okta": 8}
	m := newMapper(t, s, rules(t, `version: 1
convention: false
rules:
  - when: {group: {externalId: ext-1, client: entra}}
    grant: {api: uniphore, scope: dev, role: u_supervisor}
  - when: {group: {id: 00000000-0000-0000-0000-000000000005}}
    grant: {api: rsa, role: high-risk}
`))
	member := func(n int, name string, client directory.ClientID, ext string) directory.Membership {
		return directory.Membership{Group: groupID(n), DisplayName: name, ExternalIDs: map[directory.ClientID]string{client: ext}}
	}
	for _, c := range []struct {
		name string
		in   directory.Membership
		want []string
	}{
		{"the mapped group", member(1, "Admins", 7, "ext-1"), []string{"uniphore:dev:u_supervisor"}},
		{"renamed", member(1, "Other", 7, "ext-1"), []string{"uniphore:dev:u_supervisor"}},
		{"same externalId of another client", member(2, "Admins", 8, "ext-1"), nil},
		{"externalId in other case", member(2, "Admins", 7, "EXT-1"), nil},
		{"same name", member(3, "Admins", 7, "ext-2"), nil},
		{"named like a privilege", member(3, "uniphore:dev:u_administrator", 7, "ext-2"), nil},
		{"by id", member(5, "anything", 8, ""), []string{"rsa:high-risk"}},
	} {
		a := account(t, m, input(t, directory.Profile{}, []directory.Membership{c.in}))
		if diff := cmp.Diff(c.want, spelled(a.Grants)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// TestRules: exact names fold case, patterns match the whole name and mind
// case, captures are expanded, and all matching rules apply in order.
func TestRules(t *testing.T) {
	m := newMapper(t, goldenSettings(), rules(t, `version: 1
rules:
  - when: {group: {pattern: 'Field-(?P<region>[A-Z]+)(-x)?'}}
    grant: [{api: servicemobility, scope: team, role: 'T$$${region}${2}'}, {api: servicemobility, role: mobile-worker}]
  - when: {role: {pattern: '(\w+)@(\w+)'}}
    grant: {api: syncari, scope: '${2}', role: '${1}'}
  - when: {entitlement: STRASSE}
    grant: {api: rsa, role: high-risk}
  - when: {group: straße}
    grant: {api: rsa, role: high-risk}
`))
	for _, c := range []struct {
		name    string
		profile directory.Profile
		groups  []string
		want    []string
		warn    int
	}{
		{"captures", directory.Profile{}, []string{"Field-EAST"}, []string{"servicemobility:team:T$EAST", "servicemobility:mobile-worker"}, 0},
		{"optional capture", directory.Profile{}, []string{"Field-EAST-x"}, []string{"servicemobility:team:T$EAST-x", "servicemobility:mobile-worker"}, 0},
		{"anchored", directory.Profile{}, []string{"xField-EAST", "Field-EASTx", "Field-EAST\n"}, nil, 0},
		{"case of a pattern", directory.Profile{}, []string{"field-EAST"}, nil, 0},
		{"fold", directory.Profile{}, []string{"STRAßE"}, []string{"rsa:high-risk"}, 0},
		{"fold, capital sharp s", directory.Profile{}, []string{"STRAẞE"}, []string{"rsa:high-risk"}, 0},
		{"fold is not ss", directory.Profile{}, []string{"STRASSE"}, nil, 0},
		{"kinds are apart", directory.Profile{Roles: []directory.Plural{{Value: "STRASSE"}}}, nil, nil, 0},
		{"entitlement", directory.Profile{Entitlements: []directory.Plural{{Value: "strasse"}}}, nil, []string{"rsa:high-risk"}, 0},
		{"expanded and known", directory.Profile{Roles: []directory.Plural{{Value: "viewer@rr0vpw"}}}, nil, []string{"syncari:RR0VPW:Viewer"}, 0},
		{"expanded and unknown", directory.Profile{Roles: []directory.Plural{{Value: "viewer@nowhere"}}}, nil, nil, 1},
		{"rules before convention", directory.Profile{}, []string{"rsa:high-risk", "servicemobility:team:Z", "Field-A"},
			[]string{"servicemobility:team:T$A", "servicemobility:mobile-worker", "rsa:high-risk", "servicemobility:team:Z"}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := account(t, m, input(t, c.profile, groups(c.groups...)))
			if diff := cmp.Diff(c.want, spelled(a.Grants)); diff != "" {
				t.Errorf("grants (-want +got):\n%s", diff)
			}
			if len(a.Warnings) != c.warn {
				t.Errorf("warnings: %q, want %d", a.Warnings, c.warn)
			}
		})
	}
}

// TestConventionLimits: a rules file limits the convention.
// covers: T-30
func TestConventionLimits(t *testing.T) {
	name := func(s string) []directory.Plural { return []directory.Plural{{Value: s}} }
	in := input(t, directory.Profile{Roles: name("rsa:high-risk"), Entitlements: name("servicemobility:team:E")},
		groups("uniphore:dev:u_agent", "servicemobility:team:G"))
	for _, c := range []struct {
		convention string
		want       []string
	}{
		{"true", []string{"uniphore:dev:u_agent", "servicemobility:team:G", "rsa:high-risk", "servicemobility:team:E"}},
		{"false", nil},
		{"{from: [role, entitlement]}", []string{"rsa:high-risk", "servicemobility:team:E"}},
		{"{apis: [servicemobility]}", []string{"servicemobility:team:G", "servicemobility:team:E"}},
		{"{from: [group], apis: [servicemobility]}", []string{"servicemobility:team:G"}},
		{"{from: []}", nil},
	} {
		a := account(t, newMapper(t, goldenSettings(), rules(t, "version: 1\nconvention: "+c.convention)), in)
		if diff := cmp.Diff(c.want, spelled(a.Grants)); diff != "" {
			t.Errorf("convention: %s (-want +got):\n%s", c.convention, diff)
		}
	}
}

// TestNested: nested: false ignores memberships through other groups.
// covers: T-32
func TestNested(t *testing.T) {
	in := groups("servicemobility:team:DIRECT", "servicemobility:team:NESTED")
	in[1].Indirect = true
	for src, want := range map[string][]string{
		"version: 1":                {"DIRECT", "NESTED"},
		"version: 1\nnested: true":  {"DIRECT", "NESTED"},
		"version: 1\nnested: false": {"DIRECT"},
	} {
		a := account(t, newMapper(t, mapping.Settings{}, rules(t, src)), input(t, directory.Profile{}, in))
		if diff := cmp.Diff(want, a.Mobility.Teams); diff != "" {
			t.Errorf("%q (-want +got):\n%s", src, diff)
		}
	}
}

// TestDuplicateRoles: values that repeat or claim to be primary change nothing.
// covers: T-34
func TestDuplicateRoles(t *testing.T) {
	m, yes := newMapper(t, mapping.Settings{}, nil), true
	low, high := directory.Plural{Value: "uniphore:dev:u_agent", Primary: &yes}, directory.Plural{Value: "uniphore:dev:u_supervisor"}
	once := account(t, m, input(t, directory.Profile{Roles: []directory.Plural{low, high}}, nil))
	twice := input(t, directory.Profile{Roles: []directory.Plural{low, low, high, low, high}}, nil)
	if diff := cmp.Diff(once.Grants, account(t, m, twice).Grants); diff != "" {
		t.Errorf("grants of repeated roles (-once +twice):\n%s", diff)
	}
	if role, _, _ := m.UniphoreRole(twice, "dev", nil); role.Name != "U-Supervisor" {
		t.Errorf("role %q, want the highest in the catalogue, U-Supervisor", role.Name)
	}
}

// TestManyRoles: a long list keeps its order and loses its duplicates, too.
func TestManyRoles(t *testing.T) {
	var roles []directory.Plural
	var want []string
	for i := range 300 {
		team := fmt.Sprintf("T%d", i%200)
		roles = append(roles, directory.Plural{Value: "servicemobility:team:" + team})
		if i < 200 {
			want = append(want, team)
		}
	}
	a := account(t, newMapper(t, mapping.Settings{}, nil), input(t, directory.Profile{Roles: roles}, nil))
	if diff := cmp.Diff(want, a.Mobility.Teams); diff != "" || len(a.Grants) != 200 {
		t.Errorf("%d grants, teams (-want +got):\n%s", len(a.Grants), diff)
	}
}

func TestWarningsAreBounded(t *testing.T) {
	var names []string
	for i := range 500 {
		names = append(names, fmt.Sprintf("rsa:unknown-%d", i))
	}
	a := account(t, newMapper(t, mapping.Settings{}, nil), input(t, directory.Profile{}, groups(names...)))
	if len(a.Warnings) != 33 || !strings.Contains(a.Warnings[32], "more warnings") {
		t.Errorf("%d warnings, the last is %q", len(a.Warnings), a.Warnings[len(a.Warnings)-1])
	}
}

// TestAccountIsDeterministic: equal inputs give equal accounts, and the order in
// which storage returns groups does not matter.
func TestAccountIsDeterministic(t *testing.T) {
	s := goldenSettings()
	s.Clients = map[string]directory.ClientID{"okta": 1}
	m := newMapper(t, s, rules(t, `version: 1
rules:
  - when: {group: {pattern: 'Team (\w+)'}}
    grant: {api: servicemobility, scope: team, role: '${1}'}
  - when: {group: {externalId: e1}}
    grant: {api: syncari, scope: RR0VPW, role: Org Admin}
attributes:
  - {set: department, to: 'groups.join("/")'}
`))
	names := rapid.SampledFrom([]string{"Team A", "Team B", "Team C", "syncari:YUBV99:Viewer", "syncari:YUBV99:Org Admin",
		"syncari:RR0VPW:Sync Manager", "uniphore:*:u_agent", "uniphore:dev:quality_analyst", "servicemobility:dgroup:Default", "rsa:high-risk", "rsa:x", "Everyone"})
	rapid.Check(t, func(t *rapid.T) {
		var in []directory.Membership
		for i, name := range rapid.SliceOfN(names, 0, 12).Draw(t, "groups") {
			in = append(in, directory.Membership{Group: groupID(i), DisplayName: name,
				ExternalIDs: map[directory.ClientID]string{1: "e1", 2: "e1"}, Indirect: rapid.Bool().Draw(t, "indirect")})
		}
		user := mapping.Input{User: &directory.User{ID: groupID(7), Document: directory.Document(goldenDocument), Groups: in},
			State: &directory.AppState{Syncari: directory.SyncariState{
				Roles:      map[string][]string{"YUBV99": {"Dashboard Author"}, "RR0VPW": {"Viewer"}},
				Suppressed: map[string][]directory.Suppression{"YUBV99": {{Role: "Viewer", Groups: []directory.ID{groupID(3)}}}},
			}}}
		first, err := m.Account(user)
		if err != nil {
			t.Fatal(err)
		}
		shuffled := user
		other := *user.User
		other.Groups = rapid.Permutation(slices.Clone(in)).Draw(t, "order")
		shuffled.User = &other
		again, err := m.Account(shuffled)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first, again); diff != "" {
			t.Errorf("in another order (-first +again):\n%s", diff)
		}
		explained, err := m.Explain(shuffled)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first, explained.Account); diff != "" {
			t.Errorf("Explain differs (-Account +Explain):\n%s", diff)
		}
	})
}
