package conversation

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Player replays conversations against a SCIM server.
type Player struct {
	Base string // the SCIM base URL, without a trailing slash
	// Public is what the server calls its own base URL, {{base}}; "" means Base.
	Public string
	Token  string // sent as a bearer token unless the exchange has its own Authorization
	Client *http.Client
	// Vars are the captured values; a Player keeps them over conversations.
	Vars map[string]string
	// Done, if not nil, is called after each exchange that went as it should.
	Done func(Exchange, Answer)
}

// Answer is what the server said.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	Took   time.Duration
}

// Play replays one conversation and returns the first thing that was not right.
func (p *Player) Play(ctx context.Context, c Conversation) error {
	if p.Vars == nil {
		p.Vars = map[string]string{}
	}
	for _, e := range c.Exchanges {
		a, err := p.exchange(ctx, e)
		if err == nil {
			err = p.check(e, a)
		}
		if err != nil {
			return fmt.Errorf("%s:%d: %s %s: %w", c.Name, e.Line, e.Method, e.Path, err)
		}
		if p.Done != nil {
			p.Done(e, a)
		}
	}
	return nil
}

func (p *Player) exchange(ctx context.Context, e Exchange) (a Answer, err error) {
	path, body := p.fill(e.Path), p.fillJSON(e.Body)
	if name := placeholder.FindString(path + body); name != "" {
		return a, fmt.Errorf("nothing was captured for %s", name)
	}
	req, err := http.NewRequestWithContext(ctx, e.Method, p.Base+path, strings.NewReader(body))
	if err != nil {
		return a, err
	}
	if p.Token != "" {
		req.Header.Set("Authorization", "Bearer "+p.Token)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/scim+json; charset=utf-8")
	}
	for k, vs := range e.Header {
		req.Header.Del(k)
		for _, v := range vs {
			if v = p.fill(v); v != "" { // an empty header in the file: not sent
				req.Header.Add(k, v)
			}
		}
	}
	client := p.Client
	if client == nil {
		client = http.DefaultClient
	}
	start := time.Now()
	res, err := client.Do(req)
	if err != nil {
		return a, err
	}
	defer res.Body.Close()
	if a.Body, err = io.ReadAll(res.Body); err != nil {
		return a, err
	}
	a.Status, a.Header, a.Took = res.StatusCode, res.Header, time.Since(start)
	return a, nil
}

// fill replaces {{name}} by what was captured.
func (p *Player) fill(s string) string {
	return p.replace(s, func(v string) string { return v })
}

// fillJSON is fill inside of JSON strings.
func (p *Player) fillJSON(s string) string {
	return p.replace(s, func(v string) string {
		quoted, err := json.Marshal(v)
		if err != nil {
			return v // a string always has a JSON form
		}
		return string(quoted[1 : len(quoted)-1])
	})
}

// special are the strings of an expectation that are not compared as they are.
var special = regexp.MustCompile(`^\{\{(\*|[a-z][a-zA-Z0-9_]*(=\*)?)\}\}$`)

// placeholder is what stands for a captured value.
var placeholder = regexp.MustCompile(`\{\{[a-z][a-zA-Z0-9_]*\}\}`)

func (p *Player) replace(s string, form func(string) string) string {
	if !strings.Contains(s, "{{") {
		return s
	}
	return placeholder.ReplaceAllStringFunc(s, func(word string) string {
		name := word[2 : len(word)-2]
		if v, ok := p.Vars[name]; ok {
			return form(v)
		}
		if name == "base" {
			return form(cmp.Or(p.Public, p.Base))
		}
		if name == "token" {
			return form(p.Token)
		}
		return word
	})
}

func (p *Player) check(e Exchange, a Answer) error {
	if !slices.Contains(e.Status, a.Status) {
		return fmt.Errorf("status %d, want %v; body: %s", a.Status, e.Status, a.Body)
	}
	for k, vs := range e.WantHeader {
		for _, want := range vs {
			got := a.Header.Get(k)
			if err := p.match(any(p.fill(want)), any(got), got != ""); err != nil {
				return fmt.Errorf("header %s: %w", k, err)
			}
		}
	}
	if e.WantBody == "" {
		return nil
	}
	want, err := decode([]byte(p.fillJSON(e.WantBody)))
	if err != nil {
		return fmt.Errorf("the expected body is not JSON: %w", err)
	}
	got, err := decode(a.Body)
	if err != nil {
		return fmt.Errorf("the body is not JSON: %w: %s", err, a.Body)
	}
	if err := p.match(want, got, true); err != nil {
		return fmt.Errorf("%w; body: %s", err, a.Body)
	}
	return nil
}

func decode(b []byte) (v any, err error) {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	err = dec.Decode(&v)
	return v, err
}

// match compares an expectation with what came; there says whether anything came.
func (p *Player) match(want, got any, there bool) error {
	if s, ok := want.(string); ok && special.MatchString(s) {
		word := s[2 : len(s)-2]
		switch {
		case word == "absent":
			if there {
				return fmt.Errorf("is there (%s), want nothing", show(got))
			}
			return nil
		case !there || got == nil:
			return fmt.Errorf("is not there")
		case word == "*":
			return nil
		}
		if name, ok := strings.CutSuffix(word, "=*"); ok {
			text, isText := got.(string)
			if !isText {
				return fmt.Errorf("is %s, want a string to capture as %s", show(got), name)
			}
			p.Vars[name] = text
			return nil
		}
		return fmt.Errorf("nothing was captured as %q", word)
	}
	if !there {
		return fmt.Errorf("is not there, want %s", show(want))
	}
	switch want := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return fmt.Errorf("is %s, want an object", show(got))
		}
		for k, w := range want {
			if k == "{{others}}" {
				for other, v := range g {
					if _, named := want[other]; !named {
						return fmt.Errorf("%s: is there (%s), want nothing but what is named", other, show(v))
					}
				}
				continue
			}
			v, there := g[k]
			if err := p.match(w, v, there); err != nil {
				return fmt.Errorf("%s: %w", k, err)
			}
		}
		return nil
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(want) {
			return fmt.Errorf("is %s, want %s", show(got), show(want))
		}
		for i := range want {
			if err := p.match(want[i], g[i], true); err != nil {
				return fmt.Errorf("[%d]: %w", i, err)
			}
		}
		return nil
	}
	if text, ok := want.(string); ok && strings.Contains(text, "{{*}}") {
		if g, ok := got.(string); ok && matchText(text, g) {
			return nil
		}
		return fmt.Errorf("is %s, want %s", show(got), show(want))
	}
	if want != got {
		return fmt.Errorf("is %s, want %s", show(got), show(want))
	}
	return nil
}

// matchText reports whether got is want with any text where {{*}} stands.
func matchText(want, got string) bool {
	parts := strings.Split(want, "{{*}}")
	last := len(parts) - 1
	got, ok := strings.CutPrefix(got, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1:last] {
		i := strings.Index(got, part)
		if i < 0 {
			return false
		}
		got = got[i+len(part):]
	}
	return strings.HasSuffix(got, parts[last])
}

func show(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	if len(b) > 300 {
		return string(b[:300]) + "…"
	}
	return string(b)
}
