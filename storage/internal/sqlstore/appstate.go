package sqlstore

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/scimbridge/scimbridge/directory"
)

// AppState implements storage.Reader.
func (s *Session) AppState(u *directory.User) (*directory.AppState, error) {
	row, err := s.one(`SELECT a.uniphore_id, a.syncari_id, a.mobility_user_id, a.doc
		FROM users u JOIN app_state a ON a.seq = u.seq WHERE u.id = $1 AND u.tenant = $2`, u.ID[:], int64(u.Tenant))
	if err != nil {
		return nil, fmt.Errorf("read application state: %w", err)
	}
	if row == nil {
		return nil, directory.ErrNotFound
	}
	a := &directory.AppState{}
	if err := json.Unmarshal(row.Bytes(3), a); err != nil {
		return nil, fmt.Errorf("decode application state: %w", err)
	}
	a.UniphoreID = row.Int(0)
	copy(a.SyncariID[:], row.Bytes(1))
	a.MobilityUserID = row.Text(2)
	return a, nil
}

// checkAppState returns a *ConflictError if an id that the caller chose belongs
// to another user. MobilityUserID is left to insertAppState, which varies it.
func (s *Session) checkAppState(tenant directory.TenantID, self int64, a *directory.AppState) error {
	if a == nil {
		return nil
	}
	check := func(attribute, column string, value any) error {
		row, err := s.one(`SELECT u.id, u.seq FROM app_state a JOIN users u ON u.seq = a.seq
			WHERE a.tenant = $1 AND a.`+column+` = $2`, int64(tenant), value)
		if err != nil {
			return fmt.Errorf("look up %s: %w", attribute, err)
		}
		if row != nil && row.Int(1) != self {
			return &directory.ConflictError{Attribute: attribute, Existing: row.ID(0)}
		}
		return nil
	}
	if a.UniphoreID != 0 {
		if err := check("uniphoreId", "uniphore_id", a.UniphoreID); err != nil {
			return err
		}
	}
	if a.SyncariID != (directory.ObjectID{}) {
		if err := check("syncariId", "syncari_id", a.SyncariID[:]); err != nil {
			return err
		}
	}
	if self != 0 && a.MobilityUserID != "" {
		return check("mobilityUserId", "mobility_key", directory.Fold(a.MobilityUserID))
	}
	return nil
}

// insertAppState fills the ids of a that are zero and stores it for a new user.
func (s *Session) insertAppState(u *directory.User, userName string, a *directory.AppState) error {
	if a == nil {
		a = &directory.AppState{}
	}
	var err error
	if a.UniphoreID == 0 {
		a.UniphoreID, err = s.nextNumber(u.Tenant, counterUniphore)
	} else {
		err = s.reserveNumber(u.Tenant, counterUniphore, a.UniphoreID)
	}
	if err != nil {
		return err
	}
	if a.SyncariID == (directory.ObjectID{}) {
		a.SyncariID = directory.NewObjectID(u.Created)
	}
	if a.MobilityUserID == "" {
		if a.MobilityUserID = userName; a.MobilityUserID == "" {
			a.MobilityUserID = u.ID.String()
		}
	}
	doc, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("encode application state: %w", err)
	}
	// The name may be that of an older user who was renamed, or was deleted
	// over SCIM and waits for the purge: then the first free variant is taken.
	wanted := a.MobilityUserID
	for n := 2; ; n++ {
		row, err := s.one(`INSERT INTO app_state (seq, tenant, uniphore_id, syncari_id, mobility_user_id, mobility_key, doc)
				VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (tenant, mobility_key) DO NOTHING RETURNING seq`,
			u.Seq, int64(u.Tenant), a.UniphoreID, a.SyncariID[:], a.MobilityUserID, directory.Fold(a.MobilityUserID), string(doc))
		if err != nil {
			return fmt.Errorf("store application state: %w", err)
		}
		if row != nil {
			break
		}
		a.MobilityUserID = wanted + "-" + strconv.Itoa(n)
	}
	return s.storeUserValues(u.Tenant, u.Seq, nil, learned(a))
}

// PutAppState implements storage.Tx.
func (s *Session) PutAppState(u *directory.User, a *directory.AppState) error {
	stored, err := s.User(u.Tenant, u.ID, false)
	if err != nil {
		return err
	}
	old, err := s.AppState(stored)
	if err != nil {
		return err
	}
	// An id that was given once is not taken away by leaving it out.
	if a.UniphoreID == 0 {
		a.UniphoreID = old.UniphoreID
	}
	if a.SyncariID == (directory.ObjectID{}) {
		a.SyncariID = old.SyncariID
	}
	if a.MobilityUserID == "" {
		a.MobilityUserID = old.MobilityUserID
	}
	if a.UniphoreID != old.UniphoreID || a.SyncariID != old.SyncariID || a.MobilityUserID != old.MobilityUserID {
		if err := s.checkAppState(u.Tenant, stored.Seq, a); err != nil {
			return err
		}
		if err := s.reserveNumber(u.Tenant, counterUniphore, a.UniphoreID); err != nil {
			return err
		}
		if err := s.exec(`UPDATE app_state SET uniphore_id = $2, syncari_id = $3, mobility_user_id = $4, mobility_key = $5 WHERE seq = $1`,
			stored.Seq, a.UniphoreID, a.SyncariID[:], a.MobilityUserID, directory.Fold(a.MobilityUserID)); err != nil {
			return fmt.Errorf("update application ids: %w", err)
		}
	}
	doc, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("encode application state: %w", err)
	}
	if err := s.exec(`UPDATE app_state SET doc = $2 WHERE seq = $1`, stored.Seq, string(doc)); err != nil {
		return fmt.Errorf("update application state: %w", err)
	}
	return s.storeUserValues(u.Tenant, stored.Seq, learned(old), learned(a))
}

// learned is what is indexed of the application state.
func learned(a *directory.AppState) []userValue {
	var vs []userValue
	if a.Uniphore.Auth0ID != "" {
		vs = append(vs, userValue{attrAuth0Learned, a.Uniphore.Auth0ID})
	}
	if a.Syncari.ClientID != "" {
		vs = append(vs, userValue{attrSyncariClient, a.Syncari.ClientID})
	}
	if len(a.Syncari.Suppressed) > 0 {
		vs = append(vs, userValue{attrSuppressed, ""})
	}
	return vs
}

// SuppressedUsers implements storage.Reader.
func (s *Session) SuppressedUsers(tenant directory.TenantID) ([]*directory.User, error) {
	var us []*directory.User
	for row, err := range s.c.Query(`SELECT `+userColumns+` FROM user_values v JOIN users u ON u.seq = v.seq
			WHERE v.tenant = $1 AND v.attr = $2 ORDER BY v.seq`, int64(tenant), int64(attrSuppressed)) {
		if err != nil {
			return nil, fmt.Errorf("read users with suppressed roles: %w", err)
		}
		u, err := scanUser(row)
		if err != nil {
			return nil, err
		}
		us = append(us, u)
	}
	return us, nil
}
