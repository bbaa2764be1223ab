package sqlstore

import (
	"fmt"
	"iter"
	"strconv"

	"github.com/scimbridge/scimbridge/directory"
)

// A sorted list is read in parts, each of which is one range of an index in its
// order: what equals the place to go on behind, what lies beyond it, and what
// has no value, which is last ascending and first descending. Put into one
// statement, the parts would have to be sorted each time; as they are, a page
// costs the same wherever in the list it is.

// sortColumn is the column of a list's order.
type sortColumn struct {
	name string // with the alias of its table
	// optional says that the column holds "" for a resource without a value.
	optional bool
	// few says that hardly any two resources share a value, so that the column's
	// index has no further order by seq.
	few bool
	// key is the column's value at a place of the list.
	key func(directory.Position) (any, error)
	// joined, if not nil, are the tables that have the column.
	joined *joined
}

// joined is the table of a configured index beside that of the resources.
type joined struct {
	from, on string
}

// from names the tables.
func (c sortColumn) from(k kind) string {
	if c.joined != nil {
		return c.joined.from
	}
	return k.table + " " + k.alias
}

// seq is what equals stand in the order of.
func (c sortColumn) seq(k kind) string {
	if c.joined != nil {
		return "v.seq"
	}
	if c.few { // keeps the engine from going through the list by seq
		return "coalesce(" + k.alias + ".seq, " + k.alias + ".seq)"
	}
	return k.alias + ".seq"
}

// sortColumn finds the column for an order. If an index finds what matches, that
// comes first and is then sorted: the order's index would lead through everything
// that does not match.
func (s *Session) sortColumn(k kind, q directory.Query) (c sortColumn, err error) {
	sought := seeks(q.Where)
	if q.Sort.Field == directory.FieldAttribute {
		c, err = attributeColumn(s.asker(k, q), k, q.Sort.Attribute, sought)
	} else {
		c, err = k.sortColumn(*q.Sort)
	}
	if sought {
		c.name = "coalesce(" + c.name + ", " + c.name + ")"
	}
	return c, err
}

// attributeColumn is the column of a configured index, which has a row for each
// resource, or several for one with several values. An engine keeps to the order
// of a CROSS JOIN.
func attributeColumn(ask asking, k kind, attribute string, sought bool) (sortColumn, error) {
	x, err := readyIndex(ask, k.name, attribute)
	if err != nil {
		return sortColumn{}, err
	}
	resources, values := k.table+" "+k.alias, "attribute_values v"
	j := &joined{values + " CROSS JOIN " + resources,
		"v.attr = " + strconv.FormatInt(x.attr, 10) + " AND v.tenant = $1 AND v.seq = " + k.alias + ".seq"}
	if sought {
		j.from = resources + " CROSS JOIN " + values
	}
	return sortColumn{"v.key", true, false, func(p directory.Position) (any, error) { return x.key(p.Text), nil }, j}, nil
}

func (k kind) sortColumn(s directory.Sort) (sortColumn, error) {
	folded := func(p directory.Position) (any, error) { return directory.Fold(p.Text), nil }
	named := func(p directory.Position) (any, error) { return directory.FoldName(p.Text), nil }
	instant := func(p directory.Position) (any, error) { return millis(p.Time), nil }
	users, groups := k == userKind, k == groupKind
	switch {
	case s.Field == directory.FieldID:
		return sortColumn{k.alias + ".id", false, true, idKey, nil}, nil
	case s.Field == directory.FieldCreated:
		return sortColumn{k.alias + ".created", false, false, instant, nil}, nil
	case s.Field == directory.FieldLastModified:
		return sortColumn{k.alias + ".modified", false, false, instant, nil}, nil
	case s.Field == directory.FieldUserName && users:
		return sortColumn{"u.user_key", true, true, named, nil}, nil
	case s.Field == directory.FieldDisplayName && (users || groups):
		return sortColumn{k.alias + ".display_key", true, groups, folded, nil}, nil
	case s.Field == directory.FieldFamilyName && users:
		return sortColumn{"u.family_key", true, false, folded, nil}, nil
	case s.Field == directory.FieldEmployeeNumber && users:
		return sortColumn{"u.employee_key", true, false, folded, nil}, nil
	}
	return sortColumn{}, fmt.Errorf("query: a list of this kind of resource can not be sorted by field %d", s.Field)
}

func idKey(p directory.Position) (any, error) {
	id, err := directory.ParseID(p.Text)
	if err != nil {
		return nil, fmt.Errorf("query: the position is no id: %w", err)
	}
	return id[:], nil
}

// part is a range of a sorted list.
type part struct {
	where string // of the column, with the parameters' places as %s
	args  []any
	order string // %[1]s is the column, %[2]s that of seq
}

const (
	ascending  = "%[1]s, %[2]s"
	descending = "%[1]s DESC, %[2]s"
	bySeq      = "%[2]s"
)

// parts returns the ranges of a list, in their order, that lie behind a place
// (nil: all).
func (c sortColumn) parts(k kind, s directory.Sort, behind *directory.Position) ([]part, error) {
	order, beyond := ascending, " > "
	if s.Descending {
		order, beyond = descending, " < "
	}
	seq := c.seq(k)
	var present, missing []part
	// What begins at the place, and what comes whole.
	var key any
	atMissing := false
	if behind != nil {
		var err error
		if atMissing = behind.Missing; !atMissing {
			if key, err = c.key(*behind); err != nil {
				return nil, err
			}
			atMissing = key == ""
		}
		if atMissing && !c.optional {
			return nil, fmt.Errorf("query: every resource has a value of field %d", s.Field)
		}
	}
	switch {
	case key == nil || atMissing:
		all := part{"", nil, order}
		if c.optional {
			all.where = c.name + " > ''"
		}
		present = []part{all}
	default:
		rest := part{c.name + beyond + "%s", []any{key}, order}
		if s.Descending && c.optional {
			rest.where += " AND " + c.name + " > ''"
		}
		present = []part{{c.name + " = %s AND " + seq + " > %s", []any{key, behind.Seq}, bySeq}, rest}
	}
	switch {
	case !c.optional:
	case atMissing:
		missing = []part{{c.name + " = '' AND " + seq + " > %s", []any{behind.Seq}, bySeq}}
	default:
		missing = []part{{c.name + " = ''", nil, bySeq}}
	}
	switch {
	case s.Descending && behind != nil && !atMissing: // missing ones came first
		return present, nil
	case s.Descending:
		return append(missing, present...), nil
	case atMissing:
		return missing, nil
	}
	return append(present, missing...), nil
}

// sorted is list for a Query with a Sort.
func (s *Session) sorted(k kind, tenant directory.TenantID, q directory.Query, columns string) (iter.Seq2[Row, error], error) {
	column, err := s.sortColumn(k, q)
	if err != nil {
		return nil, err
	}
	parts, err := column.parts(k, *q.Sort, q.Behind)
	if err != nil {
		return nil, err
	}
	if _, err := s.choose(k, tenant, q, column, parts[0]); err != nil { // before anything is read
		return nil, err
	}
	return func(yield func(Row, error) bool) {
		left, skip := q.Limit, max(q.Offset, 0)
		for i, p := range parts {
			if left == 0 {
				return
			}
			n := int64(0)
			for row, err := range s.part(k, tenant, q, columns, column, p, left, skip) {
				if !yield(row, err) || err != nil {
					return
				}
				n++
			}
			if left > 0 {
				left -= n
			}
			switch {
			case skip == 0 || i == len(parts)-1:
			case n > 0:
				skip = 0
			default: // all of this part is passed over
				whole, err := s.countPart(k, tenant, q, column, p)
				if err != nil {
					yield(nil, err)
					return
				}
				skip -= min(skip, whole)
			}
		}
	}, nil
}

// choose writes the WHERE of a part.
func (s *Session) choose(k kind, tenant directory.TenantID, q directory.Query, c sortColumn, p part) (*where, error) {
	w := newWhere(s.asker(k, q), k, tenant, q.Client)
	w.visible(q)
	if c.joined != nil {
		w.sql.WriteString(" AND " + c.joined.on)
	}
	if p.where != "" {
		places := make([]any, len(p.args))
		for i, a := range p.args {
			places[i] = w.arg(a)
		}
		w.sql.WriteString(" AND " + fmt.Sprintf(p.where, places...))
	}
	if q.Where == nil {
		return w, nil
	}
	w.sql.WriteString(" AND ")
	return w, w.condition(q.Where)
}

// part reads the rows of a part. Those that are passed over are only chosen.
func (s *Session) part(k kind, tenant directory.TenantID, q directory.Query, columns string, c sortColumn, p part, limit, skip int64) iter.Seq2[Row, error] {
	w, err := s.choose(k, tenant, q, c, p)
	if err != nil {
		return func(yield func(Row, error) bool) { yield(nil, err) }
	}
	from := " FROM " + c.from(k) + " WHERE " + w.sql.String() + " ORDER BY " + fmt.Sprintf(p.order, c.name, c.seq(k))
	if limit >= 0 {
		from += " LIMIT " + w.arg(limit)
	} else if skip > 0 {
		from += " LIMIT " + w.arg(int64(1)<<62)
	}
	if skip == 0 {
		return s.asker(k, q)("SELECT "+columns+from, w.args...)
	}
	from += " OFFSET " + w.arg(skip)
	return s.asker(k, q)("SELECT "+columns+" FROM (SELECT "+k.alias+".seq AS chosen, "+c.name+" AS place"+from+") page JOIN "+
		k.table+" "+k.alias+" ON "+k.alias+".seq = page.chosen ORDER BY "+outerOrder[p.order], w.args...)
}

// outerOrder is a part's order once more, of the rows that were chosen.
var outerOrder = map[string]string{
	ascending: "page.place, page.chosen", descending: "page.place DESC, page.chosen", bySeq: "page.chosen",
}

func (s *Session) countPart(k kind, tenant directory.TenantID, q directory.Query, c sortColumn, p part) (int64, error) {
	w, err := s.choose(k, tenant, q, c, p)
	if err != nil {
		return 0, err
	}
	for row, err := range s.asker(k, q)("SELECT count(*) FROM "+c.from(k)+" WHERE "+w.sql.String(), w.args...) {
		if err != nil {
			return 0, fmt.Errorf("count what is passed over: %w", err)
		}
		return row.Int(0), nil
	}
	return 0, fmt.Errorf("count what is passed over: no row")
}

// seeks reports whether an index finds what satisfies the condition. Whether a
// user is active is no index's business: the row says it.
func seeks(c directory.Condition) bool {
	switch c := c.(type) {
	case directory.Term:
		return c.Field != directory.FieldActive
	case directory.All:
		for _, part := range c {
			if seeks(part) {
				return true
			}
		}
		return false
	case directory.Any:
		for _, part := range c {
			if !seeks(part) {
				return false
			}
		}
		return true
	}
	return false
}
