package engine

// unresolvedReplaces are the replaces in doubt of which no message of the account says more: only the end of the order
// that they were to replace does. The oldest makes room for a newer one.
type unresolvedReplaces struct {
	list []unresolvedReplace // claimed at start
	next int                 // to be overwritten if the list is full
}

type unresolvedReplace struct {
	order     uint64 // id of the order that was to be replaced, 0 if it is not known
	reference uint64
}

func newUnresolvedReplaces(n int) unresolvedReplaces {
	return unresolvedReplaces{list: make([]unresolvedReplace, 0, n)}
}

// add notes a replace. It returns the reference of the one that made room for it, 0 if there was room.
func (u *unresolvedReplaces) add(order, reference uint64) (dropped uint64) {
	r := unresolvedReplace{order, reference}
	switch {
	case len(u.list) < cap(u.list):
		u.list = append(u.list, r)
	case len(u.list) > 0:
		u.next = (u.next + 1) % len(u.list)
		dropped, u.list[u.next] = u.list[u.next].reference, r
	}
	return dropped
}

// take forgets one of the replaces of an order and returns its reference, 0 if there is none.
func (u *unresolvedReplaces) take(order uint64) uint64 {
	for i := range u.list {
		if r := u.list[i]; r.order == order {
			last := len(u.list) - 1
			u.list[i] = u.list[last]
			u.list = u.list[:last]
			return r.reference
		}
	}
	return 0
}
