package conformance

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

// Requirement is one row of the list of what a SCIM 2.0 server owes its clients.
type Requirement struct {
	ID    string // R-<rfc>-<section>-<number>
	Level string // MUST, SHOULD or MAY
	// Prose marks a rule that the RFC states without a capital keyword.
	Prose bool
	Area  string
	Text  string // the requirement, Markdown
	Check string // how it shows: request and expected answer, Markdown
}

//go:embed requirements.md
var document string

var parsed = sync.OnceValue(func() []Requirement { return parse(document) })

// Requirements returns all rows in the order of the document.
func Requirements() []Requirement { return slices.Clone(parsed()) }

// parse reads the tables of a Markdown document: a row is a line whose first
// cell is an id.
func parse(markdown string) (rows []Requirement) {
	for line := range strings.Lines(markdown) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if len(cells) < 5 || !strings.HasPrefix(strings.TrimSpace(cells[0]), "R-") {
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		level, prose := strings.CutSuffix(cells[1], "†")
		rows = append(rows, Requirement{
			ID: cells[0], Level: level, Prose: prose, Area: cells[2], Text: cells[3], Check: strings.Join(cells[4:], " | "),
		})
	}
	return rows
}

// requirement returns the row of an id; the tests hold that every check has one.
func requirement(id string) Requirement {
	rows := parsed()
	if i := slices.IndexFunc(rows, func(r Requirement) bool { return r.ID == id }); i >= 0 {
		return rows[i]
	}
	return Requirement{ID: id}
}
