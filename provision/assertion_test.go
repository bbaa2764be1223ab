package provision

import (
	"errors"
	"testing"

	"github.com/scimbridge/scimbridge/directory"
)

// What the identity provider asserts is what it said, attribute by attribute:
// what an application changed becomes its word only if it says so too.
//
// covers: documented-apis 2.4, 6.3
func TestWhatASCIMWriteAsserts(t *testing.T) {
	const before, after = "+1", "+2" // the phone that was pushed, and the one that RSA set
	var (
		title    = rewrite(func(p *directory.Profile) { p.Title = "Dr" })
		setPhone = func(n string) func(*directory.User) error {
			return rewrite(func(p *directory.Profile) { p.PhoneNumbers = mobile(n) })
		}
	)
	errNoTarget := errors.New("no target")
	// relabel is a PATCH with a value path, which needs what RSA set to be there.
	relabel := func(u *directory.User) error {
		p, err := u.Document.Profile()
		if err != nil {
			return err
		}
		if p.PhoneNumbers[0].Value != after {
			return errNoTarget
		}
		return rewrite(func(p *directory.Profile) { p.PhoneNumbers[0].Type = "work" })(u)
	}
	for _, c := range []struct {
		what    string
		edit    func(*directory.User) error
		changes bool
		kept    bool   // a snapshot is kept
		phone   string // after RSA's synchronization
		title   string
	}{
		{"PATCH of another attribute", title, true, true, before, "Dr"},
		{"PATCH of the attribute", setPhone("+3"), true, false, "+3", ""},
		{"PATCH of the attribute to what is shown", setPhone(after), true, false, after, ""},
		{"PATCH that says again what it had said", rewrite(func(p *directory.Profile) { p.UserName = "jane" }), false, true, before, ""},
		{"PATCH of active", setActive(false), true, true, before, ""},
		{"PUT", func(u *directory.User) (err error) {
			p := profileOf("jane")
			p.PhoneNumbers, p.Title = mobile("+4"), "Prof"
			u.Document, err = p.Document()
			return err
		}, true, false, "+4", "Prof"},
		{"PUT of what had been pushed", func(u *directory.User) (err error) {
			p := profileOf("jane")
			p.PhoneNumbers = mobile(before)
			u.Document, err = p.Document()
			return err
		}, true, false, before, ""},
		{"PATCH of what only the application's view has", relabel, true, false, "", ""},
		{"the same with a fault that the snapshot has and the view has not", func(u *directory.User) error {
			if p, err := u.Document.Profile(); err != nil || p.PhoneNumbers[0].Value != after {
				return errors.Join(errNoTarget, err)
			}
			return nil
		}, false, true, before, ""},
		{"an edit that makes no person of the snapshot", func(u *directory.User) error {
			p, err := u.Document.Profile()
			if err != nil {
				return err
			}
			if p.Title = "Dr"; p.PhoneNumbers[0].Value != after {
				p.UserName = " "
			}
			u.Document, err = p.Document()
			return err
		}, true, false, after, "Dr"},
	} {
		t.Run(c.what, func(t *testing.T) {
			f := newFixture(t)
			u := f.pushed("jane")
			f.edited(u.ID, setPhone(before))
			f.changed(f.rsa, u.ID, func(d *Draft) { d.Profile.PhoneNumbers = mobile(after) })
			version := f.stored(u.ID).Version
			for range 2 { // the second time it is no news
				_, changed, err := f.EditUser(f.Context(), f.okta, u.ID, c.edit)
				now := f.stored(u.ID)
				if c.changes {
					version++
				}
				if err != nil || changed != c.changes || now.Version != version || (now.Snapshot != nil) != c.kept {
					t.Fatalf("changed %t, %v, version %d, want %d, %s, snapshot %s", changed, err, now.Version, version, now.Document, now.Snapshot)
				}
				c.changes = false
			}
			f.changed(f.rsa, u.ID, func(d *Draft) { d.Reassert = true })
			now := f.stored(u.ID)
			p := mustProfile(t, now.Document)
			phone := ""
			for _, n := range p.PhoneNumbers {
				if n.Type == "mobile" {
					phone = n.Value
				}
			}
			if phone != c.phone || p.Title != c.title || now.Snapshot != nil {
				t.Errorf("synchronized: %s, snapshot %s", now.Document, now.Snapshot)
			}
		})
	}
}
