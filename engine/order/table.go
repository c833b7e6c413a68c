package order

import "math/bits"

// none ends a chain.
const none = -1

// hash is the heads of chains of slots by a key.
type hash struct {
	heads []int32
	shift uint
}

func (h *hash) init(n int) {
	size := 1 << bits.Len(uint(2*n-1))
	h.heads = make([]int32, size)
	h.shift = 64 - uint(bits.Len(uint(size-1)))
	h.clear()
}

func (h *hash) clear() {
	for i := range h.heads {
		h.heads[i] = none
	}
}

// head returns the chain for a key. Keys that count up in their low or their high bits are spread by Fibonacci
// hashing.
func (h *hash) head(key uint64) *int32 {
	return &h.heads[(key*0x9e3779b97f4a7c15>>(h.shift&63))&uint64(len(h.heads)-1)]
}

// table holds the orders. It is claimed once and never grows.
type table struct {
	entries []entry
	byID    hash
	byRef   hash // orders of ours with a reference
	free    int32
	live    list
	ended   list
	limit   int // live orders that Admit allows
	keep    int // ended orders
}

// list is a list of slots linked by prev and next, oldest first.
type list struct {
	head, tail int32
	n          int
}

func (t *table) init(live, ended int) {
	t.limit, t.keep = live, ended
	t.entries = make([]entry, live+ended)
	t.byID.init(len(t.entries))
	t.byRef.init(len(t.entries))
	t.reset()
}

func (t *table) reset() {
	t.byID.clear()
	t.byRef.clear()
	clear(t.entries)
	for i := range t.entries {
		t.entries[i].links.next = int32(i + 1)
	}
	t.entries[len(t.entries)-1].links.next = none
	t.free = 0
	t.live, t.ended = list{none, none, 0}, list{none, none, 0}
}

// claim returns an empty entry that is in no list, or none.
func (t *table) claim() int32 {
	i := t.free
	if i == none {
		return none
	}
	e := &t.entries[i]
	t.free = e.links.next
	*e = entry{flags: flagUsed, links: links{none, none, none, none, none, none, none, none}}
	return i
}

func (t *table) push(l *list, i int32) {
	e := &t.entries[i]
	e.links.prev, e.links.next = l.tail, none
	if l.tail == none {
		l.head = i
	} else {
		t.entries[l.tail].links.next = i
	}
	l.tail = i
	l.n++
}

func (t *table) unlink(l *list, i int32) {
	e := &t.entries[i]
	if e.links.prev == none {
		l.head = e.links.next
	} else {
		t.entries[e.links.prev].links.next = e.links.next
	}
	if e.links.next == none {
		l.tail = e.links.prev
	} else {
		t.entries[e.links.next].links.prev = e.links.prev
	}
	e.links.prev, e.links.next = none, none
	l.n--
}

// enlist puts an entry into the list that its state belongs to. An order of which only its confirmations were seen
// is with the ended ones, because nobody would end it.
func (t *table) enlist(i int32) {
	e := &t.entries[i]
	live := !e.Order.State.Terminal() && (!e.Order.Foreign || e.is(flagAcknowledged) || e.Order.Original != 0 || e.requests.asks > 0)
	if live == e.is(flagListedLive) {
		return
	}
	if live {
		t.unlink(&t.ended, i)
		t.push(&t.live, i)
		e.flags |= flagListedLive
		return
	}
	t.unlink(&t.live, i)
	t.push(&t.ended, i)
	e.flags &^= flagListedLive
}

// setID gives an entry its id.
func (t *table) setID(i int32, id uint64) {
	e := &t.entries[i]
	e.Order.ID = id
	head := t.byID.head(id)
	e.links.byID, *head = *head, i
}

// setRef gives an entry its reference. Orders of ours are found by it, or by the sequence they were sent with if
// it is 0.
func (t *table) setRef(i int32, ref uint64) {
	e := &t.entries[i]
	e.Order.Reference = ref
	if e.Order.Foreign {
		return
	}
	head := t.byRef.head(requestKey(ref, e.sent))
	e.links.byRef, *head = *head, i
}

func (t *table) dropID(i int32) {
	at := t.byID.head(t.entries[i].Order.ID)
	for *at != i {
		at = &t.entries[*at].links.byID
	}
	*at = t.entries[i].links.byID
	t.entries[i].links.byID = none
}

func (t *table) dropRef(i int32) {
	at := t.byRef.head(requestKey(t.entries[i].Order.Reference, t.entries[i].sent))
	for *at != i {
		at = &t.entries[*at].links.byRef
	}
	*at = t.entries[i].links.byRef
	t.entries[i].links.byRef = none
}

// findID returns the slot of an id, or none.
func (t *table) findID(id uint64) int32 {
	i := *t.byID.head(id)
	for i != none && t.entries[i].Order.ID != id {
		i = t.entries[i].links.byID
	}
	return i
}

// findRef returns the newest slot of a reference, or none.
func (t *table) findRef(ref uint64) int32 {
	i := *t.byRef.head(ref)
	for i != none && t.entries[i].Order.Reference != ref {
		i = t.entries[i].links.byRef
	}
	return i
}

// findSent returns the newest slot of a create that was sent, by its reference or else its sequence, or none.
func (t *table) findSent(ref, seq uint64) int32 {
	if ref != 0 {
		return t.findRef(ref)
	}
	if seq == 0 {
		return none
	}
	i := *t.byRef.head(requestKey(0, seq))
	for i != none && (t.entries[i].Order.Reference != 0 || t.entries[i].sent != seq) {
		i = t.entries[i].links.byRef
	}
	return i
}

// release frees a slot whose contract and fills are released.
func (t *table) release(i int32) {
	e := &t.entries[i]
	if e.Order.ID != 0 {
		t.dropID(i)
	}
	if !e.Order.Foreign {
		t.dropRef(i)
	}
	if e.is(flagListedLive) {
		t.unlink(&t.live, i)
	} else {
		t.unlink(&t.ended, i)
	}
	*e = entry{links: links{next: t.free}}
	t.free = i
}
