package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// certificate writes a certificate for 127.0.0.1 and its key into a folder and
// returns who trusts it.
func certificate(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "scimbridge of the tests"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	trusted, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(trusted)
	return pool
}

// covers: R-7644-7.2-01
func TestTLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pool := certificate(t, dir)
	// The paths of the file start where the file is.
	if err := os.Mkdir(filepath.Join(dir, "started-here"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "scimbridge.yaml"), []byte("tls_cert: cert.pem\ntls_key: key.pem\ndatabase: sqlite:tls.db\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := serveIn(t, filepath.Join(dir, "started-here"), "serve", "--config", "../scimbridge.yaml")
	if !strings.HasPrefix(p.url, "https://127.0.0.1:") {
		t.Errorf("it is announced at %s, want https", p.url)
	}
	for _, tt := range []struct {
		name    string
		version uint16
		good    bool
	}{
		{"TLS 1.0", tls.VersionTLS10, false}, {"TLS 1.1", tls.VersionTLS11, false},
		{"TLS 1.2", tls.VersionTLS12, true}, {"TLS 1.3", tls.VersionTLS13, true},
	} {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tt.version, MaxVersion: tt.version}}
		r, err := http.NewRequest("GET", p.url+"/scim/v2/Users", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+p.token)
		res, err := (&http.Client{Transport: transport, Timeout: patience}).Do(r)
		if !tt.good {
			if err == nil {
				res.Body.Close()
				t.Errorf("%s is accepted", tt.name)
			} else if !strings.Contains(err.Error(), "protocol version") {
				t.Errorf("%s is refused with %v, want a complaint of the protocol's version", tt.name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		res.Body.Close()
		if res.StatusCode != http.StatusOK || res.TLS.Version != tt.version {
			t.Errorf("%s: status %d over version %x", tt.name, res.StatusCode, res.TLS.Version)
		}
		transport.CloseIdleConnections()
	}
	// In clear text nothing is to be had there.
	res, err := http.Get("http://" + p.address + "/scim/v2/ServiceProviderConfig")
	if err == nil {
		res.Body.Close()
		if res.StatusCode != http.StatusBadRequest {
			t.Errorf("plain HTTP is answered with %d", res.StatusCode)
		}
	}
	if err := p.terminate(); err != nil {
		t.Error(err)
	}
}
