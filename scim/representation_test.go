package scim

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/scimbridge/scimbridge/directory"
)

// covers: R-7643-2.3.5-01
func TestAppendTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(-62135596800, 300000000000).Draw(t, "seconds"), rapid.Int64Range(0, 999999999).Draw(t, "nanoseconds"))
		at = at.In(time.FixedZone("", rapid.IntRange(-50000, 50000).Draw(t, "offset")))
		if got, want := string(appendTime(nil, at)), at.UTC().Format(timeLayout); got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
	})
}

// The schemas of a representation are those of which the document has an
// object, and not those that one of its texts names.
// covers: R-7643-3-04
func TestHasMember(t *testing.T) {
	const urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	for doc, want := range map[string]bool{
		`{"userName":"u","` + urn + `":{"department":"D"}}`:                         true,
		`{"` + urn + `":{"department":"D"}}`:                                        true,
		`{"title":"` + urn + `","` + urn + `":{"department":"D"}}`:                  true,
		`{"urn:ietf:params:x":{"a":"b"},"` + urn + `":{"department":"D"}}`:          true,
		`{"title":"` + urn + `"}`:                                                   false,
		`{"title":"\"` + urn + `\":{"}`:                                             false,
		`{"title":"\\\"` + urn + `\":{"}`:                                           false,
		`{"` + urn + `:x":{"department":"D"}}`:                                      false,
		`{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:Users":{"a":"b"}}`: false,
		`{"xurn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"a":"b"}}`: false,
		`{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:Use":{"a":"b"}}`:   false,
		`{}`: false, ``: false, urn: false,
	} {
		if got := hasMember(directory.Document(doc), urn); got != want {
			t.Errorf("%s: %v", doc, got)
		}
	}
}
