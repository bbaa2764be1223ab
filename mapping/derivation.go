package mapping

import (
	"strings"
	"time"

	"github.com/scimbridge/scimbridge/directory"
)

// derivation is the making of one account. Each method sets some fields and
// notes where their values came from; nothing else computes either, so the
// account and its explanation cannot disagree.
type derivation struct {
	m       *Mapper
	user    *directory.User
	state   *directory.AppState
	orgID   int64
	profile directory.Profile
	a       *Account
	grants  unique[Grant] // a.Grants while they are collected
	rec     *recorder     // nil unless explaining
}

// Where values come from, as far as it is the same for many fields.
const (
	fromRecord     = "directory record"
	fromNobody     = "not assigned"
	fromGrants     = "grants"
	fromExpression = "expression"
	byDefault      = "default"
)

// candidate is a value that a field takes if it is the first that is not empty.
type candidate struct{ value, source string }

// text sets a string field to its first candidate that is not empty.
func (d *derivation) text(dst *string, path string, cs ...candidate) {
	for i := range cs {
		if cs[i].value != "" {
			*dst = cs[i].value
			d.note(path, cs[i].source)
			return
		}
	}
	*dst = ""
	d.note(path, fromNobody)
}

// said is what one source says about a boolean; nil is nothing.
type said struct {
	value  *bool
	source string
}

// first sets a boolean field to what the first source says that says anything.
func (d *derivation) first(dst *bool, path string, ss ...said) {
	for _, s := range ss {
		if s.value != nil {
			*dst = *s.value
			d.note(path, s.source)
			return
		}
	}
	d.note(path, byDefault)
}

// latest sets a time field to the later of two instants.
func (d *derivation) latest(dst *time.Time, path string, a time.Time, aSource string, b time.Time, bSource string) {
	switch {
	case a.IsZero() && b.IsZero():
		d.note(path, fromNobody)
	case b.After(a):
		*dst = b
		d.note(path, bSource)
	default:
		*dst = a
		d.note(path, aSource)
	}
}

// note remembers the source of a field.
func (d *derivation) note(path, source string) {
	if d.rec != nil {
		d.rec.sources[path] = source
	}
}

// common derives what all four applications share (documented-apis section 5).
func (d *derivation) common() {
	u, p, a := d.user, &d.profile, d.a
	a.ID, a.Tenant, a.Version = u.ID, u.Tenant, u.Version
	a.Status, a.Origin = u.Status, u.Origin
	a.Created, a.Modified = u.Created, u.Modified
	for _, path := range [...]string{"id", "tenant", "version", "status", "origin", "created", "modified"} {
		d.note(path, fromRecord)
	}
	a.UserName = p.UserName
	d.note("userName", "user userName")
	d.externalID()

	d.text(&a.Email, "email", workEmail(p), primaryEmail(p), firstEmail(p))
	var name directory.Name
	if p.Name != nil {
		name = *p.Name
	}
	d.text(&a.GivenName, "givenName", candidate{name.GivenName, "user name.givenName"})
	d.text(&a.FamilyName, "familyName", candidate{name.FamilyName, "user name.familyName"})
	d.text(&a.DisplayName, "displayName",
		candidate{p.DisplayName, "user displayName"},
		candidate{name.Formatted, "user name.formatted"},
		candidate{joined(name.GivenName, name.FamilyName), "user name.givenName and name.familyName"})

	d.phones()
	d.text(&a.Language, "language",
		candidate{p.PreferredLanguage, "user preferredLanguage"},
		candidate{p.Locale, "user locale"},
		candidate{"en", byDefault})
	facetime := directory.OfType(p.IMs, "facetime")
	d.text(&a.FaceTime, "faceTime", candidate{facetime, `user ims[type eq "facetime"].value`})

	var e directory.Enterprise
	if p.Enterprise != nil {
		e = *p.Enterprise
	}
	d.text(&a.EmployeeNumber, "employeeNumber", candidate{e.EmployeeNumber, "user enterprise employeeNumber"})
	d.text(&a.Department, "department", candidate{e.Department, "user enterprise department"})
	d.text(&a.CostCenter, "costCenter", candidate{e.CostCenter, "user enterprise costCenter"})
	d.text(&a.Division, "division", candidate{e.Division, "user enterprise division"})
	d.text(&a.Organization, "organization", candidate{e.Organization, "user enterprise organization"})
	manager := ""
	if e.Manager != nil {
		manager = e.Manager.Value
	}
	d.text(&a.Manager, "manager", candidate{manager, "user enterprise manager.value"})
	d.locked()
}

// externalID shows the one of the oldest client: clients are numbered in the
// order of their creation.
func (d *derivation) externalID() {
	d.note("externalId", fromNobody)
	oldest := directory.ClientID(0)
	for client, id := range d.user.ExternalIDs {
		if id != "" && (d.a.ExternalID == "" || client < oldest) {
			oldest, d.a.ExternalID = client, id
			d.note("externalId", "user externalId of the oldest client")
		}
	}
}

// locked: ServiceMobility's administrators and the identity provider can each
// lock, and neither can undo the other's.
func (d *derivation) locked() {
	pushed := d.bridge().Locked
	switch {
	case d.state.Mobility.Locked:
		d.a.Locked = true
		d.note("locked", "state servicemobility.locked")
	case pushed != nil:
		d.a.Locked = *pushed
		d.note("locked", "user bridge locked")
	default:
		d.note("locked", byDefault)
	}
}

// phones: numbers stay as they are but for the URI scheme of RFC 7643 4.1.2.
func (d *derivation) phones() {
	a, all := d.a, d.profile.PhoneNumbers
	d.text(&a.PhoneMobile, "phoneMobile", candidate{withoutTel(directory.OfType(all, "mobile")), `user phoneNumbers[type eq "mobile"].value`})
	d.text(&a.PhoneWork, "phoneWork", candidate{withoutTel(directory.OfType(all, "work")), `user phoneNumbers[type eq "work"].value`})
	d.note("phones", "user phoneNumbers")
	for _, n := range all {
		if v := withoutTel(n.Value); v != "" {
			if a.Phones == nil {
				a.Phones = make([]Phone, 0, len(all))
			}
			a.Phones = append(a.Phones, Phone{Number: v, Type: n.Type})
		}
	}
	if a.Phones == nil {
		d.note("phones", fromNobody)
	}
}

// bridge returns the pushed attributes of our own extension, never nil.
func (d *derivation) bridge() *directory.Bridge {
	if d.profile.Bridge == nil {
		return &noBridge
	}
	return d.profile.Bridge
}

// noBridge is what users without the extension have. It is never written to.
var noBridge directory.Bridge

// What an address is chosen by; which address that is, the profile knows.

// What an address is chosen by; which address that is, the profile knows.

func workEmail(p *directory.Profile) candidate {
	return candidate{p.WorkEmail(), `user emails[type eq "work"].value`}
}

func primaryEmail(p *directory.Profile) candidate {
	return candidate{p.PrimaryEmail(), "user emails[primary eq true].value"}
}

func firstEmail(p *directory.Profile) candidate {
	return candidate{p.FirstEmail(), "user emails, the first value"}
}

// withoutTel strips the scheme of a tel URI (RFC 3966), in any case.
func withoutTel(number string) string {
	if len(number) >= 4 && strings.EqualFold(number[:4], "tel:") {
		return number[4:]
	}
	return number
}

func joined(given, family string) string {
	if given == "" || family == "" {
		return given + family
	}
	return given + " " + family
}
