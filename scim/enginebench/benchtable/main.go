// Command benchtable turns what `go test -bench Engine` prints of package
// enginebench into the table of docs/performance.md: a line for each work, a
// column for each engine, and how many times as long elimity's server takes. Of
// several runs of a benchmark it takes the median.
package main

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "benchtable:", err)
		os.Exit(1)
	}
}

// columns are the engines, and the heading of each.
var columns = []struct{ engine, heading string }{
	{"ours", "ours"}, {"elimity", "elimity"}, {"sqlite", "ours, SQLite"}, {"json", "encoding/json"},
}

// runs are the measurements of one work by one engine.
type runs struct{ nanoseconds, allocations []float64 }

func run(in io.Reader, out io.Writer) error {
	results := map[string]map[string]*runs{} // work, engine
	var works []string                       // in their order
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		name, values, ok := benchmark(lines.Text())
		if !ok {
			continue
		}
		engine, work, _ := strings.Cut(name, "/")
		if engine == "parser" { // parser/engine
			engine, work = work, "parse the filter `userName eq \"x\"`"
		}
		if results[work] == nil {
			results[work] = map[string]*runs{}
			works = append(works, work)
		}
		if results[work][engine] == nil {
			results[work][engine] = &runs{}
		}
		r := results[work][engine]
		r.nanoseconds = append(r.nanoseconds, values["cpu-ns/op"])
		r.allocations = append(r.allocations, values["allocs/op"])
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("reading the benchmarks: %w", err)
	}
	if len(works) == 0 {
		return fmt.Errorf("no line of BenchmarkEngine with cpu-ns/op was read")
	}
	return write(out, works, results)
}

// benchmark reads a line like
//
//	BenchmarkEngine/ours/GET_a_user-2   49734   19077 ns/op   18800 cpu-ns/op   36 allocs/op
func benchmark(line string) (name string, values map[string]float64, ok bool) {
	fields := strings.Fields(line)
	if len(fields) < 4 || !strings.HasPrefix(fields[0], "BenchmarkEngine/") {
		return "", nil, false
	}
	name = strings.TrimPrefix(fields[0], "BenchmarkEngine/")
	if i := strings.LastIndexByte(name, '-'); i > 0 { // the number of processors
		name = name[:i]
	}
	values = map[string]float64{}
	for i := 2; i+1 < len(fields); i += 2 {
		n, err := strconv.ParseFloat(fields[i], 64)
		if err != nil {
			return "", nil, false
		}
		values[fields[i+1]] = n
	}
	_, ok = values["cpu-ns/op"]
	return strings.ReplaceAll(name, "_", " "), values, ok
}

func write(out io.Writer, works []string, results map[string]map[string]*runs) error {
	var b strings.Builder
	b.WriteString("| work |")
	for _, c := range columns {
		b.WriteString(" " + c.heading + " |")
	}
	b.WriteString(" elimity ÷ ours |\n|---|" + strings.Repeat("--:|", len(columns)+1) + "\n")
	for _, work := range works {
		b.WriteString("| " + work + " |")
		for _, c := range columns {
			b.WriteString(" ")
			if r := results[work][c.engine]; r != nil {
				b.WriteString(duration(median(r.nanoseconds)) + ", " + strconv.FormatFloat(median(r.allocations), 'f', 0, 64))
			}
			b.WriteString(" |")
		}
		b.WriteString(" ")
		ours, theirs := results[work]["ours"], results[work]["elimity"]
		if ours != nil && theirs != nil && median(ours.nanoseconds) > 0 {
			b.WriteString(strconv.FormatFloat(median(theirs.nanoseconds)/median(ours.nanoseconds), 'f', 1, 64))
		}
		b.WriteString(" |\n")
	}
	if _, err := io.WriteString(out, b.String()); err != nil {
		return fmt.Errorf("writing the table: %w", err)
	}
	return nil
}

func median(of []float64) float64 {
	sorted := slices.SortedFunc(slices.Values(of), cmp.Compare[float64])
	return sorted[len(sorted)/2]
}

// duration writes nanoseconds with three digits and a unit.
func duration(ns float64) string {
	unit := "ns"
	for _, next := range []string{"µs", "ms", "s"} {
		if ns < 1000 {
			break
		}
		ns, unit = ns/1000, next
	}
	digits := 0
	switch {
	case ns < 10:
		digits = 2
	case ns < 100:
		digits = 1
	}
	return strconv.FormatFloat(ns, 'f', digits, 64) + " " + unit
}
