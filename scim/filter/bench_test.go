package filter

import (
	"strings"
	"testing"

	parser "github.com/scim2/filter-parser/v2"

	"github.com/scimbridge/scimbridge/scim/schema"
)

var benchFilters = []struct{ name, text string }{
	{"userName", `userName eq "x"`},
	{"entra", `emails[type eq "work"].value eq "a@example.com"`},
	{"extension", `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber eq "701984"`},
	{"nested", `userType eq "Employee" and (emails co "example.com" or emails.value co "example.org") and not (title pr)`},
	{"100 terms", strings.Repeat(`userName eq "x" or `, 99) + `userName eq "x"`},
}

func BenchmarkParse(b *testing.B) {
	for _, f := range benchFilters {
		b.Run(f.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(f.text, Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkParseOther is what filter-parser takes for the same.
func BenchmarkParseOther(b *testing.B) {
	raw := []byte(benchFilters[0].text)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parser.ParseFilterNumber(raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParsePath(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParsePath(`members[value eq "2819c223-7f76-453a-919d-413861904646"]`, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRefuse is the worst that T-36 and T-37 can do.
func BenchmarkRefuse(b *testing.B) {
	for name, text := range map[string]string{
		"brackets":     strings.Repeat("(", MaxLength),
		"unterminated": `a eq "` + strings.Repeat(`\\`, MaxLength/2-4),
		"terms":        strings.Repeat("a pr or ", MaxLength/8-1) + "a pr",
		"megabyte":     `a eq "` + strings.Repeat("\n", 1<<20),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(text, Options{}); err == nil {
					b.Fatal("accepted")
				}
			}
		})
	}
}

func benchProgram(b *testing.B, text string) *Program {
	b.Helper()
	e, err := Parse(text, Options{})
	if err != nil {
		b.Fatal(err)
	}
	p, err := Compile(e, schema.User())
	if err != nil {
		b.Fatal(err)
	}
	return p
}

func BenchmarkCompile(b *testing.B) {
	e, err := Parse(benchFilters[0].text, Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Compile(e, schema.User()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	user := tree(b, babs)
	for _, f := range benchFilters {
		b.Run(f.name, func(b *testing.B) {
			p := benchProgram(b, f.text)
			b.ReportAllocs()
			for b.Loop() {
				p.Match(user)
			}
		})
	}
}

func BenchmarkPlan(b *testing.B) {
	for _, f := range benchFilters[:4] {
		b.Run(f.name, func(b *testing.B) {
			p := benchProgram(b, f.text)
			b.ReportAllocs()
			for b.Loop() {
				p.Plan(1)
			}
		})
	}
}
