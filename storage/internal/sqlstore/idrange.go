package sqlstore

import (
	"unicode/utf8"

	"github.com/scimbridge/scimbridge/directory"
)

// Ids are stored as bytes but compared as the text a client sees. Both orders
// agree, so a bound on the text becomes a bound on the bytes.

const hexDigits = "0123456789abcdef"

// firstID returns the least id whose text form is not less than text; ok is
// false if all ids are less.
func firstID(text string) (id directory.ID, ok bool) {
	digits := make([]byte, 0, 32) // values 0..15 of the digits fixed so far
	for pos := range 36 {
		if pos >= len(text) {
			break // any id that begins like this is at or behind text
		}
		c := text[pos]
		if pos == 8 || pos == 13 || pos == 18 || pos == 23 {
			switch {
			case c == '-':
				continue
			case c < '-':
				return packID(digits), true
			}
			return nextID(digits)
		}
		d := 0
		for d < 16 && hexDigits[d] < c {
			d++
		}
		if d == 16 {
			return nextID(digits)
		}
		digits = append(digits, byte(d))
		if hexDigits[d] != c {
			return packID(digits), true
		}
	}
	if len(text) > 36 {
		return nextID(digits)
	}
	return packID(digits), true
}

// packID returns the id that begins with the digits and goes on with zeros.
func packID(digits []byte) (id directory.ID) {
	for i, d := range digits {
		id[i/2] |= d << (4 * (1 - i%2))
	}
	return id
}

// nextID returns the least id behind all that begin with the digits.
func nextID(digits []byte) (directory.ID, bool) {
	for i := len(digits) - 1; i >= 0; i-- {
		if digits[i] < 15 {
			digits[i]++
			return packID(digits[:i+1]), true
		}
	}
	return directory.ID{}, false
}

// successor returns the least text behind all texts that begin with prefix, in
// byte order; ok is false if there is none.
func successor(prefix string) (next string, ok bool) {
	for prefix != "" {
		r, size := utf8.DecodeLastRuneInString(prefix)
		rest := prefix[:len(prefix)-size]
		if r == utf8.RuneError && size == 1 { // not UTF-8: count in bytes
			if c := prefix[len(prefix)-1]; c < 0xff {
				return rest + string([]byte{c + 1}), true
			}
		} else if r < utf8.MaxRune {
			if r++; r == 0xd800 { // surrogates are not text
				r = 0xe000
			}
			return rest + string(r), true
		}
		prefix = rest
	}
	return "", false
}
