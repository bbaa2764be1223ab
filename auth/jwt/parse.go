package jwt

import (
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// maxToken bounds what is decoded before a signature is checked.
const maxToken = 16 << 10

// parse reads a compact token signed by exactly the algorithm given. The
// payload is not verified yet.
func parse(token string, algorithm jose.SignatureAlgorithm) (*jose.JSONWebSignature, error) {
	if len(token) > maxToken {
		return nil, fmt.Errorf("%w: it is too long", ErrMalformed)
	}
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{algorithm})
	if err != nil {
		var other *jose.ErrUnexpectedSignatureAlgorithm
		if errors.As(err, &other) {
			return nil, ErrAlgorithm
		}
		return nil, ErrMalformed // go-jose's text may quote the token
	}
	return jws, nil
}

// tokenType returns the typ header, "" if there is none.
func tokenType(jws *jose.JSONWebSignature) string {
	typ, _ := jws.Signatures[0].Protected.ExtraHeaders[jose.HeaderType].(string)
	return typ
}
