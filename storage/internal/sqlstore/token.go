package sqlstore

import (
	"fmt"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
)

const tokenColumns = `t.id, t.client, t.digest, t.hint, t.scope, t.created, t.expires, t.revoked`

func scanToken(row Row) storage.Token {
	t := storage.Token{ID: row.Int(0), Client: directory.ClientID(row.Int(1)), Hint: row.Text(3), Scope: row.Text(4),
		Created: row.Time(5), Expires: row.Time(6), Revoked: row.Time(7)}
	copy(t.Digest[:], row.Bytes(2))
	return t
}

// Tokens implements storage.Reader.
func (s *Session) Tokens(client directory.ClientID) ([]storage.Token, error) {
	var ts []storage.Token
	for row, err := range s.c.Query(`SELECT `+tokenColumns+` FROM tokens t WHERE $1 = 0 OR t.client = $1 ORDER BY t.id`, int64(client)) {
		if err != nil {
			return nil, fmt.Errorf("read tokens: %w", err)
		}
		ts = append(ts, scanToken(row))
	}
	return ts, nil
}

// TokenByDigest implements storage.Reader.
func (s *Session) TokenByDigest(digest [32]byte) (storage.Token, storage.Client, error) {
	row, err := s.one(`SELECT `+tokenColumns+`, `+clientColumns+` FROM tokens t JOIN clients c ON c.id = t.client WHERE t.digest = $1`, digest[:])
	if err != nil {
		return storage.Token{}, storage.Client{}, fmt.Errorf("read token: %w", err)
	}
	if row == nil {
		return storage.Token{}, storage.Client{}, directory.ErrNotFound
	}
	return scanToken(row), scanClient(row[8:]), nil
}

// PutToken implements storage.Tx. A token of no client is ErrNotFound.
func (s *Session) PutToken(t *storage.Token) error {
	if n, err := s.number(`SELECT 1 FROM clients WHERE id = $1`, int64(t.Client)); err != nil || n == 0 {
		if err != nil {
			return fmt.Errorf("look up client: %w", err)
		}
		return fmt.Errorf("client of the token: %w", directory.ErrNotFound)
	}
	if err := s.taken("digest", t.ID, `SELECT id FROM tokens WHERE digest = $1`, t.Digest[:]); err != nil {
		return err
	}
	if t.ID != 0 {
		return s.update("token", `UPDATE tokens SET client = $2, digest = $3, hint = $4, scope = $5, created = $6, expires = $7,
			revoked = $8 WHERE id = $1`,
			t.ID, int64(t.Client), t.Digest[:], t.Hint, t.Scope, millis(t.Created), millis(t.Expires), millis(t.Revoked))
	}
	id, err := s.number(`INSERT INTO tokens (client, digest, hint, scope, created, expires, revoked)
		VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
		int64(t.Client), t.Digest[:], t.Hint, t.Scope, millis(t.Created), millis(t.Expires), millis(t.Revoked))
	if err != nil {
		return fmt.Errorf("insert token: %w", err)
	}
	t.ID = id
	return nil
}

// Secret implements storage.Reader.
func (s *Session) Secret(name string) ([]byte, error) {
	row, err := s.one(`SELECT value FROM secrets WHERE name = $1`, name)
	if err != nil {
		return nil, fmt.Errorf("read secret: %w", err)
	}
	if row == nil {
		return nil, directory.ErrNotFound
	}
	return row.Bytes(0), nil
}

// PutSecret implements storage.Tx.
func (s *Session) PutSecret(name string, value []byte) ([]byte, error) {
	if value == nil {
		value = []byte{}
	}
	if err := s.exec(`INSERT INTO secrets (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`, name, value); err != nil {
		return nil, fmt.Errorf("store secret: %w", err)
	}
	return s.Secret(name)
}
