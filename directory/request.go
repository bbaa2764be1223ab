package directory

import "time"

// Request is a write that a SCIM client has handed in to be carried out later
// (RFC 9967 section 2.5). It is pending until Done.
type Request struct {
	ID      ID // names its result; the transaction (txn) of RFC 9967
	Seq     int64
	Tenant  TenantID
	Client  ClientID
	Created time.Time
	// Payload is what is to be done, in the words of whoever accepted it. It is
	// gone once it is done: it may hold all that is known of a person.
	Payload []byte
	Done    time.Time // zero: pending
	// Result is how it ended, kept until Expires.
	Result  []byte
	Expires time.Time
}
