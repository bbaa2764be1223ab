package scim

import (
	"errors"
	"io"
	"net/http"
)

// incoming is a request's body that knows whether it was read to its end.
type incoming struct {
	io.ReadCloser
	ended bool
}

func (b *incoming) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.ended = b.ended || errors.Is(err, io.EOF)
	return n, err
}

// watchBody makes leaveBody know how far the body was read.
func watchBody(r *http.Request) {
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = &incoming{ReadCloser: r.Body}
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
