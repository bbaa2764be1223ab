package rsa

import (
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/provision"
)

// unlock is "Unlock User Tokencodes" (route 8). It clears the locks of the
// named authentication methods, of a user in any state, and nothing else.
func (s *Server) unlock(c *call) (any, error) {
	v, err := c.body.only("unlockMethods")
	if err != nil {
		return nil, err
	}
	var methods []string
	if v.Kind() != '[' || json.Unmarshal(v, &methods) != nil || len(methods) == 0 {
		return nil, badRequest("The property unlockMethods must be an array of at least one of TOKEN, SMS and VOICE.")
	}
	for _, m := range methods {
		if m != "TOKEN" && m != "SMS" && m != "VOICE" {
			return nil, badRequest("The property unlockMethods must hold only TOKEN, SMS and VOICE.")
		}
	}
	c.action = actionUnlock
	a, err := s.bridge.EditAccount(c.Context(), c.by, provision.Ref{ID: c.id}, c.action, func(d *provision.Draft) error {
		for _, m := range methods {
			switch m {
			case "TOKEN":
				d.State.RSA.TokenLocked = false
			case "SMS":
				d.State.RSA.SMSLocked = false
			case "VOICE":
				d.State.RSA.VoiceLocked = false
			}
		}
		d.Note = success(d)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return MethodsAnswer{
		ID:            a.ID.String(),
		IsTokenLocked: a.RSA.TokenLocked, IsSMSLocked: a.RSA.SMSLocked, IsVoiceLocked: a.RSA.VoiceLocked,
	}, nil
}

// updatePhones is "Update SMS and Voice Phone" (route 9). The numbers are the
// user's mobile and work phone, so SCIM shows the new ones; "" clears one. They
// hold until the identity provider writes the user again or a synchronization.
func (s *Server) updatePhones(c *call) (any, error) {
	sms, setSMS, err := c.phone("smsNumber")
	if err != nil {
		return nil, err
	}
	voice, setVoice, err := c.phone("voiceNumber")
	if err != nil {
		return nil, err
	}
	if !setSMS && !setVoice {
		return nil, badRequest("One of the properties smsNumber and voiceNumber is required.")
	}
	c.action = actionUpdatePhone
	a, err := s.bridge.EditAccount(c.Context(), c.by, provision.Ref{ID: c.id}, c.action, func(d *provision.Draft) error {
		if setSMS {
			d.Profile.PhoneNumbers = withPhone(d.Profile.PhoneNumbers, "mobile", sms)
		}
		if setVoice {
			d.Profile.PhoneNumbers = withPhone(d.Profile.PhoneNumbers, "work", voice)
		}
		d.Note = success(d)
		return nil
	})
	if err != nil {
		return nil, err
	}
	answer := PhonesAnswer{ID: a.ID.String()}
	if !c.tenant.HidePhones {
		answer.SMSNumber, answer.VoiceNumber = (*phone)(&a.PhoneMobile), (*phone)(&a.PhoneWork)
	}
	return answer, nil
}

// phone reads a telephone number of the body: international, with its country
// code, in any common notation (E.123 is recommended), without an extension.
func (c *call) phone(name string) (number string, given bool, err error) {
	number, given, err = c.body.text(name)
	if err != nil || number == "" {
		return "", given, err
	}
	digits := 0
	for _, r := range strings.TrimPrefix(number, "+") {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case strings.ContainsRune(" -.()/", r):
		default:
			digits = -len(number) // not a number, however many digits follow
		}
	}
	// E.164: at most 15 digits; no country's numbers have fewer than 4 after its code.
	if digits < 5 || digits > 15 || len(number) > 40 {
		return "", true, badRequest("The property " + name + " must be a phone number with its country code and without an extension, for example +1 774 291 4444.")
	}
	return number, true, nil
}

// withPhone returns the numbers with the first of a type replaced, or added, or
// (number "") all of that type removed: the first of a type is the one shown,
// so another would take its place otherwise.
func withPhone(phones []directory.Plural, kind, number string) []directory.Plural {
	isKind := func(p directory.Plural) bool { return strings.EqualFold(p.Type, kind) }
	phones = slices.Clone(phones)
	if number == "" {
		return slices.DeleteFunc(phones, isKind)
	}
	if i := slices.IndexFunc(phones, isKind); i >= 0 {
		phones[i].Value, phones[i].Display = number, ""
		return phones
	}
	return append(phones, directory.Plural{Value: number, Type: kind})
}
