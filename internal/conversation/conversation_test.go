package conversation_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/scimbridge/scimbridge/internal/conversation"
)

const sample = `# A title.
# covers: OK-01, OK-02
# mode: strict
# schemes: OAuth, Token

# look first
> GET /Users?filter=userName+eq+"a"
> X-Two: one
> X-Two: two
< 200 | 204
< ETag: {{*}}

> POST /Users
{"userName":
 "a"}

< 201
# about the answer
{"id":
 "{{id=*}}"}
`

func TestRead(t *testing.T) {
	c, err := conversation.Read("okta/x.txt", strings.NewReader(sample))
	if err != nil {
		t.Fatal(err)
	}
	if c.Name != "okta/x.txt" || c.Title != "A title." || c.Mode != "strict" ||
		!slices.Equal(c.Covers, []string{"OK-01", "OK-02"}) || !slices.Equal(c.Schemes, []string{"OAuth", "Token"}) {
		t.Errorf("head: %+v", c)
	}
	if len(c.Exchanges) != 2 {
		t.Fatalf("%d exchanges", len(c.Exchanges))
	}
	first, second := c.Exchanges[0], c.Exchanges[1]
	if first.Line != 7 || first.Title != "look first" || first.Method != "GET" || first.Path != `/Users?filter=userName+eq+"a"` || first.Body != "" ||
		!slices.Equal(first.Header.Values("X-Two"), []string{"one", "two"}) || !slices.Equal(first.Status, []int{200, 204}) ||
		first.WantHeader.Get("ETag") != "{{*}}" || first.WantBody != "" {
		t.Errorf("first: %+v", first)
	}
	if second.Body != "{\"userName\":\n \"a\"}\n" || !slices.Equal(second.Status, []int{201}) || second.WantBody != "{\"id\":\n \"{{id=*}}\"}\n" || second.Title != "" {
		t.Errorf("second: %+v", second)
	}
}

func TestReadRefuses(t *testing.T) {
	for name, tt := range map[string]struct{ text, says string }{
		"nothing":             {"# a title\n", "no exchanges"},
		"text ahead":          {"hello\n", "x.txt:1: text outside"},
		"no answer":           {"> GET /Users\n", "x.txt:1: the request has no answer"},
		"request on request":  {"> POST /Users\n{}\n> GET /Users\n< 200\n", "x.txt:3: a new request begins before the answer"},
		"answer to nothing":   {"< 200\n", "x.txt:1: an answer without a request"},
		"two answers":         {"> GET /Users\n< 200\n{}\n< 200\n", "x.txt:4: an answer without a request"},
		"status in words":     {"> GET /Users\n< OK\n", "x.txt:2: want \"< STATUS\""},
		"no method":           {"> /Users\n< 200\n", "x.txt:1: want \"> METHOD /path\""},
		"path without slash":  {"> GET Users\n< 200\n", "x.txt:1: want \"> METHOD /path\""},
		"no header":           {"> GET /Users\n> nothing\n< 200\n", "x.txt:2: want \"> Header: value\""},
		"no header in answer": {"> GET /Users\n< 200\n< nothing\n", "x.txt:3: want \"< Header: value\""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := conversation.Read("x.txt", strings.NewReader(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %v, want one with %q", err, tt.says)
			}
		})
	}
}

func TestReadAll(t *testing.T) {
	one := &fstest.MapFile{Data: []byte("> GET /Users\n< 200\n")}
	all, err := conversation.ReadAll(fstest.MapFS{
		"okta/b.txt": one, "okta/a.txt": one, "entra/z.txt": one,
		"okta/notes.md": {Data: []byte("no conversation")}, "ids.txt": {Data: []byte("no conversation")},
	})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range all {
		names = append(names, c.Name)
	}
	if want := []string{"entra/z.txt", "okta/a.txt", "okta/b.txt"}; !slices.Equal(names, want) {
		t.Errorf("%q, want %q", names, want)
	}
	if _, err := conversation.ReadAll(fstest.MapFS{"okta/a.txt": {Data: []byte("hello")}}); err == nil || !strings.Contains(err.Error(), "okta/a.txt:1") {
		t.Errorf("a broken file: %v", err)
	}
}
