package directory

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

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
	if mayHaveExtensions(b) {
		var all map[string]json.RawMessage
		if err := json.Unmarshal(b, &all); err != nil {
			return err
		}
		for k, v := range all {
			if !strings.HasPrefix(k, "urn:") || k == EnterpriseSchema || k == BridgeSchema {
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

// mayHaveExtensions reports whether something in the document begins like a URN
// and is not the name of one of the two extensions that have fields of their
// own. Few documents have such a thing, so that nearly all are decoded once.
func mayHaveExtensions(b []byte) bool {
	for {
		i := bytes.Index(b, []byte(`"urn:`))
		if i < 0 {
			return false
		}
		b = b[i+1:]
		if !bytes.HasPrefix(b, []byte(EnterpriseSchema+`":`)) && !bytes.HasPrefix(b, []byte(BridgeSchema+`":`)) {
			return true
		}
	}
}

// Organization returns the enterprise attribute organization, "" if there is
// none, by decoding the enterprise extension alone: every read of an account
// asks for it. In a canonical document the extension's name with its quotes and
// colon stands in one place only: quotes within a value are escaped.
func (d Document) Organization() (string, error) {
	_, extension, found := bytes.Cut(d, []byte(`"`+EnterpriseSchema+`":`))
	if !found {
		return "", nil
	}
	var e Enterprise
	if err := json.NewDecoder(bytes.NewReader(extension)).Decode(&e); err != nil {
		return "", fmt.Errorf("decode user document: %w", err)
	}
	return e.Organization, nil
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
// the primary one, else the first (documented-apis 5). The applications that
// document another order make it of the same three.
func (p *Profile) Email() string {
	for _, v := range [...]string{p.WorkEmail(), p.PrimaryEmail()} {
		if v != "" {
			return v
		}
	}
	return p.FirstEmail()
}

// WorkEmail returns the address of type work, in any case; of several the
// primary one, otherwise the first; "" if there is none.
func (p *Profile) WorkEmail() string { return OfType(p.Emails, "work") }

// PrimaryEmail returns the primary address, "" if there is none.
func (p *Profile) PrimaryEmail() string {
	for _, e := range p.Emails {
		if e.Value != "" && e.IsPrimary() {
			return e.Value
		}
	}
	return ""
}

// FirstEmail returns the first address, "" if there is none.
func (p *Profile) FirstEmail() string {
	for _, e := range p.Emails {
		if e.Value != "" {
			return e.Value
		}
	}
	return ""
}

// OfType returns the value of that type, the primary one of several, otherwise
// the first; "" if there is none. Types compare without regard to case, and
// values that are empty do not count.
func OfType(all []Plural, kind string) string {
	found := ""
	for _, v := range all {
		if v.Value == "" || !strings.EqualFold(v.Type, kind) {
			continue
		}
		if v.IsPrimary() {
			return v.Value
		}
		if found == "" {
			found = v.Value
		}
	}
	return found
}
