package patch_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/patch"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// model is section 3.5.2 written down a second time, over plain maps and
// without a schema, for title, name and emails.
type model map[string]any

type email = map[string]any

var errModel = errors.New("refused")

// step is one operation as the model knows it.
type step struct {
	op, attr string // attr: title, name, emails
	sub      string // of name, or of emails under a filter
	by, is   string // filter: by eq is
	value    any
	tolerant bool
}

// creates reports whether the operation makes the element that its filter does
// not find: an add of any type, a replace of one that the schema names.
func (s step) creates() bool {
	return s.tolerant && s.by == "type" && s.sub != "type" && (s.op == "add" || s.is == "work" || s.is == "home")
}

// text is the operation on the wire.
func (s step) text() string {
	path := s.attr
	if s.by != "" {
		path += fmt.Sprintf("[%s eq %q]", s.by, s.is)
	}
	if s.sub != "" {
		path += "." + s.sub
	}
	o := map[string]any{"op": s.op, "path": path}
	if s.op != "remove" {
		o["value"] = s.value
	}
	b, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func (m model) apply(s step) error {
	switch {
	case s.attr == "title":
		m.put("title", s.value, s.op)
	case s.attr == "name" && s.sub == "" && s.op == "remove":
		delete(m, "name")
	case s.attr == "name":
		name, _ := m["name"].(map[string]any)
		if name == nil {
			name = map[string]any{}
		}
		given, _ := s.value.(map[string]any)
		if s.sub != "" {
			given = map[string]any{s.sub: s.value}
		}
		for k, v := range given {
			model(name).put(k, v, s.op)
		}
		m["name"] = name
		if len(name) == 0 {
			delete(m, "name")
		}
	default:
		return m.emails(s)
	}
	return nil
}

func (m model) put(k string, v any, op string) {
	if op == "remove" {
		delete(m, k)
		return
	}
	m[k] = v
}

func (m model) emails(s step) error {
	list, _ := m["emails"].([]email)
	defer func() { m["emails"] = list }()
	given, _ := s.value.([]email)
	switch {
	case s.by == "" && s.op == "remove":
		list = nil
		return nil
	case s.by == "" && s.op == "replace":
		list = nil
		fallthrough
	case s.by == "":
		var primary email
		for _, e := range given {
			at := same(list, e)
			if at == nil {
				at = email{}
				list = append(list, at)
			}
			for k, v := range e {
				at[k] = v
			}
			if e["primary"] == true {
				if primary != nil {
					return errModel
				}
				primary = at
			}
		}
		m.demote(list, primary)
		return nil
	}
	var hits, rest []email
	for _, e := range list {
		if have, _ := e[s.by].(string); have != "" && strings.EqualFold(have, s.is) {
			hits = append(hits, e)
		} else {
			rest = append(rest, e)
		}
	}
	switch {
	case s.op == "remove" && s.sub == "":
		list = rest
	case s.op == "remove":
		for _, e := range hits {
			delete(e, s.sub)
		}
	case len(hits) == 0 && s.creates():
		// EN-13, EN-15: what the filter says and what the operation sets.
		e := email{"type": s.is, s.sub: s.value}
		if s.value == true {
			m.demote(list, e)
		}
		list = append(list, e)
	case len(hits) == 0:
		return errModel
	case s.sub == "primary" && s.value == true:
		for _, e := range hits {
			e["primary"] = true
		}
		for _, e := range hits {
			if !reflect.DeepEqual(e, hits[0]) {
				return errModel
			}
		}
		for _, e := range rest {
			if e["primary"] == true {
				e["primary"] = false
			}
		}
	default:
		for _, e := range hits {
			e[s.sub] = s.value
		}
	}
	return nil
}

// finds counts the elements that the filter of a step selects.
func (m model) finds(s step) (n int) {
	list, _ := m["emails"].([]email)
	for _, e := range list {
		if have, _ := e[s.by].(string); have != "" && strings.EqualFold(have, s.is) {
			n++
		}
	}
	return n
}

// same finds the element that e repeats: of its value and type, or, when it
// has no type and no element without type matches, of its value.
func same(list []email, e email) email {
	var loose email
	for _, f := range list {
		a, _ := f["value"].(string)
		b, _ := e["value"].(string)
		if !strings.EqualFold(a, b) {
			continue
		}
		if f["type"] == e["type"] {
			return f
		}
		if e["type"] == nil && loose == nil {
			loose = f
		}
	}
	return loose
}

func sameMap(a, b email) bool { return reflect.ValueOf(a).Pointer() == reflect.ValueOf(b).Pointer() }

func (m model) demote(list []email, primary email) {
	for _, e := range list {
		if primary != nil && !sameMap(e, primary) && e["primary"] == true {
			e["primary"] = false
		}
	}
}

// finish is what the end of a request does: what has no content is gone, what
// repeats itself collapses into the first.
func (m model) finish(created []string) error {
	list, _ := m["emails"].([]email)
	for _, e := range list {
		for _, is := range created { // nothing but labels: there is no such value
			if t, _ := e["type"].(string); strings.EqualFold(t, is) && e["value"] == nil && e["display"] == nil {
				return errModel
			}
		}
	}
	var out []email
	primaries := 0
next:
	for _, e := range list {
		if e["value"] == nil && e["display"] == nil {
			continue
		}
		for _, f := range out {
			a, hasA := f["value"].(string)
			b, hasB := e["value"].(string)
			if hasA && hasB && strings.EqualFold(a, b) && f["type"] == e["type"] {
				for k, v := range e {
					if f[k] == nil || k == "primary" && v == true {
						f[k] = v
					}
				}
				continue next
			}
			if !hasA && !hasB && reflect.DeepEqual(e, f) {
				continue next
			}
		}
		out = append(out, e)
	}
	for _, e := range out {
		if e["primary"] == true {
			primaries++
		}
	}
	delete(m, "emails")
	if len(out) > 0 {
		m["emails"] = out
	}
	if primaries > 1 {
		return errModel
	}
	return nil
}

// The engine and the model agree on simple operations, in both modes.
// covers: EN-13, EN-15, R-7644-3.5.2-06, R-7644-3.5.2-07, R-7644-3.5.2.1-03, R-7644-3.5.2.1-04, R-7644-3.5.2.2-02, R-7644-3.5.2.3-02, R-7644-3.5.2.3-04, R-7644-3.5.2.3-05
func TestModel(t *testing.T) {
	word := rapid.SampledFrom([]string{"a", "b", "c"})
	types := rapid.SampledFrom([]string{"work", "home", "boat"})
	address := rapid.SampledFrom([]string{"a@x.io", "A@x.io", "b@x.io", "c@x.io"})
	emails := rapid.Custom(func(t *rapid.T) []email {
		var list []email
		for range rapid.IntRange(1, 3).Draw(t, "length") {
			e := email{"value": address.Draw(t, "value")}
			if rapid.Bool().Draw(t, "typed") {
				e["type"] = types.Draw(t, "type")
			}
			if rapid.Bool().Draw(t, "displayed") {
				e["display"] = word.Draw(t, "display")
			}
			if rapid.IntRange(0, 3).Draw(t, "primary") == 0 {
				e["primary"] = true
			}
			// The value of one operation does not repeat itself: what then
			// collapses first is the business of Normalize.
			if same(list, e) == nil {
				list = append(list, e)
			}
		}
		return list
	})
	steps := rapid.Custom(func(t *rapid.T) step {
		s := step{op: rapid.SampledFrom([]string{"add", "replace", "remove"}).Draw(t, "op")}
		switch rapid.IntRange(0, 6).Draw(t, "target") {
		case 0:
			s.attr, s.value = "title", word.Draw(t, "title")
		case 1:
			s.attr, s.sub, s.value = "name", rapid.SampledFrom([]string{"givenName", "familyName"}).Draw(t, "sub"), word.Draw(t, "value")
		case 2:
			s.attr, s.value = "name", map[string]any{rapid.SampledFrom([]string{"givenName", "middleName"}).Draw(t, "sub"): word.Draw(t, "value")}
		case 3, 4:
			s.attr, s.value = "emails", emails.Draw(t, "emails")
		default:
			s.attr = "emails"
			s.by = rapid.SampledFrom([]string{"type", "value"}).Draw(t, "by")
			s.is = types.Draw(t, "is")
			if s.by == "value" {
				s.is = address.Draw(t, "is")
			}
			s.sub = rapid.SampledFrom([]string{"display", "primary", "value", "type"}).Draw(t, "sub")
			switch s.sub {
			case "primary":
				s.value = true
			case "type":
				s.value = types.Draw(t, "value")
			case "value":
				s.value = address.Draw(t, "value")
			default:
				s.value = word.Draw(t, "value")
			}
			if s.op == "remove" && rapid.Bool().Draw(t, "element") {
				s.sub = ""
			}
		}
		return s
	})
	rapid.Check(t, func(t *rapid.T) {
		// Enough to start from that most filters find something.
		m := model{"userName": "u", "title": "T", "name": map[string]any{"familyName": "F"}, "emails": []email{
			{"value": "a@x.io", "type": "work", "primary": true}, {"value": "b@x.io", "type": "home"}, {"value": "c@x.io", "type": "boat", "display": "c"}}}
		before := object(t, `{"userName":"u","name":{"familyName":"F"},"title":"T","emails":[{"value":"a@x.io","type":"work","primary":true},{"value":"b@x.io","type":"home"},{"value":"c@x.io","display":"c","type":"boat"}]}`)
		var ops, created []string
		var refused error
		strict := rapid.Bool().Draw(t, "strict")
		for _, s := range rapid.SliceOfN(steps, 1, 6).Draw(t, "steps") {
			if !strict && s.by == "type" && s.sub == "type" && s.op != "remove" {
				s.sub, s.value = "display", "d" // an element made to be of another type is nobody's wish
			}
			if s.tolerant = !strict; s.creates() && s.op != "remove" && m.finds(s) == 0 {
				created = append(created, s.is)
			}
			ops = append(ops, s.text())
			if refused == nil {
				refused = m.apply(clone(s))
			}
		}
		if refused == nil {
			refused = m.finish(created)
		}
		body, err := resource.DecodeObject([]byte(`{"schemas":["`+patch.MessageURN+`"],"Operations":[`+strings.Join(ops, ",")+`]}`), resource.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		r, err := patch.Parse(body, schema.User(), patch.Options{Strict: strict})
		var after *resource.Object
		if err == nil {
			after, err = r.Apply(before)
		}
		if refused != nil {
			if _, ok := fault.As(err); !ok {
				t.Fatalf("%s: got %v, %v; the model refuses", ops, after, err)
			}
			return
		}
		if err != nil {
			t.Fatalf("%s: %v; the model has %v", ops, err, m)
		}
		text, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		want, err := resource.DecodeObject(text, resource.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if !after.Equal(want) {
			t.Fatalf("%s:\ngot  %s\nwant %s", strings.Join(ops, "\n"), after, want)
		}
	})
}

// clone copies what the model would share between operations.
func clone(s step) step {
	list, ok := s.value.([]email)
	if !ok {
		return s
	}
	var c []email
	for _, e := range list {
		f := email{}
		for k, v := range e {
			f[k] = v
		}
		c = append(c, f)
	}
	s.value = c
	return s
}
