package sqlstore

import (
	"iter"
	"sync"

	"github.com/scimbridge/scimbridge/directory"
)

// A list has to wait for its turn before it reads anything (see Conn.List), so
// what it must know first, it reads in the same way, and what is only a look-up
// has to be known without reading.

// Known is what a store knows of the database without reading: nothing that may
// turn out wrong. Its methods may be called concurrently.
type Known struct {
	sole  map[attributeOf]bool
	kinds sync.Map // number of a configured type, int64, by its name
}

type attributeOf struct{ typ, attribute string }

// NewKnown returns what is known of a database that has the indexes. They only
// decide what has to wait.
func NewKnown(indexes []directory.Index) *Known {
	n := &Known{sole: map[attributeOf]bool{}}
	for _, x := range indexes {
		n.sole[attributeOf{x.Type, x.Attribute}] = x.Unique
	}
	return n
}

// unique reports whether hardly any two resources share a value.
func (n *Known) unique(typ, attribute string) bool {
	return n != nil && n.sole[attributeOf{typ, attribute}]
}

// kind returns the number of a type, 0 if it is not known.
func (n *Known) kind(typ string) int64 {
	if n == nil {
		return 0
	}
	number, _ := n.kinds.Load(typ)
	k, _ := number.(int64)
	return k
}

// learn keeps the number of a type, which was read from what is committed.
func (n *Known) learn(typ string, kind int64) {
	if n != nil && kind != 0 {
		n.kinds.Store(typ, kind)
	}
}

// asking runs a statement: Conn.Query, or Conn.List in one of its ways.
type asking func(sql string, args ...any) iter.Seq2[Row, error]
