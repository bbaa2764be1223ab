package ledger_test

import (
	"context"
	"errors"
	"flag"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/conformance"
	"github.com/scimbridge/scimbridge/internal/ledger"
	"github.com/scimbridge/scimbridge/scim/scimtest"
	"github.com/scimbridge/scimbridge/storage"
)

var update = flag.Bool("update", false, "write docs/conformance.md anew")

const (
	root   = "../.."
	page   = root + "/docs/conformance.md"
	judges = root + "/docs/conformance-judges.md"
)

// TestLedger holds the page to the tests, and the tests to the lists.
func TestLedger(t *testing.T) {
	covers, err := ledger.Find(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	known, err := ledger.Known()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range covers {
		if known[c.ID] == "" {
			t.Errorf("%s covers %s, which no list has", c, c.ID)
		}
	}
	by := ledger.ByID(covers)
	proved := 0
	for _, id := range slices.Sorted(maps.Keys(known)) {
		kind := known[id]
		reason, excused := ledger.Unproved[id]
		switch {
		case kind == ledger.Requirement && len(by[id]) == 0 && !excused:
			t.Errorf("no test covers %s", id)
		case len(by[id]) > 0 && excused:
			t.Errorf("%s is covered by %s, and yet excused: %s", id, by[id][0], reason)
		case kind == ledger.Requirement && len(by[id]) > 0:
			proved++
		}
	}
	kinds := map[ledger.Kind]int{}
	for id := range by {
		kinds[known[id]]++
	}
	t.Logf("tests name %d requirements, %d abuse cases and %d exchanges of identity providers", proved, kinds[ledger.Threat], kinds[ledger.Dialect])

	handwritten, err := os.ReadFile(judges)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	want := ledger.Page{
		Covers: covers, Tolerant: judge(t, storage.Tolerant), Strict: judge(t, storage.Strict), Judges: section(string(handwritten)),
	}.String()
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is stale: %s\nrun: make ledger", filepath.Base(page), firstDifference(string(got), want))
	}
}

// judge asks this server.
func judge(t *testing.T, mode storage.Mode) *conformance.Report {
	t.Helper()
	// With these schemas the judge sees more than with the standard ones.
	examples := scimtest.Examples(t, filepath.Join(root, "testdata", "schemas"), nil)
	s := scimtest.Start(t, scimtest.Options{Mode: mode, Registry: examples})
	_, _, other := s.AddClient(t, "default", "other", mode, "")
	_, _, elsewhere := s.AddClient(t, "elsewhere", "other", mode, "")
	report, err := conformance.Run(context.Background(), conformance.Options{
		URL: s.URL + "/scim/v2", Token: s.Token, OtherToken: other, OtherTenantToken: elsewhere, Mode: conformance.Mode(mode),
	})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// section makes a page of its own a section of another: its headings go one
// level down, unless they begin at the second already.
func section(markdown string) string {
	if !strings.HasPrefix(strings.TrimSpace(markdown), "# ") {
		return markdown
	}
	lines := strings.Split(markdown, "\n")
	fenced := false
	for i, line := range lines {
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
		}
		if !fenced && strings.HasPrefix(line, "#") {
			lines[i] = "#" + line
		}
	}
	return strings.Join(lines, "\n")
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return "it has\n" + g[i] + "\nwhere it should have\n" + w[i]
		}
	}
	return "it has another length"
}
