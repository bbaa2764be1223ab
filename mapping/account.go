// Package mapping turns a directory user, with its groups and what the
// applications know of it, into an Account: the documented user model of the
// four applications (documented-apis sections 5 and 6). It is pure: no I/O, no
// clock, no randomness; equal inputs give equal accounts, so an account is
// derived whenever it is asked for and never stored.
//
// What a group, role or entitlement grants is said by Rules; which roles,
// instances and organizations exist is said by Settings. Nothing is granted
// that the settings do not know: an unknown role, instance or environment
// becomes a warning, never an error and never a guess.
//
// Without rules a name alone can grant (the naming convention of
// documented-apis 5.1), so whoever may name groups is trusted with roles; rules
// that bind to a group's id, or to its externalId and the client that gave it,
// together with "convention: false" end that trust.
package mapping

import (
	"time"

	"github.com/scimbridge/scimbridge/directory"
)

// API names one of the four applications.
type API string

// The applications, as they are named in rules and conventions.
const (
	Uniphore        API = "uniphore"
	RSA             API = "rsa"
	Syncari         API = "syncari"
	ServiceMobility API = "servicemobility"
)

// Input is everything an account depends on.
type Input struct {
	User  *directory.User // with Groups loaded
	State *directory.AppState
	// OrganizationID is the number of the user's enterprise organization, 0 if
	// it has none or the number is not known.
	OrganizationID int64
}

// Account is one user as the applications see it.
type Account struct {
	ID         directory.ID
	Tenant     directory.TenantID
	Version    int64
	UserName   string
	ExternalID string // of the oldest SCIM client that gave one

	// Email is the canonical address (section 5): work, then primary, then
	// first. RSA's API uses it; the other three document another order and have
	// an Email of their own below.
	Email       string
	GivenName   string
	FamilyName  string
	DisplayName string
	PhoneMobile string
	PhoneWork   string
	Phones      []Phone // all, in the order of the directory; nil when there are none
	Language    string
	FaceTime    string

	EmployeeNumber string
	Department     string
	CostCenter     string
	Division       string
	Organization   string
	Manager        string // id of the manager, as pushed

	Status   directory.Status
	Locked   bool
	Origin   directory.Origin
	Created  time.Time
	Modified time.Time

	Uniphore UniphoreAccount
	RSA      RSAAccount
	Syncari  SyncariAccount
	Mobility MobilityAccount

	// Grants are all grants that apply, in order of rules (the convention comes
	// last, then what was granted through an API), then of groups by id, roles
	// and entitlements as pushed.
	Grants []Grant

	// Warnings say, for operators, what was asked for but could not be done: a
	// convention name or expanded rule that names an unknown role, an override
	// whose expression failed. At most 33.
	Warnings []string
}

// Phone is one telephone number with its SCIM type ("" if none).
type Phone struct{ Number, Type string }

// UniphoreAccount is what only Uniphore's user has. The role depends on the
// environment: see Mapper.UniphoreRole.
type UniphoreAccount struct {
	ID       int64
	UserName string
	// Email follows Uniphore's own order (1.5): primary, then work, then first.
	Email         string
	Auth0ID       string
	ClientID      string
	StationID     string // "" when dynamic
	SyncToTableau bool
	TenantNumber  int64
	OrgID         int64
	OrgName       string
	Created       time.Time
	Modified      time.Time // max of the user's and of the last role change
}

// RSAAccount is what only RSA's user has.
type RSAAccount struct {
	IdentitySource string
	HighRisk       bool
	TokenLocked    bool
	SMSLocked      bool
	VoiceLocked    bool
	LastSync       time.Time // the later of the last SCIM write and the last sync
}

// SyncariAccount is what only Syncari's user has.
type SyncariAccount struct {
	ID directory.ObjectID
	// Email is the primary one, by which Syncari logs in (3.6), then work, then first.
	Email     string
	CreatedBy directory.ObjectID
	UpdatedBy directory.ObjectID
	Created   time.Time
	Modified  time.Time
	FirstName string // never empty: Syncari requires it (3.6)
	LastName  string
	APIUser   bool
	ClientID  string
	// Roles by instance, each list in the order of Settings.Syncari.Roles;
	// instances without a role are absent; nil when there are none.
	Roles    map[string][]string
	Instance string // where it was created, "" for users from SCIM
}

// MobilityAccount is what only ServiceMobility's user has.
type MobilityAccount struct {
	UserID string
	// Email is the primary one (4.5), then work, then first.
	Email             string
	AuthenticationID  string
	DGroupID          string
	Diagnostics       bool
	MobileWorker      bool
	StorageLocationID string
	Status            string
	Teams             []string          // nil when there are none
	Extensions        map[string]string // nil when there are none
}

// Grant is a role, team or flag of one application that a user has.
type Grant struct {
	API API
	// Scope is the environment (Uniphore; "*" for all), the instance (Syncari)
	// or the kind of thing (ServiceMobility: "team", "dgroup", "role"; "" for flags).
	Scope string
	// Role is the role's key or name, the team's or group's id, or the flag.
	Role string
	// Origin says what granted it: "group:<id>", "role:<value>",
	// "entitlement:<value>", "claim:<value>" or "manual:<api>"; for the role
	// that Mapper.UniphoreRole falls back to also "stored" and "default".
	Origin string
	// Rule says which rule: "convention" or "<file>:<line>"; "" if none did.
	Rule string
}
