package sqlstore

import (
	"fmt"
	"slices"

	"github.com/scimbridge/scimbridge/directory"
)

// Memberships implements storage.Reader.
func (s *Session) Memberships(u *directory.User) ([]directory.Membership, error) {
	one := []*directory.User{u}
	if u.Seq == 0 {
		stored, err := s.User(u.Tenant, u.ID, false)
		if err != nil {
			return nil, err
		}
		one[0] = stored
	}
	of, err := s.membershipsOf(one)
	return of[one[0].Seq], err
}

// loadGroups sets Groups of all users.
func (s *Session) loadGroups(us []*directory.User) error {
	for chunk := range slices.Chunk(us, membershipChunk) {
		of, err := s.membershipsOf(chunk)
		if err != nil {
			return err
		}
		for _, u := range chunk {
			u.Groups = of[u.Seq]
		}
	}
	return nil
}

// membershipChunk users are answered by one statement.
const membershipChunk = 50

var membershipQuery = [...]string{membershipsSQL(1), membershipsSQL(membershipChunk)}

// membershipsSQL climbs from the users to the groups that contain them. UNION
// keeps each pair of user and group once, which ends cycles. CROSS JOIN makes
// SQLite go from the groups found so far to those that contain them; it would
// rather try all nested groups.
func membershipsSQL(users int) string {
	return `WITH RECURSIVE up (usr, grp) AS (
			SELECT m.member, m.grp FROM members m WHERE m.kind = 0 AND m.member IN (` + params(1, users) + `)
		UNION
			SELECT up.usr, m.grp FROM up CROSS JOIN members m WHERE m.kind = 1 AND m.member = up.grp
		)
		SELECT up.usr, g.id, g.display_name, g.external_ids,
			CASE WHEN EXISTS (SELECT 1 FROM members d WHERE d.grp = g.seq AND d.kind = 0 AND d.member = up.usr) THEN 0 ELSE 1 END AS indirect
		FROM up CROSS JOIN groups g WHERE g.seq = up.grp
		ORDER BY up.usr, indirect, g.seq`
}

// membershipsOf returns the memberships of up to membershipChunk users by Seq.
func (s *Session) membershipsOf(us []*directory.User) (map[int64][]directory.Membership, error) {
	of := make(map[int64][]directory.Membership, len(us))
	query, n := membershipQuery[0], 1
	if len(us) > 1 {
		query, n = membershipQuery[1], membershipChunk
	}
	args := make([]any, n)
	for i := range args {
		args[i] = us[min(i, len(us)-1)].Seq
	}
	for row, err := range s.c.Query(query, args...) {
		if err != nil {
			return nil, fmt.Errorf("read memberships: %w", err)
		}
		ids, err := decodeExternalIDs(row.Text(3))
		if err != nil {
			return nil, err
		}
		seq := row.Int(0)
		of[seq] = append(of[seq], directory.Membership{
			Group: row.ID(1), DisplayName: row.Text(2), ExternalIDs: ids, Indirect: row.Bool(4)})
	}
	return of, nil
}
