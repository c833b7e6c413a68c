package ring

import "sync/atomic"

// MPSC is a bounded queue of values of one size from any number of goroutines,
// the producers, to one, the consumer. It holds its values in one array claimed
// at the start; nothing blocks, and nothing is locked.
//
// Each slot has a turn, which says whose it is. A producer takes a position
// by moving tail, writes the slot, and gives it the next turn; that store is the
// hand-over. For the slot at position p of a queue of c slots:
//
//	turn == p      free: the producer that takes position p may write it
//	turn == p+1    published: the consumer may read it
//	turn == p+c    released: free for position p+c, on the next lap
//
//	      head                                        tail
//	       v                                           v
//	| free | published | claimed | published | claimed | free |
//	                     ^ the consumer waits here
//
// # Progress
//
// Claim is lock-free: it tries again only if another producer moved tail, that
// is, got a position. Publish, Peek and Release take a bounded number of steps.
// No call waits for another goroutine.
//
// The order is that of the positions. A producer that is paused between Claim and
// Publish therefore holds back all later positions, though their producers
// have published: the consumer sees an empty queue until the paused one goes
// on, and once the slots run out Claim refuses. Nothing is lost or reordered. A
// ticket that is never published stops the queue for good, so nothing that can
// fail belongs between Claim and Publish.
//
// # The races
//
// Two producers load the same tail: one moves it, the other's compare-and-swap
// fails and it tries again.
//
// A producer loads tail and is paused while others go round. The slot's turn
// is then ahead of its position, and it tries again; if the turn happened to
// match, tail would have to be back where it was, and it only grows.
//
// A producer finds a turn that is behind its position: the slot is not released
// from the lap before. Tail was at that position when it was loaded and the slot
// was still taken after, so that at the load all slots were taken: full is
// the truth of that moment.
//
// The consumer finds the turn of head not published while later slots are: it
// answers empty rather than overtake.
//
// A producer publishes twice, or a copy of a published ticket: the turn is
// not the ticket's position any more, and never is again, so Publish panics.
//
// One producer's values arrive in its order, since its later claim gets a higher
// position.
type MPSC[T any] struct {
	_ [lineBytes]byte
	// Immutable.
	slots []mpscSlot[T] // power of two
	mask  uint64
	_     [lineBytes]byte
	// Written by producers.
	tail atomic.Uint64
	_    [lineBytes]byte
	// Consumer only.
	head   uint64
	peeked bool
	_      [lineBytes]byte
}

// mpscSlot is not padded. Turn and value side by side make a hand-over the
// transfer of one line, and small values share it with their neighbours: with
// eight-byte values and two cores, a consumer behind its producers took 19 ns a
// value so, and 21 to 23 ns with slots padded to 64 or 128 bytes, where every
// value costs a transfer of its own. Round trips and values of 256 bytes showed
// no difference. Padding would pay only where many cores publish small values
// at the same instant.
type mpscSlot[T any] struct {
	turn  atomic.Uint64
	value T
}

// Ticket is the right and the duty to publish one slot of an [MPSC]. It is a
// small value: copying it copies the same right.
type Ticket[T any] struct {
	slot     *mpscSlot[T]
	position uint64
}

// NewMPSC claims a queue of at least the given number of slots, rounded up to a
// power of two and at least 2. It returns a [*LimitError] if slots is not in
// 1..16777216.
func NewMPSC[T any](slots int) (*MPSC[T], error) {
	n, err := slotCount("MPSC slots", slots)
	if err != nil {
		return nil, err
	}
	q := &MPSC[T]{slots: make([]mpscSlot[T], n), mask: uint64(n - 1)}
	for i := range q.slots {
		q.slots[i].turn.Store(uint64(i))
	}
	return q, nil
}

// Claim takes the next slot, and reports false if the queue is full. The ticket
// must be published, soon: until then no later value reaches the consumer. Any
// goroutine.
func (q *MPSC[T]) Claim() (Ticket[T], bool) {
	for {
		position := q.tail.Load()
		slot := &q.slots[position&q.mask]
		switch turn := slot.turn.Load(); {
		case turn == position:
			if q.tail.CompareAndSwap(position, position+1) {
				return Ticket[T]{slot, position}, true
			}
		case int64(turn-position) < 0:
			return Ticket[T]{}, false
		}
	}
}

// ClaimLeaving is Claim for a value that must not take the last slots: it is refused
// unless the given number of slots are free besides. The number is below Cap.
func (q *MPSC[T]) ClaimLeaving(slots int) (Ticket[T], bool) {
	for {
		position := q.tail.Load()
		// Slots are released in their order: if this one is free, those before it are.
		last := position + uint64(slots)
		switch turn := q.slots[last&q.mask].turn.Load(); {
		case turn == last:
			if q.tail.CompareAndSwap(position, position+1) {
				return Ticket[T]{&q.slots[position&q.mask], position}, true
			}
		case int64(turn-last) < 0:
			return Ticket[T]{}, false
		}
	}
}

// Value returns the claimed slot. It holds what was last in it, and
// belongs to the producer until Publish.
func (t Ticket[T]) Value() *T { return &t.slot.value }

// Publish hands the slot to the consumer. It panics if it was published
// before.
func (t Ticket[T]) Publish() {
	if t.slot.turn.Load() != t.position {
		panic("BUG: ring: Ticket.Publish twice")
	}
	t.slot.turn.Store(t.position + 1)
}

// Push hands over a copy of v and reports whether there was room. Any
// goroutine.
func (q *MPSC[T]) Push(v T) bool {
	t, ok := q.Claim()
	if !ok {
		return false
	}
	t.slot.value = v
	t.slot.turn.Store(t.position + 1)
	return true
}

// Peek returns the oldest value, or nil if there is none or its producer has
// claimed and not yet published it. It belongs to the consumer until Release;
// peeking again before that returns the same one. Consumer only.
func (q *MPSC[T]) Peek() *T {
	slot := &q.slots[q.head&q.mask]
	if slot.turn.Load() != q.head+1 {
		return nil
	}
	q.peeked = true
	return &slot.value
}

// Release gives the peeked slot back to the producers, as it is. It panics if
// none is peeked. Consumer only.
func (q *MPSC[T]) Release() {
	if !q.peeked {
		panic("BUG: ring: MPSC.Release without Peek")
	}
	q.peeked = false
	q.slots[q.head&q.mask].turn.Store(q.head + q.mask + 1)
	q.head++
}

// Pop takes the oldest value and clears its slot, so that nothing is kept
// alive by it. It reports false where Peek returns nil. Consumer only.
func (q *MPSC[T]) Pop() (v T, ok bool) {
	slot := q.Peek()
	if slot == nil {
		return v, false
	}
	var zero T
	v, *slot = *slot, zero
	q.Release()
	return v, true
}

// Len returns how many slots are taken: published, or claimed and about to be.
// Producers may raise it meanwhile; only Release lowers it. Consumer only.
func (q *MPSC[T]) Len() int { return int(q.tail.Load() - q.head) }

// Cap returns the number of slots.
func (q *MPSC[T]) Cap() int { return len(q.slots) }
