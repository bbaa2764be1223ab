package directory

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/bidi"
	"golang.org/x/text/unicode/norm"
)

// FoldName is Fold for userName: outer blanks make no difference, and every
// blank is the ordinary one, as PRECIS has it for what people type (RFC 8265
// section 4.2.2). Names stand side by side in a tenant exactly if their FoldName
// differs. FoldName(FoldName(s)) == FoldName(s).
func FoldName(s string) string {
	return Fold(strings.TrimSpace(strings.Map(func(r rune) rune {
		if r >= 0x80 && unicode.Is(unicode.Zs, r) {
			return ' '
		}
		return r
	}, s)))
}

var freeform = precis.NewFreeform(precis.Norm(norm.NFC))

// CheckName returns an *InvalidError that names the code point if a userName
// holds one that nobody should log in with (R-7644-5-01, T-21): a control, an
// invisible or a direction mark, one without a meaning. It lets pass what the
// FreeformClass of RFC 8264 does, so blanks, symbols and typographic signs, which
// identity providers send.
func CheckName(name string) error { return checkName(freeform, name) }

// CheckIdentifier is CheckName by the letter: the name is one or several parts
// with blanks between them, and each satisfies UsernameCaseMapped (RFC 8265
// sections 3.1 and 3.3). So "Jane Doe" is a name, and one with a symbol or with
// letters that can not be told in which direction to read is not.
func CheckIdentifier(name string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	for part := range strings.SplitSeq(strings.Trim(name, " "), " ") {
		profile := identifier
		if rightToLeft(part) {
			profile = precis.UsernameCaseMapped
		}
		if err := checkName(profile, part); err != nil {
			return err
		}
	}
	return nil
}

// identifier is UsernameCaseMapped without the Bidi Rule, which RFC 8265 section
// 3.3.2 applies only to names with characters that are written from right to
// left; x/text applies it to every name, and so refuses "é_".
var identifier = precis.NewIdentifier(precis.FoldWidth, precis.LowerCase(), precis.Norm(norm.NFC))

// rightToLeft reports whether the Bidi Rule has anything to say about s.
func rightToLeft(s string) bool {
	for _, r := range s {
		switch p, _ := bidi.LookupRune(r); p.Class() {
		case bidi.R, bidi.AL, bidi.AN:
			return true
		}
	}
	return false
}

func checkName(p *precis.Profile, s string) error {
	if printableASCII(s) {
		return nil
	}
	if _, err := p.String(s); err == nil {
		return nil
	}
	refused := func(r rune) error {
		return &InvalidError{Attribute: "userName", Reason: fmt.Sprintf("the character U+%04X does not belong in a user name", r)}
	}
	allowed := p.Allowed()
	text := foldWidth(s)
	if p == freeform {
		text = s
	}
	for _, r := range text {
		if !allowed.Contains(r) && !contextual.Contains(r) {
			return refused(r)
		}
	}
	for _, r := range text {
		if contextual.Contains(r) {
			return refused(r) // allowed in some words, and this is none of them
		}
	}
	return &InvalidError{Attribute: "userName", Reason: "its characters can not stand beside each other, as they are written in opposite directions (RFC 5893)"}
}

// contextual are the code points that RFC 5892 appendix A allows only beside
// certain others.
var contextual = runes.In(&unicode.RangeTable{
	R16: []unicode.Range16{
		{0xB7, 0xB7, 1}, {0x375, 0x375, 1}, {0x5F3, 0x5F4, 1}, {0x660, 0x669, 1}, {0x6F0, 0x6F9, 1}, {0x200C, 0x200D, 1}, {0x30FB, 0x30FB, 1},
	},
	LatinOffset: 1,
})

func printableASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// MixesScripts reports whether a word of the name has letters of several
// scripts that no language writes together, such as a Cyrillic а among Latin
// letters (T-21). Such a name may be honest, so it is for noting, not for
// refusing. Words are told apart by whatever is no letter, mark or digit: the
// two sides of an address may well differ.
func MixesScripts(name string) bool {
	if isASCII(name) {
		return false
	}
	var first string
	for _, r := range foldWidth(name) {
		switch {
		case unicode.IsLetter(r):
			script := scriptOf(r)
			switch {
			case script == "" || script == first:
			case first == "":
				first = script
			case eastAsian[first] && eastAsian[script]:
			default:
				return true
			}
		case !unicode.IsMark(r) && !unicode.IsDigit(r):
			first = ""
		}
	}
	return false
}

// eastAsian are the scripts that are written within one word, Latin among them.
// (UTS 39 keeps Chinese, Japanese and Korean apart; for a note that is too much.)
var eastAsian = map[string]bool{"Latin": true, "Han": true, "Hiragana": true, "Katakana": true, "Hangul": true, "Bopomofo": true}

// scriptOf returns the name of a letter's script, "" if it belongs to several.
func scriptOf(r rune) string {
	for _, name := range []string{"Latin", "Cyrillic", "Greek", "Han", "Hiragana", "Katakana", "Hangul", "Arabic", "Hebrew"} {
		if unicode.Is(unicode.Scripts[name], r) {
			return name
		}
	}
	for name, table := range unicode.Scripts {
		if name != "Common" && name != "Inherited" && unicode.Is(table, r) {
			return name
		}
	}
	return ""
}
