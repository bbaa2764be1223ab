package scim_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/scimbridge/scimbridge/scim"
	"github.com/scimbridge/scimbridge/scim/scimtest"
)

// largeUser is a body of more than 150 KiB.
func largeUser(name string) string {
	return fmt.Sprintf(`{"schemas":[%q],%s"userName":%q}`, userURN, strings.Repeat(" ", 150<<10), name)
}

// Of large bodies only as many are in work as there is room for; small ones pass.
//
// covers: T-39
func TestLargeBodiesTakeTurns(t *testing.T) {
	const requests, narrow, wide = 5, 200 << 10, 16 << 20
	for room, want := range map[int64]int32{narrow: 1, wide: requests} {
		var at, most atomic.Int32
		var together sync.WaitGroup
		together.Add(requests)
		s := &slowly{}
		_, c := start(t, scimtest.Options{Wrap: s.wrap, Limits: scim.Limits{Body: 200 << 10, BulkPayload: 200 << 10, Decoding: room}})
		s.created = func() error {
			n := at.Add(1)
			defer at.Add(-1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			if room == wide { // all of them are here at once
				together.Done()
				together.Wait()
			}
			a, err := c.trySend("POST", "/Users/.search", fmt.Sprintf(`{"schemas":[%q]}`, searchURN))
			if err != nil || a.status != http.StatusOK {
				t.Errorf("a small one: %d %v", a.status, err)
			}
			return nil
		}
		var all sync.WaitGroup
		for i := range requests {
			all.Go(func() {
				a, err := c.trySend("POST", "/Users", largeUser(fmt.Sprint("u", i)))
				if err != nil || a.status != http.StatusCreated {
					t.Errorf("%d %v %.200s", a.status, err, a.raw)
				}
			})
		}
		all.Wait()
		if most.Load() != want {
			t.Errorf("room for %d: %d at once, want %d", room, most.Load(), want)
		}
	}
}

// halting is a body whose end comes when it is released.
type halting struct {
	io.Reader
	arrived, release chan struct{}
	rest             io.Reader
}

func (h *halting) Read(p []byte) (int, error) {
	n, err := h.Reader.Read(p)
	if err == io.EOF && h.rest != nil {
		close(h.arrived)
		<-h.release
		h.Reader, h.rest = h.rest, nil
		return h.Reader.Read(p)
	}
	return n, err
}

// Bodies that arrive slowly keep no whole one from being decoded, and as many
// bytes of them are taken as there is room for.
//
// covers: T-39
func TestSlowLargeBodies(t *testing.T) {
	s, c := start(t, scimtest.Options{Limits: scim.Limits{Body: 200 << 10, BulkPayload: 200 << 10, Decoding: 200 << 10}})
	handler := s.SCIM.Handler()
	send := func(body io.Reader) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("POST", "/scim/v2/Users", body)
		r.Header.Set("Authorization", "Bearer "+s.Token)
		r.Header.Set("Content-Type", scim.ContentType)
		handler.ServeHTTP(w, r)
		return w
	}
	release := make(chan struct{})
	var slow sync.WaitGroup
	for i := range 8 { // with a bit more than 86 KiB each that count; there is room for 800
		body := largeUser(fmt.Sprint("slow", i))
		h := &halting{strings.NewReader(body[:len(body)-1]), make(chan struct{}), release, strings.NewReader(body[len(body)-1:])}
		slow.Go(func() {
			if w := send(h); w.Code != http.StatusCreated {
				t.Errorf("slow: %d %.200s", w.Code, w.Body)
			}
		})
		<-h.arrived
	}
	c.post("/Users", largeUser("whole"))
	h := &halting{strings.NewReader(largeUser("ninth")), make(chan struct{}), release, strings.NewReader(" ")}
	slow.Go(func() { send(h) })
	<-h.arrived
	w := send(strings.NewReader(largeUser("tenth")))
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "large") {
		t.Errorf("tenth: %d %v %.200s", w.Code, w.Header(), w.Body)
	}
	c.user("small", "")
	close(release)
	slow.Wait()
	c.post("/Users", largeUser("tenth"))
}
