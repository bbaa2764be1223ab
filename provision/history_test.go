package provision

import (
	"strconv"
	"time"

	"pgregory.net/rapid"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
)

// history does random things to a tenant, through every call that changes it.
// What it draws from is small, so that names, addresses and ids meet often.
type history struct {
	*rapid.T
	f      *fixture
	users  []directory.ID
	groups []directory.ID
	things []directory.ID // resources of configured types
}

// step is one call. A refusal is as good as a success: it changes nothing.
func (h *history) step() {
	h.Helper()
	n := len(h.f.entries())
	step := rapid.SampledFrom([]func() error{
		h.push, h.push, h.edit, h.edit, h.delete, h.undelete, h.again, h.create, h.editAccount, h.editAccount, h.editAccount,
		h.pushGroup, h.editGroup, h.editGroup, h.deleteGroup, h.pushThing, h.editThing, h.deleteThing, h.sweep, h.record, h.nothing,
	}).Draw(h.T, "step")
	if err := step(); err != nil {
		if !refused(err) {
			h.Fatal(err)
		}
		if now := len(h.f.entries()); now != n {
			h.Fatalf("a call refused with %v left %d entries", err, now-n)
		}
	}
}

func (h *history) pick(ids []directory.ID) directory.ID {
	if len(ids) == 0 {
		return directory.NewID(epoch)
	}
	return rapid.SampledFrom(ids).Draw(h.T, "id")
}

func (h *history) text(label string, n int) string {
	if i := rapid.IntRange(0, n).Draw(h.T, label); i > 0 {
		return label + strconv.Itoa(i)
	}
	return ""
}

func (h *history) client() journal.Actor {
	return rapid.SampledFrom([]journal.Actor{h.f.okta, h.f.entra}).Draw(h.T, "client")
}

func (h *history) application() journal.Actor {
	return rapid.SampledFrom([]journal.Actor{h.f.rsa, h.f.syncari, h.f.mobility}).Draw(h.T, "application")
}

func (h *history) profile() directory.Profile {
	p := directory.Profile{UserName: "n" + h.text("name", 4), Title: h.text("title", 3)}
	if e := h.text("mail", 4); e != "" {
		p.Emails = []directory.Plural{{Value: e + "@example.com", Type: "work"}}
	}
	if o := h.text("org", 2); o != "" {
		p.Enterprise = &directory.Enterprise{Organization: o}
	}
	if r := h.text("role", 2); r != "" {
		p.Roles = []directory.Plural{{Value: r}}
	}
	return p
}

func (h *history) document(p directory.Profile) directory.Document {
	d, err := p.Document()
	if err != nil {
		h.Fatal(err)
	}
	return d
}

func (h *history) push() error {
	by := h.client()
	in := &directory.User{Document: h.document(h.profile()), Active: rapid.Bool().Draw(h.T, "active")}
	in.SetExternalID(by.Client, h.text("ext", 3))
	u, err := h.f.CreateUser(h.f.Context(), by, in)
	if err == nil {
		h.users = append(h.users, u.ID)
	}
	return err
}

func (h *history) edit() error {
	by := h.client()
	doc, active := h.document(h.profile()), rapid.Bool().Draw(h.T, "active")
	ext, what := h.text("ext", 3), rapid.IntRange(1, 15).Draw(h.T, "what")
	_, _, err := h.f.EditUser(h.f.Context(), by, h.pick(h.users), func(u *directory.User) error {
		if what&1 != 0 {
			u.Document = doc
		}
		if what&8 != 0 {
			return rewrite(func(p *directory.Profile) { p.Locale = ext })(u)
		}
		if what&2 != 0 {
			u.Active = active
		}
		if what&4 != 0 {
			u.SetExternalID(by.Client, ext)
		}
		return nil
	})
	return err
}

func (h *history) delete() error {
	return h.f.DeleteUser(h.f.Context(), h.client(), h.pick(h.users), nil)
}

// undelete withdraws a deletion: somebody else may have the name by now.
func (h *history) undelete() error {
	id := h.pick(h.users)
	if err := h.f.DeleteUser(h.f.Context(), h.client(), id, nil); err == nil && rapid.Bool().Draw(h.T, "meanwhile") {
		h.step()
	} else if err != nil && !refused(err) {
		return err
	}
	n := len(h.f.entries())
	_, err := h.f.event(h.f.rsa, id, directory.RSAUnmarkDeleted)
	if now := len(h.f.entries()); err != nil && now != n {
		h.Fatalf("an undelete refused with %v left %d entries", err, now-n)
	}
	if err != nil && refused(err) {
		return nil // what came before has left entries
	}
	return err
}

// again is a DELETE and a POST of the same name, with the same externalId or another.
func (h *history) again() error {
	id, by := h.pick(h.users), h.client()
	old, err := h.f.User(h.f.Context(), by, id)
	if err != nil {
		return err
	}
	if err := h.f.DeleteUser(h.f.Context(), by, id, nil); err != nil {
		return err
	}
	in := &directory.User{Document: old.Document, Active: true}
	in.SetExternalID(by.Client, rapid.SampledFrom([]string{old.ExternalIDs[by.Client], "ext4"}).Draw(h.T, "ext again"))
	u, err := h.f.CreateUser(h.f.Context(), by, in)
	if err == nil {
		h.users = append(h.users, u.ID)
	} else if !refused(err) {
		return err
	}
	return nil
}

func (h *history) create() error {
	d := Draft{Profile: h.profile()}
	d.State.MobilityUserID = h.text("sm", 2)
	d.State.Mobility.PasswordHash, d.State.Syncari.SecretSHA256 = passwordHash, secretDigest
	a, err := h.f.CreateAccount(h.f.Context(), h.application(), "create", rapid.Bool().Draw(h.T, "active"), d)
	if err == nil {
		h.users = append(h.users, a.ID)
	}
	return err
}

func (h *history) editAccount() error {
	p, group := h.profile(), h.pick(h.groups)
	what := rapid.IntRange(0, 8).Draw(h.T, "what")
	event := directory.Event(rapid.IntRange(0, int(directory.PurgeDue)).Draw(h.T, "event"))
	value := h.text("value", 2)
	var note any
	if rapid.Bool().Draw(h.T, "noted") {
		note = "a note"
	}
	_, err := h.f.EditAccount(h.f.Context(), h.application(), Ref{ID: h.pick(h.users)}, "edit", func(d *Draft) error {
		d.Note = note
		switch what {
		case 0:
			d.Profile = p
		case 1:
			d.Reassert = true
			d.State.RSA.LastSync = d.Now
		case 2:
			d.State.Syncari.Suppressed = map[string][]directory.Suppression{"I1": {{Role: "Viewer", Groups: []directory.ID{group}}, {Role: "Author"}}}
		case 3:
			d.State.Mobility.PasswordHash, d.State.Syncari.SecretSHA256 = passwordHash+value, secretDigest+value
		case 4:
			d.State.Mobility.Teams = []string{}
			d.State.Uniphore.Roles = map[string]directory.UniphoreRole{"dev": {ID: 9, Name: value}}
		case 5:
			d.Profile.NickName = value
			d.Events = []directory.Event{event}
		default:
			d.Events = []directory.Event{event}
		}
		return nil
	})
	return err
}

func (h *history) groupDocument() directory.Document {
	doc, err := directory.GroupProfile{DisplayName: "g" + h.text("group", 3)}.Document()
	if err != nil {
		h.Fatal(err)
	}
	return doc
}

func (h *history) memberEdit() *directory.MemberEdit {
	anybody := append(append([]directory.ID{directory.NewID(epoch)}, h.users...), h.groups...)
	some := func(label string) []string {
		return texts(rapid.SliceOfNDistinct(rapid.SampledFrom(anybody), 0, min(4, len(anybody)), rapid.ID).Draw(h.T, label)...)
	}
	e := &directory.MemberEdit{Add: some("add"), Clear: rapid.IntRange(0, 4).Draw(h.T, "clear") == 0}
	if rapid.Bool().Draw(h.T, "removing") {
		e.Add, e.Remove = nil, some("remove")
	}
	return e
}

func (h *history) pushGroup() error {
	g, _, err := h.f.CreateGroup(h.f.Context(), h.client(), &directory.Group{Document: h.groupDocument(), AllowDuplicateName: rapid.Bool().Draw(h.T, "twin")}, h.memberEdit())
	if err == nil {
		h.groups = append(h.groups, g.ID)
	}
	return err
}

func (h *history) editGroup() error {
	by, doc, members, ext := h.client(), h.groupDocument(), h.memberEdit(), h.text("ext", 3)
	what := rapid.IntRange(0, 3).Draw(h.T, "what")
	_, _, err := h.f.EditGroup(h.f.Context(), by, h.pick(h.groups), func(g *directory.Group) (*directory.MemberEdit, error) {
		if what == 1 {
			g.Document = doc
		}
		if what == 2 {
			g.SetExternalID(by.Client, ext)
		}
		if what == 3 {
			return nil, nil
		}
		return members, nil
	})
	return err
}

func (h *history) deleteGroup() error {
	return h.f.DeleteGroup(h.f.Context(), h.client(), h.pick(h.groups), nil)
}

func (h *history) sweep() error {
	h.f.pass(rapid.SampledFrom([]time.Duration{time.Second, retention + time.Second}).Draw(h.T, "wait"))
	_, err := h.f.PurgeDue(h.f.Context())
	return err
}

func (h *history) record() error {
	return h.f.Record(h.f.Context(), h.application(), "refused", h.pick(h.users), "why")
}

// nothing is what must leave no trace.
func (h *history) nothing() error {
	n := len(h.f.entries())
	id, changed := h.pick(h.users), false
	_, err := h.f.EditAccount(h.f.Context(), h.f.rsa, Ref{ID: id}, "look", func(*Draft) error { return nil })
	if err != nil {
		return err
	}
	if u, err := h.f.User(h.f.Context(), h.f.okta, id); err == nil && !u.Asserted.IsZero() { // else the edit adopts it
		if _, changed, err = h.f.EditUser(h.f.Context(), h.f.okta, id, func(*directory.User) error { return nil }); err != nil {
			return err
		}
	}
	if now := len(h.f.entries()); now != n || changed {
		h.Fatalf("edits that change nothing left %d entries, changed %t", now-n, changed)
	}
	return nil
}

func (h *history) thingType() string { return rapid.SampledFrom(thingTypes).Draw(h.T, "type") }

// thingTypes are resource types that a configuration may have.
var thingTypes = []string{"Device", "Room"}

func (h *history) thing() directory.Document {
	return directory.Document(`{"a":` + strconv.Quote(h.text("a", 3)) + `,"$ref":` + strconv.Itoa(rapid.IntRange(0, 2).Draw(h.T, "n")) + `}`)
}

func (h *history) pushThing() error {
	by := h.client()
	in := &directory.Resource{Type: h.thingType(), Document: h.thing()}
	in.SetExternalID(by.Client, h.text("ext", 3))
	r, err := h.f.CreateResource(h.f.Context(), by, in)
	if err == nil {
		h.things = append(h.things, r.ID)
	}
	return err
}

func (h *history) editThing() error {
	by, doc, ext := h.client(), h.thing(), h.text("ext", 3)
	_, _, err := h.f.EditResource(h.f.Context(), by, h.thingType(), h.pick(h.things), func(r *directory.Resource) error {
		r.Document = doc
		r.SetExternalID(by.Client, ext)
		return nil
	})
	return err
}

func (h *history) deleteThing() error {
	return h.f.DeleteResource(h.f.Context(), h.client(), h.thingType(), h.pick(h.things), nil)
}
