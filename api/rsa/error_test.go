package rsa

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
)

// covers: documented-apis 2.4
func TestTranslate(t *testing.T) {
	const target = "x@example.com"
	for _, c := range []struct {
		name        string
		err         error
		status      int
		description string
		logged      bool
	}{
		{"not found", fmt.Errorf("find user: %w", directory.ErrNotFound), 404, "User x@example.com not found", true},
		{"protected", directory.ErrProtected, 403, "Not authorized to perform the request.", false},
		{"email taken", fmt.Errorf("w: %w", &directory.ConflictError{Attribute: "emails"}), 409, "User x@example.com can not have this value of emails: another user has it.", false},
		{"invalid", &directory.InvalidError{Attribute: "emails", Reason: "required"}, 400, "emails: required", false},
		{"unavailable", fmt.Errorf("update: %w", storage.ErrUnavailable), 503, "The service is temporarily unavailable. Nothing was changed; repeat the request.", false},
		{"uncertain", storage.ErrUncertain, 500, "An internal error occurred. Whether the change was stored is not known; look the user up.", true},
		{"uncertain, for a cause that by itself changes nothing", fmt.Errorf("%w: commit: %w: %w", storage.ErrUncertain, storage.ErrUnavailable, context.Canceled),
			500, "An internal error occurred. Whether the change was stored is not known; look the user up.", true},
		{"unknown", errors.New("sql: no such table: users"), 500, "An internal error occurred.", true},
	} {
		status, description := translate(c.err, target)
		if status != c.status || description != c.description || logged(status) != c.logged {
			t.Errorf("%s: %d %q, logged %v", c.name, status, description, logged(status))
		}
		if codes[status] == "" {
			t.Errorf("%s: status %d has no code", c.name, status)
		}
	}
	for _, state := range []directory.State{directory.Active, directory.Disabled, directory.DeletedSCIM, directory.DeletedElsewhere} {
		for e := directory.RSAEnable; e <= directory.RSADeleteNow; e++ {
			_, err := directory.Status{State: state}.Next(e, "key", time.Unix(0, 0))
			if err == nil {
				continue
			}
			if status, _ := translate(err, target); status != 409 {
				t.Errorf("%s while %s: %d", e, state, status)
			}
		}
	}
}

// covers: documented-apis 2.5
func TestActivitiesAreDistinct(t *testing.T) {
	keys, codes, actions := map[string]bool{}, map[int]bool{}, map[string]bool{}
	for _, a := range activities {
		if keys[a.key] || codes[a.code] || actions[a.action] || a.code < 89001 || a.done == "" || a.failed == "" {
			t.Errorf("%+v", a)
		}
		keys[a.key], codes[a.code], actions[a.action] = true, true, true
	}
}

func TestClip(t *testing.T) {
	long := ""
	for len(long) < 400 {
		long += "ü"
	}
	if got := clip("a" + long); len(got) > 260 || got[len(got)-len("…"):] != "…" || !utf8.ValidString(got) {
		t.Errorf("%q", got)
	}
}
