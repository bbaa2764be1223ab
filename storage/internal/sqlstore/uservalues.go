package sqlstore

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/scimbridge/scimbridge/directory"
)

// attr numbers the attributes in the table user_values. The numbers are stored.
type attr int64

const (
	attrEmail         attr = 1 // 2, 3 and 4 have become columns of users
	attrManager       attr = 5
	attrAuth0Pushed   attr = 6 // the extension's uniphore.auth0Id
	attrAuth0Learned  attr = 7 // AppState.Uniphore.Auth0ID
	attrSyncariClient attr = 8 // AppState.Syncari.ClientID
	attrSuppressed    attr = 9 // no value: AppState.Syncari.Suppressed is not empty
	// attrApplicationEmail is attrEmail again, of users born in an application.
	attrApplicationEmail attr = 10
)

// userValue is one row of user_values of a user.
type userValue struct {
	attr attr
	key  string
}

// userKeys is what is indexed of a user's document.
type userKeys struct {
	name     string // userName as it was given
	userName string // by directory.FoldName
	columns  userColumnKeys
	values   []userValue
}

// userColumnKeys are the attributes that are columns of users, folded: those
// that a list can be sorted by.
type userColumnKeys struct{ display, family, employee string }

// indexed are the attributes of directory.Profile that have indexes. Decoding
// only these takes a third of the time, and the writer does it for each write.
type indexed struct {
	UserName    string
	DisplayName string
	Name        struct{ FamilyName string }
	Emails      []struct{ Value string }
	Enterprise  struct {
		EmployeeNumber string
		Manager        struct{ Value string }
	} `json:"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"`
	Bridge struct{ Uniphore struct{ Auth0ID string } } `json:"urn:scimbridge:params:scim:schemas:extension:bridge:2.0:User"`
}

// keysOf derives the index entries from a user's document and origin. An empty
// value is none.
func keysOf(u *directory.User) (userKeys, error) {
	var p indexed
	if d := u.Document; len(d) > 0 {
		if err := json.Unmarshal(d, &p); err != nil {
			return userKeys{}, fmt.Errorf("decode user document: %w", err)
		}
	}
	k := userKeys{name: p.UserName, userName: directory.FoldName(p.UserName), columns: userColumnKeys{
		display: directory.Fold(p.DisplayName), family: directory.Fold(p.Name.FamilyName), employee: directory.Fold(p.Enterprise.EmployeeNumber),
	}}
	add := func(a attr, key string) {
		if v := (userValue{a, key}); key != "" && !slices.Contains(k.values, v) {
			k.values = append(k.values, v)
		}
	}
	for _, e := range p.Emails {
		add(attrEmail, directory.Fold(e.Value))
		if u.Origin != directory.OriginSCIM {
			add(attrApplicationEmail, directory.Fold(e.Value))
		}
	}
	add(attrManager, directory.Exact(p.Enterprise.Manager.Value))
	add(attrAuth0Pushed, p.Bridge.Uniphore.Auth0ID)
	return k, nil
}

// storeUserValues writes the difference between two sets of index entries.
func (s *Session) storeUserValues(tenant directory.TenantID, seq int64, old, now []userValue) error {
	for _, v := range old {
		if slices.Contains(now, v) {
			continue
		}
		if err := s.exec(`DELETE FROM user_values WHERE tenant = $1 AND attr = $2 AND key = $3 AND seq = $4`,
			int64(tenant), int64(v.attr), v.key, seq); err != nil {
			return fmt.Errorf("remove index entry: %w", err)
		}
	}
	for _, v := range now {
		if slices.Contains(old, v) {
			continue
		}
		if err := s.exec(`INSERT INTO user_values (tenant, attr, key, seq) VALUES ($1, $2, $3, $4)`,
			int64(tenant), int64(v.attr), v.key, seq); err != nil {
			return fmt.Errorf("store index entry: %w", err)
		}
	}
	return nil
}
