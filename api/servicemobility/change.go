package servicemobility

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/mapping"
	"github.com/scimbridge/scimbridge/provision"
)

// change makes a draft show what a PUT asks for. Each step compares with what is
// shown now and writes only what differs.
type change struct {
	in       *userInput
	settings mapping.MobilitySettings
	d        *provision.Draft
}

func (c change) apply() error {
	shown := showUser(&c.d.Account)
	c.names(shown)
	c.email(shown.Email, value(c.in.Email, ""))
	c.phones(shown)
	c.language(shown.LanguageCode)
	c.faceTime(shown.FaceTime)
	c.extensions(shown.Extensions)
	c.flags(shown)
	c.login(shown)
	prune(&c.d.Profile)
	for _, step := range []func(userObject) error{c.lock, c.deploymentGroup, c.team} {
		if err := step(shown); err != nil {
			return err
		}
	}
	return nil
}

// names sets the two parts, and with them the texts that were made of them.
func (c change) names(shown userObject) {
	first, last := value(c.in.FirstName, ""), value(c.in.LastName, "")
	if first == shown.FirstName && last == shown.LastName {
		return
	}
	p := &c.d.Profile
	if p.Name == nil {
		p.Name = &directory.Name{}
	}
	before := full(shown.FirstName, shown.LastName)
	p.Name.GivenName, p.Name.FamilyName = first, last
	if p.Name.Formatted != "" {
		p.Name.Formatted = full(first, last)
	}
	if p.DisplayName != "" && p.DisplayName == before {
		p.DisplayName = full(first, last)
	}
	if *p.Name == (directory.Name{}) {
		p.Name = nil
	}
}

func full(first, last string) string { return strings.TrimSpace(first + " " + last) }

// email replaces the address that is shown. None means none at all: another one
// would be shown in its place.
func (c change) email(shown, want string) {
	p := &c.d.Profile
	switch {
	case want == shown:
	case want == "":
		p.Emails = nil
	case shown == "":
		yes := true
		p.Emails = append(p.Emails, directory.Plural{Value: want, Type: "work", Primary: &yes})
	default:
		for i := range p.Emails {
			if p.Emails[i].Value == shown {
				p.Emails[i].Value = want
				return
			}
		}
	}
}

// phones sets the numbers, and sees to it that the SMS number is the mobile one
// that is shown as SMS: where Phones lacks it, it joins them.
func (c change) phones(shown userObject) {
	sms := value(c.in.SMS, "")
	want := make([]phone, len(c.in.Phones))
	for i, p := range c.in.Phones {
		want[i] = phone{p.PhoneNum, phoneType(p.PhoneType)}
	}
	if slices.Equal(want, shown.Phones) && (sms == "" || sms == shown.SMS) {
		return
	}
	// A number that stays keeps what else is known of it.
	left := slices.Clone(c.d.Profile.PhoneNumbers)
	take := func(number, given string) directory.Plural {
		for i, n := range left {
			if withoutTel(n.Value) == number && phoneType(n.Type) == phoneType(given) {
				left = slices.Delete(left, i, i+1)
				return n
			}
		}
		return directory.Plural{Value: number, Type: strings.ToLower(given)}
	}
	var numbers []directory.Plural
	for _, p := range c.in.Phones {
		numbers = append(numbers, take(p.PhoneNum, p.PhoneType))
	}
	if shows := smsOf(numbers); sms != "" && (shows < 0 || withoutTel(numbers[shows].Value) != sms) {
		entry := take(sms, "mobile")
		if i := slices.IndexFunc(numbers, func(n directory.Plural) bool { return isMobile(n) && withoutTel(n.Value) == sms }); i >= 0 {
			entry = numbers[i]
			numbers = slices.Delete(numbers, i, i+1)
		}
		for i := range numbers {
			if isMobile(numbers[i]) {
				numbers[i].Primary = nil
			}
		}
		at := slices.IndexFunc(numbers, isMobile)
		if at < 0 {
			at = len(numbers)
		}
		numbers = slices.Insert(numbers, at, entry)
	}
	c.d.Profile.PhoneNumbers = numbers
}

func isMobile(n directory.Plural) bool { return strings.EqualFold(n.Type, "mobile") }

// smsOf returns the index of the number that is shown as SMS: the mobile one
// that is primary, else the first; -1 if there is none.
func smsOf(numbers []directory.Plural) int {
	if i := slices.IndexFunc(numbers, func(n directory.Plural) bool { return isMobile(n) && n.IsPrimary() }); i >= 0 {
		return i
	}
	return slices.IndexFunc(numbers, isMobile)
}

// withoutTel strips the scheme of a tel URI, as a GET does.
func withoutTel(number string) string {
	if len(number) >= 4 && strings.EqualFold(number[:4], "tel:") {
		return number[4:]
	}
	return number
}

func (c change) language(shown string) {
	want := value(c.in.LanguageCode, "")
	if want == "" {
		want = standardLanguage
	}
	if want != shown {
		c.d.Profile.PreferredLanguage = want
	}
}

func (c change) faceTime(shown string) {
	want := value(c.in.FaceTime, "")
	if want == shown {
		return
	}
	p := &c.d.Profile
	p.IMs = slices.DeleteFunc(p.IMs, func(im directory.Plural) bool { return strings.EqualFold(im.Type, "facetime") })
	if want != "" {
		p.IMs = append(p.IMs, directory.Plural{Value: want, Type: "facetime"})
	}
}

// extensions: what differs from the pushed values is kept beside them, and a key
// that is left out is removed, whoever set it. Only the four keys that stand for
// attributes of SCIM's enterprise extension can be overridden, not removed: they
// are the identity provider's.
func (c change) extensions(shown map[string]string) {
	st := &c.d.State.Mobility
	own := maps.Clone(st.Extensions)
	if own == nil {
		own = map[string]string{}
	}
	for key := range shown {
		if c.in.Extensions[key] != "" {
			continue
		}
		delete(own, key)
		if b := c.d.Profile.Bridge; b != nil {
			b.Extensions = slices.DeleteFunc(b.Extensions, func(e directory.Plural) bool { return e.Display == key })
		}
	}
	for key, v := range c.in.Extensions {
		if v != "" && v != shown[key] {
			own[key] = v
		}
	}
	if len(own) == 0 {
		own = nil
	}
	st.Extensions = own
}

func (c change) flags(shown userObject) {
	st := &c.d.State.Mobility
	if want := value(c.in.EnableMobileDiagnostics, false); want != shown.EnableMobileDiagnostics {
		st.Diagnostics = &want
	}
	worker := value(c.in.IsMobileWorker, false)
	if worker != shown.IsMobileWorker {
		st.MobileWorker = &worker
	}
	// The default of Status depends on who is a mobile worker; only another
	// value is worth keeping.
	usual := ""
	if worker {
		usual = checkedOut
	}
	if st.Status = value(c.in.Status, ""); st.Status == usual {
		st.Status = ""
	}
	if want := value(c.in.StorageLocationID, ""); want != shown.StorageLocationID {
		st.StorageLocationID = want
		if b := c.d.Profile.Bridge; want == "" && b != nil && b.Mobility != nil {
			b.Mobility.StorageLocationID = ""
		}
	}
}

// prune removes what the steps left empty: a document has no empty objects.
func prune(p *directory.Profile) {
	b := p.Bridge
	if b == nil {
		return
	}
	if b.Mobility != nil && *b.Mobility == (directory.MobilityAttributes{}) {
		b.Mobility = nil
	}
	if b.Locked == nil && b.Uniphore == nil && b.RSA == nil && b.Syncari == nil && b.Mobility == nil && len(b.Extensions) == 0 {
		p.Bridge = nil
	}
}

// checkedOut is the Status of a mobile worker who has not begun to work.
const checkedOut = "1003"

// login sets AuthenticationID, the name for single sign-on; empty means UserID.
// It is the userName of a user that was born here, until an identity provider
// takes over.
func (c change) login(shown userObject) {
	want := value(c.in.AuthenticationID, "")
	if want == "" {
		want = shown.UserID
	}
	d := c.d
	switch {
	case want == shown.AuthenticationID:
	case d.User.Origin == directory.OriginMobility && d.User.Asserted.IsZero():
		d.Profile.UserName, d.State.Mobility.AuthenticationID = want, ""
	case want == d.Profile.UserName:
		d.State.Mobility.AuthenticationID = ""
	default:
		d.State.Mobility.AuthenticationID = want
	}
}

// lock sets this API's lock. What the identity provider locked stays locked:
// leaving Locked out is fine then, but asking for false is refused rather than
// answered with a success that changes nothing.
func (c change) lock(shown userObject) error {
	want := value(c.in.Locked, false)
	b := c.d.Profile.Bridge
	if !want && c.in.Locked != nil && b != nil && value(b.Locked, false) {
		return &failure{
			status: http.StatusConflict, path: ".Locked", value: shown.UserID,
			message: "User '" + shown.UserID + "' is locked by the identity provider and can not be unlocked here.",
		}
	}
	if want != shown.Locked {
		c.d.State.Mobility.Locked = want
	}
	return nil
}

func (c change) deploymentGroup(shown userObject) error {
	want := value(c.in.DGroupID, "")
	if want == "" {
		want = c.settings.DefaultDGroup
	}
	want, known := spelled(append([]string{shown.DGroupID, c.settings.DefaultDGroup}, c.settings.DGroups...), want)
	if !known {
		return &failure{status: http.StatusBadRequest, message: "Deployment group '" + want + "' does not exist.", value: want, path: ".DGroupID"}
	}
	if want != shown.DGroupID {
		c.d.State.Mobility.DGroupID = want
	}
	return nil
}

// team assigns the one team of ServiceTeamID. Absent or empty, the teams stay.
func (c change) team(shown userObject) error {
	want := value(c.in.ServiceTeamID, "")
	if want == "" || directory.Fold(want) == directory.Fold(shown.ServiceTeamID) {
		return nil
	}
	team, err := teamNamed(c.settings, want)
	if err != nil {
		return err
	}
	c.d.State.Mobility.Teams = []string{team}
	return nil
}
