package web_test

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/internal/web"
)

// covers: PG-06, T-09
func TestCredential(t *testing.T) {
	for _, tt := range []struct {
		name     string
		header   []string
		query    string
		bearer   string // what Bearer returns, "" if refused
		raw      string // what BearerOrRaw returns
		wantFail error  // of Bearer
	}{
		{name: "bearer", header: []string{"Bearer abc"}, bearer: "abc", raw: "abc"},
		{name: "lower case", header: []string{"bearer abc"}, bearer: "abc", raw: "abc"},
		{name: "upper case", header: []string{"BEARER  abc "}, bearer: "abc", raw: "abc"},
		{name: "all characters of a token", header: []string{"Bearer aZ0-._~+/=="}, bearer: "aZ0-._~+/==", raw: "aZ0-._~+/=="},
		{name: "raw", header: []string{"eyJh.e30.x_y"}, raw: "eyJh.e30.x_y", wantFail: web.ErrCredential},
		{name: "none", wantFail: web.ErrNoCredential},
		{name: "empty", header: []string{""}, wantFail: web.ErrNoCredential},
		{name: "scheme alone", header: []string{"Bearer"}, wantFail: web.ErrCredential},
		{name: "scheme and blank", header: []string{"Bearer "}, wantFail: web.ErrCredential},
		{name: "basic", header: []string{"Basic dXNlcjpwYXNz"}, wantFail: web.ErrCredential},
		{name: "unknown scheme", header: []string{"OAuth abc"}, wantFail: web.ErrCredential},
		{name: "two tokens", header: []string{"Bearer abc def"}, wantFail: web.ErrCredential},
		{name: "two headers", header: []string{"Bearer abc", "Bearer def"}, wantFail: web.ErrCredential},
		{name: "comma", header: []string{"Bearer abc,def"}, wantFail: web.ErrCredential},
		{name: "padding alone", header: []string{"Bearer =="}, wantFail: web.ErrCredential},
		{name: "huge", header: []string{"Bearer " + strings.Repeat("a", 9000)}, wantFail: web.ErrCredential},
		{name: "in the query", query: "?access_token=abc", wantFail: web.ErrNoCredential},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/"+tt.query, nil)
			if tt.header != nil {
				r.Header["Authorization"] = tt.header
			}
			got, err := web.Bearer(r)
			if got != tt.bearer || !errors.Is(err, tt.wantFail) || (err == nil) != (tt.wantFail == nil) {
				t.Errorf("Bearer = %q, %v; want %q, %v", got, err, tt.bearer, tt.wantFail)
			}
			if got, err := web.BearerOrRaw(r); got != tt.raw || (err == nil) != (tt.raw != "") {
				t.Errorf("BearerOrRaw = %q, %v; want %q", got, err, tt.raw)
			}
		})
	}

	// A prefix is accepted only where it was configured.
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "oauth abc")
	if got, err := web.Credential(r, false, "OAuth"); got != "abc" || err != nil {
		t.Errorf("Credential = %q, %v", got, err)
	}
	r.Header.Set("Authorization", "OAuth")
	if got, err := web.Credential(r, true, "OAuth"); err == nil {
		t.Errorf("a scheme alone was taken as the token %q", got)
	}
}

func TestClientAddress(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.7:4711": "192.0.2.7", "[2001:db8::1]:80": "2001:db8::1", "@": "@",
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = remote
		r.Header.Set("X-Forwarded-For", "203.0.113.9")
		r.Header.Set("Forwarded", "for=203.0.113.9")
		r.Header.Set("X-Real-Ip", "203.0.113.9")
		if got := web.ClientAddress(r); got != want {
			t.Errorf("ClientAddress of %s = %q, want %q", remote, got, want)
		}
	}
}

func TestAnswers(t *testing.T) {
	body, err := web.MarshalJSON(map[string]string{"b": "<R&D>\u2028", "a": "ü"})
	if err != nil || string(body) != `{"a":"ü","b":"<R&D>\u2028"}` {
		t.Errorf("MarshalJSON = %s, %v", body, err)
	}
	if _, err := web.MarshalJSON(make(chan int)); err == nil {
		t.Error("a channel was encoded")
	}

	w := httptest.NewRecorder()
	web.WriteJSON(w, 201, "application/scim+json", body)
	if w.Code != 201 || w.Header().Get("Content-Type") != "application/scim+json" ||
		w.Header().Get("Content-Length") != "28" || w.Body.String() != string(body) {
		t.Errorf("answer %d %v %q", w.Code, w.Header(), w.Body)
	}
	for _, status := range []int{204, 304} {
		w := httptest.NewRecorder()
		web.WriteJSON(w, status, "application/json", []byte("{}"))
		if w.Code != status || w.Body.Len() != 0 || len(w.Header()) != 0 {
			t.Errorf("answer %d %v %q", w.Code, w.Header(), w.Body)
		}
	}
}
