package sqlite

import (
	"context"
	"fmt"
	"iter"
	"regexp"
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

func (e *explainer) explain(sql string, args []any) error {
	var steps []string
	for row, err := range e.conn.Query("EXPLAIN QUERY PLAN "+sql, args...) {
		if err != nil {
			return err
		}
		steps = append(steps, row.Text(3))
	}
	e.plans = append(e.plans, strings.Join(steps, "; "))
	return nil
}

func (e *explainer) Query(sql string, args ...any) iter.Seq2[sqlstore.Row, error] {
	if err := e.explain(sql, args); err != nil {
		return func(yield func(sqlstore.Row, error) bool) { yield(nil, err) }
	}
	return e.conn.Query(sql, args...)
}

func (e *explainer) List(bounded bool, sql string, args ...any) iter.Seq2[sqlstore.Row, error] {
	if err := e.explain(sql, args); err != nil {
		return func(yield func(sqlstore.Row, error) bool) { yield(nil, err) }
	}
	return e.conn.List(bounded, sql, args...)
}

func (e *explainer) Exec(sql string, args ...any) (int64, error) {
	if err := e.explain(sql, args); err != nil {
		return 0, err
	}
	return e.conn.Exec(sql, args...)
}

// broad recognises the steps that read much: a SCAN of a table, and a SEARCH
// that narrows no further than to the tenant, to the kind of member or to the
// attribute.
var broad = regexp.MustCompile(`^SCAN |\((?:tenant|kind|client|tenant=\? AND attr)=\?\)`)

// what is broad by nature.
var broadAllowed = map[string]bool{
	"SCAN page": true, "SCAN up": true, "SCAN CONSTANT ROW": true, // what a subquery has just chosen
	"SCAN attributes": true, // the configured indexes: few, and read when they have changed
	"SCAN p":          true, // the users whose deletion is pending
	"SEARCH v USING PRIMARY KEY (tenant=? AND attr=?)":                          true, // suppressed users: an attribute without a value
	"SEARCH organizations USING COVERING INDEX organizations_number (tenant=?)": true, // max(): the last entry only
}

// No indexed question, and no write, may read a table or a tenant from end to
// end. SQLite decides this without statistics, so it is the same with one row
// as with a million.
func TestPlansUseIndexes(t *testing.T) {
	s := open(t, Options{})
	type question struct {
		name string
		ask  func(*sqlstore.Session) error
	}
	// These go through the list in its order, which is what they are for.
	lists := map[string]bool{"page": true, "page by key": true, "page of groups": true}
	u, g := newUser(t, "a"), &directory.Group{ID: directory.NewID(epoch), Tenant: 1, Version: 1, DisplayName: "g"}
	ids := map[directory.ClientID]string{1: "x"}
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
		{"insert group", func(s *sqlstore.Session) error {
			h := &directory.Group{ID: directory.NewID(epoch), Tenant: 1, Version: 1, DisplayName: "h", ExternalIDs: ids}
			if err := s.InsertGroup(h); err != nil {
				return err
			}
			h.Version, h.DisplayName, h.ExternalIDs = 2, "i", map[directory.ClientID]string{1: "y"}
			if err := s.UpdateGroup(h); err != nil {
				return err
			}
			return s.DeleteGroup(h)
		}},
		{"insert user", func(s *sqlstore.Session) error {
			v := newUser(t, "v")
			v.ExternalIDs = ids
			if err := s.InsertUser(v, &directory.AppState{SyncariID: directory.NewObjectID(epoch)}); err != nil {
				return err
			}
			if err := s.PutAppState(v, &directory.AppState{MobilityUserID: "w"}); err != nil {
				return err
			}
			v.Version, v.Document, v.ExternalIDs = 2, newUser(t, "w").Document, map[directory.ClientID]string{1: "y"}
			v.Status = directory.Status{State: directory.DeletedElsewhere, DeletedAt: epoch}
			if err := s.UpdateUser(v); err != nil {
				return err
			}
			return s.PurgeUser(v, epoch)
		}},
		{"organization", func(s *sqlstore.Session) error { _, err := s.EnsureOrganization(1, "o", 0); return err }},
		{"clear", func(s *sqlstore.Session) error {
			_, err := s.EditMembers(g, &directory.MemberEdit{Clear: true, Add: []string{u.ID.String()}})
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
			if op != directory.Equal && (field == directory.FieldMember || field == directory.FieldGroup) {
				continue // nobody asks for membership by the order of ids; it is found group by group
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
					if broad.MatchString(step) && !broadAllowed[step] && !lists[q.name] {
						t.Errorf("%s: %s in %s", q.name, step, plan)
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
