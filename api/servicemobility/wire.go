package servicemobility

import (
	"maps"
	"strings"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/mapping"
)

// userObject is the vendor's User object. Keys are in the order of the sample;
// unset strings are "", unset lists and maps are empty, nothing is null.
type userObject struct {
	Activated               bool              `json:"Activated"`
	AuthenticationID        string            `json:"AuthenticationID"`
	Deleted                 bool              `json:"Deleted"` // for bulk imports only; false
	DGroupID                string            `json:"DGroupID"`
	Email                   string            `json:"Email"`
	EnableMobileDiagnostics bool              `json:"EnableMobileDiagnostics"`
	Extensions              map[string]string `json:"Extensions"`
	FaceTime                string            `json:"FaceTime"`
	FirstName               string            `json:"FirstName"`
	IsMobileWorker          bool              `json:"IsMobileWorker"`
	LanguageCode            string            `json:"LanguageCode"`
	LastName                string            `json:"LastName"`
	Locked                  bool              `json:"Locked"`
	Password                string            `json:"Password"` // write-only; ""
	Phones                  []phone           `json:"Phones"`
	ResetPassword           bool              `json:"ResetPassword"` // write-only; false
	ServiceTeamID           string            `json:"ServiceTeamID"`
	SMS                     string            `json:"SMS"`
	Status                  string            `json:"Status"`
	StorageLocationID       string            `json:"StorageLocationID"`
	UserID                  string            `json:"UserID"`
}

// phone is one element of Phones.
type phone struct {
	PhoneNum  string `json:"PhoneNum"`
	PhoneType string `json:"PhoneType"`
}

// userInput is the User object as a PUT sends it: a nil field was absent or null.
type userInput struct {
	Activated               *bool             `json:"Activated"`
	AuthenticationID        *string           `json:"AuthenticationID"`
	Deleted                 *bool             `json:"Deleted"` // ignored
	DGroupID                *string           `json:"DGroupID"`
	Email                   *string           `json:"Email"`
	EnableMobileDiagnostics *bool             `json:"EnableMobileDiagnostics"`
	Extensions              map[string]string `json:"Extensions"`
	FaceTime                *string           `json:"FaceTime"`
	FirstName               *string           `json:"FirstName"`
	IsMobileWorker          *bool             `json:"IsMobileWorker"`
	LanguageCode            *string           `json:"LanguageCode"`
	LastName                *string           `json:"LastName"`
	Locked                  *bool             `json:"Locked"`
	Password                *string           `json:"Password"`
	Phones                  []phone           `json:"Phones"`
	ResetPassword           *bool             `json:"ResetPassword"`
	ServiceTeamID           *string           `json:"ServiceTeamID"`
	SMS                     *string           `json:"SMS"`
	Status                  *string           `json:"Status"`
	StorageLocationID       *string           `json:"StorageLocationID"`
	UserID                  *string           `json:"UserID"`
}

// teamsInput is the body of PUT …/ServiceTeams.
type teamsInput struct {
	ServiceTeams *[]string `json:"ServiceTeams"`
}

// passwordInput is the body of PUT …/ChangePassword.
type passwordInput struct {
	Password *string `json:"Password"`
}

// logonInput is the body of POST /createjwt.
type logonInput struct {
	UserName *string `json:"username"`
	Password *string `json:"password"`
}

// logonAnswer is the answer of POST /createjwt.
type logonAnswer struct {
	Token string `json:"token"`
}

// done is the answer of a write that succeeded; the vendor documents no body.
type done struct {
	Code int `json:"code"`
}

// standardLanguage is what users without a language get: the app falls back to
// English.
const standardLanguage = "en"

// showUser projects an account.
func showUser(a *mapping.Account) userObject {
	m := &a.Mobility
	u := userObject{
		Activated:               a.Status.State == directory.Active,
		AuthenticationID:        m.AuthenticationID,
		DGroupID:                m.DGroupID,
		Email:                   m.Email,
		EnableMobileDiagnostics: m.Diagnostics,
		Extensions:              maps.Clone(m.Extensions),
		FaceTime:                a.FaceTime,
		FirstName:               a.GivenName,
		IsMobileWorker:          m.MobileWorker,
		LanguageCode:            a.Language,
		LastName:                a.FamilyName,
		Locked:                  a.Locked,
		Phones:                  make([]phone, 0, len(a.Phones)),
		SMS:                     a.PhoneMobile,
		Status:                  m.Status,
		StorageLocationID:       m.StorageLocationID,
		UserID:                  m.UserID,
	}
	if u.Extensions == nil {
		u.Extensions = map[string]string{}
	}
	if u.LanguageCode == "" {
		u.LanguageCode = standardLanguage
	}
	for _, p := range a.Phones {
		u.Phones = append(u.Phones, phone{p.Number, phoneType(p.Type)})
	}
	if len(m.Teams) > 0 {
		u.ServiceTeamID = m.Teams[0]
	}
	return u
}

// phoneType returns the vendor's word for a type of SCIM or of the vendor, in
// any case. Its list of valid words is not public; these are ours
// (documented-apis 4.5).
func phoneType(t string) string {
	for _, known := range []string{"Work", "Mobile", "Home", "Fax"} {
		if strings.EqualFold(t, known) {
			return known
		}
	}
	return "Other"
}
