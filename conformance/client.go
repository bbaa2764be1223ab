package conformance

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// version is a segment of an address that names a version of SCIM.
var version = regexp.MustCompile(`^v\d+/`)

// maxAnswer is the most that is read of one answer.
const maxAnswer = 64 << 20

// client speaks HTTP with one server. It sends credentials nowhere else: it
// follows no redirect, and addresses in answers are only asked for below base.
type client struct {
	base   string // without a slash at the end
	http   *http.Client
	notice func(string) // told what a person who waits should know
}

func newClient(o Options) (*client, error) {
	u, err := url.Parse(o.URL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, fmt.Errorf("URL %q: want the base of a SCIM server, like https://bridge.example/scim/v2", o.URL)
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	notice := o.Notice
	if notice == nil {
		notice = func(string) {}
	}
	return &client{
		base: strings.TrimSuffix(o.URL, "/"), notice: notice,
		http: &http.Client{
			Timeout:       o.Timeout,
			Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{InsecureSkipVerify: o.Insecure, MinVersion: tls.VersionTLS12}},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// call is one request: a path below the base with its query, a body (nil, a
// string as it is, or what encoding/json takes), and headers besides the usual.
type call struct {
	method, path string
	token        string
	body         any
	header       map[string]string // "" takes a usual header away
}

// text is the body as it is sent.
func (c call) text() (string, error) {
	switch b := c.body.(type) {
	case nil:
		return "", nil
	case string:
		return b, nil
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			return "", fmt.Errorf("request body: %w", err)
		}
		return string(raw), nil
	}
}

// send carries out a call. A server that asks for patience (429, or 503 with
// Retry-After) is given it, twice; see also answer.throttled.
func (c *client) send(ctx context.Context, what call) (*answer, error) {
	for attempt := 0; ; attempt++ {
		a, err := c.fresh(ctx, what)
		if err != nil || attempt == 2 {
			return a, err
		}
		seconds, convErr := strconv.Atoi(a.header.Get("Retry-After"))
		if a.status != http.StatusTooManyRequests && a.status != http.StatusServiceUnavailable || convErr != nil || seconds > 30 {
			return a, nil
		}
		c.notice(fmt.Sprintf("waiting %d s, the server asked for it (%d)", seconds, a.status))
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(time.Duration(seconds) * time.Second):
		}
	}
}

// fresh carries out a call. A connection that was kept from an earlier call may
// have been closed by the server in the meantime; then the call is sent once
// more on a new one, unless it may have been carried out and twice is not once.
func (c *client) fresh(ctx context.Context, what call) (*answer, error) {
	var kept, written atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn:      func(i httptrace.GotConnInfo) { kept.Store(i.Reused) },
		WroteHeaders: func() { written.Store(true) },
	})
	a, err := c.once(traced, what)
	again := err != nil && cut(err) && kept.Load() && ctx.Err() == nil
	if again && (!written.Load() || slices.Contains([]string{"GET", "PUT", "DELETE"}, what.method)) {
		c.http.CloseIdleConnections()
		return c.once(ctx, what)
	}
	return a, err
}

// cut says whether a connection ended without an answer.
func cut(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

func (c *client) once(ctx context.Context, what call) (a *answer, err error) {
	body, err := what.text()
	if err != nil {
		return nil, err
	}
	target := c.base
	if what.path != "" {
		target += "/" + what.path
	}
	var reader io.Reader
	if what.body != nil {
		reader = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(ctx, what.method, target, reader)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", what.method, what.path, err)
	}
	r.Header.Set("Accept", "application/scim+json")
	if what.body != nil {
		r.Header.Set("Content-Type", "application/scim+json")
	}
	if what.token != "" {
		r.Header.Set("Authorization", "Bearer "+what.token)
	}
	for name, value := range what.header {
		r.Header.Del(name)
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	res, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("%s %s: read the answer: %w", what.method, what.path, err)
	}
	if len(raw) > maxAnswer {
		return nil, fmt.Errorf("%s %s: the answer is larger than %d MiB", what.method, what.path, maxAnswer>>20)
	}
	a = &answer{call: what, sent: body, status: res.StatusCode, header: res.Header, raw: raw}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(&a.doc); err != nil || decoder.More() {
		a.doc = nil
	}
	return a, nil
}

// below returns the path of an absolute or relative SCIM address below the
// base, so that it can be asked for wherever the server says it is: behind a
// proxy its own name for itself may not be the address it was asked at.
func (c *client) below(address string) (string, bool) {
	if rest, ok := strings.CutPrefix(address, c.base+"/"); ok {
		rest = version.ReplaceAllString(rest, "") // asked without, it speaks with one
		return rest, rest != ""
	}
	u, err := url.Parse(address)
	if err != nil {
		return "", false
	}
	segments := strings.Split(strings.Trim(u.EscapedPath(), "/"), "/")
	if len(segments) < 2 {
		return "", false
	}
	return strings.Join(segments[len(segments)-2:], "/"), true
}
