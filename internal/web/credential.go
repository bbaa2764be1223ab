package web

import (
	"errors"
	"net"
	"net/http"
	"strings"
)

// Why there is no token in a request.
var (
	// ErrNoCredential says that no Authorization header was sent.
	ErrNoCredential = errors.New("the request has no Authorization header")
	// ErrCredential says that there is one, but of another scheme or shape.
	ErrCredential = errors.New("the Authorization header does not hold a token")
)

// maxCredential is far more than any token in use and far less than a header
// may be.
const maxCredential = 8 << 10

// Bearer returns the token of "Authorization: Bearer TOKEN", the scheme in any
// case (RFC 9110 section 11.1, RFC 6750 section 2.1). The error is
// ErrNoCredential or ErrCredential. Tokens in the query or body (RFC 6750
// sections 2.2, 2.3) are never looked for.
func Bearer(r *http.Request) (string, error) { return Credential(r, false) }

// BearerOrRaw is Bearer that also takes a header which is nothing but the
// token, as Okta's header authentication, Uniphore's and Syncari's samples send.
func BearerOrRaw(r *http.Request) (string, error) { return Credential(r, true) }

// Credential returns the token of an Authorization header with the scheme
// Bearer or one of schemes, or (with raw) without any scheme.
func Credential(r *http.Request, raw bool, schemes ...string) (string, error) {
	values := r.Header["Authorization"]
	switch {
	case len(values) == 0 || len(values) == 1 && values[0] == "":
		return "", ErrNoCredential
	case len(values) > 1 || len(values[0]) > maxCredential:
		// Two credentials could make two readers see two callers.
		return "", ErrCredential
	}
	value := strings.Trim(values[0], " \t")
	scheme, token, found := strings.Cut(value, " ")
	if !found {
		if raw && isToken(value) && !isScheme(value, schemes) {
			return value, nil
		}
		return "", ErrCredential
	}
	token = strings.TrimLeft(token, " ")
	if !isScheme(scheme, schemes) || !isToken(token) {
		return "", ErrCredential
	}
	return token, nil
}

func isScheme(s string, more []string) bool {
	if strings.EqualFold(s, "Bearer") {
		return true
	}
	for _, scheme := range more {
		if strings.EqualFold(s, scheme) {
			return true
		}
	}
	return false
}

// isToken reports whether s is a b64token (RFC 6750 section 2.1).
func isToken(s string) bool {
	body := strings.TrimRight(s, "=")
	if body == "" {
		return false
	}
	for _, c := range []byte(body) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case c == '-', c == '.', c == '_', c == '~', c == '+', c == '/':
		default:
			return false
		}
	}
	return true
}

// ClientAddress returns the network address the connection came from, without
// port. Behind a proxy it is the proxy's: headers that claim otherwise are not
// read, since anyone can send them.
func ClientAddress(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
