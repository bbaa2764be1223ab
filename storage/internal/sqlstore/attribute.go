package sqlstore

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/scimbridge/scimbridge/directory"
)

// The values of configured indexes are rows of attribute_values, and those of
// unique ones also of unique_values while their resource holds them: a user
// deleted over SCIM does not. What is in the tables follows from the documents
// and the users' states alone. A resource without a value has the row of an
// empty one, which none is, so that lists in the order of an index find it.

// attributeValue is one row of attribute_values of a resource.
type attributeValue struct {
	index *index
	key   string // "": there is none
}

// sole reports whether no other resource may hold the value.
func (v attributeValue) sole() bool { return v.index.Unique && v.key != "" }

// keyForm numbers what key does. When key, directory.Fold or directory.Exact
// turns a value into something else than before, the number has to move: then
// the indexes are built again.
const keyForm = 2

// key is the form in which the values of an index are stored and compared. A
// NUL, which is not text to every engine, is spelled with two other characters,
// so that order and beginnings stay what they are.
func (x *index) key(text string) string {
	if x.Fold {
		text = directory.Fold(text)
	} else {
		text = directory.Exact(text)
	}
	if strings.ContainsAny(text, "\x00\x01") {
		text = withoutNUL.Replace(text)
	}
	return text
}

var withoutNUL = strings.NewReplacer("\x00", "\x01\x01", "\x01", "\x01\x02")

// branch is a node of the tree of paths that the indexes of a type look at.
type branch struct {
	all     []*index // at the root: those of the tree
	indexes []*index // whose path ends here
	members map[string]*branch
}

// add puts an index where its path leads.
func (b *branch) add(x *index) {
	b.all = append(b.all, x)
	for _, member := range x.Path {
		next := b.members[member]
		if next == nil {
			if b.members == nil {
				b.members = map[string]*branch{}
			}
			next = &branch{}
			b.members[member] = next
		}
		b = next
	}
	b.indexes = append(b.indexes, x)
}

// collect reads one JSON value and calls add with each scalar that a path leads
// to, in the text form of directory.Index. Null and "" are no values.
func (b *branch) collect(d *jsontext.Decoder, add func(x *index, text string)) error {
	switch k := d.PeekKind(); {
	case k == '[':
		if _, err := d.ReadToken(); err != nil {
			return err
		}
		for d.PeekKind() != ']' {
			if err := b.collect(d, add); err != nil {
				return err
			}
		}
		_, err := d.ReadToken()
		return err
	case k == '{' && len(b.members) > 0:
		if _, err := d.ReadToken(); err != nil {
			return err
		}
		for d.PeekKind() != '}' {
			name, err := d.ReadToken()
			if err != nil {
				return err
			}
			if member := b.members[name.String()]; member != nil {
				err = member.collect(d, add)
			} else {
				err = d.SkipValue()
			}
			if err != nil {
				return err
			}
		}
		_, err := d.ReadToken()
		return err
	case k == '{' || k == 'n' || len(b.indexes) == 0:
		return d.SkipValue()
	}
	value, err := d.ReadToken()
	if err != nil {
		return err
	}
	if text := value.String(); text != "" {
		for _, x := range b.indexes {
			add(x, text)
		}
	}
	return nil
}

// values returns what is indexed of a document, each value once.
func (b *branch) values(doc directory.Document) ([]attributeValue, error) {
	var vs []attributeValue
	seen, valued := map[attributeValue]bool{}, map[*index]bool{}
	d := jsontext.NewDecoder(bytes.NewReader(doc), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	add := func(x *index, text string) {
		valued[x] = true
		if v := (attributeValue{x, x.key(text)}); !seen[v] {
			seen[v] = true
			vs = append(vs, v)
		}
	}
	if len(doc) > 0 {
		if err := b.collect(d, add); err != nil {
			return nil, fmt.Errorf("decode document: %w", err)
		}
	}
	for _, x := range b.all {
		if !valued[x] {
			vs = append(vs, attributeValue{x, ""})
		}
	}
	return vs, nil
}

// valuesOf returns what is indexed of a document of the kind.
func (s *Session) valuesOf(k kind, doc directory.Document) ([]attributeValue, error) {
	b, err := s.indexed(k.name)
	if b == nil || err != nil {
		return nil, err
	}
	return b.values(doc)
}

// changedValues is valuesOf for a document and the one that replaces it.
func (s *Session) changedValues(k kind, old, now directory.Document) (was, is []attributeValue, err error) {
	if was, err = s.valuesOf(k, old); err != nil || bytes.Equal(old, now) {
		return was, was, err
	}
	is, err = s.valuesOf(k, now)
	return was, is, err
}

// checkValues returns a *ConflictError if another resource holds one of the
// unique values.
func (s *Session) checkValues(k kind, tenant directory.TenantID, self int64, values []attributeValue) error {
	for _, v := range values {
		if !v.sole() {
			continue
		}
		id, seq, err := s.holder(k, tenant, v)
		if err != nil {
			return err
		}
		if seq != 0 && seq != self {
			return &directory.ConflictError{Attribute: v.index.Attribute, Existing: id}
		}
	}
	return nil
}

// holder returns the resource that holds a unique value; seq is 0 if none does.
func (s *Session) holder(k kind, tenant directory.TenantID, v attributeValue) (id directory.ID, seq int64, err error) {
	row, err := s.one(`SELECT r.id, r.seq FROM unique_values v JOIN `+k.table+` r ON r.seq = v.seq
		WHERE v.attr = $1 AND v.tenant = $2 AND v.key = $3`, v.index.attr, int64(tenant), v.key)
	if err != nil {
		return id, 0, fmt.Errorf("look up %s: %w", v.index.Attribute, err)
	}
	if row == nil {
		return id, 0, nil
	}
	return row.ID(0), row.Int(1), nil
}

// storeValues replaces the rows of one resource; oldHeld and held say whether
// it holds its unique values. Of an index that is still being built, the old
// rows may be missing, and the old values be held by another resource.
func (s *Session) storeValues(k kind, tenant directory.TenantID, seq int64,
	old []attributeValue, oldHeld bool, now []attributeValue, held bool) error {
	had, has := valueSet(old), valueSet(now)
	for _, v := range old {
		if !has[v] {
			if err := s.exec(`DELETE FROM attribute_values WHERE attr = $1 AND tenant = $2 AND key = $3 AND seq = $4`,
				v.index.attr, int64(tenant), v.key, seq); err != nil {
				return fmt.Errorf("remove %s from its index: %w", v.index.Attribute, err)
			}
		}
		if v.sole() && oldHeld && !(held && has[v]) {
			if err := s.exec(`DELETE FROM unique_values WHERE attr = $1 AND tenant = $2 AND key = $3 AND seq = $4`,
				v.index.attr, int64(tenant), v.key, seq); err != nil {
				return fmt.Errorf("set %s free: %w", v.index.Attribute, err)
			}
		}
	}
	for _, v := range now {
		if !had[v] {
			if err := s.storeValue(tenant, seq, v); err != nil {
				return err
			}
		}
		if v.sole() && held && !(oldHeld && had[v]) {
			if err := s.hold(k, tenant, seq, v); err != nil {
				return err
			}
		}
	}
	return nil
}

func valueSet(vs []attributeValue) map[attributeValue]bool {
	if len(vs) == 0 {
		return nil
	}
	set := make(map[attributeValue]bool, len(vs))
	for _, v := range vs {
		set[v] = true
	}
	return set
}

// storeValue stores one row, unless it is there already.
func (s *Session) storeValue(tenant directory.TenantID, seq int64, v attributeValue) error {
	if err := s.exec(`INSERT INTO attribute_values (attr, tenant, key, seq) VALUES ($1, $2, $3, $4)
			ON CONFLICT (attr, tenant, key, seq) DO NOTHING`, v.index.attr, int64(tenant), v.key, seq); err != nil {
		return fmt.Errorf("store %s in its index: %w", v.index.Attribute, err)
	}
	return nil
}

// hold takes a unique value for a resource. *ConflictError if another one has
// it, which checkValues has ruled out for what one Update writes.
func (s *Session) hold(k kind, tenant directory.TenantID, seq int64, v attributeValue) error {
	n, err := s.c.Exec(`INSERT INTO unique_values (attr, tenant, key, seq) VALUES ($1, $2, $3, $4)
		ON CONFLICT (attr, tenant, key) DO NOTHING`, v.index.attr, int64(tenant), v.key, seq)
	if err != nil {
		return fmt.Errorf("hold %s: %w", v.index.Attribute, err)
	}
	if n != 0 {
		return nil
	}
	return s.checkValues(k, tenant, seq, []attributeValue{v})
}
