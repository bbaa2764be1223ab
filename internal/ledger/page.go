package ledger

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/scimbridge/scimbridge/conformance"
)

// Page is what the page is made of.
type Page struct {
	Covers []Cover
	// Tolerant and Strict are reports of the judge about this server.
	Tolerant, Strict *conformance.Report
	// Judges is the hand-written part about judges from outside, Markdown
	// below a heading of the second level; "" leaves it out.
	Judges string
}

// String returns the page, Markdown. It is the same for the same input: no
// times, no counts of requests.
func (p Page) String() string {
	var b strings.Builder
	by := ByID(p.Covers)
	rows := conformance.Requirements()
	proved, wire := 0, 0
	for _, r := range rows {
		if len(by[r.ID]) > 0 {
			proved++
		}
		if slices.ContainsFunc(by[r.ID], func(c Cover) bool { return c.Wire }) {
			wire++
		}
	}
	fmt.Fprintf(&b, `# Conformance

<!-- Made by "make ledger". Do not edit: write tests, or docs/conformance-judges.md. -->

Each requirement that RFC 7643, 7644, 9865 and 9967 make of a SCIM 2.0 server, with what proves that the bridge keeps it. The ids and the
full text of each check are in [requirements.md](../conformance/requirements.md).

* %d requirements; tests name %d of them, %d in tests that speak HTTP.
* "Judge" is [scimbridge conformance](../README.md#judge-a-scim-server), which sees a server only from outside, here this one with
  the schemas of testdata/schemas, asked by a tolerant and by a strict client: %s; %s.
* Tests name what they prove in comments, `+"`// covers: R-7644-3.5.2-08`"+`. "make ledger" collects them and writes this page; a test fails when
  the page is stale, when a comment names an id that does not exist, and when a requirement loses its last test.

`, len(rows), proved, wire, tally("tolerant", p.Tolerant), tally("strict", p.Strict))
	p.requirements(&b, by)
	p.unproved(&b, by)
	p.skipped(&b)
	if p.Judges != "" {
		b.WriteString(strings.TrimSpace(p.Judges) + "\n\n")
	}
	p.others(&b, by)
	return b.String()
}

func tally(mode string, r *conformance.Report) string {
	count := map[conformance.Verdict]int{}
	for _, v := range r.ByID() {
		count[v]++
	}
	return fmt.Sprintf("%s: %d pass, %d fail, %d warn, %d not judged", mode,
		count[conformance.Pass], count[conformance.Fail]+count[conformance.Error], count[conformance.Warn], count[conformance.Skip])
}

func (p Page) requirements(b *strings.Builder, by map[string][]Cover) {
	b.WriteString("## Requirements\n\n| id | level | area | requirement | judge: tolerant | strict | tests |\n|---|---|---|---|---|---|---|\n")
	tolerant, strict := p.Tolerant.ByID(), p.Strict.ByID()
	for _, r := range conformance.Requirements() {
		level := r.Level
		if r.Prose {
			level += "†"
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s | %s |\n", r.ID, level, r.Area, r.Text, verdict(tolerant[r.ID]), verdict(strict[r.ID]), tests(by[r.ID]))
	}
	b.WriteString("\n† stated by the RFC without a capital keyword; it binds all the same.\n\n")
}

// verdict is one in the table; what was not judged is a dash, so that a glance
// finds what is red.
func verdict(v conformance.Verdict) string {
	if v == conformance.Skip {
		return "–"
	}
	return string(v)
}

// tests names tests, one file at a time.
func tests(covers []Cover) string {
	if len(covers) == 0 {
		return "**none**"
	}
	var files []string
	names := map[string][]string{}
	for _, c := range covers {
		if !slices.Contains(files, c.File) {
			files = append(files, c.File)
		}
		if c.Test != "" {
			names[c.File] = append(names[c.File], c.Test)
		}
	}
	for i, f := range files {
		if n := names[f]; len(n) > 0 {
			files[i] = f + ":" + strings.Join(n, ",")
		}
	}
	return strings.Join(files, "; ")
}

func (p Page) unproved(b *strings.Builder, by map[string][]Cover) {
	b.WriteString("## Without a test\n\n")
	none := true
	for _, r := range conformance.Requirements() {
		if len(by[r.ID]) == 0 {
			none = false
			fmt.Fprintf(b, "* %s: %s\n", r.ID, cmp.Or(Unproved[r.ID], "nobody has written one"))
		}
	}
	if none {
		b.WriteString("None.\n")
	}
	b.WriteByte('\n')
}

// skipped says why the judge did not judge, in strict mode, where it sees most.
func (p Page) skipped(b *strings.Builder) {
	b.WriteString("## What the judge can not see here\n\n")
	worst := p.Strict.ByID()
	for _, r := range p.Strict.Results {
		if r.Verdict == conformance.Skip && worst[r.ID] == conformance.Skip {
			fmt.Fprintf(b, "* %s: %s\n", r.ID, r.Reason)
		}
	}
	b.WriteByte('\n')
}

// others are the ids that are no requirements of the RFCs.
func (p Page) others(b *strings.Builder, by map[string][]Cover) {
	b.WriteString("## Abuse cases\n\nWhat hostile or careless clients do, and the tests that show what happens then; see [the list](../internal/ledger/threats.md).\n\n")
	b.WriteString("| id | request | tests |\n|---|---|---|\n")
	for _, m := range threatRow.FindAllStringSubmatch(threats, -1) {
		request, _, _ := strings.Cut(m[2], " | ")
		fmt.Fprintf(b, "| %s | %s | %s |\n", m[1], request, tests(by[m[1]]))
	}
	b.WriteString("\n## Exchanges of identity providers\n\nRecorded or documented exchanges (`testdata/idp/ids.txt`), by provider, and the tests that replay them.\n\n| provider | exchanges | files |\n|---|---|---|\n")
	known, err := Known()
	if err != nil {
		panic(err) // the list is part of the program
	}
	providers := map[string][]string{}
	files := map[string][]string{}
	for id, kind := range known {
		if kind != Dialect {
			continue
		}
		provider, _, _ := strings.Cut(id, "-")
		providers[provider] = append(providers[provider], id)
		for _, c := range by[id] {
			if !slices.Contains(files[provider], c.File) {
				files[provider] = append(files[provider], c.File)
			}
		}
	}
	for _, provider := range slices.Sorted(maps.Keys(providers)) {
		covered := 0
		for _, id := range providers[provider] {
			if len(by[id]) > 0 {
				covered++
			}
		}
		slices.Sort(files[provider])
		fmt.Fprintf(b, "| %s | %d of %d | %s |\n", provider, covered, len(providers[provider]), strings.Join(files[provider], "; "))
	}
}
