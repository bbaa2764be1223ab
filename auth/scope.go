package auth

import (
	"fmt"
	"slices"
	"strings"
)

// The scopes a token may have, besides those that also write.
const (
	// ScopeAll lets the token do whatever its client may.
	ScopeAll = ""
	// ScopeRead lets the token read users and groups and change nothing. Every
	// scope but ScopeAll holds it.
	ScopeRead = "groups:read users:read"
)

// writes are the words that let a token change resources of one kind: users,
// groups, and those of configured resource types.
var writes = []string{"users:write", "groups:write", "resources:write"}

// ParseScope returns the scope that text names, its words sorted: nothing for
// ScopeAll; users:read and groups:read for ScopeRead; any of users:write,
// groups:write and resources:write for a token that changes resources of that
// kind alone. Whoever writes also reads, so those two words are added where they
// are missing.
//
// One of users:read and groups:read alone is refused, as everything is that
// would be granted in name only: a token that reads users sees their groups.
func ParseScope(text string) (string, error) {
	words := strings.Fields(text)
	if slices.ContainsFunc(words, func(w string) bool { return slices.Contains(writes, w) }) {
		words = append(words, strings.Fields(ScopeRead)...)
	}
	slices.Sort(words)
	words = slices.Compact(words)
	read := slices.DeleteFunc(slices.Clone(words), func(w string) bool { return slices.Contains(writes, w) })
	switch strings.Join(read, " ") {
	case ScopeAll, ScopeRead:
		return strings.Join(words, " "), nil
	}
	return "", fmt.Errorf(`%q is not a scope: leave it out for all, or use "users:read groups:read", with any of users:write, groups:write, resources:write`, text)
}
