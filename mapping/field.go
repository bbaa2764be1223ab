package mapping

import (
	"fmt"
	"strconv"
	"time"

	"github.com/scimbridge/scimbridge/directory"
)

// field is one field of an Account under the name that rules and explanations
// use: the API (none for the fields all four share), a dot, and the name in
// lower camel case.
type field struct {
	path string
	api  API
	ptr  func(*Account) any
	// set says that a rules file may override it.
	set bool
	// required fields keep their value when an override yields "".
	required bool
}

// fields is every field of an Account, in the order of its declaration. A test
// holds it equal to the struct.
var fields = []field{
	{path: "id", ptr: func(a *Account) any { return &a.ID }},
	{path: "tenant", ptr: func(a *Account) any { return &a.Tenant }},
	{path: "version", ptr: func(a *Account) any { return &a.Version }},
	{path: "userName", ptr: func(a *Account) any { return &a.UserName }},
	{path: "externalId", ptr: func(a *Account) any { return &a.ExternalID }},
	{path: "email", ptr: func(a *Account) any { return &a.Email }, set: true},
	{path: "givenName", ptr: func(a *Account) any { return &a.GivenName }, set: true},
	{path: "familyName", ptr: func(a *Account) any { return &a.FamilyName }, set: true},
	{path: "displayName", ptr: func(a *Account) any { return &a.DisplayName }, set: true},
	{path: "phoneMobile", ptr: func(a *Account) any { return &a.PhoneMobile }, set: true},
	{path: "phoneWork", ptr: func(a *Account) any { return &a.PhoneWork }, set: true},
	{path: "phones", ptr: func(a *Account) any { return &a.Phones }},
	{path: "language", ptr: func(a *Account) any { return &a.Language }, set: true},
	{path: "faceTime", ptr: func(a *Account) any { return &a.FaceTime }, set: true},
	{path: "employeeNumber", ptr: func(a *Account) any { return &a.EmployeeNumber }, set: true},
	{path: "department", ptr: func(a *Account) any { return &a.Department }, set: true},
	{path: "costCenter", ptr: func(a *Account) any { return &a.CostCenter }, set: true},
	{path: "division", ptr: func(a *Account) any { return &a.Division }, set: true},
	{path: "organization", ptr: func(a *Account) any { return &a.Organization }, set: true},
	{path: "manager", ptr: func(a *Account) any { return &a.Manager }},
	{path: "status", ptr: func(a *Account) any { return &a.Status }},
	{path: "locked", ptr: func(a *Account) any { return &a.Locked }},
	{path: "origin", ptr: func(a *Account) any { return &a.Origin }},
	{path: "created", ptr: func(a *Account) any { return &a.Created }},
	{path: "modified", ptr: func(a *Account) any { return &a.Modified }},

	{path: "uniphore.id", api: Uniphore, ptr: func(a *Account) any { return &a.Uniphore.ID }},
	{path: "uniphore.userName", api: Uniphore, ptr: func(a *Account) any { return &a.Uniphore.UserName }, set: true, required: true},
	{path: "uniphore.email", api: Uniphore, ptr: func(a *Account) any { return &a.Uniphore.Email }, set: true},
	{path: "uniphore.auth0Id", api: Uniphore, ptr: func(a *Account) any { return &a.Uniphore.Auth0ID }},
	{path: "uniphore.clientId", api: Uniphore, ptr: func(a *Account) any { return &a.Uniphore.ClientID }, set: true, required: true},
	{path: "uniphore.stationId", api: Uniphore, ptr: func(a *Account) any { return &a.Uniphore.StationID }, set: true},
	{path: "uniphore.syncToTableau", api: Uniphore, ptr: func(a *Account) any { return &a.Uniphore.SyncToTableau }, set: true},
	{path: "uniphore.tenantNumber", api: Uniphore, ptr: func(a *Account) any { return &a.Uniphore.TenantNumber }},
	{path: "uniphore.orgId", api: Uniphore, ptr: func(a *Account) any { return &a.Uniphore.OrgID }, set: true},
	{path: "uniphore.orgName", api: Uniphore, ptr: func(a *Account) any { return &a.Uniphore.OrgName }, set: true},
	{path: "uniphore.created", api: Uniphore, ptr: func(a *Account) any { return &a.Uniphore.Created }},
	{path: "uniphore.modified", api: Uniphore, ptr: func(a *Account) any { return &a.Uniphore.Modified }},

	{path: "rsa.identitySource", api: RSA, ptr: func(a *Account) any { return &a.RSA.IdentitySource }, set: true},
	{path: "rsa.highRisk", api: RSA, ptr: func(a *Account) any { return &a.RSA.HighRisk }, set: true},
	{path: "rsa.tokenLocked", api: RSA, ptr: func(a *Account) any { return &a.RSA.TokenLocked }},
	{path: "rsa.smsLocked", api: RSA, ptr: func(a *Account) any { return &a.RSA.SMSLocked }},
	{path: "rsa.voiceLocked", api: RSA, ptr: func(a *Account) any { return &a.RSA.VoiceLocked }},
	{path: "rsa.lastSync", api: RSA, ptr: func(a *Account) any { return &a.RSA.LastSync }},

	{path: "syncari.id", api: Syncari, ptr: func(a *Account) any { return &a.Syncari.ID }},
	{path: "syncari.email", api: Syncari, ptr: func(a *Account) any { return &a.Syncari.Email }, set: true},
	{path: "syncari.createdBy", api: Syncari, ptr: func(a *Account) any { return &a.Syncari.CreatedBy }},
	{path: "syncari.updatedBy", api: Syncari, ptr: func(a *Account) any { return &a.Syncari.UpdatedBy }},
	{path: "syncari.created", api: Syncari, ptr: func(a *Account) any { return &a.Syncari.Created }},
	{path: "syncari.modified", api: Syncari, ptr: func(a *Account) any { return &a.Syncari.Modified }},
	{path: "syncari.firstName", api: Syncari, ptr: func(a *Account) any { return &a.Syncari.FirstName }, set: true, required: true},
	{path: "syncari.lastName", api: Syncari, ptr: func(a *Account) any { return &a.Syncari.LastName }, set: true, required: true},
	{path: "syncari.apiUser", api: Syncari, ptr: func(a *Account) any { return &a.Syncari.APIUser }},
	{path: "syncari.clientId", api: Syncari, ptr: func(a *Account) any { return &a.Syncari.ClientID }},
	{path: "syncari.roles", api: Syncari, ptr: func(a *Account) any { return &a.Syncari.Roles }},
	{path: "syncari.instance", api: Syncari, ptr: func(a *Account) any { return &a.Syncari.Instance }},

	{path: "servicemobility.userId", api: ServiceMobility, ptr: func(a *Account) any { return &a.Mobility.UserID }},
	{path: "servicemobility.email", api: ServiceMobility, ptr: func(a *Account) any { return &a.Mobility.Email }, set: true},
	{path: "servicemobility.authenticationId", api: ServiceMobility, ptr: func(a *Account) any { return &a.Mobility.AuthenticationID }, set: true, required: true},
	{path: "servicemobility.dGroupId", api: ServiceMobility, ptr: func(a *Account) any { return &a.Mobility.DGroupID }, set: true, required: true},
	{path: "servicemobility.diagnostics", api: ServiceMobility, ptr: func(a *Account) any { return &a.Mobility.Diagnostics }, set: true},
	{path: "servicemobility.mobileWorker", api: ServiceMobility, ptr: func(a *Account) any { return &a.Mobility.MobileWorker }, set: true},
	{path: "servicemobility.storageLocationId", api: ServiceMobility, ptr: func(a *Account) any { return &a.Mobility.StorageLocationID }, set: true},
	{path: "servicemobility.status", api: ServiceMobility, ptr: func(a *Account) any { return &a.Mobility.Status }, set: true},
	{path: "servicemobility.teams", api: ServiceMobility, ptr: func(a *Account) any { return &a.Mobility.Teams }, set: true},
	{path: "servicemobility.extensions", api: ServiceMobility, ptr: func(a *Account) any { return &a.Mobility.Extensions }, set: true},

	{path: "grants", ptr: func(a *Account) any { return &a.Grants }},
	{path: "warnings", ptr: func(a *Account) any { return &a.Warnings }},
}

// fieldNamed returns the field with that path, or nil.
func fieldNamed(path string) *field {
	for i := range fields {
		if fields[i].path == path {
			return &fields[i]
		}
	}
	return nil
}

// text writes a scalar field for people; it reports false for lists and maps.
func (f *field) text(a *Account) (string, bool) {
	switch p := f.ptr(a).(type) {
	case *string:
		return *p, true
	case *bool:
		return strconv.FormatBool(*p), true
	case *int64:
		return strconv.FormatInt(*p, 10), true
	case *directory.ID:
		return p.String(), true
	case *directory.TenantID:
		return strconv.FormatInt(int64(*p), 10), true
	case *directory.ObjectID:
		if *p == (directory.ObjectID{}) {
			return "", true
		}
		return p.String(), true
	case *directory.Origin:
		return string(*p), true
	case *directory.Status:
		if p.DisabledBy != "" {
			return fmt.Sprintf("%s (by %s)", p.State, p.DisabledBy), true
		}
		return p.State.String(), true
	case *time.Time:
		if p.IsZero() {
			return "", true
		}
		return p.UTC().Format("2006-01-02T15:04:05.000Z"), true
	}
	return "", false
}
