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

// fails ends the check unless this is an error with the status and one of the
// words; none stands for any.
func (a *answer) fails(status int, scimTypes ...string) *answer {
	a.want(status)
	if text(a.at("status")) != fmt.Sprint(status) {
		a.fail("the body is no SCIM error with status %q", fmt.Sprint(status))
	}
	if len(scimTypes) > 0 && !slices.Contains(scimTypes, a.scimType()) {
		a.fail("scimType is %q, want %s", a.scimType(), strings.Join(scimTypes, " or "))
	}
	return a
}

// is ends the check unless way leads to a string, boolean or number like this.
func (a *answer) is(want any, way ...any) *answer {
	if got := a.at(way...); fmt.Sprint(got) != fmt.Sprint(want) {
		a.fail("%s is %s, want %s", place(way), show(got), show(want))
	}
	return a
}

// has ends the check unless way leads to something; lacks if it does.
func (a *answer) has(way ...any) *answer {
	if v := a.at(way...); v == nil || v == "" {
		a.fail("%s is missing", place(way))
	}
	return a
}

func (a *answer) lacks(way ...any) *answer {
	if v := a.at(way...); v != nil {
		a.fail("%s is %s, want none", place(way), show(v))
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

// evidence is the call and the answer in one line.
func (a *answer) evidence(long bool) string {
	s := a.method + " /" + a.path
	if long && a.sent != "" {
		s += " " + clip(a.sent, 240)
	}
	s += fmt.Sprintf(" → %d", a.status)
	if long && len(a.raw) > 0 {
		s += " " + clip(string(a.raw), 400)
	}
	return strings.Join(strings.Fields(s), " ")
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
