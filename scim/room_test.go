package scim

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// covers: T-39
func TestRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newRoom(100)
		var order []string
		enter := func(name string, ctx context.Context, size int64) <-chan error {
			done := make(chan error, 1)
			go func() {
				err := m.enter(ctx, size)
				if err == nil {
					order = append(order, name)
				}
				done <- err
			}()
			synctest.Wait()
			return done
		}
		ctx, cancel := context.WithCancel(t.Context())
		began := time.Now()
		first, second := enter("first", ctx, 60), enter("second", ctx, 40)
		whole := enter("whole", ctx, 100)
		third := enter("third", ctx, 1) // there would be room, and a line
		if strings.Join(order, " ") != "first second" || len(m.queue) != 2 {
			t.Fatalf("%q are in, %d wait", order, len(m.queue))
		}
		m.leave(40)
		synctest.Wait()
		m.leave(60)
		synctest.Wait()
		if strings.Join(order, " ") != "first second whole" {
			t.Fatalf("%q are in", order)
		}
		m.leave(100)
		synctest.Wait()
		for _, done := range []<-chan error{first, second, whole, third} {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if strings.Join(order, " ") != "first second whole third" || !time.Now().Equal(began) {
			t.Errorf("%q are in, after %v", order, time.Since(began))
		}

		// Whoever waits too long, or no longer, goes, and does not stand in the way.
		late, gone, next := enter("late", t.Context(), 100), enter("gone", ctx, 100), enter("next", t.Context(), 99)
		cancel()
		synctest.Wait()
		if err := <-gone; !errors.Is(err, context.Canceled) {
			t.Errorf("gone: %v", err)
		}
		time.Sleep(roomPatience - time.Nanosecond)
		small := enter("small", t.Context(), 1)
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if err := <-late; !errors.Is(err, errBusy) {
			t.Errorf("late: %v", err)
		}
		select {
		case err := <-next: // of the same moment as the late one: both ends are right
			if err == nil {
				m.leave(99)
			}
		case <-time.After(time.Second):
			t.Error("next waits longer than it may")
		}
		if err := <-small; err != nil {
			t.Errorf("small: %v", err)
		}
		m.leave(1)
		m.leave(1) // the third
		if m.decoding != m.size || len(m.queue) != 0 {
			t.Errorf("%d of %d are free, %d wait", m.decoding, m.size, len(m.queue))
		}
	})
}

// covers: T-39
func TestRoomNeeded(t *testing.T) {
	m := newRoom(16 << 20)
	members := func(n int) string { return "[" + strings.Repeat(`{"value":"a"},`, n-1) + `{"value":"a"}]` }
	for _, tt := range []struct {
		what, body string
		want       int64
	}{
		{"free", strings.Repeat("[", freeBody), 0},
		{"long texts", strings.Repeat("x", 4<<20), 4 << 20},
		{"tiny members", members(299_000), 16 * 2 * 299_000},
		{"deep", strings.Repeat("[", 100_000), 1_600_000},
		{"never more than there is", strings.Repeat(",", 4<<20), 16 << 20},
	} {
		if got := m.need([]byte(tt.body)); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.what, got, tt.want)
		}
	}
}

// What arrives is counted beyond what is free, and counted off again.
//
// covers: T-39
func TestRoomToReceive(t *testing.T) {
	s := &Server{room: newRoom(freeBody)} // four times as much for what arrives
	body := func(n int) *request {
		b := &incoming{ReadCloser: io.NopCloser(strings.NewReader(strings.Repeat("x", n))), room: s.room}
		return &request{incoming: b}
	}
	var all []*request
	read := func(n int) error {
		r := body(n)
		all = append(all, r)
		_, err := io.ReadAll(r.incoming)
		return err
	}
	for _, n := range []int{freeBody, 3 * freeBody, 3 * freeBody, freeBody} {
		if err := read(n); err != nil {
			t.Fatalf("%d bytes: %v", n, err)
		}
	}
	if err := read(freeBody + 1); !errors.Is(err, errReceived) {
		t.Errorf("one more: %v", err)
	}
	if err := read(freeBody); err != nil {
		t.Errorf("a small one: %v", err)
	}
	for _, r := range all {
		s.forgetBody(r)
		s.forgetBody(r)
	}
	if s.room.received != 4*freeBody {
		t.Errorf("%d are free, want %d", s.room.received, 4*freeBody)
	}
}
