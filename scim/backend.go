package scim

import (
	"context"
	"net/http"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
)

// Backend is the directory as the SCIM protocol needs it. Package provision
// implements it. Every call acts within by.Tenant: what belongs to another
// tenant is directory.ErrNotFound. Errors are those of package directory and
// storage.ErrUnavailable; error.go says what each becomes on the wire.
type Backend interface {
	// Batch calls fn with a backend whose changes become durable, and visible to
	// others, all together when Batch returns nil; if fn returns an error, none
	// of them remains. A change that fails within leaves nothing of itself, and
	// what was done before stays; batches may be nested. fn may be called more
	// than once, and on another goroutine, and nobody else writes meanwhile, so
	// it should have its input ready. The inner backend is valid until fn
	// returns, and not for concurrent use.
	Batch(ctx context.Context, fn func(Backend) error) error
	Requests

	// CreateUser stores a new user. Of u, only Document, Active and the
	// externalId of by.Client count. It answers the stored user.
	CreateUser(ctx context.Context, by journal.Actor, u *directory.User) (*directory.User, error)
	// User returns a user that SCIM can see, with its groups.
	User(ctx context.Context, by journal.Actor, id directory.ID) (*directory.User, error)
	// EditUser loads the user with its groups, calls edit, which may change
	// Document, Active and the externalId of by.Client, and stores the result.
	// edit may be called more than once, each time on a fresh copy, also on one
	// with the document as SCIM last asserted it where that differs. Its error
	// is returned as it is, nothing changed. If nothing is different
	// afterwards nothing is written: same version, no journal entry.
	EditUser(ctx context.Context, by journal.Actor, id directory.ID, edit func(*directory.User) error) (u *directory.User, changed bool, err error)
	// DeleteUser deletes the user if check (nil: yes) lets it.
	DeleteUser(ctx context.Context, by journal.Actor, id directory.ID, check func(*directory.User) error) error
	// Users calls fn for each match that SCIM can see. If total is set it also
	// returns how many match q.Where, from the same snapshot.
	Users(ctx context.Context, by journal.Actor, q directory.Query, total bool, fn func(*directory.User) bool) (int64, error)

	// CreateGroup stores a new group with its first members. Of g, only
	// Document, AllowDuplicateName and the externalId of by.Client count.
	CreateGroup(ctx context.Context, by journal.Actor, g *directory.Group, members *directory.MemberEdit) (*directory.Group, directory.MemberChange, error)
	// Group returns a group, calling member (if not nil) for each direct
	// member, from one snapshot.
	Group(ctx context.Context, by journal.Actor, id directory.ID, member func(directory.Member)) (*directory.Group, error)
	// EditGroup is EditUser for a group: edit may change Document,
	// AllowDuplicateName and the externalId of by.Client, and returns what
	// happens to the members (nil: nothing).
	EditGroup(ctx context.Context, by journal.Actor, id directory.ID, edit func(*directory.Group) (*directory.MemberEdit, error)) (*directory.Group, directory.MemberChange, error)
	DeleteGroup(ctx context.Context, by journal.Actor, id directory.ID, check func(*directory.Group) error) error
	// Groups is Users for groups. Just before it calls fn for a group it asks
	// withMembers (nil: no) whether to load the group's members.
	Groups(ctx context.Context, by journal.Actor, q directory.Query, total bool, withMembers func(*directory.Group) bool, fn func(*directory.Group, []directory.Member) bool) (int64, error)

	// CreateResource stores a new resource of a configured type. Of r, only
	// Type, Document and the externalId of by.Client count.
	CreateResource(ctx context.Context, by journal.Actor, r *directory.Resource) (*directory.Resource, error)
	// Resource returns a resource of the type.
	Resource(ctx context.Context, by journal.Actor, typ string, id directory.ID) (*directory.Resource, error)
	// EditResource is EditUser for a resource of a configured type: edit may
	// change Document and the externalId of by.Client.
	EditResource(ctx context.Context, by journal.Actor, typ string, id directory.ID, edit func(*directory.Resource) error) (r *directory.Resource, changed bool, err error)
	// DeleteResource removes the resource for good if check (nil: yes) lets it.
	DeleteResource(ctx context.Context, by journal.Actor, typ string, id directory.ID, check func(*directory.Resource) error) error
	// Resources is Users for the resources of a configured type.
	Resources(ctx context.Context, by journal.Actor, typ string, q directory.Query, total bool, fn func(*directory.Resource) bool) (int64, error)
}

// Caller is who sent a request: an authenticated SCIM client.
type Caller struct {
	Actor journal.Actor
	// Mode is "tolerant", "strict" or "interop".
	Mode string
	// DuplicateGroupNames lets groups of one name stand side by side.
	DuplicateGroupNames bool
	// Scope is what the caller may do, as words between blanks; empty is
	// everything. may tells what a word grants.
	Scope string
}

// Authenticate finds out who sent a request. The error, if any, is answered as
// 401 with its text as the detail; it must not say more than the sender knows.
// An error that wraps storage.ErrUnavailable is answered 503.
type Authenticate func(r *http.Request) (Caller, error)
