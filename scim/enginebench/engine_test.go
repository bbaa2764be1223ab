package enginebench

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/scim"
	"github.com/scimbridge/scimbridge/scim/elimitytest"
	"github.com/scimbridge/scimbridge/scim/scimtest"
)

// engine is one server under measurement.
type engine struct {
	handler http.Handler
	base    string // path before /Users
	token   string
	ids     []string // of the users that were there first
	created int      // since then
}

// engines start our server over a map, ours over SQLite, and elimity's over a
// map, each with the same users. One at a time is measured, so that no one pays
// for another's garbage.
var engines = map[string]func(tb testing.TB, users int) *engine{
	"ours": func(tb testing.TB, users int) *engine {
		s, err := scim.New(scim.Config{
			Backend: newMemory(), BaseURL: scimtest.BaseURL,
			Authenticate: func(*http.Request) (scim.Caller, error) {
				return scim.Caller{Actor: journal.Actor{Tenant: 1, Client: 1, Name: "scim:bench"}, Mode: "strict"}, nil
			},
		})
		if err != nil {
			tb.Fatal(err)
		}
		e := &engine{handler: s.Handler(), base: "/scim/v2"}
		return e.fill(tb, users)
	},
	"sqlite": func(tb testing.TB, users int) *engine {
		s := scimtest.Start(tb, scimtest.Options{Mode: "strict"})
		e := &engine{handler: s.SCIM.Handler(), base: "/scim/v2", token: s.Token}
		return e.fill(tb, users)
	},
	"elimity": func(tb testing.TB, users int) *engine {
		s, err := elimitytest.NewServer(elimitytest.NewMemory(), elimitytest.NewMemory())
		if err != nil {
			tb.Fatal(err)
		}
		return (&engine{handler: s}).fill(tb, users)
	},
}

// fill creates the users, several at once, so that SQLite shares its commits.
func (e *engine) fill(tb testing.TB, users int) *engine {
	tb.Helper()
	e.ids = make([]string, users)
	var wait sync.WaitGroup
	for w := range 16 {
		wait.Go(func() {
			for i := w; i < users; i += 16 {
				var got struct{ ID string }
				a := e.do(tb, "POST", "/Users", user(i))
				if err := json.Unmarshal(a.body, &got); err != nil || a.status != http.StatusCreated {
					tb.Errorf("create %d: %d %s %v", i, a.status, a.body, err)
					return
				}
				e.ids[i] = got.ID
			}
		})
	}
	wait.Wait()
	if tb.Failed() {
		tb.FailNow()
	}
	return e
}

// sink is an http.ResponseWriter that keeps the answer, if it is to be kept.
type sink struct {
	header http.Header
	status int
	keep   bool
	body   []byte
}

func (s *sink) Header() http.Header { return s.header }

func (s *sink) WriteHeader(status int) {
	if s.status == 0 {
		s.status = status
	}
}

func (s *sink) Write(b []byte) (int, error) {
	s.WriteHeader(http.StatusOK)
	if s.keep {
		s.body = append(s.body, b...)
	}
	return len(b), nil
}

// payload is a request body as net/http hands it over: a reader with a length.
type payload struct{ *strings.Reader }

func (payload) Close() error { return nil }

// do sends a request and returns the answer with its body.
func (e *engine) do(tb testing.TB, method, path, body string) *sink {
	s := &sink{header: http.Header{}, keep: true}
	e.serve(tb, s, method, path, body)
	return s
}

func (e *engine) serve(tb testing.TB, s *sink, method, path, body string) {
	u, err := url.Parse(e.base + path)
	if err != nil {
		tb.Fatal(err)
	}
	r := &http.Request{
		Method: method, URL: u, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Host: "bridge.example", RemoteAddr: "192.0.2.1:1234",
		Header: http.Header{"Authorization": {"Bearer " + e.token}}, Body: http.NoBody,
	}
	if body != "" {
		r.Header["Content-Type"] = []string{"application/scim+json"}
		r.Body, r.ContentLength = payload{strings.NewReader(body)}, int64(len(body))
	}
	e.handler.ServeHTTP(s, r)
}

// user is a body of about 1.2 KB, such as identity providers send.
func user(i int) string { return employee(i, "Engineer") }

func employee(i int, title string) string {
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"userName":"user%[1]d@example.com","externalId":"ext-%[1]d","name":{"formatted":"Given%[1]d Family%[1]d","familyName":"Family%[1]d","givenName":"Given%[1]d"},"displayName":"Given%[1]d Family%[1]d","nickName":"nick%[1]d","title":"%[4]s","userType":"Employee","preferredLanguage":"en-US","locale":"en-US","timezone":"Europe/Berlin","active":true,"emails":[{"value":"user%[1]d@example.com","type":"work","primary":true},{"value":"home%[1]d@example.org","type":"home"}],"phoneNumbers":[{"value":"+49 30 %07[1]d","type":"work"},{"value":"+49 170 %07[1]d","type":"mobile"}],"addresses":[{"type":"work","streetAddress":"Street %[1]d","locality":"Berlin","postalCode":"10115","country":"DE"}],"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"%[1]d","department":"Department %[2]d","costCenter":"%[3]d","organization":"Example"}}`,
		i, i%50, i%20, title)
}

// fourOperations is a PATCH that changes the user each time i does.
func fourOperations(i int) string {
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"displayName","value":"Name %[1]d"},{"op":"replace","path":"name.givenName","value":"Given%[1]d"},{"op":"replace","path":"emails[type eq \"work\"].value","value":"mail%[1]d@example.com"},{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","value":"Department %[1]d"}]}`, i)
}

// filtered is the path of a list of those that match.
func filtered(filter string) string { return "/Users?count=100&filter=" + url.QueryEscape(filter) }
