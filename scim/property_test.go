package scim_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The pieces of which identity providers, and those who wish them ill, make
// operations.
var (
	verbs = []string{"add", "replace", "remove", "Add", "Replace", "REMOVE", "move", ""}
	paths = []string{
		"active", "displayName", "title", "userName", "name", "name.givenName", "name.formatted", "externalId", "password", "id", "meta", "meta.version", "schemas", "groups",
		"emails", "emails.value", `emails[type eq "work"]`, `emails[type eq "work"].value`, `emails[type eq "home"].primary`, `emails[primary eq true].value`, `emails[primary eq "True"].value`,
		`emails[value eq "a@x.io"]`, `emails[type eq "other"].value`, `emails[not (type pr)]`, `phoneNumbers[type eq "mobile"].value`, `addresses[type eq "work"].country`, `addresses[type eq "work"]`, "addresses",
		"roles", `roles[value eq "r"]`, `roles[primary eq "True"].value`, "entitlements", enterpriseURN, enterpriseURN + ":manager", enterpriseURN + ":manager.value", enterpriseURN + ":employeeNumber",
		enterpriseURN + ".department", "manager", "employeeNumber", userURN, userURN + ":title", userURN + ":emails[type eq \"work\"].value", groupURN + ":members", "members", `members[value eq "USER"]`, `members[type eq "User"]`,
		"members.value", "", "nothing", "EMAILS[TYPE EQ \"WORK\"].VALUE", "DisplayName", " title ", "x509Certificates", "ims", "photos",
	}
	values = []string{
		`null`, `""`, `"x"`, `"True"`, `"false"`, `true`, `false`, `0`, `1.5`, `[]`, `{}`, `[null]`, `[{}]`, `[[]]`, `"USER"`, `"a@x.io"`,
		`{"value":"n@x.io"}`, `{"value":"n@x.io","type":"work","primary":true}`, `[{"value":"n@x.io","type":"WORK"},{"value":"m@x.io","primary":"true"}]`, `[{"$ref":null,"value":"USER"}]`, `{"value":"USER"}`, `["USER","OTHER"]`, `[{"value":"OTHER"}]`,
		`{"givenName":"G"}`, `{"formatted":null,"familyName":""}`, `{"active":"False"}`, `{"displayName":"N","members":[{"value":"USER"}]}`, `{"name.givenName":"G","emails[type eq \"work\"].value":"k@x.io"}`,
		`{"` + enterpriseURN + `":{"department":"E","manager":{"value":null}}}`, `{"` + enterpriseURN + `:manager":"m2"}`, `{"id":"x","meta":null,"schemas":[],"groups":[{"value":"g"}]}`, `{"manager":{"managerId":9}}`,
		`{"streetAddress":"1","country":"US","primary":true}`, `"{\"active\":false}"`, `{"nothing":1}`, `[{"value":"r","display":"D"},{"value":"r","displayName":"E"}]`, `{"value":{"value":"deep"}}`, `"` + strings.Repeat("long", 300) + `"`,
	}
)

// Whatever operations come together: a refusal changes nothing, a success shows
// what is stored, what is shown can be sent back without a change, and nothing
// is a 5xx (see world.try).
//
// covers: R-7644-3.5.2-08, R-7644-3.1-03, A0-4
func TestAnyOperations(t *testing.T) {
	w := newWorld(t)
	fill := strings.NewReplacer("USER", w.userID, "OTHER", w.member)
	rapid.Check(t, func(rt *rapid.T) {
		var ops []string
		for range rapid.IntRange(1, 3).Draw(rt, "operations") {
			op := fmt.Sprintf(`{"op":%q`, rapid.SampledFrom(verbs).Draw(rt, "op"))
			if path := rapid.SampledFrom(paths).Draw(rt, "path"); rapid.IntRange(0, 3).Draw(rt, "with path") > 0 {
				op += fmt.Sprintf(`,"path":%q`, fill.Replace(path))
			}
			if value := rapid.SampledFrom(values).Draw(rt, "value"); rapid.IntRange(0, 4).Draw(rt, "with value") > 0 {
				op += `,"value":` + fill.Replace(value)
			}
			ops = append(ops, op+"}")
		}
		d := rapid.SampledFrom(w.clients).Draw(rt, "client")
		path := rapid.SampledFrom([]string{w.user, w.group}).Draw(rt, "resource")
		w.try(rt, d, "PATCH", path, patchBody("["+strings.Join(ops, ",")+"]"))
	})
}
