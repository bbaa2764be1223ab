package filter

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	godiff "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

func text(f directory.Field, op directory.Op, s string) directory.Term {
	return directory.Term{Field: f, Op: op, Text: s}
}

func TestPlan(t *testing.T) {
	const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	at := func(op directory.Op, s string) directory.Term {
		v, ok := parseDateTime(s)
		if !ok {
			t.Fatal(s)
		}
		return directory.Term{Field: directory.FieldLastModified, Op: op, Time: v}
	}
	user, group := schema.User(), schema.Group()
	for _, c := range []struct {
		typ    *schema.ResourceType
		filter string
		where  directory.Condition
		exact  bool
	}{
		{user, `userName eq "A@x.io"`, text(directory.FieldUserName, directory.Equal, "A@x.io"), true},
		{user, `id eq "x"`, text(directory.FieldID, directory.Equal, "x"), true},
		{user, `externalId eq "X"`, text(directory.FieldExternalID, directory.Equal, "X"), true},
		{user, `externalId eq ""`, never, true},
		{user, `displayName sw "B"`, text(directory.FieldDisplayName, directory.Prefix, "B"), true},
		{user, `displayName sw ""`, nil, false},
		{user, `displayName le "B"`, text(directory.FieldDisplayName, directory.LessEqual, "B"), true},
		{user, `name.familyName gt "B"`, text(directory.FieldFamilyName, directory.Greater, "B"), true},
		{user, `name.familyName ge "B"`, text(directory.FieldFamilyName, directory.GreaterEqual, "B"), true},
		{user, `name.familyName lt "B"`, text(directory.FieldFamilyName, directory.Less, "B"), true},
		{user, `externalId sw "X"`, text(directory.FieldExternalID, directory.Prefix, "X"), true},
		{user, `id gt "0193"`, text(directory.FieldID, directory.Greater, "0193"), true},
		{user, `emails eq "a@x.io"`, text(directory.FieldEmail, directory.Equal, "a@x.io"), true},
		{user, `emails.value eq "a@x.io"`, text(directory.FieldEmail, directory.Equal, "a@x.io"), true},
		{user, `emails[value eq "a@x.io"]`, text(directory.FieldEmail, directory.Equal, "a@x.io"), true},
		{user, `emails[type eq "work" and value eq "a@x.io"]`, text(directory.FieldEmail, directory.Equal, "a@x.io"), false},
		{user, `emails[type eq "work"].value eq "a@x.io"`, text(directory.FieldEmail, directory.Equal, "a@x.io"), false},
		{user, `emails[value eq "a" or value eq "b"]`,
			directory.Any{text(directory.FieldEmail, directory.Equal, "a"), text(directory.FieldEmail, directory.Equal, "b")}, true},
		{user, `emails[value eq "a" or type eq "b"]`, nil, false},
		{user, `emails[value ge "a" and value le "b" or value eq "c"]`, directory.Any{
			directory.All{text(directory.FieldEmail, directory.GreaterEqual, "a"), text(directory.FieldEmail, directory.LessEqual, "b")},
			text(directory.FieldEmail, directory.Equal, "c"),
		}, false},
		{user, `emails[value ge "a"] and emails[value le "b"]`, directory.All{
			text(directory.FieldEmail, directory.GreaterEqual, "a"), text(directory.FieldEmail, directory.LessEqual, "b"),
		}, true},
		{user, `emails[type eq "work"]`, nil, false},
		{user, `emails[not (value eq "a")]`, nil, false},
		{user, enterprise + `:employeeNumber eq "1"`, text(directory.FieldEmployeeNumber, directory.Equal, "1"), true},
		{user, enterprise + `:employeeNumber eq 1`, text(directory.FieldEmployeeNumber, directory.Equal, "1"), true},
		{user, enterprise + `:manager.value eq "1"`, text(directory.FieldManager, directory.Equal, "1"), true},
		{user, `manager eq "1"`, text(directory.FieldManager, directory.Equal, "1"), true},
		{user, `active eq false`, directory.Term{Field: directory.FieldActive}, true},
		{user, `active eq "True"`, directory.Term{Field: directory.FieldActive, Bool: true}, true},
		{user, `active ne true`, nil, false},
		{user, `groups.value eq "g"`, nil, false}, // the index knows direct groups only
		{user, `groups[value eq "g"]`, nil, false},
		{user, `groups[type eq "indirect" and value eq "g"]`, nil, false},
		{user, `groups[type eq "direct" and value eq "g"]`, text(directory.FieldGroup, directory.Equal, "g"), false},
		{group, `members.value eq "u"`, text(directory.FieldMember, directory.Equal, "u"), true},
		{group, `members[value eq "u" and type eq "User"]`, text(directory.FieldMember, directory.Equal, "u"), false},
		{group, `displayName eq "Eng"`, text(directory.FieldDisplayName, directory.Equal, "Eng"), true},
		{group, `meta.resourceType eq "Group"`, always, true},
		{user, `meta.resourceType eq "Group"`, never, true},
		{user, `meta.resourceType eq "User" and userName eq "x"`, text(directory.FieldUserName, directory.Equal, "x"), true},

		{user, `meta.lastModified ge "2024-01-01T00:00:00Z"`, at(directory.GreaterEqual, "2024-01-01T00:00:00Z"), true},
		{user, `meta.lastModified gt "2024-01-01T02:00:00.001+02:00"`, at(directory.Greater, "2024-01-01T00:00:00.001Z"), true},
		{user, `meta.lastModified ge "0001-01-03T00:00:00.0000000Z"`, at(directory.GreaterEqual, "0001-01-03T00:00:00Z"), true},
		{user, `meta.lastModified ge "2024-01-01T00:00:00.0001Z"`, at(directory.Greater, "2024-01-01T00:00:00Z"), false},
		{user, `meta.lastModified le "2024-01-01T00:00:00.0001Z"`, at(directory.Less, "2024-01-01T00:00:00.001Z"), false},
		{user, `meta.lastModified ne "2024-01-01T00:00:00Z"`, nil, false},
		{user, `meta.created gt "2024-01-01T00:00:00Z"`, directory.Term{Field: directory.FieldCreated, Op: directory.Greater, Time: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)}, true},
		{user, `meta.location eq "x"`, nil, false},

		{user, `userName eq "a" and title eq "b"`, text(directory.FieldUserName, directory.Equal, "a"), false},
		{user, `userName eq "a" and active eq true and displayName sw "c"`, directory.All{
			text(directory.FieldUserName, directory.Equal, "a"),
			directory.Term{Field: directory.FieldActive, Bool: true},
			text(directory.FieldDisplayName, directory.Prefix, "c"),
		}, true},
		{user, `title eq "a" and nickName eq "b"`, nil, false},
		{user, `userName eq "a" or externalId eq "b" or id eq "c"`, directory.Any{
			text(directory.FieldUserName, directory.Equal, "a"),
			text(directory.FieldExternalID, directory.Equal, "b"),
			text(directory.FieldID, directory.Equal, "c"),
		}, true},
		{user, `userName eq "a" or title eq "b"`, nil, false},
		{user, `(userName eq "a" and title eq "b") or id eq "c"`, directory.Any{
			text(directory.FieldUserName, directory.Equal, "a"),
			text(directory.FieldID, directory.Equal, "c"),
		}, false},
		{user, `not (userName eq "a")`, nil, false},
		{user, `not (meta.resourceType eq "User")`, never, true},
		{group, `not (meta.resourceType eq "User")`, always, true},
		{group, `not (not (meta.resourceType eq "User"))`, never, true},
		{user, `not (meta.resourceType eq "Group" or userName eq "a")`, nil, false},
		{user, `not (meta.resourceType eq "User" and userName eq "a")`, nil, false},
		{user, `not (meta.resourceType eq "Group" and userName eq "a")`, always, true},
		{user, `not (meta.resourceType eq "Group") and userName eq "x"`, text(directory.FieldUserName, directory.Equal, "x"), true},
		{user, `emails[not (value eq "")]`, nil, false}, // who has no address does not match
		{user, `userName eq "a" and not (id eq "x")`, text(directory.FieldUserName, directory.Equal, "a"), false},
		{user, `userName ne "a"`, nil, false},
		{user, `userName co "a"`, nil, false},
		{user, `userName ew "a"`, nil, false},
		{user, `userName pr`, nil, false},
		{user, `userName eq null`, nil, false},
		{user, `userName eq "a\u0000b"`, nil, false},
		{user, `nonsense eq "a"`, nil, false},
	} {
		t.Run(c.filter, func(t *testing.T) {
			e, err := Parse(c.filter, Options{})
			if err != nil {
				t.Fatal(err)
			}
			where, exact := Plan(e, c.typ, 1)
			if d := godiff.Diff(c.where, where); d != "" || exact != c.exact {
				t.Errorf("exact %v, want %v; -want +got\n%s", exact, c.exact, d)
			}
		})
	}
	e, err := Parse(`externalId eq "x"`, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if where, exact := Plan(e, user, 0); where != nil || exact {
		t.Error("looks up the externalId of no client")
	}
	p, err := CompileValue(is("value", "eq", "x"), user.Attribute("", "emails"))
	if err != nil {
		t.Fatal(err)
	}
	if where, exact := p.Plan(1); where != nil || exact {
		t.Error("a value filter has a plan")
	}
}

// A table may make an attribute case-exact whose index is folded, or the other
// way round: the first is looked up and compared again, the second not looked up.
func TestPlanRespectsCase(t *testing.T) {
	typ := &schema.ResourceType{Name: "User", Core: &schema.Schema{URN: directory.UserSchema, Attributes: []*schema.Attribute{
		{Name: "userName", Path: "userName", Schema: directory.UserSchema, CaseExact: true},
	}}, Common: []*schema.Attribute{{Name: "id", Path: "id"}}}
	for filter, want := range map[string]directory.Condition{
		`userName eq "A"`: text(directory.FieldUserName, directory.Equal, "A"),
		`userName sw "A"`: nil, `userName lt "A"`: nil, `id eq "A"`: nil,
	} {
		e, err := Parse(filter, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if where, exact := Plan(e, typ, 1); !godiff.Equal(where, want) || exact {
			t.Errorf("%s: got %v, exact %v", filter, where, exact)
		}
	}
}

// record is a row as storage would have it: the folded or exact keys of the
// indexed fields.
type record map[directory.Field][]string

// holds is what directory.Condition says, over a record.
func holds(c directory.Condition, r record) bool {
	switch c := c.(type) {
	case directory.All:
		return !slices.ContainsFunc(c, func(c directory.Condition) bool { return !holds(c, r) })
	case directory.Any:
		return slices.ContainsFunc(c, func(c directory.Condition) bool { return holds(c, r) })
	case directory.Term:
		operand := c.Text
		switch c.Field {
		case directory.FieldActive:
			operand = fmt.Sprint(c.Bool)
		case directory.FieldLastModified:
			operand = c.Time.Format(sortable)
		case directory.FieldID, directory.FieldExternalID, directory.FieldManager, directory.FieldMember, directory.FieldGroup:
			operand = directory.Exact(operand)
		case directory.FieldUserName:
			operand = directory.FoldName(operand)
		default:
			operand = directory.Fold(operand)
		}
		return slices.ContainsFunc(r[c.Field], func(key string) bool {
			order := cmp.Compare(key, operand)
			switch c.Op {
			case directory.Equal:
				return order == 0
			case directory.Prefix:
				return strings.HasPrefix(key, operand)
			case directory.Less:
				return order < 0
			case directory.LessEqual:
				return order <= 0
			case directory.Greater:
				return order > 0
			}
			return order >= 0
		})
	}
	return true // nil: everything
}

const sortable = "2006-01-02T15:04:05.000000000"

var words = rapid.SampledFrom([]string{"a", "A", "ab", "Ab", "b", "é", "É", "e\u0301", "E\u0301", "K", "\u212a", "%", "a_", " a", "ａ"})

// drawUser returns a user and the keys that storage would keep of it.
func drawUser(t *rapid.T) (*resource.Object, record) {
	r := record{}
	o := resource.NewObject()
	maybe := func(o *resource.Object, name string, f directory.Field, folded bool) {
		if !rapid.Bool().Draw(t, "has "+name) {
			return
		}
		w := words.Draw(t, name)
		o.Set(name, resource.StringOf(w))
		switch {
		case f == directory.FieldUserName:
			w = directory.FoldName(w)
		case folded:
			w = directory.Fold(w)
		default:
			w = directory.Exact(w)
		}
		r[f] = append(r[f], w)
	}
	maybe(o, "id", directory.FieldID, false)
	maybe(o, "externalId", directory.FieldExternalID, false)
	maybe(o, "userName", directory.FieldUserName, true)
	maybe(o, "displayName", directory.FieldDisplayName, true)
	name := resource.NewObject()
	maybe(name, "familyName", directory.FieldFamilyName, true)
	o.Set("name", resource.ComplexOf(name))
	if rapid.Bool().Draw(t, "titled") {
		o.Set("title", resource.StringOf(words.Draw(t, "title")))
	}
	active := rapid.Bool().Draw(t, "active")
	o.Set("active", resource.BoolOf(active))
	r[directory.FieldActive] = []string{fmt.Sprint(active)}
	var emails, groups []resource.Value
	for range rapid.IntRange(0, 2).Draw(t, "emails") {
		e := resource.NewObject()
		maybe(e, "value", directory.FieldEmail, true)
		e.Set("type", resource.StringOf(rapid.SampledFrom([]string{"work", "home"}).Draw(t, "type")))
		emails = append(emails, resource.ComplexOf(e))
	}
	for range rapid.IntRange(0, 2).Draw(t, "groups") {
		id := words.Draw(t, "group")
		kind := rapid.SampledFrom([]string{"direct", "indirect"}).Draw(t, "type")
		if kind == "direct" {
			r[directory.FieldGroup] = append(r[directory.FieldGroup], directory.Exact(id))
		}
		groups = append(groups, resource.ComplexOf(resource.NewObject(
			resource.Field{Name: "value", Value: resource.StringOf(id)}, resource.Field{Name: "type", Value: resource.StringOf(kind)})))
	}
	o.Set("emails", resource.ListOf(emails...))
	o.Set("groups", resource.ListOf(groups...))
	ext := resource.NewObject()
	maybe(ext, "employeeNumber", directory.FieldEmployeeNumber, true)
	manager := resource.NewObject()
	maybe(manager, "value", directory.FieldManager, false)
	ext.Set("manager", resource.ComplexOf(manager))
	o.Set(directory.EnterpriseSchema, resource.ComplexOf(ext))
	at := time.Date(2024, 1, 1, 0, 0, 0, rapid.IntRange(0, 3).Draw(t, "ms")*1e6, time.UTC)
	r[directory.FieldLastModified] = []string{at.Format(sortable)}
	o.Set("meta", resource.ComplexOf(resource.NewObject(
		resource.Field{Name: "resourceType", Value: resource.StringOf("User")},
		resource.Field{Name: "lastModified", Value: resource.StringOf(at.Format(time.RFC3339Nano))})))
	return o, r
}

// drawQuestion returns the text of a filter over the attributes of drawUser.
func drawQuestion(t *rapid.T, depth int) string {
	quoted := func() string { return string(appendString(nil, words.Draw(t, "operand"))) }
	op := func() string {
		return rapid.SampledFrom([]string{"eq", "eq", "ne", "co", "sw", "ew", "lt", "le", "gt", "ge"}).Draw(t, "op")
	}
	n := rapid.IntRange(0, 12).Draw(t, "question")
	if depth == 0 {
		n = min(n, 7)
	}
	switch n {
	case 5:
		return fmt.Sprintf(`active %s %v`, rapid.SampledFrom([]string{"eq", "ne"}).Draw(t, "op"), rapid.Bool().Draw(t, "flag"))
	case 6:
		at := time.Date(2024, 1, 1, 0, 0, 0, rapid.IntRange(0, 7).Draw(t, "half ms")*5e5, time.UTC)
		o := rapid.SampledFrom([]string{"eq", "ne", "lt", "le", "gt", "ge"}).Draw(t, "op")
		return fmt.Sprintf(`meta.lastModified %s "%s"`, o, at.Format(time.RFC3339Nano))
	case 7:
		list := rapid.SampledFrom([]string{"emails", "groups"}).Draw(t, "list")
		kind := rapid.SampledFrom([]string{"work", "direct", "indirect"}).Draw(t, "type")
		join := rapid.SampledFrom([]string{"and", "or"})
		inner := fmt.Sprintf(`value %s %s`, op(), quoted())
		for range rapid.IntRange(0, 3).Draw(t, "more") {
			if rapid.Bool().Draw(t, "by type") {
				inner += fmt.Sprintf(` %s type eq "%s"`, join.Draw(t, "join"), kind)
			} else {
				inner += fmt.Sprintf(` %s value %s %s`, join.Draw(t, "join"), op(), quoted())
			}
		}
		return fmt.Sprintf(`%s[%s]`, list, inner)
	case 8, 9:
		return "(" + drawQuestion(t, depth-1) + " and " + drawQuestion(t, depth-1) + ")"
	case 10, 11:
		return "(" + drawQuestion(t, depth-1) + " or " + drawQuestion(t, depth-1) + ")"
	case 12:
		return "not (" + drawQuestion(t, depth-1) + ")"
	}
	a := rapid.SampledFrom([]string{
		"id", "externalId", "userName", "displayName", "name.familyName", "title", "emails", "emails.value", "groups.value",
		directory.EnterpriseSchema + ":employeeNumber", directory.EnterpriseSchema + ":manager.value",
	}).Draw(t, "attribute")
	if rapid.IntRange(0, 9).Draw(t, "pr") == 0 {
		return a + " pr"
	}
	return a + " " + op() + " " + quoted()
}

// The index never leaves out what Match accepts, and finds nothing else when
// the plan says so.
func TestPlanAgreesWithMatch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		question := drawQuestion(t, 3)
		e, err := Parse(question, Options{Strict: true})
		if err != nil {
			t.Fatal(err)
		}
		p, err := Compile(e, schema.User())
		if err != nil {
			t.Fatal(err)
		}
		where, exact := p.Plan(1)
		if where == nil && exact {
			t.Fatal("nil is exact")
		}
		for range 20 {
			user, keys := drawUser(t)
			want, found := p.Match(user), holds(where, keys)
			if want && !found {
				t.Fatalf("%s: the index leaves out %s", question, resource.ComplexOf(user).AppendJSON(nil))
			}
			if exact && want != found {
				t.Fatalf("%s: found in the index, but does not match: %s", question, resource.ComplexOf(user).AppendJSON(nil))
			}
			if !want != Match(&NotExpression{Expression: e}, schema.User(), user) {
				t.Fatalf("not (%s) is not its opposite", question)
			}
		}
	})
}

// A truth table: brackets, then not, then and, then or.
// covers: R-7644-3.4.2.2-09
func TestPrecedence(t *testing.T) {
	for bits := range 8 {
		a, b, c := bits&1 != 0, bits&2 != 0, bits&4 != 0
		user := resource.NewObject()
		for name, set := range map[string]bool{"title": a, "nickName": b, "userType": c} {
			if set {
				user.Set(name, resource.StringOf("x"))
			}
		}
		for filter, want := range map[string]bool{
			`title pr or nickName pr and userType pr`:         a || b && c,
			`title pr and nickName pr or userType pr`:         a && b || c,
			`(title pr or nickName pr) and userType pr`:       (a || b) && c,
			`not (title pr) and nickName pr`:                  !a && b,
			`not (title pr) or nickName pr and userType pr`:   !a || b && c,
			`not (title pr and nickName pr) or userType pr`:   !(a && b) || c,
			`title pr and not (nickName pr or userType pr)`:   a && !(b || c),
			`title pr or not (nickName pr) and userType pr`:   a || !b && c,
			`not (not (title pr)) and (not (nickName pr))`:    a && !b,
			`title pr and nickName pr and userType pr`:        a && b && c,
			`title pr or nickName pr or userType pr`:          a || b || c,
			`title pr and (nickName pr and not(userType pr))`: a && b && !c,
		} {
			e, err := Parse(filter, Options{Strict: true})
			if err != nil {
				t.Fatal(err)
			}
			if got := Match(e, schema.User(), user); got != want {
				t.Errorf("%s with %v %v %v: got %v", filter, a, b, c, got)
			}
		}
	}
}
