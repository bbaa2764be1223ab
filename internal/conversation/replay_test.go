package conversation_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/internal/conversation"
)

// echo answers with what the query says, and keeps what it was sent.
type echo struct {
	requests []string
	bodies   []string
	auth     []string
}

func (e *echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	e.requests = append(e.requests, r.Method+" "+r.RequestURI)
	e.bodies = append(e.bodies, string(b))
	e.auth = append(e.auth, strings.Join(r.Header.Values("Authorization"), "|"))
	w.Header().Set("ETag", `W/"1"`)
	fmt.Fprint(w, r.URL.Query().Get("say"))
}

func play(t *testing.T, e *echo, text string) error {
	t.Helper()
	s := httptest.NewServer(e)
	t.Cleanup(s.Close)
	c, err := conversation.Read("x.txt", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	p := &conversation.Player{Base: s.URL, Token: "secret"}
	return p.Play(context.Background(), c)
}

func TestPlayMatches(t *testing.T) {
	const said = `{"id":"7","n":1.0,"list":[{"a":1,"b":2},"x"],"text":"one two three","none":null,"deep":{"a":{"b":true}}}`
	for name, tt := range map[string]struct{ want, fails string }{
		"nothing asked":             {``, ``},
		"some members":              {`{"id":"7","deep":{"a":{"b":true}}}`, ``},
		"another value":             {`{"id":"8"}`, `id: is "7", want "8"`},
		"a number is not a string":  {`{"id":7}`, `id: is "7", want 7`},
		"numbers as they are sent":  {`{"n":1}`, `n: is 1.0, want 1`},
		"missing":                   {`{"other":1}`, `other: is not there, want 1`},
		"anything":                  {`{"id":"{{*}}","deep":"{{*}}"}`, ``},
		"anything, but null":        {`{"none":"{{*}}"}`, `none: is not there`},
		"null":                      {`{"none":null}`, ``},
		"absent":                    {`{"other":"{{absent}}"}`, ``},
		"absent, but it is":         {`{"none":"{{absent}}"}`, `none: is there`},
		"elements":                  {`{"list":[{"b":2},"x"]}`, ``},
		"too few elements":          {`{"list":[{"b":2}]}`, `list: is`},
		"another order":             {`{"list":["x",{"b":2}]}`, `list: [0]`},
		"no others":                 {`{"deep":{"a":"{{*}}","{{others}}":"{{absent}}"}}`, ``},
		"no others, but there are":  {`{"id":"7","{{others}}":"{{absent}}"}`, `want nothing but what is named`},
		"others below do not count": {`{"deep":{"a":{"{{others}}":"{{absent}}"},"{{others}}":"{{absent}}"}}`, `deep: a: b: is there`},
		"text":                      {`{"text":"one {{*}} three"}`, ``},
		"text, its end":             {`{"text":"{{*}}three"}`, ``},
		"text, several":             {`{"text":"{{*}}n{{*}}w{{*}}"}`, ``},
		"text, another start":       {`{"text":"two {{*}}"}`, `text: is`},
		"text, another middle":      {`{"text":"one{{*}}four{{*}}three"}`, `text: is`},
		"text of a number":          {`{"n":"{{*}}.0"}`, `n: is 1.0`},
		"not captured":              {`{"id":"{{user}}"}`, `nothing was captured as "user"`},
		"capture of an object":      {`{"deep":"{{user=*}}"}`, `want a string to capture as user`},
		"not an object":             {`{"id":{"a":1}}`, `id: is "7", want an object`},
		"no JSON expected":          {`{id}`, `the expected body is not JSON`},
	} {
		t.Run(name, func(t *testing.T) {
			err := play(t, &echo{}, "> GET /x?say="+strings.ReplaceAll(strings.ReplaceAll(said, " ", "%20"), `"`, "%22")+"\n< 200\n"+tt.want+"\n")
			switch {
			case tt.fails == "" && err != nil:
				t.Error(err)
			case tt.fails != "" && (err == nil || !strings.Contains(err.Error(), tt.fails)):
				t.Errorf("error %v, want one with %q", err, tt.fails)
			}
		})
	}
}

func TestPlayChecksStatusAndHeaders(t *testing.T) {
	for text, fails := range map[string]string{
		"> GET /x\n< 404":                                     "x.txt:1: GET /x: status 200, want [404]",
		"> GET /x\n< 404 | 200":                               "",
		"> GET /x\n< 200\n< ETag: W/\"1\"":                    "",
		"> GET /x\n< 200\n< ETag: W/\"2\"":                    "header Etag: is",
		"> GET /x\n< 200\n< Allow: {{*}}":                     "header Allow: is not there",
		"> GET /x\n< 200\n< Allow: {{absent}}":                "",
		"> GET /x\n< 200\n< ETag: {{absent}}":                 "header Etag: is there",
		"> GET /x\n< 200\n{}":                                 "the body is not JSON",
		"> GET /{{nobody}}\n< 200":                            "nothing was captured for {{nobody}}",
		"> POST /x\n{\"a\":\"{{nobody}}\"}\n< 200":            "nothing was captured for {{nobody}}",
		"> GET /x\n< 200\n< ETag: {{v=*}}\n\n> GET /y\n< 404": "x.txt:5: GET /y",
	} {
		err := play(t, &echo{}, text+"\n")
		switch {
		case fails == "" && err != nil:
			t.Errorf("%q: %v", text, err)
		case fails != "" && (err == nil || !strings.Contains(err.Error(), fails)):
			t.Errorf("%q: error %v, want one with %q", text, err, fails)
		}
	}
}

// Captured values are put into paths and headers as they are, and into bodies
// as JSON; the token is the client's unless an exchange has its own header.
func TestPlayFills(t *testing.T) {
	e := &echo{}
	err := play(t, e, `> GET /x?say=%7B%22id%22%3A%227%22%7D
< 200
< ETag: {{tag=*}}
{"id": "{{id=*}}"}

> PUT /x/{{id}}?say=%7B%22id%22%3A%227%22%7D
> Authorization: Token {{token}}
{"version":"{{tag}}","id":"{{id}}"}
< 200
< ETag: {{tag}}
{"id": "{{id}}"}

> GET /{{id}}
> Authorization:
< 200
`)
	if err != nil {
		t.Fatal(err)
	}
	if e.requests[1] != "PUT /x/7?say=%7B%22id%22%3A%227%22%7D" || e.requests[2] != "GET /7" {
		t.Errorf("requests %q", e.requests)
	}
	if e.bodies[1] != `{"version":"W/\"1\"","id":"7"}`+"\n" {
		t.Errorf("body %s", e.bodies[1])
	}
	if e.auth[0] != "Bearer secret" || e.auth[1] != "Token secret" || e.auth[2] != "" {
		t.Errorf("authorization %q", e.auth)
	}
}
