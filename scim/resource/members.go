package resource

import (
	"bytes"
	"slices"
)

// Members is a set of members of an object, by their names. It says what of a
// stored object is needed, so that nothing else has to be decoded. Nil is the
// set of all members. It is immutable.
type Members struct {
	names  []string
	quoted [][]byte // the names as AppendString writes them, with the colon
}

// NewMembers returns the set of these names.
func NewMembers(names ...string) *Members {
	m := &Members{}
	for _, name := range names {
		if !slices.Contains(m.names, name) {
			m.names = append(m.names, name)
			m.quoted = append(m.quoted, append(AppendString(nil, name), ':'))
		}
	}
	return m
}

// Has reports whether a member of this name is in the set.
func (m *Members) Has(name string) bool { return m == nil || slices.Contains(m.names, name) }

// Append appends what of an object is in the set, each member with a comma
// before it. The object is trusted to be what AppendJSON has written: it is
// walked over, not checked, and no further than to the last member of the set.
// Where it can not be such a text ok is false, and nothing is appended.
func (m *Members) Append(dst, object []byte) (_ []byte, ok bool) {
	n := len(object)
	if n < 2 || object[0] != '{' || object[n-1] != '}' {
		return dst, false
	}
	if n == 2 {
		return dst, true
	}
	if m == nil {
		dst = append(dst, ',')
		return append(dst, object[1:n-1]...), true
	}
	kept, found := len(dst), 0
	for i := 1; found < len(m.names); {
		name := object[i:]
		if name[0] != '"' {
			return dst[:kept], false
		}
		value := skipString(object, i)
		if value < 0 || value >= n || object[value] != ':' {
			return dst[:kept], false
		}
		end := skipValue(object, value+1)
		if end <= value+1 || end >= n {
			return dst[:kept], false
		}
		if m.holds(name[:value+1-i]) {
			dst = append(dst, ',')
			dst = append(dst, object[i:end]...)
			found++
		}
		switch {
		case object[end] == ',' && end+1 < n:
			i = end + 1
		case end == n-1:
			return dst, true
		default:
			return dst[:kept], false
		}
	}
	return dst, true
}

// holds is Has for a name in quotes with a colon.
func (m *Members) holds(quoted []byte) bool {
	for _, q := range m.quoted {
		if bytes.Equal(q, quoted) {
			return true
		}
	}
	return false
}

// skipValue returns where the value ends that begins at i, or -1.
func skipValue(text []byte, i int) int {
	for depth := 0; i >= 0 && i < len(text); {
		switch text[i] {
		case '"':
			i = skipString(text, i)
			if depth == 0 {
				return i
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i // behind a number or a word
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	return -1
}

// skipString returns what is behind the string whose opening quote is at i, or -1.
func skipString(text []byte, i int) int {
	for begin := i + 1; ; {
		n := bytes.IndexByte(text[begin:], '"')
		if n < 0 {
			return -1
		}
		end := begin + n
		slashes := end
		for slashes > i+1 && text[slashes-1] == '\\' {
			slashes--
		}
		if (end-slashes)%2 == 0 {
			return end + 1
		}
		begin = end + 1
	}
}
