package provision

import (
	"fmt"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
)

// emailsFree refuses an address that the user gets, or that comes to stand for
// the user, while another living user of the tenant has it. What counts is each
// address and not only the one that is shown: otherwise an address could be
// taken over in two steps, first as one of several and then as the shown one.
//
// An application finds and logs in its users by address, so no two users whom
// an application knows by one may share it. Users that came by SCIM may share
// addresses among themselves, as identity providers allow; with shared set,
// only an address that brings a user of an application together with another
// is refused (T-17, T-18).
func emailsFree(r storage.Reader, self *directory.User, before, after directory.Profile, shared bool) error {
	shown := directory.Fold(after.Email())
	reshown := shown != directory.Fold(before.Email())
	for _, e := range after.Emails {
		key := directory.Fold(e.Value)
		if key == "" || hasEmail(before, key) && (key != shown || !reshown) {
			continue
		}
		// Many users of one identity provider may share an address; then only
		// the few that an application knows by it are looked at.
		field := directory.FieldEmail
		if shared && self.Origin == directory.OriginSCIM {
			field = directory.FieldApplicationEmail
		}
		holders, err := emailHolders(r, self.Tenant, field, e.Value, false)
		if err != nil {
			return err
		}
		for _, other := range holders {
			if other.ID != self.ID && !other.Status.State.Pending() {
				return &directory.ConflictError{Attribute: "emails", Existing: other.ID}
			}
		}
	}
	return nil
}

// emailHolders returns the users that have the address as one of theirs, first
// created first; field is FieldEmail for all or FieldApplicationEmail; with
// deleted also those that SCIM deleted.
func emailHolders(r storage.Reader, tenant directory.TenantID, field directory.Field, email string, deleted bool) (list []*directory.User, err error) {
	q := directory.Query{Where: directory.Term{Field: field, Text: email}, Limit: -1, Deleted: deleted}
	if err := r.Users(tenant, q, func(u *directory.User) bool { list = append(list, u); return true }); err != nil {
		return nil, fmt.Errorf("look up email: %w", err)
	}
	return list, nil
}

// hasEmail reports whether one of the profile's addresses has the key.
func hasEmail(p directory.Profile, key string) bool {
	for _, e := range p.Emails {
		if directory.Fold(e.Value) == key {
			return true
		}
	}
	return false
}
