package syncari

import (
	"net/http"
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/mapping"
	"github.com/scimbridge/scimbridge/provision"
)

// create is POST /api/v1/users. It answers 200, not 201, as the sample does.
func (s *Server) create(c *call) (any, error) {
	var in createRequest
	if err := s.body(c, &in); err != nil {
		return nil, err
	}
	roles, err := c.checkCreate(&in)
	if err != nil {
		return nil, err
	}
	c.target = *in.Email
	yes := true
	draft := provision.Draft{
		Profile: directory.Profile{
			UserName: *in.Email, // an account born here is found by its email (documented-apis 3.6)
			Name:     &directory.Name{GivenName: *in.FirstName, FamilyName: *in.LastName},
			Emails:   []directory.Plural{{Value: *in.Email, Type: "work", Primary: &yes}},
		},
		Note: c.note(),
	}
	now := s.now().UTC().Truncate(time.Millisecond)
	draft.State.SyncariID = directory.NewObjectID(now)
	st := &draft.State.Syncari
	st.CreatedBy, st.UpdatedBy, st.Instance, st.Roles, st.Changed = c.caller.id, c.caller.id, c.instance, roles, now
	secret := ""
	if in.IsAPIUser {
		secret = newSecret()
		st.APIUser, st.ClientID, st.SecretSHA256 = true, newClientID(c.caller.tenant, draft.State.SyncariID), digest(secret)
	}
	a, err := s.bridge.CreateAccount(c.Context(), c.actor(), "syncari.create", true, draft)
	if err != nil {
		return nil, err
	}
	u := showUser(&a)
	if in.IsAPIUser {
		u.ClientSecret = &secret // now and never again
	}
	return u, nil
}

// checkCreate finds all that is wrong with a new user, and returns its roles in
// their proper spelling.
func (c *call) checkCreate(in *createRequest) (map[string][]string, error) {
	f := &failure{status: http.StatusBadRequest}
	report := func(code, message string) { f.problems = append(f.problems, problem{code, message}) }
	text := func(name string, v *string, most int) {
		switch {
		case v == nil || strings.TrimSpace(*v) == "":
			report("MISSING_FIELD", name+" is required")
		case utf8.RuneCountInString(*v) > most:
			report("INVALID_FIELD", name+" is too long")
		case strings.ContainsFunc(*v, unicode.IsControl):
			report("INVALID_FIELD", name+" holds a control character")
		case name == "email" && !isEmail(*v):
			report("INVALID_FIELD", "email is not an email address")
		}
	}
	text("email", in.Email, 254)
	text("firstName", in.FirstName, 256)
	text("lastName", in.LastName, 256)
	roles := map[string][]string{}
	if in.UserRoles == nil {
		report("MISSING_FIELD", "userRoles is required")
	} else {
		for name, list := range *in.UserRoles {
			instance, ok := c.mapper.SyncariInstance(name)
			if !ok {
				report("UNKNOWN_INSTANCE", "userRoles: there is no instance "+clip(name))
				continue
			}
			named, unknown := c.rolesNamed(list)
			for _, role := range unknown {
				report("UNKNOWN_ROLE", "userRoles."+instance+": there is no role "+clip(role))
			}
			if len(named) > 0 {
				roles[instance] = append(roles[instance], named...)
			}
		}
	}
	for instance, list := range roles {
		// Permission comes before syntax (documented-apis 0.2); what is named
		// in the body can only be judged here.
		if err := c.mayGrant(instance, list); err != nil {
			return nil, err
		}
	}
	if in.IsAPIUser && !hasClientIDs(c.caller.tenant) {
		report("INVALID_FIELD", "isApiUser: this tenant can not have API users")
	}
	if len(f.problems) > 0 {
		return nil, f
	}
	return roles, nil
}

// isEmail accepts a bare address: what net/mail reads, without a display name.
func isEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && a.Name == ""
}

// get is GET /api/v1/users/{id}.
func (s *Server) get(c *call) (any, error) {
	id, err := c.userID()
	if err != nil {
		return nil, err
	}
	a, err := s.bridge.Account(c.Context(), c.caller.tenant, byID(id))
	if err != nil {
		return nil, err
	}
	if !c.sees(&a) {
		return nil, userNotFound(c.target)
	}
	return showUser(&a), nil
}

// activate is …/users/{id}/activate. On an active user it changes nothing.
func (s *Server) activate(c *call) (any, error) {
	return s.happen(c, "syncari.activate", directory.SyncariActivate, directory.Disabled)
}

// deactivate is …/users/{id}/deactivate: "Soft deactivate only - sets
// Status.INACTIVE". Roles are kept; on an inactive user it changes nothing.
func (s *Server) deactivate(c *call) (any, error) {
	return s.happen(c, "syncari.deactivate", directory.SyncariDeactivate, directory.Active)
}

// delete is DELETE /api/v1/users/{id}: a soft delete.
func (s *Server) delete(c *call) (any, error) {
	return s.happen(c, "syncari.delete", directory.SyncariDelete, directory.Active, directory.Disabled)
}

// happen makes an event happen to the user, which changes something in the
// states from.
func (s *Server) happen(c *call, action string, event directory.Event, from ...directory.State) (any, error) {
	return s.edit(c, action, func(d *provision.Draft) error {
		if !c.sees(&d.Account) {
			return directory.ErrNotFound
		}
		if err := c.mayDispose(&d.Account); err != nil {
			return err
		}
		d.Events = append(d.Events, event)
		for _, state := range from {
			if d.Account.Status.State == state {
				c.stamp(d)
			}
		}
		return nil
	})
}

// edit changes the user that the path names and answers it.
func (s *Server) edit(c *call, action string, change func(*provision.Draft) error) (any, error) {
	id, err := c.userID()
	if err != nil {
		return nil, err
	}
	a, err := s.bridge.EditAccount(c.Context(), c.actor(), byID(id), action, func(d *provision.Draft) error {
		if err := change(d); err != nil {
			return err
		}
		if holds(d.Account.Syncari.Roles, orgAdmin) && !c.caller.orgAdmin() {
			return forbidden("Only an Org Admin may change an Org Admin")
		}
		d.Note = c.note()
		return nil
	})
	if err != nil {
		return nil, err
	}
	return showUser(&a), nil
}

// stamp marks the user as changed by the caller.
func (c *call) stamp(d *provision.Draft) {
	d.State.Syncari.UpdatedBy = c.caller.id
	d.State.Syncari.Changed = d.Now
}

// userID reads the id in the path. What is no id can not be that of a user.
func (c *call) userID() (directory.ObjectID, error) {
	id, err := directory.ParseObjectID(c.target)
	if err != nil || id == (directory.ObjectID{}) {
		return id, userNotFound(c.target)
	}
	return id, nil
}

// sees reports whether the caller is shown the user: an Org Admin every user of
// the organization, an Instance Admin those of the instance.
func (c *call) sees(a *mapping.Account) bool { return c.caller.orgAdmin() || c.lists(a) }

// lists reports whether the user belongs to the list of the instance: it has a
// role there, or has none anywhere and was created there (documented-apis 3.8).
// A user whose deletion is pending keeps the roles of its former groups, and with
// them its place in the list, until it is purged.
func (c *call) lists(a *mapping.Account) bool {
	if len(a.Syncari.Roles[c.instance]) > 0 {
		return true
	}
	if len(a.Syncari.Roles) > 0 {
		return false
	}
	return a.Syncari.Instance == c.instance
}
