// Package storage declares what the bridge needs of a database: a Store with
// View and Update, and the rows of its own machinery (tenants, SCIM clients,
// tokens). It knows users, groups and the journal as package directory and
// package journal define them, and never hears of SCIM, JSON over HTTP or rules.
//
// Times are kept to the millisecond and handed out in UTC. A user, group or
// entry of a tenant or client that was never stored is not refused: who may
// write for whom is the caller's business.
//
// Implementations are storage/sqlite and, later, storage/postgres; both run the
// conformance suite in storage/storagetest, in which each sentence of this file
// has a test.
package storage

import (
	"context"
	"errors"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
)

// ErrUnavailable says that the database can not take the call now: it is
// closing, too many writes wait, the disk is full, or a lock was not to be had.
// Nothing was changed. The cause is wrapped.
var ErrUnavailable = errors.New("the database is not available")

// ErrUncertain says that a commit was sent but its result is not known. The
// caller may find out by reading, and must not tell its client that it failed.
var ErrUncertain = errors.New("the result of the commit is not known")

// ErrNewer says that the database was written by a newer version of the bridge.
var ErrNewer = errors.New("the database has a newer schema than this program knows")

// Store is a directory's database. All methods may be called concurrently.
type Store interface {
	// View calls fn with a consistent snapshot: what fn reads is the state
	// after some set of whole Updates. It sees every Update that returned
	// before View was called. fn must not call View: all connections for
	// reading may be taken by those who do. When ctx ends, the next read of fn
	// fails with its error.
	//
	// Views that list may hold at most half of the connections, so that looking
	// one thing up never waits for them (Reader says what a list is). fn should
	// list first: the first list waits for its turn, as long as ctx allows; fn
	// that has read something else already holds a connection, and gets
	// ErrUnavailable when it would have to wait.
	View(ctx context.Context, fn func(Reader) error) error
	// Update calls fn in a transaction. If fn returns nil, Update returns only
	// after the changes are durable, or with an error: ErrUnavailable (nothing
	// changed) or ErrUncertain. If fn returns an error, nothing it did remains
	// and Update returns that error. Updates are serialised: each sees the
	// effects of all before it.
	//
	// fn may be called more than once (a serialisation failure is retried) and
	// on another goroutine; it must not touch anything but tx and values it
	// resets when it starts, must not block on anything but tx, and must not
	// call the Store. When ctx ends before the transaction has begun, fn is
	// not called and ctx's error is returned; later, ctx no longer matters.
	// If fn panics, nothing it did remains and Update panics in its caller.
	Update(ctx context.Context, fn func(Tx) error) error
	// Close waits for accepted Updates, then closes the database. Calls that
	// come later fail with ErrUnavailable.
	Close() error
}

// Reader reads within one snapshot. It is valid until the function it was
// given to returns, and is not for concurrent use. What it returns belongs to
// the caller. A function that is called for each row must not use the Reader.
//
// Users, Groups and Resources are lists, as are CountUsers, CountGroups and
// CountResources with a Where; all but pages of at most 1,000 without a Where,
// which may have a Sort if they have no Offset, and those whose Where asks, for
// equality alone, for the few resources that have an id, name, displayName,
// externalId, email, employee number, member or value of a Unique Index. What a
// Where, or an Offset into a Sort, may cost is bounded:
// when the engine has worked on such lists of one View for longer than
// the Store allows, they end with directory.ErrTooMany, and when ctx ends the
// engine stops at once, in the middle of a row. The Reader stays usable after
// ErrTooMany for everything but further such lists. A Tx has no such bounds.
type Reader interface {
	// User returns the user with this id, in any state but Purged, with the
	// memberships if withGroups. directory.ErrNotFound if there is none in the tenant.
	User(tenant directory.TenantID, id directory.ID, withGroups bool) (*directory.User, error)
	// FindUser returns the one user with the key; see UserKey. ErrNotFound if none.
	FindUser(tenant directory.TenantID, key UserKey) (*directory.User, error)
	// Users calls fn for each match of the query, in Seq order or that of its
	// Sort, until fn returns false. fn must not use the Reader. A page After a Seq
	// or Behind a place costs the same wherever that is; what an Offset passes
	// over is read. With both Sort and Where the matches are found, then sorted.
	Users(tenant directory.TenantID, q directory.Query, fn func(*directory.User) bool) error
	// CountUsers returns how many users match q.Where (After, Offset and Limit
	// are ignored). Without Where it is a maintained counter: its cost does not
	// depend on how many there are.
	CountUsers(tenant directory.TenantID, q directory.Query) (int64, error)
	// AppState returns what the applications know of the user.
	AppState(user *directory.User) (*directory.AppState, error)
	// SuppressedUsers returns the users of the tenant whose AppState has
	// suppressed roles (Syncari.Suppressed not empty); usually none or few.
	SuppressedUsers(tenant directory.TenantID) ([]*directory.User, error)
	// Memberships returns the groups the user is in, direct ones first, then
	// those that contain them, by nested groups to any depth; cycles end.
	Memberships(user *directory.User) ([]directory.Membership, error)

	Group(tenant directory.TenantID, id directory.ID) (*directory.Group, error)
	Groups(tenant directory.TenantID, q directory.Query, fn func(*directory.Group) bool) error
	CountGroups(tenant directory.TenantID, q directory.Query) (int64, error)
	// Members calls fn for each direct member: users first, each kind in Seq order.
	Members(group *directory.Group, fn func(directory.Member) bool) error

	// Resource returns the resource of a configured type with this id.
	// directory.ErrNotFound if there is none of the type in the tenant. "User"
	// and "Group" are no configured types: an error here, in all that follows.
	Resource(tenant directory.TenantID, typ string, id directory.ID) (*directory.Resource, error)
	// Resources is Users for a configured type. The fields are FieldID,
	// FieldExternalID, FieldLastModified, FieldCreated and FieldAttribute. A type
	// of which nothing was ever stored has no resources.
	Resources(tenant directory.TenantID, typ string, q directory.Query, fn func(*directory.Resource) bool) error
	// CountResources is CountUsers for a configured type.
	CountResources(tenant directory.TenantID, typ string, q directory.Query) (int64, error)

	// Organization returns the number of a named organization of the tenant,
	// compared by Fold. ErrNotFound if it was never named.
	Organization(tenant directory.TenantID, name string) (int64, error)

	// Journal calls fn for each entry with Seq > after, oldest first, of one
	// tenant or (tenant 0) of all, until fn returns false.
	Journal(tenant directory.TenantID, after int64, fn func(*journal.Entry) bool) error
	// PurgeDue returns up to limit users, of all tenants, whose deletion is
	// pending since before the instant, oldest first.
	PurgeDue(before time.Time, limit int) ([]*directory.User, error)
	// Counts returns the totals for the metrics, over all tenants.
	Counts() (Counts, error)

	// Request returns the client's asynchronous request with this id, pending or
	// done, expired or not, until ForgetRequests takes it away; ErrNotFound if none.
	// It is without its Payload, which may be megabytes that nobody who waits for
	// the result needs.
	Request(tenant directory.TenantID, client directory.ClientID, id directory.ID) (*directory.Request, error)
	// NextRequest returns the first pending request, of all tenants, with
	// Seq > after; ErrNotFound if there is none.
	NextRequest(after int64) (*directory.Request, error)
	// CountPendingRequests returns how many requests of the client are pending.
	CountPendingRequests(client directory.ClientID) (int64, error)

	Tenants() ([]Tenant, error)
	// Clients lists the SCIM clients of one tenant, or (0) of all.
	Clients(tenant directory.TenantID) ([]Client, error)
	// Tokens lists the tokens of one client, or (0) of all.
	Tokens(client directory.ClientID) ([]Token, error)
	// TokenByDigest returns the token with its client and tenant, whatever its
	// expiry or revocation says; ErrNotFound if none.
	TokenByDigest(digest [32]byte) (Token, Client, error)
	// Secret returns the named secret of the installation; ErrNotFound if none.
	Secret(name string) ([]byte, error)
}

// Tx reads and writes within one transaction. Writes are seen by later reads.
type Tx interface {
	Reader

	// Nested calls fn, and if it returns an error or panics nothing that fn did
	// remains, while what was done before does and the transaction goes on. It
	// returns fn's error. Calls may be nested in each other. The Tx that fn gets
	// is this one.
	Nested(fn func(Tx) error) error

	// InsertUser stores a new user with its state, sets u.Seq and fills the
	// application ids of s that are zero. *directory.ConflictError names
	// userName or externalId when another live user of the tenant (for
	// externalId: of the same client) has it, uniphoreId or syncariId when s
	// chose one that is taken; then nothing was changed and the transaction can
	// go on. A MobilityUserID that is taken gets the suffix -2, -3, … instead.
	// A user without a userName holds none.
	InsertUser(u *directory.User, s *directory.AppState) error
	// UpdateUser stores all of u, which must have been read in this
	// transaction or be at the stored version: the row's version must be
	// u.Version-1, else ErrPreconditionFailed. Conflicts as InsertUser.
	UpdateUser(u *directory.User) error
	// PutAppState replaces what the applications know of the user. Of the three
	// ids, those that are zero stay; *ConflictError names uniphoreId, syncariId
	// or mobilityUserId if one that changes is taken.
	PutAppState(u *directory.User, s *directory.AppState) error
	// PurgeUser removes the user, its state and its memberships and leaves a
	// tombstone with its ids. Groups it was in must have been changed before.
	PurgeUser(u *directory.User, at time.Time) error

	// InsertGroup stores a new group without members and sets g.Seq;
	// *ConflictError names displayName or externalId. A group that allows
	// duplicates takes any name; one that does not conflicts with every other
	// group of the name, even with those that allow it: the group that is
	// created or renamed last decides, so a changed setting works at once.
	InsertGroup(g *directory.Group) error
	// UpdateGroup stores all of g but the members; version rule as UpdateUser.
	UpdateGroup(g *directory.Group) error
	// DeleteGroup removes the group and its memberships, both those in it and
	// its own in other groups (which must have been changed before).
	DeleteGroup(g *directory.Group) error
	// EditMembers applies the edit to the group's rows and sets g.MemberCount.
	// It does not move g.Version: the caller does, with UpdateGroup, if the
	// change says so. Cost grows with the edit (with Clear or RemoveIf: with
	// the group), not with the group. Nesting that would make a group contain
	// itself is allowed; readers end cycles.
	EditMembers(g *directory.Group, edit *directory.MemberEdit) (directory.MemberChange, error)
	// GroupsContaining returns the groups with this direct member.
	GroupsContaining(tenant directory.TenantID, m directory.Member) ([]*directory.Group, error)

	// InsertResource stores a new resource of a configured type and sets r.Seq.
	// *directory.ConflictError names externalId when another resource of the
	// type has it for the same client, the Attribute of a Unique Index, or id,
	// when a resource of any type has that.
	InsertResource(r *directory.Resource) error
	// UpdateResource stores all of r; version rule as UpdateUser, conflicts as
	// InsertResource.
	UpdateResource(r *directory.Resource) error
	// DeleteResource removes the resource; nothing of it remains but what the
	// journal has.
	DeleteResource(r *directory.Resource) error

	// EnsureOrganization returns the organization's number, giving it want (or,
	// if 0 or taken, the next free one) when it is new.
	EnsureOrganization(tenant directory.TenantID, name string, want int64) (int64, error)

	// AppendJournal stores the entry and sets e.Seq.
	AppendJournal(e *journal.Entry) error

	// InsertRequest stores a new pending request, with its Payload, and sets r.Seq.
	InsertRequest(r *directory.Request) error
	// FinishRequest stores Done, Expires and Result of a request that is still
	// pending, and removes its Payload; ErrNotFound if it is not pending.
	FinishRequest(r *directory.Request) error
	// ForgetRequests removes those that are done and expire at the instant or
	// before; it returns how many.
	ForgetRequests(until time.Time) (int64, error)

	// PutTenant stores t, creating it and setting t.ID if that is zero;
	// *ConflictError (name, for a token digest) if the name is taken, ErrNotFound
	// if there is no t.ID. Likewise PutClient, PutToken, whose tenant or client
	// must exist.
	PutTenant(t *Tenant) error
	PutClient(c *Client) error
	PutToken(t *Token) error
	// PutSecret stores a secret unless one of that name exists, and returns the
	// one that is stored.
	PutSecret(name string, value []byte) ([]byte, error)
}

// UserKey names one user by something other than its id. Exactly one field is
// set. userName compares by
// directory.FoldName, emails and MobilityUserID by directory.Fold.
type UserKey struct {
	// UserName finds the user that holds the name: not one deleted by SCIM.
	UserName string
	// Released finds the user deleted by SCIM last that held the name.
	Released string
	// Email finds the user with this email address; if several have it, the
	// one created first among those not pending deletion, else among all.
	Email          string
	UniphoreID     int64
	Auth0ID        string // EXT uniphore.auth0Id or learned by sync-user; exact
	SyncariID      directory.ObjectID
	MobilityUserID string
	// SyncariClientID finds the API user with these client credentials; exact.
	SyncariClientID string
}

// Counts are totals over all tenants.
type Counts struct {
	Users          map[directory.State]int64
	Groups         int64
	JournalEntries int64
}

// Tenant is one customer of the installation.
type Tenant struct {
	ID      directory.TenantID
	Name    string // unique by Fold
	Created time.Time
}

// Mode is how a SCIM client is treated.
type Mode string

// The modes (docs: SCIM clients).
const (
	Tolerant Mode = "tolerant"
	Strict   Mode = "strict"
	Interop  Mode = "interop"
)

// Client is one identity provider connection of one tenant.
type Client struct {
	ID      directory.ClientID
	Tenant  directory.TenantID
	Name    string // unique in the tenant by Fold
	Mode    Mode
	Created time.Time
	// DuplicateGroupNames lets two groups have the same displayName.
	DuplicateGroupNames bool
}

// Token is one bearer credential of a SCIM client. The secret itself is never
// stored, only its SHA-256.
type Token struct {
	ID      int64
	Client  directory.ClientID
	Digest  [32]byte
	Hint    string // last four characters of the secret
	Scope   string // space-separated; empty: all
	Created time.Time
	Expires time.Time // zero: never
	Revoked time.Time // zero: live
}
