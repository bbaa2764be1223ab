package schema_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/scimbridge/scimbridge/scim/schema"
)

// certificate is a self-signed certificate, DER in base64.
var certificate = func() string {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "a"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(der)
}()

// covers: R-7643-4.1.2-06, R-7643-2.3.6-01
func TestNormalizeCertificates(t *testing.T) {
	der, err := base64.StdEncoding.DecodeString(certificate)
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.StdEncoding.EncodeToString
	member := func(value string) string { return `"x509Certificates":[{"value":"` + value + `"}]` }
	const refused = `invalidValue: x509Certificates.value: must be exactly one X.509 certificate`
	unpadded := strings.TrimRight(certificate, "=")
	var cases []normalizeCase
	for _, c := range []struct{ name, value, want string }{ // in strict mode; in tolerant mode see below
		{"one", certificate, stored(member(certificate))},
		{"without padding", unpadded, stored(member(unpadded))},
		{"two", encode(append(der[:len(der):len(der)], der...)), refused},
		{"cut short", encode(der[:len(der)-1]), refused},
		{"other structure", encode([]byte{0x30, 0x03, 0x02, 0x01, 0x07}), refused},
		{"URL-safe alphabet", strings.Repeat("-_", 8), `invalidValue: x509Certificates.value: must be base64`},
		{"PEM", strings.ReplaceAll(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), "\n", `\n`), `invalidValue: x509Certificates.value: must be base64`},
		{"line breaks", certificate[:64] + `\r\n` + certificate[64:], `invalidValue: x509Certificates.value: must be base64`},
		{"wrong padding", unpadded + "===", `invalidValue: x509Certificates.value: must be base64`},
	} {
		tolerant := c.want
		if c.name == "cut short" || c.name == "other structure" { // nobody can tell what it is
			tolerant = stored(member(c.value))
		}
		cases = append(cases, normalizeCase{name: c.name, in: user(member(c.value)), want: tolerant, strict: c.want})
	}
	cases = append(cases, normalizeCase{name: "the same twice",
		in:   user(`"x509Certificates":[{"value":"` + certificate + `","type":"a"},{"value":"` + certificate + `","type":"a"}]`),
		want: stored(`"x509Certificates":[{"value":"` + certificate + `","type":"a"}]`)})
	run(t, schema.User(), cases)
}
