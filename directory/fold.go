package directory

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Fold returns the form under which case-insensitive values are compared,
// stored in key columns and searched (R-7643-4.1.1-03). It is computed here and
// nowhere else, so that SQLite, PostgreSQL and filter.Match cannot disagree.
// Every rune is mapped to one of its simple-folding orbit: the lower case of the
// smallest, or the smallest itself where its lower case is another letter. So
// two texts of valid UTF-8 fold to the same exactly if strings.EqualFold says
// that they are the same, and no letter becomes one that only looks like it.
// ASCII takes a fast path. Fold(Fold(s)) == Fold(s).
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
	lower := unicode.ToLower(least)
	for f := unicode.SimpleFold(least); f != least; f = unicode.SimpleFold(f) {
		if f == lower {
			return lower
		}
	}
	// The dotted capital I (U+0130) is alone in its orbit: its lower case is the
	// i of another letter, and a name that holds it is another name.
	return least
}
