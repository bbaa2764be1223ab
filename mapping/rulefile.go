package mapping

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/scimbridge/scimbridge/directory"
)

// Bounds of a rules file. Nobody writes more by hand, and a file that somebody
// else can write must not take the server down when it is loaded.
const (
	maxRuleFile  = 1 << 20 // bytes
	maxRuleLine  = 8 << 10 // bytes; one line can nest a block in each two of them
	maxFlowDepth = 64      // brackets in brackets
)

// ParseRules reads a rules file; name is what positions call it. The error is a
// RuleErrors with every mistake that could be found, in the order of the file.
//
//	version: 1
//	convention: true          # or false, or {from: [group, role, entitlement, claim], apis: [uniphore, …]}
//	nested: true              # memberships through nested groups count
//	rules:
//	  - when: {group: Sales}  # or role, entitlement, claim; a name, compared by directory.Fold,
//	                          # or {pattern: RE2 of the whole name}; of a group also
//	                          # {externalId: exact, client: name} or {id: uuid}
//	    grant: {api: uniphore, scope: dev, role: quality_analyst}   # or a list
//	attributes:
//	  - set: uniphore.clientId
//	    to: user.nickName     # CEL over user, groups and account.<field>
//	    when: user.nickName != ""
//
// In the grants of a pattern, ${name} and ${1} are what it captured and $$ is a
// dollar sign.
func ParseRules(name string, src []byte) (*Rules, error) {
	p := &ruleParser{rules: &Rules{name: name, convention: everyName()}, lines: strings.Split(string(src), "\n")}
	p.file(src)
	if err := p.errs.err(); err != nil {
		return nil, err
	}
	return p.rules, nil
}

// ruleParser walks the syntax tree of a rules file and collects mistakes.
type ruleParser struct {
	rules *Rules
	lines []string
	errs  RuleErrors
}

func (p *ruleParser) failAt(line, column int, format string, args ...any) {
	p.errs = append(p.errs, &RuleError{File: p.rules.name, Line: max(line, 1), Column: max(column, 1), Reason: fmt.Sprintf(format, args...)})
}

func (p *ruleParser) fail(n ast.Node, format string, args ...any) {
	line, column := position(n)
	p.failAt(line, column, format, args...)
}

// position of a node is that of its first character; the parser gives a
// mapping the position of its first colon.
func position(n ast.Node) (line, column int) {
	if m, ok := n.(ast.MapNode); ok {
		if it := m.MapRange(); it.Next() {
			if t := n.GetToken(); t == nil || t.Value != "{" {
				n = it.Key()
			}
		}
	}
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return 1, 1
	}
	at := n.GetToken().Position
	return at.Line, at.Column
}

func (p *ruleParser) file(src []byte) {
	if len(src) > maxRuleFile {
		p.failAt(1, 1, "a rules file has at most %d bytes", maxRuleFile)
		return
	}
	if line, reason := unreadable(src); line > 0 {
		p.failAt(line, 1, "%s", reason)
		return
	}
	tree, err := parser.ParseBytes(src, 0)
	if err != nil {
		line, column, reason := 1, 1, err.Error()
		if syntax, ok := errors.AsType[*yaml.SyntaxError](err); ok {
			reason = syntax.GetMessage()
			if t := syntax.GetToken(); t != nil && t.Position != nil {
				line, column = t.Position.Line, t.Position.Column
			}
		}
		p.failAt(line, column, "%s", reason)
		return
	}
	if len(tree.Docs) > 1 && tree.Docs[1].Body != nil {
		p.fail(tree.Docs[1].Body, "a rules file is one YAML document, this is a second one")
		return
	}
	if len(tree.Docs) == 0 || tree.Docs[0].Body == nil {
		p.failAt(1, 1, "the file is empty; it needs at least version: 1")
		return
	}
	body := tree.Docs[0].Body
	keys := p.mapping(body, "the file", "version", "convention", "nested", "rules", "attributes")
	if keys == nil {
		return
	}
	if v, ok := keys["version"]; !ok {
		p.fail(body, "version: 1 is missing")
	} else if n, ok := v.(*ast.IntegerNode); !ok || fmt.Sprint(n.Value) != "1" {
		p.fail(v, "version must be 1, the only one there is")
	}
	if v, ok := keys["convention"]; ok {
		p.convention(v)
	}
	if v, ok := keys["nested"]; ok {
		p.rules.directOnly = !p.boolean(v, "nested", true)
	}
	for i, n := range p.sequence(keys["rules"], "rules") {
		p.rule(i, n)
	}
	for _, n := range p.sequence(keys["attributes"], "attributes") {
		p.override(n)
	}
}

// unreadable returns the first line at which the text nests deeper than the
// YAML parser, which is recursive and slow at it, should have to follow; 0 if
// none does. Brackets in strings and comments count too, which such a bound can
// afford.
func unreadable(src []byte) (line int, reason string) {
	depth, start := 0, 0
	line = 1
	for i, c := range src {
		switch c {
		case '\n', '\r':
			start = i + 1
			if c == '\n' {
				line++
			}
		case '[', '{':
			depth++
		case ']', '}':
			depth = max(depth-1, 0)
		}
		if depth > maxFlowDepth {
			return line, fmt.Sprintf("more than %d brackets inside one another", maxFlowDepth)
		}
		if i-start >= maxRuleLine {
			return line, fmt.Sprintf("a line has at most %d bytes", maxRuleLine)
		}
	}
	return 0, ""
}

// mapping returns the values of a mapping by key, nil if it is none.
func (p *ruleParser) mapping(n ast.Node, what string, allowed ...string) map[string]ast.Node {
	m, ok := n.(ast.MapNode)
	if !ok {
		p.fail(n, "%s must be a mapping with the keys %s", what, strings.Join(allowed, ", "))
		return nil
	}
	values := map[string]ast.Node{}
	for it := m.MapRange(); it.Next(); {
		key, ok := it.Key().(*ast.StringNode)
		if !ok {
			p.fail(it.Key(), "a key must be plain text")
			continue
		}
		if !slices.Contains(allowed, key.Value) {
			p.fail(key, "%s has no key %s; the keys are %s", what, quoted(key.Value), strings.Join(allowed, ", "))
			continue
		}
		values[key.Value] = it.Value()
	}
	return values
}

// sequence returns the elements of a list; none of a nil node.
func (p *ruleParser) sequence(n ast.Node, what string) []ast.Node {
	if n == nil {
		return nil
	}
	s, ok := n.(*ast.SequenceNode)
	if !ok {
		p.fail(n, "%s must be a list", what)
		return nil
	}
	return s.Values
}

// text returns a scalar as it was written: a team may be called 007 or yes.
func (p *ruleParser) text(n ast.Node, what string) (string, bool) {
	switch s := n.(type) {
	case *ast.StringNode:
		return s.Value, true
	case *ast.LiteralNode:
		return s.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, true
	}
	p.fail(n, "%s must be text", what)
	return "", false
}

func (p *ruleParser) boolean(n ast.Node, what string, otherwise bool) bool {
	b, ok := n.(*ast.BoolNode)
	if !ok {
		p.fail(n, "%s must be true or false", what)
		return otherwise
	}
	return b.Value
}

func (p *ruleParser) convention(n ast.Node) {
	c := &p.rules.convention
	if b, ok := n.(*ast.BoolNode); ok {
		if !b.Value {
			c.from = [subjectKinds]bool{}
		}
		return
	}
	if _, ok := n.(ast.MapNode); !ok {
		p.fail(n, "convention must be true, false or a mapping with the keys from, apis")
		return
	}
	keys := p.mapping(n, "convention", "from", "apis")
	if from, ok := keys["from"]; ok {
		c.from = [subjectKinds]bool{}
		for _, e := range p.sequence(from, "from") {
			name, ok := p.text(e, "an element of from")
			if i := slices.Index(subjectNames[:], name); i >= 0 {
				c.from[i] = true
			} else if ok {
				p.fail(e, "the convention can hold for group, role, entitlement and claim, not for %s", quoted(name))
			}
		}
	}
	if apis, ok := keys["apis"]; ok {
		c.apis = map[API]bool{}
		for _, e := range p.sequence(apis, "apis") {
			if api, ok := p.api(e); ok {
				c.apis[api] = true
			}
		}
	}
}

func (p *ruleParser) api(n ast.Node) (API, bool) {
	name, ok := p.text(n, "api")
	switch API(name) {
	case Uniphore, RSA, Syncari, ServiceMobility:
		return API(name), true
	}
	if ok {
		p.fail(n, "there is no api %s; use uniphore, rsa, syncari or servicemobility", quoted(name))
	}
	return "", false
}

func (p *ruleParser) rule(order int, n ast.Node) {
	keys := p.mapping(n, "a rule", "when", "grant")
	if keys == nil {
		return
	}
	r := rule{order: order}
	r.line, r.column = position(n)
	r.position = p.rules.at(r.line)
	when, ok := keys["when"]
	if !ok {
		p.fail(n, "the rule says not when it applies; add when: {group: …}, role, entitlement or claim")
		return
	}
	grant, ok := keys["grant"]
	if !ok {
		p.fail(n, "the rule grants nothing; add grant: {api: …, scope: …, role: …}")
		return
	}
	before := len(p.errs)
	p.when(&r, when)
	if len(p.errs) > before {
		return // what a broken pattern captures is not known
	}
	if list, ok := grant.(*ast.SequenceNode); ok {
		for _, g := range list.Values {
			p.grant(&r, g)
		}
		if len(list.Values) == 0 {
			p.fail(grant, "the list grants nothing; add {api: …, scope: …, role: …}")
		}
	} else {
		p.grant(&r, grant)
	}
	p.rules.list = append(p.rules.list, r)
}

func (p *ruleParser) when(r *rule, n ast.Node) {
	before := len(p.errs)
	keys := p.mapping(n, "when", subjectNames[:]...)
	if len(p.errs) > before {
		return
	}
	if len(keys) != 1 {
		if len(keys) > 1 {
			p.fail(n, "when must have one of the keys group, role, entitlement, claim, not %d", len(keys))
		} else {
			p.fail(n, "when must have one of the keys group, role, entitlement, claim")
		}
		return
	}
	var subject ast.Node
	for i, name := range subjectNames {
		if v, ok := keys[name]; ok {
			r.kind, subject = subjectKind(i), v
		}
	}
	what := r.kind.String()
	if _, ok := subject.(ast.MapNode); !ok {
		name, ok := p.text(subject, what)
		if ok && name == "" {
			p.fail(subject, "%s must not be empty", what)
		}
		r.how, r.text = exactName, name
		return
	}
	allowed := []string{"pattern"}
	if r.kind == groupSubject {
		allowed = []string{"externalId", "client", "id", "pattern"}
	}
	keys = p.mapping(subject, what, allowed...)
	if len(p.errs) > before {
		return
	}
	p.matcher(r, subject, keys)
}

// matcher reads what a rule says of its subject beyond an exact name.
func (p *ruleParser) matcher(r *rule, n ast.Node, keys map[string]ast.Node) {
	ways := 0
	if v, ok := keys["externalId"]; ok {
		ways++
		r.how = externalID
		if r.text, ok = p.text(v, "externalId"); ok && r.text == "" {
			p.fail(v, "externalId must not be empty")
		}
	}
	if v, ok := keys["client"]; ok {
		if r.client, ok = p.text(v, "client"); ok && r.client == "" {
			p.fail(v, "client must not be empty")
		}
		if _, ok := keys["externalId"]; !ok {
			p.fail(v, "client goes with externalId only")
		}
	}
	if v, ok := keys["id"]; ok {
		ways++
		r.how = groupID
		if text, ok := p.text(v, "id"); ok {
			var err error
			if r.group, err = directory.ParseID(text); err != nil {
				p.fail(v, "id must be the group's SCIM id, a lower-case UUID: %v", err)
			}
		}
	}
	if v, ok := keys["pattern"]; ok {
		ways++
		r.how = pattern
		if text, ok := p.text(v, "pattern"); ok {
			var err error
			if r.re, err = regexp.Compile(`\A(?:` + text + `)\z`); err != nil {
				_, err = regexp.Compile(text) // without our frame around it
				p.fail(v, "the pattern is not in RE2 syntax: %v", err)
			}
		}
	}
	if ways != 1 {
		p.fail(n, "%s needs exactly one of a name, externalId, id (groups only) and pattern", r.kind)
	}
}

func (p *ruleParser) grant(r *rule, n ast.Node) {
	keys := p.mapping(n, "grant", "api", "scope", "role")
	if keys == nil {
		return
	}
	var t grantTemplate
	t.line, t.column = position(n)
	if v, ok := keys["api"]; ok {
		t.api, _ = p.api(v)
	} else {
		p.fail(n, "the grant names no api; use uniphore, rsa, syncari or servicemobility")
	}
	t.scope = template{literals: []string{""}}
	if v, ok := keys["scope"]; ok {
		t.scope = p.template(r, v, "scope")
	}
	if v, ok := keys["role"]; ok {
		t.role = p.template(r, v, "role")
	} else {
		p.fail(n, "the grant names no role")
		t.role = template{literals: []string{""}}
	}
	if r.kind == claimSubject && t.api != Uniphore && t.api != "" {
		p.fail(n, "a claim of a Uniphore token can grant roles of uniphore only")
	}
	r.grants = append(r.grants, t)
}

// template reads text with ${captures} of the rule's pattern.
func (p *ruleParser) template(r *rule, n ast.Node, what string) template {
	t := template{literals: []string{""}}
	text, ok := p.text(n, what)
	if !ok {
		return t
	}
	last := func() *string { return &t.literals[len(t.literals)-1] }
	for {
		before, after, found := strings.Cut(text, "$")
		*last() += before
		if !found {
			return t
		}
		text = after
		switch {
		case strings.HasPrefix(text, "$"):
			*last() += "$"
			text = text[1:]
		case strings.HasPrefix(text, "{"):
			name, rest, closed := strings.Cut(text[1:], "}")
			if !closed {
				p.fail(n, "%s: ${ is not closed; write ${name}, or $$ for a dollar sign", what)
				return t
			}
			text = rest
			group, ok := capture(r.re, name)
			if !ok {
				p.fail(n, "%s: ${%s} is not captured by the rule's pattern", what, name)
				return t
			}
			t.groups = append(t.groups, group)
			t.literals = append(t.literals, "")
		default:
			p.fail(n, "%s: write ${name} for what the pattern captured, or $$ for a dollar sign", what)
			return t
		}
	}
}

// capture returns the number of a pattern's group by name or number.
func capture(re *regexp.Regexp, name string) (int, bool) {
	if re == nil || name == "" {
		return 0, false
	}
	if i, err := strconv.Atoi(name); err == nil {
		return i, i >= 0 && i <= re.NumSubexp()
	}
	i := re.SubexpIndex(name)
	return i, i >= 0
}
