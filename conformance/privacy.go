package conformance

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// What a report shows of a server with real people in it: of resources that the
// run did not make only what they are called by, never what is in them; and of
// texts that a server made up nothing that could steer a terminal.

// redacted is the body as evidence shows it.
func (a *answer) redacted() string {
	if !a.ok() || a.doc == nil || discovery(a) {
		return string(a.raw)
	}
	if a.isList() {
		doc, foreign := attrs{}, false
		for name, v := range a.doc.(map[string]any) {
			doc[name] = v
		}
		all := make([]any, 0, len(list(a.at("Resources"))))
		for _, r := range list(a.at("Resources")) {
			if a.foreign(r) {
				r, foreign = outline(r), true
			}
			all = append(all, r)
		}
		if !foreign {
			return string(a.raw)
		}
		for name := range doc {
			if strings.EqualFold(name, "Resources") {
				doc[name] = all
			}
		}
		return string(encode(doc))
	}
	if a.foreign(a.doc) {
		return string(encode(outline(a.doc)))
	}
	return string(a.raw)
}

// foreign says whether a resource is none that this run made.
func (a *answer) foreign(r any) bool {
	if a.p == nil || text(at(r, "id")) == "" {
		return false
	}
	_, made := a.p.j.seen.ids[text(at(r, "id"))]
	return !made && !strings.Contains(strings.ToLower(string(encode(r))), a.p.j.prefix)
}

// outline is a resource with the kinds of its values instead of them.
func outline(r any) attrs {
	o, _ := r.(map[string]any)
	short := attrs{}
	for name, v := range o {
		switch {
		case name == "id" || name == "schemas":
			short[name] = v
		default:
			short[name] = kind(v)
		}
	}
	return short
}

// kind names what a value is, without it.
func kind(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return "a string"
	case bool:
		return "a boolean"
	case []any:
		return fmt.Sprintf("an array of %d", len(v))
	case map[string]any:
		return "an object"
	}
	return "a number"
}

// shown is the value that way leads to, or its kind if it is of a resource that
// is not the run's own.
func (a *answer) shown(way []any) string {
	v := a.at(way...)
	owner := a.doc
	if len(way) > 2 && way[0] == "Resources" {
		owner = a.at(way[:2]...)
	}
	if v != nil && a.ok() && !discovery(a) && way[len(way)-1] != "id" && a.foreign(owner) {
		return kind(v) + " of a resource that is not this run's"
	}
	return show(v)
}

// printable replaces what a terminal would obey or show as something else:
// controls, marks that turn the direction of text, bytes that are no UTF-8.
// Line ends stay.
func printable(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case r == '\n' || strconv.IsPrint(r):
			b.WriteRune(r)
		default:
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		}
		s = s[size:]
	}
	return b.String()
}
