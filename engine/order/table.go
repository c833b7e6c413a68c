package order

// table holds the orders. It is claimed once and never grows.
type table struct {
	entries []entry
	places  []place // in the lists
	byID    hash
	byRef   hash // orders of ours with a reference
	free    int32
	live    list
	ended   list
	limit   int // live orders that Admit allows
	keep    int // ended orders
}

// place is where a slot is in a list, apart from the entries: an order that ends has its neighbours changed, which are
// in no cache.
type place struct{ prev, next int32 }

// list is a list of slots, oldest first.
type list struct {
	head, tail int32
	n          int
}

func (t *table) init(live, ended int) {
	t.limit, t.keep = live, ended
	t.entries = make([]entry, live+ended)
	t.places = make([]place, live+ended)
	t.byID.init(len(t.entries))
	t.byRef.init(len(t.entries))
	t.reset()
}

func (t *table) reset() {
	t.byID.clear()
	t.byRef.clear()
	clear(t.entries)
	for i := range t.places {
		t.places[i] = place{none, int32(i + 1)}
	}
	t.places[len(t.places)-1].next = none
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
	t.free = t.places[i].next
	*e = entry{flags: flagUsed, links: links{none, none, none, none}}
	t.places[i] = place{none, none}
	return i
}

func (t *table) push(l *list, i int32) {
	t.places[i] = place{l.tail, none}
	if l.tail == none {
		l.head = i
	} else {
		t.places[l.tail].next = i
	}
	l.tail = i
	l.n++
}

func (t *table) unlink(l *list, i int32) {
	at := t.places[i]
	if at.prev == none {
		l.head = at.next
	} else {
		t.places[at.prev].next = at.next
	}
	if at.next == none {
		l.tail = at.prev
	} else {
		t.places[at.next].prev = at.prev
	}
	t.places[i] = place{none, none}
	l.n--
}

// enlist puts an entry into the list that its state belongs to, and reports whether that is another one. An order of
// which only its confirmations were seen is with the ended ones, because nobody would end it.
func (t *table) enlist(i int32) (moved bool) {
	e := &t.entries[i]
	live := !e.Order.State.Terminal() && (!e.Order.Foreign || e.is(flagAcknowledged) || e.Order.Original != 0 || e.requests.asks > 0)
	if live == e.is(flagListedLive) {
		return false
	}
	if live {
		t.unlink(&t.ended, i)
		t.push(&t.live, i)
		e.flags |= flagListedLive
		return true
	}
	t.unlink(&t.live, i)
	t.push(&t.ended, i)
	e.flags &^= flagListedLive
	return true
}

// setID gives an entry its id.
func (t *table) setID(i int32, id uint64) {
	t.entries[i].Order.ID = id
	t.byID.add(id, i)
}

// setRef gives an entry its reference. Orders of ours are found by it, or by the sequence they were sent with if
// it is 0.
func (t *table) setRef(i int32, ref uint64) {
	e := &t.entries[i]
	e.Order.Reference = ref
	if !e.Order.Foreign {
		t.byRef.add(requestKey(ref, e.sent), i)
	}
}

// findID returns the slot of an id, or none.
func (t *table) findID(id uint64) int32 {
	i, tag := t.byID.first(id)
	for i != none && t.entries[i].Order.ID != id {
		i = t.byID.after(i, tag)
	}
	return i
}

// findRef returns the newest slot of a reference, or none.
func (t *table) findRef(ref uint64) int32 {
	i, tag := t.byRef.first(ref)
	for i != none && t.entries[i].Order.Reference != ref {
		i = t.byRef.after(i, tag)
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
	i, tag := t.byRef.first(requestKey(0, seq))
	for i != none && (t.entries[i].Order.Reference != 0 || t.entries[i].sent != seq) {
		i = t.byRef.after(i, tag)
	}
	return i
}

// release frees a slot whose contract and fills are released.
func (t *table) release(i int32) {
	e := &t.entries[i]
	if e.Order.ID != 0 {
		t.byID.remove(e.Order.ID, i)
	}
	if !e.Order.Foreign {
		t.byRef.remove(requestKey(e.Order.Reference, e.sent), i)
	}
	if e.is(flagListedLive) {
		t.unlink(&t.live, i)
	} else {
		t.unlink(&t.ended, i)
	}
	*e = entry{}
	t.places[i] = place{none, t.free}
	t.free = i
}
