package scim_test

import (
	"context"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/internal/conversation"
	"github.com/scimbridge/scimbridge/scim/scimtest"
	"github.com/scimbridge/scimbridge/storage"
	"github.com/scimbridge/scimbridge/testdata"
)

func conversations(t *testing.T) []conversation.Conversation {
	t.Helper()
	idp, err := fs.Sub(testdata.IdP, "idp")
	if err != nil {
		t.Fatal(err)
	}
	all, err := conversation.ReadAll(idp)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestConversations replays every recorded conversation of an identity provider
// against the real handler over a real store, each in a fresh directory.
func TestConversations(t *testing.T) {
	for _, c := range conversations(t) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			switch storage.Mode(c.Mode) {
			case "", storage.Tolerant, storage.Strict, storage.Interop:
			default:
				t.Fatalf("there is no mode %q", c.Mode)
			}
			s := scimtest.Start(t, scimtest.Options{Mode: storage.Mode(c.Mode), Schemes: c.Schemes, Throttle: true})
			p := &conversation.Player{Base: s.URL + "/scim/v2", Public: scimtest.BaseURL + "/scim/v2", Token: s.Token, Client: s.Client()}
			if err := p.Play(context.Background(), c); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestConversationsCoverTheDialects holds the conversations to the list of
// exchanges: none may lose its conversation, and none may be made up.
func TestConversationsCoverTheDialects(t *testing.T) {
	raw, err := fs.ReadFile(testdata.IdP, "idp/ids.txt")
	if err != nil {
		t.Fatal(err)
	}
	var known []string
	for line := range strings.Lines(string(raw)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			known = append(known, line)
		}
	}
	if len(known) < 100 {
		t.Fatalf("ids.txt lists %d exchanges", len(known))
	}
	covered := map[string]bool{}
	for _, c := range conversations(t) {
		for _, id := range c.Covers {
			covered[id] = true
			if !slices.Contains(known, id) {
				t.Errorf("%s covers %s, which ids.txt does not list", c.Name, id)
			}
		}
	}
	for _, id := range known {
		if !covered[id] {
			t.Errorf("no conversation covers %s", id)
		}
	}
}
