package order

import "github.com/smk-go/smk/gen/msg"

// request is a cancel, reduce, replace or cancel-all without an answer.
type request struct {
	reference uint64 // 0 if it has none
	seq       uint64 // of the message
	orderID   uint64 // 0 for a cancel-all
	extra     int64  // what a replace of an order that is not known may reserve
	sent      int64
	typ       msg.PayloadType
	market    uint32 // of a cancel-all
	doubt     bool
	counted   bool // by its order

	prev, next int32
}

// key returns what an answer finds a request by: its reference, otherwise its sequence.
func requestKey(reference, seq uint64) uint64 {
	if reference != 0 {
		return reference
	}
	return ^seq
}

// requests is the table of requests, oldest first.
type requests struct {
	list   []request
	byKey  hash
	free   int32
	oldest int32
	newest int32
	n      int
	doubts int // of them, those in doubt
}

func (r *requests) init(n int) {
	r.list = make([]request, n)
	r.byKey.init(n)
	r.reset()
}

func (r *requests) reset() {
	r.byKey.clear()
	clear(r.list)
	for i := range r.list {
		r.list[i].next = int32(i + 1)
	}
	r.list[len(r.list)-1].next = none
	r.free, r.oldest, r.newest, r.n = 0, none, none, 0
	r.doubts = 0
}

// add appends a request. The caller has checked that there is room.
func (r *requests) add(q request) int32 {
	i := r.free
	r.free = r.list[i].next
	r.byKey.add(requestKey(q.reference, q.seq), i)
	q.prev, q.next = r.newest, none
	r.list[i] = q
	if r.newest == none {
		r.oldest = i
	} else {
		r.list[r.newest].next = i
	}
	r.newest = i
	if r.n++; q.doubt {
		r.doubts++
	}
	return i
}

// find returns the newest request of a type with a key, or none.
func (r *requests) find(reference, seq uint64, typ msg.PayloadType) int32 {
	if reference == 0 && seq == 0 {
		return none
	}
	i, tag := r.byKey.first(requestKey(reference, seq))
	for i != none {
		q := &r.list[i]
		if q.typ == typ && q.reference == reference && (reference != 0 || q.seq == seq) {
			return i
		}
		i = r.byKey.after(i, tag)
	}
	return none
}

func (r *requests) remove(i int32) {
	q := &r.list[i]
	r.byKey.remove(requestKey(q.reference, q.seq), i)
	if q.prev == none {
		r.oldest = q.next
	} else {
		r.list[q.prev].next = q.next
	}
	if q.next == none {
		r.newest = q.prev
	} else {
		r.list[q.next].prev = q.prev
	}
	if q.doubt {
		r.doubts--
	}
	*q = request{next: r.free}
	r.free = i
	r.n--
}
