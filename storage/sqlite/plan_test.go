package sqlite

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
	"github.com/scimbridge/scimbridge/storage/internal/sqlstore"
)

// explainer asks SQLite how it would carry out each query.
type explainer struct {
	*conn
	plans []string
}

func (e *explainer) Query(sql string, args ...any) iter.Seq2[sqlstore.Row, error] {
	var steps []string
	for row, err := range e.conn.Query("EXPLAIN QUERY PLAN "+sql, args...) {
		if err != nil {
			return func(yield func(sqlstore.Row, error) bool) { yield(nil, err) }
		}
		steps = append(steps, row.Text(3))
	}
	e.plans = append(e.plans, strings.Join(steps, "; "))
	return e.conn.Query(sql, args...)
}

// No indexed question may read a table from end to end: a plan says SEARCH
// where it uses an index and SCAN where it does not.
func TestPlansUseIndexes(t *testing.T) {
	s := open(t, Options{})
	type question struct {
		name string
		ask  func(*sqlstore.Session) error
	}
	u, g := newUser(t, "a"), &directory.Group{ID: directory.NewID(epoch), Tenant: 1, Version: 1, DisplayName: "g"}
	everyUser := func(*directory.User) bool { return true }
	everyGroup := func(*directory.Group) bool { return true }
	questions := []question{
		{"user by id", func(s *sqlstore.Session) error { _, err := s.User(1, u.ID, true); return err }},
		{"group by id", func(s *sqlstore.Session) error { _, err := s.Group(1, g.ID); return err }},
		{"members", func(s *sqlstore.Session) error { return s.Members(g, func(directory.Member) bool { return true }) }},
		{"groups containing", func(s *sqlstore.Session) error {
			_, err := s.GroupsContaining(1, directory.Member{ID: u.ID})
			return err
		}},
		{"edit", func(s *sqlstore.Session) error {
			_, err := s.EditMembers(g, &directory.MemberEdit{Add: []string{u.ID.String()}, Remove: []string{g.ID.String()}})
			return err
		}},
		{"page", func(s *sqlstore.Session) error {
			return s.Users(1, directory.Query{Limit: 10, Offset: 5, WithGroups: true}, everyUser)
		}},
		{"page by key", func(s *sqlstore.Session) error { return s.Users(1, directory.Query{Limit: 10, After: 5}, everyUser) }},
		{"page of groups", func(s *sqlstore.Session) error { return s.Groups(1, directory.Query{Limit: 10, Offset: 5}, everyGroup) }},
		{"due", func(s *sqlstore.Session) error { _, err := s.PurgeDue(epoch, 10); return err }},
		{"suppressed", func(s *sqlstore.Session) error { _, err := s.SuppressedUsers(1); return err }},
		{"journal", func(s *sqlstore.Session) error { return s.Journal(1, 5, nil) }},
		{"token", func(s *sqlstore.Session) error { _, _, err := s.TokenByDigest([32]byte{}); return ignoreMissing(err) }},
	}
	for i, key := range []storage.UserKey{{UserName: "a"}, {Released: "a"}, {Email: "a"}, {UniphoreID: 1}, {Auth0ID: "a"},
		{SyncariID: directory.NewObjectID(epoch)}, {MobilityUserID: "a"}, {SyncariClientID: "a"}} {
		questions = append(questions, question{fmt.Sprint("key ", i), func(s *sqlstore.Session) error {
			_, err := s.FindUser(1, key)
			return ignoreMissing(err)
		}})
	}
	for field := directory.FieldID; field <= directory.FieldLastModified; field++ {
		for op := directory.Equal; op <= directory.GreaterEqual; op++ {
			if field == directory.FieldActive || field == directory.FieldLastModified && op == directory.Prefix {
				continue
			}
			term := directory.Term{Field: field, Op: op, Text: "0190", Time: epoch}
			if op == directory.Equal && (field == directory.FieldID || field == directory.FieldGroup || field == directory.FieldMember) {
				term.Text = u.ID.String()
			}
			q := directory.Query{Client: 1, Limit: 10, Where: term}
			both := q
			both.Where = directory.All{term, directory.Term{Field: directory.FieldID, Text: u.ID.String()}}
			if field != directory.FieldMember {
				questions = append(questions, question{fmt.Sprint("users by field ", field, " op ", op), func(s *sqlstore.Session) error {
					if _, err := s.CountUsers(1, q); err != nil {
						return err
					}
					if err := s.Users(1, both, everyUser); err != nil {
						return err
					}
					return s.Users(1, q, everyUser)
				}})
			}
			switch field {
			case directory.FieldID, directory.FieldDisplayName, directory.FieldExternalID, directory.FieldMember, directory.FieldLastModified:
				questions = append(questions, question{fmt.Sprint("groups by field ", field, " op ", op), func(s *sqlstore.Session) error {
					if _, err := s.CountGroups(1, q); err != nil {
						return err
					}
					return s.Groups(1, q, everyGroup)
				}})
			}
		}
	}
	if err := s.Update(context.Background(), func(tx storage.Tx) error {
		if err := tx.InsertUser(u, nil); err != nil {
			return err
		}
		if err := tx.InsertGroup(g); err != nil {
			return err
		}
		for _, q := range questions {
			e := &explainer{conn: s.writer.c}
			if err := q.ask(sqlstore.New(e)); err != nil {
				t.Errorf("%s: %v", q.name, err)
			}
			if len(e.plans) == 0 {
				t.Errorf("%s: nothing was asked", q.name)
			}
			for _, plan := range e.plans {
				for _, step := range strings.Split(plan, "; ") {
					if strings.HasPrefix(step, "SCAN ") && step != "SCAN up" && step != "SCAN page" && step != "SCAN CONSTANT ROW" {
						t.Errorf("%s: %s", q.name, plan)
					}
				}
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func ignoreMissing(err error) error {
	if err == directory.ErrNotFound {
		return nil
	}
	return err
}
