package filter

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	scimerrors "github.com/elimity-com/scim/errors"
	parser "github.com/scim2/filter-parser/v2"

	"github.com/scimbridge/scimbridge/scim/schema"
)

func pathOf(a string, f Expression, sub string) Path {
	p := Path{AttributePath: attr(a), ValueExpression: f}
	if sub != "" {
		p.SubAttribute = &sub
	}
	return p
}

// covers: R-7644-3.5.2-03
func TestParsePath(t *testing.T) {
	const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	work := is("type", parser.EQ, "work")
	bare := "urn:example:hr:2.0"
	for _, c := range []struct {
		in   string
		want Path
		used schema.Repair // "" for a path that strict takes too
	}{
		{`members`, pathOf("members", nil, ""), ""},
		{`name.familyName`, pathOf("name.familyName", nil, ""), ""},
		{`members.$ref`, pathOf("members.$ref", nil, ""), ""},
		{`emails[type eq "work"]`, pathOf("emails", work, ""), ""},
		{`emails[type eq "work"].value`, pathOf("emails", work, "value"), ""},
		{`emails[type eq "work" and value ew "x" or not (primary eq true)].$ref`, pathOf("emails",
			or(and(work, is("value", parser.EW, "x")), inverse(is("primary", parser.EQ, true))), "$ref"), ""},
		{enterprise + `:employeeNumber`, pathOf(enterprise+":employeeNumber", nil, ""), ""},
		{enterprise + `:manager.value`, pathOf(enterprise+":manager.value", nil, ""), ""},
		{`urn:ietf:params:scim:schemas:core:2.0:Group:members[value eq "1"]`,
			pathOf("urn:ietf:params:scim:schemas:core:2.0:Group:members", is("value", parser.EQ, "1"), ""), ""},
		{enterprise, pathOf(enterprise, nil, ""), ""},
		{enterprise + `.manager`, pathOf(enterprise+".manager", nil, ""), ""},
		{bare, Path{AttributePath: AttributePath{URIPrefix: &bare}}, ""},
		{enterprise + `.manager.value`, pathOf(enterprise+":manager.value", nil, ""), RepairDottedURN},
		{` members `, pathOf("members", nil, ""), RepairBlanks},
		{`emails[ type eq "work" ].value`, pathOf("emails", work, "value"), RepairBlanks},
		{`emails[type eq work].value`, pathOf("emails", work, "value"), RepairUnquoted},
		{`roles[primary eq True].value`, pathOf("roles", is("primary", parser.EQ, true), "value"), RepairLiteralCase},
	} {
		t.Run(c.in, func(t *testing.T) {
			var used []schema.Repair
			got, err := ParsePath(c.in, Options{Repaired: func(r schema.Repair) { used = append(used, r) }})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
			if c.used != "" && !slices.Equal(used, []schema.Repair{c.used}) || c.used == "" && used != nil {
				t.Errorf("reported %v, want %s", used, c.used)
			}
			if _, err := ParsePath(c.in, Options{Strict: true}); (err == nil) != (c.used == "") {
				t.Errorf("strict says %v", err)
			}
		})
	}
}

// covers: R-7644-3.5.2-03
func TestParsePathRefuses(t *testing.T) {
	for _, c := range []struct{ in, part string }{
		{``, "attribute name"},
		{` `, "attribute name"},
		{`/emails`, `"/emails"`},
		{`/emails/0/value`, "attribute name"},
		{`emails[0]`, `"0"`},
		{`emails[0].value`, "character 8"},
		{`a..b`, "attribute name"},
		{`a.b.c`, "attribute name"},
		{`.a`, "attribute name"},
		{`a.`, "attribute name"},
		{`emails[`, "attribute name"},
		{`emails[]`, "attribute name"},
		{`emails]`, `"]"`},
		{`emails[type eq "work"`, `"]"`},
		{`emails[type eq "work"]value`, `"value"`},
		{`emails[type eq "work"].`, "sub-attribute"},
		{`emails[type eq "work"].a.b`, "sub-attribute"},
		{`emails[type eq "work"].value eq "x"`, "end"},
		{`emails[type eq "work"][value pr]`, `"["`},
		{`emails[type regex "work"]`, `"regex"`},
		{`emails[a[b pr]]`, "can not hold another"},
		{`emails [type pr]`, `"["`},
		{`name familyName`, `"familyName"`},
		{`"name"`, "attribute name"},
		{`(name)`, "attribute name"},
		{`urn:`, "attribute name"},
		{`urn::x`, "attribute name"},
		{strings.Repeat("a", MaxLength+1), "longer"},
		{"a\xff", "UTF-8"},
		{`a[` + strings.Repeat("(", 41), "brackets"},
	} {
		t.Run(c.in[:min(40, len(c.in))], func(t *testing.T) {
			for _, strict := range []bool{false, true} {
				p, err := ParsePath(c.in, Options{Strict: strict})
				if err == nil {
					t.Fatalf("parsed as %s", FormatPath(p))
				}
				if strict {
					mustRefuse(t, err, scimerrors.ScimTypeInvalidPath)
				} else {
					mustRefuse(t, err, scimerrors.ScimTypeInvalidPath, c.part)
				}
			}
		})
	}
}

// covers: R-7644-3.10-01
func TestResolve(t *testing.T) {
	const core = "urn:ietf:params:scim:schemas:core:2.0:User"
	const group = "urn:ietf:params:scim:schemas:core:2.0:Group"
	const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	for _, c := range []struct {
		in        string
		attr      string // schema and path of Target.Attr
		sub       string
		extension string
		filter    string
		used      schema.Repair
	}{
		{in: `userName`, attr: core + ":userName"},
		{in: `USERNAME`, attr: core + ":userName"},
		{in: `externalId`, attr: ":externalId"},
		{in: `password`, attr: core + ":password"},
		{in: `name.GivenName`, attr: core + ":name", sub: "givenName"},
		{in: core + `:userName`, attr: core + ":userName"},
		{in: strings.ToUpper(core) + `:NAME.GIVENNAME`, attr: core + ":name", sub: "givenName"},
		{in: core + `.name`, attr: core + ":name", used: RepairDottedURN},
		{in: `addresses.streetAddress`, attr: core + ":addresses", sub: "streetAddress"},
		{in: `emails[type eq "work"]`, attr: core + ":emails", filter: `type eq "work"`},
		{in: `emails[type eq "work"].value`, attr: core + ":emails", sub: "value", filter: `type eq "work"`},
		{in: core + `:emails[primary eq true].value`, attr: core + ":emails", sub: "value", filter: `primary eq true`},
		{in: core + `.emails[primary eq true].value`, attr: core + ":emails", sub: "value", filter: `primary eq true`, used: RepairDottedURN},
		{in: `roles[primary eq "True"].value`, attr: core + ":roles", sub: "value", filter: `primary eq "True"`, used: RepairValueType},
		{in: enterprise + `:employeeNumber`, attr: enterprise + ":employeeNumber"},
		{in: strings.ToLower(enterprise) + `:Manager.displayname`, attr: enterprise + ":manager", sub: "displayName"},
		{in: enterprise + `.manager`, attr: enterprise + ":manager", used: RepairDottedURN},
		{in: enterprise + `.manager.value`, attr: enterprise + ":manager", sub: "value"}, // reported by ParsePath
		{in: `employeeNumber`, attr: enterprise + ":employeeNumber", used: RepairUnqualified},
		{in: `Manager.Value`, attr: enterprise + ":manager", sub: "value", used: RepairUnqualified},
		{in: enterprise + `:manager.managerId`, attr: enterprise + ":manager", sub: "value", used: schema.RepairAlias},
		{in: `roles[primary eq true].displayName`, attr: core + ":roles", sub: "display", filter: `primary eq true`, used: schema.RepairAlias},
		{in: enterprise, extension: enterprise},
		{in: strings.ToUpper(enterprise), extension: enterprise},
	} {
		t.Run(c.in, func(t *testing.T) {
			p, err := ParsePath(c.in, Options{})
			if err != nil {
				t.Fatal(err)
			}
			var used schema.Repair
			target, err := ResolveWith(p, schema.User(), Options{Repaired: func(r schema.Repair) { used += r }})
			if err != nil {
				t.Fatal(err)
			}
			if used != c.used {
				t.Errorf("reported %q, want %q", used, c.used)
			}
			var gotAttr, gotSub, gotExtension, gotFilter string
			if target.Attr != nil {
				gotAttr = target.Attr.Schema + ":" + target.Attr.Path
			}
			if target.Sub != nil {
				gotSub = target.Sub.Name
			}
			if target.Extension != nil {
				gotExtension = target.Extension.URN
			}
			if target.Filter != nil {
				gotFilter = Format(target.Filter)
			}
			got, want := [4]string{gotAttr, gotSub, gotExtension, gotFilter}, [4]string{c.attr, c.sub, c.extension, c.filter}
			if got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			if _, err := ResolveWith(p, schema.User(), Options{Strict: true}); (err == nil) != (c.used == "") {
				t.Errorf("strict says %v", err)
			}
		})
	}
	p, err := ParsePath(strings.ToLower(group)+`:members[value eq "x"]`, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if target, err := Resolve(p, schema.Group()); err != nil || target.Attr.Name != "members" || target.Filter == nil {
		t.Errorf("group members: %+v, %v", target, err)
	}
}

// covers: R-7644-3.4.2.2-10
func TestResolveRefuses(t *testing.T) {
	const core = "urn:ietf:params:scim:schemas:core:2.0:User"
	const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	for _, c := range []struct {
		in   string
		kind scimerrors.ScimType
		part string
	}{
		{`isAdmin`, scimerrors.ScimTypeInvalidPath, `"isAdmin"`},
		{`constructor.prototype`, scimerrors.ScimTypeInvalidPath, `"constructor.prototype"`},
		{`employeeId`, scimerrors.ScimTypeInvalidPath, `"employeeId"`},
		{`name.shoe`, scimerrors.ScimTypeInvalidPath, `"shoe"`},
		{`userName.value`, scimerrors.ScimTypeInvalidPath, `"value"`},
		{`emails[type eq "work"].internalId`, scimerrors.ScimTypeInvalidPath, `"internalId"`},
		{`emails.value[type eq "work"]`, scimerrors.ScimTypeInvalidPath, "value"},
		{`name[givenName eq "x"]`, scimerrors.ScimTypeInvalidPath, "not multi-valued"},
		{core, scimerrors.ScimTypeInvalidPath, "leave the path out"},
		{enterprise + `:tenantId`, scimerrors.ScimTypeInvalidPath, `:tenantId"`},
		{enterprise + `.tenantId`, scimerrors.ScimTypeInvalidPath, `.tenantId"`},
		{enterprise + `:userName`, scimerrors.ScimTypeInvalidPath, `:userName"`},
		{enterprise + `[value eq "x"]`, scimerrors.ScimTypeInvalidPath, "is a schema"},
		{enterprise + `:manager[value eq "x"]`, scimerrors.ScimTypeInvalidPath, "not multi-valued"},
		{`urn:example:1.0`, scimerrors.ScimTypeInvalidPath, `"urn:example:1.0"`},
		{`urn:example:x:userName`, scimerrors.ScimTypeInvalidPath, `"urn:example:x:userName"`},
		{`emails[userName eq "x"]`, scimerrors.ScimTypeInvalidFilter, `"userName"`},
		{`roles[value eq "x" and internalId eq "y"]`, scimerrors.ScimTypeInvalidFilter, `"internalId"`},
		{`emails[primary gt true]`, scimerrors.ScimTypeInvalidFilter, "boolean"},
	} {
		t.Run(c.in, func(t *testing.T) {
			p, err := ParsePath(c.in, Options{})
			if err != nil {
				t.Fatal(err)
			}
			_, err = Resolve(p, schema.User())
			mustRefuse(t, err, c.kind, c.part)
		})
	}
	if _, err := Resolve(Path{}, nil); err == nil {
		t.Error("resolves nothing in nothing")
	}
}
