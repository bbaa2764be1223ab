package conformance

import (
	"fmt"
	"io"
	"time"
)

// Verdict is what a check found.
type Verdict string

// The verdicts.
const (
	Pass  Verdict = "pass"
	Fail  Verdict = "fail"  // a MUST is broken
	Warn  Verdict = "warn"  // a SHOULD is broken, or a MAY is done in a way that contradicts itself
	Skip  Verdict = "skip"  // not judged; Reason says why
	Error Verdict = "error" // the check could not be carried out, as with a connection that broke
)

// Result is what was found about one requirement. No part of it holds a token
// or a password.
type Result struct {
	ID          string  `json:"id"`
	Name        string  `json:"name,omitempty"` // tells several checks of one requirement apart
	Level       string  `json:"level"`
	Area        string  `json:"area"`
	Requirement string  `json:"requirement"`
	Verdict     Verdict `json:"verdict"`
	Reason      string  `json:"reason,omitempty"`   // why it failed or was skipped
	Evidence    string  `json:"evidence,omitempty"` // request line, status, decisive part of the answer
}

// Report is the outcome of a run.
type Report struct {
	Server   string          `json:"server"`
	Mode     Mode            `json:"mode"`
	Started  time.Time       `json:"started"`
	Duration time.Duration   `json:"duration_ns"`
	Requests int             `json:"requests"`
	Features map[string]bool `json:"features"` // what the server advertises
	Results  []Result        `json:"results"`
	// Left are paths of resources that the run created and could not delete.
	Left []string `json:"left,omitempty"`
}

// Count returns how many results have a verdict.
func (r *Report) Count(v Verdict) (n int) {
	for _, x := range r.Results {
		if x.Verdict == v {
			n++
		}
	}
	return n
}

// Failed says whether a MUST is broken or could not be judged for an error.
func (r *Report) Failed() bool { return r.Count(Fail)+r.Count(Error) > 0 }

// ByID returns the worst verdict on each requirement that the run looked at.
func (r *Report) ByID() map[string]Verdict {
	rank := map[Verdict]int{Skip: 1, Pass: 2, Warn: 3, Error: 4, Fail: 5}
	worst := map[string]Verdict{}
	for _, x := range r.Results {
		if rank[x.Verdict] > rank[worst[x.ID]] {
			worst[x.ID] = x.Verdict
		}
	}
	return worst
}

// Write prints a result as a person reads it: one line, and for what is not
// right the reason and evidence below it.
func (x Result) Write(w io.Writer) error {
	id := x.ID
	if x.Name != "" {
		id += " (" + x.Name + ")"
	}
	line := fmt.Sprintf("%-5s %-6s %s: %s", x.Verdict, x.Level, id, x.Requirement)
	if x.Reason != "" {
		line += "\n      " + x.Reason
	}
	if x.Evidence != "" && x.Verdict != Skip {
		line += "\n      " + x.Evidence
	}
	_, err := fmt.Fprintln(w, line)
	return err
}

// Right says that there is nothing to be done about a result.
func (x Result) Right() bool { return x.Verdict == Pass || x.Verdict == Skip }

// Summary is the run in a few words.
func (r *Report) Summary() string {
	s := fmt.Sprintf("%d passed, %d failed, %d warnings, %d skipped", r.Count(Pass), r.Count(Fail), r.Count(Warn), r.Count(Skip))
	if n := r.Count(Error); n > 0 {
		s += fmt.Sprintf(", %d could not be carried out", n)
	}
	return s + fmt.Sprintf("; %d requests in %s", r.Requests, r.Duration.Round(10*time.Millisecond))
}
