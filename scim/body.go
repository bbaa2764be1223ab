package scim

import (
	"errors"
	"io"
	"net/http"
)

// incoming is a request's body that knows whether it was read to its end, and
// takes room for what has arrived of it.
type incoming struct {
	io.ReadCloser
	ended bool
	room  *room
	read  int64
	taken int64 // of the room
}

func (b *incoming) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.ended = b.ended || errors.Is(err, io.EOF)
	b.read += int64(n)
	if more := b.read - freeBody - b.taken; more > 0 {
		if !b.room.receive(more) {
			return n, errReceived
		}
		b.taken += more
	}
	return n, err
}

// watchBody makes leaveBody know how far the body was read. It returns the body,
// nil if there is none.
func watchBody(r *http.Request, room *room) *incoming {
	if r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	b := &incoming{ReadCloser: r.Body, room: room}
	r.Body = b
	return b
}

// forgetBody gives back the room that the request's body took, as it is no
// longer needed.
func (s *Server) forgetBody(r *request) {
	if r.decoded > 0 {
		s.room.leave(r.decoded)
		r.decoded = 0
	}
	if b := r.incoming; b != nil && b.taken > 0 {
		s.room.forget(b.taken)
		b.taken = 0
	}
}

// leaveBody ends the connection with the answer if part of the body was not
// read. Otherwise net/http would read on before it answers, to be able to use
// the connection again, at whatever pace somebody sends who is refused anyway.
func leaveBody(w http.ResponseWriter, r *http.Request) {
	if b, ok := r.Body.(*incoming); ok && !b.ended {
		w.Header().Set("Connection", "close")
	}
}
