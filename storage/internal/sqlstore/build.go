package sqlstore

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/scimbridge/scimbridge/directory"
)

// Changing the indexes takes several transactions, since one that went through
// everything would keep all writers out: PlanIndexes, then BuildIndex until
// nothing is left to build, then FinishIndexes, then RemoveIndex until nothing
// is left to remove. From the plan on, writers keep the new indexes as well as
// the old; questions are answered by the old ones until FinishIndexes. Whoever
// ends on the way leaves a state from which the next one goes on, and several
// processes may do all this at the same time.

// DuplicateError says that a value is not unique which has to be.
type DuplicateError struct {
	Index         directory.Index
	First, Second directory.ID
}

func (e *DuplicateError) Error() string {
	return fmt.Sprintf("%s of %s has to be unique, but %s and %s have the same value", e.Index.Attribute, e.Index.Type, e.First, e.Second)
}

// same reports whether an index is as it is wanted.
func (x *index) same(want directory.Index) bool {
	return x.Type == want.Type && x.Attribute == want.Attribute && slices.Equal(x.Path, want.Path) &&
		x.Fold == want.Fold && x.Unique == want.Unique && x.form == keyForm
}

// ofAttribute reports whether an index is one of the attribute, however defined.
func (x *index) ofAttribute(other directory.Index) bool {
	return x.Type == other.Type && x.Attribute == other.Attribute
}

// complete adds to the wanted indexes those that are there of other attributes:
// what a configuration lacks is kept, since another process may need it, and its
// unique values must stay unique. One that is only half built is not added: who
// began to build it may be at it.
func (s *Session) complete(want []directory.Index) ([]directory.Index, error) {
	ready, err := s.indexes(`ready = 1`)
	if err != nil {
		return nil, err
	}
	all := slices.Clone(want)
	for _, x := range ready {
		if !slices.ContainsFunc(want, x.ofAttribute) {
			all = append(all, x.Index)
		}
	}
	return all, nil
}

// HasIndexes reports whether the database has these indexes, as they are wanted
// and in today's form, and nothing remains to be built or removed for them.
func (s *Session) HasIndexes(want []directory.Index) (bool, error) {
	want, err := s.complete(want)
	if err != nil {
		return false, err
	}
	all, err := s.indexes(`true`)
	if err != nil {
		return false, err
	}
	ready, err := s.indexes(`ready = 1`)
	if err != nil {
		return false, err
	}
	withdrawn, err := s.indexes(`kept = 0`)
	if err != nil || len(withdrawn) > 0 {
		return false, err
	}
	for _, x := range all {
		if slices.ContainsFunc(want, x.ofAttribute) && !slices.ContainsFunc(want, x.same) {
			return false, nil
		}
	}
	for _, w := range want {
		if !has(ready, w) {
			return false, nil
		}
	}
	return true, nil
}

// has reports whether one of the indexes is as it is wanted.
func has(xs []*index, want directory.Index) bool {
	return slices.ContainsFunc(xs, func(x *index) bool { return x.same(want) })
}

// PlanIndexes begins to build those that are wanted and missing, and gives up
// those of the same attributes that another process has begun to build otherwise.
func (s *Session) PlanIndexes(want []directory.Index) error {
	want, err := s.complete(want)
	if err != nil {
		return err
	}
	kept, err := s.indexes(`kept = 1`)
	if err != nil {
		return err
	}
	changed := false
	for _, w := range want {
		if has(kept, w) {
			continue
		}
		path, err := json.Marshal(w.Path)
		if err != nil {
			return fmt.Errorf("encode the path of index %s: %w", w.Attribute, err)
		}
		if err := s.exec(`INSERT INTO attributes (type, name, path, fold, sole, form, kept, ready, built)
				VALUES ($1, $2, $3, $4, $5, $6, 1, NULL, 0)`,
			w.Type, w.Attribute, string(path), flag(w.Fold), flag(w.Unique), int64(keyForm)); err != nil {
			return fmt.Errorf("begin to build index %s: %w", w.Attribute, err)
		}
		changed = true
	}
	building, err := s.indexes(`kept = 1 AND ready IS NULL`)
	if err != nil {
		return err
	}
	for _, x := range building {
		if slices.ContainsFunc(want, x.ofAttribute) && !slices.ContainsFunc(want, x.same) {
			if err := s.withdraw(x); err != nil {
				return err
			}
			changed = true
		}
	}
	return s.announce(changed)
}

// withdraw ends an index: writers do not keep it, readers do not use it.
func (s *Session) withdraw(x *index) error {
	if err := s.exec(`UPDATE attributes SET kept = 0, ready = NULL WHERE attr = $1`, x.attr); err != nil {
		return fmt.Errorf("withdraw index %s: %w", x.Attribute, err)
	}
	return nil
}

// announce tells the writers that the indexes have changed.
func (s *Session) announce(changed bool) error {
	if !changed {
		return nil
	}
	s.catalog = nil
	return s.count(0, counterIndexes, 1)
}

// WithdrawIndexes gives up those of the wanted ones that are being built.
func (s *Session) WithdrawIndexes(want []directory.Index) error {
	building, err := s.building(want)
	if err != nil {
		return err
	}
	for _, x := range building {
		if err := s.withdraw(x); err != nil {
			return err
		}
	}
	return s.announce(len(building) > 0)
}

// building returns those of the wanted indexes that have to be built, oldest first.
func (s *Session) building(want []directory.Index) ([]*index, error) {
	want, err := s.complete(want)
	if err != nil {
		return nil, err
	}
	xs, err := s.indexes(`kept = 1 AND ready IS NULL`)
	return slices.DeleteFunc(xs, func(x *index) bool { return !slices.ContainsFunc(want, x.same) }), err
}

// FinishIndexes lets readers use what was built, and withdraws what was there of
// the same attributes. ok is false if something that is wanted is not there:
// another process wants it otherwise at the same time.
func (s *Session) FinishIndexes(want []directory.Index) (ok bool, err error) {
	if want, err = s.complete(want); err != nil {
		return false, err
	}
	kept, err := s.indexes(`kept = 1`)
	if err != nil {
		return false, err
	}
	for _, w := range want {
		if !has(kept, w) {
			return false, nil
		}
	}
	changed := false
	for _, x := range kept {
		if slices.ContainsFunc(want, x.ofAttribute) && !slices.ContainsFunc(want, x.same) {
			if err := s.withdraw(x); err != nil {
				return false, err
			}
			changed = true
		}
	}
	for _, x := range kept {
		if !slices.ContainsFunc(want, x.same) {
			continue
		}
		if err := s.exec(`UPDATE attributes SET ready = 1 WHERE attr = $1 AND ready IS NULL`, x.attr); err != nil {
			return false, fmt.Errorf("finish index %s: %w", x.Attribute, err)
		}
	}
	return true, s.announce(changed)
}

// DropIndex withdraws all there is of an attribute's index; it returns whether
// there was any. RemoveIndex then removes it.
func (s *Session) DropIndex(typ, attribute string) (bool, error) {
	xs, err := s.indexes(`kept = 1 AND type = $1 AND name = $2`, typ, attribute)
	if err != nil {
		return false, err
	}
	for _, x := range xs {
		if err := s.withdraw(x); err != nil {
			return false, err
		}
	}
	return len(xs) > 0, s.announce(len(xs) > 0)
}

// StoredIndex is an index that the database has.
type StoredIndex struct {
	directory.Index
	// Ready says that it answers questions; else it is being built, or was when
	// its process ended. Its unique values are kept so either way.
	Ready bool
}

// StoredIndexes returns the indexes by type and attribute; one that replaces
// another one that is still there is not among them.
func (s *Session) StoredIndexes() ([]StoredIndex, error) {
	ready, err := s.indexes(`kept = 1 AND ready = 1`)
	if err != nil {
		return nil, err
	}
	building, err := s.indexes(`kept = 1 AND ready IS NULL`)
	if err != nil {
		return nil, err
	}
	var all []StoredIndex
	seen := map[attributeOf]bool{}
	for i, x := range slices.Concat(ready, building) {
		if of := (attributeOf{x.Type, x.Attribute}); !seen[of] {
			seen[of] = true
			all = append(all, StoredIndex{x.Index, i < len(ready)})
		}
	}
	slices.SortFunc(all, func(x, y StoredIndex) int {
		return cmp.Or(cmp.Compare(x.Type, y.Type), cmp.Compare(x.Attribute, y.Attribute))
	})
	return all, nil
}

// Progress is one step in building or removing an index.
type Progress struct {
	Index directory.Index // its Type is "" if there is nothing to do
	Rows  int             // resources that were read, values that were removed
	Last  bool            // the last step for this index
}

// document is a resource as far as indexes are built of it.
type document struct {
	seq    int64
	tenant directory.TenantID
	held   bool
	values []attributeValue
}

// BuildIndex takes the next step, of up to limit resources, of the first of the
// wanted indexes behind attribute number after that has to be built, and returns
// its number. *DuplicateError if a unique value is there twice.
func (s *Session) BuildIndex(want []directory.Index, after int64, limit int) (attr int64, p Progress, err error) {
	building, err := s.building(want)
	building = slices.DeleteFunc(building, func(x *index) bool { return x.attr <= after })
	if err != nil || len(building) == 0 {
		return 0, p, err
	}
	x := building[0]
	p = Progress{Index: x.Index, Last: true}
	k, ok, err := s.indexedKind(x.Type)
	if err != nil {
		return x.attr, p, err
	}
	if !ok {
		return x.attr, p, nil
	}
	built, err := s.number(`SELECT built FROM attributes WHERE attr = $1`, x.attr)
	if err != nil {
		return x.attr, p, fmt.Errorf("read how far index %s is built: %w", x.Attribute, err)
	}
	docs, err := s.documents(k, x, built, limit)
	if err != nil {
		return x.attr, p, err
	}
	for _, d := range docs {
		for _, v := range d.values {
			if err := s.storeValue(d.tenant, d.seq, v); err != nil {
				return x.attr, p, err
			}
			if !v.sole() || !d.held {
				continue
			}
			err := s.hold(k, d.tenant, d.seq, v)
			if taken := (*directory.ConflictError)(nil); errors.As(err, &taken) {
				second, err := s.one(`SELECT id FROM `+k.table+` WHERE seq = $1`, d.seq)
				if err != nil {
					return x.attr, p, fmt.Errorf("read a resource: %w", err)
				}
				return x.attr, p, &DuplicateError{x.Index, taken.Existing, second.ID(0)}
			}
			if err != nil {
				return x.attr, p, err
			}
		}
	}
	if p.Rows = len(docs); p.Rows > 0 {
		if err := s.exec(`UPDATE attributes SET built = $2 WHERE attr = $1`, x.attr, docs[p.Rows-1].seq); err != nil {
			return x.attr, p, fmt.Errorf("note how far index %s is built: %w", x.Attribute, err)
		}
	}
	p.Last = p.Rows < limit
	return x.attr, p, nil
}

// indexedKind is the kind of a type; ok is false if there are no resources of it.
func (s *Session) indexedKind(typ string) (k kind, ok bool, err error) {
	switch typ {
	case userKind.name:
		return userKind, true, nil
	case groupKind.name:
		return groupKind, true, nil
	}
	return s.configuredKind(typ)
}

// documents reads the values of the resources behind a seq.
func (s *Session) documents(k kind, x *index, after int64, limit int) ([]document, error) {
	tree := &branch{}
	tree.add(x)
	state, of := `0`, ``
	if k == userKind {
		state = `r.state`
	}
	if k.configured() {
		of = ` AND r.kind = ` + strconv.FormatInt(k.number, 10)
	}
	var docs []document
	for row, err := range s.c.Query(`SELECT r.seq, r.tenant, `+state+`, r.doc FROM `+k.table+` r WHERE r.seq > $1`+of+
		` ORDER BY r.seq LIMIT $2`, after, int64(limit)) {
		if err != nil {
			return nil, fmt.Errorf("read documents to index: %w", err)
		}
		values, err := tree.values(row.Bytes(3))
		if err != nil {
			return nil, err
		}
		docs = append(docs, document{row.Int(0), directory.TenantID(row.Int(1)),
			k != userKind || directory.State(row.Int(2)) != directory.DeletedSCIM, values})
	}
	return docs, nil
}

// RemoveIndex removes up to limit values of the first index that was withdrawn;
// with the last ones, the index itself.
func (s *Session) RemoveIndex(limit int) (p Progress, err error) {
	withdrawn, err := s.indexes(`kept = 0`)
	if err != nil || len(withdrawn) == 0 {
		return p, err
	}
	x := withdrawn[0]
	type entry struct {
		tenant, seq int64
		key         string
	}
	var entries []entry
	for row, err := range s.c.Query(`SELECT tenant, key, seq FROM attribute_values WHERE attr = $1 ORDER BY seq LIMIT $2`, x.attr, int64(limit)) {
		if err != nil {
			return p, fmt.Errorf("read index %s: %w", x.Attribute, err)
		}
		entries = append(entries, entry{row.Int(0), row.Int(2), row.Text(1)})
	}
	for _, e := range entries {
		for _, table := range []string{"unique_values", "attribute_values"} {
			if err := s.exec(`DELETE FROM `+table+` WHERE attr = $1 AND tenant = $2 AND key = $3 AND seq = $4`,
				x.attr, e.tenant, e.key, e.seq); err != nil {
				return p, fmt.Errorf("remove index %s: %w", x.Attribute, err)
			}
		}
	}
	p = Progress{x.Index, len(entries), len(entries) < limit}
	if p.Last {
		if err := s.exec(`DELETE FROM attributes WHERE attr = $1`, x.attr); err != nil {
			return p, fmt.Errorf("remove index %s: %w", x.Attribute, err)
		}
	}
	return p, nil
}
