package directory

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"
)

// ObjectID is the identifier Syncari gives its users: 12 bytes whose first four
// are the creation second, written as 24 lower-case hex digits.
type ObjectID [12]byte

// NewObjectID returns a fresh id for a user created at t.
func NewObjectID(t time.Time) ObjectID {
	var o ObjectID
	if _, err := rand.Read(o[4:]); err != nil {
		panic("directory: no randomness: " + err.Error())
	}
	binary.BigEndian.PutUint32(o[:4], uint32(t.Unix()))
	return o
}

// ParseObjectID reads the form that String writes.
func ParseObjectID(s string) (ObjectID, error) {
	var o ObjectID
	if len(s) != 24 {
		return o, fmt.Errorf("%q is not 24 hex digits", clip(s))
	}
	if _, err := hex.Decode(o[:], []byte(s)); err != nil {
		return ObjectID{}, fmt.Errorf("%q is not 24 hex digits: %w", clip(s), err)
	}
	return o, nil
}

func (o ObjectID) String() string { return hex.EncodeToString(o[:]) }

// MarshalText writes the hex form, and nothing for the zero id.
func (o ObjectID) MarshalText() ([]byte, error) {
	if o == (ObjectID{}) {
		return nil, nil
	}
	return []byte(o.String()), nil
}

// UnmarshalText reads what MarshalText writes.
func (o *ObjectID) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*o = ObjectID{}
		return nil
	}
	*o, err = ParseObjectID(string(b))
	return err
}

// AppState is what the four applications themselves know of a user: ids they
// gave, locks, hashes, and choices made through their APIs. SCIM never writes
// it. There is one for each user from its creation on, and the three ids stay
// in the tombstone after the purge.
type AppState struct {
	UniphoreID int64    `json:"-"` // unique in the tenant
	SyncariID  ObjectID `json:"-"` // unique in the tenant
	// MobilityUserID is ServiceMobility's UserID: the userName at creation,
	// immutable, unique in the tenant by Fold.
	MobilityUserID string `json:"-"`

	// FormerGroups are the groups a user was in when SCIM deleted it. Over SCIM
	// it has left them; the applications show its roles until the purge.
	FormerGroups []ID `json:"formerGroups,omitempty"`

	Uniphore UniphoreState `json:"uniphore,omitzero"`
	RSA      RSAState      `json:"rsa,omitzero"`
	Syncari  SyncariState  `json:"syncari,omitzero"`
	Mobility MobilityState `json:"servicemobility,omitzero"`
}

// UniphoreState is what sync-user stored.
type UniphoreState struct {
	Auth0ID  string `json:"auth0Id,omitempty"`
	ClientID string `json:"clientId,omitempty"`
	// Roles holds the role of the last sync in each environment.
	Roles map[string]UniphoreRole `json:"roles,omitempty"`
	// Changed is when the last sync changed something; zero: never.
	Changed time.Time `json:"changed,omitzero"`
}

// UniphoreRole is a role as Uniphore numbers it.
type UniphoreRole struct {
	ID        int64  `json:"id"`
	Name      string `json:"name"`
	ProfileID int64  `json:"profileId"`
}

// RSAState is what RSA's administrators and the sync know.
type RSAState struct {
	LastSync    time.Time `json:"lastSync,omitzero"`
	TokenLocked bool      `json:"tokenLocked,omitempty"`
	SMSLocked   bool      `json:"smsLocked,omitempty"`
	VoiceLocked bool      `json:"voiceLocked,omitempty"`
}

// SyncariState is what was set through Syncari's API.
type SyncariState struct {
	APIUser      bool     `json:"apiUser,omitempty"`
	ClientID     string   `json:"clientId,omitempty"`
	SecretSHA256 string   `json:"secretSha256,omitempty"` // hex; the secret has 256 random bits
	CreatedBy    ObjectID `json:"createdBy,omitzero"`
	UpdatedBy    ObjectID `json:"updatedBy,omitzero"`
	// Instance is the instance in which the user was created.
	Instance string `json:"instance,omitempty"`
	// Roles are grants made through the API, by instance.
	Roles map[string][]string `json:"roles,omitempty"`
	// Suppressed are roles taken away through the API although a group grants
	// them, by instance; the group ids say under which memberships.
	Suppressed map[string][]Suppression `json:"suppressed,omitempty"`
	// Changed is when a Syncari call last changed this state; zero: never.
	Changed time.Time `json:"changed,omitzero"`
}

// Suppression is a role that an application took away although the identity
// provider's data grant it. It ends when the IdP next changes one of the
// memberships in Groups; without Groups, when the IdP next changes the roles or
// entitlements of the user, one of which grants it.
type Suppression struct {
	Role   string `json:"role"`
	Groups []ID   `json:"groups,omitempty"`
}

// MobilityState is what was set through ServiceMobility's API.
type MobilityState struct {
	Locked bool `json:"locked,omitempty"`
	// Teams is nil while the rules decide, otherwise the set made by the API.
	Teams             []string          `json:"teams,omitzero"`
	DGroupID          string            `json:"dGroupId,omitempty"`
	MobileWorker      *bool             `json:"mobileWorker,omitempty"`
	Diagnostics       *bool             `json:"diagnostics,omitempty"`
	StorageLocationID string            `json:"storageLocationId,omitempty"`
	Status            string            `json:"status,omitempty"`
	Extensions        map[string]string `json:"extensions,omitempty"`
	// AuthenticationID is the SSO login if it is not the userName.
	AuthenticationID string `json:"authenticationId,omitempty"`
	PasswordHash     string `json:"passwordHash,omitempty"` // argon2id, PHC form
}
