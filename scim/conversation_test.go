package scim_test

import (
	"context"
	"io/fs"
	"testing"

	"github.com/scimbridge/scimbridge/internal/conversation"
	"github.com/scimbridge/scimbridge/scim/scimtest"
	"github.com/scimbridge/scimbridge/testdata"
)

// TestConversations replays every recorded conversation of an identity provider
// against the real handler over a real store, each in a fresh directory.
func TestConversations(t *testing.T) {
	idp, err := fs.Sub(testdata.IdP, "idp")
	if err != nil {
		t.Fatal(err)
	}
	all, err := conversation.ReadAll(idp)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatal("no conversations")
	}
	for _, c := range all {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			s := scimtest.Start(t, scimtest.Options{})
			p := &conversation.Player{Base: s.URL + "/scim/v2", Token: s.Token, Client: s.Client()}
			if err := p.Play(context.Background(), c); err != nil {
				t.Error(err)
			}
		})
	}
}
