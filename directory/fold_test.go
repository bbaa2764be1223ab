package directory

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// covers: R-7643-4.1.1-03
func TestFold(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"bjensen@example.com", "bjensen@example.com"},
		{"BJensen@Example.COM", "bjensen@example.com"},
		{"ÄRGER", "ärger"},
		{"\u212Aelvin", "kelvin"},  // the Kelvin sign is a K
		{"ſo", "so"},               // and the long s an s
		{"ΣΊΣΥΦΟΣ", "σίσυφοσ"},     // both small sigmas are one letter
		{"straße", "straße"},       // simple folding makes no ss of it
		{"\u0130pek", "\u0130pek"}, // the dotted I is no I, so nobody is taken for Ipek
		{"\u0131pek", "\u0131pek"}, // nor is the dotless one
		{"a\u200b", "a\u200b"},     // not what is to be seen, but what is there
		{"tab\tand \"quote\"", "tab\tand \"quote\""},
	} {
		if got := Fold(c.in); got != c.want {
			t.Errorf("Fold(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

// Fold must tell letters apart exactly as case-insensitive comparison does, and
// be a fixed point, or keys that were stored would not be found, and two
// different names would share one. All letters there are can be tried: two of
// them are equal but for case if they are of one simple-folding orbit.
//
// covers: R-7643-4.1.1-03
func TestFoldOfEveryRune(t *testing.T) {
	orbits := map[string]rune{} // the smallest rune of the orbit that has the fold
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		folded := Fold(string(r))
		if again := Fold(folded); again != folded {
			t.Fatalf("Fold(%U) = %q, whose Fold is %q", r, folded, again)
		}
		if !strings.EqualFold(folded, string(r)) {
			t.Fatalf("Fold(%U) = %q, which is another letter", r, folded)
		}
		least := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			least = min(least, next)
			if Fold(string(next)) != folded {
				t.Fatalf("Fold(%U) = %q, but %U, which differs in case only, gives %q", r, folded, next, Fold(string(next)))
			}
		}
		if other, ok := orbits[folded]; ok && other != least {
			t.Fatalf("Fold(%U) = %q, as is that of %U, which is another letter", r, folded, other)
		}
		orbits[folded] = least
	}
}

func TestFoldAgreesWithEqualFold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.String().Draw(t, "a")
		b := strings.Map(func(r rune) rune {
			for range rapid.IntRange(0, 3).Draw(t, "turns") {
				r = unicode.SimpleFold(r)
			}
			return r
		}, a)
		if Fold(a) != Fold(b) {
			t.Fatalf("%q and %q are equal but for case, and fold to %q and %q", a, b, Fold(a), Fold(b))
		}
		c := rapid.StringOf(rapid.RuneFrom([]rune("iIİıkK\u212AsSſ"))).Draw(t, "c")
		d := rapid.StringOfN(rapid.RuneFrom([]rune("iIİıkK\u212AsSſ")), utf8.RuneCountInString(c), utf8.RuneCountInString(c), -1).Draw(t, "d")
		if strings.EqualFold(c, d) != (Fold(c) == Fold(d)) {
			t.Fatalf("%q and %q fold to %q and %q; EqualFold disagrees", c, d, Fold(c), Fold(d))
		}
	})
}

func BenchmarkFold(b *testing.B) {
	for name, s := range map[string]string{"lower": "johnny.kingston@example.com", "mixed": "Johnny.Kingston@Example.com", "umlaut": "jöhnny.kingston@example.com", "greek": strings.Repeat("ΣΊΣΥΦΟΣ ", 8)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				Fold(s)
			}
		})
	}
}
