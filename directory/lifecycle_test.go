package directory

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// life is the lifecycle as documented-apis 6.2 tells it, written from there and
// not from the product's table: for each event and each state that a user can
// be in, what becomes of it. "=" says that nothing changes, "409" and "404" are
// refusals, and a state with a surface in brackets says who disabled the user;
// "keep" that this does not change.
var life = []struct {
	event                                      Event
	active, disabled, pendingSCIM, pendingElse string
}{
	// "SCIM PUT/PATCH active=true: disabled(any) -> active; pending_delete(other origin) -> active"
	{SCIMActivate, "=", "active", "404", "active"},
	// "active=false: active -> disabled(scim), idempotent"; who is to be deleted is inactive already.
	{SCIMDeactivate, "disabled(scim)", "=", "404", "="},
	// "SCIM DELETE: active, disabled, pending_delete(other origin) -> pending_delete(scim); else 404"
	{SCIMDelete, "pending_scim(scim)", "pending_scim(keep)", "404", "pending_scim(keep)"},
	// "RSA userStatus: pending_delete -> 409; same value again -> 200"
	{RSAEnable, "=", "active", "409", "409"},
	{RSADisable, "disabled(rsa)", "=", "409", "409"},
	// "RSA markDeleted true: disabled -> pending_delete(rsa); active -> 409; already -> 409"
	{RSAMarkDeleted, "409", "pending_else(keep)", "409", "409"},
	// "RSA markDeleted false: pending_delete(any) -> disabled(rsa); not marked -> 409"
	{RSAUnmarkDeleted, "409", "409", "disabled(rsa)", "disabled(rsa)"},
	// "RSA DELETE now: disabled -> purged; active or pending -> 409"
	{RSADeleteNow, "409", "purged", "409", "409"},
	// "Syncari activate / deactivate; pending_delete: deactivate is a no-op 200, activate 409"
	{SyncariActivate, "=", "active", "409", "409"},
	{SyncariDeactivate, "disabled(syncari)", "=", "=", "="},
	// "Syncari DELETE: active/disabled -> pending_delete(syncari)"; who is pending is absent there (6.1).
	{SyncariDelete, "pending_else(syncari)", "pending_else(keep)", "404", "404"},
	// "SM PUT Activated, SM DELETE"; who is pending is 410 there (6.1).
	{MobilityActivate, "=", "active", "404", "404"},
	{MobilityDeactivate, "disabled(servicemobility)", "=", "404", "404"},
	{MobilityDelete, "pending_else(servicemobility)", "pending_else(keep)", "404", "404"},
	// "purge timer: pending_delete -> purged"
	{PurgeDue, "409", "409", "purged", "purged"},
}

var (
	firstDeletion = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	now           = firstDeletion.Add(time.Hour)
)

// covers: documented-apis 6.2
func TestLifecycle(t *testing.T) {
	if len(life) != int(eventCount) {
		t.Fatalf("the table tells of %d events, there are %d", len(life), eventCount)
	}
	for _, row := range life {
		for from, want := range map[Status]string{
			{State: Active}: row.active,
			{State: Disabled, DisabledBy: OriginMobility}: row.disabled,
			{State: DeletedSCIM, DisabledBy: OriginMobility, DeletedAt: firstDeletion, DeletedBy: "scim:okta", DeleteOrigin: OriginSCIM}:     row.pendingSCIM,
			{State: DeletedElsewhere, DisabledBy: OriginMobility, DeletedAt: firstDeletion, DeletedBy: "help desk", DeleteOrigin: OriginRSA}: row.pendingElse,
		} {
			got, err := from.Next(row.event, "somebody", now)
			if text := outcomeOf(from, got, err); text != want {
				t.Errorf("%s in state %s: %s, want %s", row.event, from.State, text, want)
			}
			checkStatus(t, from, got, row.event)
		}
		if got, err := (Status{State: Purged}).Next(row.event, "somebody", now); !errors.Is(err, ErrNotFound) || got.State != Purged {
			t.Errorf("%s of a purged user: %v, %v; want ErrNotFound", row.event, got, err)
		}
	}
}

// outcomeOf tells what became of a status in the words of the table.
func outcomeOf(from, to Status, err error) string {
	var state *StateError
	switch {
	case errors.As(err, &state) && state.State == from.State && to == from:
		return "409"
	case errors.Is(err, ErrNotFound) && to == from:
		return "404"
	case err != nil:
		return err.Error()
	case to == from:
		return "="
	}
	name := map[State]string{Active: "active", Disabled: "disabled", DeletedSCIM: "pending_scim", DeletedElsewhere: "pending_else", Purged: "purged"}[to.State]
	switch to.DisabledBy {
	case "":
		return name
	case from.DisabledBy:
		return name + "(keep)"
	}
	return name + "(" + string(to.DisabledBy) + ")"
}

// checkStatus holds a status to what always is so, and to how it can follow
// the one before.
func checkStatus(t interface{ Errorf(string, ...any) }, from, to Status, e Event) {
	if pending := to.State.Pending(); pending == to.DeletedAt.IsZero() || pending == (to.DeletedBy == "") || pending == (to.DeleteOrigin == "") {
		t.Errorf("after %s: state %s with deletion time %v, by %q of %q", e, to.State, to.DeletedAt, to.DeletedBy, to.DeleteOrigin)
	}
	if living := to.State == Active || to.State == Purged; living != (to.DisabledBy == "") {
		t.Errorf("after %s: state %s, disabled by %q", e, to.State, to.DisabledBy)
	}
	switch {
	case to == from || !to.State.Pending():
	case to.DeletedBy != "somebody" || to.DeleteOrigin != e.Origin():
		t.Errorf("%s: deleted by %q of %q", e, to.DeletedBy, to.DeleteOrigin)
	case from.State.Pending() && !to.DeletedAt.Equal(from.DeletedAt):
		t.Errorf("%s: the deletion time moved from %v to %v", e, from.DeletedAt, to.DeletedAt)
	case !from.State.Pending() && !to.DeletedAt.Equal(now):
		t.Errorf("%s: deleted at %v, want %v", e, to.DeletedAt, now)
	}
}

// covers: documented-apis 6.2
func TestLifecycleWalks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Status{}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			e := Event(rapid.IntRange(0, int(eventCount)-1).Draw(t, "event"))
			next, err := s.Next(e, "somebody", now)
			if err != nil && next != s {
				t.Fatalf("a refused %s changed %v to %v", e, s, next)
			}
			checkStatus(t, s, next, e)
			s = next
		}
	})
}

// covers: documented-apis 6.1
func TestWhatSCIMSees(t *testing.T) {
	for state, want := range map[State]bool{Active: true, Disabled: true, DeletedElsewhere: true, DeletedSCIM: false, Purged: false} {
		if state.VisibleToSCIM() != want {
			t.Errorf("a user that is %s: visible to SCIM %t, want %t", state, !want, want)
		}
	}
}

func TestEventsTellTheirSurface(t *testing.T) {
	for e, want := range map[Event]Origin{SCIMDelete: OriginSCIM, RSAUnmarkDeleted: OriginRSA, SyncariDelete: OriginSyncari, MobilityActivate: OriginMobility, PurgeDue: OriginSystem} {
		if e.Origin() != want {
			t.Errorf("%s is of %s, want %s", e, e.Origin(), want)
		}
	}
	seen := map[string]bool{}
	for e := range eventCount {
		if name := e.String(); name == "" || seen[name] {
			t.Errorf("event %d has the name %q", e, name)
		} else {
			seen[name] = true
		}
	}
	if got, want := (&StateError{State: DeletedElsewhere, Event: RSAEnable}).Error(), "a user that is deleted elsewhere does not allow rsa_enable"; got != want {
		t.Errorf("state error: %q, want %q", got, want)
	}
}
