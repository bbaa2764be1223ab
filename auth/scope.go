package auth

import (
	"fmt"
	"slices"
	"strings"
)

// The scopes a token may have.
const (
	// ScopeAll lets the token do whatever its client may.
	ScopeAll = ""
	// ScopeRead lets the token read users and groups and change nothing.
	ScopeRead = "groups:read users:read"
)

// ParseScope returns the scope that text names: nothing for ScopeAll, or
// users:read and groups:read, in any order, for ScopeRead. One of the two alone
// is refused, as everything is that would be granted in name only: a token that
// reads users sees their groups.
func ParseScope(text string) (string, error) {
	words := strings.Fields(text)
	slices.Sort(words)
	words = slices.Compact(words)
	switch scope := strings.Join(words, " "); scope {
	case ScopeAll, ScopeRead:
		return scope, nil
	}
	return "", fmt.Errorf(`%q is not a scope: leave it out for all, or use "users:read groups:read"`, text)
}
