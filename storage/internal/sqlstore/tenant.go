package sqlstore

import (
	"fmt"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
)

// Tenants implements storage.Reader.
func (s *Session) Tenants() ([]storage.Tenant, error) {
	var ts []storage.Tenant
	for row, err := range s.c.Query(`SELECT id, name, created FROM tenants ORDER BY id`) {
		if err != nil {
			return nil, fmt.Errorf("read tenants: %w", err)
		}
		ts = append(ts, storage.Tenant{ID: directory.TenantID(row.Int(0)), Name: row.Text(1), Created: row.Time(2)})
	}
	return ts, nil
}

// taken returns a *ConflictError if the query finds another row than self.
func (s *Session) taken(attribute string, self int64, query string, args ...any) error {
	row, err := s.one(query, args...)
	if err != nil {
		return fmt.Errorf("look up %s: %w", attribute, err)
	}
	if row != nil && row.Int(0) != self {
		return &directory.ConflictError{Attribute: attribute}
	}
	return nil
}

// update runs a statement that must change one row.
func (s *Session) update(what, query string, args ...any) error {
	n, err := s.c.Exec(query, args...)
	if err != nil {
		return fmt.Errorf("update %s: %w", what, err)
	}
	if n == 0 {
		return directory.ErrNotFound
	}
	return nil
}

// PutTenant implements storage.Tx.
func (s *Session) PutTenant(t *storage.Tenant) error {
	key := directory.Fold(t.Name)
	if err := s.taken("name", int64(t.ID), `SELECT id FROM tenants WHERE name_key = $1`, key); err != nil {
		return err
	}
	if t.ID != 0 {
		return s.update("tenant", `UPDATE tenants SET name = $2, name_key = $3, created = $4 WHERE id = $1`,
			int64(t.ID), t.Name, key, millis(t.Created))
	}
	id, err := s.number(`INSERT INTO tenants (name, name_key, created) VALUES ($1, $2, $3) RETURNING id`, t.Name, key, millis(t.Created))
	if err != nil {
		return fmt.Errorf("insert tenant: %w", err)
	}
	t.ID = directory.TenantID(id)
	return nil
}

const clientColumns = `c.id, c.tenant, c.name, c.mode, c.created, c.duplicate_group_names`

func scanClient(row Row) storage.Client {
	return storage.Client{ID: directory.ClientID(row.Int(0)), Tenant: directory.TenantID(row.Int(1)), Name: row.Text(2),
		Mode: storage.Mode(row.Text(3)), Created: row.Time(4), DuplicateGroupNames: row.Bool(5)}
}

// Clients implements storage.Reader.
func (s *Session) Clients(tenant directory.TenantID) ([]storage.Client, error) {
	var cs []storage.Client
	for row, err := range s.c.Query(`SELECT `+clientColumns+` FROM clients c WHERE $1 = 0 OR c.tenant = $1 ORDER BY c.id`, int64(tenant)) {
		if err != nil {
			return nil, fmt.Errorf("read clients: %w", err)
		}
		cs = append(cs, scanClient(row))
	}
	return cs, nil
}

// PutClient implements storage.Tx. A client of no tenant is ErrNotFound.
func (s *Session) PutClient(c *storage.Client) error {
	if n, err := s.number(`SELECT 1 FROM tenants WHERE id = $1`, int64(c.Tenant)); err != nil || n == 0 {
		if err != nil {
			return fmt.Errorf("look up tenant: %w", err)
		}
		return fmt.Errorf("tenant of the client: %w", directory.ErrNotFound)
	}
	key := directory.Fold(c.Name)
	if err := s.taken("name", int64(c.ID), `SELECT id FROM clients WHERE tenant = $1 AND name_key = $2`, int64(c.Tenant), key); err != nil {
		return err
	}
	if c.ID != 0 {
		return s.update("client", `UPDATE clients SET tenant = $2, name = $3, name_key = $4, mode = $5, created = $6,
			duplicate_group_names = $7 WHERE id = $1`,
			int64(c.ID), int64(c.Tenant), c.Name, key, string(c.Mode), millis(c.Created), flag(c.DuplicateGroupNames))
	}
	id, err := s.number(`INSERT INTO clients (tenant, name, name_key, mode, created, duplicate_group_names)
		VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`,
		int64(c.Tenant), c.Name, key, string(c.Mode), millis(c.Created), flag(c.DuplicateGroupNames))
	if err != nil {
		return fmt.Errorf("insert client: %w", err)
	}
	c.ID = directory.ClientID(id)
	return nil
}

// Organization implements storage.Reader.
func (s *Session) Organization(tenant directory.TenantID, name string) (int64, error) {
	row, err := s.one(`SELECT number FROM organizations WHERE tenant = $1 AND name_key = $2`, int64(tenant), directory.Fold(name))
	if err != nil {
		return 0, fmt.Errorf("read organization: %w", err)
	}
	if row == nil {
		return 0, directory.ErrNotFound
	}
	return row.Int(0), nil
}

// EnsureOrganization implements storage.Tx.
func (s *Session) EnsureOrganization(tenant directory.TenantID, name string, want int64) (int64, error) {
	n, err := s.Organization(tenant, name)
	if err == nil || !isNotFound(err) {
		return n, err
	}
	if want != 0 {
		row, err := s.one(`SELECT 1 FROM organizations WHERE tenant = $1 AND number = $2`, int64(tenant), want)
		if err != nil {
			return 0, fmt.Errorf("look up organization number: %w", err)
		}
		if row != nil {
			want = 0
		}
	}
	if want == 0 {
		top, err := s.number(`SELECT max(number) FROM organizations WHERE tenant = $1`, int64(tenant))
		if err != nil {
			return 0, fmt.Errorf("next organization number: %w", err)
		}
		want = max(top, 0) + 1
	}
	if err := s.exec(`INSERT INTO organizations (tenant, name_key, name, number) VALUES ($1, $2, $3, $4)`,
		int64(tenant), directory.Fold(name), name, want); err != nil {
		return 0, fmt.Errorf("insert organization: %w", err)
	}
	return want, nil
}
