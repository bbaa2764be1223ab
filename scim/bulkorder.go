package scim

import (
	"container/heap"
	"net/http"
	"slices"
)

// inOrder returns the operations in an order in which everything is created
// before something refers to it, and in which otherwise the order of the request
// is kept (R-7644-3.7-06): an operation waits for what it needs and never goes
// before its turn, and operations on one resource never change places. What
// refers to each other in a circle, which only what is created can do, is one
// unit, whose turn is that of its last operation: what stands before that, such
// as the DELETE that makes a name free, is done then. The time is that of one
// walk over operations and references, whatever they look like (T-44).
func inOrder(operations []*operation) [][]*operation {
	units := circles(operations)
	waits := make([]int, len(units))    // for how many units
	waited := make([][]int, len(units)) // by which units
	after := func(first, then *operation) {
		if first.unit != then.unit {
			waits[then.unit]++
			waited[first.unit] = append(waited[first.unit], then.unit)
		}
	}
	last := map[string]*operation{} // by resource
	for _, op := range operations {
		for _, to := range op.needs {
			after(to, op)
		}
		if op.method == http.MethodPost || op.path == "" {
			continue
		}
		resource := op.route.endpoint() + "/" + op.name
		if before := last[resource]; before != nil {
			after(before, op)
		}
		last[resource] = op
	}
	ready := &unitQueue{units: units}
	for u := range units {
		if waits[u] == 0 {
			heap.Push(ready, u)
		}
	}
	order := make([][]*operation, 0, len(units))
	for ready.Len() > 0 {
		u := heap.Pop(ready).(int)
		order = append(order, units[u])
		for _, v := range waited[u] {
			if waits[v]--; waits[v] == 0 {
				heap.Push(ready, v)
			}
		}
	}
	return order
}

// circles groups the operations into units, the smallest in which every circle
// of references is closed (Tarjan's strongly connected components), and sets
// operation.unit. The operations of a unit are in the order of the request.
func circles(operations []*operation) [][]*operation {
	var units [][]*operation
	var open []*operation
	low := make([]int, len(operations)) // 0: not seen; else the least number that can be reached
	number := make([]int, len(operations))
	next := 0
	var visit func(op *operation)
	visit = func(op *operation) {
		next++
		number[op.index], low[op.index] = next, next
		op.unit = -1
		open = append(open, op)
		for _, to := range op.needs {
			switch {
			case number[to.index] == 0:
				visit(to)
				low[op.index] = min(low[op.index], low[to.index])
			case to.unit < 0: // still open
				low[op.index] = min(low[op.index], number[to.index])
			}
		}
		if low[op.index] != number[op.index] {
			return
		}
		begin := len(open) - 1
		for open[begin] != op {
			begin--
		}
		unit := slices.Clone(open[begin:])
		open = open[:begin]
		for _, member := range unit {
			member.unit = len(units)
		}
		slices.SortFunc(unit, func(a, b *operation) int { return a.index - b.index })
		units = append(units, unit)
	}
	for _, op := range operations {
		if number[op.index] == 0 {
			visit(op)
		}
	}
	return units
}

// unitQueue is a heap of units by the place of their last operation.
type unitQueue struct {
	units [][]*operation
	ready []int
}

func (q *unitQueue) Len() int { return len(q.ready) }
func (q *unitQueue) Less(i, j int) bool {
	return turn(q.units[q.ready[i]]) < turn(q.units[q.ready[j]])
}

func turn(unit []*operation) int { return unit[len(unit)-1].index }

func (q *unitQueue) Swap(i, j int) { q.ready[i], q.ready[j] = q.ready[j], q.ready[i] }
func (q *unitQueue) Push(u any)    { q.ready = append(q.ready, u.(int)) }
func (q *unitQueue) Pop() any {
	u := q.ready[len(q.ready)-1]
	q.ready = q.ready[:len(q.ready)-1]
	return u
}
