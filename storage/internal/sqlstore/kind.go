package sqlstore

import (
	"fmt"
	"strconv"

	"github.com/scimbridge/scimbridge/directory"
)

// kind is a kind of resource as the statements see it. The kinds of configured
// types share a table; their numbers are given when the first resource of the
// type is stored, kept in the table resource_types, and never given again.
type kind struct {
	number int64  // in external_ids, and in the table if it has several kinds
	name   string // of the resource type
	table  string
	alias  string // of the table in the statements of lists
}

var (
	userKind  = kind{int64(directory.UserMember), "User", "users", "u"}
	groupKind = kind{int64(directory.GroupMember), "Group", "groups", "g"}
)

// memberKind is the kind of a group's member.
func memberKind(k directory.MemberKind) kind {
	if k == directory.GroupMember {
		return groupKind
	}
	return userKind
}

// configured reports whether the configuration defines the kind.
func (k kind) configured() bool { return k.table == resourceTable }

// of is the condition that rows of the kind's table, named by the alias, belong
// to the tenant $1 and the kind.
func (k kind) of(alias string) string {
	if !k.configured() {
		return alias + ".tenant = $1"
	}
	return alias + ".tenant = $1 AND " + alias + ".kind = " + strconv.FormatInt(k.number, 10)
}

// resourceTable holds the resources of all configured types.
const resourceTable = "resources"

// configuredKind returns the kind of a configured type; ok is false if no
// resource of the type was ever stored.
func (s *Session) configuredKind(typ string) (k kind, ok bool, err error) {
	return s.findKind(typ, s.c.Query)
}

// findKind is configuredKind that asks as it is told.
func (s *Session) findKind(typ string, ask asking) (k kind, ok bool, err error) {
	if err := checkConfigured(typ); err != nil {
		return k, false, err
	}
	k = kind{s.known.kind(typ), typ, resourceTable, "r"}
	if k.number != 0 {
		return k, true, nil
	}
	for row, err := range ask(`SELECT kind FROM resource_types WHERE name = $1`, typ) {
		if err != nil {
			return k, false, fmt.Errorf("look up resource type: %w", err)
		}
		k.number = row.Int(0)
		break
	}
	s.known.learn(typ, k.number)
	return k, k.number != 0, nil
}

// checkConfigured refuses the types that have tables of their own.
func checkConfigured(typ string) error {
	if typ == userKind.name || typ == groupKind.name {
		return fmt.Errorf("%s is not a configured resource type", typ)
	}
	return nil
}

// ensureKind is configuredKind that numbers the type if it is new.
func (s *Session) ensureKind(typ string) (kind, error) {
	k, ok, err := s.configuredKind(typ)
	if ok || err != nil {
		return k, err
	}
	if k.number, err = s.number(`INSERT INTO resource_types (kind, name) SELECT max(kind) + 1, $1 FROM resource_types WHERE true
			ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING kind`, typ); err != nil {
		return kind{}, fmt.Errorf("number resource type: %w", err)
	}
	return k, nil
}
