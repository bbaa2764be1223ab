package mapping_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/mapping"
)

func explain(t testing.TB, m *mapping.Mapper, in mapping.Input) mapping.Explanation {
	t.Helper()
	e, err := m.Explain(in)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// lines returns the lines of a field: "value | source | rule".
func lines(e mapping.Explanation, field string) []string {
	var found []string
	for _, l := range e.Fields {
		if l.Field == field {
			found = append(found, l.Value+" | "+l.Source+" | "+l.Rule)
		}
	}
	return found
}

// TestExplain: each kind of source is named: the attribute, the group with id
// and name, the role, the state, the setting, the default, the rule and the
// expression.
func TestExplain(t *testing.T) {
	in := goldenInput()
	in.User.Groups = append(in.User.Groups, directory.Membership{Group: groupID(6), DisplayName: "Depot North", Indirect: true})
	in.State.Syncari.Roles = map[string][]string{"RR0VPW": {"Dashboard Author"}}
	in.State.Syncari.Suppressed = map[string][]directory.Suppression{"YUBV99": {{Role: "Sync Manager", Groups: []directory.ID{groupID(2)}}}}
	in.State.Uniphore.Roles = map[string]directory.UniphoreRole{"prod": {ID: 9, Name: "Quality Analyst", ProfileID: 5}}
	in.State.Mobility.Extensions = map[string]string{"Badge": "7"}
	s := goldenSettings()
	s.Uniphore.DefaultRole = "u_agent"
	s.Mobility.DGroups = []string{"North"}
	m := newMapper(t, s, rules(t, `version: 1
rules:
  - when: {group: depot north}
    grant: {api: servicemobility, scope: dgroup, role: north}
attributes:
  - set: department
    to: '"Q"'
`))
	e := explain(t, m, in)
	group := func(n int, name string) string { return `group "` + name + `" (` + groupID(n).String() + `)` }
	for field, want := range map[string][]string{
		"email":              {`johnny.kingston@example.com | user emails[type eq "work"].value | `},
		"givenName":          {"Johnny | user name.givenName | "},
		"phones[1]":          {"+1 774 291 4444 work | user phoneNumbers | "},
		"faceTime":           {" | not assigned | "},
		"department":         {"Q | expression | map.yaml:6"},
		"status":             {"active | directory record | "},
		"created":            {"2022-05-09T04:58:37.259Z | directory record | "},
		"uniphore.id":        {"4882 | state uniphore id | "},
		"uniphore.userName":  {"johnny.kingston | user userName without its domain | "},
		"uniphore.orgId":     {"52 | user enterprise organization | "},
		"uniphore.role[dev]": {"9 Quality Analyst (profile 5) | " + group(1, "uniphore:dev:quality_analyst") + " | convention"},
		"uniphore.role[test]": {
			"106 U-Agent (profile 106) | settings uniphore default role | "},
		"uniphore.role[prod]":                    {"9 Quality Analyst (profile 5) | state uniphore.roles, as of the last sync | "},
		"rsa.identitySource":                     {"My Company AD | settings rsa identity source | "},
		"rsa.lastSync":                           {"2022-05-09T05:00:00.000Z | state rsa.lastSync | "},
		"syncari.roles[YUBV99]":                  nil,
		"syncari.roles[RR0VPW]":                  {"Dashboard Author | manual syncari | ", "Viewer | " + group(3, "syncari:RR0VPW:Viewer") + " | convention"},
		"syncari.suppressed[YUBV99]":             {"Sync Manager | state syncari.suppressed, although granted by " + group(2, "syncari:YUBV99:Sync Manager") + " | convention"},
		"servicemobility.teams[0]":               {"TEAM-EAST | " + group(4, "servicemobility:team:TEAM-EAST") + " | convention"},
		"servicemobility.mobileWorker":           {"true | " + group(5, "servicemobility:mobile-worker") + " | convention"},
		"servicemobility.dGroupId":               {`North | group "Depot North" (` + groupID(6).String() + ", through a nested group) | map.yaml:3"},
		"servicemobility.status":                 {"1003 | default of mobile workers | "},
		"servicemobility.extensions[Badge]":      {"7 | state servicemobility.extensions | "},
		"servicemobility.extensions[CostCenter]": nil,
		"warnings":                               {" | nothing to warn of | "},
	} {
		if got := lines(e, field); !slices.Equal(got, want) {
			t.Errorf("%s:\n%q, want\n%q", field, got, want)
		}
	}
}

func TestExplanationOutput(t *testing.T) {
	in := input(t, directory.Profile{UserName: "evil\x1b[2J\u202e", DisplayName: "two\tcolumns\nand lines"}, groups("rsa:x"))
	e := explain(t, newMapper(t, mapping.Settings{}, nil), in)
	var out bytes.Buffer
	if err := e.Table(&out); err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(rows) != len(e.Fields)+1 || !strings.HasPrefix(rows[0], "FIELD ") {
		t.Errorf("%d rows for %d fields, the first is %q", len(rows), len(e.Fields), rows[0])
	}
	column := strings.Index(rows[0], "SOURCE")
	for _, r := range rows[1:] {
		if strings.ContainsAny(r, "\x1b\t\u202e") || len(r) < column || r[column-1] != ' ' || r[column] == ' ' {
			t.Errorf("row %q is not aligned or not escaped", r)
		}
	}
	if len(e.Warnings) != 1 || len(lines(e, "warnings[0]")) != 1 {
		t.Errorf("warnings %q are not explained", e.Warnings)
	}

	encoded, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var back struct {
		UserID   string              `json:"userId"`
		Fields   []map[string]string `json:"fields"`
		Warnings []string            `json:"warnings"`
	}
	if err := json.Unmarshal(encoded, &back); err != nil {
		t.Fatal(err)
	}
	if back.UserID != in.User.ID.String() || len(back.Fields) != len(e.Fields) || len(back.Warnings) != 1 {
		t.Errorf("JSON: %s", encoded)
	}
	if f := back.Fields[0]; f["field"] != "id" || f["value"] != back.UserID || f["source"] != "directory record" {
		t.Errorf("first field in JSON: %v", f)
	}
}
