package main

import (
	"strings"
	"testing"
)

func TestTable(t *testing.T) {
	in := `goos: linux
BenchmarkEngine/parser/ours-2 	 1622331	       247.6 ns/op	       300.4 cpu-ns/op	      96 B/op	       3 allocs/op
BenchmarkEngine/parser/elimity-2 	 100	 90000 ns/op	 91000 cpu-ns/op	 66824 B/op	 1483 allocs/op
BenchmarkEngine/ours/GET_a_user-2 	 100	 1 ns/op	 9000 cpu-ns/op	 1 B/op	 30 allocs/op
BenchmarkEngine/ours/GET_a_user-2 	 100	 1 ns/op	 12345 cpu-ns/op	 1 B/op	 31 allocs/op
BenchmarkEngine/ours/GET_a_user-2 	 100	 1 ns/op	 99000 cpu-ns/op	 1 B/op	 32 allocs/op
BenchmarkEngine/elimity/GET_a_user-2 	 100	 1 ns/op	 24690 cpu-ns/op	 1 B/op	 114 allocs/op
BenchmarkEngine/sqlite/GET_a_user-2 	 100	 1 ns/op	 1234500 cpu-ns/op	 1 B/op	 172 allocs/op
BenchmarkEngine/json/GET_a_user-2 	 100	 1 ns/op	 1000000000 cpu-ns/op	 1 B/op	 1 allocs/op
BenchmarkOther-2 	 100	 1 ns/op	 1 cpu-ns/op
PASS
`
	want := "| work | ours | elimity | ours, SQLite | encoding/json | elimity ÷ ours |\n|---|--:|--:|--:|--:|--:|\n" +
		"| parse the filter `userName eq \"x\"` | 300 ns, 3 | 91.0 µs, 1483 |  |  | 302.9 |\n" +
		"| GET a user | 12.3 µs, 31 | 24.7 µs, 114 | 1.23 ms, 172 | 1.00 s, 1 | 2.0 |\n"
	var out strings.Builder
	if err := run(strings.NewReader(in), &out); err != nil {
		t.Fatal(err)
	}
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
	if err := run(strings.NewReader("PASS\n"), &out); err == nil {
		t.Error("an empty run is no error")
	}
}
