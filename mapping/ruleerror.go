package mapping

import (
	"fmt"
	"slices"
	"strings"
)

// RuleError is one mistake in a rules file. Lines and columns count from 1.
type RuleError struct {
	File   string
	Line   int
	Column int
	Reason string // what is wrong, and what would be right
	// Client is the SCIM client that is missing, if that is what is wrong.
	Client string
}

func (e *RuleError) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Reason)
}

// RuleErrors is every mistake found in a rules file, in the order of the file.
type RuleErrors []*RuleError

func (e RuleErrors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap lets errors.As find the first RuleError.
func (e RuleErrors) Unwrap() []error {
	all := make([]error, len(e))
	for i, one := range e {
		all[i] = one
	}
	return all
}

// err is the errors in order, or nil if there are none.
func (e RuleErrors) err() error {
	if len(e) == 0 {
		return nil
	}
	slices.SortStableFunc(e, func(a, b *RuleError) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	return e
}

// among lists what there is, for messages.
func among(names []string) string {
	if len(names) == 0 {
		return "; there are none"
	}
	return "; there are " + strings.Join(names, ", ")
}
