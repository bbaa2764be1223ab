package sqlstore

import (
	"encoding/json"
	"fmt"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
)

const journalColumns = `seq, at, tenant, client, version_before, version_after,
	origin, actor, role, address, request_id, action, kind, resource, forward, backward, note`

// AppendJournal implements storage.Tx.
func (s *Session) AppendJournal(e *journal.Entry) error {
	var resource any
	if !e.Resource.IsZero() {
		resource = e.Resource[:]
	}
	seq, err := s.number(`INSERT INTO journal (at, tenant, client, version_before, version_after,
			origin, actor, role, address, request_id, action, kind, resource, forward, backward, note)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) RETURNING seq`,
		millis(e.At), int64(e.Tenant), int64(e.Client), e.Before, e.After,
		string(e.Origin), e.Actor, e.Role, e.Address, e.RequestID, e.Action, string(e.Kind), resource,
		optional(e.Forward), optional(e.Backward), optional(e.Note))
	if err != nil {
		return fmt.Errorf("append to the journal: %w", err)
	}
	e.Seq = seq
	return nil
}

// Journal implements storage.Reader.
func (s *Session) Journal(tenant directory.TenantID, after int64, fn func(*journal.Entry) bool) error {
	query, args := `SELECT `+journalColumns+` FROM journal WHERE seq > $1 ORDER BY seq`, []any{after}
	if tenant != 0 {
		query = `SELECT ` + journalColumns + ` FROM journal WHERE tenant = $2 AND seq > $1 ORDER BY seq`
		args = append(args, int64(tenant))
	}
	for row, err := range s.c.Query(query, args...) {
		if err != nil {
			return fmt.Errorf("read the journal: %w", err)
		}
		e := &journal.Entry{
			Seq: row.Int(0), At: row.Time(1), Tenant: directory.TenantID(row.Int(2)), Client: directory.ClientID(row.Int(3)),
			Before: row.Int(4), After: row.Int(5),
			Origin: directory.Origin(row.Text(6)), Actor: row.Text(7), Role: row.Text(8), Address: row.Text(9),
			RequestID: row.Text(10), Action: row.Text(11), Kind: journal.Kind(row.Text(12)), Resource: row.ID(13),
			Forward: json.RawMessage(row.Bytes(14)), Backward: json.RawMessage(row.Bytes(15)), Note: json.RawMessage(row.Bytes(16)),
		}
		if !fn(e) {
			return nil
		}
	}
	return nil
}
