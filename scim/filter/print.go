package filter

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"

	parser "github.com/scim2/filter-parser/v2"
)

// Format writes a filter in canonical form: operators in lower case, strings
// as JSON, brackets only where precedence needs them. What Parse accepted
// parses back from it, strictly, to an equal tree. (The String methods of
// filter-parser quote as Go does and lose brackets, so they can not be read
// back.)
func Format(e Expression) string {
	w := writer{left: maxNodes}
	w.expression(e)
	return string(w.b)
}

// FormatPath writes the path of a PATCH operation in canonical form.
func FormatPath(p Path) string {
	w := writer{left: maxNodes}
	w.b = appendAttribute(w.b, p.AttributePath)
	if p.ValueExpression != nil {
		w.b = append(w.b, '[')
		w.expression(p.ValueExpression)
		w.b = append(w.b, ']')
	}
	if p.SubAttribute != nil {
		w.b = append(w.b, '.')
		w.b = append(w.b, *p.SubAttribute...)
	}
	return string(w.b)
}

// writer appends to b; left bounds the nodes, for trees that Parse did not make.
type writer struct {
	b    []byte
	left int
}

func (w *writer) expression(e Expression) {
	if w.left--; w.left < 0 {
		return
	}
	switch e := e.(type) {
	case *AttributeExpression:
		if e != nil {
			w.term(e)
		}
	case *ValuePath:
		if e != nil {
			w.b = append(appendAttribute(w.b, e.AttributePath), '[')
			w.expression(e.ValueFilter)
			w.b = append(w.b, ']')
		}
	case *NotExpression:
		if e != nil {
			w.b = append(w.b, "not ("...)
			w.expression(e.Expression)
			w.b = append(w.b, ')')
		}
	case *LogicalExpression:
		if e != nil {
			w.operand(e.Left, e.Operator, false)
			w.b = append(w.b, ' ')
			w.b = append(w.b, e.Operator...)
			w.b = append(w.b, ' ')
			w.operand(e.Right, e.Operator, true)
		}
	}
}

// operand writes one side of and or or, in brackets if it would not come back
// as that side.
func (w *writer) operand(e Expression, op parser.LogicalOperator, right bool) {
	l, ok := e.(*LogicalExpression)
	if ok && l != nil && (l.Operator != op && op == parser.AND || l.Operator == op && right) {
		w.b = append(w.b, '(')
		w.expression(e)
		w.b = append(w.b, ')')
		return
	}
	w.expression(e)
}

func (w *writer) term(e *AttributeExpression) {
	w.b = append(appendAttribute(w.b, e.AttributePath), ' ')
	w.b = append(w.b, e.Operator...)
	if e.Operator == parser.PR {
		return
	}
	w.b = append(w.b, ' ')
	switch v := e.CompareValue.(type) {
	case nil:
		w.b = append(w.b, "null"...)
	case bool:
		w.b = strconv.AppendBool(w.b, v)
	case json.Number:
		w.b = append(w.b, v...)
	case int:
		w.b = strconv.AppendInt(w.b, int64(v), 10)
	case float64:
		w.b = strconv.AppendFloat(w.b, v, 'g', -1, 64)
	case string:
		w.b = appendString(w.b, v)
	}
}

// appendAttribute writes an attribute path; one without a name is a bare URN.
func appendAttribute(b []byte, p AttributePath) []byte {
	if p.URIPrefix != nil {
		b = append(b, *p.URIPrefix...)
		if p.AttributeName != "" {
			b = append(b, ':')
		}
	}
	b = append(b, p.AttributeName...)
	if p.SubAttribute != nil {
		b = append(b, '.')
		b = append(b, *p.SubAttribute...)
	}
	return b
}

// appendString writes a JSON string. Bytes that are not UTF-8 become U+FFFD.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r >= ' ':
			b = utf8.AppendRune(b, r)
		case r == '\n':
			b = append(b, '\\', 'n')
		case r == '\r':
			b = append(b, '\\', 'r')
		case r == '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		}
	}
	return append(b, '"')
}
