package quote

// timers are the contracts that are to be planned at a clock reading: a heap of slots, the earliest first. A
// contract knows its place in it.
type timers struct {
	heap []int32
}

func (q *Quoter) wakeAt(i int32) int64 { return q.contracts[q.timers.heap[i]].wakeAt }

// setWake makes a contract wake at a clock reading, or not at all if it is never.
func (q *Quoter) setWake(slot int32, at int64) {
	c := &q.contracts[slot]
	h := &q.timers.heap
	switch {
	case at == never && c.heapPos == none:
	case at == never:
		i, last := c.heapPos, int32(len(*h)-1)
		moved := (*h)[last]
		*h = (*h)[:last]
		c.heapPos = none
		if i != last {
			(*h)[i] = moved
			q.contracts[moved].heapPos = i
			q.sift(i)
		}
	case c.heapPos == none:
		c.wakeAt = at
		c.heapPos = int32(len(*h))
		*h = append(*h, slot) // within its capacity: one for each contract
		q.sift(c.heapPos)
	case c.wakeAt != at:
		c.wakeAt = at
		q.sift(c.heapPos)
	}
}

// sift moves an entry of the heap to where it belongs.
func (q *Quoter) sift(i int32) {
	h := q.timers.heap
	for i > 0 && q.wakeAt(i) < q.wakeAt((i-1)/2) {
		q.swap(i, (i-1)/2)
		i = (i - 1) / 2
	}
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && int(child) < len(h); child++ {
			if q.wakeAt(child) < q.wakeAt(least) {
				least = child
			}
		}
		if least == i {
			return
		}
		q.swap(i, least)
		i = least
	}
}

func (q *Quoter) swap(i, j int32) {
	h := q.timers.heap
	h[i], h[j] = h[j], h[i]
	q.contracts[h[i]].heapPos, q.contracts[h[j]].heapPos = i, j
}

// wakeDue marks the contracts whose time has come.
func (q *Quoter) wakeDue() {
	for len(q.timers.heap) > 0 && q.wakeAt(0) <= q.now {
		slot := q.timers.heap[0]
		q.setWake(slot, never)
		q.mark(slot)
	}
}

// NextWake returns the clock reading at which Step has something to do even if nothing is called before.
func (q *Quoter) NextWake() (at int64, ok bool) {
	if len(q.timers.heap) == 0 {
		return 0, false
	}
	return q.wakeAt(0), true
}
