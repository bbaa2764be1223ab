package sqlstore

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/scimbridge/scimbridge/directory"
)

// params returns "$first, …" for n parameters.
func params(first, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(first + i))
	}
	return b.String()
}

// where compiles a Condition into SQL over the alias u (users), g (groups) or r
// (resources of configured types). Values are always parameters. $1 is the tenant.
type where struct {
	sql    strings.Builder
	args   []any
	kind   kind
	client directory.ClientID
	ask    asking // as the statement will be asked
}

func newWhere(ask asking, k kind, tenant directory.TenantID, client directory.ClientID) *where {
	return &where{args: []any{int64(tenant)}, kind: k, client: client, ask: ask}
}

// arg adds a parameter and returns its name.
func (w *where) arg(v any) string {
	w.args = append(w.args, v)
	return "$" + strconv.Itoa(len(w.args))
}

func (w *where) alias() string { return w.kind.alias }

// visible begins the WHERE: the tenant's resources that the query can see.
func (w *where) visible(q directory.Query) {
	w.sql.WriteString(w.kind.of(w.alias()))
	if w.kind == userKind && !q.Deleted {
		w.sql.WriteString(" AND u.state <> " + deletedSCIM)
	}
}

func (w *where) condition(c directory.Condition) error {
	switch c := c.(type) {
	case nil:
		w.sql.WriteString("1 = 1")
		return nil
	case directory.All:
		return w.list(c, " AND ", "1 = 1")
	case directory.Any:
		return w.list(c, " OR ", "1 = 0")
	case directory.Term:
		return w.term(c)
	}
	return fmt.Errorf("query: unknown condition %T", c)
}

// list writes the conditions as a balanced tree: SQLite limits the depth of an
// expression, and a chain of operators is as deep as it is long.
func (w *where) list(cs []directory.Condition, operator, empty string) error {
	switch len(cs) {
	case 0:
		w.sql.WriteString(empty)
		return nil
	case 1:
		return w.condition(cs[0])
	}
	half := len(cs) / 2
	w.sql.WriteByte('(')
	if err := w.list(cs[:half], operator, empty); err != nil {
		return err
	}
	w.sql.WriteString(operator)
	if err := w.list(cs[half:], operator, empty); err != nil {
		return err
	}
	w.sql.WriteByte(')')
	return nil
}

func (w *where) term(t directory.Term) error {
	users, groups := w.kind == userKind, w.kind == groupKind
	folded, exact, named := t, t, t
	folded.Text, exact.Text, named.Text = directory.Fold(t.Text), directory.Exact(t.Text), directory.FoldName(t.Text)
	switch {
	case t.Field == directory.FieldID:
		w.id(exact)
	case t.Field == directory.FieldUserName && users:
		w.key("users", "user_key", named)
	case t.Field == directory.FieldDisplayName && groups:
		w.key("groups", "display_key", folded)
	case t.Field == directory.FieldActive && users:
		if t.Op != directory.Equal {
			return fmt.Errorf("query: active can only be compared for equality")
		}
		w.sql.WriteString("u.active = " + w.arg(flag(t.Bool)))
	case t.Field == directory.FieldLastModified:
		return w.instant("modified", t)
	case t.Field == directory.FieldCreated:
		return w.instant("created", t)
	case t.Field == directory.FieldExternalID:
		w.sql.WriteString(w.alias() + ".seq IN (SELECT e.seq FROM external_ids e WHERE e.client = " +
			w.arg(int64(w.client)) + " AND e.kind = " + w.arg(w.kind.number) + " AND ")
		w.textRange("e.value", exact)
		w.sql.WriteByte(')')
	case t.Field == directory.FieldDisplayName && users:
		w.key("users", "display_key", folded)
	case t.Field == directory.FieldEmail && users:
		w.value(attrEmail, folded)
	case t.Field == directory.FieldApplicationEmail && users:
		w.value(attrApplicationEmail, folded)
	case t.Field == directory.FieldFamilyName && users:
		w.key("users", "family_key", folded)
	case t.Field == directory.FieldEmployeeNumber && users:
		w.key("users", "employee_key", folded)
	case t.Field == directory.FieldManager && users:
		w.value(attrManager, exact)
	case t.Field == directory.FieldMember && groups:
		w.member(exact)
	case t.Field == directory.FieldGroup && users:
		w.group(exact)
	case t.Field == directory.FieldAttribute:
		return w.attribute(t)
	default:
		return fmt.Errorf("query: field %d does not exist for this kind of resource", t.Field)
	}
	return nil
}

// Each comparison stands in a subquery of its own. Beside the ORDER BY and
// LIMIT of a list, an engine without statistics prefers the index that gives
// the order to the one that finds the few matches, and reads the whole tenant.

// id compares the resource's own id.
func (w *where) id(t directory.Term) {
	if t.Op == directory.Equal { // a unique index on one column always wins
		w.idRange(w.alias()+".id", t)
		return
	}
	w.sql.WriteString(w.alias() + ".seq IN (SELECT k.seq FROM " + w.kind.table + " k WHERE ")
	w.idRange("k.id", t)
	w.sql.WriteByte(')')
}

// key compares a column that is indexed behind the tenant. A resource without a
// value, which has "" there, satisfies no Term.
func (w *where) key(table, column string, t directory.Term) {
	w.valued(w.alias()+".seq IN (SELECT k.seq FROM "+table+" k WHERE k.tenant = $1 AND ", "k."+column, t)
}

// valued completes a subquery with the comparison of a column that has "" where
// there is no value.
func (w *where) valued(subquery, column string, t directory.Term) {
	if t.Text == "" && (t.Op == directory.Equal || t.Op == directory.Less || t.Op == directory.LessEqual) {
		w.sql.WriteString("1 = 0")
		return
	}
	if t.Text == "" { // whatever there is
		t.Op = directory.Greater
	}
	w.sql.WriteString(subquery)
	w.textRange(column, t)
	if t.Op == directory.Less || t.Op == directory.LessEqual {
		w.sql.WriteString(" AND " + column + " > ''")
	}
	w.sql.WriteByte(')')
}

func (w *where) value(a attr, t directory.Term) {
	w.sql.WriteString("u.seq IN (SELECT v.seq FROM user_values v WHERE v.tenant = $1 AND v.attr = " + w.arg(int64(a)) + " AND ")
	w.textRange("v.key", t)
	w.sql.WriteByte(')')
}

// attribute compares the values of a configured index.
func (w *where) attribute(t directory.Term) error {
	x, err := readyIndex(w.ask, w.kind.name, t.Attribute)
	if err != nil {
		return err
	}
	t.Text = x.key(t.Text)
	w.valued(w.alias()+".seq IN (SELECT v.seq FROM attribute_values v WHERE v.attr = "+strconv.FormatInt(x.attr, 10)+" AND v.tenant = $1 AND ", "v.key", t)
	return nil
}

// textRange compares a column byte by byte.
func (w *where) textRange(column string, t directory.Term) {
	operator := "="
	switch t.Op {
	case directory.Prefix:
		w.sql.WriteString(column + " >= " + w.arg(t.Text))
		if next, ok := successor(t.Text); ok {
			w.sql.WriteString(" AND " + column + " < " + w.arg(next))
		}
		return
	case directory.Less:
		operator = "<"
	case directory.LessEqual:
		operator = "<="
	case directory.Greater:
		operator = ">"
	case directory.GreaterEqual:
		operator = ">="
	}
	w.sql.WriteString(column + " " + operator + " " + w.arg(t.Text))
}

// idRange compares the text form of an id column.
func (w *where) idRange(column string, t directory.Term) {
	exact, err := directory.ParseID(t.Text)
	isID := err == nil
	from := func(text string) string { // column is at or behind text
		if id, ok := firstID(text); ok {
			return column + " >= " + w.arg(id[:])
		}
		return "1 = 0"
	}
	below := func(text string) string {
		if id, ok := firstID(text); ok {
			return column + " < " + w.arg(id[:])
		}
		return "1 = 1"
	}
	switch t.Op {
	case directory.Equal:
		if !isID {
			w.sql.WriteString("1 = 0")
			return
		}
		w.sql.WriteString(column + " = " + w.arg(exact[:]))
	case directory.Prefix:
		w.sql.WriteString(from(t.Text))
		if next, ok := successor(t.Text); ok {
			w.sql.WriteString(" AND " + below(next))
		}
	case directory.Less:
		w.sql.WriteString(below(t.Text))
	case directory.GreaterEqual:
		w.sql.WriteString(from(t.Text))
	case directory.LessEqual:
		if isID {
			w.sql.WriteString(column + " <= " + w.arg(exact[:]))
			return
		}
		w.sql.WriteString(below(t.Text))
	case directory.Greater:
		if isID {
			w.sql.WriteString(column + " > " + w.arg(exact[:]))
			return
		}
		w.sql.WriteString(from(t.Text))
	}
}

// member asks which groups have a direct member.
func (w *where) member(t directory.Term) {
	if t.Op == directory.Equal {
		id, err := directory.ParseID(t.Text)
		if err != nil {
			w.sql.WriteString("1 = 0")
			return
		}
		p := w.arg(id[:])
		w.sql.WriteString("g.seq IN (SELECT m.grp FROM users r JOIN members m ON m.kind = 0 AND m.member = r.seq WHERE r.id = " + p +
			" UNION ALL SELECT m.grp FROM groups r JOIN members m ON m.kind = 1 AND m.member = r.seq WHERE r.id = " + p + ")")
		return
	}
	w.sql.WriteString("EXISTS (SELECT 1 FROM members m WHERE m.grp = g.seq AND ")
	w.idRange("m.id", t)
	w.sql.WriteByte(')')
}

// group asks which users are direct members of a group.
func (w *where) group(t directory.Term) {
	w.sql.WriteString("u.seq IN (SELECT m.member FROM groups r CROSS JOIN members m WHERE m.grp = r.seq AND m.kind = 0 AND r.tenant = $1 AND ")
	w.idRange("r.id", t)
	w.sql.WriteByte(')')
}

// instant compares a column of a time, which is stored in whole milliseconds,
// with an instant that may lie between two.
func (w *where) instant(column string, t directory.Term) error {
	floor := t.Time.UnixMilli()
	exact := time.UnixMilli(floor).Equal(t.Time)
	operator := ""
	switch t.Op {
	case directory.Equal:
		if !exact {
			w.sql.WriteString("1 = 0")
			return nil
		}
		operator = "="
	case directory.Greater:
		operator = ">"
	case directory.LessEqual:
		operator = "<="
	case directory.GreaterEqual:
		operator = ">="
		if !exact {
			operator = ">"
		}
	case directory.Less:
		operator = "<"
		if !exact {
			operator = "<="
		}
	default:
		return fmt.Errorf("query: a time can not be compared by prefix")
	}
	w.sql.WriteString(w.alias() + ".seq IN (SELECT k.seq FROM " + w.kind.table + " k WHERE " + w.kind.of("k") + " AND k." + column + " " +
		operator + " " + w.arg(floor) + ")")
	return nil
}
