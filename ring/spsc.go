package ring

import "sync/atomic"

// SPSC is a bounded queue of values of one size from one goroutine, the
// producer, to one other, the consumer. It holds its values in one array
// claimed at the start; nothing blocks, and nothing is locked.
//
// Either side works in place (Claim and Publish, Peek and Release) or by value
// (Push, Pop). In place is the way for large values: a slot is not cleared when
// it is released, so slices inside it keep their backing from lap to lap.
//
//	      head                 tail
//	       v                    v
//	| free | published, unread  | claimed | free |
//	       ^ consumer only      ^ producer only
//
// # Why it is safe
//
// Both counters only grow; a slot is counter mod capacity. The producer
// writes the slot at tail, then stores tail+1: a consumer that sees the new
// tail sees the value, for Go's atomics order what came before the store
// before what comes after the load. The consumer reads the slot at head, then
// stores head+1: a producer that sees the new head may overwrite the slot.
//
// Each side keeps its last look at the other's counter and looks again only
// when that one says full or empty. The look may be old: the producer then
// counts too few free slots, never too many, and the consumer too few
// values.
//
// What each side writes lies on cache lines of its own, and what only one side
// reads does not lie on the line that the other polls, so that a hand-over costs
// the transfer of one line for the counter and one for the value.
type SPSC[T any] struct {
	_ [lineBytes]byte
	// Immutable.
	slots []T // power of two
	mask  uint64
	_     [lineBytes]byte
	// Producer only.
	claim   uint64 // as tail, without the atomic
	seen    uint64 // head when last looked at
	claimed bool
	_       [lineBytes]byte
	// Written by the producer.
	tail atomic.Uint64
	_    [lineBytes]byte
	// Consumer only.
	take   uint64 // as head, without the atomic
	ready  uint64 // tail when last looked at
	peeked bool
	_      [lineBytes]byte
	// Written by the consumer.
	head atomic.Uint64
	_    [lineBytes]byte
}

// NewSPSC claims a queue of at least the given number of slots, rounded up to a
// power of two and at least 2. It returns a [*LimitError] if slots is not in
// 1..16777216.
func NewSPSC[T any](slots int) (*SPSC[T], error) {
	n, err := slotCount("SPSC slots", slots)
	if err != nil {
		return nil, err
	}
	return &SPSC[T]{slots: make([]T, n), mask: uint64(n - 1)}, nil
}

// Claim returns the slot that Publish will hand over, or nil if the queue is
// full. The slot holds what was last in it. It belongs to the producer until
// Publish; claiming again before that returns the same slot. Producer only.
func (q *SPSC[T]) Claim() *T {
	if q.claim-q.seen > q.mask {
		q.seen = q.head.Load()
		if q.claim-q.seen > q.mask {
			return nil
		}
	}
	q.claimed = true
	return &q.slots[q.claim&q.mask]
}

// Publish hands the claimed slot to the consumer. It panics if none is
// claimed. Producer only.
func (q *SPSC[T]) Publish() {
	if !q.claimed {
		panic("BUG: ring: SPSC.Publish without Claim")
	}
	q.claimed = false
	q.claim++
	q.tail.Store(q.claim)
}

// Push hands over a copy of v and reports whether there was room. Producer
// only.
func (q *SPSC[T]) Push(v T) bool {
	slot := q.Claim()
	if slot == nil {
		return false
	}
	*slot = v
	q.Publish()
	return true
}

// Peek returns the oldest value, or nil if the queue is empty. It belongs to the
// consumer until Release; peeking again before that returns the same one.
// Consumer only.
func (q *SPSC[T]) Peek() *T {
	if q.take == q.ready {
		q.ready = q.tail.Load()
		if q.take == q.ready {
			return nil
		}
	}
	q.peeked = true
	return &q.slots[q.take&q.mask]
}

// Release gives the peeked slot back to the producer, as it is. It panics if
// none is peeked. Consumer only.
func (q *SPSC[T]) Release() {
	if !q.peeked {
		panic("BUG: ring: SPSC.Release without Peek")
	}
	q.peeked = false
	q.take++
	q.head.Store(q.take)
}

// Pop takes the oldest value and clears its slot, so that nothing is kept
// alive by it. It reports false if the queue is empty. Consumer only.
func (q *SPSC[T]) Pop() (v T, ok bool) {
	slot := q.Peek()
	if slot == nil {
		return v, false
	}
	var zero T
	v, *slot = *slot, zero
	q.Release()
	return v, true
}

// Len returns how many values are published and not released. Any goroutine may
// ask. The producer may get too many, never too few, since meanwhile only the
// consumer can take; the consumer may get too few, never too many. Anyone else
// gets a number from 0 to Cap that is exact when both sides rest.
func (q *SPSC[T]) Len() int {
	// Head first: loaded after tail it could have passed it. This way tail may
	// have run on, by more than there are slots: hence the bound.
	head := q.head.Load()
	return int(min(q.tail.Load()-head, q.mask+1))
}

// Cap returns the number of slots.
func (q *SPSC[T]) Cap() int { return len(q.slots) }
