package rsa

import (
	"github.com/go-json-experiment/json"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/provision"
)

// setStatus is "User Status" (route 5). Setting what already is answers 200.
func (s *Server) setStatus(c *call) (any, error) {
	v, err := c.body.only("userStatus")
	if err != nil {
		return nil, err
	}
	var wanted string
	if v.Kind() != '"' || json.Unmarshal(v, &wanted) != nil || wanted != statusEnabled && wanted != statusDisabled {
		return nil, badRequest("The property userStatus must be " + statusEnabled + " or " + statusDisabled + ".")
	}
	event := directory.RSAEnable
	c.action = actionEnable
	if wanted == statusDisabled {
		event = directory.RSADisable
		c.action = actionDisable
	}
	a, err := s.bridge.EditAccount(c.Context(), c.by, provision.Ref{ID: c.id}, c.action, happens(event))
	if err != nil {
		return nil, err
	}
	return StatusAnswer{ID: a.ID.String(), UserStatus: userStatus(a.Status)}, nil
}

// markDeleted is "Mark User Deleted" (route 6), and its withdrawal.
func (s *Server) markDeleted(c *call) (any, error) {
	v, err := c.body.only("markDeleted")
	if err != nil {
		return nil, err
	}
	mark, err := boolean("markDeleted", v)
	if err != nil {
		return nil, err
	}
	event := directory.RSAMarkDeleted
	c.action = actionMark
	if !mark {
		event = directory.RSAUnmarkDeleted
		c.action = actionUnmark
	}
	a, err := s.bridge.EditAccount(c.Context(), c.by, provision.Ref{ID: c.id}, c.action, c.unlessSCIMManaged(happens(event)))
	if err != nil {
		return nil, err
	}
	return deletion(&a), nil
}

// deleteNow is "Delete User Now" (route 7): the user is purged, for good.
func (s *Server) deleteNow(c *call) (any, error) {
	c.action = actionDelete
	_, err := s.bridge.EditAccount(c.Context(), c.by, provision.Ref{ID: c.id}, c.action, c.unlessSCIMManaged(happens(directory.RSADeleteNow)))
	if err != nil {
		return nil, err
	}
	return struct{}{}, nil
}

// happens is the edit that is one event and its entry in the log.
func happens(event directory.Event) func(*provision.Draft) error {
	return func(d *provision.Draft) error {
		d.Events = append(d.Events, event)
		d.Note = success(d)
		return nil
	}
}

// unlessSCIMManaged refuses the edit of a user that an identity provider has
// written, if the tenant is configured so.
func (c *call) unlessSCIMManaged(edit func(*provision.Draft) error) func(*provision.Draft) error {
	if !c.tenant.SCIMManaged405 {
		return edit
	}
	return func(d *provision.Draft) error {
		if !d.User.Asserted.IsZero() {
			return errSCIMManaged
		}
		return edit(d)
	}
}
