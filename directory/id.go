package directory

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"
)

// ID identifies a user or group for ever: it is assigned by the bridge, never
// chosen by a client, never reused (R-7643-3.1-03 … 05). Its text form is the
// SCIM id, a lower-case UUID.
type ID [16]byte

// NewID returns a fresh UUIDv7 for the instant now. Ids made later sort later
// (to the millisecond), which keeps database indexes append-mostly.
func NewID(now time.Time) ID {
	var id ID
	if _, err := rand.Read(id[:]); err != nil {
		panic("directory: no randomness: " + err.Error()) // crypto/rand never fails on supported systems
	}
	ms := uint64(now.UnixMilli())
	var head [8]byte
	binary.BigEndian.PutUint64(head[:], ms<<16)
	copy(id[:6], head[:6])
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	return id
}

// ParseID reads the text form that String writes. Only the canonical
// lower-case form is an id: ids are case-exact (R-7643-3.1-06).
func ParseID(s string) (ID, error) {
	var id ID
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return ID{}, fmt.Errorf("%q is not an id of this directory", clip(s))
	}
	var digits [32]byte
	n := 0
	for i := 0; i < len(s); i++ {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			continue
		}
		c := s[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return ID{}, fmt.Errorf("%q is not an id of this directory", clip(s))
		}
		digits[n] = c
		n++
	}
	if _, err := hex.Decode(id[:], digits[:]); err != nil {
		return ID{}, fmt.Errorf("%q is not an id of this directory: %w", clip(s), err)
	}
	return id, nil
}

// String returns the canonical lower-case UUID.
func (id ID) String() string { return string(id.Append(make([]byte, 0, 36))) }

// Append appends the text form to dst.
func (id ID) Append(dst []byte) []byte {
	var b [36]byte
	hex.Encode(b[0:8], id[0:4])
	hex.Encode(b[9:13], id[4:6])
	hex.Encode(b[14:18], id[6:8])
	hex.Encode(b[19:23], id[8:10])
	hex.Encode(b[24:36], id[10:16])
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
	return append(dst, b[:]...)
}

// IsZero reports whether the id was never assigned.
func (id ID) IsZero() bool { return id == ID{} }

// MarshalText lets ids stand in JSON as their text form.
func (id ID) MarshalText() ([]byte, error) { return id.Append(nil), nil }

// UnmarshalText reads what MarshalText writes.
func (id *ID) UnmarshalText(b []byte) (err error) {
	*id, err = ParseID(string(b))
	return err
}

func clip(s string) string {
	if len(s) > 64 {
		return s[:64] + "…"
	}
	return s
}

// TenantID is the number of a tenant; every row of the directory has one.
type TenantID int64

// ClientID is the number of a SCIM client (one identity provider connection of
// one tenant). External ids belong to the client that set them (R-7643-3.1-08).
type ClientID int64
