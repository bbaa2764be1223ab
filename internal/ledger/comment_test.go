package ledger_test

import (
	"slices"
	"testing"
	"testing/fstest"

	"github.com/scimbridge/scimbridge/internal/ledger"
)

func TestFind(t *testing.T) {
	const source = `package x

import "net/http"

// What a test says of itself. // covers: R-7643-2.1-01, T-01
func TestOne(t *testing.T) {
	for _, tt := range []string{
		// covers: R-7644-3.5.2-08 where the store is concerned: all of it
		"a",
	} {
	}
}

// covers: EN-01,
// EN-02, EN-03
// and not EN-04
var table = []int{}

func helper() { http.Get("") }

// covers: OK-01
func FuzzTwo(f *testing.F) { _ = table }
`
	covers, err := ledger.Find(fstest.MapFS{
		"a/a_test.go":               {Data: []byte(source)},
		"a/a.go":                    {Data: []byte("package x\n\n// covers: T-99\n")},
		"cmd/testdata/script/x.txt": {Data: []byte("# covers: T-02, documented-apis 2.4\nexec x\n")},
		"testdata/idp/okta.txt":     {Data: []byte("# covers: OK-02              what it shows\n\n> POST /Users\n")},
		".git/b_test.go":            {Data: []byte("no Go")},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []ledger.Cover{
		{ID: "EN-01", File: "a/a_test.go", Test: "FuzzTwo", Wire: true},
		{ID: "EN-02", File: "a/a_test.go", Test: "FuzzTwo", Wire: true},
		{ID: "EN-03", File: "a/a_test.go", Test: "FuzzTwo", Wire: true},
		{ID: "OK-01", File: "a/a_test.go", Test: "FuzzTwo", Wire: true},
		{ID: "OK-02", File: "testdata/idp/okta.txt", Wire: true},
		{ID: "R-7643-2.1-01", File: "a/a_test.go", Test: "TestOne", Wire: true},
		{ID: "R-7644-3.5.2-08", File: "a/a_test.go", Test: "TestOne", Wire: true},
		{ID: "T-01", File: "a/a_test.go", Test: "TestOne", Wire: true},
		{ID: "T-02", File: "cmd/testdata/script/x.txt"},
	}
	if !slices.Equal(covers, want) {
		t.Errorf("got  %+v\nwant %+v", covers, want)
	}
	if _, err := ledger.Find(fstest.MapFS{"a_test.go": {Data: []byte("no Go // covers: T-01")}}); err == nil {
		t.Error("a file that is no Go is taken")
	}
}

func TestKnown(t *testing.T) {
	known, err := ledger.Known()
	if err != nil {
		t.Fatal(err)
	}
	count := map[ledger.Kind]int{}
	for _, kind := range known {
		count[kind]++
	}
	if count[ledger.Requirement] != 222 || count[ledger.Threat] != 68 || count[ledger.Dialect] < 100 {
		t.Errorf("%v", count)
	}
	for id := range ledger.Unproved {
		if known[id] != ledger.Requirement {
			t.Errorf("%s is excused and no requirement", id)
		}
	}
}
