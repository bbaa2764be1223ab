package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/scimbridge/scimbridge/auth"
	"github.com/scimbridge/scimbridge/scim"
)

// What the documents say must be so: these tests hold the README, the pages of
// docs and the example configuration against the program.

const repository = "../.."

func document(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(repository, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// block is a fenced block of a document.
type block struct{ language, text string }

func blocks(markdown string) (list []block) {
	fence := regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$")
	for _, m := range fence.FindAllStringSubmatch(markdown, -1) {
		list = append(list, block{m[1], m[2]})
	}
	return list
}

// TestExampleIsTheDefaults: the example file as it is changes nothing.
func TestExampleIsTheDefaults(t *testing.T) {
	got, err := loadConfig(filepath.Join(repository, "scimbridge.example.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := got.check(); err != nil {
		t.Fatal(err)
	}
	want := defaults()
	if err := want.check(); err != nil {
		t.Fatal(err)
	}
	got.dir, want.Database = want.dir, "sqlite:"+filepath.Join(repository, "scimbridge.db") // paths are the file's
	// A tenant that is there with nothing said of it has the defaults.
	if s, err := new(TenantConfig).settings(); err != nil {
		t.Fatal(err)
	} else if tc := got.Tenants["default"]; len(got.Tenants) != 1 {
		t.Errorf("%d tenants", len(got.Tenants))
	} else if g, err := tc.settings(); err != nil || cmp.Diff(s, g) != "" {
		t.Errorf("the tenant's settings (-defaults +example), %v:\n%s", err, cmp.Diff(s, g))
	}
	got.Tenants, got.SCIM.AuthSchemes = nil, nil
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Config{})); diff != "" {
		t.Errorf("-defaults +example:\n%s", diff)
	}
}

// switchedOn returns the example with every setting that is switched off
// switched on.
func switchedOn(t *testing.T) string {
	t.Helper()
	return regexp.MustCompile(`(?m)^( *)#(\S)`).ReplaceAllString(document(t, "scimbridge.example.yaml"), "$1$2")
}

// TestExampleShowsEverySetting: no key is missing in the example, and a bridge
// starts with all of them once the placeholders are filled in, not before.
func TestExampleShowsEverySetting(t *testing.T) {
	text := switchedOn(t)
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "testdata", "schemas"), os.DirFS(filepath.Join(repository, "testdata", "schemas"))); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	seen := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)(?:^ *(?:- )?|[{,] *)([a-z_0-9]+):(?: |$)`).FindAllStringSubmatch(text, -1) {
		seen[m[1]] = true
	}
	for _, key := range keys(reflect.TypeFor[Config]()) {
		if !seen[key] {
			t.Errorf("the example does not show %q", key)
		}
	}

	write := func(name, content string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	start := func(text string) error {
		write("all.yaml", text)
		c, err := loadConfig("all.yaml")
		if err != nil {
			return err
		}
		if err := c.check(); err != nil {
			return err
		}
		a, err := newApp(context.Background(), &c, slog.New(slog.DiscardHandler))
		if err != nil {
			return err
		}
		if len(a.closed) > 0 {
			t.Errorf("closed: %v", a.closed)
		}
		return a.store.Close()
	}
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	key := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	write("rsa-key.pub", key)
	write("mapping.yaml", "version: 1\n")
	text = strings.ReplaceAll(text, "-----BEGIN PUBLIC KEY…", strings.ReplaceAll(key, "\n", `\n`))
	if err := start(text); err == nil || !strings.Contains(err.Error(), "16 characters") {
		t.Errorf("with the placeholders for secrets: %v", err)
	}
	if err := start(strings.ReplaceAll(text, "change-me", "Chq7b2Yx0mWq4tZr")); err != nil {
		t.Errorf("with secrets in place of the placeholders: %v", err)
	}
}

// keys returns the names of all settings of a configuration struct.
func keys(t reflect.Type) (names []string) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return keys(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if name := t.Field(i).Tag.Get("yaml"); name != "" {
				names = append(append(names, name), keys(t.Field(i).Type)...)
			}
		}
	}
	return names
}

// TestReadmeNamesEverySetting: each key and environment variable of the program
// is in the README, and no variable that the program does not know.
func TestReadmeNamesEverySetting(t *testing.T) {
	readme := document(t, "README.md")
	for _, key := range keys(reflect.TypeFor[Config]()) {
		if !regexp.MustCompile("`([a-z_.<>]+\\.)?" + key + "(\\.[a-z_.<>]+)?[`:]").MatchString(readme) {
			t.Errorf("the README does not name the setting %q", key)
		}
	}
	known := []string{"SCIMBRIDGE_BOOTSTRAP_TOKEN"} // serve asks for it
	o := &options{getenv: func(name string) string { known = append(known, name); return "" }}
	if _, err := o.config(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(known)
	if !slices.Equal(known, variables) {
		t.Errorf("the program asks for %v, and says that it knows %v", known, variables)
	}
	named := regexp.MustCompile(`SCIMBRIDGE_[A-Z_]+[A-Z]`).FindAllString(readme, -1)
	for _, name := range known {
		if !slices.Contains(named, name) {
			t.Errorf("the README does not name %s", name)
		}
	}
	for _, name := range named {
		if !slices.Contains(known, name) {
			t.Errorf("the README names %s, which the program does not know", name)
		}
	}
}

// TestShownCommandsExist: every command line in a document names a command and
// flags that there are.
func TestShownCommandsExist(t *testing.T) {
	shown := regexp.MustCompile("(?m)(?:^(?:\\$ )?|`)(?:scimbridge|go run ./cmd/scimbridge) ([a-z][^`\n#|]*)")
	n := 0
	for _, path := range []string{"README.md", "docs/architecture.md", "docs/apis/README.md", "docs/dependencies.md"} {
		text := strings.ReplaceAll(document(t, path), "\\\n", " ")
		for _, m := range shown.FindAllStringSubmatch(text, -1) {
			args := words(m[1])
			if args[0] == "dev" { // the program's own words: "scimbridge dev serves …"
				continue
			}
			n++
			cmd, rest, err := rootCommand().Find(args)
			if err != nil || !cmd.HasParent() {
				t.Errorf("%s: scimbridge %s: %v", path, m[1], err)
				continue
			}
			if err := cmd.ParseFlags(rest); err != nil {
				t.Errorf("%s: scimbridge %s: %v", path, m[1], err)
				continue
			}
			if args := cmd.Flags().Args(); cmd.Args != nil && len(args) > 0 {
				if err := cmd.Args(cmd, args); err != nil {
					t.Errorf("%s: scimbridge %s: %v", path, m[1], err)
				}
			}
		}
	}
	if n < 30 {
		t.Errorf("only %d commands were found", n)
	}
}

// words splits a command line as a shell would, as far as the documents need it.
func words(line string) (list []string) {
	for _, m := range regexp.MustCompile(`"([^"]*)"|(\S+)`).FindAllStringSubmatch(line, -1) {
		list = append(list, m[1]+m[2])
	}
	return list
}

// heard is a listener of which only the address is asked.
type heard struct {
	net.Listener
	address string
}

func (h heard) Addr() net.Addr { return h }
func (heard) Network() string  { return "tcp" }
func (h heard) String() string { return h.address }

// TestShownStart: the README shows what the first start prints.
func TestShownStart(t *testing.T) {
	c := defaults()
	c.PublicURL = "http://" + c.Listen
	for _, b := range blocks(document(t, "README.md")) {
		token := saidToken.FindStringSubmatch(b.text)
		if token == nil {
			continue
		}
		var out bytes.Buffer
		if err := announce(&out, &c, listeners{heard{nil, c.Listen}, heard{nil, c.AdminListen}}, token[1]); err != nil {
			t.Fatal(err)
		}
		if got, want := strings.TrimSpace(out.String()), strings.TrimSpace(b.text); got != want {
			t.Errorf("serve prints\n%s\nthe README shows\n%s", got, want)
		}
		return
	}
	t.Error("the README does not show the first start")
}

// TestShownSessions runs the README's console sessions, in their order, on a
// new database and compares what is printed. "…" stands for anything in a line,
// and alone in a line for any lines.
func TestShownSessions(t *testing.T) {
	readme := document(t, "README.md")
	t.Chdir(t.TempDir())
	c := defaults()
	c.PublicURL = "http://localhost"
	a, err := newApp(t.Context(), &c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := auth.Bootstrap(t.Context(), a.store, ""); err != nil { // the token of the first start
		t.Fatal(err)
	}
	if err := a.store.Close(); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, b := range blocks(readme) {
		if b.language != "console" {
			continue
		}
		for _, step := range strings.Split("\n"+b.text, "\n$ scimbridge ")[1:] {
			n++
			line, want, _ := strings.Cut(step, "\n")
			var out bytes.Buffer
			if err := run(t.Context(), &out, words(line)...); err != nil {
				t.Fatalf("scimbridge %s: %v", line, err)
			}
			pattern := regexp.QuoteMeta(strings.TrimRight(want, "\n"))
			pattern = regexp.MustCompile(`(?m)^…$`).ReplaceAllString(pattern, "(?s:.*)")
			pattern = regexp.MustCompile(` +`).ReplaceAllString(strings.ReplaceAll(pattern, "…", ".*"), " +")
			if !regexp.MustCompile(`\A` + pattern + `\s*\z`).MatchString(out.String()) {
				t.Errorf("scimbridge %s printed\n%s\nthe README shows\n%s", line, &out, want)
			}
		}
	}
	if n < 10 {
		t.Errorf("only %d commands were found", n)
	}
}

func run(ctx context.Context, out io.Writer, args ...string) error {
	root := rootCommand()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(out)
	return root.ExecuteContext(ctx)
}

// TestShownMetricsExist: a metric that a document names is one of the program's.
func TestShownMetricsExist(t *testing.T) {
	pages := map[string]string{}
	for _, path := range []string{"README.md", "docs/architecture.md"} {
		pages[path] = document(t, path)
	}
	t.Chdir(t.TempDir())
	c := defaults()
	c.PublicURL = "http://localhost"
	a, err := newApp(t.Context(), &c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.store.Close(); err != nil {
			t.Error(err)
		}
	}()
	descriptions := make(chan *prometheus.Desc, 1000)
	for _, list := range [][]prometheus.Collector{a.metrics.Collectors(), a.bridge.Collectors(), a.store.Metrics(), scim.NewMetrics().Collectors()} {
		for _, collector := range list {
			collector.Describe(descriptions)
		}
	}
	close(descriptions)
	known := map[string]bool{}
	for d := range descriptions {
		known[regexp.MustCompile(`fqName: "([^"]*)"`).FindStringSubmatch(d.String())[1]] = true
	}
	for path, text := range pages {
		for _, name := range regexp.MustCompile(`\bscimbridge_[a-z_]+[a-z]`).FindAllString(text, -1) {
			if !known[name] {
				t.Errorf("%s names the metric %s, which the program does not have", path, name)
			}
		}
	}
}

// TestLinksLeadSomewhere: a link within the repository names a file or folder
// that there is, and a link within a page one of its headings.
func TestLinksLeadSomewhere(t *testing.T) {
	notInAnchor := regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	for _, path := range []string{"README.md", "docs/architecture.md", "docs/dependencies.md", "docs/apis/README.md", "docs/conformance.md"} {
		text := document(t, path)
		anchors := map[string]bool{}
		for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(text, -1) {
			anchors["#"+strings.ReplaceAll(notInAnchor.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-")] = true
		}
		for _, m := range regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(text, -1) {
			link := m[1]
			switch {
			case strings.HasPrefix(link, "https://"):
			case strings.HasPrefix(link, "#"):
				if !anchors[link] {
					t.Errorf("%s: there is no heading for %s", path, link)
				}
			default:
				file, _, _ := strings.Cut(link, "#")
				if _, err := os.Stat(filepath.Join(repository, filepath.Dir(path), file)); err != nil {
					t.Errorf("%s: %v", path, err)
				}
			}
		}
	}
}
