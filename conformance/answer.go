package conformance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// answer is what came back for a call.
type answer struct {
	call
	p      *probe
	sent   string // the request's body
	status int
	header http.Header
	raw    []byte
	doc    any // the body's JSON; nil if it is none
	// reread says that the server answered a create without a body, which it
	// may: raw and doc are those of the GET that followed.
	reread bool
}

// at walks into the body: names of members, indexes of elements. Names are
// found in any case (R-7643-2.1-01). What is not there is nil.
func (a *answer) at(way ...any) any { return at(a.doc, way...) }

func at(v any, way ...any) any {
	for _, step := range way {
		switch step := step.(type) {
		case string:
			o, ok := v.(map[string]any)
			if !ok {
				return nil
			}
			if v, ok = o[step]; !ok {
				v = nil
				for name, x := range o {
					if strings.EqualFold(name, step) {
						v = x
					}
				}
			}
		case int:
			l, ok := v.([]any)
			if !ok || step >= len(l) {
				return nil
			}
			v = l[step]
		}
	}
	return v
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

// integer returns a JSON number without fraction and exponent.
func integer(v any) (int, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	i, err := n.Int64()
	return int(i), err == nil
}

func (a *answer) id() string { return text(a.at("id")) }

// texts returns the strings that way leads to in each element of a list.
func (a *answer) texts(name string, way ...any) (all []string) {
	for _, x := range list(a.at(name)) {
		if s, ok := at(x, way...).(string); ok {
			all = append(all, s)
		}
	}
	return all
}

// scimType is the word of an error body.
func (a *answer) scimType() string { return text(a.at("scimType")) }

func (a *answer) ok() bool { return a.status >= 200 && a.status < 300 }

// want ends the check unless the status is one of these.
func (a *answer) want(statuses ...int) *answer {
	if !slices.Contains(statuses, a.status) {
		a.fail("want status %s", words(statuses))
	}
	return a
}

// fails ends the check unless this is an answer with the status. Words are what
// scimType should be, if it is there: it is optional, so that another one is a
// warning. What the body of an error must be is one requirement of its own
// (R-7644-3.12-01), which one answer breaks once.
func (a *answer) fails(status int, words ...string) *answer {
	a.want(status)
	if word := a.scimType(); word != "" && len(words) > 0 && !fits(word, words) {
		a.warn("scimType is %q, want %s", word, strings.Join(words, " or "))
	}
	return a
}

// failsAs is fails where the RFC names the one word for the case: another one
// ends the check, and none is a warning.
func (a *answer) failsAs(status int, word string) *answer {
	switch a.want(status); a.scimType() {
	case word:
	case "":
		a.warn("an error without scimType, want %s", word)
	default:
		a.fail("scimType is %q, want %s", a.scimType(), word)
	}
	return a
}

// fits says whether a word will do for one of those wanted: what is missing from
// a body, or of another type, is in the table of RFC 7644 section 3.12 both a
// body that "did not conform to the request schema" and a value that is missing
// or not compatible.
func fits(word string, words []string) bool {
	either := []string{"invalidSyntax", "invalidValue"}
	return slices.Contains(words, word) ||
		slices.Contains(either, word) && slices.ContainsFunc(words, func(w string) bool { return slices.Contains(either, w) })
}

// isList says whether the body is a list of resources, also if it does not say
// so by its schema.
func (a *answer) isList() bool {
	return contains(a.at("schemas"), messages+"ListResponse") || a.at("totalResults") != nil && a.at("id") == nil
}

// is ends the check unless way leads to a string, boolean or number like this.
func (a *answer) is(want any, way ...any) *answer {
	if got := a.at(way...); fmt.Sprint(got) != fmt.Sprint(want) {
		a.fail("%s is %s, want %s", place(way), a.shown(way), show(want))
	}
	return a
}

// has ends the check unless way leads to something; lacks if it does. Null and
// an empty array are nothing (RFC 7643 section 2.5).
func (a *answer) has(way ...any) *answer {
	if v := a.at(way...); v == nil || v == "" {
		a.fail("%s is missing", place(way))
	}
	return a
}

func (a *answer) lacks(way ...any) *answer {
	v := a.at(way...)
	if l, isList := v.([]any); v != nil && (!isList || len(l) > 0) {
		a.fail("%s is %s, want none", place(way), a.shown(way))
	}
	return a
}

// sameSet ends the check unless both hold the same strings in any order.
func (a *answer) sameSet(what string, got, want []string) {
	if g, w := slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want)); !slices.Equal(g, w) {
		a.fail("%s: got %q, want %q", what, g, w)
	}
}

// sameList is sameSet with the order.
func (a *answer) sameList(what string, got, want []string) {
	if !slices.Equal(got, want) {
		a.fail("%s: got %q, want %q", what, got, want)
	}
}

// fail ends the check with this answer as evidence.
func (a *answer) fail(format string, args ...any) {
	panic(ending{Fail, fmt.Sprintf(format, args...), a})
}

// warn notes something that is not as it should be and breaks no MUST; the check
// goes on. The first such thing is kept.
func (a *answer) warn(format string, args ...any) {
	a.p.j.warn(ending{Warn, fmt.Sprintf(format, args...), a})
}

// evidence is the call and the answer in one line.
func (a *answer) evidence(long bool) string {
	s := a.method + " /" + a.path
	if long && a.sent != "" {
		s += " " + clip(a.sent, 240)
	}
	s += fmt.Sprintf(" → %d", a.status)
	if a.reread {
		s += " without a body, then GET →"
	}
	if long && len(a.raw) > 0 {
		s += " " + clip(a.redacted(), 400)
	}
	return printable(strings.Join(strings.Fields(s), " "))
}

func place(way []any) string {
	var b strings.Builder
	for _, step := range way {
		switch step := step.(type) {
		case int:
			fmt.Fprintf(&b, "[%d]", step)
		default:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			fmt.Fprint(&b, step)
		}
	}
	return b.String()
}

func show(v any) string {
	if v == nil {
		return "missing"
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return clip(string(b), 120)
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

func words(numbers []int) string {
	s := make([]string, len(numbers))
	for i, n := range numbers {
		s[i] = fmt.Sprint(n)
	}
	return strings.Join(s, " or ")
}

// encode is JSON with the members of objects in order.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(ending{Error, err.Error(), nil})
	}
	return b
}
