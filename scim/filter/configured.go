package filter

import (
	"strconv"
	"strings"

	parser "github.com/scim2/filter-parser/v2"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// configured plans a comparison of an attribute for which the configuration asks
// for an index. Keys of texts are in the form in which Match compares them, so
// that equality, beginnings and order are what the index says. Other values are
// kept as their JSON texts, of which the canonical form of a document leaves one
// for each value: there is equality, and no order. Dates are left to Match, as
// one instant has many texts.
func (p *planner) configured(t *term) (directory.Condition, bool) {
	leaf := t.top
	if t.sub != nil {
		leaf = t.sub
	}
	index, ok := p.typ.Index(leaf)
	if !ok {
		return nil, false
	}
	at := func(op directory.Op, text string) directory.Condition {
		return directory.Term{Field: directory.FieldAttribute, Attribute: index.Attribute, Op: op, Text: text}
	}
	switch t.kind {
	case foldedText, exactText:
		if index.Fold != (t.kind == foldedText) || t.named {
			return nil, false
		}
		c, exact := column{field: directory.FieldAttribute, folded: index.Fold}.term(t)
		if found, ok := c.(directory.Term); ok {
			if key(found.Text, index.Fold) == "" {
				return nil, false // nothing of the operand is left to be looked up by
			}
			found.Attribute = index.Attribute
			return found, exact
		}
		return c, exact
	case boolean:
		// primary is false where it is not said (R-7643-2.4-02), which no index knows.
		if t.op == parser.EQ && (t.flag || !t.primary) {
			return at(directory.Equal, strconv.FormatBool(t.flag)), true
		}
	case number:
		if t.op != parser.EQ {
			break
		}
		if literal, ok := t.number.canonical(leaf.Type == schema.Integer); ok {
			return at(directory.Equal, literal), true
		}
		return never, true // no value of the type is that number
	}
	return nil, false
}

func key(text string, fold bool) string {
	if fold {
		return directory.Fold(text)
	}
	return directory.Exact(text)
}

// mostDigits bounds what is written out: no stored number is longer, before and
// behind the point (see schema.Attribute.Normalize).
const mostDigits = 512

// canonical returns the literal under which the number is stored: of an integer
// without a point, of a decimal with a digit on each side of it
// (R-7643-2.3.3-01). ok is false if no such number is ever stored.
func (d decimal) canonical(integer bool) (literal string, ok bool) {
	if d.exponent > mostDigits || int64(len(d.digits))-d.exponent > mostDigits {
		return "", false
	}
	whole, fraction := "0", "0"
	n := int64(len(d.digits))
	switch {
	case n == 0:
	case d.exponent <= 0:
		fraction = strings.Repeat("0", int(-d.exponent)) + d.digits
	case d.exponent >= n:
		whole = d.digits + strings.Repeat("0", int(d.exponent-n))
	default:
		whole, fraction = d.digits[:d.exponent], d.digits[d.exponent:]
	}
	if d.negative {
		whole = "-" + whole
	}
	if integer {
		return whole, fraction == "0"
	}
	return whole + "." + fraction, true
}
