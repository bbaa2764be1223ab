package provision

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/storage"
)

// passwordHash is in every history, and must be in no journal.
const passwordHash = "$argon2id$v=19$m=65536,t=3,p=2$c2FsdHNhbHRzYWx0c2E$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNo"

// After any history, folding the journal gives exactly what is stored, and
// taking the entries back one by one gives nothing again.
//
// covers: T-50
func TestTheJournalIsTheState(t *testing.T) {
	f := newFixture(t)
	next := tenant
	rapid.Check(t, func(rt *rapid.T) {
		next++
		f.in(next)
		h := &history{f: f, T: rt}
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			h.step()
			f.pass(time.Duration(rapid.SampledFrom([]int{0, 0, 1, 1000, -500}).Draw(rt, "ms")) * time.Millisecond)
		}
		entries := f.entries()
		checkEntries(rt, entries)
		var s journal.State
		for _, e := range entries {
			if err := s.Apply(e); err != nil {
				rt.Fatal(err)
			}
		}
		if diff := cmp.Diff(f.snapshot(rt), readable(s)); diff != "" {
			rt.Fatalf("stored (-) and folded (+) differ:\n%s", diff)
		}
		for _, e := range slices.Backward(entries) {
			if err := s.Revert(e); err != nil {
				rt.Fatal(err)
			}
		}
		if len(s.Resources) != 0 {
			rt.Fatalf("after taking everything back there is still %v", readable(s))
		}
	})
}

// Taking back the last entries gives the state as it was stored before them.
func TestTheJournalTakesBackToWhatWas(t *testing.T) {
	f := newFixture(t)
	next := tenant
	rapid.Check(t, func(rt *rapid.T) {
		next++
		f.in(next)
		h := &history{f: f, T: rt}
		for range rapid.IntRange(1, 20).Draw(rt, "steps before") {
			h.step()
		}
		was, n := f.snapshot(rt), len(f.entries())
		for range rapid.IntRange(1, 10).Draw(rt, "steps after") {
			h.step()
		}
		var s journal.State
		entries := f.entries()
		for _, e := range entries {
			if err := s.Apply(e); err != nil {
				rt.Fatal(err)
			}
		}
		for _, e := range slices.Backward(entries[n:]) {
			if err := s.Revert(e); err != nil {
				rt.Fatal(err)
			}
		}
		if diff := cmp.Diff(was, readable(s)); diff != "" {
			rt.Fatalf("what was stored (-) and what the journal goes back to (+) differ:\n%s", diff)
		}
	})
}

// secretDigest is in every history too, and must be in no journal either.
const secretDigest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

// checkEntries holds each entry to what an entry must have.
func checkEntries(t *rapid.T, entries []*journal.Entry) {
	for _, e := range entries {
		who := fmt.Sprintf("entry %d, %s", e.Seq, e.Action)
		if e.Actor == "" || e.Origin == "" || e.Action == "" || e.At.IsZero() {
			t.Fatalf("%s: without actor, origin, action or time: %+v", who, e)
		}
		if (e.RequestID == "") != (e.Origin == directory.OriginSystem) {
			t.Fatalf("%s by %s has the request id %q", who, e.Origin, e.RequestID)
		}
		hasDiff := [2]bool{len(e.Forward) > 0, len(e.Backward) > 0}
		want := [2]bool{e.After != 0, e.Before != 0}
		if e.Kind == journal.KindEvent {
			want = [2]bool{}
		}
		if hasDiff != want {
			t.Fatalf("%s, version %d to %d: forward and backward are there: %v, want %v", who, e.Before, e.After, hasDiff, want)
		}
		raw, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range append(strings.Split(passwordHash, "$")[3:], secretDigest) {
			if bytes.Contains(raw, []byte(secret)) {
				t.Fatalf("%s tells the hash of a secret: %s", who, raw)
			}
		}
	}
}

// view is one resource in a form that can be compared and read.
type view struct {
	Version int64
	Fields  map[string]string
	Members []string
}

func viewOf(version int64, f journal.Fields, members []string) view {
	v := view{Version: version, Fields: map[string]string{}, Members: members}
	for name, raw := range f {
		v.Fields[name] = string(raw)
	}
	slices.Sort(v.Members)
	return v
}

func readable(s journal.State) map[string]view {
	all := map[string]view{}
	for id, r := range s.Resources {
		var members []string
		for m := range r.Members {
			members = append(members, string(m))
		}
		all[string(r.Kind)+" "+id.String()] = viewOf(r.Version, r.Fields, members)
	}
	return all
}

// snapshot is the tenant as it is stored.
func (f *fixture) snapshot(t *rapid.T) map[string]view {
	all := map[string]view{}
	err := f.store.View(f.Context(), func(r storage.Reader) error {
		q := directory.Query{Limit: -1, Deleted: true}
		var users []*directory.User
		if err := r.Users(f.okta.Tenant, q, func(u *directory.User) bool { users = append(users, u); return true }); err != nil {
			return err
		}
		for _, u := range users {
			s, err := r.AppState(u)
			if err != nil {
				return err
			}
			fields, err := userFields(u, s)
			if err != nil {
				return err
			}
			all["user "+u.ID.String()] = viewOf(u.Version, fields, nil)
		}
		var groups []*directory.Group
		if err := r.Groups(f.okta.Tenant, q, func(g *directory.Group) bool { groups = append(groups, g); return true }); err != nil {
			return err
		}
		for _, g := range groups {
			fields, err := groupFields(g)
			if err != nil {
				return err
			}
			var members []string
			if err := r.Members(g, func(m directory.Member) bool {
				members = append(members, string(journal.NewMemberRef(m)))
				return true
			}); err != nil {
				return err
			}
			if int64(len(members)) != g.MemberCount {
				t.Fatalf("group %s counts %d members and has %d", g.DisplayName, g.MemberCount, len(members))
			}
			all["group "+g.ID.String()] = viewOf(g.Version, fields, members)
		}
		for _, typ := range thingTypes {
			var wrong error
			if err := r.Resources(f.okta.Tenant, typ, directory.Query{Limit: -1}, func(res *directory.Resource) bool {
				var fields journal.Fields
				fields, wrong = resourceFields(res)
				all["resource "+res.ID.String()] = viewOf(res.Version, fields, nil)
				return wrong == nil
			}); err != nil || wrong != nil {
				return errors.Join(err, wrong)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
