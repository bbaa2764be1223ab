package schema_test

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

const (
	core       = `"urn:ietf:params:scim:schemas:core:2.0:User"`
	enterprise = `"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"`
	bridge     = `"urn:scimbridge:params:scim:schemas:extension:bridge:2.0:User"`
)

func decode(t testing.TB, text string) *resource.Object {
	t.Helper()
	o, err := resource.DecodeObject([]byte(text), resource.Limits{})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return o
}

// normalizeCase is one body in both modes. An empty wantStrict means that
// strict mode gives the same as tolerant mode, without a repair.
type normalizeCase struct {
	name     string
	in       string
	want     string          // tolerant: canonical JSON, or "scimType: part of the detail"
	strict   string          // strict: the same, if it differs
	repaired []schema.Repair // in tolerant mode
}

func check(t *testing.T, typ *schema.ResourceType, in, want string, strict bool) []schema.Repair {
	t.Helper()
	var repairs []schema.Repair
	body := decode(t, in)
	before := body.String()
	got, err := typ.Normalize(body, schema.Options{Strict: strict, Repaired: func(r schema.Repair) { repairs = append(repairs, r) }})
	if after := body.String(); after != before {
		t.Errorf("the input was changed: %s", after)
	}
	if kind, detail, refused := strings.Cut(want, ": "); refused && strings.HasPrefix(want, "invalid") {
		e, ok := fault.As(err)
		if !ok {
			t.Errorf("strict %v: %s\n got %v, %v\nwant %s", strict, in, got, err, want)
		} else if e.Status != http.StatusBadRequest || string(e.ScimType) != kind || !strings.Contains(e.Detail, detail) {
			t.Errorf("strict %v: %s\n got %s: %s\nwant %s", strict, in, e.ScimType, e.Detail, want)
		}
		return repairs
	}
	if err != nil {
		t.Errorf("strict %v: %s\n got error %v\nwant %s", strict, in, err, want)
	} else if got.String() != want {
		t.Errorf("strict %v: %s\n got %s\nwant %s", strict, in, got, want)
	}
	return repairs
}

func run(t *testing.T, typ *schema.ResourceType, cases []normalizeCase) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			repairs := check(t, typ, c.in, c.want, false)
			slices.Sort(repairs)
			slices.Sort(c.repaired)
			if !slices.Equal(repairs, c.repaired) {
				t.Errorf("repairs %v, want %v", repairs, c.repaired)
			}
			strict := c.strict
			if strict == "" {
				strict = c.want
			}
			repairs = check(t, typ, c.in, strict, true)
			if slices.ContainsFunc(repairs, func(r schema.Repair) bool { return r != schema.RepairEmptyString }) {
				t.Errorf("strict mode repaired %v", repairs)
			}
		})
	}
}

// user completes members of a User with what every User needs.
func user(members string) string {
	if members != "" {
		members = "," + members
	}
	return `{"schemas":[` + core + `,` + enterprise + `,` + bridge + `],"userName":"a"` + members + `}`
}

func stored(members string) string {
	if members != "" {
		members = "," + members
	}
	return `{"userName":"a"` + members + `}`
}

// covers: R-7643-2.1-01, R-7643-2.5-01, R-7643-3-04, R-7643-3.1-05, R-7643-3.1-11, R-7643-4.1.1-01, R-7643-4.3-02, R-7643-7-04, R-7643-7-11, R-7644-3.3-01
// covers: A0-1, A0-2, A0-8, A0-9, OK-03, OK-06, OK-23, EN-03, EN-05, OL-06, OL-08, T-16, T-23
func TestNormalizeAttributes(t *testing.T) {
	run(t, schema.User(), []normalizeCase{
		{name: "names in any case, canonical order",
			in:   `{"SCHEMAS":[` + core + `],"displayname":"D","USERNAME":"a","Name":{"GIVENNAME":"G","familyname":"F"}}`,
			want: `{"userName":"a","name":{"familyName":"F","givenName":"G"},"displayName":"D"}`},
		{name: "extension URN in any case",
			in:   user(`"URN:ietf:params:scim:schemas:extension:ENTERPRISE:2.0:User":{"EmployeeNumber":"9"}`),
			want: stored(enterprise + `:{"employeeNumber":"9"}`)},
		{name: "extensions in canonical order",
			in:   user(bridge + `:{"locked":true},` + enterprise + `:{"department":"D"},"title":"T"`),
			want: stored(`"title":"T",` + enterprise + `:{"department":"D"},` + bridge + `:{"locked":true}`)},
		{name: "null, empty array and empty object are unassigned",
			in:   user(`"nickName":null,"emails":[],"roles":null,"name":{},"addresses":[{}],"phoneNumbers":[null],"ims":[{"value":null}],` + enterprise + `:{}`),
			want: stored(``)},
		{name: "empty string is unassigned",
			in:   user(`"title":"","name":{"middleName":"","givenName":"G"}`),
			want: stored(`"name":{"givenName":"G"}`), repaired: []schema.Repair{schema.RepairEmptyString, schema.RepairEmptyString}},
		{name: "blanks are kept", in: user(`"title":"  x "`), want: stored(`"title":"  x "`)},
		{name: "read-only attributes are dropped, whatever they hold",
			in:   user(`"id":"1","meta":{"version":7},"groups":[{"value":"g1"}],` + enterprise + `:{"manager":{"value":"m","displayName":"M"}}`),
			want: stored(enterprise + `:{"manager":{"value":"m"}}`)},
		{name: "externalId, active and password are kept",
			in:   user(`"password":"pw","active":false,"externalId":"x"`),
			want: `{"externalId":"x","userName":"a","active":false,"password":"pw"}`},
		{name: "unknown attribute", in: user(`"prefferedLanguage":"de"`),
			want: stored(``), strict: `invalidSyntax: "prefferedLanguage" is no attribute`, repaired: []schema.Repair{schema.RepairUnknownAttribute}},
		{name: "extension attribute at top level is unknown", in: user(`"employeeNumber":"9"`),
			want: stored(``), strict: `invalidSyntax: "employeeNumber"`, repaired: []schema.Repair{schema.RepairUnknownAttribute}},
		{name: "unknown sub-attribute", in: user(`"name":{"nick":"N","givenName":"G"}`),
			want: stored(`"name":{"givenName":"G"}`), strict: `invalidSyntax: "nick" is no sub-attribute of name`, repaired: []schema.Repair{schema.RepairUnknownAttribute}},
		{name: "unknown extension", in: user(`"urn:x:y":{"a":1}`),
			want: stored(``), strict: `invalidSyntax: "urn:x:y" is no schema`, repaired: []schema.Repair{schema.RepairUnknownSchema}},
		{name: "prototype pollution", in: user(`"__proto__.x":1,"constructor.prototype":{},"isAdmin":true,"tenantId":1`),
			want: stored(``), strict: `invalidSyntax: is no attribute`,
			repaired: []schema.Repair{schema.RepairUnknownAttribute, schema.RepairUnknownAttribute, schema.RepairUnknownAttribute, schema.RepairUnknownAttribute}},
		{name: "no userName", in: `{"schemas":[` + core + `]}`, want: `invalidValue: userName: required`},
		{name: "empty userName", in: `{"schemas":[` + core + `],"userName":""}`, want: `invalidValue: userName: required`},
		{name: "blank userName", in: `{"schemas":[` + core + `],"userName":" \t"}`, want: `invalidValue: userName: required`},
		{name: "null userName", in: `{"schemas":[` + core + `],"userName":null}`, want: `invalidValue: userName: required`},
		{name: "extension is no object", in: user(enterprise + `:"x"`),
			want: `invalidValue: urn:ietf:params:scim:schemas:extension:enterprise:2.0:User: must be an object`},
		{name: "extension in an array", in: user(enterprise + `:[{"department":"D"}]`),
			want: stored(enterprise + `:{"department":"D"}`), strict: `invalidValue: must be an object`, repaired: []schema.Repair{schema.RepairValueForm}},
		{name: "extension is an empty string", in: user(enterprise + `:""`),
			want: stored(``), strict: `invalidValue: must be an object`, repaired: []schema.Repair{schema.RepairEmptyString}},
		{name: "every attribute of the bridge",
			in:   user(bridge + `:{"extensions":[{"display":"k","value":"v"}],"servicemobility":{"storageLocationId":"s","enableMobileDiagnostics":false,"isMobileWorker":true,"dGroupId":"d"},"syncari":{"apiUser":true},"rsa":{"highRiskUser":true,"identitySource":"i"},"uniphore":{"syncToTableau":true,"stationIdMode":"STATIC","stationId":"1","auth0Id":"0","clientId":"c","username":"u"},"locked":false}`),
			want: stored(bridge + `:{"locked":false,"uniphore":{"username":"u","clientId":"c","auth0Id":"0","stationId":"1","stationIdMode":"static","syncToTableau":true},"rsa":{"identitySource":"i","highRiskUser":true},"syncari":{"apiUser":true},"servicemobility":{"dGroupId":"d","isMobileWorker":true,"enableMobileDiagnostics":false,"storageLocationId":"s"},"extensions":[{"value":"v","display":"k"}]}`)},
	})
}

// covers: R-7643-3-01, R-7643-3-02, R-7643-3-03, EN-05, OL-04
func TestNormalizeSchemas(t *testing.T) {
	const body = `,"userName":"a"}`
	run(t, schema.User(), []normalizeCase{
		{name: "base only", in: `{"schemas":[` + core + `]` + body, want: stored(``)},
		{name: "any order and case", in: `{"schemas":[` + enterprise + `,"URN:IETF:params:scim:schemas:core:2.0:USER"]` + body, want: stored(``)},
		{name: "missing", in: `{"userName":"a"}`, want: stored(``), strict: `invalidSyntax: schemas: required`, repaired: []schema.Repair{schema.RepairSchemas}},
		{name: "null", in: `{"schemas":null` + body, want: stored(``), strict: `invalidSyntax: schemas: required`, repaired: []schema.Repair{schema.RepairSchemas}},
		{name: "empty", in: `{"schemas":[]` + body, want: stored(``), strict: `invalidSyntax: schemas: required`, repaired: []schema.Repair{schema.RepairSchemas}},
		{name: "a string", in: `{"schemas":` + core + body, want: stored(``), strict: `invalidSyntax: schemas: must be an array`, repaired: []schema.Repair{schema.RepairSchemas}},
		{name: "a number in it", in: `{"schemas":[1]` + body, want: stored(``), strict: `invalidSyntax: schemas: must be an array`, repaired: []schema.Repair{schema.RepairUnknownSchema, schema.RepairSchemas}},
		{name: "extension only", in: `{"schemas":[` + enterprise + `]` + body, want: stored(``), strict: `invalidSyntax: schemas: must contain "urn:ietf:params:scim:schemas:core:2.0:User"`, repaired: []schema.Repair{schema.RepairSchemas}},
		{name: "undeclared", in: `{"schemas":[` + core + `,"urn:x:y"]` + body, want: stored(``), strict: `invalidSyntax: schemas: "urn:x:y" is neither`, repaired: []schema.Repair{schema.RepairUnknownSchema}},
		{name: "duplicate", in: `{"schemas":[` + core + `,` + core + `]` + body, want: stored(``), strict: `invalidSyntax: listed twice`, repaired: []schema.Repair{schema.RepairSchemas}},
		{name: "SCIM 1", in: `{"schemas":["urn:scim:schemas:core:1.0","urn:scim:schemas:extension:enterprise:1.0"]` + body, want: stored(``), strict: `invalidSyntax: schemas: "urn:scim:schemas:core:1.0" is neither`, repaired: []schema.Repair{schema.RepairSchemas, schema.RepairSchemas}},
		{name: "misspelt enterprise", in: `{"schemas":[` + core + `,"urn:ietf:params:scim:schemas:extension:enterprise:2.0User"]` + body, want: stored(``), strict: `invalidSyntax: neither`, repaired: []schema.Repair{schema.RepairSchemas}},
	})
}

// covers: EN-05, EN-08, EN-22, EN-23, EN-24, EN-29, OL-05, OL-07, R-7643-2.3.2-01
func TestNormalizeDialects(t *testing.T) {
	ext := enterprise[1 : len(enterprise)-1]
	one := func(r schema.Repair) []schema.Repair { return []schema.Repair{r} }
	run(t, schema.User(), []normalizeCase{
		{name: "boolean as a string", in: user(`"active":"True"`), want: stored(`"active":true`), strict: `invalidValue: active: must be true or false, not a string`, repaired: one(schema.RepairStringBoolean)},
		{name: "primary as a string", in: user(`"roles":[{"primary":"False","value":"Admin","type":"WindowsAzureActiveDirectoryRole"}]`),
			want: stored(`"roles":[{"value":"Admin","type":"WindowsAzureActiveDirectoryRole","primary":false}]`), strict: `invalidValue: roles.primary`, repaired: one(schema.RepairStringBoolean)},
		{name: "no boolean", in: user(`"active":"yes"`), want: `invalidValue: active: must be true or false`},
		{name: "number for a boolean", in: user(`"active":1`), want: `invalidValue: active: must be true or false, not a number`},
		{name: "number for a string", in: user(enterprise + `:{"employeeNumber":9.0}`), want: stored(enterprise + `:{"employeeNumber":"9.0"}`), strict: `invalidValue: ` + ext + `:employeeNumber: must be a string, not a number`, repaired: one(schema.RepairValueForm)},
		{name: "boolean for a string", in: user(`"title":true`), want: stored(`"title":"true"`), strict: `invalidValue: title: must be a string, not a boolean`, repaired: one(schema.RepairValueForm)},
		{name: "object for a string", in: user(`"title":{"a":1}`), want: `invalidValue: title: must be a string, not an object`},
		{name: "array for a string", in: user(`"title":["x"]`), want: stored(`"title":"x"`), strict: `invalidValue: title: must be a string, not an array`, repaired: one(schema.RepairValueForm)},
		{name: "two titles", in: user(`"title":["x","y"]`), want: `invalidValue: title: must be a string, not an array`},
		{name: "object for an array", in: user(`"emails":{"value":"a@x.io"}`), want: stored(`"emails":[{"value":"a@x.io"}]`), strict: `invalidValue: emails: must be an array, not an object`, repaired: one(schema.RepairSingleValue)},
		{name: "string for an array", in: user(`"emails":"a@x.io"`), want: stored(`"emails":[{"value":"a@x.io"}]`), strict: `invalidValue: emails: must be an array, not a string`, repaired: []schema.Repair{schema.RepairSingleValue, schema.RepairScalarValue}},
		{name: "strings in an array", in: user(`"emails":["a@x.io",""]`), want: stored(`"emails":[{"value":"a@x.io"}]`), strict: `invalidValue: emails: must be an object, not a string`, repaired: []schema.Repair{schema.RepairScalarValue, schema.RepairEmptyString}},
		{name: "array in an array", in: user(`"emails":[["a@x.io"]]`), want: `invalidValue: emails: must be an object, not an array`},
		{name: "number as a phone", in: user(`"phoneNumbers":[{"value":49,"type":"work"}]`), want: stored(`"phoneNumbers":[{"value":"49","type":"work"}]`), strict: `invalidValue: phoneNumbers.value`, repaired: one(schema.RepairValueForm)},
		{name: "manager as a string", in: user(enterprise + `:{"manager":"u9"}`), want: stored(enterprise + `:{"manager":{"value":"u9"}}`), strict: `invalidValue: manager: must be an object`, repaired: one(schema.RepairScalarValue)},
		{name: "manager as an array", in: user(enterprise + `:{"manager":[{"value":"u9"}]}`), want: stored(enterprise + `:{"manager":{"value":"u9"}}`), strict: `invalidValue: manager: must be an object, not an array`, repaired: one(schema.RepairValueForm)},
		{name: "empty manager", in: user(enterprise + `:{"manager":""}`), want: stored(``), strict: `invalidValue: manager`, repaired: one(schema.RepairEmptyString)},
		{name: "managerId", in: user(enterprise + `:{"manager":{"managerId":"9","displayName":"M"}}`), want: stored(enterprise + `:{"manager":{"value":"9"}}`), strict: `invalidSyntax: "managerId" is no sub-attribute`, repaired: one(schema.RepairAlias)},
		{name: "id of a manager", in: user(enterprise + `:{"manager":{"id":"9"}}`), want: stored(enterprise + `:{"manager":{"value":"9"}}`), strict: `invalidSyntax: "id" is no sub-attribute`, repaired: one(schema.RepairAlias)},
		{name: "manager by reference", in: user(enterprise + `:{"manager":{"$ref":"https://h.example/scim/v2/Users/9?x=1"}}`), want: stored(enterprise + `:{"manager":{"value":"9","$ref":"https://h.example/scim/v2/Users/9?x=1"}}`)},
		{name: "manager by relative reference", in: user(enterprise + `:{"manager":{"$ref":"users/9/"}}`), want: stored(enterprise + `:{"manager":{"value":"9","$ref":"users/9/"}}`)},
		{name: "manager by a reference to nobody", in: user(enterprise + `:{"manager":{"$ref":"https://h.example/people/9"}}`), want: stored(enterprise + `:{"manager":{"$ref":"https://h.example/people/9"}}`)},
		{name: "manager by value and reference", in: user(enterprise + `:{"manager":{"$ref":"../Users/9","value":"8"}}`), want: stored(enterprise + `:{"manager":{"value":"8","$ref":"../Users/9"}}`)},
		{name: "role spelled out in its value", in: user(`"roles":[{"primary":false,"value":"{\"id\":\"827f\",\"value\":\"Admin\",\"displayName\":\"The admins\"}"}]`),
			want: stored(`"roles":[{"value":"Admin","display":"The admins","primary":false}]`), strict: `invalidValue: roles.value: must be the value itself`, repaired: one(schema.RepairValueForm)},
		{name: "role spelled out in a string", in: user(`"roles":["{\"id\":\"827f\",\"value\":\"Admin\"}"]`),
			want: stored(`"roles":[{"value":"Admin"}]`), strict: `invalidValue: roles: must be an object, not a string`, repaired: []schema.Repair{schema.RepairValueForm, schema.RepairUnknownAttribute}},
		{name: "role spelled out twice", in: user(`"entitlements":[{"value":"{\"value\":\"{\\\"value\\\":\\\"E5\\\"}\"}","display":"mine"}]`),
			want: stored(`"entitlements":[{"value":"E5","display":"mine"}]`), strict: `invalidValue: entitlements.value`, repaired: []schema.Repair{schema.RepairValueForm, schema.RepairValueForm}},
		{name: "role in braces", in: user(`"roles":["{Admin}",{"value":"{\"x\":1}"}],"title":"{\"value\":\"T\"}"`),
			want: stored(`"title":"{\"value\":\"T\"}","roles":[{"value":"{Admin}"},{"value":"{\"x\":1}"}]`), strict: `invalidValue: roles: must be an object`, repaired: one(schema.RepairScalarValue)},
		{name: "list serialised twice", in: user(`"emails":" [{\"value\":\"a@x.io\",\"primary\":true},\"b@x.io\"]","roles":"[Admin","ims":"[]"`),
			want:   stored(`"emails":[{"value":"a@x.io","primary":true},{"value":"b@x.io"}],"roles":[{"value":"[Admin"}]`),
			strict: `invalidValue: must be an array, not a string`, repaired: []schema.Repair{schema.RepairScalarValue, schema.RepairScalarValue, schema.RepairSingleValue, schema.RepairValueForm, schema.RepairValueForm}},
		{name: "name serialised twice", in: user(`"name":" {\"GivenName\":\"G\"}"`), want: stored(`"name":{"givenName":"G"}`), strict: `invalidValue: name: must be an object, not a string`, repaired: one(schema.RepairValueForm)},
		{name: "name like an object", in: user(`"name":"{\"x\":1}"`), want: stored(`"name":{"formatted":"{\"x\":1}"}`), strict: `invalidValue: name`, repaired: one(schema.RepairScalarValue)},
		{name: "managerId beside value", in: user(enterprise + `:{"manager":{"managerId":"9","value":"8"}}`), want: stored(enterprise + `:{"manager":{"value":"8"}}`), strict: `invalidSyntax: managerId`, repaired: one(schema.RepairAlias)},
		{name: "displayName of a role", in: user(`"roles":[{"displayName":"D","value":"v"}]`), want: stored(`"roles":[{"value":"v","display":"D"}]`), strict: `invalidSyntax: "displayName" is no sub-attribute of roles`, repaired: one(schema.RepairAlias)},
		{name: "name as a string", in: user(`"name":"A B"`), want: stored(`"name":{"formatted":"A B"}`), strict: `invalidValue: name: must be an object, not a string`, repaired: one(schema.RepairScalarValue)},
		{name: "address as a string", in: user(`"addresses":["18/2111"]`), want: stored(`"addresses":[{"formatted":"18/2111"}]`), strict: `invalidValue: addresses`, repaired: one(schema.RepairScalarValue)},
		{name: "bridge object as a string", in: user(bridge + `:{"rsa":"x"}`), want: `invalidValue: rsa: must be an object, not a string`},
		{name: "enterprise under its SCIM 1 name", in: user(`"urn:scim:schemas:extension:enterprise:1.0":{"manager":{"managerId":"9"}}`),
			want: stored(enterprise + `:{"manager":{"value":"9"}}`), strict: `invalidSyntax: is no schema`, repaired: []schema.Repair{schema.RepairSchemas, schema.RepairAlias}},
		{name: "enterprise misspelt", in: user(`"urn:ietf:params:scim:schemas:extension:enterprise:2.0User":{"department":"D"}`),
			want: stored(enterprise + `:{"department":"D"}`), strict: `invalidSyntax: is no schema`, repaired: one(schema.RepairSchemas)},
		{name: "dotted names", in: user(`"name.givenName":"G","NAME.familyname":"F"`), want: stored(`"name":{"familyName":"F","givenName":"G"}`), strict: `invalidSyntax: "name.givenName" is no attribute`, repaired: []schema.Repair{schema.RepairDottedName, schema.RepairDottedName}},
		{name: "dotted name beside the object", in: user(`"name.givenName":"G","name":{"familyName":"F"}`), want: stored(`"name":{"familyName":"F","givenName":"G"}`), strict: `invalidSyntax: name.givenName`, repaired: one(schema.RepairDottedName)},
		{name: "dotted name beside null", in: user(`"name":null,"name.givenName":"G"`), want: stored(`"name":{"givenName":"G"}`), strict: `invalidSyntax: name.givenName`, repaired: one(schema.RepairDottedName)},
		{name: "dotted name twice", in: user(`"name.givenName":"G","name":{"GivenName":"H"}`), want: `invalidSyntax: name.givenName is given twice`, strict: `invalidSyntax: is no attribute`, repaired: one(schema.RepairDottedName)},
		{name: "dotted name beside something else", in: user(`"name":"A B","name.givenName":"G"`), want: `invalidSyntax: name is given twice`, strict: `invalidSyntax: name.givenName`, repaired: one(schema.RepairDottedName)},
		{name: "attribute twice under two names", in: user(`"` + core[1:len(core)-1] + `:title":"T","title":"T"`), want: `invalidSyntax: title is given twice`, strict: `invalidSyntax: is no schema`, repaired: one(schema.RepairDottedName)},
		{name: "dotted name in a multi-valued attribute", in: user(`"emails.type":"work","emails.value":"a@x.io"`), want: stored(`"emails":[{"value":"a@x.io","type":"work"}]`), strict: `invalidSyntax: emails.type`, repaired: []schema.Repair{schema.RepairDottedName, schema.RepairDottedName, schema.RepairSingleValue}},
		{name: "URN and colon", in: user(`"` + ext + `:employeeNumber":"9","` + ext + `:manager.value":"m"`), want: stored(enterprise + `:{"employeeNumber":"9","manager":{"value":"m"}}`), strict: `invalidSyntax: is no schema`, repaired: []schema.Repair{schema.RepairDottedName, schema.RepairDottedName}},
		{name: "URN and colon beside the object", in: user(`"` + ext + `:employeeNumber":"9",` + enterprise + `:{"department":"D"}`), want: stored(enterprise + `:{"employeeNumber":"9","department":"D"}`), strict: `invalidSyntax: is no schema`, repaired: one(schema.RepairDottedName)},
		{name: "URN and dot, as before 2018", in: user(`"` + ext + `.manager":"m"`), want: stored(enterprise + `:{"manager":{"value":"m"}}`), strict: `invalidSyntax: is no schema`, repaired: []schema.Repair{schema.RepairDottedName, schema.RepairScalarValue}},
		{name: "core URN and colon", in: `{"schemas":[` + core + `],"` + core[1:len(core)-1] + `:userName":"a","` + core[1:len(core)-1] + `:externalId":"e"}`, want: `{"externalId":"e","userName":"a"}`, strict: `invalidSyntax: is no schema`, repaired: []schema.Repair{schema.RepairDottedName, schema.RepairDottedName}},
		{name: "core URN as an object", in: `{"schemas":[` + core + `],` + core + `:{"userName":"a"}}`, want: stored(``), strict: `invalidSyntax: is no schema`, repaired: one(schema.RepairAlias)},
		{name: "dotted name in an extension", in: user(enterprise + `:{"manager.value":"m"}`), want: stored(enterprise + `:{"manager":{"value":"m"}}`), strict: `invalidSyntax: manager.value" is no attribute`, repaired: one(schema.RepairDottedName)},
		{name: "path with a filter is for PATCH", in: user(`"emails[type eq \"work\"].value":"a@x.io"`), want: stored(``), strict: `invalidSyntax: is no attribute`, repaired: one(schema.RepairUnknownAttribute)},
	})
}

// addresses are n elements of a list.
func addresses(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = `{"value":"a` + strconv.Itoa(i) + `@x.io"}`
	}
	return strings.Join(list, ",")
}

// covers: R-7643-2.4-02, R-7643-2.4-03, R-7643-2.3.1-02, XX-11, T-34
func TestNormalizePlural(t *testing.T) {
	run(t, schema.User(), []normalizeCase{
		{name: "type in another case", in: user(`"emails":[{"type":"WORK","value":"a@x.io"}]`), want: stored(`"emails":[{"value":"a@x.io","type":"work"}]`)},
		{name: "type that is not canonical", in: user(`"emails":[{"type":"Carrier-Pigeon","value":"a@x.io"}]`), want: stored(`"emails":[{"value":"a@x.io","type":"Carrier-Pigeon"}]`)},
		{name: "values come back untransformed", in: user(`"emails":[{"value":"A@EXAMPLE.Com"}],"phoneNumbers":[{"value":" 1 (2)"}]`), want: stored(`"emails":[{"value":"A@EXAMPLE.Com"}],"phoneNumbers":[{"value":" 1 (2)"}]`)},
		{name: "messaging addresses in their one spelling", in: user(`"ims":[{"value":" Foo@Bar ","type":"xmpp"},{"value":"\t"},{"value":"foo @bar","type":"xmpp"}]`), want: stored(`"ims":[{"value":"foo@bar","type":"xmpp"}]`)},
		{name: "display is kept", in: user(`"emails":[{"display":"D","primary":true,"value":"a@x.io","type":"work"}]`), want: stored(`"emails":[{"value":"a@x.io","display":"D","type":"work","primary":true}]`)},
		{name: "type is not invented", in: user(`"emails":[{"value":"a@x.io"}],"addresses":[{"locality":"L"}]`), want: stored(`"emails":[{"value":"a@x.io"}],"addresses":[{"locality":"L"}]`)},
		{name: "1,000 emails", in: user(`"emails":[` + addresses(1000) + `,{"value":"A0@x.io"}]`), want: stored(`"emails":[` + addresses(1000) + `]`)},
		{name: "1,001 emails", in: user(`"emails":[` + addresses(1001) + `]`), want: `invalidValue: emails: must have at most 1000 values`},
		{name: "1,001 phones", in: user(`"phoneNumbers":[` + addresses(1001) + `]`), want: `invalidValue: phoneNumbers: must have at most 1000 values`},
		{name: "order is kept", in: user(`"emails":[{"value":"b"},{"value":"a"},{"value":"c"}]`), want: stored(`"emails":[{"value":"b"},{"value":"a"},{"value":"c"}]`)},
		{name: "two primaries", in: user(`"emails":[{"value":"a","primary":true},{"value":"b","primary":true}]`), want: `invalidValue: emails: at most one value may be primary, and 2 are`},
		{name: "two primary addresses", in: user(`"addresses":[{"locality":"a","primary":true},{"locality":"b","primary":true}]`), want: `invalidValue: addresses: at most one`},
		{name: "one primary, one not", in: user(`"emails":[{"value":"a","primary":true},{"value":"b","primary":false}]`), want: stored(`"emails":[{"value":"a","primary":true},{"value":"b","primary":false}]`)},
		{name: "duplicate pair collapses", in: user(`"emails":[{"value":"a@x.io","type":"work"},{"type":"Work","value":"A@x.io"}]`), want: stored(`"emails":[{"value":"a@x.io","type":"work"}]`)},
		{name: "duplicate pair adds what it knows", in: user(`"roles":[{"value":"a","primary":false},{"value":"a","primary":true,"display":"D"}]`), want: stored(`"roles":[{"value":"a","display":"D","primary":true}]`)},
		{name: "duplicate primary is one primary", in: user(`"roles":[{"value":"a","primary":true},{"value":"a","primary":true}]`), want: stored(`"roles":[{"value":"a","primary":true}]`)},
		{name: "same value under two types is kept", in: user(`"emails":[{"value":"a","type":"work"},{"value":"a","type":"home"}]`), want: stored(`"emails":[{"value":"a","type":"work"},{"value":"a","type":"home"}]`)},
		{name: "photos differ by case", in: user(`"photos":[{"value":"https://x/A"},{"value":"https://x/a"}]`), want: stored(`"photos":[{"value":"https://x/A"},{"value":"https://x/a"}]`)},
		{name: "equal addresses collapse", in: user(`"addresses":[{"locality":"L"},{"locality":"L"},{"locality":"l"}]`), want: stored(`"addresses":[{"locality":"L"},{"locality":"l"}]`)},
		{name: "many elements", in: user(`"roles":["1","2","3","4","5","6","7","8","9","1","9"]`),
			want:     stored(`"roles":[{"value":"1"},{"value":"2"},{"value":"3"},{"value":"4"},{"value":"5"},{"value":"6"},{"value":"7"},{"value":"8"},{"value":"9"}]`),
			strict:   `invalidValue: roles`,
			repaired: slices.Repeat([]schema.Repair{schema.RepairScalarValue}, 11)},
		{name: "empty elements are dropped", in: user(`"emails":[{},{"value":"a"},null,{"value":null}]`), want: stored(`"emails":[{"value":"a"}]`)},
		{name: "labels without a value are dropped", in: user(`"emails":[{"type":"work","primary":true,"value":""},{"value":"a","primary":true}],"addresses":[{"type":"work"}]`), want: stored(`"emails":[{"value":"a","primary":true}]`), repaired: []schema.Repair{schema.RepairEmptyString}},
	})
}

// covers: R-7643-2.3.6-01, R-7643-2.3.7-01, R-7643-4.1.1-05, R-7643-4.1.1-06, R-7643-4.1.2-01, R-7643-4.1.2-02, R-7643-4.1.2-03, T-67
func TestNormalizeForms(t *testing.T) {
	long := strings.Repeat("ä", 1024)
	run(t, schema.User(), []normalizeCase{
		{name: "profileUrl with blanks", in: user(`"profileUrl":"not a url"`), want: `invalidValue: profileUrl: must be a URI`},
		{name: "profileUrl", in: user(`"profileUrl":"https://x.io/~a?b=c#d"`), want: stored(`"profileUrl":"https://x.io/~a?b=c#d"`)},
		{name: "relative profileUrl", in: user(`"profileUrl":"../a"`), want: stored(`"profileUrl":"../a"`)},
		{name: "IRI", in: user(`"profileUrl":"https://x.io/ä"`), want: stored(`"profileUrl":"https://x.io/ä"`), strict: `invalidValue: profileUrl`},
		{name: "script in profileUrl", in: user(`"profileUrl":"JavaScript:alert(1)"`), want: `invalidValue: profileUrl: must be the URL of a page`},
		{name: "script as a photo", in: user(`"photos":[{"value":"javascript:alert(1)"}]`), want: `invalidValue: photos.value: must be the URL of an image`},
		{name: "script hidden by a line break", in: user(`"photos":[{"value":"java\nscript:alert(1)"}]`), want: `invalidValue: photos.value: must be a URI`},
		{name: "data as a photo", in: user(`"photos":[{"value":"data:text/html,x"}]`), want: `invalidValue: photos.value`},
		{name: "image data", in: user(`"photos":[{"value":"data:image/png;base64,AA==","type":"Photo"}]`), want: stored(`"photos":[{"value":"data:image/png;base64,AA==","type":"photo"}]`)},
		{name: "photo", in: user(`"photos":[{"value":"https://x.io/a.png"}]`), want: stored(`"photos":[{"value":"https://x.io/a.png"}]`)},
		{name: "locale with a blank", in: user(`"locale":"en US"`), want: `invalidValue: locale: must be a language tag`},
		{name: "locale with underscore", in: user(`"locale":"en_US"`), want: stored(`"locale":"en_US"`)},
		{name: "locale", in: user(`"locale":"zh-Hant-TW"`), want: stored(`"locale":"zh-Hant-TW"`)},
		{name: "locale with encoding", in: user(`"locale":"de_DE.UTF-8"`), want: stored(`"locale":"de_DE.UTF-8"`), strict: `invalidValue: locale`},
		{name: "languages", in: user(`"preferredLanguage":"da, en-gb;q=0.8, en;q=0.7, *;q=0"`), want: stored(`"preferredLanguage":"da, en-gb;q=0.8, en;q=0.7, *;q=0"`)},
		{name: "language with a blank", in: user(`"preferredLanguage":"en US"`), want: `invalidValue: preferredLanguage: must be a list of languages`},
		{name: "weight over one", in: user(`"preferredLanguage":"en;q=2"`), want: stored(`"preferredLanguage":"en;q=2"`), strict: `invalidValue: preferredLanguage`},
		{name: "timezone", in: user(`"timezone":"America/Los_Angeles"`), want: stored(`"timezone":"America/Los_Angeles"`)},
		{name: "no timezone", in: user(`"timezone":"Mars/Phobos"`), want: stored(`"timezone":"Mars/Phobos"`), strict: `invalidValue: timezone: must be a zone of the IANA database`},
		{name: "timezone as a file", in: user(`"timezone":"../../etc/passwd"`), want: stored(`"timezone":"../../etc/passwd"`), strict: `invalidValue: timezone`},
		{name: "Local is no timezone", in: user(`"timezone":"Local"`), want: stored(`"timezone":"Local"`), strict: `invalidValue: timezone`},
		{name: "country", in: user(`"addresses":[{"country":"DE"}]`), want: stored(`"addresses":[{"country":"DE"}]`)},
		{name: "long country", in: user(`"addresses":[{"country":"USA"}]`), want: stored(`"addresses":[{"country":"USA"}]`), strict: `invalidValue: addresses.country: must be a country code`},
		{name: "no country", in: user(`"addresses":[{"country":"ZZ"}]`), want: stored(`"addresses":[{"country":"ZZ"}]`), strict: `invalidValue: addresses.country`},
		{name: "free text phone", in: user(`"phoneNumbers":[{"value":"ask the (front) desk"}]`), want: stored(`"phoneNumbers":[{"value":"ask the (front) desk"}]`)},
		{name: "line break in userName", in: `{"schemas":[` + core + `],"userName":"a\r\nb"}`, want: `invalidValue: userName: must be free of control characters`},
		{name: "escape sequence in userName", in: `{"schemas":[` + core + `],"userName":"a\u001b[2Jb"}`, want: `invalidValue: userName: must be free of control characters`},
		{name: "formula and markup are only text", in: user(`"displayName":"=cmd()<script>\u001b[1m"`), want: stored(`"displayName":"=cmd()<script>\u001b[1m"`)},
		{name: "1,024 characters", in: user(`"displayName":"` + long + `"`), want: stored(`"displayName":"` + long + `"`)},
		{name: "1,025 characters", in: user(`"displayName":"` + long + `x"`), want: `invalidValue: displayName: must have at most 1024 characters`},
		{name: "long userName", in: `{"schemas":[` + core + `],"userName":"` + strings.Repeat("u", 10_000) + `"}`, want: `invalidValue: userName: must have at most 1024 characters`},
		{name: "long externalId", in: user(`"externalId":"` + long + `x"`), want: `invalidValue: externalId: must have at most 1024 characters`},
		{name: "64 KiB", in: user(`"title":"` + strings.Repeat("t", 64<<10) + `"`), want: stored(`"title":"` + strings.Repeat("t", 64<<10) + `"`)},
		{name: "over 64 KiB", in: user(`"title":"` + strings.Repeat("t", 64<<10+1) + `"`), want: `invalidValue: title: must have at most 65536 bytes`},
		{name: "value that is no base64", in: user(`"x509Certificates":[{"value":"!!"}]`), want: `invalidValue: x509Certificates.value: must be base64`},
	})
}

// covers: R-7643-4.2-01, R-7643-4.2-03, EN-44, OK-15, OK-17, XX-11
func TestNormalizeGroup(t *testing.T) {
	const grp = `"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"]`
	run(t, schema.Group(), []normalizeCase{
		{name: "no displayName", in: `{` + grp + `}`, want: `invalidValue: displayName: required`},
		{name: "blank displayName", in: `{` + grp + `,"displayName":" "}`, want: `invalidValue: displayName: required`},
		{name: "no members", in: `{` + grp + `,"displayName":"G","members":[]}`, want: `{"displayName":"G"}`},
		{name: "members", in: `{` + grp + `,"members":[{"$ref":null,"value":"u1"},{"display":"a@x.io","value":"u2","type":"user"},{}],"displayName":"G"}`,
			want: `{"displayName":"G","members":[{"value":"u1"},{"value":"u2","type":"User"}]}`},
		{name: "member twice", in: `{` + grp + `,"displayName":"G","members":[{"value":"u1"},{"value":"u1","type":"User"},{"value":"U1"}]}`,
			want: `{"displayName":"G","members":[{"value":"u1","type":"User"},{"value":"U1"}]}`},
		{name: "bare member", in: `{` + grp + `,"displayName":"G","members":["u1"]}`, want: `{"displayName":"G","members":[{"value":"u1"}]}`, strict: `invalidValue: members`, repaired: []schema.Repair{schema.RepairScalarValue}},
		{name: "member with displayName", in: `{` + grp + `,"displayName":"G","members":[{"value":"u1","displayName":"U"}]}`, want: `{"displayName":"G","members":[{"value":"u1"}]}`, strict: `invalidSyntax: "displayName" is no sub-attribute of members`, repaired: []schema.Repair{schema.RepairAlias}},
		{name: "member without value", in: `{` + grp + `,"displayName":"G","members":[{"display":"x"}]}`, want: `invalidValue: members.value: required`},
		{name: "member with a blank value", in: `{` + grp + `,"displayName":"G","members":[{"value":"","type":"User"}]}`, want: `{"displayName":"G"}`, repaired: []schema.Repair{schema.RepairEmptyString}},
		{name: "SCIM 1", in: `{"schemas":["urn:scim:schemas:core:1.0"],"displayName":"G"}`, want: `{"displayName":"G"}`, strict: `invalidSyntax: schemas`, repaired: []schema.Repair{schema.RepairSchemas}},
	})
}
