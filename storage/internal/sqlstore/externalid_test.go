package sqlstore

import (
	"encoding/json"
	"maps"
	"testing"

	"pgregory.net/rapid"

	"github.com/scimbridge/scimbridge/directory"
)

// What is read of the column is what was written, and what encoding/json reads.
func TestExternalIDsAreReadAsWritten(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{`"`, `\`, `":"`, `a","2":"b`, `{"1":"x"}`, "<", "\u2028", "é"}))
	rapid.Check(t, func(t *rapid.T) {
		ids := map[directory.ClientID]string{}
		for range rapid.IntRange(1, 3).Draw(t, "ids") {
			ids[directory.ClientID(rapid.Int64().Draw(t, "client"))] = text.Draw(t, "externalId")
		}
		stored, err := encodeExternalIDs(ids)
		if err != nil {
			t.Fatal(err)
		}
		var plain map[directory.ClientID]string
		if err := json.Unmarshal([]byte(stored), &plain); err != nil {
			t.Fatal(err)
		}
		if got, err := decodeExternalIDs(stored); err != nil || !maps.Equal(got, plain) {
			t.Fatalf("%s: got %v (%v), want %v", stored, got, err, plain)
		}
	})
}

func TestDamagedExternalIDs(t *testing.T) {
	for _, text := range []string{`{`, `{"1":"a"`, `"1":"a"}`, `{"x":"a"}`, `{"1":"a","2"}`, `{"1":"a"b"}`, `{"1":"a\"}`, `{"":"a"}`, `{"99999999999999999999":"a"}`} {
		if got, err := decodeExternalIDs(text); err == nil {
			t.Errorf("%s: %v", text, got)
		}
	}
}
