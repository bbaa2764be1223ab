package directory

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// covers: R-7643-3.1-03
func TestNewIDIsAVersion7UUID(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 7e6, time.UTC)
	seen := map[ID]bool{}
	for range 1000 {
		id := NewID(at)
		if seen[id] {
			t.Fatalf("the id %s was given twice", id)
		}
		seen[id] = true
		u, err := uuid.Parse(id.String())
		if err != nil {
			t.Fatal(err)
		}
		if u.Version() != 7 || u.Variant() != uuid.RFC4122 {
			t.Fatalf("%s has version %d, variant %v", id, u.Version(), u.Variant())
		}
		if sec, nsec := u.Time().UnixTime(); !time.Unix(sec, nsec).Equal(at) {
			t.Fatalf("%s was made at %v, want %v", id, time.Unix(sec, nsec), at)
		}
	}
}

func TestIDsOfLaterMillisecondsSortLater(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var ids []string
	for i := range 300 {
		ids = append(ids, NewID(at.Add(time.Duration(i)*time.Millisecond)).String())
	}
	if !slices.IsSorted(ids) {
		t.Error("ids made one after the other are not in order")
	}
}

// covers: R-7643-3.1-06, T-15
func TestParseIDTakesTheCanonicalFormOnly(t *testing.T) {
	const ok = "0195f3a0-0c87-7abc-8def-0123456789ab"
	id, err := ParseID(ok)
	if err != nil || id.String() != ok {
		t.Fatalf("ParseID(%s) = %s, %v", ok, id, err)
	}
	for _, bad := range []string{
		"", "1", "0", "../1", "1 OR 1=1", strings.ToUpper(ok), strings.ReplaceAll(ok, "-", ""), ok + "0", "{" + ok + "}",
		"urn:uuid:" + ok, ok[:35] + "g", " " + ok[1:], strings.Replace(ok, "-", "_", 1), ok[:35] + "\x00", strings.Repeat("a", 36),
		strings.Repeat("x", 100_000),
	} {
		if id, err := ParseID(bad); err == nil || !id.IsZero() {
			t.Errorf("ParseID(%.50q) = %s, %v; want an error", bad, id, err)
		} else if len(err.Error()) > 200 {
			t.Errorf("the error of a long text repeats it: %d bytes", len(err.Error()))
		}
	}
}

func TestIDsInJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var id ID
		copy(id[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
		raw, err := json.Marshal(map[string]ID{"id": id})
		if err != nil {
			t.Fatal(err)
		}
		var back map[string]ID
		if err := json.Unmarshal(raw, &back); err != nil || back["id"] != id {
			t.Fatalf("%s read back: %s, %v", raw, back["id"], err)
		}
		if got := string(id.Append([]byte("/Users/"))); got != "/Users/"+id.String() {
			t.Fatalf("Append wrote %s", got)
		}
	})
}

// covers: documented-apis 0.3
func TestObjectID(t *testing.T) {
	at := time.Date(2022, 5, 9, 4, 58, 37, 259e6, time.UTC)
	o := NewObjectID(at)
	if text := o.String(); len(text) != 24 || text[:8] != "62789f7d" {
		t.Errorf("an object id made at %v is %s", at, text)
	}
	if back, err := ParseObjectID(o.String()); err != nil || back != o {
		t.Errorf("ParseObjectID(%s) = %s, %v", o, back, err)
	}
	if NewObjectID(at) == o {
		t.Error("the same object id twice")
	}
	for _, bad := range []string{"", "62789f7d", "62789f7daa9138df5bc688fg", "62789f7daa9138df5bc688f5a"} {
		if _, err := ParseObjectID(bad); err == nil {
			t.Errorf("ParseObjectID(%q) gave no error", bad)
		}
	}
	raw, err := json.Marshal([]ObjectID{o, {}})
	if err != nil {
		t.Fatal(err)
	}
	var back []ObjectID
	if err := json.Unmarshal(raw, &back); err != nil || back[0] != o || back[1] != (ObjectID{}) {
		t.Errorf("%s read back: %v, %v", raw, back, err)
	}
}
