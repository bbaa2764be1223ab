package rsa

import (
	"errors"
	"mime"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/scimbridge/scimbridge/internal/jsonbody"
)

// wrongCount is RSA's recorded answer to a body with too many or too few keys.
const wrongCount = "Wrong number of properties in the request body."

// properties are the members of a request's JSON object, still encoded, so that
// a route can count them and say of each what is wrong with it.
type properties map[string]jsontext.Value

// decode reads a request body, which must be one JSON object.
func decode(body []byte) (properties, error) {
	var p properties
	if err := jsonbody.Unmarshal(body, &p, false); err != nil {
		var at *jsonbody.Error
		if errors.As(err, &at) && at.Field() != "" {
			return nil, badRequest("The property " + at.Field() + " is not valid: " + at.Reason + ".")
		}
		return nil, badRequest("The request body is not valid: " + err.Error() + ".")
	}
	return p, nil
}

// only returns the one property of a body that may have no other.
func (p properties) only(name string) (jsontext.Value, error) {
	if len(p) != 1 {
		return nil, badRequest(wrongCount)
	}
	v, ok := p[name]
	if !ok {
		return nil, badRequest("The property " + name + " is missing.")
	}
	return v, nil
}

// text returns a string property; given is false when it is absent or null.
func (p properties) text(name string) (s string, given bool, err error) {
	v, ok := p[name]
	if !ok || v.Kind() == 'n' {
		return "", false, nil
	}
	if v.Kind() != '"' || json.Unmarshal(v, &s) != nil {
		return "", false, badRequest("The property " + name + " must be a string.")
	}
	return s, true, nil
}

// boolean reads true and false, and for clients that follow the vendor's
// sample, "true" and "false" (documented-apis 2.2).
func boolean(name string, v jsontext.Value) (bool, error) {
	switch v.Kind() {
	case 't':
		return true, nil
	case 'f':
		return false, nil
	case '"':
		var s string
		if json.Unmarshal(v, &s) != nil {
			break
		}
		switch strings.ToLower(s) {
		case "true":
			return true, nil
		case "false":
			return false, nil
		}
	}
	return false, badRequest("The property " + name + " must be true or false.")
}

// isJSON reports whether the request says that its body is JSON.
func isJSON(r *http.Request) bool {
	t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && t == "application/json"
}
