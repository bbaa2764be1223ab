package syncari

import (
	"github.com/go-json-experiment/json/jsontext"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/mapping"
)

// The two timestamp layouts of the contract (documented-apis 0.1): envelopes
// have microseconds and Z, users milliseconds and a numeric offset.
const (
	envelopeTime = "2006-01-02T15:04:05.000000Z"
	userTime     = "2006-01-02T15:04:05.000-07:00"
)

// maskedSecret stands for a client secret everywhere but in the answer to the
// request that made it.
const maskedSecret = "*****"

// envelope is the form of every success. Keys are in the order of the vendor's
// sample.
type envelope struct {
	Success     bool   `json:"success"`
	RequestID   string `json:"requestId"`
	Timestamp   string `json:"timestamp"`
	CursorToken string `json:"cursorToken,omitempty"` // only when there is a next page
	Result      any    `json:"result"`
}

// failureEnvelope is the form of every failure but those of tokens.
type failureEnvelope struct {
	Success   bool      `json:"success"`
	RequestID string    `json:"requestId"`
	Timestamp string    `json:"timestamp"`
	Errors    []problem `json:"errors"`
}

// problem is one thing that is wrong with a request.
type problem struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// userObject is a user as Syncari shows it. ClientID and ClientSecret are null
// for people, and the apiUser flag of an answer is isApiUser in a request.
type userObject struct {
	ID           string              `json:"id"`
	CreatedBy    string              `json:"createdBy"`
	CreatedAt    string              `json:"createdAt"`
	UpdatedBy    string              `json:"updatedBy"`
	UpdatedAt    string              `json:"updatedAt"`
	Email        string              `json:"email"`
	Status       string              `json:"status"` // ACTIVE or INACTIVE
	FirstName    string              `json:"firstName"`
	LastName     string              `json:"lastName"`
	ClientID     *string             `json:"clientId"`
	ClientSecret *string             `json:"clientSecret"`
	UserRoles    map[string][]string `json:"userRoles"`
	APIUser      bool                `json:"apiUser"`
}

// showUser projects an account. The secret of an API user is masked.
func showUser(a *mapping.Account) userObject {
	s := &a.Syncari
	u := userObject{
		ID:        s.ID.String(),
		CreatedBy: s.CreatedBy.String(),
		CreatedAt: s.Created.UTC().Format(userTime),
		UpdatedBy: s.UpdatedBy.String(),
		UpdatedAt: s.Modified.UTC().Format(userTime),
		Email:     s.Email,
		Status:    "INACTIVE",
		FirstName: s.FirstName,
		LastName:  s.LastName,
		UserRoles: s.Roles,
		APIUser:   s.APIUser,
	}
	if u.UserRoles == nil {
		u.UserRoles = map[string][]string{} // {}, not null
	}
	if a.Status.State == directory.Active {
		u.Status = "ACTIVE"
	}
	if s.APIUser && s.ClientID != "" {
		id, secret := s.ClientID, maskedSecret
		u.ClientID, u.ClientSecret = &id, &secret
	}
	return u
}

// createRequest is the body of POST /api/v1/users. All but isApiUser are
// required.
type createRequest struct {
	Email     *string              `json:"email"`
	FirstName *string              `json:"firstName"`
	LastName  *string              `json:"lastName"`
	IsAPIUser bool                 `json:"isApiUser"`
	UserRoles *map[string][]string `json:"userRoles"`
}

// rolesRequest is the object form of the body of PUT …/roles; the third form is
// a bare array. An element is the name of a role or its id.
type rolesRequest struct {
	Roles   jsontext.Value `json:"roles"`
	RoleIDs jsontext.Value `json:"roleIds"`
}

// tokenResponse is the answer of the token endpoint; it has no envelope.
type tokenResponse struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int64  `json:"expires_in"` // seconds
}

// tokenFailure is the form of the answers about tokens, with 401 on every route
// and from the token endpoint.
type tokenFailure struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
}
