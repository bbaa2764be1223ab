package syncari_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"testing"

	"github.com/scimbridge/scimbridge/api/apitest"
	"github.com/scimbridge/scimbridge/api/syncari"
	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
)

// causes returns the lines of the log that say why a call failed.
func causes(t *testing.T, log *bytes.Buffer) (lines []map[string]any) {
	t.Helper()
	for _, line := range bytes.Split(bytes.TrimSpace(log.Bytes()), []byte("\n")) {
		var v map[string]any
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if v["msg"] == "call failed" {
			lines = append(lines, v)
		}
	}
	return lines
}

// The cause of a 500 or 503 is in the log and nowhere else, under the ids that
// the answer has.
func TestCausesAreLogged(t *testing.T) {
	// An API user that is not configured is looked up, so that the check of a
	// token and the token endpoint fail as well.
	maker := newServer(t)
	made := one(t, maker.as(boss, "POST", "users", `{"email":"robot@example.com","firstName":"R","lastName":"B","isApiUser":true,"userRoles":{"YUBV99":["Org Admin"]}}`))
	_, robot := maker.logon(*made.ClientID, *made.ClientSecret)

	for _, c := range []struct {
		err    error
		status int // 0: the client's fault, which the log says nothing of
	}{
		{errors.New("CANARY broke"), 500},
		{fmt.Errorf("CANARY: %w", storage.ErrUnavailable), 503},
		{fmt.Errorf("CANARY: %w", directory.ErrNotFound), 0},
	} {
		var log bytes.Buffer
		s := newServer(t, func(cfg *syncari.Config) {
			cfg.Bridge = sick{c.err}
			cfg.Log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		})
		form := url.Values{"grant_type": {"client_credentials"}, "client_id": {*made.ClientID}, "client_secret": {*made.ClientSecret}}
		for what, call := range map[string]func() apitest.Answer{
			"endpoint": func() apitest.Answer { return s.as(boss, "GET", "users", "") },
			"check of the token": func() apitest.Answer {
				return apitest.Do(t, s, "GET", "/api/v1/users", "", "Authorization", "Bearer "+robot.Access)
			},
			"token endpoint": func() apitest.Answer { return apitest.Do(t, s, "POST", "/api/v1/oauth/token?"+form.Encode(), "") },
		} {
			log.Reset()
			a := call()
			lines := causes(t, &log)
			if c.status == 0 {
				if len(lines) != 0 || a.Status >= 500 {
					t.Errorf("%s, %v: %d, log %v", what, c.err, a.Status, lines)
				}
				continue
			}
			var envelope struct{ RequestID any }
			a.Decode(t, &envelope)
			if a.Status != c.status || len(lines) != 1 {
				t.Fatalf("%s, %v: %d, log %v", what, c.err, a.Status, lines)
			}
			line := lines[0]
			if line["error"] != c.err.Error() || line["level"] != "ERROR" || line["surface"] != "syncari" || line["status"] != float64(c.status) ||
				line["request_id"] != a.Header.Get("X-Request-Id") || line["envelope_request_id"] != envelope.RequestID {
				t.Errorf("%s: %v, answered %v %s", what, line, a.Header, a.Body)
			}
		}
	}
}
