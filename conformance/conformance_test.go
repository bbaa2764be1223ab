package conformance_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/conformance"
	"github.com/scimbridge/scimbridge/scim/scimtest"
	"github.com/scimbridge/scimbridge/storage"
)

// The bridge keeps every requirement that can be seen from outside, for clients
// of each mode, as it is and with configured schemas and resource types.
func TestBridge(t *testing.T) {
	for name, o := range map[string]scimtest.Options{
		"tolerant": {Mode: storage.Tolerant}, "strict": {Mode: storage.Strict}, "interop": {Mode: storage.Interop},
		"configured":         {Mode: storage.Strict, Registry: configured(t)},
		"required extension": {Mode: storage.Tolerant, Registry: configured(t, characteristics)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scimtest.Start(t, o)
			if name != "required extension" {
				populate(t, s)
			}
			_, _, other := s.AddClient(t, "default", "entra", o.Mode, "")
			_, _, elsewhere := s.AddClient(t, "elsewhere", "okta", o.Mode, "")
			report, err := conformance.Run(context.Background(), conformance.Options{
				URL: s.URL + "/scim/v2", Token: s.Token, OtherToken: other, OtherTenantToken: elsewhere, Mode: conformance.Mode(o.Mode),
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range report.Results {
				var line bytes.Buffer
				if err := r.Write(&line); err != nil {
					t.Fatal(err)
				}
				switch {
				case r.Verdict == conformance.Pass:
				case r.Verdict != conformance.Skip:
					t.Errorf("%s", line.String())
				case o.Registry != nil && strings.Contains(r.Reason, "no attribute of any resource type"):
					t.Errorf("with configured schemas there should be something to see: %s", line.String())
				default:
					t.Logf("%s", line.String())
				}
			}
			if len(report.Left) > 0 {
				t.Errorf("left behind: %v", report.Left)
			}
			t.Log(report.Summary())
		})
	}
}

// Every requirement is judged or has a reason why it can not be, and nothing
// else is.
func TestEveryRequirementIsJudged(t *testing.T) {
	s := scimtest.Start(t, scimtest.Options{})
	report, err := conformance.Run(context.Background(), conformance.Options{URL: s.URL + "/scim/v2/", Token: s.Token})
	if err != nil {
		t.Fatal(err)
	}
	judged := report.ByID()
	if n := len(conformance.Requirements()); n != 222 {
		t.Errorf("%d requirements", n)
	}
	for _, r := range conformance.Requirements() {
		if judged[r.ID] == "" {
			t.Errorf("%s has neither a verdict nor a reason for none", r.ID)
		}
		if r.Level != "MUST" && r.Level != "SHOULD" && r.Level != "MAY" || r.Area == "" || r.Text == "" || r.Check == "" {
			t.Errorf("%+v is incomplete", r)
		}
		delete(judged, r.ID)
	}
	for id := range judged {
		t.Errorf("%s is judged and no requirement", id)
	}
	seen := map[string]bool{}
	for _, r := range report.Results {
		if seen[r.ID+r.Name] {
			t.Errorf("%s %q is there twice", r.ID, r.Name)
		}
		seen[r.ID+r.Name] = true
	}
}

// What the judge can not start with it says, and what it begins it cleans up.
func TestRun(t *testing.T) {
	s := scimtest.Start(t, scimtest.Options{})
	good := conformance.Options{URL: s.URL + "/scim/v2", Token: s.Token}
	for name, spoil := range map[string]func(*conformance.Options){
		"wrong token": func(o *conformance.Options) { o.Token = "scb_wrong" },
		"no SCIM":     func(o *conformance.Options) { o.URL = s.URL + "/elsewhere" },
		"nobody":      func(o *conformance.Options) { o.URL = "http://127.0.0.1:1/scim/v2" },
	} {
		o := good
		spoil(&o)
		if _, err := conformance.Run(context.Background(), o); !errors.Is(err, conformance.ErrUnusable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, spoil := range map[string]func(*conformance.Options){
		"no token":       func(o *conformance.Options) { o.Token = "" },
		"no URL":         func(o *conformance.Options) { o.URL = "bridge.example" },
		"a query":        func(o *conformance.Options) { o.URL += "?x=1" },
		"no mode":        func(o *conformance.Options) { o.Mode = "lax" },
		"no requirement": func(o *conformance.Options) { o.Only = []string{"R-9999"} },
	} {
		o := good
		spoil(&o)
		if _, err := conformance.Run(context.Background(), o); err == nil || errors.Is(err, conformance.ErrUnusable) {
			t.Errorf("%s: %v", name, err)
		}
	}

	// Cut off in the middle, it still deletes what it made.
	ctx, cancel := context.WithCancel(context.Background())
	o, n := good, 0
	o.Progress = func(conformance.Result) {
		if n++; n == 40 {
			cancel()
		}
	}
	report, err := conformance.Run(ctx, o)
	if !errors.Is(err, context.Canceled) || report == nil || len(report.Left) > 0 {
		t.Errorf("cut off: %v, %+v", err, report)
	}
	if users, groups := count(t, s); users+groups != 0 {
		t.Errorf("%d users and %d groups are left", users, groups)
	}
}

// It leaves alone what is not its own, even on a server that does not delete and
// ignores filters, and says what it could not take away.
func TestOthersAreLeftAlone(t *testing.T) {
	s := scimtest.Start(t, scimtest.Options{})
	deaf := spoiled(t, s, mutation{before: func(x *exchange) {
		x.param("filter", "")
		if x.r.Method == http.MethodDelete {
			x.r.Method = http.MethodGet
		}
	}, after: func(x *exchange) {
		if x.is("GET", "Users/") && x.status == http.StatusOK {
			x.status = http.StatusInternalServerError
		}
	}})
	before := conformance.Options{URL: s.URL + "/scim/v2", Token: s.Token, Only: []string{"R-7644-3.3-03"}}
	populate(t, s)
	if report, err := conformance.Run(context.Background(), before); err != nil || report.Failed() {
		t.Fatalf("%v, %+v", err, report)
	}
	if users, _ := count(t, s); users != 3 {
		t.Fatalf("%d of 3 users are left", users)
	}
	before.URL = deaf.URL + "/scim/v2"
	report, err := conformance.Run(context.Background(), before)
	if err != nil {
		t.Fatal(err)
	}
	users, _ := count(t, s)
	if users <= 3 || len(report.Left) != users-3 {
		t.Errorf("%d users there, 3 of them not the run's own; it says it left %v", users, report.Left)
	}
}

// count asks the server itself for how many users and groups it has.
func count(t *testing.T, s *scimtest.Server) (users, groups int) {
	t.Helper()
	total := func(endpoint string) int {
		r, err := http.NewRequest(http.MethodGet, s.URL+"/scim/v2/"+endpoint+"?count=0", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+s.Token)
		res, err := s.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var body struct{ TotalResults int }
		if err := json.NewDecoder(res.Body).Decode(&body); err != nil || res.StatusCode != http.StatusOK {
			t.Fatal(res.Status, err)
		}
		return body.TotalResults
	}
	return total("Users"), total("Groups")
}

// populate gives a server three users and a group that are none of the judge's.
func populate(t *testing.T, s *scimtest.Server) {
	t.Helper()
	const core = "urn:ietf:params:scim:schemas:core:2.0:"
	for _, x := range []struct{ endpoint, body string }{
		{"Users", `{"schemas":["` + core + `User"],"userName":"ada","title":"Countess","emails":[{"value":"ada@x.example","type":"work"}]}`},
		{"Users", `{"schemas":["` + core + `User"],"userName":"bo"}`},
		{"Users", `{"schemas":["` + core + `User"],"userName":"cy","active":false}`},
		{"Groups", `{"schemas":["` + core + `Group"],"displayName":"Everybody"}`},
	} {
		r, err := http.NewRequest(http.MethodPost, s.URL+"/scim/v2/"+x.endpoint, strings.NewReader(x.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+s.Token)
		r.Header.Set("Content-Type", "application/scim+json")
		res, err := s.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := res.Body.Close(); err != nil || res.StatusCode != http.StatusCreated {
			t.Fatal(res.Status, err)
		}
	}
}
