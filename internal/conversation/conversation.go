// Package conversation reads and replays recorded conversations between an
// identity provider and the bridge: text files under testdata/idp, each a list
// of requests with the answers that are right. The tests hold the real handler
// to them, and the demo shows them.
//
// A file looks like this:
//
//	# Okta unassigns a user.            comments, anywhere between exchanges
//	# covers: OK-07, OK-12              what the conversation proves
//	# mode: strict                      the client's mode, tolerant if not said
//	# schemes: OAuth                    what Authorization may begin with besides Bearer
//
//	> PATCH /Users/{{user}}             a request: method and path below the SCIM base
//	> Content-Type: application/json    its headers, if any
//	{"schemas": […], "Operations": […]} its body, up to the answer, as it is sent
//
//	< 200                               the right status, or several: < 200 | 204
//	< ETag: {{*}}                       headers that must be there
//	{"active": false}                   what the JSON body must hold
//
// {{name}} stands for a value captured earlier, {{token}} for the client's token,
// {{base}} for the base URL in the server's own words.
// In an expected body every member that is named must be there and match; members
// that are not named do not matter. Arrays match element by element. These strings
// are special there:
//
//	"{{*}}"                      anything that is not null
//	"one {{*}} three"            any text in its place
//	"{{absent}}"                 the member must not be there
//	"{{name=*}}"                 any string; captured as name
//	"{{others}}": "{{absent}}"   a member: the object has no members but the named ones
package conversation

import (
	"bufio"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"sort"
	"strconv"
	"strings"
)

// Conversation is one parsed file.
type Conversation struct {
	Name      string   // path of the file, e.g. "okta/oin-user.txt"
	Title     string   // its first comment line
	Covers    []string // the ids it names
	Mode      string   // the client's mode; "" is tolerant
	Schemes   []string // accepted in Authorization besides Bearer
	Exchanges []Exchange
}

// Exchange is one request with the answer that is right.
type Exchange struct {
	Line   int // where the request stands in the file
	Title  string
	Method string
	Path   string // below the SCIM base URL, with its query
	Header http.Header
	Body   string

	Status     []int
	WantHeader http.Header
	WantBody   string // "" if the body does not matter
}

// ReadAll reads all conversations (*.txt) in the folders of fsys, by name. Files
// beside the folders are no conversations.
func ReadAll(fsys fs.FS) ([]Conversation, error) {
	var all []Conversation
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".txt" || path.Dir(name) == "." {
			return err
		}
		f, err := fsys.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		c, err := Read(name, f)
		if err != nil {
			return err
		}
		all = append(all, c)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read conversations: %w", err)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Name < all[j].Name })
	return all, nil
}

// Read parses one file.
func Read(name string, r io.Reader) (Conversation, error) {
	c := Conversation{Name: name}
	var ex *Exchange
	var title string
	state := between
	in := bufio.NewScanner(r)
	in.Buffer(nil, 16<<20)
	line := 0
	fail := func(format string, args ...any) (Conversation, error) {
		return c, fmt.Errorf("%s:%d: %s", name, line, fmt.Sprintf(format, args...))
	}
	for in.Scan() {
		line++
		text := in.Text()
		marker, rest := "", ""
		if len(text) > 0 && strings.ContainsRune("><#", rune(text[0])) {
			marker, rest = text[:1], strings.TrimSpace(text[1:])
		}
		switch {
		case marker == "#":
			if ids, ok := strings.CutPrefix(rest, "covers:"); ok {
				c.Covers = append(c.Covers, words(ids)...)
			} else if mode, ok := strings.CutPrefix(rest, "mode:"); ok {
				c.Mode = strings.TrimSpace(mode)
			} else if schemes, ok := strings.CutPrefix(rest, "schemes:"); ok {
				c.Schemes = append(c.Schemes, words(schemes)...)
			} else if c.Title == "" {
				c.Title = rest
			} else if state != request && state != requestBody {
				title = rest
			}
		case marker == ">" && state != request:
			if state == requestBody {
				return fail("a new request begins before the answer (<) to the one of line %d", ex.Line)
			}
			method, p, ok := strings.Cut(rest, " ")
			if !ok || !strings.HasPrefix(strings.TrimSpace(p), "/") {
				return fail("want \"> METHOD /path\"")
			}
			c.Exchanges = append(c.Exchanges, Exchange{Line: line, Title: title, Method: method, Path: strings.TrimSpace(p), Header: http.Header{}, WantHeader: http.Header{}})
			ex, title, state = &c.Exchanges[len(c.Exchanges)-1], "", request
		case marker == ">":
			k, v, ok := strings.Cut(rest, ":")
			if !ok {
				return fail("want \"> Header: value\"")
			}
			ex.Header.Add(k, strings.TrimSpace(v))
		case marker == "<" && state != answer:
			if ex == nil || len(ex.Status) > 0 {
				return fail("an answer without a request")
			}
			for s := range strings.SplitSeq(rest, "|") {
				code, err := strconv.Atoi(strings.TrimSpace(s))
				if err != nil {
					return fail("want \"< STATUS\" or \"< STATUS | STATUS\"")
				}
				ex.Status = append(ex.Status, code)
			}
			state = answer
		case marker == "<":
			k, v, ok := strings.Cut(rest, ":")
			if !ok {
				return fail("want \"< Header: value\"")
			}
			ex.WantHeader.Add(k, strings.TrimSpace(v))
		case strings.TrimSpace(text) == "":
		case state == request || state == requestBody:
			ex.Body += text + "\n"
			state = requestBody
		case state == answer || state == answerBody:
			ex.WantBody += text + "\n"
			state = answerBody
		default:
			return fail("text outside of a request or answer: %q", text)
		}
	}
	if err := in.Err(); err != nil {
		return c, fmt.Errorf("%s: %w", name, err)
	}
	for _, e := range c.Exchanges {
		if len(e.Status) == 0 {
			return c, fmt.Errorf("%s:%d: the request has no answer", name, e.Line)
		}
	}
	if len(c.Exchanges) == 0 {
		return c, fmt.Errorf("%s: no exchanges", name)
	}
	return c, nil
}

// words splits at commas.
func words(s string) []string {
	list := strings.Split(s, ",")
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
	return list
}

// The places in a file.
const (
	between = iota
	request
	requestBody
	answer
	answerBody
)
