package sqlstore

import (
	"fmt"

	"github.com/scimbridge/scimbridge/directory"
)

const groupColumns = `g.seq, g.id, g.tenant, g.version, g.created, g.modified, g.member_count, g.sole,
	g.display_name, g.external_ids, g.doc`

func scanGroup(row Row) (*directory.Group, error) {
	ids, err := decodeExternalIDs(row.Text(9))
	if err != nil {
		return nil, err
	}
	return &directory.Group{
		Seq: row.Int(0), ID: row.ID(1), Tenant: directory.TenantID(row.Int(2)), Version: row.Int(3),
		Created: row.Time(4), Modified: row.Time(5), MemberCount: row.Int(6), AllowDuplicateName: !row.Bool(7),
		DisplayName: row.Text(8), ExternalIDs: ids, Document: row.Bytes(10),
	}, nil
}

// Group implements storage.Reader.
func (s *Session) Group(tenant directory.TenantID, id directory.ID) (*directory.Group, error) {
	row, err := s.one(`SELECT `+groupColumns+` FROM groups g WHERE g.id = $1 AND g.tenant = $2`, id[:], int64(tenant))
	if err != nil {
		return nil, fmt.Errorf("read group: %w", err)
	}
	if row == nil {
		return nil, directory.ErrNotFound
	}
	return scanGroup(row)
}

// checkGroupName returns a *ConflictError if the group insists on a name of its
// own and another group has it, whether or not that one allows duplicates. The
// group that is created or renamed last decides, so that a change of the
// client's setting works for groups that were there before.
func (s *Session) checkGroupName(g *directory.Group, key string, self int64) error {
	if g.AllowDuplicateName {
		return nil
	}
	// Ordered here, not in SQL: see where.go on engines that prefer an order.
	first := int64(0)
	conflict := &directory.ConflictError{Attribute: "displayName"}
	for row, err := range s.c.Query(`SELECT id, seq FROM groups WHERE tenant = $1 AND display_key = $2`, int64(g.Tenant), key) {
		if err != nil {
			return fmt.Errorf("look up displayName: %w", err)
		}
		if seq := row.Int(1); seq != self && (first == 0 || seq < first) {
			first, conflict.Existing = seq, row.ID(0)
		}
	}
	if first == 0 {
		return nil
	}
	return conflict
}

// InsertGroup implements storage.Tx.
func (s *Session) InsertGroup(g *directory.Group) error {
	ext, err := encodeExternalIDs(g.ExternalIDs)
	if err != nil {
		return err
	}
	key := directory.Fold(g.DisplayName)
	if err := s.checkGroupName(g, key, 0); err != nil {
		return err
	}
	if err := s.checkExternalIDs(groupKind, 0, g.ExternalIDs); err != nil {
		return err
	}
	values, err := s.valuesOf(groupKind, g.Document)
	if err != nil {
		return err
	}
	if err := s.checkValues(groupKind, g.Tenant, 0, values); err != nil {
		return err
	}
	seq, err := s.number(`INSERT INTO groups (id, tenant, display_key, sole, version, created, modified, member_count,
			display_name, external_ids, doc) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, $10) RETURNING seq`,
		g.ID[:], int64(g.Tenant), key, yes(!g.AllowDuplicateName), g.Version, millis(g.Created), millis(g.Modified),
		g.DisplayName, ext, string(g.Document))
	if err != nil {
		return fmt.Errorf("insert group: %w", err)
	}
	g.Seq, g.MemberCount = seq, 0
	if err := s.storeExternalIDs(groupKind, seq, nil, true, g.ExternalIDs, true); err != nil {
		return err
	}
	if err := s.storeValues(groupKind, g.Tenant, seq, nil, true, values, true); err != nil {
		return err
	}
	return s.count(g.Tenant, counterGroups, 1)
}

// UpdateGroup implements storage.Tx.
func (s *Session) UpdateGroup(g *directory.Group) error {
	old, err := s.Group(g.Tenant, g.ID)
	if err != nil {
		return err
	}
	if old.Version != g.Version-1 {
		return directory.ErrPreconditionFailed
	}
	ext, err := encodeExternalIDs(g.ExternalIDs)
	if err != nil {
		return err
	}
	key := directory.Fold(g.DisplayName)
	renamed := key != directory.Fold(old.DisplayName) || g.AllowDuplicateName != old.AllowDuplicateName
	if renamed {
		if err := s.checkGroupName(g, key, old.Seq); err != nil {
			return err
		}
	}
	if err := s.checkExternalIDs(groupKind, old.Seq, g.ExternalIDs); err != nil {
		return err
	}
	oldValues, values, err := s.changedValues(groupKind, old.Document, g.Document)
	if err != nil {
		return err
	}
	if err := s.checkValues(groupKind, g.Tenant, old.Seq, values); err != nil {
		return err
	}
	g.Seq = old.Seq
	if err := s.exec(`UPDATE groups SET version = $2, modified = $3, display_name = $4, external_ids = $5, doc = $6 WHERE seq = $1`,
		g.Seq, g.Version, millis(g.Modified), g.DisplayName, ext, string(g.Document)); err != nil {
		return fmt.Errorf("update group: %w", err)
	}
	if err := s.updateCreated(groupKind, g.Seq, old.Created, g.Created); err != nil {
		return err
	}
	if renamed {
		if err := s.exec(`UPDATE groups SET display_key = $2, sole = $3 WHERE seq = $1`,
			g.Seq, key, yes(!g.AllowDuplicateName)); err != nil {
			return fmt.Errorf("rename group: %w", err)
		}
	}
	if err := s.storeExternalIDs(groupKind, g.Seq, old.ExternalIDs, true, g.ExternalIDs, true); err != nil {
		return err
	}
	return s.storeValues(groupKind, g.Tenant, g.Seq, oldValues, true, values, true)
}

// DeleteGroup implements storage.Tx.
func (s *Session) DeleteGroup(g *directory.Group) error {
	old, err := s.Group(g.Tenant, g.ID)
	if err != nil {
		return err
	}
	if err := s.leaveGroups(directory.GroupMember, old.Seq); err != nil {
		return err
	}
	if err := s.exec(`DELETE FROM members WHERE grp = $1`, old.Seq); err != nil {
		return fmt.Errorf("delete members: %w", err)
	}
	if err := s.storeExternalIDs(groupKind, old.Seq, old.ExternalIDs, true, nil, true); err != nil {
		return err
	}
	values, err := s.valuesOf(groupKind, old.Document)
	if err != nil {
		return err
	}
	if err := s.storeValues(groupKind, old.Tenant, old.Seq, values, true, nil, true); err != nil {
		return err
	}
	if err := s.exec(`DELETE FROM groups WHERE seq = $1`, old.Seq); err != nil {
		return fmt.Errorf("delete group: %w", err)
	}
	return s.count(old.Tenant, counterGroups, -1)
}
