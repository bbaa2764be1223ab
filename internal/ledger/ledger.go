// Package ledger keeps the account of what is proved: it collects the ids that
// tests name in "covers:" comments and sets them against the lists of what
// should be proved (the requirements of SCIM, the exchanges of identity
// providers, the abuse cases) in the page docs/conformance.md.
//
// A test names an id only for what it really checks; this package can not know
// whether it does. It knows what no test names, which named ids do not exist,
// and when the page is no longer true. The tests of this package fail then, and
// write the page anew with -update.
package ledger

import (
	_ "embed"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/scimbridge/scimbridge/conformance"
	"github.com/scimbridge/scimbridge/testdata"
)

// Kind says from which list an id is.
type Kind string

// The kinds.
const (
	Requirement Kind = "requirement"
	Threat      Kind = "threat"
	Dialect     Kind = "dialect"
)

//go:embed threats.md
var threats string

var threatRow = regexp.MustCompile(`(?m)^\| (T-\d\d) \| (.*) \| .* \|$`)

// Known returns every id that a test may name, with its kind.
func Known() (map[string]Kind, error) {
	known := map[string]Kind{}
	for _, r := range conformance.Requirements() {
		known[r.ID] = Requirement
	}
	for _, m := range threatRow.FindAllStringSubmatch(threats, -1) {
		known[m[1]] = Threat
	}
	raw, err := fs.ReadFile(testdata.IdP, "idp/ids.txt")
	if err != nil {
		return nil, fmt.Errorf("read the list of exchanges: %w", err)
	}
	for line := range strings.Lines(string(raw)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			known[line] = Dialect
		}
	}
	return known, nil
}

// Unproved are the requirements that need no test yet, each with the reason.
var Unproved = map[string]string{
	"R-9967-2-01":   "the bridge emits no events yet: there is nothing that could be wrong",
	"R-9967-2-02":   "the bridge emits no events yet: nothing is delivered twice",
	"R-9967-2.4-01": "the bridge emits no events yet",
}

// Cover is one test that names an id.
type Cover struct {
	ID   string
	File string // below the root of the module, with slashes
	Test string // the name of the test, or "" for a file that is one itself
	// Wire says that the test speaks HTTP.
	Wire bool
}

// String is how the page names the test.
func (c Cover) String() string {
	if c.Test == "" {
		return c.File
	}
	return c.File + ":" + c.Test
}

// Find collects what the tests of a module name. Files that are no tests, and
// folders that begin with a dot or are named bin, are left out.
func Find(module fs.FS) (covers []Cover, err error) {
	err = fs.WalkDir(module, ".", func(file string, entry fs.DirEntry, err error) error {
		name := path.Base(file)
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			if file != "." && (strings.HasPrefix(name, ".") || name == "bin" || name == "node_modules") {
				return fs.SkipDir
			}
			return nil
		case strings.HasSuffix(name, "_test.go"), inTestdata(file):
		default:
			return nil
		}
		text, err := fs.ReadFile(module, file)
		if err != nil {
			return err
		}
		found, err := inFile(file, text)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		covers = append(covers, found...)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for what tests cover: %w", err)
	}
	slices.SortFunc(covers, func(a, b Cover) int {
		if n := strings.Compare(a.ID, b.ID); n != 0 {
			return n
		}
		return strings.Compare(a.String(), b.String())
	})
	return slices.Compact(covers), nil
}

// inTestdata says whether a file is a script or a recorded conversation.
func inTestdata(file string) bool {
	return strings.Contains("/"+file, "/testdata/") && (strings.HasSuffix(file, ".txt") || strings.HasSuffix(file, ".txtar"))
}

// ByID groups covers.
func ByID(covers []Cover) map[string][]Cover {
	by := map[string][]Cover{}
	for _, c := range covers {
		by[c.ID] = append(by[c.ID], c)
	}
	return by
}
