package sqlstore

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/scimbridge/scimbridge/directory"
)

const userColumns = `u.seq, u.id, u.tenant, u.version, u.created, u.modified, u.asserted, u.origin, u.protected, u.active,
	u.asserted_active, u.state, u.disabled_by, u.deleted_at, u.deleted_by, u.delete_origin, u.external_ids, u.snapshot, u.doc`

func scanUser(row Row) (*directory.User, error) {
	ids, err := decodeExternalIDs(row.Text(16))
	if err != nil {
		return nil, err
	}
	return &directory.User{
		Seq: row.Int(0), ID: row.ID(1), Tenant: directory.TenantID(row.Int(2)), Version: row.Int(3),
		Created: row.Time(4), Modified: row.Time(5), Asserted: row.Time(6),
		Origin: directory.Origin(row.Text(7)), Protected: row.Bool(8), Active: row.Bool(9), AssertedActive: row.Bool(10),
		Status: directory.Status{
			State: directory.State(row.Int(11)), DisabledBy: directory.Origin(row.Text(12)),
			DeletedAt: row.Time(13), DeletedBy: row.Text(14), DeleteOrigin: directory.Origin(row.Text(15)),
		},
		ExternalIDs: ids, Snapshot: row.Bytes(17), Document: row.Bytes(18),
	}, nil
}

// userRow runs a query for userColumns and returns its first user.
func (s *Session) userRow(query string, args ...any) (*directory.User, error) {
	row, err := s.one(query, args...)
	if err != nil {
		return nil, fmt.Errorf("read user: %w", err)
	}
	if row == nil {
		return nil, directory.ErrNotFound
	}
	return scanUser(row)
}

// User implements storage.Reader.
func (s *Session) User(tenant directory.TenantID, id directory.ID, withGroups bool) (*directory.User, error) {
	u, err := s.userRow(`SELECT `+userColumns+` FROM users u WHERE u.id = $1 AND u.tenant = $2`, id[:], int64(tenant))
	if err != nil || !withGroups {
		return u, err
	}
	u.Groups, err = s.Memberships(u)
	return u, err
}

// holds reports whether the user's name and external ids are taken for others:
// a deletion over SCIM sets them free at once. A user without a name holds none.
func holds(u *directory.User, key string) (name, ids bool) {
	live := u.Status.State != directory.DeletedSCIM
	return live && key != "", live
}

var errPurged = errors.New("a purged user has no row: use PurgeUser")

// InsertUser implements storage.Tx.
func (s *Session) InsertUser(u *directory.User, a *directory.AppState) error {
	if u.Status.State >= directory.Purged {
		return errPurged
	}
	keys, err := keysOf(u)
	if err != nil {
		return err
	}
	ext, err := encodeExternalIDs(u.ExternalIDs)
	if err != nil {
		return err
	}
	heldName, heldIDs := holds(u, keys.userName)
	if heldIDs {
		if err := s.checkExternalIDs(userKind, 0, u.ExternalIDs); err != nil {
			return err
		}
	}
	values, err := s.valuesOf(userKind, u.Document)
	if err != nil {
		return err
	}
	if heldIDs {
		if err := s.checkValues(userKind, u.Tenant, 0, values); err != nil {
			return err
		}
	}
	if err := s.checkAppState(u.Tenant, 0, a); err != nil {
		return err
	}
	row, err := s.one(`INSERT INTO users (id, tenant, user_key, held, state, active, protected, version, created, modified,
			asserted, deleted_at, origin, disabled_by, deleted_by, delete_origin, external_ids, snapshot, doc, asserted_active,
			display_key, family_key, employee_key)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
		ON CONFLICT (tenant, user_key, held) DO NOTHING RETURNING seq`,
		u.ID[:], int64(u.Tenant), keys.userName, yes(heldName), int64(u.Status.State), flag(u.Active), flag(u.Protected),
		u.Version, millis(u.Created), millis(u.Modified), millis(u.Asserted), millis(u.Status.DeletedAt), string(u.Origin),
		string(u.Status.DisabledBy), u.Status.DeletedBy, string(u.Status.DeleteOrigin), ext,
		optional(u.Snapshot), string(u.Document), flag(u.AssertedActive),
		keys.columns.display, keys.columns.family, keys.columns.employee)
	if err != nil {
		return fmt.Errorf("insert user: %w", err)
	}
	if row == nil {
		return s.nameConflict(u.Tenant, keys.userName)
	}
	u.Seq = row.Int(0)
	if err := s.storeExternalIDs(userKind, u.Seq, nil, heldIDs, u.ExternalIDs, heldIDs); err != nil {
		return err
	}
	if err := s.storeUserValues(u.Tenant, u.Seq, nil, keys.values); err != nil {
		return err
	}
	if err := s.storeValues(userKind, u.Tenant, u.Seq, nil, heldIDs, values, heldIDs); err != nil {
		return err
	}
	if err := s.storePending(u.Seq, time.Time{}, u.Status.DeletedAt); err != nil {
		return err
	}
	if err := s.insertAppState(u, keys.name, a); err != nil {
		return err
	}
	return s.count(u.Tenant, stateCounter(u.Status.State), 1)
}

// nameConflict names the user who holds the name.
func (s *Session) nameConflict(tenant directory.TenantID, key string) error {
	row, err := s.one(`SELECT id FROM users WHERE tenant = $1 AND user_key = $2 AND held = 1`, int64(tenant), key)
	if err != nil {
		return fmt.Errorf("look up userName: %w", err)
	}
	e := &directory.ConflictError{Attribute: "userName"}
	if row != nil {
		e.Existing = row.ID(0)
	}
	return e
}

// UpdateUser implements storage.Tx.
func (s *Session) UpdateUser(u *directory.User) error {
	if u.Status.State >= directory.Purged {
		return errPurged
	}
	old, err := s.User(u.Tenant, u.ID, false)
	if err != nil {
		return err
	}
	if old.Version != u.Version-1 {
		return directory.ErrPreconditionFailed
	}
	oldKeys, err := keysOf(old)
	if err != nil {
		return err
	}
	keys := oldKeys
	if !bytes.Equal(old.Document, u.Document) {
		if keys, err = keysOf(u); err != nil {
			return err
		}
	}
	ext, err := encodeExternalIDs(u.ExternalIDs)
	if err != nil {
		return err
	}
	oldName, oldIDs := holds(old, oldKeys.userName)
	heldName, heldIDs := holds(u, keys.userName)
	if heldName && (!oldName || oldKeys.userName != keys.userName) {
		taken, err := s.number(`SELECT 1 FROM users WHERE tenant = $1 AND user_key = $2 AND held = 1`, int64(u.Tenant), keys.userName)
		if err != nil {
			return fmt.Errorf("look up userName: %w", err)
		}
		if taken != 0 {
			return s.nameConflict(u.Tenant, keys.userName)
		}
	}
	if heldIDs {
		if err := s.checkExternalIDs(userKind, old.Seq, u.ExternalIDs); err != nil {
			return err
		}
	}
	oldValues, values, err := s.changedValues(userKind, old.Document, u.Document)
	if err != nil {
		return err
	}
	if heldIDs {
		if err := s.checkValues(userKind, u.Tenant, old.Seq, values); err != nil {
			return err
		}
	}
	u.Seq = old.Seq
	if err := s.exec(`UPDATE users SET asserted = $2, origin = $3, protected = $4, version = $5,
			disabled_by = $6, deleted_at = $7, deleted_by = $8, delete_origin = $9, external_ids = $10, snapshot = $11, doc = $12,
			modified = $13, active = $14, asserted_active = $15 WHERE seq = $1`,
		u.Seq, millis(u.Asserted), string(u.Origin), flag(u.Protected), u.Version,
		string(u.Status.DisabledBy), millis(u.Status.DeletedAt), u.Status.DeletedBy, string(u.Status.DeleteOrigin), ext,
		optional(u.Snapshot), string(u.Document), millis(u.Modified), flag(u.Active), flag(u.AssertedActive)); err != nil {
		return fmt.Errorf("update user: %w", err)
	}
	// What most updates leave alone is in many indexes, which a statement that
	// names it would write again.
	if old.Status.State != u.Status.State {
		if err := s.exec(`UPDATE users SET state = $2 WHERE seq = $1`, u.Seq, int64(u.Status.State)); err != nil {
			return fmt.Errorf("update state: %w", err)
		}
	}
	if err := s.updateCreated(userKind, u.Seq, old.Created, u.Created); err != nil {
		return err
	}
	if c := keys.columns; c != oldKeys.columns {
		if err := s.exec(`UPDATE users SET display_key = $2, family_key = $3, employee_key = $4 WHERE seq = $1`,
			u.Seq, c.display, c.family, c.employee); err != nil {
			return fmt.Errorf("update sort keys: %w", err)
		}
	}
	if oldName != heldName || oldKeys.userName != keys.userName {
		if err := s.exec(`UPDATE users SET user_key = $2, held = $3 WHERE seq = $1`, u.Seq, keys.userName, yes(heldName)); err != nil {
			return fmt.Errorf("update userName: %w", err)
		}
	}
	if err := s.storeExternalIDs(userKind, u.Seq, old.ExternalIDs, oldIDs, u.ExternalIDs, heldIDs); err != nil {
		return err
	}
	if err := s.storeUserValues(u.Tenant, u.Seq, oldKeys.values, keys.values); err != nil {
		return err
	}
	if err := s.storeValues(userKind, u.Tenant, u.Seq, oldValues, oldIDs, values, heldIDs); err != nil {
		return err
	}
	if err := s.storePending(u.Seq, old.Status.DeletedAt, u.Status.DeletedAt); err != nil {
		return err
	}
	if old.Status.State == u.Status.State {
		return nil
	}
	if err := s.count(u.Tenant, stateCounter(old.Status.State), -1); err != nil {
		return err
	}
	return s.count(u.Tenant, stateCounter(u.Status.State), 1)
}

// updateCreated stores when a resource was created, should that have changed: a
// statement that names an indexed column writes its index again.
func (s *Session) updateCreated(k kind, seq int64, old, now time.Time) error {
	if millis(old) == millis(now) {
		return nil
	}
	if err := s.exec(`UPDATE `+k.table+` SET created = $2 WHERE seq = $1`, seq, millis(now)); err != nil {
		return fmt.Errorf("update time of creation: %w", err)
	}
	return nil
}

// storePending keeps the list of users whose deletion is pending.
func (s *Session) storePending(seq int64, old, now time.Time) error {
	if millis(old) == millis(now) {
		return nil
	}
	if !old.IsZero() {
		if err := s.exec(`DELETE FROM pending_deletions WHERE deleted_at = $1 AND seq = $2`, millis(old), seq); err != nil {
			return fmt.Errorf("withdraw pending deletion: %w", err)
		}
	}
	if !now.IsZero() {
		if err := s.exec(`INSERT INTO pending_deletions (deleted_at, seq) VALUES ($1, $2)`, millis(now), seq); err != nil {
			return fmt.Errorf("note pending deletion: %w", err)
		}
	}
	return nil
}

// PurgeDue implements storage.Reader.
func (s *Session) PurgeDue(before time.Time, limit int) ([]*directory.User, error) {
	var us []*directory.User
	for row, err := range s.c.Query(`SELECT `+userColumns+` FROM pending_deletions p JOIN users u ON u.seq = p.seq
			WHERE p.deleted_at < $1 ORDER BY p.deleted_at, p.seq LIMIT $2`, millis(before), int64(limit)) {
		if err != nil {
			return nil, fmt.Errorf("read users due to be purged: %w", err)
		}
		u, err := scanUser(row)
		if err != nil {
			return nil, err
		}
		us = append(us, u)
	}
	return us, nil
}

// PurgeUser implements storage.Tx. The tombstone has the ids and the hash of
// the folded user name. ServiceMobility's UserID is one of the ids, and usually
// the user name.
func (s *Session) PurgeUser(u *directory.User, at time.Time) error {
	old, err := s.User(u.Tenant, u.ID, false)
	if err != nil {
		return err
	}
	keys, err := keysOf(old)
	if err != nil {
		return err
	}
	a, err := s.AppState(old)
	if err != nil {
		return err
	}
	hash := sha256.Sum256([]byte(keys.userName))
	if err := s.exec(`INSERT INTO tombstones (id, tenant, seq, uniphore_id, syncari_id, mobility_user_id, user_key_sha256, created, purged)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
			ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, purged = excluded.purged`,
		old.ID[:], int64(old.Tenant), old.Seq, a.UniphoreID, a.SyncariID[:], a.MobilityUserID, hash[:],
		millis(old.Created), millis(at)); err != nil {
		return fmt.Errorf("leave a tombstone: %w", err)
	}
	if err := s.leaveGroups(directory.UserMember, old.Seq); err != nil {
		return err
	}
	_, oldIDs := holds(old, keys.userName)
	if err := s.storeExternalIDs(userKind, old.Seq, old.ExternalIDs, oldIDs, nil, oldIDs); err != nil {
		return err
	}
	if err := s.storeUserValues(old.Tenant, old.Seq, append(keys.values, learned(a)...), nil); err != nil {
		return err
	}
	values, err := s.valuesOf(userKind, old.Document)
	if err != nil {
		return err
	}
	if err := s.storeValues(userKind, old.Tenant, old.Seq, values, oldIDs, nil, oldIDs); err != nil {
		return err
	}
	if err := s.storePending(old.Seq, old.Status.DeletedAt, time.Time{}); err != nil {
		return err
	}
	if err := s.exec(`DELETE FROM app_state WHERE seq = $1`, old.Seq); err != nil {
		return fmt.Errorf("purge application state: %w", err)
	}
	if err := s.exec(`DELETE FROM users WHERE seq = $1`, old.Seq); err != nil {
		return fmt.Errorf("purge user: %w", err)
	}
	return s.count(old.Tenant, stateCounter(old.Status.State), -1)
}
