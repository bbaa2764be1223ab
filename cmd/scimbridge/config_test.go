package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/storage"
	"github.com/scimbridge/scimbridge/storage/sqlite"
)

// covers: T-10
func TestCheckOfTheConfiguration(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change func(*Config)
		wrong  string // what the error names; "" if it is good
	}{
		{"as it comes", func(*Config) {}, ""},
		{"IPv6 loopback", func(c *Config) { c.Listen = "[::1]:8080" }, ""},
		{"localhost", func(c *Config) { c.Listen = "localhost:8080" }, ""},
		{"another loopback address", func(c *Config) { c.Listen = "127.8.9.10:1" }, ""},
		{"all addresses", func(c *Config) { c.Listen = "0.0.0.0:8080" }, "listen"},
		{"all addresses, IPv6", func(c *Config) { c.Listen = "[::]:8080" }, "listen"},
		{"no host", func(c *Config) { c.Listen = ":8080" }, "listen"},
		{"a mapped address", func(c *Config) { c.Listen = "[::ffff:192.0.2.1]:8080" }, "listen"},
		{"a name that looks local", func(c *Config) { c.Listen = "localhost.example:8080" }, "listen"},
		{"behind a proxy", func(c *Config) { c.Listen, c.BehindProxy = "0.0.0.0:8080", true }, ""},
		{"with TLS", func(c *Config) { c.Listen, c.TLSCert, c.TLSKey = "0.0.0.0:8443", "c", "k" }, ""},
		{"a key alone", func(c *Config) { c.TLSKey = "k" }, "tls_cert"},
		{"no admin listener", func(c *Config) { c.AdminListen = "" }, ""},
		{"public URL", func(c *Config) { c.PublicURL = "https://bridge.example/" }, ""},
		{"public URL with a path", func(c *Config) { c.PublicURL = "https://bridge.example/scim" }, "public_url"},
		{"public URL with a query", func(c *Config) { c.PublicURL = "https://bridge.example?x" }, "public_url"},
		{"public URL of another scheme", func(c *Config) { c.PublicURL = "ftp://bridge.example" }, "public_url"},
		{"authentication scheme", func(c *Config) { c.SCIM.AuthSchemes = []string{"OAuth"} }, ""},
		{"authentication scheme of two words", func(c *Config) { c.SCIM.AuthSchemes = []string{"OAuth", "a b"} }, "scim.auth_schemes[1]"},
		{"bulk above patch", func(c *Config) { c.SCIM.BulkOperations, c.SCIM.MaxOperations = 101, 100 }, "scim.bulk_operations: 101 is more than scim.max_operations, which is 100"},
		{"bulk above the default of patch", func(c *Config) { c.SCIM.BulkOperations = 10_001 }, "scim.bulk_operations: 10001 is more than scim.max_operations, which is 10000"},
		{"negative limit", func(c *Config) { c.SCIM.MaxScan = -1 }, "scim.max_scan"},
	} {
		c := defaults()
		tt.change(&c)
		err := c.check()
		if (err == nil) != (tt.wrong == "") || err != nil && !strings.HasPrefix(err.Error(), tt.wrong) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.wrong)
		}
		if err == nil && strings.HasSuffix(c.PublicURL, "/") {
			t.Errorf("%s: public_url became %q", tt.name, c.PublicURL)
		}
	}
}

func TestPublicURL(t *testing.T) {
	t.Parallel()
	addr := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 4711}
	for listen, want := range map[string]string{
		"127.0.0.1:0": "http://127.0.0.1:4711", "0.0.0.0:0": "http://localhost:4711", ":4711": "http://localhost:4711",
		"[::]:0": "http://localhost:4711", "[::1]:0": "http://[::1]:4711", "bridge.example:4711": "http://bridge.example:4711",
	} {
		if got, err := publicURL(false, listen, addr); got != want || err != nil {
			t.Errorf("%s: %s, %v; want %s", listen, got, err, want)
		}
	}
	if got, err := publicURL(true, "127.0.0.1:0", addr); got != "https://127.0.0.1:4711" || err != nil {
		t.Errorf("with TLS: %s, %v", got, err)
	}
	for listen, want := range map[string]string{
		"127.0.0.1:9180": "http://127.0.0.1:9180/readyz", "0.0.0.0:9180": "http://localhost:9180/readyz",
		":9180": "http://localhost:9180/readyz", "[::]:9180": "http://localhost:9180/readyz", "": "", "9180": "", "127.0.0.1:0": "",
	} {
		if got, err := readinessURL(listen); got != want || (err == nil) != (want != "") {
			t.Errorf("readiness of %q: %q, %v; want %q", listen, got, err, want)
		}
	}
}

func TestDurations(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]time.Duration{
		"7d": 7 * 24 * time.Hour, "0": 0, "0d": 0, "12h": 12 * time.Hour, "1h30m": 90 * time.Minute, "1ms": time.Millisecond, "36500d": 36500 * 24 * time.Hour,
	} {
		if got, err := parseDuration(s); got != want || err != nil {
			t.Errorf("%q: %s, %v; want %s", s, got, err, want)
		}
	}
	for _, s := range []string{"", "d", "7", "-1d", "-1h", "1.5d", "36501d", "1w", "99999999999999999999d", "7 d"} {
		if got, err := parseDuration(s); err == nil || !strings.Contains(err.Error(), "write for example 7d") {
			t.Errorf("%q: %s, %v", s, got, err)
		}
	}
}

// The newest entries are found wherever they are: at the end, or of a tenant
// that has been silent for long.
func TestJournalTail(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, err := sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(t.TempDir(), "bridge.db"), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const busy, silent, never = directory.TenantID(1), directory.TenantID(2), directory.TenantID(3)
	err = s.Update(ctx, func(tx storage.Tx) error {
		for _, name := range []string{"busy", "silent", "never"} {
			if err := tx.PutTenant(&storage.Tenant{Name: name, Created: time.Now()}); err != nil {
				return err
			}
		}
		for i := range 1000 {
			e := journal.Entry{At: time.Now(), Tenant: busy, Kind: journal.KindEvent, Action: fmt.Sprint("busy-", i), Actor: "a\x1b[31m"}
			if i < 3 {
				e.Tenant, e.Action = silent, fmt.Sprint("silent-", i)
			}
			if err := tx.AppendJournal(&e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		tenant directory.TenantID
		n      int
		first  string // action of the first line
		lines  int
		last   int64
	}{
		{0, 5, "busy-995", 5, 1000}, {0, 1, "busy-999", 1, 1000}, {0, 0, "", 0, 1000}, {0, 1000, "silent-0", 1000, 1000}, {0, 5000, "silent-0", 1000, 1000},
		{busy, 20, "busy-980", 20, 1000}, {busy, 997, "busy-3", 997, 1000}, {silent, 2, "silent-1", 2, 3}, {silent, 20, "silent-0", 3, 3}, {never, 20, "", 0, 0},
	} {
		var out bytes.Buffer
		last, err := tail(ctx, s, tt.tenant, tt.n, &out)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Count(out.String(), "\n")
		if lines != tt.lines || tt.first != "" && !strings.Contains(strings.SplitN(out.String(), "\n", 2)[0], "  "+tt.first+" ") {
			t.Errorf("tenant %d, %d lines: %d lines, want %d from %q on:\n%.200s", tt.tenant, tt.n, lines, tt.lines, tt.first, out.String())
		}
		if last != tt.last {
			t.Errorf("tenant %d, %d lines: the last entry is %d, want %d", tt.tenant, tt.n, last, tt.last)
		}
		if strings.ContainsRune(out.String(), 0x1b) {
			t.Error("an actor's escape sequence reaches the terminal")
		}
		// What follows begins behind it.
		out.Reset()
		if _, err := printAfter(ctx, s, tt.tenant, last, &out); err != nil || out.Len() > 0 {
			t.Errorf("after entry %d of tenant %d there is %q, %v", last, tt.tenant, out.String(), err)
		}
	}
}
