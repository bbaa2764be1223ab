package sqlite

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
	"github.com/scimbridge/scimbridge/storage/internal/sqlstore"
)

// A page of a sorted list reads one range of an index in its order, wherever the
// page is. What may be left to sort is what has the same value, descending.
func TestSortedPagesFollowAnIndex(t *testing.T) {
	s := open(t, Options{})
	indexed := regexp.MustCompile(`^SEARCH [ug] USING INDEX (?:users|groups)_(?:id|name|display|family|employee|created|modified) \(tenant=\?|^SEARCH [ug] USING INDEX sqlite_autoindex_(?:users|groups)_1 \(id=\?\)`)
	sameName := regexp.MustCompile(`_name \(tenant=\? AND (?:user|display)_key=\?\)`) // of whom there are few
	ties := map[string]bool{"USE TEMP B-TREE FOR LAST TERM OF ORDER BY": true, "USE TEMP B-TREE FOR RIGHT PART OF ORDER BY": true}
	u, g := newUser(t, "a"), &directory.Group{ID: directory.NewID(epoch), Tenant: 1, Version: 1, DisplayName: "g"}
	everyUser, everyGroup := func(*directory.User) bool { return true }, func(*directory.Group) bool { return true }
	if err := s.Update(context.Background(), func(tx storage.Tx) error {
		if err := tx.InsertUser(u, nil); err != nil {
			return err
		}
		if err := tx.InsertGroup(g); err != nil {
			return err
		}
		for _, field := range []directory.Field{directory.FieldID, directory.FieldUserName, directory.FieldDisplayName, directory.FieldFamilyName,
			directory.FieldEmployeeNumber, directory.FieldLastModified, directory.FieldCreated} {
			for _, descending := range []bool{false, true} {
				sort := &directory.Sort{Field: field, Descending: descending}
				places := []*directory.Position{nil, {Seq: 3, Text: u.ID.String(), Time: epoch}}
				if field != directory.FieldID && field != directory.FieldLastModified && field != directory.FieldCreated {
					places = append(places, &directory.Position{Seq: 3, Missing: true})
				}
				for _, behind := range places {
					q := directory.Query{Limit: 10, Sort: sort, Behind: behind}
					e := &explainer{conn: s.writer.c}
					if err := sqlstore.New(e).Users(1, q, everyUser); err != nil {
						return err
					}
					if field != directory.FieldUserName && field != directory.FieldFamilyName && field != directory.FieldEmployeeNumber {
						if err := sqlstore.New(e).Groups(1, q, everyGroup); err != nil {
							return err
						}
					}
					name := fmt.Sprintf("by field %d, descending %t, behind %+v", field, descending, behind)
					if len(e.plans) == 0 {
						t.Errorf("%s: nothing was asked", name)
					}
					for _, plan := range e.plans {
						for step := range strings.SplitSeq(plan, "; ") {
							oneName := step == "USE TEMP B-TREE FOR ORDER BY" && sameName.MatchString(plan)
							if !indexed.MatchString(step) && !ties[step] && !oneName {
								t.Errorf("%s: %s", name, plan)
							}
						}
					}
				}
			}
		}
		// What an index finds is found first, and sorted then.
		e := &explainer{conn: s.writer.c}
		q := directory.Query{Limit: 10, Sort: &directory.Sort{Field: directory.FieldFamilyName},
			Where: directory.Term{Field: directory.FieldEmail, Op: directory.Prefix, Text: "a"}}
		if err := sqlstore.New(e).Users(1, q, everyUser); err != nil {
			return err
		}
		for _, plan := range e.plans {
			if !strings.Contains(plan, "SEARCH v USING PRIMARY KEY (tenant=? AND attr=? AND key>? AND key<?)") || strings.Contains(plan, "users_family") {
				t.Errorf("with a condition: %s", plan)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// What matches is sorted once for a page, also where groups are loaded with the
// users.
func TestSortedPageWithGroupsIsSortedOnce(t *testing.T) {
	s := open(t, Options{})
	populate(t, s, 300)
	q := directory.Query{Limit: 250, WithGroups: true, Sort: &directory.Sort{Field: directory.FieldFamilyName},
		Where: directory.Term{Field: directory.FieldEmail, Op: directory.GreaterEqual, Text: "a"}}
	if err := s.Update(context.Background(), func(storage.Tx) error {
		e := &explainer{conn: s.writer.c}
		n := 0
		if err := sqlstore.New(e).Users(1, q, func(*directory.User) bool { n++; return true }); err != nil {
			return err
		}
		sorts := 0
		for _, plan := range e.plans {
			if strings.Contains(plan, "SEARCH v USING") {
				sorts++
			}
		}
		if n != 250 || sorts != 1 {
			t.Errorf("%d users, matches were looked for %d times:\n%s", n, sorts, strings.Join(e.plans, "\n"))
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkSortedPage reads a page of 100 by familyName, at the beginning of a
// tenant of 20,000 and near its end: behind a place it costs the same.
func BenchmarkSortedPage(b *testing.B) {
	s := open(b, Options{})
	populate(b, s, 20_000)
	for name, at := range map[string]string{"first": "", "late": "user-9"} {
		b.Run(name, func(b *testing.B) {
			q := directory.Query{Limit: 100, Sort: &directory.Sort{Field: directory.FieldUserName}}
			if at != "" {
				q.Behind = &directory.Position{Text: at, Seq: 1}
			}
			for b.Loop() {
				n := 0
				if err := s.View(context.Background(), func(r storage.Reader) error {
					return r.Users(1, q, func(*directory.User) bool { n++; return true })
				}); err != nil || n != 100 {
					b.Fatalf("%d users, %v", n, err)
				}
			}
		})
	}
}
