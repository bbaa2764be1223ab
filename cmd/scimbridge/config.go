package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

// Config is the configuration file, scimbridge.yaml. scimbridge.example.yaml
// shows each key with its meaning; unknown keys are errors. Environment
// variables (SCIMBRIDGE_LISTEN …) win over the file, flags win over both.
type Config struct {
	Listen      string `yaml:"listen"`
	AdminListen string `yaml:"admin_listen"`
	// Database is sqlite:PATH.
	Database string `yaml:"database"`
	// PublicURL is where clients find the bridge, without path. Default: made
	// of Listen.
	PublicURL string `yaml:"public_url"`
	TLSCert   string `yaml:"tls_cert"`
	TLSKey    string `yaml:"tls_key"`
	// BehindProxy says that a proxy in front terminates TLS; without it (and
	// without TLS of its own) the bridge listens on loopback addresses only.
	BehindProxy bool `yaml:"behind_proxy"`
	// Retention is how long deleted users are kept before the purge; 7d.
	Retention *Duration `yaml:"retention"`

	Log     LogConfig               `yaml:"log"`
	SCIM    SCIMConfig              `yaml:"scim"`
	Tenants map[string]TenantConfig `yaml:"tenants"`
	APIs    APIsConfig              `yaml:"apis"`

	dir string // where the file is: relative paths in it start there
}

// LogConfig says what is logged and how.
type LogConfig struct {
	Format string `yaml:"format"` // text or json
	Level  string `yaml:"level"`  // debug, info, warn or error
}

// SCIMConfig holds the limits of the SCIM endpoints; 0 is the default.
type SCIMConfig struct {
	MaxBody        int64    `yaml:"max_body"`
	MaxPage        int      `yaml:"max_page"`
	DefaultPage    int      `yaml:"default_page"`
	MaxScan        int      `yaml:"max_scan"`
	MaxOperations  int      `yaml:"max_operations"`
	PatchedMembers int64    `yaml:"patched_members"`
	AuthSchemes    []string `yaml:"auth_schemes"`
}

// Duration is a time.Duration that is written with d for days, too: 7d, 12h.
type Duration time.Duration

// UnmarshalYAML reads the written form.
func (d *Duration) UnmarshalYAML(b []byte) error {
	v, err := parseDuration(strings.Trim(strings.TrimSpace(string(b)), `"'`))
	*d = Duration(v)
	return err
}

func parseDuration(s string) (time.Duration, error) {
	days, isDays := strings.CutSuffix(s, "d")
	if s == "0" {
		return 0, nil
	}
	if isDays {
		n, err := strconv.Atoi(days)
		if err != nil || n < 0 || n > 36500 {
			return 0, fmt.Errorf("%q is not a duration; write for example 7d, 12h or 30m", s)
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q is not a duration; write for example 7d, 12h or 30m", s)
	}
	return d, nil
}

// defaults is the configuration of a bridge that nobody has configured.
func defaults() Config {
	week := Duration(7 * 24 * time.Hour)
	return Config{
		Listen: "127.0.0.1:8080", AdminListen: "127.0.0.1:9180", Database: "sqlite:scimbridge.db",
		Retention: &week, Log: LogConfig{Format: "text", Level: "info"},
	}
}

// loadConfig reads the file at path, or none if path is empty.
func loadConfig(path string) (Config, error) {
	c := defaults()
	if path == "" {
		return c, nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return c, fmt.Errorf("read the configuration: %w", err)
	}
	dec := yaml.NewDecoder(bytes.NewReader(b), yaml.Strict())
	if err := dec.Decode(&c); err != nil && !errors.Is(err, io.EOF) {
		return c, fmt.Errorf("configuration %s: %w", path, err)
	}
	if c.Retention == nil {
		c.Retention = defaults().Retention
	}
	c.dir = filepath.Dir(path)
	return c, nil
}

// path resolves a path of the configuration file.
func (c *Config) path(p string) string {
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(c.dir, p)
}

// override sets what environment variables say. Flags are set after it.
func (c *Config) override(getenv func(string) string) error {
	for name, p := range map[string]*string{
		"SCIMBRIDGE_LISTEN": &c.Listen, "SCIMBRIDGE_ADMIN_LISTEN": &c.AdminListen,
		"SCIMBRIDGE_DATABASE": &c.Database, "SCIMBRIDGE_PUBLIC_URL": &c.PublicURL,
		"SCIMBRIDGE_TLS_CERT": &c.TLSCert, "SCIMBRIDGE_TLS_KEY": &c.TLSKey,
		"SCIMBRIDGE_LOG_FORMAT": &c.Log.Format, "SCIMBRIDGE_LOG_LEVEL": &c.Log.Level,
	} {
		if v := getenv(name); v != "" {
			*p = v
		}
	}
	if v := getenv("SCIMBRIDGE_BEHIND_PROXY"); v != "" {
		b, err := strconv.ParseBool(v)
		if err != nil {
			return fmt.Errorf("SCIMBRIDGE_BEHIND_PROXY: %q is neither true nor false", v)
		}
		c.BehindProxy = b
	}
	if v := getenv("SCIMBRIDGE_RETENTION"); v != "" {
		d, err := parseDuration(v)
		if err != nil {
			return fmt.Errorf("SCIMBRIDGE_RETENTION: %w", err)
		}
		r := Duration(d)
		c.Retention = &r
	}
	return nil
}

// check refuses what would not be safe or could not work, in words.
func (c *Config) check() error {
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return errors.New("tls_cert and tls_key belong together: set both or neither")
	}
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return fmt.Errorf("listen: %q is not host:port, like 127.0.0.1:8080", c.Listen)
	}
	if c.TLSCert == "" && !c.BehindProxy && !loopback(host) {
		return fmt.Errorf("listen: %s can be reached from outside and would carry tokens in clear text; set tls_cert and tls_key, or behind_proxy: true if a proxy in front does TLS", c.Listen)
	}
	if _, _, err := net.SplitHostPort(c.AdminListen); err != nil && c.AdminListen != "" {
		return fmt.Errorf("admin_listen: %q is not host:port, like 127.0.0.1:9180", c.AdminListen)
	}
	if c.PublicURL == "" {
		c.PublicURL = publicURL(c.TLSCert != "", host, port)
	}
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("public_url: %q must be scheme and host only, like https://bridge.example", c.PublicURL)
	}
	c.PublicURL = strings.TrimSuffix(c.PublicURL, "/")
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func publicURL(tls bool, host, port string) string {
	scheme := "http"
	if tls {
		scheme = "https"
	}
	if host == "" || host == "0.0.0.0" || host == "::" {
		host = "localhost"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

// sqlitePath returns the file of a sqlite: database.
func sqlitePath(database string) (string, error) {
	path, ok := strings.CutPrefix(database, "sqlite:")
	switch {
	case ok && path != "":
		return strings.TrimPrefix(path, "//"), nil
	case strings.HasPrefix(database, "postgres://"), strings.HasPrefix(database, "postgresql://"):
		return "", errors.New("database: this version keeps its directory in SQLite; PostgreSQL is not supported yet")
	}
	return "", fmt.Errorf("database: %q must be sqlite:PATH, like sqlite:scimbridge.db", database)
}
