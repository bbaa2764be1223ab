package journal

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/scimbridge/scimbridge/directory"
)

func raw(s string) json.RawMessage { return json.RawMessage(s) }

func TestDiff(t *testing.T) {
	for _, c := range []struct {
		what              string
		before, after     Fields
		forward, backward string
	}{
		{"nothing", Fields{"a": raw(`1`)}, Fields{"a": raw(`1`)}, "", ""},
		{"both empty", Fields{}, Fields{}, "", ""},
		{"a change", Fields{"a": raw(`1`), "b": raw(`"x"`)}, Fields{"a": raw(`2`), "b": raw(`"x"`)}, `{"a":2}`, `{"a":1}`},
		{"a field comes", Fields{}, Fields{"a": raw(`{"x":[1]}`)}, `{"a":{"x":[1]}}`, `{"a":null}`},
		{"a field goes", Fields{"a": raw(`"<&>"`)}, Fields{}, `{"a":null}`, `{"a":"<&>"}`},
		{"a creation", nil, Fields{"a": raw(`1`)}, `{"a":1}`, ""},
		{"a purge", Fields{"a": raw(`1`)}, nil, "", `{"a":1}`},
		{"the very bytes", Fields{"a": raw(`1.50`)}, Fields{"a": raw(`"\u2028"`)}, `{"a":"\u2028"}`, `{"a":1.50}`},
	} {
		forward, backward, err := Diff(c.before, c.after)
		if err != nil || string(forward) != c.forward || string(backward) != c.backward {
			t.Errorf("%s: %s and %s, %v; want %s and %s", c.what, forward, backward, err, c.forward, c.backward)
		}
	}
}

// The difference between any two states leads from each to the other.
func TestDiffLeadsThereAndBack(t *testing.T) {
	fields := rapid.MapOf(rapid.SampledFrom([]string{"a", "b", "c", "$d"}),
		rapid.Map(rapid.SampledFrom([]string{`1`, `"x"`, `[]`, `{"y":null}`, `false`}), raw))
	rapid.Check(t, func(t *rapid.T) {
		before, after := Fields(fields.Draw(t, "before")), Fields(fields.Draw(t, "after"))
		forward, backward, err := Diff(before, after)
		if err != nil {
			t.Fatal(err)
		}
		id := directory.NewID(time.Now())
		s := State{Resources: map[directory.ID]*Resource{id: {Version: 1, Fields: maps.Clone(before)}}}
		e := &Entry{Kind: KindUser, Resource: id, Before: 1, After: 2, Forward: forward, Backward: backward}
		if err := s.Apply(e); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(after, s.Resources[id].Fields); diff != "" {
			t.Fatalf("forward (-want +got):\n%s", diff)
		}
		if err := s.Revert(e); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, s.Resources[id].Fields); diff != "" {
			t.Fatalf("backward (-want +got):\n%s", diff)
		}
	})
}

func TestFoldMembers(t *testing.T) {
	user := directory.Member{ID: directory.NewID(time.Now())}
	nested := directory.Member{ID: directory.NewID(time.Now()), Kind: directory.GroupMember}
	id := directory.NewID(time.Now())
	entry := func(before, after int64, c directory.MemberChange) *Entry {
		e := &Entry{Kind: KindGroup, Resource: id, Before: before, After: after}
		b, a := Fields{"displayName": raw(`"g"`)}, Fields{"displayName": raw(`"g"`)}
		if err := WithMembers(b, a, c); err != nil {
			t.Fatal(err)
		}
		if before == 0 {
			b = nil
		}
		var err error
		if e.Forward, e.Backward, err = Diff(b, a); err != nil {
			t.Fatal(err)
		}
		return e
	}
	entries := []*Entry{
		entry(0, 1, directory.MemberChange{Added: []directory.Member{user}}),
		entry(1, 2, directory.MemberChange{Added: []directory.Member{nested}, Removed: []directory.Member{user}}),
		entry(2, 3, directory.MemberChange{Removed: []directory.Member{nested}}),
	}
	members := [][]string{{"User/" + user.ID.String()}, {"Group/" + nested.ID.String()}, nil}
	var s State
	check := func(i int) {
		t.Helper()
		var got []string
		for m := range s.Resources[id].Members {
			got = append(got, string(m))
		}
		if !slices.Equal(got, members[i]) {
			t.Errorf("at version %d: members %v, want %v", i+1, got, members[i])
		}
		if _, there := s.Resources[id].Fields["$members"]; there {
			t.Error("the difference of the members became a field")
		}
	}
	for i, e := range entries {
		if err := s.Apply(e); err != nil {
			t.Fatal(err)
		}
		check(i)
	}
	for i := 2; i > 0; i-- {
		if err := s.Revert(entries[i]); err != nil {
			t.Fatal(err)
		}
		check(i - 1)
	}
	if err := s.Revert(entries[0]); err != nil || len(s.Resources) != 0 {
		t.Errorf("before the creation: %v, %v", s.Resources, err)
	}
}

// A gap, a repetition or a damaged entry is an error that names the entry.
func TestFoldRefusesWhatDoesNotFollow(t *testing.T) {
	id := directory.NewID(time.Now())
	for what, e := range map[string]*Entry{
		"a gap":            {Seq: 7, Kind: KindUser, Resource: id, Before: 3, After: 4, Forward: raw(`{}`)},
		"a repetition":     {Seq: 7, Kind: KindUser, Resource: id, Before: 0, After: 1, Forward: raw(`{}`)},
		"a damaged diff":   {Seq: 7, Kind: KindUser, Resource: id, Before: 1, After: 2, Forward: raw(`{"a"`)},
		"damaged members":  {Seq: 7, Kind: KindGroup, Resource: id, Before: 1, After: 2, Forward: raw(`{"$members":1}`)},
		"an unknown thing": {Seq: 7, Kind: KindUser, Resource: directory.NewID(time.Now()), Before: 1, After: 2},
	} {
		s := State{Resources: map[directory.ID]*Resource{id: {Version: 1, Fields: Fields{}, Members: map[MemberRef]bool{}}}}
		if err := s.Apply(e); err == nil || !strings.Contains(err.Error(), "journal entry 7") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// Events tell of something that changed nothing.
func TestFoldPassesOverEvents(t *testing.T) {
	var s State
	e := &Entry{Kind: KindEvent, Resource: directory.NewID(time.Now()), Note: raw(`"refused"`)}
	if err := s.Apply(e); err != nil || len(s.Resources) != 0 {
		t.Errorf("%v, %v", s.Resources, err)
	}
	if err := s.Revert(e); err != nil {
		t.Error(err)
	}
}

func TestSystemActor(t *testing.T) {
	if a := System(3); a.Tenant != 3 || a.Origin != directory.OriginSystem || a.Name == "" || a.Client != 0 {
		t.Errorf("%+v", a)
	}
}
