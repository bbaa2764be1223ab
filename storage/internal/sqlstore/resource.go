package sqlstore

import (
	"fmt"

	"github.com/scimbridge/scimbridge/directory"
)

const resourceColumns = `r.seq, r.id, r.tenant, r.version, r.created, r.modified, r.external_ids, r.doc`

func scanResource(row Row, typ string) (*directory.Resource, error) {
	ids, err := decodeExternalIDs(row.Text(6))
	if err != nil {
		return nil, err
	}
	return &directory.Resource{
		Seq: row.Int(0), ID: row.ID(1), Tenant: directory.TenantID(row.Int(2)), Type: typ, Version: row.Int(3),
		Created: row.Time(4), Modified: row.Time(5), ExternalIDs: ids, Document: row.Bytes(7),
	}, nil
}

// counterResources names the total of a configured type.
func counterResources(typ string) string { return "resources " + typ }

// Resource implements storage.Reader.
func (s *Session) Resource(tenant directory.TenantID, typ string, id directory.ID) (*directory.Resource, error) {
	k, ok, err := s.configuredKind(typ)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, directory.ErrNotFound
	}
	return s.resource(tenant, k, id)
}

func (s *Session) resource(tenant directory.TenantID, k kind, id directory.ID) (*directory.Resource, error) {
	row, err := s.one(`SELECT `+resourceColumns+` FROM resources r WHERE r.id = $1 AND r.tenant = $2 AND r.kind = $3`,
		id[:], int64(tenant), k.number)
	if err != nil {
		return nil, fmt.Errorf("read resource: %w", err)
	}
	if row == nil {
		return nil, directory.ErrNotFound
	}
	return scanResource(row, k.name)
}

// Resources implements storage.Reader.
func (s *Session) Resources(tenant directory.TenantID, typ string, q directory.Query, fn func(*directory.Resource) bool) error {
	k, err := s.listedKind(typ, q)
	if err != nil {
		return err
	}
	rows, err := s.list(k, tenant, q, resourceColumns)
	if err != nil {
		return err
	}
	for row, err := range rows {
		if err != nil {
			return fmt.Errorf("list resources: %w", err)
		}
		r, err := scanResource(row, typ)
		if err != nil {
			return err
		}
		if !fn(r) {
			return nil
		}
	}
	return nil
}

// CountResources implements storage.Reader.
func (s *Session) CountResources(tenant directory.TenantID, typ string, q directory.Query) (int64, error) {
	if q.Where == nil {
		if err := checkConfigured(typ); err != nil {
			return 0, err
		}
		return s.total(tenant, counterResources(typ))
	}
	k, err := s.listedKind(typ, q)
	if err != nil {
		return 0, err
	}
	return s.countWhere(k, tenant, q)
}

// listedKind is configuredKind for a list, asked as the list is. Those of a type
// without resources are asked all the same, so that a wrong query is as wrong there.
func (s *Session) listedKind(typ string, q directory.Query) (kind, error) {
	k, ok, err := s.findKind(typ, s.asker(kind{name: typ}, q))
	if !ok {
		k.number = noKind
	}
	return k, err
}

// noKind is the number of no kind.
const noKind = -1

// InsertResource implements storage.Tx.
func (s *Session) InsertResource(r *directory.Resource) error {
	k, err := s.ensureKind(r.Type)
	if err != nil {
		return err
	}
	ext, err := encodeExternalIDs(r.ExternalIDs)
	if err != nil {
		return err
	}
	if err := s.checkExternalIDs(k, 0, r.ExternalIDs); err != nil {
		return err
	}
	values, err := s.valuesOf(k, r.Document)
	if err != nil {
		return err
	}
	if err := s.checkValues(k, r.Tenant, 0, values); err != nil {
		return err
	}
	// The tables of users and groups have ids of their own.
	elsewhere, err := s.number(`SELECT 1 FROM users WHERE id = $1 UNION ALL SELECT 1 FROM groups WHERE id = $1`, r.ID[:])
	if err != nil {
		return fmt.Errorf("look up id: %w", err)
	}
	if elsewhere != 0 {
		return &directory.ConflictError{Attribute: "id"}
	}
	seq, err := s.number(`INSERT INTO resources (id, tenant, kind, version, created, modified, external_ids, doc)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING RETURNING seq`,
		r.ID[:], int64(r.Tenant), k.number, r.Version, millis(r.Created), millis(r.Modified), ext, string(r.Document))
	if err != nil {
		return fmt.Errorf("insert resource: %w", err)
	}
	if seq == 0 {
		return &directory.ConflictError{Attribute: "id"}
	}
	r.Seq = seq
	if err := s.storeExternalIDs(k, seq, nil, true, r.ExternalIDs, true); err != nil {
		return err
	}
	if err := s.storeValues(k, r.Tenant, seq, nil, true, values, true); err != nil {
		return err
	}
	return s.count(r.Tenant, counterResources(r.Type), 1)
}

// UpdateResource implements storage.Tx.
func (s *Session) UpdateResource(r *directory.Resource) error {
	k, old, err := s.stored(r)
	if err != nil {
		return err
	}
	if old.Version != r.Version-1 {
		return directory.ErrPreconditionFailed
	}
	ext, err := encodeExternalIDs(r.ExternalIDs)
	if err != nil {
		return err
	}
	if err := s.checkExternalIDs(k, old.Seq, r.ExternalIDs); err != nil {
		return err
	}
	oldValues, values, err := s.changedValues(k, old.Document, r.Document)
	if err != nil {
		return err
	}
	if err := s.checkValues(k, r.Tenant, old.Seq, values); err != nil {
		return err
	}
	r.Seq = old.Seq
	if err := s.exec(`UPDATE resources SET version = $2, modified = $3, external_ids = $4, doc = $5 WHERE seq = $1`,
		r.Seq, r.Version, millis(r.Modified), ext, string(r.Document)); err != nil {
		return fmt.Errorf("update resource: %w", err)
	}
	if err := s.updateCreated(k, r.Seq, old.Created, r.Created); err != nil {
		return err
	}
	if err := s.storeExternalIDs(k, r.Seq, old.ExternalIDs, true, r.ExternalIDs, true); err != nil {
		return err
	}
	return s.storeValues(k, r.Tenant, r.Seq, oldValues, true, values, true)
}

// DeleteResource implements storage.Tx.
func (s *Session) DeleteResource(r *directory.Resource) error {
	k, old, err := s.stored(r)
	if err != nil {
		return err
	}
	values, err := s.valuesOf(k, old.Document)
	if err != nil {
		return err
	}
	if err := s.storeExternalIDs(k, old.Seq, old.ExternalIDs, true, nil, true); err != nil {
		return err
	}
	if err := s.storeValues(k, old.Tenant, old.Seq, values, true, nil, true); err != nil {
		return err
	}
	if err := s.exec(`DELETE FROM resources WHERE seq = $1`, old.Seq); err != nil {
		return fmt.Errorf("delete resource: %w", err)
	}
	return s.count(old.Tenant, counterResources(r.Type), -1)
}

// stored returns the resource as it is in the database.
func (s *Session) stored(r *directory.Resource) (kind, *directory.Resource, error) {
	k, ok, err := s.configuredKind(r.Type)
	if err != nil {
		return k, nil, err
	}
	if !ok {
		return k, nil, directory.ErrNotFound
	}
	old, err := s.resource(r.Tenant, k, r.ID)
	return k, old, err
}
