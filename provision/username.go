package provision

import "github.com/scimbridge/scimbridge/directory"

// newName holds a userName that a user is to get to what directory.CheckName
// asks, over whatever surface it comes. A name that the user has already is not
// asked about: it may have been stored when less was asked, and whoever has it
// must still be changed, deactivated above all.
func newName(before, after string) error {
	if before == after {
		return nil
	}
	return directory.CheckName(after)
}

// kindMixedScript is a name with letters of several scripts in one word (T-21).
const kindMixedScript = "mixed_script"

// suspicion is the note of an entry that gives a user such a name.
type suspicion struct {
	Kind string `json:"suspiciousName"`
}

// suspicious returns why a name that a user gets deserves a look, "" if it does
// not.
func suspicious(before, after string) string {
	if before == after || !directory.MixesScripts(after) {
		return ""
	}
	return kindMixedScript
}

// suspect is the change with a note of why the name deserves a look, unless it
// has a note of its own or there is nothing to note.
func (c change) suspect(kind string) change {
	if kind != "" && c.note == nil {
		c.note = suspicion{kind}
	}
	return c
}

// named counts a name that was given, "" for none: in a batch, once that is stored.
func (b *Bridge) named(kind string) {
	switch {
	case kind == "":
	case b.names != nil:
		*b.names = append(*b.names, kind)
	default:
		b.metrics.suspicious.WithLabelValues(kind).Inc()
	}
}
