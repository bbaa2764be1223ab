package filter

import (
	"encoding/json"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/scimbridge/scimbridge/scim/resource"
)

const valueNames = `a value: a string in double quotes, a number, true, false or null`

// literal reads a JSON literal, or leniently one whose quotes are missing.
func (p *reader) literal() (any, error) {
	switch p.next() {
	case '"':
		return p.quoted()
	case '\'':
		return p.singleQuoted()
	}
	at := p.pos
	w := p.word()
	switch {
	case w == "":
	case w == "true":
		return true, nil
	case w == "false":
		return false, nil
	case w == "null":
		return nil, nil
	case numberLiteral(w):
		return json.Number(w), nil
	case resource.EqualFold(w, "true"):
		return true, p.lenient(at, literalCase, valueNames)
	case resource.EqualFold(w, "false"):
		return false, p.lenient(at, literalCase, valueNames)
	case resource.EqualFold(w, "null"):
		return nil, p.lenient(at, literalCase, valueNames)
	case resource.EqualFold(w, "and"), resource.EqualFold(w, "or"), resource.EqualFold(w, "not"):
		// More likely a forgotten value than a value of that name.
	case strings.IndexFunc(w, func(r rune) bool { return r < ' ' }) >= 0:
	default:
		return p.unquoted(at)
	}
	return nil, p.expected(at, valueNames)
}

// unquoted returns the text of which the first word has been read, up to a
// logical operator, a bracket or the end: displayName eq Eng Team (PG-02). A
// word that is an operator is not taken for a part of the value; more likely
// an and was forgotten.
func (p *reader) unquoted(start int) (any, error) {
	if err := p.lenient(start, unquoted, valueNames); err != nil {
		return nil, err
	}
	for {
		end := p.pos
		p.skip()
		at := p.pos
		w := p.word()
		if _, ok := operator(w); ok {
			return nil, p.expected(at, `" and ", " or " or the end`)
		}
		if w == "" || resource.EqualFold(w, "and") || resource.EqualFold(w, "or") {
			p.pos = end
			return p.s[start:end], nil
		}
		if i := strings.IndexFunc(p.s[end:p.pos], func(r rune) bool { return r < ' ' }); i >= 0 {
			return nil, p.expected(end+i, "no control character inside a string")
		}
	}
}

// quoted reads a JSON string. Most have no escapes and are a part of the text.
func (p *reader) quoted() (any, error) {
	start := p.pos
	p.pos++
	from := p.pos
	for p.pos < len(p.s) {
		switch c := p.s[p.pos]; {
		case c == '"':
			p.pos++
			return p.s[from : p.pos-1], nil
		case c == '\\':
			return p.escaped(start, from)
		case c < ' ':
			return nil, p.expected(p.pos, "no control character inside a string; write it as \\u00XX")
		}
		p.pos++
	}
	return nil, p.expected(start, "a string that ends with a double quote")
}

// escaped reads on at the first backslash of a string that began at start.
func (p *reader) escaped(start, from int) (any, error) {
	var b strings.Builder
	b.WriteString(p.s[from:p.pos])
	for p.pos < len(p.s) {
		c := p.s[p.pos]
		switch {
		case c == '"':
			p.pos++
			return b.String(), nil
		case c < ' ':
			return nil, p.expected(p.pos, "no control character inside a string; write it as \\u00XX")
		case c != '\\':
			b.WriteByte(c)
			p.pos++
			continue
		}
		r, ok := p.escape()
		if !ok {
			return nil, p.expected(p.pos, "an escape of JSON: \\\" \\\\ \\/ \\b \\f \\n \\r \\t or \\uXXXX (surrogates in pairs)")
		}
		b.WriteRune(r)
	}
	return nil, p.expected(start, "a string that ends with a double quote")
}

// escape reads one escape sequence; if it is none of JSON's, it reads nothing.
func (p *reader) escape() (rune, bool) {
	if p.pos+1 >= len(p.s) {
		return 0, false
	}
	size, r := 2, rune(0)
	switch p.s[p.pos+1] {
	case '"':
		r = '"'
	case '\\':
		r = '\\'
	case '/':
		r = '/'
	case 'b':
		r = '\b'
	case 'f':
		r = '\f'
	case 'n':
		r = '\n'
	case 'r':
		r = '\r'
	case 't':
		r = '\t'
	case 'u':
		var ok bool
		if r, ok = unicodeEscape(p.s[p.pos:]); !ok {
			return 0, false
		}
		size = 6
		if utf16.IsSurrogate(r) {
			low, ok := unicodeEscape(p.s[p.pos+6:])
			if r = utf16.DecodeRune(r, low); !ok || r == utf8.RuneError {
				return 0, false
			}
			size = 12
		}
	default:
		return 0, false
	}
	p.pos += size
	return r, true
}

// unicodeEscape decodes the \uXXXX that s begins with.
func unicodeEscape(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	var r rune
	for i := 2; i < 6; i++ {
		c := s[i]
		switch {
		case digit(c):
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// singleQuoted reads 'text', which is no JSON: a backslash in it is a
// backslash, and it can not hold a single quote.
func (p *reader) singleQuoted() (any, error) {
	start := p.pos
	if err := p.lenient(start, singleQuoted, valueNames); err != nil {
		return nil, err
	}
	end := strings.IndexByte(p.s[start+1:], '\'')
	if end < 0 {
		return nil, p.expected(start, "a string that ends with a quote")
	}
	s := p.s[start+1 : start+1+end]
	if i := strings.IndexFunc(s, func(r rune) bool { return r < ' ' }); i >= 0 {
		return nil, p.expected(start+1+i, "no control character inside a string")
	}
	p.pos = start + end + 2
	return s, nil
}

// numberLiteral reports whether s is a number of JSON (RFC 8259 section 6).
func numberLiteral(s string) bool {
	s = strings.TrimPrefix(s, "-")
	whole := digits(s)
	if whole == 0 || whole > 1 && s[0] == '0' {
		return false
	}
	s = s[whole:]
	if s != "" && s[0] == '.' {
		n := digits(s[1:])
		if n == 0 {
			return false
		}
		s = s[1+n:]
	}
	if s != "" && s[0]|0x20 == 'e' {
		s = s[1:]
		if s != "" && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		n := digits(s)
		return n > 0 && n == len(s)
	}
	return s == ""
}

// digits counts the digits s begins with.
func digits(s string) int {
	n := 0
	for n < len(s) && digit(s[n]) {
		n++
	}
	return n
}
