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
		{"\u212Aelvin", "kelvin"}, // the Kelvin sign is a K
		{"ſo", "so"},              // and the long s an s
		{"ΣΊΣΥΦΟΣ", "σίσυφοσ"},    // both small sigmas are one letter
		{"straße", "straße"},      // simple folding makes no ss of it
		{"a\u200b", "a\u200b"},    // not what is to be seen, but what is there
		{"tab\tand \"quote\"", "tab\tand \"quote\""},
	} {
		if got := Fold(c.in); got != c.want {
			t.Errorf("Fold(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

// Fold must be the same for all of a letter's cases, and a fixed point, or keys
// that were stored would not be found. All letters there are can be tried.
func TestFoldOfEveryRune(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		folded := Fold(string(r))
		if again := Fold(folded); again != folded {
			t.Fatalf("Fold(%U) = %q, whose Fold is %q", r, folded, again)
		}
		if next := unicode.SimpleFold(r); Fold(string(next)) != folded {
			t.Fatalf("Fold(%U) = %q, but %U, which differs in case only, gives %q", r, folded, next, Fold(string(next)))
		}
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
		if strings.EqualFold(a, b) && Fold(a) != Fold(b) {
			t.Fatalf("%q and %q are equal but for case, and fold to %q and %q", a, b, Fold(a), Fold(b))
		}
	})
}

func BenchmarkFold(b *testing.B) {
	for name, s := range map[string]string{"lower": "johnny.kingston@example.com", "mixed": "Johnny.Kingston@Example.com", "umlaut": "jöhnny.kingston@example.com"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				Fold(s)
			}
		})
	}
}
