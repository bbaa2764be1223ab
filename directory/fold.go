package directory

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Fold returns the form under which case-insensitive values are compared,
// stored in key columns and searched (R-7643-4.1.1-03). It is computed here and
// nowhere else, so that SQLite, PostgreSQL and filter.Match cannot disagree.
// Every rune is mapped to the smallest rune of its simple-folding orbit turned
// to lower case; ASCII takes a fast path. Fold(Fold(s)) == Fold(s).
func Fold(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= utf8.RuneSelf || 'A' <= c && c <= 'Z' {
			return strings.Map(foldRune, s)
		}
	}
	return s
}

func foldRune(r rune) rune {
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
	return unicode.ToLower(least)
}
