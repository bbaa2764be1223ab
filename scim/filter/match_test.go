package filter

import (
	"encoding/json"
	"strings"
	"testing"

	scimerrors "github.com/elimity-com/scim/errors"
	parser "github.com/scim2/filter-parser/v2"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// tree makes a resource from JSON.
func tree(tb testing.TB, text string) *resource.Object {
	tb.Helper()
	v, err := resource.Decode([]byte(text), resource.Limits{})
	if err != nil {
		tb.Fatal(err)
	}
	return v.Object()
}

const babs = `{
	"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
	"id": "0193e5a4-7c1b-7000-8000-00000000000a",
	"externalId": "Ext-1",
	"userName": "bJensen@example.com",
	"name": {"familyName": "Jensen", "givenName": "Barbara"},
	"displayName": "Babs 100%_a\\b",
	"profileUrl": "https://login.example.com/bjensen",
	"title": "Ärztin",
	"active": true,
	"emails": [
		{"value": "Work@Example.com", "type": "work", "primary": true},
		{"value": "home@example.org", "type": "home"}
	],
	"phoneNumbers": [{"value": "+1-555"}],
	"addresses": [{"locality": "Hollywood", "type": "work"}],
	"groups": [{"value": "0193e5a4-7c1b-7000-8000-0000000000cc", "display": "Tour Guides", "type": "direct"}],
	"x509Certificates": [{"value": "MIIaBc=="}],
	"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
		"employeeNumber": "701984", "department": "Tour Operations",
		"manager": {"value": "0193e5a4-7c1b-7000-8000-00000000000b"}
	},
	"meta": {
		"resourceType": "User", "created": "2010-01-23T04:56:22.000Z", "lastModified": "2011-05-13T04:42:34.500Z",
		"version": "W/\"3\"", "location": "https://example.com/v2/Users/a"
	}
}`

// covers: R-7643-2.3.7-05, R-7643-2.4-02, R-7643-7-03, R-7644-3.4.2.2-02, R-7644-3.4.2.2-04,
// R-7644-3.4.2.2-05, R-7644-3.4.2.2-06, R-7644-3.4.2.2-07, R-7644-3.4.2.2-10, R-7644-3.4.2.2-11,
// R-7644-3.4.2.2-12, R-7644-3.4.2.2-15, R-7644-3.4.2.2-16, EN-02
func TestMatch(t *testing.T) {
	const core = "urn:ietf:params:scim:schemas:core:2.0:User"
	const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	user := tree(t, babs)
	for _, c := range []struct {
		filter string
		want   bool
	}{
		// Text, without and with regard to case.
		{`userName eq "BJENSEN@example.com"`, true},
		{`USERNAME EQ "bjensen@example.com"`, true},
		{`userName eq "bjensen"`, false},
		{`userName ne "BJENSEN@example.com"`, false},
		{`userName ne "x"`, true},
		{`externalId eq "Ext-1"`, true},
		{`externalId eq "ext-1"`, false},
		{`externalId ne "ext-1"`, true},
		{`externalId sw "Ext"`, true},
		{`externalId sw "ext"`, false},
		{`externalId co "t-"`, true},
		{`externalId co "T-"`, false},
		{`externalId ew "-1"`, true},
		{`externalId gt "Ext-0"`, true},
		{`externalId lt "ext-1"`, true}, // capitals come first
		{`title eq "ÄRZTIN"`, true},
		{`title sw "ä"`, true},
		{`title co "RZT"`, true},
		{`id eq "0193e5a4-7c1b-7000-8000-00000000000a"`, true},
		{`id eq "0193E5A4-7C1B-7000-8000-00000000000A"`, false},
		{`profileUrl eq "https://login.example.com/bjensen"`, true},
		{`profileUrl eq "https://login.example.com/BJensen"`, false},
		{`meta.version eq "W/\"3\""`, true},

		// sw, co and ew; wildcards are ordinary characters.
		{`userName sw "BJ"`, true},
		{`userName sw "bjensen@example.com"`, true},
		{`userName sw "bjensen@example.com."`, false},
		{`userName ew ".COM"`, true},
		{`userName ew "bjensen@example.com"`, true},
		{`userName co "@"`, true},
		{`userName co "#"`, false},
		{`userName co ""`, true},
		{`nickName co ""`, false},
		{`nickName sw ""`, false},
		{`displayName eq "babs%"`, false},
		{`displayName sw "babs%"`, false},
		{`displayName co "100%_A\\B"`, true},
		{`displayName co "100__"`, false},
		{`displayName eq "' or 1=1 --"`, false},

		// Order is that of the folded bytes.
		{`userName gt "b"`, true},
		{`userName gt "BJENSEN@EXAMPLE.COM"`, false},
		{`userName ge "BJENSEN@EXAMPLE.COM"`, true},
		{`userName le "BJENSEN@EXAMPLE.COM"`, true},
		{`userName lt "C"`, true},
		{`userName lt "B"`, false},
		{`title gt "z"`, true},
		{`nickName gt "a"`, false},
		{`nickName lt "a"`, false},

		// Presence.
		{`title pr`, true},
		{`nickName pr`, false},
		{`name pr`, true},
		{`name.middleName pr`, false},
		{`emails pr`, true},
		{`emails.primary pr`, true},
		{`emails.display pr`, false},
		{`ims pr`, false},
		{enterprise + `:manager pr`, true},
		{enterprise + `:costCenter pr`, false},
		{`title eq null`, false},
		{`title ne null`, true},
		{`nickName eq null`, true},
		{`nickName ne null`, false},
		{`ims eq null`, true},
		{`name eq null`, false},
		{`emails.display eq null`, true},
		{`emails.primary eq null`, false},
		{`externalId eq ""`, false},
		{`nickName eq ""`, false},
		{`nickName ne ""`, true},

		// ne on what is unassigned matches.
		{`nickName ne "x"`, true},
		{`name.middleName ne "x"`, true},
		{`ims ne "x"`, true},
		{`ims.type ne "x"`, true},

		// Booleans.
		{`active eq true`, true},
		{`active eq false`, false},
		{`active ne true`, false},
		{`active ne false`, true},
		{`active pr`, true},
		{`active eq "True"`, true},
		{`active eq "false"`, false},

		// Instants.
		{`meta.lastModified eq "2011-05-13T04:42:34.5Z"`, true},
		{`meta.lastModified eq "2011-05-13T06:42:34.500+02:00"`, true},
		{`meta.lastModified gt "2011-05-13T06:42:34.5+02:00"`, false},
		{`meta.lastModified ge "2011-05-13T06:42:34.5+02:00"`, true},
		{`meta.lastModified gt "2011-05-13T05:42:34.5+02:00"`, true},
		{`meta.lastModified gt "2011-05-13T04:42:34Z"`, true},
		{`meta.lastModified lt "2011-05-13T04:42:35Z"`, true},
		{`meta.lastModified le "2011-05-13T04:42:34.4999Z"`, false},
		{`meta.lastModified ge "0001-01-03T00:00:00.0000000Z"`, true},
		{`meta.created ne "2010-01-23T04:56:22Z"`, false},
		{`meta.lastModified pr`, true},

		// Several values: one suffices.
		{`emails.value eq "home@example.org"`, true},
		{`emails.value eq "WORK@EXAMPLE.COM"`, true},
		{`emails eq "HOME@example.org"`, true},
		{`emails co "@example"`, true},
		{`emails sw "example"`, false},
		{`emails.value ne "home@example.org"`, true},
		{`phoneNumbers.value ne "+1-555"`, false},
		{`phoneNumbers.type ne "work"`, true},
		{`emails.type eq "work" and emails.value co "org"`, true},
		{`emails[type eq "work" and value co "org"]`, false},
		{`emails[type eq "home" and value co "ORG"]`, true},
		{`emails[type eq "work"].value eq "work@example.com"`, true},
		{`emails[type eq "work"].value eq "home@example.org"`, false},
		{`emails[type eq "WORK"].value sw "work"`, true},
		{`emails[type eq "other"].value ne "x"`, false},
		{`emails[not (type eq "work")].value ew "org"`, true},
		{`emails[value eq "home@example.org" or type eq "x"]`, true},
		{`emails[value pr]`, true},
		{`emails[display pr]`, false},
		{`emails[display eq null]`, true},
		{`ims[not (value eq "x")]`, false},
		{`addresses pr`, true},
		{`addresses.locality eq "hollywood"`, true},
		{`addresses[type eq "work" and locality sw "Holly"]`, true},

		// A missing primary is false, but only where there is a value.
		{`emails[primary eq false]`, true},
		{`emails[primary eq false and type eq "work"]`, false},
		{`emails[primary ne true and type eq "home"]`, true},
		{`emails[primary ne false and type eq "home"]`, false},
		{`emails[primary eq "True"].value sw "work"`, true},
		{`emails.primary eq false`, true},
		{`phoneNumbers.primary eq false`, true},
		{`phoneNumbers.primary eq true`, false},
		{`ims.primary eq false`, false},

		// Binaries and the ids of other resources keep their case.
		{`x509Certificates.value eq "MIIaBc=="`, true},
		{`x509Certificates.value eq "miiabc=="`, false},
		{`groups.value eq "0193e5a4-7c1b-7000-8000-0000000000cc"`, true},
		{`groups.value eq "0193E5A4-7C1B-7000-8000-0000000000CC"`, false},
		{`groups.display eq "TOUR guides"`, true},

		// URNs and extensions.
		{core + `:userName sw "bjensen"`, true},
		{strings.ToUpper(core) + `:NAME.FAMILYNAME eq "jensen"`, true},
		{core + `:id pr`, true},
		{core + `:emails[type eq "home"]`, true},
		{enterprise + `:employeeNumber eq "701984"`, true},
		{enterprise + `:employeeNumber eq 701984`, true},
		{strings.ToUpper(enterprise) + `:department sw "tour"`, true},
		{enterprise + `:manager.value eq "0193e5a4-7c1b-7000-8000-00000000000b"`, true},
		{enterprise + `.employeeNumber eq "701984"`, true},
		{enterprise + `.manager.value pr`, true},

		// An extension's attribute without its URN, and a manager as a whole, as
		// Entra's check of a reference has them: id eq "…" and manager eq "…".
		{`id eq "0193e5a4-7c1b-7000-8000-00000000000a" and manager eq "0193e5a4-7c1b-7000-8000-00000000000b"`, true},
		{`id eq "0193e5a4-7c1b-7000-8000-00000000000a" and manager eq "0193e5a4-7c1b-7000-8000-00000000000a"`, false},
		{enterprise + `:manager eq "0193e5a4-7c1b-7000-8000-00000000000b"`, true},
		{`manager.value eq "0193E5A4-7c1b-7000-8000-00000000000b"`, false},
		{`manager.managerId eq "0193e5a4-7c1b-7000-8000-00000000000b"`, true},
		{`manager pr`, true},
		{`employeeNumber eq "701984"`, true},
		{`Department eq "tour operations"`, true},
		{`schemas eq "` + enterprise + `"`, true},
		{`schemas eq "` + strings.ToUpper(enterprise) + `"`, true},
		{`schemas eq "urn:x"`, false},
		{`schemas co "enterprise"`, true},
		{`schemas[value ew "core:2.0:User"]`, true},
		{`meta.resourceType eq "User"`, true},
		{`meta.resourceType eq "Group"`, false},

		// Logic.
		{`not (userName sw "x")`, true},
		{`not (userName pr) or title pr`, true},
		{`not (userName pr or title pr)`, false},
		{`userName pr or nickName pr and nickName pr`, true},
		{`(userName pr or nickName pr) and nickName pr`, false},
	} {
		t.Run(c.filter, func(t *testing.T) {
			e, err := Parse(c.filter, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if err := Check(e, schema.User()); err != nil {
				t.Fatal(err)
			}
			if got := Match(e, schema.User(), user); got != c.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

// covers: R-7643-4.1.1-10, R-7644-3.4.2.2-04, R-7644-3.4.2.2-08, R-7644-3.4.2.2-10, R-7644-3.4.2.2-12, T-42
func TestCheckRefuses(t *testing.T) {
	const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	for _, c := range []struct {
		filter string
		part   string
	}{
		{`active gt true`, "active is a boolean"},
		{`active co "t"`, "active is a boolean"},
		{`emails.primary le false`, "emails.primary is a boolean"},
		{`x509Certificates.value lt "x"`, "x509Certificates.value is binary"},
		{`x509Certificates sw "x"`, "x509Certificates.value is binary"},
		{`meta.created co "2010"`, "meta.created is a dateTime"},
		{`meta.created gt "2010"`, "meta.created is compared"},
		{`meta.created gt 2010`, "meta.created is compared with a number"},
		{`meta.created eq true`, "compared with a boolean"},
		{`active eq "yes"`, "active is compared with a string"},
		{`active eq 1`, "active is compared with a number"},
		{`name eq "x"`, "name is complex"},
		{`name co "x"`, "such as name.formatted"},
		{`meta eq "x"`, "meta is complex"},
		{`addresses eq "x"`, "addresses is complex"},
		{enterprise + `:manager[value eq "x"]`, "manager is not multi-valued"},
		{`title gt null`, "null"},
		{`title sw null`, "null"},
		{`shoeSize eq 9`, `"shoeSize"`},
		{`name.shoeSize pr`, `name has no sub-attribute "shoeSize"`},
		{`userName.x pr`, `userName has no sub-attribute "x"`},
		{`employeeId pr`, `"employeeId"`},
		{enterprise + `:userName pr`, `userName"`},
		{enterprise + ` pr`, "is a schema"},
		{`urn:x:y:userName pr`, `"urn:x:y:userName"`},
		{`emails[userName eq "x"]`, `emails has no sub-attribute "userName"`},
		{`emails[emails.value eq "x"]`, `emails has no sub-attribute "emails.value"`},
		{`name[givenName eq "x"]`, "name is not multi-valued"},
		{`emails.value[type eq "x"]`, "emails.value is not multi-valued"},
		{`userName[value eq "x"]`, "userName is not multi-valued"},
		{`schemas[type eq "x"]`, `"type"`},
		{`__proto__ pr`, "attribute name"},
		{`constructor.prototype pr`, `"constructor.prototype"`},
		{`userName pr and (nickName pr or not (active lt true))`, "active is a boolean"},
	} {
		t.Run(c.filter, func(t *testing.T) {
			e, err := Parse(c.filter, Options{})
			if err == nil {
				err = Check(e, schema.User())
			}
			mustRefuse(t, err, scimerrors.ScimTypeInvalidFilter, c.part)
			if e != nil && Match(e, schema.User(), tree(t, babs)) {
				t.Error("matches all the same")
			}
		})
	}
	t.Run("password", func(t *testing.T) {
		details := map[string]bool{}
		for _, f := range []string{
			`password eq "right"`, `password eq "wrong"`, `password ne "x"`, `password pr`, `password eq null`,
			`password sw 1`, `password gt true`, `PassWord co "r"`,
		} {
			e, err := Parse(f, Options{})
			if err != nil {
				t.Fatal(err)
			}
			err = Check(e, schema.User())
			mustRefuse(t, err, scimerrors.ScimTypeInvalidFilter, "password can not be used")
			details[err.Error()] = true
			user := tree(t, babs)
			user.Set("password", resource.StringOf("right"))
			if Match(e, schema.User(), user) {
				t.Errorf("%s matches", f)
			}
		}
		if len(details) != 1 {
			t.Errorf("different answers give something away: %v", details)
		}
	})
}

// Strict refuses the conversions that the tolerant mode makes and reports.
// covers: R-7644-3.4.2.2-04, PG-02
func TestConversions(t *testing.T) {
	const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	for filter, want := range map[string]schema.Repair{
		`active eq "true"`:                      RepairValueType,
		`emails[primary eq "False"]`:            RepairValueType,
		`userName eq 7`:                         RepairValueType,
		`userName eq true`:                      RepairValueType,
		enterprise + `.employeeNumber eq "1"`:   RepairDottedURN,
		`employeeNumber eq "1"`:                 RepairUnqualified,
		enterprise + `:manager eq "u9"`:         RepairWholeValue,
		`roles[displayName eq "Admin"]`:         schema.RepairAlias,
		`active eq true and externalId eq "a"`:  "",
		`externalId eq null or active ne false`: "",
	} {
		e, err := Parse(filter, Options{})
		if err != nil {
			t.Fatal(err)
		}
		var used schema.Repair
		if _, err := CompileWith(e, schema.User(), Options{Repaired: func(r schema.Repair) { used += r }}); err != nil || used != want {
			t.Errorf("%s: reported %q, want %q (error %v)", filter, used, want, err)
		}
		_, err = CompileWith(e, schema.User(), Options{Strict: true})
		if (err == nil) != (want == "") {
			t.Errorf("%s: strict says %v", filter, err)
		}
	}
}

// numbered is a type with number attributes, which the built-in ones lack.
func numbered(t *testing.T) *schema.ResourceType {
	t.Helper()
	core := &schema.Schema{URN: "urn:example:Thing", Attributes: []*schema.Attribute{
		{Name: "size", Path: "size", Schema: "urn:example:Thing", Type: schema.Decimal},
		{Name: "count", Path: "count", Schema: "urn:example:Thing", Type: schema.Integer, Multi: true},
		{Name: "exact", Path: "exact", Schema: "urn:example:Thing", Type: schema.String, CaseExact: true, Multi: true},
		{Name: "secret", Path: "secret", Schema: "urn:example:Thing", Type: schema.Complex, Multi: true, Returned: schema.ReturnedNever,
			Sub: []*schema.Attribute{{Name: "value", Path: "secret.value"}}},
	}}
	return &schema.ResourceType{Name: "Thing", Core: core}
}

// covers: R-7644-3.4.2.2-07, R-7644-3.4.2.2-11
func TestNumbers(t *testing.T) {
	typ := numbered(t)
	thing := tree(t, `{"size": 10.50, "count": [9, 123456789012345678901234567890], "exact": ["Ab", "cD"]}`)
	for filter, want := range map[string]bool{
		`size eq 10.5`:       true,
		`size eq 105e-1`:     true,
		`size eq 0.00105E+4`: true,
		`size eq "10.5"`:     true,
		`size eq -10.5`:      false,
		`size gt -10.5`:      true,
		`size gt 9`:          true,
		`size lt 9`:          false,
		`size gt 10.4999999999999999999999999999999`: true,
		`size le 10.5000000000000000000000000000001`: true,
		`size ge 10.5000000000000000000000000000001`: false,
		`size lt 1e999999999`:                        true,
		`size gt 1e-999999999`:                       true,
		`size ne 10.50000`:                           false,
		`count eq 9`:                                 true,
		`count lt 10`:                                true,
		`count gt 123456789012345678901234567889`:    true,
		`count gt 123456789012345678901234567890`:    false,
		`count[value eq 9]`:                          true,
		`count[value gt 9 and value lt 100]`:         false,
		`count gt 9 and count lt 100`:                true,
		`exact eq "Ab"`:                              true,
		`exact eq "ab"`:                              false,
		`exact[value ew "D"]`:                        true,
		`exact sw "AB"`:                              false,
	} {
		e, err := Parse(filter, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := Check(e, typ); err != nil {
			t.Errorf("%s: %v", filter, err)
		} else if got := Match(e, typ, thing); got != want {
			t.Errorf("%s: got %v", filter, got)
		}
	}
	for _, filter := range []string{
		`size sw 1`, `size eq "x"`, `size eq true`, `size eq 1e99999999999999999999`, `size lt 1e-99999999999999999999`,
		`secret pr`, `secret.value eq "x"`, `secret eq "x"`, `secret[value eq "x"]`,
	} {
		e, err := Parse(filter, Options{})
		if err != nil {
			t.Fatal(err)
		}
		mustRefuse(t, Check(e, typ), scimerrors.ScimTypeInvalidFilter)
	}
}

func TestDecimal(t *testing.T) {
	ascending := []string{
		"-1e99999999999999999999", "-1e30", "-12", "-11.5", "-2", "-1.0", "-1e-30", "0", "1e-99999999999999999999", "1e-30", "0.5", "0.51",
		"1", "1.000000000000000000001", "9", "10", "99", "100", "1e30", "1e99999999999999999999",
	}
	for i, a := range ascending {
		for j, b := range ascending {
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			if got := parseDecimal(a).compare(parseDecimal(b)); got != want {
				t.Errorf("%s against %s: got %d", a, b, got)
			}
		}
	}
	for _, same := range [][2]string{{"0", "-0.00e5"}, {"1", "1.0"}, {"100", "1e2"}, {"0.001", "1E-3"}, {"-1200", "-1.2e+3"}} {
		if c := parseDecimal(same[0]).compare(parseDecimal(same[1])); c != 0 {
			t.Errorf("%v: got %d", same, c)
		}
	}
}

// Trees need not come from Parse.
func TestStrangeTrees(t *testing.T) {
	var noTerm *AttributeExpression
	var noLogic *LogicalExpression
	var noNot *NotExpression
	var noPath *ValuePath
	loop := &NotExpression{}
	loop.Expression = loop
	twins := &LogicalExpression{Operator: parser.OR}
	twins.Left, twins.Right = twins, twins
	for name, e := range map[string]Expression{
		"nil": nil, "nil term": noTerm, "nil logic": noLogic, "nil not": noNot, "nil path": noPath,
		"empty": &AttributeExpression{}, "empty not": &NotExpression{}, "empty logic": &LogicalExpression{},
		"operator":       is("userName", "regex", "x"),
		"no operand":     &LogicalExpression{Left: is("userName", parser.PR, nil), Operator: parser.AND},
		"no logic":       &LogicalExpression{Left: is("userName", parser.PR, nil), Right: is("userName", parser.PR, nil)},
		"a struct":       is("userName", parser.EQ, struct{}{}),
		"not a number":   is("userName", parser.EQ, json.Number("x")),
		"no values":      within("emails", nil),
		"nested":         within("emails", within("emails", is("value", parser.PR, nil))),
		"a loop":         loop,
		"two loops":      twins,
		"urn of nothing": &AttributeExpression{AttributePath: AttributePath{URIPrefix: new(string)}, Operator: parser.PR},
	} {
		t.Run(name, func(t *testing.T) {
			mustRefuse(t, Check(e, schema.User()), scimerrors.ScimTypeInvalidFilter)
			if Match(e, schema.User(), tree(t, babs)) || MatchValue(e, schema.User().Attribute("", "emails"), resource.Value{}) {
				t.Error("matches")
			}
			_ = Format(e)
			if where, exact := Plan(e, schema.User(), 1); where != nil || exact {
				t.Error("has a plan")
			}
		})
	}
	e := is("userName", parser.EQ, "x")
	if Match(e, nil, nil) || Match(e, &schema.ResourceType{}, nil) || Match(e, schema.User(), nil) || MatchValue(e, nil, resource.Value{}) {
		t.Error("matches nothing's nothing")
	}
	// What filter-parser itself makes of numbers works too.
	if !Match(is("size", parser.EQ, 10.5), numbered(t), tree(t, `{"size":10.50}`)) || !Match(is("size", parser.EQ, 10), numbered(t), tree(t, `{"size":1e1}`)) {
		t.Error("Go numbers do not compare")
	}
}

// A value of another type than its attribute has differs and has no order.
func TestStrangeResources(t *testing.T) {
	for _, r := range []string{
		`{}`, `{"userName":7,"active":"x","emails":"x","name":[],"meta":[1]}`,
		`{"userName":["a",[["b"]]],"active":[],"emails":{"value":7},"name":"x","meta":{"created":7}}`,
		`{"userName":{"value":"x"},"active":null,"emails":[1,null,[],{},[{"value":"x"}]],"name":{"familyName":{}}}`,
	} {
		for f, want := range map[string]bool{
			`userName eq "x"`: false, `userName sw "x"`: false, `active eq true`: false, `emails[type eq "x"]`: false,
			`name.familyName gt "a"`: false, `meta.created lt "2020-01-01T00:00:00Z"`: false,
			`userName ne "x"`: true, `active ne true`: true, `name.familyName ne "a"`: true, `meta.created ne "2020-01-01T00:00:00Z"`: true,
		} {
			e, err := Parse(f, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := Match(e, schema.User(), tree(t, r)); got != want {
				t.Errorf("%s on %s: got %v", f, r, got)
			}
		}
	}
}

// covers: R-7644-3.4.2.2-10
func TestMatchValue(t *testing.T) {
	emails := schema.User().Attribute("", "emails")
	work := resource.ComplexOf(tree(t, `{"value":"A@x.io","type":"work","primary":true}`))
	home := resource.ComplexOf(tree(t, `{"value":"b@x.io","type":"home"}`))
	for filter, want := range map[string][2]bool{
		`type eq "Work"`:                             {true, false},
		`type eq "work" and value eq "a@X.io"`:       {true, false},
		`primary eq true`:                            {true, false},
		`primary eq "True"`:                          {true, false},
		`primary eq false`:                           {false, true},
		`not (primary eq true) and value ew "@x.io"`: {false, true},
		`value sw "a" or type eq "home"`:             {true, true},
		`display pr`:                                 {false, false},
	} {
		e, err := Parse(filter, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := CheckValue(e, emails); err != nil {
			t.Errorf("%s: %v", filter, err)
		}
		if got := [2]bool{MatchValue(e, emails, work), MatchValue(e, emails, home)}; got != want {
			t.Errorf("%s: got %v, want %v", filter, got, want)
		}
	}
	for _, filter := range []string{`userName eq "x"`, `emails.value eq "x"`, `primary gt true`, `emails[value eq "x"]`, `urn:x:type pr`} {
		e, err := Parse(filter, Options{})
		if err != nil {
			t.Fatal(err)
		}
		mustRefuse(t, CheckValue(e, emails), scimerrors.ScimTypeInvalidFilter)
	}
	e := is("primary", parser.EQ, "True")
	if _, err := CompileValueWith(e, emails, Options{Strict: true}); err == nil {
		t.Error("strict takes a string for a boolean")
	}
}

// The empty text, which no stored resource has, counts as unassigned; so does
// an element without content.
// covers: R-7644-3.4.2.2-06
func TestEmpty(t *testing.T) {
	user := tree(t, `{"title":"","externalId":"","emails":[],"ims":[{}],"name":{"givenName":""}}`)
	for f, want := range map[string]bool{
		`title pr`: false, `title eq null`: true, `title eq ""`: true, `title ne ""`: false, `title ne "x"`: true,
		`title co ""`: false, `title sw ""`: false, `title ew ""`: false, `title lt "x"`: false, `title ge ""`: false,
		`externalId eq ""`: true, `externalId lt "x"`: false, `externalId co ""`: false,
		`name pr`: false, `emails pr`: false, `ims pr`: false, `emails.primary eq false`: false,
		`emails ne "x"`: true, `ims[not (value eq "x")]`: false, `ims[primary eq false]`: false,
	} {
		e, err := Parse(f, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := Match(e, schema.User(), user); got != want {
			t.Errorf("%s: got %v", f, got)
		}
	}
}

// Which texts ignore case does not depend on a table that follows the RFC's
// listing to the letter.
// covers: R-7643-2.3.7-05
func TestFolds(t *testing.T) {
	const urn = "urn:example:Thing"
	member := &schema.Attribute{Name: "member", Schema: urn, Type: schema.Complex, Multi: true}
	child := func(name string, kind schema.Type) *schema.Attribute {
		a := &schema.Attribute{Name: name, Schema: urn, Type: kind, Parent: member}
		member.Sub = append(member.Sub, a)
		return a
	}
	value, ref, display := child("value", schema.String), child("$ref", schema.Reference), child("display", schema.String)
	plain := &schema.Attribute{Name: "email", Schema: urn, Type: schema.Complex, Multi: true}
	plain.Sub = []*schema.Attribute{{Name: "value", Schema: urn, Parent: plain}}
	for _, c := range []struct {
		attr *schema.Attribute
		want bool
	}{
		{value, false},
		{ref, false},
		{display, true},
		{plain.Sub[0], true},
		{&schema.Attribute{Name: "schemas", Type: schema.Reference, CaseExact: true, Multi: true}, true},
		{&schema.Attribute{Name: "schemas", Schema: urn, Type: schema.Reference}, false},
		{&schema.Attribute{Name: "nick", Schema: urn}, true},
		{&schema.Attribute{Name: "nick", Schema: urn, CaseExact: true}, false},
		{&schema.Attribute{Name: "photo", Schema: urn, Type: schema.Reference}, false},
		{&schema.Attribute{Name: "key", Schema: urn, Type: schema.Binary}, false},
	} {
		if got := folds(c.attr); got != c.want {
			t.Errorf("%s: got %v", c.attr.Name, got)
		}
	}
}

func TestFoldEqual(t *testing.T) {
	words := []string{"", "a", "A", "ab", "AB", "straße", "STRASSE", "ÄB", "äb", "K", "k", "\u212a", "ſ", "s", "S", "\u0130", "i", "a\xff", "é", "e\u0301"}
	for _, s := range words {
		for _, w := range words {
			if got, want := foldEqual(directory.Fold, s, directory.Fold(w)), directory.Fold(s) == directory.Fold(w); got != want {
				t.Errorf("%q and %q: got %v", s, w, got)
			}
		}
	}
}

func TestUses(t *testing.T) {
	members, name := schema.Group().Attribute("", "members"), schema.Group().Attribute("", "displayName")
	for filter, want := range map[string][2]bool{
		`displayName eq "x"`:                                      {false, true},
		`displayName pr and not (members pr)`:                     {true, true},
		`members[value eq "x" and type eq "User"]`:                {true, false},
		`id eq "x" or members.value eq "x"`:                       {true, false},
		`meta.created pr and (id eq "x" or not (id eq "y"))`:      {false, false},
		`(id eq "x" and (id eq "y" or not (displayName eq "z")))`: {false, true},
	} {
		e, err := Parse(filter, Options{})
		if err != nil {
			t.Fatal(err)
		}
		p, err := Compile(e, schema.Group())
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]bool{p.Uses(members), p.Uses(name)}; got != want {
			t.Errorf("%s: got %v, want %v", filter, got, want)
		}
	}
}

// The number of comparisons is what a caller pays for each value.
// covers: T-43
func TestTerms(t *testing.T) {
	for text, want := range map[string]int{
		`userName eq "a"`: 1,
		`title pr and (nickName eq null or not (userName co "a" and active eq true))`: 4,
		`emails[type eq "work" and value co "x"] or emails.value pr`:                  3,
	} {
		e, err := Parse(text, Options{})
		if err != nil {
			t.Fatal(err)
		}
		p, err := Compile(e, schema.User())
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Terms(); got != want {
			t.Errorf("%s: %d terms, want %d", text, got, want)
		}
	}
}

// Addresses are compared in a canonical form, whatever form they are stored in.
// covers: R-7643-4.1.2-01
func TestMatchCanonicalAddresses(t *testing.T) {
	user := tree(t, `{"emails":[{"value":"a@EXAMPLE.COM"}],"ims":[{"value":" Foo@ Bar ","type":"xmpp"}],"phoneNumbers":[{"value":"ext. 7, ask for Ada"}]}`)
	for f, want := range map[string]bool{
		`emails.value eq "a@example.com"`: true, `emails eq "a@Example.Com"`: true, `emails.value eq "b@example.com"`: false,
		`ims.value eq "foo@bar"`: true, `ims[value eq " FOO @bar" and type eq "xmpp"]`: true, `ims sw "foo@b"`: true, `ims.value ne "foo@bar"`: false, `ims.value co "o@b"`: true, `ims.value eq "foobar"`: false,
		`phoneNumbers.value eq "ext. 7, ask for Ada"`: true, `phoneNumbers.value eq "ext.7,askforAda"`: false,
	} {
		e, err := Parse(f, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := Match(e, schema.User(), user); got != want {
			t.Errorf("%s: got %v", f, got)
		}
	}
}

// Texts are compared in prepared form, whatever way they are written.
// covers: R-7644-5-01, T-21
func TestMatchPreparesTexts(t *testing.T) {
	user := tree(t, `{"userName":" Andre\u0301\u3000M ","externalId":"E\u0301","title":"Cafe\u0301 \uff21","emails":[{"value":"o\u0308@X.IO"}]}`)
	for f, want := range map[string]bool{
		`userName eq "andr\u00e9 m"`: true, `userName eq "ANDRE\u0301 M  "`: true, `userName ne "\tandr\u00e9\u00a0m"`: false,
		`userName sw "andr\u00e9"`: true, `userName sw "andre"`: false, `userName ew "m "`: true, `userName co "\u0301"`: false,
		`userName sw " Andre\u0301\u3000M "`: true, `userName eq "andre m"`: false,
		`externalId eq "\u00c9"`: true, `externalId eq "E\u0301"`: true, `externalId eq "\u00e9"`: false, `externalId sw "E"`: false,
		`title co "\u00e9 a"`: true, `title eq "CAF\u00c9 A"`: true, `title eq " CAF\u00c9 A"`: false,
		`emails.value eq "\u00d6@x.io"`: true, `emails[value sw "o"]`: false,
	} {
		e, err := Parse(f, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := Match(e, schema.User(), user); got != want {
			t.Errorf("%s: got %v", f, got)
		}
	}
}
