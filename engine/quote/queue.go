package quote

// queue is a list of contracts in the order in which they joined it; a contract is in it once. The links are kept
// in the contracts.
type queue struct {
	head, tail int32
	n          int
	which      uint8 // which link
}

func (l *queue) init(which uint8) { l.head, l.tail, l.which = none, none, which }

func (q *Quoter) push(l *queue, slot int32) {
	c := &q.contracts[slot]
	if c.queued[l.which] {
		return
	}
	c.queued[l.which], c.link[l.which] = true, none
	if l.tail == none {
		l.head = slot
	} else {
		q.contracts[l.tail].link[l.which] = slot
	}
	l.tail = slot
	l.n++
}

func (q *Quoter) pop(l *queue) int32 {
	slot := l.head
	c := &q.contracts[slot]
	c.queued[l.which] = false
	l.head = c.link[l.which]
	if l.head == none {
		l.tail = none
	}
	l.n--
	return slot
}

// mark makes the next step plan a contract.
func (q *Quoter) mark(slot int32) { q.push(&q.changed, slot) }
