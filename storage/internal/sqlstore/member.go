package sqlstore

import (
	"fmt"
	"slices"

	"github.com/scimbridge/scimbridge/directory"
)

// memberRow is a member as the table members knows it.
type memberRow struct {
	directory.Member
	seq int64
}

// Members implements storage.Reader.
func (s *Session) Members(g *directory.Group, fn func(directory.Member) bool) error {
	for row, err := range s.c.Query(`SELECT m.kind, m.id FROM groups g JOIN members m ON m.grp = g.seq
			WHERE g.id = $1 AND g.tenant = $2 ORDER BY m.kind, m.member`, g.ID[:], int64(g.Tenant)) {
		if err != nil {
			return fmt.Errorf("read members: %w", err)
		}
		if !fn(directory.Member{Kind: directory.MemberKind(row.Int(0)), ID: row.ID(1)}) {
			return nil
		}
	}
	return nil
}

// groupSeq returns the key of the group's rows.
func (s *Session) groupSeq(g *directory.Group) (seq int64, err error) {
	seq, err = s.number(`SELECT seq FROM groups WHERE id = $1 AND tenant = $2`, g.ID[:], int64(g.Tenant))
	if err != nil {
		return 0, fmt.Errorf("read group: %w", err)
	}
	if seq == 0 {
		return 0, directory.ErrNotFound
	}
	return seq, nil
}

// EditMembers implements storage.Tx. All reading comes before the first write,
// so that a refused edit has changed nothing.
func (s *Session) EditMembers(g *directory.Group, edit *directory.MemberEdit) (directory.MemberChange, error) {
	var change directory.MemberChange
	grp, err := s.groupSeq(g)
	if err != nil {
		return change, err
	}
	if edit == nil {
		edit = &directory.MemberEdit{}
	}
	var there []memberRow // all that are in the group, if the edit asks for them
	if edit.Clear || edit.RemoveIf != nil {
		if there, err = s.memberRows(grp); err != nil {
			return change, err
		}
	}
	known := map[directory.ID]memberRow{}
	if edit.Clear && len(edit.Add) > 0 {
		if known, err = s.visibleMembers(grp, there); err != nil {
			return change, err
		}
	}
	add, skipped, err := s.resolveMembers(g.Tenant, edit.Add, known, true)
	if err != nil {
		return change, err
	}
	if len(skipped) > 0 && edit.RefuseUnknown {
		return change, &directory.UnknownMembersError{IDs: skipped}
	}
	remove, err := s.membersToRemove(g.Tenant, edit, there, add)
	if err != nil {
		return change, err
	}
	change.Skipped = skipped
	for _, m := range remove {
		n, err := s.c.Exec(`DELETE FROM members WHERE grp = $1 AND kind = $2 AND member = $3`, grp, int64(m.Kind), m.seq)
		if err != nil {
			return change, fmt.Errorf("remove member: %w", err)
		}
		if n > 0 {
			change.Removed = append(change.Removed, m.Member)
		}
	}
	for _, m := range add {
		if _, already := known[m.ID]; already {
			continue
		}
		n, err := s.c.Exec(`INSERT INTO members (grp, kind, member, id) VALUES ($1, $2, $3, $4)
			ON CONFLICT (grp, kind, member) DO NOTHING`, grp, int64(m.Kind), m.seq, m.ID[:])
		if err != nil {
			return change, fmt.Errorf("add member: %w", err)
		}
		if n > 0 {
			change.Added = append(change.Added, m.Member)
		}
	}
	g.Seq = grp
	g.MemberCount, err = s.number(`UPDATE groups SET member_count = member_count + $2 WHERE seq = $1 RETURNING member_count`,
		grp, int64(len(change.Added)-len(change.Removed)))
	if err != nil {
		return change, fmt.Errorf("count members: %w", err)
	}
	return change, nil
}

// memberRows returns the members of a group in their order.
func (s *Session) memberRows(grp int64) ([]memberRow, error) {
	var ms []memberRow
	for row, err := range s.c.Query(`SELECT kind, member, id FROM members WHERE grp = $1 ORDER BY kind, member`, grp) {
		if err != nil {
			return nil, fmt.Errorf("read members: %w", err)
		}
		ms = append(ms, memberRow{directory.Member{Kind: directory.MemberKind(row.Int(0)), ID: row.ID(2)}, row.Int(1)})
	}
	return ms, nil
}

// visibleMembers indexes members of a group that SCIM can see: ids that name
// them need no looking up. Those it can not see are found among the users whose
// deletion is pending, who are few.
func (s *Session) visibleMembers(grp int64, there []memberRow) (map[directory.ID]memberRow, error) {
	m := make(map[directory.ID]memberRow, len(there))
	for _, row := range there {
		m[row.ID] = row
	}
	for row, err := range s.c.Query(`SELECT m.id FROM pending_deletions p CROSS JOIN members m CROSS JOIN users u
			WHERE m.grp = $1 AND m.kind = 0 AND m.member = p.seq AND u.seq = p.seq AND u.state = $2`,
		grp, int64(directory.DeletedSCIM)) {
		if err != nil {
			return nil, fmt.Errorf("read deleted members: %w", err)
		}
		delete(m, row.ID(0))
	}
	return m, nil
}

// membersToRemove returns what the edit takes out. Members that it adds again
// are left alone: for them nothing changes.
func (s *Session) membersToRemove(tenant directory.TenantID, edit *directory.MemberEdit, there, add []memberRow) ([]memberRow, error) {
	if !edit.Clear && edit.RemoveIf == nil && len(edit.Remove) == 0 {
		return nil, nil
	}
	keep := make(map[directory.ID]bool, len(add))
	for _, m := range add {
		keep[m.ID] = true
	}
	kept := func(m memberRow) bool { return keep[m.ID] }
	if edit.Clear {
		return slices.DeleteFunc(there, kept), nil
	}
	out, _, err := s.resolveMembers(tenant, edit.Remove, nil, false)
	if err != nil {
		return nil, err
	}
	if edit.RemoveIf != nil {
		named := make(map[directory.ID]bool, len(out))
		for _, m := range out {
			named[m.ID] = true
		}
		out = slices.DeleteFunc(there, func(m memberRow) bool { return !edit.RemoveIf(m.Member) && !named[m.ID] })
	}
	return slices.DeleteFunc(out, kept), nil
}

// resolveMembers turns ids as a client wrote them into members, each once, in
// the order given, and returns those that name nothing in the tenant. Those in
// known are not looked up. With visible, users that SCIM can not see are
// unknown too.
func (s *Session) resolveMembers(tenant directory.TenantID, texts []string, known map[directory.ID]memberRow, visible bool) (
	found []memberRow, unknown []string, err error) {
	resolved := map[directory.ID]memberRow{}
	ids := make([]directory.ID, len(texts)) // the zero id where the text is none
	var ask []directory.ID
	for i, text := range texts {
		id, err := directory.ParseID(text)
		if err != nil {
			continue
		}
		ids[i] = id
		if _, ok := known[id]; !ok {
			ask = append(ask, id)
		}
	}
	// The tenant is compared here: in SQL, an engine without statistics might
	// read all of the tenant instead of looking up the ids.
	for kind, query := range [...]string{
		directory.UserMember:  `SELECT id, seq, tenant, state FROM users WHERE id IN (`,
		directory.GroupMember: `SELECT id, seq, tenant, 0 FROM groups WHERE id IN (`,
	} {
		for chunk := range slices.Chunk(ask, idChunk) {
			for row, err := range s.c.Query(query+idChunkParams, idChunkArgs(chunk)...) {
				if err != nil {
					return nil, nil, fmt.Errorf("look up members: %w", err)
				}
				if directory.TenantID(row.Int(2)) != tenant || visible && !directory.State(row.Int(3)).VisibleToSCIM() {
					continue
				}
				id := row.ID(0)
				resolved[id] = memberRow{directory.Member{Kind: directory.MemberKind(kind), ID: id}, row.Int(1)}
			}
		}
		ask = slices.DeleteFunc(ask, func(id directory.ID) bool { _, ok := resolved[id]; return ok })
	}
	taken := make(map[directory.ID]bool, len(texts))
	reported := map[string]bool{}
	for i, id := range ids {
		m, ok := known[id]
		if !ok {
			m, ok = resolved[id]
		}
		switch {
		case !ok && !reported[texts[i]]:
			reported[texts[i]] = true
			unknown = append(unknown, texts[i])
		case ok && !taken[id]:
			taken[id] = true
			found = append(found, m)
		}
	}
	return found, unknown, nil
}

// idChunk ids are looked up by one statement, whose text is always the same:
// a short chunk repeats its last id.
const idChunk = 32

var idChunkParams = params(1, idChunk) + ")"

func idChunkArgs(ids []directory.ID) []any {
	args := make([]any, 0, idChunk)
	for i := range idChunk {
		args = append(args, ids[min(i, len(ids)-1)][:])
	}
	return args
}

// leaveGroups removes a user or group from all groups it is a direct member of.
func (s *Session) leaveGroups(kind directory.MemberKind, member int64) error {
	if err := s.exec(`UPDATE groups SET member_count = member_count - 1
			WHERE seq IN (SELECT m.grp FROM members m WHERE m.kind = $1 AND m.member = $2)`, int64(kind), member); err != nil {
		return fmt.Errorf("count members: %w", err)
	}
	if err := s.exec(`DELETE FROM members WHERE kind = $1 AND member = $2`, int64(kind), member); err != nil {
		return fmt.Errorf("leave groups: %w", err)
	}
	return nil
}

// GroupsContaining implements storage.Tx.
func (s *Session) GroupsContaining(tenant directory.TenantID, m directory.Member) ([]*directory.Group, error) {
	var gs []*directory.Group
	for row, err := range s.c.Query(`SELECT `+groupColumns+` FROM `+memberKind(m.Kind).table+` r
			CROSS JOIN members m JOIN groups g ON g.seq = m.grp
			WHERE r.id = $1 AND r.tenant = $2 AND m.kind = $3 AND m.member = r.seq ORDER BY g.seq`, m.ID[:], int64(tenant), int64(m.Kind)) {
		if err != nil {
			return nil, fmt.Errorf("read groups of a member: %w", err)
		}
		g, err := scanGroup(row)
		if err != nil {
			return nil, err
		}
		gs = append(gs, g)
	}
	return gs, nil
}
