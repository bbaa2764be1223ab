package filter

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	parser "github.com/scim2/filter-parser/v2"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// Program is a filter ready to run. It is immutable.
type Program struct {
	root node
	typ  *schema.ResourceType // nil for a value filter
	used repairs
}

// Match reports whether the resource satisfies the filter. The resource is the
// full tree with canonical names, as a client would see it. Strings are ordered
// by the bytes of their folded form (of the text itself where the attribute is
// caseExact), which is also the order of the database's keys.
func (p *Program) Match(r *resource.Object) bool {
	return p.root.match(resource.ComplexOf(r))
}

// MatchValue reports whether one element of a multi-valued attribute satisfies
// the value filter.
func (p *Program) MatchValue(v resource.Value) bool { return p.root.match(v) }

// Terms returns the number of comparisons that the program has: one Match makes
// at most so many of each value.
func (p *Program) Terms() int { return terms(p.root) }

func terms(n node) int {
	total := 0
	switch n := n.(type) {
	case all:
		for _, m := range n {
			total += terms(m)
		}
	case some:
		for _, m := range n {
			total += terms(m)
		}
	case not:
		return terms(n.node)
	case *elements:
		return terms(n.inner)
	default: // presence, *term
		return 1
	}
	return total
}

// node is a part of a program. match looks at the resource, or inside attr[…]
// at one element.
type node interface {
	match(scope resource.Value) bool
}

type (
	all      []node
	some     []node
	not      struct{ node }
	elements struct { // attr[inner]
		attr  *schema.Attribute
		path  []string
		inner node
	}
	presence struct { // pr, or its opposite
		*term
		want bool
	}
)

func (n all) match(scope resource.Value) bool {
	for _, m := range n {
		if !m.match(scope) {
			return false
		}
	}
	return true
}

func (n some) match(scope resource.Value) bool {
	for _, m := range n {
		if m.match(scope) {
			return true
		}
	}
	return false
}

func (n not) match(scope resource.Value) bool { return !n.node.match(scope) }

func (n *elements) match(scope resource.Value) bool {
	for _, step := range n.path {
		scope = scope.Object().Get(step)
	}
	for _, v := range scope.List() {
		if present(v) && n.inner.match(v) {
			return true
		}
	}
	return false
}

func (n presence) match(scope resource.Value) bool { return anyPresent(scope, n.path) == n.want }

func anyPresent(v resource.Value, path []string) bool {
	if v.Kind() == resource.List {
		for _, e := range v.List() {
			if anyPresent(e, path) {
				return true
			}
		}
		return false
	}
	if len(path) == 0 {
		return present(v)
	}
	return anyPresent(v.Object().Get(path[0]), path[1:])
}

// present reports whether a value is assigned and not empty, for complex values
// whether any node of it is (R-7644-3.4.2.2-06).
func present(v resource.Value) bool {
	switch v.Kind() {
	case resource.Null:
		return false
	case resource.String:
		return v.Text() != ""
	case resource.List:
		for _, e := range v.List() {
			if present(e) {
				return true
			}
		}
		return false
	case resource.Complex:
		for _, f := range v.Object().Fields() {
			if present(f.Value) {
				return true
			}
		}
		return false
	}
	return true
}

// kind says which operand of a term counts.
type kind uint8

const (
	exactText  kind = iota // text, by directory.Exact
	foldedText             // folded, from text
	uriText                // folded, from text, by reference
	boolean                // flag
	number                 // number
	instant                // time
)

// term is one comparison of an attribute with a value.
type term struct {
	top, sub *schema.Attribute // what is compared; sub may be nil
	path     []string          // the way there from the scope
	op       parser.CompareOperator
	primary  bool // where it is missing, it is false (R-7643-2.4-02)
	kind     kind
	text     string
	folded   string
	named    bool   // folded is by FoldName, not by Fold
	unspaced bool   // folded is without blanks
	base     string // of relative references
	flag     bool
	number   decimal
	time     time.Time
}

func (t *term) match(scope resource.Value) bool { return t.any(scope, t.path) }

// any reports whether one of the values at the end of path satisfies the term.
// Where there is none, ne does: nothing is not identical to the operand
// (reading 6 of the requirements).
func (t *term) any(v resource.Value, path []string) bool {
	switch {
	case v.Kind() == resource.List:
		for _, e := range v.List() {
			if t.any(e, path) {
				return true
			}
		}
		return len(v.List()) == 0 && t.op == parser.NE
	case len(path) == 0:
		return t.holds(v)
	case v.Kind() != resource.Complex:
		return t.op == parser.NE
	}
	next := v.Object().Get(path[0])
	if t.primary && len(path) == 1 && next.IsNull() {
		next = resource.BoolOf(false)
	}
	return t.any(next, path[1:])
}

// holds compares one value. A value of another type than the operand differs
// from it and has no order.
func (t *term) holds(v resource.Value) bool {
	switch t.kind {
	case boolean:
		if v.Kind() == resource.Bool {
			return (v.Bool() == t.flag) == (t.op == parser.EQ)
		}
	case number:
		if v.Kind() == resource.Number {
			return ordered(parseDecimal(v.Text()).compare(t.number), t.op)
		}
	case instant:
		if at, ok := parseDateTime(v.Text()); ok {
			return ordered(at.Compare(t.time), t.op)
		}
	case exactText:
		if v.Kind() == resource.String {
			return textHolds(directory.Exact(v.Text()), t.text, t.op)
		}
	case uriText:
		if v.Kind() == resource.String {
			return (v.Text() == t.text || reference(t.base, v.Text()) == t.folded) == (t.op == parser.EQ)
		}
	case foldedText:
		if v.Kind() != resource.String {
			break
		}
		fold, text := directory.Fold, v.Text()
		if t.named {
			fold, text = directory.FoldName, strings.TrimSpace(text)
		}
		if t.unspaced {
			text = withoutBlanks(text)
		}
		if t.op == parser.EQ {
			return foldEqual(fold, text, t.folded)
		}
		return textHolds(fold(text), t.folded, t.op)
	}
	return t.op == parser.NE
}

// textHolds compares texts. The empty text counts as unassigned: only eq ""
// and ne accept it.
func textHolds(s, operand string, op parser.CompareOperator) bool {
	switch op {
	case parser.EQ:
		return s == operand
	case parser.CO:
		return s != "" && strings.Contains(s, operand)
	case parser.SW:
		return s != "" && strings.HasPrefix(s, operand)
	case parser.EW:
		return s != "" && strings.HasSuffix(s, operand)
	}
	return (s != "" || op == parser.NE) && ordered(cmp.Compare(s, operand), op)
}

func ordered(c int, op parser.CompareOperator) bool {
	switch op {
	case parser.EQ:
		return c == 0
	case parser.NE:
		return c != 0
	case parser.GT:
		return c > 0
	case parser.GE:
		return c >= 0
	case parser.LT:
		return c < 0
	case parser.LE:
		return c <= 0
	}
	return false
}

// foldEqual reports whether fold(s) == folded, without building fold(s) while
// s is ASCII. It has no outer blanks if fold is FoldName.
func foldEqual(fold func(string) string, s, folded string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= utf8.RuneSelf {
			return fold(s) == folded
		}
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if i >= len(folded) || c != folded[i] {
			// A mark behind it would make another letter of it.
			return i+1 < len(s) && s[i+1] >= utf8.RuneSelf && fold(s) == folded
		}
	}
	return len(s) == len(folded)
}

// Uses reports whether the filter looks at a top-level attribute. What is
// costly to load, such as the members of a group, need not be in a resource
// whose filter does not use it.
func (p *Program) Uses(a *schema.Attribute) bool { return uses(p.root, a) }

func uses(n node, a *schema.Attribute) bool {
	among := func(parts []node) bool {
		return slices.ContainsFunc(parts, func(n node) bool { return uses(n, a) })
	}
	switch n := n.(type) {
	case all:
		return among(n)
	case some:
		return among(n)
	case not:
		return uses(n.node, a)
	case *elements:
		return n.attr == a
	case presence:
		return n.top == a
	case *term:
		return n.top == a
	}
	return false
}

// Attributes calls yield for each attribute that the filter looks at, with the
// sub-attribute if it looks at no more, until yield returns false. One that is
// named twice comes twice.
func (p *Program) Attributes(yield func(top, sub *schema.Attribute) bool) { visit(p.root, yield) }

// Members returns the names of the members of a resource's tree that the filter
// looks at: it matches a tree that has no others as it does the whole. One may
// come twice.
func (p *Program) Members() (names []string) {
	for top := range p.Attributes {
		names = append(names, p.typ.Member(top))
	}
	return names
}

func visit(n node, yield func(top, sub *schema.Attribute) bool) bool {
	each := func(parts []node) bool {
		return !slices.ContainsFunc(parts, func(n node) bool { return !visit(n, yield) })
	}
	switch n := n.(type) {
	case all:
		return each(n)
	case some:
		return each(n)
	case not:
		return visit(n.node, yield)
	case *elements:
		return visit(n.inner, yield)
	case presence:
		return yield(n.top, n.sub)
	case *term:
		return yield(n.top, n.sub)
	}
	return true
}
