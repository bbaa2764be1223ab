package resource

import (
	"strconv"
	"strings"
	"testing"
)

// quickly holds the two readers together: what quick reads, decoder reads as the
// same; and what decoder reads, quick reads too.
func quickly(t *testing.T, text string, limits Limits) {
	t.Helper()
	limits = limits.withDefaults()
	fast, ok := readQuick([]byte(text), limits)
	slow, err := decode([]byte(text), limits, nil)
	switch {
	case ok != (err == nil):
		t.Fatalf("%q: quick %v, decoder %v", text, ok, err)
	case ok && !fast.Equal(slow):
		t.Fatalf("%q: quick %s, decoder %s", text, fast, slow)
	case ok && (fast.List() == nil) != (slow.List() == nil):
		t.Fatalf("%q: one list is nil", text)
	case ok && fast.String() != slow.String(): // the order of members, too
		t.Fatalf("%q: quick %s, decoder %s", text, fast, slow)
	}
}

var quickTexts = []string{
	`{}`, `[]`, `""`, `0`, `-0`, `1.5e+3`, ` { "a" : [ 1 , "x" , null , true , false , { "b" : -1e3 } ] } `, "\t\r\n{}\n",
	`"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00\uD83D\uDE00\u2028"`, `{"\u0061":1,"b\n":2}`, `"é😀"`, `{"a":{"a":{"a":[[[]]]}}}`,
	// Not JSON, or not ours.
	``, ` `, `{`, `}`, `[`, `]`, `{,}`, `[,]`, `[1,]`, `{"a":1,}`, `{"a"}`, `{"a":}`, `{"a" 1}`, `{a:1}`, `[1 2]`, `{"a":1 "b":2}`, `1 2`, `{}{}`, `{} x`, `nul`, `nulll`, `True`, `tru`, `'a'`,
	`01`, `1.`, `.5`, `+1`, `-`, `1e`, `1e+`, `0x1`, `1_000`, `--1`, `1e999`, `-1e999`, `NaN`, `Infinity`, `00`, `1.e1`,
	`"`, `"\`, `"\"`, `"\x"`, `"\u"`, `"\u12"`, `"\u12g4"`, `"\ud800"`, `"\ud800x"`, `"\ud800\n"`, `"\ud800\ud800"`, `"\udc00"`, `"\u0000"`, "\"\x00\"", "\"\n\"", "\"\x1f\"", "\"\xff\"", "\"\xed\xa0\x80\"", "\xef\xbb\xbf{}", "{}\x00", "\v{}", "\u00a0{}",
	`{"a":1,"a":2}`, `{"a":1,"A":2}`, `{"a":1,"\u0041":2}`, `{"\u0000":1}`, `{"é":1,"É":2}`,
	strings.Repeat("[", 33) + strings.Repeat("]", 33), strings.Repeat("[", 32) + strings.Repeat("]", 32), strings.Repeat(`{"a":`, 33) + "1" + strings.Repeat("}", 33),
	"1" + strings.Repeat("0", 63), "1" + strings.Repeat("0", 64), `{"` + strings.Repeat("n", 1025) + `":1}`, `{"` + strings.Repeat("n", 1024) + `":1}`,
	"{" + manyMembers(30) + "}", "{" + manyMembers(30) + `,"M7":1}`, "{" + manyMembers(30) + `,"Mxxxxxx27":1}`, "{" + manyMembers(1000) + "}", "{" + manyMembers(1001) + "}", "[" + strings.Repeat("1,", 700) + "1]",
}

func manyMembers(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"m` + strings.Repeat("x", i%7) + strconv.Itoa(i) + `":` + strconv.Itoa(i))
	}
	return b.String()
}

// covers: T-37, T-38
func TestQuickAgreesWithDecoder(t *testing.T) {
	for _, text := range quickTexts {
		quickly(t, text, Limits{})
	}
	for n := range 12 {
		quickly(t, `{"a":[1,{"b":"c"}],"d":null}`, Limits{Values: n + 1})
		quickly(t, `{"abc":[1,{"b":"c"}],"d":100}`, Limits{Depth: n%4 + 1, Name: n%4 + 1, Number: n%4 + 1, Members: n%3 + 1})
	}
}

// The parts of a tree are cut from shared room: one that grows must not reach
// into another.
func TestPartsOfATreeAreApart(t *testing.T) {
	o, err := DecodeObject([]byte(`{"a":{"x":1},"b":{"y":2},"c":[1],"d":[2]}`), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	o.Get("a").Object().Set("z", NumberOf("3"))
	o.Set("e", NumberOf("4"))
	_ = append(o.Get("c").List(), NumberOf("5"))
	if got, want := o.String(), `{"a":{"x":1,"z":3},"b":{"y":2},"c":[1],"d":[2],"e":4}`; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
}

// FuzzQuick: whatever the text, both readers see the same in it.
//
// covers: T-37, T-38
func FuzzQuick(f *testing.F) {
	for _, text := range quickTexts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { quickly(t, text, Limits{Values: 1000}) })
}
