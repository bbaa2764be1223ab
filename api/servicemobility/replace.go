package servicemobility

import (
	"errors"
	"fmt"
	"net/http"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/mapping"
	"github.com/scimbridge/scimbridge/provision"
)

// The bounds of texts, in characters; the vendor documents none.
const (
	mostID        = 254
	mostText      = 256
	mostExtension = 1024
	mostValues    = 100 // phones, extensions
)

// replace is PUT …/User/{UserID}: it creates the user or replaces it. A user
// who is deleted and waits for the purge is purged first and created anew
// (documented-apis 6.4).
func (s *Server) replace(c *call) (any, error) {
	var in userInput
	if err := s.body(c.Request, &in); err != nil {
		return nil, err
	}
	settings := c.mapper.Settings().Mobility
	if err := in.check(c.userID); err != nil {
		return nil, err
	}
	hash, err := s.hashOf(c, value(in.Password, ""))
	if err != nil {
		return nil, err
	}
	for try := 0; ; try++ {
		answer, err := s.edit(c, "servicemobility.replace", func(d *provision.Draft) error {
			setPassword(d, hash)
			d.Events = append(d.Events, switchTo(value(in.Activated, true)))
			return change{&in, settings, d}.apply()
		})
		if !errors.Is(err, directory.ErrNotFound) {
			return answer, err
		}
		answer, err = s.create(c, &in, settings, hash)
		var conflict *directory.ConflictError
		if try == 0 && errors.As(err, &conflict) {
			continue // somebody else may just have created it; if so it is there now
		}
		return answer, err
	}
}

func switchTo(activated bool) directory.Event {
	if activated {
		return directory.MobilityActivate
	}
	return directory.MobilityDeactivate
}

// create makes the user that a PUT describes.
func (s *Server) create(c *call, in *userInput, settings mapping.MobilitySettings, hash string) (any, error) {
	d := &provision.Draft{}
	d.User.Origin = directory.OriginMobility
	d.Account.Mobility.DGroupID = settings.DefaultDGroup // what a user has before anything is said
	d.State.MobilityUserID = c.userID
	d.Account.Mobility.UserID = c.userID
	setPassword(d, hash)
	if err := (change{in, settings, d}).apply(); err != nil {
		return nil, err
	}
	if _, err := s.bridge.CreateAccount(c.Context(), c.by, "servicemobility.create", value(in.Activated, true), *d); err != nil {
		return nil, err
	}
	return done{http.StatusOK}, nil
}

// check finds what is wrong with a PUT whatever the user is like now.
func (in *userInput) check(userID string) error {
	if !plain(userID, mostID) || strings.TrimSpace(userID) == "" {
		return invalid(".UserID", "UserID is blank, too long or holds a control character.")
	}
	if in.UserID != nil && directory.Fold(*in.UserID) != directory.Fold(userID) {
		return &failure{
			status: http.StatusBadRequest, value: clip(*in.UserID), path: ".UserID",
			message: fmt.Sprintf("UserID '%s' from payload does not match with request URI '/%s'.", clip(*in.UserID), clip(userID)),
		}
	}
	if value(in.ResetPassword, false) {
		return noMail
	}
	for _, f := range []struct {
		path string
		text *string
		most int
	}{
		{".AuthenticationID", in.AuthenticationID, mostID}, {".DGroupID", in.DGroupID, mostID}, {".Email", in.Email, mostID},
		{".FaceTime", in.FaceTime, mostText}, {".FirstName", in.FirstName, mostText}, {".LanguageCode", in.LanguageCode, 64},
		{".LastName", in.LastName, mostText}, {".ServiceTeamID", in.ServiceTeamID, mostID}, {".SMS", in.SMS, 64},
		{".Status", in.Status, 64}, {".StorageLocationID", in.StorageLocationID, mostID},
	} {
		if f.text != nil && !plain(*f.text, f.most) {
			return invalid(f.path, fmt.Sprintf("%s is longer than %d characters or holds a control character.", f.path[1:], f.most))
		}
	}
	if email := value(in.Email, ""); email != "" {
		if a, err := mail.ParseAddress(email); err != nil || a.Address != email {
			return invalid(".Email", "Email is not an email address.")
		}
	}
	if len(in.Phones) > mostValues {
		return invalid(".Phones", "There are too many Phones.")
	}
	for i, p := range in.Phones {
		if strings.TrimSpace(p.PhoneNum) == "" || !plain(p.PhoneNum, 64) {
			return invalid(fmt.Sprintf(".Phones[%d].PhoneNum", i), "PhoneNum is blank, too long or holds a control character.")
		}
		if !plain(p.PhoneType, 64) {
			return invalid(fmt.Sprintf(".Phones[%d].PhoneType", i), "PhoneType is too long or holds a control character.")
		}
	}
	if len(in.Extensions) > mostValues {
		return invalid(".Extensions", "There are too many Extensions.")
	}
	for key, v := range in.Extensions {
		if strings.TrimSpace(key) == "" || !plain(key, mostText) || !plain(v, mostExtension) {
			return invalid(".Extensions", "A key or value of Extensions is blank, too long or holds a control character.")
		}
	}
	return nil
}

// plain reports whether s has at most most characters and no control characters.
func plain(s string, most int) bool {
	return utf8.RuneCountInString(s) <= most && !strings.ContainsFunc(s, unicode.IsControl)
}

// value returns what v points at, or the default of a key that was absent.
func value[T any](v *T, absent T) T {
	if v == nil {
		return absent
	}
	return *v
}
