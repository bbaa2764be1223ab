package provision

import (
	"errors"
	"fmt"
	"maps"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
)

// revive brings a deleted user back in the form of u, whose attributes are p and
// which takes over its identity.
func (c change) revive(tx storage.Tx, old, u *directory.User, p directory.Profile) error {
	c.action = "user.revive"
	own := u.ExternalIDs[c.by.Client]
	ids, err := idsStillFree(tx, old)
	if err != nil {
		return err
	}
	u.ID, u.Seq, u.Version, u.Created, u.Origin, u.Protected = old.ID, old.Seq, old.Version+1, old.Created, old.Origin, old.Protected
	u.ExternalIDs = ids
	u.SetExternalID(c.by.Client, own)
	u.Modified = later(u.Modified, old.Modified)
	u.Asserted = u.Modified
	state, err := tx.AppState(old)
	if err != nil {
		return fmt.Errorf("revive user: %w", err)
	}
	next := *state
	next.FormerGroups = nil // the identity provider says anew where it belongs
	if err := c.suspect(suspicious("", p.UserName)).updateUser(tx, old, u, state, &next); err != nil {
		return err
	}
	if err := c.endRoleSuppressions(tx, u); err != nil { // its roles are granted anew
		return err
	}
	return emailsFree(tx, u, directory.Profile{}, p, true)
}

// freeToReturn sees to what was set free when the user was deleted: its addresses
// must not have become those of another, like its name, which storage decides
// on; and of its externalIds it keeps those that nobody has now.
func (c change) freeToReturn(tx storage.Tx, prev, next *directory.User) error {
	p, err := next.Document.Profile()
	if err != nil {
		return fmt.Errorf("user %s: %w", next.ID, err)
	}
	if err := emailsFree(tx, next, directory.Profile{}, p, true); err != nil {
		return err
	}
	if prev.Status.State == directory.DeletedSCIM {
		next.ExternalIDs, err = idsStillFree(tx, prev)
	}
	return err
}

// idsStillFree returns the externalIds that a deleted user may have again. Its
// deletion set them free; one that its client has given to another user since
// stays there, and is no reason to refuse the one who comes back.
func idsStillFree(r storage.Reader, u *directory.User) (map[directory.ClientID]string, error) {
	ids := maps.Clone(u.ExternalIDs)
	for client, id := range u.ExternalIDs {
		n, err := r.CountUsers(u.Tenant, directory.Query{Client: client, Where: directory.Term{Field: directory.FieldExternalID, Text: id}})
		if err != nil {
			return nil, fmt.Errorf("look up externalId: %w", err)
		}
		if n > 0 {
			delete(ids, client)
		}
	}
	return ids, nil
}

// rejoinGroups puts a user whose deletion was withdrawn back into those of its
// former groups that still exist.
func (c change) rejoinGroups(tx storage.Tx, u *directory.User, former []directory.ID) error {
	c.action, c.note = "group.members", nil
	for _, id := range former {
		g, err := tx.Group(u.Tenant, id)
		if errors.Is(err, directory.ErrNotFound) {
			continue
		}
		if err != nil {
			return fmt.Errorf("rejoin group: %w", err)
		}
		if _, err := c.updateGroup(tx, g, g.Clone(), &directory.MemberEdit{Add: []string{u.ID.String()}}); err != nil {
			return err
		}
	}
	return nil
}
