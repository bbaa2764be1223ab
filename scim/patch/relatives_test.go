package patch_test

import (
	"slices"
	"testing"

	"github.com/scimbridge/scimbridge/scim/patch"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// TestRelatives has the shapes that no list has, but that are near to listed
// ones: other attributes, other operations, values wrapped once more.
func TestRelatives(t *testing.T) {
	for _, e := range []exchange{
		// AppRoleAssignmentsComplex spells each role out inside its value.
		{name: "roles spelled out", modes: tolerant, before: `"roles":[{"value":"User","display":"User"}]`,
			ops:   `[{"op":"Add","path":"roles","value":[{"value":"{\"id\":\"827f\",\"value\":\"Admin\",\"displayName\":\"The admins\"}"},{"value":"{\"id\":\"8ae0\",\"value\":\"User\",\"displayName\":\"User\"}"}]}]`,
			after: `"roles":[{"value":"User","display":"User"},{"value":"Admin","display":"The admins"}]`},
		{name: "roles spelled out, strict", modes: strict, ops: `[{"op":"add","path":"roles","value":[{"value":"{\"value\":\"Admin\"}"}]}]`, fail: "invalidValue", says: "roles.value"},
		{name: "roles spelled out in strings", modes: tolerant, ops: `[{"op":"Add","path":"roles","value":["{\"id\":\"827f\",\"value\":\"Admin\"}"]}]`, after: `"roles":[{"value":"Admin"}]`},
		{name: "roles spelled out in one string", modes: tolerant, ops: `[{"op":"Add","path":"roles","value":"[{\"value\":\"Admin\"},{\"value\":\"User\"}]"}]`, after: `"roles":[{"value":"Admin"},{"value":"User"}]`},
		{name: "role spelled out, by value path", modes: tolerant, ops: `[{"op":"Replace","path":"roles[primary eq \"True\"].value","value":"{\"id\":\"827f\",\"value\":\"Admin\"}"}]`, after: `"roles":[{"value":"Admin","primary":true}]`},
		{name: "role spelled out, removed", modes: tolerant, before: `"roles":[{"value":"Admin"},{"value":"User"}]`, ops: `[{"op":"Remove","path":"roles","value":[{"value":"{\"id\":\"827f\",\"value\":\"Admin\"}"}]}]`, after: `"roles":[{"value":"User"}]`},
		{name: "roles in brackets", modes: tolerant, ops: `[{"op":"Add","path":"roles","value":"[Admin"}]`, after: `"roles":[{"value":"[Admin"}]`},
		{name: "role's displayName", modes: tolerant, before: `"roles":[{"value":"Admin","primary":true}]`, ops: `[{"op":"Add","path":"roles[primary eq \"True\"].displayName","value":"A"}]`, after: `"roles":[{"value":"Admin","display":"A","primary":true}]`},
		{name: "role's displayName, strict", modes: strict, before: `"roles":[{"value":"Admin","primary":true}]`, ops: `[{"op":"add","path":"roles[primary eq true].displayName","value":"A"}]`, fail: "invalidPath", says: "displayName"},
		{name: "type of a role", modes: tolerant, ops: `[{"op":"Add","path":"roles[primary eq \"True\"].type","value":"W"},{"op":"Add","path":"roles[primary eq \"True\"].value","value":"Admin"}]`, after: `"roles":[{"value":"Admin","type":"W","primary":true}]`},

		// Types that are the customer's own.
		{name: "a role of a type", modes: tolerant, ops: `[{"op":"Replace","path":"roles[type eq \"WindowsAzureActiveDirectoryRole\"].value","value":"Admin"}]`, after: `"roles":[{"value":"Admin","type":"WindowsAzureActiveDirectoryRole"}]`},
		{name: "an entitlement of a type", modes: tolerant, ops: `[{"op":"replace","path":"entitlements[type eq \"license\"]","value":{"value":"E5"}}]`, after: `"entitlements":[{"value":"E5","type":"license"}]`},
		{name: "add a phone of a type", modes: tolerant, before: `"phoneNumbers":[{"value":"1","type":"work"}]`, ops: `[{"op":"Add","path":"phoneNumbers[type eq \"main\"].value","value":"2"}]`, after: `"phoneNumbers":[{"value":"1","type":"work"},{"value":"2","type":"main"}]`},
		{name: "add a phone of a type, strict", modes: strict, ops: `[{"op":"add","path":"phoneNumbers[type eq \"main\"].value","value":"2"}]`, fail: "noTarget"},
		{name: "replace a phone of a type", modes: tolerant, ops: `[{"op":"Replace","path":"phoneNumbers[type eq \"main\"].value","value":"2"}]`, fail: "noTarget", says: "phoneNumbers"},
		{name: "add a phone of no type", modes: tolerant, ops: `[{"op":"Add","path":"phoneNumbers[type eq \" \"].value","value":"2"}]`, fail: "noTarget"},
		{name: "case of everything", modes: tolerant, before: `"emails":[{"value":"a@x.io","type":"work"}]`, ops: `[{"op":"REPLACE","path":"EMAILS[TYPE EQ \"WORK\"].VALUE","value":"b@x.io"}]`, after: `"emails":[{"value":"b@x.io","type":"work"}]`},

		// Managers.
		{name: "manager by reference", modes: both, before: `"EXT":{"manager":{"value":"8","$ref":"../Users/8"}}`, ops: `[{"op":"replace","path":"EXT:manager","value":{"$ref":"https://h.example/scim/v2/Users/9"}}]`, after: `"EXT":{"manager":{"value":"9","$ref":"https://h.example/scim/v2/Users/9"}}`},
		{name: "manager.$ref", modes: both, before: `"EXT":{"manager":{"value":"8"}}`, ops: `[{"op":"replace","path":"EXT:manager.$ref","value":"../Users/9"}]`, after: `"EXT":{"manager":{"value":"9","$ref":"../Users/9"}}`},
		{name: "the same reference", modes: both, before: `"EXT":{"manager":{"value":"8","$ref":"../Users/9"}}`, ops: `[{"op":"replace","path":"EXT:manager","value":{"$ref":"../Users/9"}}]`, after: `"EXT":{"manager":{"value":"8","$ref":"../Users/9"}}`},
		{name: "a reference that is no id", modes: both, before: `"EXT":{"manager":{"value":"8"}}`, ops: `[{"op":"replace","path":"EXT:manager.$ref","value":"https://h.example/people/9"}]`, after: `"EXT":{"manager":{"value":"8","$ref":"https://h.example/people/9"}}`},
		{name: "a reference and no value", modes: both, before: `"EXT":{"manager":{"value":"8"},"department":"D"}`, ops: `[{"op":"replace","path":"EXT:manager","value":{"value":null,"$ref":null}}]`, after: `"EXT":{"department":"D"}`},
		{name: "manager by id", modes: tolerant, ops: `[{"op":"Add","path":"EXT:manager","value":{"id":"9"}}]`, after: `"EXT":{"manager":{"value":"9"}}`},
		{name: "manager.managerId", modes: tolerant, ops: `[{"op":"Add","path":"EXT:manager.managerId","value":"9"}]`, after: `"EXT":{"manager":{"value":"9"}}`},
		{name: "manager serialised twice", modes: tolerant, ops: `[{"op":"Add","path":"EXT:manager","value":"{\"value\":\"9\"}"}]`, after: `"EXT":{"manager":{"value":"9"}}`},
		{name: "manager of something else", modes: tolerant, before: `"EXT":{"manager":{"value":"8"}}`, ops: `[{"op":"Add","path":"EXT:manager","value":{"mail":"m@x.io"}}]`, fail: "invalidValue", says: "manager"},
		{name: "manager of something else, without path", modes: tolerant, before: `"EXT":{"manager":{"value":"8"}}`, ops: `[{"op":"Add","value":{"EXT:manager":{"mail":"m@x.io"}}}]`, after: `"EXT":{"manager":{"value":"8"}}`},
		{name: "manager of a name only", modes: both, before: `"EXT":{"manager":{"value":"8"}}`, ops: `[{"op":"replace","path":"EXT:manager","value":{"displayName":"M"}}]`, after: `"EXT":{"manager":{"value":"8"}}`},
		{name: "URNs inside of an extension's object", modes: tolerant, ops: `[{"op":"replace","value":{"EXT":{"EXT:department":"D","EXT:manager.value":"9"}}}]`, after: `"EXT":{"department":"D","manager":{"value":"9"}}`},

		// A name wrapped once more.
		{name: "name serialised twice", modes: tolerant, before: `"name":{"givenName":"G","familyName":"F"}`, ops: `[{"op":"Replace","path":"name","value":"{\"givenName\":\"H\"}"}]`, after: `"name":{"familyName":"F","givenName":"H"}`},
		{name: "name of something else", modes: tolerant, before: `"name":{"givenName":"G"}`, ops: `[{"op":"Replace","path":"name","value":{"first":"H"}}]`, fail: "invalidValue", says: "name"},
		{name: "name of something else as well", modes: tolerant, before: `"name":{"givenName":"G"}`, ops: `[{"op":"Replace","path":"name","value":{"first":"H","familyName":"F"}}]`, after: `"name":{"familyName":"F","givenName":"G"}`},
		{name: "emails serialised twice", modes: tolerant, ops: `[{"op":"Replace","path":"emails","value":"[{\"value\":\"a@x.io\",\"primary\":\"True\"}]"}]`, after: `"emails":[{"value":"a@x.io","primary":true}]`},
	} {
		e.run(t)
	}
}

// Members that were serialised twice are the members they spell out.
func TestMembersSerializedTwice(t *testing.T) {
	for _, value := range []string{
		`"[{\"value\":\"u1\",\"type\":\"User\"}]"`,
		`["{\"value\":\"u1\",\"type\":\"User\"}"]`,
		`"{\"$ref\":\"../Users/u1\"}"`,
		`"[\"u1\"]"`,
	} {
		ops := `[{"op":"add","path":"members","value":` + value + `}]`
		var repairs []schema.Repair
		r, err := patch.Parse(message(t, ops), schema.Group(), patch.Options{Repaired: func(r schema.Repair) { repairs = append(repairs, r) }})
		if err != nil {
			t.Errorf("%s: %v", value, err)
			continue
		}
		edit, err := r.Members()
		if err != nil || !slices.Equal(edit.Add, []string{"u1"}) {
			t.Errorf("%s: got %q, %v", value, edit.Add, err)
		}
		if !slices.Contains(repairs, schema.RepairValueForm) {
			t.Errorf("%s: reported %v", value, repairs)
		}
		if _, err := patch.Parse(message(t, ops), schema.Group(), patch.Options{Strict: true}); err == nil {
			t.Errorf("%s: strict accepts it", value)
		}
	}
}
