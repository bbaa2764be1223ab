package main

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/storage"
	"github.com/scimbridge/scimbridge/storage/sqlite"
)

// covers: T-49 kill -9 under load: what was acknowledged is there, what was not
// is there as a whole or not at all, and the journal says the same
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	t.Parallel()
	dir := t.TempDir()
	load := &load{users: map[string]*pushed{}}
	var token string
	for round := range 3 {
		p := serveIn(t, dir, fmt.Sprint("round", round))
		if round == 0 {
			token = p.token
		}
		c := &scimClient{t: t, base: p.url + "/scim/v2", token: token}
		load.verify(c)
		if round == 0 {
			for i := range 2 {
				load.groups[i].id = c.create("/Groups", fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"g%d"}`, i))
			}
		}
		load.until(p, c, round, 150*(round+1))
		if t.Failed() {
			return
		}
	}
	p := serveIn(t, dir, "last")
	load.verify(&scimClient{t: t, base: p.url + "/scim/v2", token: token})
	checkJournal(t, dir) // beside the running server
	if err := p.terminate(); err != nil {
		t.Error(err)
	}
	checkIntegrity(t, filepath.Join(dir, "scimbridge.db"))
	if len(load.users) < 100 {
		t.Errorf("only %d users were pushed: the test shows nothing", len(load.users))
	}
}

// pushed is what one user must look like: as acknowledged, or as tried since.
type pushed struct {
	id           string // "" until the creation is acknowledged
	acked, tried string // displayName; "" before the creation
	member       [2]progress
}

// progress is how far a change has come.
type progress int

const (
	untried progress = iota
	tried
	acked
)

// load is what the workers have pushed, over all rounds.
type load struct {
	mu     sync.Mutex
	users  map[string]*pushed // by userName
	groups [2]struct{ id string }
}

// until pushes from several workers, kills the process once n changes were
// acknowledged, and returns when all workers have noticed.
func (l *load) until(p *process, c *scimClient, round, n int) {
	var done atomic.Int64
	enough := make(chan struct{})
	ack := func() {
		if done.Add(1) == int64(n) {
			close(enough)
		}
	}
	var workers sync.WaitGroup
	for w := range 6 {
		workers.Go(func() {
			for i := 0; ; i++ {
				if !l.push(c, fmt.Sprintf("u-%d-%d-%d", round, w, i), i%2, ack) {
					return
				}
			}
		})
	}
	select {
	case <-enough:
	case <-time.After(patience):
		c.t.Errorf("only %d of %d changes in %s", done.Load(), n, patience)
	}
	if err := p.kill(); err != nil {
		c.t.Error(err)
	}
	workers.Wait()
}

const patchOps = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[%s]}`

// push creates a user, changes it and adds it to a group; false when the server
// has gone.
func (l *load) push(c *scimClient, name string, group int, ack func()) bool {
	u := &pushed{tried: "first"}
	l.mu.Lock()
	l.users[name] = u
	l.mu.Unlock()
	status, answer := c.call("POST", "/Users", fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":%q,"displayName":"first","title":"first"}`, name))
	if status == 0 {
		return false
	}
	if status != http.StatusCreated {
		c.t.Errorf("POST of %s: %d %v", name, status, answer)
		return false
	}
	u.id, _ = answer["id"].(string)
	u.acked = u.tried
	ack()

	// Two attributes of one request: both or neither.
	u.tried = "second"
	status, _ = c.call("PATCH", "/Users/"+u.id, fmt.Sprintf(patchOps, `{"op":"replace","path":"displayName","value":"second"},{"op":"replace","path":"title","value":"second"}`))
	if status == 0 {
		return false
	}
	if status != http.StatusOK {
		c.t.Errorf("PATCH of %s: %d", name, status)
		return false
	}
	u.acked = u.tried
	ack()

	u.member[group] = tried
	status, _ = c.call("PATCH", "/Groups/"+l.groups[group].id, fmt.Sprintf(patchOps, `{"op":"add","path":"members","value":[{"value":"`+u.id+`"}]}`))
	if status == 0 {
		return false
	}
	if status != http.StatusOK && status != http.StatusNoContent {
		c.t.Errorf("PATCH of a group: %d", status)
		return false
	}
	u.member[group] = acked
	ack()
	return true
}

// verify compares what the server has with what was pushed.
func (l *load) verify(c *scimClient) {
	c.t.Helper()
	found := map[string]map[string]any{}
	for start := 1; ; {
		page := c.list(fmt.Sprintf("/Users?startIndex=%d&count=1000", start))
		for _, r := range page {
			user := r.(map[string]any)
			found[user["userName"].(string)] = user
		}
		if start += len(page); len(page) == 0 {
			break
		}
	}
	members := [2]map[string]bool{{}, {}}
	for i, g := range l.groups {
		if g.id == "" {
			continue
		}
		list, _ := c.must(http.StatusOK, "GET", "/Groups/"+g.id, "")["members"].([]any)
		for _, m := range list {
			members[i][m.(map[string]any)["value"].(string)] = true
		}
	}
	for name, u := range l.users {
		user, there := found[name]
		delete(found, name)
		if !there {
			if u.acked != "" {
				c.t.Errorf("%s was acknowledged and is gone", name)
			}
			continue
		}
		id := user["id"].(string)
		if u.id != "" && u.id != id {
			c.t.Errorf("%s has the id %s, was acknowledged with %s", name, id, u.id)
		}
		got := user["displayName"]
		if got != u.acked && got != u.tried {
			c.t.Errorf("%s has the displayName %v, want %q or %q", name, got, u.acked, u.tried)
		}
		if user["title"] != got {
			c.t.Errorf("%s is half changed: displayName %v, title %v", name, got, user["title"])
		}
		for i, m := range u.member {
			if is := members[i][id]; m == acked && !is || m == untried && is {
				c.t.Errorf("%s is in group %d: %t; the addition was %s", name, i, is, [...]string{"not tried", "tried", "acknowledged"}[m])
			}
			delete(members[i], id)
		}
	}
	if len(found)+len(members[0])+len(members[1]) > 0 {
		c.t.Errorf("nobody pushed these: users %v, members %v", found, members)
	}
}

// checkJournal folds what "journal export" writes and compares with the rows.
func checkJournal(t *testing.T, dir string) {
	t.Helper()
	cmd := exec.Command("scimbridge", "journal", "export")
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var state journal.State
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e journal.Entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		if err := state.Apply(&e); err != nil {
			t.Fatal(err)
		}
	}
	store, err := sqlite.Open(context.Background(), sqlite.Options{Path: filepath.Join(dir, "scimbridge.db"), ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	rows := 0
	compare := func(kind journal.Kind, id directory.ID, version int64, doc directory.Document, members map[journal.MemberRef]bool) {
		rows++
		r := state.Resources[id]
		if r == nil || r.Kind != kind || r.Version != version {
			t.Errorf("%s %s has version %d, the journal says %+v", kind, id, version, r)
			return
		}
		var want journal.Fields
		if err := json.Unmarshal(doc, &want); err != nil {
			t.Error(err)
		}
		got := maps.Clone(r.Fields)
		maps.DeleteFunc(got, func(name string, _ json.RawMessage) bool { return strings.HasPrefix(name, "$") })
		if !maps.EqualFunc(got, want, func(a, b json.RawMessage) bool { return string(a) == string(b) }) {
			t.Errorf("%s %s is %s, the journal says %s", kind, id, doc, got)
		}
		if !maps.Equal(r.Members, members) {
			t.Errorf("%s %s has members %v, the journal says %v", kind, id, members, r.Members)
		}
	}
	err = store.View(context.Background(), func(r storage.Reader) error {
		if err := r.Users(1, directory.Query{Limit: -1}, func(u *directory.User) bool {
			compare(journal.KindUser, u.ID, u.Version, u.Document, map[journal.MemberRef]bool{})
			return true
		}); err != nil {
			return err
		}
		var groups []*directory.Group
		if err := r.Groups(1, directory.Query{Limit: -1}, func(g *directory.Group) bool {
			groups = append(groups, g)
			return true
		}); err != nil {
			return err
		}
		for _, g := range groups {
			members := map[journal.MemberRef]bool{}
			if err := r.Members(g, func(m directory.Member) bool {
				members[journal.NewMemberRef(m)] = true
				return true
			}); err != nil {
				return err
			}
			compare(journal.KindGroup, g.ID, g.Version, g.Document, members)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if rows != len(state.Resources) {
		t.Errorf("%d rows, the journal says %d", rows, len(state.Resources))
	}
}

// checkIntegrity lets SQLite read every page of the database.
func checkIntegrity(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, pragma := range []string{"integrity_check", "foreign_key_check"} {
		rows, err := db.Query("PRAGMA " + pragma)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var said string
			if pragma == "foreign_key_check" {
				said = "a row without its parent"
			} else if err := rows.Scan(&said); err != nil {
				t.Fatal(err)
			}
			if said != "ok" {
				t.Errorf("%s: %s", pragma, said)
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		rows.Close()
	}
}
