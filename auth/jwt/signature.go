package jwt

import (
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// maxToken bounds what is decoded before a signature is checked, in bytes.
const maxToken = 16 << 10

// minRSA is the smallest RSA key that may sign (RFC 7518 section 3.3), in bits.
const minRSA = 2048

// parse reads a compact token signed by exactly the algorithm given. Its
// payload must not be used before verification.
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
		return nil, ErrMalformed // go-jose's own text may quote the token
	}
	return jws, nil
}

// tokenType returns the typ header, "" if there is none.
func tokenType(jws *jose.JSONWebSignature) string {
	typ, _ := jws.Signatures[0].Protected.ExtraHeaders[jose.HeaderType].(string)
	return typ
}

// sign returns the compact token of claims.
func sign(algorithm jose.SignatureAlgorithm, key any, typ string, claims map[string]any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("encoding the claims of a token: %w", err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key},
		(&jose.SignerOptions{}).WithType(jose.ContentType(typ)))
	if err != nil {
		return "", fmt.Errorf("signing a token: %w", err)
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("signing a token: %w", err)
	}
	return jws.CompactSerialize()
}

func isRSA(key jose.JSONWebKey) bool {
	public, ok := key.Public().Key.(*rsa.PublicKey)
	return ok && public.N.BitLen() >= minRSA
}
