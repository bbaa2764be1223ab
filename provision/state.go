package provision

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/scimbridge/scimbridge/directory"
)

// cloneState copies what the applications know of a user, so that an edit can
// change maps and lists in it without touching the original.
func cloneState(s *directory.AppState) (directory.AppState, error) {
	c := directory.AppState{UniphoreID: s.UniphoreID, SyncariID: s.SyncariID, MobilityUserID: s.MobilityUserID}
	raw, err := json.Marshal(s)
	if err != nil {
		return c, fmt.Errorf("copy application state: %w", err)
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return c, fmt.Errorf("copy application state: %w", err)
	}
	return c, nil
}

// sameState reports whether two states are equal in all that is stored.
func sameState(a, b *directory.AppState) (bool, error) {
	if a.UniphoreID != b.UniphoreID || a.SyncariID != b.SyncariID || a.MobilityUserID != b.MobilityUserID {
		return false, nil
	}
	x, err := json.Marshal(a)
	if err != nil {
		return false, fmt.Errorf("compare application state: %w", err)
	}
	y, err := json.Marshal(b)
	if err != nil {
		return false, fmt.Errorf("compare application state: %w", err)
	}
	return bytes.Equal(x, y), nil
}
