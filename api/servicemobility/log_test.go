package servicemobility_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/scimbridge/scimbridge/api/servicemobility"
	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
)

// The cause of a 500 or 503 is in the log and nowhere else, under the id that
// the answer has.
func TestCausesAreLogged(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		logged bool
	}{
		{errors.New("CANARY broke"), 500, true},
		{fmt.Errorf("CANARY: %w", storage.ErrUnavailable), 503, true},
		{fmt.Errorf("CANARY: %w", context.Canceled), 503, true},
		{fmt.Errorf("CANARY: %w", directory.ErrNotFound), 410, false},
	} {
		var log bytes.Buffer
		s := newServer(t, func(cfg *servicemobility.Config) {
			cfg.Bridge = sick{c.err}
			cfg.Log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		})
		log.Reset()
		a := s.do("GET", johnny, "")
		message(t, a, c.status)
		var lines []map[string]any
		for _, text := range bytes.Split(bytes.TrimSpace(log.Bytes()), []byte("\n")) {
			var line map[string]any
			if err := json.Unmarshal(text, &line); err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			if line["msg"] == "call failed" {
				lines = append(lines, line)
			}
		}
		if !c.logged {
			if len(lines) != 0 {
				t.Errorf("%v: %v", c.err, lines)
			}
			continue
		}
		if len(lines) != 1 {
			t.Fatalf("%v: log %v", c.err, lines)
		}
		if line := lines[0]; line["error"] != c.err.Error() || line["level"] != "ERROR" || line["surface"] != "servicemobility" ||
			line["status"] != float64(c.status) || line["request_id"] != a.Header.Get("X-Request-Id") || line["request_id"] == "" {
			t.Errorf("%v, answered %v", line, a.Header)
		}
	}
}
