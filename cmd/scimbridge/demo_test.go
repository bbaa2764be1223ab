package main

import (
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// stage is where a demo tells its story while a test reads it.
type stage struct {
	mu   sync.Mutex
	said strings.Builder
}

func (s *stage) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said.Write(b)
}

func (s *stage) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said.String()
}

// TestDemoInvitation: what the demo invites to try works for the person whom the
// reader creates, in all four applications.
func TestDemoInvitation(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	var out stage
	ended := make(chan error, 1)
	go func() { ended <- demo(ctx, "127.0.0.1:0", false, &out) }()
	for deadline := time.Now().Add(patience); !strings.Contains(out.String(), "grep ^scimbridge_"); time.Sleep(5 * time.Millisecond) {
		select {
		case err := <-ended:
			t.Fatalf("the demo ended: %v\n%s", err, out.String())
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("there is no invitation:\n%s", out.String())
		}
	}
	_, invitation, _ := strings.Cut(out.String(), "Try it:")
	if strings.Contains(invitation, "{{") {
		t.Fatalf("something was not filled in:\n%s", invitation)
	}
	token := regexp.MustCompile(`TOKEN=(\S+)`).FindStringSubmatch(invitation)[1]
	header, target, data := regexp.MustCompile(`-H ['"]([^:]+): ([^'"]+)['"]`), regexp.MustCompile(`'?(http://[^' ]+)'?`), regexp.MustCompile(`-d '([^']+)'`)
	commands := regexp.MustCompile(`(?m)^  curl .*$`).FindAllString(strings.ReplaceAll(invitation, "\\\n", ""), -1)
	want := []string{`"totalResults":`, graceName, graceName, `"success":true`, graceName, `"Active"`, "scimbridge_"}
	if len(commands) != len(want) {
		t.Fatalf("%d commands, want %d:\n%s", len(commands), len(want), invitation)
	}
	for i, command := range commands {
		method, body := http.MethodGet, ""
		if m := data.FindStringSubmatch(command); m != nil {
			method, body = http.MethodPost, m[1]
		}
		if strings.Contains(command, "-X POST") {
			method = http.MethodPost
		}
		req, err := http.NewRequestWithContext(ctx, method, target.FindStringSubmatch(command)[1], strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range header.FindAllStringSubmatch(command, -1) {
			req.Header.Set(h[1], strings.ReplaceAll(h[2], "$TOKEN", token))
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(res.Body)
		if err := res.Body.Close(); err != nil {
			t.Error(err)
		}
		if err != nil || res.StatusCode/100 != 2 || !strings.Contains(string(answer), want[i]) {
			t.Errorf("%s\nanswers %d %s, %v", command, res.StatusCode, answer, err)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	stop()
	if err := <-ended; err != nil {
		t.Errorf("the demo ended with %v", err)
	}
}
