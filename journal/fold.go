package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/scimbridge/scimbridge/directory"
)

// membersField is the field of a group's diff that is itself a diff: rows come
// and go, the list is never written as a whole.
const membersField = "$members"

// Fields is the state of one resource as the journal sees it: top-level fields
// with their JSON. Fields that are not attributes begin with "$".
type Fields map[string]json.RawMessage

// MemberDiff is the membership part of a group's difference.
type MemberDiff struct {
	Add    []MemberRef `json:"add,omitempty"`
	Remove []MemberRef `json:"remove,omitempty"`
}

// MemberRef is a member as the journal writes it, e.g. "User/0190…".
type MemberRef string

// NewMemberRef returns how the journal writes the member.
func NewMemberRef(m directory.Member) MemberRef {
	return MemberRef(m.Kind.String() + "/" + m.ID.String())
}

// Diff returns the JSON objects that turn before into after and back; both are
// nil when nothing differs. A field that is absent on one side is null there.
// With a nil before (a creation) there is no way back to be written, with a nil
// after (a purge) none forward.
func Diff(before, after Fields) (forward, backward json.RawMessage, err error) {
	f, b := Fields{}, Fields{}
	for k, old := range before {
		if now, ok := after[k]; !ok {
			f[k], b[k] = json.RawMessage("null"), old
		} else if string(now) != string(old) {
			f[k], b[k] = now, old
		}
	}
	for k, now := range after {
		if _, ok := before[k]; !ok {
			f[k], b[k] = now, json.RawMessage("null")
		}
	}
	if len(f) == 0 {
		return nil, nil, nil
	}
	if after != nil {
		if forward, err = encode(f); err != nil {
			return nil, nil, fmt.Errorf("encode difference: %w", err)
		}
	}
	if before != nil {
		if backward, err = encode(b); err != nil {
			return nil, nil, fmt.Errorf("encode difference: %w", err)
		}
	}
	return forward, backward, nil
}

// WithMembers adds a change of membership to a group's fields before Diff: the
// forward and the backward form of the same change.
func WithMembers(before, after Fields, c directory.MemberChange) error {
	fwd := MemberDiff{Add: refs(c.Added), Remove: refs(c.Removed)}
	bwd := MemberDiff{Add: fwd.Remove, Remove: fwd.Add}
	var err error
	if after[membersField], err = encode(fwd); err != nil {
		return fmt.Errorf("encode members: %w", err)
	}
	if before[membersField], err = encode(bwd); err != nil {
		return fmt.Errorf("encode members: %w", err)
	}
	return nil
}

// encode is json.Marshal without its escaping of <, > and &: a diff holds the
// very bytes of the state.
func encode(v any) (json.RawMessage, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

func refs(ms []directory.Member) []MemberRef {
	var rs []MemberRef
	for _, m := range ms {
		rs = append(rs, NewMemberRef(m))
	}
	return rs
}

// Resource is one resource rebuilt from the journal.
type Resource struct {
	Kind    Kind
	Version int64
	Fields  Fields
	Members map[MemberRef]bool // of a group
}

// State is what folding a journal gives. The zero State is empty.
type State struct {
	Resources map[directory.ID]*Resource
}

// Apply advances the state by one entry, which must come in order.
func (s *State) Apply(e *Entry) error {
	return s.step(e, e.Before, e.After, e.Forward)
}

// Revert takes the entry that was applied last back.
func (s *State) Revert(e *Entry) error {
	return s.step(e, e.After, e.Before, e.Backward)
}

func (s *State) step(e *Entry, from, to int64, diff json.RawMessage) error {
	if e.Kind == KindEvent {
		return nil
	}
	if s.Resources == nil {
		s.Resources = map[directory.ID]*Resource{}
	}
	r := s.Resources[e.Resource]
	if r == nil {
		r = &Resource{Kind: e.Kind, Fields: Fields{}, Members: map[MemberRef]bool{}}
		s.Resources[e.Resource] = r
	}
	if r.Version != from {
		return fmt.Errorf("journal entry %d (%s of %s): the state is at version %d, the entry needs %d", e.Seq, e.Action, e.Resource, r.Version, from)
	}
	r.Version = to
	if to == 0 {
		// Before its creation and after its purge there is nothing of it, so
		// those entries carry no diff in that direction.
		delete(s.Resources, e.Resource)
		return nil
	}
	if len(diff) > 0 {
		var d Fields
		if err := json.Unmarshal(diff, &d); err != nil {
			return fmt.Errorf("journal entry %d: %w", e.Seq, err)
		}
		if raw, ok := d[membersField]; ok {
			var md MemberDiff
			if err := json.Unmarshal(raw, &md); err != nil {
				return fmt.Errorf("journal entry %d: members: %w", e.Seq, err)
			}
			for _, m := range md.Remove {
				delete(r.Members, m)
			}
			for _, m := range md.Add {
				r.Members[m] = true
			}
			delete(d, membersField)
		}
		maps.Copy(r.Fields, d)
		maps.DeleteFunc(r.Fields, func(_ string, v json.RawMessage) bool { return string(v) == "null" })
	}
	return nil
}
