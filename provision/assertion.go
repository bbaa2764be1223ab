package provision

import (
	"bytes"

	"github.com/scimbridge/scimbridge/directory"
)

// assertedBy returns what the snapshot of a user is after a SCIM client's edit
// that makes next of u, nil where that is next's document itself.
//
// A PATCH says something of the attributes it names and nothing of the others.
// So what the identity provider asserts after it is the edit of what it asserted
// before, without what an application changed since: the same edit of a user
// whose document is the snapshot. A PUT says everything, makes the same document
// of both, and so ends the snapshot by itself.
//
// An edit may make sense only of what is shown, e.g. when it names the type of a
// phone number that an application added. The client has seen what it edits
// then, so that all that is shown becomes what it asserts.
func assertedBy(u, next *directory.User, edit func(*directory.User) error) directory.Document {
	if u.Snapshot == nil {
		return nil
	}
	asserted := u.Clone()
	asserted.Document = u.Snapshot
	if err := edit(asserted); err != nil {
		return shownInstead(u, next)
	}
	// Not an error of the client's either, which never spoke of this document.
	if _, err := checkedProfile(asserted.Document); err != nil {
		return shownInstead(u, next)
	}
	if bytes.Equal(asserted.Document, next.Document) {
		return nil
	}
	return asserted.Document
}

// shownInstead is the snapshot after an edit that can not be made of the
// snapshot: none, or if the edit left what is shown as it is, the one there was.
func shownInstead(u, next *directory.User) directory.Document {
	if bytes.Equal(u.Document, next.Document) {
		return u.Snapshot
	}
	return nil
}

// reassertion returns the events that give the identity provider's last word on
// active its effect again: a user it deactivated is disabled, one that only it
// had disabled comes back; what an administrator disabled stays so
// (documented-apis 2.4). A pending deletion is not touched.
//
// "Source record missing -> Disabled" is said of a record that was there: one
// that the identity provider deleted counts as deactivated by it (DeleteUser).
// A user whom no identity provider ever wrote has no source at all, like RSA's
// own local users, which a synchronization of an identity source passes over;
// disabling them would lock an application's users out of all four because
// somebody looked them up in one.
func reassertion(u *directory.User) []directory.Event {
	s := u.Status
	switch {
	case u.Asserted.IsZero():
	case s.State == directory.Active && !u.AssertedActive:
		return []directory.Event{directory.SCIMDeactivate}
	case s.State == directory.Disabled && s.DisabledBy == directory.OriginSCIM && u.AssertedActive:
		return []directory.Event{directory.SCIMActivate}
	}
	return nil
}
