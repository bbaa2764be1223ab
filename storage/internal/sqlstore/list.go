package sqlstore

import (
	"errors"
	"fmt"
	"iter"

	"github.com/scimbridge/scimbridge/directory"
)

// list is the statement that answers a Query: WHERE, keyset, order, limits; for
// a Query with a Sort see sorted.
// With an offset the rows are chosen in a subquery first, which reads narrow
// indexes where it can, so that skipped rows are not fetched.
func (s *Session) list(k kind, tenant directory.TenantID, q directory.Query, columns string) (iter.Seq2[Row, error], error) {
	if q.Sort != nil {
		return s.sorted(k, tenant, q, columns)
	}
	if from, args, ok := point(k, tenant, q); ok {
		rows, err := s.pointRows(columns, from, args, q)
		return func(yield func(Row, error) bool) {
			for _, row := range rows {
				if !yield(row, nil) {
					return
				}
			}
		}, err
	}
	ask := s.asker(k, q)
	w := newWhere(ask, k, tenant, q.Client)
	w.visible(q)
	if q.Where != nil {
		w.sql.WriteString(" AND ")
		if err := w.condition(q.Where); err != nil {
			return nil, err
		}
	}
	table, a := k.table, w.alias()
	if q.After > 0 {
		w.sql.WriteString(" AND " + a + ".seq > " + w.arg(q.After))
	}
	w.sql.WriteString(" ORDER BY " + a + ".seq")
	if q.Limit >= 0 {
		w.sql.WriteString(" LIMIT " + w.arg(q.Limit))
	} else if q.Offset > 0 {
		w.sql.WriteString(" LIMIT " + w.arg(int64(1)<<62)) // SQLite has no OFFSET without LIMIT
	}
	if q.Offset <= 0 {
		return ask("SELECT "+columns+" FROM "+table+" "+a+" WHERE "+w.sql.String(), w.args...), nil
	}
	w.sql.WriteString(" OFFSET " + w.arg(q.Offset))
	return ask("SELECT "+columns+" FROM (SELECT "+a+".seq AS chosen FROM "+table+" "+a+" WHERE "+w.sql.String()+") page JOIN "+
		table+" "+a+" ON "+a+".seq = page.chosen ORDER BY page.chosen", w.args...), nil
}

// countWhere counts the matches of a Query.
func (s *Session) countWhere(k kind, tenant directory.TenantID, q directory.Query) (int64, error) {
	if from, args, ok := point(k, tenant, q); ok {
		return s.pointCount(from, args)
	}
	ask := s.asker(k, q)
	w := newWhere(ask, k, tenant, q.Client)
	w.visible(q)
	w.sql.WriteString(" AND ")
	if err := w.condition(q.Where); err != nil {
		return 0, err
	}
	for row, err := range ask("SELECT count(*) FROM "+k.table+" "+w.alias()+" WHERE "+w.sql.String(), w.args...) {
		if err != nil {
			return 0, fmt.Errorf("count matches: %w", err)
		}
		return row.Int(0), nil
	}
	return 0, errors.New("count matches: no row")
}

// asker returns how the statement for a Query is run: what is cheap whatever the
// tenant holds, like any point read; everything else as a list, which has to
// wait while many lists are being read.
func (s *Session) asker(k kind, q directory.Query) asking {
	page := q.Where == nil && 0 <= q.Limit && q.Limit <= plainPage && (q.Sort == nil || q.Offset <= 0)
	if page || s.lookup(k, q.Where) {
		return s.c.Query
	}
	// A sorted list that passes over rows has to read each: its order's index
	// does not say how many there are.
	bounded := q.Where != nil || q.Sort != nil
	return func(sql string, args ...any) iter.Seq2[Row, error] { return s.c.List(bounded, sql, args...) }
}

const (
	// plainPage is how many resources without a condition are a page, and not
	// the candidates of a filter that no index answers.
	plainPage = 1000
	// mostLookups bounds the alternatives of what is still a look-up.
	mostLookups = 20
)

// lookup reports whether a condition asks for the few resources that have one
// value which hardly any two share: one such term, among others that compare for
// equality, or a few alternatives of that kind.
func (s *Session) lookup(k kind, c directory.Condition) bool {
	switch c := c.(type) {
	case directory.Term:
		if c.Op == directory.Equal && c.Field == directory.FieldAttribute {
			return s.known.unique(k.name, c.Attribute)
		}
		return c.Op == directory.Equal && nearlyUnique[c.Field]
	case directory.All:
		found := false
		for _, part := range c {
			t, term := part.(directory.Term)
			is := s.lookup(k, part)
			if !is && (!term || t.Op != directory.Equal) {
				return false
			}
			found = found || is
		}
		return found
	case directory.Any:
		for _, part := range c {
			if !s.lookup(k, part) {
				return false
			}
		}
		return 0 < len(c) && len(c) <= mostLookups
	}
	return false
}

// nearlyUnique are the fields of which hardly any two resources share a value.
var nearlyUnique = map[directory.Field]bool{
	directory.FieldID: true, directory.FieldUserName: true, directory.FieldExternalID: true, directory.FieldDisplayName: true,
	directory.FieldEmail: true, directory.FieldApplicationEmail: true, directory.FieldEmployeeNumber: true, directory.FieldMember: true,
}

// Users implements storage.Reader.
func (s *Session) Users(tenant directory.TenantID, q directory.Query, fn func(*directory.User) bool) error {
	if q.WithGroups {
		return s.usersWithGroups(tenant, q, fn)
	}
	rows, err := s.list(userKind, tenant, q, userColumns)
	if err != nil {
		return err
	}
	for row, err := range rows {
		if err != nil {
			return fmt.Errorf("list users: %w", err)
		}
		u, err := scanUser(row)
		if err != nil {
			return err
		}
		if !fn(u) {
			return nil
		}
	}
	return nil
}

// maxHeld is how many bytes of documents usersWithGroups collects before it
// hands them out: users may be large.
const maxHeld = 4 << 20

// usersWithGroups lists in pages, because a connection answers one question at
// a time and the groups are another one.
func (s *Session) usersWithGroups(tenant directory.TenantID, q directory.Query, fn func(*directory.User) bool) error {
	left, chunk := q.Limit, int64(membershipChunk)
	if q.Sort != nil && q.Where != nil {
		chunk = plainPage // each page finds and sorts all matches again
	}
	for {
		page := q
		page.WithGroups, page.Limit = false, chunk
		if left >= 0 {
			page.Limit = min(left, chunk)
		}
		us := make([]*directory.User, 0, page.Limit)
		held := 0
		if err := s.Users(tenant, page, func(u *directory.User) bool {
			us = append(us, u)
			held += len(u.Document)
			return held < maxHeld
		}); err != nil {
			return err
		}
		if len(us) == 0 {
			return nil
		}
		if err := s.loadGroups(us); err != nil {
			return err
		}
		for _, u := range us {
			if !fn(u) {
				return nil
			}
		}
		if left >= 0 {
			left -= int64(len(us))
		}
		if int64(len(us)) < page.Limit && held < maxHeld || left == 0 {
			return nil
		}
		last := us[len(us)-1]
		q.After, q.Offset = last.Seq, 0
		if q.Sort != nil {
			behind, err := last.Position(q.Sort)
			if err != nil {
				return fmt.Errorf("list users: %w", err)
			}
			q.Behind = &behind
		}
	}
}

// CountUsers implements storage.Reader.
func (s *Session) CountUsers(tenant directory.TenantID, q directory.Query) (int64, error) {
	if q.Where != nil {
		return s.countWhere(userKind, tenant, q)
	}
	names := []string{stateCounter(directory.Active), stateCounter(directory.Disabled), stateCounter(directory.DeletedElsewhere)}
	if q.Deleted {
		names = append(names, stateCounter(directory.DeletedSCIM))
	}
	return s.total(tenant, names...)
}

// Groups implements storage.Reader.
func (s *Session) Groups(tenant directory.TenantID, q directory.Query, fn func(*directory.Group) bool) error {
	rows, err := s.list(groupKind, tenant, q, groupColumns)
	if err != nil {
		return err
	}
	for row, err := range rows {
		if err != nil {
			return fmt.Errorf("list groups: %w", err)
		}
		g, err := scanGroup(row)
		if err != nil {
			return err
		}
		if !fn(g) {
			return nil
		}
	}
	return nil
}

// CountGroups implements storage.Reader.
func (s *Session) CountGroups(tenant directory.TenantID, q directory.Query) (int64, error) {
	if q.Where != nil {
		return s.countWhere(groupKind, tenant, q)
	}
	return s.total(tenant, counterGroups)
}
