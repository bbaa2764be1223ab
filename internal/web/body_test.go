package web_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/scimbridge/scimbridge/internal/web"
)

// covers: T-39
func TestReadBody(t *testing.T) {
	big := strings.Repeat("x", 3<<20)
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	if _, err := z.Write(make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name    string
		body    io.Reader
		chunked bool
		coding  string
		max     int64
		want    string
		err     error
		status  int
	}{
		{name: "none", max: 10},
		{name: "empty", body: strings.NewReader(""), max: 10},
		{name: "at the limit", body: strings.NewReader("0123456789"), max: 10, want: "0123456789"},
		{name: "past the limit", body: strings.NewReader("0123456789a"), max: 10, err: web.ErrTooLarge, status: 413},
		{name: "chunked, at the limit", body: strings.NewReader("0123456789"), chunked: true, max: 10, want: "0123456789"},
		{name: "chunked, past the limit", body: strings.NewReader("0123456789a"), chunked: true, max: 10, err: web.ErrTooLarge, status: 413},
		{name: "no limit", body: strings.NewReader(big), want: big},
		{name: "no limit, chunked", body: strings.NewReader(big), chunked: true, want: big},
		{name: "the largest limit", body: strings.NewReader("x"), max: 1<<63 - 1, want: "x"},
		{name: "in single bytes", body: iotest.OneByteReader(strings.NewReader(big[:2000])), chunked: true, max: 2000, want: big[:2000]},
		{name: "gzip", body: &bomb, coding: "gzip", max: 1 << 20, err: web.ErrEncoding, status: 415},
		{name: "identity", body: strings.NewReader("x"), coding: "Identity", max: 10, want: "x"},
		{name: "broken off", body: io.MultiReader(strings.NewReader("{"), iotest.ErrReader(io.ErrUnexpectedEOF)), chunked: true, max: 10, err: web.ErrBroken, status: 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest("POST", "/", tt.body)
			if tt.chunked {
				r.ContentLength = -1
			}
			if tt.coding != "" {
				r.Header.Set("Content-Encoding", tt.coding)
			}
			got, err := web.ReadBody(r, tt.max)
			if !errors.Is(err, tt.err) || (err == nil) != (tt.err == nil) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if err != nil {
				if got != nil {
					t.Errorf("an error, and %d bytes", len(got))
				}
				if status := web.BodyStatus(err); status != tt.status {
					t.Errorf("status %d, want %d", status, tt.status)
				}
				return
			}
			if string(got) != tt.want {
				t.Errorf("%d bytes, want %d", len(got), len(tt.want))
			}
		})
	}
}

func TestEdgeBoundsBodies(t *testing.T) {
	f := newFixture(slog.LevelError)
	f.edge.MaxBody = 10
	var err error
	r := httptest.NewRequest("POST", "/", strings.NewReader("0123456789a"))
	f.serve(t, func(_ http.ResponseWriter, r *http.Request) { _, err = web.ReadBody(r, 0) }, r)
	if !errors.Is(err, web.ErrTooLarge) {
		t.Errorf("error %v, want ErrTooLarge", err)
	}
}

// start serves h with short limits until the test ends.
func start(t *testing.T, h http.HandlerFunc, limits web.Limits) (address string, stop context.CancelFunc, done chan error) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done = make(chan error, 1)
	s := &web.Server{Handler: h, Limits: limits, Log: slog.New(slog.DiscardHandler)}
	go func() { done <- s.Serve(ctx, ln) }()
	t.Cleanup(cancel)
	return ln.Addr().String(), cancel, done
}

// covers: T-39
func TestSlowBody(t *testing.T) {
	failed := make(chan error, 1)
	address, _, _ := start(t, func(w http.ResponseWriter, r *http.Request) {
		_, err := web.ReadBody(r, 1<<20)
		failed <- err
		w.WriteHeader(web.BodyStatus(err))
	}, web.Limits{Read: 100 * time.Millisecond})

	for name, head := range map[string]string{
		"too slow":            "Content-Length: 100\r\n\r\n{",
		"chunked without end": "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
	} {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\n%s", head); err != nil {
			t.Fatal(err)
		}
		if err := <-failed; !errors.Is(err, web.ErrSlow) {
			t.Errorf("%s: %v, want ErrSlow", name, err)
		}
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusRequestTimeout {
			t.Errorf("%s: status %d, want 408", name, res.StatusCode)
		}
	}
}

func TestHeadersAreBounded(t *testing.T) {
	address, _, _ := start(t, func(http.ResponseWriter, *http.Request) {}, web.Limits{HeaderBytes: 1024})
	r, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+address, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+strings.Repeat("a", 32<<10))
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("status %d, want 431", res.StatusCode)
	}
}

// A request that was accepted is answered though the server is told to stop.
func TestServerFinishesWhatItAccepted(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	address, stop, done := start(t, func(w http.ResponseWriter, r *http.Request) {
		close(entered)
		<-release
		if r.Context().Err() != nil {
			t.Error("the request's context ended with the server's")
		}
		_, _ = io.WriteString(w, "whole")
	}, web.Limits{})

	answer := make(chan string, 1)
	go func() {
		res, err := http.Get("http://" + address)
		if err != nil {
			answer <- err.Error()
			return
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		answer <- fmt.Sprint(string(body), err)
	}()
	<-entered
	stop()
	select {
	case err := <-done:
		t.Fatalf("stopped with a request in flight: %v", err)
	case <-time.After(20 * time.Millisecond):
	}
	if _, err := net.Dial("tcp", address); err == nil {
		t.Error("a connection was accepted after the stop")
	}
	close(release)
	if got := <-answer; got != "whole<nil>" {
		t.Errorf("answer %q", got)
	}
	if err := <-done; err != nil {
		t.Errorf("Serve = %v", err)
	}
}

func TestServerDoesNotWaitForEver(t *testing.T) {
	entered := make(chan struct{})
	address, stop, done := start(t, func(_ http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done() // ends by the grace period alone
	}, web.Limits{Grace: 50 * time.Millisecond})
	failed := make(chan error, 1)
	go func() {
		res, err := http.Get("http://" + address)
		if err == nil {
			res.Body.Close()
		}
		failed <- err
	}()
	<-entered
	stop()
	if err := <-done; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Serve = %v, want the end of the grace period", err)
	}
	if <-failed == nil {
		t.Error("the cut request got an answer")
	}
}

func TestServeReportsABrokenListener(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	if err := (&web.Server{Handler: http.NotFoundHandler()}).Serve(t.Context(), ln); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Serve = %v, want net.ErrClosed", err)
	}
}
