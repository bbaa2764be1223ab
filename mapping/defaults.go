package mapping

import (
	"crypto/sha256"
	"maps"
	"slices"

	"github.com/scimbridge/scimbridge/directory"
)

// Defaults returns the settings that New uses where the given ones are zero:
//
//   - Uniphore: tenant number 1, environment dev, organization 1 "Default", and
//     a catalogue in which only quality_analyst (9, profile 5) has documented
//     numbers; the other names are documented (1.4), their numbers from 101 on
//     are ours. No default role: who is granted none has none.
//   - RSA: identity source "SCIM".
//   - Syncari: the five documented roles with ids of ours, the service user, any
//     instance.
//   - ServiceMobility: deployment group "Default", any team.
func Defaults() Settings {
	return Settings{
		Uniphore: UniphoreSettings{
			TenantNumber: 1,
			DefaultEnv:   EnvDev,
			DefaultOrg:   Organization{ID: 1, Name: "Default"},
			Roles: []UniphoreRole{
				{Key: "u_administrator", ID: 101, Name: "U-Admin", ProfileID: 101},
				{Key: "in_call_account_admin", ID: 102, Name: "In-Call Account Admin", ProfileID: 102},
				{Key: "in_call_flow_admin", ID: 103, Name: "In-Call Flow Admin", ProfileID: 103},
				{Key: "u_supervisor", ID: 104, Name: "U-Supervisor", ProfileID: 104},
				{Key: "u_business_analyst", ID: 105, Name: "U-Business Analyst", ProfileID: 105},
				{Key: "quality_analyst", ID: 9, Name: "Quality Analyst", ProfileID: 5},
				{Key: "u_agent", ID: 106, Name: "U-Agent", ProfileID: 106},
				{Key: "in_call_agent", ID: 107, Name: "In-Call Agent", ProfileID: 107},
			},
		},
		RSA: RSASettings{IdentitySource: "SCIM"},
		Syncari: SyncariSettings{
			Roles: []SyncariRole{
				{ID: fixedID("5c1b71d60000000000000001"), Name: "Org Admin"},
				{ID: fixedID("5c1b71d60000000000000002"), Name: "Instance Admin"},
				{ID: fixedID("5c1b71d60000000000000003"), Name: "Dashboard Author"},
				{ID: fixedID("5c1b71d60000000000000004"), Name: "Sync Manager"},
				{ID: fixedID("5c1b71d60000000000000005"), Name: "Viewer"},
			},
			ServiceUser: fixedID("5c1b71d600000000000000ff"),
		},
		Mobility: MobilitySettings{DefaultDGroup: "Default"},
	}
}

func fixedID(hex string) directory.ObjectID {
	id, err := directory.ParseObjectID(hex)
	if err != nil {
		panic("mapping: a constant id is malformed: " + err.Error())
	}
	return id
}

// withDefaults returns a copy of s, sharing nothing with it, with the defaults
// in place of zero values.
func (s Settings) withDefaults() Settings {
	d := Defaults()
	u := &s.Uniphore
	if u.TenantNumber == 0 {
		u.TenantNumber = d.Uniphore.TenantNumber
	}
	if u.DefaultEnv == "" {
		u.DefaultEnv = d.Uniphore.DefaultEnv
	}
	if u.DefaultOrg == (Organization{}) {
		u.DefaultOrg = d.Uniphore.DefaultOrg
	}
	if len(u.Roles) == 0 {
		u.Roles = d.Uniphore.Roles
	}
	if s.RSA.IdentitySource == "" {
		s.RSA.IdentitySource = d.RSA.IdentitySource
	}
	if len(s.Syncari.Roles) == 0 {
		s.Syncari.Roles = d.Syncari.Roles
	}
	if s.Syncari.ServiceUser == (directory.ObjectID{}) {
		s.Syncari.ServiceUser = d.Syncari.ServiceUser
	}
	if s.Mobility.DefaultDGroup == "" {
		s.Mobility.DefaultDGroup = d.Mobility.DefaultDGroup
	}
	u.Organizations = maps.Clone(u.Organizations)
	u.Roles = slices.Clone(u.Roles)
	s.Syncari.Instances = slices.Clone(s.Syncari.Instances)
	s.Syncari.Roles = slices.Clone(s.Syncari.Roles)
	s.Mobility.DGroups = slices.Clone(s.Mobility.DGroups)
	s.Mobility.Teams = slices.Clone(s.Mobility.Teams)
	s.Clients = maps.Clone(s.Clients)
	for i, r := range s.Syncari.Roles {
		if r.ID == (directory.ObjectID{}) {
			s.Syncari.Roles[i].ID = syncariRoleID(r.Name)
		}
	}
	return s
}

// syncariRoleID is the id of a role that is configured without one: that of the
// documented role of the same name, or else computed from the name.
func syncariRoleID(name string) directory.ObjectID {
	key := directory.Fold(name)
	for _, r := range Defaults().Syncari.Roles {
		if directory.Fold(r.Name) == key {
			return r.ID
		}
	}
	sum := sha256.Sum256([]byte("syncari role\x00" + key))
	return directory.ObjectID(sum[:12])
}
