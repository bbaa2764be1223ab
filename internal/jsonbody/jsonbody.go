// Package jsonbody decodes the JSON bodies of the application APIs into the wire
// structs of their edges. It is strict where parsers disagree with each other
// (a key given twice, invalid UTF-8, anything behind the value) and lenient where
// the vendors are (unknown keys), and its errors name the field that is wrong,
// never what was in it: a body may hold a password.
package jsonbody

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Error says what is wrong with a body, in words for the client.
type Error struct {
	// Pointer is the JSON pointer (RFC 6901) of the value that is wrong, "" for
	// the body as a whole.
	Pointer string
	Reason  string
}

func (e *Error) Error() string {
	if name := e.Field(); name != "" {
		return name + ": " + e.Reason
	}
	return e.Reason
}

// Field returns the place of the error as people write it: userRoles.YUBV99[0].
func (e *Error) Field() string {
	return strings.TrimPrefix(e.DataPath(), ".")
}

// DataPath returns the place in the notation of JSON schema validators in
// JavaScript: .Phones[0].PhoneNum.
func (e *Error) DataPath() string {
	var b strings.Builder
	for token := range jsontext.Pointer(e.Pointer).Tokens() {
		if token != "" && strings.Trim(token, "0123456789") == "" {
			fmt.Fprintf(&b, "[%s]", clip(token))
			continue
		}
		b.WriteString("." + clip(token))
	}
	return b.String()
}

// Unmarshal decodes data into the struct, slice or map that into points at.
// With strict, keys that into does not have are errors too. null leaves a field
// at its zero value, but is no body: read as an empty one, it would be a PUT that
// takes everything away. Every error is an *Error; into is then worthless.
func Unmarshal(data []byte, into any, strict bool) error {
	if len(bytes.TrimSpace(data)) == 0 {
		return &Error{Reason: "the body is empty; a JSON value is expected"}
	}
	if jsontext.Value(data).Kind() == 'n' {
		return &Error{Reason: kindOf(reflect.TypeOf(into)) + " is expected, not null"}
	}
	err := json.Unmarshal(data, into, json.RejectUnknownMembers(strict))
	if err == nil {
		return nil
	}
	var semantic *json.SemanticError
	if errors.As(err, &semantic) {
		e := &Error{Pointer: string(semantic.JSONPointer), Reason: "the value does not fit"}
		switch {
		case errors.Is(err, json.ErrUnknownName):
			e.Reason = "there is no such key"
		case semantic.GoType != nil && semantic.JSONKind != 0:
			e.Reason = fmt.Sprintf("%s is expected, not %s", kindOf(semantic.GoType), nameOf(semantic.JSONKind))
		}
		return e
	}
	var syntactic *jsontext.SyntacticError
	if errors.As(err, &syntactic) {
		e := &Error{Pointer: string(syntactic.JSONPointer), Reason: fmt.Sprintf("the body is not valid JSON at byte %d", syntactic.ByteOffset)}
		switch {
		case errors.Is(err, jsontext.ErrDuplicateName):
			e.Reason = "the key is given twice"
		case errors.Is(err, io.ErrUnexpectedEOF):
			e.Pointer, e.Reason = "", "the JSON value ends early"
		}
		return e
	}
	return &Error{Reason: "the body can not be read as JSON"}
}

// kindOf names the JSON type that a Go type is read from.
func kindOf(t reflect.Type) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice, reflect.Array:
		return "an array"
	case reflect.Map, reflect.Struct:
		return "an object"
	}
	return "a number"
}

func nameOf(k jsontext.Kind) string {
	switch k {
	case 'n':
		return "null"
	case 't', 'f':
		return "a boolean"
	case '"':
		return "a string"
	case '0':
		return "a number"
	case '{':
		return "an object"
	}
	return "an array"
}

// clip bounds what of a client's own key is said back to it.
func clip(s string) string {
	if len(s) > 64 {
		return strings.ToValidUTF8(s[:64], "") + "…"
	}
	return s
}
