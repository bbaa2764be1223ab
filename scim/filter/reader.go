package filter

import (
	"unicode/utf8"

	"github.com/scimbridge/scimbridge/scim/fault"
)

// reader walks over the text of one filter or path. It holds the position, the
// counts that bound the work, and the leniencies met so far.
type reader struct {
	s     string
	pos   int // byte offset of the next unread byte
	depth int // brackets open at pos
	// deepest is the largest depth since the last value path began.
	deepest int
	terms   int // comparisons read
	strict  bool
	used    repairs
	refuse  func(format string, args ...any) error
}

func invalidFilter(format string, args ...any) error {
	return fault.InvalidFilter("filter: "+format, args...)
}

func invalidPath(format string, args ...any) error {
	return fault.InvalidPath("path: "+format, args...)
}

// expected refuses the text at byte offset at: what stands there, and what
// should. Positions are counted in characters from 1, as a person would.
func (p *reader) expected(at int, what string) error {
	n := utf8.RuneCountInString(p.s[:at]) + 1
	if at >= len(p.s) {
		return p.refuse("at the end (character %d): expected %s", n, what)
	}
	return p.refuse("at character %d: found %q, expected %s", n, fault.Clip(p.found(at)), what)
}

// found returns the token at an offset, for messages: a word, or one character.
func (p *reader) found(at int) string {
	end := at
	for end < len(p.s) && !delimiter(p.s[end]) {
		end++
	}
	if end == at {
		_, size := utf8.DecodeRuneInString(p.s[at:])
		end += size
	}
	return p.s[at:end]
}

// delimiter says which bytes end a word.
func delimiter(c byte) bool {
	switch c {
	case ' ', '\t', '\n', '\r', '(', ')', '[', ']', '"':
		return true
	}
	return false
}

// word reads up to the next delimiter; the result may be empty.
func (p *reader) word() string {
	start := p.pos
	for p.pos < len(p.s) && !delimiter(p.s[p.pos]) {
		p.pos++
	}
	return p.s[start:p.pos]
}

// next returns the unread byte, 0 at the end. A NUL in the text is no token
// either, so the two need no telling apart.
func (p *reader) next() byte {
	if p.pos < len(p.s) {
		return p.s[p.pos]
	}
	return 0
}

// skip reads blanks and returns how many bytes there were. Only the space is a
// blank in the RFC's grammar.
func (p *reader) skip() (n int, plain bool) {
	start, plain := p.pos, true
	for p.pos < len(p.s) {
		switch p.s[p.pos] {
		case ' ':
		case '\t', '\n', '\r':
			plain = false
		default:
			return p.pos - start, plain
		}
		p.pos++
	}
	return p.pos - start, plain
}

// between reads the blanks where the grammar has SP: exactly one space,
// leniently any blanks but at least one.
func (p *reader) between(next string) error {
	at := p.pos
	n, plain := p.skip()
	if n == 0 {
		return p.expected(at, "a blank and "+next)
	}
	if n > 1 || !plain {
		return p.lenient(at, blanks, "a single blank")
	}
	return nil
}

// optional reads blanks where the grammar has none.
func (p *reader) optional() error {
	at := p.pos
	if n, _ := p.skip(); n > 0 {
		return p.lenient(at, blanks, "no blank")
	}
	return nil
}

// lenient notes a leniency, or refuses it in strict mode.
func (p *reader) lenient(at int, r repairs, expected string) error {
	if p.strict {
		return p.expected(at, expected)
	}
	p.used |= r
	return nil
}

// open enters a bracket, whose opening character has been read.
func (p *reader) open() error {
	p.depth++
	if p.depth > MaxDepth {
		return p.tooDeep()
	}
	p.deepest = max(p.deepest, p.depth)
	return nil
}

func (p *reader) tooDeep() error {
	return p.refuse("more than %d brackets inside one another", MaxDepth)
}

// begin checks what can be checked before reading.
func (p *reader) begin() error {
	if len(p.s) > MaxLength {
		return p.refuse("longer than %d bytes", MaxLength)
	}
	if !utf8.ValidString(p.s) {
		return p.refuse("not valid UTF-8")
	}
	return p.optional()
}

// end insists that nothing is left but blanks.
func (p *reader) end(expected string) error {
	at := p.pos
	n, _ := p.skip()
	if p.pos < len(p.s) {
		return p.expected(p.pos, expected)
	}
	if n > 0 {
		return p.lenient(at, blanks, "no blank")
	}
	return nil
}
