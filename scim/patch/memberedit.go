package patch

import "github.com/scimbridge/scimbridge/scim/fault"

// MemberEdit is the net effect of a request's operations on a group's members:
// Clear is applied first, then RemoveIf and Remove, then Add.
type MemberEdit struct {
	// Clear empties the list; with it, Add is the whole new list.
	Clear bool
	// Add holds ids, in the order in which they were added, without duplicates.
	Add []string
	// Remove holds ids without duplicates, none of them in Add.
	Remove []string
	// RemoveIf accepts the members to take out; kind is "User" or "Group". It
	// is nil if no operation selects members by anything but their id.
	RemoveIf func(id, kind string) bool
}

// Empty reports whether the edit changes nothing.
func (e MemberEdit) Empty() bool {
	return !e.Clear && len(e.Add) == 0 && len(e.Remove) == 0 && e.RemoveIf == nil
}

// maxMemberTerms bounds how often each member of a group is looked at: the
// comparisons of all filters that select members by anything but their id.
const maxMemberTerms = 64

// Members folds the operations on members, in order and before anything is
// read, into one edit. Cost grows with the request only, whatever the size of
// the group. Members that the edit adds need not exist; that is for the
// directory to say (reading 11). An error is invalidFilter, when the request
// selects by type among members that it added itself without saying their
// type, or tooMany.
func (r *Request) Members() (MemberEdit, error) {
	var f memberFold
	f.kinds = make(map[string]string)
	for _, op := range r.members {
		if op.out != nil {
			if f.terms += op.out.target.program.Terms(); f.terms > maxMemberTerms {
				return MemberEdit{}, at(op.index, fault.TooMany("members[…]: the filters of one request that select members by anything but value can have at most %d comparisons together", maxMemberTerms))
			}
		}
		if err := f.apply(op); err != nil {
			return MemberEdit{}, at(op.index, err)
		}
	}
	return f.edit(), nil
}

// memberFold is the edit so far. No id is in both sets; removed and out are
// empty once clear is set, since then nothing is left that they could take out.
type memberFold struct {
	clear          bool
	added, removed idSet
	kinds          map[string]string // of added ids, where the client said
	out            []*memberCondition
	terms          int // of all conditions so far, also of those not kept in out
}

func (f *memberFold) apply(op memberOperation) error {
	if op.all {
		f.clear = true
		f.added.reset()
		f.removed.reset()
		f.out = nil
	}
	if op.out != nil {
		if err := f.removeIf(op.out); err != nil {
			return err
		}
	}
	for _, id := range op.remove {
		f.added.drop(id)
		if !f.clear {
			f.removed.put(id)
		}
	}
	f.added.expect(len(op.add))
	for _, m := range op.add {
		f.removed.drop(m.id)
		f.added.put(m.id)
		if m.kind != "" {
			f.kinds[m.id] = m.kind
		}
	}
	return nil
}

// removeIf takes the members that a condition accepts out of those that were
// added, and remembers it for those that are there.
func (f *memberFold) removeIf(c *memberCondition) error {
	for _, id := range f.added.list() {
		kind := f.kinds[id]
		if kind == "" && c.usesType {
			return fault.InvalidFilter("members[…]: give the type of the members added before, or select by type in a request of its own")
		}
		if c.accepts(id, kind) {
			f.added.drop(id)
		}
	}
	if !f.clear {
		f.out = append(f.out, c)
	}
	return nil
}

func (f *memberFold) edit() MemberEdit {
	e := MemberEdit{Clear: f.clear, Add: f.added.list(), Remove: f.removed.list()}
	if out := f.out; len(out) > 0 {
		e.RemoveIf = func(id, kind string) bool {
			for _, c := range out {
				if c.accepts(id, kind) {
					return true
				}
			}
			return false
		}
	}
	return e
}

// idSet is a set of ids that remembers the order in which they came.
type idSet struct {
	ids []string       // "" where one was dropped
	at  map[string]int // index in ids
}

// expect makes room for n ids in a set that is new.
func (s *idSet) expect(n int) {
	if s.at == nil {
		s.ids = make([]string, 0, n)
		s.at = make(map[string]int, n)
	}
}

func (s *idSet) put(id string) {
	s.expect(1)
	if _, ok := s.at[id]; ok {
		return
	}
	s.at[id] = len(s.ids)
	s.ids = append(s.ids, id)
}

func (s *idSet) drop(id string) {
	i, ok := s.at[id]
	if !ok {
		return
	}
	s.ids[i] = ""
	delete(s.at, id)
}

func (s *idSet) reset() {
	s.ids, s.at = nil, nil
}

// list returns the ids in order, nil if there are none.
func (s *idSet) list() []string {
	if len(s.at) == 0 {
		return nil
	}
	l := make([]string, 0, len(s.at))
	for _, id := range s.ids {
		if id != "" {
			l = append(l, id)
		}
	}
	return l
}
