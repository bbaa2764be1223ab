package resource

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/scimbridge/scimbridge/scim/fault"
)

// Limits bounds what Decode accepts besides the size of the input, which the
// reader of the body bounds. A zero field means its default.
type Limits struct {
	// Values bounds the values of the whole text: objects, arrays, and what is
	// in them. A value takes more memory than text, up to fifty times for small
	// ones. The default is 600,000, enough for the longest list that is allowed,
	// 100,000 members of a group with value, display, $ref and type.
	Values  int
	Depth   int // levels of objects and arrays; default 32
	Members int // members of one object; default 1,000
	Name    int // bytes of one member name; default 1,024
	Number  int // bytes of one number literal; default 64
}

func (l Limits) withDefaults() Limits {
	set := func(p *int, n int) {
		if *p <= 0 {
			*p = n
		}
	}
	set(&l.Values, 600_000)
	set(&l.Depth, 32)
	set(&l.Members, 1000)
	set(&l.Name, 1024)
	set(&l.Number, 64)
	return l
}

// Decode reads one JSON text strictly (RFC 8259 and RFC 7493): UTF-8 without a
// byte order mark, no lone surrogates, nothing behind the value, numbers that a
// double can hold the size of. Beyond the RFCs it refuses two things that make
// parsers disagree with each other: member names of one object that are the
// same without regard to ASCII case, which for SCIM are one attribute given
// twice (R-7643-2.1-01), and U+0000, which databases do not agree on.
//
// Every error says what is wrong and where: status 413 for more values than the
// limit, fault.InvalidSyntax for everything else. The time is linear in the
// input, the memory bounded by it and by the number of values; nesting beyond
// the limit is refused before it is followed (T-37, T-38). The tree shares no
// memory with data. Decode is safe for concurrent use.
func Decode(data []byte, limits Limits) (Value, error) {
	if v, ok := readQuick(data, limits.withDefaults()); ok {
		return v, nil
	}
	return decode(data, limits, nil)
}

// decode is Decode without haste, which knows what is wrong; each is a list of
// the outermost object to hand out, or nil.
func decode(data []byte, limits Limits, each *stream) (Value, error) {
	if bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
		return Value{}, fault.InvalidSyntax("the body begins with a byte order mark; JSON must not have one")
	}
	if len(bytes.TrimLeft(data, " \t\r\n")) == 0 {
		return Value{}, fault.InvalidSyntax("the body is empty; a JSON value is expected")
	}
	dec := decoders.Get().(*decoder)
	defer dec.release()
	dec.limits = limits.withDefaults()
	dec.left, dec.each = dec.limits.Values, each
	dec.read(data)
	v, err := dec.value(0)
	if err != nil {
		return Value{}, dec.explain(err)
	}
	if _, err := dec.json.ReadToken(); err == nil {
		return Value{}, dec.fail("there is more after the end of the JSON value")
	} else if !errors.Is(err, io.EOF) {
		return Value{}, fault.InvalidSyntax("there is more after the end of the JSON value, at byte %d", dec.json.InputOffset())
	}
	return v, nil
}

// DecodeObject is Decode for bodies that must be a JSON object, as every SCIM
// message is.
func DecodeObject(data []byte, limits Limits) (*Object, error) {
	v, err := Decode(data, limits)
	if err != nil {
		return nil, err
	}
	if v.kind != Complex {
		return nil, fault.InvalidSyntax("the body must be a JSON object, not %s", article(v.kind))
	}
	return v.obj, nil
}

func article(k Kind) string {
	switch k {
	case Null:
		return "null"
	case List, Complex:
		return "an " + k.String()
	}
	return "a " + k.String()
}

// options turn off the tokenizer's own search for duplicate names, because
// decoder.name makes a stricter one; everything else keeps its strict default.
var options = jsontext.AllowDuplicateNames(true)

type decoder struct {
	json   *jsontext.Decoder
	limits Limits
	left   int               // values that may still come
	each   *stream           // the list to hand out, nil if none
	names  map[string]string // recent member names, which repeat all the time
	// What is known of the objects and arrays that are open, the innermost last.
	// Each is copied when it is complete, so that it has the size it needs.
	fields   []Field
	elements []Value
}

var decoders = sync.Pool{New: func() any {
	return &decoder{json: jsontext.NewDecoder(new(bytes.Buffer), options), names: map[string]string{}}
}}

// read makes data the input. The tokenizer reads a bytes.Buffer in place.
func (d *decoder) read(data []byte) {
	d.json.Reset(bytes.NewBuffer(data), options)
}

// release gives the decoder back. Neither the body nor what was made of it is
// kept alive in the pool, and no more room than most bodies need.
func (d *decoder) release() {
	const most = 4096
	d.read(nil)
	d.each = nil
	clear(d.fields) // something is left after an error
	clear(d.elements)
	d.fields, d.elements = d.fields[:0], d.elements[:0]
	if cap(d.fields) > most {
		d.fields = nil
	}
	if cap(d.elements) > most {
		d.elements = nil
	}
	decoders.Put(d)
}

// value reads the next value; depth is how many objects and arrays enclose it.
func (d *decoder) value(depth int) (Value, error) {
	tok, err := d.json.ReadToken()
	if err != nil {
		return Value{}, err
	}
	if err := d.count(); err != nil {
		return Value{}, err
	}
	switch tok.Kind() {
	case 'n':
		return Value{}, nil
	case 't':
		return BoolOf(true), nil
	case 'f':
		return BoolOf(false), nil
	case '"':
		s := tok.String()
		if strings.IndexByte(s, 0) >= 0 {
			return Value{}, d.fail("the string holds U+0000, which is not allowed")
		}
		return StringOf(s), nil
	case '0':
		return d.number(tok.String())
	case '[':
		if depth >= d.limits.Depth {
			return Value{}, d.fail("the JSON is nested deeper than %d levels", d.limits.Depth)
		}
		return d.list(depth + 1)
	case '{':
		if depth >= d.limits.Depth {
			return Value{}, d.fail("the JSON is nested deeper than %d levels", d.limits.Depth)
		}
		return d.object(depth + 1)
	}
	return Value{}, d.fail("a JSON value is expected")
}

// count counts a value.
func (d *decoder) count() error {
	if d.left--; d.left < 0 {
		return fault.Status(http.StatusRequestEntityTooLarge, "the JSON has more than %d values%s", d.limits.Values, d.here())
	}
	return nil
}

// number checks a literal. A literal that overflows a double would be infinite
// or refused, depending on who reads it next, so it is refused here.
func (d *decoder) number(literal string) (Value, error) {
	if len(literal) > d.limits.Number {
		return Value{}, d.fail("the number is longer than %d characters", d.limits.Number)
	}
	if _, err := strconv.ParseFloat(literal, 64); err != nil {
		return Value{}, d.fail("the number %s is out of range", literal)
	}
	return NumberOf(literal), nil
}

func (d *decoder) list(depth int) (Value, error) {
	begin := len(d.elements)
	for d.json.PeekKind() != ']' {
		v, err := d.value(depth)
		if err != nil {
			return Value{}, err
		}
		d.elements = append(d.elements, v)
	}
	if _, err := d.json.ReadToken(); err != nil {
		return Value{}, err
	}
	list := make([]Value, len(d.elements)-begin)
	copy(list, d.elements[begin:])
	clear(d.elements[begin:])
	d.elements = d.elements[:begin]
	return ListOf(list...), nil
}

func (d *decoder) object(depth int) (Value, error) {
	begin := len(d.fields)
	var known names
	for d.json.PeekKind() != '}' {
		name, err := d.name(d.fields[begin:], &known)
		if err != nil {
			return Value{}, err
		}
		var v Value
		if d.each != nil && depth == 1 && EqualFold(name, d.each.name) && d.json.PeekKind() == '[' {
			v, err = d.stream(depth)
		} else {
			v, err = d.value(depth)
		}
		if err != nil {
			return Value{}, err
		}
		d.fields = append(d.fields, Field{name, v})
	}
	if _, err := d.json.ReadToken(); err != nil {
		return Value{}, err
	}
	o := &Object{fields: slices.Clone(d.fields[begin:])}
	clear(d.fields[begin:])
	d.fields = d.fields[:begin]
	return ComplexOf(o), nil
}

// name reads a member name and makes sure that the fields of
// its object so far do not have it yet.
func (d *decoder) name(fields []Field, known *names) (string, error) {
	if d.json.PeekKind() != '"' { // let the tokenizer say what is wrong
		if _, err := d.json.ReadToken(); err != nil {
			return "", err
		}
		return "", d.fail("a member name is expected")
	}
	raw, err := d.json.ReadValue()
	if err != nil {
		return "", err
	}
	name, err := d.intern(raw)
	switch {
	case err != nil:
		return "", err
	case len(name) > d.limits.Name:
		return "", d.fail("the member name is longer than %d bytes", d.limits.Name)
	case len(fields) >= d.limits.Members:
		return "", d.fail("the object has more than %d members", d.limits.Members)
	case strings.IndexByte(name, 0) >= 0:
		return "", d.fail("the member name holds U+0000, which is not allowed")
	}
	if !known.add(fields, name) {
		return "", d.fail("the object has the member %q twice (names are compared without regard to case)", fault.Clip(name))
	}
	return name, nil
}

// intern returns the text of a member name without allocating it if it was
// seen before. Long and escaped names are not kept, and not many.
func (d *decoder) intern(raw jsontext.Value) (string, error) {
	const most, longest = 512, 96
	if bytes.IndexByte(raw, '\\') >= 0 {
		b, err := jsontext.AppendUnquote(nil, raw)
		return string(b), err
	}
	text := raw[1 : len(raw)-1]
	if name, ok := d.names[string(text)]; ok {
		return name, nil
	}
	name := string(text)
	if len(name) <= longest {
		if len(d.names) >= most {
			clear(d.names)
		}
		d.names[name] = name
	}
	return name, nil
}

// fail is an error at the decoder's position.
func (d *decoder) fail(format string, args ...any) error {
	return fault.InvalidSyntax("%s", fmt.Sprintf(format, args...)+d.here())
}

func (d *decoder) here() string {
	return d.place(d.json.InputOffset(), string(d.json.StackPointer()))
}

// explain turns an error of the tokenizer into one for the client.
func (d *decoder) explain(err error) error {
	if _, ok := fault.As(err); ok {
		return err
	}
	var syntax *jsontext.SyntacticError
	switch {
	case errors.As(err, &syntax):
		why := fault.Clip(syntax.Err.Error())
		if errors.Is(err, io.ErrUnexpectedEOF) {
			why = "the text ends too early"
		}
		return fault.InvalidSyntax("the body is not valid JSON: %s", why+d.place(syntax.ByteOffset, string(syntax.JSONPointer)))
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fault.InvalidSyntax("the body is not valid JSON: the text ends too early")
	}
	return fault.InvalidSyntax("the body is not valid JSON, at byte %d", d.json.InputOffset())
}

// place says where: the byte offset and the JSON pointer, clipped.
func (d *decoder) place(offset int64, pointer string) string {
	if pointer == "" {
		return fmt.Sprintf(", at byte %d", offset)
	}
	return fmt.Sprintf(", at byte %d in %q", offset, fault.Clip(pointer))
}
