package mapping

import "github.com/scimbridge/scimbridge/directory"

// Settings is how the applications of one tenant are configured. The zero
// value is usable: see Defaults.
type Settings struct {
	Uniphore UniphoreSettings
	RSA      RSASettings
	Syncari  SyncariSettings
	Mobility MobilitySettings

	// Clients are the tenant's SCIM clients by name, for rules that bind a
	// group's externalId to the client that gave it.
	Clients map[string]directory.ClientID
}

// UniphoreSettings configures Uniphore's view of the tenant.
type UniphoreSettings struct {
	TenantNumber int64  // tenant-id; default 1
	DefaultEnv   string // environment of calls that name none: "dev" (default), "test" or "prod"
	KeepDomain   bool   // username keeps its @domain
	// Organizations gives numbers to organizations by name; others are numbered on first use.
	Organizations map[string]int64
	// DefaultOrg is for users without an enterprise organization.
	DefaultOrg Organization
	// Roles is the catalogue, highest rank first.
	Roles []UniphoreRole
	// DefaultRole is the key of the role for users whom nothing gives one; "" for none.
	DefaultRole string
}

// Organization is a Uniphore organization.
type Organization struct {
	ID   int64
	Name string
}

// UniphoreRole is one role of the catalogue.
type UniphoreRole struct {
	Key       string // as in uniphore:<env>:<key>
	ID        int64
	Name      string
	ProfileID int64
}

// RSASettings configures RSA's view of the tenant.
type RSASettings struct {
	IdentitySource string // default "SCIM"
}

// SyncariSettings configures Syncari's view of the tenant.
type SyncariSettings struct {
	// Instances are the ids of the organization's instances. Empty: every
	// well-formed id (letters and digits, shown in upper case) is accepted.
	Instances []string
	// Roles are the valid role names, most access first. Default: the five
	// documented ones.
	Roles []SyncariRole
	// ServiceUser is shown as the creator of users that came by SCIM. Default:
	// an id of ours that is the same in every installation.
	ServiceUser directory.ObjectID
}

// SyncariRole is one role of a Syncari organization. A zero ID is replaced by
// one computed from the name, so it is the same on every start.
type SyncariRole struct {
	ID   directory.ObjectID
	Name string
}

// MobilitySettings configures ServiceMobility's view of the tenant.
type MobilitySettings struct {
	DefaultDGroup string   // default "Default"
	DGroups       []string // known deployment groups besides the default
	Teams         []string // known service teams; empty: any id is accepted
	SingleTeam    bool     // a user can be in one team only
}
