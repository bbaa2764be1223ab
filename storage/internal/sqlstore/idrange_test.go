package sqlstore

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/scimbridge/scimbridge/directory"
)

// anID draws ids that share beginnings.
func anID(t *rapid.T, label string) (id directory.ID) {
	copy(id[:], rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 0x0f, 0x9a, 0xa0, 0xfe, 0xff}), 16, 16).Draw(t, label))
	return id
}

// A bound on the bytes must accept exactly the ids that the bound on the text accepts.
func TestFirstID(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := anID(t, "id")
		text := anID(t, "near").String()
		text = text[:rapid.IntRange(0, 36).Draw(t, "length")] + rapid.SampledFrom([]string{"", "", "-", "0", "f", "g", "A", "~", "\x00", "é"}).Draw(t, "tail")
		if rapid.Bool().Draw(t, "same") {
			text = id.String()[:rapid.IntRange(0, 36).Draw(t, "shared")] + text
		}
		first, ok := firstID(text)
		got := ok && bytes.Compare(id[:], first[:]) >= 0
		if want := id.String() >= text; got != want {
			t.Fatalf("%s >= %q is %t, but by bytes (%v, %t) it is %t", id, text, want, first, ok, got)
		}
	})
}

// s begins with the prefix exactly when it lies between the prefix and its successor.
func TestSuccessor(t *testing.T) {
	letters := rapid.SampledFrom([]rune{0, 'a', 'b', '%', 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10fffe, 0x10ffff})
	text := rapid.StringOfN(letters, 0, 4, -1)
	rapid.Check(t, func(t *rapid.T) {
		prefix, s := text.Draw(t, "prefix"), text.Draw(t, "s")
		if rapid.Bool().Draw(t, "same") {
			s = prefix + s
		}
		next, ok := successor(prefix)
		got := s >= prefix && (!ok || s < next)
		if want := strings.HasPrefix(s, prefix); got != want {
			t.Fatalf("%q begins with %q: %t, but by range to %q (%t) it is %t", s, prefix, want, next, ok, got)
		}
	})
	if next, ok := successor("a\xfe"); !ok || next != "a\xff" {
		t.Errorf("successor of bytes that are no text: %q, %t", next, ok)
	}
	if _, ok := successor("\xff"); ok {
		t.Error("the last byte has a successor")
	}
}
