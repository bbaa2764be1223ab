package uniphore

import (
	"context"
	"errors"
	"log/slog"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/provision"
)

// actionSync is the journal's word for a sync-user call.
const actionSync = "uniphore.sync-user"

// note is what the journal keeps of a sync-user call.
type note struct {
	Environment string `json:"environment"`
	// Result is "synced" or why not.
	Result  string                  `json:"result"`
	OldRole *directory.UniphoreRole `json:"oldRole,omitempty"`
	NewRole *directory.UniphoreRole `json:"newRole,omitempty"`
	// Granted says where the new role comes from.
	Granted string `json:"granted,omitempty"`
}

// syncUser is "Sync Logged-In User".
func (s *Server) syncUser(c *call) (any, error) {
	if err := s.environment(c); err != nil {
		return nil, s.refused(c, directory.ID{}, err)
	}
	found, err := s.account(c.Context(), &c.who)
	if err != nil {
		return nil, s.refused(c, directory.ID{}, err)
	}
	var role directory.UniphoreRole // of the edit's last run
	a, err := s.bridge.EditAccount(c.Context(), c.by, provision.Ref{ID: found.ID}, actionSync, func(d *provision.Draft) error {
		if err := admitted(&d.Account); err != nil {
			return err
		}
		next, grant, ok := s.bridge.UniphoreRole(d, c.env, c.who.roles)
		if !ok {
			return errNoRole
		}
		role = next
		n := note{Environment: c.env, Result: "synced", NewRole: &next, Granted: grant.Origin}
		if old, had := d.State.Uniphore.Roles[c.env]; had {
			n.OldRole = &old
		}
		d.Note = n
		if store(d, c, next) {
			d.State.Uniphore.Changed = d.Now
		}
		return nil
	})
	if err != nil {
		return nil, s.refused(c, found.ID, err)
	}
	return SyncAnswer{User: user(&a, role)}, nil
}

// store puts what the call says of the user into the draft and reports whether
// any of it is new. What the identity provider says by SCIM stands above it.
func store(d *provision.Draft, c *call, role directory.UniphoreRole) (changed bool) {
	state := &d.State.Uniphore
	if old, had := state.Roles[c.env]; !had || old != role {
		if state.Roles == nil {
			state.Roles = map[string]directory.UniphoreRole{}
		}
		state.Roles[c.env] = role
		changed = true
	}
	var pushed directory.UniphoreAttributes
	if b := d.Profile.Bridge; b != nil && b.Uniphore != nil {
		pushed = *b.Uniphore
	}
	if pushed.ClientID == "" && c.who.clientID != "" && state.ClientID != c.who.clientID {
		state.ClientID = c.who.clientID
		changed = true
	}
	// The link is learned once: a person may log in with several identities,
	// and the link would move with every login.
	if pushed.Auth0ID == "" && state.Auth0ID == "" {
		state.Auth0ID = c.who.subject
		changed = true
	}
	return changed
}

// refused writes the journal entry of a call that came to nothing and returns
// its answer. The caller is answered even if the entry can not be written; then
// the log says so.
func (s *Server) refused(c *call, id directory.ID, err error) error {
	if errors.Is(err, directory.ErrNotFound) {
		err = notFound(c.who.called())
	}
	var why *failure
	if !errors.As(err, &why) || why.result == "" {
		return err // a malformed call, or something broke: nothing was decided
	}
	ctx := context.WithoutCancel(c.Context())
	if lost := s.bridge.Record(ctx, c.by, actionSync, id, note{Environment: c.env, Result: why.result}); lost != nil {
		s.log.LogAttrs(ctx, slog.LevelError, "journal entry of a refused call not written",
			slog.String("surface", "uniphore"), slog.String("request_id", c.by.RequestID), slog.Any("error", lost))
	}
	return err
}

// userID looks up a user's number by name. Only somebody who could sync may ask.
func (s *Server) userID(c *call) (any, error) {
	if err := s.environment(c); err != nil {
		return nil, err
	}
	name := c.PathValue("userName")
	self, err := s.account(c.Context(), &c.who)
	if err == nil {
		err = admitted(&self)
	}
	if err == nil {
		self, err = s.named(c.Context(), &c.who, name)
	}
	if errors.Is(err, directory.ErrNotFound) {
		return nil, notFound(name)
	}
	if err != nil {
		return nil, err
	}
	return IDAnswer{UserID: self.Uniphore.ID}, nil
}
