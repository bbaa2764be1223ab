package sqlstore

import (
	"fmt"
	"time"

	"github.com/scimbridge/scimbridge/directory"
)

func scanRequest(row Row) *directory.Request {
	return &directory.Request{ID: row.ID(0), Seq: row.Int(1), Tenant: directory.TenantID(row.Int(2)), Client: directory.ClientID(row.Int(3)),
		Created: row.Time(4), Done: row.Time(5), Expires: row.Time(6), Payload: row.Bytes(7), Result: row.Bytes(8)}
}

// Request implements storage.Reader.
func (s *Session) Request(tenant directory.TenantID, client directory.ClientID, id directory.ID) (*directory.Request, error) {
	return s.request(`SELECT id, seq, tenant, client, created, done, expires, NULL, result FROM requests WHERE id = $1 AND tenant = $2 AND client = $3`, id[:], int64(tenant), int64(client))
}

// NextRequest implements storage.Reader.
func (s *Session) NextRequest(after int64) (*directory.Request, error) {
	return s.request(`SELECT id, seq, tenant, client, created, done, expires, payload, result FROM requests WHERE pending = 1 AND seq > $1 ORDER BY seq LIMIT 1`, after)
}

func (s *Session) request(query string, args ...any) (*directory.Request, error) {
	row, err := s.one(query, args...)
	if err != nil {
		return nil, fmt.Errorf("read request: %w", err)
	}
	if row == nil {
		return nil, directory.ErrNotFound
	}
	return scanRequest(row), nil
}

// CountPendingRequests implements storage.Reader.
func (s *Session) CountPendingRequests(client directory.ClientID) (int64, error) {
	n, err := s.number(`SELECT count(*) FROM requests WHERE client = $1 AND pending = 1`, int64(client))
	if err != nil {
		return 0, fmt.Errorf("count pending requests: %w", err)
	}
	return n, nil
}

// InsertRequest implements storage.Tx.
func (s *Session) InsertRequest(r *directory.Request) error {
	seq, err := s.number(`INSERT INTO requests (id, tenant, client, created, pending, done, expires, payload)
		VALUES ($1, $2, $3, $4, 1, 0, 0, $5) RETURNING seq`,
		r.ID[:], int64(r.Tenant), int64(r.Client), millis(r.Created), string(r.Payload))
	if err != nil {
		return fmt.Errorf("insert request: %w", err)
	}
	r.Seq = seq
	return nil
}

// FinishRequest implements storage.Tx.
func (s *Session) FinishRequest(r *directory.Request) error {
	n, err := s.c.Exec(`UPDATE requests SET pending = NULL, payload = NULL, done = $2, expires = $3, result = $4 WHERE id = $1 AND pending = 1`,
		r.ID[:], millis(r.Done), millis(r.Expires), string(r.Result))
	if err != nil {
		return fmt.Errorf("finish request: %w", err)
	}
	if n == 0 {
		return fmt.Errorf("pending request %s: %w", r.ID, directory.ErrNotFound)
	}
	r.Payload = nil
	return nil
}

// ForgetRequests implements storage.Tx.
func (s *Session) ForgetRequests(until time.Time) (int64, error) {
	n, err := s.c.Exec(`DELETE FROM requests WHERE expires > 0 AND expires <= $1`, millis(until))
	if err != nil {
		return 0, fmt.Errorf("forget requests: %w", err)
	}
	return n, nil
}
