package exchange

import "github.com/smk-go/smk/gen/msg"

// Sides as array indices.
const (
	buy  = 0
	sell = 1
)

func sideIndex(s msg.Side) int { return int(s - msg.SideBuy) }
func sideOf(i int) msg.Side    { return msg.SideBuy + msg.Side(i) }

// OrderState is the state of an order.
type OrderState uint8

// An order is live until nothing of it can be matched any more.
const (
	OrderLive      OrderState = iota // on the book, or being matched
	OrderFilled                      // nothing is available any more
	OrderCancelled                   // what was available is cancelled; executions stand
	OrderReplaced                    // another order took its place
	OrderVoided                      // its executions are undone
)

// String returns the state's name.
func (s OrderState) String() string {
	switch s {
	case OrderLive:
		return "live"
	case OrderFilled:
		return "filled"
	case OrderCancelled:
		return "cancelled"
	case OrderReplaced:
		return "replaced"
	case OrderVoided:
		return "voided"
	}
	return "unknown state"
}

// order is one order. It is kept after its end until its slot is needed.
//
// Invariant: executed + available <= quantity.
type order struct {
	id        uint64
	reference uint64
	quantity  uint64 // as ordered, less reductions
	executed  uint64
	available uint64
	cost      uint64 // sum of fill quantity x fill price
	label     string

	account  *account
	contract *contract

	prev, next         *order // the queue of its level while live, then that of ended orders
	livePrev, liveNext *order // the account's live orders, oldest first

	price        uint32
	references   int32 // fills and replacements for which the order is kept
	index        uint32
	side         uint8 // buy or sell
	tif          msg.TimeInForceType
	state        OrderState
	hasReference bool
	replacing    bool       // between the stages of a cancel-replace
	reducedFrom  uint64     // executed before the reduction in progress
	ahead        queueAhead // in a recorded market
}

func (o *order) key() uint32     { return keyOf(int(o.side), o.price) }
func (o *order) ladder() *ladder { return &o.contract.sides[o.side] }

// liability returns what the available quantity reserves.
func (o *order) liability() Money { return Liability(sideOf(int(o.side)), o.available, o.price) }

// orders holds every order that is kept. An id contains the slot and a serial number, so that finding an
// order takes no search and ids are never reused:
//
//	| serial number | slot, 22 bits |
type orders struct {
	chunks [][]order
	used   int // slots used at least once
	max    int
	serial uint64
	free   *order // by next
	ended  queue  // oldest first; evicted when no slot is free
}

// queue is a list of orders linked by prev and next.
type queue struct{ head, tail *order }

func (q *queue) push(o *order) {
	o.prev, o.next = q.tail, nil
	if q.tail == nil {
		q.head = o
	} else {
		q.tail.next = o
	}
	q.tail = o
}

func (q *queue) remove(o *order) {
	if o.prev == nil {
		q.head = o.next
	} else {
		o.prev.next = o.next
	}
	if o.next == nil {
		q.tail = o.prev
	} else {
		o.next.prev = o.prev
	}
	o.prev, o.next = nil, nil
}

// newOrder returns an empty order with a new id, or nil if every slot is in use.
func (t *orders) newOrder() *order {
	o := t.free
	switch {
	case o != nil:
		t.free = o.next
	case t.used < t.max:
		if t.used%orderChunk == 0 {
			t.chunks = append(t.chunks, make([]order, orderChunk))
		}
		o = &t.chunks[t.used/orderChunk][t.used%orderChunk]
		o.index = uint32(t.used)
		t.used++
	default:
		if o = t.evict(); o == nil {
			return nil
		}
	}
	t.serial++
	*o = order{index: o.index, id: t.serial<<orderIndexBits | uint64(o.index)}
	return o
}

// evict removes the oldest ended order without references.
func (t *orders) evict() *order {
	for o := t.ended.head; o != nil; o = o.next {
		if o.references == 0 {
			t.ended.remove(o)
			return o
		}
	}
	return nil
}

// hasRoom reports whether newOrder would return an order.
func (t *orders) hasRoom() bool {
	if t.free != nil || t.used < t.max {
		return true
	}
	for o := t.ended.head; o != nil; o = o.next {
		if o.references == 0 {
			return true
		}
	}
	return false
}

// find returns the order of an id, or nil if it is not kept.
func (t *orders) find(id uint64) *order {
	i := int(id & (ordersMax - 1))
	if i >= t.used {
		return nil
	}
	if o := &t.chunks[i/orderChunk][i%orderChunk]; o.id == id {
		return o
	}
	return nil
}

// retire keeps an ended order, or frees its slot if keep is false and nothing refers to it.
func (t *orders) retire(o *order, keep bool) {
	if keep || o.references > 0 {
		t.ended.push(o)
		return
	}
	o.id = 0
	o.next, t.free = t.free, o
}
