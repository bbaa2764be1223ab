package resource

import (
	"fmt"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// covers: T-38
//
// A client that sends ever new member names must not fill the memory.
func TestInternedNamesAreBounded(t *testing.T) {
	d := &decoder{names: map[string]string{}}
	for i := range 10_000 {
		want := fmt.Sprintf("name%d", i)
		got, err := d.intern(jsontext.Value(`"` + want + `"`))
		if err != nil || got != want {
			t.Fatalf("got %q, %v, want %q", got, err, want)
		}
		if len(d.names) > 512 {
			t.Fatalf("%d names are kept", len(d.names))
		}
	}
}
