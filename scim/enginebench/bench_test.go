package enginebench

import (
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"strconv"
	"syscall"
	"testing"

	parser "github.com/scim2/filter-parser/v2"

	"github.com/scimbridge/scimbridge/scim/filter"
)

// many is how many users there are before anything is measured.
const many = 10_000

// work is one line of the table.
type work struct {
	name     string
	step     func(b *testing.B, e *engine, i int)
	in, size string // what encoding/json decodes and encodes for the least of it
}

var works = []work{
	{"GET a user", func(b *testing.B, e *engine, i int) {
		e.want(b, http.StatusOK, "GET", "/Users/"+e.ids[i%many], "")
	}, "", user(1)},
	{"PUT a user of 1.2 KB", func(b *testing.B, e *engine, i int) {
		e.want(b, http.StatusOK, "PUT", "/Users/"+e.ids[i%100], employee(i%100, "Title "+strconv.Itoa(i)))
	}, user(1), user(1)},
	{"PATCH of four operations", func(b *testing.B, e *engine, i int) {
		e.want(b, http.StatusOK, "PATCH", "/Users/"+e.ids[i%100], fourOperations(i))
	}, fourOperations(1), user(1)},
	{"list of 100 users", func(b *testing.B, e *engine, _ int) {
		e.want(b, http.StatusOK, "GET", "/Users?count=100", "")
	}, "", hundred()},
	{"filter userName eq, 10,000 users", func(b *testing.B, e *engine, i int) {
		e.want(b, http.StatusOK, "GET", filtered(fmt.Sprintf(`userName eq "user%d@example.com"`, i%many)), "")
	}, "", user(1)},
	{"filter without index, 10,000 users", func(b *testing.B, e *engine, i int) {
		e.want(b, http.StatusOK, "GET", filtered(fmt.Sprintf(`nickName eq "nick%d"`, i%many)), "")
	}, "", ""},
	// The last, as it leaves more users than the others are to find.
	{"POST a user of 1.2 KB", func(b *testing.B, e *engine, _ int) {
		e.created++
		e.want(b, http.StatusCreated, "POST", "/Users", user(many+e.created))
	}, user(1), user(1)},
}

// BenchmarkEngine is one engine in each column of the table and one work in
// each line: BenchmarkEngine/engine/work.
func BenchmarkEngine(b *testing.B) {
	b.Run("parser", func(b *testing.B) {
		const text = `userName eq "x"`
		b.Run("ours", func(b *testing.B) {
			defer processor(b)()
			for b.Loop() {
				if _, err := filter.Parse(text, filter.Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("elimity", func(b *testing.B) { // its parser is scim2/filter-parser
			raw := []byte(text)
			defer processor(b)()
			for b.Loop() {
				if _, err := parser.ParseFilter(raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
	b.Run("json", func(b *testing.B) {
		for _, w := range works {
			if w.size != "" {
				b.Run(w.name, func(b *testing.B) { floor(b, w.in, w.size) })
			}
		}
	})
	for _, name := range []string{"ours", "sqlite", "elimity"} {
		b.Run(name, func(b *testing.B) {
			e := engines[name](b, many)
			runtime.GC()
			for _, w := range works {
				b.Run(w.name, func(b *testing.B) {
					defer processor(b)()
					for i := 0; b.Loop(); i++ {
						w.step(b, e, i)
					}
				})
			}
		})
	}
}

// processor begins to measure the processor time of the process, garbage
// collection and SQLite included, and returns what ends it. On a machine that
// does other things as well it says more than the clock does.
func processor(b *testing.B) func() {
	b.ReportAllocs()
	runtime.GC() // what was left by those before
	begin := used(b)
	return func() {
		b.ReportMetric(float64(used(b)-begin)/float64(b.N), "cpu-ns/op")
	}
}

func used(b *testing.B) int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

func (e *engine) want(b *testing.B, status int, method, path, body string) {
	s := sink{header: http.Header{}}
	if e.serve(b, &s, method, path, body); s.status != status {
		b.Fatalf("%s %s: %d", method, path, s.status)
	}
}

// floor decodes a request into maps and encodes an answer out of maps with
// encoding/json, as a server does that knows nothing of SCIM.
func floor(b *testing.B, in, out string) {
	var answer any
	if err := json.Unmarshal([]byte(out), &answer); err != nil {
		b.Fatal(err)
	}
	defer processor(b)()
	for b.Loop() {
		if in != "" {
			var v map[string]any
			if err := json.Unmarshal([]byte(in), &v); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := json.Marshal(answer); err != nil {
			b.Fatal(err)
		}
	}
}

func hundred() string {
	all := make([]json.RawMessage, 100)
	for i := range all {
		all[i] = json.RawMessage(user(i))
	}
	text, err := json.Marshal(map[string]any{"totalResults": 100, "Resources": all})
	if err != nil {
		panic(err)
	}
	return string(text)
}
