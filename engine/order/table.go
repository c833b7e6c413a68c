package order

// table holds the orders. It is claimed once and never grows.
type table struct {
	entries []entry
	places  []place // in the lists of live and of ended orders

	inContract []place // in those of contracts
	byID       hash
	byRef      hash  // orders of ours with a reference
	lastID     found // what findID and findRef returned last: one message asks for one order several times
	lastRef    found
	free       int32
	live       list
	ended      list
	limit      int // live orders that Admit allows
	keep       int // ended orders
}

// place is where a slot is in a list, apart from the entries: an order that ends has its neighbours changed, which are
// in no cache.
type place struct{ prev, next int32 }

// list is a list of slots, oldest first.
type list struct {
	head, tail int32
	n          int32
}

func (t *table) init(live, ended int) {
	t.limit, t.keep = live, ended
	t.entries = make([]entry, live+ended)
	t.places, t.inContract = make([]place, live+ended), make([]place, live+ended)
	t.byID.init(len(t.entries))
	t.byRef.init(len(t.entries))
	t.reset()
}

func (t *table) reset() {
	t.byID.clear()
	t.byRef.clear()
	t.lastID, t.lastRef = found{at: none}, found{at: none}
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
	*e = entry{flags: flagUsed, links: links{none, none}}
	t.places[i] = place{none, none}
	return i
}

func (l *list) push(places []place, i int32) {
	places[i] = place{l.tail, none}
	if l.tail == none {
		l.head = i
	} else {
		places[l.tail].next = i
	}
	l.tail = i
	l.n++
}

func (l *list) unlink(places []place, i int32) {
	at := places[i]
	if at.prev == none {
		l.head = at.next
	} else {
		places[at.prev].next = at.next
	}
	if at.next == none {
		l.tail = at.prev
	} else {
		places[at.next].prev = at.prev
	}
	l.n--
}

// listsLive reports whether an order belongs into the list of live ones. An order of which only its confirmations were
// seen is with the ended ones, because nobody would end it.
func (e *entry) listsLive() bool {
	o := &e.Order
	return !o.State.Terminal() && (!o.Foreign || e.is(flagAcknowledged) || o.Original != 0 || e.requests.asks > 0)
}

// relist moves an entry between the lists of live and ended orders.
func (t *table) relist(i int32) {
	e := &t.entries[i]
	from, to := &t.ended, &t.live
	if e.is(flagListedLive) {
		from, to = to, from
	}
	from.unlink(t.places, i)
	to.push(t.places, i)
	e.flags ^= flagListedLive
}

// setID gives an entry its id.
func (t *table) setID(i int32, id uint64) {
	t.entries[i].Order.ID = id
	t.byID.add(id, i)
	t.lastID = found{id, i}
}

// setRef gives an entry its reference. Orders of ours are found by it, or by the sequence they were sent with if
// it is 0.
func (t *table) setRef(i int32, ref uint64) {
	e := &t.entries[i]
	e.Order.Reference = ref
	if !e.Order.Foreign {
		t.byRef.add(requestKey(ref, e.sent), i)
		if t.lastRef.at = none; ref != 0 {
			t.lastRef = found{ref, i}
		}
	}
}

// findID returns the slot of an id, or none.
func (t *table) findID(id uint64) int32 {
	if t.lastID.key == id && t.lastID.at != none {
		return t.lastID.at
	}
	return t.searchID(id)
}

// searchID is findID for another id than the last one.
func (t *table) searchID(id uint64) int32 {
	i, tag := t.byID.first(id)
	for i != none && t.entries[i].Order.ID != id {
		i = t.byID.after(i, tag)
	}
	t.lastID = found{id, i}
	return i
}

// findRef returns the newest slot of a reference, or none.
func (t *table) findRef(ref uint64) int32 {
	if t.lastRef.key == ref && t.lastRef.at != none {
		return t.lastRef.at
	}
	return t.searchRef(ref)
}

// searchRef is findRef for another reference than the last one.
func (t *table) searchRef(ref uint64) int32 {
	i, tag := t.byRef.first(ref)
	for i != none && t.entries[i].Order.Reference != ref {
		i = t.byRef.after(i, tag)
	}
	t.lastRef = found{ref, i}
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
	if t.lastID.at == i {
		t.lastID.at = none
	}
	if t.lastRef.at == i {
		t.lastRef.at = none
	}
	e := &t.entries[i]
	if e.Order.ID != 0 {
		t.byID.remove(e.Order.ID, i)
	}
	if !e.Order.Foreign {
		t.byRef.remove(requestKey(e.Order.Reference, e.sent), i)
	}
	if e.is(flagListedLive) {
		t.live.unlink(t.places, i)
	} else {
		t.ended.unlink(t.places, i)
	}
	e.flags = 0 // claim clears the rest
	t.places[i] = place{none, t.free}
	t.free = i
}
