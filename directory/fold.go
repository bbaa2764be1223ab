package directory

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// Fold returns the form under which case-insensitive values are compared,
// stored in key columns and searched (R-7643-4.1.1-03, R-7644-5-01). It is
// computed here and nowhere else, so that SQLite, PostgreSQL and filter.Match
// cannot disagree.
//
// It follows the order of a PRECIS profile (RFC 8264 section 7): letters of full
// or half width become the ordinary ones, then case is folded, then the text is
// composed (NFC), so that all ways to write one text are one key. It is composed
// before the folding too: a letter and its marks must not be taken for two
// letters with a case each.
//
// Every rune is mapped to one of its simple-folding orbit (see foldRune), so two
// composed texts of ordinary width fold to the same if strings.EqualFold says
// that they are the same, and no letter becomes one that only looks like it. The
// one letter that has no orbit although it is a capital, the dotted I (U+0130),
// becomes the two runes that full case folding makes of it: i and its dot, which
// is what its lower case is where it is not written in Turkish.
// ASCII takes a fast path. Fold(Fold(s)) == Fold(s).
func Fold(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= utf8.RuneSelf || 'A' <= c && c <= 'Z' {
			return foldText(s[i:], s)
		}
	}
	return s
}

// foldText is Fold for a text of which rest is what the fast path has not seen.
func foldText(rest, s string) string {
	if isASCII(rest) {
		return strings.Map(foldRune, s)
	}
	s = norm.NFC.String(foldWidth(s))
	return norm.NFC.String(strings.Map(foldRune, strings.ReplaceAll(s, "\u0130", "i\u0307")))
}

// Exact returns the form under which case-exact texts are compared, stored in
// key columns and searched: composed (NFC), otherwise as they are. ASCII takes
// a fast path. Exact(Exact(s)) == Exact(s).
func Exact(s string) string {
	if isASCII(s) {
		return s
	}
	return norm.NFC.String(s)
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// foldWidth replaces what East Asian typography has in two widths by its
// ordinary form.
func foldWidth(s string) string {
	const ideographicSpace, halfWidthWon = 0x3000, 0x20A9
	for _, r := range s {
		if r == ideographicSpace || r == halfWidthWon || 0xFF00 <= r && r <= 0xFFEF {
			return width.Fold.String(s)
		}
	}
	return s
}

// foldRune maps a rune to the one that stands for its simple-folding orbit: the
// lower case of the smallest letter in it, or the smallest itself where its
// lower case is another letter.
func foldRune(r rune) rune {
	const combiningIota = 0x0345
	if r < utf8.RuneSelf {
		if 'A' <= r && r <= 'Z' {
			return r + ('a' - 'A')
		}
		return r
	}
	least := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		least = min(least, f)
	}
	if least == combiningIota {
		// The orbit of iota begins with a combining mark, which would join the
		// letter before it.
		return 'ι'
	}
	lower := unicode.ToLower(least)
	for f := unicode.SimpleFold(least); f != least; f = unicode.SimpleFold(f) {
		if f == lower {
			return lower
		}
	}
	return least
}
