package sqlstore

import (
	"encoding/json"
	"fmt"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
)

// Which indexes there are is written in the database, not in the program: each
// transaction that writes keeps those of the table attributes, so that several
// processes, of different configurations even, leave no index incomplete. A
// reader uses an index if it is ready in the reader's own snapshot.

// index is one row of the table attributes.
type index struct {
	directory.Index
	attr int64
	form int64 // keyForm when it was built
}

// Catalog remembers, for one connection that writes, which indexes there are.
// The zero value knows nothing yet.
type Catalog struct {
	current    bool // it was compared with the database in this transaction
	loaded     bool
	generation int64
	trees      map[string]*branch // by resource type
}

// Begin says that a new transaction has begun on the connection: others may
// have changed the indexes since the last one.
func (c *Catalog) Begin() { c.current = false }

// counterIndexes moves when writers have to keep other indexes. It belongs to
// no tenant.
const counterIndexes = "indexes"

// indexed returns the paths that are indexed for a resource type, nil if none.
func (s *Session) indexed(typ string) (*branch, error) {
	if s.catalog == nil {
		s.catalog = &Catalog{}
	}
	c := s.catalog
	if c.current {
		return c.trees[typ], nil
	}
	generation, err := s.total(0, counterIndexes)
	if err != nil {
		return nil, err
	}
	if !c.loaded || c.generation != generation {
		kept, err := s.indexes(`kept = 1`)
		if err != nil {
			return nil, err
		}
		c.trees = map[string]*branch{}
		for _, x := range kept {
			tree := c.trees[x.Type]
			if tree == nil {
				tree = &branch{}
				c.trees[x.Type] = tree
			}
			tree.add(x)
		}
		c.generation, c.loaded = generation, true
	}
	c.current = true
	return c.trees[typ], nil
}

// indexes returns those that satisfy a condition, oldest first.
func (s *Session) indexes(where string, args ...any) ([]*index, error) {
	return readIndexes(s.c.Query, where, args...)
}

func readIndexes(ask asking, where string, args ...any) ([]*index, error) {
	var xs []*index
	for row, err := range ask(`SELECT attr, type, name, path, fold, sole, form FROM attributes WHERE `+where+` ORDER BY attr`, args...) {
		if err != nil {
			return nil, fmt.Errorf("read indexes: %w", err)
		}
		x := &index{attr: row.Int(0), form: row.Int(6), Index: directory.Index{
			Type: row.Text(1), Attribute: row.Text(2), Fold: row.Bool(4), Unique: row.Bool(5)}}
		if err := json.Unmarshal(row.Bytes(3), &x.Path); err != nil {
			return nil, fmt.Errorf("decode the path of index %s: %w", x.Attribute, err)
		}
		xs = append(xs, x)
	}
	return xs, nil
}

// readyIndex returns the index that answers questions about an attribute. Without
// one they can not be answered by this process: it was started with the index,
// which was dropped since.
func readyIndex(ask asking, typ, attribute string) (*index, error) {
	xs, err := readIndexes(ask, `type = $1 AND name = $2 AND ready = 1`, typ, attribute)
	if err != nil {
		return nil, err
	}
	if len(xs) == 0 {
		return nil, fmt.Errorf("%w: %s has no index on %q any more; a start of this process builds it", storage.ErrUnavailable, typ, attribute)
	}
	return xs[0], nil
}
