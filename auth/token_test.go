package auth_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scimbridge/scimbridge/auth"
	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/internal/web"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/storage"
	"github.com/scimbridge/scimbridge/storage/sqlite"
)

// open opens the database at path, as a process of its own would.
func open(t *testing.T, path string) storage.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// client makes a SCIM client of a new tenant, both with this name.
func client(t *testing.T, s storage.Store, name string) storage.Client {
	t.Helper()
	var c storage.Client
	err := s.Update(t.Context(), func(tx storage.Tx) error {
		tenant := storage.Tenant{Name: name, Created: time.Now().UTC()}
		if err := tx.PutTenant(&tenant); err != nil {
			return err
		}
		c = storage.Client{Tenant: tenant.ID, Name: name, Mode: storage.Tolerant, Created: tenant.Created}
		return tx.PutClient(&c)
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// clock is a clock the test moves.
type clock struct{ at time.Time }

func newClock() *clock                 { return &clock{time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }
func (c *clock) now() time.Time        { return c.at }
func (c *clock) in(days int) time.Time { return c.at.Add(time.Duration(days) * 24 * time.Hour) }

func TestIssueAndAuthenticate(t *testing.T) {
	store, clock := open(t, filepath.Join(t.TempDir(), "a.db")), newClock()
	tokens := &auth.Tokens{Store: store, Now: clock.now}
	okta, entra := client(t, store, "okta"), client(t, store, "entra")

	seen := map[string]bool{}
	for _, c := range []storage.Client{okta, okta, entra} {
		secret, token, err := tokens.Issue(t.Context(), c.ID, clock.in(365), auth.ScopeAll)
		if err != nil {
			t.Fatal(err)
		}
		if !regexp.MustCompile(`^scb_[0-9A-Za-z]{43}$`).MatchString(secret) || seen[secret] {
			t.Errorf("secret %q", secret)
		}
		seen[secret] = true
		if token.ID == 0 || token.Client != c.ID || !strings.HasSuffix(secret, token.Hint) || len(token.Hint) != 4 {
			t.Errorf("token %+v", token)
		}
		id, err := tokens.Authenticate(t.Context(), secret)
		if err != nil {
			t.Fatal(err)
		}
		if id.Client.ID != c.ID || id.Client.Name != c.Name || id.Tenant != c.Tenant || id.Token.ID != token.ID || id.Token.Scope != auth.ScopeAll {
			t.Errorf("identity %+v", id)
		}
	}
	// Several live tokens for one client, so that they can be rotated.
	if list, err := tokens.List(t.Context(), okta.ID); err != nil || len(list) != 2 {
		t.Errorf("List = %d tokens, %v", len(list), err)
	}
	if list, err := tokens.List(t.Context(), 0); err != nil || len(list) != 3 {
		t.Errorf("List of all = %d tokens, %v", len(list), err)
	}
}

// The secret is nowhere in the database, nor in what the journal says.
//
// covers: T-13
func TestSecretIsNotStored(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	store, err := sqlite.Open(t.Context(), sqlite.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	tokens := &auth.Tokens{Store: store}
	c := client(t, store, "okta")
	secret, token, err := tokens.Issue(t.Context(), c.ID, time.Now().Add(time.Hour), auth.ScopeAll)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tokens.Revoke(t.Context(), token.ID); err != nil {
		t.Fatal(err)
	}
	var actions []string
	err = store.View(t.Context(), func(r storage.Reader) error {
		return r.Journal(c.Tenant, 0, func(e *journal.Entry) bool {
			actions = append(actions, e.Action)
			var note struct{ Hint, ForClient string }
			if err := json.Unmarshal(e.Note, &note); err != nil || note.Hint != token.Hint || note.ForClient != "okta" {
				t.Errorf("note %s, %v", e.Note, err)
			}
			return true
		})
	})
	if err != nil || strings.Join(actions, " ") != "token.issue token.revoke" {
		t.Errorf("journal %q, %v", actions, err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(data), secret[8:]) {
			t.Errorf("%s holds the secret", filepath.Base(file))
		}
	}
}

// All refusals look alike; the metric knows better.
//
// covers: T-03
func TestAuthenticateRefuses(t *testing.T) {
	store, clock := open(t, filepath.Join(t.TempDir(), "a.db")), newClock()
	tokens := &auth.Tokens{Store: store, Now: clock.now}
	c := client(t, store, "okta")
	issue := func(days int) (string, storage.Token) {
		secret, token, err := tokens.Issue(t.Context(), c.ID, clock.in(days), auth.ScopeAll)
		if err != nil {
			t.Fatal(err)
		}
		return secret, token
	}
	expired, _ := issue(1)
	revoked, token := issue(365)
	both, token2 := issue(1)
	good, _ := issue(365)
	for _, id := range []int64{token.ID, token2.ID} {
		if _, err := tokens.Revoke(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := tokens.Authenticate(t.Context(), expired); err != nil {
		t.Fatalf("before it expires: %v", err)
	}
	clock.at = clock.in(1)

	for _, tt := range []struct{ name, secret, reason string }{
		{"empty", "", web.ReasonMalformed},
		{"short", "scb_x", web.ReasonMalformed},
		{"huge", strings.Repeat("x", 10_000), web.ReasonMalformed},
		{"never issued", "scb_" + strings.Repeat("x", 43), web.ReasonUnknown},
		{"cut off", good[:len(good)-1], web.ReasonUnknown},
		{"last character changed", good[:len(good)-1] + "~", web.ReasonUnknown},
		{"other case", strings.ToUpper(good), web.ReasonUnknown},
		{"expired this instant", expired, web.ReasonExpired},
		{"revoked", revoked, web.ReasonRevoked},
		{"revoked and expired", both, web.ReasonRevoked},
	} {
		id, err := tokens.Authenticate(t.Context(), tt.secret)
		if !errors.Is(err, auth.ErrDenied) || id.Client.ID != 0 || id.Tenant != 0 {
			t.Errorf("%s: %+v, %v; want ErrDenied", tt.name, id, err)
			continue
		}
		if err.Error() != auth.ErrDenied.Error() {
			t.Errorf("%s: the error says %q", tt.name, err)
		}
		if got := auth.Reason(err); got != tt.reason {
			t.Errorf("%s: reason %q, want %q", tt.name, got, tt.reason)
		}
	}
	if _, err := tokens.Authenticate(t.Context(), good); err != nil {
		t.Errorf("the good one: %v", err)
	}
}

// A revoked token is refused by every process on its next request, nobody else's
// token is touched.
//
// covers: T-02, R-7644-7.4-02
func TestRevoke(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	here, there := &auth.Tokens{Store: open(t, path)}, &auth.Tokens{Store: open(t, path)}
	c := client(t, here.Store, "okta")
	secret, token, err := here.Issue(t.Context(), c.ID, time.Now().Add(time.Hour), "")
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := here.Issue(t.Context(), c.ID, time.Now().Add(time.Hour), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := there.Authenticate(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	first, err := here.Revoke(t.Context(), token.ID)
	if err != nil || first.Revoked.IsZero() {
		t.Fatalf("Revoke = %+v, %v", first, err)
	}
	for name, tokens := range map[string]*auth.Tokens{"here": here, "there": there} {
		if _, err := tokens.Authenticate(t.Context(), secret); !errors.Is(err, auth.ErrDenied) {
			t.Errorf("%s: %v, want ErrDenied", name, err)
		}
		if _, err := tokens.Authenticate(t.Context(), other); err != nil {
			t.Errorf("%s: the other token: %v", name, err)
		}
	}
	again, err := here.Revoke(t.Context(), token.ID)
	if err != nil || !again.Revoked.Equal(first.Revoked) {
		t.Errorf("again: %v, %v; want the first time %v", again.Revoked, err, first.Revoked)
	}
	if _, err := here.Revoke(t.Context(), 4711); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("a token that is not there: %v", err)
	}
}

// covers: R-7644-7.4-02
func TestIssueRefuses(t *testing.T) {
	store, clock := open(t, filepath.Join(t.TempDir(), "a.db")), newClock()
	tokens := &auth.Tokens{Store: store, Now: clock.now}
	c := client(t, store, "okta")
	if _, _, err := tokens.Issue(t.Context(), c.ID, time.Time{}, ""); !errors.Is(err, auth.ErrNoExpiry) {
		t.Errorf("no expiry: %v", err)
	}
	if _, _, err := tokens.Issue(t.Context(), c.ID, clock.now(), ""); err == nil {
		t.Error("a token that has expired was issued")
	}
	for _, id := range []directory.ClientID{0, 4711} {
		if secret, _, err := tokens.Issue(t.Context(), id, clock.in(1), ""); !errors.Is(err, directory.ErrNotFound) || secret != "" {
			t.Errorf("client %d: %q, %v", id, secret, err)
		}
	}
	if _, _, err := tokens.Issue(t.Context(), c.ID, clock.in(1), "users:admin"); err == nil {
		t.Error("an unknown scope was granted")
	}
	if list, err := tokens.List(t.Context(), 0); err != nil || len(list) != 0 {
		t.Errorf("the refused calls left %d tokens, %v", len(list), err)
	}
}

// covers: T-10
func TestIssueGiven(t *testing.T) {
	store, clock := open(t, filepath.Join(t.TempDir(), "a.db")), newClock()
	tokens := &auth.Tokens{Store: store, Now: clock.now}
	c := client(t, store, "okta")
	for name, secret := range map[string]string{
		"empty": "", "16 characters": "abcdefgh12345678", "31 characters": "abcdefghijklmnopqrstuvwxyz01234",
		"blank inside": "abcdefghijklmnop qrstuvwxyz012345", "quoted": `"abcdefghijklmnopqrstuvwxyz012345"`,
		"line break": "abcdefghijklmnopqrstuvwxyz012345\n", "one letter": strings.Repeat("a", 40),
		"not ASCII": "abcdefghijklmnopqrstuvwxyzäöü012345", "huge": strings.Repeat("ab", 300),
		"padding inside": "abcdefghijklmnop==qrstuvwxyz012345",
	} {
		_, err := tokens.IssueGiven(t.Context(), c.ID, secret, clock.in(1), "")
		if err == nil {
			t.Errorf("%s: accepted", name)
		} else if len(secret) > 0 && strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the error shows the secret", name)
		}
	}
	given := "abcdefghijklmnopqrstuvwxyz012345"
	token, err := tokens.IssueGiven(t.Context(), c.ID, given, clock.in(1), "")
	if err != nil || token.Hint != "2345" {
		t.Fatalf("IssueGiven = %+v, %v", token, err)
	}
	if id, err := tokens.Authenticate(t.Context(), given); err != nil || id.Client.ID != c.ID {
		t.Errorf("Authenticate = %+v, %v", id, err)
	}
}

// covers: T-06
func TestScope(t *testing.T) {
	for text, want := range map[string]string{
		"": auth.ScopeAll, "  ": auth.ScopeAll, "users:read groups:read": auth.ScopeRead,
		"groups:read  users:read users:read": auth.ScopeRead,
		"users:write":                        "groups:read users:read users:write",
		"users:write users:read groups:read": "groups:read users:read users:write",
		"users:write groups:write":           "groups:read groups:write users:read users:write",
		"resources:write\tgroups:write":      "groups:read groups:write resources:write users:read",
	} {
		if got, err := auth.ParseScope(text); got != want || err != nil {
			t.Errorf("ParseScope(%q) = %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"users:read", "groups:read", "users:read groups:write x", "all", "*", "Users:Read groups:read", "users:read,groups:read"} {
		if got, err := auth.ParseScope(text); err == nil {
			t.Errorf("ParseScope(%q) = %q", text, got)
		}
	}
	store, clock := open(t, filepath.Join(t.TempDir(), "a.db")), newClock()
	tokens := &auth.Tokens{Store: store, Now: clock.now}
	c := client(t, store, "okta")
	secret, _, err := tokens.Issue(t.Context(), c.ID, clock.in(1), "users:read groups:read")
	if err != nil {
		t.Fatal(err)
	}
	if id, err := tokens.Authenticate(t.Context(), secret); err != nil || id.Token.Scope != auth.ScopeRead {
		t.Errorf("a token of scope read: %+v, %v", id, err)
	}
}

// What the database can not do now is not the token's fault.
func TestAuthenticateWithoutDatabase(t *testing.T) {
	store, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "a.db")})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	tokens := &auth.Tokens{Store: store}
	if _, err := tokens.Authenticate(t.Context(), "scb_"+strings.Repeat("x", 43)); !errors.Is(err, storage.ErrUnavailable) || errors.Is(err, auth.ErrDenied) {
		t.Errorf("closed database: %v", err)
	}
}

func TestBootstrap(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	store := open(t, path)
	created, secret, err := auth.Bootstrap(t.Context(), store, "")
	if err != nil || !created {
		t.Fatalf("Bootstrap = %v, %v", created, err)
	}
	tokens := &auth.Tokens{Store: store}
	id, err := tokens.Authenticate(t.Context(), secret)
	if err != nil || id.Client.Name != "default" || id.Client.Mode != storage.Tolerant || id.Token.Scope != auth.ScopeAll {
		t.Fatalf("Authenticate = %+v, %v", id, err)
	}
	if days := time.Until(id.Token.Expires).Hours() / 24; days < 364 || days > 366 {
		t.Errorf("the first token is good for %.0f days", days)
	}
	again := func(given string) {
		t.Helper()
		created, more, err := auth.Bootstrap(t.Context(), store, given)
		if err != nil || created || more != "" {
			t.Errorf("again: %v, %q, %v", created, more, err)
		}
	}
	again("")
	again("abcdefghijklmnopqrstuvwxyz012345")
	if _, err := tokens.Revoke(t.Context(), id.Token.ID); err != nil {
		t.Fatal(err)
	}
	again("") // an operator who revoked all tokens does not get a new one behind his back
	if list, err := tokens.List(t.Context(), 0); err != nil || len(list) != 1 {
		t.Errorf("%d tokens, %v", len(list), err)
	}
}

// covers: T-10
func TestBootstrapGiven(t *testing.T) {
	const given = "abcdefghijklmnopqrstuvwxyz012345"
	store := open(t, filepath.Join(t.TempDir(), "a.db"))
	if _, _, err := auth.Bootstrap(t.Context(), store, given[:16]); err == nil {
		t.Error("a token of 16 characters was accepted")
	}
	created, secret, err := auth.Bootstrap(t.Context(), store, given)
	if err != nil || !created || secret != "" {
		t.Fatalf("Bootstrap = %v, %q, %v", created, secret, err)
	}
	if _, err := (&auth.Tokens{Store: store}).Authenticate(t.Context(), given); err != nil {
		t.Error(err)
	}
	if _, _, err := auth.Bootstrap(t.Context(), store, given[:16]); err == nil {
		t.Error("a token of 16 characters was accepted though none is needed")
	}
}

// Two processes that start on one empty database make one token between them.
func TestBootstrapRace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	stores := []storage.Store{open(t, path), open(t, path)}
	var mu sync.Mutex
	var secrets []string
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			created, secret, err := auth.Bootstrap(context.WithoutCancel(t.Context()), stores[i%2], "")
			if err != nil {
				t.Errorf("Bootstrap: %v", err)
			}
			if created != (secret != "") {
				t.Errorf("created %v, secret %q", created, secret)
			}
			mu.Lock()
			defer mu.Unlock()
			if created {
				secrets = append(secrets, secret)
			}
		}()
	}
	wg.Wait()
	if len(secrets) != 1 {
		t.Fatalf("%d tokens were made", len(secrets))
	}
	for _, store := range stores {
		if _, err := (&auth.Tokens{Store: store}).Authenticate(t.Context(), secrets[0]); err != nil {
			t.Error(err)
		}
		err := store.View(t.Context(), func(r storage.Reader) error {
			tenants, err := r.Tenants()
			if err != nil || len(tenants) != 1 {
				t.Errorf("%d tenants, %v", len(tenants), err)
			}
			clients, err := r.Clients(0)
			if err != nil || len(clients) != 1 {
				t.Errorf("%d clients, %v", len(clients), err)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func BenchmarkAuthenticate(b *testing.B) {
	store, err := sqlite.Open(b.Context(), sqlite.Options{Path: filepath.Join(b.TempDir(), "a.db")})
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	_, secret, err := auth.Bootstrap(b.Context(), store, "")
	if err != nil {
		b.Fatal(err)
	}
	tokens := &auth.Tokens{Store: store}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := tokens.Authenticate(b.Context(), secret); err != nil {
			b.Fatal(err)
		}
	}
}
