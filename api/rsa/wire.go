package rsa

import (
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/internal/web"
	"github.com/scimbridge/scimbridge/mapping"
)

// timeLayout is how every time of this API is written: UTC, always three
// fractional digits (documented-apis 0.1).
const timeLayout = "2006-01-02T15:04:05.000Z"

// The values of userStatus and of the emergency statuses.
const (
	statusEnabled  = "Enabled"
	statusDisabled = "Disabled"
)

// User is the user details object, in the documented order of keys. Keys with
// nothing to say are null, not absent; the two phone numbers alone are left
// out for a company without SMS and Voice Tokencode (documented-apis 2.3).
type User struct {
	ID             string     `json:"id"`
	EmailAddress   string     `json:"emailAddress"`
	FirstName      string     `json:"firstName"`
	LastName       string     `json:"lastName"`
	CreationDate   timestamp  `json:"creationDate"`
	IdentitySource string     `json:"identitySource"`
	UserStatus     string     `json:"userStatus"`
	MarkDeleted    bool       `json:"markDeleted"`
	HighRiskUser   bool       `json:"highRiskUser"`
	MarkDeletedAt  *timestamp `json:"markDeletedAt"`
	MarkDeletedBy  *string    `json:"markDeletedBy"`
	SMSNumber      *phone     `json:"smsNumber,omitempty"`
	VoiceNumber    *phone     `json:"voiceNumber,omitempty"`
	IsTokenLocked  bool       `json:"isTokenLocked"`
	IsSMSLocked    bool       `json:"isSmsLocked"`
	IsVoiceLocked  bool       `json:"isVoiceLocked"`
	LastSyncTime   timestamp  `json:"lastSyncTime"`

	// The bridge issues no emergency tokencodes, so these never change: a
	// user has none.
	EmergencyAccessStatus               string     `json:"emergencyAccessStatus"`
	EmergencyTokencodeID                *string    `json:"emergencyTokencodeId"`
	EmergencyTokencodeExpiration        *timestamp `json:"emergencyTokencodeExpiration"`
	EmergencyTokencodeLastUse           *timestamp `json:"emergencyTokencodeLastUse"`
	OfflineEmergencyAccessStatus        string     `json:"offlineEmergencyAccessStatus"`
	OfflineEmergencyTokencodeExpiration *timestamp `json:"offlineEmergencyTokencodeExpiration"`
}

// user projects an account. A user whose deletion is pending is Disabled and
// marked, whoever deleted it (documented-apis 6.1).
func user(a *mapping.Account, hidePhones bool) User {
	u := User{
		ID:             a.ID.String(),
		EmailAddress:   a.Email,
		FirstName:      a.GivenName,
		LastName:       a.FamilyName,
		CreationDate:   timestamp(a.Created),
		IdentitySource: a.RSA.IdentitySource,
		UserStatus:     userStatus(a.Status),
		HighRiskUser:   a.RSA.HighRisk,
		IsTokenLocked:  a.RSA.TokenLocked,
		IsSMSLocked:    a.RSA.SMSLocked,
		IsVoiceLocked:  a.RSA.VoiceLocked,
		LastSyncTime:   timestamp(a.RSA.LastSync),

		EmergencyAccessStatus:        statusDisabled,
		OfflineEmergencyAccessStatus: statusDisabled,
	}
	mark := deletion(a)
	u.MarkDeleted, u.MarkDeletedAt, u.MarkDeletedBy = mark.MarkDeleted, mark.MarkDeletedAt, mark.MarkDeletedBy
	if !hidePhones {
		u.SMSNumber, u.VoiceNumber = (*phone)(&a.PhoneMobile), (*phone)(&a.PhoneWork)
	}
	return u
}

// StatusAnswer answers a change of userStatus.
type StatusAnswer struct {
	ID         string `json:"id"`
	UserStatus string `json:"userStatus"`
}

// DeletionAnswer answers a change of markDeleted: the user's deletion status.
type DeletionAnswer struct {
	ID            string     `json:"id"`
	MarkDeleted   bool       `json:"markDeleted"`
	MarkDeletedAt *timestamp `json:"markDeletedAt"`
	MarkDeletedBy *string    `json:"markDeletedBy"`
}

func deletion(a *mapping.Account) DeletionAnswer {
	d := DeletionAnswer{ID: a.ID.String(), MarkDeleted: a.Status.State.Pending()}
	if d.MarkDeleted {
		at, by := timestamp(a.Status.DeletedAt), a.Status.DeletedBy
		d.MarkDeletedAt, d.MarkDeletedBy = &at, &by
	}
	return d
}

// MethodsAnswer answers an unlock: the state of all methods, whichever were
// asked for.
type MethodsAnswer struct {
	ID            string `json:"id"`
	IsTokenLocked bool   `json:"isTokenLocked"`
	IsSMSLocked   bool   `json:"isSmsLocked"`
	IsVoiceLocked bool   `json:"isVoiceLocked"`
}

// PhonesAnswer answers a change of the phone numbers.
type PhonesAnswer struct {
	ID          string `json:"id"`
	SMSNumber   *phone `json:"smsNumber,omitempty"`
	VoiceNumber *phone `json:"voiceNumber,omitempty"`
}

func userStatus(s directory.Status) string {
	if s.State == directory.Active {
		return statusEnabled
	}
	return statusDisabled
}

// timestamp is a time in the form of this API; the zero time is null.
type timestamp time.Time

func (t timestamp) MarshalJSON() ([]byte, error) {
	if time.Time(t).IsZero() {
		return []byte("null"), nil
	}
	return time.Time(t).UTC().AppendFormat(nil, `"`+timeLayout+`"`), nil
}

// phone is a telephone number, null when there is none.
type phone string

func (p phone) MarshalJSON() ([]byte, error) {
	if p == "" {
		return []byte("null"), nil
	}
	return web.MarshalJSON(string(p))
}
