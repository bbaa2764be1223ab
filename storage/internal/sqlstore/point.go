package sqlstore

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/scimbridge/scimbridge/directory"
)

// Identity providers mostly ask for one resource by its name or externalId.
// These questions have few answers, found by one index, so they are asked
// without order and limit (a third of the time, or less, of the general form, which has
// to collect its matches first) and the rows are ordered and cut here.

// sole returns the term that a condition amounts to.
func sole(c directory.Condition) (directory.Term, bool) {
	switch c := c.(type) {
	case directory.Term:
		return c, true
	case directory.All:
		if len(c) == 1 {
			return sole(c[0])
		}
	case directory.Any:
		if len(c) == 1 {
			return sole(c[0])
		}
	}
	return directory.Term{}, false
}

// point returns the FROM and WHERE that answer a query for one name, externalId
// or address of an application's user; ok is false if the query is not of this kind.
func point(k kind, tenant directory.TenantID, q directory.Query) (from string, args []any, ok bool) {
	t, ok := sole(q.Where)
	if !ok || t.Op != directory.Equal || t.Text == "" || q.Deleted {
		return "", nil, false
	}
	switch {
	case t.Field == directory.FieldUserName && k == userKind:
		return ` FROM users u WHERE u.tenant = $1 AND u.user_key = $2 AND u.held = 1`, []any{int64(tenant), directory.FoldName(t.Text)}, true
	case t.Field == directory.FieldDisplayName && k == groupKind:
		return ` FROM groups g WHERE g.tenant = $1 AND g.display_key = $2`, []any{int64(tenant), directory.Fold(t.Text)}, true
	case t.Field == directory.FieldApplicationEmail && k == userKind: // hardly shared, as applications know users by it
		return ` FROM user_values v CROSS JOIN users u WHERE v.tenant = $1 AND v.attr = $2 AND v.key = $3 AND u.seq = v.seq AND
			u.tenant = $1 AND u.state <> ` + deletedSCIM, []any{int64(tenant), int64(attrApplicationEmail), directory.Fold(t.Text)}, true
	case t.Field == directory.FieldExternalID:
		return ` FROM external_ids e CROSS JOIN ` + k.table + ` ` + k.alias + ` WHERE e.client = $2 AND e.kind = $3 AND e.value = $4 AND e.slot = 0 AND ` +
			k.alias + `.seq = e.seq AND ` + k.alias + `.tenant = $1`, []any{int64(tenant), int64(q.Client), k.number, directory.Exact(t.Text)}, true
	}
	return "", nil, false
}

// pointCount counts what point finds.
func (s *Session) pointCount(from string, args []any) (int64, error) {
	n, err := s.number(`SELECT count(*)`+from, args...)
	if err != nil {
		return 0, fmt.Errorf("count matches: %w", err)
	}
	return n, nil
}

// pointRows returns the rows of one page, in order of their first column, Seq.
func (s *Session) pointRows(columns, from string, args []any, q directory.Query) ([]Row, error) {
	var rows []Row
	for row, err := range s.c.Query(`SELECT `+columns+from, args...) {
		if err != nil {
			return nil, fmt.Errorf("look up: %w", err)
		}
		if row.Int(0) > q.After {
			rows = append(rows, slices.Clone(row))
		}
	}
	slices.SortFunc(rows, func(a, b Row) int { return cmp.Compare(a.Int(0), b.Int(0)) })
	rows = rows[min(max(q.Offset, 0), int64(len(rows))):]
	if q.Limit >= 0 {
		rows = rows[:min(q.Limit, int64(len(rows)))]
	}
	return rows, nil
}
