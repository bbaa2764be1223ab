package filter

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	parser "github.com/scim2/filter-parser/v2"
)

func TestFormat(t *testing.T) {
	x, y, z := is("a", parser.PR, nil), is("b", parser.PR, nil), is("c", parser.PR, nil)
	for want, e := range map[string]Expression{
		`a pr and b pr and c pr`:          and(and(x, y), z),
		`a pr and (b pr and c pr)`:        and(x, and(y, z)),
		`a pr or b pr or c pr`:            or(or(x, y), z),
		`a pr or (b pr or c pr)`:          or(x, or(y, z)),
		`a pr and b pr or c pr`:           or(and(x, y), z),
		`(a pr or b pr) and c pr`:         and(or(x, y), z),
		`a pr or b pr and c pr`:           or(x, and(y, z)),
		`not (a pr or b pr)`:              inverse(or(x, y)),
		`not (not (a pr))`:                inverse(inverse(x)),
		`e[a pr and (b pr or c pr)]`:      within("e", and(x, or(y, z))),
		`a eq "\"\\\n\r\t\u0000\u001fé/"`: is("a", parser.EQ, "\"\\\n\r\t\x00\x1fé/"),
		`a eq null`:                       is("a", parser.EQ, nil),
		`a eq true`:                       is("a", parser.EQ, true),
		`a eq 1.50E+3`:                    is("a", parser.EQ, json.Number("1.50E+3")),
		`a eq -7`:                         is("a", parser.EQ, -7),
		`a eq 0.5`:                        is("a", parser.EQ, 0.5),
		`urn:x:1.0:User:name.$ref gt "x"`: is("urn:x:1.0:User:name.$ref", parser.GT, "x"),
	} {
		if got := Format(e); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// Generators of trees as Parse makes them.

var names = rapid.SampledFrom([]string{
	"userName", "name.givenName", "emails.value", "$ref", "members.$ref", "a-b_c9", "not", "and", "pr", "eq", "true",
	"urn:ietf:params:scim:schemas:core:2.0:User:name.familyName", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
})

var comparisons = rapid.SampledFrom([]parser.CompareOperator{
	parser.EQ, parser.NE, parser.CO, parser.SW, parser.EW, parser.GT, parser.GE, parser.LT, parser.LE,
})

var literals = rapid.OneOf(
	rapid.Just[any](nil), rapid.Just[any](true), rapid.Just[any](false),
	rapid.Map(rapid.StringMatching(`-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,5})?(e[+-]?[0-9]{1,3})?`), func(s string) any { return json.Number(s) }),
	rapid.Map(rapid.String(), func(s string) any { return strings.ToValidUTF8(s, "?") }),
)

// drawTerm, drawFilter and drawValueFilter take the literals to use; a value
// filter of at most two terms if plain.
func drawTerm(t *rapid.T, values *rapid.Generator[any]) Expression {
	path := names.Draw(t, "attribute")
	if rapid.Bool().Draw(t, "present") {
		return is(path, parser.PR, nil)
	}
	return is(path, comparisons.Draw(t, "operator"), values.Draw(t, "value"))
}

func drawFilter(t *rapid.T, depth int, values *rapid.Generator[any], plain, inside bool) Expression {
	n := rapid.IntRange(0, 7).Draw(t, "node")
	if depth == 0 {
		n = min(n, 2)
	}
	next := func(in bool) Expression { return drawFilter(t, depth-1, values, plain, in) }
	switch {
	case n == 2 && !inside && !plain && depth > 0:
		return within(names.Draw(t, "attribute"), next(true))
	case n == 2 && !inside:
		inner := drawTerm(t, values)
		switch rapid.IntRange(0, 3).Draw(t, "shape") {
		case 1:
			inner = and(inner, drawTerm(t, values))
		case 2:
			inner = or(inner, drawTerm(t, values))
		case 3:
			inner = inverse(inner)
		}
		return within(names.Draw(t, "attribute"), inner)
	case n == 3:
		return inverse(next(inside))
	case n == 4 || n == 5:
		return and(next(inside), next(inside))
	case n >= 6:
		return or(next(inside), next(inside))
	}
	return drawTerm(t, values)
}

// What is printed parses back to the same tree, without any leniency.
func TestFormatRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawFilter(t, 5, literals, false, false)
		text := Format(want)
		if len(text) > MaxLength {
			t.Skip("too long")
		}
		got, err := Parse(text, Options{Strict: true})
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("%s: -want +got\n%s", text, d)
		}
	})
}

// filter-parser reads every legal filter as we do. It differs, and the
// generator avoids, where
//   - a string has an escape: filter-parser leaves it undecoded, and knows only
//     upper-case digits in \uXXXX;
//   - a value filter has more than two terms, or brackets other than those of
//     one not around the whole: its grammar is of an older reading of the RFC;
//   - a number is written with "E", which it turns to "e".
//
// covers: R-7644-3.4.2.2-03, R-7644-3.4.2.2-09
func TestDifferential(t *testing.T) {
	values := rapid.OneOf(
		literals.Filter(func(v any) bool { _, text := v.(string); return !text }),
		rapid.Map(rapid.StringMatching(`[ -!#-\[\]-~éß😀]{0,12}`), func(s string) any { return s }),
	)
	rapid.Check(t, func(t *rapid.T) {
		text := Format(drawFilter(t, 3, values, true, false))
		// Operators and keywords in any case, where they are not in a string.
		if rapid.Bool().Draw(t, "shout") && !strings.Contains(text, `"`) {
			for _, w := range []string{" and ", " or ", " eq ", " pr", "not ("} {
				text = strings.ReplaceAll(text, w, strings.ToUpper(w))
			}
		}
		want, err := parser.ParseFilterNumber([]byte(text))
		if err != nil {
			t.Fatalf("filter-parser refuses %s: %v", text, err)
		}
		got, err := Parse(text, Options{Strict: true})
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("%s: -filter-parser +ours\n%s", text, d)
		}
		path := Path{AttributePath: attr(names.Draw(t, "path"))}
		if rapid.Bool().Draw(t, "filtered") {
			path.ValueExpression = drawTerm(t, values)
			if rapid.Bool().Draw(t, "sub") {
				sub := "value"
				path.SubAttribute = &sub
			}
		}
		text = FormatPath(path)
		wantPath, err := parser.ParsePathNumber([]byte(text))
		if err != nil {
			t.Fatalf("filter-parser refuses %s: %v", text, err)
		}
		gotPath, err := ParsePath(text, Options{Strict: true})
		if d := cmp.Diff(wantPath, gotPath); d != "" || err != nil {
			t.Fatalf("%s: error %v, -filter-parser +ours\n%s", text, err, d)
		}
	})
}

var seeds = []string{
	`userName eq "bjensen"`, `not (a pr) and b.c co "\u00e9\ud83d\ude00" or d gt -1.5e3`, `emails[type eq "work" or x pr].value eq "a"`,
	`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq null`, `urn:x:2.0:User.manager.value pr`,
	`a eq 'b'`, `a eq True`, "\ta  pr", `((((a pr))))`, `emails[not (type eq "x")]`, `emails[`, `a..b`, `emails[0]`, `"`, `\`, `urn:a:1`,
	`emails[type eq "work"].value`, `a eq "x" and`, "a eq \"\x00\"", "é", `a eq 00x`, strings.Repeat("(", 50),
}

// covers: T-36, T-37
func FuzzFilter(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := Parse(s, Options{})
		strict, strictErr := Parse(s, Options{Strict: true})
		if err != nil {
			mustRefuse(t, err, "invalidFilter")
			if strictErr == nil {
				t.Fatalf("only strict accepts %q", s)
			}
			return
		}
		if strictErr == nil && !reflect.DeepEqual(e, strict) {
			t.Fatalf("strict reads %q as %s, tolerant as %s", s, Format(strict), Format(e))
		}
		text := Format(e)
		if len(text) > MaxLength {
			return // quotes were added to a text that just fitted
		}
		again, err := Parse(text, Options{Strict: true})
		if err != nil {
			t.Fatalf("%q prints as %q, which is refused: %v", s, text, err)
		}
		if !reflect.DeepEqual(e, again) {
			t.Fatalf("%q prints as %q, which reads as %q", s, text, Format(again))
		}
	})
}

// covers: R-7644-3.5.2-03, T-37
func FuzzPath(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParsePath(s, Options{})
		if err != nil {
			mustRefuse(t, err, "invalidPath")
			return
		}
		text := FormatPath(p)
		if len(text) > MaxLength {
			return
		}
		again, err := ParsePath(text, Options{Strict: true})
		if err != nil {
			t.Fatalf("%q prints as %q, which is refused: %v", s, text, err)
		}
		if !reflect.DeepEqual(p, again) {
			t.Fatalf("%q prints as %q, which reads as %q", s, text, FormatPath(again))
		}
	})
}
