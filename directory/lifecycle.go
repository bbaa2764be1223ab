package directory

import "time"

// Origin names the surface that caused something.
type Origin string

// The surfaces of the bridge.
const (
	OriginSCIM     Origin = "scim"
	OriginUniphore Origin = "uniphore"
	OriginRSA      Origin = "rsa"
	OriginSyncari  Origin = "syncari"
	OriginMobility Origin = "servicemobility"
	OriginSystem   Origin = "system" // the bridge itself: sweeps, bootstrap
)

// State is where a user stands in its life.
type State uint8

// A user is Active or Disabled while it lives. Deletion is soft: DeletedSCIM
// and DeletedElsewhere wait for the purge, and differ in what SCIM sees (404,
// or an inactive user that can be brought back). Purged leaves a tombstone only.
const (
	Active State = iota
	Disabled
	DeletedSCIM
	DeletedElsewhere
	Purged
)

var stateNames = [...]string{"active", "disabled", "deleted_scim", "deleted_elsewhere", "purged"}

func (s State) String() string { return stateNames[s] }

// Pending reports whether the user is deleted and waits for the purge.
func (s State) Pending() bool { return s == DeletedSCIM || s == DeletedElsewhere }

// VisibleToSCIM reports whether SCIM clients can see a user in this state.
func (s State) VisibleToSCIM() bool { return s != DeletedSCIM && s != Purged }

// Status is a user's state with who brought it there.
type Status struct {
	State State
	// DisabledBy is the surface that disabled the user; empty while active.
	DisabledBy Origin
	// DeletedAt, DeletedBy and DeleteOrigin are set while deletion is pending.
	DeletedAt time.Time
	// DeletedBy is the display name of the actor, e.g. "scim:okta".
	DeletedBy    string
	DeleteOrigin Origin
}

// Event is something that happens to a user's life.
type Event uint8

// The events, by the surface that causes them.
const (
	SCIMActivate Event = iota
	SCIMDeactivate
	SCIMDelete
	RSAEnable
	RSADisable
	RSAMarkDeleted
	RSAUnmarkDeleted
	RSADeleteNow
	SyncariActivate
	SyncariDeactivate
	SyncariDelete
	MobilityActivate
	MobilityDeactivate
	MobilityDelete
	PurgeDue
	eventCount
)

// outcome is one cell of the transition table.
type outcome uint8

const (
	stay     outcome = iota // nothing changes, success
	activate                // -> Active
	disable                 // -> Disabled by the event's origin
	softSCIM                // -> DeletedSCIM; keeps the first deletion time if one is pending
	soft                    // -> DeletedElsewhere
	restore                 // -> Disabled by the event's origin, deletion withdrawn
	purge                   // -> Purged
	conflict                // refused: the state forbids it
	gone                    // refused: for this surface the user does not exist
)

// transitions is the whole lifecycle (documented-apis 6.2). Columns are the
// states Active, Disabled, DeletedSCIM, DeletedElsewhere.
var transitions = [eventCount]struct {
	name   string
	origin Origin
	to     [4]outcome
}{
	//                     name                  origin          Active    Disabled  DeletedSCIM DeletedElsewhere
	SCIMActivate:       {"scim_activate", OriginSCIM, [4]outcome{stay, activate, gone, activate}},
	SCIMDeactivate:     {"scim_deactivate", OriginSCIM, [4]outcome{disable, stay, gone, stay}},
	SCIMDelete:         {"scim_delete", OriginSCIM, [4]outcome{softSCIM, softSCIM, gone, softSCIM}},
	RSAEnable:          {"rsa_enable", OriginRSA, [4]outcome{stay, activate, conflict, conflict}},
	RSADisable:         {"rsa_disable", OriginRSA, [4]outcome{disable, stay, conflict, conflict}},
	RSAMarkDeleted:     {"rsa_mark_deleted", OriginRSA, [4]outcome{conflict, soft, conflict, conflict}},
	RSAUnmarkDeleted:   {"rsa_unmark_deleted", OriginRSA, [4]outcome{conflict, conflict, restore, restore}},
	RSADeleteNow:       {"rsa_delete_now", OriginRSA, [4]outcome{conflict, purge, conflict, conflict}},
	SyncariActivate:    {"syncari_activate", OriginSyncari, [4]outcome{stay, activate, conflict, conflict}},
	SyncariDeactivate:  {"syncari_deactivate", OriginSyncari, [4]outcome{disable, stay, stay, stay}},
	SyncariDelete:      {"syncari_delete", OriginSyncari, [4]outcome{soft, soft, gone, gone}},
	MobilityActivate:   {"servicemobility_activate", OriginMobility, [4]outcome{stay, activate, gone, gone}},
	MobilityDeactivate: {"servicemobility_deactivate", OriginMobility, [4]outcome{disable, stay, gone, gone}},
	MobilityDelete:     {"servicemobility_delete", OriginMobility, [4]outcome{soft, soft, gone, gone}},
	PurgeDue:           {"purge", OriginSystem, [4]outcome{conflict, conflict, purge, purge}},
}

func (e Event) String() string { return transitions[e].name }

// Origin is the surface that causes the event.
func (e Event) Origin() Origin { return transitions[e].origin }

// Next returns the status after the event, caused by the named actor at the
// instant at. An event that changes nothing returns s itself. The error is a
// *StateError when the state forbids the event and ErrNotFound when the event's
// surface cannot see a user in this state.
func (s Status) Next(e Event, by string, at time.Time) (Status, error) {
	if s.State >= Purged {
		return s, ErrNotFound
	}
	t := transitions[e]
	switch t.to[s.State] {
	case activate:
		return Status{State: Active}, nil
	case disable, restore:
		return Status{State: Disabled, DisabledBy: t.origin}, nil
	case softSCIM:
		return s.deleted(DeletedSCIM, t.origin, by, at), nil
	case soft:
		return s.deleted(DeletedElsewhere, t.origin, by, at), nil
	case purge:
		return Status{State: Purged}, nil
	case conflict:
		return s, &StateError{State: s.State, Event: e}
	case gone:
		return s, ErrNotFound
	}
	return s, nil
}

func (s Status) deleted(to State, origin Origin, by string, at time.Time) Status {
	n := Status{State: to, DisabledBy: s.DisabledBy, DeletedAt: at, DeletedBy: by, DeleteOrigin: origin}
	if n.DisabledBy == "" {
		n.DisabledBy = origin
	}
	if s.State.Pending() {
		n.DeletedAt = s.DeletedAt // the retention period began with the first deletion
	}
	return n
}
