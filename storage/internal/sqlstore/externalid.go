package sqlstore

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/scimbridge/scimbridge/directory"
)

// External ids are unique per client and kind of resource. The resource's row
// has them all (as JSON, for reading); the table external_ids has one row each
// for lookup and uniqueness, by directory.Exact. A user deleted over SCIM keeps
// its rows in a slot of its own, so that the value is free for another.

func encodeExternalIDs(m map[directory.ClientID]string) (string, error) {
	if len(m) == 0 {
		return "", nil
	}
	b, err := json.Marshal(m)
	if err != nil {
		return "", fmt.Errorf("encode external ids: %w", err)
	}
	return string(b), nil
}

func decodeExternalIDs(text string) (map[directory.ClientID]string, error) {
	if text == "" {
		return nil, nil
	}
	if client, value, ok := onlyExternalID(text); ok {
		return map[directory.ClientID]string{client: value}, nil
	}
	var m map[directory.ClientID]string
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		return nil, fmt.Errorf("decode external ids: %w", err)
	}
	return m, nil
}

// onlyExternalID reads what nearly every resource has, one id without anything
// that is escaped, {"1":"abc"}: each row that is read has to be.
func onlyExternalID(text string) (client directory.ClientID, value string, ok bool) {
	text, begins := strings.CutPrefix(text, `{"`)
	text, ends := strings.CutSuffix(text, `"}`)
	number, value, parts := strings.Cut(text, `":"`)
	if !begins || !ends || !parts || strings.ContainsAny(value, `"\`) {
		return 0, "", false
	}
	n, err := strconv.ParseInt(number, 10, 64)
	return directory.ClientID(n), value, err == nil
}

// checkExternalIDs returns a *ConflictError if another resource of the kind
// holds one of the ids.
func (s *Session) checkExternalIDs(k kind, self int64, ids map[directory.ClientID]string) error {
	for client, value := range ids {
		row, err := s.one(`SELECT r.id, r.seq FROM external_ids e JOIN `+k.table+` r ON r.seq = e.seq
			WHERE e.client = $1 AND e.kind = $2 AND e.value = $3 AND e.slot = 0`, int64(client), k.number, directory.Exact(value))
		if err != nil {
			return fmt.Errorf("look up externalId: %w", err)
		}
		if row == nil || row.Int(1) == self {
			continue
		}
		if lost, err := s.lostExternalID(k, self, client, value); err != nil || !lost {
			return errors.Join(err, &directory.ConflictError{Attribute: "externalId", Existing: row.ID(0)})
		}
	}
	return nil
}

// lostExternalID reports whether the resource has the id but no row for it: when
// keys took another form, another resource was left with it (see the migrations).
// It shows the id as before and can be changed, deactivated above all.
func (s *Session) lostExternalID(k kind, seq int64, client directory.ClientID, value string) (bool, error) {
	row, err := s.one(`SELECT r.external_ids FROM `+k.table+` r WHERE r.seq = $1 AND NOT EXISTS (SELECT 1 FROM external_ids e
		WHERE e.client = $2 AND e.kind = $3 AND e.value = $4 AND e.slot = $1)`, seq, int64(client), k.number, directory.Exact(value))
	if err != nil {
		return false, fmt.Errorf("look up externalId: %w", err)
	}
	if row == nil {
		return false, nil
	}
	ids, err := decodeExternalIDs(row.Text(0))
	return err == nil && directory.Exact(ids[client]) == directory.Exact(value), err
}

// storeExternalIDs replaces the rows of one resource; oldHeld and held say
// whether the resource holds its ids (see package storage).
func (s *Session) storeExternalIDs(k kind, seq int64,
	old map[directory.ClientID]string, oldHeld bool, ids map[directory.ClientID]string, held bool) error {
	slot := func(h bool) int64 {
		if h {
			return 0
		}
		return seq
	}
	if oldHeld == held && maps.Equal(old, ids) {
		return nil
	}
	for _, client := range slices.Sorted(maps.Keys(old)) {
		if v, ok := ids[client]; ok && v == old[client] && oldHeld == held {
			continue
		}
		if err := s.exec(`DELETE FROM external_ids WHERE client = $1 AND kind = $2 AND value = $3 AND slot = $4 AND seq = $5`,
			int64(client), k.number, directory.Exact(old[client]), slot(oldHeld), seq); err != nil {
			return fmt.Errorf("remove externalId: %w", err)
		}
	}
	for _, client := range slices.Sorted(maps.Keys(ids)) {
		if v, ok := old[client]; ok && v == ids[client] && oldHeld == held {
			continue
		}
		if err := s.exec(`INSERT INTO external_ids (client, kind, value, slot, seq) VALUES ($1, $2, $3, $4, $5)`,
			int64(client), k.number, directory.Exact(ids[client]), slot(held), seq); err != nil {
			return fmt.Errorf("store externalId: %w", err)
		}
	}
	return nil
}
