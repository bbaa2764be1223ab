package directory

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// User is one person of one tenant as the directory keeps it.
type User struct {
	ID      ID
	Tenant  TenantID
	Seq     int64     // position in lists, assigned by storage, never reused
	Version int64     // 1 after creation, +1 with each real change
	Created time.Time // UTC, milliseconds
	// Modified moves with every real change of the user, by whomever.
	Modified time.Time
	// Asserted is when a SCIM client last wrote this user; zero for a user no
	// identity provider has written yet (born through an application API).
	Asserted time.Time

	// Origin is the surface through which the user came into being.
	Origin Origin
	// Protected users are never changed over SCIM.
	Protected bool
	// Active is what SCIM shows and asks for; Status says how it came about.
	Active bool
	// AssertedActive is what SCIM last said of active: the source's opinion,
	// whatever an application did since.
	AssertedActive bool
	Status         Status

	// ExternalIDs holds the externalId of each SCIM client that gave one.
	ExternalIDs map[ClientID]string
	// Document is the canonical JSON of the attributes (see package comment).
	// It never holds id, externalId, active, groups, meta, schemas or password.
	Document Document
	// Snapshot is the document as SCIM last asserted it, kept only while some
	// application API has changed Document since; nil means Document itself.
	Snapshot Document

	// Groups are the groups the user is in, loaded only where a call says so.
	Groups []Membership
}

// Clone returns a copy that shares nothing that either may change.
func (u *User) Clone() *User {
	c := *u
	c.ExternalIDs = maps.Clone(u.ExternalIDs)
	c.Groups = slices.Clone(u.Groups)
	return &c
}

// SetExternalID sets or (with "") removes the externalId of one client.
func (u *User) SetExternalID(c ClientID, id string) {
	u.ExternalIDs = setExternalID(u.ExternalIDs, c, id)
}

func setExternalID(m map[ClientID]string, c ClientID, id string) map[ClientID]string {
	if id == "" {
		delete(m, c)
		return m
	}
	if m == nil {
		m = map[ClientID]string{}
	}
	m[c] = id
	return m
}

// Asserts returns the document that the identity provider last asserted.
func (u *User) Asserts() Document {
	if u.Snapshot != nil {
		return u.Snapshot
	}
	return u.Document
}

// Membership is one group a user is in.
type Membership struct {
	Group       ID
	DisplayName string
	// ExternalIDs of the group, by SCIM client: mapping rules may name one.
	ExternalIDs map[ClientID]string
	// Indirect is true when the user is in it only through a nested group.
	Indirect bool
}

// Document is the canonical JSON object of a resource's attributes.
type Document []byte

// Profile decodes the attributes of a user. The document must be canonical, as
// every stored one is; an error means a damaged row.
func (d Document) Profile() (Profile, error) {
	var p Profile
	if len(d) == 0 {
		return p, nil
	}
	if err := json.Unmarshal(d, &p); err != nil {
		return Profile{}, fmt.Errorf("decode user document: %w", err)
	}
	return p, nil
}

// URNs of the schemas whose attributes a Profile holds.
const (
	UserSchema       = "urn:ietf:params:scim:schemas:core:2.0:User"
	GroupSchema      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	EnterpriseSchema = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	// BridgeSchema is our own extension: what the four applications know of a
	// user and the core and enterprise schemas lack.
	BridgeSchema = "urn:scimbridge:params:scim:schemas:extension:bridge:2.0:User"
)

// Profile is the typed view of a user's Document, for those who read or set
// single attributes in Go. Field order is the canonical order of the document.
type Profile struct {
	UserName          string    `json:"userName,omitempty"`
	Name              *Name     `json:"name,omitempty"`
	DisplayName       string    `json:"displayName,omitempty"`
	NickName          string    `json:"nickName,omitempty"`
	ProfileURL        string    `json:"profileUrl,omitempty"`
	Title             string    `json:"title,omitempty"`
	UserType          string    `json:"userType,omitempty"`
	PreferredLanguage string    `json:"preferredLanguage,omitempty"`
	Locale            string    `json:"locale,omitempty"`
	Timezone          string    `json:"timezone,omitempty"`
	Emails            []Plural  `json:"emails,omitempty"`
	PhoneNumbers      []Plural  `json:"phoneNumbers,omitempty"`
	IMs               []Plural  `json:"ims,omitempty"`
	Photos            []Plural  `json:"photos,omitempty"`
	Addresses         []Address `json:"addresses,omitempty"`
	Entitlements      []Plural  `json:"entitlements,omitempty"`
	Roles             []Plural  `json:"roles,omitempty"`
	X509Certificates  []Plural  `json:"x509Certificates,omitempty"`

	Enterprise *Enterprise `json:"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User,omitempty"`
	Bridge     *Bridge     `json:"urn:scimbridge:params:scim:schemas:extension:bridge:2.0:User,omitempty"`
	// Extensions holds configured extension schemas by URN, as canonical JSON
	// objects, in the order of their URNs.
	Extensions map[string]json.RawMessage `json:"-"`
}

// Name is the complex attribute name.
type Name struct {
	Formatted       string `json:"formatted,omitempty"`
	FamilyName      string `json:"familyName,omitempty"`
	GivenName       string `json:"givenName,omitempty"`
	MiddleName      string `json:"middleName,omitempty"`
	HonorificPrefix string `json:"honorificPrefix,omitempty"`
	HonorificSuffix string `json:"honorificSuffix,omitempty"`
}

// Plural is one value of a multi-valued attribute with the standard
// sub-attributes (RFC 7643 section 2.4).
type Plural struct {
	Value   string `json:"value,omitempty"`
	Display string `json:"display,omitempty"`
	Type    string `json:"type,omitempty"`
	// Primary keeps the difference between false and not said, so that a
	// client reads back what it sent; both mean "not primary".
	Primary *bool `json:"primary,omitempty"`
}

// IsPrimary reports whether the value is the preferred one.
func (p Plural) IsPrimary() bool { return p.Primary != nil && *p.Primary }

// Address is one value of addresses.
type Address struct {
	Formatted     string `json:"formatted,omitempty"`
	StreetAddress string `json:"streetAddress,omitempty"`
	Locality      string `json:"locality,omitempty"`
	Region        string `json:"region,omitempty"`
	PostalCode    string `json:"postalCode,omitempty"`
	Country       string `json:"country,omitempty"`
	Type          string `json:"type,omitempty"`
	Primary       *bool  `json:"primary,omitempty"`
}

// Enterprise is the enterprise user extension (RFC 7643 section 4.3).
type Enterprise struct {
	EmployeeNumber string   `json:"employeeNumber,omitempty"`
	CostCenter     string   `json:"costCenter,omitempty"`
	Organization   string   `json:"organization,omitempty"`
	Division       string   `json:"division,omitempty"`
	Department     string   `json:"department,omitempty"`
	Manager        *Manager `json:"manager,omitempty"`
}

// Manager is the enterprise attribute manager.
type Manager struct {
	Value string `json:"value,omitempty"`
	Ref   string `json:"$ref,omitempty"`
	// DisplayName is read-only over SCIM (R-7643-4.3-02), so it is never stored
	// from a client; the field exists for configured sources.
	DisplayName string `json:"displayName,omitempty"`
}

// Bridge is our extension, BridgeSchema: per-application attributes that an
// identity provider may push.
type Bridge struct {
	Locked     *bool               `json:"locked,omitempty"`
	Uniphore   *UniphoreAttributes `json:"uniphore,omitempty"`
	RSA        *RSAAttributes      `json:"rsa,omitempty"`
	Syncari    *SyncariAttributes  `json:"syncari,omitempty"`
	Mobility   *MobilityAttributes `json:"servicemobility,omitempty"`
	Extensions []Plural            `json:"extensions,omitempty"` // ServiceMobility Extensions: display is the key, value the value
}

// UniphoreAttributes are the pushed attributes that only Uniphore has.
type UniphoreAttributes struct {
	UserName      string `json:"username,omitempty"`
	ClientID      string `json:"clientId,omitempty"`
	Auth0ID       string `json:"auth0Id,omitempty"`
	StationID     string `json:"stationId,omitempty"`
	StationIDMode string `json:"stationIdMode,omitempty"` // "static" or "dynamic"
	SyncToTableau *bool  `json:"syncToTableau,omitempty"`
}

// RSAAttributes are the pushed attributes that only RSA has.
type RSAAttributes struct {
	IdentitySource string `json:"identitySource,omitempty"`
	HighRiskUser   *bool  `json:"highRiskUser,omitempty"`
}

// SyncariAttributes are the pushed attributes that only Syncari has.
type SyncariAttributes struct {
	APIUser *bool `json:"apiUser,omitempty"`
}

// MobilityAttributes are the pushed attributes that only ServiceMobility has.
type MobilityAttributes struct {
	DGroupID                string `json:"dGroupId,omitempty"`
	IsMobileWorker          *bool  `json:"isMobileWorker,omitempty"`
	EnableMobileDiagnostics *bool  `json:"enableMobileDiagnostics,omitempty"`
	StorageLocationID       string `json:"storageLocationId,omitempty"`
}

// Document encodes the profile canonically.
func (p Profile) Document() (Document, error) {
	b, err := marshal(p)
	if err != nil {
		return nil, fmt.Errorf("encode user document: %w", err)
	}
	return b, nil
}

// MarshalJSON writes the typed attributes, then the configured extensions.
func (p Profile) MarshalJSON() ([]byte, error) {
	type plain Profile
	b, err := marshal(plain(p))
	if err != nil || len(p.Extensions) == 0 {
		return b, err
	}
	ext, err := marshal(p.Extensions) // encoding/json sorts the URNs
	if err != nil {
		return nil, err
	}
	if len(b) == 2 {
		return ext, nil
	}
	b[len(b)-1] = ','
	return append(b, ext[1:]...), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (p *Profile) UnmarshalJSON(b []byte) error {
	type plain Profile
	var q plain
	if err := json.Unmarshal(b, &q); err != nil {
		return err
	}
	if bytes.Contains(b, []byte(`"urn:`)) {
		var all map[string]json.RawMessage
		if err := json.Unmarshal(b, &all); err != nil {
			return err
		}
		for k, v := range all {
			if len(k) < 4 || k[:4] != "urn:" || k == EnterpriseSchema || k == BridgeSchema {
				continue
			}
			if q.Extensions == nil {
				q.Extensions = map[string]json.RawMessage{}
			}
			q.Extensions[k] = v
		}
	}
	*p = Profile(q)
	return nil
}

func marshal(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

// Email returns the address that stands for the user: the work address, else
// the primary one, else the first (documented-apis 5).
func (p *Profile) Email() string {
	var primary, first string
	for _, e := range p.Emails {
		switch {
		case e.Value == "":
		case strings.EqualFold(e.Type, "work"):
			return e.Value
		case e.IsPrimary() && primary == "":
			primary = e.Value
		case first == "":
			first = e.Value
		}
	}
	if primary != "" {
		return primary
	}
	return first
}
