package sqlstore

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
)

// pendingLast is an ORDER BY term: users whose deletion is pending come after
// the others. A user is pending exactly when it has a deletion time.
const pendingLast = `CASE WHEN u.deleted_at = 0 THEN 0 ELSE 1 END`

var deletedSCIM = strconv.Itoa(int(directory.DeletedSCIM))

// FindUser implements storage.Reader.
func (s *Session) FindUser(tenant directory.TenantID, key storage.UserKey) (*directory.User, error) {
	const from = `SELECT ` + userColumns + ` FROM users u `
	const byAppState = `SELECT ` + userColumns + ` FROM app_state a JOIN users u ON u.seq = a.seq WHERE a.tenant = $1 AND `
	t := int64(tenant)
	switch {
	case key == storage.UserKey{}:
		return nil, errors.New("find user: no key is given")
	case key == storage.UserKey{UserName: key.UserName}:
		return s.userRow(from+`WHERE u.tenant = $1 AND u.user_key = $2 AND u.held = 1`, t, directory.FoldName(key.UserName))
	case key == storage.UserKey{Released: key.Released}:
		return s.released(t, directory.FoldName(key.Released))
	case key == storage.UserKey{Email: key.Email}:
		return s.userRow(from+`WHERE u.tenant = $1 AND u.seq IN (SELECT v.seq FROM user_values v
				WHERE v.tenant = $1 AND v.attr = $2 AND v.key = $3) ORDER BY `+pendingLast+`, u.seq LIMIT 1`,
			t, int64(attrEmail), directory.Fold(key.Email))
	case key == storage.UserKey{Auth0ID: key.Auth0ID}:
		return s.userRow(from+`WHERE u.tenant = $1 AND u.seq IN (SELECT v.seq FROM user_values v
				WHERE v.tenant = $1 AND v.attr IN ($2, $3) AND v.key = $4) ORDER BY `+pendingLast+`, u.seq LIMIT 1`,
			t, int64(attrAuth0Pushed), int64(attrAuth0Learned), key.Auth0ID)
	case key == storage.UserKey{SyncariClientID: key.SyncariClientID}:
		return s.userRow(from+`WHERE u.tenant = $1 AND u.seq IN (SELECT v.seq FROM user_values v
				WHERE v.tenant = $1 AND v.attr = $2 AND v.key = $3) ORDER BY `+pendingLast+`, u.seq LIMIT 1`,
			t, int64(attrSyncariClient), key.SyncariClientID)
	case key == storage.UserKey{UniphoreID: key.UniphoreID}:
		return s.userRow(byAppState+`a.uniphore_id = $2`, t, key.UniphoreID)
	case key == storage.UserKey{SyncariID: key.SyncariID}:
		return s.userRow(byAppState+`a.syncari_id = $2`, t, key.SyncariID[:])
	case key == storage.UserKey{MobilityUserID: key.MobilityUserID}:
		return s.userRow(byAppState+`a.mobility_key = $2`, t, directory.Fold(key.MobilityUserID))
	}
	return nil, fmt.Errorf("find user: more than one key is given")
}

// released returns who was deleted last of those that had a name. Each create
// asks, and nearly always there is nobody: having SQLite put them in order would
// take most of the time. Who lost a name when keys took another form (see the
// migrations) does not hold it either, but is there.
func (s *Session) released(tenant int64, name string) (*directory.User, error) {
	var last *directory.User
	for row, err := range s.c.Query(`SELECT `+userColumns+` FROM users u
			WHERE u.tenant = $1 AND u.user_key = $2 AND u.held IS NULL AND u.state = `+deletedSCIM, tenant, name) {
		if err != nil {
			return nil, fmt.Errorf("read user: %w", err)
		}
		u, err := scanUser(row)
		if err != nil {
			return nil, err
		}
		if last == nil || cmp.Or(u.Status.DeletedAt.Compare(last.Status.DeletedAt), cmp.Compare(u.Seq, last.Seq)) > 0 {
			last = u
		}
	}
	if last == nil {
		return nil, directory.ErrNotFound
	}
	return last, nil
}
