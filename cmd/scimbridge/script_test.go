package main

import (
	"bytes"
	"crypto/tls"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3" // for the command sql
	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes the test binary the command itself, too: the scripts and the
// process tests run the real main.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"scimbridge": main})
}

// TestScripts runs testdata/script: the command as its users use it. Besides the
// commands of testscript there are
//
//	serve NAME [ARG...]     starts scimbridge serve, sets $URL, $ADDRESS, $ADMIN and
//	                        $TOKEN, and leaves its output in NAME.out and NAME.err
//	terminate NAME          asks it to end, which must succeed
//	http METHOD URL [BODY] [-H 'Name: value']...
//	                        prints status and body; BODY is a file
//	field NAME VAR          sets a variable to a member of the JSON object printed last
//	sql FILE STATEMENT      changes a database behind the command's back
//	appears PATTERN FILE    waits until the file has it
//	status N PROGRAM [ARG...]  runs a program, which must end with that status
//
// and $SCHEMAS, the folder of the example schemas.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			examples, err := filepath.Abs("../../testdata/schemas")
			if err != nil {
				return err
			}
			env.Setenv("SCHEMAS", examples)
			env.Values[stateKey{}] = &scriptState{
				running: map[string]*process{},
				client:  &http.Client{Timeout: patience, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}},
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serve": scriptServe, "terminate": scriptTerminate, "http": scriptHTTP, "field": scriptField, "sql": scriptSQL, "appears": scriptAppears, "status": scriptStatus,
		},
	})
}

type stateKey struct{}

// scriptState is what the commands of one script share.
type scriptState struct {
	running map[string]*process
	client  *http.Client // with connections that are kept
}

func state(ts *testscript.TestScript) *scriptState { return ts.Value(stateKey{}).(*scriptState) }

func only(ts *testscript.TestScript, neg bool, args []string, usage string, least int) {
	if neg || len(args) < least {
		ts.Fatalf("usage: %s", usage)
	}
}

func scriptServe(ts *testscript.TestScript, neg bool, args []string) {
	only(ts, neg, args, "serve NAME [ARG...]", 1)
	var env []string
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "SCIMBRIDGE_CONFIG", "SCIMBRIDGE_DATABASE", "SCIMBRIDGE_BOOTSTRAP_TOKEN"} {
		env = append(env, name+"="+ts.Getenv(name))
	}
	if misspelled := ts.Getenv("SCIMBRIDGE_LISTNE"); misspelled != "" {
		env = append(env, "SCIMBRIDGE_LISTNE="+misspelled)
	}
	p, err := startProcess(ts.MkAbs("."), args[0], env, args[1:]...)
	ts.Check(err)
	state(ts).running[args[0]] = p
	ts.Defer(func() { _ = p.kill() }) // what a failed script leaves behind
	ts.Setenv("URL", p.url)
	ts.Setenv("ADDRESS", p.address)
	ts.Setenv("ADMIN", p.admin)
	ts.Setenv("TOKEN", p.token)
}

func scriptTerminate(ts *testscript.TestScript, neg bool, args []string) {
	only(ts, neg, args, "terminate NAME", 1)
	p := state(ts).running[args[0]]
	if p == nil {
		ts.Fatalf("%s does not run", args[0])
	}
	delete(state(ts).running, args[0])
	ts.Check(p.terminate())
}

func scriptHTTP(ts *testscript.TestScript, neg bool, args []string) {
	const usage = "http METHOD URL [BODY] [-H 'Name: value']..."
	only(ts, neg, args, usage, 2)
	header := http.Header{}
	var words []string
	for i := 0; i < len(args); i++ {
		if args[i] != "-H" {
			words = append(words, args[i])
			continue
		}
		i++
		if i == len(args) || !strings.Contains(args[i], ":") {
			ts.Fatalf("usage: %s", usage)
		}
		name, value, _ := strings.Cut(args[i], ":")
		header.Add(name, strings.TrimSpace(value))
	}
	var body io.Reader
	if len(words) > 2 {
		body = strings.NewReader(ts.ReadFile(words[2]))
		if header.Get("Content-Type") == "" {
			header.Set("Content-Type", "application/scim+json")
		}
	}
	r, err := http.NewRequest(words[0], words[1], body)
	ts.Check(err)
	r.Header = header
	res, err := state(ts).client.Do(r)
	ts.Check(err)
	answer, err := io.ReadAll(res.Body)
	ts.Check(err)
	ts.Check(res.Body.Close())
	fmt.Fprintf(ts.Stdout(), "%d\n%s\n", res.StatusCode, answer)
}

func scriptField(ts *testscript.TestScript, neg bool, args []string) {
	only(ts, neg, args, "field NAME VAR", 2)
	said := ts.ReadFile("stdout")
	if i := strings.IndexByte(said, '{'); i > 0 { // behind the status that http prints
		said = said[i:]
	}
	var object map[string]any
	dec := json.NewDecoder(strings.NewReader(said))
	dec.UseNumber()
	ts.Check(dec.Decode(&object))
	v, ok := object[args[0]]
	if !ok {
		ts.Fatalf("there is no %s in %s", args[0], said)
	}
	ts.Setenv(args[1], fmt.Sprint(v))
}

func scriptSQL(ts *testscript.TestScript, neg bool, args []string) {
	only(ts, neg, args, "sql FILE STATEMENT", 2)
	db, err := sql.Open("sqlite3", "file:"+ts.MkAbs(args[0])+"?_busy_timeout=5000")
	ts.Check(err)
	defer func() { ts.Check(db.Close()) }()
	_, err = db.Exec(args[1])
	ts.Check(err)
}

func scriptAppears(ts *testscript.TestScript, neg bool, args []string) {
	only(ts, neg, args, "appears TEXT FILE", 2)
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		b, err := os.ReadFile(ts.MkAbs(args[1]))
		if err == nil && bytes.Contains(b, []byte(args[0])) {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s never had %q (%v):\n%s", filepath.Base(args[1]), args[0], err, b)
		}
	}
}

// scriptStatus is exec for an exit status that is not just any failure.
func scriptStatus(ts *testscript.TestScript, neg bool, args []string) {
	only(ts, neg, args, "status N PROGRAM [ARG...]", 2)
	err := ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	if got := "0"; err != nil {
		if !errors.As(err, &exit) {
			ts.Fatalf("%s: %v", args[1], err)
		}
		if got = strconv.Itoa(exit.ExitCode()); got != args[0] {
			ts.Fatalf("%s ended with status %s, not %s", args[1], got, args[0])
		}
	} else if args[0] != got {
		ts.Fatalf("%s ended with status 0, not %s", args[1], args[0])
	}
}
