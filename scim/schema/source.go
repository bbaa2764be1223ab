package schema

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// FileError is one mistake in a file of schemas or resource types. Lines and
// columns count from 1, columns in bytes.
type FileError struct {
	File   string
	Line   int
	Column int
	Reason string // what is wrong, and what would be right
}

func (e *FileError) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Reason)
}

// source is a file as a tree of values that know where they stand.
type source struct {
	file  string
	data  []byte
	lines []int // where each line begins, once an error asked
}

// node is one JSON value of a source.
type node struct {
	src      *source
	offset   int
	kind     jsontext.Kind // 'n', 't', 'f', '"', '0', '{', '['
	text     string        // of a string or number
	members  []member      // of an object
	elements []*node       // of an array
}

type member struct {
	name  string
	at    int // offset of the name
	value *node
}

// get returns the member of that name, or nil.
func (n *node) get(name string) *node {
	for _, m := range n.members {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

// at returns where the member of that name stands, or the object itself if it
// has no such member. A nil node, of a definition made in Go, is nowhere.
func (n *node) at(name string) *node {
	if n == nil {
		return nil
	}
	if v := n.get(name); v != nil {
		return v
	}
	return n
}

// wrong is an error about a place in the file; about no place it is the text alone.
func (n *node) wrong(format string, args ...any) error {
	if n == nil {
		return fmt.Errorf(format, args...)
	}
	return n.src.wrong(n.offset, format, args...)
}

func (s *source) wrong(offset int, format string, args ...any) error {
	if s.lines == nil {
		s.lines = []int{0}
		for i, c := range s.data {
			if c == '\n' {
				s.lines = append(s.lines, i+1)
			}
		}
	}
	offset = min(max(offset, 0), len(s.data))
	line, begins := slices.BinarySearch(s.lines, offset)
	if begins {
		line++
	}
	return &FileError{File: s.file, Line: line, Column: 1 + offset - s.lines[line-1], Reason: fmt.Errorf(format, args...).Error()}
}

// maxNesting bounds what is read: a list of schemas has seven levels.
const maxNesting = 16

// read parses the file: one JSON value, strictly, without a name twice in one object.
func (s *source) read() (*node, error) {
	if len(bytes.TrimSpace(s.data)) == 0 {
		return nil, s.wrong(0, "the file is empty; it must hold one schema or resource type, or a list of them, as JSON")
	}
	d := jsontext.NewDecoder(bytes.NewReader(s.data))
	n, err := s.value(d, 0)
	if err != nil {
		return nil, s.explain(d, err)
	}
	switch _, err := d.ReadToken(); {
	case err == nil:
		return nil, s.wrong(int(d.InputOffset()), "there is more behind the end of the JSON value; several schemas go into one array")
	case !errors.Is(err, io.EOF):
		return nil, s.explain(d, err)
	}
	return n, nil
}

// explain says where the tokenizer stopped.
func (s *source) explain(d *jsontext.Decoder, err error) error {
	var file *FileError
	var syntax *jsontext.SyntacticError
	switch {
	case errors.As(err, &file):
		return file
	case errors.As(err, &syntax) && errors.Is(syntax.Err, jsontext.ErrDuplicateName):
		return s.wrong(int(syntax.ByteOffset), "the name %q stands twice in one object", syntax.JSONPointer.LastToken())
	case errors.As(err, &syntax):
		return s.wrong(int(syntax.ByteOffset), "this is not JSON: %w", syntax.Err)
	}
	return s.wrong(int(d.InputOffset()), "this is not JSON: %w", err)
}

func (s *source) value(d *jsontext.Decoder, depth int) (*node, error) {
	d.PeekKind()
	n := &node{src: s, offset: s.next(d)}
	tok, err := d.ReadToken()
	if err != nil {
		return nil, err
	}
	n.kind = tok.Kind()
	switch n.kind {
	case '"', '0':
		n.text = tok.String()
		return n, nil
	case '{', '[':
	default:
		return n, nil
	}
	if depth >= maxNesting {
		return nil, n.wrong("the JSON is nested deeper than any schema is")
	}
	end := n.kind + 2 // '}' and ']' stand two behind their partners in ASCII
	for d.PeekKind() != end {
		m := member{at: s.next(d)}
		if n.kind == '{' {
			name, err := d.ReadToken()
			if err != nil {
				return nil, err
			}
			m.name = name.String()
		}
		if m.value, err = s.value(d, depth+1); err != nil {
			return nil, err
		}
		if n.kind == '{' {
			n.members = append(n.members, m)
		} else {
			n.elements = append(n.elements, m.value)
		}
	}
	_, err = d.ReadToken()
	return n, err
}

// next is where the next token begins.
func (s *source) next(d *jsontext.Decoder) int {
	i := int(d.InputOffset())
	for i < len(s.data) && bytes.IndexByte([]byte(" \t\r\n,:"), s.data[i]) >= 0 {
		i++
	}
	return i
}

// problems are the mistakes of a file, in its order.
type problems []error

func (p *problems) add(err error) {
	if err != nil {
		*p = append(*p, err)
	}
}

// err joins the problems, or is nil if there are none.
func (p problems) err() error {
	slices.SortStableFunc(p, func(a, b error) int {
		var x, y *FileError
		if !errors.As(a, &x) || !errors.As(b, &y) {
			return 0
		}
		return cmp.Or(cmp.Compare(x.Line, y.Line), cmp.Compare(x.Column, y.Column))
	})
	return errors.Join(p...)
}
