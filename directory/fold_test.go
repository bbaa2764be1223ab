package directory

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

// covers: R-7643-4.1.1-03, R-7644-5-01
func TestFold(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"bjensen@example.com", "bjensen@example.com"},
		{"BJensen@Example.COM", "bjensen@example.com"},
		{"ÄRGER", "ärger"},
		{"A\u0308RGER", "ärger"},           // a decomposed letter is the letter
		{"\u212Aelvin", "kelvin"},          // the Kelvin sign is a K
		{"\u212Bngstrom", "\u00e5ngstrom"}, // and that of Ångström an Å
		{"ſo", "so"},                       // and the long s an s
		{"ΣΊΣΥΦΟΣ", "σίσυφοσ"},             // both small sigmas are one letter
		{"ΑΙ", "αι"},                       // two letters, not one with a mark
		{"\u1FB3", "\u1FB3"},               // which this is
		{"straße", "straße"},               // simple folding makes no ss of it
		{"\u0130pek", "i\u0307pek"},        // the dotted I is no I, so nobody is taken for Ipek
		{"I\u0307pek", "i\u0307pek"},       // however it is written
		{"i\u0307pek", "i\u0307pek"},       // in either case
		{"\u0130\u0323", "\u1ECB\u0307"},   // and with whatever other mark
		{"\u0131pek", "\u0131pek"},         // nor is the dotless one
		{"ＢＪｅｎｓｅｎ＠ｘ", "bjensen@x"},         // full width
		{"\uFF76\uFF9E", "\u30AC"},         // half width, with its mark
		{"a\u3000b", "a b"},                // a blank is a blank
		{"a\u0323\u0307", "\u1EA1\u0307"},  // marks in any order
		{"a\u0307\u0323", "\u1EA1\u0307"},  //
		{"ﬁ²", "ﬁ²"},                       // what only looks alike stays apart
		{"\u0430dmin", "\u0430dmin"},       // a Cyrillic а is no a
		{"a\u200b", "a\u200b"},             // not what is to be seen, but what is there
		{"tab\tand \"quote\"", "tab\tand \"quote\""},
	} {
		if got := Fold(c.in); got != c.want {
			t.Errorf("Fold(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

// covers: R-7644-5-01, R-7643-7-03
func TestExact(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""}, {"Bjensen", "Bjensen"}, {"E\u0301", "\u00c9"}, {"\u212A", "K"}, {"ＢＪ", "ＢＪ"}, {"ÄRGER", "ÄRGER"},
	} {
		if got := Exact(c.in); got != c.want {
			t.Errorf("Exact(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

// composed is how a text looks to the folding of case, with the one letter that
// strings.EqualFold does not fold as full case folding does written out.
func composed(s string) string {
	return strings.ReplaceAll(norm.NFC.String(foldWidth(s)), "\u0130", "i\u0307")
}

// Fold must tell letters apart exactly as case-insensitive comparison does, and
// be a fixed point, or keys that were stored would not be found, and two
// different names would share one. All letters there are can be tried: two of
// them are equal but for case if they are, composed and of ordinary width, of
// one simple-folding orbit.
//
// covers: R-7643-4.1.1-03, R-7644-5-01
func TestFoldOfEveryRune(t *testing.T) {
	orbits := map[string]string{} // the smallest rune of the orbit that has the fold
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		folded := Fold(string(r))
		if again := Fold(folded); again != folded {
			t.Fatalf("Fold(%U) = %q, whose Fold is %q", r, folded, again)
		}
		plain := composed(string(r))
		if !strings.EqualFold(composed(folded), plain) {
			t.Fatalf("Fold(%U) = %q, which is another letter", r, folded)
		}
		if again := Fold(norm.NFD.String(string(r))); again != folded {
			t.Fatalf("Fold(%U) = %q, but decomposed %q", r, folded, again)
		}
		least := plain
		if x, n := utf8.DecodeRuneInString(plain); n == len(plain) {
			first := x
			for next := unicode.SimpleFold(x); next != x; next = unicode.SimpleFold(next) {
				first = min(first, next)
				if Fold(string(next)) != folded {
					t.Fatalf("Fold(%U) = %q, but %U, which differs in case only, gives %q", r, folded, next, Fold(string(next)))
				}
			}
			least = composed(string(first))
		}
		if other, ok := orbits[folded]; ok && other != least && !strings.EqualFold(other, least) {
			t.Fatalf("Fold(%U) = %q, as is that of %q, which is another letter", r, folded, other)
		}
		orbits[folded] = least
	}
}

// spelled draws another spelling of a composed text: other case, decomposed.
func spelled(t *rapid.T, s string) string {
	s = strings.Map(func(r rune) rune {
		for range rapid.IntRange(0, 3).Draw(t, "turns") {
			r = unicode.SimpleFold(r)
		}
		return r
	}, s)
	if rapid.Bool().Draw(t, "decomposed") {
		s = norm.NFD.String(s)
	}
	return s
}

// Letters that are easily taken for one another, with marks that join them.
var awkward = rapid.RuneFrom([]rune("iIİıkK\u212AsSſåÅ\u212BΑαΙι\u1FB3\u0345\u0301\u0307\u030C\u0323\u3099ｋＫｶ\uFF9EJǰ"))

// covers: R-7644-5-01
func TestFoldAgreesWithEqualFold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := composed(rapid.OneOf(rapid.String(), rapid.StringOf(awkward)).Draw(t, "a"))
		b := spelled(t, a)
		if strings.EqualFold(a, composed(b)) && Fold(a) != Fold(b) {
			t.Fatalf("%q and %q are equal but for case, and fold to %q and %q", a, b, Fold(a), Fold(b))
		}
		if Fold(a) != Fold(norm.NFD.String(a)) || Exact(a) != Exact(norm.NFD.String(a)) {
			t.Fatalf("%q and its decomposition differ", a)
		}
		c := rapid.StringOf(awkward).Draw(t, "c")
		if f := Fold(c); Fold(f) != f {
			t.Fatalf("Fold(%q) = %q, whose Fold is %q", c, f, Fold(f))
		}
		if e := Exact(c); Exact(e) != e {
			t.Fatalf("Exact(%q) = %q, whose Exact is %q", c, e, Exact(e))
		}
		n := utf8.RuneCountInString(c)
		plain := rapid.RuneFrom([]rune("iIİıkK\u212AsSſ"))
		d, e := rapid.StringOfN(plain, n, n, -1).Draw(t, "d"), rapid.StringOfN(plain, n, n, -1).Draw(t, "e")
		if strings.EqualFold(norm.NFC.String(d), norm.NFC.String(e)) != (Fold(d) == Fold(e)) {
			t.Fatalf("%q and %q fold to %q and %q; EqualFold disagrees", d, e, Fold(d), Fold(e))
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
