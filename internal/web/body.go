package web

import (
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"strings"
)

// What can be wrong with a request body before anyone looks into it. The edges
// answer 413, 408, 415 and 400.
var (
	ErrTooLarge = errors.New("the request body is larger than allowed")
	ErrSlow     = errors.New("the request body did not arrive in time")
	ErrEncoding = errors.New("the request body has a Content-Encoding; send it as it is")
	ErrBroken   = errors.New("the request body ended early")
)

// BodyStatus returns the HTTP status for an error of ReadBody.
func BodyStatus(err error) int {
	switch {
	case errors.Is(err, ErrTooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, ErrSlow):
		return http.StatusRequestTimeout
	case errors.Is(err, ErrEncoding):
		return http.StatusUnsupportedMediaType
	}
	return http.StatusBadRequest
}

// ReadBody reads the whole body, at most max bytes (0: as much as the Edge
// allows). The error wraps ErrTooLarge, ErrSlow, ErrEncoding or ErrBroken.
//
// A body that announces itself as too large is refused unread. Compressed
// bodies are refused (a few bytes could stand for gigabytes), so memory is
// bounded by max whatever the client sends.
func ReadBody(r *http.Request, max int64) ([]byte, error) {
	for _, coding := range r.Header.Values("Content-Encoding") {
		if coding = strings.TrimSpace(coding); coding != "" && !strings.EqualFold(coding, "identity") {
			return nil, ErrEncoding
		}
	}
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	if max > 0 && r.ContentLength > max {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, r.ContentLength, max)
	}
	body := io.Reader(r.Body)
	if max > 0 && max < math.MaxInt64 {
		body = io.LimitReader(body, max+1) // one more byte tells "at the limit" from "past it"
	}
	data, err := readAll(body, r.ContentLength)
	if max > 0 && int64(len(data)) > max {
		return nil, fmt.Errorf("%w: at most %d bytes", ErrTooLarge, max)
	}
	if err == nil {
		return data, nil
	}
	var tooLarge *http.MaxBytesError
	var timeout net.Error
	switch {
	case errors.As(err, &tooLarge):
		return nil, fmt.Errorf("%w: at most %d bytes", ErrTooLarge, tooLarge.Limit)
	case errors.As(err, &timeout) && timeout.Timeout():
		return nil, fmt.Errorf("%w: %w", ErrSlow, err)
	}
	return nil, fmt.Errorf("%w: %w", ErrBroken, err)
}

// readAll is io.ReadAll with the first buffer as large as the body says it is,
// though never more than 1 MiB on the client's word alone.
func readAll(body io.Reader, length int64) ([]byte, error) {
	const trust = 1 << 20
	// One byte more than announced lets the read that finds the end do so
	// without growing the buffer.
	data := make([]byte, 0, min(max(length, 511), trust)+1)
	for {
		if len(data) == cap(data) {
			data = append(data, 0)[:len(data)]
		}
		n, err := body.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		if err == io.EOF { // never wrapped, by the contract of io.Reader
			return data, nil
		}
		if err != nil {
			return data, err
		}
	}
}
