package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/token"

	"github.com/scimbridge/scimbridge/directory"
)

// Config is the configuration file, scimbridge.yaml. scimbridge.example.yaml
// shows each key with its meaning; unknown keys are errors. Environment
// variables (SCIMBRIDGE_LISTEN …) win over the file, flags win over both.
// Relative paths in the file start where the file is; those of variables and
// flags where the program was started.
type Config struct {
	Listen      string `yaml:"listen"`
	AdminListen string `yaml:"admin_listen"`
	// Database is sqlite:PATH.
	Database string `yaml:"database"`
	// PublicURL is where clients find the bridge, without path. Default: made
	// of the address that is listened on.
	PublicURL string `yaml:"public_url"`
	TLSCert   string `yaml:"tls_cert"`
	TLSKey    string `yaml:"tls_key"`
	// BehindProxy says that a proxy in front terminates TLS; without it (and
	// without TLS of its own) the bridge listens on loopback addresses only.
	BehindProxy bool `yaml:"behind_proxy"`
	// Retention is how long deleted users are kept before the purge; 7d.
	Retention Duration `yaml:"retention"`

	Log     LogConfig               `yaml:"log"`
	SCIM    SCIMConfig              `yaml:"scim"`
	Tenants map[string]TenantConfig `yaml:"tenants"`
	APIs    APIsConfig              `yaml:"apis"`

	dir string // where the file is
}

// LogConfig says what is logged and how.
type LogConfig struct {
	Format string `yaml:"format"` // text or json
	Level  string `yaml:"level"`  // debug, info, warn or error
}

// SCIMConfig holds the limits of the SCIM endpoints; 0 is the default.
type SCIMConfig struct {
	MaxBody        int64 `yaml:"max_body"`
	MaxPage        int   `yaml:"max_page"`
	DefaultPage    int   `yaml:"default_page"`
	MaxScan        int   `yaml:"max_scan"`
	MaxOperations  int   `yaml:"max_operations"`
	PatchedMembers int64 `yaml:"patched_members"`
	BulkOperations int   `yaml:"bulk_operations"`
	BulkPayload    int64 `yaml:"bulk_payload"`
	// AsyncResults is how long results of asynchronous requests are kept; 1h. 0
	// means that every request is answered when it is done.
	AsyncResults Duration `yaml:"async_results"`
	// AnnounceAsync says in /ServiceProviderConfig that there are some.
	AnnounceAsync bool `yaml:"announce_async"`
	// RequestsPerSecond and RequestBurst bound each client; here 0 is no bound,
	// and for the burst twice the other.
	RequestsPerSecond int `yaml:"requests_per_second"`
	RequestBurst      int `yaml:"request_burst"`
	// EnforceCanonicalValues refuses types of addresses and the like that are
	// none of the schema's canonical values.
	EnforceCanonicalValues bool     `yaml:"enforce_canonical_values"`
	AuthSchemes            []string `yaml:"auth_schemes"`

	// CursorTimeout is how long a cursor of a list is valid; 1h. SensitiveFilters
	// are attributes that a filter in a URL must not look at.
	CursorTimeout    Duration `yaml:"cursor_timeout"`
	SensitiveFilters []string `yaml:"sensitive_filters"`

	// Schemas and ResourceTypes are files in the form of /Schemas and
	// /ResourceTypes; Indexes are attributes that the database looks up.
	Schemas       []string `yaml:"schemas"`
	ResourceTypes []string `yaml:"resource_types"`
	Indexes       []string `yaml:"indexes"`
}

// defaults is the configuration of a bridge that nobody has configured.
func defaults() Config {
	return Config{
		Listen: "127.0.0.1:8080", AdminListen: "127.0.0.1:9180", Database: "sqlite:scimbridge.db",
		SCIM: SCIMConfig{CursorTimeout: Duration(time.Hour), AsyncResults: Duration(time.Hour), RequestsPerSecond: 1000, RequestBurst: 2000}, Retention: Duration(7 * 24 * time.Hour), Log: LogConfig{Format: "text", Level: "info"},
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
	c.Database = "" // to tell a path of the file from the default
	dec := yaml.NewDecoder(bytes.NewReader(b), yaml.Strict())
	err = dec.Decode(&c)
	if err == nil {
		if dec.Decode(new(any)) == nil {
			return c, fmt.Errorf("configuration %s: it is one YAML document, without --- and a second one", path)
		}
	} else if !errors.Is(err, io.EOF) {
		return c, configError(path, err)
	}
	c.dir = filepath.Dir(path)
	c.TLSCert, c.TLSKey = c.path(c.TLSCert), c.path(c.TLSKey)
	if c.Database == "" {
		c.Database = defaults().Database
	} else if file, err := sqlitePath(c.Database); err == nil {
		c.Database = sqliteScheme + c.path(file)
	}
	names := map[string]string{}
	for name := range c.Tenants {
		if twin, ok := names[directory.Fold(name)]; ok {
			return c, fmt.Errorf("configuration %s: tenants: %q and %q are the same tenant", path, min(name, twin), max(name, twin))
		}
		names[directory.Fold(name)] = name
	}
	return c, nil
}

// configError says what is wrong where. It never shows the lines of the file,
// as the decoder's own text does: passwords and secrets stand in them.
func configError(path string, err error) error {
	var problem yaml.Error
	if !errors.As(err, &problem) {
		return fmt.Errorf("configuration %s: %w", path, err)
	}
	what := problem.GetMessage()
	var wrong *yaml.TypeError
	if errors.As(err, &wrong) {
		what = "want " + wanted(wrong.DstType) + " here"
	}
	return fmt.Errorf("configuration %s: %s", position(path, problem.GetToken()), what)
}

func position(path string, t *token.Token) string {
	if t == nil || t.Position == nil {
		return path
	}
	return fmt.Sprintf("%s:%d:%d", path, t.Position.Line, t.Position.Column)
}

// wanted names the kind of value that a key of this type takes.
func wanted(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.String:
		return "text"
	case reflect.Slice:
		return "a list"
	}
	return "keys with values"
}

// tenant returns the settings of the tenant with that name and the name as the
// file writes it. Names are the same in any case. A tenant that is not in the
// file has the defaults.
func (c *Config) tenant(name string) (TenantConfig, string) {
	for written, t := range c.Tenants {
		if directory.Fold(written) == directory.Fold(name) {
			return t, written
		}
	}
	return TenantConfig{}, name
}

// path resolves a path of the configuration file.
func (c *Config) path(p string) string {
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(c.dir, p)
}

// variables are the environment variables that the program reads.
var variables = []string{
	"SCIMBRIDGE_ADMIN_LISTEN", "SCIMBRIDGE_BEHIND_PROXY", "SCIMBRIDGE_BOOTSTRAP_TOKEN", "SCIMBRIDGE_CONFIG",
	"SCIMBRIDGE_DATABASE", "SCIMBRIDGE_LISTEN", "SCIMBRIDGE_LOG_FORMAT", "SCIMBRIDGE_LOG_LEVEL", "SCIMBRIDGE_PUBLIC_URL",
	"SCIMBRIDGE_RETENTION", "SCIMBRIDGE_TLS_CERT", "SCIMBRIDGE_TLS_KEY",
}

// unknownVariables returns the names, not the values, of variables in environ
// ("name=value") that look like settings and are none: most likely misspelled.
func unknownVariables(environ []string) (names []string) {
	for _, v := range environ {
		name, _, _ := strings.Cut(v, "=")
		if strings.HasPrefix(name, "SCIMBRIDGE_") && !slices.Contains(variables, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
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
		c.Retention = Duration(d)
	}
	return nil
}
