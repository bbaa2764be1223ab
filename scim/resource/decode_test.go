package resource_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/resource"
)

// covers: T-37, T-38, R-7643-2.3.1-01
func TestDecodeRefuses(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	many := func(n int, name func(int) string) string {
		var b strings.Builder
		b.WriteString("{")
		for i := range n {
			if i > 0 {
				b.WriteString(",")
			}
			b.WriteString(`"` + name(i) + `":1`)
		}
		return b.String() + "}"
	}
	letters := func(i int) string { return "n" + strings.Repeat("x", i) }
	for _, c := range []struct{ name, in, want string }{
		{"empty", "", "empty"},
		{"blank", " \r\n\t", "empty"},
		{"byte order mark", "\xef\xbb\xbf{}", "byte order mark"},
		{"trailing value", `{} {}`, "more after the end"},
		{"trailing garbage", `{"a":1}x`, "more after the end"},
		{"trailing comma", `{"a":1,}`, "not valid JSON"},
		{"trailing comma in array", `[1,]`, "not valid JSON"},
		{"missing colon", `{"a" 1}`, "not valid JSON"},
		{"single quotes", `{'a':1}`, "not valid JSON"},
		{"comment", `{/**/}`, "not valid JSON"},
		{"NaN", `{"a":NaN}`, "not valid JSON"},
		{"Infinity", `{"a":-Infinity}`, "not valid JSON"},
		{"number as a name", `{1:2}`, "not valid JSON"},
		{"null as a name", `{null:2}`, "not valid JSON"},
		{"object as a name", `{{}:2}`, "not valid JSON"},
		{"array as a name", `{[]:2}`, "not valid JSON"},
		{"invalid UTF-8 in a name", "{\"a\xff\":1}", "UTF-8"},
		{"lone surrogate in a name", `{"\ud800":1}`, "not valid JSON"},
		{"hex number", `0x10`, "more after the end"},
		{"leading zero", `[01]`, "not valid JSON"},
		{"plus", `[+1]`, "not valid JSON"},
		{"1e400", `{"a":1e400}`, "out of range"},
		{"-1e400", `[-1e400]`, "out of range"},
		{"long number", "[" + strings.Repeat("1", 65) + "]", "longer than 64"},
		{"invalid UTF-8", "{\"a\":\"\xff\"}", "UTF-8"},
		{"overlong UTF-8", "{\"a\":\"\xc0\x80\"}", "UTF-8"},
		{"raw surrogate", "{\"a\":\"\xed\xa0\x80\"}", "UTF-8"},
		{"lone high surrogate", `{"a":"\ud800"}`, "not valid JSON"},
		{"lone low surrogate", `{"a":"\udc00x"}`, "not valid JSON"},
		{"escaped NUL", `{"a":"x\u0000y"}`, "U+0000"},
		{"NUL in a name", `{"a\u0000":1}`, "U+0000"},
		{"raw NUL", "{\"a\":\"\x00\"}", "not valid JSON"},
		{"raw newline", "{\"a\":\"\n\"}", "not valid JSON"},
		{"exact duplicate", `{"active":true,"active":false}`, `"active" twice`},
		{"duplicate by case", `{"active":true,"Active":false}`, `"Active" twice`},
		{"duplicate by escape", `{"active":true,"\u0061ctive":false}`, `"active" twice`},
		{"inner duplicate", `{"name":{"a":1,"A":2}}`, `"A" twice`},
		{"duplicate among many", strings.TrimSuffix(many(60, letters), "}") + `,"N":2}`, `"N" twice`},
		{"33 levels", deep(33), "deeper than 32"},
		{"100,000 levels", deep(100_000), "deeper than 32"},
		{"100,000 objects", strings.Repeat(`{"a":`, 100_000), "deeper than 32"},
		{"1,001 members", many(1001, func(i int) string { return "m" + string(rune('a'+i%26)) + strings.Repeat("y", i/26) }), "more than 1000 members"},
		{"10 MB name", `{"` + strings.Repeat("k", 10<<20) + `":1}`, "longer than 1024"},
		{"unterminated, newlines", `{"a":"` + strings.Repeat("\n", 1<<20), "not valid JSON"},
		{"unterminated, backslashes", `{"a":"` + strings.Repeat(`\`, 1<<20+1), "not valid JSON"},
		{"unterminated, quotes", `{"a":"` + strings.Repeat(`\"`, 1<<19), "not valid JSON"},
		{"unterminated object", `{"a":{"b":1}`, "ends too early"},
		{"unterminated name", `{"a`, "ends too early"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, err := resource.Decode([]byte(c.in), resource.Limits{})
			if err == nil {
				t.Fatalf("accepted as %.200s", v)
			}
			e, ok := fault.As(err)
			if !ok || e.Status != http.StatusBadRequest || e.ScimType != "invalidSyntax" {
				t.Fatalf("error %v is not 400 invalidSyntax", err)
			}
			if !strings.Contains(e.Detail, c.want) {
				t.Errorf("detail %q does not say %q", e.Detail, c.want)
			}
			if len(e.Detail) > 400 {
				t.Errorf("detail has %d bytes", len(e.Detail))
			}
		})
	}
}

func TestDecodeSaysWhere(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`{"emails":[{"value":"a"},{"value":tru}]}`, `"/emails/1/value"`},
		{`{"emails":[{"value":"a","Value":"b"}]}`, `"/emails/0/Value"`},
		{`{"a":1, ?}`, "at byte 8"},
	} {
		_, err := resource.Decode([]byte(c.in), resource.Limits{})
		if e, _ := fault.As(err); !strings.Contains(e.Detail, c.want) {
			t.Errorf("%s: detail %q does not name %s", c.in, e.Detail, c.want)
		}
	}
}

// covers: T-38
func TestDecodeDeepInputNeedsLittleMemory(t *testing.T) {
	in := []byte(strings.Repeat(`[`, 4<<20))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := resource.Decode(in, resource.Limits{}); err == nil {
		t.Fatal("accepted")
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 1<<20 {
		t.Errorf("decoding allocated %d bytes", grown)
	}
}

// covers: R-7643-2.3.1-01
func TestDecodeAccepts(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{` { "a" : [ 1 , 2.50, -0, 1E3 ] , "b" : null }`, `{"a":[1,2.50,-0,1E3],"b":null}`},
		{`"\ud83d\ude00 e\u0301 \u05d0 <&> \u2028"`, "\"😀 e\u0301 \u05d0 <&> \\u2028\""},
		{`"\/\u0041\u001f\u007f\n"`, "\"/A\\u001f\x7f\\n\""},
		{`true`, `true`},
		{`{}`, `{}`},
		{`[]`, `[]`},
		{strings.Repeat("[", 32) + strings.Repeat("]", 32), strings.Repeat("[", 32) + strings.Repeat("]", 32)},
		{`{"a":1,"á":2,"Á":3}`, `{"a":1,"á":2,"Á":3}`}, // only ASCII case is folded
	} {
		v, err := resource.Decode([]byte(c.in), resource.Limits{})
		if err != nil {
			t.Errorf("%s: %v", c.in, err)
		} else if got := v.String(); got != c.want {
			t.Errorf("%s: got %s, want %s", c.in, got, c.want)
		}
	}
}

func TestDecodeObject(t *testing.T) {
	o, err := resource.DecodeObject([]byte(`{"a":{"b":"c"}}`), resource.Limits{})
	if err != nil || o.Get("a").Object().Get("b").Text() != "c" {
		t.Fatalf("got %v, %v", o, err)
	}
	for _, in := range []string{`[]`, `null`, `"x"`, `1`, `true`} {
		if _, err := resource.DecodeObject([]byte(in), resource.Limits{}); err == nil || !strings.Contains(err.Error(), "must be a JSON object") {
			t.Errorf("%s: %v", in, err)
		}
	}
}

// anyValue draws a tree and the same thing as Go values for encoding/json.
func anyValue(depth int) *rapid.Generator[resource.Value] {
	return rapid.Custom(func(t *rapid.T) resource.Value {
		n := 5
		if depth == 0 {
			n = 3
		}
		switch rapid.IntRange(0, n).Draw(t, "kind") {
		case 0:
			return resource.Value{}
		case 1:
			return resource.BoolOf(rapid.Bool().Draw(t, "bool"))
		case 2:
			return resource.NumberOf(rapid.StringMatching(`-?(0|[1-9][0-9]{0,9})(\.[0-9]{1,5})?([eE][+-]?[0-9]{1,2})?`).Draw(t, "number"))
		case 3:
			return resource.StringOf(text().Draw(t, "string"))
		case 4:
			return resource.ListOf(rapid.SliceOfN(anyValue(depth-1), 0, 4).Draw(t, "list")...)
		default:
			o := new(resource.Object)
			for _, name := range rapid.SliceOfNDistinct(text(), 0, 4, strings.ToLower).Draw(t, "names") {
				o.Set(name, anyValue(depth-1).Draw(t, "member"))
			}
			return resource.ComplexOf(o)
		}
	})
}

func text() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return strings.ReplaceAll(string(rapid.SliceOfN(rapid.OneOf(
			rapid.Rune(), rapid.RuneFrom([]rune("\u2028\u2029\b\f\n\r\t\x01\x1f\x7f\"\\/<>&é😀aA"))), 0, 8).Draw(t, "runes")), "\x00", "")
	})
}

func TestEncodeDecodeRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := anyValue(4).Draw(t, "value")
		text := v.AppendJSON(nil)
		got, err := resource.Decode(text, resource.Limits{})
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if !got.Equal(v) {
			t.Fatalf("%s came back as %s", text, got)
		}
	})
}

// AppendString must agree with encoding/json on every string, also on bytes
// that are no UTF-8.
func TestAppendStringLikeEncodingJSON(t *testing.T) {
	check := func(s string) string {
		var buf bytes.Buffer
		enc := json.NewEncoder(&buf)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(s); err != nil {
			return err.Error()
		}
		if want, got := strings.TrimSuffix(buf.String(), "\n"), string(resource.AppendString(nil, s)); got != want {
			return got + " instead of " + want
		}
		return ""
	}
	for r := range rune(0x3000) {
		if diff := check("a" + string(r) + "b"); diff != "" {
			t.Fatal(diff)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		if diff := check(string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))); diff != "" {
			t.Fatal(diff)
		}
	})
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{"", "{}", `{"a":[1,"x",null,true,{"b":1e3}]}`, `{"a":1,"A":2}`, "\xef\xbb\xbf1", `"\ud800"`, `"\ud83d\ude00"`, `[[[[`, `1e999`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		v, err := resource.Decode(in, resource.Limits{})
		if err != nil {
			if e, ok := fault.As(err); !ok || e.ScimType != "invalidSyntax" {
				t.Fatalf("%q: error %v is not invalidSyntax", in, err)
			}
			return
		}
		if !json.Valid(in) {
			t.Fatalf("%q: accepted what is not JSON", in)
		}
		text := v.AppendJSON(nil)
		w, err := resource.Decode(text, resource.Limits{})
		if err != nil {
			t.Fatalf("%q: encoded as %q, which does not decode: %v", in, text, err)
		}
		if !w.Equal(v) {
			t.Fatalf("%q: encoded as %q, which decodes to something else", in, text)
		}
		if again := w.AppendJSON(nil); !bytes.Equal(again, text) {
			t.Fatalf("%q: encoded as %q, then as %q", in, text, again)
		}
	})
}

// A body of many small values takes many times its size in memory, so their
// number is bounded: every value counts, wherever it is.
// covers: T-38
func TestDecodeBoundsValues(t *testing.T) {
	for _, c := range []struct {
		in     string
		values int
	}{
		{`0`, 1},
		{`[]`, 1},
		{`[0,null,"",true]`, 5},
		{`{"a":0}`, 2},
		{`[{"a":[0]},{"b":{}},{}]`, 7},
	} {
		if _, err := resource.Decode([]byte(c.in), resource.Limits{Values: c.values}); err != nil {
			t.Errorf("%s with %d values allowed: %v", c.in, c.values, err)
		}
		if c.values == 1 {
			continue // a limit of 0 is the default
		}
		_, err := resource.Decode([]byte(c.in), resource.Limits{Values: c.values - 1})
		if e, _ := fault.As(err); e.Status != http.StatusRequestEntityTooLarge || !strings.Contains(e.Detail, fmt.Sprintf("more than %d values", c.values-1)) {
			t.Errorf("%s with %d values allowed: got %v, want status 413", c.in, c.values-1, err)
		}
	}
}

// The default leaves room for the longest list of members, with all that can
// be said of each, and for nothing that fills the memory.
// covers: T-38
func TestDecodeDefaultBoundOfValues(t *testing.T) {
	list := func(n int, element string) []byte {
		return []byte(`{"Operations":[{"op":"replace","path":"members","value":[` + strings.Repeat(element+",", n-1) + element + `]}]}`)
	}
	o, err := resource.DecodeObject(list(100_000, `{"value":"v","display":"d","$ref":"r","type":"User"}`), resource.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	op := o.Get("Operations").List()[0].Object()
	if n := len(op.Get("value").List()); n != 100_000 {
		t.Errorf("read %d members", n)
	}
	for _, element := range []string{`0`, `{}`, `[]`, `{"a":0}`, `[[]]`} {
		in := list((15<<20)/(len(element)+1), element)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := resource.Decode(in, resource.Limits{})
		runtime.ReadMemStats(&after)
		if e, _ := fault.As(err); e.Status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: got %v, want status 413", element, err)
		}
		// That is all that was ever allocated, much of it garbage by now.
		if grown := (after.TotalAlloc - before.TotalAlloc) >> 20; grown > 256 {
			t.Errorf("%s: allocated %d MB", element, grown)
		}
	}
}

// What was decoded must not be overwritten by what is decoded next, though both
// were put together in the same place, nor must an error leave anything behind.
func TestDecodedTreesAreApart(t *testing.T) {
	first, err := resource.Decode([]byte(`{"a":[{"b":[1,2]},{"c":3}],"d":{"e":"f"}}`), resource.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	want := first.String()
	for _, in := range []string{`{"x":[{"y":[7,8,{"z":`, `[[9,9,9],[{"q":9,"r":9}]]`, `{"s":{"t":{"s":[]}}}`} {
		v, err := resource.Decode([]byte(in), resource.Limits{})
		if err == nil && v.String() != in {
			t.Errorf("%s became %s", in, v)
		}
	}
	inner := first.Object().Get("a").List()[0].Object()
	inner.Set("added", resource.BoolOf(true))
	if got := first.String(); got != strings.Replace(want, `[1,2]`, `[1,2],"added":true`, 1) {
		t.Errorf("%s became %s", want, got)
	}
}
