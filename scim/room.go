package scim

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

const (
	// freeBody is how many bytes of each body are counted nowhere: more than
	// ordinary requests have, which therefore never wait for large ones.
	freeBody = 64 << 10
	// roomPatience is how long a body waits to be decoded.
	roomPatience = 10 * time.Second
	// valueRoom is how much room a value has at least: a tree of tiny ones takes
	// up to fifty times as much memory as its text.
	valueRoom = 16
	// receivedShare is how much more room there is for what has been received
	// than for what is decoded of it.
	receivedShare = 4
)

var (
	errBusy     = errors.New("the bridge is busy with other large requests; try again")
	errReceived = errors.New("the bridge receives too many large requests at once; try again")
)

// room bounds the memory that large bodies take at the same time (T-39). What is
// decoded of a body takes many times its bytes, so that has narrow room, for
// which whole bodies wait in turn: one that arrives slowly keeps nobody from it.
// The bytes themselves are counted as they come. Those of a body that finds no
// room are refused at once: if it waited, half of one would keep out half of
// another.
type room struct {
	size     int64 // of what is decoded
	mu       sync.Mutex
	decoding int64 // what is left of it
	received int64 // bytes that may still be received
	queue    []*inLine
}

// inLine is a body that waits for room.
type inLine struct {
	size  int64
	ready chan struct{} // closed when it has it
}

func newRoom(size int64) *room {
	return &room{size: size, decoding: size, received: receivedShare * size}
}

// need is the room that a body needs to be decoded, at most all that there is.
func (m *room) need(body []byte) int64 {
	if len(body) <= freeBody {
		return 0
	}
	// Each value but the first stands behind one of these.
	values := bytes.Count(body, []byte{','}) + bytes.Count(body, []byte{'{'}) + bytes.Count(body, []byte{'['})
	return min(m.size, max(int64(len(body)), valueRoom*int64(values)))
}

// enter waits for that much room, which the caller then has until it leaves. The
// error is errBusy, or that of ctx.
func (m *room) enter(ctx context.Context, size int64) error {
	m.mu.Lock()
	if len(m.queue) == 0 && size <= m.decoding {
		m.decoding -= size
		m.mu.Unlock()
		return nil
	}
	w := &inLine{size, make(chan struct{})}
	m.queue = append(m.queue, w)
	m.mu.Unlock()
	patience := time.NewTimer(roomPatience)
	defer patience.Stop()
	var err error
	select {
	case <-w.ready:
		return nil
	case <-patience.C:
		err = errBusy
	case <-ctx.Done():
		err = ctx.Err()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if i := slices.Index(m.queue, w); i >= 0 {
		m.queue = slices.Delete(m.queue, i, i+1)
	} else { // it has got it this moment
		m.decoding += w.size
	}
	m.admit()
	return err
}

func (m *room) leave(size int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.decoding += size
	m.admit()
}

// admit lets in who is next in line, as far as there is room.
func (m *room) admit() {
	for len(m.queue) > 0 && m.queue[0].size <= m.decoding {
		m.decoding -= m.queue[0].size
		close(m.queue[0].ready)
		m.queue = slices.Delete(m.queue, 0, 1)
	}
}

// receive takes room for bytes of a body that has arrived, if there is.
func (m *room) receive(n int64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n > m.received {
		return false
	}
	m.received -= n
	return true
}

func (m *room) forget(n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.received += n
}
