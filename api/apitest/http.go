package apitest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Answer is what a handler answered.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Do sends a request straight to the handler. header holds names and values in
// turn; a body is sent as JSON unless header says otherwise.
func Do(t testing.TB, h http.Handler, method, target, body string, header ...string) Answer {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return Answer{w.Code, w.Result().Header, w.Body.String()}
}

// Decode reads the body of the answer as JSON.
func (a Answer) Decode(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.Body), v); err != nil {
		t.Fatalf("the answer %d is no JSON: %v\n%s", a.Status, err, a.Body)
	}
}

// Golden returns testdata/golden/<name> of the package under test, minified: the
// bytes that must be answered (documented-apis 0.1).
func Golden(t testing.TB, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "golden", name))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return b.String()
}

// WantGolden compares an answer with a golden one, byte for byte.
func (a Answer) WantGolden(t testing.TB, status int, name string) {
	t.Helper()
	a.Want(t, status, Golden(t, name))
}

// Want compares an answer, byte for byte.
func (a Answer) Want(t testing.TB, status int, body string) {
	t.Helper()
	if a.Status != status || a.Body != body {
		t.Errorf("got %d\n%s\nwant %d\n%s", a.Status, a.Body, status, body)
	}
	if got := a.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type is %q", got)
	}
}
