package main

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strings"

	"github.com/scimbridge/scimbridge/scim"
)

// check refuses what would not be safe or could not work, in words.
func (c *Config) check() error {
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return errors.New("tls_cert and tls_key belong together: set both or neither")
	}
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return fmt.Errorf("listen: %q is not host:port, like 127.0.0.1:8080", c.Listen)
	}
	if c.TLSCert == "" && !c.BehindProxy && !loopback(host) {
		return fmt.Errorf("listen: %s can be reached from outside and would carry tokens in clear text; set tls_cert and tls_key, or behind_proxy: true if a proxy in front does TLS", c.Listen)
	}
	if _, _, err := net.SplitHostPort(c.AdminListen); err != nil && c.AdminListen != "" {
		return fmt.Errorf("admin_listen: %q is not host:port, like 127.0.0.1:9180", c.AdminListen)
	}
	for name, v := range map[string]int64{
		"max_body": c.SCIM.MaxBody, "max_page": int64(c.SCIM.MaxPage), "default_page": int64(c.SCIM.DefaultPage),
		"max_scan": int64(c.SCIM.MaxScan), "max_operations": int64(c.SCIM.MaxOperations), "patched_members": c.SCIM.PatchedMembers,
		"requests_per_second": int64(c.SCIM.RequestsPerSecond), "request_burst": int64(c.SCIM.RequestBurst),
		"bulk_operations": int64(c.SCIM.BulkOperations), "bulk_payload": c.SCIM.BulkPayload,
	} {
		if v < 0 {
			return fmt.Errorf("scim.%s: %d is negative; 0 or nothing is the default", name, v)
		}
	}
	if most := cmp.Or(c.SCIM.MaxOperations, scim.DefaultOperations); c.SCIM.BulkOperations > most {
		return fmt.Errorf("scim.bulk_operations: %d is more than scim.max_operations, which is %d: a bulk request can not have more operations than one PATCH may; lower the one or raise the other", c.SCIM.BulkOperations, most)
	}
	for i, scheme := range c.SCIM.AuthSchemes {
		if !authScheme.MatchString(scheme) {
			return fmt.Errorf("scim.auth_schemes[%d]: %q can not stand before a token; want one word, like OAuth", i, scheme)
		}
	}
	if c.PublicURL == "" {
		return nil // made of the address, once that is known
	}
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		shown := c.PublicURL
		if err == nil {
			shown = u.Redacted()
		}
		return fmt.Errorf("public_url: %q must be scheme and host only, like https://bridge.example", shown)
	}
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	return nil
}

// authScheme is a token of RFC 9110 section 5.6.2, as section 11.1 asks.
var authScheme = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// publicURL is where a client on this machine finds the bridge that listens at
// addr, with the host as the configuration names it.
func publicURL(tls bool, listen string, addr net.Addr) (string, error) {
	scheme := "http"
	if tls {
		scheme = "https"
	}
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return "", fmt.Errorf("listen: %w", err)
	}
	_, port, err := net.SplitHostPort(addr.String()) // the port may have been 0
	if err != nil {
		return "", fmt.Errorf("listen: %w", err)
	}
	if unspecified(host) {
		host = "localhost"
	}
	return scheme + "://" + net.JoinHostPort(host, port), nil
}

// unspecified reports whether host stands for all addresses of the machine.
func unspecified(host string) bool {
	ip := net.ParseIP(host)
	return host == "" || ip != nil && ip.IsUnspecified()
}

// sqliteScheme begins the name of a database that is a file.
const sqliteScheme = "sqlite:"

// sqlitePath returns the file of a sqlite: database.
func sqlitePath(database string) (string, error) {
	path, ok := strings.CutPrefix(database, sqliteScheme)
	path = strings.TrimPrefix(path, "//")
	switch {
	case ok && path != "":
		return path, nil
	case strings.HasPrefix(database, "postgres://"), strings.HasPrefix(database, "postgresql://"):
		return "", errors.New("database: this version keeps its directory in SQLite; PostgreSQL is not supported yet")
	}
	return "", fmt.Errorf("database: %q must be sqlite:PATH, like sqlite:scimbridge.db", database)
}
