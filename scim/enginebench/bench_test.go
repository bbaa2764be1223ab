package enginebench

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"testing"

	parser "github.com/scim2/filter-parser/v2"

	"github.com/scimbridge/scimbridge/scim/filter"
)

// BenchmarkEngine is one work in each line of the table and one engine in each
// column: BenchmarkEngine/work/engine.
func BenchmarkEngine(b *testing.B) {
	const many = 10_000
	servers := engines(b, many)
	var created int
	works := []struct {
		name  string
		floor func(b *testing.B) // encoding/json doing the least of it
		step  func(b *testing.B, e *engine, i int)
	}{
		{"GET a user", func(b *testing.B) { floor(b, "", user(1)) }, func(b *testing.B, e *engine, i int) {
			e.want(b, http.StatusOK, "GET", "/Users/"+e.ids[i%many], "")
		}},
		{"PUT a user of 1.2 KB", func(b *testing.B) { floor(b, user(1), user(1)) }, func(b *testing.B, e *engine, i int) {
			e.want(b, http.StatusOK, "PUT", "/Users/"+e.ids[i%100], employee(i%100, "Title "+strconv.Itoa(i)))
		}},
		{"PATCH of four operations", func(b *testing.B) { floor(b, fourOperations(1), user(1)) }, func(b *testing.B, e *engine, i int) {
			e.want(b, http.StatusOK, "PATCH", "/Users/"+e.ids[i%100], fourOperations(i))
		}},
		{"list of 100 users", func(b *testing.B) { floor(b, "", hundred()) }, func(b *testing.B, e *engine, _ int) {
			e.want(b, http.StatusOK, "GET", "/Users?count=100", "")
		}},
		{"filter userName eq, 10,000 users", func(b *testing.B) { floor(b, "", user(1)) }, func(b *testing.B, e *engine, i int) {
			e.want(b, http.StatusOK, "GET", filtered(fmt.Sprintf(`userName eq "user%d@example.com"`, i%many)), "")
		}},
		{"filter without index, 10,000 users", nil, func(b *testing.B, e *engine, i int) {
			e.want(b, http.StatusOK, "GET", filtered(fmt.Sprintf(`nickName eq "nick%d"`, i%many)), "")
		}},
		// The last, as it leaves more users than the others are to find.
		{"POST a user of 1.2 KB", func(b *testing.B) { floor(b, user(1), user(1)) }, func(b *testing.B, e *engine, _ int) {
			created++
			e.want(b, http.StatusCreated, "POST", "/Users", user(many+created))
		}},
	}
	b.Run("parse a filter", func(b *testing.B) {
		const text = `userName eq "x"`
		b.Run("ours", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := filter.Parse(text, filter.Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("elimity", func(b *testing.B) { // its parser is scim2/filter-parser
			b.ReportAllocs()
			raw := []byte(text)
			for b.Loop() {
				if _, err := parser.ParseFilter(raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
	for _, w := range works {
		b.Run(w.name, func(b *testing.B) {
			for _, e := range servers {
				b.Run(e.name, func(b *testing.B) {
					b.ReportAllocs()
					for i := 0; b.Loop(); i++ {
						w.step(b, e, i)
					}
				})
			}
			if w.floor != nil {
				b.Run("json", w.floor)
			}
		})
	}
}

func (e *engine) want(b *testing.B, status int, method, path, body string) {
	s := sink{header: http.Header{}}
	if e.serve(b, &s, method, path, body); s.status != status {
		b.Fatalf("%s: %s %s: %d", e.name, method, path, s.status)
	}
}

// floor decodes a request into maps and encodes an answer out of maps with
// encoding/json, as a server does that knows nothing of SCIM.
func floor(b *testing.B, in, out string) {
	var answer any
	if err := json.Unmarshal([]byte(out), &answer); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
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
