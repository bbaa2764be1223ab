package filter

import (
	parser "github.com/scim2/filter-parser/v2"

	"github.com/scimbridge/scimbridge/scim/resource"
)

// The grammar is RFC 7644 figure 1, with its left recursion turned into loops
// and its precedence (brackets, not, and, or) into one function a level:
//
//	filter  = and *(SP "or" SP and)
//	and     = factor *(SP "and" SP factor)
//	factor  = "(" filter ")" / "not" [SP] "(" filter ")" / attrPath "[" filter "]" / term
//	term    = attrPath SP ("pr" / op SP value)
//
// Chains of one operator lean to the left, as those of filter-parser do.

// filter reads the whole text as a filter.
func (p *reader) filter() (Expression, error) {
	if err := p.begin(); err != nil {
		return nil, err
	}
	e, err := p.or(false)
	if err != nil {
		return nil, err
	}
	return e, p.end(`" and ", " or " or the end`)
}

// or reads a disjunction. inside says that it stands in attr[…], where names
// are sub-attributes and no further value path may follow.
func (p *reader) or(inside bool) (Expression, error) {
	left, err := p.and(inside)
	for err == nil && p.keyword("or") {
		var right Expression
		if err = p.between("a condition"); err != nil {
			break
		}
		if right, err = p.and(inside); err == nil {
			left = &LogicalExpression{Left: left, Right: right, Operator: parser.OR}
		}
	}
	if err != nil {
		return nil, err
	}
	return left, nil
}

func (p *reader) and(inside bool) (Expression, error) {
	left, err := p.factor(inside)
	for err == nil && p.keyword("and") {
		var right Expression
		if err = p.between("a condition"); err != nil {
			break
		}
		if right, err = p.factor(inside); err == nil {
			left = &LogicalExpression{Left: left, Right: right, Operator: parser.AND}
		}
	}
	if err != nil {
		return nil, err
	}
	return left, nil
}

// keyword reads blanks and the given operator, if that is what follows;
// otherwise it reads nothing.
func (p *reader) keyword(k string) bool {
	start := p.pos
	n, plain := p.skip()
	if n > 0 && (n == 1 && plain || !p.strict) && resource.EqualFold(p.word(), k) {
		if n > 1 || !plain {
			p.used |= blanks
		}
		return true
	}
	p.pos = start
	return false
}

func (p *reader) factor(inside bool) (Expression, error) {
	start := p.pos
	if p.next() == '(' {
		return p.group(inside)
	}
	name := p.word()
	if resource.EqualFold(name, "not") {
		// The RFC's own examples write a blank here, its grammar has none.
		after := p.pos
		n, plain := p.skip()
		if p.next() == '(' {
			if n > 1 || !plain {
				if err := p.lenient(after, blanks, `"("`); err != nil {
					return nil, err
				}
			}
			e, err := p.group(inside)
			if err != nil {
				return nil, err
			}
			return &NotExpression{Expression: e}, nil
		}
		p.pos = after
	}
	attr, err := p.attributePath(name, start)
	if err != nil {
		return nil, err
	}
	if p.next() == '[' {
		if inside {
			return nil, p.expected(p.pos, "an operator: a value filter can not hold another one")
		}
		return p.valuePath(attr)
	}
	return p.term(attr, start)
}

// group reads "(" filter ")".
func (p *reader) group(inside bool) (Expression, error) {
	return p.bracketed(')', `" and ", " or " or ")"`, inside)
}

// bracketed reads an opening bracket, a filter and the closing bracket.
func (p *reader) bracketed(closing byte, expected string, inside bool) (Expression, error) {
	p.pos++
	if err := p.open(); err != nil {
		return nil, err
	}
	if err := p.optional(); err != nil {
		return nil, err
	}
	e, err := p.or(inside)
	if err != nil {
		return nil, err
	}
	at := p.pos
	n, _ := p.skip()
	if p.next() != closing {
		return nil, p.expected(p.pos, expected)
	}
	if n > 0 {
		if err := p.lenient(at, blanks, "no blank"); err != nil {
			return nil, err
		}
	}
	p.pos++
	p.depth--
	return e, nil
}

// valueFilter reads "[" filter "]".
func (p *reader) valueFilter() (Expression, error) {
	return p.bracketed(']', `" and ", " or " or "]"`, true)
}

// valuePath reads the filter of attr[…]. Entra goes on with a sub-attribute and
// a comparison, attr[…].sub op value (EN-02): some element that fits the filter
// has a sub that fits the comparison, which is attr[(…) and sub op value].
func (p *reader) valuePath(attr AttributePath) (Expression, error) {
	p.deepest = 0
	inner, err := p.valueFilter()
	if err != nil {
		return nil, err
	}
	if p.next() != '.' {
		return &ValuePath{AttributePath: attr, ValueFilter: inner}, nil
	}
	at := p.pos
	if err := p.lenient(at, valuePathSub, `" and ", " or " or the end`); err != nil {
		return nil, err
	}
	if l, ok := inner.(*LogicalExpression); ok && l.Operator == parser.OR && p.deepest == MaxDepth {
		return nil, p.tooDeep() // written out, inner needs brackets of its own
	}
	p.pos++
	name := p.word()
	if !attributeName(name) {
		return nil, p.expected(at+1, "the name of a sub-attribute")
	}
	last, err := p.term(AttributePath{AttributeName: name}, at+1)
	if err != nil {
		return nil, err
	}
	both := &LogicalExpression{Left: inner, Right: last, Operator: parser.AND}
	return &ValuePath{AttributePath: attr, ValueFilter: both}, nil
}

const operatorNames = "an operator (eq, ne, co, sw, ew, gt, ge, lt, le or pr)"

// operator returns the canonical form of an operator in any case.
func operator(w string) (parser.CompareOperator, bool) {
	if len(w) != 2 {
		return "", false
	}
	switch op := [2]byte{w[0] | 0x20, w[1] | 0x20}; op {
	case [2]byte{'e', 'q'}:
		return parser.EQ, true
	case [2]byte{'n', 'e'}:
		return parser.NE, true
	case [2]byte{'c', 'o'}:
		return parser.CO, true
	case [2]byte{'s', 'w'}:
		return parser.SW, true
	case [2]byte{'e', 'w'}:
		return parser.EW, true
	case [2]byte{'g', 't'}:
		return parser.GT, true
	case [2]byte{'g', 'e'}:
		return parser.GE, true
	case [2]byte{'l', 't'}:
		return parser.LT, true
	case [2]byte{'l', 'e'}:
		return parser.LE, true
	case [2]byte{'p', 'r'}:
		return parser.PR, true
	}
	return "", false
}

// term reads the operator and the value that follow an attribute. start is
// where the attribute began.
func (p *reader) term(attr AttributePath, start int) (Expression, error) {
	if p.terms++; p.terms > MaxTerms {
		return nil, p.refuse("more than %d comparisons", MaxTerms)
	}
	if err := p.between(operatorNames); err != nil {
		return nil, err
	}
	at := p.pos
	op, ok := operator(p.word())
	if !ok {
		if attr.URIPrefix == nil && resource.EqualFold(attr.AttributeName, "not") {
			return nil, p.expected(at, `"(" after not`)
		}
		return nil, p.expected(at, operatorNames)
	}
	e := &AttributeExpression{AttributePath: attr, Operator: op}
	if op == parser.PR {
		return e, nil
	}
	if err := p.between("a value"); err != nil {
		return nil, err
	}
	var err error
	if e.CompareValue, err = p.literal(); err != nil {
		return nil, err
	}
	return e, nil
}
