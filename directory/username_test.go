package directory

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// covers: R-7644-5-01, T-21
func TestFoldName(t *testing.T) {
	for _, same := range [][]string{
		{"bjensen", " bjensen", "BJensen\t", "\u00a0bjensen\u3000", "ｂｊｅｎｓｅｎ"},
		{"jane doe", "Jane\u00a0Doe", "Jane\u3000Doe", " JANE DOE "},
		{"andr\u00e9", "andre\u0301", "ANDR\u00c9", "ANDRE\u0301"},
	} {
		for _, s := range same {
			if FoldName(s) != same[0] {
				t.Errorf("FoldName(%q) = %q, want %q", s, FoldName(s), same[0])
			}
		}
	}
	if FoldName("jane doe") == FoldName("janedoe") || FoldName("admin") == FoldName("\u0430dmin") {
		t.Error("different names are one")
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringOf(awkward)).Draw(t, "s")
		if f := FoldName(s); FoldName(f) != f || FoldName(" "+s+"\u00a0") != f {
			t.Fatalf("FoldName(%q) = %q, whose FoldName is %q", s, f, FoldName(f))
		}
	})
}

// covers: R-7644-5-01, T-21
func TestCheckName(t *testing.T) {
	for _, tt := range []struct {
		name        string
		tolerant    string // the code point that is named, "" if the name is taken
		strict      string
		strictOther bool // refused by the letter without naming one
	}{
		{name: "bjensen@example.com"}, {name: `DOMAIN\b.jensen+x!#$%&'*/=?^_{|}~-`}, {name: "Jane Doe"}, {name: " Jane  Doe "},
		{name: "percent_\u00e9_&_+"}, {name: "\u00e91"}, {name: "andr\u00e9"}, {name: "andre\u0301"}, {name: "Владимир"}, {name: "山田太郎"}, {name: "ｂｊｅｎｓｅｎ"}, {name: "\u0430dmin"},
		{name: "محمد"}, {name: "l\u00b7l"}, {name: "スミス・ジョン"}, {name: "نامه\u200cای"},
		{name: "admin\u200b", tolerant: "U+200B", strict: "U+200B"},
		{name: "ad\u00admin", tolerant: "U+00AD", strict: "U+00AD"},
		{name: "\u202enimda", tolerant: "U+202E", strict: "U+202E"},
		{name: "a\u2066b", tolerant: "U+2066", strict: "U+2066"},
		{name: "a\ufeffb", tolerant: "U+FEFF", strict: "U+FEFF"},
		{name: "a\nb", tolerant: "U+000A", strict: "U+000A"},
		{name: "a\x7f", tolerant: "U+007F", strict: "U+007F"},
		{name: "a\u0085b", tolerant: "U+0085", strict: "U+0085"},
		{name: "a\ue000", tolerant: "U+E000", strict: "U+E000"},
		{name: "a\U0010ffff", tolerant: "U+10FFFF", strict: "U+10FFFF"},
		{name: "a\u0378", tolerant: "U+0378", strict: "U+0378"},
		{name: "a\u2028b", tolerant: "U+2028", strict: "U+2028"},
		{name: "a\u200cb", tolerant: "U+200C", strict: "U+200C"},
		{name: "a\u00b7b", tolerant: "U+00B7", strict: "U+00B7"},
		{name: "o\u2019brien", strict: "U+2019"}, {name: "☺", strict: "U+263A"}, {name: "Jane\u00a0Doe", strict: "U+00A0"},
		{name: "ﬁx", strict: "U+FB01"},
		{name: "a\u05d0", strictOther: true},
	} {
		check := func(rule string, err error, want string, other bool) {
			t.Helper()
			var invalid *InvalidError
			switch {
			case want == "" && !other && err != nil, (want != "" || other) && !errors.As(err, &invalid):
				t.Errorf("%s %+q: %v", rule, tt.name, err)
			case want != "" && (invalid.Attribute != "userName" || !strings.Contains(invalid.Reason, want+" ")):
				t.Errorf("%s %+q: %v, want %s", rule, tt.name, err, want)
			}
		}
		check("CheckName", CheckName(tt.name), tt.tolerant, false)
		check("CheckIdentifier", CheckIdentifier(tt.name), tt.strict, tt.strictOther)
	}
}

// covers: T-21
func TestMixesScripts(t *testing.T) {
	for name, want := range map[string]bool{
		"": false, "admin": false, "andr\u00e9": false, "Владимир": false, "山田たろう": false, "東京tower": false, "иван@example.com": false,
		"\u03b1 particle": false, "김철수Kim": false, "ａｄｍｉｎ": false, "b\u0327": false,
		"\u0430dmin": true, "p\u0430ypal@example.com": true, "\u03bfffice": true, "a1\u0430": true, "x@\u0435xample.com": true, "Владiмир": true,
	} {
		if got := MixesScripts(name); got != want {
			t.Errorf("MixesScripts(%+q) = %v", name, got)
		}
	}
}
