package mapping

// unique is a list without duplicates that keeps the order. Most users have a
// few roles, for which looking through the list is fastest; a client that
// pushes tens of thousands must not make it quadratic.
type unique[T comparable] struct {
	list []T
	seen map[T]struct{} // of the list, once that is long
}

const longList = 32

func (u *unique[T]) add(v T) {
	if u.seen == nil {
		for i := range u.list {
			if u.list[i] == v {
				return
			}
		}
		u.list = append(u.list, v)
		if len(u.list) == longList {
			u.seen = make(map[T]struct{}, 2*longList)
			for _, w := range u.list {
				u.seen[w] = struct{}{}
			}
		}
		return
	}
	if _, ok := u.seen[v]; !ok {
		u.seen[v] = struct{}{}
		u.list = append(u.list, v)
	}
}
