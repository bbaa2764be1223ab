package mapping

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/scimbridge/scimbridge/directory"
)

// Rules is a parsed rules file: what groups, roles, entitlements and token
// claims grant beyond or instead of the naming convention, and which fields of
// an account are computed otherwise. It is immutable.
type Rules struct {
	name       string // of the file, for positions
	convention convention
	directOnly bool // memberships through nested groups grant nothing
	list       []rule
	overrides  []override
}

// noRules is the convention and nothing else.
func noRules() *Rules { return &Rules{convention: everyName()} }

// at is a position in the file as grants and warnings show it.
func (r *Rules) at(line int) string { return r.name + ":" + strconv.Itoa(line) }

// matchKind says how a rule knows its subject.
type matchKind uint8

const (
	exactName  matchKind = iota // compared by directory.Fold
	externalID                  // of a group, exact
	groupID                     // of a group
	pattern                     // RE2, of the whole name
)

// rule is one entry of rules:.
type rule struct {
	order    int // in the file
	line     int
	column   int
	position string // "<file>:<line>"

	kind   subjectKind
	how    matchKind
	text   string // name or externalId
	client string // whose externalId, "" for any
	group  directory.ID
	re     *regexp.Regexp
	grants []grantTemplate
}

// grantTemplate is a grant whose scope and role may contain captures.
type grantTemplate struct {
	line, column int
	api          API
	scope, role  template
}

// template is text with captures of a pattern in it, alternating: a literal,
// then a group's number, then a literal …
type template struct {
	literals []string // always one more than groups
	groups   []int
}

func (t *template) fixed() bool { return len(t.groups) == 0 }

func (t *template) expand(name string, captures []int) string {
	if t.fixed() {
		return t.literals[0]
	}
	var b strings.Builder
	b.WriteString(t.literals[0])
	for i, g := range t.groups {
		if from, to := captures[2*g], captures[2*g+1]; from >= 0 {
			b.WriteString(name[from:to])
		}
		b.WriteString(t.literals[i+1])
	}
	return b.String()
}

// match is a rule that applies to a subject.
type match struct {
	rule     *rule
	subject  int
	captures []int // of a pattern, as regexp.FindStringSubmatchIndex
}

// ruleIndex finds the rules for a subject without trying each of them; only
// patterns have to be tried.
type ruleIndex struct {
	names       [subjectKinds]map[string][]*rule // by folded name
	patterns    [subjectKinds][]*rule
	externalIDs map[string][]externalRule
	ids         map[directory.ID][]*rule
}

// externalRule is a rule for an externalId with its client's number, 0 for any.
type externalRule struct {
	rule   *rule
	client directory.ClientID
}

func (x *ruleIndex) add(r *rule, client directory.ClientID) {
	switch r.how {
	case exactName:
		if x.names[r.kind] == nil {
			x.names[r.kind] = map[string][]*rule{}
		}
		key := directory.Fold(r.text)
		x.names[r.kind][key] = append(x.names[r.kind][key], r)
	case externalID:
		if x.externalIDs == nil {
			x.externalIDs = map[string][]externalRule{}
		}
		x.externalIDs[r.text] = append(x.externalIDs[r.text], externalRule{r, client})
	case groupID:
		if x.ids == nil {
			x.ids = map[directory.ID][]*rule{}
		}
		x.ids[r.group] = append(x.ids[r.group], r)
	case pattern:
		x.patterns[r.kind] = append(x.patterns[r.kind], r)
	}
}

// matches appends the rules that apply to the subject, which has number i.
func (x *ruleIndex) matches(found []match, i int, s *subject) []match {
	if names := x.names[s.kind]; names != nil {
		for _, r := range names[directory.Fold(s.name)] {
			found = append(found, match{rule: r, subject: i})
		}
	}
	for _, r := range x.patterns[s.kind] {
		if c := r.re.FindStringSubmatchIndex(s.name); c != nil {
			found = append(found, match{rule: r, subject: i, captures: c})
		}
	}
	if s.group == nil {
		return found
	}
	for _, r := range x.ids[s.group.Group] {
		found = append(found, match{rule: r, subject: i})
	}
	if x.externalIDs == nil {
		return found
	}
	for client, id := range s.group.ExternalIDs {
		for _, e := range x.externalIDs[id] {
			if e.client == 0 || e.client == client {
				found = append(found, match{rule: e.rule, subject: i})
			}
		}
	}
	return found
}
