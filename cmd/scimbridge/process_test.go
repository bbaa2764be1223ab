package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"time"
)

// patience is how long a test waits for something that takes milliseconds,
// on a machine that has much else to do.
const patience = 30 * time.Second

// process is the real command, serving.
type process struct {
	cmd *exec.Cmd
	// url and admin are where it listens, like http://127.0.0.1:4711.
	url, admin string
	address    string // of url, without http://
	token      string // the first token, "" if none was shown
	out, err   string // files with what it says
	ended      chan struct{}
	result     error // of Wait, after ended
}

var (
	saidURL   = regexp.MustCompile(`SCIM base URL +(\S+)/scim/v2`)
	saidToken = regexp.MustCompile(`SCIM token +(\S+)`)
	saidReady = regexp.MustCompile(`msg=ready version=\S+ listen=(\S+)(?: admin_listen=(\S+))?`)
)

// startProcess runs "scimbridge serve" in a folder, with files name.out and
// name.err there for its output, and returns once it is ready. It listens on
// free ports unless args say otherwise, and logs as text.
func startProcess(dir, name string, env []string, args ...string) (*process, error) {
	p := &process{out: filepath.Join(dir, name+".out"), err: filepath.Join(dir, name+".err"), ended: make(chan struct{})}
	out, err := os.Create(p.out)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	log, err := os.Create(p.err)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	p.cmd = exec.Command("scimbridge", append([]string{"serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"}, args...)...)
	p.cmd.Dir, p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = dir, env, out, log
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.result = p.cmd.Wait()
		close(p.ended)
	}()
	for deadline := time.Now().Add(patience); ; time.Sleep(2 * time.Millisecond) {
		said, err := os.ReadFile(p.err)
		if err != nil {
			return nil, errors.Join(err, p.kill())
		}
		if m := saidReady.FindSubmatch(said); m != nil && bytes.HasSuffix(said, []byte("\n")) {
			p.address, p.admin = string(m[1]), "http://"+string(m[2])
			break
		}
		select {
		case <-p.ended:
			return nil, fmt.Errorf("serve ended before it was ready: %w\n%s", p.result, said)
		default:
		}
		if time.Now().After(deadline) {
			return nil, errors.Join(fmt.Errorf("serve was not ready in %s:\n%s", patience, said), p.kill())
		}
	}
	said, err := os.ReadFile(p.out)
	if err != nil {
		return nil, errors.Join(err, p.kill())
	}
	if m := saidURL.FindSubmatch(said); m != nil {
		p.url = string(m[1])
	}
	if m := saidToken.FindSubmatch(said); m != nil {
		p.token = string(m[1])
	}
	return p, nil
}

// terminate asks the process to end and returns how it did; nil is status 0.
func (p *process) terminate() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return p.wait()
}

// wait returns how the process ended.
func (p *process) wait() error {
	select {
	case <-p.ended:
		return p.result
	case <-time.After(patience):
		return errors.Join(errors.New("serve did not end"), p.kill())
	}
}

// kill is kill -9. That the process does not end well is no error.
func (p *process) kill() error {
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-p.ended
	return nil
}
