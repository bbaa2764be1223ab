package filter

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	scimerrors "github.com/elimity-com/scim/errors"
	parser "github.com/scim2/filter-parser/v2"

	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// Short forms to write trees with.

func attr(path string) AttributePath {
	var p AttributePath
	if i := strings.LastIndexByte(path, ':'); i >= 0 {
		urn := path[:i]
		p.URIPrefix, path = &urn, path[i+1:]
	}
	name, sub, dotted := strings.Cut(path, ".")
	p.AttributeName = name
	if dotted {
		p.SubAttribute = &sub
	}
	return p
}

func is(path string, op parser.CompareOperator, v any) Expression {
	return &AttributeExpression{AttributePath: attr(path), Operator: op, CompareValue: v}
}

func and(l, r Expression) Expression {
	return &LogicalExpression{Left: l, Right: r, Operator: parser.AND}
}

func or(l, r Expression) Expression {
	return &LogicalExpression{Left: l, Right: r, Operator: parser.OR}
}

func inverse(e Expression) Expression { return &NotExpression{Expression: e} }

func within(path string, e Expression) Expression {
	return &ValuePath{AttributePath: attr(path), ValueFilter: e}
}

// parseNoting parses and returns the leniencies that were reported.
func parseNoting(s string) (Expression, []schema.Repair, error) {
	var used []schema.Repair
	e, err := Parse(s, Options{Repaired: func(r schema.Repair) { used = append(used, r) }})
	return e, used, err
}

// covers: R-7644-3.4.2.2-02, R-7644-3.4.2.2-03, R-7644-3.4.2.2-09, R-7644-3.4.2.2-15
func TestParse(t *testing.T) {
	const core = "urn:ietf:params:scim:schemas:core:2.0:User"
	const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	x, y, z := is("a", parser.PR, nil), is("b", parser.PR, nil), is("c", parser.PR, nil)
	for _, c := range []struct {
		in   string
		want Expression
	}{
		{`userName eq "bjensen"`, is("userName", parser.EQ, "bjensen")},
		{`USERNAME Eq "x"`, is("USERNAME", parser.EQ, "x")},
		{`name.familyName co "O'Malley"`, is("name.familyName", parser.CO, "O'Malley")},
		{`title pr`, is("title", parser.PR, nil)},
		{`title PR`, is("title", parser.PR, nil)},
		{`title eq null`, is("title", parser.EQ, nil)},
		{`active eq true`, is("active", parser.EQ, true)},
		{`active ne false`, is("active", parser.NE, false)},
		{`n gt -12.50e+3`, is("n", parser.GT, json.Number("-12.50e+3"))},
		{`n le 0`, is("n", parser.LE, json.Number("0"))},
		{`externalId eq ""`, is("externalId", parser.EQ, "")},
		{`a eq "\"\\\/\b\f\n\r\t"`, is("a", parser.EQ, "\"\\/\b\f\n\r\t")},
		{`a eq "\u00e9\u00C9"`, is("a", parser.EQ, "éÉ")},
		{`a eq "x\ud83d\ude00y"`, is("a", parser.EQ, "x😀y")},
		{`a eq "é😀 (]"`, is("a", parser.EQ, "é😀 (]")},
		{`a eq "and (b pr"`, is("a", parser.EQ, "and (b pr")},
		{`$ref eq "x"`, is("$ref", parser.EQ, "x")},
		{`members.$ref eq "x"`, is("members.$ref", parser.EQ, "x")},
		{`a-b_9 pr`, is("a-b_9", parser.PR, nil)},
		{core + `:name.familyName co "x"`, is(core+":name.familyName", parser.CO, "x")},
		{enterprise + `:employeeNumber eq "1"`, is(enterprise+":employeeNumber", parser.EQ, "1")},
		{enterprise + `:manager.value eq "1"`, is(enterprise+":manager.value", parser.EQ, "1")},

		{`a pr and b pr and c pr`, and(and(x, y), z)},
		{`a pr or b pr or c pr`, or(or(x, y), z)},
		{`a pr or b pr and c pr`, or(x, and(y, z))},
		{`a pr and b pr or c pr`, or(and(x, y), z)},
		{`(a pr or b pr) and c pr`, and(or(x, y), z)},
		{`a pr and (b pr and c pr)`, and(x, and(y, z))},
		{`not (a pr) and b pr`, and(inverse(x), y)},
		{`not(a pr) or b pr`, or(inverse(x), y)},
		{`not (a pr and b pr)`, inverse(and(x, y))},
		{`not (not (a pr))`, inverse(inverse(x))},
		{`NOT (a pr) AND b pr OR c pr`, or(and(inverse(x), y), z)},
		{`((a pr))`, x},
		{`not pr`, is("not", parser.PR, nil)},
		{`and pr and or pr`, and(is("and", parser.PR, nil), is("or", parser.PR, nil))},

		{`e[a pr]`, within("e", x)},
		{`e[a pr and b pr or c pr]`, within("e", or(and(x, y), z))},
		{`e[a pr and (b pr or c pr)]`, within("e", and(x, or(y, z)))},
		{`e[not (a pr)]`, within("e", inverse(x))},
		{`e[a pr and not (b pr)] or c pr`, or(within("e", and(x, inverse(y))), z)},
		{core + `:e[a pr]`, within(core+":e", x)},
	} {
		t.Run(c.in, func(t *testing.T) {
			for _, strict := range []bool{true, false} {
				got, err := Parse(c.in, Options{Strict: strict, Repaired: func(r schema.Repair) {
					t.Errorf("a legal filter was repaired: %s", r)
				}})
				if err != nil {
					t.Fatalf("strict %v: %v", strict, err)
				}
				if d := cmp.Diff(c.want, got); d != "" {
					t.Errorf("strict %v: -want +got\n%s", strict, d)
				}
			}
		})
	}
}

// covers: EN-02, PG-02, R-7644-3.4.2.2-03
func TestLeniencies(t *testing.T) {
	const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	x, y := is("a", parser.PR, nil), is("b", parser.PR, nil)
	for _, c := range []struct {
		in   string
		want Expression
		used schema.Repair
	}{
		{`userName eq bjensen`, is("userName", parser.EQ, "bjensen"), RepairUnquoted},
		{`(userName eq bjensen)`, is("userName", parser.EQ, "bjensen"), RepairUnquoted},
		{`e[value eq a@x.io]`, within("e", is("value", parser.EQ, "a@x.io")), RepairUnquoted},
		{`externalId eq 00u1abc`, is("externalId", parser.EQ, "00u1abc"), RepairUnquoted},
		{`externalId eq 007`, is("externalId", parser.EQ, "007"), RepairUnquoted},
		{`displayName eq Eng Team`, is("displayName", parser.EQ, "Eng Team"), RepairUnquoted},
		{`(displayName eq Eng  Team)`, is("displayName", parser.EQ, "Eng  Team"), RepairUnquoted},
		{`displayName eq Eng Team and b pr`, and(is("displayName", parser.EQ, "Eng Team"), y), RepairUnquoted},
		{`e[value eq Eng Team]`, within("e", is("value", parser.EQ, "Eng Team")), RepairUnquoted},
		{`meta.created gt 2011-05-13T04:42:34Z`, is("meta.created", parser.GT, "2011-05-13T04:42:34Z"), RepairUnquoted},
		{`userName eq 'b jensen'`, is("userName", parser.EQ, "b jensen"), RepairSingleQuoted},
		{`userName eq 'a\n"'`, is("userName", parser.EQ, `a\n"`), RepairSingleQuoted},
		{`active eq True`, is("active", parser.EQ, true), RepairLiteralCase},
		{`active eq FALSE`, is("active", parser.EQ, false), RepairLiteralCase},
		{`title eq NULL`, is("title", parser.EQ, nil), RepairLiteralCase},
		{`  a pr`, x, RepairBlanks},
		{"a pr\n", x, RepairBlanks},
		{"a\tpr", x, RepairBlanks},
		{`a pr  and b pr`, and(x, y), RepairBlanks},
		{`a pr and  b pr`, and(x, y), RepairBlanks},
		{`( a pr )`, x, RepairBlanks},
		{`not  (a pr)`, inverse(x), RepairBlanks},
		{`e[ a pr ]`, within("e", x), RepairBlanks},
		{
			`emails[type eq "work"].value eq "a@x.io"`,
			within("emails", and(is("type", parser.EQ, "work"), is("value", parser.EQ, "a@x.io"))), RepairValuePathSub,
		},
		{
			`emails[a pr or b pr].value pr and a pr`,
			and(within("emails", and(or(x, y), is("value", parser.PR, nil))), x), RepairValuePathSub,
		},
		{enterprise + `.manager.value eq "1"`, is(enterprise+":manager.value", parser.EQ, "1"), RepairDottedURN},
	} {
		t.Run(c.in, func(t *testing.T) {
			got, used, err := parseNoting(c.in)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
			if !slices.Equal(used, []schema.Repair{c.used}) {
				t.Errorf("reported %v, want %s", used, c.used)
			}
			if e, err := Parse(c.in, Options{Strict: true}); err == nil {
				t.Errorf("strict accepts it as %s", Format(e))
			}
		})
	}
}

// mustRefuse checks that err is the given scimType as a 400 and that its
// detail holds each of the parts.
func mustRefuse(t *testing.T, err error, kind scimerrors.ScimType, parts ...string) {
	t.Helper()
	e, ok := fault.As(err)
	if !ok {
		t.Fatalf("got error %v, want a SCIM error", err)
	}
	if e.ScimType != kind || e.Status != http.StatusBadRequest {
		t.Errorf("got %d %s, want 400 %s", e.Status, e.ScimType, kind)
	}
	for _, part := range parts {
		if !strings.Contains(e.Detail, part) {
			t.Errorf("detail %q lacks %q", e.Detail, part)
		}
	}
	if len(e.Detail) > 500 {
		t.Errorf("detail has %d bytes", len(e.Detail))
	}
}

// covers: R-7644-3.4.2.2-03, R-7644-3.4.2.2-14
func TestParseRefuses(t *testing.T) {
	for _, c := range []struct {
		in    string
		parts []string
	}{
		{``, []string{"character 1", "end", "attribute name"}},
		{`   `, []string{"attribute name"}},
		{`userName`, []string{"character 9", "operator"}},
		{`userName regex "x"`, []string{"character 10", `"regex"`, "operator (eq,"}},
		{`userName e "x"`, []string{`"e"`}},
		{`userName eq`, []string{"character 12", "value"}},
		{`userName eq `, []string{"end", "value"}},
		{`userName eq and title pr`, []string{`"and"`, "value"}},
		{`not title pr`, []string{`"title"`, `"(" after not`}},
		{`(title pr`, []string{"end", `")"`}},
		{`title pr)`, []string{"character 9", `")"`}},
		{`((title pr)`, []string{"end"}},
		{`()`, []string{`")"`, "attribute name"}},
		{`title pr and`, []string{"end", "condition"}},
		{`title pr and and title pr and`, []string{"operator"}},
		{`and`, []string{"operator"}},
		{`title pr title pr`, []string{"character 10", `"title"`, `" and "`}},
		{`a eq "x"and b pr`, []string{"character 9", `"and"`}},
		{`a eq"x"`, []string{"character 5"}},
		{`a eq "x`, []string{"character 6", "double quote"}},
		{`a eq "x\"`, []string{"character 6", "double quote"}},
		{`a eq "\x"`, []string{"character 7", "escape"}},
		{`a eq "\u12"`, []string{"escape"}},
		{`a eq "\ud83d"`, []string{"surrogates"}},
		{`a eq "\ud83dx"`, []string{"surrogates"}},
		{`a eq "\ud83d\u0041"`, []string{"surrogates"}},
		{`a eq "\ude00\ud83d"`, []string{"surrogates"}},
		{"a eq \"x\ny\"", []string{"character 8", "control character"}},
		{"a eq \"\\t\x00\"", []string{"control character"}},
		{"a eq x\x00y", []string{"value"}},
		{"a eq x\ny", []string{"control character"}},
		{`a eq x b eq y`, []string{"character 10", `"eq"`}},
		{`a eq x y pr`, []string{"character 10", `"pr"`}},
		{`a eq x "y"`, []string{`"\""`}},
		{`displayName eq R and D`, []string{"end"}},
		{`a eq 'x`, []string{"quote"}},
		{"a eq 'x\x01'", []string{"control character"}},
		{`a eq 'O'Malley'`, []string{`"Malley'"`}},
		{`a eq bob"x"`, []string{`"\""`}},
		{`é eq "x"`, []string{"character 1", `"é"`}},
		{`a eq "éé" é`, []string{"character 11"}},
		{`9a pr`, []string{"attribute name"}},
		{`a..b pr`, []string{"attribute name"}},
		{`a.b.c pr`, []string{"attribute name"}},
		{`.a pr`, []string{"attribute name"}},
		{`a. pr`, []string{"attribute name"}},
		{`:a pr`, []string{"attribute name"}},
		{`urn::x:a pr`, []string{"attribute name"}},
		{`urn:x: pr`, []string{"attribute name"}},
		{`urn:é:a pr`, []string{"attribute name"}},
		{`urn:x:a.b.c.d pr`, []string{"attribute name"}},
		{`$ pr`, []string{"attribute name"}},
		{`e[]`, []string{`"]"`}},
		{`e[a pr`, []string{"end", `"]"`}},
		{`e[a pr)`, []string{`")"`, `"]"`}},
		{`e[f[a pr]]`, []string{"can not hold another"}},
		{`e[a pr].f[b pr]`, []string{`"["`, "operator"}},
		{`e[a pr]. pr`, []string{"sub-attribute"}},
		{`e[a pr].v`, []string{"operator"}},
		{`e[a pr]f pr`, []string{`"f"`}},
		{"\xff pr", []string{"UTF-8"}},
		{`(a pr)and(b pr)`, []string{`"and"`}},
	} {
		t.Run(c.in, func(t *testing.T) {
			for _, strict := range []bool{false, true} {
				e, err := Parse(c.in, Options{Strict: strict, Repaired: func(r schema.Repair) {
					t.Errorf("reported %s for a refused filter", r)
				}})
				if err == nil {
					t.Fatalf("strict %v: parsed as %s", strict, Format(e))
				}
				if strict {
					mustRefuse(t, err, scimerrors.ScimTypeInvalidFilter)
				} else {
					mustRefuse(t, err, scimerrors.ScimTypeInvalidFilter, c.parts...)
				}
			}
		})
	}
}

// covers: T-36
func TestDepth(t *testing.T) {
	nest := func(open, inner, closing string, n int) string {
		return strings.Repeat(open, n) + inner + strings.Repeat(closing, n)
	}
	for _, c := range []struct {
		name, in string
		ok       bool
	}{
		{"40 brackets", nest("(", "a pr", ")", 40), true},
		{"41 brackets", nest("(", "a pr", ")", 41), false},
		{"40 times not", nest("not (", "a pr", ")", 40), true},
		{"41 times not", nest("not (", "a pr", ")", 41), false},
		{"39 and a value filter", nest("(", "e[a pr]", ")", 39), true},
		{"40 and a value filter", nest("(", "e[a pr]", ")", 40), false},
		{"inside a value filter", "e[" + nest("(", "a pr", ")", 39) + "]", true},
		{"too deep inside a value filter", "e[" + nest("(", "a pr", ")", 40) + "]", false},
		{"a sub-attribute", nest("(", `e[a pr].v eq "x"`, ")", 39), true},
		{"a sub-attribute after or", nest("(", `e[c pr or (a pr or b pr)].v eq "x"`, ")", 37), true},
		{"brackets that the sub-attribute adds", nest("(", `e[c pr or (a pr or b pr)].v eq "x"`, ")", 38), false},
		{"side by side", strings.Repeat("(a pr) and ", 100) + "(a pr)", true},
		{"100,000 brackets", strings.Repeat("(", 100_000), false},
		{"100,000 closed brackets", nest("(", "a pr", ")", 100_000), false},
		{"16,000 brackets", strings.Repeat("(", 16_000), false},
		{"not chain", strings.Repeat("not ", 4000) + "(a pr)", false},
		{"long not chain", strings.Repeat("not (", 100_000), false},
		{"square brackets", strings.Repeat("a[", 8_000), false},
		{"10,000 terms", strings.Repeat("a pr or ", 10_000) + "a pr", false},
		{"1,000 terms", strings.Repeat("a pr or ", 999) + "a pr", true},
		{"1,001 terms", strings.Repeat("a pr or ", 1000) + "a pr", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, err := Parse(c.in, Options{})
			if c.ok != (err == nil) {
				t.Fatalf("error %v", err)
			}
			if err != nil {
				mustRefuse(t, err, scimerrors.ScimTypeInvalidFilter)
				if allocated := testing.AllocsPerRun(5, func() { _, _ = Parse(c.in, Options{}) }); allocated > 4*MaxTerms {
					t.Errorf("%v allocations to refuse it", allocated)
				}
				return
			}
			if again, err := Parse(Format(e), Options{Strict: true}); err != nil || !cmp.Equal(e, again) {
				t.Errorf("does not come back from %.100s: %v", Format(e), err)
			}
		})
	}
}

// covers: T-37
func TestUnterminated(t *testing.T) {
	const mega = 1 << 20
	for _, unit := range []string{"\n", `\`, `"`, `'`, `\"`, `\\`, `\u`, "x", "(", "é", " ", "a.", "urn:", "[", "\x00"} {
		for _, size := range []int{mega, MaxLength - 10} { // the first by its length, the second by its text
			in := `a eq "` + strings.Repeat(unit, size/len(unit))
			if e, err := Parse(in, Options{}); err == nil {
				t.Errorf("%q repeated parses as %.40s", unit, Format(e))
			} else {
				mustRefuse(t, err, scimerrors.ScimTypeInvalidFilter)
			}
			in = `a[b eq "` + strings.Repeat(unit, size/len(unit))
			if _, err := ParsePath(in, Options{}); err == nil {
				t.Errorf("%q repeated parses as a path", unit)
			} else {
				mustRefuse(t, err, scimerrors.ScimTypeInvalidPath)
			}
		}
	}
}

// What is refused for its size is refused without reading it: the work of the
// longest text that is read bounds all others.
// covers: T-36, T-37
func TestLengthComesFirst(t *testing.T) {
	long := `a eq "` + strings.Repeat("x", MaxLength) + `"`
	if _, err := Parse(long, Options{}); err == nil {
		t.Error("accepted")
	} else {
		mustRefuse(t, err, scimerrors.ScimTypeInvalidFilter, "longer than 16384 bytes")
	}
	fits := `a eq "` + strings.Repeat("x", MaxLength-7) + `"`
	if _, err := Parse(fits, Options{}); err != nil {
		t.Error(err)
	}
}

// covers: XX-12
func TestParseDateTime(t *testing.T) {
	at := func(y int, mo time.Month, d, h, mi, s, ns int) time.Time {
		return time.Date(y, mo, d, h, mi, s, ns, time.UTC)
	}
	for in, want := range map[string]time.Time{
		"2011-05-13T04:42:34Z":               at(2011, 5, 13, 4, 42, 34, 0),
		"2011-05-13T04:42:34":                at(2011, 5, 13, 4, 42, 34, 0),
		"2011-05-13T04:42:34.5Z":             at(2011, 5, 13, 4, 42, 34, 500_000_000),
		"2011-05-13T04:42:34.123456789012Z":  at(2011, 5, 13, 4, 42, 34, 123_456_789),
		"2011-05-13T06:42:34+02:00":          at(2011, 5, 13, 4, 42, 34, 0),
		"2011-05-12T23:12:34-05:30":          at(2011, 5, 13, 4, 42, 34, 0),
		"0001-01-03T00:00:00.0000000Z":       at(1, 1, 3, 0, 0, 0, 0),
		"2024-02-29T23:59:59.999999999Z":     at(2024, 2, 29, 23, 59, 59, 999_999_999),
		"9999-12-31T23:59:59-14:00":          at(10000, 1, 1, 13, 59, 59, 0),
		"2011-05-13T04:42:34.000000000+00:0": {},
		"2011-05-13":                         {},
		"2011-05-13 04:42:34Z":               {},
		"2011-05-13t04:42:34z":               {},
		"2011-5-13T04:42:34Z":                {},
		"2011-02-30T04:42:34Z":               {},
		"2023-02-29T04:42:34Z":               {},
		"2011-13-01T04:42:34Z":               {},
		"2011-00-01T04:42:34Z":               {},
		"2011-05-00T04:42:34Z":               {},
		"2011-05-13T24:00:00Z":               {},
		"2011-05-13T04:60:34Z":               {},
		"2011-05-13T04:42:60Z":               {},
		"2011-05-13T04:42:34,5Z":             {},
		"2011-05-13T04:42:34.Z":              {},
		"2011-05-13T04:42:34+0200":           {},
		"2011-05-13T04:42:34+15:00":          {},
		"2011-05-13T04:42:34+02:60":          {},
		"2011-05-13T04:42:34ZZ":              {},
		"":                                   {},
	} {
		got, ok := parseDateTime(in)
		if !got.Equal(want) || ok != !want.IsZero() {
			t.Errorf("%q: got %v %v, want %v", in, got, ok, want)
		}
	}
}
