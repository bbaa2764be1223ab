package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// serveIn starts the command in a folder and ends it with the test.
func serveIn(t *testing.T, dir, name string, args ...string) *process {
	t.Helper()
	p, err := startProcess(dir, name, os.Environ(), args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.kill(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// A request that was accepted is finished after SIGTERM, a new one is not
// accepted, and the command ends well.
func TestTermination(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := serveIn(t, dir, "first")

	const body = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"in-flight"}`
	conn, in := p.beginPost(t, len(body))
	if _, err := io.WriteString(conn, body[:20]); err != nil {
		t.Fatal(err)
	}

	ended := make(chan error, 1)
	go func() { ended <- p.terminate() }()
	p.refuses(t)
	select {
	case err := <-ended:
		t.Fatalf("it ended with a request in flight: %v", err)
	default:
	}
	if _, err := io.WriteString(conn, body[20:]); err != nil {
		t.Fatal(err)
	}
	if _, err := in.ReadString('\n'); err != nil { // the empty line behind 100 Continue
		t.Fatal(err)
	}
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusCreated {
		t.Errorf("the request in flight was answered with %d, want 201", res.StatusCode)
	}
	if err := <-ended; err != nil {
		t.Errorf("it ended with %v, want status 0", err)
	}

	again := serveIn(t, dir, "again")
	c := &scimClient{t: t, base: again.url + "/scim/v2", token: p.token}
	if got := c.list("/Users?filter=" + `userName%20eq%20%22in-flight%22`); len(got) != 1 {
		t.Errorf("after the restart there are %d users, want the one that was acknowledged", len(got))
	}
	if err := again.terminate(); err != nil {
		t.Error(err)
	}
}

// Who does not want to wait for requests in flight asks twice.
func TestSecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	p := serveIn(t, t.TempDir(), "serve")
	p.beginPost(t, 100) // its body never comes
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	p.refuses(t)
	for {
		// Again and again: the process may not have got ready for it yet.
		if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		select {
		case <-p.ended:
			if status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || !status.Signaled() {
				t.Errorf("it ended with %v, want the end by the signal", p.result)
			}
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// beginPost sends the head of a request that creates a user with a body of so
// many bytes, and returns when the handler waits for them.
func (p *process) beginPost(t *testing.T, length int) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", p.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	// Expect: 100-continue makes the server say that the handler reads the body.
	if _, err := fmt.Fprintf(conn, "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/scim+json\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n",
		p.token, length); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	if line, err := in.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("%q, %v; want 100 Continue", line, err)
	}
	return conn, in
}

// refuses waits until the process accepts no more connections.
func (p *process) refuses(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(2 * time.Millisecond) {
		conn, err := net.Dial("tcp", p.address)
		if err != nil {
			return
		}
		conn.Close()
		if time.Now().After(deadline) {
			t.Fatal("new connections are still accepted")
		}
	}
}

// Commands that write share the database with the server and with each other.
func TestCommandsWriteBesideTheServer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := serveIn(t, dir, "serve")
	c := &scimClient{t: t, base: p.url + "/scim/v2", token: p.token}
	const writers, each = 2, 6
	tokens := make(chan string, writers*each)
	var commands, pushes sync.WaitGroup
	done := make(chan struct{})
	for w := range writers {
		commands.Go(func() {
			for i := range each {
				tenant := fmt.Sprintf("t%d-%d", w, i)
				for _, args := range [][]string{
					{"tenant", "create", tenant}, {"client", "create", "okta", "--tenant", tenant}, {"token", "create", "--client", "okta", "--tenant", tenant},
				} {
					cmd := exec.Command("scimbridge", args...)
					cmd.Dir = dir
					var said, wrong bytes.Buffer
					cmd.Stdout, cmd.Stderr = &said, &wrong
					if err := cmd.Run(); err != nil {
						t.Errorf("scimbridge %v: %v: %s", args, err, wrong.Bytes())
						return
					}
					if args[0] == "token" {
						tokens <- strings.TrimSpace(said.String())
					}
				}
			}
		})
	}
	pushed := 0
	pushes.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			c.create("/Users", fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"u%d"}`, pushed))
			pushed++
		}
	})
	commands.Wait()
	close(done)
	pushes.Wait()
	close(tokens)
	made := 0
	for token := range tokens {
		made++
		if got := (&scimClient{t: t, base: c.base, token: token}).list("/Users"); len(got) != 0 {
			t.Errorf("a new tenant has %d users", len(got))
		}
	}
	if made != writers*each {
		t.Errorf("%d tokens were made, want %d", made, writers*each)
	}
	if got := c.total("/Users"); pushed == 0 || got != pushed {
		t.Errorf("%d users, want the %d that were acknowledged", got, pushed)
	}
	checkIntegrity(t, filepath.Join(dir, "scimbridge.db"))
}

// scimClient pushes as an identity provider does. What goes wrong is an error of
// the test.
type scimClient struct {
	t           *testing.T
	base, token string
}

// call returns status 0 if there was no answer.
func (c *scimClient) call(method, path, body string) (status int, answer map[string]any) {
	r, err := http.NewRequest(method, c.base+path, strings.NewReader(body))
	if err != nil {
		c.t.Error(err)
		return 0, nil
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	if body != "" {
		r.Header.Set("Content-Type", "application/scim+json")
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, nil
	}
	if len(b) > 0 {
		if err := json.Unmarshal(b, &answer); err != nil {
			c.t.Errorf("%s %s: %v: %s", method, path, err, b)
		}
	}
	return res.StatusCode, answer
}

// must is call with the one status that is right.
func (c *scimClient) must(want int, method, path, body string) map[string]any {
	c.t.Helper()
	status, answer := c.call(method, path, body)
	if status != want {
		c.t.Errorf("%s %s: %d %v, want %d", method, path, status, answer, want)
	}
	return answer
}

func (c *scimClient) create(path, body string) (id string) {
	c.t.Helper()
	id, _ = c.must(http.StatusCreated, "POST", path, body)["id"].(string)
	return id
}

func (c *scimClient) list(path string) []any {
	c.t.Helper()
	all, _ := c.must(http.StatusOK, "GET", path, "")["Resources"].([]any)
	return all
}

func (c *scimClient) total(path string) int {
	c.t.Helper()
	n, _ := c.must(http.StatusOK, "GET", path, "")["totalResults"].(float64)
	return int(n)
}
