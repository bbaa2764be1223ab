package uniphore

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/scimbridge/scimbridge/auth/jwt"
	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
)

// covers: documented-apis 1.2
func TestTranslate(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
	}{
		{storage.ErrUnavailable, 503},
		{jwt.ErrKeysUnavailable, 503},
		{context.Canceled, 503},
		{context.DeadlineExceeded, 503},
		{storage.ErrUncertain, 500},
		// Whether something was changed is not known, whatever the cause says.
		{fmt.Errorf("%w: commit: %w: %w", storage.ErrUncertain, storage.ErrUnavailable, context.Canceled), 500},
		{directory.ErrProtected, 401},
		{errLocked, 401},
		{notFound("x"), 404},
		{errors.New("CANARY"), 500},
	} {
		if status, message := translate(fmt.Errorf("CANARY: %w", c.err)); status != c.status || message == "" || message == "CANARY" {
			t.Errorf("%v: %d %q, want %d", c.err, status, message, c.status)
		}
	}
}
