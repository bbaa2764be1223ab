package sqlstore

import (
	"fmt"

	"github.com/scimbridge/scimbridge/directory"
)

// attr numbers the attributes in the table user_values. The numbers are stored.
type attr int64

const (
	attrEmail          attr = 1
	attrFamilyName     attr = 2
	attrDisplayName    attr = 3
	attrEmployeeNumber attr = 4
	attrManager        attr = 5
	attrAuth0Pushed    attr = 6 // the extension's uniphore.auth0Id
	attrAuth0Learned   attr = 7 // AppState.Uniphore.Auth0ID
	attrSyncariClient  attr = 8 // AppState.Syncari.ClientID
	attrSuppressed     attr = 9 // no value: AppState.Syncari.Suppressed is not empty
)

// userValue is one row of user_values of a user.
type userValue struct {
	attr attr
	key  string
}

// userKeys is what is indexed of a user's document.
type userKeys struct {
	userName string // folded
	values   []userValue
}

// keysOf derives the index entries from a document. An empty value is none.
func keysOf(d directory.Document) (userKeys, error) {
	p, err := d.Profile()
	if err != nil {
		return userKeys{}, err
	}
	k := userKeys{userName: directory.Fold(p.UserName)}
	add := func(a attr, key string) {
		if key == "" {
			return
		}
		v := userValue{a, key}
		for _, have := range k.values {
			if have == v {
				return
			}
		}
		k.values = append(k.values, v)
	}
	add(attrDisplayName, directory.Fold(p.DisplayName))
	if p.Name != nil {
		add(attrFamilyName, directory.Fold(p.Name.FamilyName))
	}
	for _, e := range p.Emails {
		add(attrEmail, directory.Fold(e.Value))
	}
	if p.Enterprise != nil {
		add(attrEmployeeNumber, directory.Fold(p.Enterprise.EmployeeNumber))
		if p.Enterprise.Manager != nil {
			add(attrManager, p.Enterprise.Manager.Value)
		}
	}
	if p.Bridge != nil && p.Bridge.Uniphore != nil {
		add(attrAuth0Pushed, p.Bridge.Uniphore.Auth0ID)
	}
	return k, nil
}

// storeUserValues writes the difference between two sets of index entries.
func (s *Session) storeUserValues(tenant directory.TenantID, seq int64, old, now []userValue) error {
	for _, v := range old {
		if contains(now, v) {
			continue
		}
		if err := s.exec(`DELETE FROM user_values WHERE tenant = $1 AND attr = $2 AND key = $3 AND seq = $4`,
			int64(tenant), int64(v.attr), v.key, seq); err != nil {
			return fmt.Errorf("remove index entry: %w", err)
		}
	}
	for _, v := range now {
		if contains(old, v) {
			continue
		}
		if err := s.exec(`INSERT INTO user_values (tenant, attr, key, seq) VALUES ($1, $2, $3, $4)`,
			int64(tenant), int64(v.attr), v.key, seq); err != nil {
			return fmt.Errorf("store index entry: %w", err)
		}
	}
	return nil
}

func contains(vs []userValue, v userValue) bool {
	for i := range vs {
		if vs[i] == v {
			return true
		}
	}
	return false
}
