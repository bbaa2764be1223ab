package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/scimbridge/scimbridge/directory"
)

// Migration 5 computes all key columns anew, since directory.Fold, FoldName and
// Exact came to compare texts in prepared form (R-7644-5-01). Only rows with
// letters beyond ASCII, or a userName with outer blanks, can have another key.
// Migration 6 does so once more for what has the dotted capital I, however it is
// written, since Fold came to spell that out.
//
// What were two values may have become one. The start is not refused for that,
// as only the older program could repair it: the resource whose key was right
// already keeps the value, else the oldest does. The other stays as it is,
// visible, found by its id and in lists, and can be changed, disabled and
// deleted; but who looks its value up finds the first, until it is given
// another. Both ids are logged, and the journal has an entry "key.collision" of
// the other.

// beyondASCII and dottedCapital are conditions on a text column: that it has
// letters of which the key may have changed.
func beyondASCII(column string) string {
	return "length(" + column + ") <> length(CAST(" + column + " AS BLOB))"
}

func dottedCapital(column string) string {
	const letter, dot = 0x130, 0x307
	return fmt.Sprintf("(instr(%[1]s, char(%[2]d)) > 0 OR instr(%[1]s, char(%[3]d)) > 0)", column, letter, dot)
}

const outerBlanks = `user_key <> trim(user_key, ' ' || char(9, 10, 11, 12, 13))`

// rekeyer runs inside the migration's transaction.
type rekeyer struct {
	ctx context.Context
	tx  *sql.Tx
	log *slog.Logger
	now time.Time
	// touched is the condition that a column may have another key.
	touched func(column string) string
}

// rekey returns a migration that computes the keys of what is touched anew.
func rekey(touched func(column string) string) func(ctx context.Context, tx *sql.Tx) error {
	return func(ctx context.Context, tx *sql.Tx) error {
		r := &rekeyer{ctx: ctx, tx: tx, log: slog.Default(), now: time.Now(), touched: touched}
		for _, step := range []func() error{r.names, r.users, r.mobilityIDs, r.groups, r.externalIDs} {
			if err := step(); err != nil {
				return fmt.Errorf("compute keys anew: %w", err)
			}
		}
		return nil
	}
}

// pending is a row that is to get another key.
type pending struct {
	id  any   // value of the update's last parameter
	own []any // further parameters of the update, between key and id
	key string
	// For the report: what is the resource's id, and whose.
	resource []byte
	tenant   int64
}

// settle gives each row its key, in their order, and returns those whose key
// another row has. One row's old key may be another's new one, so it goes on as
// long as that makes room.
func (r *rekeyer) settle(update string, rows []pending) ([]pending, error) {
	for {
		var left []pending
		for _, p := range rows {
			res, err := r.tx.ExecContext(r.ctx, update, append(append([]any{p.key}, p.own...), p.id)...)
			if err != nil {
				return nil, err
			}
			if n, err := res.RowsAffected(); err != nil {
				return nil, err
			} else if n == 0 {
				left = append(left, p)
			}
		}
		if len(left) == 0 || len(left) == len(rows) {
			return left, nil
		}
		rows = left
	}
}

// collect reads rows; scan returns whether the row is to be kept.
func (r *rekeyer) collect(query string, scan func(*sql.Rows) (pending, bool, error), args ...any) (found []pending, err error) {
	rows, err := r.tx.QueryContext(r.ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		p, changed, err := scan(rows)
		if err != nil {
			return nil, err
		}
		if changed {
			found = append(found, p)
		}
	}
	return found, rows.Err()
}

// collided records that a resource could not have the key of its value.
func (r *rekeyer) collided(attribute string, p pending, holderQuery string, args ...any) error {
	var holder []byte
	if err := r.tx.QueryRowContext(r.ctx, holderQuery, args...).Scan(&holder); err != nil {
		return fmt.Errorf("find the holder: %w", err)
	}
	name := func(raw []byte) string {
		var id directory.ID
		copy(id[:], raw)
		return id.String()
	}
	r.log.LogAttrs(r.ctx, slog.LevelWarn, "two resources have what is now one value; give the second another",
		slog.String("attribute", attribute), slog.Int64("tenant", p.tenant), slog.String("first", name(holder)), slog.String("second", name(p.resource)))
	note, err := json.Marshal(map[string]string{"attribute": attribute, "holder": name(holder)})
	if err != nil {
		return err
	}
	_, err = r.tx.ExecContext(r.ctx, `INSERT INTO journal (at, tenant, client, version_before, version_after, origin, actor, role, address,
			request_id, action, kind, resource, note) VALUES (?, ?, 0, 0, 0, ?, 'system', '', '', '', 'key.collision', 'event', ?, ?)`,
		r.now.UnixMilli(), p.tenant, string(directory.OriginSystem), p.resource, string(note))
	return err
}

// names does the names of tenants, clients and organizations. One that can not
// have its key keeps the old one: it is the operator's to rename.
func (r *rekeyer) names() error {
	for _, t := range []struct{ table, id string }{{"tenants", "id"}, {"clients", "id"}, {"organizations", "number"}} {
		tenant := "tenant"
		if t.table == "tenants" {
			tenant = "id"
		}
		rows, err := r.collect(`SELECT `+t.id+`, `+tenant+`, name, name_key FROM `+t.table+` WHERE `+r.touched("name")+` ORDER BY `+t.id,
			func(row *sql.Rows) (p pending, changed bool, err error) {
				var id int64
				var name, key string
				err = row.Scan(&id, &p.tenant, &name, &key)
				p.id, p.own, p.key = id, []any{p.tenant}, directory.Fold(name)
				return p, p.key != key, err
			})
		if err != nil {
			return err
		}
		left, err := r.settle(`UPDATE OR IGNORE `+t.table+` SET name_key = ? WHERE `+tenant+` = ? AND `+t.id+` = ?`, rows)
		if err != nil {
			return err
		}
		for _, p := range left {
			r.log.LogAttrs(r.ctx, slog.LevelWarn, "two names are now one", slog.String("table", t.table), slog.Int64("tenant", p.tenant), slog.Any("second", p.id))
		}
	}
	return nil
}

// The attributes of user_values whose keys are prepared.
const (
	valueEmail            = 1
	valueManager          = 5
	valueApplicationEmail = 10
)

// keyed is what keys are made of, of a user's document.
type keyed struct {
	UserName    string
	DisplayName string
	Name        struct{ FamilyName string }
	Emails      []struct{ Value string }
	Enterprise  struct {
		EmployeeNumber string
		Manager        struct{ Value string }
	} `json:"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"`
}

func (r *rekeyer) users() error {
	// Beside the primary key, which has the seq last.
	if _, err := r.tx.ExecContext(r.ctx, `CREATE INDEX user_values_moving ON user_values (seq)`); err != nil {
		return err
	}
	var names []pending
	for after, more := int64(0), true; more; {
		more = false
		var documents []keyed
		var origins []string
		batch, err := r.collect(`SELECT seq, id, tenant, user_key, origin, doc FROM users
				WHERE seq > ? AND (`+r.touched("doc")+` OR `+outerBlanks+`) ORDER BY seq LIMIT 500`,
			func(row *sql.Rows) (p pending, changed bool, err error) {
				var origin, doc, old string
				if err := row.Scan(&after, &p.resource, &p.tenant, &old, &origin, &doc); err != nil {
					return p, false, err
				}
				more = true
				var k keyed
				if err := json.Unmarshal([]byte(doc), &k); err != nil {
					return p, false, fmt.Errorf("decode user document: %w", err)
				}
				documents, origins = append(documents, k), append(origins, origin)
				p.id, p.key = after, directory.FoldName(k.UserName)
				if p.key != old {
					names = append(names, p)
				}
				return p, true, nil
			}, after)
		if err != nil {
			return err
		}
		for i, p := range batch {
			if err := r.user(p, documents[i], directory.Origin(origins[i])); err != nil {
				return err
			}
		}
	}
	if _, err := r.tx.ExecContext(r.ctx, `DROP INDEX user_values_moving`); err != nil {
		return err
	}
	left, err := r.settle(`UPDATE OR IGNORE users SET user_key = ? WHERE seq = ?`, names)
	if err != nil {
		return err
	}
	for _, p := range left {
		if err := r.collided("userName", p, `SELECT id FROM users WHERE tenant = ? AND user_key = ? AND held = 1`, p.tenant, p.key); err != nil {
			return err
		}
		// It has the key all the same, beside the one that holds it: a place in a
		// list by userName is computed from the name.
		if _, err := r.tx.ExecContext(r.ctx, `UPDATE users SET user_key = ?, held = NULL WHERE seq = ?`, p.key, p.id); err != nil {
			return err
		}
	}
	return nil
}

// user computes all keys of a user but that of its name.
func (r *rekeyer) user(p pending, k keyed, origin directory.Origin) error {
	if _, err := r.tx.ExecContext(r.ctx, `UPDATE users SET display_key = ?, family_key = ?, employee_key = ? WHERE seq = ?`,
		directory.Fold(k.DisplayName), directory.Fold(k.Name.FamilyName), directory.Fold(k.Enterprise.EmployeeNumber), p.id); err != nil {
		return err
	}
	if _, err := r.tx.ExecContext(r.ctx, `DELETE FROM user_values WHERE seq = ? AND attr IN (?, ?, ?)`,
		p.id, valueEmail, valueManager, valueApplicationEmail); err != nil {
		return err
	}
	add := func(attr int, key string) error {
		if key == "" {
			return nil
		}
		_, err := r.tx.ExecContext(r.ctx, `INSERT OR IGNORE INTO user_values (tenant, attr, key, seq) VALUES (?, ?, ?, ?)`, p.tenant, attr, key, p.id)
		return err
	}
	for _, e := range k.Emails {
		if err := add(valueEmail, directory.Fold(e.Value)); err != nil {
			return err
		}
		if origin != directory.OriginSCIM {
			if err := add(valueApplicationEmail, directory.Fold(e.Value)); err != nil {
				return err
			}
		}
	}
	return add(valueManager, directory.Exact(k.Enterprise.Manager.Value))
}

// mobilityIDs does the ids that ServiceMobility knows users by.
func (r *rekeyer) mobilityIDs() error {
	rows, err := r.collect(`SELECT a.seq, a.tenant, a.mobility_user_id, a.mobility_key, u.id FROM app_state a JOIN users u ON u.seq = a.seq
			WHERE `+r.touched("a.mobility_user_id")+` ORDER BY a.seq`,
		func(row *sql.Rows) (p pending, changed bool, err error) {
			var seq int64
			var id, old string
			err = row.Scan(&seq, &p.tenant, &id, &old, &p.resource)
			p.id, p.key = seq, directory.Fold(id)
			return p, p.key != old, err
		})
	if err != nil {
		return err
	}
	left, err := r.settle(`UPDATE OR IGNORE app_state SET mobility_key = ? WHERE seq = ?`, rows)
	if err != nil {
		return err
	}
	for _, p := range left {
		if err := r.collided("mobilityUserId", p, `SELECT u.id FROM app_state a JOIN users u ON u.seq = a.seq
				WHERE a.tenant = ? AND a.mobility_key = ?`, p.tenant, p.key); err != nil {
			return err
		}
	}
	return nil
}

// groups does the names of groups. Two of one name stand side by side, as those
// do that a client was allowed to create.
func (r *rekeyer) groups() error {
	rows, err := r.collect(`SELECT seq, id, tenant, display_name, display_key FROM groups WHERE `+r.touched("display_name")+` ORDER BY seq`,
		func(row *sql.Rows) (p pending, changed bool, err error) {
			var seq int64
			var name, old string
			err = row.Scan(&seq, &p.resource, &p.tenant, &name, &old)
			p.id, p.key = seq, directory.Fold(name)
			return p, p.key != old, err
		})
	if err != nil {
		return err
	}
	left, err := r.settle(`UPDATE OR IGNORE groups SET display_key = ? WHERE seq = ?`, rows)
	if err != nil {
		return err
	}
	for _, p := range left {
		if err := r.collided("displayName", p, `SELECT id FROM groups WHERE tenant = ? AND display_key = ? AND sole = 1`, p.tenant, p.key); err != nil {
			return err
		}
		if _, err := r.tx.ExecContext(r.ctx, `UPDATE groups SET display_key = ?, sole = NULL WHERE seq = ?`, p.key, p.id); err != nil {
			return err
		}
	}
	return nil
}

// externalIDs does those of users and groups. One that another resource has
// loses its row; see sqlstore's lostExternalID.
func (r *rekeyer) externalIDs() error {
	for kind, table := range []string{"users", "groups"} {
		rows, err := r.collect(`SELECT e.client, e.value, e.slot, e.seq, r.id, r.tenant FROM external_ids e JOIN `+table+` r ON r.seq = e.seq
				WHERE e.kind = ? AND `+r.touched("e.value")+` ORDER BY e.seq, e.client`,
			func(row *sql.Rows) (p pending, changed bool, err error) {
				var client, slot, seq int64
				var value string
				err = row.Scan(&client, &value, &slot, &seq, &p.resource, &p.tenant)
				p.own, p.id, p.key = []any{client, kind, value, slot}, seq, directory.Exact(value)
				return p, p.key != value, err
			}, kind)
		if err != nil {
			return err
		}
		left, err := r.settle(`UPDATE OR IGNORE external_ids SET value = ? WHERE client = ? AND kind = ? AND value = ? AND slot = ? AND seq = ?`, rows)
		if err != nil {
			return err
		}
		for _, p := range left {
			if err := r.collided("externalId", p, `SELECT r.id FROM external_ids e JOIN `+table+` r ON r.seq = e.seq
					WHERE e.value = ? AND e.client = ? AND e.kind = ? AND e.slot = ?`, p.key, p.own[0], kind, p.own[3]); err != nil {
				return err
			}
			if _, err := r.tx.ExecContext(r.ctx, `DELETE FROM external_ids WHERE client = ? AND kind = ? AND value = ? AND slot = ? AND seq = ?`,
				append(slices.Clone(p.own), p.id)...); err != nil {
				return err
			}
		}
	}
	return nil
}
