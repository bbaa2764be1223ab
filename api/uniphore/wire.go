package uniphore

import (
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/mapping"
)

// SyncAnswer answers sync-user.
type SyncAnswer struct {
	User User `json:"user"`
}

// User is the synchronized user, in the documented order of keys.
type User struct {
	ID               int64  `json:"id"`
	Username         string `json:"username"`
	FirstName        string `json:"first-name"`
	LastName         string `json:"last-name"`
	DisplayName      string `json:"display-name"`
	Status           string `json:"status"`
	ClientID         string `json:"client-id"`
	Email            string `json:"email"`
	RoleID           int64  `json:"role-id"`
	RoleName         string `json:"role-name"`
	ProfileID        int64  `json:"profile-id"`
	TenantID         int64  `json:"tenant-id"`
	SyncToTableau    bool   `json:"sync-to-tableau"`
	CreationDate     int64  `json:"creation-date"`     // epoch milliseconds
	ModificationDate int64  `json:"modification-date"` // epoch milliseconds
	OrgID            int64  `json:"org-id"`
	OrgName          string `json:"org-name"`
	// StationID is absent for agents who pick a station when they log in.
	StationID string `json:"station-id,omitempty"`
}

// user projects an account with its role in one environment.
func user(a *mapping.Account, role directory.UniphoreRole) User {
	u := User{
		ID:               a.Uniphore.ID,
		Username:         a.Uniphore.UserName,
		FirstName:        a.GivenName,
		LastName:         a.FamilyName,
		DisplayName:      a.DisplayName,
		Status:           "Active",
		ClientID:         a.Uniphore.ClientID,
		Email:            a.Uniphore.Email,
		RoleID:           role.ID,
		RoleName:         role.Name,
		ProfileID:        role.ProfileID,
		TenantID:         a.Uniphore.TenantNumber,
		SyncToTableau:    a.Uniphore.SyncToTableau,
		CreationDate:     a.Uniphore.Created.UnixMilli(),
		ModificationDate: a.Uniphore.Modified.UnixMilli(),
		OrgID:            a.Uniphore.OrgID,
		OrgName:          a.Uniphore.OrgName,
		StationID:        a.Uniphore.StationID,
	}
	if a.Status.State != directory.Active {
		u.Status = "Inactive"
	}
	return u
}

// IDAnswer answers the lookup of a user's number.
type IDAnswer struct {
	UserID int64 `json:"user-id"`
}

// errorBody is the error object: Uniphore documents none, this is the one that
// services of its kind send (documented-apis 1.2).
type errorBody struct {
	Timestamp string `json:"timestamp"`
	Status    int    `json:"status"`
	Error     string `json:"error"`
	Message   string `json:"message"`
	Path      string `json:"path"`
}

// errorTime is how errorBody.Timestamp is written, in UTC.
func errorTime(t time.Time) string {
	return t.UTC().Format("2006-01-02T15:04:05.000-07:00")
}
