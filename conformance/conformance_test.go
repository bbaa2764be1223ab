package conformance_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/scimbridge/scimbridge/conformance"
	"github.com/scimbridge/scimbridge/scim/scimtest"
	"github.com/scimbridge/scimbridge/storage"
)

// The bridge keeps every requirement that can be seen from outside, for clients
// of each mode.
func TestBridge(t *testing.T) {
	for _, mode := range []storage.Mode{storage.Tolerant, storage.Strict, storage.Interop} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			s := scimtest.Start(t, scimtest.Options{Mode: mode})
			_, _, other := s.AddClient(t, "default", "entra", mode, "")
			_, _, elsewhere := s.AddClient(t, "elsewhere", "okta", mode, "")
			report, err := conformance.Run(context.Background(), conformance.Options{
				URL: s.URL + "/scim/v2", Token: s.Token, OtherToken: other, OtherTenantToken: elsewhere, Mode: conformance.Mode(mode),
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range report.Results {
				var line bytes.Buffer
				if err := r.Write(&line); err != nil {
					t.Fatal(err)
				}
				switch r.Verdict {
				case conformance.Pass:
				case conformance.Skip:
					t.Logf("%s", line.String())
				default:
					t.Errorf("%s", line.String())
				}
			}
			if len(report.Left) > 0 {
				t.Errorf("left behind: %v", report.Left)
			}
			t.Log(report.Summary())
		})
	}
}
